"""Errors of the combined forecast at past cutoffs, scaled and pooled over a panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jkn_analysis.forecasting.panel import Kind

HALF_LIFE = 9.0
"""Months after which a past cutoff's errors count half."""
OTHER = 0.05
"""What a cutoff without a January tells of months with one: lists of people are cut
and filled in January, and a half-year without one looks calm."""
APART = 9
"""Cutoffs nearer than this are left out when a cutoff's own error is scaled."""
CALM_HALF_LIFE = 6.0
CALM_SERIES = 8
CALM_POWER = 1.0
SHORT = 3
"""Months ahead whose errors tell how calm a time is."""


@dataclass(frozen=True)
class Habit:
    """How errors of a kind of series grow, from 23 public sets and 900 series.

    ``level`` x months ahead to the power ``growth`` is the median error in monthly
    changes; ``cutoffs`` of the panel's behaviour weigh as much as a series' own, and
    ``half_life`` is the months after which that own behaviour counts half.
    ``month_cutoffs`` of a series' behaviour at all months ahead weigh as much as its
    behaviour near one of them; infinite where errors grow alike in all series.
    ``spike`` is how often a jump without precedent is taken back, ``kept`` what part
    of past errors is made again in a panel whose series err together: its past holds
    shocks that are over.
    """

    level: float
    growth: float
    cutoffs: float
    half_life: float
    month_cutoffs: float
    spike: float
    kept: float


HABITS: dict[Kind, Habit] = {
    "rate": Habit(0.47, 0.5, 6.0, 24.0, np.inf, spike=0.35, kept=0.95),
    "amount": Habit(0.38, 0.7, 6.0, 24.0, np.inf, spike=0.12, kept=0.82),
    "value": Habit(0.52, 0.25, 2.0, np.inf, 4.0, spike=0.35, kept=0.9),
}
SHORT_MONTHS, USUAL_MONTHS = 8.0, 60.0
"""Months of history at which intervals are twice as wide as of an endless one, and
those of the sets the habits come from."""
MONTH_REACH = 0.5
"""How far in logarithms of months ahead a series' errors tell of one another."""
MEAN_OVER_MEDIAN = 1.25
SHAPE = ((0.0, 0.5, 0.8, 0.95, 0.99), (0.0, 1.0, 1.9, 3.7, 5.6))
"""Half-widths of central intervals over the median error, in those sets."""
SHAPE_LOOKS, LEVEL_LOOKS_ABOVE, LEVEL_LOOKS_BELOW = 4.0, 1.0, 6.0
"""Independent looks at the future at which a panel's own errors weigh as much as the
usual shape, and as the usual level: larger errors are sooner believed than smaller."""
SHOCK_LEVEL, SHOCK_GROWTH, SHOCK_CUTOFFS = 0.39, 0.6, 20.0
"""Errors beyond the usual of all sets are a shock that hit the whole panel at once:
the few cutoffs that saw it weigh against this many ordinary ones."""
WILD_FROM, WILD_MOST = 4.6, 5.2
MIN_SCORES = 3
FEW_LOOKS = 0.5
"""Looks at which a width read from so many is half too narrow: as a Student's spread
is wider than a normal one."""


@dataclass(frozen=True)
class Scores:
    """Past errors in units of each series' scale, and the scales to undo it.

    ``scaled`` is cutoffs x series x horizon, each cutoff scaled by what the others
    tell of the series; ``scale`` is each series' unit for the months to come and
    ``spread`` the same by month ahead; ``usual`` the median error of other panels by
    month ahead, in that unit; ``january`` (cutoffs x horizon, the newest first)
    whether a January lies between; ``kept`` as in `Habit`.
    """

    scaled: np.ndarray
    scale: np.ndarray
    spread: np.ndarray
    backs: np.ndarray
    usual: np.ndarray
    january: np.ndarray
    kept: float


def find_january(months: np.ndarray, horizon: int) -> np.ndarray:
    """Tell whether a January lies between each month and `horizon` months after it.

    Parameters
    ----------
    months
        Counted since 1970-01.

    Examples
    --------
    >>> december, june = 11, 17
    >>> find_january(np.array([december, june]), 7).sum(axis=1).tolist()
    [7, 1]
    """
    year = months[:, None] // 12
    return (months[:, None] + np.arange(1, horizon + 1)) // 12 > year


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Return quantiles of weighted values, interpolated between midpoints."""
    order = np.argsort(values, kind="stable")
    sorted_values, sorted_weights = values[order], weights[order]
    position = np.cumsum(sorted_weights) - 0.5 * sorted_weights
    return np.interp(probabilities, position / sorted_weights.sum(), sorted_values)


def _find_typical(size: np.ndarray, known: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Return the panel's typical error by month ahead, each series counting alike.

    A geometric mean over series of their errors against the usual: one series gone
    wild in a small panel must not widen the others.
    """
    count = known.sum(axis=0)
    mean = np.minimum(size, 50.0).sum(axis=0) / np.maximum(count, 1)
    ratio = np.log(np.maximum(mean / (MEAN_OVER_MEDIAN * usual), 0.05))
    has = count > 0
    shift = np.where(has, ratio, 0).sum(axis=0) / (has.sum(axis=0) + 2)
    return MEAN_OVER_MEDIAN * usual * np.exp(shift)


def scale_errors(
    errors: np.ndarray,
    base: np.ndarray,
    backs: np.ndarray,
    *,
    kind: Kind = "amount",
    months: np.ndarray | None = None,
    january: np.ndarray | None = None,
) -> Scores:
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
    kind
        Chooses the habit.
    months
        Known months of each series; taken as many if not given.
    january
        As in `Scores`; none if not given.
    """
    habit = HABITS[kind]
    horizon = errors.shape[2]
    usual = habit.level * np.arange(1, horizon + 1) ** habit.growth
    if months is not None:
        usual = usual * doubt_short(np.median(months)) / doubt_short(USUAL_MONTHS)
    unit = np.where(base > 0, base, 1.0)
    known = np.isfinite(errors)
    size = np.where(known, np.abs(errors), 0.0) / unit[None, :, None]
    relative = size / _find_typical(size, known, usual)
    apart = np.abs(backs[:, None] - backs[None, :]) > APART
    apart = np.vstack([apart, np.ones(len(backs))]) * 0.5 ** (backs / habit.half_life)
    seen = known.sum(axis=2)
    mean = relative.sum(axis=2) / np.maximum(seen, 1)
    level = apart @ mean + habit.cutoffs
    level /= apart @ (seen > 0) + habit.cutoffs
    months = np.repeat(level[:, :, None], horizon, axis=2)
    if np.isfinite(habit.month_cutoffs):
        near = near_months(horizon)
        told = np.tensordot(apart, relative @ near, axes=1)
        count = np.tensordot(apart, known @ near, axes=1)
        months = (told + habit.month_cutoffs * months) / (count + habit.month_cutoffs)
    scaled = errors / (months[:-1] * unit[None, :, None])
    spread = months[-1] * base[:, None]
    if january is None:
        january = np.zeros((len(backs), horizon), dtype=bool)
    return Scores(scaled, level[-1] * base, spread, backs, usual, january, habit.kept)


def doubt_short(months: np.ndarray | float) -> np.ndarray | float:
    """Return how much wider intervals of a short history are than of a long one."""
    return 1 + SHORT_MONTHS / np.maximum(months, SHORT_MONTHS / 2)


def near_months(horizon: int) -> np.ndarray:
    """Return how much errors at one month ahead tell of another; columns sum to 1."""
    months = np.log(np.arange(1, horizon + 1))
    near = np.exp(-np.abs(months[:, None] - months[None, :]) / MONTH_REACH)
    return near / near.sum(axis=0)


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


def _share_shocks(scaled: np.ndarray) -> float:
    """Return how far a panel's series err together beyond chance: 0 not, 1 plainly."""
    beyond = []
    for h in range(scaled.shape[2]):
        count = np.isfinite(scaled[:, :, h]).sum(axis=1)
        if count.any():
            chance = 2 / np.pi / count[count > 0].mean()
            beyond.append(_measure_concord(scaled[:, :, h]) ** 2 - chance)
    return float(np.clip(np.mean(beyond) / TOGETHER, 0.0, 1.0)) if beyond else 0.0


TOGETHER = 0.1
"""Part of the errors' square that all series share at which they plainly err alike."""


def _count_looks(scores: Scores) -> np.ndarray:
    """Return by month ahead how many independent looks at the future there were.

    Cutoffs closer than the months ahead see much the same, and so do series that err
    to the same side; 0 where fewer than three errors are known.
    """
    looks = np.zeros(scores.scaled.shape[2])
    for h in range(len(looks)):
        known = np.isfinite(scores.scaled[:, :, h])
        if known.sum() < MIN_SCORES:
            continue
        span = np.ptp(scores.backs[known.any(axis=1)])
        apart = min((span + h + 1) / (h + 1), known.sum() / 3)
        looks[h] = apart / _measure_concord(scores.scaled[:, :, h]) ** 2
    return looks


def _temper_shock(middle: float, month: int, looks: float) -> float:
    """Return the factor that keeps a shock of the whole panel from ruling on."""
    usual = SHOCK_LEVEL * month**SHOCK_GROWTH
    if middle <= usual:
        return 1.0
    return (usual / middle) ** (SHOCK_CUTOFFS / (SHOCK_CUTOFFS + looks))


def _widen_wild(middle: float, far: float) -> float:
    """Return the factor for panels whose rare large moves come and go in waves.

    Where the worst twentieth dwarfs the median, how often moves come is itself
    unknown, and the past year's count of them promises too much.
    """
    ratio = far / middle if middle > 0 else WILD_FROM
    return float(np.clip(ratio / WILD_FROM, 1.0, WILD_MOST))


def _expect(scores: Scores, looks: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the median error to expect by month ahead: the usual, moved to the panel.

    How far it moves depends on how much the panel has seen.
    """
    relative = np.abs(scores.scaled) / (MEAN_OVER_MEDIAN * scores.usual)
    known = np.isfinite(relative)
    if not known.any():
        return scores.usual
    weight = np.where(known, weights[:, None, None], 0.0)
    mean = (weight * np.minimum(np.where(known, relative, 0.0), 6.0)).sum()
    mean /= weight.sum()
    seen = looks[looks > 0].mean() if looks.any() else 0.0
    needed = LEVEL_LOOKS_ABOVE if mean > 1 else LEVEL_LOOKS_BELOW
    return scores.usual * max(mean, 1e-6) ** (seen / (seen + needed))


def pool_scores(scores: Scores, probabilities: np.ndarray) -> np.ndarray:
    """Return quantiles of scaled errors around the median; horizon x probabilities.

    Recent cutoffs weigh more; where a January is to come, those that had one too,
    each as one shock however old. The fewer independent looks at the future a panel
    had, the nearer its quantiles lie to those of other panels.
    """
    scaled = scores.scaled * _follow_calm(scores)[:, None, None]
    calm = replace(scores, scaled=scaled)
    age = 0.5 ** (scores.backs / HALF_LIFE)
    looks = _count_looks(calm)
    side = np.sign(probabilities - 0.5)
    width = np.interp(np.abs(2 * probabilities - 1), *SHAPE)
    expected = np.outer(_expect(calm, looks, age), width)
    asked = np.append(probabilities, 0.5)
    kept = scores.kept ** _share_shocks(calm.scaled)
    for h in np.flatnonzero(looks):
        known = np.isfinite(scaled[:, :, h])
        ahead = scores.january[:, h]
        weight = np.where(ahead, 1.0, OTHER * age) if ahead[0] else age
        weights = np.broadcast_to(weight[:, None], known.shape)[known]
        values = scaled[:, :, h][known]
        found = weighted_quantiles(values, weights, asked)
        size = np.abs(values)
        middle, far = weighted_quantiles(size, weights, np.array([0.5, 0.95]))
        trust = looks[h] / (looks[h] + SHAPE_LOOKS)
        factor = 1.0 if ahead[0] else _temper_shock(middle, int(h) + 1, looks[h])
        factor *= kept * _widen_wild(middle, far) ** trust
        own = np.maximum(side * (found[:-1] - found[-1]) * factor, 1e-9 * expected[h])
        expected[h] = own**trust * expected[h] ** (1 - trust)
    few = 1 + FEW_LOOKS / np.maximum(looks, 1.0)
    return side * expected * few[:, None]


def complete_scores(scores: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Keep widths from shrinking with distance."""
    side = np.sign(probabilities - 0.5)
    return side * np.maximum.accumulate(side * scores, axis=0)
