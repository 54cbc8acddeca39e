"""The cells of a sheet with merged ones filled, cut where tables stand apart."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jkn_analysis.cleaning.values.cells import BadCell, Cell, Percent, look, tidy

MOST_GAPS = 30
"""Blank columns that may part tables side by side; later ones part nothing."""


@dataclass
class Grid:
    """Cells of a sheet with merged ones filled, and the address of its corner."""

    rows: list[list[Any]]
    row_numbers: list[int]
    column_numbers: list[int]
    merged_wide: set[int]
    spread: list[tuple[int, int, int, str]]
    """First and last row, column and text of numbers merged over several rows."""

    @classmethod
    def of(cls, sheet: dict[str, Any]) -> Grid:
        """Make the grid of a raw sheet."""
        top, left = sheet.get("first_row", 1), sheet.get("first_column", 1)
        width = max((len(row) for row in sheet["rows"]), default=0)
        rows = [_pad(row, width) for row in sheet["rows"]]
        _mark(rows, sheet, top, left)
        grid = cls(
            rows,
            list(range(top, top + len(rows))),
            list(range(left, left + width)),
            set(),
            [],
        )
        for box in sheet["merged"]:
            r1, c1, r2, c2 = box
            shifted = (r1 + 1 - top, c1 + 1 - left, r2 + 1 - top, c2 + 1 - left)
            grid._fill(shifted)
        grid._close_gaps()
        return grid

    def _close_gaps(self) -> None:
        """Keep one column of every run of blank ones: cells far out leave thousands."""
        filled = [
            any(cell is not None for cell in c) for c in zip(*self.rows, strict=True)
        ]
        kept = [
            index
            for index, full in enumerate(filled)
            if full or index == 0 or filled[index - 1]
        ]
        if len(kept) == len(filled):
            return
        place = {index: new for new, index in enumerate(kept)}
        self.rows = [[row[index] for index in kept] for row in self.rows]
        self.column_numbers = [self.column_numbers[index] for index in kept]
        self.spread = [(a, z, place[c], text) for a, z, c, text in self.spread]

    def _fill(self, box: tuple[int, int, int, int]) -> None:
        """Fill a merged range with the value of its first cell."""
        r1, c1, r2, c2 = box
        if r1 < 0 or c1 < 0 or r1 >= len(self.rows) or c1 >= len(self.column_numbers):
            return
        value = self.rows[r1][c1]
        if value is None:
            return
        if c2 - c1 >= 2 and r1 == r2:
            self.merged_wide.add(r1)
        if look(value) == "number" and r2 > r1:
            self.spread.append((r1, r2, c1, tidy(value)))
            return
        for row in self.rows[r1 : r2 + 1]:
            for column in range(c1, min(c2, len(row) - 1) + 1):
                if row[column] is None:
                    row[column] = value

    def split(self) -> list[Grid]:
        """Cut the grid where a blank column separates two tables side by side."""
        cuts = self._cuts()
        if not cuts:
            return [self]
        edges = [0, *cuts, len(self.column_numbers)]
        parts = []
        for start, stop in itertools.pairwise(edges):
            rows = [row[start:stop] for row in self.rows]
            own = [box for box in self.spread if start <= box[2] < stop]
            spread = [(a, z, c - start, text) for a, z, c, text in own]
            part = Grid(
                rows,
                self.row_numbers,
                self.column_numbers[start:stop],
                self.merged_wide,
                spread,
            )
            parts.append(part)
        return parts

    def _cuts(self) -> list[int]:
        """Return columns where a second table starts beside the first."""
        width = len(self.column_numbers)
        gaps = (
            column
            for column in range(1, width - 1)
            if all(
                row[column] is None
                or (index in self.merged_wide and row[column] == row[column - 1])
                for index, row in enumerate(self.rows)
            )
        )
        blank = list(itertools.islice(gaps, MOST_GAPS))
        cuts = []
        start = 0
        for column in blank:
            if self._same_headings(start, column, width) or self._ends_apart(
                start, column, width
            ):
                cuts.append(column + 1)
                start = column + 1
        return cuts

    def _same_headings(self, start: int, gap: int, width: int) -> bool:
        """Tell whether two labels or more of one row stand on both sides of a gap."""
        for row in self.rows[:40]:
            left = {
                tidy(cell).lower() for cell in row[start:gap] if look(cell) == "text"
            }
            right = {
                tidy(cell).lower() for cell in row[gap:width] if look(cell) == "text"
            }
            if len(left & right) >= 2 or "no" in left & right:
                return True
        return False

    def _ends_apart(self, start: int, gap: int, width: int) -> bool:
        """Tell whether labels stand on both sides and one side goes on further."""
        ends = []
        for first, last in ((start, gap), (gap + 1, width)):
            full = [
                index
                for index, row in enumerate(self.rows)
                if index not in self.merged_wide
                and sum(cell is not None for cell in row[first:last]) >= 2
            ]
            labels = [look(self.rows[index][first]) for index in full]
            if len(full) < 3 or labels.count("text") < len(labels) - 1:
                return False
            if full[-1] - full[0] + 1 != len(full):
                return False
            ends.append(full[-1])
        return ends[0] != ends[1]


def _pad(row: Sequence[Any], width: int) -> list[Any]:
    """Return a row of full width, texts without outer blanks, empty ones None."""
    cells = [
        (cell.strip() or None) if isinstance(cell, str) else _finite(cell)
        for cell in row
    ]
    return cells + [None] * (width - len(cells))


def _finite(value: Cell) -> Cell:
    """Return None for NaN, which json may hold."""
    if isinstance(value, float) and (
        value != value or value in {float("inf"), -float("inf")}
    ):
        return None
    return value


def _mark(rows: list[list[Any]], sheet: dict[str, Any], top: int, left: int) -> None:
    """Put bad cells and percents into the grid, whose library cannot tell them."""
    for (row, column), what in sheet.get("marks", {}).items():
        r, c = row - top, column - left
        if 0 <= r < len(rows) and 0 <= c < len(rows[r]):
            rows[r][c] = BadCell(what)
    for row, column in sheet.get("percent", []):
        r, c = row - top, column - left
        if 0 <= r < len(rows) and 0 <= c < len(rows[r]):
            value = rows[r][c]
            if isinstance(value, int | float) and not isinstance(value, bool):
                rows[r][c] = Percent(value)
