"""How errors of months ahead move together, for drawing joint paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.forecasting.width import PER_LOOK

if TYPE_CHECKING:
    from jkn_analysis.forecasting.hierarchy import Outcome

DENSE = np.array(
    [0.005, 0.01, 0.025, *(k / 20 for k in range(1, 20)), 0.975, 0.99, 0.995]
).round(6)
"""Probabilities at which a distribution is kept for drawing paths."""


def correlate_errors(one: np.ndarray, other: np.ndarray, *, cutoffs: int) -> float:
    """Return how past errors of two counts move together, 0 to 1.

    Errors of one cutoff are one look, however many regions made them, so what is seen
    leans on `USUAL` as on one look more.
    """
    known = np.isfinite(one) & np.isfinite(other)
    x, y = one[known], other[known]
    size = float(np.sqrt((x**2).sum() * (y**2).sum()))
    if size == 0:
        return USUAL
    looks, seen = cutoffs / PER_LOOK, np.clip((x * y).sum() / size, 0.0, 1.0)
    return float((looks * seen + USUAL) / (looks + 1))


USUAL = 0.5
"""How far errors of two counts are taken to move together before any are known."""


def measure_correlation(outcome: Outcome, horizon: int) -> np.ndarray:
    """Return the correlation of past errors between months ahead; horizon x horizon.

    Over cutoffs and series, each error in units of its series' scale, leaning a little
    on that of a random walk; a random walk's where too few errors are known.
    """
    scale = np.where(outcome.scale > 0, outcome.scale, 1.0)
    scaled = outcome.errors / scale[None, :, None]
    flat = scaled[:, :, :horizon].reshape(-1, horizon)
    steps = np.arange(1, horizon + 1)
    walk = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    whole = flat[np.isfinite(flat).all(axis=1)]
    if len(whole) < 4 * horizon:
        return walk
    spread = np.median(np.abs(whole), axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    clipped = np.clip(whole / spread, -6, 6)
    power = np.sqrt((clipped**2).mean(axis=0))
    power = np.where(power > 0, power, 1.0)
    seen = (clipped.T @ clipped) / len(clipped) / np.outer(power, power)
    blend = 0.9 * seen + 0.1 * walk
    np.fill_diagonal(blend, 1.0)
    return blend + 1e-9 * np.eye(horizon)
