"""Intervals made as wide as past forecasts of the same table needed them to be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.scoring import interval_score

INNER = (0.1, 0.9)
"""Ends of the interval whose coverage is put right."""
COVER = 0.8
PER_LOOK = 3.0
"""Cutoffs, two months apart, that tell as much as one that stands alone."""
DOUBT = 1.0
"""Looks that speak for intervals as they are."""
MOST, FEWEST = 3.0, 50


def measure_factor(tested: pd.DataFrame) -> float:
    """Measure how much wider 80% intervals should have been; never under 1.

    Weights and intervals of a small panel are chosen on the few past errors it has,
    so its intervals come out too narrow; a backtest that saw nothing of the months
    it judges tells by how much. Few cutoffs move the factor little.

    Parameters
    ----------
    tested
        What `backtest` returns.
    """
    if len(tested) < FEWEST:
        return 1.0
    middle, truth = tested["q0.5"].to_numpy(), tested["nyata"].to_numpy()
    low, high = (tested[f"q{end:g}"].to_numpy() for end in INNER)
    width = np.where(truth >= middle, high - middle, middle - low)
    gap = np.abs(truth - middle)
    still = np.where(gap > 0, MOST, 0.0)
    ratio = np.divide(gap, width, out=still, where=width > 0)
    needed = float(np.clip(np.quantile(ratio, COVER), 1.0, MOST))
    looks = tested["cutoff"].nunique() / PER_LOOK
    return float(needed ** (looks / (looks + DOUBT)))


def widen(quantiles: np.ndarray, middle: int, factor: float) -> np.ndarray:
    """Stretch quantiles (last axis) around their median, number `middle`."""
    centre = quantiles[..., middle : middle + 1]
    return centre + (quantiles - centre) * factor


def widen_tested(tested: pd.DataFrame) -> pd.DataFrame:
    """Stretch each cutoff's intervals by what was known at that cutoff.

    Parameters
    ----------
    tested
        What `backtest` returns.

    Returns
    -------
    DataFrame
        The same rows, with quantiles and ``wis`` as they would have been told.
    """
    names = [name for name in tested.columns if name.startswith("q")]
    probabilities = np.array([float(name[1:]) for name in names])
    middle = int(np.flatnonzero(probabilities == 0.5)[0])
    quantiles = tested[names].to_numpy(copy=True)
    for cutoff in tested["cutoff"].unique():
        known = tested[tested["periode"] <= cutoff]
        rows = (tested["cutoff"] == cutoff).to_numpy()
        quantiles[rows] = widen(quantiles[rows], middle, measure_factor(known))
    out = tested.copy()
    out[names] = quantiles
    wis = interval_score(tested["nyata"].to_numpy(), quantiles, probabilities)
    return out.assign(wis=wis)
