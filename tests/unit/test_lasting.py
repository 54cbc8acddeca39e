"""Who came back and stayed: planted hazards found, small cells hidden, order told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from jkn_analysis.arus.lasting import (
    KOHORT,
    find_lasting,
    measure_survival,
    publish,
)
from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.skenario.rute import build_rute
from jkn_analysis.tables import conform
from tests.money_data import NOW, read_sample

MONTHS = pd.date_range("2024-10-01", "2025-11-01", freq="MS")


def cohorts(
    hazard: float, *, size=400, kode="82.71", rute="pbi_diaktifkan", rng=None
) -> pd.DataFrame:
    """Cohorts of every month, each losing a share a month; by chance where asked."""
    rows = []
    for start in MONTHS:
        people = size
        for month in MONTHS[start <= MONTHS]:
            if month > start:
                lost = rng.binomial(people, hazard) if rng else round(people * hazard)
                people -= lost
            rows.append((kode, month, start, rute, people))
    names = ["kode", "periode", "kembali", "rute", "masih_jiwa"]
    return conform(pd.DataFrame(rows, columns=names), KOHORT)


def test_survival_of_a_small_table_by_hand():
    rows = cohorts(0.0).iloc[:3].assign(masih_jiwa=[100, 80, 60])
    first, second = measure_survival(rows)
    assert (first.rate, second.rate) == (0.8, pytest.approx(0.6))
    # Greenwood: 20/(100*80) + 20/(80*60) = 1/150; log(0,6) = -0,5108.
    spread = 1.959964 * (1 / 150) ** 0.5 / 0.5108256
    assert second.rendah == pytest.approx(0.6 ** np.exp(spread), rel=1e-6)
    assert second.tinggi == pytest.approx(0.6 ** np.exp(-spread), rel=1e-6)


def test_a_young_cohort_speaks_for_the_months_it_has():
    rows = pd.concat([
        cohorts(0.0).iloc[:3].assign(masih_jiwa=[100, 80, 60]),
        cohorts(0.0).iloc[[0, 1]].assign(
            kembali=MONTHS[5], periode=[MONTHS[5], MONTHS[6]], masih_jiwa=[100, 60]
        ),
    ])  # fmt: skip
    first, second = measure_survival(rows)
    assert first.rate == 0.7
    assert second.rate == pytest.approx(0.7 * 0.75)


def test_the_life_table_is_statsmodels_estimate():
    rows = cohorts(0.1, size=500).query("kembali == kembali.min()")
    left = rows["masih_jiwa"].to_numpy(int)
    lost = -np.diff(left)
    time = np.r_[np.repeat(np.arange(1, len(left)), lost), [len(left) - 1] * left[-1]]
    status = np.r_[np.ones(lost.sum()), np.zeros(left[-1])]
    theirs = SurvfuncRight(time, status)
    ours = measure_survival(rows)
    assert [one.rate for one in ours] == pytest.approx(theirs.surv_prob.tolist())


@pytest.mark.parametrize(("hazard", "seed"), [(0.02, 0), (0.08, 1), (0.2, 2)])
def test_planted_hazards_lie_within_their_intervals(hazard, seed):
    found = measure_survival(cohorts(hazard, rng=np.random.default_rng(seed)))
    for at in (0, 2, 5, 11):
        one = found[at]
        room = 0.3 * (one.tinggi - one.rendah)
        assert one.rendah - room < (1 - hazard) ** one.bulan < one.tinggi + room


def test_intervals_hold_95_in_100():
    rng = np.random.default_rng(5)
    held = []
    for _ in range(100):
        one = measure_survival(cohorts(0.1, size=60, rng=rng))[5]
        held.append(one.rendah <= 0.9**6 <= one.tinggi)
    assert 0.90 <= np.mean(held) <= 0.99


def test_small_cells_are_hidden_and_no_loss_is_told_exactly():
    rows = cohorts(0.0).iloc[:4].assign(masih_jiwa=[24, 22, 8, 3])
    told = publish(rows)["masih_jiwa"]
    assert told.isna().tolist() == [False, False, False, True]
    assert told.dropna().tolist() == [25, 20, 10]


def test_few_returned_take_the_countrys_share():
    rows = pd.concat([cohorts(0.05, kode="82.03"), cohorts(0.5, size=10, kode="82.71")])
    found = find_lasting(rows, cutoff=NOW, kode=["82.71", "82.03"])["reaktivasi_pbi"]
    assert found["82.03"] == pytest.approx(0.95**12, abs=0.02)
    assert abs(found["82.71"] - found["82.03"]) < 0.03


def test_the_price_of_a_lasting_person_changes_the_order_of_routes():
    tables, _ = read_sample()
    kode = "19.71"
    before = build_rute(tables, cutoff=NOW).query("kode == @kode").set_index("rute")
    free = before[before["biaya_bersih_rp"].eq(0)]
    first, second = free.index[:2]
    ways = {"reaktivasi_pbi": "pbi_diaktifkan", "penagihan": "membayar",
            "perbaikan_mutasi": "bekerja_lagi"}  # fmt: skip
    assert first in ways
    planted = pd.concat([
        cohorts(0.6, kode=kode, rute=ways[first]),
        cohorts(0.05, kode=kode, rute="didaftarkan_pemda"),
    ])  # fmt: skip
    after = build_rute(tables | {KOHORT: planted}, cutoff=NOW)
    after = after.query("kode == @kode").set_index("rute")
    assert list(after.index).index(first) > list(after.index).index(second)
    assert after.loc[first, "bersih_rate"] < 0.01 * before.loc[first, "bersih_rate"]
    price = "biaya_bersih_rp"
    ratio = after.loc["kuota_pemda", price] / before.loc["kuota_pemda", price]
    assert ratio == pytest.approx(1 / 0.95**12, rel=0.03)


def test_a_cohort_report_is_read(tmp_path):
    path = tmp_path / "kohort.csv"
    path.write_text(
        "Kab/Kota;Bulan;Bulan Kembali;Jalur;Masih Aktif\n"
        "Kota Ternate;November 2025;2025-06-01;Reaktivasi PBI;412\n",
        encoding="utf-8",
    )
    result = clean(KOHORT, read_sheet(path))
    assert result.problems == []
    row = result.frame.iloc[0]
    assert (row["rute"], row["masih_jiwa"]) == ("pbi_diaktifkan", 412)
    assert row["kembali"] == pd.Timestamp("2025-06-01")
