"""The joint paths of a forecast: one set of draws, stored once and read by all.

``read_paths(root, kode="82.71")`` gives the `Paths` of a region, provinsi or the
country (only these rows are read); all that is told of the months ahead is a
reading of them:

    paths = read_paths(config.paths.processed, kode=["82.71", "82"])
    paths.get("aktif_jiwa")                    # (months, rows, draws), sum of segmen
    paths.get("aktif_jiwa", "PBPU Pemda")
    paths.quantile("aktif_jiwa", 0.1)          # (months, rows)
    paths.chance("aktif_jiwa", need_jiwa)      # share of draws at or above a line

Measures: ``aktif_jiwa`` and ``terdaftar_jiwa`` (by segmen and total; draw 0 is the
middle path and the median told, and adds up at every level); ``penduduk_jiwa``, one
value; and where delivered ``tunggakan_peserta_rp``, ``tunggakan_peserta_jiwa``,
``tunggakan_pemda_rp``, ``tagihan_pemda_rp``, ``dibayar_pemda_rp`` (total only; of
these the draws add up, not the medians) and ``laju_bayar_pemda_rate``, what is paid
of a month's bill, of kabupaten/kota alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import StoreError
from jkn_analysis.store import read_table
from jkn_analysis.terms import NASIONAL, SEGMEN, TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TABLE = "masa_depan"
SLOTS = (*SEGMEN, TOTAL)
"""Segments people are held in; ``total`` where a region is not split."""
PEOPLE = ("aktif_jiwa", "terdaftar_jiwa")
_WHOLE = np.dtype("<i4")
_MONEY = np.dtype("<f8")


@dataclass(frozen=True)
class Paths:
    """Joint draws of every measure.

    Attributes
    ----------
    cutoff
        Last month of the data.
    periode
        Months ahead.
    kode
        Rows: kabupaten/kota, provinces and '00' as read, in order.
    drawn
        Measure and segmen to (months, rows, draws); NaN where not delivered.
    """

    cutoff: pd.Timestamp
    periode: pd.DatetimeIndex
    kode: np.ndarray
    drawn: Mapping[tuple[str, str], np.ndarray]

    def get(self, ukuran: str, segmen: str = TOTAL) -> np.ndarray:
        """Return the draws of a measure, (months, rows, draws).

        Raises
        ------
        KeyError
            If the measure was not delivered.
        """
        if segmen != TOTAL or ukuran not in PEOPLE:
            return self.drawn[ukuran, segmen]
        return sum_slots(
            {s: self.drawn[ukuran, s] for s in SLOTS if (ukuran, s) in self.drawn}
        )

    def has(self, ukuran: str) -> bool:
        """Tell whether a measure was delivered."""
        return any(name == ukuran for name, _ in self.drawn)

    @property
    def penduduk(self) -> np.ndarray:
        """(rows,): population the rates are of, NaN where unknown."""
        if ("penduduk_jiwa", TOTAL) not in self.drawn:
            return np.full(len(self.kode), np.nan)
        return np.asarray(self.drawn["penduduk_jiwa", TOTAL][0, :, 0])

    def take(self, kode: Sequence[str]) -> Paths:
        """Return only some rows, in the order asked for."""
        place = {str(name): at for at, name in enumerate(self.kode)}
        found = [place[name] for name in kode]
        near = slice(found[0], found[-1] + 1) if found else slice(0)
        rows = near if list(range(near.start or 0, near.stop)) == found else found
        values = {name: part[:, rows] for name, part in self.drawn.items()}
        return Paths(self.cutoff, self.periode, self.kode[rows], values)

    def quantile(self, ukuran: str, p: float, segmen: str = TOTAL) -> np.ndarray:
        """Return one quantile, (months, rows); of people the median is draw 0."""
        drawn = self.get(ukuran, segmen)
        return read_quantiles(drawn, (p,), middle=ukuran in PEOPLE)[..., 0]

    def chance(
        self, ukuran: str, line: float | np.ndarray, segmen: str = TOTAL
    ) -> np.ndarray:
        """Return the share of draws at or above a line, (months, rows).

        Parameters
        ----------
        line
            A number, one per row, or (months, rows); NaN gives NaN.
        """
        drawn = self.get(ukuran, segmen)
        level = np.broadcast_to(np.asarray(line, dtype=float), drawn.shape[:2])
        share = (drawn >= level[..., None]).mean(axis=-1)
        return np.where(np.isnan(level), np.nan, share)


def sum_slots(parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """Sum the segments of one measure."""
    drawn = list(parts.values())
    total = drawn[0].copy()
    for part in drawn[1:]:
        total += part
    return total


def read_quantiles(
    drawn: np.ndarray, levels: Sequence[float] | np.ndarray, *, middle: bool
) -> np.ndarray:
    """Read quantiles off draws (last axis).

    Parameters
    ----------
    drawn
        Any axes, then draws.
    levels
        Wanted quantiles, rising.
    middle
        Draw 0 is the median; the other quantiles keep to their side of it.
    """
    ordered = np.sort(drawn, axis=-1)
    at = np.asarray(levels, dtype=float)
    place = (at * (drawn.shape[-1] - 1)).round(9)
    low = np.floor(place).astype(int)
    high = np.ceil(place).astype(int)
    found = ordered[..., low] + (place - low) * (ordered[..., high] - ordered[..., low])
    if not middle:
        return np.asarray(found, dtype=float)
    centre = drawn[..., :1].astype(float)
    below, above = np.minimum(found, centre), np.maximum(found, centre)
    sided = np.where(at < 0.5, below, above)
    return np.where(np.isclose(at, 0.5), centre, sided)


def add_levels(values: np.ndarray, kode: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add provinces and the country to (months, regions, ...); codes sorted.

    Returns
    -------
    tuple
        Values and codes, regions first. A missing part is missing above.
    """
    province = np.array([str(name)[:2] for name in kode], dtype=object)
    first = np.flatnonzero(np.r_[True, province[1:] != province[:-1]])
    above = np.add.reduceat(values, first, axis=1)
    country = above.sum(axis=1, keepdims=True, dtype=values.dtype)
    names = np.concatenate([kode, province[first], [NASIONAL]]).astype(object)
    return np.concatenate([values, above, country], axis=1), names


def to_table(paths: Paths) -> pd.DataFrame:
    """Lay paths out as table ``masa_depan``: one row per row, month and measure."""
    months, rows = len(paths.periode), len(paths.kode)
    frames = []
    for (ukuran, segmen), drawn in paths.drawn.items():
        form = _WHOLE if ukuran in PEOPLE else _MONEY
        block = np.ascontiguousarray(drawn, dtype=form).reshape(months * rows, -1)
        frame = pd.DataFrame(
            {
                "kode": np.tile(paths.kode.astype(str), months),
                "cutoff": paths.cutoff,
                "periode": np.repeat(paths.periode, rows),
                "ukuran": ukuran,
                "segmen": segmen,
                "jalur": [row.tobytes() for row in block],
            }
        )
        known = ~np.isnan(drawn).any(axis=-1).ravel()
        frames.append(frame[known])
    return pd.concat(frames, ignore_index=True)


def from_table(table: pd.DataFrame) -> Paths:
    """Read paths from rows of table ``masa_depan`` of one cutoff."""
    kode = np.array(sorted(table["kode"].unique(), key=_level), dtype=object)
    periode = pd.DatetimeIndex(sorted(table["periode"].unique()))
    place = {name: at for at, name in enumerate(kode)}
    found = (len(periode), len(kode))
    values = {}
    for (ukuran, segmen), rows in table.groupby(["ukuran", "segmen"], sort=False):
        people = ukuran in PEOPLE
        form, empty = (_WHOLE, 0) if people else (_MONEY, np.nan)
        at = periode.get_indexer(pd.DatetimeIndex(rows["periode"]))
        block = np.frombuffer(b"".join(rows["jalur"]), dtype=form)
        block = block.reshape(len(rows), -1)
        drawn = np.full((*found, block.shape[1]), empty, dtype=form)
        drawn[at, rows["kode"].map(place).to_numpy()] = block
        values[str(ukuran), str(segmen)] = drawn
    return Paths(pd.Timestamp(table["cutoff"].iloc[0]), periode, kode, values)


def _level(kode: str) -> tuple[int, str]:
    """Order kabupaten/kota first, then provinces, then the country."""
    return (0 if "." in kode else 1 + (kode == NASIONAL), kode)


def read_paths(
    root: Path,
    *,
    kode: str | Sequence[str] | None = None,
    cutoff: str | pd.Timestamp | None = None,
) -> Paths:
    """Read the stored paths of some regions, provinces or the country.

    Parameters
    ----------
    root
        The folder of processed tables.
    kode
        Rows; all if None.
    cutoff
        Last month of the data; the newest stored if None.

    Raises
    ------
    StoreError
        If nothing was forecast for these rows or that cutoff.
    """
    month = None if cutoff is None else f"{pd.Timestamp(cutoff):%Y-%m}"
    table = read_table(TABLE, root=root, kode=kode, cutoff=month)
    if table.empty:
        raise StoreError(
            f"no forecast of {kode or 'any region'} for that cutoff\n"
            "  → run: jkn forecast, and name a kabupaten/kota, a province or 00"
        )
    return from_table(table)
