"""Why members come and go: the words of `arus_kepesertaan`, with what they mean."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Sebab:
    """One cause, which way it moves people, and whether it is a matter of paper."""

    sebab: str
    arah: str
    """masuk, kembali, keluar or pindah; empty where it may be either."""
    golongan: str
    """berkas, hak, iuran, anggaran or belum; empty for what brings people in."""
    arti: str
    meaning: str
    tulisan: str


@cache
def list_sebab() -> dict[str, Sebab]:
    """Return every cause by its code, in the order tables print them."""
    path = resources.files("jkn_analysis").joinpath("data", "sebab_arus.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["sebab"]: Sebab(**row) for row in csv.DictReader(lines[1:])}


WAYS_BACK = tuple(s for s, one in list_sebab().items() if one.arah == "kembali")
"""Causes that bring inactive members back."""


def _key(text: str) -> str:
    """Reduce a written cause to letters and digits."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


@cache
def _spellings() -> dict[str, str]:
    """Return the codes by all their spellings."""
    return {
        _key(text): code
        for code, one in list_sebab().items()
        for text in (code, one.arti, one.meaning, *one.tulisan.split("|"))
    }


def find_sebab(text: str) -> str | None:
    """Return the cause an office's words mean, None where they are not known.

    Examples
    --------
    >>> find_sebab("PBI Dihapus"), find_sebab("Mutasi antar-segmen"), find_sebab("?")
    ('pbi_dihapus', 'pindah_segmen', None)
    """
    return _spellings().get(_key(text))
