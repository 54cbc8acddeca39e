"""Lists and marked copies of faulty files, for the sender."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.cleaning.problems import Problem
from jkn_analysis.cleaning.values.cells import Cell, tidy
from jkn_analysis.cleaning.words import in_language, say
from jkn_analysis.errors import JknError
from jkn_analysis.personal import mask_personal

if TYPE_CHECKING:
    from jkn_analysis.cleaning.inspect import CheckReport
    from jkn_analysis.cleaning.reading import FileReport


COLUMNS = {
    "file": "berkas", "table": "tabel", "severity": "tingkat", "kind": "jenis",
    "sheet": "lembar", "cell": "sel", "row": "baris", "column": "kolom",
    "value": "nilai", "message": "temuan", "remedy": "saran",
}  # fmt: skip
"""Columns of a list of problems, in English and in Indonesian."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")
_COLOURS = {"fault": "FFC7CE", "suspicion": "FFEB9C", "note": "DDEBF7"}
_MAX_TITLE = 31
MOST_MERGED = 10_000
LEAST_PERSON = 1e15
HIDDEN = "…"


def list_problems(problems: Sequence[Problem], *, bahasa: str = "en") -> pd.DataFrame:
    """Return problems as a table, one row each; columns and texts in one language."""
    import pandas as pd

    rows = [[_field(problem, name, bahasa) for name in COLUMNS] for problem in problems]
    return pd.DataFrame(rows, columns=_columns(bahasa))


def _columns(bahasa: str) -> list[str]:
    """Return the headings of a list of problems."""
    return list(COLUMNS.values()) if bahasa == "id" else list(COLUMNS)


def _field(problem: Problem, name: str, bahasa: str) -> str | int:
    """Return one column of a problem's line."""
    value = getattr(problem, name)
    if name in {"kind", "severity"}:
        value = say(value)
    return in_language(value, bahasa) if isinstance(value, str) else value


def _harmless(value: Cell) -> Cell:
    """Keep a spreadsheet from running a text as a formula (CWE-1236)."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def write_problems(
    problems: Sequence[Problem], path: Path, *, bahasa: str = "id"
) -> None:
    """Write the problems cell by cell as csv that opens well in a spreadsheet."""
    from jkn_analysis.store import write_bytes

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_columns(bahasa))
    for problem in problems:
        writer.writerow([_harmless(_field(problem, name, bahasa)) for name in COLUMNS])
    write_bytes(path, text.getvalue().encode("utf-8-sig"))


def write_annotated(report: CheckReport, folder: Path) -> list[Path]:
    """Write each faulty file as an xlsx whose wrong cells are coloured and commented.

    The cells are written as they were read; nothing of the file is executed or
    carried over but its values.

    Returns
    -------
    list of Path
        The copies, named after their files.
    """
    written = []
    for file in report.files:
        if not file.problems:
            continue
        copy = _annotate(file, folder, report.bahasa)
        if copy is not None:
            written.append(copy)
    return written


def _annotate(file: FileReport, folder: Path, bahasa: str) -> Path | None:
    """Write one annotated copy; None where the file cannot be opened."""
    import openpyxl

    from jkn_analysis.cleaning.open.sandbox import open_foreign
    from jkn_analysis.store import open_atomic

    try:
        content = open_foreign(file.delivery.path)
    except JknError:
        return None
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for sheet in content["sheets"]:
        own = [p for p in file.problems if p.sheet == sheet["name"]]
        _copy_sheet(book, sheet, own, bahasa)
    _list_sheet(book, file.problems, bahasa)
    path = folder / f"{file.delivery.path.stem}.periksa.xlsx"
    with open_atomic(path) as temporary:
        book.save(temporary)
    return path


def _copy_sheet(
    book: Cell, sheet: dict[str, Any], problems: Sequence[Problem], bahasa: str
) -> None:
    """Copy the cells of a sheet and mark those with problems."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    target = book.create_sheet(_title(sheet["name"] or "data", book.sheetnames))
    top, left = sheet.get("first_row", 1), sheet.get("first_column", 1)
    for r, cells in enumerate(_rows(sheet), top):
        for c, value in enumerate(cells, left):
            if value is not None:
                _write(target, r, c, value)
    grouped: dict[tuple[int, int], list[Problem]] = {}
    for problem in problems:
        if problem.severity == "note" and not (problem.row or problem.column):
            continue
        key = (problem.row or _heading_row(sheet, problem), problem.column or left)
        grouped.setdefault(key, []).append(problem)
    for (row, column), own in grouped.items():
        cell = target.cell(row=row, column=column)
        gravest = min(own, key=lambda p: list(_COLOURS).index(p.severity))
        cell.fill = PatternFill("solid", start_color=_COLOURS[gravest.severity])
        text = "\n".join(
            f"{in_language(p.message, bahasa)} {p.value}\n→ "
            f"{in_language(p.remedy, bahasa)}"
            for p in own
        )
        cell.comment = Comment(
            _printable(text)[:2000], "jkn check", height=160, width=360
        )
    _merge(target, sheet["merged"], set(grouped))


def _heading_row(sheet: dict[str, Any], problem: Problem) -> int:
    """Return the row of the heading that a problem of a whole column names."""
    top, place = (
        sheet.get("first_row", 1),
        problem.column - sheet.get("first_column", 1),
    )
    for number, row in enumerate(_rows(sheet)[:50], top):
        text = tidy(row[place]) if 0 <= place < len(row) else ""
        if text and text in problem.value:
            return number
    return top


def _merge(target: Cell, boxes: Sequence[Cell], marked: set[tuple[int, int]]) -> None:
    """Merge the cells that were merged, but for those with a comment of their own."""
    taken: set[tuple[int, int]] = set()
    for top, left, bottom, right in boxes:
        rows, columns = range(top + 1, bottom + 2), range(left + 1, right + 2)
        if len(rows) * len(columns) > MOST_MERGED:
            continue
        cells = {(row, column) for row in rows for column in columns}
        if not taken & cells and not marked & (cells - {(top + 1, left + 1)}):
            target.merge_cells(
                start_row=top + 1,
                start_column=left + 1,
                end_row=bottom + 1,
                end_column=right + 1,
            )
            taken |= cells


def _rows(sheet: dict[str, Any]) -> list[list[Any]]:
    """Return the rows of a raw sheet."""
    from jkn_analysis.cleaning.find.regular import rows_of_arrow

    return sheet["rows"] if "rows" in sheet else rows_of_arrow(sheet)


def _printable(text: str) -> str:
    """Return text without the control characters a workbook may not hold."""
    return "".join(c for c in text if c in "\n\t" or (c.isprintable()))


def _write(target: Cell, row: int, column: int, value: Cell) -> None:
    """Write one value; text stays text even if it looks like a formula.

    Numbers of persons (NIK, NIP, card) are hidden.
    """
    cell = target.cell(row=row, column=column)
    if isinstance(value, float) and abs(value) >= LEAST_PERSON:
        value = HIDDEN
    if isinstance(value, str):
        cell.value = mask_personal(_printable(value))
        cell.data_type = "s"
    else:
        cell.value = value


def _title(name: str, taken: Sequence[str]) -> str:
    """Return a sheet title that a workbook accepts."""
    plain = "".join("_" if c in "[]:*?/\\" else c for c in _printable(name))
    title = plain.strip("'")[:_MAX_TITLE] or "data"
    number = 2
    while title in taken:
        title = f"{plain[: _MAX_TITLE - 4]} ({number})"
        number += 1
    return title


def _list_sheet(book: Cell, problems: Sequence[Problem], bahasa: str) -> None:
    """Add the list of all problems as the first sheet."""
    target = book.create_sheet(_title("temuan", book.sheetnames), 0)
    for column, name in enumerate(_columns(bahasa), 1):
        target.cell(row=1, column=column, value=name)
    for row, problem in enumerate(problems, 2):
        for column, name in enumerate(COLUMNS, 1):
            _write(target, row, column, _field(problem, name, bahasa))
    for letter, width in zip(
        "ABCDEFGHIJK", (30, 14, 10, 16, 12, 8, 6, 8, 24, 60, 60), strict=True
    ):
        target.column_dimensions[letter].width = width
