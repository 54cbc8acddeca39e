"""What a typed table of no known kind says against itself: totals, percents, sums."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.cleaning.find.labels import is_total_label
from jkn_analysis.cleaning.find.table import SheetTable
from jkn_analysis.cleaning.problems import Problem
from jkn_analysis.cleaning.rows.checks import count_decimals, find_quotient
from jkn_analysis.cleaning.values.cells import Cell, Percent
from jkn_analysis.cleaning.values.numbers import parse_numbers
from jkn_analysis.cleaning.words import say

if TYPE_CHECKING:
    from jkn_analysis.cleaning.any.typed import TypedTable

OWN_UNIT = re.compile(
    r"\b(?:no|nomor|urut|tahun|thn|id|rasio|ratio|luas|kepadatan|laju|pertumbuhan|indeks|"
    r"index|ipm|rata|umur|usia|hari|sex|desa|kelurahan|kecamatan|rt|rw|kk|jarak|tinggi|"
    r"kapasitas|persen\w*|prosen\w*)\b|[%²]|[(\[]\s*(?:jiwa|orang|rp|unit|buah|ha|km|m)\b",
    re.IGNORECASE,
)
"""Headings that a unit of the title, such as ``dalam ribuan``, does not cover."""
LEAST_SUMMED = 3
LEAST_COLUMNS_SUMMED = 2
LEAST_SUM = 20
"""Sums of smaller figures come about by chance."""
MOST_ROWS_SUMMED = 2_000
MOST_COLUMNS_DIVIDED = 12
MOST_TOTALS = 6
NEAR = 0.2
"""Share of its sum by which a printed total may miss and still be meant as one."""
AGREE_SHARE = 0.8
_PEOPLE = re.compile(
    r"\b(?:peserta|penduduk|jiwa|orang|warga|kunjungan|pengunjung|pasien|siswa|korban|"
    r"keluarga|kk|laki(?:-laki)?|perempuan|aktif|terdaftar|wisatawan|kasus)\b"
    r"(?!.*\b(?:per|rata|persen|rasio|juta|ribu)\b)",
    re.IGNORECASE,
)
_MEANS = ("rata", "rerata", "aver")


def check_typed(typed: TypedTable) -> list[Problem]:
    """Compare totals and percents printed in any table with its rows.

    Parameters
    ----------
    typed
        A table of `type_table`.

    Returns
    -------
    list of Problem
        Suspicions only: nothing says for certain what a column of an unknown table
        adds up to.
    """
    found, sums = _suspect_totals(typed)
    return [
        *found,
        *_check_total_rows(typed, sums),
        *_check_percents(typed),
        *_suspect_fractions(typed),
        *_suspect_parts_of_people(typed),
        *_note_kept_totals(typed),
    ]


def _counted(typed: TypedTable) -> list[str]:
    """Return the columns whose figures may be added up."""
    return [
        name
        for name, kind in typed.kinds.items()
        if kind == "number" and not OWN_UNIT.search(name.replace("_", " "))
    ]


def _values(typed: TypedTable, name: str) -> np.ndarray:
    """Return a column as floats, NaN where a cell is empty."""
    return typed.frame[name].to_numpy(dtype=float, na_value=np.nan)


def _suspicion(sheet: SheetTable, kind: str, message: str, **place: Cell) -> Problem:
    """Return a suspicion about a cell, row or column of a sheet."""
    return Problem(
        file=sheet.path.name,
        sheet=sheet.sheet,
        kind=kind,
        message=message,
        severity="suspicion",
        **place,
    )


# --- rows that are sums ---------------------------------------------------------


def _suspect_totals(typed: TypedTable) -> tuple[list[Problem], list[int]]:
    """Suspect rows of being totals that no word says they are; return them too.

    A region's own name often heads the sum of its parts, above or below them; two
    columns that both add up are no chance.
    """
    counts = _counted(typed)
    if not LEAST_SUMMED <= len(typed.frame) <= MOST_ROWS_SUMMED:
        return [], []
    if len(counts) < LEAST_COLUMNS_SUMMED:
        return [], []
    numbers = typed.frame[counts].to_numpy(dtype=float, na_value=0.0)
    found = [
        (row, say("below it"))
        for row in range(len(numbers) - 2)
        if _sums(numbers[row], numbers[row + 1 :])
    ]
    last = len(numbers) - 1
    if _sums(numbers[last], numbers[last - 1 :: -1], whole=True):
        found.append((last, say("above it")))
    rows = [row for row, _ in found]
    if len(found) > MOST_TOTALS:
        listed = ", ".join(str(typed.sheet.row_numbers[row]) for row in rows[:20])
        where = say(
            "next to it; so in {count} rows ({names})", count=len(rows), names=listed
        )
        found = [(rows[0], where)]
    return [_total_problem(typed.sheet, row, where) for row, where in found], rows


def _sums(row: np.ndarray, parts: np.ndarray, *, whole: bool = False) -> bool:
    """Tell whether a row is the sum of the first rows of `parts`, or of them all."""
    large = row >= LEAST_SUM
    if int(large.sum()) < LEAST_COLUMNS_SUMMED:
        return False
    sums = np.cumsum(parts, axis=0)
    if whole:
        equal = np.isclose(sums[-1], row, rtol=1e-12) & large
        return int(equal.sum()) >= LEAST_COLUMNS_SUMMED
    return bool(np.isclose(sums[1:], row, rtol=1e-12).all(axis=1).any())


def _total_problem(sheet: SheetTable, row: int, where: str) -> Problem:
    """Describe a row that looks like a sum."""
    return _suspicion(
        sheet,
        "total",
        say("the row is the sum of the rows {where}: a total?", where=where),
        row=int(sheet.row_numbers[row]),
        remedy=say("leave it out when adding up"),
    )


def _suspect_parts_of_people(typed: TypedTable) -> list[Problem]:
    """Suspect counts of people that are not whole: 88.922 was 88 thousand."""
    found = []
    for name in _counted(typed):
        if typed.styles[name][1] != 1 or not _PEOPLE.search(name.replace("_", " ")):
            continue
        values = _values(typed, name)
        rows = np.flatnonzero(np.isfinite(values) & (values % 1 != 0))
        if not len(rows):
            continue
        position = int(typed.sheet.raw.columns.get_loc(name))  # type: ignore[arg-type]
        found.append(
            _suspicion(
                typed.sheet,
                "number",
                say(
                    "{name}: {rows} count(s) of people are not whole: thousands "
                    "taken for decimals?",
                    name=name,
                    rows=len(rows),
                ),
                row=int(typed.sheet.row_numbers[rows[0]]),
                column=typed.sheet.column_numbers[position],
                value=str(typed.sheet.raw[name].iloc[rows[0]]),
                remedy=say("ask for the file as text, or set build.numbers.locale"),
            )
        )
    return found


def _note_kept_totals(typed: TypedTable) -> list[Problem]:
    """Note rows called a total that were kept, since their column may hold totals."""
    kept: set[int] = set()
    for name in [n for n, kind in typed.kinds.items() if kind == "text"]:
        texts = typed.frame[name]
        words = [text for text in texts.dropna().unique() if is_total_label(text)]
        kept |= set(np.flatnonzero(texts.isin(words)))
    if not kept:
        return []
    rows = sorted(int(typed.sheet.row_numbers[row]) for row in kept)
    listed = ", ".join(map(str, rows[:10])) + (", …" if len(rows) > 10 else "")
    problem = _suspicion(
        typed.sheet,
        "total",
        say(
            "{rows} row(s) called a total were kept: {listed}",
            rows=len(rows),
            listed=listed,
        ),
        row=rows[0],
        remedy=say("leave them out when adding up"),
    )
    return [replace(problem, severity="note")]


# --- printed totals -------------------------------------------------------------


def _check_total_rows(typed: TypedTable, sums: Sequence[int]) -> list[Problem]:
    """Report rows of totals that are not the sum of rows above them."""
    sheet = typed.sheet
    rows = [
        (item.row, cells)
        for item, cells in zip(sheet.dropped, sheet.dropped_cells, strict=True)
        if item.reason == "total" and not item.text.lower().startswith(_MEANS)
    ]
    if not len(typed.frame):
        return []
    plain = np.ones(len(typed.frame), dtype=bool)
    plain[list(sums)] = False
    starts, problems = {0}, []
    for row, cells in rows:
        end = int(np.searchsorted(sheet.row_numbers, row))
        problems += _check_total_row(typed, row, cells, sorted(starts), end, plain)
        starts.add(end)
    return problems


def _check_total_row(
    typed: TypedTable,
    row: int,
    cells: Sequence[Cell],
    starts: Sequence[int],
    end: int,
    plain: np.ndarray,
) -> list[Problem]:
    """Compare one printed row of totals with every run of rows it may sum."""
    shift = typed.sheet.raw.shape[1] - len(cells)
    right, wrong = 0, []
    for name in _counted(typed):
        position = int(typed.sheet.raw.columns.get_loc(name))  # type: ignore[arg-type]
        if position < shift or cells[position - shift] is None:
            continue
        printed = _printed(typed, name, cells[position - shift])
        values = np.nan_to_num(_values(typed, name)[:end])
        candidates = [values[start:].sum() for start in starts if start < end]
        candidates += [values[plain[:end]].sum()]
        if printed is None or not end:
            continue
        slack = 0.5 if typed.styles[name][1] == 1 else typed.styles[name][1] * end / 2
        if any(abs(total - printed) <= slack for total in candidates):
            right += 1
        elif printed >= values.max() and _is_near(printed, candidates):
            wrong.append((name, position, printed, candidates[0]))
    if not right and len(wrong) != 1:
        return []
    return [
        _suspicion(
            typed.sheet,
            "total",
            say(
                "{name}: printed total {printed} is not the sum of its rows {total} "
                "(difference {difference})",
                name=name,
                printed=f"{printed:.10g}",
                total=f"{total:.10g}",
                difference=f"{printed - total:+.10g}",
            ),
            row=row,
            column=typed.sheet.column_numbers[position],
            value=str(cells[position - shift]),
            remedy=say("ask the sender which row or total is wrong"),
        )
        for name, position, printed, total in wrong
    ]


def _is_near(printed: float, candidates: Sequence[float]) -> bool:
    """Tell whether a figure misses a sum by little enough to be meant as one."""
    return any(abs(total - printed) <= NEAR * abs(total) for total in candidates)


def _printed(typed: TypedTable, name: str, cell: Cell) -> float | None:
    """Return a printed total in the style of its column, None where unclear."""
    locale, scale = typed.styles.get(name, ("", 1))
    parsed = parse_numbers([cell], signed=True, locale=locale or "id", scale=scale)
    value = parsed.results[0]
    if not locale and isinstance(cell, str) and ("," in cell or "." in cell):
        return None
    return None if value is None else float(value)


# --- percents -------------------------------------------------------------------


def _check_percents(typed: TypedTable) -> list[Problem]:
    """Name the quotient that reproduces a printed percent; report rows it does not."""
    rates = [name for name, kind in typed.kinds.items() if kind == "rate"]
    counts = {name: _values(typed, name) for name in _counted(typed)}
    if not rates or not 2 <= len(counts) <= MOST_COLUMNS_DIVIDED:
        return []
    problems: list[Problem] = []
    for name in rates:
        shown = _values(typed, name)
        known = int(np.isfinite(shown).sum())
        slack = 0.5000001 * 10.0 ** -(count_decimals(typed.sheet.raw[name]) + 2)
        best, wrong, share = find_quotient(counts, shown, slack)
        if known < LEAST_SUMMED or share < AGREE_SHARE:
            continue
        typed.notes.append(
            say("column '{name}' is {quotient}", name=name, quotient=best)
        )
        position = int(typed.sheet.raw.columns.get_loc(name))  # type: ignore[arg-type]
        problems += [
            _suspicion(
                typed.sheet,
                "percent",
                say("printed percent does not follow from {quotient}", quotient=best),
                row=int(typed.sheet.row_numbers[row]),
                column=typed.sheet.column_numbers[position],
                value=str(typed.sheet.raw[name].iloc[row]),
                remedy=say("ask the sender which figure is wrong"),
            )
            for row in np.flatnonzero(wrong)
        ]
    return problems


def _suspect_fractions(typed: TypedTable) -> list[Problem]:
    """Suspect columns headed as percent whose values look like fractions already."""
    found = []
    for position, (name, kind) in enumerate(typed.kinds.items()):
        if kind != "rate" or typed.units.get(name) == "fraction":
            continue
        cells = typed.sheet.raw[name].tolist()
        known = np.abs(_values(typed, name)) * 100
        known = known[known > 0]
        signed = any(
            isinstance(c, Percent) or (isinstance(c, str) and "%" in c) for c in cells
        )
        if signed or len(known) < LEAST_SUMMED or known.max() > 1:
            continue
        found.append(
            _suspicion(
                typed.sheet,
                "percent",
                say("headed as percent, but all below 1: fractions already?"),
                column=typed.sheet.column_numbers[position],
                value=name,
                remedy=say("ask the sender whether 0,05 means 5% or 0,05%"),
            )
        )
    return found
