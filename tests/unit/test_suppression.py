"""What is hidden, what stays, and what an attacker can make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import InputError, PrivacyError
from jkn_analysis.suppression import (
    HIDDEN,
    add_totals,
    suppress_small,
)
from tests.suppression_audit import audit_intervals

BY = ["kecamatan", "alasan"]
N = "jumlah_jiwa"


def table(rows):
    """Build a kecamatan × alasan table with all totals from nested lists."""
    cells = [
        (f"Kec {i}", f"alasan {j}", value)
        for i, row in enumerate(rows)
        for j, value in enumerate(row)
    ]
    frame = pd.DataFrame(cells, columns=[*BY, N])
    return add_totals(frame, by=BY, count=N)


def shown(frame, kecamatan, alasan):
    """Return the published count of one cell."""
    here = frame["kecamatan"].eq(kecamatan) & frame["alasan"].eq(alasan)
    return frame.loc[here, N].iloc[0]


@pytest.mark.parametrize(
    ("count", "hides"), [(0, False), (1, True), (4, True), (5, False)]
)
def test_counts_from_one_to_four_are_hidden_and_zero_and_five_are_not(count, hides):
    frame = table([[count, 50, 60], [70, 80, 90], [40, 30, 20]])
    result = suppress_small(frame, by=BY, count=N)
    assert pd.isna(shown(result, "Kec 0", "alasan 0")) is hides
    assert result[HIDDEN].any() == hides


def test_input_is_not_changed():
    frame = table([[2, 50], [70, 80]])
    before = frame.copy()
    suppress_small(frame, by=BY, count=N)
    pd.testing.assert_frame_equal(frame, before)


def test_every_hidden_count_keeps_an_interval_as_wide_as_the_threshold():
    frame = table([[1, 3, 60], [2, 80, 9], [40, 30, 2], [11, 6, 7]])
    result = suppress_small(frame, by=BY, count=N)
    found = audit_intervals(result, by=BY, count=N)
    assert len(found) == result[HIDDEN].sum() > 4
    assert (found["high"] - found["low"] >= 5 - 1e-6).all()


def test_primary_suppression_alone_is_given_away_by_the_totals():
    frame = table([[1, 50, 60], [70, 80, 90]])
    naive = frame.assign(**{N: frame[N].astype("Int64").mask(frame[N] < 5)})
    naive[HIDDEN] = frame[N] < 5
    found = audit_intervals(naive, by=BY, count=N)
    assert found[["low", "high"]].to_numpy().tolist() == [[1, 1]]


def test_totals_of_the_whole_region_stay_where_the_cells_can_hide_each_other():
    frame = table([[2, 50, 60], [70, 80, 90], [40, 30, 20]])
    result = suppress_small(frame, by=BY, count=N)
    totals = result[["kecamatan", "alasan"]].isna().any(axis=1)
    assert not result.loc[totals, HIDDEN].any()
    assert result[HIDDEN].sum() == 4


def test_a_small_total_is_hidden_when_nothing_else_protects_its_parts():
    result = suppress_small(table([[1, 0], [1, 0]]), by=BY, count=N)
    found = audit_intervals(result, by=BY, count=N)
    assert (found["high"] - found["low"] >= 5).all()


def test_a_table_that_cannot_be_protected_is_refused():
    frame = pd.DataFrame({"kecamatan": ["A", None], N: [3, 3]})
    result = suppress_small(frame, by=["kecamatan"], count=N)
    assert result[N].isna().all()
    both = table([[3]])
    assert suppress_small(both, by=BY, count=N)[HIDDEN].all()


def test_a_missing_count_stays_missing_and_is_not_called_hidden():
    frame = table([[2, 50, 60], [70, 80, 90], [40, 30, 20]]).astype({N: "Int64"})
    frame.loc[frame["kecamatan"].eq("Kec 2"), N] = pd.NA
    frame.loc[frame["kecamatan"].isna(), N] = pd.NA
    result = suppress_small(frame, by=BY, count=N)
    assert not result.loc[result["kecamatan"].eq("Kec 2"), HIDDEN].any()
    assert result.loc[result["kecamatan"].eq("Kec 2"), N].isna().all()


def test_each_kode_is_its_own_table():
    frame = pd.concat([
        table([[2, 50, 60], [70, 80, 90]]).assign(kode="82.01"),
        table([[20, 50, 60], [70, 80, 90]]).assign(kode="82.02"),
    ])  # fmt: skip
    result = suppress_small(frame, by=BY, count=N, within=["kode"])
    assert result.groupby("kode")[HIDDEN].sum().to_dict() == {"82.01": 4, "82.02": 0}


def test_row_order_does_not_matter():
    frame = table([[1, 3, 60], [2, 80, 9], [40, 30, 2], [11, 6, 7]])
    mixed = frame.sample(frac=1, random_state=3)
    once = suppress_small(frame, by=BY, count=N)
    again = suppress_small(mixed, by=BY, count=N).sort_index()
    pd.testing.assert_frame_equal(once, again)


def test_last_months_pattern_is_kept_where_it_still_protects():
    january = suppress_small(
        table([[2, 50, 60], [70, 80, 90], [40, 30, 20]]), by=BY, count=N
    )
    february = table([[3, 20, 60], [70, 30, 90], [40, 50, 20]])
    alone = suppress_small(february, by=BY, count=N)
    after = suppress_small(february, by=BY, count=N, previous=january)
    assert after[HIDDEN].tolist() == january[HIDDEN].tolist()
    assert alone[HIDDEN].tolist() != january[HIDDEN].tolist()


def test_a_combination_that_occurs_twice_is_refused():
    frame = pd.DataFrame({"kecamatan": ["A", "A"], N: [2, 3]})
    with pytest.raises(InputError, match=r"1 combination\(s\) occur twice"):
        suppress_small(frame, by=["kecamatan"], count=N)


def test_a_total_that_is_not_the_sum_of_its_parts_is_refused():
    frame = pd.DataFrame({"kecamatan": ["A", "B", None], N: [2, 3, 6]})
    with pytest.raises(InputError, match=r"1 total\(s\) differ"):
        suppress_small(frame, by=["kecamatan"], count=N)


def test_rates_and_negative_numbers_are_no_counts():
    with pytest.raises(InputError, match="negative or not whole"):
        suppress_small(
            pd.DataFrame({"kecamatan": ["A"], N: [-2]}), by=["kecamatan"], count=N
        )


def test_a_table_without_totals_hides_only_the_small_counts():
    frame = pd.DataFrame({"kecamatan": ["A", "B"], N: [2, 30]})
    result = suppress_small(frame, by=["kecamatan"], count=N)
    assert result[HIDDEN].tolist() == [True, False]


def test_an_empty_table_stays_empty():
    frame = pd.DataFrame(
        {"kecamatan": pd.Series(dtype="str"), N: pd.Series(dtype="int64")}
    )
    assert suppress_small(frame, by=["kecamatan"], count=N).empty


def test_an_audit_of_contradicting_figures_says_so():
    frame = pd.DataFrame({"kecamatan": ["A", "B", None], N: [pd.NA, 9, 5]})
    frame = frame.astype({N: "Int64"}).assign(**{HIDDEN: [True, False, False]})
    with pytest.raises(PrivacyError, match="contradict"):
        audit_intervals(frame, by=["kecamatan"], count=N)


def test_a_percentage_with_its_rounding_narrows_the_attackers_interval():
    frame = pd.DataFrame({"kecamatan": ["A", "B", "C", None], N: [pd.NA, pd.NA, 9, 50]})
    frame = frame.astype({N: "Int64"})
    frame[HIDDEN] = [True, True, False, False]
    rounded = ({0: 1.0, 3: -0.10}, -0.005 * 50, 0.005 * 50)
    found = audit_intervals(frame, by=["kecamatan"], count=N, relations=[rounded])
    assert np.allclose(found.loc[0, ["low", "high"]].astype(float), [4.75, 5.25])
