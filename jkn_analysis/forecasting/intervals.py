"""Intervals from the errors of the combined forecast at past cutoffs, pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HALF_LIFE = 9.0
"""Months after which a past cutoff's errors count half."""
OWN_CUTOFFS = 4.0
"""Cutoffs of the panel's behaviour that weigh as much as a series' own."""
APART = 9
"""Cutoffs nearer than this are left out when a cutoff's own error is scaled."""
CALM_HALF_LIFE = 6.0
CALM_SERIES = 8
CALM_POWER = 1.0
SHORT = 3
"""Months ahead whose errors tell how calm a time is."""
USUAL_LEVEL, USUAL_GROWTH = 0.42, 0.6
"""Median error of ordinary monthly series: level x months ahead to this power, in
monthly changes (fitted on 23 public sets, see benchmarks/forecast.py)."""
SHOCK_FACTOR, SHOCK_CUTOFFS = 1.0, 20.0
"""Errors beyond this times the usual are a shock that hit the whole panel at once:
the few cutoffs that saw it weigh against this many ordinary ones."""
NORMAL = (
    (0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 0.995),
    (-2.576, -1.96, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.96, 2.576),
)
WILD_FROM, WILD_POWER, WILD_MOST = 4.3, 0.5, 4.0
MIN_SCORES = 3


@dataclass(frozen=True)
class Scores:
    """Past errors in units of each series' scale, and the scales to undo it.

    ``scaled`` is cutoffs x series x horizon, each cutoff scaled by what the others
    tell of the series; ``scale`` is each series' unit for the months to come.
    """

    scaled: np.ndarray
    scale: np.ndarray
    backs: np.ndarray


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Return quantiles of weighted values, interpolated between midpoints."""
    order = np.argsort(values, kind="stable")
    sorted_values, sorted_weights = values[order], weights[order]
    position = np.cumsum(sorted_weights) - 0.5 * sorted_weights
    return np.interp(probabilities, position / sorted_weights.sum(), sorted_values)


def scale_errors(errors: np.ndarray, base: np.ndarray, backs: np.ndarray) -> Scores:
    """Scale errors by series, each cutoff blind to its own error.

    Scaling an error by an average it is part of makes extremes look ordinary and
    intervals too narrow; here the average comes from cutoffs at least `APART` away,
    shrunk to the panel's.

    Parameters
    ----------
    errors
        Truth minus forecast: cutoffs x series x horizon, NaN where not known.
    base
        Typical monthly change of each series.
    backs
        Months of each cutoff before the last.
    """
    unit = np.where(base > 0, base, 1.0)
    known = np.isfinite(errors)
    size = np.where(known, np.abs(errors), 0.0) / unit[None, :, None]
    count = known.sum(axis=(0, 1))
    typical = np.minimum(size, 50.0).sum(axis=(0, 1)) / np.maximum(count, 1)
    relative = size / np.where(typical > 0, typical, 1.0)
    seen = known.sum(axis=2)
    mean = relative.sum(axis=2) / np.maximum(seen, 1)
    has = (seen > 0).astype(float)
    apart = (np.abs(backs[:, None] - backs[None, :]) > APART).astype(float)
    others = (apart @ (has * mean) + OWN_CUTOFFS) / (apart @ has + OWN_CUTOFFS)
    own = ((has * mean).sum(axis=0) + OWN_CUTOFFS) / (has.sum(axis=0) + OWN_CUTOFFS)
    scaled = errors / (others * unit)[:, :, None]
    return Scores(scaled, own * base, backs)


def _follow_calm(scores: Scores) -> np.ndarray:
    """Return a factor per cutoff: how calm the panel is now against then."""
    short = np.abs(scores.scaled[:, :, :SHORT])
    known = np.isfinite(short)
    short = np.where(known, np.minimum(short, 5.0), 0.0)
    typical = short.sum(axis=(0, 1)) / np.maximum(known.sum(axis=(0, 1)), 1)
    relative = short / np.where(typical > 0, typical, 1.0)
    count = known.sum(axis=(1, 2))
    series = known.any(axis=2).sum(axis=1)
    mean = relative.sum(axis=(1, 2)) / np.maximum(count, 1)
    stir = (mean * series + CALM_SERIES) / (series + CALM_SERIES)
    backs, horizon = scores.backs, scores.scaled.shape[2]
    live = count > 0
    weight = 0.5 ** (backs / CALM_HALF_LIFE) * live
    now = (weight * stir).sum() / max(weight.sum(), 1e-12) if live.any() else 1.0
    gap = backs[:, None] - backs[None, :]
    during = ((gap >= 0) & (gap <= horizon) & live[None, :]).astype(float)
    then = (during @ stir) / np.maximum(during.sum(axis=1), 1)
    return (now / np.where(then > 0, then, now)) ** CALM_POWER


def _measure_concord(scaled: np.ndarray) -> float:
    """Return how far the series of one cutoff err to the same side; 1 if all do."""
    known = np.isfinite(scaled)
    side = np.where(known, np.sign(scaled), 0.0)
    count = known.sum(axis=1)
    alike = np.abs(side.sum(axis=1))[count > 0] / count[count > 0]
    return max(float(alike.mean()), 1e-3)


def _temper_shock(middle: float, month: int, looks: float) -> float:
    """Return the factor that keeps a shock of the whole panel from ruling on."""
    usual = SHOCK_FACTOR * USUAL_LEVEL * month**USUAL_GROWTH
    if middle <= usual:
        return 1.0
    return (usual / middle) ** (SHOCK_CUTOFFS / (SHOCK_CUTOFFS + looks))


def _widen_wild(middle: float, far: float) -> float:
    """Return the factor for panels whose rare large moves come and go in waves.

    Where the worst twentieth dwarfs the median, how often moves come is itself
    unknown, and the past year's count of them promises too much.
    """
    ratio = far / middle if middle > 0 else WILD_FROM
    return float(np.clip(ratio / WILD_FROM, 1.0, WILD_MOST) ** WILD_POWER)


def pool_scores(scores: Scores, probabilities: np.ndarray) -> np.ndarray:
    """Return quantiles of scaled errors around the median; horizon x probabilities.

    Recent cutoffs weigh more; NaN where fewer than three errors are known.
    """
    scaled = scores.scaled * _follow_calm(scores)[:, None, None]
    age = 0.5 ** (scores.backs / HALF_LIFE)
    horizon = scaled.shape[2]
    out = np.full((horizon, len(probabilities)), np.nan)
    asked = np.append(probabilities, 0.5)
    for h in range(horizon):
        known = np.isfinite(scaled[:, :, h])
        if known.sum() < MIN_SCORES:
            continue
        weights = np.broadcast_to(age[:, None], known.shape)[known]
        values = scaled[:, :, h][known]
        found = weighted_quantiles(values, weights, asked)
        backs = scores.backs[known.any(axis=1)]
        looks = min((np.ptp(backs) + h + 1) / (h + 1), known.sum() / 3)
        looks /= _measure_concord(scaled[:, :, h]) ** 2
        middle = weighted_quantiles(np.abs(values), weights, np.array([0.5]))[0]
        far = weighted_quantiles(np.abs(values), weights, np.array([0.95]))[0]
        factor = _temper_shock(middle, h + 1, looks) * _widen_wild(middle, far)
        out[h] = (found[:-1] - found[-1]) * factor
    return out


def complete_scores(scores: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Fill months ahead that no cutoff reached; widths never shrink with distance."""
    normal = np.interp(probabilities, *NORMAL)
    side = np.sign(probabilities - 0.5)
    out = np.empty_like(scores)
    for h, found in enumerate(scores):
        if np.isnan(found).any():
            grown = out[h - 1] * np.sqrt((h + 1) / h) if h else 1.5 * normal
            found = grown
        width = np.maximum(side * found, side * out[h - 1]) if h else side * found
        out[h] = side * np.maximum(width, 0.0)
    return out
