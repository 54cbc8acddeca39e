"""How wide a told interval is: past errors, what few months hide, decrees, record."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.breaks import PULSE
from jkn_analysis.forecasting.intervals import (
    HABITS,
    SHAPE,
    Scores,
    complete_scores,
    doubt_short,
    find_january,
    near_months,
    pool_scores,
    scale_errors,
)
from jkn_analysis.forecasting.scoring import interval_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.forecasting.ensemble import Paths
    from jkn_analysis.forecasting.events import Event
    from jkn_analysis.forecasting.panel import Ending, Kind


def spread_out(
    centre: np.ndarray, errors: np.ndarray, paths: Paths, probabilities: np.ndarray
) -> tuple[np.ndarray, Scores]:
    """Lay quantiles around forecasts, as wide as past errors say.

    Parameters
    ----------
    centre
        Forecasts of the newest cutoff, series x horizon.
    errors
        Truth minus forecast at past cutoffs, cutoffs x series x horizon.
    paths
        What the forecasts came from.
    probabilities
        Wanted quantiles, 0.5 among them.

    Returns
    -------
    tuple
        Series x horizon x probabilities, and the scaled errors.
    """
    ending, kind = paths.endings[0], paths.kind
    scores = scale_errors(
        errors,
        paths.base[0],
        paths.backs,
        kind=kind,
        months=ending.months,
        january=find_january(paths.months, errors.shape[2]),
    )
    pooled = complete_scores(pool_scores(scores, probabilities), probabilities)
    spread = pooled[None] * scores.spread[:, :, None]
    quantiles = np.sort(centre[:, :, None] + spread, axis=2)
    quantiles = doubt_endings(quantiles, probabilities, ending, kind=kind)
    if kind == "amount":
        level, months = (
            np.abs(paths.points[0, 0, :, 0]),
            float(np.median(ending.months)),
        )
        quantiles = lean_on_others(
            quantiles, probabilities, level, january=scores.january[0], months=months
        )
    return quantiles, scores


def doubt_endings(
    quantiles: np.ndarray, probabilities: np.ndarray, ending: Ending, *, kind: Kind
) -> np.ndarray:
    """Widen the quantiles of series whose newest months are in doubt.

    A series shorter than its panel is known less well; one that stands still is older
    than it looks; and after a jump without precedent the old level may come back.

    Parameters
    ----------
    quantiles
        Series x horizon x probabilities.
    probabilities
        With 0.5 among them.
    ending
        How the histories end.
    kind
        Chooses how errors grow and how often a jump was but a spike.
    """
    habit = HABITS[kind]
    middle = int(np.flatnonzero(probabilities == 0.5)[0])
    ahead = np.arange(1, quantiles.shape[1] + 1)
    wider = doubt_short(ending.months) / doubt_short(np.median(ending.months))
    older = ((ahead + ending.stale[:, None]) / ahead) ** habit.growth
    factor = np.maximum(wider, 1.0)[:, None] * older
    centre = quantiles[:, :, middle, None]
    wide = centre + (quantiles - centre) * factor[:, :, None]
    side = np.where(ending.jump > 0, probabilities[:, None], 1 - probabilities[:, None])
    back = np.clip(2 * (1 - side / habit.spike), 0.0, 1.0) * ending.jump
    return np.sort(wide - back.T[:, None, :], axis=2)


def lean_on_others(
    quantiles: np.ndarray,
    probabilities: np.ndarray,
    level: np.ndarray,
    *,
    january: np.ndarray,
    months: float,
) -> np.ndarray:
    """Lean the widths of few or short series on how far counts moved elsewhere.

    A region alone cannot tell from its own calm months how often lists are cut, nor
    can several that have seen no more than a January or two. The
    reference is the relative change of participants in 475 kabupaten/kota over 1 to
    12 months, June 2016 to December 2019, larger in small ones and over a January.

    Parameters
    ----------
    quantiles
        Series x horizon x probabilities.
    probabilities
        With 0.5 among them.
    level
        Last value of each series.
    january
        By month ahead, whether a January lies between.
    months
        Typical length of the histories.
    """
    middle = int(np.flatnonzero(probabilities == 0.5)[0])
    ahead = np.arange(1, quantiles.shape[1] + 1)
    share = OTHERS_SHARE * ahead**OTHERS_GROWTH + OTHERS_JANUARY * january
    small = np.maximum(OTHERS_LEVEL / np.maximum(level, 1.0), 1.0) ** OTHERS_SMALL
    width = np.interp(np.abs(2 * probabilities - 1), *OTHERS_SHAPE)
    usual = (level * small)[:, None, None] * share[:, None] * width
    own = quantiles - quantiles[:, :, middle, None]
    side = np.sign(probabilities - 0.5)
    young = np.clip((LEAN_MONTHS - months) / LEAN_MONTHS, 0.0, 1.0)
    lean = max(LEAN_ALONE / len(level) ** 1.5, LEAN_YOUNG * float(young))
    size = np.maximum(side * own, 1e-9 * usual)
    leaned = np.where(usual > 0, size ** (1 - lean) * usual**lean, size)
    return quantiles[:, :, middle, None] + side * leaned


LEAN_ALONE = 0.9
"""How far a series alone leans on others; of several, less by the power 1.5."""
LEAN_YOUNG, LEAN_MONTHS = 1.0, 48.0
"""How far series without any history lean on others, and months after which none do."""
OTHERS_SHARE, OTHERS_GROWTH, OTHERS_JANUARY = 0.0145, 0.8, 0.015
OTHERS_LEVEL, OTHERS_SMALL = 300_000.0, 0.2
OTHERS_SHAPE = ((0.0, 0.5, 0.8, 0.95, 0.99), (0.0, 0.36, 1.0, 3.0, 5.0))
"""Half-width of the central 80% interval of others as a share of the level, what a
January adds, how it grows below a size, and other intervals in its terms."""


@dataclass(frozen=True)
class Shocks:
    """Decrees nobody announced: how far each series would move, and how likely.

    ``down`` and ``up`` are sizes by series, positive; the chances, by month ahead, are
    that one has come by then.
    """

    down: np.ndarray
    up: np.ndarray
    chance_down: np.ndarray
    chance_up: np.ndarray


def mix_shocks(
    quantiles: np.ndarray, probabilities: np.ndarray, shocks: Shocks
) -> np.ndarray:
    """Widen quantiles to those of a mixture with decrees nobody announced.

    The median stays: a decree that is not announced moves no centre.

    Parameters
    ----------
    quantiles
        Series x horizon x probabilities.
    probabilities
        With 0.1, 0.5 and 0.9 among them.
    shocks
        Of the same series and horizon.
    """
    middle, inner = (int(np.abs(probabilities - p).argmin()) for p in (0.5, 0.1))
    out = quantiles.copy()
    sides = (
        (shocks.down, shocks.chance_down, np.arange(middle)),
        (shocks.up, shocks.chance_up, np.arange(len(probabilities) - 1, middle, -1)),
    )
    for size, chance, columns in sides:
        if not (size > 0).any():
            continue
        tails = np.minimum(probabilities, 1 - probabilities)[columns]
        centre = quantiles[:, :, middle]
        own = np.abs(quantiles[:, :, columns] - centre[:, :, None])
        unit = own[:, :, inner]
        sign = -1.0 if columns[0] == 0 else 1.0
        for h, seen in enumerate(chance):
            ratio = size / np.maximum(unit[:, h], 1e-9 * np.maximum(size, 1e-9))
            wide = _stretch(float(seen), np.minimum(ratio, RATIOS[-1]), tails)
            wide = np.maximum(own[:, h], wide * unit[:, h, None])
            out[:, h, columns] = centre[:, h, None] + sign * wide
    return out


RATIOS = np.r_[0.0, np.geomspace(0.1, 50.0, 28)]
"""Sizes of a decree, in half-widths of the 80% interval, that are worked out."""
SIZES = (0.5, 1.0, 1.5)
"""A decree not announced may be as large as those before, or half less or more."""


def _stretch(chance: float, ratio: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """Return tails of the mixture in half-widths of the 80% interval; rows x tails."""
    table = np.empty((len(RATIOS), len(tails)))
    for at, size in enumerate(RATIOS):
        x = np.linspace(-1.6 * size - 4.0, 0.0, 400)
        moved = np.mean([_usual_share(x + size * part) for part in SIZES], axis=0)
        mixed = (1 - chance) * _usual_share(x) + chance * moved
        table[at] = -np.interp(tails, mixed, x)
    return np.stack([np.interp(ratio, RATIOS, part) for part in table.T], axis=1)


def _usual_share(x: np.ndarray) -> np.ndarray:
    """Return the share of outcomes under `x` half-widths, by the usual shape."""
    central, width = np.array(SHAPE)
    ends = np.r_[-(width[::-1]), width[1:]] / width[2]
    shares = np.r_[(1 - central[::-1]) / 2, (1 + central[1:]) / 2]
    return np.interp(x, ends, shares)


def add_events(
    quantiles: np.ndarray, probabilities: np.ndarray, events: list[Event]
) -> np.ndarray:
    """Shift paths by events to come, each with its own uncertainty.

    Parameters
    ----------
    quantiles
        Series x horizon x probabilities.
    probabilities
        Rising, with 0.5 among them.
    events
        Those after a series' last month act.
    """
    out = quantiles.copy()
    horizon = out.shape[1]
    middle = int(np.flatnonzero(probabilities == 0.5)[0])
    normal = np.array([NormalDist().inv_cdf(float(p)) for p in probabilities])
    for event in events:
        first = -event.back - 1
        if event.back >= 0 or first >= horizon:
            continue
        until = first + 1 if event.jenis == PULSE else horizon
        part = out[event.row, first:until]
        centre = part[:, middle : middle + 1]
        own = part - centre
        wider = np.sign(normal) * np.sqrt(own**2 + (normal * event.spread) ** 2)
        out[event.row, first:until] = centre + event.size + wider
    return out


INNER = (0.1, 0.9)
"""Ends of the interval whose coverage is put right."""
COVER = 0.8
PER_LOOK = 3.0
"""Cutoffs, two months apart, that tell as much as one that stands alone."""
DOUBT = 0.1
"""Looks that speak for intervals as they are."""
MOST, FEWEST = 3.0, 50


def measure_factors(tested: pd.DataFrame, horizon: int) -> np.ndarray:
    """Measure how much wider 80% intervals should have been; never under 1.

    Weights and intervals of a small panel are chosen on the few past errors it has,
    so its intervals come out too narrow; a backtest that saw nothing of the months
    it judges tells by how much. Few cutoffs move the factor little.

    Parameters
    ----------
    tested
        What `backtest` returns.
    horizon
        Months ahead.

    Returns
    -------
    ndarray
        By month ahead, each read from the months near it.
    """
    if len(tested) < FEWEST:
        return np.ones(horizon)
    middle, truth = tested["q0.5"].to_numpy(), tested["nyata"].to_numpy()
    low, high = (tested[f"q{end:g}"].to_numpy() for end in INNER)
    width = np.where(truth >= middle, high - middle, middle - low)
    gap = np.abs(truth - middle)
    still = np.where(gap > 0, MOST, 0.0)
    ratio = np.divide(gap, width, out=still, where=width > 0)
    order = np.argsort(ratio, kind="stable")
    ratio, seen = ratio[order], tested["horizon_bulan"].to_numpy()[order]
    reached = tested.groupby("cutoff")["horizon_bulan"].max().to_numpy()
    near = near_months(max(horizon, int(seen.max())))
    factors = np.empty(horizon)
    for h in range(horizon):
        share = np.cumsum(near[seen - 1, h])
        at = np.searchsorted(share, COVER * share[-1])
        needed = float(np.clip(ratio[min(at, len(ratio) - 1)], 1.0, MOST))
        looks = np.minimum(reached / (h + 1), 1.0).sum() / PER_LOOK
        factors[h] = needed ** (looks / (looks + DOUBT))
    return factors


def widen(quantiles: np.ndarray, middle: int, factor: np.ndarray) -> np.ndarray:
    """Stretch quantiles (last axis) around their median, number `middle`."""
    centre = quantiles[..., middle : middle + 1]
    return centre + (quantiles - centre) * factor[..., None]


def is_upper(names: pd.Series) -> np.ndarray:
    """Tell which region codes are those of a provinsi or the country.

    What moves a whole provinsi evens out in no sum, so its errors have their own width.
    """
    return names.str.len().le(KODE_PROVINSI).to_numpy()


KODE_PROVINSI = 2


def choose_factors(known: Sequence[pd.DataFrame], horizon: int) -> np.ndarray:
    """Return the widest that any of several records of one forecast asks for."""
    return np.max([measure_factors(part, horizon) for part in known], axis=0)


def widen_tested(
    tested: pd.DataFrame, beside: Sequence[pd.DataFrame] = (), *, now: bool = False
) -> pd.DataFrame:
    """Stretch each cutoff's intervals by what was known at that cutoff.

    Parameters
    ----------
    tested
        What `backtest` returns for region codes.
    beside
        Backtests of rates that are made of this count and ask for its width too.
    now
        Stretch by what is known today instead: how wide intervals are told now.

    Returns
    -------
    DataFrame
        The same rows, with quantiles and ``wis`` as they would have been told.
    """
    names = [name for name in tested.columns if name.startswith("q")]
    probabilities = np.array([float(name[1:]) for name in names])
    middle = int(np.flatnonzero(probabilities == 0.5)[0])
    quantiles = tested[names].to_numpy(copy=True)
    upper, ahead = is_upper(tested["seri"]), tested["horizon_bulan"].to_numpy()
    records = (tested, *beside)
    for level in np.unique(upper):
        own = [part[is_upper(part["seri"]) == level] for part in records]
        for cutoff in tested["cutoff"].unique():
            until = tested["periode"].max() if now else cutoff
            known = [part[part["periode"] <= until] for part in own]
            rows = (upper == level) & (tested["cutoff"] == cutoff).to_numpy()
            factors = choose_factors(known, int(ahead.max()))
            quantiles[rows] = widen(quantiles[rows], middle, factors[ahead[rows] - 1])
    out = tested.copy()
    out[names] = quantiles
    wis = interval_score(tested["nyata"].to_numpy(), quantiles, probabilities)
    return out.assign(wis=wis)
