"""Members run at many cutoffs, weighed by their errors there, and combined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jkn_analysis.forecasting.members import (
    SEASON,
    estimate_season,
    forecast_ar,
    forecast_smooth,
    shrink_season,
)
from jkn_analysis.forecasting.panel import cut_back, fill_gaps

CHUNK = 400
MIN_MONTHS = 6
MEMBERS = ("naive", "snaive", "damped", "season", "ets", "theta", "ar", "ar_own")


@dataclass(frozen=True)
class Paths:
    """Forecasts of every member at every cutoff.

    ``points`` is members x cutoffs x series x horizon; ``truth`` cutoffs x series x
    horizon, NaN where not known; ``base`` the typical monthly change of each series
    at each cutoff, cutoffs x series.
    """

    backs: np.ndarray
    points: np.ndarray
    truth: np.ndarray
    base: np.ndarray

    def see(self, at: int) -> Paths:
        """Return what was known at cutoff number `at`: older cutoffs, past truths."""
        backs = self.backs[at:] - self.backs[at]
        truth = self.truth[at:].copy()
        ahead = np.arange(1, truth.shape[2] + 1)
        truth[np.broadcast_to(ahead > backs[:, None, None], truth.shape)] = np.nan
        return Paths(backs, self.points[:, at:], truth, self.base[at:])


def list_backs(width: int, horizon: int, *, step: int = 2, extra: int = 0) -> np.ndarray:
    """List the cutoffs as months before the last one, newest (0) first."""
    far = min(horizon + SEASON + extra, max(width - MIN_MONTHS, 0))
    return np.array([0, *range(1, far + 1, step)])


def scale_rows(filled: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return each row's typical monthly change, robust to a few jumps."""
    width = filled.shape[1]
    if width < 2:
        return np.zeros(len(filled))
    change = np.abs(np.diff(filled, axis=1))
    used = np.arange(1, width)[None, :] > start[:, None]
    count = np.maximum(used.sum(axis=1), 1)
    mean = np.where(used, change, 0).sum(axis=1) / count
    return np.where(used, np.minimum(change, 4 * mean[:, None]), 0).sum(axis=1) / count


def _forecast_cutoff(
    values: np.ndarray, horizon: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Forecast the panel as it stood at one cutoff by every member."""
    filled, start = fill_gaps(values)
    now = filled[:, -1]
    base = scale_rows(filled, start)
    scale = np.where(base > 0, base, 1.0)
    used = np.arange(values.shape[1])[None, :] >= start[:, None]
    z = np.where(used, (filled - now[:, None]) / scale[:, None], 0.0)
    shape = shrink_season(*estimate_season(z, start))
    slot = np.arange(values.shape[1]) % SEASON
    adjusted = np.where(used, z - shape[:, slot], 0.0)
    ahead = shape[:, (values.shape[1] + np.arange(horizon)) % SEASON]
    paths = {name: np.empty((len(z), horizon)) for name in MEMBERS}
    paths["naive"] = np.zeros((len(z), horizon))
    paths["snaive"] = _repeat_year(z, start, horizon)
    for low in range(0, len(z), CHUNK):
        rows = slice(low, low + CHUNK)
        parts = forecast_smooth(adjusted[rows], start[rows], horizon)
        for name, part in parts.items():
            paths[name][rows] = part + ahead[rows]
    for name, part in forecast_ar(adjusted, start, horizon).items():
        paths[name] = part + ahead
    limit = 6 * (1 + np.abs(z).max(axis=1, keepdims=True))
    out = {
        name: np.clip(path, -limit, limit) * scale[:, None] + now[:, None]
        for name, path in paths.items()
    }
    return out, base


def _repeat_year(z: np.ndarray, start: np.ndarray, horizon: int) -> np.ndarray:
    """Repeat the last year; the last value where there is no whole year."""
    width = z.shape[1]
    if width < SEASON:
        return np.zeros((len(z), horizon))
    year = z[:, width - SEASON :][:, np.arange(horizon) % SEASON]
    return np.where((width - start >= SEASON)[:, None], year, 0.0)


def build_paths(values: np.ndarray, horizon: int, backs: np.ndarray) -> Paths:
    """Run every member at every cutoff.

    Parameters
    ----------
    values
        Panel, series x months, NaN where missing.
    horizon
        Months ahead.
    backs
        Cutoffs as months before the last one.
    """
    rows, width = values.shape
    points = np.empty((len(MEMBERS), len(backs), rows, horizon))
    truth = np.full((len(backs), rows, horizon), np.nan)
    base = np.empty((len(backs), rows))
    known = np.isfinite(values)
    first = known.argmax(axis=1)
    for k, back in enumerate(backs):
        paths, base[k] = _forecast_cutoff(cut_back(values, int(back)), horizon)
        for m, name in enumerate(MEMBERS):
            points[m, k] = paths[name]
        seen = min(int(back), horizon)
        if seen:
            end = width - int(back)
            truth[k, :, :seen] = values[:, end : end + seen]
            truth[k, ~known[:, end - 1]] = np.nan
            truth[k, end - first < MIN_MONTHS] = np.nan
    return Paths(backs, points, truth, base)


def weigh_members(
    paths: Paths, scale: np.ndarray, *, own: float = 8.0, sharp: float = 6.0
) -> np.ndarray:
    """Weigh members by their past errors, shrunk to the panel; members x series."""
    error = np.abs(paths.points - paths.truth[None]) / scale[None, None, :, None]
    known = np.isfinite(error[0])
    if not known.any():
        flat = np.zeros((len(MEMBERS), len(scale)))
        flat[0] = 1.0
        return flat
    capped = np.where(known[None], error, 0.0)
    count = known.sum(axis=(0, 1))
    typical = capped.mean(axis=0).sum(axis=(0, 1)) / np.maximum(count, 1)
    capped = capped / np.where(typical > 0, typical, 1.0)
    series_count = known.sum(axis=(0, 2))
    by_series = capped.sum(axis=(1, 3))
    capped_series = np.minimum(by_series / np.maximum(series_count, 1), 6.0)
    reached = series_count > 0
    panel = capped_series[:, reached].mean(axis=1, keepdims=True)
    origins = known.any(axis=2).sum(axis=0)
    loss = (origins * capped_series + own * panel) / (origins + own)
    ratio = loss / np.maximum(loss.min(axis=0), 1e-9)
    weight = np.exp(-sharp * (ratio - 1))
    return weight / weight.sum(axis=0)
