"""Forecast thousands of short monthly series at once, with calibrated intervals."""

from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.breaks import find_events
from jkn_analysis.forecasting.forecast import forecast
from jkn_analysis.forecasting.scoring import score

__all__ = [
    "backtest",
    "find_events",
    "forecast",
    "score",
]
