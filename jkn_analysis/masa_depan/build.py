"""From the forecaster's quantiles to joint paths, and the tables read off them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.build import (
    DASAR,
    Ahead,
    forecast_counts,
    last_value,
)
from jkn_analysis.forecasting.forecast import quantile_levels
from jkn_analysis.forecasting.record import score_tested
from jkn_analysis.forecasting.why import build_perubahan
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.masa_depan.paths import (
    PEOPLE,
    SLOTS,
    TABLE,
    Paths,
    from_table,
    read_quantiles,
    to_table,
)
from jkn_analysis.masa_depan.people import draw_counts
from jkn_analysis.tables import conform
from jkn_analysis.terms import TOTAL
from jkn_analysis.uhc import needed_jiwa

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jkn_analysis.config import Config
    from jkn_analysis.forecasting.build import Forecasts

PENDUDUK_RATE = "keaktifan_penduduk_rate"
TERDAFTAR_RATE = "keaktifan_terdaftar_rate"
TARGETS = (0.80,)
ARREARS = ("tunggakan_peserta_rp", "tunggakan_peserta_jiwa", "tunggakan_pemda_rp")


def build_ramalan(
    tables: Mapping[str, pd.DataFrame],
    *,
    config: Config,
    told: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Forecast every region in one pass: joint paths, and what is read off them.

    Parameters
    ----------
    tables
        Canonical tables by name; ``ukuran`` is used if there, else measured.
    config
        Settings: horizon, levels, seed, source of the population.
    told
        Rows of ``masa_depan`` that stay, of the same months: sums are made of them.

    Returns
    -------
    dict
        Tables ``masa_depan``, ``ramalan``, ``peluang``, ``perubahan``, ``uji_balik``.

    Raises
    ------
    ForecastError
        If there is no participation to forecast.
    """
    from jkn_analysis.measures import build_ukuran

    ukuran, peristiwa = tables.get("ukuran"), tables.get("peristiwa", pd.DataFrame())
    if ukuran is None or ukuran.empty:
        ukuran = build_ukuran(tables, sumber_penduduk=config.build.sumber_penduduk)
    del tables
    made = forecast_counts(ukuran, peristiwa, config=config)
    wanted = quantile_levels(config.forecast.levels)
    if not set(PEOPLE) <= set(made.found):
        return _tell_part(made, peristiwa, wanted=wanted)
    out = {
        "perubahan": build_perubahan(ukuran, peristiwa),
        "uji_balik": score_tested(made.tested, peristiwa),
    }
    people, found = find_people(ukuran), made.found
    del made, ukuran  # each as large as what is made of it
    kept = None if told is None or told.empty else from_table(told)
    paths = draw_counts(found, penduduk=people, told=kept, seed=config.forecast.seed)
    rows = _list_rows(paths, found, wanted=wanted)
    out["ramalan"] = pd.concat(rows, ignore_index=True)
    out["peluang"] = build_peluang(paths)
    del found
    out[TABLE] = to_table(paths)
    del paths
    return {name: conform(out.pop(name), name) for name in list(out)}


def _tell_part(
    made: Forecasts, peristiwa: pd.DataFrame, *, wanted: np.ndarray
) -> dict[str, pd.DataFrame]:
    """Tell what was delivered where only the registered or only the active were.

    Without both there are no paths of people, so no chances and no money side.
    """
    rows = [
        part
        for name, ahead in made.found.items()
        for part in _told_rows(ahead, name, wanted)
    ]
    told = {
        "ramalan": pd.concat(rows, ignore_index=True),
        "uji_balik": score_tested(made.tested, peristiwa),
    }
    names = (TABLE, "ramalan", "peluang", "perubahan", "uji_balik")
    return {name: conform(told.get(name, pd.DataFrame()), name) for name in names}


def find_people(ukuran: pd.DataFrame) -> pd.Series:
    """Return the newest population of each region, provinsi and the country."""
    rows = ukuran[ukuran["indikator"] == PENDUDUK_RATE]
    rows = rows.dropna(subset=["penyebut"]).sort_values("periode", kind="stable")
    return rows.groupby("kode")["penyebut"].last()


def _list_rows(
    paths: Paths, found: Mapping[str, Ahead], *, wanted: np.ndarray
) -> Iterator[pd.DataFrame]:
    """Yield the rows of ``ramalan``: people and rates off the paths, arrears as told.

    Arrears keep the forecaster's quantiles here; the money side puts its own paths
    in their place where it has any.
    """
    last = {name: _lay_last(found[name], paths) for name in PEOPLE}
    for segmen in (*SLOTS[:-1], TOTAL):
        if segmen != TOTAL and ("aktif_jiwa", segmen) not in paths.drawn:
            continue
        there = last["aktif_jiwa"][segmen]
        drawn = {name: paths.get(name, segmen) for name in PEOPLE}
        for name, values in drawn.items():
            grid = read_quantiles(values, wanted, middle=True)
            yield lay_rows(paths, name, segmen, grid, wanted, last[name][segmen])
        if segmen == TOTAL:
            grid = read_quantiles(drawn["aktif_jiwa"], wanted, middle=True)
            people = paths.penduduk
            share, naive = grid / people[None, :, None], there / people
            yield lay_rows(paths, PENDUDUK_RATE, segmen, share, wanted, naive)
        share = drawn["aktif_jiwa"] / np.maximum(drawn["terdaftar_jiwa"], 1)
        grid = read_quantiles(share, wanted, middle=True)
        naive = there / np.maximum(last["terdaftar_jiwa"][segmen], 1)
        yield lay_rows(paths, TERDAFTAR_RATE, segmen, grid, wanted, naive)
    for name, ahead in found.items():
        if name not in PEOPLE:
            yield from _told_rows(ahead, name, wanted)


def _lay_last(ahead: Ahead, paths: Paths) -> dict[str, np.ndarray]:
    """Lay the last known values beside the paths' rows; NaN where not forecast."""
    known = pd.Series(last_value(ahead), index=pd.MultiIndex.from_frame(ahead.nodes))
    return {
        segmen: known.reindex([(str(k), segmen) for k in paths.kode]).to_numpy()
        for segmen in (*SLOTS[:-1], TOTAL)
    }


def lay_rows(
    paths: Paths,
    indikator: str,
    segmen: str | np.ndarray,
    grid: np.ndarray,
    wanted: Sequence[float] | np.ndarray,
    naive: np.ndarray,
) -> pd.DataFrame:
    """Lay quantiles (months, rows, levels) out as rows of ``ramalan``.

    Rows whose last value `naive` or whose quantiles are not known are left out.
    """
    months, rows, count = grid.shape
    kuantil = np.tile(np.asarray(wanted), months * rows)
    told = np.tile(np.repeat(naive, count), months)
    frame = pd.DataFrame(
        {
            "kode": np.tile(np.repeat(paths.kode.astype(str), count), months),
            "indikator": indikator,
            "segmen": np.tile(np.repeat(np.broadcast_to(segmen, rows), count), months),
            "cutoff": paths.cutoff,
            "periode": np.repeat(paths.periode, rows * count),
            "skenario": DASAR,
            "kuantil": kuantil,
            "nilai": grid.ravel().astype(float),
            "naif": np.where(np.isclose(kuantil, 0.5), told, np.nan),
        }
    )
    return frame[~(np.isnan(told) | frame["nilai"].isna())]


def _told_rows(
    ahead: Ahead, indikator: str, wanted: np.ndarray
) -> Iterator[pd.DataFrame]:
    """Yield the forecaster's own quantiles, amounts in whole rupiah or people."""
    keep = [int(np.flatnonzero(ahead.probabilities == p)[0]) for p in wanted]
    grid = np.moveaxis(ahead.quantiles[:, :, keep], 1, 0)
    if INDICATORS[indikator].denominator is None:
        grid = np.round(grid)
    kode, segmen = (ahead.nodes[name].to_numpy(object) for name in ("kode", "segmen"))
    paths = Paths(ahead.cutoff, ahead.months, kode, {})
    yield lay_rows(paths, indikator, segmen, grid, wanted, last_value(ahead))


def tell_arrears(ramalan: pd.DataFrame, paths: Paths) -> pd.DataFrame:
    """Put quantiles of the paths in place of the forecaster's own of arrears.

    Parameters
    ----------
    ramalan
        Table of that name.
    paths
        With arrears and Pemda debt; regions without any keep their rows.
    """
    wanted = np.sort(ramalan["kuantil"].unique())
    kept = np.ones(len(ramalan), dtype=bool)
    parts = []
    for name in ARREARS:
        of = (ramalan["indikator"].eq(name) & ramalan["segmen"].eq(TOTAL)).to_numpy()
        rows = ramalan.loc[of, ["kode", "cutoff", "naif"]]
        if not paths.has(name) or rows.empty:
            continue
        naive = rows.dropna(subset=["naif"]).groupby("kode")["naif"].first()
        grid = read_quantiles(paths.get(name), wanted, middle=False)
        last = naive.reindex(paths.kode.astype(str)).to_numpy(dtype=float)
        told = lay_rows(paths, name, TOTAL, grid, wanted, last)
        parts.append(told.assign(cutoff=rows["cutoff"].max()))
        kept[np.flatnonzero(of)[rows["kode"].isin(told["kode"]).to_numpy()]] = False
    return pd.concat([ramalan[kept], *parts], ignore_index=True)


def build_peluang(paths: Paths) -> pd.DataFrame:
    """Read the chance to reach each target at the end of each month off the paths."""
    months, rows = len(paths.periode), len(paths.kode)
    frames = [
        pd.DataFrame(
            {
                "kode": np.tile(paths.kode.astype(str), months),
                "indikator": PENDUDUK_RATE,
                "cutoff": paths.cutoff,
                "periode": np.repeat(paths.periode, rows),
                "skenario": DASAR,
                "target": target,
                "peluang": paths.chance(
                    "aktif_jiwa", needed_jiwa(target, paths.penduduk)
                ).ravel(),
            }
        )
        for target in TARGETS
    ]
    return pd.concat(frames, ignore_index=True).dropna(subset=["peluang"])
