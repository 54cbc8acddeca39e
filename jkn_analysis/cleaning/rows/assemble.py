"""Typed pieces of sheets to one canonical table, its keys and rules checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.roles import MEASURE_KINDS
from jkn_analysis.cleaning.problems import Problem, faults
from jkn_analysis.cleaning.rows.cleaner import (
    MOST_LISTED,
    REGIONAL,
    CleanResult,
    Counts,
)
from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.tables import Table, conform
from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jkn_analysis.cleaning.rows.cleaner import _Piece, _Sheet

PLACE = "_col_"
DENSE = 8
"""Codes of keys up to this many times the rows are counted in an array."""
RULE_WORDS = {
    "aktif_over_terdaftar": "aktif_jiwa is more than terdaftar_jiwa",
    "nonaktif_split": "menunggak + mutasi is not terdaftar - aktif",
}


def assemble(
    table: Table, works: Sequence[_Sheet], pieces: Sequence[_Piece]
) -> CleanResult:
    """Join the pieces of a delivery into one checked table."""
    measures = [
        column.name
        for column in table.columns
        if column.kind in MEASURE_KINDS and column.name not in table.key
    ]
    parts = _gather([part for piece in pieces for part in _parts(piece, measures)])
    plain, totals = _split_totals(table, works, parts)
    frame = _join(table, plain, measures)
    sums = _join(table, totals, measures, dims=["cakupan"])
    if len(frame):
        frame = _derive(table, works, frame)
        _check_keys(table, works, frame)
        _check_future(works, frame)
        _check_missing(table, works, frame, measures)
        frame = _check_duplicates(table, works, frame)
        _check_rules(table, works, frame)
    return _result(table, works, frame, sums, measures)


def _parts(piece: _Piece, measures: Sequence[str]) -> list[pd.DataFrame]:
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
    table: Table, works: Sequence[_Sheet], parts: Sequence[pd.DataFrame]
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
            sums = sums | (part["segmen"] == TOTAL).to_numpy(dtype=bool)
        above = np.zeros(len(part), dtype=bool)
        if "_above" in part and table.name in REGIONAL:
            above = part["_above"].to_numpy(dtype=bool)
        good = ~work.bad[rows]
        own = [str(name) for name in part if f"{PLACE}{name}" in part]
        needed = any(not table.column(name).optional for name in own)
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
    required = set(table.required)
    return all(required & {n for s in sets for n in s} <= set(one) for one in sets)


def _coalesce(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill columns from their doubles of a merge and drop those."""
    for name in [name for name in frame if str(name).endswith("_new")]:
        base = str(name).removesuffix("_new")
        frame[base] = frame[base].where(frame[base].notna(), frame[name])
    return frame.drop(columns=[name for name in frame if str(name).endswith("_new")])


def _derive(table: Table, works: Sequence[_Sheet], frame: pd.DataFrame) -> pd.DataFrame:
    """Fill source and date of a population that only its title or file name states."""
    if table.name != "penduduk" or {"sumber", "berlaku_mulai"} <= set(frame.columns):
        return frame
    from jkn_analysis.cleaning.values.vintage import find_vintage

    sheet = works[0].sheet
    found = find_vintage([*sheet.title, sheet.sheet, sheet.path.stem.replace("_", " ")])
    if found is None:
        works[0].report(
            "missing_column",
            "no source of the population: no column 'sumber', none in the title",
            "add columns 'sumber' (Dukcapil sem II 2024) and 'berlaku_mulai'",
        )
        return frame.iloc[:0]
    frame = frame.copy()
    frame["sumber"], frame["berlaku_mulai"] = found[0], found[1]
    works[0].notes.append(f"source '{found[0]}' from the title or file name")
    return frame


def _listed(
    works: Sequence[_Sheet], rows: pd.DataFrame, kind: str
) -> Iterator[tuple[Cell, pd.Series]]:
    """Yield the faulty rows to list one by one; the rest are refused and counted."""
    _pass_over(works, rows.iloc[MOST_LISTED:], kind)
    yield from rows.iloc[:MOST_LISTED].iterrows()


def _pass_over(works: Sequence[_Sheet], rows: pd.DataFrame, kind: str) -> None:
    """Refuse faulty rows without listing them."""
    for number, own in rows.groupby("_sheet"):
        work = works[int(number)]  # type: ignore[arg-type]
        work.bad[own["_row"].to_numpy(dtype=int)] = True
        work.unlisted[kind] += len(own)


def report_at(
    works: Sequence[_Sheet],
    row: Cell,
    name: str,
    *,
    kind: str,
    message: str,
    remedy: str,
    value: str = "",
    severity: str = "fault",
) -> None:
    """Report a problem at the cell of column `name` of one row of the joined frame."""
    number = row["_sheet"]
    if pd.isna(number):
        return
    work = works[int(number)]
    place = row.get(PLACE + name)
    if place is None or pd.isna(place):
        column = work.roles.identifiers.get(name) or work.roles.attributes.get(name)
        place = column.position if column is not None else None
    index = int(row["_row"])
    if severity == "fault":
        work.bad[index] = True
    work.report(
        kind,
        message,
        remedy,
        row=index,
        position=int(place) if place is not None else None,
        value=value,
        severity=severity,
    )


def _check_keys(table: Table, works: Sequence[_Sheet], frame: pd.DataFrame) -> None:
    """Report rows that lack a part of their key."""
    for name in table.key:
        column = table.column(name)
        if column.optional or column.kind in {"kode", "periode"}:
            continue
        if name not in frame:
            for work in works:
                work.bad[:] = True
            if not _lacks(works, name):
                works[0].report(
                    "missing_column",
                    f"column '{name}' missing",
                    "add it, or say it in the heading or title",
                )
            continue
        lacking = frame[frame[name].isna()].drop_duplicates(["_sheet", "_row"])
        for _, row in _listed(works, lacking, "missing"):
            report_at(
                works,
                row,
                name,
                kind="missing",
                message=f"{name}: not given",
                remedy=f"fill the cell, or say the {name} in the heading or title",
            )
        _check_choices(column, works, frame, name)


def _check_future(works: Sequence[_Sheet], frame: pd.DataFrame) -> None:
    """Report months that have not ended yet and so cannot have been measured."""
    latest = works[0].settings.latest
    if latest is None or "periode" not in frame:
        return
    limit = pd.Timestamp(latest.year, latest.month, 1)
    late = frame[frame["periode"] > limit].drop_duplicates(
        ["_sheet", "_row", "periode"]
    )
    for _, row in _listed(works, late, "future"):
        report_at(
            works,
            row,
            "periode",
            kind="future",
            message="periode: lies in the future",
            remedy=f"the last month there can be is {limit:%Y-%m}: check the year",
            value=_show(row["periode"]),
        )


def _lacks(works: Sequence[_Sheet], name: str) -> bool:
    """Tell whether a missing column was reported already."""
    return any(
        problem.kind == "missing_column" and f"'{name}'" in problem.message
        for work in works
        for problem in work.problems
    )


def _check_choices(
    column: Cell,
    works: Sequence[_Sheet],
    frame: pd.DataFrame,
    name: str,
) -> None:
    """Report segmen that the table has no rows for."""
    if not column.choices or column.kind != "segmen":
        return
    wrong = frame[frame[name].notna() & ~frame[name].isin(column.choices)]
    for _, row in _listed(works, wrong, "choice"):
        report_at(
            works,
            row,
            name,
            kind="choice",
            value=str(row[name]),
            message=f"{name}: has no place in this table",
            remedy=f"only {', '.join(column.choices)}",
        )


def _check_missing(
    table: Table, works: Sequence[_Sheet], frame: pd.DataFrame, measures: Sequence[str]
) -> None:
    """Report rows that lack a required figure."""
    for name in measures:
        if table.column(name).optional:
            continue
        if name not in frame:
            headings = ", ".join(
                f"'{' / '.join(h)}'" for h in works[0].sheet.headers[:12]
            )
            works[0].report(
                "missing_column",
                f"column '{name}' missing; found {headings}",
                f"map its heading under [sources.{table.name}.headings]",
            )
            for work in works:
                work.bad[:] = True
            continue
        lacking = frame[frame[name].isna()]
        for _, row in _listed(works, lacking, "missing"):
            report_at(
                works,
                row,
                name,
                kind="missing",
                message=f"{name}: no value where one is due",
                remedy="write the number, 0 if there is none",
            )


def _check_duplicates(
    table: Table, works: Sequence[_Sheet], frame: pd.DataFrame
) -> pd.DataFrame:
    """Report keys that stand more than once and keep none of them."""
    key = [name for name in table.key if name in frame]
    double = _duplicated(frame, key)
    if not double.any():
        return frame
    rows = frame[double]
    groups = rows.groupby(key, dropna=False, observed=True, sort=False)
    later = rows[groups.cumcount().to_numpy() > 0]
    firsts = groups[["_sheet", "_row"]].transform("first").astype(int)
    for place, row in _listed(works, later, "duplicate"):
        number, index = firsts.loc[place].to_numpy()
        work = works[int(number)]
        where = f"row {work.sheet.row_numbers[index]}"
        sheet = f" of sheet '{work.sheet.sheet}'" if work.sheet.sheet else ""
        report_at(
            works,
            row,
            key[0],
            kind="duplicate",
            value=", ".join(_show(row[name]) for name in key),
            message=f"same {', '.join(key)} as {where}{sheet}:",
            remedy="keep the right one of the two rows",
        )
    return frame[~double]


def _duplicated(frame: pd.DataFrame, key: Sequence[str]) -> np.ndarray:
    """Tell which rows share their key, by integer codes."""
    code = np.zeros(len(frame), dtype=np.int64)
    for name in key:
        own, distinct = pd.factorize(frame[name], use_na_sentinel=False)
        code = code * (len(distinct) + 1) + own
        if code.max(initial=0) > 2**40:
            code = pd.factorize(code)[0].astype(np.int64)
    if code.max(initial=0) < DENSE * len(code):
        return np.bincount(code)[code] > 1
    return pd.Series(code).duplicated(keep=False).to_numpy()


def _show(value: Cell) -> str:
    """Write a key's value for a message."""
    return value.strftime("%Y-%m") if isinstance(value, pd.Timestamp) else str(value)


def _check_rules(table: Table, works: Sequence[_Sheet], frame: pd.DataFrame) -> None:
    """Report rows that break a rule between their columns."""
    for rule in table.rules:
        if not set(rule.columns) <= set(frame.columns):
            continue
        figures = frame[list(rule.columns)]
        others = [n for n in ("terdaftar_jiwa", "aktif_jiwa") if n in frame]
        figures = frame[list(dict.fromkeys([*figures.columns, *others]))].astype(
            "Float64"
        )
        wrong = frame[~rule.holds(figures).to_numpy(dtype=bool)]
        for _, row in _listed(works, wrong, rule.name):
            values = " and ".join(
                f"{row[name]:.0f}" if isinstance(row[name], float) else str(row[name])
                for name in rule.columns
            )
            report_at(
                works,
                row,
                rule.columns[0],
                kind=rule.name,
                value=values,
                message=f"{RULE_WORDS.get(rule.name, rule.name)}:",
                remedy=rule.remedy,
            )


def _result(
    table: Table,
    works: Sequence[_Sheet],
    frame: pd.DataFrame,
    sums: pd.DataFrame,
    measures: Sequence[str],
) -> CleanResult:
    """Count the rows and make the result."""
    from jkn_analysis.cleaning.rows import checks

    for work in works:
        checks.check_printed(work)
        work.sum_up()
    problems = [problem for work in works for problem in work.problems]
    if not works:
        problems.append(
            Problem(file="", kind="empty", message="no sheet", table=table.name)
        )
    if not len(frame) and not faults(problems):
        problems.append(_empty(table, works, sums))
    good = _good_rows(works, frame)
    frame = frame[good].reset_index(drop=True) if len(frame) else frame
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
        f"{work.sheet.sheet + ': ' if work.sheet.sheet else ''}{note}"
        for work in works
        for note in dict.fromkeys(work.notes)
    ]
    checks.check_sums(result, works)
    return result


def _empty(table: Table, works: Sequence[_Sheet], sums: pd.DataFrame) -> Problem:
    """Describe a delivery without a row of data, or with none but sums."""
    sheet = works[0].sheet
    regions = int((sums["cakupan"] == "wilayah").sum()) if len(sums) else 0
    if len(sums):
        finer = "kabupaten/kota" if regions else "segmen"
        return Problem(
            file=sheet.path.name,
            sheet=sheet.sheet,
            kind="empty",
            table=table.name,
            message=f"every row is a sum: {regions} of provinces or the country, "
            f"{len(sums) - regions} of all segmen",
            remedy=f"ask the sender for one row per {finer}: sums cannot be split",
        )
    return Problem(
        file=sheet.path.name,
        sheet=sheet.sheet,
        kind="empty",
        table=table.name,
        message="no row of data under the heading",
        remedy="ask the sender for the filled table",
    )


def _good_rows(works: Sequence[_Sheet], frame: pd.DataFrame) -> np.ndarray:
    """Tell which joined rows come from sheet rows without a fault."""
    good = np.ones(len(frame), dtype=bool)
    if not len(frame):
        return good
    sheets, rows = frame["_sheet"].to_numpy(), frame["_row"].to_numpy()
    for number, work in enumerate(works):
        own = sheets == number
        good[own] = ~work.bad[rows[own].astype(int)]
    return good


def _count(work: _Sheet) -> Counts:
    """Count the rows of one sheet."""
    rows_in = work.sheet.rows_in
    dropped = rows_in - work.size
    refused = int(work.bad.sum())
    recognised = int((work.recognised & ~work.bad).sum())
    kept = work.size - refused - recognised
    return Counts(rows_in, kept, refused, dropped + recognised, work.sheet.cells)
