"""Natural layouts: what an office would send that never saw this suite.

The layouts are made here from the same figures, so what must be stored is known; where
nothing may be stored they want None. Every printed remedy is followed as a clerk would:
the settings lines of a message are written down, and the file is read again.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from openpyxl import Workbook

from jkn_analysis.cleaning import clean, read_sheet, read_table_typed
from jkn_analysis.cleaning.problems import faults
from jkn_analysis.cleaning.rows.work import CleanSettings
from jkn_analysis.errors import JknError
from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import read_penduduk

KOTA = "82.71"
TERDAFTAR = {
    KOTA: [68906, 35617, 23628, 21239, 29550, 14061],
    "82.72": [40223, 16934, 9945, 7556, 15867, 5378],
    "82.01": [58370, 25081, 8092, 5703, 19014, 3525],
}
AKTIF = {kode: [n * 4 // 5 for n in counts] for kode, counts in TERDAFTAR.items()}
NAMA = {
    KOTA: "Kota Ternate", "82.72": "Kota Tidore Kepulauan",
    "82.01": "Kab. Halmahera Barat",
}  # fmt: skip
T, A = TERDAFTAR[KOTA], AKTIF[KOTA]
TITLE = [["PESERTA JKN OKTOBER 2025"], ["Kota : Ternate"], []]
PAIR = ["Terdaftar", "Aktif"]
SIX = list(zip(SEGMEN, T, A, strict=True))
PLAIN = [["Segmen", *PAIR], *SIX]
MEMBERS = ("kode", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa")
PREMIUM = ("kode", "periode", "segmen", "kelas", "ditagih_rp", "diterima_rp")
PEOPLE = ("kode", "penduduk_jiwa")
HEADING = re.compile(
    r'\[sources\.\w+\.headings\] ("(?:[^"\\]|\\.)*") = "([^"]*)"',
)
ACCEPTED = re.compile(r'\[sources\.\w+\] terima = \[("(?:[^"\\]|\\.)*")\]')
TODAY = dt.date(2026, 11, 28)


def day(month: int) -> dt.datetime:
    """Return the first day of a month as a workbook holds it."""
    return dt.datetime(2025, month, 1)  # noqa: DTZ001 - cells have no time zone


@dataclass(frozen=True)
class Layout:
    """What a file holds, and the rows that must be stored of it."""

    content: object
    """Rows of one sheet, rows by sheet, or text."""
    want: object
    columns: tuple[str, ...] = MEMBERS
    table: str = "kepesertaan"
    name: str = "kirim.xlsx"
    merge: tuple[str, ...] = field(default=())


def truth(*codes: str) -> list[tuple]:
    return [
        (kode, "2025-10", segmen, TERDAFTAR[kode][i], AKTIF[kode][i])
        for kode in codes or (KOTA,)
        for i, segmen in enumerate(SEGMEN)
    ]


ONE, ALL = truth(), truth(*TERDAFTAR)


def split(number: int) -> list[int]:
    return [number // 3, number // 3, number - 2 * (number // 3)]


def flat(pairs) -> list:
    return [value for pair in pairs for value in pair]


def both(kode: str) -> list[int]:
    return flat(zip(TERDAFTAR[kode], AKTIF[kode], strict=True))


def write(folder: Path, layout: Layout) -> Path:
    path = folder / layout.name
    if isinstance(layout.content, str):
        path.write_text(layout.content, encoding="utf-8")
        return path
    sheets = layout.content
    if not isinstance(sheets, dict):
        sheets = {"Sheet1": sheets}
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    for box in layout.merge:
        book.worksheets[0].merge_cells(box)
    book.save(path)
    return path


# --- headings of two and three rows, subtotals ---------------------------------------

BPJS = [
    ["PESERTA JKN PER 31 OKTOBER 2025"], [],
    ["No", "Kabupaten/Kota", "PBI", *[None] * 3, "PPU", *[None] * 3, "PBPU", None,
     "BP"],
    [None, None, "APBN", None, "APBD", None, "PN", None, "BU"],
    [None, None, *PAIR * 6],
    *[[i, NAMA[kode], *both(kode)] for i, kode in enumerate(TERDAFTAR, 1)],
]  # fmt: skip


def grouped(counts: dict[str, list[int]], off: int = 0) -> list[list]:
    rows = [
        ["Kab/Kota", "PPU", None, None, "PBI", None, None, "PBPU", "BP", "Total"],
        [None, "PN", "BU", "Jumlah PPU", "APBN", "APBD", "Jumlah PBI"],
    ]
    for kode, (jk, pemda, pn, bu, pbpu, bp) in counts.items():
        total = [jk, pemda, jk + pemda, pbpu, bp, sum(counts[kode])]
        rows.append([NAMA[kode], pn, bu, pn + bu + off, *total])
    return rows


def two_sheets(off: int = 0) -> dict[str, list]:
    return {
        "Terdaftar": [
            ["JUMLAH PESERTA TERDAFTAR OKTOBER 2025"],
            [],
            *grouped(TERDAFTAR),
        ],
        "Aktif": [["JUMLAH PESERTA AKTIF OKTOBER 2025"], [], *grouped(AKTIF, off)],
    }


LONG = [
    "Penerima Bantuan Iuran (PBI) APBN", "Penerima Bantuan Iuran (PBI) APBD",
    "Pekerja Penerima Upah - Penyelenggara Negara",
    "Pekerja Penerima Upah - Badan Usaha", "Pekerja Bukan Penerima Upah (PBPU)",
    "Bukan Pekerja (BP)",
]  # fmt: skip
STATUS = [
    ["STATUS PESERTA"],
    ["Bulan : Oktober 2025"],
    [],
    ["Kab/Kota", "Status", *SEGMEN],
]


def statuses(total: str = "", *, merged: bool = True) -> list[list]:
    rows = []
    for kode, nama in NAMA.items():
        off = [t - a for t, a in zip(TERDAFTAR[kode], AKTIF[kode], strict=True)]
        again = nama if merged else None
        rows += [[nama, "Aktif", *AKTIF[kode]], [again, "Tidak Aktif", *off]]
        rows += [[again, total, *TERDAFTAR[kode]]] if total else []
    return rows


def of_three(kode: str) -> list[int]:
    pairs = zip(TERDAFTAR[kode], AKTIF[kode], strict=True)
    return flat((a, t - a, t) for t, a in pairs)


HEADINGS = {
    "three rows merged": Layout(
        BPJS, ALL, merge=("C3:F3", "C4:D4", "E4:F4", "G3:J3", "G4:H4", "A3:A5", "B3:B5")
    ),
    "three rows, nothing merged": Layout(BPJS, ALL),
    "sums of PPU and PBI beside their parts": Layout(two_sheets(), ALL),
    "a sum of PPU that is none": Layout(two_sheets(7), None),
    "rows of PBI and PPU that are sums": Layout(
        [
            *TITLE, *PLAIN[:3], ["Jumlah PBI", T[0] + T[1], A[0] + A[1]], *PLAIN[3:5],
            ["PPU", T[2] + T[3], A[2] + A[3]], *PLAIN[5:], ["TOTAL", sum(T), sum(A)],
        ],
        ONE,
    ),
    "names in full": Layout(
        [*TITLE, ["Segmen Kepesertaan", "Jumlah Peserta", "Peserta Aktif"],
         *zip(LONG, T, A, strict=True)], ONE,
    ),
    "statuses with their sum": Layout([*STATUS, *statuses("Jumlah")], ALL),
    "statuses without a sum": Layout([*STATUS, *statuses()], ALL),
    "statuses under a name written once": Layout(
        [*STATUS, *statuses("Jumlah", merged=False)], ALL
    ),
    "statuses and one column of numbers": Layout(
        [*TITLE, ["Segmen", "Status", "Jumlah"],
         *flat(((s, "Aktif", a), (s, "Non Aktif", t - a)) for s, t, a in SIX)], ONE,
    ),
    "active and inactive": Layout(
        [*TITLE, ["Segmen", "Aktif", "Non Aktif"], *[(s, a, t - a) for s, t, a in SIX]],
        ONE,
    ),
    "registered and inactive": Layout(
        [*TITLE, ["Segmen", "Terdaftar", "Non Aktif"],
         *[(s, t, t - a) for s, t, a in SIX]], ONE,
    ),
    "active, inactive and sum of each segmen": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", *flat((s, None, None) for s in SEGMEN)],
         [None, *["Aktif", "Non Aktif", "Jumlah"] * 6],
         *[[nama, *of_three(kode)] for kode, nama in NAMA.items()]], ALL,
    ),
    "months across": Layout(
        [["KOTA TERNATE TAHUN 2025"], [], ["Segmen", "September", None, "Oktober"],
         [None, *PAIR * 2], *[(s, t - 1, a - 1, t, a) for s, t, a in SIX]],
        [*ONE, *[(KOTA, "2025-09", s, t - 1, a - 1) for s, t, a in SIX]],
    ),
    "regions across": Layout(
        [["PESERTA JKN OKTOBER 2025"], [],
         ["Segmen", *flat((nama, None) for nama in NAMA.values()), "Jumlah"],
         [None, *PAIR * 4],
         *[[s, *flat((TERDAFTAR[k][i], AKTIF[k][i]) for k in NAMA),
            sum(TERDAFTAR[k][i] for k in NAMA), sum(AKTIF[k][i] for k in NAMA)]
           for i, s in enumerate(SEGMEN)]], ALL,
    ),
    "regions across, items down": Layout(
        [["PESERTA JKN OKTOBER 2025"], ["SEGMEN PBI JK"],
         ["Uraian", "Ternate", "Tidore Kepulauan"], ["Terdaftar", 68906, 40223],
         ["Aktif", 55124, 32178]],
        [(KOTA, "2025-10", "PBI JK", 68906, 55124),
         ("82.72", "2025-10", "PBI JK", 40223, 32178)],
    ),
}  # fmt: skip

WHOLE = [[nama, sum(TERDAFTAR[kode]), sum(AKTIF[kode])] for kode, nama in NAMA.items()]
SUMMED = [(k, "2025-10", "total", sum(TERDAFTAR[k]), sum(AKTIF[k])) for k in NAMA]
TOTALS = {
    "no segmen at all": Layout([TITLE[0], [], ["Kab/Kota", *PAIR], *WHOLE], SUMMED),
    "all segmen by name": Layout(
        [TITLE[0], [], ["Kab/Kota", "Segmen", *PAIR],
         *[[nama, "Semua Segmen", *n] for nama, *n in WHOLE]], SUMMED,
    ),
    "one segmen without its name": Layout(
        [*TITLE, ["Kab/Kota", *PAIR], ["Kota Ternate", T[4], A[4]]], None
    ),
    "registered alone": Layout(
        [["PESERTA TERDAFTAR OKTOBER 2025"], [], ["Kab/Kota", "Terdaftar"],
         *[row[:2] for row in WHOLE]], [row[:4] for row in SUMMED], MEMBERS[:4],
    ),
    "registered alone under a title of the active": Layout(
        [["PESERTA AKTIF OKTOBER 2025"], [], ["Kab/Kota", "Jumlah Peserta"],
         *[row[:2] for row in WHOLE]], None,
    ),
}  # fmt: skip

# --- parts ---------------------------------------------------------------------------

KECAMATAN = ["Ternate Utara", "Ternate Tengah", "Ternate Selatan"]
LONG_KECAMATAN = [
    (KECAMATAN[j], s, split(t)[j], split(a)[j]) for j in range(3) for s, t, a in SIX
]
WIDE_KECAMATAN = [
    [KECAMATAN[j], *flat((split(t)[j], split(a)[j]) for _, t, a in SIX)]
    for j in range(3)
]
OTHERS = [(s, "-", t, a) for s, t, a in SIX if s != "PBPU"]
KELAS = [("PBPU", 1, 9550, 7640), ("PBPU", 2, 10000, 8000), ("PBPU", 3, 10000, 8000)]
HALVES = [(s, "L", t // 2, a // 2) for s, t, a in SIX]
OTHER_HALVES = [(s, "P", t - t // 2, a - a // 2) for s, t, a in SIX]
PARTS = {
    "PNS, TNI and POLRI": Layout(
        [*TITLE, *PLAIN[:3], ["PPU PNS", 20000, 16000], ["PPU TNI", 2000, 1600],
         ["PPU POLRI", 1628, A[2] - 17600], *PLAIN[4:]], ONE,
    ),
    "all kelas of PBPU": Layout(
        [*TITLE, ["Segmen", "Kelas", *PAIR], *OTHERS, *KELAS], ONE
    ),
    "two of three kelas": Layout(
        [*TITLE, ["Segmen", "Kelas", *PAIR], *OTHERS, *KELAS[:2]], None
    ),
    "rows of both sexes": Layout(
        [*TITLE, ["Segmen", "Jenis Kelamin", *PAIR], *HALVES, *OTHER_HALVES], ONE
    ),
    "rows of men": Layout([*TITLE, ["Segmen", "Jenis Kelamin", *PAIR], *HALVES], None),
    "columns of both sexes": Layout(
        [*TITLE, ["Segmen", "Terdaftar L", "Terdaftar P", "Aktif L", "Aktif P"],
         *[(s, t // 2, t - t // 2, a // 2, a - a // 2) for s, t, a in SIX]], ONE,
    ),
    "columns of both sexes and their sum": Layout(
        [*TITLE, ["Segmen", "Terdaftar", None, None, "Aktif"],
         [None, *["Laki-laki", "Perempuan", "Jumlah"] * 2],
         *[(s, t // 2, t - t // 2, t, a // 2, a - a // 2, a) for s, t, a in SIX]], ONE,
    ),
    "kecamatan without a total": Layout(
        [*TITLE, ["Kecamatan", "Segmen", *PAIR], *LONG_KECAMATAN], None
    ),
    "kecamatan and the total of all": Layout(
        [*TITLE, ["Kecamatan", "Segmen", *PAIR], *LONG_KECAMATAN,
         ["Jumlah", None, sum(T), sum(A)]], ONE,
    ),
    "kecamatan and the row of the kota": Layout(
        [*TITLE, ["Kecamatan", *flat((f"{s} Terdaftar", f"{s} Aktif") for s in SEGMEN)],
         *WIDE_KECAMATAN, ["KOTA TERNATE", *both(KOTA)]], ONE,
    ),
}  # fmt: skip

# --- words that make another column --------------------------------------------------

VETOED = {
    "target and realisation": Layout(
        [*TITLE, ["Segmen", "Terdaftar", "Aktif"],
         [None, None, "Target", "Realisasi", "%"],
         *[(s, t, a + 500, a, 0.8) for s, t, a in SIX]], ONE,
    ),
    "last month and this": Layout(
        [*TITLE, ["Segmen", "Terdaftar", None, None, "Aktif"],
         [None, *["Bulan Lalu", "Bulan Ini", "Selisih"] * 2],
         *[(s, t - 9, t, 9, a - 9, a, 9) for s, t, a in SIX]], ONE,
    ),
    "families beside people": Layout(
        [*TITLE,
         ["Segmen", "Terdaftar (Jiwa)", "Terdaftar (KK)", "Aktif (Jiwa)", "Aktif (KK)"],
         *[(s, t, t // 4, a, a // 4) for s, t, a in SIX]], ONE,
    ),
    "a percent and remarks, another order": Layout(
        [*TITLE, ["No.", "Segmen", "Peserta Aktif", "Peserta", "Rasio %", "Ket."],
         *[(i, s, a, t, 80, None) for i, (s, t, a) in enumerate(SIX, 1)]], ONE,
    ),
    "a title of the inactive": Layout(
        [["PESERTA NON AKTIF OKTOBER 2025"], *TITLE[1:], ["Segmen", "Jumlah"],
         *[(s, a) for s, _, a in SIX]], None,
    ),
    "a title of targets": Layout(
        [["TARGET PESERTA AKTIF OKTOBER 2025"], [], ["Kab/Kota", *SEGMEN],
         ["Kota Ternate", *A]], None,
    ),
    "a sheet of percents": Layout(
        [["PERSENTASE PESERTA AKTIF OKTOBER 2025"], [], ["Kab/Kota", *SEGMEN],
         ["Kota Ternate", 80, 81, 82, 83, 84, 85]], None,
    ),
}  # fmt: skip

# --- months and regions of titles and file names -------------------------------------


def dated(line: object, want: object = ONE) -> Layout:
    cells = line if isinstance(line, list) else [line]
    return Layout([["REKAP PESERTA JKN"], ["Kota : Ternate"], cells, [], *PLAIN], want)


def placed(line: str, want: object = ONE) -> Layout:
    return Layout([["REKAP PESERTA JKN OKTOBER 2025"], [line], [], *PLAIN], want)


MONTHS = {
    text: dated(text)
    for text in (
        "Per 1 November 2025", "KEADAAN AKHIR OKTOBER 2025", "Bulan : Oktober | 2025",
        "Posisi data 31-10-2025", "Update data per 31 Oktober 2025",
    )
} | {
    text: dated(text, None)
    for text in (
        "Dicetak pada 3 November 2025", "TARGET AKHIR DESEMBER 2025",
        "Nomor: 12/KC/XI/2025 Tanggal 4 November 2025", "Ternate, 4 November 2025",
        "MENJELANG RAPAT DESEMBER 2025", "BAHAN RAPAT TANGGAL 12 NOVEMBER 2025",
        "Diunduh: 03/11/2025 08:12", "RPJMD 2025",
    )
} | {
    "a date under Per": dated(["Per", day(11)]),
    "a date under Periode": dated(["Periode", day(10)]),
    "dates in a column Per Tanggal": Layout(
        [["REKAP"], ["Kota : Ternate"], ["Per Tanggal", *PLAIN[0]],
         *[(day(11), *row) for row in SIX]], ONE,
    ),
    "texts in a column Per Tanggal": Layout(
        [["REKAP"], ["Kota : Ternate"], ["Per Tanggal", *PLAIN[0]],
         *[("1 November 2025", *row) for row in SIX]], ONE,
    ),
} | {
    f"a file named {stem}": Layout(
        [["REKAP PESERTA JKN"], *TITLE[1:], *PLAIN], ONE, name=f"{stem}.xlsx"
    )
    for stem in ("rekap_2025_10", "rekap 102025", "okt25 rekap", "rekap 31-10-2025")
}  # fmt: skip

REGIONS = {
    text: placed(text)
    for text in (
        "PEMERINTAH KOTA TERNATE", "Kabupaten/Kota : Ternate",
        "PESERTA JKN DI KOTA TERNATE TAHUN 2025", "DINAS KESEHATAN KOTA TERNATE",
        "KOTA TERNATE - PROVINSI MALUKU UTARA",
    )
} | {
    text: placed(text, None)
    for text in (
        "KC TERNATE", "BPJS KESEHATAN KANTOR CABANG TERNATE", "Tempat : Ternate",
        "Alamat : Jl. Raya Ternate", "Kepada Yth. Wali Kota Ternate",
        "Ternate, Oktober 2025",
    )
} | {
    "a branch's row beside its regions": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", *PLAIN[0]],
         *[(nama, s, TERDAFTAR[k][i], AKTIF[k][i]) for k, nama in NAMA.items()
           for i, s in enumerate(SEGMEN)], ["KC TERNATE", "PBI JK", 1, 1]], ALL,
    ),
    "branches alone": Layout(
        [["OKTOBER 2025"], ["Kantor Cabang", *PLAIN[0]], ["KC Ternate", *SIX[0]]], None
    ),
    "a bare name beside the kota of that name": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", *PLAIN[0]], ["Bekasi", "PBI JK", 10, 9],
         ["Kota Bekasi", "PBI JK", 20, 19]],
        [("32.16", "2025-10", "PBI JK", 10, 9), ("32.75", "2025-10", "PBI JK", 20, 19)],
    ),
    "a bare name beside another region": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", *PLAIN[0]], ["Bekasi", "PBI JK", 10, 9],
         ["Kab. Garut", "PBI JK", 20, 19]], None,
    ),
}  # fmt: skip

# --- units, sums from January, what cannot be ----------------------------------------

BILLS = [(1, 620_000_000, 510_000_000), (3, 1_820_000_000, 1_010_000_000)]
BILLED = [(KOTA, "2025-10", "PBPU", *bill) for bill in BILLS]


def premium(title: str, want: object, by: float = 1, unit: str = "") -> Layout:
    heads = ["Segmen", "Kelas", f"Tagihan{unit}", f"Penerimaan{unit}"]
    rows = [("PBPU", f"Kelas {k}", billed / by, paid / by) for k, billed, paid in BILLS]
    content = [[title], ["Kota : Ternate"], [], heads, *rows]
    return Layout(content, want, PREMIUM, "iuran")


def months_of(*cells: str, want: object) -> Layout:
    content = [
        ["IURAN TAHUN 2025"], ["Kota : Ternate"], [],
        ["Segmen", "Kelas", cells[0], None, cells[1]],
        [None, None, *["Tagihan", "Penerimaan"] * 2],
        ["PBPU", 3, 1_800_000_000, 1_000_000_000, 3_700_000_000, 2_100_000_000],
    ]  # fmt: skip
    return Layout(content, want, PREMIUM, "iuran")


SPLIT = [
    (KOTA, "2025-01", "PBPU", 3, 1_800_000_000, 1_000_000_000),
    (KOTA, "2025-02", "PBPU", 3, 1_900_000_000, 1_100_000_000),
]
FIGURES = {
    f"unit {unit}": premium(f"IURAN OKTOBER 2025 {unit}", BILLED, by)
    for unit, by in {
        "(Rp juta)": 1e6, "(dalam jutaan rupiah)": 1e6, "(Rp. 000)": 1e3,
        "(dlm Rp1.000,-)": 1e3, "DALAM RIBUAN RUPIAH": 1e3, "(Rp Miliar)": 1e9,
        "(ribu Rp)": 1e3, "(Rp'000)": 1e3, "(x 1.000)": 1e3, "(Rp M)": 1e9,
    }.items()
} | {
    "unit of a heading": premium("IURAN OKTOBER 2025", BILLED, 1e6, " (juta)"),
    "unit with four zeros": premium("IURAN OKTOBER 2025 (0000)", None, 1e4),
    "unit of ten thousand": premium("IURAN OKTOBER 2025 (x 10.000)", None, 1e4),
    "figures a thousand times too small": premium("IURAN OKTOBER 2025", None, 1e6),
    "people in thousands": Layout(
        [["PESERTA JKN OKTOBER 2025 (ribu jiwa)"], ["Kota : Ternate"], [], PLAIN[0],
         *[(s, t / 1000, a / 1000) for s, t, a in SIX]], ONE,
    ),
    "people a thousand times too many": Layout(
        [*TITLE, PLAIN[0], *[(s, t * 1000, a * 1000) for s, t, a in SIX]], None
    ),
    "people a thousand times too few": Layout(
        [*TITLE, PLAIN[0], *[(s, t // 1000, a // 1000) for s, t, a in SIX]], None
    ),
    "a branch's people in one city": Layout(
        [*TITLE, PLAIN[0], *[(s, t * 3, a * 3) for s, t, a in SIX]], None
    ),
    "percents of active members": Layout(
        [*TITLE, PLAIN[0], *[(s, t, 80) for s, t, _ in SIX]], None
    ),
} | {
    title: premium(title, None)
    for title in (
        "IURAN JANUARI - OKTOBER 2025", "IURAN S/D OKTOBER 2025", "IURAN JAN-OKT 2025",
        "IURAN KUMULATIF OKTOBER 2025", "IURAN SAMPAI DENGAN BULAN OKTOBER 2025",
        "PENERIMAAN IURAN S.D 31 OKTOBER 2025", "AKUMULASI IURAN HINGGA OKTOBER 2025",
    )
} | {
    "sums from January split": months_of("s.d. Januari", "s.d. Februari", want=SPLIT),
    "sums without January": months_of("s.d. September", "s.d. Oktober", want=None),
}  # fmt: skip

# --- population ----------------------------------------------------------------------

KNOWN = read_penduduk().set_index("kode")["penduduk_jiwa"]
COUNT = {kode: int(KNOWN[kode] * 1.02) for kode in NAMA}


def people(title: str, heads: list, rows: object, *, whole: bool = True) -> Layout:
    content = [[title], [], ["KODE", "KAB/KOTA", *heads]]
    content += [[kode, NAMA[kode], *rows(n)] for kode, n in COUNT.items()]
    want = list(COUNT.items()) if whole else None
    return Layout(content, want, PEOPLE, "penduduk")


DUKCAPIL = "DUKCAPIL SEMESTER I TAHUN 2025"
POPULATION = {
    "men and women": people(
        DUKCAPIL, ["LAKI-LAKI", "PEREMPUAN"], lambda n: (n // 2, n - n // 2)
    ),
    "men, women, families": people(
        DUKCAPIL, ["L", "P", "JML", "JUMLAH KK", "WAJIB KTP"],
        lambda n: (n // 2, n - n // 2, n, n // 4, n // 2),
    ),
    "a sum of the sexes that is none": people(
        DUKCAPIL, ["Perempuan", "Laki-laki", "Jumlah"],
        lambda n: (n // 2, n - n // 2, n + 3), whole=False,
    ),
    "women": people(DUKCAPIL, ["Penduduk Perempuan"], lambda n: (n // 2,), whole=False),
    "families": people(DUKCAPIL, ["Jumlah KK"], lambda n: (n // 4,), whole=False),
    "area, density, ratio": people(
        DUKCAPIL, ["Luas (km2)", "Jumlah Penduduk", "Kepadatan", "Rasio Jenis Kelamin"],
        lambda n: (100.5, n, n / 100.5, 101.2),
    ),
    "two years of BPS in thousands": Layout(
        [["Jumlah Penduduk Menurut Kabupaten/Kota (ribu jiwa)"],
         ["Kabupaten/Kota", "Jumlah Penduduk (Ribu Jiwa)"], [None, "2023", "2024"],
         ["Kota Ternate", 205.1, 206.2], ["Sumber: BPS Provinsi Maluku Utara"]],
        [(KOTA, 205_100), (KOTA, 206_200)], PEOPLE, "penduduk",
    ),
    "a year of BPS far from the next": Layout(
        [["Jumlah Penduduk Menurut Kabupaten/Kota (ribu jiwa)"],
         ["Kabupaten/Kota", "Jumlah Penduduk (Ribu Jiwa)"], [None, "2023", "2024"],
         ["Kota Ternate", 155.1, 206.2], ["Sumber: BPS Provinsi Maluku Utara"]],
        None, PEOPLE, "penduduk",
    ),
}  # fmt: skip
HTML = "".join(f"<tr><td>{s}</td><td>{t}</td><td>{a}</td></tr>" for s, t, a in SIX)
TEXTS = {
    "titles of a web page outside its table": Layout(
        "<html><style>td{color:red}</style><p>BPJS</p><h3>Oktober 2025</h3>"
        "<h4>Kota Ternate</h4><table><tr><th>Segmen</th><th>Terdaftar</th>"
        f"<th>Aktif</th></tr>{HTML}</table></html>", ONE, name="lap.xls",
    ),
    "an order of day and month that another date proves": Layout(
        "Kab/Kota,Segmen,Tanggal data,Terdaftar,Aktif\n"
        + "".join(f"Kota Ternate,{s},01/10/2025,{t},{a}\n" for s, t, a in SIX)
        + "Dicetak,,31/10/2025,,\n", ONE, name="a.csv",
    ),
    "three digits of power of ten": Layout(
        "Kab/Kota,Segmen,Periode,Terdaftar,Aktif\n"
        "Kota Ternate,PBI JK,2025-10,6.89E+04,57135\n", None, name="b.csv",
    ),
}  # fmt: skip
# --- other tables, several sheets ----------------------------------------------------

TARIF = {1: 150_000, 2: 100_000, 3: 35_000}
OWED = [(k, u, 100 + u, (100 + u) * u * TARIF[k]) for k in TARIF for u in (1, 2, 3)]
ARREARS = ("kode", "periode", "segmen", "kelas", "umur_bulan", "peserta_jiwa",
           "tunggakan_rp")  # fmt: skip
OWING = [(KOTA, "2025-10", "PBPU", *row) for row in OWED]


def arrears(title: str, want: object, by: int = 1) -> Layout:
    content = [
        [f"TUNGGAKAN OKTOBER 2025 {title}"], ["SEGMEN PBPU"], ["Kota : Ternate"], [],
        ["Kelas", "Umur Tunggakan", "Jumlah Peserta", "Tunggakan"],
        *[(f"Kelas {k}", u, n, rp // by) for k, u, n, rp in OWED],
    ]  # fmt: skip
    return Layout(content, want, ARREARS, "tunggakan_peserta")


def pemda(title: str, billed: int, want: object) -> Layout:
    content = [
        [title], ["Kota : Ternate"], [], ["Kuota", "Terisi", "Tagihan", "Dibayar"],
        [36_000, 35_617, billed, billed],
    ]  # fmt: skip
    columns = ("kode", "periode", "terisi_jiwa", "tagihan_rp")
    return Layout(content, want, columns, "iuran_pemda")


BILL = 35_617 * 37_800
LAST = [(s, t - 1, a - 1) for s, t, a in SIX]
BEFORE = [(KOTA, "2025-09", *row) for row in LAST]
MORE = {
    "arrears": arrears("", OWING),
    "arrears in thousands": arrears("(Rp 000)", OWING, 1000),
    "arrears in thousands that no title says": arrears("", None, 1000),
    "ages across with their sum": Layout(
        [["TUNGGAKAN PER 31 OKTOBER 2025"], ["SEGMEN PBPU"], ["Kota : Ternate"], [],
         ["Kelas", "1 bulan", None, "2 bulan", None, "3 bulan", None, "Jumlah"],
         [None, *["Jiwa", "Rp"] * 4],
         *[[k, *flat(row[2:] for row in OWED if row[0] == k), 306,
            sum(row[3] for row in OWED if row[0] == k)] for k in TARIF]],
        OWING, ARREARS, "tunggakan_peserta",
    ),
    "the bill of a local government": pemda(
        "IURAN PBPU PEMDA OKTOBER 2025", BILL, [(KOTA, "2025-10", 35_617, BILL)]
    ),
    "its bills since January": pemda("IURAN PEMDA S.D. OKTOBER 2025", 10 * BILL, None),
    "its bill in thousands unsaid": pemda("IURAN OKTOBER 2025", BILL // 1000, None),
    "premiums of a quarter": premium("IURAN TRIWULAN III 2025", None),
    "kelas across with their sum": Layout(
        [["IURAN OKTOBER 2025"], ["Kota : Ternate"], [],
         ["Segmen", "Tagihan", None, None, "Penerimaan"],
         [None, *["Kelas I", "Kelas III", "Jumlah"] * 2],
         ["PBPU", BILLS[0][1], BILLS[1][1], BILLS[0][1] + BILLS[1][1],
          BILLS[0][2], BILLS[1][2], BILLS[0][2] + BILLS[1][2]]],
        BILLED, PREMIUM, "iuran",
    ),
    "a sheet for each region": Layout(
        {NAMA[k]: [TITLE[0], [], PLAIN[0], *[row[2:] for row in truth(k)]]
         for k in (KOTA, "82.72")}, truth(KOTA, "82.72"),
    ),
    "a sheet for each month": Layout(
        {"Sept 2025": [["KOTA TERNATE"], [], PLAIN[0], *LAST],
         "Okt 2025": [["KOTA TERNATE"], [], *PLAIN]}, [*ONE, *BEFORE],
    ),
    "a sheet of one month under the title of another": Layout(
        {"Okt 2025": [["KOTA TERNATE SEPTEMBER 2025"], [], *PLAIN]}, None
    ),
    "two months one above the other": Layout(
        [["KOTA TERNATE"], ["Bulan : September 2025"], PLAIN[0], *LAST, [],
         ["Bulan : Oktober 2025"], *PLAIN], [*ONE, *BEFORE],
    ),
    "APBD I and II across": Layout(
        [["KOTA TERNATE OKTOBER 2025"], [],
         ["Kab/Kota", "PBI APBD I", None, "PBI APBD II"], [None, *PAIR * 2],
         ["Kota Ternate", T[1] - 500, A[1] - 400, 500, 400]],
        [row for row in ONE if row[2] == "PBPU Pemda"],
    ),
    "regions and segmen written once over statuses": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", "Segmen", "Status", "Jumlah Peserta"],
         *flat((("Kota Ternate" if not i else None, s, "Aktif", a),
                (None, None, "Tidak Aktif", t - a))
               for i, (s, t, a) in enumerate(SIX))],
        ONE,
    ),
}  # fmt: skip
# --- what another hand sent ----------------------------------------------------------

FUNDS = ("kode", "tahun", "sumber_dana", "pagu_rp", "pergeseran_rp")
BUDGET = [("APBD (DAU)", 900, 50, 950), ("Pajak Rokok", 80, -5, 75)]
SHIFTED = [(KOTA, 2025, "APBD", 900, 50), (KOTA, 2025, "Pajak rokok", 80, -5)]
HANDED = [["APBD KOTA TERNATE TAHUN ANGGARAN 2025"], []]
PAID = [["Agustus", 36_000, 35_617, BILL, BILL, "10-09-2025"],
        ["September", 36_000, 35_617, BILL, "-", "-"]]  # fmt: skip
KELAS_BILLS = [(f"Kelas {k}", billed, paid) for k, billed, paid in BILLS]
BILLS_SUM = [sum(bill[i] for bill in BILLS) for i in (1, 2)]
PAY = ("kode", "periode", "terisi_jiwa", "tagihan_rp", "dibayar_rp")


def bills(total: int) -> list[list]:
    heads = ["Bulan", "Kuota", "Peserta Dibayar", "Tagihan (Rp)", "Dibayar (Rp)"]
    return [
        ["IURAN PBPU PEMDA KOTA TERNATE TA 2025"], [], [*heads, "Tgl SP2D", "No. SP2D"],
        *[[*row[:3], f"Rp {row[3]:,},00".replace(",", ".", 3), *row[4:], "7/SP2D"]
          for row in PAID], ["Jumlah", None, None, 2 * BILL, total],
    ]  # fmt: skip


OTHER_HAND = {
    "a pivot table": Layout(
        [["Bulan", "2025-10"], ["Kabupaten/Kota", "Kota Ternate"],
         ["Row Labels", "Sum of Terdaftar", "Sum of Aktif"], *SIX,
         ["Grand Total", sum(T), sum(A)]], ONE,
    ),
    "regions under a heading of another language": Layout(
        [["OKTOBER 2025"], ["Scheme", "Place", *PLAIN[0][1:]],
         ["PBI JK", "Kota Ternate", T[0], A[0]]], ONE[:1],
    ),
    "a. and b. under their sum": Layout(
        [*TITLE, ["No", "Jenis Kepesertaan", *PAIR], [1, "PBI (APBN)", T[0], A[0]],
         [2, "PBI (APBD)", T[1], A[1]], [3, "PPU", T[2] + T[3], A[2] + A[3]],
         [None, "a. Penyelenggara Negara", T[2], A[2]],
         [None, "b. Badan Usaha", T[3], A[3]], [4, "PBPU (Mandiri)", T[4], A[4]],
         [5, "Bukan Pekerja", T[5], A[5]]], ONE,
    ),
    "a. and b. that are not their sum": Layout(
        [*TITLE, ["Segmen", *PAIR], ["PPU", T[2] + T[3] + 1, A[2] + A[3]],
         ["a. Penyelenggara Negara", T[2], A[2]], ["b. Badan Usaha", T[3], A[3]]], None,
    ),
    "measure and segmen in one label": Layout(
        [["KOTA TERNATE"], ["Uraian", "Oktober 2025"],
         *[(f"Terdaftar {s}", t) for s, t, _ in SIX],
         *[(f"2. Aktif {s}", a) for s, _, a in SIX]], ONE,
    ),
    "years and numbers merged over their rows": Layout(
        [["No", "Kab/Kota", "Tahun", "Bulan", *PLAIN[0]],
         [1, "Kota Ternate", 2025, "Oktober", *SIX[0]],
         *[[None] * 4 + list(row) for row in SIX[1:]]], ONE,
        merge=("A2:A7", "B2:B7", "C2:C7", "D2:D7"),
    ),
    "a figure merged over rows": Layout(
        [*TITLE, PLAIN[0], SIX[0], ["PBPU Pemda", None, A[1]], *SIX[2:]], None,
        merge=("B5:B6",),
    ),
    "words without vowels under NON PBI": Layout(
        [["PESERTA KOTA TERNATE"], ["BULAN", "PBI", *[None] * 3, "NON PBI"],
         [None, "APBN", None, "APBD", None, "PPU", *[None] * 3, "PBPU", None, "BP"],
         [None, *["Trdftr", "Aktif"] * 2, "PN Trdftr", "PN Aktif", "BU Trdftr",
          "BU Aktif", *["Trdftr", "Aktif"] * 2], ["Okt-2025", *both(KOTA)]], ONE,
    ),
    "branches as sections": Layout(
        [["PESERTA JKN"], ["Cut off 31-10-2025"],
         ["Kab/Kota", *flat((s, None) for s in SEGMEN)], [None, *PAIR * 6],
         ["KC TERNATE"], *[[NAMA[k], *both(k)] for k in (KOTA, "82.72")],
         ["KC TOBELO"], [NAMA["82.01"], *both("82.01")]], ALL,
    ),
    "segmen in the title, kelas with their sum": Layout(
        [["PENERIMAAN IURAN PBPU KOTA TERNATE OKTOBER 2025"],
         ["Kelas", "Tagihan", "Realisasi"], *KELAS_BILLS,
         ["Jumlah", sum(b[1] for b in BILLS), sum(b[2] for b in BILLS)]],
        BILLED, PREMIUM, "iuran",
    ),
    "a sum of one segmen by kelas": Layout(
        [["IURAN PBPU DAN BP KOTA TERNATE OKTOBER 2025"],
         ["Segmen", "Kelas", "Tagihan", "Penerimaan"], ["PBPU", *KELAS_BILLS[0]],
         ["PBPU", *KELAS_BILLS[1]],
         ["Sub Total PBPU", None, *BILLS_SUM]],
        BILLED, PREMIUM, "iuran",
    ),
    "a sum of one segmen that is none": Layout(
        [["IURAN PBPU DAN BP KOTA TERNATE OKTOBER 2025"],
         ["Segmen", "Kelas", "Tagihan", "Penerimaan"], ["PBPU", *KELAS_BILLS[0]],
         ["PBPU", *KELAS_BILLS[1]], ["Jumlah PBPU", None, 9, 9]],
        None, PREMIUM, "iuran",
    ),
    "captions of groups beside the segmen": Layout(
        [*TITLE, ["Kelompok", *PLAIN[0]], ["PBI", *SIX[0]], [None, *SIX[1]],
         ["Subtotal PBI", None, T[0] + T[1], A[0] + A[1]], ["Non PBI", *SIX[2]],
         *[[None, *row] for row in SIX[3:]], ["TOTAL", None, sum(T), sum(A)]], ONE,
    ),
    "a remainder and a bill of BPJS": Layout(
        [["PEMERINTAH KOTA TERNATE"], ["Tahun 2025"],
         ["Bln", "Kuota Peserta", "Jml Peserta", "Tagihan BPJS", "Realisasi Bayar",
          "Sisa"], ["Agt", 36_000, 35_617, BILL, BILL, 0]],
        [(KOTA, "2025-08", 35_617, BILL, BILL)], PAY, "iuran_pemda",
    ),
    "kelas with a sum that is none": Layout(
        [["PENERIMAAN IURAN PBPU KOTA TERNATE OKTOBER 2025"],
         ["Kelas", "Tagihan", "Realisasi"], *KELAS_BILLS,
         ["Jumlah", sum(b[1] for b in BILLS) + 9, sum(b[2] for b in BILLS)]],
        None, PREMIUM, "iuran",
    ),
    "two segmen in the title": Layout(
        [["PENERIMAAN IURAN PBI DAN PBPU PEMDA KOTA TERNATE OKTOBER 2025"],
         ["Kelas", "Tagihan", "Realisasi"], [3, 10**9, 10**9]], None, PREMIUM, "iuran",
    ),
    "this month beside the sum from January": Layout(
        [["IURAN PBPU KOTA TERNATE OKTOBER 2025"],
         ["Kelas", "Bulan ini", None, "s.d. bulan ini"],
         [None, *["Tagihan", "Penerimaan"] * 2],
         *[(k, b, p, 9 * b, 9 * p) for k, b, p in BILLS]], BILLED, PREMIUM, "iuran",
    ),
    "a dash that the total proves to be nothing": Layout(
        bills(BILL), [(KOTA, "2025-08", 35_617, BILL, BILL),
                      (KOTA, "2025-09", 35_617, BILL, 0)], PAY, "iuran_pemda",
    ),
    "a dash under another total": Layout(bills(2 * BILL), None, PAY, "iuran_pemda"),
    "a budget before and after its shift": Layout(
        [*HANDED, ["Sumber Dana", "Pagu Murni", "Pergeseran", "Pagu Perubahan"],
         *BUDGET], SHIFTED, FUNDS, "anggaran",
    ),
    "a budget without its shift": Layout(
        [*HANDED, ["Sumber Dana", "Murni", "Setelah Perubahan"],
         *[(name, before, after) for name, before, _, after in BUDGET]],
        SHIFTED, FUNDS, "anggaran",
    ),
    "a shift that does not add up": Layout(
        [*HANDED, ["Sumber Dana", "Pagu Murni", "Pergeseran", "Pagu Perubahan"],
         ("APBD", 900, 50, 960)], None, FUNDS, "anggaran",
    ),
}  # fmt: skip
LAYOUTS = HEADINGS | TOTALS | PARTS | VETOED | MONTHS | REGIONS
LAYOUTS |= FIGURES | POPULATION | TEXTS | MORE | OTHER_HAND


def follow(path: Path, table: str):
    """Read a file; write down the settings its messages print, and read it again.

    Returns
    -------
    tuple
        The result where nothing is wrong any more, and the faults of each reading.
    """
    headings: dict[str, str] = {}
    accepted: tuple[str, ...] = ()
    trail = []
    for _ in range(4):
        settings = CleanSettings(headings=headings, accepted=accepted, latest=TODAY)
        try:
            result = clean(table, read_sheet(path), settings=settings)
        except JknError as exc:
            return None, [*trail, [str(exc)]]
        found = faults(result.problems)
        if not found:
            return result, trail
        trail.append([f"{p.kind} {p.column} {p.message} {p.value}" for p in found])
        text = "\n".join(problem.remedy for problem in found)
        told = {json.loads(m[1]): m[2] for m in HEADING.finditer(text)}
        more = tuple(json.loads(m[1]) for m in ACCEPTED.finditer(text))
        if told.items() <= headings.items() and set(more) <= set(accepted):
            return None, trail
        headings, accepted = headings | told, accepted + more
    return None, trail


def rows_of(result, columns: tuple[str, ...]) -> list[tuple]:
    frame = result.frame[list(columns)]
    return sorted(
        tuple(f"{v:%Y-%m}" if isinstance(v, dt.date) else v for v in row)
        for row in frame.itertuples(index=False)
    )


@pytest.mark.parametrize("label", sorted(LAYOUTS))
def test_natural_layout_is_stored_right_at_once_or_refused(tmp_path, label):
    layout = LAYOUTS[label]
    result, trail = follow(write(tmp_path, layout), layout.table)
    if layout.want is None:
        assert trail, rows_of(result, layout.columns)
        return
    assert not trail
    assert rows_of(result, layout.columns) == sorted(layout.want)


@pytest.mark.parametrize(
    "label", sorted(k for k, v in LAYOUTS.items() if v.want is None)
)
def test_no_remedy_of_a_layout_refused_stores_what_it_may_not(tmp_path, label):
    """Only a confirmed suspicion stores: the clerk was asked and said yes."""
    layout = LAYOUTS[label]
    result, trail = follow(write(tmp_path, layout), layout.table)
    asked = any("implausible" in line or "parts 0" in line for t in trail for line in t)
    assert result is None or asked, trail


def test_what_is_taken_from_a_title_is_listed(tmp_path):
    result, _ = follow(write(tmp_path, placed("KOTA TERNATE")), "kepesertaan")
    taken = [(p.message, p.value) for p in result.problems if p.kind == "taken"]
    assert taken == [
        ("region 82.71 Kota Ternate, taken from", "KOTA TERNATE"),
        ("month 2025-10, taken from", "REKAP PESERTA JKN OKTOBER 2025"),
    ]


def test_one_region_over_half_too_many_among_others_is_suspected(tmp_path):
    rows = [[NAMA[k], *both(k)] for k in NAMA]
    rows[0][1:] = [n * 7 // 4 for n in rows[0][1:]]
    heads = ["Kab/Kota", *flat((f"{s} Terdaftar", f"{s} Aktif") for s in SEGMEN)]
    path = write(tmp_path, Layout([["OKTOBER 2025"], [], heads, *rows], None))
    result = clean("kepesertaan", read_sheet(path))
    assert not faults(result.problems)
    [doubt] = [p for p in result.problems if p.kind == "implausible"]
    assert "Kota Ternate 160%" in doubt.message
    assert doubt.severity == "suspicion"


def test_a_suspicion_that_was_confirmed_stands_as_one(tmp_path):
    path = write(tmp_path, FIGURES["percents of active members"])
    settings = CleanSettings(accepted=(f"keaktifan {path.name}",))
    result = clean("kepesertaan", read_sheet(path), settings=settings)
    assert result.ok
    assert len(result.frame) == 6
    assert [p.severity for p in result.problems if p.kind == "implausible"] == [
        "suspicion"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Kabupaten/Kota,,\n,Persentase (Persen),\n,2021,2022\nBogor,6,64\nGarut,1,2\n",
        "Kabupaten/Kota,Persentase (Persen)\n,2022\nBogor,64\nGarut,2\n",
        "Kabupaten/Kota,\n,Persentase (Persen)\n,2022\nBogor,64\nGarut,2\n",
    ],
)
def test_heading_rows_of_a_bps_download_are_headings(tmp_path, text):
    path = tmp_path / "unduhan.csv"
    path.write_text(text, encoding="utf-8")
    typed = read_table_typed(path)[0]
    first, *_, last = typed.frame.columns
    assert (first, last) == ("Kabupaten/Kota", "Persentase (Persen) / 2022")
    assert typed.frame["Kabupaten/Kota"].tolist() == ["Bogor", "Garut"]
    assert typed.frame[last].tolist() == [0.64, 0.02]


# --- the layouts handed over beside the repository -----------------------------------


def handed_over() -> list[str]:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "natural"
    if not (folder / "masukan.csv").is_file():
        return []
    with (folder / "masukan.csv").open(encoding="utf-8") as opened:
        names = [row["file"] for row in csv.DictReader(opened)]
    return [name for name in names if not name.startswith("bps/")]


@pytest.mark.shared
@pytest.mark.parametrize("name", handed_over())
def test_layout_handed_over_is_right_or_refused_with_a_remedy_that_works(shared, name):
    folder = shared / "data" / "natural"
    known = json.loads((folder / "benar.json").read_text("utf-8")).get(name)
    path = folder / name
    result, trail = follow(path, path.parent.name)
    columns, rows = known or ([], [])
    if not rows:
        assert trail or rows is None, "stored, though nothing may be"
        return
    assert result is not None, trail
    assert rows_of(result, tuple(columns)) == sorted(map(tuple, rows))
