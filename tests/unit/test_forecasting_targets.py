"""Chances to reach a target: from joint paths, for series and sums, calibrated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting import forecast, forecast_chances


def build(count: int = 20, months: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    paths = 1_000 + np.cumsum(rng.normal(0, 5, (count, months)), axis=1)
    dates = pd.date_range("2020-01-01", periods=months, freq="MS")
    frames = [
        pd.DataFrame({"seri": f"s{k:02d}", "periode": dates, "nilai": row})
        for k, row in enumerate(paths)
    ]
    return pd.concat(frames, ignore_index=True)


def test_chance_at_the_median_is_a_half_and_falls_as_the_target_rises():
    given = build(1)
    ahead = forecast(given, horizon_months=6, kind="amount")
    last = ahead[(ahead["kuantil"] == 0.5)].iloc[-1]
    chances = [
        forecast_chances(given, target=goal, horizon_months=6, kind="amount")
        .iloc[-1]["peluang"]
        .item()
        for goal in (last["nilai"] - 10, last["nilai"], last["nilai"] + 10)
    ]
    assert chances[1] == pytest.approx(0.5, abs=0.04)
    assert chances[0] > chances[1] > chances[2]


def test_month_of_arrival_agrees_with_the_chances_of_its_paths():
    made = forecast_chances(build(), target=1_010, horizon_months=12, kind="amount")
    best = made.groupby("seri")["peluang"].max()
    first = made.groupby("seri").first()
    assert (first["peluang_tiba"] >= best).all()
    arrived = first["bulan_tiba"].notna()
    assert (arrived == (first["peluang_tiba"] > 0.5)).all()
    known = first[first["bulan_akhir"].notna()]
    assert (known["bulan_awal"] <= known["bulan_tiba"]).all()
    assert (known["bulan_tiba"] <= known["bulan_akhir"]).all()


def test_sums_of_a_hierarchy_have_their_chances():
    given = build(4)
    pairs = pd.DataFrame({"seri": given["seri"].unique(), "induk": "all"})
    made = forecast_chances(
        given, target=4_000, horizon_months=3, kind="amount", hierarchy=pairs
    )
    parts = made[made["seri"] != "all"]
    assert set(made["seri"]) == {*given["seri"].unique(), "all"}
    assert (parts["peluang"] == 0).all()
    assert made[made["seri"] == "all"]["peluang"].between(0.0, 1.0).all()


def test_certain_cut_lowers_the_chance_from_its_month_on():
    given = build(5)
    month = given["periode"].max() + pd.DateOffset(months=3)
    events = pd.DataFrame({"seri": ["s00"], "periode": [month], "dampak": [-200.0]})
    options = {"target": 950, "horizon_months": 6, "kind": "amount"}
    plain = forecast_chances(given, **options).set_index(["seri", "periode"])
    told = forecast_chances(given, events=events, **options)
    told = told.set_index(["seri", "periode"])
    change = (told["peluang"] - plain["peluang"])["s00"]
    assert (change.iloc[:2] == 0).all()
    assert (told["peluang"]["s00"].iloc[2:] < 0.2).all()
    assert ((told["peluang"] - plain["peluang"])["s01"] == 0).all()


def test_target_that_is_no_number_is_refused():
    with pytest.raises(ForecastError, match="target nan is not a number"):
        forecast_chances(build(1), target=np.nan, horizon_months=3, kind="amount")
