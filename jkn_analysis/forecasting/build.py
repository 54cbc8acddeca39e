"""From measured tables to `ramalan`, `peluang` and `uji_balik`, all regions at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.backtest import backtest_ukuran, list_kinds
from jkn_analysis.forecasting.decrees import (
    COUNTED,
    SEP,
    keep_live,
    list_decrees,
    list_parents,
    select_history,
)
from jkn_analysis.forecasting.forecast import (
    Outcome,
    forecast_panel,
    forecast_tree,
    quantile_levels,
)
from jkn_analysis.forecasting.hierarchy import align_panel, build_tree
from jkn_analysis.forecasting.panel import Panel, build_months, build_panel, fill_gaps
from jkn_analysis.forecasting.probability import (
    DENSE,
    probability_reaching,
    simulate_paths,
)
from jkn_analysis.forecasting.targets import measure_correlation
from jkn_analysis.forecasting.widen import measure_factor, widen, widen_tested
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jkn_analysis.config import Config

DASAR = "dasar"
PENDUDUK_RATE = "keaktifan_penduduk_rate"
TERDAFTAR_RATE = "keaktifan_terdaftar_rate"
TARGETS = (0.80,)
DRAWS = 2000

TESTED_AS = {"tunggakan_peserta_jiwa": "tunggakan_peserta_rp"}
"""Indicators whose intervals follow another one's backtest."""


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


def _forecast_indicator(
    ukuran: pd.DataFrame,
    indikator: str,
    *,
    horizon: int,
    probabilities: np.ndarray,
    events: pd.DataFrame | None = None,
) -> _Ahead | None:
    """Forecast every node of one indicator, `horizon` months after the newest."""
    history = select_history(ukuran, indikator)
    if history.empty:
        return None
    history = keep_live(history)
    kind = list_kinds()[indikator]
    panel = align_panel(build_panel(history))
    options = {"horizon": horizon, "probabilities": probabilities, "kind": kind}
    if INDICATORS[indikator].denominator is not None:
        outcome = forecast_panel(panel, **options)  # type: ignore[arg-type]
    else:
        names = pd.Series(panel.names)
        panel, tree = build_tree(panel, list_parents(names))
        outcome = forecast_tree(panel, tree, events=events, **options)  # type: ignore[arg-type]
    parts = pd.Series(panel.names).str.split(SEP, n=1, expand=True)
    nodes = pd.DataFrame({"kode": parts[0], "segmen": parts[1]})
    return _Ahead(nodes, panel, outcome, outcome.quantiles, probabilities)


def _widen(ahead: _Ahead, tested: pd.DataFrame | None) -> _Ahead:
    """Make intervals as wide as the backtest of the same table needed them."""
    if tested is None:
        return ahead
    middle = int(np.flatnonzero(ahead.probabilities == 0.5)[0])
    wider = widen(ahead.quantiles, middle, measure_factor(tested))
    return replace(ahead, quantiles=np.maximum(wider, 0.0))


def _add_up(
    ahead: _Ahead, *, told: np.ndarray, most: np.ndarray | None = None
) -> np.ndarray:
    """Return medians in whole people or rupiah that still add up at every level.

    `most` caps the bottom ones: aktif never exceeds terdaftar. `told` holds those
    that stay as they were told, NaN elsewhere.
    """
    pairs = list_parents(pd.Series(ahead.panel.names))
    _, tree = build_tree(ahead.panel, pairs)
    out = np.round(ahead.median)
    if most is not None:
        out = np.minimum(out, most)
    out = np.where(np.isnan(told), out, told)
    out[tree.upper] = tree.add_up(out[tree.bottom])
    return out


def _lay_told(told: pd.DataFrame | None, ahead: _Ahead, indikator: str) -> np.ndarray:
    """Lay medians told before in the order of nodes and months; NaN where none are."""
    if told is None:
        return np.full_like(ahead.median, np.nan)
    rows = told[(told["indikator"] == indikator) & (told["kuantil"] == 0.5)]
    keys = ["kode", "segmen", "periode"]
    wide = rows.set_index(keys)["nilai"].unstack().sort_index(axis=1)  # noqa: PD010 - unique keys
    return wide.reindex(pd.MultiIndex.from_frame(ahead.nodes)).to_numpy(dtype=float)


def _shift(ahead: _Ahead, median: np.ndarray) -> np.ndarray:
    """Move the quantiles so that their median is the whole-number one."""
    moved = ahead.quantiles + (median - ahead.median)[:, :, None]
    return np.maximum(np.round(moved), 0.0)


def _last_value(ahead: _Ahead) -> np.ndarray:
    """Return the last known value of each series."""
    filled, _ = fill_gaps(ahead.panel.nilai)
    return filled[:, -1]


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
            "segmen": np.repeat(
                ahead.nodes["segmen"].to_numpy(object), horizon * count
            ),
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


def _over_penduduk(
    ahead: _Ahead, quantiles: np.ndarray, penduduk: pd.Series
) -> tuple[_Ahead, np.ndarray]:
    """Divide active people by a held population; regions without one fall out."""
    known = (ahead.nodes["segmen"] == TOTAL) & ahead.nodes["kode"].isin(penduduk.index)
    rows = np.flatnonzero(known.to_numpy())
    people = penduduk.loc[ahead.nodes["kode"].iloc[rows]].to_numpy(dtype=float)
    panel = Panel(
        ahead.panel.names[rows],
        ahead.panel.last[rows],
        ahead.panel.nilai[rows] / people[:, None],
    )
    nodes = ahead.nodes.iloc[rows].reset_index(drop=True)
    part = _Ahead(
        nodes, panel, ahead.outcome, ahead.quantiles[rows], ahead.probabilities
    )
    return part, quantiles[rows] / people[:, None, None]


def _match(counted: tuple[_Ahead, np.ndarray], wanted: _Ahead) -> np.ndarray:
    """Lay medians of one indicator in the node order of another; inf where absent."""
    ahead, median = counted
    index = pd.MultiIndex.from_frame(ahead.nodes)
    rows = index.get_indexer(pd.MultiIndex.from_frame(wanted.nodes))
    return np.where((rows >= 0)[:, None], median[rows], np.inf)


def _over_terdaftar(
    rate: _Ahead, counts: dict[str, tuple[_Ahead, np.ndarray]]
) -> np.ndarray:
    """Centre the rate's quantiles on the quotient of the reconciled medians."""
    above, below = (
        _match(counts[name], rate) for name in ("aktif_jiwa", "terdaftar_jiwa")
    )
    known = np.isfinite(above) & np.isfinite(below) & (below > 0)
    centre = np.divide(above, below, out=rate.median.copy(), where=known)
    moved = rate.quantiles + (centre - rate.median)[:, :, None]
    return np.clip(moved, 0.0, 1.0)


def _peluang(
    part: _Ahead, quantiles: np.ndarray, *, draws: int, seed: int
) -> pd.DataFrame:
    """Compute the chance to reach each target at the end of each month."""
    horizon = quantiles.shape[1]
    correlation = measure_correlation(part.outcome, horizon)
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


def _score(tested: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Score past cutoffs of the totals by months ahead and by size of region."""
    frames = []
    for indikator, told in tested.items():
        table = widen_tested(told)
        rate = indikator.endswith("_rate")
        kabupaten = table["seri"].str.len() > 2
        size = table.groupby("seri")["nyata"].transform("median")
        middle = size[kabupaten].median()
        groups = {
            "semua": kabupaten,
            "kecil": kabupaten & (size < middle),
            "besar": kabupaten & (size >= middle),
            "provinsi": ~kabupaten,
        }
        if rate:
            del groups["kecil"], groups["besar"]
        frames += [
            _summarise(table[rows], rate=rate).assign(
                indikator=indikator, kelompok=name
            )
            for name, rows in groups.items()
            if rows.any()
        ]
    if not frames:
        return pd.DataFrame()
    return pd.concat(frames, ignore_index=True)


def _summarise(tested: pd.DataFrame, *, rate: bool) -> pd.DataFrame:
    """Average errors per month ahead; amounts as a share of the truth."""
    unit = 1.0 if rate else tested["nyata"].abs().where(tested["nyata"] != 0)
    parts = pd.DataFrame(
        {
            "mae": (tested["nyata"] - tested["q0.5"]).abs() / unit,
            "mae_naif": (tested["nyata"] - tested["naif"]).abs() / unit,
            "wis": tested["wis"] / unit,
            "wis_naif": tested["wis_naif"] / unit,
            "cakupan80": tested["nyata"].between(tested["q0.1"], tested["q0.9"]),
            "cakupan95": tested["nyata"].between(tested["q0.025"], tested["q0.975"]),
        }
    ).astype(float)
    mean = parts.groupby(tested["horizon_bulan"]).mean()
    count = tested.groupby("horizon_bulan").size()
    frames = []
    for name in ("mae", "wis", "cakupan80", "cakupan95"):
        naive = mean.get(f"{name}_naif", pd.Series(np.nan, index=mean.index))
        frames.append(
            pd.DataFrame({"nilai": mean[name], "naif": naive, "jumlah": count})
            .assign(ukuran=name)
            .reset_index()
        )
    return pd.concat(frames, ignore_index=True)


def build_ramalan(
    tables: Mapping[str, pd.DataFrame],
    *,
    config: Config,
    told: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Forecast activity and both kinds of arrears for every region in one pass.

    Counts are forecast per segmen and kabupaten/kota and added up, in whole people;
    rates are quotients of those sums, so page, provinsi and country agree. The
    intervals of each level come from that level's own past errors, made wider where
    the backtest of these tables covered less than it promised.

    Parameters
    ----------
    tables
        Canonical tables by name; ``ukuran`` is used if there, else measured.
    config
        Settings: horizon, levels, seed, source of the population.
    told
        Rows of ``ramalan`` that stay, of the same months: the sums are made of them.

    Returns
    -------
    dict
        Tables ``ramalan``, ``peluang``, ``uji_balik``.

    Raises
    ------
    ForecastError
        If there is no participation to forecast.
    """
    from jkn_analysis.measures import build_ukuran

    ukuran = tables.get("ukuran")
    if ukuran is None or ukuran.empty:
        ukuran = build_ukuran(tables, sumber_penduduk=config.build.sumber_penduduk)
    horizon = config.forecast.horizon_bulan
    wanted = quantile_levels(config.forecast.levels)
    dense = np.unique(np.round(np.r_[DENSE, wanted], 6))
    peristiwa = tables.get("peristiwa", pd.DataFrame())
    tested = backtest_ukuran(ukuran, horizon_months=horizon, peristiwa=peristiwa)
    aheads = {}
    for name in list_kinds():
        if name == PENDUDUK_RATE:
            continue
        events = None
        if name in COUNTED and not peristiwa.empty:
            events = list_decrees(peristiwa, ukuran, indikator=name)
        ahead = _forecast_indicator(
            ukuran, name, horizon=horizon, probabilities=dense, events=events
        )
        aheads[name] = ahead and _widen(ahead, tested.get(TESTED_AS.get(name, name)))
    found = {name: ahead for name, ahead in aheads.items() if ahead is not None}
    if "aktif_jiwa" not in found:
        raise ForecastError(
            "no participation to forecast: table ukuran has no aktif_jiwa\n"
            "  → deliver kepesertaan and run: jkn build"
        )
    return _assemble(
        ukuran, found, tested, wanted=wanted, seed=config.forecast.seed, told=told
    )


def _assemble(
    ukuran: pd.DataFrame,
    found: dict[str, _Ahead],
    tested: Mapping[str, pd.DataFrame],
    *,
    wanted: np.ndarray,
    seed: int,
    told: pd.DataFrame | None,
) -> dict[str, pd.DataFrame]:
    """Lay out the three tables, the rates as quotients of the coherent counts."""
    from jkn_analysis.tables import conform

    frames: list[pd.DataFrame] = []
    counts: dict[str, tuple[_Ahead, np.ndarray]] = {}
    for name, ahead in found.items():
        if INDICATORS[name].denominator is not None:
            if name != TERDAFTAR_RATE:
                frames.append(_to_rows(ahead, ahead.quantiles, name, wanted))
            continue
        most = None
        if name == "aktif_jiwa" and "terdaftar_jiwa" in counts:
            most = _match(counts["terdaftar_jiwa"], ahead)
        median = _add_up(ahead, told=_lay_told(told, ahead, name), most=most)
        counts[name] = (ahead, median)
        frames.append(_to_rows(ahead, _shift(ahead, median), name, wanted))
    rate = found.get(TERDAFTAR_RATE)
    if rate is not None:
        frames.append(
            _to_rows(rate, _over_terdaftar(rate, counts), TERDAFTAR_RATE, wanted)
        )
    active, median = counts["aktif_jiwa"]
    part, share = _over_penduduk(active, _shift(active, median), _penduduk(ukuran))
    frames.append(_to_rows(part, share, PENDUDUK_RATE, wanted))
    made = {
        "ramalan": pd.concat(frames, ignore_index=True),
        "peluang": _peluang(part, share, draws=DRAWS, seed=seed),
        "uji_balik": _score(tested),
    }
    return {name: conform(table, name) for name, table in made.items()}
