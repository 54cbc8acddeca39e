"""A panel of monthly series as one matrix, right-aligned, with its gaps marked."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError

Kind = Literal["rate", "amount", "value"]

HISTORY_MAX = 156
"""Months of history used at most; older ones no longer move a forecast."""

_FAR = 1 << 32
"""More than any count of months."""
HISTORY_COLUMNS = ("seri", "periode", "nilai")


@dataclass(frozen=True)
class Panel:
    """Series of unequal length, each ending in the last column.

    ``nilai`` has shape (series, months); NaN marks a missing month and the time
    before a series began. ``last`` counts months since 1970-01.
    """

    names: np.ndarray
    last: np.ndarray
    nilai: np.ndarray


def find_newest(panel: Panel) -> int:
    """Return the month in which most series end, counted since 1970-01."""
    months, count = np.unique(panel.last, return_counts=True)
    return int(months[count.argmax()])


def count_months(periode: pd.Series) -> np.ndarray:
    """Return months since 1970-01 of dates, text or periods.

    Raises
    ------
    ValueError
        For an empty one, or text that is no date.
    """
    if isinstance(periode.dtype, pd.PeriodDtype):
        periode = periode.dt.to_timestamp()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Could not infer format", UserWarning)
        stamps = pd.DatetimeIndex(pd.to_datetime(periode))
    if stamps.hasnans:
        raise ValueError("a row has no periode")
    return np.asarray((stamps.year - 1970) * 12 + stamps.month - 1, dtype=np.int64)


def build_months(counts: np.ndarray) -> pd.DatetimeIndex:
    """Return the month starts of counts since 1970-01."""
    months = np.asarray(counts, dtype="datetime64[M]")
    return pd.DatetimeIndex(months.astype("datetime64[us]"))


def _check_history(history: pd.DataFrame) -> pd.DataFrame:
    """Return the usable rows, or say what is wrong with the table."""
    if not isinstance(history, pd.DataFrame):
        raise ForecastError(
            f"history is a {type(history).__name__}\n"
            "  → give a DataFrame of seri, periode, nilai"
        )
    missing = [name for name in HISTORY_COLUMNS if name not in history.columns]
    if missing:
        raise ForecastError(
            f"history lacks column(s) {', '.join(missing)}; found "
            f"{', '.join(map(str, history.columns))}\n"
            "  → give seri (text), periode (month start), nilai (number)"
        )
    try:
        values = pd.to_numeric(history["nilai"]).to_numpy(dtype=float, na_value=np.nan)
        months = count_months(history["periode"])
    except (ValueError, TypeError) as exc:
        raise ForecastError(
            f"history cannot be read: {exc}\n"
            "  → periode must hold dates, nilai numbers, with no empty periode"
        ) from exc
    if history["seri"].isna().any():
        row = int(history["seri"].isna().to_numpy().argmax())
        raise ForecastError(
            f"history, row {row}: seri is empty\n  → name the series of every row"
        )
    seri = history["seri"].astype("str")
    frame = pd.DataFrame({"seri": seri, "bulan": months, "nilai": values})
    if np.isinf(values).any():
        bad = frame.loc[np.isinf(values), "seri"].iloc[0]
        raise ForecastError(
            f"series '{bad}': nilai is infinite\n"
            "  → leave the month empty or correct it"
        )
    return frame.dropna(subset=["nilai"])


def _check_unique(frame: pd.DataFrame, row: np.ndarray) -> None:
    """Refuse two values for one month of one series; `row` numbers the series."""
    twice = pd.Series(row * _FAR + frame["bulan"].to_numpy()).duplicated().to_numpy()
    if twice.any():
        first = frame.loc[twice].iloc[0]
        month = build_months(np.array([first["bulan"]]))[0]
        raise ForecastError(
            f"series '{first['seri']}': two values for {month:%Y-%m}\n"
            "  → keep one row per series and month"
        )


def build_panel(history: pd.DataFrame) -> Panel:
    """Build the matrix of a long history; row and series order do not matter.

    Parameters
    ----------
    history
        ``seri``, ``periode``, ``nilai``; a missing month may be absent or NaN.

    Raises
    ------
    ForecastError
        Missing columns, infinite values, two values for one month, or no value.
    """
    frame = _check_history(history)
    empty = sorted(
        set(history["seri"].astype("str").unique()) - set(frame["seri"].unique())
    )
    if empty:
        more = f" and {len(empty) - 1} more" if len(empty) > 1 else ""
        raise ForecastError(
            f"series '{empty[0]}'{more}: no value in any month\n"
            "  → leave the series out or deliver at least one month"
        )
    if frame.empty:
        raise ForecastError("history is empty\n  → give at least one series")
    codes, known = pd.factorize(frame["seri"])
    order = np.argsort(known.to_numpy(dtype=str), kind="stable")
    names = known.to_numpy(dtype=str)[order]
    row = np.argsort(order, kind="stable")[codes]
    _check_unique(frame, row)
    bulan = frame["bulan"].to_numpy()
    last = np.full(len(names), np.iinfo(np.int64).min)
    np.maximum.at(last, row, bulan)
    back = last[row] - bulan
    kept = back < HISTORY_MAX
    width = int(back[kept].max()) + 1
    values = np.full((len(names), width), np.nan)
    values[row[kept], width - 1 - back[kept]] = frame["nilai"].to_numpy()[kept]
    return Panel(names=names, last=last, nilai=values)


def fill_gaps(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate inner gaps, carry the last value forward, zero before the start.

    Returns
    -------
    filled
        Same shape; finite wherever a row has any value.
    start
        First column with a value; the width of the matrix for an empty row.
    """
    known = np.isfinite(values)
    width = values.shape[1]
    column = np.arange(width)
    before = np.maximum.accumulate(np.where(known, column, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, column, width)[:, ::-1], axis=1)[
        :, ::-1
    ]
    low = np.take_along_axis(values, np.clip(before, 0, None), axis=1)
    high = np.take_along_axis(values, np.clip(after, None, width - 1), axis=1)
    span = np.where(after > before, after - before, 1)
    share = (column - before) / span
    inner = (before >= 0) & (after < width)
    filled = np.where(inner, low + (high - low) * np.clip(share, 0, 1), low)
    start = np.where(known.any(axis=1), known.argmax(axis=1), width)
    return np.where(before >= 0, filled, 0.0), start


def cut_back(values: np.ndarray, months: int) -> np.ndarray:
    """Return the panel as it stood `months` earlier, still right-aligned."""
    if months == 0:
        return values
    cut = np.full_like(values, np.nan)
    cut[:, months:] = values[:, :-months]
    return cut


@dataclass(frozen=True)
class Ending:
    """What makes the newest months of each series doubtful.

    ``months`` counts known months; ``stale`` the months a value has stood still in a
    series that hardly ever does; ``jump`` is the last change where it is larger than
    any before, else 0.
    """

    months: np.ndarray
    stale: np.ndarray
    jump: np.ndarray


STILL_SHARE = 0.1
JUMP_MEANS, JUMP_OVER_MOST = 5.0, 1.5


def describe_ending(filled: np.ndarray, start: np.ndarray) -> Ending:
    """Describe how each row of a filled panel ends."""
    width = filled.shape[1]
    months = width - start
    nothing = np.zeros(len(filled))
    if width < 3:
        return Ending(months, nothing, nothing)
    change = np.diff(filled, axis=1)
    used = np.arange(1, width)[None, :] > start[:, None]
    size = np.where(used, np.abs(change), 0.0)
    moved = used & (change != 0)
    stale = np.where(moved.any(axis=1), moved[:, ::-1].argmax(axis=1), 0)
    before = np.maximum(used.sum(axis=1) - stale, 1)
    still = 1 - moved.sum(axis=1) / before
    stale = np.where((stale > 1) & (still < STILL_SHARE) & (before > 5), stale, 0)
    most = size[:, :-1].max(axis=1)
    mean = size[:, :-1].sum(axis=1) / np.maximum(used[:, :-1].sum(axis=1), 1)
    last = size[:, -1]
    rare = (last > JUMP_MEANS * mean) & (last > JUMP_OVER_MOST * most) & (months > 6)
    return Ending(months, stale, np.where(rare, change[:, -1], 0.0))
