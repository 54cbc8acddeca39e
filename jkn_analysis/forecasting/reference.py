"""Models of statsmodels for single series: a second opinion and the tests' oracle."""

from __future__ import annotations

import warnings
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.forecast import quantile_levels, to_long
from jkn_analysis.forecasting.panel import Panel, build_panel, fill_gaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statsmodels.tsa.statespace.mlemodel import MLEModel

Model = Literal["ets", "sarimax", "uc"]
MODELS = ("ets", "sarimax", "uc")
SEASON = 12
TWO_YEARS = 24


def forecast_reference(
    history: pd.DataFrame,
    *,
    model: Model,
    horizon_months: int,
    levels: Sequence[float] = (50, 80, 95),
) -> pd.DataFrame:
    """Forecast each series by itself with one statsmodels model.

    Costs tens to hundreds of milliseconds a series and its intervals are too narrow
    on administrative series; `forecast` is the product.

    Parameters
    ----------
    history
        ``seri``, ``periode``, ``nilai``.
    model
        ``"ets"`` (additive error, damped trend), ``"sarimax"`` (0,1,1)(0,1,1) or
        ``"uc"`` (local linear trend), each with a season where two years allow.
    horizon_months
        Months after each series' own last.
    levels
        Central intervals in percent.

    Returns
    -------
    DataFrame
        As `forecast` returns.

    Raises
    ------
    ForecastError
        If the model is not known or a series is shorter than a year.
    """
    if model not in MODELS:
        raise ForecastError(
            f"model '{model}' is not known\n  → one of {', '.join(MODELS)}"
        )
    panel = build_panel(history)
    probabilities = quantile_levels(levels)
    filled, start = fill_gaps(panel.nilai)
    normal = np.array([NormalDist().inv_cdf(float(p)) for p in probabilities])
    made = np.empty((len(filled), horizon_months, len(probabilities)))
    for row, values in enumerate(filled):
        known = values[start[row] :]
        _check_length(panel, row, len(known))
        mean, spread = _fit(known, model, horizon_months)
        made[row] = mean[:, None] + spread[:, None] * normal
    return to_long(panel, made, probabilities)


def _check_length(panel: Panel, row: int, months: int) -> None:
    """Refuse a series too short to fit."""
    if months < SEASON:
        raise ForecastError(
            f"series '{panel.names[row]}' has {months} month(s), a model needs {SEASON}"
            "\n  → use forecast(), which borrows from the panel"
        )


def _fit(
    values: np.ndarray, model: Model, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one model on one series; mean and spread of each month ahead."""
    seasonal = len(values) >= TWO_YEARS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if model == "ets":
            return _fit_ets(values, horizon, seasonal=seasonal)
        fitted = _build_state_space(values, model, seasonal=seasonal).fit(disp=False)
        ahead = fitted.get_forecast(horizon)
    return np.asarray(ahead.predicted_mean), np.asarray(ahead.se_mean)


def _fit_ets(
    values: np.ndarray, horizon: int, *, seasonal: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Fit ETS(A,Ad,A), or without season."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    fitted = ETSModel(
        pd.Series(values),
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add" if seasonal else None,
        seasonal_periods=SEASON if seasonal else None,
    ).fit(disp=False)
    ahead = fitted.get_prediction(start=len(values), end=len(values) + horizon - 1)
    return np.asarray(ahead.predicted_mean), np.sqrt(ahead.forecast_variance)


def _build_state_space(values: np.ndarray, model: Model, *, seasonal: bool) -> MLEModel:
    """Build SARIMAX or UnobservedComponents."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    if model == "sarimax":
        season = (0, 1, 1, SEASON) if seasonal else (0, 0, 0, 0)
        return SARIMAX(values, order=(0, 1, 1), seasonal_order=season)
    return UnobservedComponents(
        values, "local linear trend", seasonal=SEASON if seasonal else None
    )
