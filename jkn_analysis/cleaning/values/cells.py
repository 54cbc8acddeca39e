"""What a single cell looks like: number, date, month, mark of absence, text."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any, Literal

from jkn_analysis.formats import month_names

Cell = Any
"""A cell of any type: text, number, date, None."""
Look = Literal["blank", "number", "mark", "date", "text", "bad"]


class Percent(float):
    """A fraction whose cell shows it as percent."""

    __slots__ = ()


class BadCell(str):
    """A cell without a usable value: an error, or a formula never computed."""

    __slots__ = ()


ABSENT = frozenset({
    "-", "--", "---", "–", "—", "―", "…", "..", "...", "n/a", "na", "n.a", "n.a.",
    "nan", "null", "none", "nil", "#n/a", "tad", "t.a.d", "tidak_ada",
    "tidak_tersedia", "belum_ada", "belum_tersedia", "kosong", "tidak_ada_data",
    "data_tidak_tersedia", "belum_ada_data", "data_belum_tersedia", "tdk_ada",
    "tdk_ada_data",
})  # fmt: skip
"""Marks that say a value is missing, lower case, inner blanks as ``_``."""
SATUAN_AKHIR = (
    r"jiwa|orang|org|peserta|rupiah|bulan|bln|unit|buah|km2|km²|kk|ribu|rb|juta|jt|"
    r"miliar|milyar|milliar|miliyar|mlr|trilyun|triliun|trilliun|persen|percent|%"
)
_NUMBER = re.compile(
    r"[(\-+−–]?\s*(?:rp\.?|idr)?\s*[(\-−]?\s*\d[\d., '’]*"
    rf"(?:e[+-]?\d+)?\s*(?:,-)?\s*(?:(?:{SATUAN_AKHIR})\.?\s*)*\)?\s*-?",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(
    r"(?<=[\d)%])(?:\s*\*{1,3}\)?|\s*[¹²³⁰⁴-⁹ᵃ-ᶻʰ-ʸ]+\s*[)⁾]?|"
    r"\s+(?:r|x{1,2}|e)\)?|\s+[\da-f]\))$"
)
_DIGITS = frozenset("0123456789")
_SPACED_WORD = re.compile(r"\w(?: \w)+")
_DATE = re.compile(
    r"(?:19|20|21)\d\d(?:[-/]\d{1,2}(?:[-/]\d{1,2})?|\.\d{1,2}\.\d{1,2})"
    r"(?:[ T]\d{1,2}[:.]\d\d(?:[:.]\d\d(?:\.\d+)?)?Z?)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d)(?:[ T]\d{1,2}[:.]\d\d(?:[:.]\d\d)?)?"
    r"|\d{1,2}[-/]\d{4}"
)
_SHORT = {
    1: "jan januari january jnuari januri",
    2: "feb peb februari pebruari february febuari pebuari febr pebr",
    3: "mar mrt maret march mart",
    4: "apr april aprl",
    5: "mei may mai",
    6: "jun juni june",
    7: "jul juli july",
    8: "agt agu ags agst agts agus agust agustus aug august agustuts",
    9: "sep sept september spt septmber",
    10: "okt oct oktober october okto",
    11: "nov nop november nopember novem nopem",
    12: "des dec desember december desem",
}
BULAN_TULISAN: dict[str, int] = {
    word: number for number, words in _SHORT.items() for word in words.split()
} | {name.lower(): number for number, name in enumerate(month_names(), 1)}
"""Every spelling of a month, lower case, to its number."""


def tidy(value: Cell) -> str:
    r"""Return a cell's text: one line, single blanks, no invisible letters.

    Examples
    --------
    >>> tidy("  Panggilan Dijawab \n< 20 Detik\xa0")
    'Panggilan Dijawab < 20 Detik'
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value)
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_INVISIBLE.sub("", text).split())


_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")


def cut_footnote(text: str) -> str:
    """Return a number's text without a footnote mark: ``*)``, a raised digit, ``r``.

    Examples
    --------
    >>> [cut_footnote(t) for t in ("1.234*)", "1.234¹⁾", "1.234 r", "5 km²", "(12)")]
    ['1.234', '1.234', '1.234', '5 km²', '(12)']
    """
    return text if text[-1:] in _DIGITS else _FOOTNOTE.sub("", text)


_ORDINAL = re.compile(
    r"\s*(?:\(?\d{1,2}[.)]\s*|\(?(?:[a-z]|[ivx]{1,4})[.)]\s+|[-–•*]\s+)(?=[^\W\d])",
    re.IGNORECASE,
)


def cut_ordinal(text: str) -> str:
    """Return a label without the number, letter or dash that a list sets before it.

    Examples
    --------
    >>> [cut_ordinal(t) for t in ("a. Badan Usaha", "2) PBPU", "- BP", "D.I. Y")]
    ['Badan Usaha', 'PBPU', 'BP', 'D.I. Y']
    """
    cut = _ORDINAL.sub("", text, count=1) if _ORDINAL.match(text) else text
    return cut if len(cut) > 4 or cut.isupper() else text


def close_up(text: str) -> str:
    """Return text whose letters are spaced apart for looks as plain words.

    Examples
    --------
    >>> close_up("B a w a n g"), close_up("J u m l a h  T o t a l"), close_up("A B")
    ('Bawang', 'Jumlah Total', 'A B')
    """
    words = re.split(r"\s{2,}", text.strip())
    spaced = [_SPACED_WORD.fullmatch(word) is not None for word in words]
    if not any(s and len(w) > 6 for s, w in zip(spaced, words, strict=True)):
        return tidy(text)
    joined = [
        w.replace(" ", "") if s else w for s, w in zip(spaced, words, strict=True)
    ]
    return tidy(" ".join(joined))


@lru_cache(maxsize=65536)
def is_absent(text: str) -> bool:
    """Tell whether a text says that there is no value.

    Examples
    --------
    >>> is_absent(" -   "), is_absent("n/a"), is_absent("Tidak ada"), is_absent("0")
    (True, True, True, False)
    """
    return "_".join(text.lower().split()) in ABSENT


@lru_cache(maxsize=65536)
def _look_at_text(text: str) -> Look:
    """Classify the text of a cell."""
    if not text.strip():
        return "blank"
    if is_absent(text):
        return "mark"
    if not any(letter.isdecimal() for letter in text):
        return "text"
    stripped = cut_footnote(tidy(text).lstrip("'`"))
    if _DATE.fullmatch(stripped):
        return "date"
    return "number" if _NUMBER.fullmatch(stripped) else "text"


def look(value: Cell) -> Look:
    """Classify a cell.

    Examples
    --------
    >>> [look(v) for v in ("Rp17,5 miliar", "-", "2025-06", "Kota Ternate", None, 3.0)]
    ['number', 'mark', 'date', 'text', 'blank', 'number']
    """
    if value is None:
        return "blank"
    if isinstance(value, BadCell):
        return "bad"
    if isinstance(value, str):
        return _look_at_text(value)
    if isinstance(value, bool):
        return "text"
    if isinstance(value, int | float):
        return "number"
    return "date" if isinstance(value, dt.date | dt.time) else "text"


@lru_cache(maxsize=65536)
def find_month_name(text: str) -> int:
    """Return the month a text names and nothing else, or 0.

    Examples
    --------
    >>> find_month_name(" PEBRUARI "), find_month_name("Agt."), find_month_name("Mei 2")
    (2, 8, 0)
    """
    word = re.sub(r"\s*\*+\)?$", "", text.strip()).strip(".:").lower()
    word = re.sub(r"^(?:bulan|bln)\b[\s.:]*", "", word)
    numbered = re.fullmatch(r"(\d{1,2})[.\s)]+([a-z]+)", word)
    if numbered:
        month = BULAN_TULISAN.get(numbered[2], 0)
        return month if month == int(numbered[1]) else 0
    return BULAN_TULISAN.get(word, 0)


def is_year(value: Cell) -> bool:
    """Tell whether a cell is a year of this data's age, with or without a mark."""
    text = cut_footnote(tidy(value))
    return len(text) == 4 and text.isdecimal() and 1990 <= int(text) <= 2100


def whole(value: Cell) -> int | None:
    """Return a cell's bare whole number, or None."""
    text = cut_footnote(tidy(value))
    return int(text) if text.isdecimal() and len(text) < 10 else None
