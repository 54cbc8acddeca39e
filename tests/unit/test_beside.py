"""Whom PBI JK reaches and the fiscal room: measured, stored, on page and mail."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from jkn_analysis.briefing import build_briefing
from jkn_analysis.fiskal import find_old_debt, measure_ruang
from jkn_analysis.sasaran import measure_sasaran, publish
from jkn_analysis.tables import conform
from tests.unit.page_data import build_region, store_tables

NOVEMBER = pd.Timestamp("2025-11-01")


def deciles(pbi=(900, 800, 700, 600, 500, 400, 300, 200, 100, 50), jiwa=1000):
    rows = {"kode": "82.71", "periode": NOVEMBER, "desil": range(1, 11)}
    return conform(pd.DataFrame({**rows, "jiwa": jiwa, "pbi_jiwa": pbi}), "sasaran_pbi")


def proposals():
    rows = [("2025-07-01", 1000, 800, 320), ("2025-10-01", 1200, 600, None)]
    names = ["periode", "kuota_pbi_jiwa", "diusulkan_jiwa", "diterima_jiwa"]
    frame = pd.DataFrame(rows, columns=names).assign(kode="82.71")
    return conform(frame, "usulan_pbi")


def budget():
    row = {"kode": "82.71", "tahun": 2025, "apbd_rp": 1_000 * 10**9}
    row |= {"pajak_rokok_rp": 8 * 10**9, "dbh_rp": 50 * 10**9, "dau_rp": 450 * 10**9}
    return conform(pd.DataFrame([row]), "fiskal")


def bills(months: int, paid: int):
    dates = pd.date_range("2024-01-01", periods=months, freq="MS")
    rows = {"kode": "82.71", "periode": dates, "kuota_jiwa": 10, "terisi_jiwa": 10}
    return conform(
        pd.DataFrame({**rows, "tagihan_rp": 100, "dibayar_rp": paid}), "iuran_pemda"
    )


def test_the_poor_without_and_the_others_with_pbi_are_counted_apart():
    found = measure_sasaran(deciles(), proposals())
    assert found.miskin_tanpa_pbi_jiwa == 100 + 200 + 300 + 400 + 500
    assert found.mampu_dengan_pbi_jiwa == 400 + 300 + 200 + 100 + 50
    assert (found.usulan["diusulkan_jiwa"], found.putusan["diterima_jiwa"]) == (
        600,
        320,
    )


def test_a_sum_of_deciles_of_which_one_is_not_there_is_not_told():
    found = measure_sasaran(deciles().iloc[1:], proposals().iloc[:0])
    assert found.miskin_tanpa_pbi_jiwa is None
    assert found.mampu_dengan_pbi_jiwa == 1050


@pytest.mark.parametrize("pbi", [3, 997])
def test_a_small_count_hides_its_row_whether_with_or_without_pbi(pbi):
    told = publish(deciles((pbi, *[500] * 9)))
    assert told.loc[0, ["jiwa", "pbi_jiwa"]].isna().all()
    assert told["pbi_jiwa"].dropna().mod(5).eq(0).all()


@pytest.mark.parametrize(
    ("months", "paid", "old"), [(12, 0, None), (13, 0, 100), (24, 40, 240), (24, 60, 0)]
)
def test_old_debt_is_what_was_owed_a_year_ago_less_all_paid_since(months, paid, old):
    # 24 months, 40 of 100 paid: owed after 12 months 720, paid since 480
    assert find_old_debt(bills(months, paid), months=12) == old


def test_old_debt_is_unknown_where_a_month_is_missing():
    rows = bills(24, 0).drop(index=15)
    assert find_old_debt(rows, months=12) is None


def test_the_cigarette_tax_owes_jkn_three_eighths():
    lines = [("APBD", 15, 1), ("Pajak rokok", 2, 0)]
    money = pd.DataFrame(lines, columns=["sumber_dana", "pagu_rp", "pergeseran_rp"])
    money[["pagu_rp", "pergeseran_rp"]] *= 10**9
    money = conform(money.assign(kode="82.71", tahun=2025), "anggaran")
    room = measure_ruang(budget(), money, bills(3, 0), tanggal=dt.date(2025, 11, 30))
    assert (room.porsi_rate, room.rokok_wajib_rp) == (0.018, 3 * 10**9)
    assert (room.rokok_jkn_rp, room.dau_dbh_rp) == (2 * 10**9, 500 * 10**9)
    assert room.potong_aturan.kepastian == "tidak pasti"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    root = tmp_path_factory.mktemp("processed")
    with_tables = build_region("82.71")
    with_tables |= {"sasaran_pbi": deciles(), "usulan_pbi": proposals()}
    with_tables["fiskal"] = budget()
    hidden = publish(deciles((3, *[500] * 9))).assign(kode="82.02")
    few = build_region("82.02") | {"sasaran_pbi": hidden, "usulan_pbi": proposals()}
    few["usulan_pbi"]["kode"] = "82.02"
    store_tables([with_tables, build_region("82.01"), few], root)
    return {
        kode: build_briefing(kode, "2025-11", root=root)
        for kode in ("82.71", "82.01", "82.02")
    }


def test_page_and_mails_say_whom_pbi_misses_and_what_the_budget_bears(pages):
    page = pages["82.71"]
    part = next(part for part in page.bagian if part.nama == "sasaran")
    assert part.terlipat
    assert "1.500 orang desil 1–5 belum PBI JK; 1.050 orang" in part.kalimat[0]
    assert part.kalimat[2] == "Dari usulan Juli 2025, 320 dari 800 diterima (40%)."
    notes = {note.kantor: " ".join(note.kalimat) for note in page.surat.kantor}
    assert "1.500 orang desil 1–5" in notes["Dinas Sosial"]
    assert "dari APBD (Rp1,0 triliun)" in notes["BPKAD"]
    assert "belum pasti" not in notes["Dinas Sosial"]


def test_a_hidden_decile_is_said_to_be_hidden_in_all_its_counts(pages):
    part = next(part for part in pages["82.02"].bagian if part.nama == "sasaran")
    first, second = (
        [cell.teks for cell in row[1:]] for row in part.berkas[0].baris[:2]
    )
    assert first == ["disembunyikan"] * 3
    assert second == ["1.000", "500", "500"]


def test_without_the_tables_page_and_mails_say_nothing_of_them(pages):
    page = pages["82.01"]
    assert "sasaran" not in [part.nama for part in page.bagian]
    told = " ".join(line for note in page.surat.kantor for line in note.kalimat)
    money = next(part for part in page.bagian if part.nama == "uang")
    assert "desil" not in told
    assert "APBD (" not in told + " ".join(money.rinci)
