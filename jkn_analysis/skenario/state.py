"""What a scenario starts from: the stored paths of people, arrears and Pemda debt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ScenarioError
from jkn_analysis.masa_depan.draws import DRAWS
from jkn_analysis.masa_depan.paths import Paths, add_levels
from jkn_analysis.skenario.blocks import (
    simulate_regions,
    take_draws,
    take_path,
    take_stock,
)
from jkn_analysis.terms import TOTAL
from jkn_analysis.tunggakan.ahead import (
    Levels,
    backtest_tunggakan,
    build_tingkat,
    scale_draws,
    to_depan,
)
from jkn_analysis.tunggakan.pemda import project_utang
from jkn_analysis.tunggakan.rates import (
    estimate_laju,
    measure_bagian_bayar,
    read_laju,
)
from jkn_analysis.tunggakan.simulate import draw_laju
from jkn_analysis.tunggakan.stock import build_stok
from jkn_analysis.tunggakan.taksiran import fill_pemda

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jkn_analysis.tunggakan.pemda import UtangDepan
    from jkn_analysis.tunggakan.rates import Laju
    from jkn_analysis.tunggakan.simulate import ArrearsPaths, Draws
    from jkn_analysis.tunggakan.stock import Stock

_RIWAYAT_MIN_BULAN = 3
_ARREARS = {
    "tunggakan_rp": "tunggakan_peserta_rp",
    "peserta_jiwa": "tunggakan_peserta_jiwa",
}
_PEMDA = {
    "tagihan_rp": "tagihan_pemda_rp",
    "dibayar_rp": "dibayar_pemda_rp",
    "utang_rp": "tunggakan_pemda_rp",
    "laju_bayar": "laju_bayar_pemda_rate",
}
"""Fields of `UtangDepan` and the measures they are stored as."""


@dataclass(frozen=True)
class Tunggakan:
    """The arrears part: rates, stocks, draws and the path if nothing changes."""

    laju: Laju
    stok: Stock
    undian: Draws
    dasar: ArrearsPaths
    posisi: np.ndarray
    """Index of each unit's region in `State.kode`."""
    skala: dict[str, np.ndarray]
    """Factors to the stored paths; else as `scale_draws` says."""
    uji: pd.DataFrame


@dataclass(frozen=True)
class State:
    """Everything a scenario is applied to; arrays are (months, regions, draws)."""

    paths: Paths
    """People of the kabupaten/kota, by segmen."""
    tingkat: Levels
    batas: np.ndarray
    """(regions,): most registered people: now, or the population."""
    terisi: np.ndarray
    pemda: UtangDepan | None
    tunggakan: Tunggakan | None
    peluang: np.ndarray
    """(draws,): ranks shared by all assumed parameters of a scenario."""

    @property
    def cutoff(self) -> pd.Timestamp:
        """Last month of the data."""
        return self.paths.cutoff

    @property
    def periode(self) -> pd.DatetimeIndex:
        """Months ahead."""
        return self.paths.periode

    @property
    def kode(self) -> np.ndarray:
        """Codes of the regions, sorted."""
        return self.paths.kode

    @property
    def penduduk(self) -> np.ndarray:
        """(regions,): population in force, NaN where unknown."""
        return self.paths.penduduk

    @cached_property
    def aktif(self) -> np.ndarray:
        """Active people of all segments."""
        return self.paths.get("aktif_jiwa").astype(float)

    def aktif_segmen(self, segmen: str) -> np.ndarray:
        """Active people of one segmen; none where it was not delivered."""
        if ("aktif_jiwa", segmen) not in self.paths.drawn:
            return np.zeros(self.ukuran)
        return self.paths.get("aktif_jiwa", segmen)

    @cached_property
    def terdaftar(self) -> np.ndarray:
        """Registered people of all segments."""
        return self.paths.get("terdaftar_jiwa").astype(float)

    @property
    def ukuran(self) -> tuple[int, int, int]:
        """Months, regions, draws."""
        months, regions, draws = self.aktif.shape
        return months, regions, draws

    def list_provinces(self) -> Iterator[tuple[slice, State]]:
        """Yield each province's rows and regions, with their sum; bounds the memory."""
        edges = [*self.tingkat.awal.tolist(), len(self.kode)]
        for first, last in pairwise(edges):
            yield slice(first, last), self._take(slice(first, last))

    def _take(self, rows: slice) -> State:
        """Take the regions of one province."""
        own = self.kode[rows]
        above = np.array([*own, str(own[0])[:2]], dtype=object)
        drawn = {name: part[:, rows] for name, part in self.paths.drawn.items()}
        return State(
            Paths(self.cutoff, self.periode, own, drawn),
            Levels(above, len(own), np.zeros(1, dtype=int)),
            self.batas[rows],
            self.terisi[rows],
            _take_pemda(self.pemda, own),
            _take_arrears(self.tunggakan, rows),
            self.peluang,
        )


def _take_pemda(pemda: UtangDepan | None, kode: np.ndarray) -> UtangDepan | None:
    """Take the Pemda debt of some regions; None if none of them delivered."""
    if pemda is None:
        return None
    at = np.flatnonzero(np.isin(pemda.kode.astype(str), kode.astype(str)))
    if not len(at):
        return None
    cubes = {name: getattr(pemda, name)[:, at] for name in _PEMDA}
    year, left = pemda.sisa_pagu
    return replace(
        pemda,
        kode=pemda.kode[at],
        awal_rp=pemda.awal_rp[at],
        sisa_pagu=(year, left[at]),
        **cubes,
    )


def _take_arrears(part: Tunggakan | None, rows: slice) -> Tunggakan | None:
    """Take the arrears of some regions; None if none of them delivered."""
    if part is None:
        return None
    low, high = np.searchsorted(part.posisi, [rows.start, rows.stop])
    if low == high:
        return None
    units, first = slice(low, high), len(np.unique(part.posisi[:low]))
    regions = slice(first, first + len(np.unique(part.posisi[units])))
    return Tunggakan(
        part.laju.take(units),
        take_stock(part.stok, units),
        take_draws(part.undian, units),
        take_path(part.dasar, regions),
        part.posisi[units] - rows.start,
        {name: values[:, regions] for name, values in part.skala.items()},
        part.uji,
    )


def build_keadaan(
    tables: Mapping[str, pd.DataFrame],
    paths: Paths,
    *,
    kode: str | Sequence[str] | None = None,
    ramalan: pd.DataFrame | None = None,
    laju: pd.DataFrame | None = None,
    uji: pd.DataFrame | None = None,
    seed: int = 0,
) -> State:
    """Build the starting point of scenarios for one region, some or all.

    Arrears and Pemda debt are those of the paths where they hold any; else they are
    simulated here (as ``jkn forecast`` does before it stores them).

    Parameters
    ----------
    tables
        Delivered tables by name; kepesertaan is needed, without iuran_pemda or
        tunggakan_peserta those measures are absent.
    paths
        From `read_paths` or `build_ramalan`.
    kode
        Kabupaten/kota to take; all of the paths if None.
    ramalan
        Table of that name, for arrears whose roll rates lost the contest.
    laju
        Table ``laju_tunggakan``; estimated from what is given if None. A slice
        of one region needs it, or small regions lose the pooling.
    uji
        Table ``uji_tunggakan``; the contest is held anew if None.
    seed
        Of the draws made here.

    Raises
    ------
    ScenarioError
        If no region has a forecast of active members.
    """
    own = _take_regions(paths, [kode] if isinstance(kode, str) else kode)
    slices = _take(tables, own.kode)
    del tables  # arrears by age are the largest table: gone once they are a cube
    if "iuran_pemda" in slices:
        slices["iuran_pemda"] = fill_pemda(
            slices["iuran_pemda"], slices["kepesertaan"], cutoff=own.cutoff
        )
    now = slices["kepesertaan"]
    now = now[now["periode"].eq(_last_month(now, own.cutoff))]
    registered = now.groupby("kode")["terdaftar_jiwa"].sum().reindex(own.kode)
    people = np.where(np.isnan(own.penduduk), np.inf, own.penduduk)
    return State(
        own,
        build_tingkat(list(own.kode)),
        np.fmax(registered.to_numpy(dtype=float, na_value=np.nan), people),
        _filled(slices.get("iuran_pemda"), own.cutoff, own.kode),
        _pemda(slices, own, seed=seed),
        _arrears(slices, (laju, uji, ramalan), paths=own, seed=seed),
        _assumed_ranks(seed),
    )


def _assumed_ranks(seed: int) -> np.ndarray:
    """Draw ranks of assumed sizes; the middle path takes them as declared."""
    ranks = np.random.default_rng(seed + 7).random(DRAWS)
    ranks[0] = 0.5
    return ranks


def _take_regions(paths: Paths, wanted: Sequence[str] | None) -> Paths:
    """Take the kabupaten/kota wanted, sorted."""
    held = [str(k) for k in paths.kode if len(str(k)) > 2]
    names = sorted(held if wanted is None else set(held) & set(wanted))
    if not names:
        raise ScenarioError(
            f"no forecast of aktif_jiwa for {', '.join(wanted or ['any region'])}\n"
            "  → run: jkn forecast, and name a kabupaten/kota"
        )
    return paths.take(names)


def _take(
    tables: Mapping[str, pd.DataFrame], names: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Take the rows of these regions."""
    wanted = list(names)
    return {
        name: table
        if name == "peristiwa" or set(table["kode"].unique()) <= set(wanted)
        else table[table["kode"].isin(wanted)]
        for name, table in tables.items()
        if "kode" in table.columns
    }


def _last_month(now: pd.DataFrame, cutoff: pd.Timestamp) -> pd.Timestamp:
    """Return the newest delivered month up to the cutoff."""
    return now.loc[now["periode"].le(cutoff), "periode"].max()


def _filled(
    pemda: pd.DataFrame | None, cutoff: pd.Timestamp, names: np.ndarray
) -> np.ndarray:
    """Return the Pemda places filled, NaN where not delivered."""
    if pemda is None or pemda.empty:
        return np.full(len(names), np.nan)
    last = pemda[pemda["periode"].eq(cutoff)]
    own = last.set_index("kode")["terisi_jiwa"].reindex(names)
    return own.to_numpy(dtype=float, na_value=np.nan)


def _pemda(
    slices: Mapping[str, pd.DataFrame], paths: Paths, *, seed: int
) -> UtangDepan | None:
    """Project Pemda debt of the regions whose last month is delivered or estimated."""
    from jkn_analysis.anggaran import list_rencana, read_pagu

    rows = slices.get("iuran_pemda")
    if rows is None or not rows["periode"].eq(paths.cutoff).any():
        return None
    pagu = slices.get("anggaran")
    known = None if pagu is None or pagu.empty else read_pagu(pagu)
    events = slices.get("peristiwa")
    plan = None if events is None else list_rencana(rows, events, cutoff=paths.cutoff)
    ahead = project_utang(
        rows, horizon=len(paths.periode), pagu=known, rencana=plan, draws=DRAWS,
        seed=seed,
    )  # fmt: skip
    return _use_stored(ahead, paths)


def _use_stored(ahead: UtangDepan, paths: Paths) -> UtangDepan:
    """Put stored paths of Pemda debt in place of those drawn here."""
    if not paths.has("laju_bayar_pemda_rate"):
        return ahead
    part = paths.take([str(k) for k in ahead.kode])
    known = ~np.isnan(part.get("laju_bayar_pemda_rate")).any(axis=(0, 2))
    fields = {}
    for field, measure in _PEMDA.items():
        made = getattr(ahead, field).copy()
        made[:, known] = part.get(measure)[:, known]
        fields[field] = made
    return replace(ahead, **fields)


def _arrears(
    slices: dict[str, pd.DataFrame],
    given: tuple[pd.DataFrame | None, pd.DataFrame | None, pd.DataFrame | None],
    *,
    paths: Paths,
    seed: int,
) -> Tunggakan | None:
    """Simulate arrears of the regions that delivered them by age."""
    rows = slices.pop("tunggakan_peserta", None)
    if rows is None or rows["periode"].nunique() < _RIWAYAT_MIN_BULAN:
        return None
    stok = build_stok(
        rows, kepesertaan=slices.get("kepesertaan"), iuran=slices.get("iuran")
    )
    del rows
    stok = stok.reach(paths.cutoff)
    laju, uji, ramalan = given
    contest = uji if uji is not None else backtest_tunggakan(stok, seed=seed)
    own = _rates(stok, slices) if laju is None else read_laju(laju, stok.unit)
    undian = draw_laju(own, horizon=len(paths.periode), draws=DRAWS, seed=seed)
    dasar = simulate_regions(own, stok, undian=undian)
    position = np.searchsorted(paths.kode.astype(str), stok.kode.astype(str))
    scale = _scale(dasar, contest, paths=paths, ramalan=ramalan, seed=seed)
    return Tunggakan(own, stok, undian, dasar, position, scale, contest)


def _scale(
    dasar: ArrearsPaths,
    contest: pd.DataFrame,
    *,
    paths: Paths,
    ramalan: pd.DataFrame | None,
    seed: int,
) -> dict[str, np.ndarray]:
    """Return what turns simulated totals into stored, else forecast, ones."""
    depan = to_depan(dasar)
    scale = scale_draws(depan, ramalan, uji=contest, seed=seed)
    for name, measure in _ARREARS.items():
        if paths.has(measure):
            told = paths.take([str(k) for k in depan.kode]).get(measure)
            own = depan.total[name].astype(float)
            known = ~np.isnan(told) & (own > 0)
            scale[name] = np.divide(told, own, out=scale[name].copy(), where=known)
    return scale


def add_money(paths: Paths, keadaan: State) -> Paths:
    """Add arrears and Pemda debt, with their sums, to the paths of people."""
    drawn = dict(paths.drawn)
    names = [str(k) for k in keadaan.kode]
    for measure, kode, values in _list_money(keadaan):
        own = np.full((len(paths.periode), len(names), values.shape[-1]), np.nan)
        own[:, [names.index(str(k)) for k in kode]] = values
        whole, _ = add_levels(own, keadaan.kode)
        if not measure.endswith(("_rp", "_jiwa")):
            whole[:, len(names) :] = np.nan
        drawn[measure, TOTAL] = whole
    return replace(paths, drawn=drawn)


def _list_money(keadaan: State) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield measure, regions and draws (months, regions, draws) of what is owed."""
    part, pemda = keadaan.tunggakan, keadaan.pemda
    if part is not None:
        regions = part.dasar.unit["kode"].to_numpy(dtype=object)
        for name, measure in _ARREARS.items():
            simulated = part.dasar.rp if name == "tunggakan_rp" else part.dasar.jiwa
            yield measure, regions, simulated * part.skala[name]
    if pemda is not None:
        for field, measure in _PEMDA.items():
            yield measure, pemda.kode, getattr(pemda, field)


def _rates(stok: Stock, slices: Mapping[str, pd.DataFrame]) -> Laju:
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
