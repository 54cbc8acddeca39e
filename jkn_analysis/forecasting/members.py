"""Forecast methods that take a whole stack of series at once.

A stack is a matrix of rows, each a series as it stood at one cutoff, right-aligned and
scaled; ``start`` is the first column in use. Every method is linear algebra over the
stack: no loop over series, so a country costs little more than a region.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

SEASON = 12
_RIDGE = 1e-3


@dataclass(frozen=True)
class Grid:
    """Smoothing parameters, one set per row: level, trend, damping."""

    alpha: np.ndarray
    beta: np.ndarray
    phi: np.ndarray
    parameters: np.ndarray
    groups: dict[str, tuple[int, int]]


@lru_cache(maxsize=1)
def build_grid() -> Grid:
    """List the smoothing models tried on every series."""
    level = [(a, 0.0, 0.0, 1) for a in (0.05, 0.12, 0.25, 0.4, 0.55, 0.7, 0.85, 1)]
    damped = [
        (a, b, phi, 4)
        for a in (0.15, 0.4, 0.7, 1.0)
        for b in (0.05, 0.15, 0.4)
        for phi in (0.85, 0.95)
    ]
    drift = [(a, 0.0, 1.0, 2) for a in (0.1, 0.35, 0.65, 1.0)]
    alpha, beta, phi, parameters = np.array(level + damped + drift, dtype=float).T
    first, last = len(level), len(level) + len(damped)
    groups = {"level": (0, first), "damped": (first, last)}
    return Grid(alpha, beta, phi, parameters, groups)


@dataclass(frozen=True)
class _Response:
    """What a unit of initial level or trend does to errors and to later states."""

    error: np.ndarray
    gram: np.ndarray
    level: np.ndarray
    trend: np.ndarray


@lru_cache(maxsize=4)
def _build_response(width: int) -> _Response:
    """Run every smoothing model on empty data from unit initial states.

    The errors of a smoothing model are linear in its initial state, so the best
    initial state is one small least-squares problem, the same for all series.
    """
    grid = build_grid()
    size = len(grid.alpha)
    level = np.zeros((size, 2))
    trend = np.zeros((size, 2))
    level[:, 0] = 1.0
    trend[:, 1] = grid.phi > 0
    alpha, beta, phi = (part[:, None] for part in (grid.alpha, grid.beta, grid.phi))
    errors = np.zeros((size, width, 2))
    levels, trends = np.zeros((2, size, width + 1, 2))
    for age in range(width):
        levels[:, age], trends[:, age] = level, trend
        ahead = level + phi * trend
        errors[:, age] = -ahead
        level = ahead - alpha * ahead
        trend = phi * trend - alpha * beta * ahead
    levels[:, width], trends[:, width] = level, trend
    gram = np.zeros((size, width + 1, 2, 2))
    gram[:, 1:] = np.cumsum(errors[..., :, None] * errors[..., None, :], axis=1)
    return _Response(errors, gram, levels, trends)


@dataclass(frozen=True)
class Smoothed:
    """States after the last month and the fit of every smoothing model."""

    level: np.ndarray
    trend: np.ndarray
    sse: np.ndarray


def smooth(z: np.ndarray, start: np.ndarray) -> Smoothed:
    """Run all smoothing models over a stack with their best initial states.

    Parameters
    ----------
    z
        Rows x months, right-aligned, zero before ``start``.
    start
        First month in use of each row.
    """
    grid = build_grid()
    rows, width = z.shape
    response = _build_response(width)
    size = len(grid.alpha)
    alpha, phi = grid.alpha[:, None], grid.phi[:, None]
    trend_gain = (grid.alpha * grid.beta)[:, None]
    level, trend, sse, to_level, to_trend = np.zeros((5, size, rows))
    first = int(start.min()) if rows else 0
    age = np.arange(width)[None, :] - start[:, None]
    same = bool((start == first).all())
    for t in range(first, width):
        trend *= phi
        level += trend
        error = z[:, t] - level
        level += alpha * error
        trend += trend_gain * error
        sse += error * error
        at = [int(age[0, t])] if same else np.clip(age[:, t], 0, None)
        to_level += response.error[:, at, 0] * error
        to_trend += response.error[:, at, 1] * error
    length = (width - start).astype(int)
    gram = response.gram[:, length]
    has_trend = (grid.phi > 0)[:, None]
    a = gram[..., 0, 0] + _RIDGE
    d = np.where(has_trend, gram[..., 1, 1] + _RIDGE, 1.0)
    c = np.where(has_trend, gram[..., 0, 1], 0.0)
    to_trend = np.where(has_trend, to_trend, 0.0)
    determinant = a * d - c * c
    level0 = -(d * to_level - c * to_trend) / determinant
    trend0 = -(a * to_trend - c * to_level) / determinant
    sse = sse + level0 * to_level + trend0 * to_trend
    by_level, by_trend = response.level[:, length], response.trend[:, length]
    level = level + by_level[..., 0] * level0 + by_level[..., 1] * trend0
    trend = trend + by_trend[..., 0] * level0 + by_trend[..., 1] * trend0
    return Smoothed(level, trend, np.maximum(sse, 0.0))


def _model_weights(
    sse: np.ndarray, parameters: np.ndarray, months: np.ndarray
) -> np.ndarray:
    """Weigh models by AIC from their in-sample fit; shape (models, rows)."""
    floor = 1e-4 * months
    score = months * np.log(sse + floor) + 2.0 * parameters[:, None]
    score -= score.min(axis=0)
    weight = np.exp(-0.5 * score)
    return weight / weight.sum(axis=0)


def _project(
    fit: Smoothed, weight: np.ndarray, low: int, high: int, horizon: int
) -> np.ndarray:
    """Average the forecasts of models ``low`` to ``high``; shape (rows, horizon)."""
    grid = build_grid()
    powers = np.cumsum(grid.phi[low:high, None] ** np.arange(1, horizon + 1), axis=1)
    level = (weight * fit.level[low:high]).sum(axis=0)
    return np.asarray(level[:, None] + (weight * fit.trend[low:high]).T @ powers)


def forecast_smooth(
    z: np.ndarray, start: np.ndarray, horizon: int
) -> dict[str, np.ndarray]:
    """Forecast by damped trend, Theta and the mean of all ETS.

    Parameters
    ----------
    z
        Seasonally adjusted stack.
    start
        First month in use of each row.
    horizon
        Months ahead.

    Returns
    -------
    dict
        Member name to rows x horizon.
    """
    grid = build_grid()
    fit = smooth(z, start)
    months = np.maximum(z.shape[1] - start, 1).astype(float)
    paths = {}
    spans = {**grid.groups, "ets": (0, len(grid.alpha)), "theta": grid.groups["level"]}
    for name in ("damped", "ets", "theta"):
        low, high = spans[name]
        weight = _model_weights(fit.sse[low:high], grid.parameters[low:high], months)
        paths[name] = _project(fit, weight, low, high, horizon)
    paths["theta"] += _half_drift(z, start, weight, horizon)
    return paths


def _half_drift(
    z: np.ndarray, start: np.ndarray, weight: np.ndarray, horizon: int
) -> np.ndarray:
    """Return the Theta method's half of the straight line's slope, by month ahead."""
    grid = build_grid()
    low, high = grid.groups["level"]
    width = z.shape[1]
    used = np.arange(width)[None, :] >= start[:, None]
    months = used.sum(axis=1)
    age = np.where(used, np.arange(width) - (start + width - 1)[:, None] / 2, 0.0)
    slope = (age * z).sum(axis=1) / np.maximum((age * age).sum(axis=1), 1e-9)
    alpha = grid.alpha[low:high, None]
    lag = (weight * (1 - (1 - alpha) ** months) / alpha).sum(axis=0)
    steps = np.arange(horizon)[None, :] + lag[:, None]
    return 0.5 * slope[:, None] * steps


def estimate_season(z: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the seasonal shape around a centred year's mean.

    Returns
    -------
    shape
        Rows x 12 by column modulo 12, summing to zero; zero where under two years.
    noise
        Variance of one entry of the shape; infinite where it cannot be told.
    """
    rows, width = z.shape
    shape, noise = np.zeros((rows, SEASON)), np.full(rows, np.inf)
    if width < 2 * SEASON:
        return shape, noise
    total = np.concatenate([np.zeros((rows, 1)), np.cumsum(z, axis=1)], axis=1)
    window = total[:, SEASON:] - total[:, :-SEASON]
    trend = np.full_like(z, np.nan)
    trend[:, 6 : width - 6] = (window[:, :-1] + window[:, 1:]) / (2 * SEASON)
    ready = np.arange(width)[None, :] >= (start + 6)[:, None]
    ready &= np.isfinite(trend)
    ready[:, width - 6 :] = False
    detrended = np.where(ready, z - np.nan_to_num(trend), 0.0)
    slot = np.arange(width) % SEASON
    member = np.eye(SEASON)[slot]
    count = ready.astype(float) @ member
    mean = detrended @ member / np.maximum(count, 1)
    whole = (count >= 1).all(axis=1)
    mean -= mean.mean(axis=1, keepdims=True)
    rest = np.where(ready, detrended - mean[:, slot], 0.0)
    freedom = ready.sum(axis=1) - SEASON
    spread = (rest**2).sum(axis=1) / np.maximum(freedom, 1)
    years = count.mean(axis=1)
    shape[whole] = mean[whole]
    told = whole & (freedom >= SEASON - 1)
    noise[told] = (spread / np.maximum(years, 1))[told]
    return shape, noise


def shrink_season(
    shape: np.ndarray, noise: np.ndarray, *, doubt: float = 1.0
) -> np.ndarray:
    """Shrink each seasonal shape towards none by James and Stein's rule.

    `doubt` is how many times its noise a shape must stand out to be believed.
    """
    power = (shape**2).sum(axis=1)
    kept = 1 - doubt * (SEASON - 3) * noise / np.maximum(power, 1e-12)
    kept = np.where(np.isfinite(kept), np.clip(kept, 0, 1), 0.0)
    return shape * kept[:, None]


AR_LAGS = 13
_AR_CLIP = 8.0


def _build_lags(z: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lagged differences from now (rows, windows, lags + 1) and the mask.

    The last column holds the next month's change; windows end before the cutoff.
    """
    width = z.shape[1]
    view = np.lib.stride_tricks.sliding_window_view(z, AR_LAGS + 2, axis=1)
    now = view[:, :, AR_LAGS, None]
    lags = np.delete(view, AR_LAGS, axis=2) - now
    usable = np.arange(width - AR_LAGS - 1)[None, :] >= start[:, None]
    clipped = np.clip(lags, -_AR_CLIP * AR_LAGS, _AR_CLIP * AR_LAGS)
    clipped[..., -1] = np.clip(clipped[..., -1], -_AR_CLIP, _AR_CLIP)
    return np.where(usable[..., None], clipped, 0.0), usable


def _iterate(z: np.ndarray, betas: np.ndarray, horizon: int) -> np.ndarray:
    """Run autoregressions on differences from now `horizon` months ahead.

    `betas` is runs x rows x lags; returns runs x rows x horizon.
    """
    path = np.empty((*betas.shape[:2], AR_LAGS + 1 + horizon))
    path[:, :, : AR_LAGS + 1] = z[:, -(AR_LAGS + 1) :]
    for h in range(horizon):
        now = path[:, :, h + AR_LAGS]
        lags = path[:, :, h : h + AR_LAGS] - now[:, :, None]
        step = np.einsum("krl,krl->kr", lags, betas)
        step = np.maximum(np.minimum(step, _AR_CLIP), -_AR_CLIP)
        path[:, :, h + AR_LAGS + 1] = now + step
    return path[:, :, AR_LAGS + 1 :]


def fit_ar(
    z: np.ndarray, start: np.ndarray, *, own: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Fit one autoregression for all rows, and each row's own shrunk towards it.

    Parameters
    ----------
    z
        Stack of one cutoff.
    start
        First month in use of each row.
    own
        Months of the panel's behaviour that weigh as much as a row's own.

    Returns
    -------
    tuple or None
        Coefficients (1, lags) and (rows, lags); None where there is too little.
    """
    if z.shape[1] < AR_LAGS + 3:
        return None
    lags, usable = _build_lags(z, start)
    count = usable.sum()
    if count < 2 * AR_LAGS:
        return None
    x, y = lags[..., :-1], lags[..., -1]
    turned = np.ascontiguousarray(x.transpose(0, 2, 1))
    gram = turned @ x
    cross = (turned @ y[..., None])[..., 0]
    total = gram.sum(axis=0)
    ridge = np.diag(np.diag(total) / count + 1e-6)
    pooled = np.linalg.solve(total + 30.0 * ridge, cross.sum(axis=0))
    prior = own * (total / count + 0.05 * ridge)
    beta = np.linalg.solve(gram + prior, (cross + prior @ pooled)[..., None])[..., 0]
    return pooled[None, :], beta


def forecast_ar(
    z: np.ndarray, start: np.ndarray, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Forecast by the panel's autoregression, and by each row's own shrunk to it.

    Returns
    -------
    tuple
        Rows x horizon each; a row too short for the lags keeps its last value.
    """
    flat = np.repeat(z[:, -1:], horizon, axis=1)
    fitted = fit_ar(z, start, own=OWN_MONTHS)
    if fitted is None:
        return flat, flat
    ready = (z.shape[1] - start >= AR_LAGS + 1)[:, None]
    pooled, own = fitted
    betas = np.stack([np.broadcast_to(pooled, own.shape), own])
    paths = _iterate(z, betas, horizon)
    return np.where(ready, paths[0], flat), np.where(ready, paths[1], flat)


OWN_MONTHS = 20.0
