"""Any delivered file as rectangular tables of text whose cells keep their address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.blocks import Block, find_blocks
from jkn_analysis.cleaning.find.grid import Grid
from jkn_analysis.cleaning.find.headings import IGNORED, find_role
from jkn_analysis.cleaning.find.regular import (
    arrow_table,
    check_size,
    read_regular,
    rows_of_arrow,
    unique,
)
from jkn_analysis.cleaning.find.roles import IDENTIFIERS
from jkn_analysis.cleaning.find.table import SECTION, DroppedRow, SheetTable
from jkn_analysis.cleaning.open.dialect import MAX_COLUMNS
from jkn_analysis.cleaning.open.sandbox import open_foreign
from jkn_analysis.cleaning.problems import Problem, column_letters, refusal
from jkn_analysis.cleaning.values.cells import BadCell, tidy
from jkn_analysis.cleaning.values.context import find_title_regions
from jkn_analysis.cleaning.values.months import find_moment_in
from jkn_analysis.cleaning.words import finding, listed, say
from jkn_analysis.errors import HostileInputError, InputError

LABELS = IDENTIFIERS | {IGNORED}
"""Roles of columns that label rows, whose numbers are no figures."""
LONG_LINE = 60
"""Letters from which a line is written text rather than a title."""


def read_sheet(path: str | Path) -> list[SheetTable]:
    r"""Read any delivered file as rectangular tables of text.

    csv, tsv and txt in any encoding with the delimiter and quoting found; xlsx, xlsm,
    xls, xlsb and ods with merged cells filled; json records; html tables saved as
    .xls. Title rows, multi-row headers, numbering rows, repeated headers, totals,
    footers, stacked and side-by-side blocks are told apart from the data; each cell
    keeps its address. The file is opened in a child process with limits.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of SheetTable
        In the order of the file; hidden sheets are included and marked.

    Raises
    ------
    InputError
        If the file is missing, is no table, holds none, or is locked.
    HostileInputError
        If the file is damaged or needs more memory or time than a table may.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "peserta.csv")
    >>> _ = path.write_text(
    ...     "Keadaan per 1 Juni 2025;\n\nKecamatan;Peserta\n(1);(2)\n"
    ...     "Susukan;1.391.162\nBawang;-\nJumlah;1.391.162\nSumber: BPJS;\n"
    ... )
    >>> table = read_sheet(path)[0]
    >>> table.frame["Peserta"].tolist(), table.title, table.notes
    (['1.391.162', '-'], ('Keadaan per 1 Juni 2025',), ('Sumber: BPJS',))
    >>> [(item.row, item.reason) for item in table.dropped], table.address(0, "Peserta")
    ([(4, 'numbering'), (7, 'total'), (8, 'footer')], 'B5')
    >>> folder.cleanup()
    """
    path = Path(path)
    content = open_foreign(path)
    source = content["format"]
    if source == "csv":
        source = f"csv {content['encoding']} {content['delimiter']!r}"
    remarks = tuple(
        Problem(path.name, kind, text, say("ask for the export again"))
        for kind, text in content["remarks"]
    )
    tables: list[SheetTable] = []
    for sheet in content["sheets"]:
        tables += _read_tables(path, sheet, source, remarks)
    if not tables or _is_prose(tables):
        raise refusal(InputError, path, "unreadable:no_heading")
    return tables


def _is_prose(tables: Sequence[SheetTable]) -> bool:
    """Tell whether a text file is written text rather than cells."""
    lines = [text for table in tables for text in (*table.title, *table.notes)]
    cells = sum(table.cells for table in tables)
    return len(lines) > cells and sum(len(line) > LONG_LINE for line in lines) > cells


def _read_tables(
    path: Path, sheet: dict[str, Any], source: str, remarks: tuple[Problem, ...]
) -> list[SheetTable]:
    """Return the tables of one sheet."""
    if "arrow" in sheet:
        regular = read_regular(path, sheet, source, remarks)
        if regular is not None:
            return [regular]
        check_size(path, arrow_table(sheet))
        sheet = {**sheet, "rows": rows_of_arrow(sheet)}
    grid = Grid.of(sheet)
    if len(grid.column_numbers) > MAX_COLUMNS:
        raise refusal(
            HostileInputError,
            path,
            "hostile:sheet_columns",
            sheet=sheet["name"],
            count=len(grid.column_numbers),
            most=MAX_COLUMNS,
        )
    tables = []
    for part in grid.split():
        for block in find_blocks(part.rows, part.merged_wide):
            table = _build(path, sheet, part, block, source)
            if table is not None:
                tables.append(table)
    return _share_titles(tables, remarks)


def _share_titles(
    tables: list[SheetTable], remarks: tuple[Problem, ...]
) -> list[SheetTable]:
    """Give later blocks of a sheet the title of the first behind their own."""
    shared = []
    for index, table in enumerate(tables):
        own = table.title
        first = tables[0].title if index else ()
        title = (*own, *(line for line in first if not _superseded(line, own)))
        problems = (*remarks, *table.problems) if index == 0 else table.problems
        shared.append(replace(table, title=title, problems=problems))
    return shared


def _superseded(line: str, own: Sequence[str]) -> bool:
    """Tell whether a block's own title says anew what a shared line says."""
    label = line.partition(":")[0].strip().lower() if ":" in line else None
    for mine in own:
        if mine == line or (label and mine.lower().startswith(label) and ":" in mine):
            return True
        if find_moment_in(mine)[1] and find_moment_in(line)[1]:
            return True
        if find_title_regions([mine]) and find_title_regions([line]):
            return True
        if _PLACE_LINE.match(line) and mine.lower().startswith(line.lower().split()[0]):
            return True
    return False


_PLACE_LINE = re.compile(
    r"(?:kec(?:amatan)?|kab(?:upaten)?|kota|desa|kelurahan|puskesmas|segmen|kelas|tahun|"
    r"triwulan|semester|bulan|provinsi)\b\.?\s+\S+(?:\s+\S+){0,3}$|tabel\b|lampiran\b",
    re.IGNORECASE,
)


def _build(
    path: Path, sheet: dict[str, Any], grid: Grid, block: Block, source: str
) -> SheetTable | None:
    """Make the table of one block."""
    columns = _used_columns(grid, block)
    if not columns:
        return None
    headers = _header_paths(grid, block, columns)
    _fill_labels(grid, dict(zip(columns, headers, strict=True)))
    names = unique([" / ".join(parts) or "" for parts in headers])
    data = {
        name: pd.Series([grid.rows[i][column] for i in block.body], dtype=object)
        for name, column in zip(names, columns, strict=True)
    }
    numbers = [grid.column_numbers[column] for column in columns]
    if any(block.sections) and SECTION not in data:
        section = pd.Series([text or None for text in block.sections], dtype=object)
        data = {SECTION: section, **data}
        names, headers, numbers = (
            [SECTION, *names],
            [[SECTION], *headers],
            [0, *numbers],
        )
    return SheetTable(
        path=path,
        sheet=sheet["name"],
        raw=pd.DataFrame(data, columns=names),
        headers=tuple(tuple(parts) for parts in headers),
        row_numbers=np.array([grid.row_numbers[i] for i in block.body], dtype=int),
        column_numbers=tuple(numbers),
        title=tuple(text for _, text in block.title),
        notes=tuple(block.notes),
        dropped=tuple(
            DroppedRow(grid.row_numbers[item.row], item.reason, item.text)
            for item in block.dropped
        ),
        dropped_cells=tuple(
            tuple(
                grid.rows[item.row][column] if item.reason != "footer" else None
                for column in columns
            )
            for item in block.dropped
        ),
        problems=(
            *_cell_problems(path, sheet["name"], grid, block, columns),
            *_note_hidden(
                path, sheet, [grid.row_numbers[i] for i in block.body], numbers
            ),
        ),
        hidden=sheet["hidden"],
        source=source,
    )


def _fill_labels(grid: Grid, headers: Mapping[int, Sequence[str]]) -> None:
    """Repeat a year, code or number that labels the rows it is merged over."""
    for box in list(grid.spread):
        first, last, column, _ = box
        role = find_role(" ".join(headers.get(column, ())), "kepesertaan")
        if role in LABELS:
            for row in grid.rows[first + 1 : last + 1]:
                row[column] = grid.rows[first][column]
            grid.spread.remove(box)


def _used_columns(grid: Grid, block: Block) -> list[int]:
    """Return columns with a heading or any value in the body."""
    rows = [*block.header, *block.body]
    return [
        column
        for column in range(len(grid.column_numbers))
        if any(grid.rows[index][column] is not None for index in rows)
    ]


def _header_paths(grid: Grid, block: Block, columns: list[int]) -> list[list[str]]:
    """Return the heading parts of each column, parents filled to the right."""
    levels = [
        {column: tidy(grid.rows[index][column]) for column in columns}
        for index in block.header
    ]
    for index in reversed(range(len(levels) - 1)):
        _fill_right(levels[index], levels[index + 1 :], columns, levels[:index])
    paths = []
    for column in columns:
        parts = [level[column] for level in levels if level[column]]
        paths.append(list(dict.fromkeys(parts)))
    return paths


def _fill_right(
    upper: dict[int, str],
    lowers: list[dict[int, str]],
    columns: list[int],
    above: list[dict[int, str]],
) -> None:
    """Carry a parent heading over the columns it spans: those with a child below.

    A heading without a child of its own heads its column alone; another heading
    `above` it ends its span.
    """
    current, last = "", columns[0]
    for column in columns:
        child = any(lower[column] for lower in lowers)
        if any(level[column] not in {"", level[last]} for level in above):
            current = ""
        last = column
        if upper[column]:
            current = upper[column] if child else ""
        elif child and current:
            upper[column] = current


def _note_hidden(
    path: Path, sheet: dict[str, Any], rows: Sequence[int], columns: Sequence[int]
) -> Iterable[Problem]:
    """Say which rows and columns a spreadsheet hides: they were read as the others."""
    folded = set(sheet.get("hidden_rows", ()))
    names = [str(row) for row in rows if row in folded]
    folded = set(sheet.get("hidden_columns", ()))
    letters = [column_letters(column) for column in columns if column in folded]
    for key, hidden in (("hidden_rows:rows", names), ("hidden_rows:columns", letters)):
        if hidden:
            said = finding(key, rows=listed(hidden))
            yield Problem(path.name, *said, sheet=sheet["name"], severity="note")


def _cell_problems(
    path: Path, sheet: str, grid: Grid, block: Block, columns: list[int]
) -> Iterable[Problem]:
    """Report cells without a usable value and numbers merged over rows."""
    body = set(block.body)
    wanted = set(columns)
    for row in block.body:
        for column in columns:
            cell = grid.rows[row][column]
            if isinstance(cell, BadCell):
                formula = cell == "formula"
                yield Problem(
                    path.name,
                    *finding("formula" if formula else "error_cell"),
                    sheet,
                    grid.row_numbers[row],
                    grid.column_numbers[column],
                    "" if formula else cell.removeprefix("error "),
                )
    for row, _, column, text in grid.spread:
        if row in body and column in wanted:
            numbers = grid.row_numbers[row], grid.column_numbers[column]
            yield Problem(path.name, *finding("merged_number"), sheet, *numbers, text)
