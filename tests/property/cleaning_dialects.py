"""Render a kepesertaan table the way offices write it, in every form we know."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tests import xlsb

BULAN = {
    "penuh": [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ],
    "besar": [
        " JANUARI ",
        " PEBRUARI ",
        "MARET",
        "APRIL",
        "MEI",
        "JUNI",
        "JULI",
        "AGUSTUS",
        "SEPTEMBER",
        "OKTOBER",
        "NOPEMBER",
        "DESEMBER",
    ],
    "singkat": [
        "Jan",
        "Peb",
        "Mar",
        "Apr",
        "Mei",
        "Juni",
        "Jul",
        "Agt",
        "Sept",
        "Okt",
        "Nop",
        "Des",
    ],
}
SEGMEN = {
    "baku": {},
    "lama": {
        "PBI JK": "PBI APBN",
        "PBPU Pemda": "PBI APBD",
        "PPU-PN": "PPU PN",
        "PPU-BU": "PPU BU",
        "PBPU": "PBPU Mandiri",
        "BP": "Bukan Pekerja",
    },
    "resmi": {
        "PBI JK": "PBI-JK",
        "PBPU Pemda": "PBPU&BP Pemda",
        "PPU-PN": "PPU Penyelenggara Negara",
        "PPU-BU": "PPU Badan Usaha",
        "PBPU": "Mandiri",
        "BP": "BP",
    },
}
TERDAFTAR = [
    "Terdaftar",
    "Peserta Terdaftar",
    "Jml Peserta",
    "JUMLAH PESERTA",
    "terdaftar_jiwa",
]
AKTIF = [
    "Aktif",
    "Peserta Aktif",
    "Jumlah Peserta Aktif",
    "Jml. Aktif (jiwa)",
    "aktif_jiwa",
]


@dataclass(frozen=True)
class Form:
    """One way to write a table."""

    layout: str  # long, month_blocks, segmen_columns, wide_month_sheets
    region: str  # kode, dotless, nama, singkat, both, float
    month: str  # iso, name_year, two_columns, named_blocks
    months: str  # key of BULAN
    segmen: str  # key of SEGMEN
    heading: int
    numbers: str  # plain, id, en, space
    title: bool
    numbering: bool
    total: bool
    footer: bool
    blanks: bool


def number(value: int, style: str) -> str:
    if style == "plain":
        return str(value)
    mark = {"id": ".", "en": ",", "space": " "}[style]
    text = f"{value:,}".replace(",", mark)
    return f" {text} " if style == "en" else text


def region(kode: str, names: dict[str, str], form: Form) -> list[str]:
    return {
        "kode": [kode],
        "nama": [names[kode]],
        "upper": [names[kode].upper().replace("KABUPATEN", "KAB.")],
        "both": [kode, names[kode]],
        "bare_both": [kode.replace(".", ""), names[kode]],
    }[form.region]


def region_headings(form: Form) -> list[str]:
    return {
        "kode": ["Kode Wilayah"],
        "nama": ["Kabupaten/Kota"],
        "upper": ["KAB/KOTA"],
        "both": ["Kode", "Nama Kab/Kota"],
        "bare_both": ["kode", "Wilayah"],
    }[form.region]


def month_text(periode: pd.Timestamp, form: Form) -> list[str]:
    name = BULAN[form.months][periode.month - 1]
    return {
        "iso": [periode.strftime("%Y-%m")],
        "date": [periode.strftime("%d/%m/%Y")],
        "name_year": [f"{name.strip()} {periode.year}"],
        "two_columns": [name, str(periode.year)],
        "per": [
            f"per 1 {BULAN['penuh'][periode.month % 12]} "
            f"{periode.year + periode.month // 12}"
        ],
    }[form.month]


def month_headings(form: Form) -> list[str]:
    return {"two_columns": ["Bulan", "Tahun"]}.get(form.month, ["Periode"])


def rows_of(table: pd.DataFrame, names: dict[str, str], form: Form) -> list[list[str]]:
    """Return the sheet as rows of text."""
    body, header = {
        "long": _long,
        "segmen_columns": _segmen_columns,
        "month_blocks": _month_blocks,
    }[form.layout](table, names, form)
    width = max(len(row) for row in header + body)
    rows: list[list[str]] = []
    if form.title:
        rows += [
            ["REKAPITULASI KEPESERTAAN JKN"],
            ["BPJS Kesehatan Kantor Cabang Contoh"],
            [],
        ]
    rows += header
    if form.numbering:
        rows.append([f"({i})" for i in range(1, width + 1)])
    rows += body
    if form.footer:
        rows += [[], ["Sumber: BPJS Kesehatan (DATA CONTOH)"], ["*) angka sementara"]]
    if form.blanks:
        rows = [[], [], *rows]
        rows = [[*row, ""] for row in rows]
    return rows


def _long(table, names, form):
    terdaftar, aktif = TERDAFTAR[form.heading], AKTIF[form.heading]
    header = [
        [
            "No",
            *region_headings(form),
            *month_headings(form),
            "Segmen",
            terdaftar,
            aktif,
        ]
    ]
    spell = SEGMEN[form.segmen]
    body = []
    for count, row in enumerate(table.itertuples(), 1):
        body.append(
            [
                str(count),
                *region(row.kode, names, form),
                *month_text(row.periode, form),
                spell.get(row.segmen, row.segmen),
                number(row.terdaftar_jiwa, form.numbers),
                number(row.aktif_jiwa, form.numbers),
            ]
        )
    if form.total:
        blanks = [""] * (len(header[0]) - 4)
        body.append(
            [
                "",
                "JUMLAH",
                *blanks[: -0 or None][: len(header[0]) - 4],
                number(int(table.terdaftar_jiwa.sum()), form.numbers),
                number(int(table.aktif_jiwa.sum()), form.numbers),
            ]
        )
    return body, header


def _segmen_columns(table, names, form):
    spell = SEGMEN[form.segmen]
    segments = list(dict.fromkeys(table.segmen))
    keys = [*region_headings(form), *month_headings(form)]
    top = [*keys]
    low = [""] * len(keys)
    for segmen in segments:
        top += [spell.get(segmen, segmen), ""]
        low += ["Terdaftar", "Aktif"]
    if form.total:
        top += ["JUMLAH", ""]
        low += ["Terdaftar", "Aktif"]
    body = []
    for (kode, periode), group in table.groupby(["kode", "periode"], sort=False):
        line = [*region(kode, names, form), *month_text(periode, form)]
        by = group.set_index("segmen")
        line += [
            number(int(by.loc[segmen, name]), form.numbers)
            for segmen in segments
            for name in ("terdaftar_jiwa", "aktif_jiwa")
        ]
        if form.total:
            line += [
                number(int(group[n].sum()), form.numbers)
                for n in ("terdaftar_jiwa", "aktif_jiwa")
            ]
        body.append(line)
    return body, [top, low]


def _month_blocks(table, names, form):
    spell = SEGMEN[form.segmen]
    months = sorted(set(table.periode))
    keys = [*region_headings(form), "Segmentasi"]
    top, low = [*keys], [""] * len(keys)
    for periode in months:
        top += [f"{BULAN[form.months][periode.month - 1].strip()} {periode.year}", ""]
        low += ["Terdaftar", "Aktif"]
    body = []
    for (kode, segmen), group in table.groupby(["kode", "segmen"], sort=False):
        line = [*region(kode, names, form), spell.get(segmen, segmen)]
        by = group.set_index("periode")
        line += [
            number(int(by.loc[periode, name]), form.numbers)
            for periode in months
            for name in ("terdaftar_jiwa", "aktif_jiwa")
        ]
        body.append(line)
    return body, [top, low]


CSV_DIALECTS = [
    ("utf-8", ";"),
    ("utf-8-sig", ","),
    ("utf-16", "\t"),
    ("utf-16-be", ";"),
    ("cp1252", ";"),
    ("utf-8", "|"),
]


def write_csv(
    path: Path,
    rows: list[list[str]],
    encoding: str,
    delimiter: str,
    newline: str = "\r\n",
) -> Path:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=newline).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def _native(text: str) -> object:
    stripped = text.strip()
    return (
        int(stripped)
        if stripped.isdigit() and not stripped.startswith("0") and len(stripped) < 12
        else (text or None)
    )


def write_xlsx(path: Path, rows: list[list[str]], native: bool) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Rekap"
    for row in rows:
        sheet.append([(_native(cell) if native else cell or None) for cell in row])
    book.save(path)
    return path


def write_xlsb(path: Path, rows: list[list[str]], native: bool) -> Path:
    cells = [[(_native(c) if native else c or None) for c in row] for row in rows]
    return xlsb.write_xlsb(path, {"Rekap": cells})


def write_ods(path: Path, rows: list[list[str]], native: bool) -> Path:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    table = Table(name="Rekap")
    for row in rows:
        line = TableRow()
        for cell in row:
            value = _native(cell) if native else (cell or None)
            if value is None:
                line.addElement(TableCell())
            elif isinstance(value, int):
                line.addElement(TableCell(valuetype="float", value=str(value)))
            else:
                item = TableCell(valuetype="string")
                item.addElement(P(text=str(value)))
                line.addElement(item)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(path))
    return path
