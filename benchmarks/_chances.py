"""Chances told at past origins beside what came, with only the record known then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from benchmarks._panel import LATE, cut_panel, list_origins, read_panel
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.record import (
    CASES,
    KEPT,
    STEPS,
    TENTHS,
    correct_chances,
    judge_steps,
    list_chances,
)
from jkn_analysis.forecasting.width import widen_tested

HORIZON = 12


def lay_told(known: pd.DataFrame, truth: pd.Series, *, kind) -> pd.DataFrame:
    """Lay one origin's quantiles beside the truth, as `backtest` does."""
    made = forecast(known, horizon_months=HORIZON, kind=kind)
    wide = made.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    ).add_prefix("q")
    last = known.sort_values("periode").groupby("seri")["nilai"].last()
    naif = last.reindex(wide.index.get_level_values("seri")).to_numpy()
    return wide.assign(nyata=truth.reindex(wide.index), naif=naif).dropna()


def judge_origin(known: pd.DataFrame, truth: pd.Series, *, kind, left) -> pd.DataFrame:
    """Return chances computed and told at one origin, and whether they came.

    Those of the series `left` are reported; nothing was chosen on them.
    """
    tested = widen_tested(backtest(known, horizon_months=HORIZON, kind=kind))
    record = judge_steps(tested, rate=kind == "rate")
    laid = lay_told(known, truth, kind=kind)
    chance, came = list_chances(laid, rate=kind == "rate")
    told, _ = correct_chances(chance, record)
    half = np.tile(laid.index.get_level_values("seri").isin(left), len(STEPS))
    frame = {"computed": chance, "told": told, "came": came, "reported": half}
    return pd.DataFrame(frame)


def list_panel() -> Iterator[pd.DataFrame]:
    """Judge every origin of the JKN panel."""
    panel = read_panel()
    truth = panel.set_index(["seri", "periode"])["nilai"]
    odd = [name for name in panel["seri"].unique() if int(name) % 2 == 1]
    for cutoff in list_origins():
        left = odd if cutoff >= pd.Timestamp(LATE) else []
        known = cut_panel(panel, cutoff)
        yield judge_origin(known, truth, kind="amount", left=left)


def list_rates(tasks: Iterable) -> Iterator[pd.DataFrame]:
    """Judge every origin of the foreign rates."""
    for task in tasks:
        known = task.history
        last = known.groupby("seri")["periode"].max()
        months = [
            last + pd.DateOffset(months=ahead + 1) for ahead in range(task.horizon)
        ]
        index = [(seri, one[seri]) for seri in last.index for one in months]
        truth = pd.Series(task.truth.ravel(), pd.MultiIndex.from_tuples(index))
        left = sorted(last.index)[1::2] if task.newest else []
        yield judge_origin(known, truth, kind="rate", left=left)


def report_chances(tasks: Iterable) -> None:
    """Print computed and told chances by tenths, beside how often they came.

    Told ones on the half left for reporting too, as `report_halves` leaves it.
    """
    for name, frames in (("JKN", list_panel()), ("foreign rates", list_rates(tasks))):
        table = pd.concat(frames)
        print(f"\nchances, {name}: tenths with {CASES} cases or more")
        _show_tenths(table, "computed", "computed")
        _show_tenths(table, "told", "told")
        for half, kept in (("reported on", True), ("chosen on", False)):
            _show_tenths(table[table["reported"] == kept], "told", f"told, {half}")


def _show_tenths(table: pd.DataFrame, column: str, label: str) -> None:
    """Print one column of chances by tenths, and the widest gap to what came."""
    tenth = np.minimum((table[column] * TENTHS).astype(int), TENTHS - 1)
    parts = table.groupby(tenth)
    mean = parts[[column, "came"]].mean().assign(cases=parts.size())
    mean = mean[mean["cases"] >= CASES]
    gap = mean["came"] - mean[column]
    brier = ((table[column] - table["came"]) ** 2).mean()
    print(mean.assign(gap=gap).round(3).T.to_string())
    print(
        f"{label}: widest gap {gap.abs().max():.3f} (bar {KEPT}), "
        f"Brier score {brier:.4f}"
    )
