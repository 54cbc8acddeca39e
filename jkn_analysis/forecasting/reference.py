"""A second opinion on one series by the field's own library, with its checks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.forecast import forecast
from jkn_analysis.forecasting.panel import (
    Kind,
    build_months,
    build_panel,
    fill_gaps,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statsmodels.tsa.statespace.mlemodel import MLEResults

SEASON = 12
TWO_YEARS = 24
PASSED = 0.05
"""p-value over which a check of residuals is passed."""


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
