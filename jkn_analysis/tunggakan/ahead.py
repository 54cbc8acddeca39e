"""Forecast arrears of members by age: roll rates where they win, else the forecaster.

Roll rates must earn their place: on the region's own past cutoffs their 12-month
rupiah total has to come nearer than the general forecaster's. Where it does not,
or where ages did not come in single months, the forecaster's totals are used, its
ages in the roll model's proportions, and ``metode`` says ``ramalan``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.terms import NASIONAL
from jkn_analysis.tunggakan.rates import estimate_laju
from jkn_analysis.tunggakan.simulate import draw_laju, simulate_tunggakan
from jkn_analysis.tunggakan.stock import has_single_ages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jkn_analysis.tunggakan.simulate import ArrearsPaths
    from jkn_analysis.tunggakan.stock import Stock

KUANTIL = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
MUNDUR_BULAN = (12, 9, 6, 3)
"""Cutoffs of the contest, months before the last; each judged on what followed."""
_RIWAYAT_MIN_BULAN = 9
_UNDIAN_UJI = 100
LEBAR_AWAL, LEBAR_PANDANG = 1.1, 2.0
"""Factor on the width of roll rates' draws before any record, as worlds of people with
habits and lasting moods need it, and the cutoffs that weigh as much as it does."""
LEBAR_PALING = 2.5
_TINGKAT = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Levels:
    """Regions and the sums above them: provinces, then the country."""

    kode: np.ndarray
    """Without the country for a province alone."""
    wilayah: int
    """Number of regions; they come first, sorted."""
    awal: np.ndarray
    """First region of each province; empty for a region alone."""

    def sum_up(self, values: np.ndarray) -> np.ndarray:
        """Sum (months, regions, ...) to (months, rows, ...); a missing part is missing.

        Parameters
        ----------
        values
            Regions on the second axis, NaN where unknown.
        """
        if not len(self.awal):
            return values
        provinces = np.add.reduceat(values, self.awal, axis=1)
        country = provinces.sum(axis=1, keepdims=True)
        whole = np.concatenate([values, provinces, country], axis=1)
        return whole[:, : len(self.kode)]

    def sum_one(self, values: np.ndarray) -> np.ndarray:
        """Sum one value per region, (regions,), to (rows,)."""
        return self.sum_up(np.asarray(values)[None])[0]


def build_tingkat(kode: Sequence[str]) -> Levels:
    """Build the sums of some kabupaten/kota; one alone gets no province."""
    own = np.array(sorted(set(kode)), dtype=object)
    if len(own) == 1:
        return Levels(own, 1, np.zeros(0, dtype=int))
    province = np.array([k[:2] for k in own])
    first = np.flatnonzero(np.r_[True, province[1:] != province[:-1]])
    above = np.array([*province[first], NASIONAL], dtype=object)
    return Levels(np.concatenate([own, above]), len(own), first)


def sum_regions(values: np.ndarray, kode: np.ndarray) -> np.ndarray:
    """Sum (months, units, ...) over the kelas of each region; units are sorted.

    Units that are regions come back as they are: a copy would cost as much memory.
    """
    first = np.flatnonzero(np.r_[True, kode[1:] != kode[:-1]])
    if len(first) == len(kode):
        return values
    return np.asarray(np.add.reduceat(values, first, axis=1))


@dataclass(frozen=True)
class AheadPaths:
    """Simulated arrears of regions: measures of all ages, then of each bucket."""

    kode: np.ndarray
    periode: pd.DatetimeIndex
    total: dict[str, np.ndarray]
    kelompok: dict[str, dict[str, np.ndarray]]
    metode: np.ndarray


def to_depan(jalur: ArrearsPaths) -> AheadPaths:
    """Sum simulated units to regions."""
    kode = jalur.unit["kode"].to_numpy(dtype=object)
    total = {
        "peserta_jiwa": jalur.jiwa,
        "tunggakan_rp": jalur.rp,
        "dapat_ditagih_rp": jalur.dapat_ditagih_rp,
        "penerimaan_rp": jalur.penerimaan_rp,
    }
    regions = np.array(sorted(set(kode)), dtype=object)
    buckets = {
        name: {
            "peserta_jiwa": sum_regions(part["jiwa"], kode),
            "tunggakan_rp": sum_regions(part["rp"], kode),
        }
        for name, part in jalur.kelompok.items()
    }
    return AheadPaths(
        regions,
        jalur.periode,
        {name: sum_regions(values, kode) for name, values in total.items()},
        buckets,
        np.full(len(regions), "laju", dtype=object),
    )


def scale_draws(
    depan: AheadPaths, ramalan: pd.DataFrame | None, *, uji: pd.DataFrame, seed: int
) -> dict[str, np.ndarray]:
    """Return what turns simulated totals into those that are told.

    Where roll rates won, their draws are as wide as their record needs; where they
    lost, the totals are the forecaster's.

    Parameters
    ----------
    depan
        Simulated regions.
    ramalan
        Table of that name; rows of tunggakan_peserta_rp and tunggakan_peserta_jiwa.
    uji
        From `backtest_tunggakan`.
    seed
        For the draws from the forecaster's quantiles.

    Returns
    -------
    dict
        Factors (months, regions, draws) of tunggakan_rp and peserta_jiwa.
    """
    won = uji.set_index("kode")["terpilih"].astype(bool)
    lost = [k for k in depan.kode if not bool(won.get(k, False))]
    lebar = float(uji["lebar"].max()) if len(uji) else LEBAR_AWAL
    rng = np.random.default_rng(seed)
    factors = {}
    for name, indikator in _INDIKATOR.items():
        own = depan.total[name].astype(float)
        told = widen_draws(own, lebar)
        if ramalan is not None:
            drawn = _draw_ramalan(ramalan, indikator, depan=depan, lost=lost, rng=rng)
            told = np.where(np.isnan(drawn), told, drawn)
        factors[name] = np.divide(told, own, out=np.ones_like(own), where=own > 0)
    return factors


def use_told(
    depan: AheadPaths, factors: dict[str, np.ndarray], *, uji: pd.DataFrame
) -> AheadPaths:
    """Scale totals, and ages in their proportions, by `scale_draws`."""
    rupiah, people = factors["tunggakan_rp"], factors["peserta_jiwa"]
    by = {
        "peserta_jiwa": people,
        "tunggakan_rp": rupiah,
        "dapat_ditagih_rp": rupiah,
        "penerimaan_rp": rupiah,
    }
    won = uji.set_index("kode")["terpilih"].astype(bool)
    laju = np.array([bool(won.get(kode, False)) for kode in depan.kode])
    return AheadPaths(
        depan.kode,
        depan.periode,
        {name: values * by[name] for name, values in depan.total.items()},
        {
            bucket: {name: values * by[name] for name, values in part.items()}
            for bucket, part in depan.kelompok.items()
        },
        np.where(laju, "laju", "ramalan").astype(object),
    )


_INDIKATOR = {
    "tunggakan_rp": "tunggakan_peserta_rp",
    "peserta_jiwa": "tunggakan_peserta_jiwa",
}


def _draw_ramalan(
    ramalan: pd.DataFrame,
    indikator: str,
    *,
    depan: AheadPaths,
    lost: Sequence[str],
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw paths from quantiles, one rank per region; NaN where not forecast."""
    draws = depan.total["tunggakan_rp"].shape[-1]
    out = np.full((len(depan.periode), len(depan.kode), draws), np.nan)
    rows = ramalan[ramalan["indikator"].eq(indikator) & ramalan["segmen"].eq("total")]
    rows = rows[rows["kode"].isin(list(lost))]
    if rows.empty:
        return out
    wide = rows.pivot_table(
        index=["kode", "periode"], columns="kuantil", values="nilai"
    )
    levels = wide.columns.to_numpy(dtype=float)
    for at, kode in enumerate(depan.kode):
        if kode not in lost or kode not in wide.index:
            continue
        grid = wide.loc[kode].reindex(depan.periode).to_numpy(dtype=float)
        rank = rng.permutation((np.arange(draws) + 0.5) / draws)
        out[:, at] = [np.interp(rank, levels, row) for row in grid]
    return out


def summarise_depan(
    depan: AheadPaths, *, kuantil: Sequence[float] = KUANTIL
) -> pd.DataFrame:
    """Lay out quantiles of regions, provinces and the country.

    Returns
    -------
    DataFrame
        Table ``tunggakan_ramalan``. A sum is ``laju`` if any of its regions is.
    """
    tingkat = build_tingkat(list(depan.kode))
    won = tingkat.sum_one((depan.metode == "laju").astype(int))
    metode = np.where(won > 0, "laju", "ramalan")
    parts = [
        _quantile_rows(tingkat, depan, values, ("total", name), kuantil)
        for name, values in depan.total.items()
    ]
    parts += [
        _quantile_rows(tingkat, depan, values, (bucket, name), _TINGKAT)
        for bucket, part in depan.kelompok.items()
        for name, values in part.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(
        metode=table["kode"].map(dict(zip(tingkat.kode, metode, strict=True)))
    )


def _quantile_rows(
    tingkat: Levels,
    depan: AheadPaths,
    values: np.ndarray,
    names: tuple[str, str],
    kuantil: Sequence[float],
) -> pd.DataFrame:
    """Lay out the quantiles of one measure."""
    grid = np.quantile(tingkat.sum_up(values), kuantil, axis=-1)
    levels, months, rows = grid.shape
    return pd.DataFrame(
        {
            "kode": np.tile(tingkat.kode.astype(str), levels * months),
            "periode": np.tile(np.repeat(depan.periode, rows), levels),
            "kelompok_umur": names[0],
            "ukuran": names[1],
            "kuantil": np.repeat(kuantil, months * rows),
            "nilai": grid.ravel(),
        }
    )


def backtest_tunggakan(
    stok: Stock,
    *,
    rival: Callable[[pd.DataFrame, int], pd.DataFrame] | None = None,
    abaikan: Iterable[tuple[str, pd.Timestamp]] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Let roll rates and the general forecaster forecast from past months.

    Parameters
    ----------
    stok
        Stocks by age.
    rival
        Takes ``seri, periode, nilai`` and a horizon, returns the same columns;
        the suite's forecaster if None.
    abaikan
        Transitions left out of the estimate (see `estimate_laju`).
    seed
        For the simulation.

    Returns
    -------
    DataFrame
        Per kode: galat_laju, galat_ramalan (mean absolute error of the rupiah
        total over its mean), jumlah (months judged), terpilih (roll rates used),
        lebar (what the width of the roll rates' draws needs, the same for all).
    """
    skipped, rival = list(abaikan), rival or _rival
    actual = _history(stok)
    scores = [
        _score_cutoff(stok, back, actual=actual, rival=rival, settings=(skipped, seed))
        for back in MUNDUR_BULAN
        if len(stok.periode) - back >= _RIWAYAT_MIN_BULAN
    ]
    kode = sorted(set(stok.kode))
    if not scores:
        empty = pd.DataFrame({"kode": kode, "galat_laju": np.nan})
        return empty.assign(
            galat_ramalan=np.nan, jumlah=0, terpilih=False, lebar=LEBAR_AWAL
        )
    errors = pd.concat(scores).dropna()
    score = errors.groupby("kode").agg(
        galat_laju=("laju", "mean"),
        galat_ramalan=("ramalan", "mean"),
        jumlah=("laju", "size"),
    )
    score = score.reindex(kode)
    aged = pd.Series(has_single_ages(stok), index=stok.kode).groupby(level=0).all()
    score["jumlah"] = score["jumlah"].fillna(0).astype(int)
    score["terpilih"] = (score["galat_laju"] <= score["galat_ramalan"]) & aged
    score["lebar"] = measure_lebar(scores)
    return score.rename_axis("kode").reset_index()


def measure_lebar(scores: list[pd.DataFrame]) -> float:
    """Measure how much wider 80% intervals should have been; each cutoff one look."""
    needed = [float(part["jarak"].dropna().quantile(0.8)) for part in scores]
    record = np.log(np.clip([n for n in needed if n == n], 1 / LEBAR_PALING, None))
    total = record.sum() + LEBAR_PANDANG * np.log(LEBAR_AWAL)
    lebar = float(np.exp(total / (len(record) + LEBAR_PANDANG)))
    return float(np.clip(lebar, 1.0, LEBAR_PALING))


def widen_draws(values: np.ndarray, lebar: float) -> np.ndarray:
    """Stretch draws (last axis) around their median on a log scale.

    Examples
    --------
    >>> widen_draws(np.array([50.0, 100.0, 200.0]), 2.0).tolist()
    [25.0, 100.0, 400.0]
    """
    middle = np.median(values, axis=-1, keepdims=True)
    known = (values > 0) & (middle > 0)
    ratio = np.divide(values, middle, out=np.ones_like(values), where=known)
    return np.where(known, middle * ratio**lebar, values)


def _history(stok: Stock) -> pd.DataFrame:
    """Return the rupiah total per region and month in forecaster form."""
    total = sum_regions(stok.rp.sum(axis=1), stok.kode)
    kode = sorted(set(stok.kode))
    frame = pd.DataFrame(total, index=stok.periode, columns=kode)
    long = frame.rename_axis("periode").reset_index().melt("periode", var_name="seri")
    return long.rename(columns={"value": "nilai"})[["seri", "periode", "nilai"]]


def _rival(history: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Forecast with the suite's general forecaster."""
    from jkn_analysis.forecasting import forecast

    ahead = forecast(history, horizon_months=horizon, levels=(80,), kind="amount")
    return ahead[ahead["kuantil"].eq(0.5)][["seri", "periode", "nilai"]]


def _score_cutoff(
    stok: Stock,
    back: int,
    *,
    actual: pd.DataFrame,
    rival: Callable[[pd.DataFrame, int], pd.DataFrame],
    settings: tuple[list[tuple[str, pd.Timestamp]], int],
) -> pd.DataFrame:
    """Return relative absolute errors of both from one cutoff."""
    cutoff = stok.periode[-1 - back]
    past = stok.until(cutoff)
    laju = estimate_laju(past, abaikan=settings[0])
    undian = draw_laju(laju, horizon=back, draws=_UNDIAN_UJI, seed=settings[1])
    ours = _interval_rows(simulate_tunggakan(laju, past, undian=undian))
    known = actual[actual["periode"].le(cutoff)].dropna()
    theirs = rival(known, back).rename(columns={"nilai": "ramalan"})
    future = actual[actual["periode"].gt(cutoff)].dropna()
    both = future.merge(ours, on=["seri", "periode"], validate="one_to_one")
    both = both.merge(theirs, on=["seri", "periode"], validate="one_to_one")
    level = both.groupby("seri")["nilai"].transform("mean").clip(lower=1)
    return pd.DataFrame(
        {
            "kode": both["seri"].astype(str),
            "laju": (both["laju"] - both["nilai"]).abs() / level,
            "ramalan": (both["ramalan"] - both["nilai"]).abs() / level,
            "jarak": _over_half_width(both),
        }
    )


def _over_half_width(both: pd.DataFrame) -> np.ndarray:
    """Return the error over the half-width of the 80% interval on its side."""
    gap = np.log(both["nilai"].clip(lower=1) / both["laju"].clip(lower=1))
    far = both["atas"].where(gap > 0, both["bawah"]).clip(lower=1)
    half = np.abs(np.log(far / both["laju"].clip(lower=1)))
    return np.asarray(np.abs(gap) / np.maximum(half, 1e-6))


def _interval_rows(jalur: ArrearsPaths) -> pd.DataFrame:
    """Return the 80% interval of the rupiah total per region and month."""
    kode = jalur.unit["kode"].to_numpy(dtype=object)
    total = sum_regions(jalur.rp, kode)
    low, median, high = np.quantile(total, _TINGKAT, axis=-1)
    return pd.DataFrame(
        {
            "seri": np.tile(np.array(sorted(set(kode)), dtype=str), len(median)),
            "periode": np.repeat(jalur.periode, median.shape[1]),
            "laju": median.ravel(),
            "bawah": low.ravel(),
            "atas": high.ravel(),
        }
    )
