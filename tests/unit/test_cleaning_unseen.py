"""Files of the kinds offices publish, made up: one right typed table, or a word why."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import pytest

from jkn_analysis import cleaning
from jkn_analysis.cleaning import (
    check_paths,
    clean,
    find_kelas,
    find_segmen,
    parse_dates,
    parse_months,
    parse_numbers,
    read_sheet,
    read_table_typed,
)
from jkn_analysis.cleaning.find.sheets import _read_tables
from jkn_analysis.cleaning.open.records import find_records
from jkn_analysis.cleaning.returned import list_problems, write_annotated
from jkn_analysis.cleaning.values.cells import close_up, find_month_name
from jkn_analysis.config import read_config
from jkn_analysis.personal import mask_personal

NIP = "19800101 200501 1 002"


def write(folder: Path, text: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def book(path: Path, rows: list[list[object]], merged: tuple[str, ...] = ()) -> Path:
    from openpyxl import Workbook

    made = Workbook()
    for row in rows:
        made.active.append(row)
    for area in merged:
        made.active.merge_cells(area)
    made.save(path)
    return path


def typed(folder: Path, text: str, name: str = "a.csv"):
    tables = read_table_typed(write(folder, text, name))
    assert len(tables) == 1, [table.sheet.title for table in tables]
    return tables[0]


def said(table, kind: str) -> list[str]:
    return [p.message for p in table.problems if p.kind == kind]


# --- numbers, months, names ------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["1.234*)", "1.234 **", "1.234¹⁾", "1.234 r", "1.234 1)", "'1.234", "1\xa0234",
     "1\u2009234", "1\u202f234"],
)  # fmt: skip
def test_footnote_marks_and_odd_blanks_leave_the_number(text):
    column = parse_numbers([text, "2.391.162", "1.100.000"], integer=True)
    assert column.results[0] == 1234


def test_cut_footnote_marks_are_said():
    notes = parse_numbers(["1.391.162*)", "2.000.000"], integer=True).notes
    assert "footnote marks cut off in 1 cell(s)" in notes


def test_power_of_ten_of_a_program_is_exact_and_of_a_spreadsheet_is_not():
    assert parse_numbers(["2.676E7"], integer=True).results == [26_760_000]
    assert "digits" in parse_numbers(["2.68E+07"], integer=True).faults[0].message


def test_absence_in_words_is_absence():
    cells = ["tidak ada data", "Belum ada", "n/a", "…", "1.391.162"]
    column = parse_numbers(cells, integer=True)
    assert (column.absent, column.faults) == (4, [])


@pytest.mark.parametrize(
    "text",
    ["Juni2025", "JUN2025", "Juni Th. 2025", "Juni 2025*)", "Jun_2025",
     "Triwulan Kedua 2025", "Semester Pertama 2025", "Smt I TA 2025"],
)  # fmt: skip
def test_more_forms_of_june(text):
    assert parse_months([text]).results == [dt.date(2025, 6, 1)]


@pytest.mark.parametrize(
    ("text", "month"),
    [("Agust", 8), ("1. Januari", 1), ("02 Pebruari", 2), ("Bln Juli", 7),
     ("Januari*)", 1), ("3. Januari", 0)],
)  # fmt: skip
def test_month_names_with_numbers_and_marks(text, month):
    assert find_month_name(text) == month


def test_days_may_be_older_than_any_month_of_the_data():
    assert parse_dates(["13/12/1980"]).results == [dt.date(1980, 12, 13)]
    assert "outside 2000" in parse_months(["31/12/1980"]).faults[0].message


@pytest.mark.parametrize(
    ("text", "segmen"),
    [
        ("KIS APBN", "PBI JK"),
        ("Penerima Bantuan Iuran (PBI) - APBN", "PBI JK"),
        ("Jamkesmas", "PBI JK"),
        ("PBPU dan BP Pemda (PBI APBD)", "PBPU Pemda"),
        ("JAMKESDA/PBI APBD", "PBPU Pemda"),
        ("PBI APBD Kab", "PBPU Pemda"),
        ("Penduduk yang didaftarkan oleh Pemda", "PBPU Pemda"),
        ("PPU PNS/TNI/POLRI", "PPU-PN"),
        ("Pekerja Penerima Upah (PPU) - PN", "PPU-PN"),
        ("PPU BUMN/BUMD/Swasta", "PPU-BU"),
        ("PPU Bukan Penyelenggara Negara", "PPU-BU"),
        ("Pekerja Bukan Penerima Upah (PBPU)/Mandiri", "PBPU"),
        ("JKN Mandiri", "PBPU"),
        ("Veteran/Pensiunan", "BP"),
        ("Jml", "total"),
        ("KIS PBI", None),
        ("PBI APBN dan APBD", None),
        ("PBPU dan BP", None),
        ("Rumah Sakit Swasta", None),
        ("Daerah", None),
        ("Kabupaten", None),
        ("Penduduk", None),
    ],
)
def test_segmen_by_the_words_it_is_made_of(text, segmen):
    assert find_segmen(text) == segmen


def test_kelas_in_words():
    texts = ("kelas tiga", "Hak Kelas Rawat Inap III", "KELAS III (TIGA)", "Kelas 4")
    assert [find_kelas(text) for text in texts] == [3, 3, 3, None]


def test_letters_spaced_apart_are_closed_up_word_by_word():
    assert close_up("J u m l a h   T o t a l") == "Jumlah Total"
    assert close_up("Kelas A B") == "Kelas A B"


# --- rows ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label",
    ["J u m l a h", "JUMLAH (KAB/KOTA)", "Jumlah/Total", "Jumlah Kec. Susukan",
     "Jumlah Se-Kabupaten", "Jml.", "Dipindahkan", "Pindahan", "Sub Jumlah"],
)  # fmt: skip
def test_rows_of_totals_by_any_name(tmp_path, label):
    text = f"Kecamatan;L;P\nSusukan;30;41\nBawang;50;60\n{label};80;101\n"
    table = typed(tmp_path, text)
    assert table.frame["Kecamatan"].tolist() == ["Susukan", "Bawang"]
    assert table.problems == []


def test_items_named_jumlah_are_no_totals(tmp_path):
    text = "Uraian;Nilai\nJumlah Kecamatan;20\nJumlah Desa;266\nTotal;286\n"
    table = typed(tmp_path, text)
    assert table.frame["Uraian"].tolist() == ["Jumlah Kecamatan", "Jumlah Desa"]


def test_row_of_percents_under_the_total_is_no_data(tmp_path):
    text = "Kecamatan;Peserta\nA;30\nB;50\nJUMLAH;80\nPERSENTASE;12,5\n"
    table = read_sheet(write(tmp_path, text))[0]
    assert [item.reason for item in table.dropped] == ["total", "statistic"]


def test_month_without_values_is_a_row_not_a_section(tmp_path):
    text = "Bulan ;Nusantara;Manca\nJanuari;12;3\nNOPEMBER;9;1\nDESEMBER;;\n"
    assert typed(tmp_path, text).frame["Bulan"].tolist() == [1, 11, 12]


def test_year_with_a_mark_heads_a_column(tmp_path):
    text = "Uraian;Satuan;2021;2022*)\nPenduduk;Jiwa;10;12\n*) sementara;;;\n"
    table = typed(tmp_path, text)
    assert list(table.frame) == ["Uraian", "Satuan", "2021", "2022*)"]


def test_blanks_of_a_leading_group_continue_it_and_say_so(tmp_path):
    text = "Tahun,Bulan,Jumlah\n2020,Januari,5\n,Februari,6\n,Maret,7\n2021,Januari,8\n"
    table = typed(tmp_path, text)
    assert table.frame["Tahun"].tolist() == [2020, 2020, 2020, 2021]
    assert "2 blanks continue the cell above" in " ".join(table.notes)


@pytest.mark.parametrize(
    "text",
    [
        "Kecamatan,Jan,Feb,Mar,Apr\nA,1,2,3,4\nB,2,3,4,5\n",
        "Obyek,Alfa,Beta,Gama,Delta,Teta\nA,1,2,3,4,5\nB,1,2,3,4,5\nC,7,0,1,0,3\n",
        "Kecamatan,2016,2017,2018\nKota,1,2,3\nBanjar,2,3,4\n",
        "Kecamatan,1,2,3,4,5\nA,0,1,2,3,4\nB,1,2,3,4,5\nC,4,5,6,7,8\n",
        "No,Obyek,2015,2016,2017\n1,A,2,3,4\n2,B,2,3,4\n3,C,3,9,5\n",
        "Kecamatan,Rusak,KK\nA,-,0\nSumber,-,-\nB,-,5\n",
    ],
)
def test_rows_of_data_that_look_like_labels_are_all_kept(tmp_path, text):
    lines = [line.split(",") for line in text.splitlines()]
    table = read_sheet(write(tmp_path, text))[0]
    assert list(table.frame) == lines[0]
    assert table.frame.to_numpy().tolist() == lines[1:]


def test_no_row_of_any_simple_table_is_lost(tmp_path):
    rng = random.Random(3)
    heads = ["Jan", "Feb", "Luas", "Alfa", "Beta", "L", "P", "KK", "III", "0-4", "PPU"]
    places = ["Susukan", "Kota", "Bawang", "B a t u r", "Pwj Klampok", "Rakit"]
    for _ in range(400):
        width, height = rng.randint(1, 6), rng.randint(1, 6)
        numbered, first = rng.random() < 0.4, rng.randint(0, 3)
        rows = [
            [*([str(i + 1)] if numbered else []), place]
            + [str(first + j) if first else rng.choice("01234-") for j in range(width)]
            for i, place in enumerate(rng.sample(places, height))
        ]
        head = [*(["No"] if numbered else []), rng.choice(["Kecamatan", "Nama Obyek"])]
        grid = [[*head, *rng.sample(heads, width)], *rows]
        if rng.random() < 0.3:
            grid.insert(1, [f"({i + 1})" for i in range(len(grid[0]))])
        tables = _read_tables(Path("a.csv"), sheet_of(grid), "csv", ())
        assert [t.raw.to_numpy().tolist() for t in tables] == [rows], grid


def sheet_of(rows: list[list[str]]) -> dict[str, object]:
    return {"name": "", "hidden": False, "merged": [], "rows": rows}


def test_numbered_groups_become_sections(tmp_path):
    text = (
        "NO;KECAMATAN;DESA;PBI;NON PBI\nI;SUSUKAN;;;\n1;;A;12;3\n2;;B;13;2\n"
        "II;BAWANG;;;\n1;;C;23;1\n"
    )
    frame = typed(tmp_path, text).frame
    assert frame["bagian"].tolist() == ["SUSUKAN", "SUSUKAN", "BAWANG"]


def test_signature_names_nobody_anywhere(tmp_path):
    rows = [
        ["Kab/Kota", "Segmen", "Terdaftar", "Aktif"],
        ["Kota Ternate", "PBPU", 10, 9],
        ["Kota Tidore Kepulauan", "PBPU", 20, 19],
        [],
        ["Sumber: BPJS Kesehatan"],
        [None, None, None, "Ternate, 5 Juni 2025"],
        [None, None, None, "Kepala Dinas,"],
        [None, None, None, "CONTOH NAMA, S.KM"],
        [None, None, None, f"NIP. {NIP}"],
        [None, None, None, int(NIP.replace(" ", ""))],
    ]
    table = read_sheet(book(tmp_path / "kepesertaan.xlsx", rows))[0]
    assert len(table.frame) == 2
    assert table.notes == ("Sumber: BPJS Kesehatan", "(signature)")
    everything = repr(table)
    assert "CONTOH" not in everything
    assert "200501" not in everything


def test_numbers_of_persons_never_stand_in_a_problem():
    problem = cleaning.Problem(
        "a.csv", "number", "not a date", value="3304010101800001"
    )
    assert problem.value == "…"
    assert mask_personal(f"NIP. {NIP} Rp 1.234.567.890.123") == (
        "NIP. … Rp 1.234.567.890.123"
    )


def test_annotated_copy_hides_numbers_of_persons(tmp_path):
    import openpyxl

    text = f"Kab/Kota;Segmen;Terdaftar;Aktif\nX;PBPU;2;1\n;;;\nNIP. {NIP};;;\n"
    path = write(tmp_path, text, "kepesertaan Mei 2025.csv")
    report = check_paths([path], config=read_config())
    (copy,) = write_annotated(report, tmp_path / "kembali")
    cells = [c for sheet in openpyxl.load_workbook(copy) for c in sheet.iter_rows()]
    shown = " ".join(str(c.value) for row in cells for c in row)
    assert "NIP. …" in shown
    assert "200501" not in shown


@pytest.mark.parametrize("content", ["Kab/Kota;Segmen\nX;PBPU\n", "%PDF-1.7 x"])
def test_a_file_named_by_a_nik_is_checked_without_writing_it(tmp_path, content):
    nik = "8271014507900001"
    path = write(tmp_path, content, f"kepesertaan {nik}.csv")
    report = check_paths([path], config=read_config())
    assert "kepesertaan ….csv" in str(report)
    assert nik not in str(report)
    assert nik not in list_problems(report.problems, bahasa="id").to_csv()


def test_codes_whose_digits_were_lost_are_faults(tmp_path):
    table = typed(tmp_path, "Kode Desa;Jumlah\n3304012001;5\n3,30401E+09;6\n")
    assert "digits of this code were lost" in table.problems[0].message


# --- headers, titles, units --------------------------------------------------------


def test_three_rows_of_heading_keep_every_parent(tmp_path):
    text = (
        "No;Nama Kecamatan;Jumlah Penduduk;Peserta JKN;;;\n;;;PBI;Non PBI;;Total\n"
        ";;;;PPU;PBPU;\n1;2;3;4;5;6;7\n1;Susukan;60123;30;10;5;45\n"
        "2;Bawang;58456;28;11;4;43\n"
    )
    assert list(typed(tmp_path, text).frame)[3:] == [
        "Peserta JKN / PBI",
        "Peserta JKN / Non PBI / PPU",
        "Peserta JKN / Non PBI / PBPU",
        "Peserta JKN / Total",
    ]


def test_merged_title_of_one_known_word_is_no_heading(tmp_path):
    rows = [["KEPESERTAAN"], [], ["Kab/Kota", "Segmen", "Aktif"], ["Ternate", "BP", 5]]
    table = read_sheet(book(tmp_path / "a.xlsx", rows, ("A1:C1",)))[0]
    assert list(table.frame) == ["Kab/Kota", "Segmen", "Aktif"]


def test_unit_of_the_title_leaves_ratios_and_areas_alone(tmp_path):
    text = (
        "Penduduk (dalam ribuan), 2023;;;\nKecamatan;Laki-laki;Luas (km2);Rasio\n"
        "Susukan;29,1;52,5;102,5\nBawang;23,0;21,9;100,4\n"
    )
    frame = typed(tmp_path, text).frame
    assert frame["Laki-laki"].tolist() == [29_100, 23_000]
    assert frame["Rasio"].tolist() == [102.5, 100.4]


def test_stacked_blocks_keep_only_their_own_place(tmp_path):
    block = "Kecamatan {};;\nNo;Desa;Peserta\n1;A;5021\n2;B;3002\n;Jumlah;8023\n;;\n"
    text = block.format("Susukan") + block.format("Bawang")
    first, second = read_sheet(write(tmp_path, text))
    assert (first.title, second.title) == (
        ("Kecamatan Susukan",),
        ("Kecamatan Bawang",),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Kecamatan;Jumlah;;Desa;Luas\nA;1;;C;1,5\nB;2;;D;2,2\nE;3;;;\n",
        "No;Kecamatan;Jumlah;;No;Desa;Luas\n1;A;1;;1;C;1,5\n2;B;2;;2;D;2,2\n",
    ],
)
def test_two_tables_side_by_side_with_other_headings_are_cut_apart(tmp_path, text):
    left, right = read_sheet(write(tmp_path, text))
    assert right.frame["Desa"].tolist() == ["C", "D"]
    assert right.frame["Luas"].tolist() == ["1,5", "2,2"]
    assert "Kecamatan" in left.frame


def test_group_beside_a_blank_column_is_one_table(tmp_path):
    text = "Kecamatan;Luas;;Desa;Jumlah\nA;5;;C;1\n;;;D;2\nB;6;;E;3\n;;;F;4\n"
    assert len(read_sheet(write(tmp_path, text))) == 1


def test_ages_of_arrears_head_columns(tmp_path):
    text = "Kab/Kota;Kelas;1 bulan;2 bulan;> 24 bulan\nTernate;III;10;20;30\n"
    assert list(typed(tmp_path, text).frame)[2:] == ["1 bulan", "2 bulan", "> 24 bulan"]


def test_months_in_many_forms_are_one_column_of_months(tmp_path):
    forms = ["Agt 2025", "Nop 2025", "2025-06", "06/2025", "Jun-25", "202506", "45809"]
    text = "Bulan,Peserta\n" + "".join(f"{form},1\n" for form in forms)
    table = typed(tmp_path, text)
    assert table.kinds["Bulan"] == "date"
    assert table.frame["Bulan"].dt.month.tolist() == [8, 11, 6, 6, 6, 6, 6]


def test_a_word_in_a_column_of_counts_is_a_fault_not_a_column_of_text(tmp_path):
    table = typed(tmp_path, "Kecamatan;Jan;Mar\nSusukan;1;3\nBatur;2;ada\n")
    assert table.kinds["Mar"] == "number"
    assert [(p.cell, p.value) for p in table.problems] == [("C3", "ada")]


def test_row_numbers_in_two_styles_are_text_without_a_fault(tmp_path):
    table = typed(tmp_path, "No;Wilayah;N\nI;A;9\n1;B;4\n2;C;5\nII;D;7\n1;E;7\n")
    assert (table.kinds["No"], table.ok) == ("text", True)


def test_days_and_bare_years_together_stay_text(tmp_path):
    table = typed(tmp_path, "Tanggal;N\n2014-08-08;1\n2019;2\n2020-12;3\n")
    assert table.kinds["Tanggal"] == "text"


def test_years_of_visitors_are_counts_by_the_name_of_the_file(tmp_path):
    text = "Bulan;2023;2024\nJanuari;10.234;11.234\nMaret;10.400;11.400\n"
    assert typed(tmp_path, text, "kunjungan.csv").frame["2023"].tolist() == [
        10234,
        10400,
    ]
    assert not typed(tmp_path, text, "x.csv").ok


@pytest.mark.parametrize(
    "value",
    [
        {"success": True, "result": {"fields": [{"id": "kec"}, {"id": "n"}],
                                     "records": [{"kec": "Batur", "n": "1"}]}},
        {"message": "ok", "data": [{"kec": "Batur", "n": "1"}],
         "metadata_filter": [{"key": "tahun"}]},
        {"fields": [{"id": "kec"}, {"id": "n"}], "records": [["Batur", "1"]]},
        {"status": "OK", "data": [{"page": 1}, [{"kec": "Batur", "n": "1"}]]},
        {"nama": "x", "data": {"kec": ["Batur"], "n": ["1"]}},
        [["kec", "n"], ["Batur", "1"]],
    ],
)  # fmt: skip
def test_portals_wrap_their_records_in_many_ways(tmp_path, value):
    table = read_sheet(write(tmp_path, json.dumps(value), "a.json"))[0]
    assert table.frame.to_dict("records") == [{"kec": "Batur", "n": "1"}]


def test_two_lists_of_records_are_no_table():
    assert find_records({"a": [{"x": 1}], "b": [{"y": 1}]}) is None
    assert find_records({"data": [{"x": 1}], "rows": [{"y": 1}]}) is None


# --- figures against each other ----------------------------------------------------

PRINTED = (
    "Kecamatan;Peserta;Aktif;% Aktif\nSusukan;55.000;50.000;90,91\n"
    "Bawang;50.000;45.500;91,00\nBatur;35.000;31.000;88,57\n"
    "Rakit;40.000;30.000;{};\nWanadadi;30.000;24.000;80,00\n"
    "Jumlah;210.000;{};85,95\n"
)


def test_percent_of_any_table_names_what_it_is_of(tmp_path):
    table = typed(tmp_path, PRINTED.format("75,00", "180.500"))
    assert "column '% Aktif' is Aktif / Peserta" in table.notes
    assert table.problems == []


def test_wrong_percents_and_totals_of_any_table_are_suspected(tmp_path):
    table = typed(tmp_path, PRINTED.format("70,00", "180.600"))
    assert [(p.cell, p.severity) for p in table.problems] == [
        ("C7", "suspicion"),
        ("D5", "suspicion"),
    ]
    assert "printed total 180600 is not the sum" in said(table, "total")[0]
    assert "does not follow from Aktif / Peserta" in said(table, "percent")[0]


def test_group_rows_above_their_parts_are_suspected(tmp_path):
    text = (
        "Wilayah;Peserta;Aktif\nSusukan;8023;6500\na;5021;4000\nb;3002;2500\n"
        "Bawang;6021;4500\nc;4021;3000\nd;2000;1500\n"
    )
    found = said(typed(tmp_path, text), "total")
    assert found == ["the row is the sum of the rows below it: a total?"] * 2


def test_fractions_under_percent_and_parts_of_people_are_suspected(tmp_path):
    growth = typed(tmp_path, "Tahun;Tumbuh (%)\n2011;0.0587\n2012;0.06\n2013;0.088\n")
    assert "fractions already?" in said(growth, "percent")[0]
    people = typed(tmp_path, "Kecamatan,Jumlah Peserta\nA,1.5\nB,2.345\nC,851.408\n")
    assert "not whole" in said(people, "number")[0]


def test_kept_total_of_a_segmen_column_is_noted(tmp_path):
    table = typed(tmp_path, "Segmen;Peserta\nPBI APBN;12\nBP;5\nTotal;17\n")
    assert said(table, "total") == ["1 row(s) called a total were kept: 4"]
    assert table.ok


def test_percent_beside_a_total_is_of_the_total(tmp_path):
    rows = [
        ["Kab/Kota", "PBI JK", None, "PBPU Pemda", None, "JUMLAH", None, "% Keaktifan"],
        [None, *["Terdaftar", "Aktif"] * 3, None],
        ["Kota Ternate", 50100, 48200, 40000, 38500, 90100, 86700, 0.9623],
        ["Kota Tidore Kepulauan", 30100, 28200, 20000, 18500, 50100, 46700, 0.9321],
    ]
    areas = ("A1:A2", "B1:C1", "D1:E1", "F1:G1", "H1:H2")
    sheets = read_sheet(book(tmp_path / "Mei 2025.xlsx", rows, areas))
    result = clean("kepesertaan", sheets)
    assert result.ok
    assert any(
        "is aktif_jiwa / terdaftar_jiwa, written as a" in n for n in result.notes
    )
    assert [(p.message, p.value) for p in result.problems if p.kind == "taken"] == [
        ("month 2025-05, taken from", "Mei 2025")
    ]


def test_segmen_in_the_sentence_of_a_title(tmp_path):
    text = (
        "Peserta menurut bulan, segmen PBPU;;\nKab/Kota;Terdaftar;Aktif\nTernate;9;8\n"
    )
    result = clean("kepesertaan", read_sheet(write(tmp_path, text, "Mei 2025.csv")))
    assert result.frame["segmen"].tolist() == ["PBPU"]


def panel(folder: Path) -> Path:
    lines = ["Kab/Kota;Periode;Segmen;Terdaftar;Aktif"]
    for month in range(1, 13):
        active = 31_500 if month == 7 else 45_000 + 20 * month
        lines.append(f"Kota Ternate;2024-{month:02d};PBI JK;{50_000 + month};{active}")
        lines.append(f"Kota Tidore Kepulauan;2024-{month:02d};PBPU;30000;27000")
        lines.append(f"Kota Tidore Kepulauan;2024-{month:02d};BP;{month + 9};9")
        lines.append(f"Kota Ternate;2024-{month:02d};BP;{month + 9};9")
    return write(folder, "\n".join(lines), "kepesertaan_1.csv")


def test_check_finds_frozen_months_jumps_and_overlaps(tmp_path):
    first = panel(tmp_path)
    second = write(
        tmp_path,
        "Kab/Kota;Periode;Segmen;Terdaftar;Aktif\n"
        "Kota Ternate;2024-12;PBI JK;51000;46000\n",
        "kepesertaan_2.csv",
    )
    report = check_paths([first, second], config=read_config())
    assert {p.kind for p in report.across} == {"frozen", "jump"}
    assert [p.kind for p in report.files[1].problems] == ["overlap"]
    assert report.error is not None
    assert "angka yang sama selama 12 bulan" in str(report)


def test_check_says_how_a_file_was_read(tmp_path):
    path = write(tmp_path, PRINTED.format("75,00", "180.500"), "rekap.csv")
    shown = str(check_paths([path], config=read_config()))
    assert "dibaca: kolom '% Aktif' adalah Aktif / Peserta" in shown


def test_every_public_name_of_cleaning_is_there():
    for name in cleaning.__all__:
        assert getattr(cleaning, name).__doc__, name


def test_a_number_no_whole_column_can_hold_stays_a_float(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"Kode": "82.71", "Luas": v} for v in (1, 2e25, 3)]))
    typed = read_table_typed(path)[0]
    assert typed.frame["Luas"].tolist() == [1.0, 2e25, 3.0]


@pytest.mark.parametrize(
    ("title", "column", "named"),
    [
        ("Bulan Oktober 2025", "2025-11", "2025-11"),
        ("Bulan November 2024", "2025-11", "2025-11"),
        ("Bulan November 2025", "2025-11", None),
        ("Tahun 2025", "2025-11", None),
    ],
)
def test_a_column_of_another_month_than_the_title_is_asked_about(
    tmp_path, title, column, named
):
    text = (
        f"Peserta JKN {title};;;;\nKode;Bulan;Segmen;Terdaftar;Aktif\n"
        f"82.71;{column};PBPU;20;10\n82.72;{column};PBPU;30;11\n"
    )
    found = clean("kepesertaan", read_sheet(write(tmp_path, text)))
    if named is None:
        assert found.problems == []
        assert set(found.frame["periode"].dt.strftime("%Y-%m")) == {"2025-11"}
        return
    (problem,) = found.problems
    assert problem.kind == "month"
    assert named in problem.message
    assert "column" in problem.remedy
    assert found.frame.empty
