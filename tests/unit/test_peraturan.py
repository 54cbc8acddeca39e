"""Dated rules at their thresholds and on both sides."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from jkn_analysis.errors import InputError
from jkn_analysis.peraturan import (
    CAP_BULAN,
    DIPERIKSA,
    IURAN_PBPU_PEMDA_RP,
    JATUH_TEMPO_HARI,
    find_aturan,
    iuran_rp,
    list_peraturan,
    look_up,
)

NOV = dt.date(2025, 11, 30)


def test_every_rule_names_its_source_and_status():
    rules = list_peraturan()
    assert (rules["sumber"].str.len() > 10).all()
    assert set(rules["status"]) == {"berlaku", "rancangan"}
    assert set(rules["kepastian"]) == {"pasti", "dilaporkan", "tidak pasti"}
    assert (rules["berlaku_mulai"] <= DIPERIKSA).all()


def test_no_source_is_younger_than_the_day_it_is_known():
    months = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober"
    names = [*months.split(), "November", "Desember"]
    dated = re.compile(rf"(\d{{1,2}}) ({'|'.join(names)}) (\d{{4}})")
    for rule in list_peraturan().to_dict("records"):
        for day, month, year in dated.findall(rule["sumber"]):
            told = dt.date(int(year), names.index(month) + 1, int(day))
            assert told <= rule["diketahui"], (rule["jenis"], rule["kunci"])


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
    assert find_aturan("iuran", NOV, kunci="PBPU Pemda").kepastian != "pasti"


def test_a_segmen_paid_by_wage_has_no_tariff():
    with pytest.raises(InputError, match="iuran PPU-BU"):
        iuran_rp("PPU-BU", tanggal=NOV)


def test_constants_agree_with_the_table():
    assert find_aturan("tunggakan_maks_bulan", NOV).nilai == CAP_BULAN
    assert find_aturan("jatuh_tempo_hari", NOV).nilai == JATUH_TEMPO_HARI


@pytest.mark.parametrize(
    ("jenis", "kunci", "nilai"),
    [
        ("upah_maks_rp", "", 12_000_000),
        ("upah_min", "", None),
        ("rehab_umur_min", "mutasi", 2),
        ("rehab_iuran_min_rp", "mutasi", 35_000),
        ("rehab_angsuran_maks", "mutasi", 36),
        ("rehab_angsuran_maks", "", 12),
        ("pajak_rokok_jkn_rate", "", 0.375),
        ("prioritas_porsi_pbpu_pemda_min", "", 0.20),
    ],
)
def test_rules_of_money(jenis, kunci, nilai):
    assert find_aturan(jenis, NOV, kunci=kunci).nilai == nilai


def test_what_is_open_in_law_says_so():
    cut = find_aturan("potong_dau_dbh_umur", NOV)
    assert (cut.nilai, cut.kepastian) == (12, "tidak pasti")
    assert "belum jelas" in cut.keterangan


def test_an_observed_rate_is_not_known_before_its_source():
    assert look_up("laju_reaktivasi_pbi", dt.date(2026, 2, 9)) is None
    found = find_aturan("laju_reaktivasi_pbi", dt.date(2026, 2, 10))
    assert found.nilai == 0.0065
    assert found.nilai == pytest.approx(87_591 / 13_400_000, abs=5e-5)
    month = find_aturan("laju_reaktivasi_pbi_bulan", dt.date(2026, 2, 10))
    assert month.nilai == pytest.approx(34_652 / 516_237, abs=5e-4)
