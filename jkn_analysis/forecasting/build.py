"""From measured tables to quantiles of every count, all regions at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.backtest import backtest_ukuran, list_kinds
from jkn_analysis.forecasting.decrees import (
    COUNTED,
    keep_live,
    list_decrees,
    list_parents,
    select_history,
    split_names,
    weigh_shocks,
)
from jkn_analysis.forecasting.forecast import forecast_panel, quantile_levels
from jkn_analysis.forecasting.hierarchy import Outcome, align_panel, build_tree
from jkn_analysis.forecasting.panel import Panel, build_months, build_panel, fill_gaps
from jkn_analysis.forecasting.probability import DENSE
from jkn_analysis.forecasting.quotient import ASKED_BY
from jkn_analysis.forecasting.width import choose_factors, is_upper, widen
from jkn_analysis.indicators import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.config import Config

DASAR = "dasar"

TESTED_AS = {"tunggakan_peserta_jiwa": "tunggakan_peserta_rp"}
"""Indicators whose intervals follow another one's backtest."""


@dataclass(frozen=True)
class Ahead:
    """Forecast of one indicator: nodes, their last month and value, quantiles."""

    nodes: pd.DataFrame
    panel: Panel
    outcome: Outcome
    quantiles: np.ndarray
    probabilities: np.ndarray

    @property
    def cutoff(self) -> pd.Timestamp:
        """Newest month of the history."""
        return build_months(np.array([self.panel.last.max()]))[0]

    @property
    def months(self) -> pd.DatetimeIndex:
        """Months ahead."""
        newest = int(self.panel.last.max())
        return build_months(newest + 1 + np.arange(self.quantiles.shape[1]))

    @property
    def median(self) -> np.ndarray:
        """Series x horizon."""
        return self.quantiles[:, :, int(np.flatnonzero(self.probabilities == 0.5)[0])]


@dataclass(frozen=True)
class Forecasts:
    """Quantiles of every indicator by name, and the backtest of the totals."""

    found: dict[str, Ahead]
    tested: Mapping[str, pd.DataFrame]


def _forecast_indicator(
    ukuran: pd.DataFrame,
    indikator: str,
    *,
    horizon: int,
    probabilities: np.ndarray,
    peristiwa: pd.DataFrame,
) -> Ahead | None:
    """Forecast every node of one indicator, `horizon` months after the newest."""
    history = select_history(ukuran, indikator)
    if history.empty:
        return None
    history = keep_live(history)
    panel = align_panel(build_panel(history))
    tree = events = shocks = None
    if INDICATORS[indikator].denominator is None:
        panel, tree = build_tree(panel, list_parents(pd.Series(panel.names)))
        if indikator in COUNTED and not peristiwa.empty:
            events = list_decrees(peristiwa, ukuran, indikator=indikator)
        shocks = weigh_shocks(ukuran, peristiwa, panel, indikator, horizon=horizon)
    outcome = forecast_panel(
        panel,
        horizon=horizon,
        probabilities=probabilities,
        kind=list_kinds()[indikator],
        events=events,
        tree=tree,
        shocks=shocks,
    )
    nodes = split_names(panel.names)
    return Ahead(nodes, panel, outcome, outcome.quantiles, probabilities)


def _widen(ahead: Ahead, records: Sequence[pd.DataFrame]) -> Ahead:
    """Make intervals as wide as the backtests of the same level needed them."""
    if not records:
        return ahead
    middle = int(np.flatnonzero(ahead.probabilities == 0.5)[0])
    wider = ahead.quantiles.copy()
    nodes = is_upper(ahead.nodes["kode"])
    for level in np.unique(nodes):
        own = nodes == level
        known = [part[is_upper(part["seri"]) == level] for part in records]
        factors = choose_factors(known, wider.shape[1])
        wider[own] = widen(wider[own], middle, factors)
    return replace(ahead, quantiles=np.maximum(wider, 0.0))


def last_value(ahead: Ahead) -> np.ndarray:
    """Return the last known value of each series, in the order of `Ahead.nodes`."""
    filled, _ = fill_gaps(ahead.panel.nilai)
    return filled[:, -1]


def forecast_counts(
    ukuran: pd.DataFrame, peristiwa: pd.DataFrame, *, config: Config
) -> Forecasts:
    """Forecast activity and both kinds of arrears for every region in one pass.

    Counts are forecast per segmen and kabupaten/kota and reconciled with the sums
    above them. The intervals of each level come from that level's own past errors,
    made wider where the backtest of these tables covered less than it promised.

    Parameters
    ----------
    ukuran, peristiwa
        Tables of that name.
    config
        Settings: horizon and levels.

    Raises
    ------
    ForecastError
        If there is no participation to forecast.
    """
    horizon = config.forecast.horizon_bulan
    wanted = quantile_levels(config.forecast.levels)
    dense = np.unique(np.round(np.r_[DENSE, wanted], 6))
    tested = backtest_ukuran(ukuran, horizon_months=horizon, peristiwa=peristiwa)
    found = {}
    for name in list_kinds():
        ahead = _forecast_indicator(
            ukuran, name, horizon=horizon, probabilities=dense, peristiwa=peristiwa
        )
        if ahead is not None:
            names = (TESTED_AS.get(name, name), *ASKED_BY.get(name, ()))
            known = [tested[one] for one in names if one in tested]
            found[name] = _widen(ahead, known)
    if not set(COUNTED) & set(found):
        raise ForecastError(
            "no participation to forecast: table ukuran has neither aktif_jiwa nor "
            "terdaftar_jiwa\n  → deliver kepesertaan and run: jkn build"
        )
    return Forecasts(found, tested)
