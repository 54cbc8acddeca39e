"""Which month or year each row of a sheet is about, and which segmen, kelas, age."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.roles import ColumnUse, Use
from jkn_analysis.cleaning.find.table import SheetTable
from jkn_analysis.cleaning.rows.identify import carry, is_grouped
from jkn_analysis.cleaning.rows.work import FLOWS, Work
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.cells import Cell, find_month_name, whole
from jkn_analysis.cleaning.values.context import find_running
from jkn_analysis.cleaning.values.months import find_moment_in, parse_months
from jkn_analysis.cleaning.values.names import find_segmen, find_segmen_in
from jkn_analysis.cleaning.values.numbers import Fault
from jkn_analysis.cleaning.words import finding, say


def _read_years(work: Work) -> np.ndarray:
    """Return the year of every row from its own column, 0 where none says."""
    column = work.roles.identifiers.get("tahun") or work.roles.attributes.get("tahun")
    if column is None:
        return np.zeros(work.size, dtype=int)
    parsed = col.parse_number_column(
        work.cells(column.position), kind="number", scale=1
    )
    values = work.take(parsed, column.position, "tahun")
    years = np.nan_to_num(values).astype(np.int64)
    wrong = (years != 0) & ((years < 2000) | (years > 2100))
    for index in np.flatnonzero(wrong):
        work.bad[index] = True
        text = col.text_of(work.cells(column.position).iloc[index])
        work.report(
            "month:year",
            row=int(index),
            position=column.position,
            value=text,
            name="tahun",
            message=say("no year of this data"),
        )
    return np.where(wrong, 0, years)


def read_row_months(work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Return year and month of every row as its own columns say them, 0 where not."""
    ids = work.roles.identifiers
    years = _read_years(work)
    column = ids.get("periode") or ids.get("bulan")
    if column is None:
        headed = [c for c in work.roles.measured if c.use.year or c.use.month]
        pairs = {(c.use.year, c.use.month) for c in headed}
        _compare_title(work, pairs, headed[0].position if headed else 0)
        return years, np.zeros(work.size, dtype=int)
    cells = _moment_cells(work, column)
    own, months, faulty = _read_moments(work, column, cells)
    position = column.position
    for index, fault in faulty:
        work.bad[index] = True
        text = col.text_of(work.cells(position).iloc[index])
        work.report_fault(
            replace(fault, position=index, text=text), position, "periode"
        )
    clash = (own != 0) & (years != 0) & (own != years)
    for place in np.flatnonzero(clash):
        work.bad[place] = True
        work.report(
            "month:clash",
            row=int(place),
            position=position,
            own=own[place],
            year=years[place],
        )
    years = np.where(own, own, years)
    dated = (months != 0) & ~work.bad
    pairs = set(zip(years[dated].tolist(), months[dated].tolist(), strict=True))
    _compare_title(work, pairs, position)
    return years, months


def _compare_title(work: Work, pairs: set[tuple[int, int]], position: int) -> None:
    """Refuse columns that say one month only, or a year, another than the title's."""
    context = work.context
    if not context.month or context.source == work.sheet.path.stem:
        return
    for year, month in pairs:
        other = bool(year and context.year and year != context.year)
        if (len(pairs) == 1 and month not in {0, context.month}) or (
            other and (len(pairs) == 1 or not month)
        ):
            names = f"{context.source}; {year or ''}-{month:02d}".replace("; -", "; ")
            work.report("month:titles", position=position, names=names)
            work.bad[:] = True
            return


def _moment_cells(work: Work, column: ColumnUse) -> pd.Series:
    """Return the month cells; ``per`` in the heading goes into the texts."""
    cells = work.cells(column.position)
    if work.sheet.regular:
        return cells
    filled = cells.tolist()
    blank = [cell is None for cell in filled]
    if filled and not blank[0] and is_grouped(blank):
        filled = carry(filled, blank)
    if column.use.per:
        filled = [_with_per(cell) for cell in filled]
    return pd.Series(filled, dtype=object)


def _with_per(cell: Cell) -> Cell:
    """Return a day under ``Per tanggal`` as the state on it, be it text or a date.

    2025-06-01 as text stands for its month: databases write months so.
    """
    if isinstance(cell, str) and cell[:1].isdecimal() and " " in cell:
        return f"per {cell}"
    if isinstance(cell, dt.datetime | dt.date):
        return f"per {cell:%Y-%m-%d}"
    return cell


def _read_moments(
    work: Work, column: ColumnUse, cells: pd.Series
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, Fault]]]:
    """Return year and month of every cell, 0 where it does not say, and faults."""
    codes, distinct = col.split_distinct(cells)
    months = np.array([_month_only(cell) for cell in distinct], dtype=int)
    years = np.zeros(len(distinct), dtype=int)
    rest = [index for index, month in enumerate(months) if not month]
    flow = work.table.name in FLOWS
    sums = {i: find_running(col.text_of(distinct[i])) if flow else 0 for i in rest}
    rest = [index for index in rest if not sums[index]]
    parsed = parse_months(
        [distinct[index] for index in rest], flow=flow, order=work.order
    )
    for index, value in zip(rest, parsed.results, strict=True):
        if value is not None:
            years[index], months[index] = value.year, value.month
    for index, last in sums.items():
        if last:
            years[index], months[index] = find_moment_in(str(distinct[index]))[0], last
    for note in parsed.notes:
        work.note(say("column '{name}': {note}", name=column.heading, note=note))
    places = np.arange(len(distinct)) if codes is None else codes
    work.keys["running"] = np.array([bool(sums.get(i)) for i in range(len(distinct))])[
        places
    ]
    faulty = [
        (int(row), fault)
        for fault in parsed.faults
        for row in np.flatnonzero(places == rest[fault.position])
    ]
    return years[places], months[places], sorted(faulty, key=lambda pair: pair[0])


def _month_only(cell: Cell) -> int:
    """Return the month of a cell that names a month only, else 0."""
    text = col.text_of(cell)
    number = whole(text.removesuffix(".0"))
    return find_month_name(text) or (number if number and number <= 12 else 0)


def read_dim(work: Work, name: str) -> np.ndarray:
    """Return segmen, kelas or age of every row; None where no cell says."""
    column = work.roles.identifiers.get(name)
    if column is None:
        return np.full(work.size, None, dtype=object)
    cells = work.cells(column.position)
    if name == "segmen" and not work.sheet.regular and work.size:
        cells = _fill_segmen(work, cells)
    parser = {
        "segmen": col.parse_segmen_column,
        "kelas": col.parse_kelas_column,
        "umur_bulan": col.parse_umur_column,
    }[name]
    return work.take(parser(cells), column.position, name)


def _fill_segmen(work: Work, cells: pd.Series) -> pd.Series:
    """Fill blanks of a merged segmen where kelas or age tells the rows apart."""
    ids = work.roles.identifiers
    values = cells.tolist()
    if (
        not ({"kelas", "umur_bulan", "uraian", "jenis_kelamin"} & set(ids))
        or values[0] is None
    ):
        return cells
    blank = [value is None for value in values]
    return pd.Series(carry(values, blank), dtype=object) if is_grouped(blank) else cells


def context_segmen(sheet: SheetTable) -> str | None:
    """Return the segmen that a title line or the sheet name gives as a whole."""
    named = {find_segmen_in(line) for line in sheet.title} - {""}
    if len(named) == 1:
        return named.pop()
    for line in (*sheet.title, sheet.sheet):
        tail = _SEGMEN_TAIL.search(line)
        for text in (line.rsplit(":", 1)[-1].strip(), tail[1].strip() if tail else ""):
            found = find_segmen(text) if text else None
            if found:
                return found
    return None


_SEGMEN_TAIL = re.compile(r"\bsegmen(?:tasi)?(?:\s+peserta)?\s+(.+)$", re.IGNORECASE)


def years_or_title(work: Work) -> np.ndarray:
    """Return the year of every row, from its column or the title."""
    years = _read_years(work)
    filled = np.where(years == 0, work.context.year, years).astype(float)
    for index in np.flatnonzero(filled == 0):
        work.bad[index] = True
        work.report("missing:year", row=int(index))
    return filled


def slice_periode(
    work: Work, frame: pd.DataFrame, use: Use, places: Mapping[str, int]
) -> np.ndarray:
    """Return the month of every row of a slice as datetime64, NaT where unknown."""
    years, months = frame["_year"].to_numpy(), frame["_month"].to_numpy()
    if use.month:
        months = np.full(len(frame), use.month)
    if use.year:
        years = np.full(len(frame), use.year)
    if (months == 0).any() or (years == 0).any():
        years, months = _from_context(work, years, months)
    lacking = (years == 0) | (months == 0)
    open_rows = np.flatnonzero(lacking & ~work.bad)
    if len(open_rows):
        position = next(iter(places.values()), None)
        no_year = bool((months[open_rows] != 0).all())
        _report_no_month(work, open_rows, position, no_year=no_year)
    dates = np.full(len(frame), np.datetime64("NaT", "M"))
    known = ~lacking
    offsets = (years[known] - 1970) * 12 + months[known] - 1
    dates[known] = offsets.astype("datetime64[M]")
    return dates.astype("datetime64[us]")


def _report_no_month(
    work: Work, rows: np.ndarray, position: int | None, *, no_year: bool
) -> None:
    """Report rows without month or year; once for the sheet where it is all of them."""
    work.bad[rows] = True
    what = "year" if no_year else "month"
    if len(rows) == work.size:
        said = finding(f"missing:column_{what}")
        if not any(problem.message == said.message for problem in work.problems):
            heading = work.heading(position) if position is not None else ""
            work.report(said, position=position, value=heading)
        return
    ids = work.roles.identifiers
    column = ids.get("periode") or ids.get("bulan") or ids.get("tahun")
    place = column.position if column else None
    for index in rows:
        work.report(f"missing:row_{what}", row=int(index), position=place)


def read_running(work: Work, use: Use, frame: pd.DataFrame) -> np.ndarray:
    """Tell which rows of a slice hold sums from January to their month.

    Only money flows add up over months; a state ``s.d. Oktober`` is that of October.
    """
    if use.running:
        return np.ones(work.size, dtype=bool)
    own = work.keys.get("running", np.zeros(work.size, dtype=bool))
    lacking = frame["_month"].to_numpy() == 0
    said = not use.month and work.context.running
    return own | (lacking & said)


def _from_context(
    work: Work, years: np.ndarray, months: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fill what rows do not say from section, title, sheet and file name."""
    labels = work.sections
    if any(labels):
        said = [find_moment_in(text) if text else (0, 0) for text in labels]
        years = np.where(years == 0, [moment[0] for moment in said], years)
        months = np.where(months == 0, [moment[1] for moment in said], months)
    year, month = work.context.year, work.context.month
    open_rows = (months == 0) | (years == 0)
    if work.context.clashes and open_rows.any():
        names = ", ".join(work.context.clashes)
        work.report("month:titles", names=names)
        work.bad[:] = True
    if month and (months == 0).any():
        moment = f"{year}-{month:02d}" if year else f"{month}"
        work.took(say("month {month}", month=moment), work.context.source)
    return np.where(years == 0, year, years), np.where(months == 0, month, months)
