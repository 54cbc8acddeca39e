"""Registered and active people as joint paths: medians, ceilings, draws, sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.build import Ahead, last_value
from jkn_analysis.forecasting.probability import (
    USUAL,
    correlate_errors,
    measure_correlation,
)
from jkn_analysis.masa_depan.draws import (
    Group,
    Shares,
    draw_people,
    measure_shares,
    share_out,
)
from jkn_analysis.masa_depan.paths import SLOTS, Paths, add_levels
from jkn_analysis.terms import NASIONAL, TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENDS = (0.1, 0.9)
_CLIP = 6.0
"""The most a past error counts for, in units of its series."""


def draw_counts(
    found: Mapping[str, Ahead],
    *,
    penduduk: pd.Series,
    told: Paths | None = None,
    seed: int = 0,
) -> Paths:
    """Draw registered and active people of every region and of the sums above.

    Parameters
    ----------
    found
        Forecasts by indicator.
    penduduk
        Population by code; a region has at most the larger of this and the people
        registered now.
    told
        Paths of regions that stay as they were told.
    seed
        Of all chance.
    """
    registered, active = found["terdaftar_jiwa"], found["aktif_jiwa"]
    kode = np.intersect1d(_list_regions(registered), _list_regions(active))
    unknown = np.setdiff1d(_list_regions(registered), kode)
    now, most = find_most(registered, penduduk, kode)
    place = [_place_nodes(ahead, kode) for ahead in (registered, active)]
    middle = _cap_medians(registered, active, place=place, now=now, most=most)
    groups = (
        _build_group(registered, place[0], kode, middle[0]),
        _build_group(active, place[1], kode, middle[1]),
    )
    drawn = draw_people(
        groups,
        registered.probabilities,
        kode=kode,
        most=most,
        together=_correlate(registered, active),
        seed=seed,
    )
    values: dict[tuple[str, str], np.ndarray] = {}
    for ukuran, part in zip(("terdaftar_jiwa", "aktif_jiwa"), drawn, strict=True):
        for at, segmen in enumerate(SLOTS):
            if (place[0][at] >= 0).any():
                own = _keep_told(part[at], kode, told, (ukuran, segmen))
                values[ukuran, segmen], names = add_levels(own, kode)
    if len(unknown):  # whose active people nobody sent: no sum above them is whole
        whole = ~np.isin(names.astype(str), [*{str(k)[:2] for k in unknown}, NASIONAL])
        names = names[whole]
        values = {key: own[:, whole] for key, own in values.items()}
    people = penduduk.reindex(names).to_numpy(dtype=float, na_value=np.nan)
    shape = (len(active.months), len(names), 1)
    held = np.broadcast_to(people[None, :, None], shape)
    return Paths(
        active.cutoff,
        active.months,
        names,
        values | {("penduduk_jiwa", TOTAL): held},
    )


def _keep_told(
    own: np.ndarray, kode: np.ndarray, told: Paths | None, key: tuple[str, str]
) -> np.ndarray:
    """Put the draws told before in place of new ones."""
    if told is None or key not in told.drawn:
        return own
    place = {str(name): at for at, name in enumerate(told.kode)}
    rows = [(at, place[str(k)]) for at, k in enumerate(kode) if str(k) in place]
    if rows:
        here, there = (list(part) for part in zip(*rows, strict=True))
        own[:, here] = told.drawn[key][:, there]
    return own


def _list_regions(ahead: Ahead) -> np.ndarray:
    """List the kabupaten/kota forecast."""
    kode = ahead.nodes["kode"]
    return np.array(sorted(set(kode[kode.str.len() > 2])), dtype=object)


def find_most(
    ahead: Ahead, penduduk: pd.Series, kode: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the people each region has registered now, and the most it can have.

    That is its population, or those registered now where they are more.
    """
    total = ahead.nodes["segmen"].eq(TOTAL).to_numpy()
    last = pd.Series(last_value(ahead)[total], index=ahead.nodes["kode"][total])
    now = last.reindex(kode).fillna(0).to_numpy(dtype=float)
    people = penduduk.reindex(kode).to_numpy(dtype=float, na_value=np.nan)
    most = np.fmax(now, np.where(np.isnan(people), np.inf, people))
    return now, np.floor(most)


def damp_growth(total: np.ndarray, now: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Damp growth by the room left under a ceiling, which it nears and never passes.

    Examples
    --------
    >>> total, now = np.array([90.0, 105.0, 105.0]), np.full(3, 100.0)
    >>> damp_growth(total, now, np.array([110.0, 110.0, 1e6])).round(1).tolist()
    [90.0, 103.9, 105.0]
    """
    room = np.maximum(most - now, 1e-9)
    grown = np.maximum(total - now, 0.0)
    return np.where(total > now, now - room * np.expm1(-grown / room), total)


def _place_nodes(ahead: Ahead, kode: np.ndarray) -> np.ndarray:
    """Return the node of each segmen and region, -1 where none; (segments, regions).

    The last row holds the total of regions without segments.
    """
    place = np.stack([_find_nodes(ahead, kode, segmen) for segmen in SLOTS])
    split = (place[:-1] >= 0).any(axis=0)
    place[-1, split] = -1
    return place


def _find_nodes(ahead: Ahead, kode: np.ndarray, segmen: str) -> np.ndarray:
    """Return the node of each region in one segmen, -1 where none."""
    index = pd.MultiIndex.from_frame(ahead.nodes)
    names = pd.MultiIndex.from_product([list(kode.astype(str)), [segmen]])
    return np.asarray(index.get_indexer(names))


def _cap_medians(
    registered: Ahead,
    active: Ahead,
    *,
    place: list[np.ndarray],
    now: np.ndarray,
    most: np.ndarray,
) -> list[np.ndarray]:
    """Return whole-number medians under both ceilings, (months, segments, regions).

    The registered grow the slower, the fewer people are left to register.
    """
    capped = []
    for ahead, nodes in zip((registered, active), place, strict=True):
        median = np.round(np.maximum(ahead.median, 0))
        found = np.where((nodes >= 0)[..., None], median[nodes], 0.0)
        capped.append(np.moveaxis(found, -1, 0))
    total = capped[0].sum(axis=1)
    limit = np.floor(np.minimum(damp_growth(total, now, most), most))
    wanted = capped[0] * (limit / np.maximum(total, 1))[:, None]
    capped[0] = share_out(wanted, limit, capped[0])
    capped[1] = np.minimum(capped[1], capped[0])
    return capped


def _build_group(
    ahead: Ahead, place: np.ndarray, kode: np.ndarray, middle: np.ndarray
) -> Group:
    """Gather what the draws of one count need."""
    whole = _find_nodes(ahead, kode, TOTAL)
    grid = np.moveaxis(ahead.quantiles, 1, 0)
    parts = np.where((place >= 0)[None, ..., None], grid[:, place], np.nan)
    chain = np.linalg.cholesky(measure_correlation(ahead.outcome, len(grid)))
    return Group(grid[:, whole], parts, middle, chain, _share(ahead, kode, whole))


def _share(ahead: Ahead, kode: np.ndarray, whole: np.ndarray) -> Shares:
    """Choose what regions share from the widths of the sums above them."""
    low, high = (int(np.abs(ahead.probabilities - end).argmin()) for end in _ENDS)
    width = (ahead.quantiles[..., high] - ahead.quantiles[..., low]).T
    nodes = ahead.nodes
    above = nodes[nodes["segmen"].eq(TOTAL) & nodes["kode"].str.len().eq(2)]
    upper = {str(name): width[:, at] for at, name in above["kode"].items()}
    return measure_shares(width[:, whole], upper, kode)


def _correlate(registered: Ahead, active: Ahead) -> float:
    """Return how errors of registered and active totals moved together in the past."""
    errors = []
    for ahead in (registered, active):
        nodes = ahead.nodes
        rows = nodes[nodes["segmen"].eq(TOTAL) & nodes["kode"].str.len().gt(2)]
        scale = ahead.outcome.scale[rows.index]
        part = ahead.outcome.errors[:, rows.index]
        part = part / np.where(scale > 0, scale, 1.0)[None, :, None]
        errors.append((list(rows["kode"]), np.clip(part, -_CLIP, _CLIP)))
    (names, one), (others, other) = errors
    if names != others or one.shape != other.shape:
        return USUAL
    cutoffs = int(np.isfinite(one * other).any(axis=(1, 2)).sum())
    return correlate_errors(one, other, cutoffs=cutoffs)
