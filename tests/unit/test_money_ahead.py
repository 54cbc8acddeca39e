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


def part(root, *names: str, bahasa: str = "id"):
    page = build_briefing(KODE, "2025-11", root=root, bahasa=bahasa)
    return [one for one in page.bagian if one.nama in names]


def say(parts) -> str:
    return " ".join(text for one in parts for text in (*one.kalimat, *one.rinci))


ARREARS = ("tunggakan_pemda", "tunggakan_peserta")


def test_arrears_of_both_kinds_come_with_an_interval_and_a_method(root):
    told = say(part(root, *ARREARS))
    assert "tunggakan peserta diperkirakan" in told
    assert "31 Desember 2025" in told
    assert told.count("8 dari 10 kemungkinan") >= 1
    assert "Cara hitung:" in told
    assert "Setiap bulan yang tidak dibayar menambah Rp" in told


def test_budget_part_says_december_and_collection_and_draws_the_line(root):
    (found,) = part(root, "uang")
    told = say([found])
    assert "Sampai Desember 2025 pembayaran diperkirakan" in told
    assert "iuran PBPU yang ditagih diterima" in told
    (chart,) = found.gambar
    months = [row.label for row in chart.rows]
    assert months == ["Okt 2025", "Nov 2025", "Des 2025, proyeksi"]
    paid = [row.spans[0].high for row in chart.rows]
    assert paid == sorted(paid)
    given = read_sample()[0]["anggaran"]
    given = given[(given["kode"] == KODE) & (given["tahun"] == 2025)]
    budget = given["pagu_rp"].sum() + given["pergeseran_rp"].sum()
    assert [value for value, _, _ in chart.lines] == [budget]


def test_english_says_the_same_numbers(root):
    told = say(part(root, *ARREARS, bahasa="en"))
    assert "8 chances in 10" in told
    assert "Method:" in told


def test_without_money_tables_the_page_says_nothing_of_the_future(root, tmp_path):
    tables, made = read_sample()
    stored = {"wilayah": list_wilayah(), **tables, "ramalan": made["ramalan"]}
    known = {name: table for name, table in stored.items() if name in TABLES}
    write_tables(known, root=tmp_path, contoh=True)
    told = say(part(tmp_path, *ARREARS))
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
    (page,) = part(tmp_path, "tunggakan_pemda")
    (table,) = page.lipat
    assert [row[0].teks for row in table.baris] == [
        "31 Desember 2025", "31 Maret 2026", "30 Juni 2026", "30 September 2026",
    ]  # fmt: skip
    assert "selalu ada tagihan yang belum lunas" in say([page])
    assert pd.Series([row[1].nilai for row in table.baris]).gt(0).all()
