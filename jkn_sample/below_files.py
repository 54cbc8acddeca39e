"""Flows and participants by kecamatan as files that offices would send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.arus.sebab import list_sebab
from jkn_analysis.formats import format_periode
from jkn_analysis.store import write_bytes
from jkn_analysis.terms import LUAR, NONAKTIF, SEGMEN
from jkn_sample.files import Cell, Lembar, build_xlsx
from jkn_sample.office_words import (
    BULAN_LEMBAR,
    CONTOH,
    KAKI,
    PROVINSI,
    SEGMEN_BABEL,
    SEGMEN_MALUT,
    list_records,
    spell,
)

if TYPE_CHECKING:
    from pathlib import Path


def _month_sheet(month: pd.Timestamp, title: str) -> Lembar:
    """Begin a sheet of one month."""
    sheet = Lembar(BULAN_LEMBAR[month.month - 1])
    sheet.add([title], [f"Periode : {format_periode(month)}"], [CONTOH], [], bold=3)
    return sheet


def write_arus(frame: pd.DataFrame, folder: Path) -> None:
    """Write the mutation report, a sheet per month, states and causes in words."""
    words = {name: SEGMEN_MALUT[name] for name in SEGMEN}
    words |= {NONAKTIF: "Nonaktif", LUAR: "Belum Terdaftar"}
    sheets = []
    for month, rows in frame.groupby("periode"):
        sheet = _month_sheet(pd.Timestamp(month), "LAPORAN MUTASI PESERTA JKN")  # type: ignore[arg-type]
        head = ["No", "Kab/Kota", "Segmen Asal", "Segmen Tujuan", "Sebab Mutasi"]
        sheet.add([*head, "Jumlah"], bold=1)
        for number, row in enumerate(list_records(rows), start=1):
            ends = [words[row["segmen_asal"]], words[row["segmen_tujuan"]]]
            why = list_sebab()[row["sebab"]].arti
            sheet.add([number, spell(row["kode"]), *ends, why, row["jiwa"]])
        sheet.add([], *[[text] for text in KAKI])
        sheets.append(sheet)
    write_bytes(folder / "mutasi_peserta.xlsx", build_xlsx(sheets))


def _kecamatan_sheet(frame: pd.DataFrame, month: pd.Timestamp) -> Lembar:
    """Return one month: a row per kecamatan, the segmen beside each other."""
    sheet = _month_sheet(month, "PESERTA JKN MENURUT KECAMATAN")
    top: list[Cell] = ["No", "Kab/Kota", "Kecamatan"]
    start = len(sheet.baris)
    for name in SEGMEN:
        sheet.gabung.append((start, len(top), start, len(top) + 1))
        top += [SEGMEN_BABEL[name], None]
    sheet.gabung += [(start, c, start + 1, c) for c in range(3)]
    sheet.add(top, [None] * 3 + ["Terdaftar", "Aktif"] * len(SEGMEN), bold=2)
    counts = ["terdaftar_jiwa", "aktif_jiwa"]
    for number, (place, rows) in enumerate(frame.groupby(["kode", "kecamatan"]), 1):
        kode, name = map(str, place)  # type: ignore[arg-type]
        cells = rows.set_index("segmen")[counts].loc[list(SEGMEN)].to_numpy().ravel()
        sheet.add([number, spell(kode), name, *cells.tolist()])
    sheet.add([], *[[text] for text in KAKI])
    return sheet


def write_kecamatan(frame: pd.DataFrame, folder: Path) -> None:
    """Write one workbook per province, a sheet per month."""
    for provinsi in PROVINSI:
        own = frame[frame["kode"].str.startswith(provinsi)]
        sheets = [
            _kecamatan_sheet(rows.drop(columns="periode"), pd.Timestamp(month))  # type: ignore[arg-type]
            for month, rows in own.groupby("periode")
        ]
        write_bytes(folder / f"kecamatan_{provinsi}.xlsx", build_xlsx(sheets))
