"""Members weighed by their errors at past cutoffs, and mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jkn_analysis.forecasting.ensemble import Paths


def _horizon_kernel(horizon: int) -> np.ndarray:
    """Return how much errors at one month ahead tell about another."""
    months = np.log(np.arange(1, horizon + 1))
    near = np.exp(-np.abs(months[:, None] - months[None, :]) / KERNEL)
    return near / near.sum(axis=1, keepdims=True)


KERNEL = 0.4
"""Reach of the kernel over months ahead, in logarithms."""
OWN = 8.0
"""Past errors of the panel that weigh as much as a series' own."""
SHARP = 6.0
"""How fast a member's weight falls with its relative error."""
JOINT = 0.7
"""Power of the panel's joint weights, in which members that err alike share."""
ALONE_ROWS, JOINT_ROWS = 3.0, 8.0
"""Series of a panel at which both kinds of evidence reach half their power."""
SPREAD = 0.1
STACK_HALF_LIFE = 24.0


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


def _weigh_alone(error: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Weigh each member by its own past error per series, shrunk to the panel."""
    horizon = error.shape[-1]
    count = known.sum(axis=0)
    mean = np.abs(error).sum(axis=1) / np.maximum(count, 1)
    level = np.where(count > 0, mean.mean(axis=0), 0).sum(axis=0)
    level = level / np.maximum((count > 0).sum(axis=0), 1)
    mean = np.minimum(mean / np.where(level > 0, level, 1.0), 6.0)
    kernel = _horizon_kernel(horizon)
    mass = count @ kernel.T
    loss = ((mean * count) @ kernel.T) / np.maximum(mass, 1e-9)
    middle = loss.mean(axis=0)
    loss = loss / np.where(middle > 0, middle, 1.0)
    reached = (count > 0).any(axis=1)
    panel = loss[:, reached].mean(axis=1, keepdims=True)
    trust = mass / (mass + OWN)
    loss = trust * loss + (1 - trust) * panel
    ratio = loss / np.maximum(loss.min(axis=0), 1e-9)
    return np.exp(-SHARP * (ratio - 1))


def _weigh_together(
    error: np.ndarray, known: np.ndarray, backs: np.ndarray
) -> np.ndarray:
    """Find the panel's weights of least squared error; horizon x members.

    Each series counts alike, and large errors count as their size, not its square.
    """
    size = np.abs(error).mean(axis=0)
    count = known.sum(axis=(0, 2))
    typical = size.sum(axis=(0, 2)) / np.maximum(count, 1)
    scaled = error / np.where(typical > 0, typical, 1.0)[None, None, :, None]
    weight = known / np.maximum(1.0, np.sqrt((scaled**2).mean(axis=0)))
    weight = weight * 0.5 ** (backs / STACK_HALF_LIFE)[:, None, None]
    members, horizon = len(error), error.shape[-1]
    flat = np.moveaxis(scaled * np.sqrt(weight), 3, 0).reshape(horizon, members, -1)
    kernel = _horizon_kernel(horizon)
    total = np.maximum(kernel @ weight.sum(axis=(0, 1)), 1e-9)
    gram = np.tensordot(kernel, flat @ flat.transpose(0, 2, 1), axes=1)
    gram /= total[:, None, None]
    middle = np.median(np.einsum("hii->hi", gram), axis=1)
    gram += SPREAD * middle[:, None, None] * np.eye(members)
    return _solve_simplex(gram)


def _solve_simplex(gram: np.ndarray, steps: int = 120) -> np.ndarray:
    """Minimise w'Gw over weights that are positive and sum to one."""
    members = gram.shape[-1]
    weight = np.full(gram.shape[:-1], 1 / members)
    floor = np.maximum(np.einsum("hii->hi", gram).min(axis=1), 1e-12)[:, None]
    for step in range(steps):
        slope = 2 * (gram @ weight[..., None])[..., 0] / floor
        slope -= (slope * weight).sum(axis=1, keepdims=True)
        move = -0.3 * np.clip(slope, -20, 20) / (1 + 0.02 * step)
        weight = weight * np.exp(move)
        weight /= weight.sum(axis=1, keepdims=True)
    return weight


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
    gap = (paths.truth[None] - paths.points) / scale[None, None, :, None]
    error = np.where(known[None], gap, 0.0)
    alone = _weigh_alone(error, known)
    together = _weigh_together(error, known, paths.backs)
    alone **= rows / (rows + ALONE_ROWS)
    joint = JOINT * rows / (rows + JOINT_ROWS)
    weight = alone * together.T[:, None, :] ** joint * paths.prior[:, None, None]
    return weight / weight.sum(axis=0)
