"""Large text files whose first line is the header and the rest data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.table import SheetTable
from jkn_analysis.cleaning.open.dialect import MAX_CELLS, MAX_ROWS
from jkn_analysis.cleaning.problems import Problem, refusal
from jkn_analysis.cleaning.values.cells import Cell, tidy
from jkn_analysis.errors import HostileInputError


def unique(names: list[str]) -> list[str]:
    """Return headings with repeated ones numbered and empty ones named."""
    seen: dict[str, int] = {}
    result = []
    for position, name in enumerate(names, 1):
        base = name or f"kolom {position}"
        seen[base] = seen.get(base, 0) + 1
        result.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return result


_ODD_ROW = re.compile(
    r"\s*(?:jumlah|total|jml|jlh|j\s+u\s+m|t\s+o\s+t|(?:di)?pindahan|dipindahkan|"
    r"sub[\s-]*total|grand|rata|rerata|sumber|source|mengetahui|nip\b|"
    r"catatan|ket(?:erangan)?\b|nb\b|note\b|\*|#)",
    re.IGNORECASE,
)


def read_regular(
    path: Path, sheet: dict[str, Any], source: str, remarks: tuple[Problem, ...]
) -> SheetTable | None:
    """Make the table of a csv whose first line is the header and the rest data."""
    from jkn_analysis.cleaning.find.labels import is_vocabulary, looks_like_header

    table = arrow_table(sheet)
    head = [tidy(name) or None for name in sheet["head"]]
    if None in head or not table.num_rows:
        return None
    first = [_first_cell(column) for column in table.columns]
    plain = looks_like_header(head) and not looks_like_header(first)
    if not plain or not (is_vocabulary(head) or len(head) > 2):
        return None
    columns = [_regular_column(column) for column in table.columns]
    if any(_is_odd(column) for column in columns[:4]):
        return None
    names = unique([name for name in head if name])
    return SheetTable(
        path=path,
        sheet="",
        raw=pd.DataFrame(dict(zip(names, columns, strict=True)), copy=False),
        headers=tuple((name,) for name in names),
        row_numbers=np.arange(2, table.num_rows + 2),
        column_numbers=tuple(range(1, len(names) + 1)),
        problems=remarks,
        source=source,
        regular=True,
    )


def arrow_table(sheet: dict[str, Any]) -> Cell:
    """Return the Arrow table of a sheet, unpacked if it comes from the child."""
    import pyarrow as pa

    held = sheet["arrow"]
    return pa.ipc.open_stream(held).read_all() if isinstance(held, bytes) else held


def check_size(path: Path, table: Cell) -> None:
    """Refuse a csv that is not regular and too large to be looked at cell by cell."""
    if table.num_rows > MAX_ROWS or table.num_rows * table.num_columns > MAX_CELLS:
        raise refusal(
            HostileInputError, path, "hostile:too_long", rows=MAX_ROWS, cells=MAX_CELLS
        )


def _first_cell(column: Cell) -> Cell:
    """Return the first cell of a column."""
    value = column[0].as_py()
    return (value.strip() or None) if isinstance(value, str) else value


def _regular_column(column: Cell) -> pd.Series:
    """Return a column of whole numbers, or of coded text without outer blanks."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column.to_pandas()
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        combined = combined.chunk(0)
    texts = [text.strip() for text in combined.dictionary.to_pylist()]
    codes = combined.indices.to_numpy(zero_copy_only=False)
    distinct = list(dict.fromkeys(texts))
    if len(distinct) < len(texts):
        place = {text: index for index, text in enumerate(distinct)}
        codes = np.array([place[text] for text in texts], dtype=np.int32)[codes]
    dtype = pd.CategoricalDtype(pd.Index(distinct, dtype=object))
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype, validate=False))


def _is_odd(column: pd.Series) -> bool:
    """Tell whether a column holds blanks, totals or footers."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return False
    return any(not text or _ODD_ROW.match(text) for text in column.cat.categories)


def rows_of_arrow(sheet: dict[str, Any]) -> list[list[str | None]]:
    """Return the rows of a sheet that came as Arrow columns, header first."""
    columns = [
        [
            (cell.strip() if isinstance(cell, str) else cell)
            if cell not in {"", None}
            else None
            for cell in column.to_pylist()
        ]
        for column in arrow_table(sheet).columns
    ]
    texts = [[cell if cell is None else str(cell) for cell in c] for c in columns]
    head = [name.strip() or None for name in sheet["head"]]
    return [head, *(list(row) for row in zip(*texts, strict=True))]
