"""How the sample's offices spell regions, segmen and months, and what all files say."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jkn_analysis.formats import format_number
from jkn_analysis.terms import TANDA_CONTOH
from jkn_analysis.wilayah import get_wilayah

CONTOH = f"{TANDA_CONTOH}, bukan data resmi"
KAKI = ("Sumber: BPJS Kesehatan (contoh)", f"*) {CONTOH}")
PROVINSI = {"19": "KEPULAUAN BANGKA BELITUNG", "81": "MALUKU", "82": "MALUKU UTARA"}
EJAAN = {
    "19.01": "Kab. Bangka",
    "19.02": "KAB. BELITUNG",
    "19.03": "Kab. Bangka Selatan",
    "19.04": "Kab.Bangka Tengah",
    "19.05": "Kabupaten Bangka Barat",
    "19.06": "Kab Belitung Timur",
    "19.71": "Kota Pangkalpinang",
    "82.01": "Kab. Halmahera Barat",
    "82.02": "Kab. Halmahera  Tengah",
    "82.03": "Halut",
    "82.04": "KAB. HALMAHERA SELATAN",
    "82.05": "Kab. Kep. Sula",
    "82.06": "Haltim",
    "82.07": "Kab. Morotai",
    "82.08": "P. Taliabu",
    "82.71": "Kota Ternate",
    "82.72": "Kota Tidore Kep.",
    "81.05": "SBT",
    "81.06": "SBB",
    "81.08": "MBD",
    "81.72": "Kota  Tual",
}
"""Spellings of names in the files; the others are written in full."""
NAMA_LAMA = {"81.03": "Maluku Tenggara Barat"}
"""Names in files of 2021."""
SEGMEN_BABEL = {
    "PBI JK": "PBI APBN",
    "PBPU Pemda": "PBI APBD",
    "PPU-PN": "PPU PN",
    "PPU-BU": "PPU BU",
    "PBPU": "PBPU Mandiri",
    "BP": "BP",
}
SEGMEN_MALUKU = {
    "PBI JK": "PBI-JK",
    "PBPU Pemda": "PBPU/BP Pemda",
    "PPU-PN": "PPU Penyelenggara Negara",
    "PPU-BU": "PPU Badan Usaha",
    "PBPU": "PBPU",
    "BP": "Bukan Pekerja",
}
SEGMEN_MALUT = {
    "PBI JK": "PBI APBN",
    "PBPU Pemda": "PBPU & BP Pemda",
    "PPU-PN": "PPUPN",
    "PPU-BU": "PPUBU",
    "PBPU": "Mandiri",
    "BP": "BP",
}
BULAN_LEBAR = (
    "Jan", "PEBRUARI", "Maret", "April", "Mei", "Juni",
    "Juli", "Agt", "Sept", "Okt", "Nop", "Des",
)  # fmt: skip
BULAN_LEMBAR = (
    "Jan", "Peb", "Mar", "Apr", "Mei", "Juni",
    "Juli", "Agt", "Sep", "Okt", "Nop", "Des",
)  # fmt: skip
BULAN_BESAR = (
    "JANUARI", "PEBRUARI", "MARET", "APRIL", "MEI", "JUNI", "JULI", "AGUSTUS",
    "SEPTEMBER", "OKTOBER", "NOPEMBER", "DESEMBER",
)  # fmt: skip
UKURAN = (
    "terdaftar_jiwa",
    "aktif_jiwa",
    "nonaktif_menunggak_jiwa",
    "nonaktif_mutasi_jiwa",
)
ROMAWI = {1: "Kelas I", 2: "Kelas II", 3: "Kelas III"}


def spell(kode: str, tahun: int = 9999) -> str:
    """Return a region's name as its files spell it."""
    if tahun == 2021 and kode in NAMA_LAMA:
        return NAMA_LAMA[kode]
    return EJAAN.get(kode, get_wilayah(kode).nama)


def dots(value: Any) -> str:  # noqa: ANN401 - a cell
    """Write whole numbers with dots, missing as a dash."""
    return " - " if pd.isna(value) else format_number(value).replace("−", "-")


def list_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dictionaries."""
    return [
        {str(name): value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
