"""Sums kept: segmen to kabupaten, provinsi and country, medians and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.panel import Panel, fill_gaps
from jkn_analysis.forecasting.width import spread_out

if TYPE_CHECKING:
    from jkn_analysis.forecasting.ensemble import Paths

_RIDGE = 1e-9


@dataclass(frozen=True)
class Tree:
    """Which bottom series each upper one sums.

    ``bottom`` and ``upper`` are row numbers of the panel; ``rows`` and ``columns``
    list the pairs (number in ``upper``, number in ``bottom``).
    """

    bottom: np.ndarray
    upper: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    def add_up(self, values: np.ndarray) -> np.ndarray:
        """Sum bottom values (bottom first) to the upper nodes, in fixed order."""
        total = np.zeros((len(self.upper), *values.shape[1:]))
        np.add.at(total, self.rows, values[self.columns])
        return total

    def spread_down(self, values: np.ndarray) -> np.ndarray:
        """Sum upper values over the ancestors of each bottom node."""
        total = np.zeros((len(self.bottom), *values.shape[1:]))
        np.add.at(total, self.columns, values[self.rows])
        return total


def _find_leaves(
    children: dict[str, list[str]], name: str, seen: tuple[str, ...]
) -> set[str]:
    """Return the bottom series under a node."""
    if name in seen:
        chain = " -> ".join((*seen, name))
        raise ForecastError(f"hierarchy runs in a circle: {chain}\n  → remove a pair")
    below = children.get(name)
    if not below:
        return {name}
    leaves: set[str] = set()
    for child in below:
        leaves |= _find_leaves(children, child, (*seen, name))
    return leaves


def _read_pairs(hierarchy: pd.DataFrame) -> dict[str, list[str]]:
    """Return the children of each parent."""
    missing = [name for name in ("seri", "induk") if name not in hierarchy.columns]
    if missing:
        raise ForecastError(
            f"hierarchy lacks column(s) {', '.join(missing)}\n"
            "  → give seri and induk, one row per child and parent"
        )
    pairs = hierarchy.dropna(subset=["seri", "induk"]).astype("str")
    children: dict[str, list[str]] = {}
    for child, parent in sorted(set(zip(pairs["seri"], pairs["induk"], strict=True))):
        children.setdefault(parent, []).append(child)
    return children


def align_panel(panel: Panel) -> Panel:
    """Let every series end in the panel's newest month, later months missing."""
    newest = int(panel.last.max())
    late = newest - panel.last
    width = panel.nilai.shape[1] + int(late.max())
    values = np.full((len(panel.names), width), np.nan)
    for lag in np.unique(late):
        rows = late == lag
        stop = width - int(lag)
        values[rows, stop - panel.nilai.shape[1] : stop] = panel.nilai[rows]
    return Panel(panel.names, np.full_like(panel.last, newest), values)


def build_tree(panel: Panel, hierarchy: pd.DataFrame) -> tuple[Panel, Tree]:
    """Build the sums of a hierarchy; upper series not delivered are added up.

    A gap in a part is filled before it is added, so that one missing month of one
    region does not blank the country.

    Parameters
    ----------
    panel
        Bottom series, and any upper ones.
    hierarchy
        ``seri``, ``induk``: each row says that a series is part of another. A
        series may be part of several (of its kabupaten and of its segmen).

    Returns
    -------
    tuple
        The panel with every node, all ending in one month, and the tree.

    Raises
    ------
    ForecastError
        A part without history, or a circle.
    """
    children = _read_pairs(hierarchy)
    known = {str(name) for name in panel.names}
    leaves = {
        parent: sorted(_find_leaves(children, parent, ()))
        for parent in sorted(children)
    }
    lost = sorted({leaf for part in leaves.values() for leaf in part} - known)
    if lost:
        raise ForecastError(
            f"hierarchy: {len(lost)} bottom series without history, "
            f"such as '{lost[0]}'\n"
            "  → deliver every bottom series or leave it out of the hierarchy"
        )
    aligned = align_panel(panel)
    place = {str(name): row for row, name in enumerate(aligned.names)}
    absent = [parent for parent in leaves if parent not in place]
    filled, _ = fill_gaps(aligned.nilai)
    sums = [
        filled[[place[leaf] for leaf in leaves[parent]]].sum(axis=0)
        for parent in absent
    ]
    values = np.concatenate(
        [aligned.nilai, np.array(sums).reshape(-1, filled.shape[1])]
    )
    names = np.concatenate(
        [aligned.names.astype(object), np.array(absent, dtype=object)]
    )
    order = np.argsort(names.astype(str), kind="stable")
    whole = Panel(
        names[order].astype(str), np.full(len(names), aligned.last.max()), values[order]
    )
    return whole, _lay_tree(whole, leaves)


def _lay_tree(panel: Panel, leaves: dict[str, list[str]]) -> Tree:
    """Give every node of a whole panel its number in the tree."""
    place = {str(name): row for row, name in enumerate(panel.names)}
    upper = np.array([place[parent] for parent in leaves], dtype=int)
    bottom = np.setdiff1d(np.arange(len(panel.names)), upper)
    number = {int(row): k for k, row in enumerate(bottom)}
    pairs = [
        (k, number[place[leaf]])
        for k, part in enumerate(leaves.values())
        for leaf in part
    ]
    rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
    return Tree(bottom, upper, rows, columns)


def reconcile(
    points: np.ndarray, variance: np.ndarray, tree: Tree, *, floor: float | None = 0.0
) -> np.ndarray:
    """Reconcile forecasts of all nodes: minimum trace with error variances.

    Only the upper nodes' system is solved (about 800 unknowns for the country), so
    no matrix over all nodes is ever built. Negative bottoms are set to `floor` and
    added up again.

    Parameters
    ----------
    points
        Nodes first, then any axes.
    variance
        Error variance of each node.
    tree
        The sums.
    floor
        Lowest value of a bottom node, or None.

    Returns
    -------
    ndarray
        Same shape, coherent: uppers are the sums of their bottoms.
    """
    flat = points.reshape(len(points), -1)
    bottom, upper = flat[tree.bottom], flat[tree.upper]
    weight = variance[tree.bottom]
    gap = upper - tree.add_up(bottom)
    members = np.zeros((len(tree.upper), len(tree.bottom)))
    members[tree.rows, tree.columns] = 1.0
    system = (members * weight) @ members.T + np.diag(variance[tree.upper])
    size = max(float(np.diag(system).max(initial=0.0)), 1e-300)
    system[np.diag_indices_from(system)] += _RIDGE * size
    change = np.linalg.solve(system, gap)
    bottom = bottom + weight[:, None] * tree.spread_down(change)
    if floor is not None:
        bottom = np.maximum(bottom, floor)
    out = np.empty_like(flat)
    out[tree.bottom] = bottom
    out[tree.upper] = tree.add_up(bottom)
    return out.reshape(points.shape)


TRUST = 5000.0
"""Error variance of a sum's own forecast where it has one part, in that part's."""


def weigh_nodes(scale: np.ndarray, tree: Tree) -> np.ndarray:
    """Return the error variance each node is given when forecasts are reconciled.

    A bottom node has that of its own past errors. The parts of a sum err to the same
    side, so a sum of many parts is better forecast by itself: it gets the mean
    variance of its parts times `TRUST` over the square of their number. Weights read
    from the few past cutoffs of each sum did worse on six real hierarchies.
    """
    variance = scale**2
    parts = tree.add_up(np.ones(len(tree.bottom)))
    added = tree.add_up(variance[tree.bottom])
    variance[tree.upper] = TRUST * added / np.maximum(parts, 1) ** 3
    return variance


@dataclass(frozen=True)
class Outcome:
    """What a set of cutoffs tells about the months ahead.

    ``quantiles`` is series x horizon x probabilities; ``errors`` cutoffs x series x
    horizon, truth minus the combined forecast; ``scale`` by series.
    """

    quantiles: np.ndarray
    errors: np.ndarray
    scale: np.ndarray


def reconcile_paths(
    combined: np.ndarray,
    paths: Paths,
    tree: Tree,
    probabilities: np.ndarray,
    *,
    floor: float | None,
) -> Outcome:
    """Reconcile every cutoff; intervals are those of each node's own errors.

    A sum delivered with another last value than that of its parts (a part may be
    late) is forecast by its changes, so that the gap is not shared among the parts.
    Errors after reconciling serve the joint paths; as intervals they were no better.

    Parameters
    ----------
    combined
        Combined forecasts, cutoffs x nodes x horizon.
    paths
        Truths, cutoffs and monthly changes beside them.
    tree
        The sums.
    probabilities
        Wanted quantiles.
    floor
        Lowest value, or None.
    """
    combined = combined.copy()
    last = np.moveaxis(paths.points[0, :, :, :1], 1, 0)
    gap = tree.add_up(last[tree.bottom]) - last[tree.upper]
    errors = paths.truth - combined
    quantiles, scores = spread_out(combined[0], errors, paths, probabilities)
    apart = combined[0].copy()
    combined[:, tree.upper] += np.moveaxis(gap, 1, 0)
    truth = paths.truth.copy()
    truth[:, tree.upper] += np.moveaxis(gap, 1, 0)
    points = np.moveaxis(combined, 1, 0)
    variance = weigh_nodes(scores.scale, tree)
    coherent = np.moveaxis(reconcile(points, variance, tree, floor=floor), 0, 1)
    quantiles += (coherent[0] - apart)[:, :, None]
    return Outcome(quantiles, truth - coherent, scores.scale)
