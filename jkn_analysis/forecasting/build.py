"""From measured tables to `ramalan`, `peluang` and `uji_balik`, all regions at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.forecast import (
    Kind,
    Outcome,
    forecast_panel,
    quantile_levels,
)
from jkn_analysis.forecasting.panel import Panel, build_months, build_panel
from jkn_analysis.forecasting.probability import (
    DENSE,
    correlate_errors,
    probability_reaching,
    simulate_paths,
)
from jkn_analysis.terms import SEGMEN, TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jkn_analysis.config import Config

DASAR = "dasar"
TARGETS = (0.80,)
DRAWS = 2000
_SEP = "|"

KIND: dict[str, Kind] = {
    "aktif_jiwa": "amount",
    "terdaftar_jiwa": "amount",
    "keaktifan_terdaftar_rate": "rate",
    "tunggakan_peserta_rp": "amount",
    "tunggakan_peserta_jiwa": "amount",
    "tunggakan_pemda_rp": "amount",
}
"""Indicators that are forecast; keaktifan_penduduk_rate follows from aktif_jiwa."""


@dataclass(frozen=True)
class _Ahead:
    """Forecast of one indicator: nodes, their last month and value, quantiles."""

    nodes: pd.DataFrame
    panel: Panel
    outcome: Outcome
    quantiles: np.ndarray
    probabilities: np.ndarray

    @property
    def median(self) -> np.ndarray:
        """Series x horizon."""
        return self.quantiles[:, :, int(np.flatnonzero(self.probabilities == 0.5)[0])]


def _select(ukuran: pd.DataFrame, indikator: str) -> pd.DataFrame:
    """Return the history of one indicator as a long frame of series."""
    rows = ukuran[(ukuran["indikator"] == indikator) & ukuran["nilai"].notna()]
    if indikator.startswith("tunggakan_"):
        rows = rows[rows["segmen"] == TOTAL]
    seri = rows["kode"].astype(str) + _SEP + rows["segmen"].astype(str)
    return pd.DataFrame(
        {"seri": seri, "periode": rows["periode"], "nilai": rows["nilai"]}
    )


def _forecast_indicator(
    ukuran: pd.DataFrame, indikator: str, *, horizon: int, probabilities: np.ndarray
) -> _Ahead | None:
    """Forecast every node of one indicator, `horizon` months after the newest."""
    history = _select(ukuran, indikator)
    if history.empty:
        return None
    panel = build_panel(history)
    newest = panel.last.max()
    fresh = panel.last > newest - 12
    late = int((newest - panel.last[fresh]).max())
    panel = Panel(panel.names[fresh], panel.last[fresh], panel.values[fresh])
    outcome = forecast_panel(
        panel, horizon=horizon + late, probabilities=probabilities, kind=KIND[indikator]
    )
    lag = (newest - panel.last)[:, None] + np.arange(horizon)[None, :]
    quantiles = np.take_along_axis(outcome.quantiles, lag[:, :, None], axis=1)
    names = pd.Series(panel.names).str.split(_SEP, n=1, expand=True)
    nodes = pd.DataFrame({"kode": names[0], "segmen": names[1]})
    return _Ahead(nodes, panel, outcome, quantiles, probabilities)


def _add_up(ahead: _Ahead) -> np.ndarray:
    """Return whole-number medians in which parts add up to totals and provinces."""
    nodes, median = ahead.nodes, np.round(ahead.median)
    keys = list(zip(nodes["kode"], nodes["segmen"], strict=True))
    place = {key: row for row, key in enumerate(keys)}
    out = median.copy()
    kabupaten = sorted({kode for kode, _ in keys if len(kode) > 2})
    for kode in kabupaten:
        parts = [place[kode, s] for s in SEGMEN if (kode, s) in place]
        if parts and (kode, TOTAL) in place:
            out[place[kode, TOTAL]] = out[parts].sum(axis=0)
    for (kode, segmen), row in place.items():
        if len(kode) == 2:
            parts = [
                place[child, segmen]
                for child in kabupaten
                if (child, segmen) in place and kode in ("00", child[:2])
            ]
            if parts:
                out[row] = out[parts].sum(axis=0)
    return np.maximum(out, 0.0)


def _shift(ahead: _Ahead, median: np.ndarray, *, whole: bool) -> np.ndarray:
    """Move the quantiles so that their median is the reconciled one."""
    moved = ahead.quantiles + (median - ahead.median)[:, :, None]
    return np.maximum(np.round(moved) if whole else moved, 0.0)


def _last_value(ahead: _Ahead) -> np.ndarray:
    """Return the last value of each series."""
    return ahead.panel.values[:, -1]


def _to_rows(
    ahead: _Ahead, quantiles: np.ndarray, indikator: str, wanted: np.ndarray
) -> pd.DataFrame:
    """Lay out one indicator as rows of `ramalan`."""
    rows, horizon, _ = quantiles.shape
    keep = [int(np.flatnonzero(ahead.probabilities == p)[0]) for p in wanted]
    count = len(keep)
    newest = int(ahead.panel.last.max())
    months = build_months(newest + 1 + np.arange(horizon))
    naive = np.repeat(_last_value(ahead), horizon * count)
    kuantil = np.tile(wanted, rows * horizon)
    cutoff = build_months(np.full(rows * horizon * count, newest))
    return pd.DataFrame(
        {
            "kode": np.repeat(ahead.nodes["kode"].to_numpy(object), horizon * count),
            "indikator": indikator,
            "segmen": np.repeat(ahead.nodes["segmen"].to_numpy(object), horizon * count),
            "cutoff": cutoff,
            "periode": np.tile(np.repeat(months, count), rows),
            "skenario": DASAR,
            "kuantil": kuantil,
            "nilai": quantiles[:, :, keep].ravel(),
            "naif": np.where(kuantil == 0.5, naive, np.nan),
        }
    )


def _penduduk(ukuran: pd.DataFrame) -> pd.Series:
    """Return the newest population of each region that has one."""
    rows = ukuran[ukuran["indikator"] == "keaktifan_penduduk_rate"]
    rows = rows.dropna(subset=["penyebut"]).sort_values("periode", kind="stable")
    return rows.groupby("kode")["penyebut"].last()


def _over_penduduk(ahead: _Ahead, quantiles: np.ndarray, penduduk: pd.Series) -> tuple[_Ahead, np.ndarray]:
    """Divide active people by a held population; regions without one fall out."""
    known = (ahead.nodes["segmen"] == TOTAL) & ahead.nodes["kode"].isin(penduduk.index)
    rows = np.flatnonzero(known.to_numpy())
    people = penduduk.loc[ahead.nodes["kode"].iloc[rows]].to_numpy(dtype=float)
    panel = Panel(
        ahead.panel.names[rows],
        ahead.panel.last[rows],
        ahead.panel.values[rows] / people[:, None],
    )
    nodes = ahead.nodes.iloc[rows].reset_index(drop=True)
    part = _Ahead(nodes, panel, ahead.outcome, ahead.quantiles[rows], ahead.probabilities)
    return part, quantiles[rows] / people[:, None, None]


def _over_terdaftar(
    rate: _Ahead, counts: dict[str, tuple[_Ahead, np.ndarray]]
) -> np.ndarray:
    """Centre the rate's quantiles on the quotient of the reconciled medians."""
    parts = {}
    for name in ("aktif_jiwa", "terdaftar_jiwa"):
        ahead, median = counts[name]
        index = pd.MultiIndex.from_frame(ahead.nodes)
        rows = index.get_indexer(pd.MultiIndex.from_frame(rate.nodes))
        parts[name] = np.where((rows >= 0)[:, None], median[rows], np.nan)
    below = np.where(parts["terdaftar_jiwa"] > 0, parts["terdaftar_jiwa"], np.nan)
    centre = parts["aktif_jiwa"] / below
    centre = np.where(np.isfinite(centre), np.minimum(centre, 1.0), rate.median)
    moved = rate.quantiles + (centre - rate.median)[:, :, None]
    return np.clip(moved, 0.0, 1.0)


def _peluang(
    part: _Ahead, quantiles: np.ndarray, *, draws: int, seed: int
) -> pd.DataFrame:
    """Compute the chance to reach each target at the end of each month."""
    outcome = part.outcome
    scaled = outcome.errors / np.where(outcome.scale > 0, outcome.scale, 1)[None, :, None]
    horizon = quantiles.shape[1]
    correlation = correlate_errors(scaled[:, :, :horizon])
    paths = simulate_paths(
        quantiles,
        part.probabilities,
        correlation,
        draws=draws,
        rng=np.random.default_rng(seed),
    )
    newest = int(part.panel.last.max())
    months = build_months(newest + 1 + np.arange(horizon))
    frames = []
    for target in TARGETS:
        chance = probability_reaching(paths, target)
        frames.append(
            pd.DataFrame(
                {
                    "kode": np.repeat(part.nodes["kode"].to_numpy(object), horizon),
                    "indikator": "keaktifan_penduduk_rate",
                    "cutoff": build_months(np.full(chance.size, newest)),
                    "periode": np.tile(months, len(part.nodes)),
                    "skenario": DASAR,
                    "target": target,
                    "peluang": chance.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _score(
    ahead: _Ahead, indikator: str, *, unit: np.ndarray, horizon: int
) -> pd.DataFrame:
    """Score past cutoffs by months ahead and by size of region."""
    errors = ahead.outcome.errors
    level = (ahead.nodes["kode"].str.len() > 2).to_numpy()
    last = np.abs(_last_value(ahead))
    middle = np.median(last[level]) if level.any() else 0.0
    groups = {
        "semua": level,
        "kecil": level & (last < middle),
        "besar": level & (last >= middle),
        "provinsi": ~level,
    }
    rows = []
    naive = ahead.outcome.naive_errors
    wide = {
        p: ahead.outcome.quantiles[:, :, int(np.flatnonzero(ahead.probabilities == p)[0])]
        - ahead.outcome.quantiles[:, :, int(np.flatnonzero(ahead.probabilities == 0.5)[0])]
        for p in (0.025, 0.1, 0.9, 0.975)
    }
    for name, chosen in groups.items():
        for h in range(min(horizon, errors.shape[2])):
            e = errors[:, chosen, h] / unit[chosen]
            known = np.isfinite(e)
            count = int(known.sum())
            if not count:
                continue
            n = np.abs(naive[:, chosen, h] / unit[chosen])[known].mean()
            rows.append((name, h + 1, "mae", np.abs(e[known]).mean(), n, count))
            for low, high, label in ((0.1, 0.9, "cakupan80"), (0.025, 0.975, "cakupan95")):
                raw = errors[:, chosen, h]
                inside = (raw >= wide[low][chosen, h]) & (raw <= wide[high][chosen, h])
                rows.append((name, h + 1, label, inside[known].mean(), np.nan, count))
    columns = ["kelompok", "horizon_bulan", "ukuran", "nilai", "naif", "jumlah"]
    return pd.DataFrame(rows, columns=columns).assign(indikator=indikator)


def build_ramalan(
    tables: Mapping[str, pd.DataFrame], *, config: Config
) -> dict[str, pd.DataFrame]:
    """Forecast activity and both kinds of arrears for every region in one pass.

    Counts are forecast per segmen and kabupaten/kota and added up, in whole people;
    rates are quotients of those sums, so page, provinsi and country agree. The
    intervals of each level come from that level's own past errors.

    Parameters
    ----------
    tables
        Canonical tables by name; ``ukuran`` is used if there, else measured.
    config
        Settings: horizon, levels, seed, source of the population.

    Returns
    -------
    dict
        Tables ``ramalan``, ``peluang``, ``uji_balik``.

    Raises
    ------
    ForecastError
        If there is no participation to forecast.
    """
    from jkn_analysis.indicators import build_ukuran

    ukuran = tables.get("ukuran")
    if ukuran is None or ukuran.empty:
        ukuran = build_ukuran(tables, sumber_penduduk=config.build.sumber_penduduk)
    horizon = config.forecast.horizon_bulan
    wanted = quantile_levels(config.forecast.levels)
    dense = np.unique(np.round(np.r_[DENSE, wanted], 6))
    aheads = {
        name: _forecast_indicator(ukuran, name, horizon=horizon, probabilities=dense)
        for name in KIND
    }
    found = {name: ahead for name, ahead in aheads.items() if ahead is not None}
    if "aktif_jiwa" not in found:
        raise ForecastError(
            "no participation to forecast: table ukuran has no aktif_jiwa\n"
            "  → deliver kepesertaan and run: jkn build"
        )
    return _assemble(ukuran, found, wanted=wanted, seed=config.forecast.seed)


def _assemble(
    ukuran: pd.DataFrame, found: dict[str, _Ahead], *, wanted: np.ndarray, seed: int
) -> dict[str, pd.DataFrame]:
    """Reconcile the forecasts and lay out the three tables."""
    from jkn_analysis.tables import conform

    frames, scores, counts = [], [], {}
    horizon = next(iter(found.values())).quantiles.shape[1]
    for name, ahead in found.items():
        unit = np.maximum(np.abs(_last_value(ahead)), 1.0)
        if name == "keaktifan_terdaftar_rate":
            quantiles = _over_terdaftar(ahead, counts)
            unit = np.ones(len(ahead.nodes))
        else:
            median = _add_up(ahead)
            counts[name] = (ahead, median)
            quantiles = _shift(ahead, median, whole=True)
        frames.append(_to_rows(ahead, quantiles, name, wanted))
        scores.append(_score(ahead, name, unit=unit, horizon=horizon))
        if name == "aktif_jiwa":
            active = quantiles
    ahead = found["aktif_jiwa"]
    penduduk = _penduduk(ukuran)
    part, rate = _over_penduduk(ahead, active, penduduk)
    frames.append(_to_rows(part, rate, "keaktifan_penduduk_rate", wanted))
    people = penduduk.reindex(ahead.nodes["kode"]).to_numpy(dtype=float)
    total = (ahead.nodes["segmen"] == TOTAL).to_numpy() & np.isfinite(people)
    unit = np.where(total, people, np.nan)
    scores.append(_score(ahead, "keaktifan_penduduk_rate", unit=unit, horizon=horizon))
    peluang = _peluang(part, rate, draws=DRAWS, seed=seed)
    return {
        "ramalan": conform(pd.concat(frames, ignore_index=True), "ramalan"),
        "peluang": conform(peluang, "peluang"),
        "uji_balik": conform(pd.concat(scores, ignore_index=True), "uji_balik"),
    }
