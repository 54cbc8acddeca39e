"""Personal values in the free text of a delivery: each a fault with its cell."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from jkn_analysis.cleaning.rows.work import Work
from jkn_analysis.cleaning.values.columns import text_of
from jkn_analysis.cleaning.values.numbers import Fault
from jkn_analysis.cleaning.words import say
from jkn_analysis.personal import count_personal, is_address
from jkn_analysis.places import is_kecamatan

WORDS = {
    "nik": say("a NIK or family card number"),
    "kartu": say("a number of a card or a member's premium account"),
    "telepon": say("a mobile phone number"),
    "nip": say("a NIP"),
    "surel": say("a mail address"),
    "nama": say("a person's name"),
}


def report_persons(work: Work, cells: pd.Series, position: int, name: str) -> None:
    """Report every cell of a text column that points at a person.

    The value is shown nowhere; the delivery is refused until the sender mends it. In
    the column of addresses, what cannot be one is a fault too.
    """
    texts = cells.map(text_of)
    found = {text: _judge(text, name) for text in texts.unique() if text}
    for index, text in enumerate(texts):
        fault = found.get(text)
        if fault is not None:
            work.bad[index] = True
            work.report_fault(replace(fault, position=index), position, name)


def _judge(text: str, name: str) -> Fault | None:
    """Say what is wrong with a cell, never with its value; None for nothing."""
    address, place = name == "email", name == "kecamatan"
    counts = count_personal(text, mail=not address, names=not (address or place))
    if counts:
        said = WORDS[next(iter(counts))]
        for kind in list(counts)[1:]:
            said = say("{one}, {other}", one=said, other=WORDS[kind])
        remedy = say("write the office, position or number of people, not the person")
        hidden = say("{what}; the value is not shown", what=said)
        return Fault(0, "", hidden, remedy, "personal")
    if address and not is_address(text):
        remedy = say("write one address such as sekretariat@ternatekota.go.id")
        return Fault(0, "", say("not a mail address"), remedy, "address")
    if place and not is_kecamatan(text):
        remedy = say("write the kecamatan as Kemendagri lists it")
        said = say("no kecamatan of this name; the value is not shown")
        return Fault(0, "", said, remedy, "place")
    return None
