"""Routes to active members: own rates before observed before assumed, net, priced."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.skenario.rute import (
    build_rute,
    count_selisih,
    estimate_laju,
    estimate_perpindahan,
    list_rute,
)
from jkn_analysis.tables import conform
from tests.money_data import NOW, read_sample


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
    assert found == {
        "kuota_pemda", "kuota_pemda_tambah", "reaktivasi_pbi", "usulkan_pbi",
    }  # fmt: skip


def test_every_default_route_names_its_source():
    assert list_rute()["sumber"].str.len().gt(20).all()


def pools(calon: list[float], aktif: list[float]) -> pd.DataFrame:
    months = pd.date_range(end=NOW, periods=len(calon), freq="MS")
    return pd.DataFrame(
        {"rute": "penagihan", "kode": "82.71", "periode": months, "calon": calon,
         "aktif": aktif}
    )  # fmt: skip


def test_a_good_month_less_the_usual_one_is_what_an_effort_adds():
    # of 1.000 candidates 10 come back in every month but three, when 50 do
    back = [0, *[10] * 9, 50, 50, 50]
    aktif = np.cumsum(back).astype(float) + 500
    rows = pools(list(1000.0 - np.cumsum(back)), list(aktif))
    rate = estimate_laju(rows, cutoff=NOW)
    share = pd.Series(back[1:]) / (1000.0 - np.cumsum(back))[:-1]
    assert rate.loc[("penagihan", "82.71")] == pytest.approx(
        share.quantile(0.9) - share.median()
    )


def test_candidates_who_leave_the_register_did_not_come_back():
    falling = [1000.0 - 20 * t for t in range(14)]
    assert estimate_laju(pools(falling, [500.0] * 14), cutoff=NOW).empty


def test_under_a_year_of_months_gives_no_rate_of_its_own():
    falling = [1000.0 - t * t for t in range(11)]
    rising = [500.0 + t * t for t in range(11)]
    assert estimate_laju(pools(falling, rising), cutoff=NOW).empty


def pbi(cutoff: str) -> pd.Series:
    """The route of PBI reactivation of a region with one month of data."""
    when = pd.Timestamp(cutoff)
    row = {"kode": "82.71", "periode": when, "segmen": "PBI JK",
           "terdaftar_jiwa": 11_000, "aktif_jiwa": 1_000}  # fmt: skip
    tables = {
        "kepesertaan": conform(pd.DataFrame([row]), "kepesertaan"),
        "iuran_pemda": conform(pd.DataFrame(), "iuran_pemda"),
        "selisih": conform(pd.DataFrame(), "selisih"),
    }
    found = build_rute(tables, cutoff=when).set_index("rute")
    return found.loc["reaktivasi_pbi"]


def test_an_observed_rate_replaces_ours_and_only_once_it_was_published():
    before, after = pbi("2026-01-01"), pbi("2026-02-01")
    assert (before["asumsi"], before["per_bulan_jiwa"]) == ("ya", 500)
    # 6,7% of 10.000, of whom 0,65% come back without an effort
    assert (after["asumsi"], after["per_bulan_jiwa"]) == ("tidak", 670)
    assert after["bersih_rate"] == pytest.approx(1 - 0.0065 / 0.067)
    assert "IDX Channel" in after["sumber"]
    assert "IDX Channel" not in before["sumber"]


def test_register_differences_are_counted_once_in_the_newest_month():
    rows = pd.DataFrame(
        [
            ("82.71", None, "2025-08-01", "pemda_sudah_ppu", 200, 0),
            ("82.71", None, "2025-11-01", "pemda_sudah_ppu", 310, 10),
            ("82.71", "Moti", "2025-11-01", "pemda_sudah_ppu", 40, 0),
            ("82.71", None, "2025-12-01", "pemda_sudah_ppu", 999, 0),
            ("82.72", None, "2025-11-01", "pemda_sudah_ppu", None, None),
        ],
        columns=["kode", "kecamatan", "periode", "alasan", "jumlah_jiwa",
                 "nonaktif_jiwa"],
    ).assign(kantor="Dinas Kesehatan")  # fmt: skip
    rows["periode"] = pd.to_datetime(rows["periode"])
    table = conform(rows, "selisih")
    names = ("pemda_sudah_ppu",)
    assert count_selisih(table, names, cutoff=NOW).to_dict() == {
        "82.71": 310, "82.72": 0,
    }  # fmt: skip
    active = count_selisih(table, names, cutoff=NOW, aktif=True)
    assert active["82.71"] == 300
