"""A grid of equal tiles laid out as the regions lie: small cities do not vanish."""

from __future__ import annotations

import csv
import math
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.briefing.model import Tile

WIDEST = 6
"""Tiles beside each other that a phone still reads."""


@cache
def _read_places() -> dict[str, tuple[float, float]]:
    """Read longitude and latitude by code; a provinsi lies amid its parts."""
    path = resources.files("jkn_analysis").joinpath("data", "letak.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    places = {r["kode"]: (float(r["bujur"]), float(r["lintang"])) for r in rows}
    for kode in {known[:2] for known in places}:
        inside = [place for known, place in places.items() if known[:2] == kode]
        places[kode] = tuple(np.mean(inside, axis=0))  # type: ignore[assignment]
    return places


def place_tiles(tiles: Sequence[Tile]) -> list[tuple[int, int]]:
    """Give every tile a column and a row, from 1, as near as can be to where it lies.

    Each tile has a cell of its own; together the tiles are moved as little as
    possible. North is up, west is left.

    Parameters
    ----------
    tiles
        Regions with codes of kabupaten/kota or provinsi.
    """
    from scipy.optimize import linear_sum_assignment

    count = len(tiles)
    if not count:
        return []
    places = _read_places()
    points = np.array([places.get(tile.kode, (118.0, -2.5)) for tile in tiles])
    low, spread = points.min(axis=0), np.ptp(points, axis=0)
    share = (points - low) / np.where(spread > 0, spread, 1.0)
    wide = min(WIDEST, max(1, math.ceil(math.sqrt(count * 1.2))))
    high = math.ceil(count / wide) + (count > WIDEST)
    target = share * [wide - 1, high - 1]
    target[:, 1] = high - 1 - target[:, 1]
    cells = np.array([(x, y) for y in range(high) for x in range(wide)])
    cost = ((target[:, None, :] - cells[None, :, :]) ** 2).sum(axis=2)
    _, chosen = linear_sum_assignment(cost)
    used = sorted({int(cells[cell][1]) for cell in chosen})
    return [
        (int(cells[cell][0]) + 1, used.index(int(cells[cell][1])) + 1)
        for cell in chosen
    ]
