"""Rules between the rows and columns of one delivery."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.roles import MEASURE_KINDS
from jkn_analysis.cleaning.problems import faults
from jkn_analysis.cleaning.rows.work import MOST_LISTED, PLACE, Work, due_of, report_at
from jkn_analysis.cleaning.values.cells import Cell, look
from jkn_analysis.cleaning.words import say
from jkn_analysis.tables import SIGNED, Table

DENSE = 8
"""Codes of keys up to this many times the rows are counted in an array."""


def _listed(
    works: Sequence[Work], rows: pd.DataFrame, kind: str
) -> Iterator[tuple[Cell, pd.Series]]:
    """Yield the faulty rows to list one by one; the rest are refused and counted."""
    _pass_over(works, rows.iloc[MOST_LISTED:], kind)
    yield from rows.iloc[:MOST_LISTED].iterrows()


def _pass_over(works: Sequence[Work], rows: pd.DataFrame, kind: str) -> None:
    """Refuse faulty rows without listing them."""
    for number, own in rows.groupby("_sheet"):
        work = works[int(number)]  # type: ignore[arg-type]
        work.bad[own["_row"].to_numpy(dtype=int)] = True
        work.unlisted[kind] += len(own)


def check_keys(table: Table, works: Sequence[Work], frame: pd.DataFrame) -> None:
    """Report rows that lack a part of their key."""
    for name in table.key:
        column = table.column(name)
        if column.optional or column.kind in {"kode", "periode"}:
            continue
        if name not in frame or frame[name].isna().all():
            for work in works:
                work.bad[:] = True
            if not _lacks(works, name):
                works[0].report("missing_column:key", name=name)
            continue
        lacking = frame[frame[name].isna()].drop_duplicates(["_sheet", "_row"])
        for _, row in _listed(works, lacking, "missing"):
            report_at(works, row, name, "missing:key")
        _check_choices(column, works, frame, name)


def check_future(works: Sequence[Work], frame: pd.DataFrame) -> None:
    """Report months that have not ended yet and so cannot have been measured."""
    latest = works[0].settings.latest
    if latest is None or "periode" not in frame:
        return
    limit = pd.Timestamp(latest.year, latest.month, 1)
    late = frame[frame["periode"] > limit].drop_duplicates(
        ["_sheet", "_row", "periode"]
    )
    for _, row in _listed(works, late, "future"):
        month, last = _show(row["periode"]), f"{limit:%Y-%m}"
        report_at(works, row, "periode", "future", value=month, limit=last)


def _lacks(works: Sequence[Work], name: str) -> bool:
    """Tell whether a missing column was reported already."""
    return any(
        problem.kind == "missing_column" and f"'{name}'" in problem.message
        for work in works
        for problem in work.problems
    )


def _check_choices(
    column: Cell,
    works: Sequence[Work],
    frame: pd.DataFrame,
    name: str,
) -> None:
    """Report segmen that the table has no rows for."""
    if not column.choices or column.kind != "segmen":
        return
    wrong = frame[frame[name].notna() & ~frame[name].isin(column.choices)]
    for _, row in _listed(works, wrong, "choice"):
        choices = ", ".join(column.choices)
        report_at(works, row, name, "choice", value=str(row[name]), choices=choices)


def fill_dashes(
    works: Sequence[Work],
    frame: pd.DataFrame,
    measures: Sequence[str],
    proven: Sequence[set[int]],
) -> pd.DataFrame:
    """Return rows whose dashes are 0 where the printed total of their column says so.

    A dash for a budget's shift says that there is none; one for a figure that may be
    missing says that it is not known. `proven` holds by sheet the columns whose printed
    totals are their sums.
    """
    frame, due = frame.copy(deep=False), due_of(works[0].table)
    for name in [name for name in measures if name in {*frame} & due]:
        for place, row in frame[frame[name].isna()].iterrows():
            column = row.get(PLACE + name)
            if pd.isna(row["_sheet"]) or pd.isna(column):
                continue
            work, number = works[int(row["_sheet"])], int(column)
            cell = work.cells(number).iloc[int(row["_row"])]
            nothing = number in proven[int(row["_sheet"])] or name in SIGNED
            if nothing and look(cell) == "mark":
                frame.loc[place, name] = 0
    return frame


def check_missing(
    table: Table, works: Sequence[Work], frame: pd.DataFrame, measures: Sequence[str]
) -> pd.DataFrame:
    """Report rows that lack a required figure.

    Registered participants alone are a delivery too: their active ones are not known.
    """
    for name in [name for name in measures if name in due_of(table)]:
        if name == "aktif_jiwa" and name not in frame and _are_registered(works):
            works[0].note(say("no active participants given: stored as not known"))
            frame = frame.assign(**{name: np.nan})
            continue
        if name not in frame:
            headings = ", ".join(
                f"'{' / '.join(h)}'" for h in works[0].sheet.headers[:12]
            )
            works[0].report(
                "missing_column:measure", name=name, found=headings, table=table.name
            )
            for work in works:
                work.bad[:] = True
            continue
        lacking = frame[frame[name].isna()]
        for _, row in _listed(works, lacking, "missing"):
            report_at(works, row, name, "missing:number")
    return frame


_OF_ACTIVE = re.compile(
    r"aktif|menunggak|target|sasaran|rencana|selisih|mutasi|rasio|[%]|persen", re.I
)


def _are_registered(works: Sequence[Work]) -> bool:
    """Tell whether nothing in a delivery says that its figures are of another kind."""
    sheets = [work.sheet for work in works]
    said = [line for s in sheets for line in (*s.title, s.sheet, s.path.stem)]
    said += [" ".join(parts) for s in sheets for parts in s.headers]
    faulty = any(faults(work.problems) for work in works)
    return not faulty and not any(map(_OF_ACTIVE.search, said))


def check_duplicates(
    table: Table, works: Sequence[Work], frame: pd.DataFrame
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
        where = say("row {row}", row=work.sheet.row_numbers[index])
        sheet = ""
        if work.sheet.sheet:
            sheet = say(" of sheet '{sheet}'", sheet=work.sheet.sheet)
        report_at(
            works,
            row,
            key[0],
            "duplicate",
            value=", ".join(_show(row[name]) for name in key),
            key=", ".join(key),
            where=where,
            sheet=sheet,
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
        counts = np.bincount(code)
        several = counts.max(initial=0) > 1
        return counts[code] > 1 if several else np.zeros(len(code), dtype=bool)
    return pd.Series(code).duplicated(keep=False).to_numpy()


def _show(value: Cell) -> str:
    """Write a key's value for a message."""
    return value.strftime("%Y-%m") if isinstance(value, pd.Timestamp) else str(value)


def check_rules(table: Table, works: Sequence[Work], frame: pd.DataFrame) -> None:
    """Report rows that break a rule between their columns."""
    for rule in table.rules:
        if not set(rule.columns) <= set(frame.columns):
            continue
        figures = frame[list(rule.columns)]
        others = [n for n in ("terdaftar_jiwa", "aktif_jiwa") if n in frame]
        figures = frame[list(dict.fromkeys([*figures.columns, *others]))]
        counts = [n for n in figures if table.column(str(n)).kind in MEASURE_KINDS]
        figures = figures.astype(dict.fromkeys(counts, "Float64"))
        wrong = frame[~rule.holds(figures).to_numpy(dtype=bool)]
        for _, row in _listed(works, wrong, rule.name):
            values = " and ".join(
                f"{row[name]:.0f}" if isinstance(row[name], float) else str(row[name])
                for name in rule.columns
            )
            report_at(works, row, rule.columns[0], rule.name, value=values)
