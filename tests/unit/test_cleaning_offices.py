"""Layouts of a fourth hand: pivots, sums of numbered groups, lists without numbers."""

from __future__ import annotations

import datetime as dt

import pytest

from jkn_analysis.cleaning.find.labels import is_total_label
from jkn_analysis.cleaning.values.context import find_context, find_title_regions
from jkn_analysis.terms import SEGMEN
from tests.unit.test_cleaning_natural import (
    FUNDS,
    KOTA,
    NAMA,
    ONE,
    PAY,
    PREMIUM,
    SIX,
    TITLE,
    A,
    Layout,
    T,
    both,
    follow,
    rows_of,
    truth,
    write,
)

PAIR = ("82.72", KOTA)
KECAMATAN = [
    ("52.71.01", "Ampenan", 84_210, 67_001),
    ("52.71.02", "Banjar", 300_000, 250_000),
]
MEETING = ["Rabu, 12 November 2025"]


def sums(rows: list[tuple]) -> list[int]:
    return [sum(row[-2] for row in rows), sum(row[-1] for row in rows)]


def pivot(*codes: str) -> list[list]:
    rows: list[list] = []
    for kode in codes:
        counts = list(zip(SEGMEN, both(kode)[::2], both(kode)[1::2], strict=True))
        rows += [[NAMA[kode] if not i else None, *row] for i, row in enumerate(counts)]
        rows.append([f"{NAMA[kode]} Total", None, *sums(counts)])
    return rows


OFFICES = {
    "a pivot of several regions with a filter line": Layout(
        [["THBL | 202510"], ["KODE CABANG", "2201"], [],
         ["NMDATI2", "SEGMEN", "Sum of JML_PESERTA", "Sum of PESERTA_AKTIF"],
         *pivot(*PAIR)], truth(*PAIR),
    ),
    "codes of a branch and of BPJS beside the name": Layout(
        [["THBL", "KODE CABANG", "KDDATI2", "NMDATI2", "SEGMEN", "TERDAFTAR", "AKTIF"],
         *[["202510", "2201", "0401", "KOTA TERNATE", *row] for row in SIX]], ONE,
    ),
    "sums of numbered groups among the segmen": Layout(
        [*TITLE, ["NO", "SEGMEN", "TERDAFTAR", "AKTIF"], ["I", "PBI"],
         *[[i, *row] for i, row in enumerate(SIX[:2], 1)],
         [None, "JUMLAH I", *sums(SIX[:2])], ["II", "NON PBI"],
         *[[i, *row] for i, row in enumerate(SIX[2:], 1)],
         [None, "JUMLAH II", *sums(SIX[2:])],
         [None, "JUMLAH (I + II)", *sums(SIX)]], ONE,
    ),
    "a sum of numbered groups that is none": Layout(
        [*TITLE, ["NO", "SEGMEN", "TERDAFTAR", "AKTIF"],
         *[[i, *row] for i, row in enumerate(SIX, 1)],
         [None, "JUMLAH (I + II)", sum(T) + 9, sum(A)]], None,
    ),
    "columns of numbered sums": Layout(
        {name: [[f"PESERTA {name} OKTOBER 2025"], [],
                ["KAB/KOTA", "PBI", None, None, "NON PBI", *[None] * 4,
                 "JUMLAH (I + II)"],
                [None, "APBN", "APBD", "JUMLAH (I)", *SEGMEN[2:], "JUMLAH (II)"],
                [NAMA[KOTA], *x[:2], sum(x[:2]), *x[2:], sum(x[2:]), sum(x)]]
         for name, x in (("TERDAFTAR", T), ("AKTIF", A))}, ONE,
    ),
    "region and last day of the month in one cell": Layout(
        [["LAPORAN PESERTA"], ["Kota Ternate, 31 Oktober 2025"],
         ["Segmen", "Terdaftar", "Aktif"], *SIX], ONE,
    ),
    "codes of kecamatan under a printed total": Layout(
        [["PESERTA PER 31 OKTOBER 2025"], ["Kode", "Nama", "Jumlah Peserta", "Aktif"],
         *KECAMATAN, ["Jumlah", None, *sums(KECAMATAN)]],
        [("52.71", "2025-10", "total", *sums(KECAMATAN))],
    ),
    "codes of kecamatan without a total": Layout(
        [["PESERTA PER 31 OKTOBER 2025"], ["Kode", "Nama", "Jumlah Peserta", "Aktif"],
         *KECAMATAN], None,
    ),
    "members of a bill headed as registered": Layout(
        [["KOTA TERNATE TA 2025"],
         ["Bulan", "Kuota", "Peserta Terdaftar", "Tagihan", "Realisasi"],
         ["Agustus", 36_000, 35_617, 35_617 * 42_000, 0]],
        [(KOTA, "2025-08", 35_617, 35_617 * 42_000, 0)], PAY, "iuran_pemda",
    ),
    "funds by their long name, dashes for no shift": Layout(
        [["PAGU KOTA TERNATE TAHUN ANGGARAN 2025"],
         ["Sumber Dana", "Pagu", "Pergeseran"], ["APBD", 950, 25],
         ["Dana Bagi Hasil (DBH)", 120, "-"], ["DBH Pajak Rokok", 80, "-"]],
        [(KOTA, 2025, "APBD", 950, 25), (KOTA, 2025, "DBH", 120, 0),
         (KOTA, 2025, "Pajak rokok", 80, 0)], FUNDS, "anggaran",
    ),
    "a funds column whose pagu is a dash": Layout(
        [["PAGU KOTA TERNATE TAHUN ANGGARAN 2025"],
         ["Sumber Dana", "Pagu", "Pergeseran"], ["APBD", "-", 25]],
        None, FUNDS, "anggaran",
    ),
    "decisions of the meeting in the title": Layout(
        [["TINDAK LANJUT FORUM"], ["KOTA TERNATE"], ["Hari/Tanggal : ", *MEETING], [],
         ["No", "Kesepakatan", "PIC", "Batas Waktu", "Status"],
         [1, "Bayar iuran", "BPKAD", "30 November 2025", "Proses"],
         [2, "Cek data", "Dinas Sosial", "15 Desember 2025", "Belum dilaksanakan"]],
        [("20251112-8271", KOTA, 1, "berjalan"), ("20251112-8271", KOTA, 2, "belum")],
        ("id_rapat", "kode", "nomor", "status"), "tindak_lanjut",
    ),
    "decisions under two days": Layout(
        [["KOTA TERNATE"], ["Rapat 12 November 2025, dicatat 14 November 2025"], [],
         ["No", "Kesepakatan", "PIC", "Batas Waktu", "Status"],
         [1, "Bayar iuran", "BPKAD", "30 November 2025", "Proses"]],
        None, ("id_rapat",), "tindak_lanjut",
    ),
    "meetings whose zone stands in the hour or nowhere": Layout(
        [["JADWAL RAPAT"], [],
         ["No", "Kabupaten/Kota", "Hari/Tanggal", "Waktu", "Acara", "Tempat"],
         [1, "Kota Mataram", *MEETING, "09.00 WITA", "Forum", "Bappeda"],
         [2, "Kota Ternate", *MEETING, "13.30", "Forum", "Aula"]],
        [("20251112-5271", "52.71", "09.00", "WITA"),
         ("20251112-8271", "82.71", "13.30", "WIT")],
        ("id_rapat", "kode", "jam", "zona_waktu"), "rapat",
    ),
    "desil written before their number": Layout(
        [["KOTA TERNATE OKTOBER 2025"],
         ["Desil", "Jumlah Keluarga", "Jumlah Jiwa", "Penerima PBI JK"],
         *[[f"Desil {d}", 4_000, 15_000, 900] for d in (1, 2)]],
        [(KOTA, "2025-10", 1, 15_000, 900), (KOTA, "2025-10", 2, 15_000, 900)],
        ("kode", "periode", "desil", "jiwa", "pbi_jiwa"), "sasaran_pbi",
    ),
    "regions as lone rows over their segmen": Layout(
        [["PESERTA OKTOBER 2025"], [], ["Segmen", "Terdaftar", "Aktif"],
         ["KOTA TERNATE"], *SIX, ["Jumlah", *sums(SIX)], ["KOTA TIDORE KEPULAUAN"],
         *[row[1:] for row in pivot("82.72")[:-1]]], truth(*PAIR),
    ),
    "segmen under Uraian": Layout(
        [*TITLE, ["Uraian", "Terdaftar", "Aktif"],
         *[[f"{i}. {s}", t, a] for i, (s, t, a) in enumerate(SIX, 1)],
         ["TOTAL", *sums(SIX)]], ONE,
    ),
    "population of BPS whose year stands in the title": Layout(
        "Penduduk Tahun 2024 (ribu jiwa);\nKabupaten/Kota;Jumlah\nKota Ternate;206,3\n"
        "Kota Tidore Kepulauan;118,8\nJumlah;325,1\nSumber : Badan Pusat Statistik;\n",
        [(KOTA, "BPS 2024", 206_300), ("82.72", "BPS 2024", 118_800)],
        ("kode", "sumber", "penduduk_jiwa"), "penduduk", "a.csv",
    ),
    "contacts under lone rows of regions": Layout(
        [["No", "Instansi", "Jabatan", "E-Mail"], ["KOTA TERNATE"],
         [1, "BPKAD", "Kepala Badan", "bpkad@ternatekota.go.id"],
         ["KOTA TIDORE KEPULAUAN"],
         [1, "BPKAD", "Kepala Badan", "bpkad@tidorekota.go.id"]],
        [(KOTA, "bpkad@ternatekota.go.id"), ("82.72", "bpkad@tidorekota.go.id")],
        ("kode", "email"), "penerima",
    ),
    "short words of a database": Layout(
        [["BULAN", "NM_KAB", "SEGMENTASI", "PST_TERDAFTAR", "PST_AKTIF"],
         *[["2025-10-31", "KOTA TERNATE", *row] for row in SIX]], ONE,
    ),
    "what each row counts under Keterangan": Layout(
        [["KOTA TERNATE"], ["Segmen", "Keterangan", dt.date(2025, 10, 31)],
         *[[name, word, n] for name, t, a in SIX
           for word, n in (("Terdaftar", t), ("Aktif", a))]], ONE,
    ),
    "premiums of independent members": Layout(
        [["Iuran Peserta Mandiri Kota Ternate Oktober 2025"],
         ["Kelas", "Iuran Ditagihkan", "Iuran Terbayar", "Tunggakan"],
         ["Kelas 1", "Rp. 210.600.000,-", "Rp. 150.100.000,-", "Rp. 60.500.000,-"]],
        [(KOTA, "2025-10", "PBPU", 1, 210_600_000, 150_100_000)], PREMIUM, "iuran",
    ),
    "both sexes as LK+PR": Layout(
        {"DKB SEM 1 2025": [["WILAYAH", "LK", "PR", "LK+PR"],
                            ["KOTA TERNATE", 101_000, 101_500, 202_500]]},
        [(KOTA, "Dukcapil sem I 2025", 202_500)],
        ("kode", "sumber", "penduduk_jiwa"), "penduduk",
    ),
    "decisions of several meetings": Layout(
        [["No", "Kab/Kota", "Tanggal Rapat", "Rekomendasi", "PJ", "Tenggat", "Status"],
         [1, "Kota Ternate", "12/11/2025", "Bayar", "BPKAD", "30/11/2025", "Selesai"],
         [2, "Kota Tidore Kepulauan", "13/11/2025", "Padan", "Dukcapil", "31/12/2025",
          "On progress"]],
        [("20251112-8271", KOTA, "selesai"), ("20251113-8272", "82.72", "berjalan")],
        ("id_rapat", "kode", "status"), "tindak_lanjut",
    ),
    "a total without a caption beside captions of two rows": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", "PBI", *[None] * 3, "PPU", *[None] * 3, "PBPU",
                            None, "BP", None, "TOTAL", None],
         [None, "APBN", None, "APBD", None, "PN", None, "BU", *[None] * 7],
         [None, *["Terdaftar", "Aktif"] * 7],
         ["Kota Ternate", *both(KOTA), sum(T), sum(A)]], ONE,
    ),
    "segmen headed Kepesertaan, the month in figures, signed below": Layout(
        "REKAP PESERTA 31/10/2025;;\nKota Ternate;;\nKepesertaan;Terdaftar;Aktif\n"
        + "".join(f"{s};{t};{a}\n" for s, t, a in SIX)
        + "Ternate, 5 November 2025;;\n", ONE, name="a.csv",
    ),
    "blocks of lone names of regions in one csv": Layout(
        "REKAP PESERTA 202510;;\n" + "".join(
            f"{NAMA[k]};;\nSegmen;Terdaftar;Aktif\n" + "".join(
                f"{row[-3]};{row[-2]};{row[-1]}\n" for row in pivot(k)[:-1]) + ";;\n"
            for k in PAIR), truth(*PAIR), name="a.csv",
    ),
    "provinsi and kabupaten listed under the segmen they pay": Layout(
        [*TITLE, ["Segmen", "Terdaftar", "Aktif"], *SIX[:2],
         ["- Provinsi", 617, 500], ["- Kab/Kota", T[1] - 617, A[1] - 500],
         *SIX[2:], ["Jumlah", *sums(SIX)]], ONE,
    ),
    "a list under a segmen that is not its sum": Layout(
        [*TITLE, ["Segmen", "Terdaftar", "Aktif"], *SIX[:2],
         ["- Provinsi", 616, 500], ["- Kab/Kota", T[1] - 617, A[1] - 500],
         *SIX[2:]], None,
    ),
    "segmen and members in one heading": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", *[f"{w}_{s}" for s in SEGMEN
                                          for w in ("Peserta", "Aktif")]],
         ["Kota Ternate", *both(KOTA)]], ONE,
    ),
    "a sheet of sums before one of each region": Layout(
        {"Rekap": [["OKTOBER 2025"], ["Kab/Kota", "Terdaftar", "Aktif"],
                   ["Kota Ternate", sum(T), sum(A)], ["Jumlah", sum(T), sum(A)]],
         "Kota Ternate": [["OKTOBER 2025"], ["Segmen", "Terdaftar", "Aktif"], *SIX]},
        ONE,
    ),
    "a meeting whose hour is a cell of time": Layout(
        [["Kab/Kota", "Tanggal", "Jam", "Agenda", "Tempat"],
         ["Kota Ternate", *MEETING, dt.time(9, 0), "Forum", "Aula"]],
        [("20251112-8271", "09:00", "Forum")], ("id_rapat", "jam", "jenis"), "rapat",
    ),
    "a dash for what is not decided, under a total": Layout(
        [["OKTOBER 2025"], ["Kab/Kota", "Kuota", "Usulan", "Diterima"],
         ["Kota Ternate", 320, 300, 280], ["Kota Tidore Kepulauan", 200, 180, "-"],
         ["Jumlah", 520, 480, 280]], [(KOTA, "280"), ("82.72", "<NA>")],
        ("kode", "diterima_jiwa"), "usulan_pbi",
    ),
    "events without numbers": Layout(
        [["No", "Tanggal", "Kab/Kota", "Jenis", "Uraian", "Dasar Hukum", "Status"],
         *[[i, "15/11/2025", name, "kuota", "Kuota turun", "SK 8", "pasti"]
           for i, name in enumerate(("Kota Ternate", "Kota Tidore Kepulauan"), 1)]],
        [("20251115-a40e0e", KOTA), ("20251115-a40e0e", "82.72")],
        ("id_peristiwa", "kode"), "peristiwa",
    ),
}  # fmt: skip


@pytest.mark.parametrize("label", sorted(OFFICES))
def test_layout_of_an_office_is_stored_right_at_once_or_refused(tmp_path, label):
    layout = OFFICES[label]
    result, trail = follow(write(tmp_path, layout), layout.table)
    if layout.want is None:
        asked = any("parts 0" in line for lines in trail for line in lines)
        assert trail
        assert result is None or asked, rows_of(result, layout.columns)
        return
    assert not trail
    rows = rows_of(result, layout.columns)
    if label.startswith("a dash"):
        rows = [(kode, str(count)) for kode, count in rows]
    assert rows == sorted(layout.want)


@pytest.mark.parametrize(
    ("line", "month", "codes"),
    [
        ("Kota Ternate, 31 Oktober 2025", 10, [KOTA]),
        ("Kota Ternate, 5 November 2025", 0, [KOTA]),
        ("Ternate, 31 Oktober 2025", 0, []),
    ],
)
def test_a_region_and_day_are_of_the_data_where_the_day_ends_a_month(
    line, month, codes
):
    assert find_context([line], "", "").month == month
    assert list(find_title_regions([line])) == codes


@pytest.mark.parametrize(
    ("label", "known"),
    [
        ("Jumlah A", True), ("TOTAL (A+B+C)", True), ("Jumlah I s.d. III", True),
        ("KC Ternate Total", True), ("Perempuan Total", False),
        ("Biaya Total", False),
    ],
)  # fmt: skip
def test_sums_of_numbered_groups_and_of_pivots(label, known):
    assert is_total_label(label) is known


def test_a_meeting_taken_from_a_title_is_listed(tmp_path):
    layout = OFFICES["decisions of the meeting in the title"]
    result, _ = follow(write(tmp_path, layout), "tindak_lanjut")
    assert result is not None
    taken = [p.message for p in result.problems if p.kind == "taken"]
    assert "meeting of 2025-11-12, taken from" in taken
    assert result.frame["tenggat"].iloc[0].date() == dt.date(2025, 11, 30)


# --- what a title says of its figures, budgets after their shift ---------------------


@pytest.mark.parametrize(
    "title",
    [
        "PESERTA PUSKESMAS KALUMPANG KOTA TERNATE OKTOBER 2025",
        "PESERTA KECAMATAN MOTI KOTA TERNATE OKTOBER 2025",
        "PESERTA PEREMPUAN KOTA TERNATE OKTOBER 2025",
        "PESERTA KELAS III KOTA TERNATE OKTOBER 2025",
        "PESERTA KOTA TERNATE OKTOBER 2025 USIA 0-18 TAHUN",
        "PESERTA BARU JKN KOTA TERNATE OKTOBER 2025",
        "REKAP PENAMBAHAN PESERTA KOTA TERNATE OKTOBER 2025",
        "JUMLAH KK PESERTA KOTA TERNATE OKTOBER 2025",
    ],
)
def test_a_title_of_a_part_stops_until_confirmed(tmp_path, title):
    path = write(tmp_path, Layout([[title], ["Segmen", "Terdaftar", "Aktif"], *SIX], 0))
    result, trail = follow(path, "kepesertaan")
    assert [line.startswith("implausible 0 title") for line in trail[0]] == [True]
    assert result is not None


@pytest.mark.parametrize(
    "title",
    [
        "PESERTA MENURUT KECAMATAN KOTA TERNATE OKTOBER 2025",
        "PESERTA LAKI-LAKI DAN PEREMPUAN KOTA TERNATE OKTOBER 2025",
        "CAPAIAN MENUJU TARGET UHC KOTA TERNATE OKTOBER 2025",
        "PESERTA KELAS I, II DAN III KOTA TERNATE OKTOBER 2025",
        "DESA/KELURAHAN KOTA TERNATE OKTOBER 2025",
    ],
)
def test_a_title_of_all_does_not_stop(tmp_path, title):
    path = write(tmp_path, Layout([[title], ["Segmen", "Terdaftar", "Aktif"], *SIX], 0))
    doubts = follow(path, "kepesertaan")[1]
    assert not [line for lines in doubts for line in lines if "title" in line]


def test_a_shift_as_large_as_the_budget_is_asked_about(tmp_path):
    rows = [["KOTA TERNATE TA 2025"], ["Sumber Dana", "Anggaran", "Perubahan"],
            ["APBD", 950, 970]]  # fmt: skip
    trail = follow(write(tmp_path, Layout(rows, 0)), "anggaran")[1]
    assert (
        "shift against budget: 102%: is it the budget after the shift?" in trail[0][0]
    )


def test_spans_of_desil_are_a_fault_of_their_cell(tmp_path):
    rows = [["KOTA TERNATE OKTOBER 2025"], ["Desil", "Jumlah Jiwa", "PBI JK"],
            ["Desil 1-4", 60_000, 50_000], ["Desil 5", 15_000, 900]]  # fmt: skip
    result, trail = follow(write(tmp_path, Layout(rows, 0)), "sasaran_pbi")
    assert result is None
    assert [line for line in trail[0] if "1-4" in line]


def test_a_fault_of_the_whole_sheet_is_said_once(tmp_path):
    rows = [["KOTA TERNATE TA 2025"], ["Bulan", "Kuota", "Tagihan", "Bayar"],
            ["Agustus", 36_000, 10**9, 10**9]]  # fmt: skip
    trail = follow(write(tmp_path, Layout(rows, 0)), "iuran_pemda")[1]
    assert len(trail[0]) == len(set(trail[0]))


def test_leaving_out_kinds_of_facilities_leaves_their_printed_sum(tmp_path):
    rows = [["Per Oktober 2025"], ["Kab/Kota", "FKTP", None, "FKRTL", "Dokter Umum"],
            [None, "Klinik", "Jumlah"], ["Kota Ternate", 10, 28, 6, 74]]  # fmt: skip
    result, trail = follow(write(tmp_path, Layout(rows, 0)), "faskes")
    assert len(trail) == 1
    assert rows_of(result, ("kode", "fktp", "fkrtl", "dokter")) == [(KOTA, 28, 6, 74)]


@pytest.mark.parametrize(
    ("lines", "heads"),
    [
        (["KOTA TERNATE", "Update: 05 November 2025"], ["Terdaftar", "Aktif"]),
        (["KOTA TERNATE", "Per tanggal 15 Oktober 2025"], ["Terdaftar", "Aktif"]),
        (["KOTA TERNATE OKTOBER 2025"], ["Terdaftar 2024", "Aktif 2024"]),
        (["KOTA TERNATE OKTOBER 2025"], ["Terdaftar September", "Aktif September"]),
        (["OKTOBER 2025", "Kota Ternate, Kota Tidore"], ["Terdaftar", "Aktif"]),
    ],
)
def test_what_a_title_leaves_open_is_not_stored(tmp_path, lines, heads):
    rows = [*[[line] for line in lines], ["Segmen", *heads], *SIX]
    result, trail = follow(write(tmp_path, Layout(rows, 0)), "kepesertaan")
    assert result is None, trail


def test_receipts_from_january_beside_the_bills_of_a_month_are_left_out(tmp_path):
    rows = [["IURAN PBPU KOTA TERNATE OKTOBER 2025"],
            ["Kelas", "Tagihan", "Penerimaan s.d. Oktober"],
            ["I", 210_600_000, 150_100_000]]  # fmt: skip
    result, trail = follow(write(tmp_path, Layout(rows, 0)), "iuran")
    assert result is None
    assert ["diterima_rp" in line for line in trail[0]] == [True]


def test_a_meeting_of_no_known_region_is_a_fault_of_its_cell(tmp_path):
    rows = [["Kab/Kota", "Tanggal", "Jam", "Acara", "Tempat"],
            ["Kota Ternate", *MEETING, "09.00", "Forum", "Aula"],
            ["Kota Antah Berantah", *MEETING, "09.00", "Forum", "Aula"]]  # fmt: skip
    result, trail = follow(write(tmp_path, Layout(rows, 0)), "rapat")
    assert result is None
    assert any("Antah Berantah" in line for line in trail[0])
