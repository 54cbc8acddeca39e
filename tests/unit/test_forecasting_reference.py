"""Reference models of statsmodels: same shape, near our own on plain series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.reference import ask_second, forecast_reference


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


def test_the_second_opinion_reads_the_size_of_a_decree_and_of_january():
    rng = np.random.default_rng(1)
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    cut = pd.Timestamp("2023-06-01")
    values = 50_000 + np.cumsum(rng.normal(0, 40, 60))
    values += 900 * np.cumsum(months.month == 1) - 3_000 * (months >= cut)
    given = pd.DataFrame({"seri": "a", "periode": months, "nilai": values})
    found = ask_second(given, horizon_months=12, kind="amount", keputusan=[cut])
    sizes = found.pengaruh["besar"]
    assert sizes["januari"] == pytest.approx(900, abs=150)
    assert sizes["keputusan_2023_06"] == pytest.approx(-3_000, abs=250)
    assert len(found.ramalan) == 12
    assert found.periksa["lolos"].all()


def test_residuals_that_remember_fail_their_check():
    wave = 30_000 + 5_000 * np.sin(np.arange(72) * np.pi / 6)
    months = pd.date_range("2019-01-01", periods=72, freq="MS")
    given = pd.DataFrame({"seri": "a", "periode": months, "nilai": wave})
    found = ask_second(given, horizon_months=3, kind="amount")
    assert not found.periksa.loc["tanpa ingatan (Ljung-Box)", "lolos"]


def test_a_second_opinion_is_of_one_series(history):
    both = pd.concat([history, history.assign(seri="b")])
    with pytest.raises(ForecastError, match="choose one series"):
        ask_second(both, horizon_months=3, kind="amount")
