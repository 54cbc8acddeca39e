"""Where the tables lie in a sheet: titles, headers, bodies, totals, footers.

Everything is decided by what a row looks like next to its neighbours, the way a
person reads a sheet; no position is fixed.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jkn_analysis.cleaning.find.headings import is_heading
from jkn_analysis.cleaning.values.cells import (
    BadCell,
    Cell,
    close_up,
    find_month_name,
    is_year,
    look,
    mask_persons,
    tidy,
    whole,
)
from jkn_analysis.cleaning.values.months import read_moment
from jkn_analysis.cleaning.values.names import find_segmen, is_segmen_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = list[Any]
MAX_HEADER_ROWS = 5

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
_TOTAL_OF = re.compile(
    r"(?:(?:grand|sub)[\s-]*)?(?:total|jumlah|jml)\s+(.+?)[\s.:]*", re.IGNORECASE
)
_ITEM = re.compile(
    r"(?:jenis\s+|nama\s+)?(?:uraian|indikator|variabel|elemen|data|rincian|parameter|item)"
    r"(?:\s+data)?",
    re.IGNORECASE,
)
_TOTAL_BARE = re.compile(
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
_SOURCE = re.compile(r"\s*(?:\*|sumber|source|catatan|ket|note|nb)", re.IGNORECASE)
_STATISTIC = re.compile(
    r"(?:persen(?:tase)?|prosentase|proporsi|rasio|nilai\s+(?:maks|min)\w*|tertinggi|"
    r"terendah|maks(?:imum)?|min(?:imum)?|median)\b.{0,20}|%",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"\s*(?:mengetahui|menyetujui|disetujui|diperiksa|dibuat oleh|disusun oleh|ttd|"
    r"tanda tangan|n\.?i\.?p\b|a\.?\s?n\.?\s|plt\.?|plh\.?|kepala\s|sekretaris|bupati|"
    r"wali\s?kota|camat|direktur|pembina|penata|pembuat|petugas|operator|pengelola|"
    r"[^\W\d][\w .]+,\s*(?:\d{1,2}|\.{2,}|…)?\s*[^\W\d]+\s+20\d\d\s*$)",
    re.IGNORECASE,
)
LEAST_AMOUNT, MOST_AMOUNT = 10_000, 10**9
"""Numbers of this size are neither years, ordinals nor telephones."""
_AMOUNT = re.compile(r"[1-9][0-9]{4,8}")
LEAST_PERSON = 1e15
"""Numbers from here on are of a person (NIK, NIP) where a foot line holds one."""
_BARE_FOOTER = re.compile(r"sumber|catatan", re.IGNORECASE)
_GROUP_NUMBER = re.compile(r"(?:[IVXLC]+|[A-Z]|\d{1,2})[.)]?")
_AGE = re.compile(r"\d{1,2}\s*(?:bulan|bln)\.?", re.IGNORECASE)
"""Ages of arrears, which head columns where several stand side by side."""
SIGNATURE = "(signature)"
"""What stands in the notes for the lines of a signature, which name persons."""
_NUMBERING = re.compile(
    r"[(\[]?\s*-?(\d{1,3}|[a-z])\s*[)\]]?(?:\s*[=:].*)?", re.IGNORECASE
)
_CONSTANT = re.compile(r"[^:]{2,40}:\s*\S*.*")


@dataclass
class Dropped:
    """A row that is no data: its number, why, and its text."""

    row: int
    reason: str
    text: str


@dataclass
class Block:
    """One table in a sheet, by positions in the grid."""

    title: list[tuple[int, str]]
    header: list[int]
    body: list[int] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    """Label above each body row, "" where there is none."""
    dropped: list[Dropped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)
    """First and one past the last grid column."""


# --- single rows --------------------------------------------------------------


def _filled(row: Row) -> list[int]:
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
    if "number" not in kinds:
        return bool(words) and (dates == 0 or dates >= 2)
    texts = [
        tidy(cell) for cell, kind in zip(row, kinds, strict=True) if kind == "text"
    ]
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


def _distinct(cells: Iterable[Cell], most: int) -> list[str]:
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
    cells = _distinct(row, 4)
    if not cells or len(cells) > 4:
        return False
    if len(cells) == 1:
        return bool(_CONSTANT.fullmatch(cells[0]))
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
    """
    if not _TOTAL.match(text):
        return False
    if _TOTAL_WHOLE.fullmatch(text) or _TOTAL_PLACE.fullmatch(text):
        return True
    found = _TOTAL_OF.fullmatch(text)
    return found is not None and _is_group(found.group(1))


def _is_group(text: str) -> bool:
    """Tell whether a text names a region or segmen."""
    from jkn_analysis.cleaning.values.names import is_region

    return find_segmen(text) is not None or is_region(text)


def total_label(row: Row, values: frozenset[int] = frozenset()) -> str:
    """Return the label of a sum row, or "".

    Only the first text of a row labels it: a segmen called TOTAL further right, or in
    one of the columns `values`, is a value of its column.
    """
    for column, cell in enumerate(row):
        if look(cell) == "text":
            if column in values:
                return ""
            text = close_up(cell) if isinstance(cell, str) else tidy(cell)
            return text if is_total_label(text) else ""
    return ""


# --- blocks -------------------------------------------------------------------


def find_blocks(rows: Sequence[Row], merged_wide: set[int]) -> list[Block]:
    """Find the tables stacked in a grid of cells.

    Parameters
    ----------
    rows
        Cells of the sheet, None where empty, merged cells filled.
    merged_wide
        Rows with one merged cell over at least three columns: titles or sections.
    """
    filled = [_filled(row) for row in rows]
    widest = max((len(cells) for cells in filled), default=0)
    blocks: list[Block] = []
    position = 0
    while position < len(rows):
        header = _find_header(rows, filled, position, widest)
        if header is None:
            _keep_rest(blocks, rows, position)
            break
        title = _title_lines(rows, position, header[0])
        block = Block(title=title, header=header)
        position = _read_body(block, rows, filled, merged_wide)
        blocks.append(block)
    return blocks


def _title_lines(rows: Sequence[Row], start: int, stop: int) -> list[tuple[int, str]]:
    """Return row positions and texts of the lines above a header."""
    lines = []
    for index in range(start, stop):
        texts = dict.fromkeys(tidy(cell) for cell in rows[index] if cell is not None)
        if texts:
            lines.append((index, mask_persons(" ".join(texts))))
    return lines


def _keep_rest(blocks: list[Block], rows: Sequence[Row], start: int) -> None:
    """Add what follows the last table to its notes."""
    if not blocks:
        return
    signed = False
    for index, text in _title_lines(rows, start, len(rows)):
        signed = not _SOURCE.match(text) and (signed or bool(_SIGNATURE.match(text)))
        shown = SIGNATURE if signed else text
        blocks[-1].notes.append(shown)
        blocks[-1].dropped.append(Dropped(index, "footer", shown))


def _find_header(
    rows: Sequence[Row], filled: list[list[int]], start: int, widest: int
) -> list[int] | None:
    """Return the rows of the next header at or after `start`."""
    least = 2 if widest > 1 else 1
    for index in range(start, len(rows)):
        width = len(filled[index])
        if width < least or is_constant(rows[index]):
            continue
        if is_vocabulary(rows[index]) and _leads_to_data(rows, filled, index):
            lowest = _wider_below(rows, filled, index)
            return _extend(rows, filled, lowest, start)
        if not looks_like_header(rows[index]):
            above = _nearest_header_above(rows, filled, index, start, least)
            if above is not None:
                return _extend(rows, filled, above, start)
            if 2 * width > widest:
                return None
    return _first_full_row(rows, filled, start, widest)


def _wider_below(rows: Sequence[Row], filled: list[list[int]], index: int) -> int:
    """Return the row under a row of captions that heads the columns they span."""
    below = index + 1
    if below >= len(rows) or not is_vocabulary(rows[below]):
        return index
    wider = 2 * len(filled[below]) >= 3 * len(filled[index])
    return below if wider and filled[below][0] < filled[index][0] else index


def _leads_to_data(rows: Sequence[Row], filled: list[list[int]], index: int) -> bool:
    """Tell whether something to read stands under a candidate header."""
    following = (filled[i] for i in range(index + 1, min(index + 8, len(rows))))
    return any(len(cells) >= 1 for cells in following)


def _nearest_header_above(
    rows: Sequence[Row], filled: list[list[int]], data: int, start: int, least: int
) -> int | None:
    """Return the last row of labels above the first row of data."""
    wanted = max(least, len(filled[data]) // 3)
    for index in range(data - 1, start - 1, -1):
        cells = filled[index]
        if not cells or is_numbering(rows[index]):
            continue
        if len(cells) >= wanted and looks_like_header(rows[index]):
            while _is_first_data(rows, filled, index, start):
                index -= 1
            return index
        if len(cells) >= least and not looks_like_header(rows[index]):
            return None
    return None


def _is_first_data(
    rows: Sequence[Row], filled: list[list[int]], index: int, start: int
) -> bool:
    """Tell whether a label beside 1, 2, 3 … is data: a header labels it already."""
    above = index - 1
    if above < start or filled[above] != filled[index]:
        return False
    pairs = [(rows[index][i], rows[above][i]) for i in filled[index]]
    apart = any(
        look(mine) == look(label) == "text" and tidy(mine) != tidy(label)
        for mine, label in pairs
    )
    numbers = any(look(rows[index][i]) == "number" for i in filled[index])
    return apart and numbers and looks_like_header(rows[above])


def _first_full_row(
    rows: Sequence[Row], filled: list[list[int]], start: int, widest: int
) -> list[int] | None:
    """Return the first row of a text-only table that is nearly as wide as any."""
    least = max(1, min(2, widest), (2 * widest + 2) // 3)
    for index in range(start, len(rows) - 1):
        if len(filled[index]) >= least and not is_constant(rows[index]):
            return _extend(rows, filled, index, start)
    return None


def _extend(
    rows: Sequence[Row], filled: list[list[int]], index: int, start: int
) -> list[int]:
    """Return all rows of a header that contains row `index`."""
    header = [index]
    while len(header) < MAX_HEADER_ROWS and header[0] > start:
        above = header[0] - 1
        if not _is_parent(rows, filled, above, header[0]):
            break
        header.insert(0, above)
    while len(header) < MAX_HEADER_ROWS and header[-1] + 1 < len(rows):
        below = header[-1] + 1
        if not _is_child(rows, filled, header, below):
            break
        header.append(below)
    return header


def _is_parent(
    rows: Sequence[Row], filled: list[list[int]], above: int, below: int
) -> bool:
    """Tell whether the row above belongs to the header."""
    cells = filled[above]
    if not cells or not looks_like_header(rows[above]) or is_constant(rows[above]):
        return False
    texts = {tidy(rows[above][i]) for i in cells}
    if len(texts) == 1:
        starts_right = cells[0] > filled[below][0] or rows[below][cells[0]] is None
        return cells[0] > 0 and starts_right and len(filled[below]) > 1
    return len(texts) >= 2 and _shares_label(rows, filled, above, below)


def _shares_label(
    rows: Sequence[Row], filled: list[list[int]], above: int, below: int
) -> bool:
    """Tell a caption row from a title that was cut at its commas.

    A caption leaves the label column to the row below, repeats it, or is made of
    known headings.
    """
    first = min(filled[above][0], filled[below][0])
    mine, label = rows[above][first], rows[below][first]
    if mine is None or label is None or tidy(mine) == tidy(label):
        return True
    return is_vocabulary(rows[above]) or len(filled[above]) >= len(filled[below])


def _is_child(
    rows: Sequence[Row], filled: list[list[int]], header: list[int], below: int
) -> bool:
    """Tell whether the row below splits the header's columns further.

    A sub-header leaves the label column to the row above it (blank, or the same text
    where the cell is merged); a row of data fills it.
    """
    cells = filled[below]
    if not cells or not looks_like_header(rows[below]) or is_numbering(rows[below]):
        return False
    top = rows[header[-1]]
    first = filled[header[0]][0]
    label = rows[below][first] if first < len(rows[below]) else None
    inherits = label is None or tidy(label) == tidy(top[first])
    if not inherits:
        return False
    parents = [index for index in cells if _covered(rows, header, index)]
    fresh = [i for i in cells if tidy(rows[below][i]) != tidy(top[i])]
    known, texts = known_words([rows[below][i] for i in fresh])
    numbers = len(fresh) - texts
    return (
        bool(fresh)
        and len(parents) == len(cells)
        and (2 * known >= texts or numbers > 0 or len(fresh) >= 2)
    )


def _covered(rows: Sequence[Row], header: list[int], column: int) -> bool:
    """Tell whether some header cell stands above a column or to its left."""
    return any(
        any(cell is not None for cell in rows[index][: column + 1]) for index in header
    )


def _same_header(row: Row, heads: Sequence[Sequence[str]]) -> bool:
    """Tell whether a row repeats a row of the block's header.

    Its words must be the same: numbers may be those of a row of data.
    """
    filled = [(i, text) for i, cell in enumerate(row) if (text := tidy(cell).lower())]
    words = [(i, text) for i, text in filled if look(row[i]) == "text"]
    return any(
        len(filled) >= 2
        and sum(text == known[i] for i, text in filled) >= 0.8 * len(filled)
        and sum(text == known[i] for i, text in words) >= 0.8 * len(words)
        for known in heads
    )


@dataclass
class _Body:
    """The rows under a header while they are being sorted."""

    rows: Sequence[Row]
    filled: list[list[int]]
    block: Block
    width: int
    values: frozenset[int]
    merged_wide: set[int]
    itemised: bool
    """Rows are named by what they count: ``Jumlah Desa`` is no sum there."""
    section: str = ""
    footing: bool = False
    signed: bool = False
    last_data: int = 0
    heads: Sequence[Sequence[str]] = ()
    """Lower-case texts of the header's rows."""
    wide_end: int = -1
    """Last row with more than two cells: a note stands below it."""

    def kind(self, index: int) -> str:
        """Say what a row is: data, or the reason why it is none."""
        rows, filled, block = self.rows, self.filled, self.block
        if block.body and _has_amount(rows[index]):
            return self._sum_kind(index) or "data"
        if _same_header(rows[index], self.heads):
            return "block" if self._titled() else "repeated header"
        if not block.body and is_numbering(rows[index]):
            return "numbering" if _numbers_columns(rows, filled, index) else "data"
        if _starts_block(rows, filled, index, block, self.width):
            return "block"
        if _is_footer(self, index):
            return "footer"
        kind = self._sum_kind(index)
        if kind:
            return kind
        section = _is_section(rows, filled, index, self.width, self.merged_wide)
        return "section" if section else "data"

    def _sum_kind(self, index: int) -> str:
        """Say whether a row sums others or gives percents of a sum, else ""."""
        total = total_label(self.rows[index], self.values)
        if total and (not self.itemised or _TOTAL_BARE.fullmatch(total)):
            return "total"
        return "statistic" if self._is_statistic(index) else ""

    def _is_statistic(self, index: int) -> bool:
        """Tell whether a row gives percents of the total right above it."""
        dropped = self.block.dropped
        if not dropped or dropped[-1].row != self.last_data - 1:
            return False
        if dropped[-1].reason not in {"total", "statistic"}:
            return False
        texts = [tidy(c) for c in self.rows[index] if look(c) == "text"]
        return bool(texts) and _STATISTIC.fullmatch(texts[0]) is not None

    def _titled(self) -> bool:
        """Tell whether a title stands between the last data and a repeated header."""
        self._untake_title()
        return bool(self.block.body) and any(
            item.reason == "section" and item.row >= self.last_data
            for item in self.block.dropped
        )

    def _untake_title(self) -> None:
        """Make a lone label right above a repeated header a title, not data."""
        body = self.block.body
        if len(body) < 2 or self.width < 3 or body[-1] + 1 != self.last_data:
            return
        cells = self.filled[body[-1]]
        if len(cells) == 1 and look(self.rows[body[-1]][cells[0]]) == "text":
            self.block.sections.pop()
            _drop(self.block, self.rows, body.pop(), "section")
            self.last_data -= 1

    def take(self, index: int, kind: str) -> None:
        """Put a row where it belongs."""
        if kind == "data":
            self.block.body.append(index)
            self.block.sections.append(self.section)
        else:
            text = _drop(self.block, self.rows, index, kind)
            if kind == "footer":
                self._note(text)
            elif kind == "section":
                grouped = _is_numbered_group(self.rows, self.filled, index)
                last = self.rows[index][self.filled[index][-1]]
                self.section = mask_persons(tidy(last)) if grouped else text
        if kind in {"data", "total", "statistic"}:
            self.last_data = index + 1
        self.footing = kind == "footer" or (self.footing and kind != "data")

    def _note(self, text: str) -> None:
        """Keep a footer as a note; of a signature only that it is there."""
        self.signed = not _SOURCE.match(text) and (
            self.signed or _SIGNATURE.match(text) is not None
        )
        if self.signed:
            self.block.dropped[-1].text = SIGNATURE
        if not self.signed or SIGNATURE not in self.block.notes[-1:]:
            self.block.notes.append(SIGNATURE if self.signed else text)


def _read_body(
    block: Block, rows: Sequence[Row], filled: list[list[int]], merged_wide: set[int]
) -> int:
    """Sort the rows under a header; return where the next block starts."""
    width = len({i for index in block.header for i in filled[index]})
    start = block.header[-1] + 1
    values = _value_columns(rows, block)
    itemised = _is_itemised(rows, block)
    body = _Body(
        rows, filled, block, width, values, merged_wide, itemised, last_data=start
    )
    body.heads = [[tidy(cell).lower() for cell in rows[i]] for i in block.header]
    body.wide_end = max((i for i, own in enumerate(filled) if len(own) > 2), default=-1)
    for index in range(start, len(rows)):
        if not filled[index]:
            continue
        kind = body.kind(index)
        if kind == "block":
            return _give_back(block, rows, filled, body.last_data, index)
        body.take(index, kind)
    return len(rows)


def _value_columns(rows: Sequence[Row], block: Block) -> frozenset[int]:
    """Return columns headed as segmen, where a total is one value among others."""
    from jkn_analysis.cleaning.find.headings import find_role

    return frozenset(
        column
        for index in block.header
        for column, cell in enumerate(rows[index])
        if cell is not None
        and find_role(tidy(cell), "kepesertaan") in {"segmen", "kelas"}
    )


def _is_itemised(rows: Sequence[Row], block: Block) -> bool:
    """Tell whether the label column is headed ``Uraian`` or the like."""
    return any(
        _ITEM.fullmatch(tidy(cell)) is not None
        for index in block.header
        for cell in rows[index]
        if cell is not None
    )


def _drop(block: Block, rows: Sequence[Row], index: int, reason: str) -> str:
    """Note a row that is no data and return its text."""
    texts = dict.fromkeys(tidy(cell) for cell in rows[index] if cell is not None)
    text = mask_persons(" ".join(texts))
    block.dropped.append(Dropped(index, reason, text))
    return text


def _give_back(
    block: Block, rows: Sequence[Row], filled: list[list[int]], last: int, stop: int
) -> int:
    """Return where the next block's title starts: after the last data of this one.

    Lines between two tables belong to the table they stand above, except footers.
    """
    start = last
    for index in range(last, stop):
        if filled[index] and FOOTER.match(tidy(rows[index][filled[index][0]])):
            start = index + 1
    block.dropped = [item for item in block.dropped if item.row < start]
    return start


def _numbers_columns(rows: Sequence[Row], filled: list[list[int]], index: int) -> bool:
    """Tell whether a numbering row is no data: brackets, or text in the next row."""
    first = filled[index][0]
    if any(tidy(rows[index][i]).startswith(("(", "[")) for i in filled[index]):
        return True
    for below in range(index + 1, min(index + 4, len(rows))):
        if filled[below]:
            kinds = {look(rows[below][i]) for i in filled[below]}
            same = [tidy(rows[below][i]) for i in filled[index] if i < len(rows[below])]
            one = look(rows[below][first]) == "number" and same[0] not in {"1"}
            return "text" in kinds and not one
    return False


def _starts_block(
    rows: Sequence[Row], filled: list[list[int]], index: int, block: Block, width: int
) -> bool:
    """Tell whether a row inside a body is the header of another table."""
    row, cells = rows[index], filled[index]
    if len(cells) < 2 or is_constant(row) or not looks_like_header(row):
        return False
    known, texts = known_words(row)
    if known >= max(2, 0.7 * texts) and _more_header_than(rows, block, cells, row):
        return True
    if len(cells) < max(3, width // 2) or index + 1 >= len(rows):
        return False
    above_blank = not filled[index - 1] or len(filled[index - 1]) == 1
    below_data = bool(filled[index + 1]) and not looks_like_header(rows[index + 1])
    if not above_blank or not below_data:
        return False
    numeric_here = _numeric_columns(rows, block)
    clash = sum(look(row[i]) == "text" for i in numeric_here if i < len(row))
    return clash >= max(2, len(numeric_here) // 2)


def _more_header_than(
    rows: Sequence[Row], block: Block, cells: list[int], row: Row
) -> bool:
    """Tell a header from a data row whose words happen to be headings.

    Data rows repeat the kinds of cells their columns hold; a header puts words where
    the columns hold numbers, or stands over a table without any.
    """
    numeric = _numeric_columns(rows, block)
    if not block.body:
        return False
    if numeric:
        return any(look(row[i]) == "text" for i in numeric if i in cells)
    return len(cells) >= 3 and all(is_heading(tidy(row[i])) for i in cells)


def _numeric_columns(rows: Sequence[Row], block: Block) -> list[int]:
    """Return columns whose body cells so far are mostly numbers."""
    sample = block.body[-30:]
    if not sample:
        return []
    found = []
    for column in range(len(rows[sample[0]])):
        kinds = [look(rows[index][column]) for index in sample]
        numbers = sum(kind in {"number", "mark"} for kind in kinds)
        present = sum(kind != "blank" for kind in kinds)
        if present and 2 * numbers > present and "number" in kinds:
            found.append(column)
    return found


def _is_plain_number(cell: Cell) -> bool:
    """Tell whether a cell is a number other than one of a person."""
    if isinstance(cell, float) and abs(cell) >= LEAST_PERSON:
        return False
    return look(cell) == "number" and mask_persons(tidy(cell)) == tidy(cell)


def _has_amount(row: Row) -> bool:
    """Tell whether a row has a plain number that no heading, note or label has."""
    for cell in row:
        if type(cell) is str:
            if _AMOUNT.fullmatch(cell):
                return True
        elif type(cell) in {int, float} and LEAST_AMOUNT <= cell < MOST_AMOUNT:
            return True
    return False


def _is_footer(body: _Body, index: int) -> bool:
    """Tell whether a row is a source line, note or signature."""
    filled, width = body.filled, body.width
    row, cells = body.rows[index], filled[index]
    texts = _distinct((row[i] for i in cells), 2)
    if len(texts) > 2 or any(_is_plain_number(row[i]) for i in cells):
        return False
    if any(look(row[i]) == "mark" for i in cells[1:]):
        return False
    first = texts[0]
    marked = FOOTER.match(first) is not None
    if marked and _BARE_FOOTER.fullmatch(first) and _goes_on(body, index):
        return False
    if marked and (len(texts) == 1 or width > 2):
        return True
    if body.footing and len(texts) <= 2 and width > 2:
        return True
    apart = not filled[index - 1]
    long = len(first) > 60 and len(texts) == 1
    if width < 3 or len(texts) > 1 + (width > 4):
        return False
    return index >= body.wide_end and (apart or long)


def _goes_on(body: _Body, index: int) -> bool:
    """Tell whether rows of data follow, so that ``Sumber`` is a place."""
    following = [len(cells) for cells in body.filled[index + 1 : index + 4]]
    return bool(following) and max(following) >= 2 and following[0] > 0


def _is_section(
    rows: Sequence[Row],
    filled: list[list[int]],
    index: int,
    width: int,
    merged_wide: set[int],
) -> bool:
    """Tell whether a lone label names the rows under it rather than being one."""
    row, cells = rows[index], filled[index]
    if width >= 3 and _is_numbered_group(rows, filled, index):
        return True
    texts = _distinct((row[i] for i in cells), 1)
    if width < 3 or len(texts) != 1 or look(row[cells[0]]) != "text":
        return False
    if index in merged_wide or is_constant(row):
        return True
    text = texts[0]
    following = [i for i in range(index + 1, min(index + 4, len(rows))) if filled[i]]
    if find_segmen(text) is not None or find_month_name(text):
        nearby = [*range(max(index - 3, 0), index), *following]
        beside = [rows[i][cells[0]] for i in nearby if len(filled[i]) > 1]
        return not any(_is_alike(text, cell) for cell in beside)
    kinds = [look(rows[i][cells[0]]) for i in following]
    others = bool(kinds) and all(kind in {"number", "blank"} for kind in kinds)
    return others and len(filled[following[0]]) > 2


def _is_numbered_group(
    rows: Sequence[Row], filled: list[list[int]], index: int
) -> bool:
    """Tell whether a row is only ``II  BAWANG`` over rows numbered 1, 2, 3."""
    cells = filled[index]
    if len(cells) != 2 or index + 1 >= len(rows) or len(filled[index + 1]) < 3:
        return False
    number, label = (rows[index][i] for i in cells)
    below = rows[index + 1]
    if look(label) != "text" or not _GROUP_NUMBER.fullmatch(tidy(number)):
        return False
    return whole(tidy(below[cells[0]]).rstrip(".)")) == 1


def _is_alike(text: str, cell: Cell) -> bool:
    """Tell whether a label names a month or segmen as a label beside it does."""
    other = tidy(cell)
    if find_month_name(text):
        return bool(find_month_name(other))
    return find_segmen(other) is not None and not is_total_label(other)


__all__ = ["BadCell", "Block", "Dropped", "find_blocks"]
