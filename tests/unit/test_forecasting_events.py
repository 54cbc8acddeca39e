"""Events: known ones fitted out, coming ones added, unknown ones found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting import find_events, forecast
from jkn_analysis.forecasting.events import PULSE, SHIFT

MONTHS = 72


def panel(values: np.ndarray) -> pd.DataFrame:
    months = pd.date_range("2019-01-01", periods=values.shape[1], freq="MS")
    frames = [
        pd.DataFrame({"seri": f"s{k:03d}", "periode": months, "nilai": row})
        for k, row in enumerate(values)
    ]
    return pd.concat(frames, ignore_index=True)


def walks(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 10_000 + np.cumsum(rng.normal(0, 100, (count, MONTHS)), axis=1)


def median(ahead: pd.DataFrame) -> np.ndarray:
    rows = ahead[ahead["kuantil"] == 0.5]
    return rows["nilai"].to_numpy().reshape(rows["seri"].nunique(), -1)


def plant(
    values: np.ndarray, size: float, seed: int = 9, edge: int = 14
) -> tuple[np.ndarray, list]:
    rng = np.random.default_rng(seed)
    out, when = values.copy(), []
    for row in out:
        at = int(rng.integers(edge, len(row) - edge))
        row[at:] += size * rng.choice([-1, 1])
        when.append(at)
    return out, when


def make_noise(world: str, count: int = 150, seed: int = 1) -> np.ndarray:
    """Series whose months have a spread of one: noise, or changes, of one unit."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, MONTHS))
    if world == "level":
        return noise
    if world == "walk":
        return np.cumsum(noise, axis=1)
    if world == "trend":
        return noise + np.arange(MONTHS) * rng.normal(size=(count, 1))
    if world == "season":
        wave = np.sin(np.arange(MONTHS) * np.pi / 6 + 6 * rng.random((count, 1)))
        return noise + 5 * wave
    fading = np.zeros((count, MONTHS))
    for month in range(1, MONTHS):
        fading[:, month] = 0.7 * fading[:, month - 1] + noise[:, month]
    return fading


def score_found(values: np.ndarray, when: list, jenis: str) -> tuple[float, float]:
    """Precision and recall of the events found, to the month."""
    found = find_events(panel(values))
    found = found[found["jenis"] == jenis]
    months = pd.date_range("2019-01-01", periods=MONTHS, freq="MS")
    truth = {(f"s{k:03d}", months[at]) for k, at in enumerate(when)}
    hits = set(zip(found["seri"], found["periode"], strict=True)) & truth
    return len(hits) / len(found), len(hits) / len(truth)


@pytest.mark.parametrize("world", ["level", "walk", "trend", "season", "fading"])
def test_shifts_of_five_spreads_are_found_with_precision_and_recall(world):
    values, when = plant(make_noise(world), 5, edge=4)
    precision, recall = score_found(values, when, SHIFT)
    assert precision > 0.85
    assert recall > 0.8


@pytest.mark.parametrize("world", ["level", "walk", "trend"])
def test_pulses_are_found_and_not_taken_for_shifts(world):
    values = make_noise(world)
    when = list(np.random.default_rng(2).integers(4, MONTHS - 4, len(values)))
    values[np.arange(len(values)), when] += 6
    precision, recall = score_found(values, when, PULSE)
    assert precision > 0.9
    assert recall > 0.8
    assert (find_events(panel(values))["jenis"] == SHIFT).mean() < 0.15


def test_two_shifts_of_one_series_are_both_found():
    values = make_noise("level", count=60)
    values[:, 20:] += 5
    values[:, 45:] -= 8
    found = find_events(panel(values))
    shifts = found[found["jenis"] == SHIFT].groupby("seri").size()
    assert (shifts >= 2).mean() > 0.85


def test_shift_after_missing_months_is_found_at_the_first_known_month():
    values = make_noise("level", count=1)
    values[0, 40:] += 12
    values[0, 37:40] = np.nan
    found = find_events(panel(values).dropna())
    assert f"{found.iloc[0]['periode']:%Y-%m}" == "2022-05"
    assert found.iloc[0]["dampak"] == pytest.approx(12, abs=1.5)


@pytest.mark.parametrize("values", [np.zeros(36), np.full(36, 7.0), [1.0, 2.0, 1.0]])
def test_still_or_short_series_have_no_events(values):
    assert find_events(panel(np.array([values]))).empty


def test_one_step_of_a_still_series_is_its_only_event():
    values = np.full((1, 48), 1e12)
    values[0, 30:] -= 1e10
    found = find_events(panel(values))
    assert found["dampak"].tolist() == [pytest.approx(-1e10)]
    assert found["jenis"].tolist() == [SHIFT]


def test_quiet_series_have_almost_no_events():
    found = find_events(panel(walks(200, seed=3)))
    assert (found["jenis"] == SHIFT).sum() < 20


def test_spike_is_called_a_pulse():
    values = walks(1)
    values[0, 40] += 5_000
    found = find_events(panel(values))
    assert found.iloc[0]["jenis"] == PULSE
    assert f"{found.iloc[0]['periode']:%Y-%m}" == "2022-05"


def test_yearly_steps_are_season_not_events():
    values = walks(1)
    for year in range(6):
        values[0, 12 * year : 12 * year + 3] += 3_000
    assert find_events(panel(values)).empty


def test_known_shifts_bring_the_error_back_to_the_unshifted_series():
    future = walks(120, seed=4)
    known, truth = future[:, :60], future[:, 60:]
    shifted, when = plant(known, 1_500, seed=5)
    moved = shifted[:, -1:] - known[:, -1:]
    months = pd.date_range("2019-01-01", periods=60, freq="MS")
    events = pd.DataFrame(
        {
            "seri": [f"s{k:03d}" for k in range(len(when))],
            "periode": [months[at] for at in when],
            "jenis": SHIFT,
            "dampak": np.nan,
        }
    )
    plain = forecast(panel(known), horizon_months=12, kind="amount")
    told = forecast(panel(shifted), horizon_months=12, kind="amount", events=events)
    error = np.abs(median(plain) - truth).mean()
    assert np.abs(median(told) - moved - truth).mean() < 1.05 * error


def test_coming_shift_moves_the_path_from_its_month_with_its_own_uncertainty():
    given = panel(walks(30))
    events = pd.DataFrame(
        {
            "seri": ["s000"],
            "periode": [pd.Timestamp("2025-04-01")],
            "jenis": [SHIFT],
            "dampak": [-4_000.0],
            "simpangan": [1_000.0],
        }
    )
    plain = forecast(given, horizon_months=6, kind="amount")
    told = forecast(given, horizon_months=6, kind="amount", events=events)
    gap = median(told)[0] - median(plain)[0]
    np.testing.assert_allclose(gap, [0, 0, 0, -4_000, -4_000, -4_000], atol=1e-6)
    spread = told.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    )
    width = (spread[0.975] - spread[0.025]).to_numpy().reshape(30, 6)
    before = plain.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    )
    plain_width = (before[0.975] - before[0.025]).to_numpy().reshape(30, 6)
    np.testing.assert_allclose(width[1:], plain_width[1:])
    np.testing.assert_allclose(width[0, :3], plain_width[0, :3])
    assert (width[0, 3:] > plain_width[0, 3:] + 1_000).all()


def test_pattern_names_a_group():
    given = panel(walks(3))
    events = pd.DataFrame(
        {"seri": ["s00*"], "periode": [pd.Timestamp("2025-02-01")], "dampak": [100.0]}
    )
    plain = forecast(given, horizon_months=2, kind="amount")
    told = forecast(given, horizon_months=2, kind="amount", events=events)
    assert (median(told) - median(plain)).round(6).tolist() == [[0, 100]] * 3


def test_coming_event_without_a_size_is_refused():
    events = pd.DataFrame({"seri": ["s000"], "periode": [pd.Timestamp("2025-02-01")]})
    with pytest.raises(ForecastError, match="2025-02 on 's000' is to come"):
        forecast(panel(walks(1)), horizon_months=2, kind="amount", events=events)


def test_unknown_kind_of_event_is_named():
    events = pd.DataFrame(
        {"seri": ["s000"], "periode": [pd.Timestamp("2020-02-01")], "jenis": ["naik"]}
    )
    with pytest.raises(ForecastError, match="jenis 'naik' is not known"):
        forecast(panel(walks(1)), horizon_months=2, kind="amount", events=events)


def test_a_cut_that_was_repaired_is_no_growth():
    months = pd.date_range("2022-01-01", periods=48, freq="MS")
    values = np.full(48, 1000.0)
    values[40:44] = [900.0, 930.0, 960.0, 990.0]
    history = pd.DataFrame({"seri": "a", "periode": months, "nilai": values})
    events = pd.DataFrame({"seri": ["a"], "periode": [months[40]]})
    told = forecast(history, horizon_months=12, kind="amount", events=events)
    end = told[(told["kuantil"] == 0.5) & (told["periode"] == told["periode"].max())]
    assert end["nilai"].item() == pytest.approx(1000.0, rel=0.01)


def test_a_cut_that_lasts_lifts_the_past_onto_it():
    months = pd.date_range("2022-01-01", periods=48, freq="MS")
    values = np.where(np.arange(48) < 40, 1000.0, 900.0)
    history = pd.DataFrame({"seri": "a", "periode": months, "nilai": values})
    events = pd.DataFrame({"seri": ["a"], "periode": [months[40]]})
    told = forecast(history, horizon_months=12, kind="amount", events=events)
    end = told[(told["kuantil"] == 0.5) & (told["periode"] == told["periode"].max())]
    assert end["nilai"].item() == pytest.approx(900.0, rel=0.01)
