"""Value columns of a sheet to pieces: one month, segmen, kelas and age each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.headings import find_role
from jkn_analysis.cleaning.find.roles import Use
from jkn_analysis.cleaning.find.table import SECTION
from jkn_analysis.cleaning.rows.identify import texts_of
from jkn_analysis.cleaning.rows.moments import context_segmen, sections, slice_periode
from jkn_analysis.cleaning.rows.work import Piece, scale_of
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.names import explain_segmen, find_segmen, is_plain_pbi
from jkn_analysis.tables import SIGNED
from jkn_analysis.terms import SEGMEN, TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.cleaning.find.roles import ColumnUse
    from jkn_analysis.cleaning.rows.work import Work
    from jkn_analysis.cleaning.values.cells import Cell
    from jkn_analysis.cleaning.values.numbers import Fault
    from jkn_analysis.tables import Column


def _context_measure(work: Work, measures: Mapping[str, Column]) -> str:
    """Return the one measure that the title, sheet or file name announces."""
    for line in (
        *work.sheet.title,
        work.sheet.sheet,
        work.sheet.path.stem.replace("_", " "),
    ):
        role = find_role(line.rsplit(":", 1)[-1], work.table.name)
        if role in measures:
            return role
    for line in (*work.sheet.title, work.sheet.sheet):
        words = line.lower()
        hits = {
            role
            for role in measures
            if role.rsplit("_", 1)[0].replace("_", " ") in words
        }
        if len(hits) == 1:
            return hits.pop()
    return next(iter(measures)) if len(measures) == 1 else ""


def group_columns(
    work: Work, measures: Mapping[str, Column]
) -> dict[Use, dict[str, ColumnUse]]:
    """Group value columns by the slice their headings fix."""
    announced = ""
    groups: dict[Use, dict[str, ColumnUse]] = {}
    by_row = "uraian" in work.roles.identifiers
    for column in work.roles.measured:
        use = _settle_segmen(work, column)
        if use is None:
            continue
        measure = use.role if use.role in measures else ""
        if not measure and by_row:
            measure = "uraian"
        if not measure:
            announced = announced or _context_measure(work, measures)
            measure = announced
        if not measure:
            if work.cells(column.position).isna().all():
                continue
            work.report(
                "unknown_heading",
                "the heading does not say what is counted",
                f"one of: {', '.join(measures)}; say it in the heading or the title",
                position=column.position,
                value=column.heading,
            )
            continue
        key = Use(
            year=use.year,
            month=use.month,
            segmen=use.segmen,
            kelas=use.kelas,
            umur=use.umur,
            total=use.total,
        )
        members = groups.setdefault(key, {})
        if measure in members:
            work.report(
                "double_column",
                f"second column for '{measure}'",
                "keep one of the two",
                position=column.position,
                value=column.heading,
            )
            continue
        members[measure] = column
    return groups


def _settle_segmen(work: Work, column: ColumnUse) -> Use | None:
    """Return a column's use with its segmen canonical; None where it is no segmen.

    PBI alone means PBI JK only where PBPU Pemda has its own columns.
    """
    use = column.use
    if not use.segmen or use.segmen in {*SEGMEN, TOTAL}:
        return use
    beside = any(other.use.segmen == "PBPU Pemda" for other in work.roles.measured)
    if is_plain_pbi(use.segmen) and beside:
        return replace(use, segmen="PBI JK")
    if not work.cells(column.position).isna().all():
        message, remedy = explain_segmen(use.segmen)
        work.report(
            "unknown_name",
            f"segmen: {message}",
            remedy,
            position=column.position,
            value=column.heading,
        )
    return None


def _numbers(work: Work, column: ColumnUse, declared: Column) -> col.Parsed:
    """Parse a value column once."""
    if column.position not in work.numbers:
        work.numbers[column.position] = col.parse_number_column(
            work.cells(column.position),
            kind=declared.kind,
            signed=declared.name in SIGNED,
            heading=column.heading,
            scale=scale_of(work, column, declared.kind),
            locale=work.settings.locale,
            hint=work.hint,
        )
    return work.numbers[column.position]


def _numbers_by_row(
    work: Work,
    column: ColumnUse,
    roles: Sequence[str],
    measures: Mapping[str, Column],
) -> col.Parsed:
    """Parse a value column whose rows hold different measures, each by its own kind.

    The number style is that of the whole column; unit and bounds are each measure's:
    people and rupiah in turn, as in the register of arrears.
    """
    shown = list(dict.fromkeys(role for role in roles if role))
    parsed = _numbers(work, column, measures[shown[0]])
    if len({measures[role].kind for role in shown}) == 1:
        return parsed
    cells, named = work.cells(column.position), np.array(roles, dtype=object)
    values = np.full(len(cells), np.nan)
    faults: list[Fault] = []
    for role in shown:
        declared, rows = measures[role], np.flatnonzero(named == role)
        part = col.parse_number_column(
            cells.iloc[rows],
            kind=declared.kind,
            signed=declared.name in SIGNED,
            heading=column.heading,
            scale=scale_of(work, column, declared.kind),
            locale=work.settings.locale or parsed.locale,
            hint=work.hint,
        )
        values[rows] = part.results
        faults += [replace(f, position=int(rows[f.position])) for f in part.faults]
    faults.sort(key=lambda fault: fault.position)
    whole = col.Parsed(values, faults, parsed.notes, parsed.locale)
    work.numbers[column.position] = whole
    return whole


def make_piece(
    work: Work,
    base: pd.DataFrame,
    use: Use,
    members: Mapping[str, ColumnUse],
    measures: Mapping[str, Column],
) -> Piece | None:
    """Return the rows of one slice."""
    frame = base.copy(deep=False)
    if "uraian" in members:
        return _make_by_row(work, frame, use, members["uraian"], measures)
    places = {}
    for name, column in members.items():
        parsed = _numbers(work, column, measures[name])
        frame[name] = work.take(parsed, column.position, name)
        places[name] = column.position
    return _with_slice(work, frame, use, places)


def _make_by_row(
    work: Work,
    frame: pd.DataFrame,
    use: Use,
    column: ColumnUse,
    measures: Mapping[str, Column],
) -> Piece | None:
    """Return a slice whose rows say themselves what they measure."""
    own = work.roles.identifiers["uraian"]
    texts = texts_of(work.cells(own.position))
    roles = [
        find_role(t, work.table.name, overrides=work.settings.headings) for t in texts
    ]
    known = [role if role in measures else "" for role in roles]
    if any(known):
        parsed = _numbers_by_row(work, column, known, measures)
        frame["_value"] = work.take(parsed, column.position, column.heading)
    for index, (text, role) in enumerate(zip(texts, known, strict=True)):
        if not role and (index, own.position) not in work.reported:
            work.reported.add((index, own.position))
            work.bad[index] = True
            work.report(
                "unknown_name",
                "uraian: not a measure of this table",
                f"write one of: {', '.join(measures)}",
                row=index,
                position=own.position,
                value=text,
            )
    frame["_measure"] = known
    return _with_slice(work, frame, use, {"_value": column.position})


def _with_slice(
    work: Work, frame: pd.DataFrame, use: Use, places: dict[str, int]
) -> Piece:
    """Set the month, segmen, kelas and age of a slice."""
    names = set(work.table.names)
    if "periode" in names:
        frame["periode"] = slice_periode(work, frame, use, places)
    labels: list[str | None] | None = None
    if SECTION in work.sheet.raw:
        labels = [find_segmen(text) if text else None for text in sections(work)]
    if "segmen" in names:
        context = context_segmen(work.sheet)
        frame["segmen"] = _dim_values(
            frame["segmen"], use.segmen or None, labels, context
        )
    if "kelas" in names:
        frame["kelas"] = _dim_values(frame["kelas"], use.kelas, None, None)
    if "umur_bulan" in names:
        frame["umur_bulan"] = _dim_values(frame["umur_bulan"], use.umur, None, None)
    total = use.total
    return Piece(frame, places, total=total)


def _dim_values(
    rows: pd.Series,
    fixed: Cell,
    labels: Sequence[Any] | None,
    context: Cell,
) -> pd.Series:
    """Return a dimension: fixed by the heading, else of the row, section or title."""
    if fixed is not None:
        return pd.Series(np.full(len(rows), fixed, dtype=object), index=rows.index)
    lacking = rows.isna().to_numpy()
    if not lacking.any() or (labels is None and context is None):
        return rows
    labels = labels or [None] * len(rows)
    merged = [
        (label if label is not None else context) if empty else value
        for value, label, empty in zip(rows.tolist(), labels, lacking, strict=True)
    ]
    return pd.Series(merged, dtype=object, index=rows.index)
