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
