"""The second opinion of statsmodels: sizes of steps, checks of residuals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.reference import ask_second


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    wave = 40 * np.sin(np.arange(60) * np.pi / 6)
    values = 1_000 + 3 * np.arange(60) + wave + rng.normal(0, 4, 60)
    return pd.DataFrame({"seri": "a", "periode": months, "nilai": values})


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
