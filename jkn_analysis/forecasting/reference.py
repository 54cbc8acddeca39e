"""Models of statsmodels for single series: a second opinion and the tests' oracle."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.forecast import forecast, quantile_levels, to_long
from jkn_analysis.forecasting.panel import (
    Kind,
    Panel,
    build_months,
    build_panel,
    fill_gaps,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statsmodels.tsa.statespace.mlemodel import MLEModel, MLEResults

Model = Literal["ets", "sarimax", "uc"]
MODELS = ("ets", "sarimax", "uc")
SEASON = 12
TWO_YEARS = 24
PASSED = 0.05
"""p-value over which a check of residuals is passed."""


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


@dataclass(frozen=True)
class SecondOpinion:
    """What the field's own library says of one series beside ours.

    ``ramalan`` has both medians and both 80% intervals by month; ``pengaruh`` the size
    of each regressor with its error; ``sisa`` the standardised residuals; ``periksa``
    the p-values of what they should not show.
    """

    ramalan: pd.DataFrame
    pengaruh: pd.DataFrame
    sisa: pd.Series
    periksa: pd.DataFrame


def ask_second(
    history: pd.DataFrame,
    *,
    horizon_months: int,
    kind: Kind,
    keputusan: Sequence[pd.Timestamp] = (),
) -> SecondOpinion:
    """Refit one series with unobserved components, January and decrees as regressors.

    A level and a slope that wander, a step each January and one at each decree: what
    an analyst would fit by hand. It costs a second a series and stays out of the batch.

    Parameters
    ----------
    history
        ``seri``, ``periode``, ``nilai`` of one series, two years or more.
    horizon_months
        Months ahead.
    kind
        As in `forecast`.
    keputusan
        Months of decrees.

    Raises
    ------
    ForecastError
        If there is more than one series, or less than two years of it.
    """
    panel = build_panel(history)
    filled, start = fill_gaps(panel.nilai)
    known = filled[0, start[0] :]
    if len(panel.names) != 1 or len(known) < TWO_YEARS:
        raise ForecastError(
            f"{len(panel.names)} series of {len(known)} months\n"
            "  → choose one series of two years or more"
        )
    first = panel.last[0] + 1 - len(known)
    months = build_months(first + np.arange(len(known) + horizon_months))
    steps = _list_steps(months, keputusan, len(known))
    fitted, told = _fit_steps(known, steps, horizon_months)
    ours = forecast(history, horizon_months=horizon_months, levels=(80,), kind=kind)
    wide = ours.pivot_table(index="periode", columns="kuantil", values="nilai")
    wide = wide.set_axis(["kami_bawah", "kami", "kami_atas"], axis=1)
    ramalan = wide.assign(kedua=told[0], kedua_bawah=told[1], kedua_atas=told[2])
    names = [name for name in fitted.params.index if name.startswith("beta.")]
    pengaruh = pd.DataFrame(
        {"besar": fitted.params[names], "galat": fitted.bse[names]}
    ).rename(index=lambda name: name.removeprefix("beta."))
    errors = fitted.standardized_forecasts_error[0]
    sisa = pd.Series(errors, index=months[: len(known)], name="sisa")
    sisa = sisa.iloc[int(fitted.loglikelihood_burn) + SEASON :]
    return SecondOpinion(ramalan, pengaruh, sisa, _check_residuals(sisa))


def _fit_steps(
    known: np.ndarray, steps: pd.DataFrame, horizon: int
) -> tuple[MLEResults, np.ndarray]:
    """Fit a local linear trend with steps; its middle and both ends of 80% ahead."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    seen, ahead = steps.iloc[: len(known)], steps.iloc[len(known) :]
    months = pd.DatetimeIndex(seen.index, freq="MS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = UnobservedComponents(
            pd.Series(known, index=months), "local linear trend", exog=seen
        ).fit(disp=False)
        told = fitted.get_forecast(horizon, exog=ahead)
        ends = told.conf_int(alpha=0.2).to_numpy().T
    return fitted, np.stack([np.asarray(told.predicted_mean), *ends])


def _list_steps(
    months: pd.DatetimeIndex, keputusan: Sequence[pd.Timestamp], known: int
) -> pd.DataFrame:
    """Lay out a step each January and one at each decree that the history saw."""
    frame = {"januari": np.cumsum(months.month == 1).astype(float)}
    for month in sorted(set(keputusan)):
        step = (months >= month).astype(float)
        if 0 < step[:known].sum() < known:
            frame[f"keputusan_{month:%Y_%m}"] = step
    return pd.DataFrame(frame, index=months)


def _check_residuals(sisa: pd.Series) -> pd.DataFrame:
    """Test residuals for memory, for a shape that is not normal, for uneven spread."""
    from scipy.stats import jarque_bera, levene
    from statsmodels.stats.diagnostic import acorr_ljungbox

    values = sisa.to_numpy(dtype=float)
    lags = min(SEASON, len(values) // 2 - 1)
    memory = float(acorr_ljungbox(values, lags=[lags])["lb_pvalue"].iloc[0])
    early, late = np.array_split(values, 2)
    found = {
        "tanpa ingatan (Ljung-Box)": memory,
        "sebaran normal (Jarque-Bera)": float(jarque_bera(values).pvalue),
        "ragam tetap (Levene)": float(levene(early, late).pvalue),
    }
    table = pd.DataFrame({"nilai_p": found}).rename_axis("uji")
    return table.assign(lolos=table["nilai_p"] > PASSED)
