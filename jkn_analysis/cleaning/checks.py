"""Figures that must agree with each other: totals, percents, months, deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.cleaning.problems import Problem
from jkn_analysis.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.cleaning.cleaner import CleanResult, _Sheet
    from jkn_analysis.cleaning.problems import Severity


def check_printed(work: _Sheet) -> None:
    """Compare the totals and percents printed in a sheet with its rows."""


def check_sums(result: CleanResult, works: Sequence[_Sheet]) -> None:
    """Compare totals of regions and segmen with the sums of their parts."""


def settle_overlap(
    older: pd.DataFrame, result: CleanResult, *, overlap: str, name: str
) -> tuple[pd.DataFrame, pd.DataFrame, Problem | None]:
    """Settle the keys that a later delivery shares with earlier ones.

    Equal rows are kept once. Where they differ the later delivery is refused, or wins
    if the settings say so; either way the differences are listed.

    Returns
    -------
    tuple
        Rows to add, earlier rows to keep, and the problem to report, if any.
    """
    table = TABLES[result.table]
    key = list(table.key)
    fresh = result.frame
    keyed = fresh.merge(older, on=key, how="inner", suffixes=("", "_lama"))
    if not len(keyed):
        return fresh, older, None
    measures = [n for n in table.names if n not in key and f"{n}_lama" in keyed]
    differs = pd.Series(data=False, index=keyed.index)
    for column in measures:
        one, two = keyed[column], keyed[f"{column}_lama"]
        differs |= ~((one == two) | (one.isna() & two.isna())).fillna(value=False).astype(bool)
    merged = fresh.merge(older[key].assign(_twice=True), on=key, how="left")
    twice = merged["_twice"].fillna(value=False).astype(bool).to_numpy()
    if not differs.any():
        return fresh[~twice], older, _overlap_problem(keyed, key, name, "note", "are equal")
    listed = _list_differences(keyed[differs], key, measures)
    said = f"differ in {int(differs.sum())}: {listed}"
    if overlap != "later":
        return fresh, older, _overlap_problem(keyed, key, name, "fault", said)
    marked = older.merge(fresh[key].assign(_twice=True), on=key, how="left")
    keep = ~marked["_twice"].fillna(value=False).astype(bool).to_numpy()
    return fresh, older[keep], _overlap_problem(keyed, key, name, "suspicion", said)


def _list_differences(
    rows: pd.DataFrame, key: Sequence[str], measures: Sequence[str]
) -> str:
    """Write the first differences of two deliveries."""
    shown = []
    for _, row in rows.head(5).iterrows():
        where = ", ".join(_show(row[name]) for name in key)
        changed = [
            f"{name} {row[f'{name}_lama']} → {row[name]}"
            for name in measures
            if str(row[name]) != str(row[f"{name}_lama"])
        ]
        shown.append(f"{where}: {'; '.join(changed)}")
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return " | ".join(shown) + more


def _overlap_problem(
    keyed: pd.DataFrame, key: Sequence[str], name: str, severity: Severity, said: str
) -> Problem:
    """Describe an overlap."""
    first = ", ".join(_show(keyed.iloc[0][column]) for column in key)
    return Problem(
        file=name,
        kind="overlap",
        message=f"{len(keyed)} rows (first: {first}) are in an earlier delivery too; they {said}",
        remedy="take one of the two out, or set build.overlap = \"later\" for the later to win"
        if severity == "fault"
        else "",
        severity=severity,
    )


def _show(value: object) -> str:
    """Write a key's value for a message."""
    return value.strftime("%Y-%m") if isinstance(value, pd.Timestamp) else str(value)


def check_tables(tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Check stored tables against each other."""
    return []
