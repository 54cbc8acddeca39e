"""The rows under a header: data, sums, sections, footers, the next table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jkn_analysis.cleaning.find.edges import (
    Block,
    Dropped,
    is_numbered_group,
    is_section,
    numbers_columns,
    same_header,
    starts_block,
)
from jkn_analysis.cleaning.find.headings import find_role
from jkn_analysis.cleaning.find.labels import (
    FOOTER,
    SIGNATURE,
    SIGNED_LINE,
    SOURCE,
    STATISTIC,
    TOTAL_BARE,
    Row,
    distinct_texts,
    has_amount,
    is_listed_total,
    is_numbering,
    is_plain_number,
    total_label,
)
from jkn_analysis.cleaning.values.cells import look, tidy
from jkn_analysis.personal import mask_personal

_ITEM = re.compile(
    r"(?:jenis\s+|nama\s+)?(?:uraian|indikator|variabel|elemen|data|rincian|parameter|item)"
    r"(?:\s+data)?",
    re.IGNORECASE,
)
_BARE_FOOTER = re.compile(r"sumber|catatan", re.IGNORECASE)


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
        if same_header(rows[index], self.heads):
            return "block" if self._titled() else "repeated header"
        if not block.body and is_numbering(rows[index]):
            return "numbering" if numbers_columns(rows, filled, index) else "data"
        if starts_block(rows, filled, index, block, self.width):
            return "block"
        if _is_footer(self, index):
            return "footer"
        kind = self._sum_kind(index)
        if kind:
            return kind
        section = is_section(rows, filled, index, self.width, self.merged_wide)
        return "section" if section else "data"

    def _sum_kind(self, index: int) -> str:
        """Say whether a row sums others or gives percents of a sum, else ""."""
        total = total_label(self.rows[index], self.values)
        bare = is_listed_total(total) or TOTAL_BARE.fullmatch(total)
        if total and (not self.itemised or bare):
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
                grouped = is_numbered_group(self.rows, self.filled, index)
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
    apart = not filled[index - 1] or SIGNED_LINE.match(first) is not None
    long = len(first) > 60 and len(texts) == 1
    if width < 3 or len(texts) > 1 + (width > 4):
        return False
    return index >= body.wide_end and (apart or long)


def _goes_on(body: _Body, index: int) -> bool:
    """Tell whether rows of data follow, so that ``Sumber`` is a place."""
    following = [len(cells) for cells in body.filled[index + 1 : index + 4]]
    return bool(following) and max(following) >= 2 and following[0] > 0
