"""Arrears of members as a cube: people and rupiah by month, region x kelas and age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.terms import UMUR_MAKS_BULAN

if TYPE_CHECKING:
    import datetime as dt

SEGMEN_MENUNGGAK = ("PBPU", "BP")
"""Segments whose members pay for themselves and so can be in arrears."""
CAP_BULAN = UMUR_MAKS_BULAN - 1
UMUR = np.arange(1, UMUR_MAKS_BULAN + 1)
KELOMPOK_UMUR = {"1-3": (1, 3), "4-12": (4, 12), "13-24": (13, 24), "25+": (25, 25)}
"""Age buckets of the page (domain.md 5.2), first and last month inclusive."""
_MIN_UMUR_BERBEDA = 6


@dataclass(frozen=True)
class Stock:
    """Stocks by age; missing months are NaN, absent cells of a present month 0.

    Attributes
    ----------
    unit
        One row per region x kelas: kode, kelas; sorted.
    periode
        Consecutive months, oldest first.
    jiwa, rp
        Shape (months, 25 ages, units): people and rupiah.
    dasar_jiwa
        Shape (months, units): paying members (age 0), NaN where unknown.
    """

    unit: pd.DataFrame
    periode: pd.DatetimeIndex
    jiwa: np.ndarray
    rp: np.ndarray
    dasar_jiwa: np.ndarray

    @property
    def kode(self) -> np.ndarray:
        """Region of each unit."""
        return self.unit["kode"].to_numpy(dtype=object)

    @property
    def kelas(self) -> np.ndarray:
        """Kelas of each unit."""
        return self.unit["kelas"].to_numpy(dtype=int)

    def until(self, cutoff: pd.Timestamp) -> Stock:
        """Return what was known at the end of month `cutoff`."""
        keep = np.asarray(self.periode <= cutoff)
        return Stock(
            self.unit,
            self.periode[keep],
            self.jiwa[keep],
            self.rp[keep],
            self.dasar_jiwa[keep],
        )

    def reach(self, cutoff: pd.Timestamp) -> Stock:
        """Return the stocks up to month `cutoff`, months not delivered yet missing.

        Arrears often come a month after membership; forecasts of both must still
        speak of the same months.
        """
        known = self.until(cutoff)
        periode = pd.date_range(self.periode[0], cutoff, freq="MS")
        late = len(periode) - len(known.periode)
        if late <= 0:
            return known

        def pad(values: np.ndarray) -> np.ndarray:
            return np.concatenate([values, np.full((late, *values.shape[1:]), np.nan)])

        cubes = [pad(values) for values in (known.jiwa, known.rp, known.dasar_jiwa)]
        return Stock(known.unit, periode, *cubes)


def build_stok(
    tunggakan_peserta: pd.DataFrame,
    *,
    kepesertaan: pd.DataFrame | None = None,
    iuran: pd.DataFrame | None = None,
) -> Stock:
    """Arrange arrears by age as a cube, segments of self-payers added up.

    A region and month without any row is missing, not zero: a delivery that did
    not come must not look like everyone paying.

    Parameters
    ----------
    tunggakan_peserta
        The canonical table; ages in single months.
    kepesertaan
        Gives the paying members (age 0) as aktif_jiwa of PBPU and BP.
    iuran
        Splits the paying members by kelas in proportion to premium received
        over tariff; without it by each kelas' share of new debtors.

    Raises
    ------
    InputError
        If the table has no row.
    """
    if tunggakan_peserta.empty:
        raise InputError(
            "tunggakan_peserta: no rows\n  → deliver arrears by age, or leave the "
            "arrears part of the page empty"
        )
    rows = tunggakan_peserta
    unit = rows[["kode", "kelas"]].drop_duplicates().sort_values(["kode", "kelas"])
    unit = unit.reset_index(drop=True)
    first, last = rows["periode"].min(), rows["periode"].max()
    periode = pd.date_range(first, last, freq="MS")
    jiwa = _cube(rows, "peserta_jiwa", unit=unit, periode=periode)
    rp = _cube(rows, "tunggakan_rp", unit=unit, periode=periode)
    seen = _seen(rows, unit=unit, periode=periode)
    jiwa = np.where(seen[:, None, :], jiwa, np.nan)
    rp = np.where(seen[:, None, :], rp, np.nan)
    dasar = _dasar(kepesertaan, iuran, unit=unit, periode=periode, jiwa=jiwa)
    return Stock(unit, periode, jiwa, rp, dasar)


def list_tarif(kelas: np.ndarray, tanggal: dt.date) -> np.ndarray:
    """Return what a member of each kelas owes per month on a date, in rupiah."""
    from jkn_analysis.peraturan import iuran_rp

    known = {k: iuran_rp("PBPU", kelas=int(k), tanggal=tanggal) for k in set(kelas)}
    return np.array([known[k] for k in kelas], dtype=float)


def has_single_ages(stok: Stock) -> np.ndarray:
    """Tell per unit's region whether ages came in single months.

    Totals or wide buckets put everyone on a few ages, which identify no
    transition; such regions go to the general forecaster.
    """
    regions, index = np.unique(stok.kode.astype(str), return_inverse=True)
    people = np.zeros((len(regions), stok.jiwa.shape[1]))
    latest = np.nan_to_num(stok.jiwa[-_MIN_UMUR_BERBEDA * 2 :]).sum(axis=0)
    np.add.at(people, index, latest.T)
    filled = (people > 0).sum(axis=1)
    return (filled >= _MIN_UMUR_BERBEDA)[index]


def _positions(
    rows: pd.DataFrame, *, unit: pd.DataFrame, periode: pd.DatetimeIndex
) -> tuple[np.ndarray, np.ndarray]:
    """Return the month and unit index of every row."""
    at = pd.MultiIndex.from_frame(unit[["kode", "kelas"]].astype({"kode": str}))
    wanted = pd.MultiIndex.from_frame(rows[["kode", "kelas"]].astype({"kode": str}))
    months = periode.get_indexer(pd.DatetimeIndex(rows["periode"]))
    return np.asarray(months), np.asarray(at.get_indexer(wanted))


def _cube(
    rows: pd.DataFrame, column: str, *, unit: pd.DataFrame, periode: pd.DatetimeIndex
) -> np.ndarray:
    """Sum one column into months x ages x units."""
    months, units = _positions(rows, unit=unit, periode=periode)
    cube = np.zeros((len(periode), UMUR_MAKS_BULAN, len(unit)))
    ages = rows["umur_bulan"].to_numpy(dtype=int) - 1
    np.add.at(cube, (months, ages, units), rows[column].to_numpy(dtype=float))
    return cube


def _seen(
    rows: pd.DataFrame, *, unit: pd.DataFrame, periode: pd.DatetimeIndex
) -> np.ndarray:
    """Tell which months each unit's region delivered."""
    kode = unit["kode"].astype(str).to_numpy()
    regions, index = np.unique(kode, return_inverse=True)
    grid = np.zeros((len(periode), len(regions)), dtype=bool)
    months = periode.get_indexer(pd.DatetimeIndex(rows["periode"]))
    grid[months, np.searchsorted(regions, rows["kode"].astype(str).to_numpy())] = True
    return grid[:, index]


def _dasar(
    kepesertaan: pd.DataFrame | None,
    iuran: pd.DataFrame | None,
    *,
    unit: pd.DataFrame,
    periode: pd.DatetimeIndex,
    jiwa: np.ndarray,
) -> np.ndarray:
    """Split the paying members of each region over its kelas."""
    missing = np.full((len(periode), len(unit)), np.nan)
    if kepesertaan is None or kepesertaan.empty:
        return missing
    own = kepesertaan[kepesertaan["segmen"].isin(SEGMEN_MENUNGGAK)]
    wide = own.pivot_table(
        index="periode", columns="kode", values="aktif_jiwa", aggfunc="sum"
    )
    kode = unit["kode"].astype(str)
    total = wide.reindex(index=periode, columns=kode).to_numpy(dtype=float)
    share = _kelas_share(iuran, unit=unit, jiwa=jiwa)
    return total * share[None, :]


def _kelas_share(
    iuran: pd.DataFrame | None, *, unit: pd.DataFrame, jiwa: np.ndarray
) -> np.ndarray:
    """Return each unit's share of its region's paying members."""
    weight = np.nansum(jiwa[:, 0, :], axis=0) + 1e-9
    if iuran is not None and not iuran.empty:
        weight = _paid_heads(iuran, unit=unit, otherwise=weight)
    kode = unit["kode"].astype(str).to_numpy()
    totals = pd.Series(weight).groupby(kode).transform("sum").to_numpy()
    return np.asarray(weight / totals)


def _paid_heads(
    iuran: pd.DataFrame, *, unit: pd.DataFrame, otherwise: np.ndarray
) -> np.ndarray:
    """Estimate payers per unit: premium received over each kelas' tariff."""
    own = iuran[iuran["segmen"].isin(SEGMEN_MENUNGGAK) & iuran["kelas"].isin((1, 2, 3))]
    if own.empty:
        return otherwise
    received = own.groupby(["kode", "kelas"])["diterima_rp"].sum()
    wanted = pd.MultiIndex.from_frame(unit[["kode", "kelas"]])
    rupiah = received.reindex(wanted).to_numpy(dtype=float)
    heads = rupiah / list_tarif(unit["kelas"].to_numpy(), iuran["periode"].max())
    known = pd.Series(heads).groupby(unit["kode"].astype(str).to_numpy())
    complete = known.transform("count") == known.transform("size")
    return np.where(complete, np.nan_to_num(heads) + 1e-9, otherwise)
