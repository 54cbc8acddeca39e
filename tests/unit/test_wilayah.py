"""Regions: codes, spellings, and what is refused."""

from __future__ import annotations

import csv

import pytest

from jkn_analysis.errors import UnknownNameError
from jkn_analysis.tables import check
from jkn_analysis.wilayah import (
    find_wilayah,
    get_wilayah,
    list_wilayah,
    read_penduduk,
)

EJAAN = {
    "82.01": ["Halbar", "Kab. Halmahera Barat", "HALMAHERA BARAT"],
    "82.02": ["Halteng", "Kab. Halmahera  Tengah", "Kab Halmahera Tengah"],
    "82.03": [
        "Halut",
        "KABUPATEN HALMAHERA UTARA",
        "Halmahera-Utara",
        "82.03",
        "82,03",
    ],
    "82.04": ["Halsel", "KAB.HALMAHERA SELATAN"],
    "82.05": ["Kab. Kep. Sula", "Kab. Kepulauan Sula", "Kepsul", "Kep Sula", "Sula"],
    "82.06": ["Haltim", "Halmahera\nTimur"],
    "82.07": ["Kab. Morotai", "Kep. Morotai", "Pulmor", "P. Morotai", "Pulau Morotai"],
    "82.08": ["P. Taliabu", "Taliabu", "Kab. Pulau Taliabu", "Pulau  Taliabu"],
    "82.71": ["Ternate", "Kota Ternate", "K o t a  T e r n a t e", "Térnate", "8271"],
    "82.72": ["Kota Tidore Kep.", "Tidore", "Tikep", "Kota Tidore Kepulauan"],
    "81.01": ["Malteng", "Maluku Tengah"],
    "81.02": ["Malra", "Maluku Tenggara", "Kab. Maluku Tenggara"],
    "81.03": ["MTB", "Maluku Tenggara Barat", "KKT", "Tanimbar", "Kep. Tanimbar"],
    "81.05": ["SBT"],
    "81.06": ["SBB"],
    "81.08": ["MBD"],
    "81.09": ["Bursel"],
    "19.01": ["Bangka", "Kab. Bangka", "Kab.Bangka"],
    "19.02": ["Belitung"],
    "19.03": ["Basel"],
    "19.04": ["Bateng"],
    "19.05": ["Babar"],
    "19.06": ["Beltim", "Belitung Timur"],
    "19.71": ["Pangkal Pinang", "Pangkalpinang", "Kota Pangkalpinang"],
    "19": ["Babel", "Kep. Bangka Belitung", "Prov. Kep. Bangka Belitung"],
    "81": ["Maluku", "Provinsi Maluku"],
    "82": ["Maluku Utara", "Malut", "82"],
    "31.71": ["Kota Adm. Jakarta Pusat", "Jakarta Pusat", "Jakpus"],
    "33.04": ["B a n j a r n e g a r a"],
    "72.04": ["Tolitoli", "Toli-Toli"],
    "74.72": ["Baubau", "Bau-Bau", "Bau Bau"],
    "32.01": ["Kab. Bogor", "Bogor, Kabupaten"],
    "63.02": ["Kotabaru", "Kab. Kotabaru"],
    "35.79": ["Kota Batu"],
    "12.12": ["Toba Samosir", "Toba"],
    "76.01": ["Mamuju Utara", "Pasangkayu"],
    "00": ["INDONESIA", "Nasional", "00", "0"],
}


@pytest.mark.parametrize(
    ("kode", "text"), [(kode, text) for kode, texts in EJAAN.items() for text in texts]
)
def test_spellings_seen_in_exports_are_found(kode, text):
    assert find_wilayah(text).kode == kode


def test_there_are_38_provinces_and_514_kabupaten_kota():
    counts = list_wilayah()["jenis"].value_counts()
    assert counts.to_dict() == {"kabupaten": 416, "kota": 98, "provinsi": 38}


def test_wilayah_and_penduduk_are_valid_tables():
    check(list_wilayah(), "wilayah")
    check(read_penduduk(), "penduduk")


def test_every_official_name_and_code_finds_its_region():
    for kode in list_wilayah()["kode"]:
        region = get_wilayah(kode)
        assert find_wilayah(region.nama_lengkap.upper()) == region
        assert find_wilayah(region.kode_bps, system="bps") == region
        assert find_wilayah(kode, system="kemendagri") == region


def test_population_of_parts_sums_to_province_and_country():
    people = read_penduduk().set_index("kode")["penduduk_jiwa"]
    parts = people[people.index.str.len() == 5]
    by_province = parts.groupby(parts.index.str[:2]).sum()
    assert by_province.equals(people[by_province.index])
    assert parts.sum() == people["00"] == 284_973_643
    assert people[["19", "81", "82"]].tolist() == [1_549_562, 1_935_586, 1_394_231]


@pytest.mark.parametrize("digits", ["8203", 8203, "8203.0", 8203.0])
def test_digits_that_mean_two_regions_are_never_guessed(digits):
    with pytest.raises(UnknownNameError, match=r"82\.03.*82\.05 Kabupaten Kepulauan"):
        find_wilayah(digits)
    assert find_wilayah(digits, system="kemendagri").kode == "82.03"
    assert find_wilayah(digits, system="bps").kode == "82.05"


def test_digits_known_to_one_system_only_still_need_the_system():
    with pytest.raises(UnknownNameError, match="depend on the code system"):
        find_wilayah("9410")
    assert find_wilayah("9419", system="bps").nama == "Sarmi"


def test_a_code_that_lost_its_zero_is_refused_with_both_readings():
    with pytest.raises(UnknownNameError, match=r"11\.01 .*11\.10 "):
        find_wilayah("11.1")


def test_a_name_of_kabupaten_and_kota_needs_the_kind():
    with pytest.raises(UnknownNameError, match=r"32\.01 .*32\.71 Kota Bogor"):
        find_wilayah("Bogor")
    assert find_wilayah("Bogor", jenis="kota").kode == "32.71"


def test_a_province_narrows_the_search():
    with pytest.raises(UnknownNameError, match="fits 2 regions"):
        find_wilayah("Banjar")
    assert find_wilayah("Banjar", kode_provinsi="63").kode == "63.03"
    assert find_wilayah("Gorontalo", jenis="provinsi").kode == "75"


def test_an_unknown_name_lists_the_most_similar_first():
    with pytest.raises(UnknownNameError, match=r"candidates: 82\.71 Kota Ternate"):
        find_wilayah("Ternatte")
    with pytest.raises(UnknownNameError, match=r"82\.03 Kabupaten Halmahera"):
        find_wilayah("Halmahera")


def test_code_and_name_together_must_agree():
    assert find_wilayah("8203 Kepulauan Sula").kode == "82.05"
    with pytest.raises(UnknownNameError, match="code and name disagree"):
        find_wilayah("8204 Halmahera Utara")


def test_codes_before_the_new_papua_provinces_lead_to_todays():
    assert find_wilayah("91.01").nama_lengkap == "Kabupaten Merauke"


def test_names_of_all_vintages_since_2018_are_found(shared):
    folder = shared / "data" / "wilayah_penduduk_2025"
    for year in (2018, 2020, 2022, 2023):
        path = folder / f"kode_prov_kabkota_{year}.csv"
        with path.open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                kind = "provinsi" if len(row["kode"]) == 2 else None
                by_name = find_wilayah(row["nama"], jenis=kind)
                assert by_name == find_wilayah(row["kode"], system="kemendagri")
