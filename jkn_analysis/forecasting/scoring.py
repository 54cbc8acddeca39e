"""Scores of forecasts: scaled errors, weighted interval score, coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

SEASON = 12


def interval_score(
    truth: np.ndarray, quantiles: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Compute the weighted interval score as twice the mean quantile loss.

    With the median and both ends of central intervals this is the score of the
    forecast hubs (Bracher et al. 2021, doi 10.1371/journal.pcbi.1008618).

    Parameters
    ----------
    truth
        Any shape.
    quantiles
        The same shape with one more axis, of `probabilities`.
    probabilities
        Rising.

    Examples
    --------
    >>> three = np.array([[8.0, 10.0, 12.0]])
    >>> interval_score(np.array([10.0]), three, np.array([0.1, 0.5, 0.9])).round(3)
    array([0.267])
    """
    gap = truth[..., None] - quantiles
    loss = np.maximum(probabilities * gap, (probabilities - 1) * gap)
    return 2 * loss.mean(axis=-1)


def naive_quantiles(
    values: np.ndarray, horizon: int, normal: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the last value and the last year with normal intervals.

    The opponents as a statistics library prints them: the spread of one month's (one
    year's) changes, growing with the root of the months (years) ahead.

    Parameters
    ----------
    values
        Series x months, right-aligned, NaN where missing, last month known.
    horizon
        Months ahead.
    normal
        Normal scores of the wanted probabilities.

    Returns
    -------
    tuple
        Two arrays, series x horizon x probabilities.
    """
    from jkn_analysis.forecasting.panel import fill_gaps

    filled, start = fill_gaps(values)
    width = values.shape[1]
    ahead = np.arange(1, horizon + 1)
    month = np.arange(width)[None, :]

    def spread(lag: int) -> np.ndarray:
        if width <= lag:
            return np.zeros(len(values))
        change = filled[:, lag:] - filled[:, :-lag]
        used = month[:, lag:] >= (start + lag)[:, None]
        count = np.maximum(used.sum(axis=1), 1)
        mean = np.where(used, change, 0).sum(axis=1) / count
        gap = np.where(used, change - mean[:, None], 0)
        return np.sqrt((gap**2).sum(axis=1) / count)

    last = filled[:, -1][:, None, None]
    root = np.sqrt(ahead)[None, :, None]
    naive = last + spread(1)[:, None, None] * root * normal
    if width < SEASON:
        return naive, naive
    year = filled[:, width - SEASON :][:, (ahead - 1) % SEASON][:, :, None]
    years = np.sqrt((ahead - 1) // SEASON + 1)[None, :, None]
    seasonal = year + spread(SEASON)[:, None, None] * years * normal
    whole = (width - start >= SEASON)[:, None, None]
    return naive, np.where(whole, seasonal, naive)


def score(tested: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """Summarise a backtest by groups.

    Parameters
    ----------
    tested
        What `backtest` returns.
    by
        Columns to group by, such as ``["horizon_bulan"]``.

    Returns
    -------
    DataFrame
        The columns in `by`, then ``mase`` (error over the mean yearly change before
        the cutoff), ``mae_vs_naif`` and ``mae_vs_musiman``, ``wis_vs_naif`` and
        ``wis_vs_musiman`` (ratios of means, scaled per series), ``median_ape`` and
        that of the last value, ``cakupan50/80/95``, ``jumlah``.
    """
    known = tested.dropna(subset=["nyata", "skala"])
    unit = known["skala"]
    size = np.abs(known["nyata"]).where(known["nyata"] != 0)
    error = np.abs(known["nyata"] - known["q0.5"])
    naive = np.abs(known["nyata"] - known["naif"])
    parts = pd.DataFrame(
        {
            "e": error / unit,
            "n": naive / unit,
            "m": np.abs(known["nyata"] - known["musiman"]) / unit,
            "w": known["wis"] / unit,
            "wn": known["wis_naif"] / unit,
            "wm": known["wis_musiman"] / unit,
            "ape": error / size,
            "apen": naive / size,
        }
    )
    for level in (50, 80, 95):
        low, high = f"q{(100 - level) / 200:g}", f"q{(100 + level) / 200:g}"
        if low in known:
            inside = known["nyata"].between(known[low], known[high])
            parts[f"cakupan{level}"] = inside.astype(float)
    keys = [known[name] for name in by]
    grouped = parts.groupby(keys, observed=True)
    mean, middle = grouped.mean(), grouped[["ape", "apen"]].median()
    out = pd.DataFrame(
        {
            "mase": mean["e"],
            "mae_vs_naif": mean["e"] / mean["n"],
            "mae_vs_musiman": mean["e"] / mean["m"],
            "wis_vs_naif": mean["w"] / mean["wn"],
            "wis_vs_musiman": mean["w"] / mean["wm"],
            "median_ape": middle["ape"],
            "median_ape_naif": middle["apen"],
        }
    )
    covered = [name for name in map(str, parts) if name.startswith("cakupan")]
    out = out.join(mean[covered])
    return out.assign(jumlah=grouped.size()).reset_index()
