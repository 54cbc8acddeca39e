"""Our record as it is printed: groups, new decrees, chances that did not hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.record import (
    PELUANG,
    judge_steps,
    read_record,
    score_tested,
    tell_chance,
)

RATE = "keaktifan_penduduk_rate"


def lay_out(nyata: list[float]) -> pd.DataFrame:
    count = len(nyata)
    cutoff = pd.Timestamp("2025-03-01")
    frame = {
        "seri": "82.71",
        "cutoff": cutoff,
        "periode": [cutoff + pd.DateOffset(months=k + 1) for k in range(count)],
        "horizon_bulan": np.arange(1, count + 1),
        "nyata": nyata,
        "naif": 0.80,
        "wis_naif": 0.01,
        "wis": 0.01,
    }
    ends = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
    places = (0.74, 0.76, 0.78, 0.80, 0.82, 0.84, 0.86)
    quantiles = {f"q{p:g}": x for p, x in zip(ends, places, strict=True)}
    return pd.DataFrame(frame | quantiles)


def cut(month: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tanggal": [pd.Timestamp(month)],
            "kode": ["00"],
            "segmen": ["PBI JK"],
            "status": ["terjadi"],
            "dampak_rate": [-0.08],
        }
    )


def test_coverage_is_split_at_the_month_of_a_new_cut():
    told = lay_out([0.80, 0.85, 0.70, 0.72])
    scores = score_tested({RATE: told}, cut("2025-06-01"))
    found = read_record(scores, RATE, kelompok="semua", horizon=4)
    # April and May before the cut: 0.80 inside, 0.85 not; June and July both outside
    assert (found.cakupan, found.tanpa, found.dengan) == (0.25, 0.5, 0.0)
    assert found.jumlah == 4


def test_a_page_speaks_of_its_own_horizon_and_group():
    told = lay_out([0.80, 0.80, 0.95, 0.95])
    scores = score_tested({RATE: told})
    assert read_record(scores, RATE, kelompok="semua", horizon=2).cakupan == 1.0
    assert read_record(scores, RATE, kelompok="semua", horizon=4).cakupan == 0.5
    assert read_record(scores, RATE, kelompok="provinsi", horizon=4) is None


def test_chances_are_judged_at_lines_around_the_last_value():
    scores = judge_steps(lay_out([0.80]), rate=True)
    # lines 0.78, 0.79, 0.80, 0.81, 0.82: chances 75, 62.5, 50, 37.5 and 25 in 100
    assert scores["naif"].tolist() == pytest.approx([0.25, 0.375, 0.5, 0.625, 0.75])
    assert scores["nilai"].tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def record(tenth: int, *, came: float, said: float, cases: int = 500) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "indikator": [RATE],
            "ukuran": [PELUANG],
            "kelompok": [str(tenth)],
            "nilai": [came],
            "naif": [said],
            "jumlah": [cases],
        }
    )


def test_a_chance_that_held_within_eight_points_is_told_as_it_is():
    told = tell_chance(0.95, record(9, came=0.88, said=0.95), RATE)
    assert (told.peluang, told.terjadi) == (0.95, None)


def odds(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))


def share(at: float) -> float:
    return float(1 / (1 + np.exp(-at)))


@pytest.mark.parametrize(("chance", "move"), [(0.35, 1.0), (0.6, 1.0), (0.9, -1.0)])
def test_chances_that_came_otherwise_are_told_nearly_as_often_as_they_came(
    chance, move
):
    said = (0.15, 0.45, 0.75, 0.95)
    rows = [record(k, came=share(odds(p) + move), said=p) for k, p in enumerate(said)]
    told = tell_chance(chance, pd.concat(rows), RATE)
    assert told.terjadi == pytest.approx(share(odds(chance) + move))
    assert told.peluang == pytest.approx(share(odds(chance) + 0.8 * move))
    assert told.dikatakan == chance


@pytest.mark.parametrize(
    ("chance", "word"), [(0.45, 0.3), (0.27, 0.2), (0.18, 0.1), (0.09, 0.09)]
)
def test_what_came_less_often_is_told_no_lower_than_the_next_whole_word(chance, word):
    said = (0.15, 0.45, 0.75, 0.95)
    rows = [record(k, came=share(odds(p) - 1), said=p) for k, p in enumerate(said)]
    # 8 tenths of one unit of odds lower: 0.269, 0.143, 0.090; the last is kept, 0.035
    assert tell_chance(chance, pd.concat(rows), RATE).peluang == pytest.approx(word)


def test_sure_things_stay_so_where_the_middle_was_off():
    rows = [record(4, came=0.65, said=0.45), record(9, came=0.99, said=0.98)]
    assert tell_chance(1.0, pd.concat(rows), RATE).peluang == 1.0
    assert tell_chance(0.45, pd.concat(rows), RATE).peluang > 0.55


def test_to_stand_just_at_the_line_counts_half():
    scores = judge_steps(lay_out([0.80]), rate=True)
    assert scores.loc[scores["kelompok"] == "5", "nilai"].tolist() == [0.5]


@pytest.mark.parametrize(
    ("chance", "told"),
    [(0.02, 0.2), (0.34, 0.2), (0.36, 0.5), (0.64, 0.5), (0.95, 0.8)],
)
def test_a_chance_without_a_record_is_told_coarsely(chance, told):
    few = record(9, came=0.5, said=0.95, cases=199)
    found = tell_chance(chance, few, RATE)
    assert (found.peluang, found.kasar) == (told, True)


def test_the_past_of_a_lone_region_is_no_record_of_chances():
    alone = lay_out([0.80] * 300)
    scores = score_tested({RATE: alone})
    assert not (scores["ukuran"] == PELUANG).any()
    three = pd.concat([alone.assign(seri=f"82.0{k}") for k in range(3)])
    assert (score_tested({RATE: three})["ukuran"] == PELUANG).any()


def test_chances_of_random_walks_come_true_as_often_as_told():
    rng = np.random.default_rng(7)
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    walks = 1_000 + np.cumsum(rng.normal(0, 10, (60, 60)), axis=1)
    given = pd.DataFrame(walks.T, index=months).rename_axis("periode").reset_index()
    long = given.melt("periode", var_name="seri", value_name="nilai")
    told = backtest(long.astype({"seri": str}), horizon_months=6, kind="value")
    scores = judge_steps(told, rate=False)
    assert scores["jumlah"].sum() == 5 * len(told)
    often = scores[scores["jumlah"] > 200]
    assert (often["nilai"] - often["naif"]).abs().max() < 0.12
    assert scores["nilai"].is_monotonic_increasing
