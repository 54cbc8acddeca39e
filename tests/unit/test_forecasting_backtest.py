"""Backtest and scores: nothing of the future is seen, figures against plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.files import forecast_file, read_long
from jkn_analysis.forecasting.hierarchy import Outcome
from jkn_analysis.forecasting.probability import measure_correlation
from jkn_analysis.forecasting.scoring import interval_score, naive_quantiles, score
from jkn_analysis.forecasting.width import measure_factors, widen_tested


def walks(count: int = 20, months: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    paths = 1_000 + np.cumsum(rng.normal(0, 5, (count, months)), axis=1)
    dates = pd.date_range("2019-01-01", periods=months, freq="MS")
    frames = [
        pd.DataFrame({"seri": f"s{k:02d}", "periode": dates, "nilai": row})
        for k, row in enumerate(paths)
    ]
    return pd.concat(frames, ignore_index=True)


def test_backtest_equals_a_forecast_from_the_cut_history():
    given = walks()
    tested = backtest(given, horizon_months=6, kind="amount", cutoffs=4)
    cutoff = tested["cutoff"].min()
    ahead = forecast(given[given["periode"] <= cutoff], horizon_months=6, kind="amount")
    rows = tested[tested["cutoff"] == cutoff]
    for kuantil in (0.1, 0.5, 0.9):
        plain = ahead[ahead["kuantil"] == kuantil].set_index(["seri", "periode"])
        found = rows.set_index(["seri", "periode"])[f"q{kuantil:g}"]
        np.testing.assert_allclose(
            found, plain["nilai"].reindex(found.index), rtol=1e-9
        )


def test_backtest_cannot_see_a_later_jump():
    given = walks()
    jump = given.copy()
    last = given["periode"].max()
    jump.loc[jump["periode"] == last, "nilai"] += 10_000
    one = backtest(given, horizon_months=3, kind="amount", cutoffs=3)
    two = backtest(jump, horizon_months=3, kind="amount", cutoffs=3)
    quantiles = [name for name in one if name.startswith("q")]
    pd.testing.assert_frame_equal(one[quantiles], two[quantiles])


def test_known_event_is_no_noise_before_it_and_unknown_to_earlier_cutoffs():
    plain = walks()
    month = sorted(plain["periode"].unique())[-9]
    after = plain["periode"] >= month
    jumped = plain.assign(nilai=plain["nilai"] - 300.0 * after)
    cleared = plain.assign(nilai=plain["nilai"] - 300.0)
    options = {"horizon_months": 6, "kind": "value", "cutoffs": 8}
    calm = backtest(plain, **options)
    told = backtest(jumped, cleared=cleared, **options)
    early = told["cutoff"] < month
    crossed = early & (told["periode"] >= month)
    np.testing.assert_allclose(told["q0.5"][early], calm["q0.5"][early])
    np.testing.assert_allclose(told["q0.9"][~early], calm["q0.9"][~early] - 300)
    np.testing.assert_allclose(told["nyata"][crossed], calm["nyata"][crossed] - 300)
    assert (told["wis"][crossed] > calm["wis"][crossed] + 100).all()


def test_intervals_half_as_wide_as_needed_are_widened_and_wide_ones_stay():
    tested = backtest(walks(), horizon_months=6, kind="value")
    names = [name for name in tested if str(name).startswith("q")]
    thin, thick = tested.copy(), tested.copy()
    for name in names:
        gap = tested[name] - tested["q0.5"]
        thin[name], thick[name] = tested["q0.5"] + gap / 2, tested["q0.5"] + gap * 2
    assert measure_factors(thick, 6).tolist() == [1.0] * 6
    assert ((measure_factors(thin, 6) > 1.4) & (measure_factors(thin, 6) < 2.4)).all()
    inside = thin["nyata"].between(thin["q0.1"], thin["q0.9"]).mean()
    wide = widen_tested(thin)
    assert wide["nyata"].between(wide["q0.1"], wide["q0.9"]).mean() > inside + 0.1


def test_widening_of_a_cutoff_looks_at_nothing_after_it():
    tested = backtest(walks(), horizon_months=6, kind="amount")
    newest = tested["periode"] > tested["cutoff"].max()
    later = tested.assign(nyata=tested["nyata"] + 1e6 * newest)
    one, two = widen_tested(tested), widen_tested(later)
    np.testing.assert_array_equal(one["q0.9"], two["q0.9"])


def test_naive_columns_are_the_last_value_and_last_year():
    given = walks(1)
    tested = backtest(given, horizon_months=2, kind="amount", cutoffs=1)
    values = given.set_index("periode")["nilai"]
    row = tested.iloc[0]
    assert row["naif"] == values[row["cutoff"]]
    assert row["musiman"] == values[row["periode"] - pd.DateOffset(months=12)]


def test_too_short_a_history_is_refused():
    with pytest.raises(ForecastError, match="no past cutoff to test"):
        backtest(walks(2, 4), horizon_months=2, kind="amount")


def test_interval_score_equals_its_definition():
    probabilities = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    row = np.array([1.0, 2.0, 3.0, 5.0, 8.0])
    for truth in (0.0, 2.5, 9.0):
        parts = 0.5 * abs(truth - 3.0)
        for low, high, alpha in ((1.0, 8.0, 0.2), (2.0, 5.0, 0.5)):
            miss = max(low - truth, 0) + max(truth - high, 0)
            parts += alpha / 2 * ((high - low) + 2 / alpha * miss)
        expected = parts / 2.5
        assert interval_score(np.array(truth), row, probabilities) == pytest.approx(
            expected
        )


def test_score_of_a_perfect_forecast_is_zero_and_covers_all():
    tested = backtest(walks(3), horizon_months=2, kind="amount", cutoffs=2)
    for name in [name for name in tested if name.startswith("q")]:
        tested[name] = tested["nyata"]
    summary = score(tested.assign(wis=0.0), by=["horizon_bulan"])
    assert summary["mase"].tolist() == [0.0, 0.0]
    assert summary["cakupan80"].tolist() == [1.0, 1.0]


def test_naive_intervals_grow_with_the_root_of_the_months():
    values = np.cumsum(np.array([[1.0, -1.0] * 20]), axis=1)
    naive, _ = naive_quantiles(values, 4, np.array([0.0, 1.0]))
    width = naive[0, :, 1] - naive[0, :, 0]
    np.testing.assert_allclose(width / width[0], np.sqrt([1, 2, 3, 4]))


def test_errors_of_a_random_walk_move_together():
    rng = np.random.default_rng(0)
    errors = np.cumsum(rng.normal(0, 1, (20, 200, 4)), axis=2)
    nothing = np.empty(0)
    outcome = Outcome(nothing, errors, np.ones(200))
    found = measure_correlation(outcome, 4)
    assert found[0, 3] == pytest.approx(0.5, abs=0.06)
    assert found[2, 3] == pytest.approx(np.sqrt(3 / 4), abs=0.06)


def test_long_csv_of_any_names_is_forecast(tmp_path):
    given = walks(4)
    given.columns = ["kddati2", "bulan", "peserta"]
    given["bulan"] = given["bulan"].dt.strftime("%Y-%m")
    path = tmp_path / "panel.csv"
    given.to_csv(path, index=False)
    made = forecast_file(path, tmp_path / "out", kind="amount", horizon_months=6)
    assert made.series == 4
    names = {written.name for written in made.written}
    assert names == {"ramalan.csv", "ramalan.parquet", "uji_balik.csv"}
    result = pd.read_parquet(tmp_path / "out" / "ramalan.parquet")
    assert len(result) == 4 * 6 * 7


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1;2019-13;5", "line 3, column 'bulan': '2019-13' is not a month"),
        ("1;2019-02;lima", "line 3, column 'n': 'lima' is not a number"),
    ],
)
def test_bad_cell_of_a_csv_is_named(tmp_path, line, message):
    path = tmp_path / "p.csv"
    path.write_text(f"kode;bulan;n\n1;2019-01;4\n{line}\n", encoding="utf-8")
    with pytest.raises(ForecastError, match=message):
        read_long(path)


def test_a_file_without_a_byte_is_told_not_raised(tmp_path):
    path = tmp_path / "kosong.csv"
    path.write_bytes(b"")
    with pytest.raises(ForecastError, match="cannot be read as csv\n  → give three"):
        read_long(path)


def test_csv_with_two_columns_is_refused(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("bulan;n\n2019-01;4\n", encoding="utf-8")
    with pytest.raises(ForecastError, match="give three: code, month, count"):
        read_long(path)
