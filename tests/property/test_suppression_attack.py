"""The attacker: a linear programme over everything published, on random tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jkn_analysis.suppression import HIDDEN, add_totals, suppress_small
from tests.suppression_audit import audit_intervals

BY = ["kecamatan", "alasan"]
N = "jumlah_jiwa"
THRESHOLD = 5


def random_table(rng, rows, columns, mean):
    """Draw skewed counts: many small ones, as differences of registers are."""
    values = rng.negative_binomial(1, 1 / (1 + mean), size=(rows, columns))
    cells = [(f"k{i:02}", f"a{j}", int(v)) for (i, j), v in np.ndenumerate(values)]
    return add_totals(pd.DataFrame(cells, columns=[*BY, N]), by=BY, count=N)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 7),
    columns=st.integers(1, 5),
    mean=st.sampled_from([1, 4, 12, 60]),
)
def test_no_hidden_count_is_narrower_than_the_threshold(seed, rows, columns, mean):
    table = random_table(np.random.default_rng(seed), rows, columns, mean)
    result = suppress_small(table, by=BY, count=N)
    small = table["kecamatan"].notna() & table[N].between(1, THRESHOLD - 1)
    assert result.loc[small, HIDDEN].all()
    found = audit_intervals(result, by=BY, count=N)
    assert (found["high"] - found["low"] >= THRESHOLD - 1e-6).all()
    truth = table[N].iloc[found["row"]].to_numpy()
    assert (found["low"] <= truth + 1e-6).all()
    assert (found["high"] >= truth - 1e-6).all()


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(2, 5),
    columns=st.integers(1, 4),
    mean=st.sampled_from([3, 15]),
)
def test_last_months_report_gives_nothing_back(seed, rows, columns, mean):
    rng = np.random.default_rng(seed)
    first = random_table(rng, rows, columns, mean)
    body = first.dropna(subset=BY)
    moved = (body[N] + rng.integers(-3, 4, len(body))).clip(lower=0)
    second = add_totals(body.assign(**{N: moved}), by=BY, count=N)
    before = suppress_small(first, by=BY, count=N)
    now = suppress_small(second, by=BY, count=N, previous=before)
    both = pd.concat([before.assign(bulan=1), now.assign(bulan=2)], ignore_index=True)
    found = audit_intervals(both, by=[*BY, "bulan"], count=N)
    assert (found["high"] - found["low"] >= THRESHOLD - 1e-6).all()


@settings(max_examples=10, deadline=None)
@example(seed=199, rows=1)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 8))
def test_counts_of_a_part_and_of_the_whole_do_not_give_each_other_away(seed, rows):
    from jkn_analysis.rekonsiliasi.publish import _hide_small

    rng = np.random.default_rng(seed)
    part, rest = rng.negative_binomial(1, 1 / 8, size=(2, rows))
    counts = pd.DataFrame({
        "kode": "82.71", "alasan": "x", "kecamatan": [f"k{i}" for i in range(rows)],
        "jumlah_jiwa": part + rest, "nonaktif_jiwa": part,
    })  # fmt: skip
    shown = _hide_small(counts, None)
    other = shown["jumlah_jiwa"] - shown["nonaktif_jiwa"]
    zero = pd.Series([*(rest == 0), (rest == 0).all()], index=shown.index)
    other = other.mask(other.isna() & zero, 0)
    kinds = {None: shown["jumlah_jiwa"], "part": shown["nonaktif_jiwa"], "rest": other}
    published = pd.concat(
        [
            pd.DataFrame({"kecamatan": shown["kecamatan"], "kind": kind, N: values})
            for kind, values in kinds.items()
        ],
        ignore_index=True,
    )
    published[HIDDEN] = published[N].isna()
    found = audit_intervals(published, by=["kecamatan", "kind"], count=N)
    told = published.iloc[found["row"]]["kind"].to_numpy()
    width = (found["high"] - found["low"])[told != "rest"]
    assert (width >= THRESHOLD - 1e-6).all()
