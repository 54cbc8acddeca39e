"""Personal values in the free text of a delivery: each a fault with its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.cleaning.values.columns import text_of
from jkn_analysis.personal import count_personal

if TYPE_CHECKING:
    import pandas as pd

    from jkn_analysis.cleaning.rows.work import Work

ADDRESS = "email"
"""The one column where a mail address belongs."""
WORDS = {
    "nik": "NIK atau nomor KK",
    "kartu": "nomor kartu atau rekening iuran peserta",
    "telepon": "nomor telepon pribadi",
    "nip": "NIP",
    "surel": "alamat surel",
    "nama": "nama orang",
}


def report_persons(work: Work, cells: pd.Series, position: int, name: str) -> None:
    """Report every cell of a text column that points at a person.

    The value is shown nowhere; the delivery is refused until the sender mends it.
    """
    texts = cells.map(text_of)
    address = name == ADDRESS
    found = {
        text: _say(count_personal(text, mail=not address, names=not address))
        for text in texts.unique()
        if text
    }
    for index, text in enumerate(texts):
        if found.get(text):
            work.bad[index] = True
            work.report(
                "personal",
                f"{name}: {found[text]}; the value is not shown",
                "write the office, position or number of people, not the person",
                row=index,
                position=position,
            )


def _say(counts: dict[str, int]) -> str:
    """Name the kinds found, "" for none."""
    return ", ".join(WORDS[kind] for kind in counts)
