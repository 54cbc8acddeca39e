"""Chances of reaching a target, from joint paths of the months ahead."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

DENSE = np.array(
    [0.005, 0.01, 0.025, *(k / 20 for k in range(1, 20)), 0.975, 0.99, 0.995]
).round(6)
"""Probabilities at which a distribution is kept for drawing paths."""


def simulate_paths(
    quantiles: np.ndarray,
    probabilities: np.ndarray,
    correlation: np.ndarray,
    *,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw joint paths with the given distribution in each month.

    The months of one path move together as past forecast errors did: a Gaussian
    copula with their correlation, so a path that is low in June is low in July.

    Parameters
    ----------
    quantiles
        Series x horizon x probabilities.
    probabilities
        Rising, between 0 and 1.
    correlation
        Horizon x horizon, of past errors.
    draws
        Paths per series; the same chances serve every series.
    rng
        Source of chance.

    Returns
    -------
    ndarray
        Series x draws x horizon.
    """
    rows, horizon, _ = quantiles.shape
    half = rng.standard_normal((draws // 2, horizon))
    normal = np.concatenate([half, -half]) @ np.linalg.cholesky(correlation).T
    scores = np.array([NormalDist().inv_cdf(float(p)) for p in probabilities])
    at = np.clip(np.searchsorted(scores, normal) - 1, 0, len(scores) - 2)
    share = (normal - scores[at]) / (scores[at + 1] - scores[at])
    months = np.arange(horizon)[None, :]
    paths = np.empty((rows, len(normal), horizon))
    for i in range(rows):
        low, high = quantiles[i][months, at], quantiles[i][months, at + 1]
        paths[i] = low + share * (high - low)
    return paths


def correlate_errors(errors: np.ndarray) -> np.ndarray:
    """Return the correlation of errors between months ahead, over cutoffs and series.

    Parameters
    ----------
    errors
        Cutoffs x series x horizon in units of each series' scale, NaN where unknown.
    """
    horizon = errors.shape[2]
    flat = errors.reshape(-1, horizon)
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


def probability_reaching(paths: np.ndarray, target: float) -> np.ndarray:
    """Return the share of paths at or over `target`; series x horizon."""
    return (paths >= target).mean(axis=1)


@dataclass(frozen=True)
class Crossing:
    """When a series first reaches its target, counted in months ahead.

    ``chance`` is the share of paths that get there within the horizon; the months
    are quantiles over all paths, infinite where fewer paths than that arrive.
    """

    chance: np.ndarray
    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray


def find_crossing(
    paths: np.ndarray, target: float, *, level: float = 80, falling: bool = False
) -> Crossing:
    """Find the first month at or over a target (or under it), with its interval.

    Parameters
    ----------
    paths
        Series x draws x horizon.
    target
        The line to cross.
    level
        Central interval in percent.
    falling
        Look for the first month under the target instead.
    """
    hit = paths < target if falling else paths >= target
    arrives = hit.any(axis=2)
    month = np.where(arrives, hit.argmax(axis=2) + 1.0, np.inf)
    tail = (100 - level) / 200
    ordered = np.sort(month, axis=1)
    draws = ordered.shape[1]

    def pick(p: float) -> np.ndarray:
        return ordered[:, min(int(p * draws), draws - 1)]

    return Crossing(arrives.mean(axis=1), pick(0.5), pick(tail), pick(1 - tail))
