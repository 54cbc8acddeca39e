"""Forecast thousands of short monthly series at once, with calibrated intervals."""

from jkn_analysis.forecasting.forecast import forecast

__all__ = ["forecast"]
