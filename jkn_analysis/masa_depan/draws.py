"""From quantiles to joint draws of whole people: one path moves everything at once.

Draw 0 is the middle path: every region and segmen at its median, so it adds up at
every level and is the median told. The other draws take the quantiles of each
kabupaten/kota total exactly, in an order given by what regions share, what a
provinsi shares and what is a region's own; segments share out the total of their
draw. Where active people could pass the registered, both counts take one order. No
draw has more active than registered people, nor more registered than the larger of
those registered now and the population.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAWS = 201
"""Odd, so that quantiles at multiples of 0.005 are draws and not between two."""
MIDDLE = (DRAWS - 1) // 2
_BLOCK = 64
"""Regions drawn together; bounds the memory."""
_TURNS = 30


def list_ranks() -> np.ndarray:
    """Return the probability of each ordered draw; the ends a little inside 0 and 1."""
    ranks = np.arange(DRAWS) / (DRAWS - 1)
    ranks[[0, -1]] = 0.5 / (DRAWS - 1), 1 - 0.5 / (DRAWS - 1)
    return ranks


def spread_quantiles(quantiles: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Read ordered draws off quantiles (last axis), straight on a normal scale.

    Parameters
    ----------
    quantiles
        Any axes, then probabilities.
    probabilities
        Rising; what lies beyond the outermost follows their last slope.
    """
    inverse = NormalDist().inv_cdf
    known = np.array([inverse(float(p)) for p in probabilities])
    wanted = np.array([inverse(float(p)) for p in list_ranks()])
    at = np.clip(np.searchsorted(known, wanted) - 1, 0, len(known) - 2)
    part = (wanted - known[at]) / (known[at + 1] - known[at])
    low, high = quantiles[..., at], quantiles[..., at + 1]
    return np.asarray(low + part * (high - low))


@dataclass(frozen=True)
class Shares:
    """What part of a rank's variance the country and the own provinsi share.

    ``country`` and ``province`` are (months, regions); the rest is a region's own.
    """

    country: np.ndarray
    province: np.ndarray


def measure_shares(
    own: np.ndarray, upper: dict[str, np.ndarray], kode: np.ndarray
) -> Shares:
    """Choose shared parts so that sums spread as their own forecasts say.

    Parameters
    ----------
    own
        Width of each region's interval, months x regions.
    upper
        Width of provinces and '00', by code; those not forecast share nothing.
    kode
        Codes of the regions.
    """
    province = np.array([str(name)[:2] for name in kode])
    shares = [
        _share_month(row, {name: width[h] for name, width in upper.items()}, province)
        for h, row in enumerate(own)
    ]
    country, whole = (np.stack(part) for part in zip(*shares, strict=True))
    return Shares(country, whole - country)


def _share_month(
    own: np.ndarray, upper: Mapping[str, float], province: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the country shares, and country and provinsi together."""
    part = np.zeros(len(own))
    for name in np.unique(province):
        inside = province == name
        alone = float((own[inside] ** 2).sum())
        together = float(own[inside].sum() ** 2)
        part[inside] = _solve(upper.get(name, 0.0) ** 2 - alone, together - alone)
    if NASIONAL not in upper:
        return np.zeros(len(own)), part
    low, high = 0.0, 1.0
    for _ in range(_TURNS):
        middle = (low + high) / 2
        spread = _country_spread(own, province, part, np.minimum(middle, part))
        wider = spread < upper[NASIONAL] ** 2
        low, high = (middle, high) if wider else (low, middle)
    return np.minimum(low, part), part


def _solve(above: float, room: float) -> float:
    """Return a share between 0 and 1; 0 where there is nothing to share."""
    return float(np.clip(above / room, 0.0, 1.0)) if room > 0 else 1.0


def _country_spread(
    own: np.ndarray, province: np.ndarray, part: np.ndarray, shared: np.ndarray
) -> float:
    """Return the squared width of the country under some shared parts."""
    total = float((own * np.sqrt(shared)).sum() ** 2)
    rest = own * np.sqrt(np.maximum(part - shared, 0))
    _, number = np.unique(province, return_inverse=True)
    total += float((np.bincount(number, weights=rest) ** 2).sum())
    return total + float((own**2 * (1 - part)).sum())


def _rank(normal: np.ndarray) -> np.ndarray:
    """Return the place of every draw (last axis) in order; draw 0 is the middle."""
    order = np.argsort(normal[..., 1:], axis=-1, kind="stable").argsort(axis=-1)
    place = np.full(normal.shape, MIDDLE)
    place[..., 1:] = order + (order >= MIDDLE)
    return place


def _normals(seed: int, kode: str, shape: tuple[int, ...]) -> np.ndarray:
    """Draw standard normals of one region, provinsi or the country, mirrored.

    A seed of its own makes the draws of a region the same whoever is drawn beside.
    """
    rng = np.random.default_rng([seed, int(kode.replace(".", ""))])
    half = rng.standard_normal((*shape, MIDDLE), dtype=np.float32)
    middle = np.zeros((*shape, 1), dtype=np.float32)
    return np.concatenate([middle, half, -half], axis=-1)


@dataclass(frozen=True)
class Group:
    """Quantiles of registered or active people, one entry per region.

    Attributes
    ----------
    total
        (months, regions, probabilities) of the totals.
    parts
        (months, segments, regions, probabilities); NaN where there is none.
    middle
        (months, segments, regions): whole-number medians of the parts, 0 where none.
    chain
        (months, months): factor of the correlation of past errors.
    shares
        Of the totals' ranks.
    """

    total: np.ndarray
    parts: np.ndarray
    middle: np.ndarray
    chain: np.ndarray
    shares: Shares


def draw_people(
    groups: tuple[Group, Group],
    probabilities: np.ndarray,
    *,
    kode: np.ndarray,
    most: np.ndarray,
    together: float,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw registered and active people of every region and segmen.

    Parameters
    ----------
    groups
        Registered, then active.
    probabilities
        Of the quantiles.
    kode
        Codes of the regions, sorted.
    most
        Most registered people a region can have.
    together
        Correlation of the errors of both counts.
    seed
        Of all chance.

    Returns
    -------
    tuple
        Registered and active, (segments, months, regions, draws) whole numbers.
    """
    months, segments, regions = groups[0].middle.shape
    out = [np.zeros((segments, months, regions, DRAWS), dtype=np.int32) for _ in groups]
    for first in range(0, regions, _BLOCK):
        rows = slice(first, first + _BLOCK)
        normals = [
            _block_normals(str(name), groups, k, together=together, seed=seed)
            for k, name in enumerate(kode[rows], start=first)
        ]
        latent = np.stack(normals)
        wholes = [_order_totals(group, probabilities, rows) for group in groups]
        wholes[0] = np.minimum(wholes[0], most[rows, None])
        meet = (wholes[1][..., -1] > wholes[0][..., 0]).any(axis=0)
        latent[meet, 0, 0] = latent[meet, 1, 0]
        room: np.ndarray | None = None
        for number, group in enumerate(groups):
            drawn = _draw_block(
                group,
                probabilities,
                latent[:, number],
                rows=rows,
                whole=wholes[number],
                room=room,
            )
            out[number][:, :, rows] = drawn
            room = drawn
    return out[0], out[1]


def _block_normals(
    kode: str,
    groups: tuple[Group, Group],
    at: int,
    *,
    together: float,
    seed: int,
) -> np.ndarray:
    """Return (counts, 1 + segments, months, draws) of one region's ranks.

    The first row is the total's; both counts share a part of every source of chance.
    """
    months, segments, _ = groups[0].middle.shape
    shape = (2, 1 + segments, months)
    own = _normals(seed, kode, shape)
    above = [_normals(seed, name, shape[::2]) for name in (kode[:2], "00")]
    for source in (own, *above):
        source[1] = together * source[0] + (1 - together**2) ** 0.5 * source[1]
    for number, group in enumerate(groups):
        chain = group.chain.astype(np.float32)
        own[number] = np.einsum("hj,sjd->shd", chain, own[number])
        country = group.shares.country[:, at, None]
        province = group.shares.province[:, at, None]
        rest = np.maximum(1 - country - province, 0.0)
        own[number, 0] = (
            np.sqrt(rest) * own[number, 0]
            + np.sqrt(province) * (chain @ above[0][number])
            + np.sqrt(country) * (chain @ above[1][number])
        )
    return own


def _draw_block(
    group: Group,
    probabilities: np.ndarray,
    latent: np.ndarray,
    *,
    rows: slice,
    whole: np.ndarray,
    room: np.ndarray | None,
) -> np.ndarray:
    """Draw one count of some regions, (segments, months, regions, draws).

    `whole` holds the totals in order; `room` bounds each segmen's draw.
    """
    middle = group.middle[:, :, rows]
    centre = middle.sum(axis=1)
    rank = _rank(np.moveaxis(latent[:, 0], 0, 1))
    total = np.take_along_axis(whole, rank, axis=-1)
    if room is not None:
        total = np.minimum(total, room.sum(axis=0))
    parts = spread_quantiles(group.parts[:, :, rows], probabilities)
    parts = np.nan_to_num(parts - parts[..., [MIDDLE]]).astype(np.float32)
    order = _rank(np.transpose(latent[:, 1:], (2, 1, 0, 3)))
    off = np.take_along_axis(parts, order, axis=-1)
    width = (parts[..., -1 - MIDDLE // 5] - parts[..., MIDDLE // 5]) ** 2
    width = np.where(group.middle[:, :, rows] > 0, np.maximum(width, 1e-6), 0)
    weight = width / np.maximum(width.sum(axis=1, keepdims=True), 1e-12)
    rest = (total - centre[..., None])[:, None] - off.sum(axis=1, keepdims=True)
    wanted = middle[..., None] + off + weight[..., None] * rest
    wanted[..., 0] = middle
    held = np.isfinite(group.parts[:, :, rows, :1])
    top = np.where(held, np.inf, 0.0) if room is None else np.moveaxis(room, 0, 1)
    found = share_out(wanted, total, np.broadcast_to(top, wanted.shape))
    return np.moveaxis(found, 1, 0)


def _order_totals(group: Group, probabilities: np.ndarray, rows: slice) -> np.ndarray:
    """Return the totals of some regions in order, (months, regions, draws)."""
    whole = spread_quantiles(group.total[:, rows], probabilities)
    centre = group.middle[:, :, rows].sum(axis=1)[..., None]
    return np.maximum(np.round(whole - whole[..., [MIDDLE]] + centre), 0)


def share_out(wanted: np.ndarray, total: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Return whole numbers near `wanted`, within 0 and `top`, that sum to `total`.

    Parameters
    ----------
    wanted
        (months, segments, ...).
    total
        (months, ...): whole numbers, at most the sum of `top`.
    top
        As `wanted`; whole numbers or infinite.
    """
    found = np.clip(wanted, 0, top)
    gap = total[:, None] - found.sum(axis=1, keepdims=True)
    finite = np.minimum(top, 4 * np.maximum(total[:, None], 1))
    room = np.where(gap > 0, finite - found, found)
    space = np.maximum(room.sum(axis=1, keepdims=True), 1e-9)
    found = np.clip(found + gap * room / space, 0, top)
    out = np.floor(found + 1e-6)
    left = total - out.sum(axis=1)
    for most in (1, np.inf):
        for at in range(out.shape[1]):
            step = np.minimum(np.minimum(left, most), top[:, at] - out[:, at])
            out[:, at] += step
            left = left - step
    return out
