"""Members against plain loops and against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from jkn_analysis.forecasting.intervals import _share_shocks, weighted_quantiles
from jkn_analysis.forecasting.members import (
    build_grid,
    estimate_season,
    smooth,
)
from jkn_analysis.forecasting.panel import fill_gaps


def plain_errors(z, alpha, beta, phi, level, trend):
    """One non-seasonal smoothing model on one series, from given states."""
    errors = []
    for value in z:
        ahead = level + phi * trend
        error = value - ahead
        level = ahead + alpha * error
        trend = phi * trend + alpha * beta * error
        errors.append(error)
    return np.array(errors), level, trend


@pytest.mark.parametrize("number", [0, 5, 9, 20, 30, 34])
def test_smoothing_with_its_best_start_beats_any_start_and_ends_alike(number):
    rng = np.random.default_rng(number)
    z = np.cumsum(rng.normal(0, 1, (1, 40)), axis=1)
    grid = build_grid()
    fit = smooth(z, np.array([0]))
    parameters = grid.alpha[number], grid.beta[number], grid.phi[number]
    tries = rng.normal(0, 2, (200, 2))
    best = min(
        (plain_errors(z[0], *parameters, *start)[0] ** 2).sum() for start in tries
    )
    assert fit.sse[number, 0] <= best + 1e-3 * (1 + best)


def test_row_that_starts_late_is_fitted_as_if_it_were_alone():
    rng = np.random.default_rng(3)
    late = np.cumsum(rng.normal(0, 1, 30))
    padded = np.concatenate([np.zeros(12), late])
    long = np.cumsum(rng.normal(0, 1, 42))
    both = smooth(np.stack([padded, long]), np.array([12, 0]))
    alone = smooth(late[None, :], np.array([0]))
    np.testing.assert_allclose(both.sse[:, 0], alone.sse[:, 0], rtol=1e-8)
    np.testing.assert_allclose(both.level[:, 0], alone.level[:, 0], atol=1e-8)


def test_simple_smoothing_agrees_with_statsmodels():
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    rng = np.random.default_rng(4)
    z = 10 + np.cumsum(rng.normal(0, 1, 60))
    number = int(np.flatnonzero(build_grid().alpha == 0.4)[0])
    fit = smooth(z[None, :], np.array([0]))
    model = SimpleExpSmoothing(z, initialization_method="known", initial_level=z[0])
    oracle = model.fit(smoothing_level=0.4, optimized=False).forecast(1)[0]
    assert fit.level[number, 0] == pytest.approx(oracle, abs=1e-3)


def test_season_is_recovered_and_sums_to_zero():
    months = np.arange(72)
    wave = 5 * np.sin(2 * np.pi * months / 12)
    z = (0.3 * months + wave)[None, :]
    shape, noise = estimate_season(z, np.array([0]))
    np.testing.assert_allclose(shape[0], wave[:12], atol=0.05)
    assert abs(shape.sum()) < 1e-9
    assert noise[0] < 0.01


def test_season_is_not_told_from_under_two_years():
    shape, noise = estimate_season(np.ones((1, 20)), np.array([0]))
    assert not shape.any()
    assert np.isinf(noise[0])


def test_gaps_are_interpolated_and_the_end_carried_forward():
    values = np.array([[np.nan, 1.0, np.nan, 3.0, np.nan]])
    filled, start = fill_gaps(values)
    assert filled.tolist() == [[0.0, 1.0, 2.0, 3.0, 3.0]]
    assert start.tolist() == [1]


def test_weighted_quantiles_of_equal_weights_are_plain_ones():
    values = np.array([3.0, 1.0, 2.0])
    found = weighted_quantiles(values, np.ones(3), np.array([0.5]))
    assert found.tolist() == [2.0]


def test_series_that_err_together_are_told_from_those_that_err_each_for_itself():
    rng = np.random.default_rng(2)
    apart = rng.normal(size=(13, 40, 6))
    together = np.abs(apart) * rng.choice([-1, 1], size=(13, 1, 6))
    assert _share_shocks(apart) < 0.1
    assert _share_shocks(together) == 1
