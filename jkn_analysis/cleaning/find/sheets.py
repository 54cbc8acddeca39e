"""Any delivered file as rectangular tables of text whose cells keep their address."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.blocks import Block, find_blocks
from jkn_analysis.cleaning.open.dialect import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    TOO_LONG,
)
from jkn_analysis.cleaning.open.sandbox import open_foreign
from jkn_analysis.cleaning.problems import Problem, column_letters
from jkn_analysis.cleaning.values.cells import BadCell, Cell, Percent, look, tidy
from jkn_analysis.errors import HostileInputError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jkn_analysis.cleaning.values.numbers import Locale

SECTION = "bagian"
"""Heading of the column that holds section labels found between the rows."""
LONG_LINE = 60
"""Letters from which a line is written text rather than a title."""
MOST_GAPS = 30
"""Blank columns that may part tables side by side; later ones part nothing."""


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

    def address(self, row: int, column: int | str) -> str:
        """Say where a cell stands, by its positions in the frame.

        Examples
        --------
        >>> from jkn_analysis.cleaning.find.sheets import SheetTable
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

    def typed(self, *, locale: Locale = "") -> Cell:
        """Return the table with typed columns; see `typed.type_table`."""
        from jkn_analysis.cleaning.any.typed import type_table

        return type_table(self, locale=locale)


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
    >>> table.typed().frame["Peserta"].isna().tolist()
    [False, True]
    >>> folder.cleanup()
    """
    path = Path(path)
    content = open_foreign(path)
    source = content["format"]
    if source == "csv":
        source = f"csv {content['encoding']} {content['delimiter']!r}"
    remarks = tuple(
        Problem(
            file=path.name, kind=kind, message=text, remedy="ask for the export again"
        )
        for kind, text in content["remarks"]
    )
    tables: list[SheetTable] = []
    for sheet in content["sheets"]:
        tables += _read_tables(path, sheet, source, remarks)
    if not tables or _is_prose(tables):
        raise InputError(
            f"{path}: holds no table: no heading row over data\n"
            "  → send a sheet with one heading row and the data under it"
        )
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
        regular = _read_regular(path, sheet, source, remarks)
        if regular is not None:
            return [regular]
        _check_size(path, _arrow_table(sheet))
        sheet = {**sheet, "rows": rows_of_arrow(sheet)}
    grid = _Grid.of(sheet)
    if len(grid.column_numbers) > MAX_COLUMNS:
        raise HostileInputError(
            f"{path}: sheet '{sheet['name']}' has {len(grid.column_numbers)} columns; "
            f"tables have at most {MAX_COLUMNS}\n  → delete the stray cells beside the "
            "table, or send it long: one month a row"
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
        shared.append(_replace(table, title=title, problems=problems))
    return shared


def _superseded(line: str, own: Sequence[str]) -> bool:
    """Tell whether a block's own title says anew what a shared line says."""
    from jkn_analysis.cleaning.values.months import find_moment_in

    label = line.partition(":")[0].strip().lower() if ":" in line else None
    for mine in own:
        if mine == line or (label and mine.lower().startswith(label) and ":" in mine):
            return True
        if find_moment_in(mine)[1] and find_moment_in(line)[1]:
            return True
        if _PLACE_LINE.match(line) and mine.lower().startswith(line.lower().split()[0]):
            return True
    return False


_PLACE_LINE = re.compile(
    r"(?:kec(?:amatan)?|kab(?:upaten)?|kota|desa|kelurahan|puskesmas|segmen|kelas|tahun|"
    r"triwulan|semester|bulan|provinsi)\b\.?\s+\S+(?:\s+\S+){0,3}$|tabel\b|lampiran\b",
    re.IGNORECASE,
)


def _replace(table: SheetTable, **changes: Cell) -> SheetTable:
    """Return a copy of a table with some fields changed."""
    from dataclasses import replace

    return replace(table, **changes)


# --- the grid -----------------------------------------------------------------


@dataclass
class _Grid:
    """Cells of a sheet with merged ones filled, and the address of its corner."""

    rows: list[list[Any]]
    row_numbers: list[int]
    column_numbers: list[int]
    merged_wide: set[int]
    spread: list[tuple[int, int, str]]
    """Row, column and text of numbers merged over several rows."""

    @classmethod
    def of(cls, sheet: dict[str, Any]) -> _Grid:
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
        self.spread = [(r, place[c], text) for r, c, text in self.spread]

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
            self.spread.append((r1, c1, tidy(value)))
            return
        for row in self.rows[r1 : r2 + 1]:
            for column in range(c1, min(c2, len(row) - 1) + 1):
                if row[column] is None:
                    row[column] = value

    def split(self) -> list[_Grid]:
        """Cut the grid where a blank column separates two tables side by side."""
        cuts = self._cuts()
        if not cuts:
            return [self]
        edges = [0, *cuts, len(self.column_numbers)]
        parts = []
        for start, stop in itertools.pairwise(edges):
            rows = [row[start:stop] for row in self.rows]
            spread = [(r, c - start, t) for r, c, t in self.spread if start <= c < stop]
            part = _Grid(
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


# --- building a table -----------------------------------------------------------


def _build(
    path: Path, sheet: dict[str, Any], grid: _Grid, block: Block, source: str
) -> SheetTable | None:
    """Make the table of one block."""
    columns = _used_columns(grid, block)
    if not columns:
        return None
    headers = _header_paths(grid, block, columns)
    names = _unique([" / ".join(parts) or "" for parts in headers])
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
        problems=tuple(_cell_problems(path, sheet["name"], grid, block, columns)),
        hidden=sheet["hidden"],
        source=source,
    )


def _used_columns(grid: _Grid, block: Block) -> list[int]:
    """Return columns with a heading or any value in the body."""
    rows = [*block.header, *block.body]
    return [
        column
        for column in range(len(grid.column_numbers))
        if any(grid.rows[index][column] is not None for index in rows)
    ]


def _header_paths(grid: _Grid, block: Block, columns: list[int]) -> list[list[str]]:
    """Return the heading parts of each column, parents filled to the right."""
    levels = [
        {column: tidy(grid.rows[index][column]) for column in columns}
        for index in block.header
    ]
    for upper, lower in reversed(list(itertools.pairwise(levels))):
        _fill_right(upper, lower, columns)
    paths = []
    for column in columns:
        parts = [level[column] for level in levels if level[column]]
        paths.append(list(dict.fromkeys(parts)))
    return paths


def _fill_right(
    upper: dict[int, str], lower: dict[int, str], columns: list[int]
) -> None:
    """Carry a parent heading over the columns it spans: those with a child below."""
    current = ""
    for column in columns:
        if upper[column]:
            current = upper[column]
        elif lower[column] and current:
            upper[column] = current


def _unique(names: list[str]) -> list[str]:
    """Return headings with repeated ones numbered and empty ones named."""
    seen: dict[str, int] = {}
    result = []
    for position, name in enumerate(names, 1):
        base = name or f"kolom {position}"
        seen[base] = seen.get(base, 0) + 1
        result.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return result


def _cell_problems(
    path: Path, sheet: str, grid: _Grid, block: Block, columns: list[int]
) -> Iterable[Problem]:
    """Report cells without a usable value and numbers merged over rows."""
    body = set(block.body)
    wanted = set(columns)
    for row in block.body:
        for column in columns:
            cell = grid.rows[row][column]
            if isinstance(cell, BadCell):
                yield _bad_cell(path, sheet, grid, row, column)
    for row, column, text in grid.spread:
        if row in body and column in wanted:
            yield Problem(
                file=path.name,
                sheet=sheet,
                row=grid.row_numbers[row],
                column=grid.column_numbers[column],
                kind="merged_number",
                message="one number is merged over several rows",
                value=text,
                remedy="give each row its own number",
            )


def _bad_cell(path: Path, sheet: str, grid: _Grid, row: int, column: int) -> Problem:
    """Describe an error cell or a formula that was never computed."""
    cell = grid.rows[row][column]
    formula = cell == "formula"
    return Problem(
        file=path.name,
        sheet=sheet,
        row=grid.row_numbers[row],
        column=grid.column_numbers[column],
        kind="formula" if formula else "error_cell",
        message="formula without a stored value" if formula else "spreadsheet error",
        value="" if formula else cell.removeprefix("error "),
        remedy="open the file in a spreadsheet program, save it, send it again"
        if formula
        else "repair the formula or write the value",
    )


# --- large regular text files -----------------------------------------------------


_ODD_ROW = re.compile(
    r"\s*(?:jumlah|total|jml|jlh|j\s+u\s+m|t\s+o\s+t|(?:di)?pindahan|dipindahkan|"
    r"sub[\s-]*total|grand|rata|rerata|sumber|source|mengetahui|nip\b|"
    r"catatan|ket(?:erangan)?\b|nb\b|note\b|\*|#)",
    re.IGNORECASE,
)


def _read_regular(
    path: Path, sheet: dict[str, Any], source: str, remarks: tuple[Problem, ...]
) -> SheetTable | None:
    """Make the table of a csv whose first line is the header and the rest data."""
    from jkn_analysis.cleaning.find.blocks import is_vocabulary, looks_like_header

    table = _arrow_table(sheet)
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
    names = _unique([name for name in head if name])
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


def _arrow_table(sheet: dict[str, Any]) -> Cell:
    """Return the Arrow table of a sheet, unpacked if it comes from the child."""
    import pyarrow as pa

    held = sheet["arrow"]
    return pa.ipc.open_stream(held).read_all() if isinstance(held, bytes) else held


def _check_size(path: Path, table: Cell) -> None:
    """Refuse a csv that is not regular and too large to be looked at cell by cell."""
    if table.num_rows > MAX_ROWS or table.num_rows * table.num_columns > MAX_CELLS:
        what, _, remedy = TOO_LONG.partition(": ")
        raise HostileInputError(f"{path}: {what}\n  → {remedy}")


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
        for column in _arrow_table(sheet).columns
    ]
    texts = [[cell if cell is None else str(cell) for cell in c] for c in columns]
    head = [name.strip() or None for name in sheet["head"]]
    return [head, *(list(row) for row in zip(*texts, strict=True))]
