"""Tables found in sheets: titles, headers, totals, footers, blocks, addresses."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from jkn_analysis.cleaning import read_sheet, read_table_typed
from jkn_analysis.cleaning.find.labels import (
    is_numbering,
    is_total_label,
    looks_like_header,
)
from jkn_analysis.cleaning.open import odf
from jkn_analysis.errors import InputError

MONTHS = "Jan;Feb;Mar;Apr;Mei;Juni;Jul;Agt;Sept;Okt;Nop;Des"


def write(
    folder: Path, text: str, name: str = "a.csv", encoding: str = "utf-8"
) -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def one(path: Path):
    tables = read_sheet(path)
    assert len(tables) == 1, [table.title for table in tables]
    return tables[0]


def book(
    path: Path,
    rows: list[list[object]],
    merged: tuple[str, ...] = (),
    title: str = "Rekap",
) -> Path:
    from openpyxl import Workbook

    made = Workbook()
    sheet = made.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ";"),
        ("utf-8-sig", ","),
        ("utf-16", "\t"),
        ("utf-16-le", ";"),
        ("utf-16-be", "|"),
        ("cp1252", ";"),
    ],
)
def test_encoding_and_delimiter_are_found(tmp_path, encoding, delimiter):
    lines = [
        ["Kab/Kota", "Catatan", "Jumlah"],
        ["Térnate", "a–b", "18"],
        ["Tidore", "c", "9"],
    ]
    text = "\n".join(delimiter.join(line) for line in lines)
    table = one(write(tmp_path, text, encoding=encoding))
    assert table.frame.to_numpy().tolist() == [
        ["Térnate", "a–b", "18"],
        ["Tidore", "c", "9"],
    ]


def test_decimal_commas_do_not_make_a_comma_file(tmp_path):
    text = (
        "Kab/Kota;Aktif;Persen\nTernate;1.391;18,39%\nTidore;12;1,5%\nHalut;900;2,25%\n"
    )
    assert one(write(tmp_path, text)).frame.shape == (3, 3)


def test_titles_header_numbering_total_and_footer_are_told_apart(tmp_path):
    text = (
        "DATA BANJIR;;\nKabupaten Banjarnegara Tahun 2023;;\n;;\n"
        "Kecamatan;Jumlah Kejadian;Korban\n(1);(2);(3)\nSusukan;1;2\nBawang;3; - \n"
        "JUMLAH;4;2\n;;\nSumber: BPBD;;\n*) sementara;;\n"
    )
    table = one(write(tmp_path, text))
    assert table.title == ("DATA BANJIR", "Kabupaten Banjarnegara Tahun 2023")
    assert list(table.frame.columns) == ["Kecamatan", "Jumlah Kejadian", "Korban"]
    assert table.frame["Kecamatan"].tolist() == ["Susukan", "Bawang"]
    assert [(d.row, d.reason) for d in table.dropped] == [
        (5, "numbering"),
        (8, "total"),
        (10, "footer"),
        (11, "footer"),
    ]
    assert table.notes == ("Sumber: BPBD", "*) sementara")
    assert table.address(1, "Korban") == "C7"


def test_merged_two_row_header_is_flattened_and_cells_keep_their_address(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        [
            ["Rekap kepesertaan"],
            [],
            ["No", "Kab/Kota", "Januari 2025", None, "Februari 2025", None],
            [None, None, "Terdaftar", "Aktif", "Terdaftar", "Aktif"],
            [1, "Ternate", 10, 9, 11, 8],
            [2, "Tidore", 20, 19, 21, 18],
        ],
        ("A3:A4", "B3:B4", "C3:D3", "E3:F3"),
    )
    table = one(path)
    assert list(table.frame.columns) == [
        "No",
        "Kab/Kota",
        "Januari 2025 / Terdaftar",
        "Januari 2025 / Aktif",
        "Februari 2025 / Terdaftar",
        "Februari 2025 / Aktif",
    ]
    assert table.address(1, "Februari 2025 / Aktif") == "sheet 'Rekap', F6"


def test_unmerged_header_of_a_csv_is_flattened_the_same(tmp_path):
    text = "Kecamatan;Bulan;;Jumlah\n;Jan;Feb;\nSusukan;1;3;4\nBawang;2; - ;2\n"
    names = list(one(write(tmp_path, text)).frame.columns)
    assert names == ["Kecamatan", "Bulan / Jan", "Bulan / Feb", "Jumlah"]


def test_vertically_merged_names_are_filled(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        [
            ["Kab/Kota", "Segmen", "Terdaftar"],
            ["Ternate", "PBPU", 1],
            [None, "BP", 2],
            ["Tidore", "PBPU", 3],
            [None, "BP", 4],
        ],
        ("A2:A3", "A4:A5"),
    )
    assert one(path).frame["Kab/Kota"].tolist() == [
        "Ternate",
        "Ternate",
        "Tidore",
        "Tidore",
    ]


def test_repeated_header_is_dropped(tmp_path):
    head = "Kecamatan;Dokter;Bidan\n"
    table = one(write(tmp_path, f"{head}Susukan;1;2\n{head}Batur;3;4\n"))
    assert table.frame["Dokter"].tolist() == ["1", "3"]
    assert [d.reason for d in table.dropped] == ["repeated header"]


def test_stacked_blocks_become_tables_with_their_own_titles(tmp_path):
    block = "Bulan : {}\nNo;Kab/Kota;Terdaftar;Aktif\n1;Ternate;10;9\n"
    block += "2;Tidore;20;{}\n;JUMLAH;30;{}\n\n"
    text = (
        "REKAP\n\n"
        + block.format("Januari 2021", 11, 20)
        + block.format("Februari 2021", 12, 21)
    )
    first, second = read_sheet(write(tmp_path, text))
    assert first.title == ("REKAP", "Bulan : Januari 2021")
    assert second.title[0] == "Bulan : Februari 2021"
    assert second.frame["Aktif"].tolist() == ["9", "12"]


def test_blocks_side_by_side_are_cut_apart(tmp_path):
    text = "Kecamatan;Dokter;;Kecamatan;Dokter\nSusukan;1;;Batur;3\nBawang;2;;Rakit;4\n"
    left, right = read_sheet(write(tmp_path, text))
    assert left.frame["Kecamatan"].tolist() == ["Susukan", "Bawang"]
    assert right.address(0, "Dokter") == "E2"


def test_blank_column_inside_a_table_does_not_cut_it(tmp_path):
    text = "Kecamatan;;Dokter;Bidan\nSusukan;;1;2\nBatur;;3;4\n"
    assert one(write(tmp_path, text)).frame.shape == (2, 3)


def test_section_labels_become_a_column(tmp_path):
    text = "Kab/Kota;Terdaftar;Aktif\nPBI JK;;\nTernate;1;1\nTidore;2;1\n"
    text += "PBPU;;\nTernate;3;2\n"
    assert one(write(tmp_path, text)).frame["bagian"].tolist() == [
        "PBI JK",
        "PBI JK",
        "PBPU",
    ]


def test_row_without_values_is_kept_not_taken_for_a_footer(tmp_path):
    text = (
        f"Kecamatan;{MONTHS}\nSusukan;1;1;1;1;1;1;1;1;1;1;1;1\nPandanarum{';' * 12}\n"
    )
    assert one(write(tmp_path, text)).frame["Kecamatan"].tolist() == [
        "Susukan",
        "Pandanarum",
    ]


def test_values_like_a_run_are_not_a_header(tmp_path):
    text = "Kecamatan;2019;2020;2021\nSusukan;1;2;3\nBawang;4;-;6\n"
    table = one(write(tmp_path, text))
    assert list(table.frame.columns) == ["Kecamatan", "2019", "2020", "2021"]
    assert len(table.frame) == 2


def test_total_as_a_value_of_segmen_is_no_sum_row(tmp_path):
    text = "tanggal,kode,segmen,nilai\n2025-06-01,82,total,5\n2025-06-01,82,PBPU,3\n"
    assert len(one(write(tmp_path, text)).frame) == 2


ODS = """<document xmlns:table="urn:t" xmlns:office="urn:o"><table:table table:name="A">
<table:table-column table:number-columns-repeated="2"/>
<table:table-column table:visibility="collapse"/>
<table:table-row/><table:table-row table:visibility="filter"
table:number-rows-repeated="2"/><table:table-row/></table:table></document>"""


def test_hidden_rows_and_columns_of_an_ods_are_known(tmp_path):
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", ODS)
    with zipfile.ZipFile(path) as archive:
        sheet = odf.read_extra(archive)["A"]
    assert (sheet["hidden_rows"], sheet["hidden_columns"]) == ([2, 3], [3])


def test_hidden_columns_of_a_workbook_are_said(tmp_path):
    book = Workbook()
    sheet = book.active
    for row in (["Kode", "Periode", "Segmen"], ["82.71", "2025-06", "PBPU"]):
        sheet.append(row)
    sheet.column_dimensions["B"].hidden = True
    book.save(tmp_path / "a.xlsx")
    [note] = read_sheet(tmp_path / "a.xlsx")[0].problems
    assert note.say("id").startswith("lembar 'Sheet': kolom tersembunyi ikut dibaca: B")


def test_hidden_sheets_are_marked(tmp_path):
    from openpyxl import Workbook

    made = Workbook()
    for name in ("Rekap", "Lama"):
        sheet = made.active if name == "Rekap" else made.create_sheet(name)
        sheet.title = name
        for row in (["Kab/Kota", "Aktif"], ["Ternate", 1], ["Tidore", 2]):
            sheet.append(row)
    made["Lama"].sheet_state = "hidden"
    made.save(tmp_path / "a.xlsx")
    assert [(t.sheet, t.hidden) for t in read_sheet(tmp_path / "a.xlsx")] == [
        ("Rekap", False),
        ("Lama", True),
    ]


def test_json_records_and_lines_become_the_same_table(tmp_path):
    records = [{"kab": "Ternate", "persen": 25.93}, {"kab": "Tidore", "persen": 2.0}]
    whole = one(write(tmp_path, json.dumps(records), "a.json"))
    lines = one(write(tmp_path, "\n".join(map(json.dumps, records)), "b.jsonl"))
    wrapped = one(write(tmp_path, json.dumps({"total": 2, "data": records}), "c.json"))
    assert whole.frame.equals(lines.frame)
    assert whole.frame.equals(wrapped.frame)


def test_html_table_saved_as_xls_is_read(tmp_path):
    text = (
        "<html><table><tr><th rowspan=2>Kab/Kota</th><th colspan=2>2025</th></tr>"
        "<tr><th>Terdaftar</th><th>Aktif</th></tr>"
        "<tr><td>Ternate</td><td>1.391.162</td><td>9</td></tr></table></html>"
    )
    table = one(write(tmp_path, text, "lama.xls"))
    assert list(table.frame.columns) == ["Kab/Kota", "2025 / Terdaftar", "2025 / Aktif"]


def test_old_and_binary_workbooks_are_read(tmp_path):
    import xlwt

    made = xlwt.Workbook()
    sheet = made.add_sheet("Rekap")
    for row, line in enumerate(
        [["Kab/Kota", "Aktif"], ["Ternate", 12], ["Tidore", 3.5]]
    ):
        for column, value in enumerate(line):
            sheet.write(row, column, value)
    made.save(str(tmp_path / "lama.xls"))
    assert one(tmp_path / "lama.xls").raw["Aktif"].tolist() == [12.0, 3.5]


def test_dates_of_the_1904_system_are_right(tmp_path):
    from openpyxl import Workbook
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    made = Workbook()
    made.epoch = CALENDAR_MAC_1904
    for row in (["Tanggal", "Kab/Kota", "Aktif"], [dt.date(2025, 6, 1), "Ternate", 1]):
        made.active.append(row)
    made.save(tmp_path / "a.xlsx")
    assert one(tmp_path / "a.xlsx").frame["Tanggal"].tolist() == ["2025-06-01"]


def test_percent_cells_of_a_workbook_are_known(tmp_path):
    from openpyxl import Workbook

    made = Workbook()
    made.active.append(["Kab/Kota", "Keaktifan"])
    made.active.append(["Ternate", 0.1839])
    made.active["B2"].number_format = "0.00%"
    made.save(tmp_path / "a.xlsx")
    assert one(tmp_path / "a.xlsx").frame["Keaktifan"].tolist() == ["18.39%"]


def test_wide_months_of_a_disaster_file_become_numbers(tmp_path):
    text = f"Kecamatan ;{MONTHS}\nB a w a n g;1;3; -; -;1; - ; - ; - ; - ; - ; -;2\n"
    typed = read_table_typed(write(tmp_path, text, "banjir_2022.csv"))[0]
    assert typed.ok
    assert typed.frame["Kecamatan"].tolist() == ["Bawang"]
    assert typed.frame["Des"].tolist() == [2]
    assert typed.frame["Mar"].isna().all()
    assert typed.absent["Mar"] == 1
    long = typed.long()
    assert long["periode"].dt.strftime("%Y-%m").tolist()[-1] == "2022-12"


def test_codes_lose_the_point_zero_and_stay_text(tmp_path):
    text = "bps_kode_desa,jumlah_ warga,tahun\n3201190006.0,16721.0,2019.0\n"
    text += "0102,4230.0,2019.0\n"
    typed = read_table_typed(write(tmp_path, text))[0]
    assert typed.frame["bps_kode_desa"].tolist() == ["3201190006", "0102"]
    assert typed.frame["jumlah_ warga"].tolist() == [16721, 4230]


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (["(1)", "(2)", "(3)"], True),
        (["1", "2", "3", "4"], True),
        (["1", "Ternate", "3"], False),
        (["(1)", "(2)", "(3)=(1)+(2)"], True),
        (["a", "b", "c"], True),
        (["5", "9"], False),
    ],
)
def test_numbering_rows(row, answer):
    assert is_numbering(row) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("JUMLAH", True),
        ("Sub Total", True),
        ("Total Kabupaten", True),
        ("Jumlah I + II", True),
        ("Jumlah Maluku Utara", True),
        ("Jumlah penduduk miskin", False),
        ("Totalindo", False),
    ],
)
def test_total_labels(text, answer):
    assert is_total_label(text) is answer


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (["Kecamatan", "Jan", "Feb"], True),
        (["Susukan", "1", "3"], False),
        (["Kab/Kota", "2019", "2020"], True),
        (["Susukan", "1", "2", "3"], False),
        (["Kab/Kota", "1", "2", "3"], True),
        (["Susukan", "-", "-"], False),
    ],
)
def test_header_rows(row, answer):
    assert looks_like_header(row) is answer


def test_caption_row_narrower_than_its_header_is_its_parent(tmp_path):
    text = (
        ";Januari;;Februari;\nKedeputian;PBI APBN;PBPU;PBI APBN;PBPU\nI;1;2;3;4\n"
        "Kedeputian;PBI APBN;PBPU;PBI APBN;PBPU\nII;5;6;7;8\nTOTAL;6;8;10;12\n"
    )
    table = one(write(tmp_path, text))
    assert list(table.frame.columns) == [
        "Kedeputian",
        "Januari / PBI APBN",
        "Januari / PBPU",
        "Februari / PBI APBN",
        "Februari / PBPU",
    ]
    assert table.frame["Kedeputian"].tolist() == ["I", "II"]


def test_category_blocks_each_with_its_sum_are_cut_at_their_titles(tmp_path):
    block = (
        "{};;\nUraian;Januari;Persen\nDijawab;{};18,39%\nTidak;12;0,5%\nJumlah;9;1\n"
    )
    text = block.format("A. Masuk", "1.391.162") + "\n" + block.format("B. Keluar", "5")
    first, second = read_sheet(write(tmp_path, text))
    assert (first.title[0], second.title[0]) == ("A. Masuk", "B. Keluar")
    assert second.frame["Januari"].tolist() == ["5", "12"]


def test_a_comma_in_a_title_does_not_hide_the_header(tmp_path):
    text = (
        "Tabel 5.1\nPenduduk (ribu jiwa), 2022\nKecamatan,Laki-laki,Perempuan\n"
        '(1),(2),(3)\nSusukan,"29,1","28,4"\nKlampok,"23,0","22,9"\n'
        'Banjarnegara,"52,1","51,3"\nSumber : BPS\n'
    )
    typed = read_table_typed(write(tmp_path, text))[0]
    assert typed.frame["Laki-laki"].tolist() == [29_100, 23_000, 52_100]
    assert typed.units["Laki-laki"] == "times 1000 (ribu jiwa)"
    assert [(p.row, p.severity) for p in typed.problems] == [(7, "suspicion")]


def test_counts_grouped_alike_across_columns_are_thousands(tmp_path):
    text = 'Obyek,JAN,FEB\nCandi," 1,234 "," 20,828 "\nKawah, 12 , 3 \n'
    frame = read_table_typed(write(tmp_path, text))[0].frame
    assert frame["JAN"].tolist() == [1234, 12]
    lone = read_table_typed(write(tmp_path, 'Obyek,JAN\nCandi,"88,922"\n'))[0]
    assert not lone.ok


def test_written_text_is_no_table(tmp_path):
    line = "Rapat membahas kepesertaan; hasilnya disampaikan kepada pimpinan daerah.\n"
    text = (
        "".join(f"{number}. {line}" for number in range(2)) + line.replace(";", ",") * 9
    )
    with pytest.raises(InputError, match="holds no table"):
        read_sheet(write(tmp_path, text))
