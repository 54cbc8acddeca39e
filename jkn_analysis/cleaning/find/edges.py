"""Rows that are no data of a table: another header, a section, a numbering."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jkn_analysis.cleaning.find.headings import is_heading
from jkn_analysis.cleaning.find.labels import (
    Row,
    distinct_texts,
    is_alike,
    is_constant,
    known_words,
    looks_like_header,
)
from jkn_analysis.cleaning.values.cells import find_month_name, look, tidy, whole
from jkn_analysis.cleaning.values.names import find_segmen, is_region

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


def same_header(row: Row, heads: Sequence[Sequence[str]]) -> bool:
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


def numbers_columns(rows: Sequence[Row], filled: list[list[int]], index: int) -> bool:
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


def starts_block(
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


def is_section(
    rows: Sequence[Row],
    filled: list[list[int]],
    index: int,
    width: int,
    merged_wide: set[int],
) -> bool:
    """Tell whether a lone label names the rows under it rather than being one."""
    row, cells = rows[index], filled[index]
    if width >= 3 and is_numbered_group(rows, filled, index):
        return True
    texts = distinct_texts((row[i] for i in cells), 1)
    if width < 3 or len(texts) != 1 or look(row[cells[0]]) != "text":
        return False
    if index in merged_wide or is_constant(row):
        return True
    text = texts[0]
    following = [i for i in range(index + 1, min(index + 4, len(rows))) if filled[i]]
    if find_segmen(text) is not None or find_month_name(text) or is_region(text):
        nearby = [*range(max(index - 3, 0), index), *following]
        beside = [rows[i][cells[0]] for i in nearby if len(filled[i]) > 1]
        return not any(is_alike(text, cell) for cell in beside)
    kinds = [look(rows[i][cells[0]]) for i in following]
    others = bool(kinds) and all(kind in {"number", "blank"} for kind in kinds)
    return others and len(filled[following[0]]) > 2


def is_numbered_group(rows: Sequence[Row], filled: list[list[int]], index: int) -> bool:
    """Tell whether a row is only ``II  BAWANG`` over rows numbered 1, 2, 3."""
    cells = filled[index]
    if len(cells) != 2 or index + 1 >= len(rows) or len(filled[index + 1]) < 3:
        return False
    number, label = (rows[index][i] for i in cells)
    below = rows[index + 1]
    if look(label) != "text" or not _GROUP_NUMBER.fullmatch(tidy(number)):
        return False
    return whole(tidy(below[cells[0]]).rstrip(".)")) == 1
