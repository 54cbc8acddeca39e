"""The rows under a header: data, sums, sections, footers, the next table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jkn_analysis.cleaning.find.headings import find_role, is_heading
from jkn_analysis.cleaning.find.labels import (
    FOOTER,
    SIGNATURE,
    SIGNED_LINE,
    SOURCE,
    STATISTIC,
    TOTAL_BARE,
    distinct_texts,
    has_amount,
    is_alike,
    is_constant,
    is_numbering,
    is_plain_number,
    known_words,
    looks_like_header,
    total_label,
)
from jkn_analysis.cleaning.values.cells import (
    find_month_name,
    look,
    tidy,
    whole,
)
from jkn_analysis.cleaning.values.names import find_segmen
from jkn_analysis.personal import mask_personal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.cleaning.find.labels import Row


_ITEM = re.compile(
    r"(?:jenis\s+|nama\s+)?(?:uraian|indikator|variabel|elemen|data|rincian|parameter|item)"
    r"(?:\s+data)?",
    re.IGNORECASE,
)


_BARE_FOOTER = re.compile(r"sumber|catatan", re.IGNORECASE)


_GROUP_NUMBER = re.compile(r"(?:[IVXLC]+|[A-Z]|\d{1,2})[.)]?")


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
        if block.body and has_amount(rows[index]):
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
        if total and (not self.itemised or TOTAL_BARE.fullmatch(total)):
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
        return bool(texts) and STATISTIC.fullmatch(texts[0]) is not None

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
                self.section = mask_personal(tidy(last)) if grouped else text
        if kind in {"data", "total", "statistic"}:
            self.last_data = index + 1
        self.footing = kind == "footer" or (self.footing and kind != "data")

    def _note(self, text: str) -> None:
        """Keep a footer as a note; of a signature only that it is there."""
        self.signed = not SOURCE.match(text) and (
            self.signed or SIGNED_LINE.match(text) is not None
        )
        if self.signed:
            self.block.dropped[-1].text = SIGNATURE
        if not self.signed or SIGNATURE not in self.block.notes[-1:]:
            self.block.notes.append(SIGNATURE if self.signed else text)


def read_body(
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


VALUE_ROLES = frozenset({"segmen", "kelas", "uraian", "jenis_kelamin"})
"""Roles of columns in which a total is one value among others."""


def _value_columns(rows: Sequence[Row], block: Block) -> frozenset[int]:
    """Return columns headed as segmen or status, where a total is one value."""
    return frozenset(
        column
        for index in block.header
        for column, cell in enumerate(rows[index])
        if cell is not None
        and find_role(tidy(cell), "kepesertaan") in VALUE_ROLES
        and not _ITEM.fullmatch(tidy(cell))
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
    text = mask_personal(" ".join(texts))
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


def _is_footer(body: _Body, index: int) -> bool:
    """Tell whether a row is a source line, note or signature."""
    filled, width = body.filled, body.width
    row, cells = body.rows[index], filled[index]
    texts = distinct_texts((row[i] for i in cells), 2)
    if len(texts) > 2 or any(is_plain_number(row[i]) for i in cells):
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
    texts = distinct_texts((row[i] for i in cells), 1)
    if width < 3 or len(texts) != 1 or look(row[cells[0]]) != "text":
        return False
    if index in merged_wide or is_constant(row):
        return True
    text = texts[0]
    following = [i for i in range(index + 1, min(index + 4, len(rows))) if filled[i]]
    if find_segmen(text) is not None or find_month_name(text):
        nearby = [*range(max(index - 3, 0), index), *following]
        beside = [rows[i][cells[0]] for i in nearby if len(filled[i]) > 1]
        return not any(is_alike(text, cell) for cell in beside)
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
