"""One table of a file as text whose cells keep their address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.problems import Problem, column_letters
from jkn_analysis.cleaning.values.cells import Cell, Percent, tidy
from jkn_analysis.cleaning.words import Finding

SECTION = "bagian"
"""Heading of the column that holds section labels found between the rows."""


@dataclass(frozen=True)
class DroppedRow:
    """A row that is no data: sheet row, reason, text."""

    row: int
    reason: str
    text: str


@dataclass(frozen=True)
class SheetTable:
    """One table of a file: text, headings, and where every cell came from.

    Attributes
    ----------
    raw
        Cells as the file holds them: text, numbers, dates, None. One column per
        heading.
    headers
        For each column the parts of its heading, top to bottom.
    row_numbers, column_numbers
        1-based position of every row and column in the sheet; 0 for columns that
        were made from section labels.
    dropped
        Rows that are no data, with the reason: total, section, repeated header,
        numbering, footer.
    """

    path: Path
    sheet: str
    raw: pd.DataFrame
    headers: tuple[tuple[str, ...], ...]
    row_numbers: np.ndarray
    column_numbers: tuple[int, ...]
    title: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dropped: tuple[DroppedRow, ...] = ()
    dropped_cells: tuple[tuple[Any, ...], ...] = ()
    problems: tuple[Problem, ...] = ()
    hidden: bool = False
    source: str = ""
    """Format, and for text files encoding and delimiter."""
    regular: bool = field(default=False, repr=False)
    """Read as plain text columns without a look at every cell."""

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table as text: one line per cell, None where a cell is empty."""
        if self.regular:
            return pd.DataFrame(
                {name: _plain_text(self.raw[name]) for name in self.raw}
            )
        return pd.DataFrame(
            {
                name: pd.Series(
                    [_as_text(value) for value in self.raw[name]], dtype=object
                )
                for name in self.raw.columns
            },
            columns=self.raw.columns,
        )

    @property
    def cells(self) -> int:
        """Number of cells read."""
        return int(self.raw.shape[0] * self.raw.shape[1])

    @property
    def rows_in(self) -> int:
        """Rows under the header: kept and dropped ones."""
        return len(self.raw) + sum(item.reason != "footer" for item in self.dropped)

    def problem(self, said: Finding, **place: Any) -> Problem:  # noqa: ANN401 - fields
        """Return what is wrong with this sheet or, by its place, with a cell of it."""
        return Problem(self.path.name, *said, sheet=self.sheet, **place)

    def address(self, row: int, column: int | str) -> str:
        """Say where a cell stands, by its positions in the frame.

        Examples
        --------
        >>> from jkn_analysis.cleaning.find.table import SheetTable
        >>> raw = pd.DataFrame({"Kab/Kota": ["Ternate"]})
        >>> SheetTable(
        ...     Path("a.xlsx"), "Rekap", raw, (("Kab/Kota",),), np.array([17]), (4,)
        ... ).address(0, "Kab/Kota")
        "sheet 'Rekap', D17"
        """
        position = (
            self.raw.columns.get_loc(column) if isinstance(column, str) else column
        )
        letters = column_letters(self.column_numbers[int(position)])  # type: ignore[arg-type]
        cell = f"{letters}{self.row_numbers[row]}"
        return f"sheet '{self.sheet}', {cell}" if self.sheet else cell


def _as_text(value: Cell) -> str | None:
    """Return a cell as text."""
    if value is None:
        return None
    if isinstance(value, str):
        return tidy(value) or None
    if isinstance(value, Percent):
        return f"{round(float(value) * 100, 10):.10g}%"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return tidy(value) if value.is_integer() else repr(value)
    return tidy(value)


def _plain_text(column: pd.Series) -> pd.Series:
    """Return a column of a regular file as text, None where a cell is empty."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = [text or None for text in column.cat.categories]
    else:
        column = column.astype("Int64").astype("category")
        texts = [str(value) for value in column.cat.categories]
    known = np.array([*texts, None], dtype=object)
    return pd.Series(
        known[column.cat.codes.to_numpy()], dtype=object, index=column.index
    )
