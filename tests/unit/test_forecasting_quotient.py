"""Rates at past cutoffs: quotients of people, no wider and no narrower than these."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.forecasting.probability import correlate_errors
from jkn_analysis.forecasting.quotient import divide_tested, tell_tested

CUTOFF = pd.Timestamp("2025-03-01")
ENDS = ["q0.1", "q0.5", "q0.9"]


def people(low: float, middle: float, high: float, *, came: float) -> pd.DataFrame:
    frame = {
        "seri": ["82.71"],
        "cutoff": [CUTOFF],
        "periode": [CUTOFF + pd.DateOffset(months=1)],
        "horizon_bulan": [1],
        "nyata": [came],
    }
    return pd.DataFrame(frame | dict(zip(ENDS, ([low], [middle], [high]), strict=True)))


def rate(came: float, *, last: float = 0.5, under: float = 200.0) -> pd.DataFrame:
    rows = people(0, 0, 0, came=came).drop(columns=ENDS)
    return rows.assign(naif=last, penyebut=under)


def test_a_rate_of_people_held_still_has_the_ends_of_its_count():
    told = divide_tested(rate(0.5), people(80, 100, 130, came=100))
    assert told[ENDS].to_numpy()[0] == pytest.approx([0.4, 0.5, 0.65])


def test_two_counts_that_move_halfway_together_widen_their_quotient_by_a_third_side():
    told = divide_tested(
        rate(0.5), people(80, 100, 120, came=100), people(160, 200, 240, came=200)
    )
    # sides of 20% each, half together: the root of 0,04 + 0,04 - 0,04
    assert told[ENDS].to_numpy()[0] == pytest.approx([0.4, 0.5, 0.6])


@pytest.mark.parametrize(("last", "top"), [(0.9, 1.0), (1.02, 1.02)])
def test_no_rate_is_told_over_one_or_over_where_it_stood(last, top):
    above = people(180, 190, 260, came=190)
    told = divide_tested(rate(0.9, last=last), above)
    assert told["q0.9"].tolist() == [top]


def test_rates_are_told_from_counts_made_wider_and_kept_where_no_count_is():
    tested = {
        "aktif_jiwa": people(80, 100, 130, came=100).assign(wis=0.0),
        "keaktifan_penduduk_rate": rate(0.5).assign(wis=0.0),
    }
    told = tell_tested(tested)
    # one case is no record: as wide as it was forecast
    assert told["keaktifan_penduduk_rate"][ENDS].to_numpy()[0] == pytest.approx(
        [0.4, 0.5, 0.65]
    )
    alone = people(0.4, 0.5, 0.6, came=0.5).assign(wis=0.0)
    assert list(tell_tested({"kolektibilitas_rate": alone})) == ["kolektibilitas_rate"]


@pytest.mark.parametrize(
    ("sign", "cutoffs", "together"), [(1, 3, 0.75), (-1, 3, 0.25), (1, 9, 0.875)]
)
def test_errors_of_one_cutoff_are_one_look_however_many(sign, cutoffs, together):
    errors = np.random.default_rng(0).normal(size=1_000)
    found = correlate_errors(errors, sign * errors, cutoffs=cutoffs)
    # 3 cutoffs are one look: (1 + 0,5) / 2, (0 + 0,5) / 2; 9 are three: 3,5 / 4
    assert found == pytest.approx(together)


def test_counts_without_known_errors_move_halfway_together():
    nothing = np.full(5, np.nan)
    assert correlate_errors(nothing, nothing, cutoffs=0) == 0.5
