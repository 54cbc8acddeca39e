"""The budget: published cases, units, absorption, December, next year, routes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.anggaran import (
    Kuota,
    build_realisasi,
    build_rute,
    build_uang_tahunan,
    check_anggaran,
    compute_kebutuhan,
    cost_rp,
    estimate_perpindahan,
    list_rute,
)
from jkn_analysis.errors import InputError
from jkn_analysis.tables import conform
from jkn_analysis.tunggakan.pemda import project_utang
from jkn_analysis.uhc import gap_jiwa
from tests.money_data import NOW, make_pemda, read_sample, read_uang

PUBLISHED = [
    ("Ternate", 210_836, 0.79, 2_109, 79_720_200),
    ("Halmahera Utara", 206_233, 0.75, 10_313, 389_831_400),
    ("Pulau Taliabu", 66_361, 0.64, 10_618, 401_360_400),
]
"""Dukcapil sem II 2024, published keaktifan of 17 December 2025, gap, cost a month."""


def make_pagu(pagu: int, *, tahun: int = 2025, pergeseran: int = 0) -> pd.DataFrame:
    row = {
        "kode": "82.71", "tahun": tahun, "sumber_dana": "APBD", "pagu_rp": pagu,
        "pergeseran_rp": pergeseran,
    }  # fmt: skip
    return conform(pd.DataFrame([row]), "anggaran")


@pytest.mark.parametrize(("nama", "penduduk", "rate", "gap", "rupiah"), PUBLISHED)
def test_published_gaps_and_their_cost_to_the_rupiah(nama, penduduk, rate, gap, rupiah):
    found = gap_jiwa(0.80, penduduk, int(rate * penduduk))
    assert found == gap, nama
    assert cost_rp(found, 1) == rupiah
    assert cost_rp(found, 12) == 12 * rupiah


def test_bangka_tengah_quota_of_2023():
    quota = Kuota(59_262, 57_372)
    assert quota.bebas_jiwa == 1_890
    assert quota.terisi_rate == pytest.approx(0.9681, abs=1e-4)
    # Rp489.226.800 left carried the filled places for about a week.
    assert quota.months_covered(489_226_800) == pytest.approx(0.2256, abs=1e-4)


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
    with pytest.raises(InputError, match="kuota_jiwa is -1, below zero"):
        Kuota(-1, 0)
    wrong = make_pemda([100], [0]).assign(kuota_jiwa=-5)
    with pytest.raises(InputError, match=r"2025-01: kuota_jiwa is -5, below zero"):
        check_anggaran(make_pagu(0), wrong)


def test_cost_of_fewer_than_no_people_is_refused():
    with pytest.raises(InputError, match="below zero"):
        cost_rp(-1, 12)


def test_absorption_is_paid_over_budget_after_shifts():
    pemda = make_pemda([100] * 6, [100, 100, 0, 0, 100, 100])
    found = build_realisasi(pemda, make_pagu(900, pergeseran=-100), tahun=2025).iloc[0]
    assert found["pagu_rp"] == 800
    assert found["realisasi_rp"] == 400
    assert found["serapan_rate"] == 0.5
    assert found["sisa_pagu_rp"] == 400


def test_without_a_budget_its_figures_are_absent_not_zero():
    pemda = make_pemda([100] * 24, [100] * 24, start="2024-01-01")
    tables = {"iuran_pemda": pemda, "anggaran": conform(pd.DataFrame(), "anggaran")}
    ahead = project_utang(pemda, horizon=12, draws=10)
    aktif = pd.DataFrame(columns=["kode", "periode", "kuantil", "nilai"])
    table = build_uang_tahunan(
        tables, ahead, aktif, penduduk=pd.Series({"82.71": 1000})
    )
    known = set(table["ukuran"])
    assert {"realisasi_rp", "kebutuhan_bertahan_rp"} <= known
    assert not {"pagu_rp", "serapan_rate", "proyeksi_serapan_rate"} & known


def test_keeping_members_is_filled_times_tariff_times_twelve():
    rows = read_uang()["uang"]
    tables, _ = read_sample()
    pemda = tables["iuran_pemda"]
    for kode in ("19.01", "19.71"):
        last = pemda[pemda["kode"].eq(kode) & pemda["periode"].eq(NOW)].iloc[0]
        own = rows[rows["kode"].eq(kode) & rows["ukuran"].eq("kebutuhan_bertahan_rp")]
        assert own["nilai"].iloc[0] == pytest.approx(12 * last["tagihan_rp"])
        assert own["tahun"].iloc[0] == 2026


def test_holding_carries_everyone_once_added_to_december():
    path = np.array([790.0, 805, 780, 790, 800, 800, 800, 800, 800, 800, 800, 800])
    need = compute_kebutuhan(
        penduduk_jiwa=1000, aktif_jiwa=790, aktif_depan={0.5: path},
        terisi_jiwa=100, tarif_rp=10, target_rate=0.8,
    )  # fmt: skip
    assert need.tahan_jiwa == {0.5: 20.0}
    assert need.tahan_rp == {0.5: (10 * 2 + 20 * 10) * 10.0}
    assert need.capai_rp == 10 * 10 * 12
    assert need.bertahan_rp == 100 * 10 * 12


def test_a_low_forecast_of_activity_is_a_high_need():
    months = np.ones(12)
    need = compute_kebutuhan(
        penduduk_jiwa=1000, aktif_jiwa=800,
        aktif_depan={0.1: 780 * months, 0.5: 800 * months, 0.9: 820 * months},
        terisi_jiwa=0, tarif_rp=10, target_rate=0.8,
    )  # fmt: skip
    assert need.tahan_jiwa == {0.9: 20.0, 0.5: 0.0, 0.1: 0.0}


def test_december_projection_is_an_interval_within_the_budget():
    rows = read_uang()["uang"]
    own = rows[rows["tahun"].eq(2025)].pivot_table(
        index="kode", columns=["ukuran", "kuantil"], values="nilai"
    )
    low, mid, high = (own["proyeksi_desember_rp"][q] for q in (0.1, 0.5, 0.9))
    assert ((low <= mid) & (mid <= high)).all()
    assert (low >= own["realisasi_rp"][0.5] - 1).all()
    known = own["pagu_rp"][0.5].notna()
    spent = own["realisasi_rp"][0.5]
    assert (high <= np.maximum(own["pagu_rp"][0.5], spent) + 1)[known].all()


def test_province_is_the_sum_of_its_regions():
    rows = read_uang()["uang"].pivot_table(
        index="kode", columns=["ukuran", "kuantil"], values="nilai"
    )
    regions = rows.index[rows.index.str.len() == 5]
    for name in ("realisasi_rp", "pagu_rp", "kebutuhan_bertahan_rp"):
        own = rows[(name, 0.5)]
        assert own["19"] == pytest.approx(own[regions].sum())


def test_members_moved_from_self_payers_are_not_new():
    months = pd.date_range("2024-01-01", periods=13, freq="MS")

    def panel(moved):
        rows = []
        for t, month in enumerate(months):
            pemda = 1000 + (10_000 if t >= 6 else 0)
            pbpu = 20_000 - (10_000 * moved if t >= 6 else 0)
            for segmen, count in (("PBPU Pemda", pemda), ("PBPU", int(pbpu))):
                rows.append(("82.71", month, segmen, count))
        return pd.DataFrame(rows, columns=["kode", "periode", "segmen", "aktif_jiwa"])

    assert estimate_perpindahan(panel(0.0))["82.71"] > 0.95
    assert estimate_perpindahan(panel(1.0))["82.71"] < 0.1
    assert estimate_perpindahan(panel(0.5))["82.71"] == pytest.approx(0.5, abs=0.05)


def test_routes_price_net_new_members_and_stay_within_the_free_quota():
    tables, _ = read_sample()
    table = build_rute(tables, cutoff=NOW)
    quota = table[table["rute"].eq("kuota_pemda")].set_index("kode")
    pemda = tables["iuran_pemda"]
    last = pemda[pemda["periode"].eq(NOW)].set_index("kode")
    free = (last["kuota_jiwa"] - last["terisi_jiwa"]).clip(lower=0).astype(float)
    assert (quota["maks_jiwa"] == free[quota.index]).all()
    price = quota["biaya_per_jiwa_bulan_rp"] / quota["bersih_rate"]
    assert np.allclose(quota["biaya_bersih_rp"], price)
    assert (quota["biaya_bersih_rp"] >= quota["biaya_per_jiwa_bulan_rp"]).all()


def test_a_route_whose_head_count_was_not_delivered_is_left_out():
    tables, _ = read_sample()
    blind = tables["kepesertaan"].assign(
        nonaktif_menunggak_jiwa=pd.array([pd.NA] * len(tables["kepesertaan"]), "Int64"),
        nonaktif_mutasi_jiwa=pd.array([pd.NA] * len(tables["kepesertaan"]), "Int64"),
    )
    found = set(build_rute(tables | {"kepesertaan": blind}, cutoff=NOW)["rute"])
    assert found == {"kuota_pemda", "kuota_pemda_tambah", "reaktivasi_pbi"}


def test_every_default_route_names_source_and_whether_assumed():
    table = list_rute()
    assert table["sumber"].str.len().gt(20).all()
    assert set(table["asumsi"]) <= {"ya", "tidak"}
