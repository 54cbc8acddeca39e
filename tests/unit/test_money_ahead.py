"""The page's sentences on money ahead: intervals, method, lateness, what is missing."""

from __future__ import annotations

import pandas as pd
import pytest

from jkn_analysis.briefing import build_briefing
from jkn_analysis.store import write_tables
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.wilayah import list_wilayah
from tests.money_data import read_sample, read_uang

KODE = "19.71"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uang")
    tables, _ = read_sample()
    everything = {
        "wilayah": list_wilayah(),
        **tables,
        **read_uang(),
    }
    known = {name: table for name, table in everything.items() if name in TABLES}
    write_tables(known, root=folder, contoh=True)
    return folder


def part(root, nama, **settings):
    page = build_briefing(KODE, "2025-11", root=root, **settings)
    return next(one for one in page.bagian if one.nama == nama)


def test_arrears_of_both_kinds_come_with_an_interval_and_a_method(root):
    told = " ".join(part(root, "tunggakan").kalimat)
    assert "tunggakan peserta diperkirakan" in told
    assert "31 Desember 2025" in told
    assert told.count("8 dari 10 kemungkinan") >= 1
    assert "Cara hitung:" in told
    assert "Setiap bulan yang tidak dibayar menambah Rp" in told


def test_budget_part_says_december_and_collection_and_draws_the_line(root):
    found = part(root, "uang")
    told = " ".join(found.kalimat)
    assert "Sampai Desember 2025 pembayaran diperkirakan" in told
    assert "iuran PBPU yang ditagih diterima" in told
    chart = next(one for one in found.batang if one.nama == "anggaran")
    assert chart.batas is not None
    assert chart.ramalan == 1
    assert len(chart.periode) == 12
    assert list(chart.nilai) == sorted(chart.nilai)


def test_english_says_the_same_numbers(root):
    told = " ".join(part(root, "tunggakan", bahasa="en").kalimat)
    assert "8 chances in 10" in told
    assert "Method:" in told


def test_without_money_tables_the_page_says_nothing_of_the_future(root, tmp_path):
    tables, made = read_sample()
    stored = {"wilayah": list_wilayah(), **tables, "ramalan": made["ramalan"]}
    known = {name: table for name, table in stored.items() if name in TABLES}
    write_tables(known, root=tmp_path, contoh=True)
    told = " ".join(part(tmp_path, "tunggakan").kalimat)
    assert "diperkirakan" not in told


def test_debt_is_laid_out_by_quarter(root, tmp_path):
    tables, _ = read_sample()
    found = read_uang()["utang_pemda"]
    owed = found.assign(
        tunggakan_pemda_rp=found["tunggakan_pemda_rp"] + 5e9, peluang_lunas=0.0
    )
    stored = {"wilayah": list_wilayah(), **tables, **read_uang()}
    stored |= {"utang_pemda": conform(owed, "utang_pemda")}
    known = {name: table for name, table in stored.items() if name in TABLES}
    write_tables(known, root=tmp_path, contoh=True)
    page = part(tmp_path, "tunggakan")
    table = next(one for one in page.tabel if one.nama == "tunggakan_pemda")
    assert [row[0].teks for row in table.baris] == [
        "31 Desember 2025", "31 Maret 2026", "30 Juni 2026", "30 September 2026",
    ]  # fmt: skip
    assert "selalu ada tagihan yang belum lunas" in " ".join(page.kalimat)
    assert pd.Series([row[1].nilai for row in table.baris]).gt(0).all()
