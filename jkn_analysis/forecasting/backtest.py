"""Forecasts as they would have been made at past cutoffs, beside what came."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.decrees import (
    RATES,
    clear_totals,
    hold_people,
    size_shocks,
    weigh_cuts,
)
from jkn_analysis.forecasting.ensemble import (
    SEASON,
    STEP,
    Paths,
    build_paths,
    list_backs,
)
from jkn_analysis.forecasting.forecast import (
    Kind,
    combine,
    limit_range,
    quantile_levels,
)
from jkn_analysis.forecasting.panel import (
    Panel,
    build_months,
    build_panel,
    count_months,
    cut_back,
    fill_gaps,
    find_newest,
)
from jkn_analysis.forecasting.quotient import (
    AKTIF,
    choose_below,
    divide_tested,
    list_quantiles,
)
from jkn_analysis.forecasting.scoring import interval_score, naive_quantiles
from jkn_analysis.forecasting.width import Shocks, mix_shocks
from jkn_analysis.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CUTOFFS = 12
LEAST_MONTHS = 9
NOT_TESTED = frozenset({"tunggakan_peserta_jiwa"})
"""Forecast indicators that take the width another one's backtest asked for."""


def list_kinds() -> dict[str, Kind]:
    """Return the indicators to forecast by kind, without rates made of people's."""
    return {
        name: "rate" if indicator.unit == "rate" else "amount"
        for name, indicator in INDICATORS.items()
        if indicator.forecast and name not in RATES
    }


def backtest(
    history: pd.DataFrame,
    *,
    horizon_months: int,
    kind: Kind,
    cutoffs: int = CUTOFFS,
    levels: Sequence[float] = (50, 80, 95),
    cleared: pd.DataFrame | None = None,
    shocks: Callable[[Panel, int], Shocks | None] | None = None,
) -> pd.DataFrame:
    """Forecast from past cutoffs with nothing of what came later.

    Members run once per cutoff; weights and intervals of a cutoff use only errors
    that were known by then.

    Parameters
    ----------
    history
        ``seri``, ``periode``, ``nilai``.
    horizon_months
        Months ahead of each cutoff.
    kind
        As in `forecast`.
    cutoffs
        How many, every second month back from the last.
    levels
        Central intervals in percent.
    cleared
        The same history with known events fitted out. A cutoff is forecast from it
        and set on the value that stood there, so later events stay unknown.
    shocks
        Takes the panel and a cutoff (months before the last) and returns the decrees
        nobody announced as they were weighed then.

    Returns
    -------
    DataFrame
        One row per series, cutoff and month ahead whose truth is known: ``seri,
        cutoff, periode, horizon_bulan, nyata, naif, musiman, skala``, quantiles
        ``q0.5`` and so on, ``wis, wis_naif, wis_musiman``.

    Raises
    ------
    ForecastError
        If the history is too short to step back, or no cutoff is asked for.
    """
    if cutoffs < 1:
        raise ForecastError(f"{cutoffs} cutoffs: nothing to test\n  → one or more")
    panel = build_panel(history)
    earlier = STEP * cutoffs
    backs = list_backs(panel.nilai.shape[1], horizon_months, earlier=earlier)
    if len(backs) < 2:
        raise ForecastError(
            f"history has {panel.nilai.shape[1]} month(s): no past cutoff to test\n"
            "  → a backtest needs at least 7 months"
        )
    seen = panel if cleared is None else _lay_beside(panel, cleared)
    paths = build_paths(
        seen.nilai, horizon_months, backs, kind=kind, newest=find_newest(panel)
    )
    probabilities = quantile_levels(levels)
    frames = [
        _judge_cutoff(
            panel,
            paths,
            at,
            kind=kind,
            probabilities=probabilities,
            seen=seen,
            shocks=shocks and shocks(panel, int(paths.backs[at])),
        )
        for at in range(1, min(cutoffs, len(paths.backs) - 1) + 1)
    ]
    return pd.concat(frames, ignore_index=True)


def _lay_beside(panel: Panel, cleared: pd.DataFrame) -> Panel:
    """Lay cleared values where the panel has values."""
    row = {str(name): k for k, name in enumerate(panel.names)}
    cleared = cleared[cleared["seri"].astype(str).isin(row)]
    rows = cleared["seri"].astype(str).map(row).to_numpy(dtype=int)
    back = panel.last[rows] - count_months(cleared["periode"])
    kept = (back >= 0) & (back < panel.nilai.shape[1])
    values = np.full(panel.nilai.shape, np.nan)
    width = panel.nilai.shape[1]
    values[rows[kept], width - 1 - back[kept]] = cleared["nilai"].to_numpy()[kept]
    values = np.where(np.isfinite(values), values, panel.nilai)
    return Panel(
        panel.names, panel.last, np.where(np.isfinite(panel.nilai), values, np.nan)
    )


def _judge_cutoff(
    panel: Panel,
    paths: Paths,
    at: int,
    *,
    kind: Kind,
    probabilities: np.ndarray,
    seen: Panel,
    shocks: Shocks | None,
) -> pd.DataFrame:
    """Lay one cutoff's forecasts beside the truth."""
    back = int(paths.backs[at])
    known = cut_back(panel.nilai, back)
    outcome = combine(paths.see(at), probabilities)
    alive = np.isfinite(known).any(axis=1)
    apart = _find_last(known) - _find_last(cut_back(seen.nilai, back))
    quantiles = outcome.quantiles + apart[:, None, None]
    if shocks is not None:
        quantiles = mix_shocks(quantiles, probabilities, shocks)
    quantiles[alive] = limit_range(quantiles[alive], known[alive], kind)
    horizon = quantiles.shape[1]
    frame, row = _lay_truth(panel, back, horizon=horizon, probabilities=probabilities)
    told = quantiles[row, frame["horizon_bulan"] - 1]
    wanted = np.isfinite(paths.truth[at])[row, frame["horizon_bulan"] - 1]
    wis = interval_score(frame["nyata"].to_numpy(), told, probabilities)
    ends = {f"q{p:g}": told[:, k] for k, p in enumerate(probabilities)}
    return frame.assign(**ends, wis=wis)[wanted]


def _lay_truth(
    panel: Panel, back: int, *, horizon: int, probabilities: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """Lay what came after a cutoff beside naive forecasts; the panel's row of each."""
    known = cut_back(panel.nilai, back)
    normal = np.array([NormalDist().inv_cdf(float(p)) for p in probabilities])
    naive, seasonal = naive_quantiles(known, horizon, normal)
    truth = np.full(naive.shape[:2], np.nan)
    end, seen = panel.nilai.shape[1] - back, min(back, horizon)
    truth[:, :seen] = panel.nilai[:, end : end + seen]
    row, ahead = np.nonzero(np.isfinite(truth))
    middle = int(np.flatnonzero(probabilities == 0.5)[0])
    cutoff = panel.last[row] - back
    nyata = truth[row, ahead]
    frame = {
        "seri": pd.Series(panel.names, dtype="str").take(row).to_numpy(),
        "cutoff": build_months(cutoff),
        "periode": build_months(cutoff + 1 + ahead),
        "horizon_bulan": ahead + 1,
        "nyata": nyata,
        "naif": naive[row, ahead, middle],
        "musiman": seasonal[row, ahead, middle],
        "skala": _yearly_change(known)[row],
        "wis_naif": interval_score(nyata, naive[row, ahead], probabilities),
        "wis_musiman": interval_score(nyata, seasonal[row, ahead], probabilities),
    }
    return pd.DataFrame(frame), row


def _find_last(values: np.ndarray) -> np.ndarray:
    """Return the last known value of each series; 0 where there is none."""
    return fill_gaps(values)[0][:, -1]


def _yearly_change(values: np.ndarray) -> np.ndarray:
    """Return the mean change over a year (a month if shorter); NaN where it is 0."""
    lag = SEASON if values.shape[1] > SEASON else 1
    if values.shape[1] <= lag:
        return np.full(len(values), np.nan)
    change = np.abs(values[:, lag:] - values[:, :-lag])
    known = np.isfinite(change)
    mean = np.where(known, change, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(mean > 0, mean, np.nan)


def backtest_ukuran(
    ukuran: pd.DataFrame,
    *,
    horizon_months: int,
    cutoffs: int = CUTOFFS,
    peristiwa: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Backtest the totals of every indicator that is forecast; region codes as seri.

    Decisions of table `peristiwa` are fitted out of what each cutoff knew; those that
    came after it stay unknown to it. Rates of people are quotients of those forecast.
    """
    told = None if peristiwa is None or peristiwa.empty else peristiwa
    cleared = None if told is None else clear_totals(ukuran, told)
    tested: dict[str, pd.DataFrame] = {}
    for name, kind in list_kinds().items():
        history = _list_totals(ukuran, name)
        if name in NOT_TESTED or history["periode"].nunique() < LEAST_MONTHS:
            continue
        known = None
        if cleared is not None:
            known = cleared[cleared["indikator"] == name]
            known = known.rename(columns={"kode": "seri"})
        tested[name] = backtest(
            history[["seri", "periode", "nilai"]],
            cleared=known,
            horizon_months=horizon_months,
            kind=kind,
            cutoffs=cutoffs,
            shocks=_weigh_then(ukuran, name, peristiwa, horizon_months),
        )
    for name in RATES:
        history = _list_totals(ukuran, name)
        if AKTIF in tested and len(history):
            tested[name] = _divide(history, name, tested)
    return tested


def _list_totals(ukuran: pd.DataFrame, indikator: str) -> pd.DataFrame:
    """Return the totals of one indicator, region codes as seri."""
    chosen = (ukuran["indikator"] == indikator) & (ukuran["segmen"] == "total")
    rows = ukuran[chosen & ukuran["nilai"].notna()]
    return rows.rename(columns={"kode": "seri"})


def _divide(
    history: pd.DataFrame, rate: str, tested: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Backtest a rate as the quotient of people."""
    above = tested[AKTIF]
    probabilities = np.array([float(name[1:]) for name in list_quantiles(above)])
    panel = build_panel(history[["seri", "periode", "nilai"]])
    frames = [
        _lay_truth(
            panel,
            find_newest(panel) - int(month),
            horizon=int(above["horizon_bulan"].max()),
            probabilities=probabilities,
        )[0]
        for month in np.unique(count_months(above["cutoff"]))
    ]
    held = history[["seri", "periode", "penyebut"]]
    rows = pd.concat(frames, ignore_index=True).merge(
        held.rename(columns={"periode": "cutoff"}), on=["seri", "cutoff"]
    )
    return divide_tested(rows, above, choose_below(rate, tested))


def _weigh_then(
    ukuran: pd.DataFrame,
    indikator: str,
    peristiwa: pd.DataFrame | None,
    horizon: int,
) -> Callable[[Panel, int], Shocks | None] | None:
    """Return how unannounced decrees were weighed at each cutoff of an indicator."""
    held = hold_people(ukuran, indikator)
    if held.empty:
        return None
    events = pd.DataFrame() if peristiwa is None else peristiwa
    first = int(count_months(held.index.to_series()).min())

    def weigh(panel: Panel, back: int) -> Shocks | None:
        cutoff = find_newest(panel) - back
        month = build_months(np.array([cutoff]))[0]
        if month not in held.index:
            return None
        people = held.loc[month].reindex(panel.names).fillna(0).to_numpy(dtype=float)
        odds = weigh_cuts(events, first=first, cutoff=cutoff)
        return size_shocks(odds, people, horizon)

    return weigh
