"""Level shifts and pulses nobody announced: found in the history, for the analyst."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.panel import build_months, build_panel

SHIFT, PULSE = "geser", "pulsa"
COLUMNS = ["seri", "periode", "jenis", "dampak", "skor"]
LIMIT = 3.5
"""An event is beyond this many spreads of the months' surprises without it."""
PULSE_LIMIT = 1.05
"""A pulse must stand out this much more than a shift."""
PAID = 0.8
"""Share of the events already found that still counts as the series' own noise."""
MOST = 6
"""Events looked for in one series."""
THETAS = (-0.5, -0.25, 0.0, 0.2, 0.4, 0.6, 0.75, 0.9, 1.0)
"""Shares of a monthly change that the next one takes back: 0 for a random walk, 1
for noise around a level, below 0 for changes that go on."""
PLAIN = 3.0
"""How far the likelihood of another share must beat that of a random walk."""
SEASON = 12
MIN_CHANGES, MIN_YEARS = 8, 2
_NORMAL = 1.4826
_TINY = 1e-9


def masked_median(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return each row's median over `mask`; 0 for a row without any."""
    count = mask.sum(axis=1)
    ordered = np.sort(np.where(mask, values, np.inf), axis=1)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[:, None], axis=1)
    high = np.take_along_axis(
        ordered, np.minimum(count // 2, values.shape[1] - 1)[:, None], axis=1
    )
    middle = np.where(count > 0, 0.5, 0.0)
    both = np.where(count[:, None] > 0, low + high, 0.0)[:, 0]
    return both * middle


@dataclass(frozen=True)
class _Changes:
    """Monthly changes off their median; a missing month holds the value before it.

    ``off`` is series x changes, ``used`` where a value was delivered, ``start`` the
    first change in use of each series, ``floor`` the least size that counts.
    """

    off: np.ndarray
    used: np.ndarray
    start: np.ndarray
    floor: np.ndarray

    def take(self, rows: np.ndarray) -> _Changes:
        """Return some of the series."""
        return _Changes(
            self.off[rows], self.used[rows], self.start[rows], self.floor[rows]
        )


def _measure_changes(values: np.ndarray) -> _Changes:
    """Return the changes of a panel with gaps."""
    known = np.isfinite(values)
    month = np.arange(values.shape[1])
    before = np.maximum.accumulate(np.where(known, month, -1), axis=1)
    held = np.take_along_axis(values, np.maximum(before, 0), axis=1)
    held = np.where(before >= 0, held, 0.0)
    gap = month[1:] - before[:, :-1]
    used = known[:, 1:] & (before[:, :-1] >= 0)
    change = np.diff(held, axis=1)
    usual = masked_median(change, used & (gap == 1))[:, None]
    off = np.where(used, change - usual * gap, 0.0)
    floor = _TINY * np.abs(held).max(axis=1)
    return _Changes(off, used, known.argmax(axis=1), floor)


def _drop_season(changes: _Changes) -> tuple[np.ndarray, np.ndarray]:
    """Take the season off changes; also return the share of freedom that is left.

    The mean of each calendar month, large changes cut, shrunk by how far the months
    differ beyond their noise (James and Stein).
    """
    off, used = changes.off, changes.used
    slot = np.arange(off.shape[1]) % SEASON
    mean, noise, full = _measure_season(off, used, slot)
    power = (mean**2).mean(axis=1)
    share = np.clip(1 - 1.5 * noise / np.where(power > 0, power, 1.0), 0.0, 1.0)
    share = np.where(full & (power > 0), share, 0.0)
    left = np.where(used, off - share[:, None] * mean[:, slot], 0.0)
    freedom = 1 - share * (SEASON - 1) / np.maximum(used.sum(axis=1), SEASON)
    return left, freedom


def _measure_season(
    off: np.ndarray, used: np.ndarray, slot: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return means by calendar month, their noise, and which rows have all months."""
    places = [slot == month for month in range(SEASON)]
    count = np.stack([used[:, at].sum(axis=1) for at in places], axis=1)
    middle = np.stack([masked_median(off[:, at], used[:, at]) for at in places], axis=1)
    gap = np.where(used, off - middle[:, slot], 0.0)
    years = count.mean(axis=1)
    spread = _spread(gap, used) * np.sqrt(years / np.maximum(years - 1, 0.5))
    cap = 2.5 * spread[:, None]
    cut = np.clip(gap, -cap, cap)
    total = np.stack([cut[:, at].sum(axis=1) for at in places], axis=1)
    mean = middle + total / np.maximum(count, 1)
    return mean, spread**2 / np.maximum(years, 1), count.min(axis=1) >= MIN_YEARS


def _spread(values: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Return each row's robust spread around zero."""
    return _NORMAL * masked_median(np.abs(values), used)


def _list_variances(theta: np.ndarray, width: int) -> np.ndarray:
    """Return the variance of each month's surprise by its age; rows x ages."""
    variance = np.empty((len(theta), width))
    variance[:, 0] = 1 + theta**2
    for age in range(1, width):
        variance[:, age] = 1 + theta**2 - theta**2 / variance[:, age - 1]
    return variance


def _find_surprises(
    off: np.ndarray, start: np.ndarray, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each change brings beyond the earlier ones, and its variance."""
    rows, width = off.shape
    variance = np.ones((rows, width))
    surprise = np.zeros((rows, width))
    by_age = _list_variances(theta, width)
    number = np.arange(rows)
    for t in range(width):
        live = t >= start
        age = np.maximum(t - start, 0)
        variance[:, t] = np.where(live, by_age[number, age], 1.0)
        surprise[:, t] = np.where(live, off[:, t], 0.0)
        if t:
            back = np.where(t > start, theta / variance[:, t - 1], 0.0)
            surprise[:, t] += back * surprise[:, t - 1]
    return surprise, variance


def _fit_noise(off: np.ndarray, changes: _Changes) -> np.ndarray:
    """Find how much of a change the next one takes back, by likelihood.

    Large changes are cut first, so that an event does not pass for noise.
    """
    cap = 3 * _spread(off, changes.used)[:, None]
    cut = np.clip(off, -cap, cap) if cap.any() else off
    count = np.maximum(off.shape[1] - changes.start, 1)
    best = np.zeros(len(off))
    least = np.full(len(off), np.inf)
    for theta in THETAS:
        whole = np.full(len(off), theta)
        surprise, variance = _find_surprises(cut, changes.start, whole)
        power = (surprise**2 / variance).sum(axis=1) / count
        cost = count * np.log(np.maximum(power, 1e-300))
        cost = cost + np.log(variance).sum(axis=1) + (PLAIN if theta else 0.0)
        best = np.where(cost < least, theta, best)
        least = np.minimum(cost, least)
    return best


@dataclass(frozen=True)
class _Scan:
    """Least-squares scores of a shift and of a pulse at every change.

    A score over its ``mass`` is the size; ``surprise`` is in units of one spread.
    """

    shift: np.ndarray
    pulse: np.ndarray
    shift_mass: np.ndarray
    pulse_mass: np.ndarray
    surprise: np.ndarray
    freedom: np.ndarray

    def score(self, pulse: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Return the score of one event in each row."""
        row = np.arange(len(at))
        return np.where(pulse, self.pulse[row, at], self.shift[row, at])

    def mass(self, pulse: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Return the mass of one event in each row."""
        row = np.arange(len(at))
        return np.where(pulse, self.pulse_mass[row, at], self.shift_mass[row, at])


def _scan(changes: _Changes) -> _Scan:
    """Score a shift and a pulse at every change by generalised least squares.

    Changes are a moving average of order one, the form of noise around a level that
    itself wanders; a shift is a single change, a pulse a change and its return.
    """
    off, freedom = _drop_season(changes)
    theta = _fit_noise(off, changes)
    surprise, variance = _find_surprises(off, changes.start, theta)
    rows, width = off.shape
    weighed, own, cross = np.zeros((3, rows, width + 1))
    for t in reversed(range(width)):
        live = t >= changes.start
        back = theta / variance[:, t]
        weighed[:, t] = surprise[:, t] / variance[:, t] + back * weighed[:, t + 1]
        own[:, t] = np.where(live, 1 / variance[:, t] + back**2 * own[:, t + 1], 1.0)
        cross[:, t] = back * own[:, t + 1]
    ahead = np.maximum(own[:, :-1] - 2 * cross[:, :-1] + own[:, 1:], _TINY)
    shift_mass, pulse_mass = np.sqrt(own[:, :-1]), np.sqrt(ahead)
    both = weighed[:, :-1] - weighed[:, 1:]
    return _Scan(
        np.where(changes.used, weighed[:, :-1] / shift_mass, 0.0),
        np.where(changes.used, both / pulse_mass, 0.0),
        shift_mass,
        pulse_mass,
        surprise / np.sqrt(variance),
        freedom,
    )


def _remove(
    off: np.ndarray, pulse: np.ndarray, at: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Take one event out of each row."""
    out = off.copy()
    row = np.arange(len(at))
    out[row, at] -= size
    after = np.flatnonzero(pulse & (at + 1 < off.shape[1]))
    out[after, at[after] + 1] += size[after]
    return out


@dataclass(frozen=True)
class _Found:
    """The strongest event of each row and whether it stands out."""

    pulse: np.ndarray
    month: np.ndarray
    size: np.ndarray
    value: np.ndarray
    score: np.ndarray
    real: np.ndarray


def _find_strongest(changes: _Changes, paid: np.ndarray) -> _Found:
    """Find the strongest event of each row, judged by the noise without it.

    `paid` is the squared size of events found before: a series that jumps often
    must jump further.
    """
    is_pulse, at, size = _choose(_scan(changes))
    off = _remove(changes.off, is_pulse, at, size)
    second = _scan(replace(changes, off=off))
    mass = second.mass(is_pulse, at)
    value = second.score(is_pulse, at) + size * mass
    count = np.maximum(changes.used.sum(axis=1) - 1, 1)
    power = np.where(changes.used, second.surprise**2, 0.0).sum(axis=1) + PAID * paid
    unit = np.sqrt(power / (count * second.freedom))
    limit = LIMIT * unit * np.where(is_pulse, PULSE_LIMIT, 1.0)
    real = (np.abs(value) > limit) & (np.abs(value) > changes.floor * mass)
    real &= count >= MIN_CHANGES
    still = np.sqrt((power + value**2) / count)
    unit = np.where(unit > 0, unit, np.where(still > 0, still, 1.0))
    return _Found(is_pulse, at, value / mass, value, np.abs(value) / unit, real)


def _choose(scan: _Scan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return whether a pulse, where, and how large the best event of each row is."""
    shift, pulse = np.abs(scan.shift), np.abs(scan.pulse) / PULSE_LIMIT
    pulse[:, -1] = 0.0
    is_pulse = pulse.max(axis=1) > shift.max(axis=1)
    at = np.where(is_pulse, pulse.argmax(axis=1), shift.argmax(axis=1))
    return is_pulse, at, scan.score(is_pulse, at) / scan.mass(is_pulse, at)


def find_events(history: pd.DataFrame) -> pd.DataFrame:
    """Find past level shifts and pulses that nobody announced, for the analyst.

    Each series is taken as a wandering level with noise and season, how much of
    either read from the series; the event that explains most is taken out and judged
    by what is left, then the next (Chen and Liu 1993, doi
    10.1080/01621459.1993.10594321). Noise around a level, random walks, trends and
    seasons of their own raise about one false alarm in ten series of six years.

    Parameters
    ----------
    history
        ``seri``, ``periode``, ``nilai``, as in `forecast`.

    Returns
    -------
    DataFrame
        ``seri``, ``periode`` (first month of the new level, or the month of the
        pulse), ``jenis`` (`SHIFT` or `PULSE`), ``dampak`` (size in the series'
        unit), ``skor`` (size in spreads of the series' own surprises), largest
        first. With a ``jenis`` and a date they can be given to `forecast` as events.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=24, freq="MS")
    >>> values = [100.0, 101.0] * 6 + [150.0, 151.0] * 6
    >>> history = pd.DataFrame({"seri": "a", "periode": months, "nilai": values})
    >>> find_events(history)[["seri", "periode", "jenis"]].values.tolist()
    [['a', Timestamp('2021-01-01 00:00:00'), 'geser']]
    """
    panel = build_panel(history)
    width = panel.nilai.shape[1]
    if width < SEASON:
        return pd.DataFrame(columns=COLUMNS)
    changes = _measure_changes(panel.nilai)
    paid = np.zeros(len(panel.names))
    active = np.arange(len(panel.names))
    frames = []
    for _ in range(MOST):
        found = _find_strongest(changes.take(active), paid[active])
        hit = np.flatnonzero(found.real)
        active = active[hit]
        at, pulse, size = found.month[hit], found.pulse[hit], found.size[hit]
        frame = pd.DataFrame(
            {
                "seri": pd.Series(panel.names, dtype="str").take(active).to_numpy(),
                "periode": build_months(panel.last[active] - (width - 2 - at)),
                "jenis": np.where(pulse, PULSE, SHIFT),
                "dampak": size,
                "skor": found.score[hit],
            }
        )
        frames.append(frame)
        if not len(hit):
            break
        paid[active] += size**2
        changes.off[active] = _remove(changes.off[active], pulse, at, size)
    return pd.concat(frames).sort_values(
        ["skor", "seri", "periode"],
        ascending=[False, True, True],
        kind="stable",
        ignore_index=True,
    )[COLUMNS]
