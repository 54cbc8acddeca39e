"""What one row of a sheet looks like: header, sum, numbering, constant, footer."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from jkn_analysis.cleaning.find.headings import is_heading
from jkn_analysis.cleaning.values.cells import (
    Cell,
    close_up,
    find_month_name,
    is_year,
    look,
    tidy,
    whole,
)
from jkn_analysis.cleaning.values.months import read_moment
from jkn_analysis.cleaning.values.names import (
    find_segmen,
    is_branch,
    is_region,
    is_segmen_word,
)
from jkn_analysis.personal import mask_personal

Row = list[Any]
FOOTER = re.compile(
    r"\s*(?:\(?\*+\)?|[¹²³†‡]|sumber\b|source\b|ket(?:erangan)?\s*[.:]|catatan\b|note\b|"
    r"nb\s*[.:]|n\.b|dicetak|diunduh|mengetahui|menyetujui|disusun oleh|data diolah|"
    r"data\s+(?:per|contoh|sementara|diolah)\b|nip\b|tembusan|pembuat|petugas|"
    r"halaman \d|page \d|#)",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"(?:grand|sub|total|jumlah|jml|jlh|rata|rerata|average|keseluruhan|dipindahkan|"
    r"pindahan)\b|subtotal",
    re.IGNORECASE,
)
_TOTAL_WHOLE = re.compile(
    r"(?:(?:grand|sub)[\s-]*)?(?:total|jumlah|jml|jlh)\.?(?:[\s/(]+(?:total|jumlah|"
    r"keseluruhan|seluruh(?:nya)?|semua|umum|besar|akhir|per\s+\w+|i{1,3}|iv|v|[a-e]|"
    r"\d{1,4}|bulan\s+\w+(?:\s+\d{4})?|tahun\s+\d{4}|(?:se[\s-]*)?"
    r"(?:kab(?:upaten)?\.?(?:\s*/\s*kota)?|kota|prov(?:insi)?\.?|kec(?:amatan)?\.?|desa|"
    r"kelurahan|puskesmas))\)?)*[\s.:=]*|rata\s*-?\s*rata|rerata|average|keseluruhan|"
    r"(?:(?:sub[\s-]*)?(?:total|jumlah|jml)\.?\s+)?(?:di)?pindahan|"
    r"(?:(?:sub[\s-]*)?(?:total|jumlah|jml)\.?\s+)?dipindahkan",
    re.IGNORECASE,
)
_MARK = r"(?:i{1,3}|iv|vi{0,3}|[a-e]|\d)"
_TOTAL_LISTED = re.compile(
    rf"(?:sub[\s-]*)?(?:total|jumlah|jml|jlh)\.?\s*\(?\s*{_MARK}"
    rf"(?:\s*(?:\+|&|dan|s\.?/?d\.?|-|,)\s*{_MARK})*\s*\)?[\s.:]*",
    re.IGNORECASE,
)
"""Sums of listed groups: ``JUMLAH I``, ``Jumlah (I + II)``."""
_TOTAL_LAST = re.compile(r"(.+?)[\s-]+total", re.IGNORECASE)
"""How a pivot table names its sums: ``Kota Ternate Total``."""
_TOTAL_OF = re.compile(
    r"(?:(?:grand|sub)[\s-]*)?(?:total|jumlah|jml)\s+(.+?)[\s.:]*", re.IGNORECASE
)
TOTAL_BARE = re.compile(
    r"(?:(?:grand|sub)[\s-]*)?(?:total|jumlah|jml|jlh)\.?(?:[\s/(]+(?:total|jumlah|umum|"
    r"keseluruhan|seluruh(?:nya)?|semua|akhir)\)?)*[\s.:=]*",
    re.IGNORECASE,
)
_TOTAL_PLACE = re.compile(
    r"(?:(?:sub|grand)[\s-]*)?(?:total|jumlah|jml|jlh)\.?\s+(?:se[\s-]*)?(?:kec(?:amatan)?|"
    r"kab(?:upaten)?|kota|prov(?:insi)?|puskesmas|pkm)\.?\s+(?!(?:rawan|tertinggal|tangguh|"
    r"terdampak|miskin|aktif|yang|dengan|terluar|induk|pembantu|rawat|non)\b)"
    r"[^\W\d]+(?:\s+[^\W\d]+)?[\s.:]*",
    re.IGNORECASE,
)
SOURCE = re.compile(r"\s*(?:\*|sumber|source|catatan|ket|note|nb)", re.IGNORECASE)
STATISTIC = re.compile(
    r"(?:persen(?:tase)?|prosentase|proporsi|rasio|nilai\s+(?:maks|min)\w*|tertinggi|"
    r"terendah|maks(?:imum)?|min(?:imum)?|median)\b.{0,20}|%",
    re.IGNORECASE,
)
SIGNED_LINE = re.compile(
    r"\s*(?:mengetahui|menyetujui|disetujui|diperiksa|dibuat oleh|disusun oleh|ttd|"
    r"tanda tangan|n\.?i\.?p\b|a\.?\s?n\.?\s|plt\.?|plh\.?|kepala\s|sekretaris|bupati|"
    r"wali\s?kota|camat|direktur|pembina|penata|pembuat|petugas|operator|pengelola|"
    r"[^\W\d][\w .]+,\s*(?:\d{1,2}|\.{2,}|…)?\s*[^\W\d]+\s+20\d\d\s*$)",
    re.IGNORECASE,
)
LEAST_AMOUNT = 10_000
MOST_AMOUNT = 10**9
"""Numbers of this size are neither years, ordinals nor telephones."""
_AMOUNT = re.compile(r"[1-9][0-9]{4,8}")
LEAST_PERSON = 1e15
"""Numbers from here on are of a person (NIK, NIP) where a foot line holds one."""
_AGE = re.compile(r"\d{1,2}\s*(?:bulan|bln)\.?", re.IGNORECASE)
"""Ages of arrears, which head columns where several stand side by side."""
SIGNATURE = "(signature)"
"""What stands in the notes for the lines of a signature, which name persons."""
_NUMBERING = re.compile(
    r"[(\[]?\s*-?(\d{1,3}|[a-z])\s*[)\]]?(?:\s*[=:].*)?", re.IGNORECASE
)
_MOMENT = re.compile(
    r"(?:data\s+)?(?:per|periode|posisi|bulan|tanggal|tgl|keadaan|kondisi|update)\b",
    re.IGNORECASE,
)
_CONSTANT = re.compile(r"[^:]{2,40}:\s*\S*.*")


def filled_cells(row: Row) -> list[int]:
    """Return positions of the cells that hold something."""
    return [index for index, cell in enumerate(row) if cell is not None]


@lru_cache(maxsize=65536)
def is_word_of_header(text: str) -> bool:
    """Tell whether a text is a known heading, month, year or segmen."""
    known = bool(find_month_name(text)) or is_heading(text) or is_segmen_word(text)
    return known or not read_moment(text).fault


def looks_like_header(row: Row) -> bool:
    """Tell whether a row holds labels only: text, years, months, a run of numbers."""
    kinds = [look(cell) for cell in row]
    if "mark" in kinds or "bad" in kinds:
        return False
    dates, words = kinds.count("date"), kinds.count("text")
    if dates and words + dates < 2:
        return False
    texts = [
        tidy(cell) for cell, kind in zip(row, kinds, strict=True) if kind == "text"
    ]
    if "number" not in kinds:
        named = words >= 2 and all(map(is_heading, texts))
        return bool(words) and (dates != 1 or named)
    numbers = [cell for cell, kind in zip(row, kinds, strict=True) if kind == "number"]
    return _is_run(numbers, texts)


def _is_run(numbers: list[Any], texts: list[str]) -> bool:
    """Tell whether the numbers of a row are labels: years, or 1, 2, 3 in order.

    A row of data may hold 1, 2, 3 or two years by chance, so short runs count only
    beside known headings.
    """
    ages = [_AGE.fullmatch(tidy(cell)) for cell in numbers]
    if texts and len(ages) >= 2 and all(ages):
        return True
    values = [whole(cell) for cell in numbers]
    firsts = [value for value in dict.fromkeys(values) if value is not None]
    if None in values:
        return False
    run = [first - firsts[0] for first in firsts] == list(range(len(firsts)))
    named = bool(texts) and all(is_heading(text) for text in texts)
    if all(is_year(cell) for cell in numbers):
        alone = len(numbers) == len(texts) == 1
        return (
            alone or (run and len(firsts) >= 2) or (named and firsts == sorted(firsts))
        )
    if not run or firsts[0] != 1 or not texts:
        return False
    return len(firsts) >= 5 or (named and len(firsts) >= 3)


def known_words(row: Row) -> tuple[int, int]:
    """Count the header words and the texts of a row."""
    texts = [tidy(cell) for cell in row if look(cell) == "text"]
    return sum(is_word_of_header(text) for text in texts), len(texts)


def is_vocabulary(row: Row) -> bool:
    """Tell whether at least half of a row's texts are known headings."""
    if len({tidy(cell) for cell in row if cell is not None}) < 2:
        return False
    known, texts = known_words(row)
    return known >= 2 and 2 * known >= texts and looks_like_header(row)


def distinct_texts(cells: Iterable[Cell], most: int) -> list[str]:
    """Return the different texts of some cells, no more than one over `most`."""
    texts: dict[str, None] = {}
    for cell in cells:
        if cell is not None:
            texts[tidy(cell)] = None
            if len(texts) > most:
                break
    return list(texts)


def is_constant(row: Row) -> bool:
    """Tell whether a row is a line such as ``Bulan : Juni 2025``."""
    cells = distinct_texts(row, 4)
    if not cells or len(cells) > 4:
        return False
    if len(cells) == 1:
        return bool(_CONSTANT.fullmatch(cells[0]))
    if len(cells) == 2 and _MOMENT.match(cells[0]):
        return [look(cell) for cell in row if cell is not None][1] == "date"
    return cells[0].endswith(":") or cells[1].startswith(":")


def is_numbering(row: Row) -> bool:
    """Tell whether a row only numbers the columns, as ``(1) (2) (3)``."""
    texts = [tidy(cell) for cell in row if cell is not None]
    found = [_NUMBERING.fullmatch(text) for text in texts]
    if len(texts) < 2 or sum(bool(match) for match in found) < 0.8 * len(texts):
        return False
    labels = [match.group(1).lower() for match in found if match]
    digits = [int(label) for label in labels if label.isdecimal()]
    letters = [label for label in labels if not label.isdecimal()]
    if len(digits) < 2:
        return len(letters) >= 3 and letters == sorted(set(letters))
    rising = all(b - a in {0, 1} for a, b in itertools.pairwise(digits))
    brackets = sum(text.startswith(("(", "[")) for text in texts)
    if not brackets and (letters or len(digits) < len(texts)):
        return False
    return (
        rising
        and digits[0] <= 1 + len(letters)
        and digits[-1] > digits[0]
        and (bool(brackets) or len(digits) >= 3)
    )


@lru_cache(maxsize=65536)
def is_total_label(text: str) -> bool:
    """Tell whether a label marks a row of sums.

    Examples
    --------
    >>> [is_total_label(t) for t in ("JUMLAH", "Sub Total", "Jumlah Kab/Kota")]
    [True, True, True]
    >>> is_total_label("Jumlah penduduk miskin"), is_total_label("Total Maluku Utara")
    (False, True)
    >>> is_total_label("JUMLAH (I + II)"), is_total_label("Kota Ternate Total")
    (True, True)
    """
    found = _TOTAL_LAST.fullmatch(text)
    if not found and not _TOTAL.match(text):
        return False
    if _TOTAL_WHOLE.fullmatch(text) or _TOTAL_PLACE.fullmatch(text):
        return True
    if is_listed_total(text):
        return True
    found = found or _TOTAL_OF.fullmatch(text)
    return found is not None and any(
        knows(found[1]) for knows in (is_branch, is_segmen_word, is_region)
    )


def is_listed_total(text: str) -> bool:
    """Tell whether a label sums groups by their numbers, so is no group itself."""
    return _TOTAL_LISTED.fullmatch(text) is not None


def total_label(row: Row, values: frozenset[int] = frozenset()) -> str:
    """Return the label of a sum row, or "".

    Only the first text of a row labels it: a segmen called TOTAL further right, or in
    one of the columns `values`, is a value of its column.
    """
    for column, cell in enumerate(row):
        if look(cell) == "text":
            text = close_up(cell) if isinstance(cell, str) else tidy(cell)
            if column in values and not is_listed_total(text):
                return ""
            return text if is_total_label(text) else ""
    return ""


def is_plain_number(cell: Cell) -> bool:
    """Tell whether a cell is a number other than one of a person."""
    if isinstance(cell, float) and abs(cell) >= LEAST_PERSON:
        return False
    return look(cell) == "number" and mask_personal(tidy(cell)) == tidy(cell)


def has_amount(row: Row) -> bool:
    """Tell whether a row has a plain number that no heading, note or label has."""
    for cell in row:
        if type(cell) is str:
            if _AMOUNT.fullmatch(cell):
                return True
        elif type(cell) in {int, float} and LEAST_AMOUNT <= cell < MOST_AMOUNT:
            return True
    return False


def is_alike(text: str, cell: Cell) -> bool:
    """Tell whether a label names a month, segmen or region as one beside it does."""
    other = tidy(cell)
    if find_month_name(text):
        return bool(find_month_name(other))
    if find_segmen(text) is None:
        return is_region(other)
    return find_segmen(other) is not None and not is_total_label(other)
