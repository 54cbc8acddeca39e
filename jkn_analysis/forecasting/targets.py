"""Chances that series reach a target, and when, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.forecast import Outcome, forecast_panel, forecast_tree
from jkn_analysis.forecasting.hierarchy import build_tree
from jkn_analysis.forecasting.panel import Kind, Panel, build_months, build_panel
from jkn_analysis.forecasting.probability import (
    DENSE,
    correlate_errors,
    find_crossing,
    probability_reaching,
    simulate_paths,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 200
DRAWS = 2000


def measure_correlation(outcome: Outcome, horizon: int) -> np.ndarray:
    """Return how past errors of the months ahead moved together."""
    scale = np.where(outcome.scale > 0, outcome.scale, 1.0)
    return correlate_errors((outcome.errors / scale[None, :, None])[:, :, :horizon])


def forecast_chances(
    history: pd.DataFrame,
    *,
    target: float,
    horizon_months: int,
    kind: Kind,
    events: pd.DataFrame | None = None,
    hierarchy: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Forecast the chance that each series stands at or over a target each month.

    Chances come from joint paths, so those of one series agree with the month it is
    expected to cross the target.

    Parameters
    ----------
    history, kind, events, hierarchy
        As in `forecast`; with a hierarchy the sums have their chances too.
    target
        The line to reach, in the series' unit.
    horizon_months
        Months ahead.
    seed
        Of the paths.

    Returns
    -------
    DataFrame
        ``seri``; ``periode``; ``peluang`` to stand at or over the target in that
        month; and of the whole series ``peluang_tiba`` (to be there in any month of
        the horizon) and ``bulan_tiba``, ``bulan_awal``, ``bulan_akhir``: the month it
        is first there, in the middle and at both ends of an 80% interval over all
        paths, empty where so many paths do not arrive.

    Raises
    ------
    ForecastError
        As in `forecast`, and where the target is not a number.

    Examples
    --------
    >>> months = pd.date_range("2022-01-01", periods=48, freq="MS")
    >>> rate = [0.70 + 0.002 * month for month in range(48)]
    >>> history = pd.DataFrame({"seri": "82.71", "periode": months, "nilai": rate})
    >>> made = forecast_chances(history, target=0.8, horizon_months=6, kind="rate")
    >>> made["peluang"].between(0, 1).all()
    np.True_
    """
    if not np.isfinite(target):
        raise ForecastError(f"target {target} is not a number\n  → give one, as 0.80")
    panel = build_panel(history)
    options = {"horizon": horizon_months, "probabilities": DENSE, "kind": kind}
    if hierarchy is None:
        outcome = forecast_panel(panel, events=events, **options)  # type: ignore[arg-type]
    else:
        panel, tree = build_tree(panel, hierarchy)
        outcome = forecast_tree(panel, tree, events=events, **options)  # type: ignore[arg-type]
    parts = _list_chances(panel, outcome, target=target, seed=seed)
    return pd.concat(parts, ignore_index=True).astype({"seri": "str"})


def _list_chances(
    panel: Panel, outcome: Outcome, *, target: float, seed: int
) -> Iterator[pd.DataFrame]:
    """Yield the chances of some series at a time."""
    horizon = outcome.quantiles.shape[1]
    correlation = measure_correlation(outcome, horizon)
    ahead = np.arange(1, horizon + 1)
    for low in range(0, len(panel.names), CHUNK):
        rows = slice(low, low + CHUNK)
        paths = simulate_paths(
            outcome.quantiles[rows],
            DENSE,
            correlation,
            draws=DRAWS,
            rng=np.random.default_rng(seed),
        )
        crossing = find_crossing(paths, target)
        last = panel.last[rows]
        months = build_months((last[:, None] + ahead).ravel())
        frame = {
            "seri": np.repeat(panel.names[rows].astype(object), horizon),
            "periode": months,
            "peluang": probability_reaching(paths, target).ravel(),
            "peluang_tiba": np.repeat(crossing.chance, horizon),
        }
        found = (crossing.expected, crossing.low, crossing.high)
        names = ("bulan_tiba", "bulan_awal", "bulan_akhir")
        for name, months_ahead in zip(names, found, strict=True):
            frame[name] = np.repeat(_name_months(last, months_ahead), horizon)
        yield pd.DataFrame(frame)


def _name_months(last: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Return months ahead as dates; not a time where infinite."""
    sure = np.isfinite(ahead)
    months = build_months(last + np.where(sure, ahead, 0).astype(np.int64))
    return np.where(sure, months.to_numpy(), np.datetime64("NaT", "us"))


def judge_chances(
    tested: pd.DataFrame, target: float, *, steps: int = 5
) -> pd.DataFrame:
    """Lay the chances told at past cutoffs beside how often they came true.

    Parameters
    ----------
    tested
        What `backtest` returns.
    target
        The line to reach.
    steps
        Groups of equal width the chances are sorted into.

    Returns
    -------
    DataFrame
        ``dari`` and ``sampai`` (ends of a group of chances), ``dikatakan`` (their
        mean), ``terjadi`` (share that did reach the target), ``jumlah``. Chances
        beyond the outermost quantiles count as those quantiles.
    """
    names = [name for name in tested.columns if name.startswith("q")]
    ends = np.array([float(name[1:]) for name in names])
    quantiles = tested[names].to_numpy()
    chance = np.array(
        [1 - np.interp(target, _rising(row), ends) for row in quantiles]
    ).reshape(-1)
    group = np.minimum((chance * steps).astype(int), steps - 1)
    reached = (tested["nyata"] >= target).to_numpy()
    frame = pd.DataFrame({"grup": group, "dikatakan": chance, "terjadi": reached})
    parts = frame.groupby("grup")
    out = parts[["dikatakan", "terjadi"]].mean().assign(jumlah=parts.size())
    out.insert(0, "dari", out.index / steps)
    out.insert(1, "sampai", (out.index + 1) / steps)
    return out.reset_index(drop=True)


def _rising(row: np.ndarray) -> np.ndarray:
    """Part equal quantiles by a hair, so that a chance can be read between them."""
    return row + np.arange(len(row)) * 1e-12 * max(float(np.abs(row).max()), 1.0)
