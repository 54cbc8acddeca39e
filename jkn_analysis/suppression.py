"""Small counts: hide those that could point at a person, and enough others with them.

A count of 1 to 4 people in a kecamatan is hidden (primary). A total minus the other
cells would give it back, so further cells are hidden with it (secondary) until every
hidden count could take values at least 5 apart. The complement is found as
a hypercube (the method GHMITER of τ-Argus): the hidden cell and one other cell span
2ⁿ corners that may rise and fall together without any published total noticing, so
the width is proved by construction; the tests play the attacker and check.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import InputError, PrivacyError

if TYPE_CHECKING:
    from collections.abc import Sequence

THRESHOLD_JIWA = 5
"""Counts from 1 to one under this are hidden; also the least width that remains."""
HIDDEN = "disembunyikan"
"""Column that marks a hidden row; it never tells primary from secondary."""
SMALLEST_HIDDEN = 1
"""Zeros are shown, so an attacker knows that a hidden count is at least one."""
_TOTAL_COST = 1e6
_KEPT_PATTERN = 0.1


@dataclass(frozen=True)
class _Cube:
    """One table as an array; the last index of each axis holds the total over it."""

    value: np.ndarray
    row: np.ndarray
    """Position of the cell in the frame; -1 where the cell is not published."""
    hidden: np.ndarray
    cost: np.ndarray


def suppress_small(
    frame: pd.DataFrame,
    *,
    by: Sequence[str],
    count: str,
    within: Sequence[str] = (),
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Hide small counts of people, and enough others that none can be computed back.

    Every total that is published anywhere must be a row of `frame`, with NA in the
    column it sums over (`add_totals` makes them); a total that is no row is taken
    as not published. Totals are hidden last, the whole table's total at the very
    last, when nothing else protects a cell.

    Parameters
    ----------
    frame
        One row per combination of `within` and `by`; other columns pass through.
        A missing count is left missing.
    by
        One to three columns; the first is the area (kecamatan or finer). Rows with
        NA there are totals of the whole region and not small counts themselves.
    count
        Column of counts of people.
    within
        Columns that separate one table from the next (``kode``, ``periode``).
    previous
        Last month's result of this function; cells hidden there are preferred, so
        that the pattern stays and two reports cannot be laid on each other.

    Returns
    -------
    DataFrame
        A copy with `count` as Int64, NA where hidden, and a bool column
        ``disembunyikan``.

    Raises
    ------
    InputError
        If a combination occurs twice or a total differs from the sum of its parts.

    Examples
    --------
    >>> counts = pd.DataFrame({"kecamatan": ["A", "B", "C"], "jumlah_jiwa": [2, 40, 9]})
    >>> full = add_totals(counts, by=["kecamatan"], count="jumlah_jiwa")
    >>> suppress_small(full, by=["kecamatan"], count="jumlah_jiwa")
      kecamatan  jumlah_jiwa  disembunyikan
    0         A         <NA>           True
    1         B           40          False
    2         C         <NA>           True
    3       NaN           51          False
    """
    keys = [*within, *by]
    _refuse_bad_rows(frame, keys, count)
    cell_keys = [name for name in keys if name != "periode"]
    kept = _hidden_keys(previous, cell_keys)
    hidden = np.zeros(len(frame), dtype=bool)
    work = frame.reset_index(drop=True)
    groups = (
        work.groupby(list(within), sort=True, dropna=False).indices.values()
        if within and len(work)
        else [np.arange(len(work))]
    )
    for rows in groups:
        table = work.iloc[rows]
        was_hidden = np.array([key in kept for key in _key_tuples(table, cell_keys)])
        cube = _build_cube(table, list(by), count, was_hidden)
        _hide(cube)
        found = cube.row[cube.hidden & (cube.row >= 0)]
        hidden[rows[found]] = True
    result = frame.copy()
    hidden &= frame[count].notna().to_numpy()
    result[count] = frame[count].astype("Int64").mask(hidden)
    result[HIDDEN] = hidden
    return result


def add_totals(
    frame: pd.DataFrame, *, by: Sequence[str], count: str, within: Sequence[str] = ()
) -> pd.DataFrame:
    """Append the total over every choice of the `by` columns, NA where summed over.

    Examples
    --------
    >>> counts = pd.DataFrame({"kecamatan": ["A", "B"], "n": [2, 40]})
    >>> add_totals(counts, by=["kecamatan"], count="n")["n"].tolist()
    [2, 40, 42]
    """
    parts = [frame]
    for size in range(1, len(by) + 1):
        for summed in itertools.combinations(by, size):
            keys = [*within, *(name for name in by if name not in summed)]
            parts.append(_sum_over(frame, keys, count))
    full = pd.concat(parts, ignore_index=True)
    return full[list(frame.columns)]


def _sum_over(frame: pd.DataFrame, keys: list[str], count: str) -> pd.DataFrame:
    """Sum `count` by `keys`; one missing part makes the total missing."""
    if keys:
        grouped = frame.groupby(keys, dropna=False, observed=True)[count]
        return grouped.sum(skipna=False).reset_index()
    return pd.DataFrame({count: [frame[count].sum(skipna=False)]})


def _key_tuples(frame: pd.DataFrame, keys: Sequence[str]) -> list[tuple[object, ...]]:
    """Return the rows' keys, None for every kind of missing."""
    columns = [
        [None if missing else value for value, missing in zip(cells, na, strict=True)]
        for cells, na in ((frame[k].tolist(), frame[k].isna().tolist()) for k in keys)
    ]
    return list(zip(*columns, strict=True)) if columns else [()] * len(frame)


def _hidden_keys(
    previous: pd.DataFrame | None, keys: Sequence[str]
) -> set[tuple[object, ...]]:
    """Return the keys hidden last month; months differ, so periode is not compared."""
    if previous is None or not len(previous):
        return set()
    return set(_key_tuples(previous.loc[previous[HIDDEN]], keys))


def _refuse_bad_rows(frame: pd.DataFrame, keys: list[str], count: str) -> None:
    """Refuse repeated combinations and counts that are no counts."""
    twice = int(frame.duplicated(keys).sum())
    if twice:
        raise InputError(
            f"small counts by {', '.join(keys)}: {twice} combination(s) occur twice\n"
            "  → sum the counts first, or name the missing column in `within`"
        )
    counts = pd.to_numeric(frame[count]).dropna()
    wrong = int(((counts < 0) | (counts % 1 != 0)).sum())
    if wrong:
        raise InputError(
            f"small counts: {wrong} value(s) of '{count}' are negative or not whole\n"
            "  → pass counts of people, not rates or differences"
        )


def _build_cube(
    table: pd.DataFrame, by: list[str], count: str, was_hidden: np.ndarray
) -> _Cube:
    """Lay one table out as an array with a slot for the total on every axis."""
    where, row = _lay_out(table, by)
    shape = row.shape
    value = np.full(shape, np.nan)
    value[where] = table[count].astype("Float64").to_numpy(float, na_value=np.nan)
    kept = np.zeros(shape, bool)
    kept[where] = was_hidden
    _fill_totals(value, row, by)
    unpublished = (row < 0) & _is_total(shape)
    return _Cube(value, row, unpublished | np.isnan(value), _costs(value, kept))


def _lay_out(
    table: pd.DataFrame, by: list[str]
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Give every row its place in an array that has a total slot on each axis.

    Returns the rows' indices per axis and the array of row positions, -1 where the
    table has no row.
    """
    codes, shape = [], []
    for name in by:
        labels = sorted(table[name].dropna().unique(), key=str)
        found = pd.Index(labels, dtype=object).get_indexer(table[name].astype(object))
        codes.append(np.where(table[name].isna(), len(labels), found))
        shape.append(len(labels) + 1)
    where = tuple(codes)
    row = np.full(shape, -1)
    row[where] = np.arange(len(table))
    return where, row


def _is_total(shape: tuple[int, ...]) -> np.ndarray:
    """Mark the cells that are a total on at least one axis."""
    return _total_axes(shape) > 0


def _total_axes(shape: tuple[int, ...]) -> np.ndarray:
    """Count, per cell, the axes on which it is a total."""
    axes = np.zeros(shape, int)
    for axis, size in enumerate(shape):
        last = np.arange(size) == size - 1
        axes += last.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return axes


def _fill_totals(value: np.ndarray, row: np.ndarray, by: list[str]) -> None:
    """Compute totals that are no row; refuse given ones that do not add up."""
    body = tuple(slice(0, size - 1) for size in value.shape)
    cells = np.where(row[body] < 0, 0.0, value[body])
    full = cells
    for axis in range(value.ndim):
        full = np.concatenate([full, full.sum(axis=axis, keepdims=True)], axis=axis)
    given = (row >= 0) & _is_total(value.shape) & ~np.isnan(value) & ~np.isnan(full)
    wrong = int((value[given] != full[given]).sum())
    if wrong:
        raise InputError(
            f"small counts by {', '.join(by)}: {wrong} total(s) differ from the sum "
            "of their parts\n  → an attacker would use both: pass the true parts"
        )
    absent = row < 0
    value[absent] = full[absent]


def _costs(value: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Price the loss of each cell: few people first, totals last."""
    people = np.log2(2 + np.nan_to_num(value, nan=0.0))
    cost = people * _TOTAL_COST ** _total_axes(value.shape)
    return np.where(kept, cost * _KEPT_PATTERN, cost)


def _hide(cube: _Cube) -> None:
    """Mark primary cells and the corners that protect them, the smallest first."""
    area = np.ones(cube.value.shape, bool)
    area[-1] = False
    small = (cube.value >= SMALLEST_HIDDEN) & (cube.value < THRESHOLD_JIWA)
    primary = np.argwhere(area & small & (cube.row >= 0))
    for index in primary:
        cube.hidden[tuple(index)] = True
    order = np.argsort([cube.value[tuple(index)] for index in primary], kind="stable")
    for index in primary[order]:
        _protect(cube, tuple(index))


def _protect(cube: _Cube, cell: tuple[int, ...]) -> None:
    """Hide the cheapest hypercube through `cell` that is wide enough."""
    corners, width, cost = _hypercubes(cube, cell)
    cost = np.where(width >= THRESHOLD_JIWA, cost, np.inf)
    best = int(np.argmin(cost)) if cost.size else 0
    if not cost.size or not np.isfinite(cost.flat[best]):
        raise PrivacyError(
            "small counts: a cell cannot be protected by hiding others\n"
            "  → give the totals of every `by` column as rows, or sum to larger areas"
        )
    other = np.unravel_index(best, cube.value.shape)
    for corner in corners:
        at = tuple(
            o if moved else c for o, c, moved in zip(other, cell, corner, strict=True)
        )
        cube.hidden[at] = True


def _hypercubes(
    cube: _Cube, cell: tuple[int, ...]
) -> tuple[list[tuple[bool, ...]], np.ndarray, np.ndarray]:
    """Measure every hypercube through `cell`, indexed by its opposite corner.

    Returns the corners (which axes move), the width each hypercube guarantees for
    all its corners, and the cost of hiding what is still shown of it.
    """
    shape = cube.value.shape
    room = np.nan_to_num(cube.value, nan=SMALLEST_HIDDEN) - SMALLEST_HIDDEN
    usable = cube.hidden | ((cube.row >= 0) & (room >= 0))
    negated = _total_axes(shape) % 2 == 1
    price = np.where(cube.hidden, 0.0, cube.cost)
    up, down = np.full(shape, np.inf), np.full(shape, np.inf)
    cost, allowed = np.zeros(shape), np.ones(shape, bool)
    corners = list(itertools.product([False, True], repeat=len(shape)))
    for corner in corners:
        at = tuple(
            slice(None) if m else slice(c, c + 1)
            for c, m in zip(cell, corner, strict=True)
        )
        falls = negated[at] ^ (sum(corner) % 2 == 1)
        up = np.where(falls, np.minimum(up, room[at]), up)
        down = np.where(falls, down, np.minimum(down, room[at]))
        cost = cost + price[at]
        allowed = allowed & usable[at]
    for axis, index in enumerate(cell):
        allowed[(slice(None),) * axis + (index,)] = False
    return corners, up + down, np.where(allowed, cost, np.inf)


def tell_fives(counts: pd.Series) -> pd.Series:
    """Hide counts of 1 to 4 and write the others in multiples of five.

    Every count is rounded for itself: of one an attacker knows a span of 5, of the
    difference of two one of 9.
    """
    small = counts.between(SMALLEST_HIDDEN, THRESHOLD_JIWA - 1).fillna(value=False)
    fives = (counts + THRESHOLD_JIWA // 2) // THRESHOLD_JIWA * THRESHOLD_JIWA
    return fives.mask(small)
