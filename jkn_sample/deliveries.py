"""The sample tables as files that offices would send (layouts: package docstring)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.formats import format_akhir_bulan, format_number, format_periode
from jkn_analysis.store import write_bytes, write_text
from jkn_analysis.terms import (
    SEGMEN,
    UMUR_MAKS_BULAN,
)
from jkn_analysis.wilayah import get_wilayah
from jkn_sample.below_files import write_arus, write_kecamatan
from jkn_sample.files import Cell, Lembar, build_ods, build_xlsx
from jkn_sample.office_words import (
    BULAN_BESAR,
    BULAN_LEBAR,
    BULAN_LEMBAR,
    CONTOH,
    KAKI,
    PROVINSI,
    ROMAWI,
    SEGMEN_BABEL,
    SEGMEN_MALUKU,
    SEGMEN_MALUT,
    UKURAN,
    dots,
    list_records,
    spell,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

BACA_SAYA = f"""{CONTOH}

Kiriman contoh: 28 kabupaten/kota di Kepulauan Bangka Belitung (19), Maluku (81) dan
Maluku Utara (82), Januari 2021 sampai November 2025. Dibuat oleh `jkn sample` dengan
benih tetap; titik yang pernah terpublikasi direproduksi (lihat publikasi/), selebihnya
sintetis. Tidak ada data orang. Berkas ini diabaikan oleh `jkn build`.
"""


def _csv(rows: Iterable[Sequence[object]], *, delimiter: str = ";") -> str:
    """Return rows as delimited text."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _by_year(frame: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield each year with its rows."""
    years = frame["periode"].dt.year
    for year in sorted(years.unique()):
        yield int(year), frame[years == year]


def _of(frame: pd.DataFrame, provinsi: str) -> pd.DataFrame:
    """Return the rows of one province."""
    return frame[frame["kode"].str.startswith(provinsi)]


def _cube(frame: pd.DataFrame) -> dict[tuple[str, pd.Timestamp, str], tuple[Any, ...]]:
    """Return the counts of each region, month and segmen."""
    values = frame[list(UKURAN)].astype(object).where(frame[list(UKURAN)].notna(), None)
    keys = zip(frame["kode"], frame["periode"], frame["segmen"], strict=True)
    rows = values.itertuples(index=False, name=None)
    return dict(zip(keys, rows, strict=True))


def _babel_block(
    sheet: Lembar,
    cube: dict[tuple[str, pd.Timestamp, str], tuple[Any, ...]],
    *,
    kode: Sequence[str],
    month: pd.Timestamp,
) -> None:
    """Append one month: its label, a merged two-row header, rows, their sum."""
    sheet.add([f"Bulan : {format_periode(month)}"], bold=1)
    top: list[Cell] = ["No", "Kabupaten/Kota"]
    low: list[Cell] = [None, None]
    start = len(sheet.baris)
    for name in SEGMEN:
        at = len(top)
        top += [SEGMEN_BABEL[name], None, None, None]
        low += ["Terdaftar", "Aktif", "Menunggak", "Mutasi"]
        sheet.gabung.append((start, at, start, at + 3))
    sheet.gabung += [(start, 0, start + 1, 0), (start, 1, start + 1, 1)]
    sheet.gabung.append((start, len(top), start, len(top) + 1))
    sheet.add([*top, "JUMLAH", None], [*low, "Terdaftar", "Aktif"], bold=2)
    rows: list[list[int]] = []
    for number, one in enumerate(kode, start=1):
        cells = [cube[one, month, name] for name in SEGMEN]
        flat = [int(value or 0) for group in cells for value in group]
        sums = [sum(flat[0::4]), sum(flat[1::4])]
        rows.append([*flat, *sums])
        sheet.add([number, spell(one), *rows[-1]])
    sheet.add([None, "JUMLAH", *map(sum, zip(*rows, strict=True))], bold=1)
    sheet.add([])


def _babel_year(frame: pd.DataFrame, tahun: int) -> bytes:
    """Return Babel's recap of one year, the months below each other."""
    sheet = Lembar("Rekap")
    sheet.add(
        ["REKAPITULASI KEPESERTAAN JKN MENURUT SEGMEN"],
        [f"PROVINSI {PROVINSI['19']} TAHUN {tahun}"],
        [CONTOH],
        bold=3,
    )
    sheet.add([])
    kode = sorted(frame["kode"].unique())
    cube = _cube(frame)
    for month in sorted(frame["periode"].unique()):
        _babel_block(sheet, cube, kode=kode, month=pd.Timestamp(month))
    sheet.add(*[[text] for text in KAKI])
    return build_xlsx([sheet])


def _maluku_rows(frame: pd.DataFrame, tahun: int) -> Iterable[list[object]]:
    """Yield Maluku's rows of one year with a sum per month and segmen."""
    order = {name: place for place, name in enumerate(SEGMEN)}
    ordered = frame.assign(urut=frame["segmen"].map(order))
    measures = _measures(frame)
    number = 0
    for month in sorted(frame["periode"].unique()):
        rows = ordered[ordered["periode"] == month].sort_values(["kode", "urut"])
        label = BULAN_BESAR[pd.Timestamp(month).month - 1]
        for row in list_records(rows):
            number += 1
            who = [number, row["kode"], spell(row["kode"], tahun), label, tahun]
            yield [*who, *_maluku_cells(row, measures)]
        sums = rows.groupby("segmen", as_index=False)[list(UKURAN)].sum()
        for row in sorted(list_records(sums), key=lambda row: order[row["segmen"]]):
            yield ["", "81", "MALUKU", label, tahun, *_maluku_cells(row, measures)]


def _measures(frame: pd.DataFrame) -> list[str]:
    """Return the counts by cause that a year's file prints, if any."""
    return [name for name in UKURAN[2:] if frame[name].notna().any()]


def _maluku_cells(row: dict[str, Any], measures: Sequence[str]) -> list[object]:
    """Return one row's figures as Maluku prints them."""
    rate = format_number(100 * row["aktif_jiwa"] / row["terdaftar_jiwa"], 2)
    counts = [
        dots(row["terdaftar_jiwa"]),
        dots(row["aktif_jiwa"]),
        f"{rate}%",
    ]
    parts = [dots(row[name]) for name in measures]
    return [SEGMEN_MALUKU[row["segmen"]], *counts, *parts]


def _maluku_year(frame: pd.DataFrame, tahun: int) -> str:
    """Return Maluku's file of one year: long, semicolons, dots in thousands."""
    head = "No;Kode;Kab/Kota;Bulan;Tahun;Segmen;Peserta Terdaftar;Peserta Aktif;% Aktif"
    head += ";Nonaktif Menunggak;Nonaktif Mutasi" if _measures(frame) else ""
    title = f"Data kepesertaan JKN Provinsi Maluku tahun {tahun}\n{CONTOH}\n"
    return title + head + "\n" + _csv(_maluku_rows(frame, tahun)) + f"{KAKI[0]}\n"


def _malut_month(frame: pd.DataFrame, month: pd.Timestamp) -> Lembar:
    """Return Maluku Utara's sheet of one month, region over its segments."""
    sheet = Lembar(BULAN_LEMBAR[month.month - 1])
    sheet.add(
        ["KEPESERTAAN JKN PROVINSI MALUKU UTARA"],
        [f"Periode : {format_periode(month)}"],
        [CONTOH],
        [],
        bold=3,
    )
    top = ["No", "Kab/Kota", "Segmentasi", "Terdaftar", "Aktif", "Nonaktif", None]
    start = len(sheet.baris)
    sheet.add(top, [None] * 5 + ["Menunggak", "Mutasi"], bold=2)
    sheet.gabung += [
        (start, 5, start, 6),
        *((start, c, start + 1, c) for c in range(5)),
    ]
    cube = _cube(frame)
    for number, kode in enumerate(sorted(frame["kode"].unique()), start=1):
        first = len(sheet.baris)
        for name in SEGMEN:
            who = [number, spell(kode)] if name == SEGMEN[0] else [None, None]
            sheet.add([*who, SEGMEN_MALUT[name], *cube[kode, month, name]])
        last = len(sheet.baris) - 1
        sheet.gabung.append((first, 1, last, 1))
        counts = [
            [int(str(row[c])) for row in sheet.baris[first:]] for c in range(3, 7)
        ]
        sums = [sum(column) for column in counts]
        sheet.add([None, "Jumlah", None, *sums], bold=1)
    sheet.add([], *[[text] for text in KAKI])
    return sheet


def _malut_year(frame: pd.DataFrame) -> bytes:
    """Return Maluku Utara's workbook of one year, a sheet per month."""
    months = sorted(frame["periode"].unique())
    sheets = [
        _malut_month(frame[frame["periode"] == month], pd.Timestamp(month))
        for month in months
    ]
    return build_xlsx(sheets)


def _write_kepesertaan(frame: pd.DataFrame, folder: Path) -> None:
    """Write the three provinces' files, one per year."""
    for year, rows in _by_year(frame):
        own = {kode: _of(rows, kode) for kode in PROVINSI}
        write_bytes(folder / f"rekap_babel_{year}.xlsx", _babel_year(own["19"], year))
        write_text(folder / f"maluku_{year}.csv", _maluku_year(own["81"], year))
        write_bytes(folder / f"maluku_utara_{year}.xlsx", _malut_year(own["82"]))


def _age_sheet(frame: pd.DataFrame, tahun: int, provinsi: str) -> Lembar:
    """Return arrears by age of one province and year, people beside rupiah."""
    sheet = Lembar(str(tahun))
    sheet.add(
        [f"TUNGGAKAN IURAN PESERTA MENURUT UMUR - PROVINSI {PROVINSI[provinsi]}"],
        [f"Tahun {tahun}"],
        [CONTOH],
        [],
        bold=3,
    )
    ages = [f"Umur {umur} bulan" for umur in range(1, UMUR_MAKS_BULAN)]
    groups = [*ages, f"> {UMUR_MAKS_BULAN - 1} bulan", "Jumlah"]
    start = len(sheet.baris)
    top: list[Cell] = ["Kab/Kota", "Bulan", "Segmen", "Kelas"]
    for name in groups:
        sheet.gabung.append((start, len(top), start, len(top) + 1))
        top += [name, None]
    sheet.gabung += [(start, c, start + 1, c) for c in range(4)]
    sheet.add(top, [None] * 4 + ["Peserta", "Rp"] * len(groups), bold=2)
    key = ["kode", "periode", "segmen", "kelas"]
    wide = frame.pivot_table(
        index=key, columns="umur_bulan", values=["peserta_jiwa", "tunggakan_rp"]
    )
    people: Any = wide["peserta_jiwa"].astype("int64").to_numpy().tolist()
    rupiah: Any = wide["tunggakan_rp"].astype("int64").to_numpy().tolist()
    for index, many, money in zip(wide.index.tolist(), people, rupiah, strict=True):
        kode, month, segmen, kelas = index
        pairs = [value for pair in zip(many, money, strict=True) for value in pair]
        who = [spell(kode), f"{month:%Y-%m}", segmen, ROMAWI[kelas]]
        sheet.add([*who, *pairs, sum(many), sum(money)])
    sheet.add([], *[[text] for text in KAKI])
    return sheet


def _write_tunggakan(frame: pd.DataFrame, folder: Path) -> None:
    """Write one workbook per province, a sheet per year."""
    for provinsi in PROVINSI:
        own = _of(frame, provinsi)
        sheets = [_age_sheet(rows, tahun, provinsi) for tahun, rows in _by_year(own)]
        write_bytes(folder / f"umur_tunggakan_{provinsi}.xlsx", build_xlsx(sheets))


def _iuran_year(frame: pd.DataFrame, tahun: int, provinsi: str) -> str:
    """Return premium of one province and year, wide by month, a row per measure."""
    rows: list[list[object]] = [
        [f"Iuran JKN Provinsi {PROVINSI[provinsi].title()}"],
        [f"Tahun {tahun}"],
        [CONTOH],
        ["Kab/Kota", "Segmen", "Kelas", "Uraian", *BULAN_LEBAR],
    ]
    measures = {
        "Ditagih": "ditagih_rp",
        "Diterima": "diterima_rp",
        "Dihapus": "dihapus_rp",
    }
    for (kode, segmen, kelas), own in frame.groupby(["kode", "segmen", "kelas"]):
        months = own.set_index(own["periode"].dt.month)
        for label, name in measures.items():
            if months[name].notna().any():
                values = months[name].reindex(range(1, 13))
                cells = ["" if pd.isna(value) else dots(value) for value in values]
                rows.append([spell(str(kode)), segmen, kelas or "-", label, *cells])
    return _csv([*rows, [KAKI[0]]])


def _write_iuran(frame: pd.DataFrame, folder: Path) -> None:
    """Write one file per province and year."""
    for provinsi in PROVINSI:
        own = _of(frame, provinsi)
        for year, rows in _by_year(own):
            text = _iuran_year(rows, year, provinsi)
            write_text(folder / f"iuran_{provinsi}_{year}.csv", text)


_PEMDA = (
    "kuota_jiwa", "terisi_jiwa", "tagihan_rp", "dibayar_rp", "tunggakan_awal_rp",
)  # fmt: skip


def _pemda_sheet(frame: pd.DataFrame, provinsi: str) -> Lembar:
    """Return quota and payment of one province's local governments."""
    sheet = Lembar(get_wilayah(provinsi).nama)
    sheet.add(
        ["REALISASI IURAN PBPU PEMDA"], [f"PROVINSI {PROVINSI[provinsi]}"], [CONTOH]
    )
    head = "No|Kode|Kab/Kota|Bulan|Kuota|Terisi|Tagihan (Rp)|Dibayar (Rp)"
    sheet.add([*head.split("|"), "Tunggakan Awal (Rp)", "Tanggal Bayar"])
    for number, row in enumerate(list_records(frame), start=1):
        when = row["tanggal_bayar"]
        paid = "-" if pd.isna(when) else when.date()
        who = [
            number,
            row["kode"],
            spell(row["kode"]),
            format_periode(row["periode"]),
        ]
        sheet.add([*who, *(row[name] for name in _PEMDA), paid])
    sheet.add([], ["Sumber: BPKAD (contoh)"], [KAKI[1]])
    return sheet


def _write_pemda(frame: pd.DataFrame, folder: Path) -> None:
    """Write one workbook with a sheet per province."""
    sheets = [_pemda_sheet(_of(frame, provinsi), provinsi) for provinsi in PROVINSI]
    write_bytes(folder / "realisasi_pbpu_pemda.ods", build_ods(sheets))


def _rupiah(value: int) -> str:
    """Write rupiah as a budget prints it."""
    return f"{'-' if value < 0 else ''}Rp {dots(abs(value))}"


def _write_anggaran(frame: pd.DataFrame, folder: Path) -> None:
    """Write the budget lines."""
    rows: list[list[object]] = [
        ["Pagu iuran JKN dalam APBD"],
        [CONTOH],
        ["Kode", "Kab/Kota", "Tahun", "Sumber Dana", "Pagu", "Pergeseran"],
    ]
    for row in list_records(frame):
        money = [_rupiah(row["pagu_rp"]), _rupiah(row["pergeseran_rp"])]
        who = [row["kode"], spell(row["kode"]), row["tahun"], row["sumber_dana"]]
        rows.append([*who, *money])
    write_text(folder / "pagu_iuran_jkn.csv", _csv([*rows, ["Sumber: BPKAD (contoh)"]]))


def _write_faskes(frame: pd.DataFrame, folder: Path) -> None:
    """Write facilities, the dates below each other with a sum each."""
    sheet = Lembar("Faskes")
    sheet.add(["FASILITAS KESEHATAN YANG BEKERJA SAMA"], [CONTOH], [], bold=2)
    counted = ("fktp", "fkrtl", "dokter", "tempat_tidur")
    head = ["Kab/Kota", "Per", "FKTP", "FKRTL", "Dokter", "Tempat Tidur"]
    sheet.add([*head, "Kendala Administrasi"], bold=1)
    for month, rows in frame.groupby("periode"):
        day = format_akhir_bulan(month)
        for row in list_records(rows):
            trouble = None if pd.isna(row["kendala"]) else row["kendala"]
            sheet.add([spell(row["kode"]), day, *(row[n] for n in counted), trouble])
        sums = [int(rows[name].sum()) for name in counted]
        sheet.add(["JUMLAH", day, *sums, None], bold=1)
    sheet.add([], ["Sumber: Dinas Kesehatan (contoh)"], [KAKI[1]])
    write_bytes(folder / "faskes.xlsx", build_xlsx([sheet]))


def _write_penduduk(frame: pd.DataFrame, folder: Path) -> None:
    """Write population under BPS codes, as a spreadsheet saved them: 8203.0."""
    rows: list[list[object]] = [
        [f"# Jumlah penduduk menurut sumber bertanggal. {CONTOH}"],
        ["kode_bps", "nama_wilayah", "sumber", "berlaku_mulai", "jumlah_penduduk"],
    ]
    for row in list_records(frame):
        region = get_wilayah(row["kode"])
        when = f"{row['berlaku_mulai']:%Y-%m-%d}"
        who = [f"{region.kode_bps}.0", region.nama_lengkap]
        rows.append([*who, row["sumber"], when, row["penduduk_jiwa"]])
    write_text(folder / "penduduk_kode_bps.csv", _csv(rows, delimiter=","))


def write_plain(frame: pd.DataFrame, path: Path, *, note: str = CONTOH) -> None:
    """Write a table with its canonical headings under a line that says what it is."""
    text = frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
    write_text(path, f"# {note}\n{text}")


_WRITERS = {
    "penduduk": _write_penduduk,
    "kepesertaan": _write_kepesertaan,
    "tunggakan_peserta": _write_tunggakan,
    "iuran": _write_iuran,
    "iuran_pemda": _write_pemda,
    "anggaran": _write_anggaran,
    "faskes": _write_faskes,
    "arus_kepesertaan": write_arus,
    "kepesertaan_kecamatan": write_kecamatan,
}
_PUBLIKASI = [
    "tanggal",
    "kode",
    "indikator",
    "segmen",
    "nilai",
    "satuan",
    "sumber",
    "catatan",
]
"""Order in the file: the first text of a row must not read as the label of a sum."""
_CATATAN = {
    "publikasi": "Angka terpublikasi dengan sumbernya; di dalam kiriman DATA CONTOH",
    "peristiwa": "DATA CONTOH; peristiwa yang terpublikasi menyebut sumbernya",
}


def write_tables(tables: dict[str, pd.DataFrame], out: Path) -> None:
    """Write the sample's tables as deliveries under `out`, one folder per table."""
    write_text(out / "README.txt", BACA_SAYA)
    for name, frame in tables.items():
        if name in _WRITERS:
            _WRITERS[name](frame, out / name)
        else:
            note = _CATATAN.get(name, CONTOH)
            shown = frame[_PUBLIKASI] if name == "publikasi" else frame
            write_plain(shown, out / name / f"{name}.csv", note=note)


def write_compact(tables: dict[str, pd.DataFrame], out: Path) -> None:
    """Write the tables of the whole country as plain text.

    Arrears are wide by age, a file per province: one file of the country would need
    more memory than a reader of foreign files is given.
    """
    write_text(out / "README.txt", BACA_SAYA.splitlines()[0] + "\n")
    for name, frame in tables.items():
        if name != "tunggakan_peserta":
            write_plain(frame, out / name / f"{name}.csv")
            continue
        for provinsi, rows in frame.groupby(frame["kode"].str[:2]):
            write_plain(_widen(rows), out / name / f"{name}_{provinsi}.csv")


def _widen(frame: pd.DataFrame) -> pd.DataFrame:
    """Return arrears with a column per age and a row per measure."""
    key = ["kode", "periode", "segmen", "kelas"]
    labels = [f"Umur {umur} bulan" for umur in range(1, UMUR_MAKS_BULAN)]
    names = {i + 1: label for i, label in enumerate([*labels, "> 24 bulan"])}
    parts = []
    for label, name in (("Peserta", "peserta_jiwa"), ("Tunggakan", "tunggakan_rp")):
        wide = frame.pivot_table(index=key, columns="umur_bulan", values=name).astype(
            int
        )
        part = wide.rename(columns=names).reset_index()
        part.insert(4, "uraian", label)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
