"""Reference models of statsmodels: same shape, near our own on plain series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.reference import forecast_reference


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    wave = 40 * np.sin(np.arange(60) * np.pi / 6)
    values = 1_000 + 3 * np.arange(60) + wave + rng.normal(0, 4, 60)
    return pd.DataFrame({"seri": "a", "periode": months, "nilai": values})


@pytest.mark.parametrize("model", ["ets", "sarimax", "uc"])
def test_reference_has_our_shape_and_agrees_on_a_plain_series(history, model):
    oracle = forecast_reference(history, model=model, horizon_months=12)
    ours = forecast(history, horizon_months=12, kind="amount")
    assert list(oracle.columns) == list(ours.columns)
    assert len(oracle) == len(ours)
    middle = [f.loc[f["kuantil"] == 0.5, "nilai"].to_numpy() for f in (oracle, ours)]
    assert np.abs(middle[0] - middle[1]).mean() < 15


def test_unknown_model_is_named(history):
    with pytest.raises(ForecastError, match="model 'lstm' is not known"):
        forecast_reference(history, model="lstm", horizon_months=3)


def test_series_under_a_year_is_refused(history):
    with pytest.raises(ForecastError, match=r"series 'a' has 6 month\(s\)"):
        forecast_reference(history.head(6), model="ets", horizon_months=3)
