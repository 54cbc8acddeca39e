"""The real files beside the repository: chosen cells, read off the files by eye."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from jkn_analysis.cleaning import clean, read_sheet, read_table_typed

pytestmark = pytest.mark.shared
NA = None

DISASTERS = {
    ("angin_kencang_2018", "Susukan"): [1, 3, NA, NA, 1, NA, NA, NA, NA, NA, NA, 2],
    ("angin_kencang_2019", "Pagedongan"): [NA] * 11 + [3],
    ("angin_kencang_2020", "Kalibening"): [NA] * 10 + [29, NA],
    ("angin_kencang_2021", "Wanayasa"): [NA, NA, NA, 2, NA, NA, NA, NA, NA, 1, 1, NA],
    ("kebakaran_2018", "Banjarnegara"): [NA, NA, NA, 1, NA, NA, NA, NA, NA, NA, NA, 1],
    ("kebakaran_2019", "Pandanarum"): [NA, NA, NA, NA, 1, NA, NA, 2, 1, NA, NA, NA],
    ("kebakaran_2020", "Susukan"): [NA, 1, NA, 1, NA, 2, NA, NA, 1, NA, NA, 2],
    ("kebakaran_2021", "Batur"): [NA, NA, NA, 1, NA, 1, NA, NA, NA, 1, NA, NA],
    ("tanah_longsor_2018", "Pagentan"): [10, 2, 1, 2, NA, NA, NA, NA, NA, NA, 1, 2],
    ("tanah_longsor_2019", "Pejawaran"): [3, 7, 7, 1, NA, NA, NA, 1, NA, NA, NA, NA],
    ("tanah_longsor_2020", "Banjarmangu"): [
        NA,
        17,
        5,
        NA,
        NA,
        NA,
        NA,
        NA,
        NA,
        12,
        NA,
        28,
    ],
    ("tanah_longsor_2021", "Karangkobar"): [NA, 3, NA, NA, NA, 1, NA, 1, NA, 9, 10, 2],
}


@pytest.mark.parametrize(("file", "kecamatan"), list(DISASTERS))
def test_month_columns_of_the_disaster_files(shared, file, kecamatan):
    path = shared / "data" / "messy_banjarnegara" / f"{file}.csv"
    typed = read_table_typed(path)[0]
    assert typed.ok
    assert typed.frame.shape == (20, 13)
    row = typed.frame.set_index("Kecamatan").loc[kecamatan]
    assert [None if pd.isna(value) else int(value) for value in row] == DISASTERS[
        file, kecamatan
    ]
    assert typed.year == int(file[-4:])


def test_visitors_per_month(shared):
    folder = shared / "data" / "messy_banjarnegara"
    candi = read_table_typed(folder / "candi_arjuna_2020.csv")[0].frame
    assert candi["BULAN"].tolist() == list(range(1, 13))
    assert candi["KUNJUNGAN"].head(3).tolist() == [408, 153, 48]
    assert candi["KUNJUNGAN"].tail(9).isna().all()
    kawah = read_table_typed(folder / "kawah_candradimuka_2020.csv")[0].frame
    assert kawah["KUNJUNGAN"].tolist()[-6:] == [53, 725, 369, 166, 315, 358]


@pytest.mark.parametrize(
    ("year", "kecamatan", "values"),
    [
        (2018, "Bawang", [2, 12, 29, 0, 0]),
        (2019, "Purwareja Klampok", [15, 175, 53, 10, 10]),
        (2020, "Pwj Klampok", [37, 218, 48, 25, 10]),
        (2021, "Purwonegoro", [22, 79, 41, 11, 5, 4, 4, 5, 9]),
    ],
)
def test_health_workers_per_kecamatan(shared, year, kecamatan, values):
    name = f"tenaga_kesehatan_per_kecamatan_{year}.csv"
    typed = read_table_typed(shared / "data" / "messy_banjarnegara" / name)[0]
    assert typed.frame.set_index("Kecamatan").loc[kecamatan].tolist() == values


def test_village_codes_and_counts(shared):
    folder = shared / "data" / "jabar_warga_bpjs_desa"
    typed = read_table_typed(
        folder / "jumlah_warga_terdaftar_peserta_bpjs_kesehatan.csv"
    )[0]
    frame = typed.frame
    assert typed.ok
    assert len(frame) == 26_559
    first = frame.iloc[0]
    assert first["bps_kode_desa_kelurahan"] == "3201190006"
    assert first["kemendagri_kode_desa_kelurahan"] == "32.01.02.2001"
    assert first["bps_kode_kabupaten_kota"] == "3201"
    assert (first["jumlah_ warga_terdaftar_bpjs"], first["tahun"]) == (16_721, 2019)
    assert int((frame["jumlah_ warga_terdaftar_bpjs"] == 0).sum()) == 445
    assert int(frame["jumlah_ warga_terdaftar_bpjs"].max()) == 100_000
    assert frame["id"].is_unique


def test_hundred_random_cells_of_the_villages_equal_the_file(shared):
    path = next((shared / "data" / "jabar_warga_bpjs_desa").glob("*.csv"))
    lines = path.read_text(encoding="utf-8").splitlines()
    frame = read_table_typed(path)[0].frame
    rng = random.Random(5)
    for _ in range(100):
        row, column = rng.randrange(len(frame)), rng.randrange(frame.shape[1])
        text = lines[row + 1].split(",")[column]
        value = frame.iloc[row, column]
        plain = text.removesuffix(".0")
        assert str(value) == plain or value == float(text), (row, column)


def test_percent_json_becomes_fractions_with_the_unit_recorded(shared):
    folder = shared / "data" / "jabar_non_pbi_persen"
    typed = read_table_typed(folder / "persentase_non_pbi_jabar_2023_2024.json")[0]
    assert typed.frame.shape == (162, 4)
    assert typed.units["persentase"] == "fraction (persen / 100)"
    by = typed.frame.set_index(["kabupaten_kota", "tahun", "jenisPBI"])["persentase"]
    ppu, bp = "PEKERJA PENERIMA UPAH (PPU)", "BUKAN PEKERJA (BP)"
    assert by["KABUPATEN BOGOR", 2023, ppu] == pytest.approx(0.2593)
    assert by["KABUPATEN CIANJUR", 2023, bp] == pytest.approx(0.016)
    assert by["KOTA BANJAR", 2024, bp] == pytest.approx(0.0236)


def test_population_of_the_country_cleans_like_the_sample(shared):
    path = shared / "data" / "wilayah_penduduk_2025" / "penduduk_dukcapil_sem2_2024.csv"
    result = clean("penduduk", read_sheet(path))
    assert result.ok
    people = result.frame.set_index("kode")["penduduk_jiwa"]
    assert (len(people), people["00"], people["82.02"]) == (553, 284_973_643, 106_500)
    assert set(result.frame["sumber"]) == {"Dukcapil sem II 2024"}


def test_code_tables_are_read_with_both_systems_as_text(shared):
    folder = shared / "data" / "wilayah_penduduk_2025"
    codes = read_table_typed(folder / "kode_kemendagri_vs_bps.csv")[0]
    assert codes.kinds["kode_bps"] == codes.kinds["kode_kemendagri"] == "code"
    pair = codes.frame.set_index("kode_kemendagri")["kode_bps"]
    assert (pair["82.03"], pair["82.05"]) == ("8205", "8203")
    area = read_table_typed(folder / "luas_km2.csv")[0]
    assert area.ok
    assert area.frame.set_index("kode")["luas_km2"]["11"] == pytest.approx(56_835.019)
