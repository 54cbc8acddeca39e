"""Moods: how the rates of a country and of its regions move, and for how long.

A mood that lasts is neither white noise, which a year averages out, nor a walk, whose
spread never stops growing: each month keeps a share of the last one's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PER_GUNCANGAN = (
    "ingat_bersama",
    "gerak_bersama",
    "derau_bersama",
    "rata_bersama",
    "tingkat_bersama",
    "galat_bersama",
    "ingat_wilayah",
    "gerak_wilayah",
    "derau_wilayah",
    "rata_wilayah",
)
_INGAT = (0.5, 0.75, 0.9, 1.0)
"""Share of a mood that is left a month later."""
_GERAK = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16)
"""What a month adds to a mood, on a log scale."""
_DERAU = (0.0, 0.03, 0.06, 0.1, 0.18, 0.35)
_BIAYA_GERAK = 0.5
"""A mood must earn its keep: 36 months of noise suggest a small one easily."""
_GALAT_RANTAI = 0.02
"""Error of a rate common to all because a chain knows ages and not people: those who
seldom skip stay among the payers, those who never cure among the old debts."""
_EPS = 1e-9


@dataclass(frozen=True)
class Movement:
    """Movement of a rate on a log scale: a mood that fades, and monthly noise.

    Both have a part common to all regions and one of each region's own. ``ingat`` is
    the share of a mood left a month later, ``gerak`` what a month adds to it, ``derau``
    the noise, ``rata`` the error of the rate the mood returns to.
    """

    ingat_bersama: float
    gerak_bersama: float
    derau_bersama: float
    rata_bersama: float
    tingkat_bersama: float
    galat_bersama: float
    ingat_wilayah: float
    gerak_wilayah: float
    derau_wilayah: float
    rata_wilayah: float
    tingkat: np.ndarray
    galat: np.ndarray
    """(regions,): mood of the last month and its error."""


def log_ratio(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return log observed / expected, steadied for small counts."""
    return np.log((np.maximum(observed, 0) + 0.5) / (np.maximum(expected, 0) + 0.5))


def fit_moods(observed: np.ndarray, expected: np.ndarray, used: np.ndarray) -> Movement:
    """Estimate how rates of regions move, net of counting noise.

    Parameters
    ----------
    observed, expected
        People, (months, regions).
    used
        Where they are known.
    """
    z = np.where(used, log_ratio(observed, expected), np.nan)
    noise = np.where(used, 1 / np.maximum(expected, 1.0), np.nan)
    weight = np.nan_to_num(1 / (noise + 1e-3))
    total = np.maximum(weight.sum(axis=1, keepdims=True), _EPS)
    common = (np.nan_to_num(z) * weight).sum(axis=1, keepdims=True) / total
    common = np.where(used.any(axis=1, keepdims=True), common, np.nan)
    top = _fit_mood(common, 1 / total)
    own = _fit_mood(z - common, noise)
    common_error = float(np.hypot(top.rata, _GALAT_RANTAI))
    return Movement(
        top.ingat, top.gerak, top.derau, common_error,
        float(top.tingkat[0]), float(top.galat[0]),
        own.ingat, own.gerak, own.derau, own.rata, own.tingkat, own.galat,
    )  # fmt: skip


@dataclass(frozen=True)
class _Mood:
    ingat: float
    gerak: float
    derau: float
    rata: float
    tingkat: np.ndarray
    galat: np.ndarray


def _fit_mood(z: np.ndarray, noise: np.ndarray) -> _Mood:
    """Average a fading mood plus noise over a grid of settings by their likelihood.

    Three years hold few moods: the most likely setting alone promises too much.
    """
    grid = np.meshgrid(_INGAT, _GERAK, _DERAU, indexing="ij")
    ingat, gerak, derau = (part.ravel() for part in grid)
    once = (gerak > 0) | (ingat == _INGAT[0])
    ingat, gerak, derau = ingat[once], gerak[once], derau[once]
    settings = (ingat[:, None], gerak[:, None], derau[:, None])
    score, level, error = _filter(z, noise, settings)
    score = score - _BIAYA_GERAK * (gerak > 0)
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    mean = weight @ level
    wide = weight @ (error**2 + level**2) - mean**2
    moved = max(float(weight @ gerak**2), 0.0)
    kept = float(weight @ (gerak**2 * ingat)) / moved if moved > 0 else 0.0
    noisy = float(weight @ derau**2)
    months = max(float((~np.isnan(z)).sum(axis=0).mean()), 1.0)
    rest = _error_of_mean(kept, moved, months) + noisy / months
    return _Mood(
        kept,
        moved**0.5,
        noisy**0.5,
        rest**0.5,
        mean,
        np.sqrt(np.maximum(wide, 0.0)),
    )


def _error_of_mean(ingat: float, moved: float, months: float) -> float:
    """Return the variance of the mean of a mood over the months it was seen."""
    if ingat >= 1:
        return 0.0
    still = moved / (1 - ingat**2)
    return float(min(still * (1 + ingat) / ((1 - ingat) * months), still))


def _filter(
    z: np.ndarray, noise: np.ndarray, settings: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run the Kalman filter of every column for every setting at once.

    A mood starts with the spread it has in the long run; a walk, whose rates are
    already fitted to the whole window, with that about its own mean.
    """
    ingat, gerak, derau = settings
    still = gerak**2 / np.maximum(1 - ingat**2, _EPS)
    begin = np.where(ingat < 1, still, gerak**2 * len(z) / 3)
    state = np.zeros((len(ingat), z.shape[1]))
    var = state + begin
    loglik = np.zeros(len(ingat))
    for now, wide in zip(z, noise, strict=True):
        state, var = ingat * state, ingat**2 * var + gerak**2
        known = ~np.isnan(now)
        spread = np.where(known, var + np.nan_to_num(wide) + derau**2 + _EPS, 1.0)
        gap = np.where(known, np.nan_to_num(now) - state, 0.0)
        loglik -= 0.5 * (known * (np.log(spread) + gap**2 / spread)).sum(axis=1)
        gain = np.where(known, var / spread, 0.0)
        state, var = state + gain * gap, var * (1 - gain)
    return loglik, state, np.sqrt(var)


def draw_moods(
    shock: Movement,
    index: np.ndarray,
    *,
    horizon: int,
    draws: int,
    rng: np.random.Generator,
    lebar: float = 1.0,
) -> np.ndarray:
    """Draw factors on a rate, (months, units, draws): fading mood times noise.

    Parameters
    ----------
    shock
        Fitted moods.
    index
        Region of each unit.
    horizon, draws, rng
        Months ahead, number of draws and source of chance.
    lebar
        Factor on the spread of moods and of the rate they return to.
    """
    regions = int(index.max()) + 1

    def normal(*shape: int) -> np.ndarray:
        return lebar * rng.standard_normal(shape)

    level = shock.tingkat[:, None] + shock.galat[:, None] * normal(regions, draws)
    common = shock.tingkat_bersama + shock.galat_bersama * normal(draws)
    mean = shock.rata_wilayah * normal(regions, draws)
    mean = mean + shock.rata_bersama * normal(draws)
    out = np.empty((horizon, len(index), draws), dtype=np.float32)
    for h in range(horizon):
        moved = shock.gerak_wilayah * normal(regions, draws)
        level = shock.ingat_wilayah * level + moved
        common = shock.ingat_bersama * common + shock.gerak_bersama * normal(draws)
        noise = shock.derau_wilayah * rng.standard_normal(level.shape)
        shared = common + shock.derau_bersama * rng.standard_normal(draws)
        out[h] = np.exp(mean + level + noise + shared)[index]
    return out
