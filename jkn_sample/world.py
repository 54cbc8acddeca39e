"""The frame of the synthetic deliveries: regions, months, chance, control points."""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import JknError
from jkn_analysis.wilayah import list_wilayah, read_penduduk

if TYPE_CHECKING:
    from collections.abc import Sequence

PROVINSI = ("19", "81", "82")
"""Provinces of the committed sample."""
AKHIR = pd.Timestamp(2025, 11, 1)
"""Last month of data."""


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Read a table shipped beside this module; its first line says what it is."""
    path = resources.files("jkn_sample").joinpath(name)
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader(lines[1:]))


@dataclass(frozen=True)
class Dunia:
    """Regions x months of one sample; arrays have shape (regions, months, ...)."""

    kode: tuple[str, ...]
    periode: pd.DatetimeIndex
    seed: int

    @cached_property
    def penduduk(self) -> np.ndarray:
        """Population of each region, Dukcapil semester II 2024."""
        people = read_penduduk().set_index("kode")["penduduk_jiwa"]
        return people.loc[list(self.kode)].to_numpy(float)

    @cached_property
    def bulan(self) -> np.ndarray:
        """Months counted from year 0."""
        return (self.periode.year * 12 + self.periode.month - 1).to_numpy(float)

    @property
    def shape(self) -> tuple[int, int]:
        """Count of regions and months."""
        return len(self.kode), len(self.periode)

    def rng(self, topic: str, kode: str) -> np.random.Generator:
        """Return the chance of one topic and region, the same in every sample."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{topic}{kode}".encode())])

    def draw(self, topic: str, *shape: int) -> np.ndarray:
        """Draw standard normals of shape (regions, *shape), each region its own."""
        draws = [self.rng(topic, kode).standard_normal(shape) for kode in self.kode]
        return np.array(draws)

    def uniform(self, topic: str, *shape: int) -> np.ndarray:
        """Draw uniforms on [0, 1) of shape (regions, *shape), each region its own."""
        return np.array([self.rng(topic, kode).random(shape) for kode in self.kode])

    def rows(self, prefix: str) -> np.ndarray:
        """Return positions of the regions whose code starts with `prefix`."""
        return np.array([i for i, k in enumerate(self.kode) if k.startswith(prefix)])

    def at(self, month: str) -> int:
        """Return the position of a month such as ``2025-08``."""
        return self.periode.tolist().index(pd.Timestamp(f"{month}-01"))

    def has(self, month: str) -> bool:
        """Tell whether a month such as ``2025-08`` is in the sample."""
        return pd.Timestamp(f"{month}-01") in self.periode

    def long(self, names: Sequence[str] = ()) -> pd.DataFrame:
        """Return one row per region and month, regions slow, with empty columns."""
        index = pd.MultiIndex.from_product(
            [self.kode, self.periode], names=["kode", "periode"]
        )
        return index.to_frame(index=False).reindex(columns=["kode", "periode", *names])


def month_number(text: str) -> float:
    """Count the months of ``2025-08`` from year 0."""
    year, month = text.split("-")[:2]
    return int(year) * 12.0 + int(month) - 1


def build_dunia(*, seed: int, nasional: bool = False) -> Dunia:
    """Set the regions and months of the sample or of the whole country.

    Parameters
    ----------
    seed
        Start of all chance.
    nasional
        All 514 kabupaten/kota and 60 months, else 28 and 59.
    """
    regions = list_wilayah()
    regions = regions[regions["jenis"] != "provinsi"]
    if not nasional:
        regions = regions[regions["kode_provinsi"].isin(PROVINSI)]
    count = 60 if nasional else 59
    months = pd.date_range(end=AKHIR, periods=count, freq="MS").astype("datetime64[us]")
    return Dunia(tuple(regions["kode"]), pd.DatetimeIndex(months), seed)


def wander(noise: np.ndarray, *, keep: float) -> np.ndarray:
    """Turn white noise into an autoregressive path along the months (axis 1)."""
    path = noise.copy()
    for t in range(1, path.shape[1]):
        path[:, t] += keep * path[:, t - 1]
    return path


def round_to_total(parts: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Round the last axis to whole numbers that sum to `total` (largest remainder)."""
    floor = np.floor(parts + 1e-9)
    missing = total - floor.sum(-1)
    order = np.argsort(-(parts - floor), axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1, kind="stable")
    return (floor + (rank < missing[..., None])).astype(np.int64)


def round_matrix(
    parts: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Round a matrix to whole numbers with given row and column sums.

    Raises
    ------
    JknError
        If the two sets of sums do not have the same total.
    """
    if rows.sum() != columns.sum():
        raise JknError(f"rows sum to {rows.sum()}, columns to {columns.sum()}")
    whole = np.floor(parts).astype(np.int64)
    lack_row = rows - whole.sum(1)
    lack_column = columns - whole.sum(0)
    order = np.argsort(-(parts - whole), axis=None, kind="stable")
    while lack_row.any() and lack_row.min() >= 0 and lack_column.min() >= 0:
        for cell in order:
            i, j = divmod(int(cell), parts.shape[1])
            if lack_row[i] > 0 and lack_column[j] > 0:
                whole[i, j] += 1
                lack_row[i] -= 1
                lack_column[j] -= 1
    return whole
