"""The forecast call: shape, range, degenerate series, errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.panel import describe_ending, fill_gaps


def history(values: dict[str, list[float]], *, start: str = "2020-01-01"):
    frames = []
    for name, series in values.items():
        months = pd.date_range(start, periods=len(series), freq="MS")
        frames.append(pd.DataFrame({"seri": name, "periode": months, "nilai": series}))
    return pd.concat(frames, ignore_index=True)


def walk(count: int, months: int = 60, *, seed: int = 1, step: float = 5.0):
    rng = np.random.default_rng(seed)
    paths = 1000 + np.cumsum(rng.normal(0, step, (count, months)), axis=1)
    return history({f"s{k:03d}": path.tolist() for k, path in enumerate(paths)})


def wide(ahead: pd.DataFrame, name: str) -> pd.DataFrame:
    rows = ahead[ahead["seri"] == name]
    return rows.pivot_table(index="periode", columns="kuantil", values="nilai")


def test_answer_has_the_agreed_columns_and_the_months_after_each_own_last():
    given = pd.concat([walk(2), history({"late": [5.0, 6.0, 7.0]}, start="2024-06-01")])
    ahead = forecast(given, horizon_months=3, kind="amount")
    assert list(ahead.columns) == ["seri", "periode", "kuantil", "nilai"]
    assert sorted(ahead["kuantil"].unique()) == [
        0.025,
        0.1,
        0.25,
        0.5,
        0.75,
        0.9,
        0.975,
    ]
    months = ahead[ahead["seri"] == "late"]["periode"].unique()
    assert [f"{m:%Y-%m}" for m in months] == ["2024-09", "2024-10", "2024-11"]
    first = ahead[ahead["seri"] == "s000"]["periode"].min()
    assert f"{first:%Y-%m}" == "2025-01"


def test_levels_choose_the_quantiles():
    ahead = forecast(walk(1), horizon_months=2, levels=(90,), kind="value")
    assert sorted(ahead["kuantil"].unique()) == [0.05, 0.5, 0.95]


def test_quantiles_never_cross():
    ahead = forecast(walk(30), horizon_months=12, kind="amount")
    table = ahead.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    )
    assert (np.diff(table.to_numpy(), axis=1) >= 0).all()


def test_rates_stay_between_zero_and_one():
    rng = np.random.default_rng(2)
    near = {f"r{k}": np.clip(0.98 + rng.normal(0, 0.02, 48), 0, 1) for k in range(5)}
    low = {f"q{k}": np.clip(0.01 + rng.normal(0, 0.02, 48), 0, 1) for k in range(5)}
    given = history({n: list(v) for n, v in {**near, **low}.items()})
    ahead = forecast(given, horizon_months=12, kind="rate")
    assert ahead["nilai"].between(0, 1).all()


def test_rate_may_pass_one_where_history_did():
    rising = np.linspace(0.95, 1.09, 48)
    ahead = forecast(history({"r": rising.tolist()}), horizon_months=6, kind="rate")
    assert ahead["nilai"].max() > 1.09


def test_amounts_are_never_negative():
    falling = np.linspace(500, 3, 48)
    ahead = forecast(history({"a": falling.tolist()}), horizon_months=12, kind="amount")
    assert ahead["nilai"].min() >= 0


@pytest.mark.parametrize(
    "series",
    [
        [7.0],
        [7.0, 9.0],
        [5.0] * 60,
        [0.0] * 60,
        [1.0, 1.0, 1.0, np.nan, 1.0, np.nan, np.nan, 1.0],
        [np.nan] * 30 + [3.0, np.nan, 4.0],
        [1e12 + 1e9 * k for k in range(60)],
    ],
)
@pytest.mark.parametrize("kind", ["rate", "amount", "value"])
def test_degenerate_series_give_finite_answers_near_their_range(series, kind):
    ahead = forecast(history({"x": series}), horizon_months=12, kind=kind)
    assert np.isfinite(ahead["nilai"]).all()
    low, high = np.nanmin(series), np.nanmax(series)
    middle = ahead.loc[ahead["kuantil"] == 0.5, "nilai"]
    room = 2 * (high - low) + 1
    if kind != "rate":
        assert middle.between(low - room, high + 2 * room).all()


def test_constant_series_stays_constant():
    ahead = forecast(history({"c": [5.0] * 60}), horizon_months=12, kind="amount")
    assert ahead.loc[ahead["kuantil"] == 0.5, "nilai"].tolist() == [5.0] * 12


def test_short_history_is_wider_than_long_in_the_same_panel():
    given = walk(40)
    short = given[given["seri"] == "s000"].tail(3).assign(seri="short")
    ahead = forecast(pd.concat([given, short]), horizon_months=6, kind="amount")
    spread = wide(ahead, "short")
    assert (spread[0.975] - spread[0.025]).min() > 0


def test_trend_and_season_are_followed():
    months = np.arange(72)
    rng = np.random.default_rng(3)
    shape = 30 * np.sin(2 * np.pi * months / 12)
    series = {
        f"t{k}": (1000 + 4 * months + shape + rng.normal(0, 2, 72)).tolist()
        for k in range(8)
    }
    given = history(series)
    known = given[given["periode"] < "2025-01-01"]
    ahead = forecast(known, horizon_months=12, kind="amount")
    truth = given[given["periode"] >= "2025-01-01"]["nilai"].to_numpy()
    middle = ahead.loc[ahead["kuantil"] == 0.5, "nilai"].to_numpy()
    assert np.abs(middle - truth).mean() < 6


def test_intervals_cover_a_random_walk_as_often_as_they_say():
    given = walk(300, 72, seed=5)
    known = given[given["periode"] < "2025-01-01"]
    ahead = forecast(known, horizon_months=12, kind="amount")
    table = ahead.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    )
    truth = given.set_index(["seri", "periode"])["nilai"].reindex(table.index)
    assert 0.75 < truth.between(table[0.1], table[0.9]).mean() < 0.86
    assert 0.92 < truth.between(table[0.025], table[0.975]).mean() < 0.98


def test_input_frame_is_not_changed():
    given = walk(3)
    before = given.copy()
    forecast(given, horizon_months=3, kind="amount")
    pd.testing.assert_frame_equal(given, before)


def dates_as(given: pd.DataFrame, shape: str) -> pd.Series:
    months = given["periode"]
    return {
        "middle of the month": months + pd.Timedelta(days=14),
        "end of the month": months + pd.offsets.MonthEnd(0),
        "text": months.dt.strftime("%Y-%m"),
        "period": months.dt.to_period("M"),
        "dates": months.dt.date,
    }[shape]


@pytest.mark.parametrize(
    "shape", ["middle of the month", "end of the month", "text", "period", "dates"]
)
def test_any_way_to_write_a_month_gives_the_same_forecast(shape):
    given = walk(2)
    other = given.assign(periode=dates_as(given, shape))
    pd.testing.assert_frame_equal(
        forecast(other, horizon_months=3, kind="amount"),
        forecast(given, horizon_months=3, kind="amount"),
    )


def test_numbers_as_text_and_missing_cells_of_any_sort_are_read():
    given = walk(2)
    text = given.astype({"nilai": "str"})
    gaps = given.astype({"nilai": "Float64"})
    gaps.loc[[3, 40], "nilai"] = pd.NA
    absent = given.drop(index=[3, 40])
    one, two = (
        forecast(frame, horizon_months=3, kind="amount") for frame in (text, given)
    )
    pd.testing.assert_frame_equal(one, two)
    one, two = (
        forecast(frame, horizon_months=3, kind="amount") for frame in (gaps, absent)
    )
    pd.testing.assert_frame_equal(one, two)


def test_negative_history_of_an_amount_or_rate_keeps_its_own_range():
    given = walk(1)
    below = given.assign(nilai=-given["nilai"])
    for kind in ("amount", "rate"):
        table = wide(forecast(below, horizon_months=6, kind=kind), "s000")
        assert (table[0.025] < table[0.5]).all()
        assert table[0.5].between(-1_200, -800).all()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("periode", None, "a row has no periode"),
        ("periode", "kapan", "history cannot be read"),
        ("nilai", "1.234,5", r"Unable to parse string '1\.234,5'"),
        ("nilai", -np.inf, "series 's000': nilai is infinite"),
        ("seri", None, "row 5: seri is empty"),
    ],
)
def test_cell_that_cannot_be_read_is_an_error_that_names_it(column, value, message):
    given = walk(1).astype({column: "object"})
    given.loc[5, column] = value
    with pytest.raises(ForecastError, match=message):
        forecast(given, horizon_months=3, kind="amount")


def test_history_that_is_no_table_is_refused():
    with pytest.raises(ForecastError, match="history is a list"):
        forecast([1.0, 2.0], horizon_months=3, kind="amount")


@pytest.mark.parametrize(
    ("column", "value"), [("periode", "kapan"), ("dampak", "besar")]
)
def test_event_that_cannot_be_read_is_an_error(column, value):
    event = {"seri": "s000", "periode": "2024-01-01", "dampak": 1.0, column: value}
    with pytest.raises(ForecastError, match="events cannot be read"):
        forecast(walk(1), horizon_months=3, kind="amount", events=pd.DataFrame([event]))


def test_unknown_kind_is_named():
    with pytest.raises(ForecastError, match="kind 'persen' is not known"):
        forecast(walk(1), horizon_months=3, kind="persen")


def test_horizon_below_one_is_refused():
    with pytest.raises(ForecastError, match="horizon_months is 0"):
        forecast(walk(1), horizon_months=0, kind="amount")


def test_level_of_a_hundred_is_refused():
    with pytest.raises(ForecastError, match="level 100 is not between"):
        forecast(walk(1), horizon_months=3, levels=(100,), kind="amount")


def test_missing_column_is_named_with_what_was_found():
    with pytest.raises(ForecastError, match=r"lacks column\(s\) nilai; found seri"):
        forecast(walk(1)[["seri", "periode"]], horizon_months=3, kind="amount")


def test_two_values_for_one_month_name_series_and_month():
    given = walk(1)
    with pytest.raises(ForecastError, match="series 's000': two values for 2024-12"):
        forecast(pd.concat([given, given.tail(1)]), horizon_months=3, kind="amount")


def test_infinite_value_names_its_series():
    given = history({"a": [1.0, 2.0], "b": [1.0, np.inf]})
    with pytest.raises(ForecastError, match="series 'b': nilai is infinite"):
        forecast(given, horizon_months=3, kind="amount")


def test_series_without_any_value_is_named():
    given = history({"a": [1.0, 2.0], "b": [np.nan, np.nan]})
    with pytest.raises(ForecastError, match="series 'b': no value in any month"):
        forecast(given, horizon_months=3, kind="amount")


def test_empty_history_is_refused():
    with pytest.raises(ForecastError, match="history is empty"):
        forecast(walk(1).head(0), horizon_months=3, kind="amount")


def test_hierarchy_of_rates_is_refused():
    pairs = pd.DataFrame({"seri": ["s000"], "induk": ["all"]})
    with pytest.raises(ForecastError, match="rates do not add up"):
        forecast(walk(1), horizon_months=3, kind="rate", hierarchy=pairs)


def widths(given: pd.DataFrame, *, kind: str = "value", level: float = 0.1):
    ahead = forecast(given, horizon_months=12, kind=kind)
    table = ahead.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    )
    return (table[1 - level] - table[level]).groupby(level="seri").mean()


def test_series_asked_for_one_by_one_are_covered_too():
    given = walk(60, 72, seed=8)
    inside = {0.1: [], 0.025: []}
    for _, series in given.groupby("seri"):
        known, came = series.iloc[:60], series.iloc[60:]["nilai"].to_numpy()
        table = wide(
            forecast(known, horizon_months=12, kind="value"), series["seri"].iloc[0]
        )
        for low, found in inside.items():
            found.append((came >= table[low]) & (came <= table[1 - low]))
    assert 0.55 < np.mean(inside[0.1]) < 0.92
    assert np.mean(inside[0.025]) > 0.80


def test_a_region_alone_leans_on_how_far_counts_moved_elsewhere():
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    calm = 300_000 + 10.0 * np.arange(24)
    given = pd.DataFrame({"seri": "a", "periode": months, "nilai": calm})
    made = wide(forecast(given, horizon_months=12, kind="amount"), "a")
    half = (made[0.9] - made[0.1]) / 2 / 300_000
    others = 0.0145 * np.arange(1, 13) ** 0.8 + 0.015
    assert (half > others / 3).all()
    assert (half < others * 1.1).all()


def test_one_wild_series_widens_no_other_of_a_small_panel():
    calm = walk(3, seed=11)
    last = calm["seri"] == "s002"
    jumps = np.random.default_rng(2).standard_t(1.5, 60).cumsum() * 40
    wild = calm.assign(nilai=calm["nilai"].mask(last, 1000 + np.resize(jumps, 180)))
    ratio = (widths(wild) / widths(calm))[["s000", "s001"]]
    assert ratio.between(0.6, 1.7).all()


@pytest.mark.parametrize("kind", ["rate", "amount", "value"])
def test_one_month_of_history_claims_no_certainty(kind):
    table = wide(forecast(history({"a": [0.5]}), horizon_months=12, kind=kind), "a")
    width = (table[0.975] - table[0.025]).to_numpy()
    assert width[0] > 0.01
    assert (np.diff(width) >= 0).all()


def test_a_value_that_stands_still_is_taken_for_old():
    given = walk(20, seed=4)
    month = given["periode"].rank(method="dense")
    held = given.groupby("seri")["nilai"].transform(lambda s: s.iloc[55])
    late = (given["seri"] == "s003") & (month > 56)
    frozen = given.assign(nilai=given["nilai"].mask(late, held))
    ratio = widths(frozen, kind="amount") / widths(given, kind="amount")
    assert ratio["s003"] > 1.1
    assert ratio.drop("s003").between(0.85, 1.15).all()


def test_a_series_that_often_stands_still_is_not_taken_for_old():
    steps = np.repeat(np.random.default_rng(3).normal(0, 5, 20).cumsum(), 3) + 1000
    filled, start = fill_gaps(steps[None, :])
    assert describe_ending(filled, start).stale[0] == 0


def test_after_a_jump_without_precedent_the_old_level_stays_possible():
    values = walk(1, seed=6)["nilai"].to_list()
    values[-1] += 200
    table = wide(forecast(history({"a": values}), horizon_months=6, kind="value"), "a")
    before = values[-2]
    assert (table[0.025] < before).all()
    assert (table[0.5] > before + 100).all()
    assert (table[0.975] - table[0.5] < table[0.5] - table[0.025]).all()
