"""What a scenario starts from: draws of activity, arrears and Pemda debt ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ScenarioError
from jkn_analysis.indicators import find_penduduk
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.tunggakan.ahead import (
    Tingkat,
    backtest_tunggakan,
    build_tingkat,
    scale_to_ramalan,
    to_depan,
)
from jkn_analysis.tunggakan.pemda import project_utang
from jkn_analysis.tunggakan.rates import (
    estimate_laju,
    measure_bagian_bayar,
    read_laju,
)
from jkn_analysis.tunggakan.simulate import draw_laju, simulate_tunggakan
from jkn_analysis.tunggakan.stock import build_stok

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.tunggakan.pemda import UtangDepan
    from jkn_analysis.tunggakan.rates import Laju
    from jkn_analysis.tunggakan.simulate import Jalur, Undian
    from jkn_analysis.tunggakan.stock import Stok

_RIWAYAT_MIN_BULAN = 3
_RHO_BULAN = 0.95
"""Correlation of a path's rank from month to month: a low forecast stays low."""


@dataclass(frozen=True)
class Tunggakan:
    """The arrears part: rates, stocks, draws and the path if nothing changes."""

    laju: Laju
    stok: Stok
    undian: Undian
    dasar: Jalur
    posisi: np.ndarray
    """Index of each unit's region in `Keadaan.kode`."""
    skala: dict[str, np.ndarray]
    """Factors to the forecaster's totals where roll rates lost the contest."""
    uji: pd.DataFrame


@dataclass(frozen=True)
class Keadaan:
    """Everything a scenario is applied to; arrays are (months, regions, draws)."""

    cutoff: pd.Timestamp
    periode: pd.DatetimeIndex
    kode: np.ndarray
    tingkat: Tingkat
    penduduk: np.ndarray
    terdaftar: np.ndarray
    aktif: np.ndarray
    porsi: np.ndarray
    """(segments, regions): share of each segment in active members now."""
    terisi: np.ndarray
    pemda: UtangDepan | None
    tunggakan: Tunggakan | None
    peluang: np.ndarray
    """(draws,): ranks shared by all assumed parameters of a scenario."""

    @property
    def ukuran(self) -> tuple[int, int, int]:
        """Months, regions, draws."""
        months, regions, draws = self.aktif.shape
        return months, regions, draws


def build_keadaan(
    tables: Mapping[str, pd.DataFrame],
    ramalan: pd.DataFrame,
    *,
    kode: str | Sequence[str] | None = None,
    laju: pd.DataFrame | None = None,
    uji: pd.DataFrame | None = None,
    draws: int = 200,
    seed: int = 0,
) -> Keadaan:
    """Build the starting point of scenarios for one region, some or all.

    Parameters
    ----------
    tables
        Delivered tables by name; kepesertaan and penduduk are needed, without
        iuran_pemda or tunggakan_peserta those measures are absent.
    ramalan
        Table of that name (aktif_jiwa, segmen total, skenario dasar).
    kode
        Kabupaten/kota to take; all that are forecast if None.
    laju
        Table ``laju_tunggakan``; estimated from what is given if None. A slice
        of one region needs it, or small regions lose the pooling.
    uji
        Table ``uji_tunggakan``; the contest is held anew if None.
    draws, seed
        Number of draws and their seed.

    Raises
    ------
    ScenarioError
        If no region has a forecast of active members.
    """
    wanted = [kode] if isinstance(kode, str) else kode
    rows = _active_rows(ramalan, wanted)
    names = np.array(sorted(rows["kode"].unique()), dtype=object)
    periode = pd.DatetimeIndex(sorted(rows["periode"].unique()))
    cutoff = periode[0] - pd.offsets.MonthBegin(1)
    slices = _take(tables, names)
    aktif = _draw_aktif(rows, ramalan, names=names, draws=draws, seed=seed)
    now = slices["kepesertaan"]
    now = now[now["periode"].eq(_last_month(now, cutoff))]
    return Keadaan(
        cutoff,
        periode,
        names,
        build_tingkat(list(names)),
        _people(slices["penduduk"], cutoff, names),
        _registered(now, names),
        aktif,
        _shares(now, names),
        _filled(slices.get("iuran_pemda"), cutoff, names),
        _pemda(slices, periode=periode, draws=(draws, seed)),
        _arrears(
            slices,
            (laju, uji, ramalan),
            names=names,
            periode=periode,
            draws=(draws, seed),
        ),
        np.random.default_rng(seed + 7).random(draws),
    )


def _active_rows(ramalan: pd.DataFrame, wanted: Sequence[str] | None) -> pd.DataFrame:
    """Take the forecast of active members of kabupaten/kota."""
    rows = ramalan[
        ramalan["indikator"].eq("aktif_jiwa")
        & ramalan["segmen"].eq(TOTAL)
        & ramalan["skenario"].eq("dasar")
        & ramalan["kode"].str.len().eq(5)
    ]
    if wanted is not None:
        rows = rows[rows["kode"].isin(list(wanted))]
    if rows.empty:
        raise ScenarioError(
            f"no forecast of aktif_jiwa for {', '.join(wanted or ['any region'])}\n"
            "  → run: jkn forecast, and name a kabupaten/kota"
        )
    return rows[rows["cutoff"].eq(rows["cutoff"].max())]


def _take(
    tables: Mapping[str, pd.DataFrame], names: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Take the rows of these regions."""
    return {
        name: table if name == "peristiwa" else table[table["kode"].isin(list(names))]
        for name, table in tables.items()
        if "kode" in table.columns
    }


def _last_month(now: pd.DataFrame, cutoff: pd.Timestamp) -> pd.Timestamp:
    """Return the newest delivered month up to the cutoff."""
    return now.loc[now["periode"].le(cutoff), "periode"].max()


def _people(
    penduduk: pd.DataFrame, cutoff: pd.Timestamp, names: np.ndarray
) -> np.ndarray:
    """Return the population in force, NaN where unknown."""
    found = find_penduduk(penduduk, pd.Series([cutoff]))
    own = found.set_index("kode")["penduduk_jiwa"].reindex(names)
    return own.to_numpy(dtype=float, na_value=np.nan)


def _registered(now: pd.DataFrame, names: np.ndarray) -> np.ndarray:
    """Return registered members, NaN where not delivered."""
    total = now.groupby("kode")["terdaftar_jiwa"].sum()
    return total.reindex(names).to_numpy(dtype=float, na_value=np.nan)


def _shares(now: pd.DataFrame, names: np.ndarray) -> np.ndarray:
    """Return each segment's share of active members."""
    wide = now.pivot_table(index="kode", columns="segmen", values="aktif_jiwa")
    wide = wide.reindex(index=names, columns=list(SEGMEN)).astype(float).fillna(0.0)
    total = wide.sum(axis=1).clip(lower=1)
    return wide.div(total, axis=0).to_numpy().T


def _filled(
    pemda: pd.DataFrame | None, cutoff: pd.Timestamp, names: np.ndarray
) -> np.ndarray:
    """Return the Pemda places filled, NaN where not delivered."""
    if pemda is None or pemda.empty:
        return np.full(len(names), np.nan)
    last = pemda[pemda["periode"].eq(_last_month(pemda, cutoff))]
    own = last.set_index("kode")["terisi_jiwa"].reindex(names)
    return own.to_numpy(dtype=float, na_value=np.nan)


def _pemda(
    slices: Mapping[str, pd.DataFrame],
    *,
    periode: pd.DatetimeIndex,
    draws: tuple[int, int],
) -> UtangDepan | None:
    """Project Pemda debt of the regions that delivered the last month."""
    from jkn_analysis.anggaran import read_pagu

    rows = slices.get("iuran_pemda")
    if rows is None or rows.empty:
        return None
    first = periode[0]
    rows = rows[rows["periode"].lt(first)]
    if rows.empty:
        return None
    last = rows["periode"].max()
    late = (first.year - last.year) * 12 + first.month - last.month - 1
    pagu = slices.get("anggaran")
    known = None if pagu is None or pagu.empty else read_pagu(pagu)
    ahead = project_utang(
        rows, horizon=len(periode) + late, pagu=known, draws=draws[0], seed=draws[1]
    )
    return ahead.skip(late)


def _arrears(
    slices: Mapping[str, pd.DataFrame],
    given: tuple[pd.DataFrame | None, pd.DataFrame | None, pd.DataFrame],
    *,
    names: np.ndarray,
    periode: pd.DatetimeIndex,
    draws: tuple[int, int],
) -> Tunggakan | None:
    """Simulate arrears of the regions that delivered them by age."""
    rows = slices.get("tunggakan_peserta")
    if rows is None or rows["periode"].nunique() < _RIWAYAT_MIN_BULAN:
        return None
    stok = build_stok(
        rows, kepesertaan=slices.get("kepesertaan"), iuran=slices.get("iuran")
    )
    stok = stok.reach(periode[0] - pd.offsets.MonthBegin(1))
    laju, uji, ramalan = given
    own = _rates(stok, slices) if laju is None else read_laju(laju, stok.unit)
    undian = draw_laju(own, horizon=len(periode), draws=draws[0], seed=draws[1])
    dasar = simulate_tunggakan(own, stok, undian=undian)
    position = np.searchsorted(names.astype(str), stok.kode.astype(str))
    contest = uji if uji is not None else backtest_tunggakan(stok, seed=draws[1])
    won = contest.set_index("kode")["terpilih"].astype(bool)
    scale = scale_to_ramalan(to_depan(dasar), ramalan, terpilih=won, seed=draws[1])
    return Tunggakan(own, stok, undian, dasar, position, scale, contest)


def _rates(stok: Stok, slices: Mapping[str, pd.DataFrame]) -> Laju:
    """Estimate roll rates, leaving out the months of recorded write-offs."""
    iuran = slices.get("iuran")
    share = None if iuran is None else measure_bagian_bayar(stok, iuran)
    return estimate_laju(
        stok, bagian_bayar=share, abaikan=list_abaikan(slices.get("peristiwa"))
    )


def list_abaikan(peristiwa: pd.DataFrame | None) -> list[tuple[str, pd.Timestamp]]:
    """List region and month of past write-offs: events, not payment habits."""
    if peristiwa is None or peristiwa.empty:
        return []
    past = peristiwa[
        peristiwa["status"].eq("terjadi")
        & peristiwa["jenis"].str.contains("pemutihan", case=False)
    ]
    months = past["tanggal"].dt.to_period("M").dt.start_time
    return list(zip(past["kode"].astype(str), months, strict=True))


def _draw_aktif(
    rows: pd.DataFrame,
    ramalan: pd.DataFrame,
    *,
    names: np.ndarray,
    draws: int,
    seed: int,
) -> np.ndarray:
    """Draw paths of active members whose quantiles are the forecast's.

    Ranks follow a first-order chain over months. Regions share a part of their rank
    such that the country's spread is that of its own forecast.
    """
    from scipy.special import ndtr

    wide = rows.pivot_table(
        index=["periode", "kode"], columns="kuantil", values="nilai"
    ).sort_index()
    levels = wide.columns.to_numpy(dtype=float)
    months = wide.index.get_level_values("periode").nunique()
    grid = wide.to_numpy(dtype=float).reshape(months, len(names), len(levels))
    shared = _shared_part(grid, levels, ramalan, rows["cutoff"].max())
    rng = np.random.default_rng(seed + 3)
    rank = np.empty((months, len(names), draws))
    own, common = _normals(rng, (len(names), draws)), _normals(rng, (1, draws))
    step = (1 - _RHO_BULAN**2) ** 0.5
    for h in range(months):
        rank[h] = shared**0.5 * common + (1 - shared) ** 0.5 * own
        own = _RHO_BULAN * own + step * _normals(rng, own.shape)
        common = _RHO_BULAN * common + step * _normals(rng, common.shape)
    return _interpolate(ndtr(rank), levels, grid)


def _normals(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw standard normals whose every row has mean 0 and spread 1."""
    z = rng.standard_normal(shape)
    z -= z.mean(axis=-1, keepdims=True)
    return np.asarray(z / z.std(axis=-1, keepdims=True))


def _shared_part(
    grid: np.ndarray, levels: np.ndarray, ramalan: pd.DataFrame, cutoff: pd.Timestamp
) -> float:
    """Return the part of rank variance that regions must share."""
    top = ramalan[
        ramalan["kode"].eq("00")
        & ramalan["indikator"].eq("aktif_jiwa")
        & ramalan["segmen"].eq(TOTAL)
        & ramalan["cutoff"].eq(cutoff)
    ]
    low, high = int(np.searchsorted(levels, 0.1)), int(np.searchsorted(levels, 0.9))
    if top.empty or grid.shape[1] < 2 or high >= len(levels):
        return 0.0
    wide = top.pivot_table(index="periode", columns="kuantil", values="nilai")
    width = (wide[levels[high]] - wide[levels[low]]).to_numpy(dtype=float)[-1]
    own = grid[-1, :, high] - grid[-1, :, low]
    alone, together = float((own**2).sum()), float(own.sum() ** 2)
    return float(np.clip((width**2 - alone) / max(together - alone, 1e-9), 0.0, 1.0))


def _interpolate(rank: np.ndarray, levels: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Turn ranks into values between quantiles, straight on beyond the last."""
    at = np.clip(np.searchsorted(levels, rank) - 1, 0, len(levels) - 2)
    low = np.take_along_axis(grid, at, axis=-1)
    high = np.take_along_axis(grid, at + 1, axis=-1)
    part = (np.clip(rank, 0.01, 0.99) - levels[at]) / (levels[at + 1] - levels[at])
    return np.asarray(np.maximum(low + part * (high - low), 0.0))
