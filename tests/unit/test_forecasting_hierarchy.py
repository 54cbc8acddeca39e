"""Hierarchy: coherent at every level, by the textbook formula, no worse below."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.hierarchy import Tree, reconcile

SEGMEN = ("a", "b", "c")


def country(regions: int = 6, months: int = 60, seed: int = 0):
    rng = np.random.default_rng(seed)
    common = np.cumsum(rng.normal(0, 3, months))
    frames, pairs = [], []
    dates = pd.date_range("2020-01-01", periods=months, freq="MS")
    for region in range(regions):
        for segmen in SEGMEN:
            name = f"{region}|{segmen}"
            own = np.cumsum(rng.normal(0, 5, months))
            values = np.round(1_000 + common + own)
            frames.append(
                pd.DataFrame({"seri": name, "periode": dates, "nilai": values})
            )
            pairs += [
                (name, f"{region}|total"),
                (name, f"{region % 2}*|{segmen}"),
                (f"{region}|total", "all"),
            ]
    return pd.concat(frames), pd.DataFrame(pairs, columns=["seri", "induk"])


def medians(ahead: pd.DataFrame) -> pd.DataFrame:
    rows = ahead[ahead["kuantil"] == 0.5]
    return rows.pivot_table(index="seri", columns="periode", values="nilai")


def test_medians_add_up_along_every_pair_of_parents():
    given, pairs = country()
    middle = medians(forecast(given, horizon_months=12, kind="amount", hierarchy=pairs))
    for parent, part in pairs.groupby("induk"):
        children = middle.loc[part["seri"].unique()].sum()
        np.testing.assert_allclose(middle.loc[parent], children, rtol=1e-9)


def test_every_level_has_growing_intervals_and_no_negative_value():
    given, pairs = country()
    ahead = forecast(given, horizon_months=12, kind="amount", hierarchy=pairs)
    assert ahead["nilai"].min() >= 0
    table = ahead.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    )
    assert (np.diff(table.to_numpy(), axis=1) >= 0).all()


def test_delivered_uppers_and_added_up_ones_agree():
    given, pairs = country()
    total = given.groupby("periode")["nilai"].sum().reset_index().assign(seri="all")
    both = pd.concat([given, total])
    one = medians(forecast(given, horizon_months=3, kind="amount", hierarchy=pairs))
    two = medians(forecast(both, horizon_months=3, kind="amount", hierarchy=pairs))
    np.testing.assert_allclose(one.loc["all"], two.loc["all"], rtol=1e-9)


def test_reconcile_is_the_textbook_minimum_trace():
    tree = Tree(
        bottom=np.array([0, 1, 2]),
        upper=np.array([3, 4]),
        rows=np.array([0, 0, 0, 1, 1]),
        columns=np.array([0, 1, 2, 0, 1]),
    )
    points = np.array([10.0, 20.0, 30.0, 66.0, 28.0])
    variance = np.array([1.0, 4.0, 9.0, 2.0, 3.0])
    summing = np.array(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [1, 1, 0]], dtype=float
    )
    inverse = np.diag(1 / variance)
    bottom = np.linalg.solve(
        summing.T @ inverse @ summing, summing.T @ inverse @ points
    )
    found = reconcile(points[:, None], variance, tree)[:, 0]
    np.testing.assert_allclose(found, summing @ bottom, rtol=1e-6)


def test_negative_bottoms_are_cut_and_the_sums_follow():
    tree = Tree(np.array([0, 1]), np.array([2]), np.array([0, 0]), np.array([0, 1]))
    found = reconcile(np.array([[-50.0], [10.0], [-30.0]]), np.ones(3), tree)[:, 0]
    assert found.min() >= 0
    assert found[2] == found[0] + found[1]


def test_circle_is_named():
    given, _ = country(1)
    pairs = pd.DataFrame({"seri": ["x", "y"], "induk": ["y", "x"]})
    with pytest.raises(ForecastError, match="runs in a circle"):
        forecast(given, horizon_months=2, kind="amount", hierarchy=pairs)


def test_part_without_history_is_named():
    given, _ = country(1)
    pairs = pd.DataFrame({"seri": ["0|a", "0|z"], "induk": ["t", "t"]})
    with pytest.raises(ForecastError, match=r"1 bottom series .* such as '0\|z'"):
        forecast(given, horizon_months=2, kind="amount", hierarchy=pairs)
