"""An entry of the registry is all an indicator needs; the tutorial shows it."""

from __future__ import annotations

import nbformat
import pandas as pd
import pytest

from jkn_analysis.errors import StoreError, UnknownNameError
from jkn_analysis.indicators import INDICATORS, Indicator
from jkn_analysis.jelajah.indicator import plot_indicator
from jkn_analysis.measures import build_ukuran
from jkn_analysis.store import write_table
from jkn_analysis.tables import conform
from jkn_analysis.terms import SEGMEN
from tests.unit.page_data import build_region, store_tables
from tests.unit.test_indicators import TOP, look, make_tables

KODE = "82.71"


def add(monkeypatch, **fields) -> Indicator:
    entry = Indicator("baru", arti="yang baru", unit="rasio", **fields)
    monkeypatch.setitem(INDICATORS, "baru", entry)
    return entry


def make_faskes(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["kode", "periode", "dokter"])
    frame["periode"] = pd.to_datetime(frame["periode"])
    return conform(frame.assign(fktp=1, fkrtl=1), "faskes")


def test_an_entry_over_another_table_is_a_ratio_of_sums(monkeypatch):
    add(
        monkeypatch,
        numerator="terdaftar_jiwa",
        denominator="dokter",
        table="kepesertaan",
        denominator_table="faskes",
    )
    doctors = [("82.71", "2025-01-01", 6), ("82.72", "2025-01-01", 4)]
    ukuran = build_ukuran({**make_tables(), "faskes": make_faskes(doctors)})
    assert look(ukuran, "82.71", "baru").dropna().tolist() == [600 / 6]
    assert look(ukuran, "82", "baru").dropna().tolist() == [900 / 10]
    assert look(ukuran, "00", "baru").dropna().empty, "81.01 has no doctors counted"


def test_an_entry_of_one_segmen_counts_that_segmen_only(monkeypatch):
    add(
        monkeypatch,
        numerator="aktif_jiwa",
        denominator="terdaftar_jiwa",
        table="kepesertaan",
        segmen="PBI JK",
    )
    ukuran = build_ukuran(make_tables())
    assert look(ukuran, "82.71", "baru").tolist() == [50 / 600, 50 / 600]


def test_an_entry_is_measured_per_segmen_with_no_word_of_code(monkeypatch):
    add(
        monkeypatch,
        numerator="aktif_jiwa",
        denominator="terdaftar_jiwa",
        table="kepesertaan",
    )
    ukuran = build_ukuran(make_tables())
    for name in (*SEGMEN, "total"):
        assert look(ukuran, "82", "baru", name).tolist() == [0.5, 0.5]


def test_an_entry_whose_table_is_absent_is_not_measured(monkeypatch):
    add(monkeypatch, numerator="dokter", denominator=None, table="faskes")
    assert look(build_ukuran(make_tables()), "82.71", "baru").empty


def test_every_entry_names_columns_of_its_table():
    from jkn_analysis.tables import TABLES

    derived = {"tunggakan_pemda_rp", "dibayar_tahun_rp", "pagu_rp"}
    derived |= {"dokter", "keluhan"}
    for entry in INDICATORS.values():
        assert entry.numerator in {*TABLES[entry.table].names, *derived}
        if entry.denominator is not None:
            names = TABLES[entry.denominator_table].names
            assert entry.denominator in {*names, *derived}


def test_a_name_nobody_registered_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UnknownNameError, match="cakupan_rate"):
        plot_indicator("cakupan", KODE, root=tmp_path)


def test_an_indicator_never_delivered_says_which_table_to_send(tmp_path):
    store_tables([build_region(KODE)], tmp_path)
    write_table(conform(pd.DataFrame(), "ukuran"), "ukuran", root=tmp_path)
    with pytest.raises(StoreError, match="deliver table iuran"):
        plot_indicator("kolektibilitas_rate", KODE, root=tmp_path)


def test_the_tutorial_puts_an_indicator_on_the_page(tmp_path, monkeypatch):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    region = build_region(KODE)
    panel = region["kepesertaan"]
    grown = panel.groupby("segmen").cumcount() * 7
    panel["terdaftar_jiwa"] += grown
    panel["nonaktif_mutasi_jiwa"] += grown
    store_tables([region], tmp_path / "data" / "processed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(INDICATORS, "tunggakan_per_penunggak_rp", None)
    notebook = nbformat.read(TOP / "notebooks" / "panduan.ipynb", as_version=4)
    seen: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, seen)  # noqa: S102, RUF100 - our own notebook
    added = seen["tambahan"]
    page = seen["halaman"]
    part = next(part for part in page.bagian if part.nama == "indikator")
    row = part.tabel[0].baris[0]
    assert row[0].teks == added.arti
    ages = 24 * 25 / 2 + 24
    assert row[2].nilai == 35_000 * ages / 25
