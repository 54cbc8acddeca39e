"""Typed rows or a problem with its place, value and remedy."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.cleaning.problems import describe, faults
from jkn_analysis.cleaning.rows.work import CleanSettings
from jkn_analysis.errors import InputError

HEADER = "Kode;Kab/Kota;Periode;Segmen;Terdaftar;Aktif\n"


def write(folder: Path, text: str, name: str = "kepesertaan.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def cleaned(folder: Path, text: str, table: str = "kepesertaan", **settings):
    """Clean a text; its figures are made for their digits, not for their size."""
    sheets = read_sheet(write(folder, text, f"{table}.csv"))
    accepted = frozenset(
        {f"{what} {table}.csv" for what in ("cakupan", "tarif", "keaktifan")}
    )
    own = CleanSettings(accepted=tuple(accepted), **settings)
    result = clean(table, sheets, settings=own)
    result.problems[:] = [
        p for p in result.problems if not p.kind.startswith("implausible")
    ]
    return result


def only(result):
    assert len(result.problems) == 1, describe(result.problems)
    return result.problems[0]


GOOD = "82.71;Kota Ternate;2025-06;PBPU;1.391.162;1.104.632\n"


def test_good_row_becomes_typed(tmp_path):
    result = cleaned(tmp_path, HEADER + GOOD)
    assert result.ok
    row = result.frame.iloc[0]
    assert (row["kode"], row["segmen"]) == ("82.71", "PBPU")
    assert row["periode"] == pd.Timestamp(2025, 6, 1)
    assert (row["terdaftar_jiwa"], row["aktif_jiwa"]) == (1_391_162, 1_104_632)


@pytest.mark.parametrize(
    ("line", "cell", "kind", "message", "remedy"),
    [
        (
            "82.71;Kota Ternate;2025-13;PBPU;20;10",
            "C3",
            "month",
            "no such month",
            "2025-06",
        ),
        (
            "82.71;Kota Ternate;17 Juni 2025;PBPU;20;10",
            "C3",
            "month",
            "neither the first nor the last day",
            "month's end",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPX;20;10",
            "D3",
            "unknown_name",
            "unknown segmen",
            "did you mean PBPU",
        ),
        (
            "82.71;Kota Ternate;2025-07;PPU;20;10",
            "D3",
            "unknown_name",
            "joins several",
            "one row per segmen",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBI;20;10",
            "D3",
            "unknown_name",
            "PBI alone",
            "write PBI JK",
        ),
        (
            ";Kota Ternat;2025-07;PBPU;20;10",
            "B3",
            "unknown_name",
            "no region",
            "did you mean 82.71 Kota Ternate",
        ),
        (
            ";Bogor;2025-07;PBPU;20;10",
            "B3",
            "ambiguous_name",
            "fits 2 regions",
            "32.71 Kota Bogor",
        ),
        (
            "99.99;;2025-07;PBPU;20;10",
            "A3",
            "unknown_name",
            "no region has this code",
            "82.71",
        ),
        (
            "82.05;Halmahera Utara;2025-07;PBPU;20;10",
            "A3",
            "code_name",
            "is Kabupaten Kepulauan Sula",
            "kode_system",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPU;1a2;10",
            "E3",
            "number",
            "not a number",
            "digits",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPU;-20;10",
            "E3",
            "number",
            "negative",
            "below zero",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPU;20,5;10",
            "E3",
            "number",
            "not a whole number",
            "thousands separator",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPU;88,922;10",
            "E3",
            "ambiguous_number",
            "88922 (en) or 88.922 (id)",
            "build.numbers.locale",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPU;20;25",
            "F3",
            "aktif_over_terdaftar",
            "more than terdaftar",
            "which of the two",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPU;;10",
            "E3",
            "missing",
            "no value where one is due",
            "write the number",
        ),
        (
            "82.71;Kota Ternate;2025-07;;20;10",
            "D3",
            "missing",
            "segmen: not given",
            "fill",
        ),
        (
            "82.71;Kota Ternate;2025-06;PBPU;30;10",
            "A3",
            "duplicate",
            "same kode, periode, segmen as row 2",
            "keep the right one",
        ),
        (
            "82.71;Kota Ternate;2025-07;PBPU;1,39E+06;10",
            "E3",
            "number",
            "digits",
            "digits",
        ),
    ],
)
def test_fault_names_cell_value_and_remedy(tmp_path, line, cell, kind, message, remedy):
    problem = only(cleaned(tmp_path, HEADER + GOOD + line + "\n"))
    assert (problem.cell, problem.kind) == (cell, kind)
    assert message in problem.message
    assert remedy in problem.remedy


def test_bare_code_that_two_systems_share_is_never_guessed(tmp_path):
    text = "Kode;Periode;Segmen;Terdaftar;Aktif\n8203;2025-06;PBPU;20;10\n"
    problem = only(cleaned(tmp_path, text))
    assert "82.03 Kabupaten Halmahera Utara" in problem.message
    assert "82.05 Kabupaten Kepulauan Sula" in problem.message
    assert cleaned(tmp_path, text, kode_system="bps").frame["kode"].tolist() == [
        "82.05"
    ]
    assert cleaned(tmp_path, text, kode_system="kemendagri").frame["kode"].tolist() == [
        "82.03"
    ]


def test_names_beside_bare_codes_settle_the_system(tmp_path):
    text = (
        "Kode;Nama;Periode;Segmen;Terdaftar;Aktif\n"
        "8203.0;Kab. Kep. Sula;2025-06;PBPU;20;10\n8205.0;Halut;2025-06;PBPU;20;10\n"
    )
    result = cleaned(tmp_path, text)
    assert result.ok
    assert result.frame["kode"].tolist() == ["82.05", "82.03"]


def test_bps_heading_says_the_system(tmp_path):
    head = "bps_kode_kabupaten_kota,periode,segmen,terdaftar,aktif\n"
    text = f"{head}8203.0,2025-06,PBPU,20,10\n"
    assert cleaned(tmp_path, text).frame["kode"].tolist() == ["82.05"]


def test_unknown_heading_names_the_nearest_and_the_line_to_add(tmp_path):
    text = HEADER.replace("Aktif", "Aktv Jiwa") + GOOD
    result = cleaned(tmp_path, text)
    problem = next(p for p in result.problems if p.kind == "unknown_heading")
    assert problem.cell == "column F"
    assert '[sources.kepesertaan.headings] "Aktv Jiwa" = "aktif_jiwa"' in problem.remedy
    assert cleaned(tmp_path, text, headings={"Aktv Jiwa": "aktif_jiwa"}).ok


def test_missing_column_lists_what_was_found(tmp_path):
    problems = cleaned(
        tmp_path, "Kode;Periode;Segmen;Aktif\n82.71;2025-06;PBPU;10\n"
    ).problems
    said = "column 'terdaftar_jiwa' missing; found 'Kode', 'Periode'"
    assert said in problems[0].message


def test_missing_column_of_a_sum_is_the_only_fault(tmp_path):
    head = "Kode;Periode;Segmen;Aktif;Nonaktif Menunggak;Nonaktif Mutasi\n"
    result = cleaned(tmp_path, head + "82.71;2025-06;PBPU;100;5;3\n")
    assert "terdaftar_jiwa" in only(result).message


def test_a_code_with_a_raised_digit_is_a_fault(tmp_path):
    result = cleaned(tmp_path, HEADER + "81\u00b906;;2025-06;PBPU;100;90\n")
    assert any("81\u00b906" in problem.value for problem in faults(result.problems))


def test_a_header_without_data_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no table"):
        cleaned(tmp_path, HEADER)


def test_total_that_does_not_add_up_is_a_fault_with_the_difference(tmp_path):
    text = (
        HEADER
        + GOOD
        + "82.03;Halut;2025-06;PBPU;100;90\n;JUMLAH;;;1.391.263;1.104.722\n"
    )
    problem = only(cleaned(tmp_path, text))
    assert (problem.cell, problem.kind) == ("E4", "total")
    assert "difference +1" in problem.message


def test_province_row_is_recognised_and_compared(tmp_path):
    from jkn_analysis.wilayah import list_wilayah

    codes = list_wilayah("kabupaten", "82")["kode"].tolist()
    codes += list_wilayah("kota", "82")["kode"].tolist()
    rows = "".join(f"{kode};;2025-06;PBPU;1000;900\n" for kode in codes)
    right = cleaned(tmp_path, HEADER + rows + ";MALUKU UTARA;2025-06;PBPU;10000;9000\n")
    assert right.ok, describe(right.problems)
    assert (right.counts.kept, right.counts.recognised) == (10, 1)
    wrong = cleaned(tmp_path, HEADER + rows + ";MALUKU UTARA;2025-06;PBPU;10001;9000\n")
    assert only(wrong).kind == "sum"
    assert "10000 (difference +1)" in only(wrong).message


def test_segmen_total_is_recognised_and_compared(tmp_path):
    rows = "82.71;;2025-06;PBPU;10;9\n82.71;;2025-06;BP;20;9\n"
    assert cleaned(tmp_path, HEADER + rows + "82.71;;2025-06;TOTAL;30;18\n").ok
    assert (
        only(cleaned(tmp_path, HEADER + rows + "82.71;;2025-06;TOTAL;31;18\n")).kind
        == "sum"
    )


def test_percent_names_the_denominator_that_reproduces_it(tmp_path):
    head = HEADER.replace("Aktif\n", "Aktif;% Aktif\n")
    rows = "82.71;;2025-06;PBPU;1.391.162;1.104.632;79,40%\n"
    rows += "82.03;;2025-06;PBPU;200;100;50,00%\n"
    result = cleaned(tmp_path, head + rows)
    assert result.ok
    assert any("is aktif_jiwa / terdaftar_jiwa" in note for note in result.notes)


def test_percent_of_population_is_told_from_percent_of_registered(tmp_path):
    head = HEADER.replace("Aktif\n", "Aktif;% Aktif\n")
    rows = "82.02;;2025-06;PBPU;116.500;93.478;87,77%\n"
    rows += "82.08;;2025-06;PBPU;46.821;31.894;48,06%\n"
    result = cleaned(tmp_path, head + rows)
    assert any("is aktif_jiwa / penduduk_jiwa" in note for note in result.notes), (
        result.notes
    )


def test_percent_that_nothing_reproduces_is_suspected(tmp_path):
    head = HEADER.replace("Aktif\n", "Aktif;% Aktif\n")
    result = cleaned(tmp_path, head + "82.71;;2025-06;PBPU;200;100;77,77%\n")
    assert [(p.kind, p.severity) for p in result.problems] == [("percent", "suspicion")]


def test_unit_of_heading_and_title_is_applied_and_recorded(tmp_path):
    text = (
        "Realisasi (dalam juta rupiah)\n\n"
        "Kode;Bulan;Tahun;Kuota;Terisi;Tagihan;Dibayar\n"
        "82.71;Nop;2025;100;90;17.500,5;6.000\n82.03;Nop;2025;100;90;1,25;2\n"
    )
    result = cleaned(tmp_path, text, table="iuran_pemda")
    assert result.ok, describe(result.problems)
    assert result.frame["tagihan_rp"].tolist() == [17_500_500_000, 1_250_000]
    assert any("times 1000000" in note for note in result.notes)


def test_quarter_is_no_month_of_money_but_a_state_of_people(tmp_path):
    people = cleaned(tmp_path, HEADER + "82.71;;TW II 2025;PBPU;20;10\n")
    assert people.frame["periode"].tolist() == [pd.Timestamp(2025, 6, 1)]
    money = cleaned(
        tmp_path,
        "Kode;Periode;Kuota;Terisi;Tagihan;Dibayar\n82.71;TW II 2025;1;1;1;1\n",
        table="iuran_pemda",
    )
    assert "several months" in only(money).message


def test_per_first_of_month_is_the_end_of_the_month_before(tmp_path):
    result = cleaned(tmp_path, HEADER + "82.71;;per 1 Juni 2025;PBPU;20;10\n")
    assert result.frame["periode"].tolist() == [pd.Timestamp(2025, 5, 1)]


def test_setting_resolves_an_ambiguous_number(tmp_path):
    text = HEADER + "82.71;;2025-06;PBPU;88,922;10\n"
    assert cleaned(tmp_path, text, locale="en").frame["terdaftar_jiwa"].tolist() == [
        88_922
    ]
    assert not cleaned(tmp_path, text, locale="id").ok


def test_sheet_name_and_title_that_disagree_on_the_month_are_a_fault(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Agt"
    for row in (
        ["Periode : September 2025"],
        [],
        ["Kode", "Segmen", "Terdaftar", "Aktif"],
        ["82.71", "PBPU", 20, 10],
    ):
        sheet.append(row)
    book.save(tmp_path / "k.xlsx")
    result = clean("kepesertaan", read_sheet(tmp_path / "k.xlsx"))
    assert "disagree on the month" in result.problems[0].message


def test_cleaning_does_not_change_its_input(tmp_path):
    sheets = read_sheet(write(tmp_path, HEADER + GOOD))
    before = sheets[0].raw.copy()
    clean("kepesertaan", sheets)
    pd.testing.assert_frame_equal(sheets[0].raw, before)


PLANTED = {
    "C6": "2025-13", "C7": "Juni", "D8": "PBPX", "D9": "PPU", "E10": "1a2", "E11": "-5",
    "E12": "12,5", "F13": "", "B14": "Bogor", "A15": "99.99", "A16": "82.05",
    "F17": "999999999",
    "E18": "#REF!", "E19": "=A1+1", "C20": "17 Mei 2025", "D21": "", "E22": "1.2.3",
    "F23": "2%", "E24": "88,922,1", "C25": "32 Mei 2025", "F26": "satu",
    "E27": "1,39E+06",
    "B28": "Kota Ternat", "D29": "PBI JKX", "C30": "TW V 2025",
}  # fmt: skip


def test_twenty_five_faults_of_one_workbook_are_reported_in_one_run(tmp_path):
    from openpyxl import Workbook

    from jkn_analysis.wilayah import get_wilayah, list_wilayah

    codes = [
        kode for kode in list_wilayah()["kode"] if len(kode) == 5 and kode[:2] == "11"
    ]
    codes += [
        kode for kode in list_wilayah()["kode"] if len(kode) == 5 and kode[:2] == "12"
    ]
    book = Workbook()
    sheet = book.active
    sheet.title = "Rekap"
    sheet["A1"] = "Kepesertaan"
    for column, text in enumerate(
        ["Kode", "Kab/Kota", "Periode", "Segmen", "Terdaftar", "Aktif"], 1
    ):
        sheet.cell(row=5, column=column, value=text)
    for row in range(6, 40):
        kode = codes[row - 6]
        line = [kode, get_wilayah(kode).nama_lengkap, "2025-06", "PBPU", 200, 100]
        for column, value in enumerate(line, 1):
            sheet.cell(row=row, column=column, value=value)
    for address, value in PLANTED.items():
        sheet[address] = value or None
        if address[0] == "A" or address == "B14":
            sheet[f"{'B' if address[0] == 'A' else 'A'}{address[1:]}"] = (
                "Halmahera Utara" if address == "A16" else None
            )
        if address == "B28":
            sheet["A28"] = None
    book.save(tmp_path / "rusak.xlsx")
    result = clean("kepesertaan", read_sheet(tmp_path / "rusak.xlsx"))
    found = {problem.cell for problem in faults(result.problems)}
    assert found == set(PLANTED), describe(result.problems, limit=60)
    assert result.counts.refused == len(PLANTED) == 25
    assert all(problem.remedy for problem in result.problems)


ARREARS = "kode;periode;segmen;kelas;uraian;Umur 1 bulan;> 24 bulan\n"
PEOPLE = "32.01;2025-06;PBPU;3;Peserta;"
MONEY = "32.01;2025-06;PBPU;3;Tunggakan;"


def read_arrears(folder, text, **settings):
    result = cleaned(folder, text, "tunggakan_peserta", **settings)
    assert result.ok, describe(result.problems)
    return result.frame.sort_values("umur_bulan")


def test_rows_of_people_and_of_rupiah_in_turn_keep_each_its_own_bound(tmp_path):
    people, money = "61.234;1.410.000\n", "2.571.828.000;1.421.280.000.000\n"
    rows = read_arrears(tmp_path, ARREARS + PEOPLE + people + MONEY + money)
    assert rows["peserta_jiwa"].tolist() == [61_234, 1_410_000]
    assert rows["tunggakan_rp"].tolist() == [2_571_828_000, 1_421_280_000_000]


def test_a_row_of_people_with_a_personal_number_in_it_is_refused(tmp_path):
    rows = PEOPLE + "7;3\n" + PEOPLE.replace("3;", "2;") + "3201014101900001;7\n"
    rows += MONEY + "2571828000;294000\n"
    problem = only(cleaned(tmp_path, ARREARS + rows, "tunggakan_peserta"))
    assert (problem.cell, problem.value) == ("F3", "…")


def test_a_unit_of_money_leaves_rows_of_people_as_they_are(tmp_path):
    title = "Tunggakan peserta (dalam juta rupiah)\n"
    people, money = "61;14\n", "2.571;1.421\n"
    text = title + ARREARS + PEOPLE + people + MONEY + money
    rows = read_arrears(tmp_path, text, locale="id")
    assert rows["peserta_jiwa"].tolist() == [61, 14]
    assert rows["tunggakan_rp"].tolist() == [2_571_000_000, 1_421_000_000]
