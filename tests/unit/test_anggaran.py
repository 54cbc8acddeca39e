"""Cash: cases worked out by hand from the raw sample, sums, next year's need."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.anggaran import build_kas, build_uang_tahunan, check_anggaran
from jkn_analysis.errors import InputError
from jkn_analysis.tables import conform
from jkn_analysis.tunggakan.pemda import project_utang
from jkn_analysis.uhc import gap_jiwa
from tests.money_data import NOW, CashPaths, make_pemda, read_uang

PUBLISHED = [
    ("Ternate", 210_836, 0.79, 2_109, 79_720_200),
    ("Halmahera Utara", 206_233, 0.75, 10_313, 389_831_400),
    ("Pulau Taliabu", 66_361, 0.64, 10_618, 401_360_400),
]
"""Dukcapil sem II 2024, published keaktifan of 17 December 2025, gap, cost a month."""
HAND = [
    # kode, pagu after shifts, paid to November, bill, arrears, left after December's
    # bill, left after arrears too; from pagu_iuran_jkn.csv, realisasi_pbpu_pemda.ods
    ("82.03", 22_606_000_000, 20_931_392_600, 1_220_675_400, 10_850_000_000,
     453_932_000, -10_396_068_000),
    ("82.71", 12_080_000_000, 9_739_377_800, 1_098_732_600, 17_600_000_000,
     1_241_889_600, -16_358_110_400),
    ("19.71", 15_825_000_000, 16_484_504_400, 1_516_876_200, 0,
     -2_176_380_600, -2_176_380_600),
    ("19.03", 23_660_000_000, 23_293_994_600, 2_315_098_800, 2_140_000_000,
     -1_949_093_400, -4_089_093_400),
]  # fmt: skip
SHORT = [("82", 9, 10, 35_852_278_600), ("00", 22, 28, 47_929_769_800)]
"""Regions short, regions, rupiah short together; the same files, added by hand."""


@cache
def read_cash() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cash and budget of all 28 regions of the sample, activity held still."""
    from jkn_sample import build_tables

    tables = build_tables()
    pemda = tables["iuran_pemda"]
    kas = build_kas(pemda, tables["anggaran"], tables["peristiwa"], cutoff=NOW)
    kode = sorted(pemda["kode"].unique())
    still = CashPaths.hold(kode, [100_000.0] * len(kode), penduduk=100_000.0)
    ahead = project_utang(pemda, horizon=12, draws=10)
    uang = build_uang_tahunan(kas, still, ahead=ahead, cutoff=NOW, aktif=pd.Series())
    return kas, uang


def look(uang: pd.DataFrame, kode: str, ukuran: str, tahun: int = 2025) -> float:
    rows = uang[uang["kode"].eq(kode) & uang["ukuran"].eq(ukuran)]
    rows = rows[rows["tahun"].eq(tahun) & rows["kuantil"].eq(0.5)]
    assert len(rows) == 1, (kode, ukuran)
    return float(rows["nilai"].iloc[0])


@pytest.mark.parametrize(
    ("kode", "pagu", "paid", "bill", "debt", "left", "after"), HAND
)
def test_december_cash_is_what_the_raw_files_add_up_to(
    kode, pagu, paid, bill, debt, left, after
):
    kas, uang = read_cash()
    row = kas[kas["kode"].eq(kode)].iloc[0]
    assert row["periode"] == pd.Timestamp(2025, 12, 1)
    assert (row["pagu_rp"], row["dibayar_rp"]) == (pagu, paid)
    assert (row["tagihan_rp"], row["utang_rp"]) == (bill, debt)
    assert row["kewajiban_rp"] == debt + bill
    assert row["sisa_kas_rp"] == after
    assert look(uang, kode, "sisa_kas_desember_rp") == left
    assert look(uang, kode, "kewajiban_desember_rp") == debt + bill
    assert look(uang, kode, "kurang_kas_desember_rp") == -after


@pytest.mark.parametrize(("kode", "short", "known", "rupiah"), SHORT)
def test_no_surplus_pays_for_another_regions_gap(kode, short, known, rupiah):
    _, uang = read_cash()
    assert look(uang, kode, "wilayah_kurang") == short
    assert look(uang, kode, "wilayah_kas") == known
    assert look(uang, kode, "kurang_kas_desember_rp") == rupiah
    netted = uang[uang["kode"].eq(kode) & uang["ukuran"].eq("sisa_kas_desember_rp")]
    assert netted.empty


def test_what_this_year_cannot_pay_is_carried_into_the_next():
    kas, uang = read_cash()
    own = kas[kas["kode"].eq("82.03")].set_index("periode")
    january = own.loc[pd.Timestamp(2026, 1, 1)]
    assert january["utang_rp"] == 10_396_068_000
    assert january["pagu_rp"] == 11_969_000_000
    # twelve bills of 1.220.675.400 and the debt, of a budget of 11.969.000.000
    assert (
        own["sisa_kas_rp"].iloc[-1] == 11_969_000_000 - 14_648_104_800 - 10_396_068_000
    )
    assert look(uang, "82.03", "kebutuhan_utang_rp", 2026) == 10_396_068_000
    assert look(uang, "82.03", "kebutuhan_bertahan_rp", 2026) == 14_648_104_800


def test_a_quota_that_is_sure_changes_the_bill_from_its_month_on():
    # 1.500 more members of Pangkal Pinang from January 2026, sure on file
    kas, _ = read_cash()
    own = kas[kas["kode"].eq("19.71")]
    assert (
        own["tagihan_rp"].tolist()
        == [1_516_876_200] + [1_516_876_200 + 1_500 * 37_800] * 12
    )


def make_pagu(pagu: int, *, tahun: int = 2025, pergeseran: int = 0) -> pd.DataFrame:
    row = {
        "kode": "82.71", "tahun": tahun, "sumber_dana": "APBD", "pagu_rp": pagu,
        "pergeseran_rp": pergeseran,
    }  # fmt: skip
    return conform(pd.DataFrame([row]), "anggaran")


NO_EVENTS = conform(pd.DataFrame(), "peristiwa")


def test_months_to_december_add_up_their_bills():
    pemda = make_pemda([100] * 9, [100] * 8 + [40])
    september = pd.Timestamp(2025, 9, 1)
    pagu = make_pagu(1300, pergeseran=-100)
    kas = build_kas(pemda, pagu, NO_EVENTS, cutoff=september)
    left = kas[kas["periode"].dt.year.eq(2025)]
    assert left["periode"].dt.month.tolist() == [10, 11, 12]
    assert left["utang_rp"].tolist() == [60, 160, 260]
    assert left["kewajiban_rp"].tolist() == [160, 260, 360]
    assert left["sisa_kas_rp"].tolist() == [1200 - 840 - due for due in (160, 260, 360)]


def test_without_a_budget_the_cash_is_not_known_and_the_debt_is_carried():
    pemda = make_pemda([100] * 11, [100] * 10 + [0])
    none = conform(pd.DataFrame(), "anggaran")
    kas = build_kas(pemda, none, NO_EVENTS, cutoff=NOW)
    assert kas["sisa_kas_rp"].isna().all()
    assert kas["kewajiban_rp"].iloc[0] == 200
    assert kas.loc[kas["periode"].eq("2026-01-01"), "utang_rp"].tolist() == [100]
    still = CashPaths.hold(["82.71"], [800.0], penduduk=1000.0)
    ahead = project_utang(pemda, horizon=12, draws=10)
    uang = build_uang_tahunan(kas, still, ahead=ahead, cutoff=NOW, aktif=pd.Series())
    known = set(uang["ukuran"])
    assert {"dibayar_rp", "kebutuhan_bertahan_rp", "kewajiban_desember_rp"} <= known
    assert not {"pagu_rp", "serapan_rate", "sisa_kas_desember_rp"} & known


def test_at_the_years_end_only_the_debt_is_due():
    pemda = make_pemda([100] * 12, [100] * 10 + [0, 50])
    december = pd.Timestamp(2025, 12, 1)
    kas = build_kas(pemda, make_pagu(1100), NO_EVENTS, cutoff=december)
    assert kas["periode"].dt.year.unique().tolist() == [2026]
    # 1.050 of 1.100 was paid; of 150 owed 50 can still be paid this year
    assert kas["utang_rp"].iloc[0] == 100
    still = CashPaths.hold(["82.71"], [800.0], penduduk=1000.0)
    still = replace(still, periode=still.periode + pd.DateOffset(months=1))
    ahead = project_utang(pemda, horizon=12, draws=10)
    active = pd.Series({"82.71": 790.0})
    uang = build_uang_tahunan(kas, still, ahead=ahead, cutoff=december, aktif=active)
    assert look(uang, "82.71", "kewajiban_desember_rp") == 150
    assert look(uang, "82.71", "kurang_kas_desember_rp") == 100
    assert look(uang, "82.71", "kebutuhan_capai_jiwa", 2026) == 10


def need(path: list[float], *, december: float = 800.0) -> pd.Series:
    """Next year's need of a region of 1.000 people that pays 10 per person."""
    pemda = make_pemda([9000] * 11, [9000] * 11)
    kas = build_kas(pemda, make_pagu(108_000), NO_EVENTS, cutoff=NOW)
    ahead = project_utang(pemda, horizon=12, draws=10)
    future = CashPaths.follow("82.71", [december, *path], penduduk=1000.0)
    uang = build_uang_tahunan(kas, future, ahead=ahead, cutoff=NOW, aktif=pd.Series())
    rows = uang[uang["tahun"].eq(2026) & uang["kuantil"].eq(0.5)]
    return rows.set_index("ukuran")["nilai"]


def test_reaching_and_holding_add_up_to_never_falling_short():
    found = need([790, 805, 780, *[800] * 9], december=795)
    # 5 people lack in December, 10 in January, 20 from March on
    assert found["kebutuhan_capai_jiwa"] == 5
    assert found["kebutuhan_capai_rp"] == 5 * 12 * 10
    assert found["kebutuhan_tahan_jiwa"] == 20
    every_month = (10 * 2 + 20 * 10) * 10
    assert found["kebutuhan_tahan_rp"] == every_month - 5 * 12 * 10
    parts = ("bertahan", "capai", "tahan")
    assert found["kebutuhan_tahun_depan_rp"] == sum(
        found[f"kebutuhan_{part}_rp"] for part in parts
    )


def test_the_need_in_nine_of_ten_cases_is_that_of_low_activity():
    levels = np.linspace(700, 900, 101)
    future = CashPaths.spread("82.71", levels, penduduk=1000.0)
    pemda = make_pemda([9000] * 11, [9000] * 11)
    kas = build_kas(pemda, make_pagu(108_000), NO_EVENTS, cutoff=NOW)
    ahead = project_utang(pemda, horizon=12, draws=10)
    uang = build_uang_tahunan(kas, future, ahead=ahead, cutoff=NOW, aktif=pd.Series())
    rows = uang[uang["ukuran"].eq("kebutuhan_capai_jiwa")].set_index("kuantil")["nilai"]
    assert rows.to_dict() == {0.1: 0, 0.5: 0, 0.9: 80}
    wide = uang[uang["tahun"].eq(2026)].pivot_table(
        index="kuantil", columns="ukuran", values="nilai"
    )
    lines = wide[["kebutuhan_capai_rp", "kebutuhan_tahan_rp"]].sum(axis=1)
    kept = wide.loc[0.5, "kebutuhan_bertahan_rp"]
    assert (wide["kebutuhan_tahun_depan_rp"] - lines).tolist() == [kept] * 3


@pytest.mark.parametrize(("nama", "penduduk", "rate", "gap", "rupiah"), PUBLISHED)
def test_published_gaps_and_their_cost_to_the_rupiah(nama, penduduk, rate, gap, rupiah):
    found = gap_jiwa(0.80, penduduk, int(rate * penduduk))
    assert found == gap, nama
    assert found * 37_800 == rupiah


def test_budget_in_millions_is_refused_with_the_remedy():
    pemda = make_pemda([1_096_200_000] * 3, [0] * 3)
    with pytest.raises(
        InputError, match=r"82\.71, 2025: pagu_rp 14600(.|\n)*whole rupiah"
    ):
        check_anggaran(make_pagu(14_600), pemda)


def test_budget_in_rupiah_and_an_empty_budget_pass():
    pemda = make_pemda([1_096_200_000] * 3, [0] * 3)
    check_anggaran(make_pagu(14_600_000_000), pemda)
    check_anggaran(make_pagu(0), pemda)
    check_anggaran(make_pagu(109_620_000), pemda)


def test_quota_below_zero_is_refused():
    wrong = make_pemda([100], [0]).assign(kuota_jiwa=-5)
    with pytest.raises(InputError, match=r"2025-01: kuota_jiwa is -5, below zero"):
        check_anggaran(make_pagu(0), wrong)


def test_december_projection_is_an_interval_within_the_budget():
    rows = read_uang()["uang"]
    own = rows[rows["tahun"].eq(2025)].pivot_table(
        index="kode", columns=["ukuran", "kuantil"], values="nilai"
    )
    low, mid, high = (own["proyeksi_desember_rp"][q] for q in (0.1, 0.5, 0.9))
    assert ((low <= mid) & (mid <= high)).all()
    spent = own["dibayar_rp"][0.5]
    assert (low >= spent - 1).all()
    known = own["pagu_rp"][0.5].notna()
    assert (high <= np.maximum(own["pagu_rp"][0.5], spent) + 1)[known].all()


def test_province_is_the_sum_of_its_regions():
    rows = read_uang()["uang"].pivot_table(
        index="kode", columns=["tahun", "ukuran", "kuantil"], values="nilai"
    )
    regions = rows.index[rows.index.str.len() == 5]
    names = ("dibayar_rp", "pagu_rp", "kewajiban_desember_rp", "kurang_kas_desember_rp")
    for name in names:
        own = rows[(2025, name, 0.5)]
        assert own["19"] == pytest.approx(own[regions].sum())
    rate = rows[(2025, "serapan_rate", 0.5)]["19"]
    sums = rows[2025].xs(0.5, axis=1, level="kuantil").loc["19"]
    assert rate == pytest.approx(sums["dibayar_rp"] / sums["pagu_rp"])
