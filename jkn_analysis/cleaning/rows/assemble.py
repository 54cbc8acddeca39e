"""Typed pieces of sheets to one canonical table, its keys and rules checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.roles import MEASURE_KINDS
from jkn_analysis.cleaning.problems import Problem, faults
from jkn_analysis.cleaning.rows import checks
from jkn_analysis.cleaning.rows.parts import complete_counts, merge_parts, split_running
from jkn_analysis.cleaning.rows.plausible import check_plausible
from jkn_analysis.cleaning.rows.rules import (
    check_duplicates,
    check_future,
    check_keys,
    check_missing,
    check_rules,
    fill_dashes,
)
from jkn_analysis.cleaning.rows.slices import NONAKTIF
from jkn_analysis.cleaning.rows.work import (
    PLACE,
    REGIONAL,
    CleanResult,
    Counts,
    Piece,
    Work,
    due_of,
)
from jkn_analysis.cleaning.values.names import MIXED
from jkn_analysis.cleaning.values.vintage import find_vintage, is_bps
from jkn_analysis.cleaning.words import finding, say
from jkn_analysis.tables import Table, conform
from jkn_analysis.terms import TOTAL


def assemble(
    table: Table, works: Sequence[Work], pieces: Sequence[Piece]
) -> CleanResult:
    """Join the pieces of a delivery into one checked table."""
    measures = [
        column.name
        for column in table.columns
        if column.kind in MEASURE_KINDS and column.name not in table.key
    ]
    counted = measures
    if "terdaftar_jiwa" in measures:
        counted = [*measures, NONAKTIF.name]
    parts = _gather([part for piece in pieces for part in _parts(piece, counted)])
    if any("_part" in part for part in parts):
        parts = [p if "_part" in p else p.assign(_part="") for p in parts]
    plain, totals = _split_totals(table, works, parts)
    frame = _join(table, plain, counted)
    sums = _join(table, totals, counted, dims=["cakupan"])
    frame, sums = _keep_totals(table, works, frame, sums)
    proven = [checks.check_printed(work) for work in works]
    if len(frame):
        frame = complete_counts(works, frame)
        frame = _derive(table, works, frame)
        frame = split_running(table, works, frame, measures)
    if len(frame):
        frame = merge_parts(table, works, frame, measures, proven)
        check_keys(table, works, frame)
        check_future(works, frame)
        frame = fill_dashes(works, frame, measures, proven)
        frame = check_missing(table, works, frame, measures)
        frame = check_duplicates(table, works, frame)
        check_rules(table, works, frame)
    return _result(table, works, frame, sums, measures)


def _parts(piece: Piece, measures: Sequence[str]) -> list[pd.DataFrame]:
    """Return a piece as frames with measures under their names, places beside them."""
    frame = piece.frame
    frame["_total"] = piece.total
    if "_measure" not in frame:
        for name, position in piece.columns.items():
            frame[PLACE + name] = position
        return [frame]
    parts = []
    for name in measures:
        part = frame[frame["_measure"] == name].rename(columns={"_value": name})
        if len(part):
            part[PLACE + name] = piece.columns["_value"]
            parts.append(part.drop(columns="_measure"))
    return parts


def _gather(parts: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Join the parts of one sheet that have the same columns: few frames are quick."""
    alike: dict[tuple[Any, ...], list[pd.DataFrame]] = {}
    for part in parts:
        if len(part):
            key = (int(part["_sheet"].iloc[0]), *part.columns)
            alike.setdefault(key, []).append(part)
    return [
        pd.concat(own, ignore_index=True) if len(own) > 1 else own[0]
        for own in alike.values()
    ]


def _split_totals(
    table: Table, works: Sequence[Work], parts: Sequence[pd.DataFrame]
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Separate rows of sums from rows of data; drop bad and empty ones."""
    plain, totals = [], []
    for part in parts:
        if not len(part):
            continue
        work = works[int(part["_sheet"].iloc[0])]
        rows = part["_row"].to_numpy()
        sums = part["_total"].to_numpy(dtype=bool)
        if "segmen" in part and table.name != "publikasi":
            for name in {TOTAL, *MIXED} & set(part["segmen"].dropna().unique()):
                sums = sums | (part["segmen"] == name).to_numpy(dtype=bool)
        for name in {"kelas", "umur_bulan"} & set(part):
            sums = sums | (part[name] == TOTAL).to_numpy(dtype=bool)
        above = np.zeros(len(part), dtype=bool)
        if "_above" in part and table.name in REGIONAL:
            above = part["_above"].to_numpy(dtype=bool)
        good = ~work.bad[rows]
        own = [str(name) for name in part if f"{PLACE}{name}" in part]
        needed = bool(set(own) & due_of(table))
        filled = (
            part[own].notna().any(axis=1).to_numpy()
            if needed
            else np.ones(len(part), dtype=bool)
        )
        work.recognised[rows[(sums & ~part["_total"].to_numpy(dtype=bool)) | above]] = (
            True
        )
        plain.append(part[good & filled & ~sums & ~above])
        recognised = part[good & filled & (sums | above)].copy()
        recognised["cakupan"] = np.where(
            above[good & filled & (sums | above)], "wilayah", "segmen"
        )
        totals.append(recognised)
    return plain, totals


def _keep_totals(
    table: Table, works: Sequence[Work], frame: pd.DataFrame, sums: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Store totals of all segmen as such where the delivery has no split at all."""
    if "terdaftar_jiwa" not in table.names or len(frame) or not len(sums):
        return frame, sums
    own = (sums["cakupan"] == "segmen") & (sums["kode"].str.len() > 2)
    own &= sums["segmen"].astype(object).isin([TOTAL, None]) | sums["segmen"].isna()
    kept = sums[own].assign(segmen=TOTAL)
    for number, rows in kept.groupby("_sheet"):
        work = works[int(number)]  # type: ignore[arg-type]
        work.recognised[rows["_row"].to_numpy(dtype=int)] = False
        work.note(say("no split by segmen: stored as the total of all"))
    return kept.drop(columns="cakupan"), sums[~own]


def _join(
    table: Table,
    parts: Sequence[pd.DataFrame],
    measures: Sequence[str],
    *,
    dims: Sequence[str] = (),
) -> pd.DataFrame:
    """Concatenate parts; parts with different measures of the same key are merged."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame()
    sets = {tuple(name for name in measures if name in part) for part in filled}
    if len(sets) == 1 or _covers(sets, table):
        return pd.concat(filled, ignore_index=True)
    dims = [*dims, *(["_part"] if "_part" in filled[0] else [])]
    key = [*(name for name in table.key if name in filled[0]), *dims]
    keep = [
        n for n in filled[0].columns if n not in measures and not n.startswith(PLACE)
    ]
    joined: pd.DataFrame | None = None
    for name in measures:
        having = [part for part in filled if name in part]
        if not having:
            continue
        own = pd.concat(having, ignore_index=True)
        place = [PLACE + name]
        own = own[own[name].notna()]
        own["_turn"] = own.groupby(key, dropna=False, observed=True).cumcount()
        if joined is None:
            joined = own[[*keep, "_turn", name, *place]]
            continue
        joined = joined.merge(
            own[[*keep, "_turn", name, *place]],
            on=[*key, "_turn"],
            how="outer",
            suffixes=("", "_new"),
            validate="one_to_one",
        )
        joined = _coalesce(joined)
    return joined.drop(columns="_turn") if joined is not None else pd.DataFrame()


def _covers(sets: set[tuple[str, ...]], table: Table) -> bool:
    """Tell whether every part has all required measures and completes no other."""
    required = due_of(table)
    return all(required & {n for s in sets for n in s} <= set(one) for one in sets)


def _coalesce(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill columns from their doubles of a merge and drop those."""
    for name in [name for name in frame if str(name).endswith("_new")]:
        base = str(name).removesuffix("_new")
        frame[base] = frame[base].where(frame[base].notna(), frame[name])
    return frame.drop(columns=[name for name in frame if str(name).endswith("_new")])


def _derive(table: Table, works: Sequence[Work], frame: pd.DataFrame) -> pd.DataFrame:
    """Fill source and date of a population that only its title or file name states."""
    if table.name != "penduduk" or {"sumber", "berlaku_mulai"} <= set(frame.columns):
        return frame
    sheet = works[0].sheet
    lines = [*sheet.title, *sheet.notes, sheet.sheet, sheet.path.stem.replace("_", " ")]
    found = find_vintage(lines)
    titled = pd.Series(works[0].context.year, index=frame.index)
    years = frame.get("_tahun", titled).fillna(0).astype(int)
    if found is None and (years > 0).all() and is_bps(lines):
        frame = frame.assign(sumber=[f"BPS {year}" for year in years])
        days = pd.to_datetime({"year": years, "month": 7, "day": 1})
        return frame.assign(berlaku_mulai=days.astype("datetime64[us]"))
    if found is None or (years != years.iloc[0]).any():
        works[0].report("missing_column:source")
        return frame.iloc[:0]
    works[0].took(say("source '{name}'", name=found[0]), found[2])
    return frame.assign(sumber=found[0], berlaku_mulai=found[1])


def _result(
    table: Table,
    works: Sequence[Work],
    frame: pd.DataFrame,
    sums: pd.DataFrame,
    measures: Sequence[str],
) -> CleanResult:
    """Count the rows and make the result."""
    good = _good_rows(works, frame)
    if not any(faults(work.problems) for work in works):
        check_plausible(table, works, frame if good.all() else frame[good])
    for work in works:
        work.sum_up()
    problems = [problem for work in works for problem in work.problems]
    if not works:
        problems.append(Problem("", *finding("empty:sheets"), table=table.name))
    if not len(frame) and not faults(problems):
        problems.append(_empty(table, works, sums))
    good = _good_rows(works, frame)
    if not good.all():
        frame = frame[good].reset_index(drop=True)
    origin_names = [
        "_sheet",
        "_row",
        *(PLACE + n for n in measures if PLACE + n in frame),
    ]
    origin = frame[origin_names].copy() if len(frame) else pd.DataFrame()
    typed = conform(frame if len(frame) else pd.DataFrame(), table.name)
    counts = sum((_count(work) for work in works), Counts())
    result = CleanResult(table.name, typed, problems, counts, origin, sums)
    result.notes = [
        say("{name}: {note}", name=work.sheet.sheet, note=note)
        if work.sheet.sheet
        else note
        for work in works
        for note in dict.fromkeys(work.notes)
    ]
    checks.check_sums(result, works)
    return result


def _empty(table: Table, works: Sequence[Work], sums: pd.DataFrame) -> Problem:
    """Describe a delivery without a row of data, or with none but sums."""
    regions = int((sums["cakupan"] == "wilayah").sum()) if len(sums) else 0
    said = finding("empty:rows")
    if len(sums):
        finer = "kabupaten/kota" if regions else "segmen"
        counts = {"regions": regions, "others": len(sums) - regions}
        said = finding("empty:sums", finer=finer, **counts)
    return works[0].sheet.problem(said, table=table.name)


def _good_rows(works: Sequence[Work], frame: pd.DataFrame) -> np.ndarray:
    """Tell which joined rows come from sheet rows without a fault."""
    good = np.ones(len(frame), dtype=bool)
    if not len(frame):
        return good
    sheets, rows = frame["_sheet"].to_numpy(), frame["_row"].to_numpy()
    for number, work in enumerate(works):
        own = sheets == number
        good[own] = ~work.bad[rows[own].astype(int)]
    return good


def _count(work: Work) -> Counts:
    """Count the rows of one sheet."""
    rows_in = work.sheet.rows_in
    dropped = rows_in - work.size
    refused = int(work.bad.sum())
    recognised = int((work.recognised & ~work.bad).sum())
    kept = work.size - refused - recognised
    return Counts(rows_in, kept, refused, dropped + recognised, work.sheet.cells)
