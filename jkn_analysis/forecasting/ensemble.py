"""Members run at many cutoffs of a panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.forecasting.breaks import masked_median
from jkn_analysis.forecasting.events import lift_shifts
from jkn_analysis.forecasting.members import (
    SEASON,
    estimate_season,
    forecast_ar,
    forecast_smooth,
    shrink_season,
)
from jkn_analysis.forecasting.panel import (
    Ending,
    Kind,
    cut_back,
    describe_ending,
    fill_gaps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 400
MIN_MONTHS = 6


DISTRUST = {"ar": 0.6, "ar_raw": 0.6, "ar_own": 0.6, "ar_own_log": 0.6}
"""Weights before any evidence of members that extrapolate boldly."""


@dataclass(frozen=True)
class Manner:
    """How a kind of series is treated before its own evidence speaks."""

    curved: bool
    """Members also run on a logarithm of each series' range."""
    doubt: float
    """Times its noise that a season must stand out to be believed."""
    prior: dict[str, float]
    """Weights of members before any evidence, where not one."""
    change: float
    """Monthly change as a share of the level, for series of a few months."""
    unsteady: float
    """Standing out, in spreads, at which common growth is half believed; 0: wholly."""


STAY, STAY_MORE = DISTRUST | {"naive": 4.0}, DISTRUST | {"naive": 20.0}
MANNERS: dict[Kind, Manner] = {
    "rate": Manner(curved=False, doubt=2.5, prior=STAY, change=0.03, unsteady=2.0),
    "amount": Manner(
        curved=True, doubt=2.5, prior=STAY_MORE, change=0.015, unsteady=2.0
    ),
    "value": Manner(curved=True, doubt=1.0, prior=DISTRUST, change=0.08, unsteady=0.0),
}
"""Administrative counts and rates move by decree and else stay put, and a January
list change looks like a season; any other series is taken as it comes."""


def trust_growth(filled: np.ndarray, start: np.ndarray, *, kind: Kind) -> float:
    """Return how far the members are believed against the last value, 0 to 1.

    All series of one month are one look: a panel of people grows by list changes, and
    such growth may stop at once for every series. It is believed as far as the newest
    year's stands out of how unsteady the months before were; a season wholly.
    """
    unsteady, width = MANNERS[kind].unsteady, filled.shape[1]
    scale = scale_rows(filled, start)
    live = (start < width - 1) & (scale > 0)
    if not unsteady or width < 3 or not live.any():
        return 1.0
    change = np.diff(filled[live], axis=1) / scale[live, None]
    seen = np.arange(1, width)[None, :] > start[live, None]
    common = masked_median(change.T, seen.T)[-DRIFT_MONTHS:]
    path = np.concatenate([[0.0], np.cumsum(common)])[None, :]
    shape, noise = estimate_season(path, np.zeros(1, dtype=int))
    season = shrink_season(shape, noise)[0][np.arange(path.shape[1]) % SEASON]
    strict = shrink_season(shape, noise, doubt=MANNERS[kind].doubt)
    power = (shape**2).sum()
    kept = np.sqrt((strict**2).sum() / power) if power > 0 else 0.0
    steady = np.diff(path[0] - season)
    year, wobble = steady[-SEASON:], np.diff(steady[-2 * SEASON :])
    signal = len(year) * year.mean() ** 2
    doubt = unsteady**2 * (wobble**2).mean() / 2
    trust = signal / (signal + doubt) if signal > 0 else 1.0
    return float(1 - (1 - trust) * (1 - kept))


DRIFT_MONTHS = 36
"""Newest months that tell how steady the growth common to a panel is."""


@dataclass(frozen=True)
class Paths:
    """Forecasts of every member at every cutoff.

    ``months`` counts each cutoff's month since 1970-01; ``prior`` weighs members
    before any evidence; ``points`` is members x cutoffs x
    series x horizon; ``truth`` cutoffs x series x horizon, NaN where not known;
    ``base`` the typical monthly change of each series at each cutoff; ``trust`` how far
    the members are believed at each.
    """

    backs: np.ndarray
    months: np.ndarray
    prior: np.ndarray
    points: np.ndarray
    truth: np.ndarray
    base: np.ndarray
    endings: tuple[Ending, ...]
    trust: np.ndarray
    kind: Kind

    def see(self, at: int) -> Paths:
        """Return what was known at cutoff number `at`: older cutoffs, past truths."""
        horizon = self.truth.shape[2]
        backs = self.backs[at:] - self.backs[at]
        kept = slice(at, at + int((backs <= horizon + SEASON).sum()))
        backs = backs[backs <= horizon + SEASON]
        truth = self.truth[kept].copy()
        ahead = np.arange(1, horizon + 1)
        truth[np.broadcast_to(ahead > backs[:, None, None], truth.shape)] = np.nan
        points, base = self.points[:, kept], self.base[kept]
        endings, trust = self.endings[kept], self.trust[kept]
        return replace(
            self,
            backs=backs,
            months=self.months[kept],
            points=points,
            truth=truth,
            base=base,
            endings=endings,
            trust=trust,
        )


def list_backs(width: int, horizon: int, *, earlier: int = 0) -> np.ndarray:
    """List the cutoffs as months before the last one, newest (0) first.

    Every second month over the horizon and a year: each month ahead is then seen from
    several cutoffs. `earlier` months more let the older cutoffs be judged in turn.
    """
    far = min(horizon + SEASON + earlier, max(width - MIN_MONTHS, 0))
    return np.arange(0, far + 1, STEP)


STEP = 2


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


LARGEST_CHANGE = 1e9
"""Monthly change over the level from which a series is as good as ended at 0."""


def measure_change(filled: np.ndarray, start: np.ndarray, share: float) -> np.ndarray:
    """Return typical monthly changes, leaning on the level under half a year.

    A series that never moved is given half the panel's typical share of its level: it
    stands still until it does not, and often because a delivery was copied.
    """
    base = scale_rows(filled, start)
    size = np.abs(filled[:, -1])
    moving = (base > 0) & (size > base / LARGEST_CHANGE)
    typical = np.median(base[moving] / size[moving]) if moving.any() else share / 3
    base = np.where(
        (base > 0) | (start >= filled.shape[1]), base, STILL * typical * size
    )
    months = filled.shape[1] - start
    lean = np.clip(FEW - months, 0, None) / (FEW - 1) * 1.5
    usual = share * np.abs(filled[:, -1])
    return np.where(
        lean > 0, (base * (months - 1) + lean * usual) / (months - 1 + lean), base
    )


FEW = 6
STILL = 0.5


@dataclass(frozen=True)
class _Stack:
    """Series of one cutoff in units of their monthly change, season apart."""

    z: np.ndarray
    adjusted: np.ndarray
    ahead: np.ndarray
    start: np.ndarray
    now: np.ndarray
    scale: np.ndarray


def _build_stack(
    filled: np.ndarray, start: np.ndarray, horizon: int, *, doubt: float
) -> _Stack:
    """Centre each row on its last value, scale it and take its season off."""
    width = filled.shape[1]
    now = filled[:, -1:]
    base = scale_rows(filled, start)
    scale = np.where(base > 0, base, 1.0)[:, None]
    used = np.arange(width)[None, :] >= start[:, None]
    z = np.where(used, (filled - now) / scale, 0.0)
    shape = shrink_season(*estimate_season(z, start), doubt=doubt)
    adjusted = np.where(used, z - shape[:, np.arange(width) % SEASON], 0.0)
    ahead = shape[:, (width + np.arange(horizon)) % SEASON]
    return _Stack(z, adjusted, ahead, start, now, scale)


def _smooth_stacks(stacks: list[_Stack], horizon: int) -> list[dict[str, np.ndarray]]:
    """Run the smoothers on all stacks at once, which makes a few series cheap."""
    adjusted = np.concatenate([stack.adjusted for stack in stacks])
    start = np.concatenate([stack.start for stack in stacks])
    smoothed: dict[str, np.ndarray] = {}
    for low in range(0, len(adjusted), CHUNK):
        chunk = slice(low, low + CHUNK)
        parts = forecast_smooth(adjusted[chunk], start[chunk], horizon)
        for name, part in parts.items():
            whole = smoothed.setdefault(name, np.empty((len(adjusted), horizon)))
            whole[chunk] = part
    made, low = [], 0
    for stack in stacks:
        rows = slice(low, low + len(stack.z))
        low = rows.stop
        made.append({name: path[rows] for name, path in smoothed.items()})
    return made


def _finish_stack(
    stack: _Stack, smoothed: dict[str, np.ndarray], *, panel: bool
) -> dict[str, np.ndarray]:
    """Add season and autoregressions to one stack and return to its own units.

    The panel's own autoregressions are fitted where `panel` is set.
    """
    horizon = stack.ahead.shape[1]
    paths = {name: path + stack.ahead for name, path in smoothed.items()}
    pooled, paths["ar_own"] = forecast_ar(stack.z, stack.start, horizon)
    if panel:
        paths["ar_raw"] = pooled
        common, _ = forecast_ar(stack.adjusted, stack.start, horizon)
        paths["ar"] = common + stack.ahead
    limit = 6 * (1 + np.abs(stack.z).max(axis=1, keepdims=True))
    return {
        name: np.clip(path, -limit, limit) * stack.scale + stack.now
        for name, path in paths.items()
    }


@dataclass(frozen=True)
class _Bend:
    """A logarithm of each series' range, and the way back.

    ``log(value + offset)`` with an offset of a share of the range above the lowest
    value: seasons and trends may grow with the level, as in a multiplicative model,
    yet scaling and shifting the history scales and shifts the forecast.
    """

    bent: np.ndarray
    offset: np.ndarray
    span: np.ndarray
    flat: np.ndarray

    def unbend(self, path: np.ndarray) -> np.ndarray:
        """Return a path on the series' own scale."""
        return np.exp(np.clip(path, -9.0, 3.0)) * self.span - self.offset


def _bend(filled: np.ndarray, start: np.ndarray) -> _Bend:
    """Bend every row; one without any range becomes zero."""
    used = np.arange(filled.shape[1])[None, :] >= start[:, None]
    low = np.where(used, filled, np.inf).min(axis=1, keepdims=True)
    high = np.where(used, filled, -np.inf).max(axis=1, keepdims=True)
    flat = ~(high > low)
    span = np.where(flat, 1.0, high - low)
    offset = CURVE * span - np.where(np.isfinite(low), low, 0.0)
    ratio = np.where(used & ~flat, (filled + offset) / span, 1.0)
    return _Bend(np.log(ratio), offset, span, flat)


@dataclass(frozen=True)
class _Cutoff:
    """The panel as it stood at one cutoff, ready for the members."""

    last: np.ndarray
    year: np.ndarray
    base: np.ndarray
    ending: Ending
    trust: float
    stacks: list[_Stack]
    moved: np.ndarray
    bend: _Bend | None


def _prepare_cutoff(values: np.ndarray, horizon: int, *, kind: Kind) -> _Cutoff:
    """Fill, lift and bend the panel of one cutoff."""
    manner = MANNERS[kind]
    filled, start = fill_gaps(values)
    stacks = [_build_stack(filled, start, horizon, doubt=manner.doubt)]
    lifted = lift_shifts(filled, start)
    moved = np.flatnonzero((lifted != filled).any(axis=1))
    if len(moved):
        stacks.append(
            _build_stack(lifted[moved], start[moved], horizon, doubt=manner.doubt)
        )
    bend = _bend(filled, start) if manner.curved else None
    if bend is not None:
        stacks.append(_build_stack(bend.bent, start, horizon, doubt=manner.doubt))
    last = np.repeat(filled[:, -1:], horizon, axis=1)
    year = _repeat_year(filled, start, horizon)
    ending = describe_ending(filled, start)
    base = measure_change(filled, start, manner.change)
    trust = trust_growth(filled, start, kind=kind)
    return _Cutoff(last, year, base, ending, trust, stacks, moved, bend)


def _finish_cutoff(
    cutoff: _Cutoff, smoothed: list[dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Return every member's forecasts at one cutoff."""
    made = [
        _finish_stack(stack, parts, panel=number == 0)
        for number, (stack, parts) in enumerate(
            zip(cutoff.stacks, smoothed, strict=True)
        )
    ]
    paths = {"naive": cutoff.last, "snaive": cutoff.year} | made[0]
    for name in LIFTED:
        path = paths[name].copy()
        if len(cutoff.moved):
            path[cutoff.moved] = made[1][name]
        paths[name + "_lift"] = path
    bend = cutoff.bend
    if bend is not None:
        for name, path in made[-1].items():
            out = np.where(bend.flat, cutoff.last, bend.unbend(path))
            paths[name + "_log"] = out
    return paths


def _forecast_cutoffs(
    values: np.ndarray, horizon: int, backs: np.ndarray, *, kind: Kind
) -> Iterator[tuple[dict[str, np.ndarray], _Cutoff]]:
    """Yield every member's forecasts and what they came from, cutoff by cutoff.

    Cutoffs of a small panel share one run of the smoothers.
    """
    together = max(1, CHUNK // max(len(values), 1))
    for low in range(0, len(backs), together):
        cutoffs = [
            _prepare_cutoff(cut_back(values, int(back)), horizon, kind=kind)
            for back in backs[low : low + together]
        ]
        stacks = [stack for cutoff in cutoffs for stack in cutoff.stacks]
        smoothed = iter(_smooth_stacks(stacks, horizon))
        for cutoff in cutoffs:
            parts = [next(smoothed) for _ in cutoff.stacks]
            yield _finish_cutoff(cutoff, parts), cutoff


CURVE = 0.15
LIFTED = ("damped", "ets", "theta", "ar_own")
"""Members that also see the history with sudden shifts lifted."""


def _repeat_year(z: np.ndarray, start: np.ndarray, horizon: int) -> np.ndarray:
    """Repeat the last year; the last value where there is no whole year."""
    width = z.shape[1]
    if width < SEASON:
        return np.repeat(z[:, -1:], horizon, axis=1)
    year = z[:, width - SEASON :][:, np.arange(horizon) % SEASON]
    return np.where((width - start >= SEASON)[:, None], year, z[:, -1:])


def _find_still(values: np.ndarray) -> np.ndarray:
    """Find series that never moved: that they were forecast well proves nothing."""
    known = np.isfinite(values)
    low, high = (np.where(known, values, end) for end in (np.inf, -np.inf))
    return low.min(axis=1) >= high.max(axis=1)


def build_paths(
    values: np.ndarray, horizon: int, backs: np.ndarray, *, kind: Kind, newest: int
) -> Paths:
    """Run every member at every cutoff.

    Parameters
    ----------
    values
        Panel, series x months, NaN where missing.
    horizon
        Months ahead.
    backs
        Cutoffs as months before the last one.
    kind
        Chooses the manner: whether members also run on a logarithm of the range,
        and how far people's counts are held to stay put.
    newest
        The last month, counted since 1970-01.
    """
    rows, width = values.shape
    points, endings = [], []
    base, trust = np.empty((len(backs), rows)), np.empty(len(backs))
    truth = np.full((len(backs), rows, horizon), np.nan)
    known = np.isfinite(values)
    first = known.argmax(axis=1)
    still = _find_still(values)
    members = _forecast_cutoffs(values, horizon, backs, kind=kind)
    for k, (paths, cutoff) in enumerate(members):
        points.append(np.stack(list(paths.values())))
        base[k] = cutoff.base
        endings.append(cutoff.ending)
        trust[k] = cutoff.trust
        back = int(backs[k])
        seen = min(int(back), horizon)
        if seen:
            end = width - int(back)
            truth[k, :, :seen] = values[:, end : end + seen]
            truth[k, ~known[:, end - 1]] = np.nan
            truth[k, (end - first < MIN_MONTHS) | still] = np.nan
    prior = np.array([MANNERS[kind].prior.get(name, 1.0) for name in paths])
    stacked = np.stack(points, axis=1)
    months = newest - backs
    ends = tuple(endings)
    return Paths(backs, months, prior, stacked, truth, base, ends, trust, kind)
