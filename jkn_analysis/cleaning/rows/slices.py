"""Value columns of a sheet to pieces: one month, segmen, kelas and age each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.headings import find_role, heading_key
from jkn_analysis.cleaning.find.labels import is_total_label
from jkn_analysis.cleaning.find.roles import ColumnUse, Use, read_words
from jkn_analysis.cleaning.find.table import SECTION
from jkn_analysis.cleaning.rows.columns import BY_ROW
from jkn_analysis.cleaning.rows.identify import texts_of
from jkn_analysis.cleaning.rows.moments import (
    context_segmen,
    read_running,
    slice_periode,
)
from jkn_analysis.cleaning.rows.work import FLOWS, Piece, Work, scale_of
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.cells import Cell, cut_ordinal
from jkn_analysis.cleaning.values.names import find_segmen
from jkn_analysis.cleaning.values.numbers import Fault
from jkn_analysis.tables import SIGNED, Column
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import get_wilayah

NONAKTIF = Column("nonaktif_jiwa", "jiwa", optional=True)
"""Counted where rows are statuses; registered less active, so never stored."""


def numbers_of(work: Work, column: ColumnUse, declared: Column) -> col.Parsed:
    """Parse a value column once; a made column is the sum of its terms."""
    if column.terms:
        total = np.zeros(work.size)
        for sign, term in column.terms:
            parsed = numbers_of(work, term, declared)
            total += sign * work.take(parsed, term.position, declared.name)
        return col.Parsed(total)
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


def check_column_sums(work: Work, measures: Mapping[str, Column]) -> None:
    """Report rows whose printed sum of columns is not their sum."""
    counted = {**measures, NONAKTIF.name: NONAKTIF}
    for whole, terms in work.sums:
        declared = counted.get(terms[0][1].use.role) or next(iter(measures.values()))
        printed = numbers_of(work, whole, declared).results
        total = np.zeros(work.size)
        for sign, term in terms:
            own = counted.get(term.use.role) or declared
            total += sign * numbers_of(work, term, own).results
        scale = scale_of(work, whole, declared.kind)
        slack = 0.5 if scale == 1 else scale * (len(terms) + 1) / 2
        wrong = np.abs(printed - total) > slack
        for index in np.flatnonzero(wrong & ~work.bad):
            work.bad[index] = True
            work.report(
                "parts_sum:columns",
                row=int(index),
                position=whole.position,
                value=col.text_of(work.cells(whole.position).iloc[index]),
                terms=" + ".join(term.heading for _, term in terms),
                total=f"{total[index]:.0f}",
            )


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
    parsed = numbers_of(work, column, measures[shown[0]])
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
    if BY_ROW in members:
        return _make_by_row(work, frame, use, members[BY_ROW], measures)
    places = {}
    for name, column in members.items():
        parsed = numbers_of(work, column, measures[name])
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
    if "terdaftar_jiwa" in measures:
        measures = {**measures, NONAKTIF.name: NONAKTIF}
    said = [_use_of_row(work, text, measures) for text in texts]
    known = [use.role for use in said]
    if "segmen" in frame and any(use.segmen for use in said):
        own_segmen = [use.segmen or None for use in said]
        frame["segmen"] = frame["segmen"].where(frame["segmen"].notna(), own_segmen)
    if any(known):
        parsed = _numbers_by_row(work, column, known, measures)
        frame["_value"] = work.take(parsed, column.position, column.heading)
    for index, (text, role) in enumerate(zip(texts, known, strict=True)):
        if not role and (index, own.position) not in work.reported:
            work.reported.add((index, own.position))
            work.bad[index] = True
            work.report(
                "unknown_name:measure",
                row=index,
                position=own.position,
                value=text,
                name="uraian",
                names=", ".join(measures),
            )
    frame["_measure"] = known
    return _with_slice(work, frame, use, {"_value": column.position})


def _use_of_row(work: Work, text: str, measures: Mapping[str, Column]) -> Use:
    """Return the measure a row's own label names, and the segmen that stands with it.

    ``Jumlah`` alone is the registered.
    """
    text = cut_ordinal(text)
    own = {heading_key(k): said for k, said in work.settings.headings.items()}
    role = own.get(heading_key(text)) or find_role(text, work.table.name)
    if role in {"total", "uraian"} or (not role and is_total_label(text)):
        role = "terdaftar_jiwa"
    if role in measures:
        return Use(role=role)
    use = read_words(text, work.table.name) or Use()
    whole = use.role in measures and not (use.part or use.other or use.total)
    return use if whole and use.segmen in SEGMEN else Use()


def _with_slice(
    work: Work, frame: pd.DataFrame, use: Use, places: dict[str, int]
) -> Piece:
    """Set the month, region, segmen, kelas and age of a slice."""
    names = set(work.table.names)
    if work.table.name in FLOWS:
        frame["_running"] = read_running(work, use, frame)
    if "periode" in names:
        frame["periode"] = slice_periode(work, frame, use, places)
    elif use.year:
        frame["_tahun"] = use.year
    labels: list[str | None] | None = None
    if SECTION in work.sheet.raw:
        labels = [find_segmen(text) if text else None for text in work.sections]
    fixed = {
        "segmen": (use.segmen or None, labels, context_segmen(work.sheet)),
        "kelas": (use.kelas, None, None),
        "umur_bulan": (use.umur, None, None),
    }
    for name in names & set(fixed):
        frame[name] = _dim_values(frame[name], *fixed[name])
    if "terdaftar_jiwa" in names and _says_no_segmen(work, frame):
        frame["segmen"] = TOTAL
    if use.kode:
        frame["kode"] = use.kode
        frame["_above"] = get_wilayah(use.kode).jenis not in {"kabupaten", "kota"}
    return Piece(frame, places, total=use.total)


def _says_no_segmen(work: Work, frame: pd.DataFrame) -> bool:
    """Tell whether neither rows, headings, sections nor titles name a segmen."""
    named = any(column.use.segmen for column in work.roles.measured)
    return not (named or "segmen" in work.roles.identifiers) and bool(
        frame["segmen"].isna().all()
    )


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
