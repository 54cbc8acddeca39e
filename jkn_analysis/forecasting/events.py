"""Dated shifts and pulses: known ones fitted out, coming ones added, others found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.breaks import (
    PULSE,
    SHIFT,
    masked_median,
)
from jkn_analysis.forecasting.panel import Panel, count_months, fill_gaps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jkn_analysis.forecasting.hierarchy import Tree

UNSURE = 0.25
"""Spread of a coming event's size where none is given, as a share of the size."""
BACK_MONTHS, BACK_HELD, BACK_SHARE = 9, 2, 0.6
"""A shift was taken back if this share of it is regained within so many months and
held for so many."""
LIFT, LIFT_MOST = 6.0, 6
SEASON = 12
_NORMAL = 1.4826
_WILD = frozenset("*?[")


@dataclass(frozen=True)
class Event:
    """One event on one series: months back from the last (negative: to come).

    Events of one ``number`` are one decision: their sizes err together.
    """

    number: int
    row: int
    back: int
    jenis: str
    size: float
    spread: float


def _measure_changes(
    filled: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return monthly changes off their median, which are in use, and their spread."""
    width = filled.shape[1]
    change = np.diff(filled, axis=1)
    used = np.arange(1, width)[None, :] > start[:, None]
    off = np.where(used, change - masked_median(change, used)[:, None], 0.0)
    spread = _NORMAL * masked_median(np.abs(off), used)
    return off, used, spread


def _drop_yearly(step: np.ndarray, off: np.ndarray) -> np.ndarray:
    """Unmark steps that come in the same month of several years: they are season."""
    slot = np.arange(1, step.shape[1] + 1) % SEASON
    member = np.eye(SEASON)[slot]
    for sign in (1, -1):
        along = np.sign(off) == sign
        same = (step & along).astype(float) @ member
        step = step & ~((same[:, slot] >= 2) & along)
    return step


def lift_shifts(filled: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Move the months before a sudden step onto the newest level.

    A step is a monthly change far outside the series' usual ones that does not come
    back in the same month of other years; a series with many is left alone.

    Parameters
    ----------
    filled
        Series x months without gaps.
    start
        First month in use of each series.
    """
    width = filled.shape[1]
    if width < 2 * SEASON:
        return filled
    off, used, spread = _measure_changes(filled, start)
    count = np.maximum(used.sum(axis=1), 1)
    floor = 0.25 * np.abs(off).sum(axis=1) / count
    limit = LIFT * np.maximum(spread, floor)[:, None]
    step = _drop_yearly(used & (np.abs(off) > limit) & (limit > 0), off)
    step = step & (step.sum(axis=1) <= LIFT_MOST)[:, None]
    later = np.where(step, off, 0.0)
    lifted = filled.copy()
    lifted[:, :-1] += np.cumsum(later[:, ::-1], axis=1)[:, ::-1]
    before = np.arange(width)[None, :] < start[:, None]
    return np.where(before, filled, lifted)


def _check_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events with every column, or say what is wrong."""
    missing = [name for name in ("seri", "periode") if name not in events.columns]
    if missing:
        raise ForecastError(
            f"events lack column(s) {', '.join(missing)}\n"
            "  → give seri (a name or a pattern such as '82.*'), periode, jenis, dampak"
        )
    columns = ["seri", "periode", "jenis", "dampak", "simpangan", "id_peristiwa"]
    whole = events.reindex(columns=columns).reset_index(drop=True)
    whole["jenis"] = whole["jenis"].astype("object").fillna(SHIFT)
    wrong = ~whole["jenis"].isin([SHIFT, PULSE])
    if wrong.any():
        raise ForecastError(
            f"event of jenis '{whole.loc[wrong, 'jenis'].iloc[0]}' is not known\n"
            f"  → {SHIFT} (a lasting shift of level) or {PULSE} (one month)"
        )
    try:
        for name in ("dampak", "simpangan"):
            whole[name] = pd.to_numeric(whole[name]).astype(float)
        return whole.assign(bulan=count_months(whole["periode"]))
    except (ValueError, TypeError) as exc:
        raise ForecastError(
            f"events cannot be read: {exc}\n"
            "  → periode must hold dates; dampak and simpangan numbers or nothing"
        ) from exc


def _number_decisions(whole: pd.DataFrame) -> np.ndarray:
    """Give every row a number, those of one ``id_peristiwa`` the same."""
    named = whole["id_peristiwa"].notna()
    own = pd.Series([f"row {k}" for k in range(len(whole))], index=whole.index)
    codes, _ = pd.factorize(whole["id_peristiwa"].astype("object").where(named, own))
    return np.asarray(codes)


def match_events(panel: Panel, events: pd.DataFrame) -> list[Event]:
    """Match events to the series they name, oldest first.

    Parameters
    ----------
    panel
        The history, for names and last months.
    events
        ``seri`` (a name, or a pattern such as ``82.*``), ``periode``; if wanted
        ``jenis`` (`SHIFT`, the default, or `PULSE`), ``dampak`` (size in the series'
        unit; read from the data where missing), ``simpangan`` (spread of the size of
        an event to come; a quarter of it where missing), ``id_peristiwa`` (rows of
        one decision, which err together).

    Raises
    ------
    ForecastError
        A column or a size is missing, or a jenis is not known.
    """
    whole = _check_events(events)
    whole = whole.assign(nomor=_number_decisions(whole))
    names = {str(name): row for row, name in enumerate(panel.names)}
    matched = []
    for event in whole.sort_values("bulan", kind="stable").itertuples():
        pattern = str(event.seri)
        rows = _find_rows(names, pattern)
        size = float(event.dampak)  # type: ignore[arg-type]
        known = float(event.simpangan)  # type: ignore[arg-type]
        for row in rows:
            back = int(panel.last[row] - event.bulan)
            if back < 0 and not np.isfinite(size):
                raise ForecastError(
                    f"event of {event.periode:%Y-%m} on '{pattern}' is to come and "
                    "has no dampak\n  → give its expected size in the series' unit"
                )
            spread = abs(known) if np.isfinite(known) else UNSURE * abs(size)
            number = int(event.nomor)  # type: ignore[arg-type]
            matched.append(Event(number, row, back, str(event.jenis), size, spread))
    return matched


def _find_rows(names: Mapping[str, int], pattern: str) -> list[int]:
    """Find the series of a name or a pattern; names are looked up, not searched."""
    if not _WILD & set(pattern):
        return [names[pattern]] if pattern in names else []
    return [row for name, row in names.items() if fnmatchcase(name, pattern)]


def match_tree_events(panel: Panel, tree: Tree, events: pd.DataFrame) -> list[Event]:
    """Match events to a hierarchy: bottoms move, the sums above them follow.

    An event that names only a sum is shared among its parts by their last values. An
    event to come also appears on every sum that holds a part of it, with the spreads
    of one decision added up, for their intervals.
    """
    named = match_events(panel, events)
    below = _share_down(panel, tree, named)
    return below + _add_up_ahead(tree, below)


def _share_down(panel: Panel, tree: Tree, named: list[Event]) -> list[Event]:
    """Replace events on sums by events on their parts, unless those are named too."""
    filled, _ = fill_gaps(panel.nilai)
    last = np.abs(filled[tree.bottom, -1])
    upper = {int(row): k for k, row in enumerate(tree.upper)}
    both = {(event.number, event.row) for event in named}
    out = []
    for event in named:
        if event.row not in upper:
            out.append(event)
            continue
        parts = tree.columns[tree.rows == upper[event.row]]
        rows = tree.bottom[parts]
        if any((event.number, int(row)) in both for row in rows):
            continue
        total = last[parts].sum()
        share = last[parts] / total if total else np.full(len(parts), 1 / len(parts))
        out += [
            replace(event, row=int(row), size=event.size * w, spread=event.spread * w)
            for row, w in zip(rows, share, strict=True)
        ]
    return out


def _add_up_ahead(tree: Tree, below: list[Event]) -> list[Event]:
    """Return what events to come on the parts are to the sums."""
    number = {int(row): k for k, row in enumerate(tree.bottom)}
    sums: dict[tuple[int, int, int, str], np.ndarray] = {}
    for event in below:
        if event.back >= 0:
            continue
        for above in tree.rows[tree.columns == number[event.row]]:
            key = (event.number, int(tree.upper[above]), event.back, event.jenis)
            sums.setdefault(key, np.zeros(2))
            sums[key] += (event.size, event.spread)
    return [
        Event(*key, size=float(size), spread=float(spread))
        for key, (size, spread) in sums.items()
    ]


def _estimate_size(row: np.ndarray, at: int) -> float:
    """Estimate a shift from the change into its month, less the usual change."""
    known = np.flatnonzero(np.isfinite(row))
    before, after = known[known < at], known[known >= at]
    if not len(before) or not len(after):
        return 0.0
    change = np.diff(row[known]) / np.diff(known)
    usual = float(np.median(change)) * (after[0] - before[-1])
    return float(row[after[0]] - row[before[-1]] - usual)


def _count_taken_back(row: np.ndarray, at: int, size: float) -> int:
    """Count the months until most of a shift was taken back for good; 0 if never.

    A cut list is often repaired within months. Lifting the past onto the month of
    the cut would make that repair look like growth, and the forecast would go on
    with it. The series' usual change is no repair.
    """
    ahead = row[at : at + BACK_MONTHS + BACK_HELD]
    if not np.isfinite(ahead).all() or len(ahead) <= BACK_HELD or size == 0:
        return 0
    known = np.flatnonzero(np.isfinite(row))
    usual = float(np.median(np.diff(row[known]) / np.diff(known)))
    regained = (ahead - ahead[0] - usual * np.arange(len(ahead))) / -size
    held = np.array(
        [
            regained[k : k + BACK_HELD].mean() > BACK_SHARE
            for k in range(len(ahead) - BACK_HELD + 1)
        ]
    )
    return int(held.argmax()) if held.any() else 0


def remove_events(panel: Panel, events: list[Event]) -> Panel:
    """Fit known past events out: months before a shift rise to the level after it.

    A month with a pulse becomes missing unless its size is given. Sizes given are
    used; others are estimated from the change into the month. A shift that was
    taken back is none: its months become missing instead.
    """
    values = panel.nilai.copy()
    width = values.shape[1]
    for event in events:
        at = width - 1 - event.back
        if event.back < 0 or at <= 0:
            continue
        row = values[event.row]
        if event.jenis == PULSE:
            given = np.isfinite(event.size)
            row[at] = row[at] - event.size if given else np.nan
        else:
            given = np.isfinite(event.size)
            size = event.size if given else _estimate_size(row, at)
            back = _count_taken_back(row, at, size)
            if back:
                row[at : at + back] = np.nan
            else:
                row[:at] += size
    return Panel(panel.names, panel.last, values)


def clean_tree(panel: Panel, tree: Tree, events: list[Event]) -> np.ndarray:
    """Fit events out of the bottom series and out of the sums that hold them."""
    values = remove_events(panel, events).nilai.copy()
    filled, _ = fill_gaps(values[tree.bottom])
    moved = np.nan_to_num(filled - panel.nilai[tree.bottom])
    values[tree.upper] += tree.add_up(moved)
    return values
