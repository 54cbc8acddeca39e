"""Dated rules at their thresholds and on both sides."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from jkn_analysis.errors import InputError
from jkn_analysis.peraturan import (
    CAP_BULAN,
    IURAN_PBPU_PEMDA_RP,
    JATUH_TEMPO_HARI,
    billable_rp,
    denda_pelayanan_rp,
    due_date,
    find_aturan,
    find_award,
    iuran_rp,
    list_award,
    list_peraturan,
    prioritas_rule,
    rehab_terms,
    uhc_rule,
)

NOV = dt.date(2025, 11, 30)
JUDGED = dt.date(2026, 1, 27)


@pytest.mark.parametrize(
    ("tanggal", "cakupan", "keaktifan"),
    [
        (dt.date(2021, 1, 1), 0.95, None),
        (dt.date(2023, 12, 31), 0.95, None),
        (dt.date(2024, 1, 1), 0.98, None),
        (dt.date(2024, 12, 31), 0.98, None),
        (dt.date(2025, 1, 1), 0.98, 0.80),
        (dt.datetime(2025, 6, 1), 0.98, 0.80),  # noqa: DTZ001 - a timestamp of pandas has no zone
    ],
)
def test_uhc_thresholds_change_with_the_year(tanggal, cakupan, keaktifan):
    rule = uhc_rule(tanggal)
    assert (rule.cakupan_rate, rule.keaktifan_penduduk_rate) == (cakupan, keaktifan)
    assert rule.sumber


def test_a_date_before_every_rule_is_refused():
    with pytest.raises(
        InputError, match=r"uhc_cakupan_min.*none in force on 2013-12-31"
    ):
        uhc_rule(dt.date(2013, 12, 31))


def test_every_rule_names_its_source_and_status():
    rules = list_peraturan()
    assert (rules["sumber"].str.len() > 10).all()
    assert set(rules["status"]) == {
        "berlaku",
        "turunan",
        "belum terverifikasi",
        "rancangan",
    }


def test_rules_of_one_kind_never_overlap():
    rules = list_peraturan().query("status != 'rancangan'")
    for _, group in rules.groupby(["jenis", "kunci"]):
        dated = group.sort_values("berlaku_mulai")
        ends = dated["berlaku_sampai"].iloc[:-1]
        starts = dated["berlaku_mulai"].iloc[1:]
        assert [end + dt.timedelta(days=1) for end in ends] == list(starts)


def test_a_draft_is_never_in_force():
    with pytest.raises(InputError, match="none in force"):
        find_aturan("pemutihan", dt.date(2026, 6, 1), kunci="PBPU 3")


@pytest.mark.parametrize(
    ("segmen", "kelas", "tanggal", "rupiah"),
    [
        ("PBI JK", 0, NOV, 42_000),
        ("PBPU", 1, NOV, 150_000),
        ("PBPU", 2, NOV, 100_000),
        ("PBPU", 3, dt.date(2020, 12, 31), 25_500),
        ("PBPU", 3, dt.date(2021, 1, 1), 35_000),
        ("BP", 3, NOV, 35_000),
        ("PBPU Pemda", 0, dt.date(2020, 12, 31), 25_500),
        ("PBPU Pemda", 0, dt.date(2021, 1, 1), IURAN_PBPU_PEMDA_RP),
    ],
)
def test_premiums(segmen, kelas, tanggal, rupiah):
    assert iuran_rp(segmen, kelas=kelas, tanggal=tanggal) == rupiah


def test_pemda_premium_is_the_members_part_and_the_regions_subsidy():
    member = iuran_rp("PBPU", kelas=3, tanggal=NOV)
    region = find_aturan("subsidi_daerah", NOV, kunci="PBPU 3").nilai
    assert member + region == IURAN_PBPU_PEMDA_RP
    assert find_aturan("iuran", NOV, kunci="PBPU Pemda").status == "turunan"


def test_a_segmen_paid_by_wage_has_no_tariff():
    with pytest.raises(InputError, match="iuran PPU-BU"):
        iuran_rp("PPU-BU", tanggal=NOV)


@pytest.mark.parametrize(("umur", "months"), [(1, 1), (23, 23), (24, 24), (25, 24)])
def test_arrears_are_billed_for_at_most_24_months(umur, months):
    assert billable_rp(umur, 35_000) == months * 35_000


def test_billable_works_on_a_column():
    ages = pd.Series([1, 24, 25, 50])
    assert billable_rp(ages, 100).tolist() == [100, 2_400, 2_400, 2_400]


def test_constants_agree_with_the_table():
    assert find_aturan("tunggakan_maks_bulan", NOV).nilai == CAP_BULAN
    assert find_aturan("jatuh_tempo_hari", NOV).nilai == JATUH_TEMPO_HARI
    assert due_date(dt.date(2025, 2, 1)) == dt.date(2025, 2, JATUH_TEMPO_HARI)


def fine(tanggal=NOV, *, biaya=10_000_000, months=3, days=10, segmen="PBPU"):
    return denda_pelayanan_rp(
        biaya,
        bulan_menunggak=months,
        hari_sejak_aktif=days,
        segmen=segmen,
        tanggal=tanggal,
    )


def test_fine_is_five_percent_per_month_up_to_twelve():
    assert fine() == 1_500_000
    assert fine(months=12) == fine(months=13) == fine(months=50) == 6_000_000


@pytest.mark.parametrize(
    ("tanggal", "cap"),
    [(dt.date(2024, 5, 7), 30_000_000), (dt.date(2024, 5, 8), 20_000_000)],
)
def test_fine_is_capped_lower_since_perpres_59_2024(tanggal, cap):
    assert fine(tanggal, biaya=100_000_000, months=12) == cap


def test_fine_needs_care_within_45_days():
    assert fine(days=45) > 0
    assert fine(days=46) == 0


@pytest.mark.parametrize("segmen", ["PBI JK", "PBPU Pemda"])
def test_members_paid_by_government_are_never_fined(segmen):
    assert fine(segmen=segmen) == 0


def test_rehab_includes_the_running_premium_since_2_0():
    before, after = (rehab_terms(dt.date(2025, 2, day)) for day in (2, 3))
    assert not before.termasuk_iuran_berjalan
    assert after.termasuk_iuran_berjalan
    assert (before.angsuran_maks_mutasi, after.angsuran_maks_mutasi) == (None, 36)


@pytest.mark.parametrize(
    ("umur", "count"), [(3, 0), (4, 2), (10, 5), (24, 12), (25, 12)]
)
def test_rehab_instalments_are_half_the_months(umur, count):
    assert rehab_terms(NOV).count_angsuran(umur) == count


def test_prioritas_also_asks_for_no_unpaid_pemda_premium():
    rule = prioritas_rule(NOV)
    assert rule.tunggakan_pemda_maks_rp == 0
    assert (rule.cakupan_rate, rule.keaktifan_penduduk_rate) == (0.98, 0.80)
    assert rule.porsi_pbpu_pemda_rate == 0.20
    assert prioritas_rule(dt.date(2024, 6, 1)).keaktifan_penduduk_rate is None


@pytest.mark.parametrize(
    ("cakupan", "keaktifan", "porsi", "tunggakan", "level"),
    [
        (0.98, 0.80, 0.25, 0, "Madya"),
        (0.98, 0.80, 0.25, 1, "Pratama"),
        (0.98, 0.80, 0.2499, 0, "Pratama"),
        (0.98, 0.7999, 0.25, 0, None),
        (0.9799, 0.80, 0.25, 0, None),
        (0.99, 0.95, 0.18, 0, "Utama"),
        (0.99, 0.95, 0.1799, 0, "Pratama"),
        (0.99, 1.0, 0.0, 0, "Utama"),
        (0.9899, 0.95, 0.18, 0, "Pratama"),
        (1.0003, 0.9191, 0.36, 0, "Madya"),
    ],
)
def test_award_levels(cakupan, keaktifan, porsi, tunggakan, level):
    found = find_award(
        cakupan,
        keaktifan,
        porsi_pbpu_pemda_rate=porsi,
        tunggakan_pemda_rp=tunggakan,
        tanggal=JUDGED,
    )
    assert found == level


def test_award_levels_come_highest_first():
    assert [level.nama for level in list_award(JUDGED)] == ["Utama", "Madya", "Pratama"]
