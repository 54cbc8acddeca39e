"""The attacker: a linear programme over everything published, on random tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jkn_analysis.suppression import (
    HIDDEN,
    add_totals,
    mask_changes,
    mask_shares,
    suppress_small,
)
from tests.suppression_audit import audit_intervals

BY = ["kecamatan", "alasan"]
N = "jumlah_jiwa"
SHARES = {"porsi_kecamatan": ["alasan"], "porsi_alasan": ["kecamatan"]}
DECIMALS = 3
THRESHOLD = 5


def random_table(rng, rows, columns, mean):
    """Draw skewed counts: many small ones, as differences of registers are."""
    values = rng.negative_binomial(1, 1 / (1 + mean), size=(rows, columns))
    cells = [(f"k{i:02}", f"a{j}", int(v)) for (i, j), v in np.ndenumerate(values)]
    return add_totals(pd.DataFrame(cells, columns=[*BY, N]), by=BY, count=N)


def keys_of(frame):
    """Return each row's (kecamatan, alasan), None where it is a total."""
    return [
        tuple(None if pd.isna(part) else part for part in key)
        for key in frame[BY].itertuples(index=False)
    ]


def summed(key, names):
    """Return the key of the total over `names`."""
    return tuple(
        None if name in names else part for name, part in zip(BY, key, strict=True)
    )


def publish(frame, previous=None):
    """Publish counts and percentages of both totals, as a report would."""
    truth = dict(zip(keys_of(frame), frame[N], strict=True))
    result = suppress_small(frame, by=BY, count=N, previous=previous)
    for share, names in SHARES.items():
        total = pd.Series([truth[summed(key, names)] for key in keys_of(frame)])
        result[share] = (frame[N] / total.replace(0, np.nan)).round(DECIMALS)
    return mask_shares(result, SHARES, by=BY)


def percentages(result, first_row=0):
    """Turn each published percentage into two inequalities with its rounding."""
    half = 0.5 * 10**-DECIMALS
    keys = keys_of(result)
    row_of = {key: first_row + row for row, key in enumerate(keys)}
    known = []
    for share, names in SHARES.items():
        for key, portion in zip(keys, result[share], strict=True):
            cell, total = row_of[key], row_of[summed(key, names)]
            if not pd.isna(portion) and cell != total:
                known.append(({cell: 1.0, total: half - portion}, 0.0, np.inf))
                known.append(({cell: 1.0, total: -half - portion}, -np.inf, 0.0))
    return known


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 7),
    columns=st.integers(1, 5),
    mean=st.sampled_from([1, 4, 12, 60]),
)
def test_no_hidden_count_is_narrower_than_the_threshold(seed, rows, columns, mean):
    table = random_table(np.random.default_rng(seed), rows, columns, mean)
    result = publish(table)
    small = table["kecamatan"].notna() & table[N].between(1, THRESHOLD - 1)
    assert result.loc[small, HIDDEN].all()
    found = audit_intervals(result, by=BY, count=N, relations=percentages(result))
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
def test_last_months_report_and_the_changes_give_nothing_back(
    seed, rows, columns, mean
):
    rng = np.random.default_rng(seed)
    first = random_table(rng, rows, columns, mean)
    body = first.dropna(subset=BY)
    moved = (body[N] + rng.integers(-3, 4, len(body))).clip(lower=0)
    second = add_totals(body.assign(**{N: moved}), by=BY, count=N)
    before, now = publish(first), publish(second, previous=publish(first))
    now["perubahan_jiwa"] = second[N] - first[N]
    now = mask_changes(now, ["perubahan_jiwa"], previous=before, keys=BY)
    both = pd.concat([before.assign(bulan=1), now.assign(bulan=2)], ignore_index=True)
    size = len(before)
    changes = [
        ({row: -1.0, size + row: 1.0}, float(change), float(change))
        for row, change in enumerate(now["perubahan_jiwa"])
        if not pd.isna(change)
    ]
    knowledge = [*percentages(before), *percentages(now, size), *changes]
    found = audit_intervals(both, by=[*BY, "bulan"], count=N, relations=knowledge)
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
