"""How wide told intervals are: Januaries, decrees nobody announced, late returns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.decrees import Odds, size_shocks, weigh_cuts
from jkn_analysis.forecasting.panel import count_months
from jkn_analysis.forecasting.width import Shocks, mix_shocks

P = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


def month(text: str) -> int:
    return int(count_months(pd.Series([text]))[0])


def cuts(*rows: tuple[str, float, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "tanggal": pd.Timestamp(day),
                "kode": "00",
                "segmen": "PBI JK",
                "dampak_rate": share,
                "status": status,
            }
            for day, share, status in rows
        ]
    )


def test_a_certain_decree_moves_the_tail_by_its_size_and_no_median():
    flat = np.array([[[-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]]])
    sure = Shocks(np.array([20.0]), np.array([0.0]), np.ones(1), np.zeros(1))
    made = mix_shocks(flat, P, sure)[0, 0]
    assert made[3:].tolist() == flat[0, 0, 3:].tolist()
    # one third of such decrees take half as much again: the lowest tenth is theirs
    assert -32 < made[1] < -28


def test_a_rare_decree_reaches_only_the_outer_tail():
    flat = np.array([[[-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]]])
    rare = Shocks(np.array([20.0]), np.array([0.0]), np.full(1, 0.05), np.zeros(1))
    made = mix_shocks(flat, P, rare)[0, 0]
    assert made[0] < -9
    assert made[1] > -2
    assert (np.diff(made) > 0).all()


def test_no_decree_leaves_every_quantile():
    flat = np.sort(np.random.default_rng(0).normal(size=(3, 2, 7)), axis=2)
    none = Shocks(np.zeros(3), np.zeros(3), np.full(2, 0.3), np.full(2, 0.3))
    np.testing.assert_array_equal(mix_shocks(flat, P, none), flat)


def test_cuts_of_the_past_and_the_usual_one_give_the_odds():
    known = cuts(
        ("2022-06-01", -0.06, "terjadi"),
        ("2025-06-01", -0.09, "terjadi"),
        ("2026-02-01", -0.11, "skenario"),
    )
    odds = weigh_cuts(known, first=month("2021-01"), cutoff=month("2025-12"))
    # two in five years and two in the six before them; mean of 6, 9 and twice 7,5%
    assert odds.chance == pytest.approx(4 / 11)
    assert odds.share == pytest.approx(0.075)
    assert odds.last == pd.Timestamp("2025-06-01")
    assert odds.recent == pytest.approx(0.09)


def test_a_cutoff_before_a_cut_does_not_know_of_it():
    known = cuts(("2025-06-01", -0.09, "terjadi"))
    odds = weigh_cuts(known, first=month("2021-01"), cutoff=month("2025-05"))
    assert odds.last is None
    assert odds.recent == 0


def test_a_cut_may_be_taken_back_for_nine_months():
    known = cuts(("2025-06-01", -0.10, "terjadi"))
    first = month("2021-01")
    near = weigh_cuts(known, first=first, cutoff=month("2026-02"))
    far = weigh_cuts(known, first=first, cutoff=month("2026-03"))
    assert size_shocks(near, np.array([900.0]), 3).up == pytest.approx([100.0])
    assert size_shocks(far, np.array([900.0]), 3).up == pytest.approx([0.0])


def test_the_chance_of_a_cut_grows_to_that_of_its_year():
    made = size_shocks(Odds(0.36, 0.075, None, 0.0), np.array([1000.0]), 12)
    assert made.down == pytest.approx([75.0])
    assert made.chance_down[5] == pytest.approx(0.2)
    assert made.chance_down[11] == pytest.approx(0.36)


def make_panel(last: str, *, january: float) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    months = pd.date_range(end=last, periods=60, freq="MS")
    steps = rng.normal(0, 5, (40, 60))
    moved = rng.normal(0, january, (40, 60)) * (months.month == 1)
    values = 10_000 + np.cumsum(steps + moved, axis=1)
    return pd.DataFrame(
        {
            "seri": np.repeat([f"s{k:02d}" for k in range(40)], 60),
            "periode": np.tile(months, 40),
            "nilai": values.ravel(),
        }
    )


def first_width(history: pd.DataFrame) -> float:
    made = forecast(history, horizon_months=2, kind="amount")
    month = made["periode"].min()
    table = made[made["periode"] == month].pivot_table(
        index="seri", columns="kuantil", values="nilai"
    )
    return float((table[0.9] - table[0.1]).median())


def test_the_month_into_january_is_wider_where_januaries_moved():
    december = first_width(make_panel("2024-12-01", january=60))
    november = first_width(make_panel("2024-11-01", january=60))
    assert december > 3 * november


def test_months_before_january_are_as_wide_as_any_where_januaries_are_calm():
    december = first_width(make_panel("2024-12-01", january=0))
    june = first_width(make_panel("2024-06-01", january=0))
    assert december == pytest.approx(june, rel=0.35)


def still_life(kind: str, level: float, *, others: int) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    months = pd.date_range("2022-01-01", periods=36, freq="MS")
    rows = {"diam": np.full(36, level)}
    for k in range(others):
        rows[f"s{k:02d}"] = level * (1 + 0.002 * np.cumsum(rng.normal(size=36)))
    frame = pd.DataFrame(rows, index=months).rename_axis("periode").reset_index()
    long = frame.melt("periode", var_name="seri", value_name="nilai")
    return forecast(long, horizon_months=12, kind=kind)


@pytest.mark.parametrize("others", [0, 20])
@pytest.mark.parametrize(("kind", "level"), [("rate", 0.8), ("amount", 500_000.0)])
def test_a_series_that_never_moved_is_not_almost_certain(kind, level, others):
    made = still_life(kind, level, others=others)
    own = made[made["seri"] == "diam"].pivot_table(
        index="periode", columns="kuantil", values="nilai"
    )
    assert (own[0.5] == level).all()
    assert (own[0.025] < 0.999 * level).all()
    assert (own[0.975] > 1.001 * level).all()
    assert (own[0.975] < 1.4 * level).all()


def test_a_lone_million_after_zeros_gives_nothing_far_beyond_it():
    months = pd.date_range("2023-01-01", periods=24, freq="MS")
    values = [0.0] * 23 + [1e6]
    given = pd.DataFrame({"seri": "a", "periode": months, "nilai": values})
    made = forecast(given, horizon_months=12, kind="amount")
    assert made["nilai"].max() < 2e6


def test_eight_frozen_months_widen_what_is_told():
    rng = np.random.default_rng(12)
    months = pd.date_range("2021-01-01", periods=48, freq="MS")
    moves = 100_000 + np.cumsum(rng.normal(0, 300, (21, 48)), axis=1)
    frozen = moves.copy()
    frozen[0, -8:] = frozen[0, -9]

    def width(values: np.ndarray) -> float:
        frame = pd.DataFrame(values.T, index=months).rename_axis("periode")
        long = frame.reset_index().melt("periode", var_name="seri", value_name="nilai")
        made = forecast(long, horizon_months=3, kind="amount")
        own = made[made["seri"] == "0"].set_index("kuantil")["nilai"]
        return float(own[0.9].mean() - own[0.1].mean())

    assert width(frozen) > 1.5 * width(moves)


@pytest.mark.parametrize("months", range(1, 37))
def test_any_length_gives_rising_quantiles_around_the_last_value(months):
    rng = np.random.default_rng(months)
    dates = pd.date_range("2022-01-01", periods=months, freq="MS")
    values = 40_000 + np.cumsum(rng.normal(0, 200, months))
    given = pd.DataFrame({"seri": "a", "periode": dates, "nilai": values})
    made = forecast(given, horizon_months=12, kind="amount")
    table = made.pivot_table(index="periode", columns="kuantil", values="nilai")
    assert (np.diff(table.to_numpy(), axis=1) > 0).all()
    assert table.to_numpy().max() < 2.5 * values.max()
    assert abs(table[0.5].iloc[-1] / values[-1] - 1) < 0.25


@pytest.mark.parametrize(("level", "most"), [(0.985, 1.0), (1.02, np.inf)])
def test_rates_keep_to_one_unless_history_passed_it(level, most):
    rng = np.random.default_rng(3)
    months = pd.date_range("2022-01-01", periods=36, freq="MS")
    values = level + 0.002 * rng.standard_normal(36)
    given = pd.DataFrame({"seri": "a", "periode": months, "nilai": values})
    made = forecast(given, horizon_months=12, kind="rate")
    assert made["nilai"].max() <= most
    assert made["nilai"].between(0.9, 1.15).all()


def test_a_whole_year_missing_still_gives_a_forecast():
    rng = np.random.default_rng(6)
    months = pd.date_range("2021-01-01", periods=48, freq="MS")
    values = 30_000 + np.cumsum(rng.normal(0, 100, 48))
    values[20:32] = np.nan
    given = pd.DataFrame({"seri": "a", "periode": months, "nilai": values})
    made = forecast(given, horizon_months=6, kind="amount")
    assert made["nilai"].notna().all()
    assert made["nilai"].between(10_000, 60_000).all()
