"""Members weighed by their errors at past cutoffs, and mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.forecasting.intervals import near_months

if TYPE_CHECKING:
    from jkn_analysis.forecasting.ensemble import Paths


OWN = 8.0
"""Past errors of the panel that weigh as much as a series' own."""
SHARP = 8.0
"""How fast a member's weight falls with its relative error."""
ALONE_ROWS = 3.0
"""Series of a panel at which that evidence reaches half its power."""


def mix_members(paths: Paths, weight: np.ndarray) -> np.ndarray:
    """Average the members as departures from the last value, exact where it stays.

    Returns
    -------
    ndarray
        Cutoffs x series x horizon, moved as far as each cutoff trusts growth.
    """
    last = paths.points[0]
    moved = np.einsum("mnh,mbnh->bnh", weight, paths.points - last)
    return last + paths.trust[:, None, None] * moved


def _weigh_errors(error: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Weigh each member by its past misses per series, shrunk to the panel's."""
    count = known.sum(axis=0)
    mean = error.sum(axis=1) / np.maximum(count, 1)
    level = np.where(count > 0, mean.mean(axis=0), 0).sum(axis=0)
    level = level / np.maximum((count > 0).sum(axis=0), 1)
    mean = np.minimum(mean / np.where(level > 0, level, 1.0), 6.0)
    near = near_months(error.shape[-1])
    mass = count @ near
    loss = ((mean * count) @ near) / np.maximum(mass, 1e-9)
    middle = loss.mean(axis=0)
    loss = loss / np.where(middle > 0, middle, 1.0)
    reached = (count > 0).any(axis=1)
    panel = loss[:, reached].mean(axis=1, keepdims=True)
    trust = mass / (mass + OWN)
    loss = trust * loss + (1 - trust) * panel
    ratio = loss / np.maximum(loss.min(axis=0), 1e-9)
    return np.exp(-SHARP * (ratio - 1))


def weigh_members(paths: Paths) -> np.ndarray:
    """Weigh members by their past errors, in the panel and in each series.

    Returns
    -------
    ndarray
        Members x series x horizon, summing to one over members.
    """
    members, _, rows, horizon = paths.points.shape
    known = np.isfinite(paths.truth)
    if not known.any():
        flat = np.zeros((members, rows, horizon))
        flat[0] = 1.0
        return flat
    scale = np.where(paths.base[0] > 0, paths.base[0], 1.0)
    error = paths.truth[None] - paths.points  # the largest array: worked on in place
    error /= scale[None, None, :, None]
    error[:, ~known] = 0.0
    np.abs(error, out=error)
    weight = _weigh_errors(error, known) ** (rows / (rows + ALONE_ROWS))
    weight *= paths.prior[:, None, None]
    return weight / weight.sum(axis=0)
