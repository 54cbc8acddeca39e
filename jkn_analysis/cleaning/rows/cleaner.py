"""Text tables to the typed, coded rows of one canonical table, or problems."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.headings import IGNORED, heading_of, suggest_heading
from jkn_analysis.cleaning.find.roles import MEASURE_KINDS, ColumnUse
from jkn_analysis.cleaning.find.table import SheetTable
from jkn_analysis.cleaning.rows.assemble import assemble
from jkn_analysis.cleaning.rows.columns import group_columns
from jkn_analysis.cleaning.rows.identify import ROW_DIMS, read_kode, read_parts
from jkn_analysis.cleaning.rows.meetings import complete_meetings
from jkn_analysis.cleaning.rows.moments import read_dim, read_row_months, years_or_title
from jkn_analysis.cleaning.rows.persons import report_persons
from jkn_analysis.cleaning.rows.slices import check_column_sums, make_piece
from jkn_analysis.cleaning.rows.work import (
    CleanResult,
    CleanSettings,
    Piece,
    Work,
    start_work,
)
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.months import Order, prove_order
from jkn_analysis.cleaning.values.names import SPELLED
from jkn_analysis.cleaning.values.units import unclear_unit
from jkn_analysis.cleaning.words import listed, say
from jkn_analysis.tables import SIGNED, TABLES

LEAST_COLUMNS = 2
"""Columns of the table that a sheet must have to belong to a delivery."""
KECAMATAN = "kepesertaan_kecamatan"
MOST_DATES = 2_000
"""Different cells of a column that are looked at for the order of day and month."""


def _clean_sheet(work: Work) -> list[Piece]:
    """Return the typed pieces of one sheet, faults reported on `work`."""
    _report_headings(work)
    work.problems.extend(
        replace(problem, table=work.table.name) for problem in work.sheet.problems
    )
    for problem in work.sheet.problems:
        for index in np.flatnonzero(work.sheet.row_numbers == problem.row):
            work.bad[index] = True
            if problem.column in work.sheet.column_numbers:
                position = work.sheet.column_numbers.index(problem.column)
                work.reported.add((int(index), position))
    base = _base_frame(work)
    if base is None:
        return []
    measures = {
        column.name: column
        for column in work.table.columns
        if column.kind in MEASURE_KINDS and column.name not in work.table.key
    }
    groups = group_columns(work, measures)
    check_column_sums(work, measures)
    pieces = []
    for use, members in groups.items():
        piece = make_piece(work, base, use, members, measures)
        if piece is not None:
            pieces.append(piece)
    if not measures or not groups:
        pieces.append(Piece(base, {}))
    return pieces


def _report_headings(work: Work) -> None:
    """Report headings that are not known, columns that stand twice, odd units."""
    unknown = [c for c in work.roles.unknown if not work.cells(c.position).isna().all()]
    for column in unknown:
        _report_unknown(work, column)
    for column in work.roles.doubled:
        work.report(
            "double_column",
            position=column.position,
            value=column.heading,
            name=column.use.role,
            setting=work.setting(column.heading, IGNORED),
        )
    others = [c.heading for c in work.roles.others]
    if others:
        work.note(
            say("columns of other quantities left out: {names}", names=listed(others))
        )
    _report_units(work)


def _report_unknown(work: Work, column: ColumnUse) -> None:
    """Report one heading that is not known, with the setting that says what it is."""
    near, role = suggest_heading(column.heading, work.table.name)
    work.report(
        "unknown_heading:near" if near else "unknown_heading:none",
        position=column.position,
        value=column.heading,
        near=near,
        setting=work.setting(column.heading, role or IGNORED),
        names=", ".join(name for name in work.table.names if name != "kode"),
    )


def _report_units(work: Work) -> None:
    """Report units in titles and headings that look like one and are not understood."""
    lines: list[tuple[int | None, str]] = [(None, x) for x in work.sheet.title]
    lines += [
        (c.position, c.heading) for c in (*work.roles.measured, *work.roles.unknown)
    ]
    for position, text in lines:
        odd = unclear_unit(text)
        if odd:
            work.bad[:] = True
            work.report("unit", position=position, value=odd)


def _base_frame(work: Work) -> pd.DataFrame | None:
    """Return the keys and attributes that belong to whole rows."""
    names = set(work.table.names)
    data: dict[str, Any] = {"_row": np.arange(work.size)}
    if "kode" in names:
        data["kode"], data["_above"] = read_kode(work)
        work.keys["kode"] = data["kode"]
    if "periode" in names:
        data["_year"], data["_month"] = read_row_months(work)
    elif "tahun" in names:
        data["tahun"] = years_or_title(work)
    for name in ROW_DIMS:
        if name in names:
            data[name] = read_dim(work, name)
    _read_finer(work, data)
    data |= _read_attributes(work)
    complete_meetings(work, data)
    if not _required_there(work, data):
        return None
    return pd.DataFrame(data)


def _read_finer(work: Work, data: dict[str, Any]) -> None:
    """Add the part each row is; kelas 0 to premiums for which no kelas is named."""
    parts = read_parts(work)
    if parts is not None:
        data["_part"] = work.keys["part"] = parts
    if work.table.name != "iuran":
        return
    said = any(column.use.kelas is not None for column in work.roles.measured)
    if "kelas" not in work.roles.identifiers and not said:
        data["kelas"] = np.zeros(work.size, dtype=object)
        work.note(say("no kelas given: stored as kelas 0, all together"))


def _read_attributes(work: Work) -> dict[str, np.ndarray]:
    """Return the columns stored as they are."""
    data = {}
    for name, column in work.roles.attributes.items():
        declared = work.table.column(name)
        if name == "tahun" or declared.kind in {"segmen", "kelas", "umur"}:
            continue
        cells = work.cells(column.position)
        if declared.kind in {"tanggal", "periode"}:
            parsed = col.parse_date_column(cells, order=work.order)
        elif declared.kind in MEASURE_KINDS:
            parsed = col.parse_number_column(
                _without(cells, name),
                kind=declared.kind,
                heading=column.heading,
                locale=work.settings.locale,
                signed=name in SIGNED,
            )
        else:
            parsed = col.parse_text_column(
                cells,
                choices=declared.choices,
                spelled=SPELLED.get(f"{work.table.name}.{name}", SPELLED.get(name)),
            )
            if not declared.choices:
                report_persons(work, cells, column.position, name)
        data[name] = work.take(parsed, column.position, name)
        if not declared.optional:
            _report_missing(work, data[name], column, name)
    return data


def _without(cells: pd.Series, name: str) -> pd.Series:
    """Return cells without the name of their column before the number: ``Desil 1``."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells
    front = re.compile(rf"\s*{name}\s*(?=\d)", re.IGNORECASE)
    bare = [front.sub("", cell) if isinstance(cell, str) else cell for cell in cells]
    return pd.Series(bare, dtype=object)


def _report_missing(
    work: Work, values: np.ndarray, column: ColumnUse, name: str
) -> None:
    """Report empty cells of a required column."""
    for index in np.flatnonzero(pd.isna(values) & ~work.bad):
        work.bad[index] = True
        text = col.text_of(work.cells(column.position).iloc[index])
        work.report(
            "missing:required",
            row=int(index),
            position=column.position,
            value=text,
            name=name,
            message=say("no value where one is due"),
        )


def _required_there(work: Work, data: Mapping[str, Any]) -> bool:
    """Report required attribute columns that the sheet lacks."""
    found = [" / ".join(parts) for parts in work.sheet.headers]
    shown = ", ".join(f"'{text}'" for text in found[:12])
    complete = True
    for column in work.table.columns:
        measure = column.kind in MEASURE_KINDS and column.name not in work.table.key
        handled = column.kind in {"kode", "periode", "segmen", "kelas", "umur", "tahun"}
        if column.optional or measure or handled or column.name in data:
            continue
        if column.name in {"sumber", "berlaku_mulai"} and work.table.name == "penduduk":
            continue
        complete = False
        work.report(
            "missing_column:attribute",
            name=column.name,
            found=shown,
            near=heading_of(column.name, work.table.name),
            section=f"[sources.{work.table.name}.headings]",
        )
    if not complete:
        work.bad[:] = True
    return complete


def clean(
    table_name: str,
    sheets: Sequence[SheetTable],
    *,
    settings: CleanSettings | None = None,
) -> CleanResult:
    """Turn the sheets of one delivery into typed rows of a canonical table.

    Columns are found by their headings, months and segmen in rows, headings, titles,
    sheet or file names; every cell that does not fit is a problem with its address.
    Rows of totals are recognised and compared with the sums they print.

    Parameters
    ----------
    table_name
        A key of ``tables.TABLES``.
    sheets
        What `read_sheet` returned, of one file or several of one delivery.
    settings
        Headings, number style and code system of the config file.

    Returns
    -------
    CleanResult
        Rows without faults, all problems, and the count of rows.
    """
    table = TABLES[table_name]
    chosen = settings or CleanSettings()
    order = _order_of_delivery(sheets)
    works = [start_work(sheet, table, chosen, order) for sheet in sheets]
    used = [work for work in works if _holds_table(work)] or works
    pieces = []
    for number, work in enumerate(works):
        if work not in used:
            _leave_out(work)
            continue
        for piece in _clean_sheet(work):
            piece.frame["_sheet"] = number
            pieces.append(piece)
    result = assemble(table, works, pieces)
    by_place = any("kecamatan" in work.roles.identifiers for work in used)
    if table_name == "kepesertaan" and by_place and result.ok:
        finer = clean(KECAMATAN, sheets, settings=chosen)
        result.finer = finer if finer.ok and len(finer.frame) else None
    return result


def _order_of_delivery(sheets: Sequence[SheetTable]) -> Order:
    """Return the order of day and month that some date of a delivery proves."""
    texts: list[str] = []
    for sheet in sheets:
        texts += [*sheet.title, *sheet.notes]
        for position in range(sheet.raw.shape[1]):
            column = sheet.raw.iloc[:, position]
            if not pd.api.types.is_numeric_dtype(column.dtype):
                cells = column.unique()[:MOST_DATES]
                texts += [cell for cell in cells if isinstance(cell, str)]
    return prove_order(texts)


def _holds_table(work: Work) -> bool:
    """Tell whether a visible sheet has columns of the table."""
    roles = work.roles
    known = len(roles.identifiers) + len(roles.attributes) + len(roles.measured)
    return known >= LEAST_COLUMNS and not work.sheet.hidden


def _leave_out(work: Work) -> None:
    """Say that a sheet of the workbook is no part of the table."""
    work.recognised[:] = True
    hidden = work.sheet.hidden
    work.report(
        "left_out:hidden" if hidden else "left_out:other",
        severity="note" if hidden else "suspicion",
        table=work.table.name,
    )
