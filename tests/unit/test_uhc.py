"""One judge: thresholds to the last person, arrears, share, Award, certainty."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import InputError
from jkn_analysis.uhc import (
    Standing,
    find_due_month,
    find_target,
    gap_jiwa,
    measure_pemda,
    reaches_uhc,
    status,
)

JUNE = dt.date(2025, 5, 31)
NOV = dt.date(2025, 11, 30)
AWARDED = dt.date(2026, 1, 31)


@pytest.mark.parametrize(
    ("target", "penduduk", "aktif", "gap"),
    [
        (0.80, 210_836, 166_560, 2_109),
        (0.80, 100_000, 80_000, 0),
        (0.80, 100_000, 79_999, 1),
        (0.80, 100_001, 80_000, 1),
        (0.98, 50, 49, 0),
        (0.80, 106_500, 116_500, 0),
    ],
)
def test_gap_is_whole_people_and_never_negative(target, penduduk, aktif, gap):
    assert gap_jiwa(target, penduduk, aktif) == gap


def test_the_published_rate_of_maluku_utara_is_over_population():
    counts = Standing(1_394_231, 1_391_162, 1_104_632)
    judged = status(counts, tanggal=JUNE)
    assert round(judged.keaktifan_penduduk_rate * 100, 2) == 79.23
    assert round(judged.cakupan_rate * 100, 2) == 99.78
    assert judged.syarat_pengikat == "keaktifan"
    assert judged.gap_keaktifan_jiwa == 10_753
    assert not judged.uhc


def test_coverage_over_one_hundred_percent_is_not_clipped():
    judged = status(Standing(106_500, 116_500, 93_478), tanggal=JUNE)
    assert round(judged.cakupan_rate, 4) == 1.0939
    assert judged.uhc


def test_coverage_binds_where_it_lacks_more_people():
    judged = status(Standing(66_361, 46_821, 46_000), tanggal=JUNE)
    assert judged.syarat_pengikat == "cakupan"
    assert judged.gap_cakupan_jiwa == 18_213


def test_before_2025_no_activity_is_asked_for():
    judged = status(Standing(1000, 990, 10), tanggal=dt.date(2024, 6, 30))
    assert judged.gap_keaktifan_jiwa is None
    assert judged.uhc


@pytest.mark.parametrize(
    ("tanggal", "cakupan", "keaktifan"),
    [
        (dt.date(2021, 1, 1), 0.95, None),
        (dt.date(2023, 12, 31), 0.95, None),
        (dt.date(2024, 1, 1), 0.98, None),
        (dt.date(2024, 12, 31), 0.98, None),
        (dt.date(2025, 1, 1), 0.98, 0.80),
        (pd.Timestamp(2025, 6, 1), 0.98, 0.80),
    ],
)
def test_uhc_thresholds_change_with_the_year(tanggal, cakupan, keaktifan):
    target = find_target(tanggal)
    assert target.cakupan_rate == cakupan
    assert target.keaktifan_penduduk_rate == keaktifan
    assert target.sumber


def test_a_date_before_every_rule_is_refused():
    with pytest.raises(InputError, match=r"uhc_cakupan_min.*in force on 2013-12-31"):
        find_target(dt.date(2013, 12, 31))


def test_many_counts_are_judged_as_one_is():
    people = np.array([100_000.0, 100_000.0, 100_000.0, 100_001.0, np.nan])
    covered = np.array([98_000.0, 97_999.0, 98_000.0, 98_001.0, 98_000.0])
    active = np.array([80_000.0, 80_000.0, 79_999.9, 80_000.0, 80_000.0])
    found = reaches_uhc(covered, active, people, tanggal=NOV)
    assert found.tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("owed", "share", "prioritas", "binding"),
    [
        (0, 200, True, ""),
        (1, 200, False, "tunggakan_pemda"),
        (None, 200, None, ""),
        (0, 199, False, "porsi_pbpu_pemda"),
        (0, None, None, ""),
        (1, 199, False, "tunggakan_pemda"),  # the surer rule first
    ],
)
def test_prioritas_asks_for_paid_premium_and_a_fifth_paid_by_pemda(
    owed, share, prioritas, binding
):
    counts = Standing(1000, 990, 900, pbpu_pemda_jiwa=share, tunggakan_pemda_rp=owed)
    judged = status(counts, tanggal=NOV)
    assert judged.uhc
    assert judged.prioritas is prioritas
    assert judged.syarat_pengikat == binding


def test_before_2025_prioritas_asks_for_no_share():
    counts = Standing(1000, 990, 900, pbpu_pemda_jiwa=0, tunggakan_pemda_rp=0)
    assert status(counts, tanggal=dt.date(2024, 12, 31)).prioritas


def test_a_verdict_is_no_surer_than_the_rule_with_one_source():
    judged = status(Standing(1000, 990, 900, 200, 0, 0), tanggal=NOV)
    assert judged.putusan_uhc.kepastian == "pasti"
    assert judged.putusan_prioritas.kepastian == "dilaporkan"


def test_a_rule_published_later_is_not_cited_and_not_sure():
    before = status(Standing(1000, 990, 900, 200, 0, 0), tanggal=NOV).putusan_award
    after = status(Standing(1000, 990, 900, 200, 0, 0), tanggal=AWARDED).putusan_award
    assert before.kepastian == "tidak pasti"
    assert {one.sumber for one in before.butir} == {""}
    assert after.kepastian == "pasti"
    assert all(one.sumber for one in after.butir)


@pytest.mark.parametrize(
    ("terdaftar", "aktif", "pemda", "due", "award"),
    [
        (980, 800, 0, 0, "Pratama"),
        (980, 799, 300, 0, ""),
        (979, 900, 300, 0, ""),
        (980, 900, 100, 0, "Madya"),  # activity of its own
        (980, 849, 100, 0, "Pratama"),
        (980, 800, 250, 0, "Madya"),  # a quarter paid by Pemda
        (980, 800, 249, 0, "Pratama"),
        (980, 900, 100, 1, ""),  # a bill to September unpaid
        (980, 900, 100, None, ""),  # not promised on a missing figure
        (990, 950, 200, 0, "Utama"),
        (990, 950, 199, 0, "Madya"),  # no Prioritas below a fifth
        (990, 1000, 0, 0, "Madya"),  # share waived, but no Prioritas
    ],
)
def test_award_levels(terdaftar, aktif, pemda, due, award):
    counts = Standing(1000, terdaftar, aktif, pemda, 0, due)
    assert status(counts, tanggal=AWARDED).award == award


def test_the_award_names_what_is_missing_to_the_next_level():
    judged = status(Standing(1000, 980, 830, 240, 0, 0), tanggal=AWARDED)
    assert judged.award == "Pratama"
    lacks = {one.syarat: one.kurang for one in judged.putusan_award.butir}
    assert lacks == {"cakupan": 0, "keaktifan": 0, "porsi_pbpu_pemda": 10, "lunas": 0}
    binding = judged.putusan_award.pengikat
    assert binding is not None
    assert (binding.syarat, binding.satuan) == ("porsi_pbpu_pemda", "jiwa")


def test_bills_to_september_count_for_the_award_of_january():
    assert find_due_month(NOV) == dt.date(2025, 9, 1)
    rows = pd.DataFrame(
        {
            "kode": "82.71",
            "periode": pd.to_datetime(["2025-09-01", "2025-10-01", "2025-11-01"]),
            "tagihan_rp": [100, 100, 100],
            "dibayar_rp": [0, 0, 60],
            "tunggakan_awal_rp": pd.array([5, pd.NA, pd.NA], dtype="Int64"),
        }
    )
    assert measure_pemda(rows, tanggal=NOV) == (245, 45)
    assert measure_pemda(rows.iloc[:2], tanggal=dt.date(2025, 10, 31)) == (205, 105)
    assert measure_pemda(rows.iloc[:0], tanggal=NOV) == (None, None)
