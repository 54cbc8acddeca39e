"""The attacker of hidden counts: what a linear programme learns of each of them.

The oracle of `suppression`: it knows nothing of how cells were chosen, only what was
published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from jkn_analysis.errors import PrivacyError
from jkn_analysis.suppression import (
    HIDDEN,
    SMALLEST_HIDDEN,
    _is_total,
    _lay_out,
)

_INFEASIBLE = 2
"""Status of scipy's linprog when no values fit."""


def audit_intervals(
    frame: pd.DataFrame,
    *,
    by: Sequence[str],
    count: str,
    relations: Sequence[tuple[Mapping[int, float], float, float]] = (),
) -> pd.DataFrame:
    """Play the attacker: what a linear programme learns of every hidden count.

    Parameters
    ----------
    frame
        One published table, as `suppress_small` returns it (one group).
    by, count
        As for `suppress_small`.
    relations
        Further knowledge: ({row position: coefficient}, low, high), each a bound
        low ≤ Σ coefficient · count ≤ high; a published percentage with its
        rounding, or last month's figure plus a published change.

    Returns
    -------
    DataFrame
        ``row`` (position in `frame`), ``low``, ``high`` of every hidden count.
    """
    system = _build_system(frame, list(by), count, relations)
    known = frame[count].isna().to_numpy()
    hidden = np.flatnonzero(frame[HIDDEN].to_numpy() & known)
    found = [(cell, *_extremes(system, int(cell))) for cell in hidden]
    return pd.DataFrame(found, columns=["row", "low", "high"])


@dataclass(frozen=True)
class _System:
    """What an attacker knows, as bounds and rows of a linear programme."""

    bounds: list[tuple[float, float | None]]
    equal: np.ndarray
    equal_to: np.ndarray
    below: np.ndarray
    below_or_at: np.ndarray


def _build_system(
    frame: pd.DataFrame,
    by: list[str],
    count: str,
    relations: Sequence[tuple[Mapping[int, float], float, float]],
) -> _System:
    """Write down the published cells, the sums they obey and the further relations."""
    sums = _sum_rows(frame, by)
    known = frame[count].astype("Float64").to_numpy(float, na_value=np.nan)
    bounds: list[tuple[float, float | None]] = [
        (SMALLEST_HIDDEN, None) if np.isnan(value) else (float(value), float(value))
        for value in known
    ]
    bounds += [(0, None)] * (sums.shape[1] - len(known))
    lines = np.zeros((len(relations), sums.shape[1]))
    for line, (weights, _, _) in zip(lines, relations, strict=True):
        line[list(weights)] = list(weights.values())
    low = np.array([low for _, low, _ in relations])
    high = np.array([high for _, _, high in relations])
    below = np.vstack([lines, -lines])
    ends = np.concatenate([high, -low])
    finite = np.isfinite(ends)
    return _System(bounds, sums, np.zeros(len(sums)), below[finite], ends[finite])


def _sum_rows(frame: pd.DataFrame, by: list[str]) -> np.ndarray:
    """Return one row per published or computable sum: parts minus total is zero."""
    _, row = _lay_out(frame, by)
    unknown = (row < 0) & _is_total(row.shape)
    variable = row.copy()
    variable[unknown] = len(frame) + np.arange(unknown.sum())
    size = len(frame) + int(unknown.sum())
    sums = []
    for axis in range(row.ndim):
        for line in np.moveaxis(variable, axis, -1).reshape(-1, row.shape[axis]):
            weights = np.zeros(size)
            parts = line[:-1]
            weights[parts[parts >= 0]] = 1.0
            weights[line[-1]] = -1.0
            sums.append(weights)
    return np.array(sums)


def _extremes(system: _System, cell: int) -> tuple[float, float]:
    """Solve for the least and the greatest value one cell can have."""
    ends = []
    for sign in (1.0, -1.0):
        objective = np.zeros(len(system.bounds))
        objective[cell] = sign
        solved = linprog(
            objective,
            A_ub=system.below if len(system.below) else None,
            b_ub=system.below_or_at if len(system.below) else None,
            A_eq=system.equal,
            b_eq=system.equal_to,
            bounds=system.bounds,
        )
        if solved.status == _INFEASIBLE:
            raise PrivacyError("audit: the published figures contradict each other")
        ends.append(solved.fun * sign if solved.status == 0 else np.inf)
    return ends[0], ends[1]
