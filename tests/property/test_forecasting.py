"""What must hold of any forecast: units, order, strangers, repetition."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jkn_analysis.forecasting import forecast

FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def build(seed: int, count: int = 6, months: int = 48) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    paths = 5_000 + np.cumsum(rng.normal(2, 40, (count, months)), axis=1)
    dates = pd.date_range("2020-01-01", periods=months, freq="MS")
    frames = [
        pd.DataFrame({"seri": f"s{k}", "periode": dates, "nilai": row})
        for k, row in enumerate(paths)
    ]
    history = pd.concat(frames, ignore_index=True)
    return history[rng.random(len(history)) > 0.05]


def values(ahead: pd.DataFrame) -> np.ndarray:
    return ahead.sort_values(["seri", "periode", "kuantil"])["nilai"].to_numpy()


@FEW
@given(
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([1e-3, 0.5, 7.0, 1e6]),
    shift=st.sampled_from([0.0, 3_000.0, 1e5]),
)
def test_scaling_and_shifting_an_amount_scales_and_shifts_the_answer(
    seed, scale, shift
):
    history = build(seed)
    plain = values(forecast(history, horizon_months=6, kind="amount"))
    moved = history.assign(nilai=scale * history["nilai"] + scale * shift)
    found = values(forecast(moved, horizon_months=6, kind="amount"))
    # Few series lean on how far counts of their size moved elsewhere, so that the
    # answer knows the size a little; it may not know it much.
    np.testing.assert_allclose(found, scale * (plain + shift), rtol=0.05)


@FEW
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_and_series_changes_nothing(seed):
    history = build(seed)
    mixed = history.sample(frac=1, random_state=seed)
    one = forecast(history, horizon_months=6, kind="amount")
    two = forecast(mixed, horizon_months=6, kind="amount")
    pd.testing.assert_frame_equal(one, two)


@FEW
@given(seed=st.integers(0, 10_000))
def test_unrelated_series_moves_a_median_by_less_than_its_interval(seed):
    history = build(seed)
    rng = np.random.default_rng(seed + 1)
    dates = pd.date_range("2020-01-01", periods=48, freq="MS")
    stranger = 10 + 5 * np.sin(np.arange(48)) + rng.normal(0, 3, 48)
    extra = pd.DataFrame({"seri": "zz", "periode": dates, "nilai": np.abs(stranger)})
    alone = forecast(history, horizon_months=6, kind="amount")
    both = forecast(pd.concat([history, extra]), horizon_months=6, kind="amount")
    one = alone.pivot_table(
        index=["seri", "periode"], columns="kuantil", values="nilai"
    )
    two = both.pivot_table(index=["seri", "periode"], columns="kuantil", values="nilai")
    width = one[0.975] - one[0.025]
    assert (np.abs(two.loc[one.index, 0.5] - one[0.5]) < width).all()


@FEW
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["rate", "amount", "value"]))
def test_same_input_gives_the_same_bytes(seed, kind):
    history = build(seed)
    one = forecast(history, horizon_months=6, kind=kind)["nilai"].to_numpy()
    two = forecast(history, horizon_months=6, kind=kind)["nilai"].to_numpy()
    assert one.tobytes() == two.tobytes()


@FEW
@given(
    cells=st.lists(
        st.one_of(
            st.just(float("nan")),
            st.floats(0, 1e12, allow_subnormal=False),
            st.just(0.0),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_any_cells_give_finite_ordered_nonnegative_quantiles(cells):
    dates = pd.date_range("2020-01-01", periods=len(cells) + 1, freq="MS")
    history = pd.DataFrame({"seri": "x", "periode": dates, "nilai": [1.0, *cells]})
    ahead = forecast(history, horizon_months=4, kind="amount")
    table = ahead.pivot_table(
        index="periode", columns="kuantil", values="nilai"
    ).to_numpy()
    assert np.isfinite(table).all()
    assert (table >= 0).all()
    assert (np.diff(table, axis=1) >= 0).all()
