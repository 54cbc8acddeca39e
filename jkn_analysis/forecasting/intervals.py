"""Intervals from the errors of the combined forecast at past cutoffs, pooled."""

from __future__ import annotations

import numpy as np

RECENT_HALF_LIFE = 18.0


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Return quantiles of weighted values, interpolated between midpoints."""
    order = np.argsort(values, kind="stable")
    sorted_values, sorted_weights = values[order], weights[order]
    position = np.cumsum(sorted_weights) - 0.5 * sorted_weights
    return np.interp(probabilities, position / sorted_weights.sum(), sorted_values)


def pool_scores(
    errors: np.ndarray,
    backs: np.ndarray,
    scale: np.ndarray,
    probabilities: np.ndarray,
) -> np.ndarray:
    """Return quantiles of scaled errors per month ahead; horizon x probabilities.

    Parameters
    ----------
    errors
        Truth minus forecast: cutoffs x series x horizon, NaN where not known.
    backs
        Months of each cutoff before the last.
    scale
        Cutoff-free scale of each series.
    probabilities
        Wanted quantiles.
    """
    horizon = errors.shape[2]
    scores = errors / scale[None, :, None]
    out = np.full((horizon, len(probabilities)), np.nan)
    age = 0.5 ** (backs / RECENT_HALF_LIFE)
    for h in range(horizon):
        known = np.isfinite(scores[:, :, h])
        if known.sum() < 3:
            continue
        weights = np.broadcast_to(age[:, None], known.shape)[known]
        out[h] = weighted_quantiles(scores[:, :, h][known], weights, probabilities)
    return out


def series_scale(errors: np.ndarray, base: np.ndarray, *, own: float = 4.0) -> np.ndarray:
    """Blend each series' own past error with its monthly change, as the panel relates them."""
    size = np.abs(errors)
    known = np.isfinite(size)
    typical = np.where(known, size, 0).sum(axis=(0, 1)) / np.maximum(
        known.sum(axis=(0, 1)), 1
    )
    relative = np.where(known, size, 0) / np.where(typical > 0, typical, 1.0)
    count = known.any(axis=2).sum(axis=0)
    mean = relative.sum(axis=(0, 2)) / np.maximum(known.sum(axis=(0, 2)), 1)
    reached = (count > 0) & (base > 0)
    ratio = np.median(mean[reached] / base[reached]) if reached.any() else 1.0
    prior = base * max(ratio, 1e-12)
    return (count * mean + own * prior) / (count + own)
