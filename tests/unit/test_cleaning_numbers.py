"""Numbers by the column, months in every form, names by one table of spellings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from jkn_analysis.cleaning.values.cells import Percent
from jkn_analysis.cleaning.values.months import (
    find_moment_in,
    parse_dates,
    parse_months,
)
from jkn_analysis.cleaning.values.names import find_kelas, find_segmen, find_umur
from jkn_analysis.cleaning.values.numbers import find_scale, parse_numbers, read_number
from jkn_analysis.terms import SEGMEN


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.391.162", "1391162"),
        ("1,391,162", "1391162"),
        ("1 391 162", "1391162"),
        ("1.708 552", "1708552"),
        ("Rp17,5 miliar", "17500000000"),
        ("8.6 milyar", "8600000000"),
        ("Rp26,47 triliun", "26470000000000"),
        ("1,3 juta", "1300000"),
        ("(1.234.567)", "-1234567"),
        ("5-", "-5"),
        ("Rp 719.325.960", "719325960"),
        ("3201190006.0", "3201190006"),
        ("00,87 persen", "0.87"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("nihil", "0"),
        ("Rp. 5.000,00", "5000"),
        ("5e-05", "0.00005"),
        ("−7", "-7"),
        ("12 jiwa", "12"),
    ],
)
def test_clear_number_has_one_reading(text, value):
    assert read_number(text).value == Decimal(value)


@pytest.mark.parametrize(
    "text", [" 20,828 ", "88,922", "363,784 jiwa", "6, 169", "76.858", "(1.234)"]
)
def test_three_digits_after_one_mark_have_two_readings(text):
    assert read_number(text).ambiguous


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3",
        "12 34",
        "abc",
        "1.391.16",
        "(5",
        "--5",
        "1,39E+06",
        "9" * 60,
        "1e999",
        "0x1F",
    ],
)
def test_what_is_no_number_says_why(text):
    assert read_number(text).fault


def test_one_clear_cell_decides_the_column():
    column = parse_numbers(["1.391.162", "88.922", "-", None, "n/a"], integer=True)
    assert column.results == [1_391_162, 88_922, None, None, None]
    assert (column.locale, column.absent) == ("id", 2)


def test_cells_against_the_column_are_faults_with_both_readings():
    column = parse_numbers(["1.391.162", "88,922"], integer=True)
    assert column.results[1] is None
    assert column.faults[0].message == "ambiguous number: 88922 (en) or 88.922 (id)?"


def test_a_lone_ambiguous_cell_is_never_guessed():
    assert parse_numbers(["88,922"], integer=True).results == [None]
    assert parse_numbers(["88,922"], integer=True, locale="en").results == [88_922]


def test_marks_of_both_kinds_leave_every_ambiguous_cell_unread():
    assert len(parse_numbers(["88,922", "76.858"], integer=True).faults) == 2


def test_counts_that_all_have_three_digits_are_thousands_and_said_so():
    column = parse_numbers([" 20,828 ", "18,391"], integer=True)
    assert column.results == [20_828, 18_391]
    assert "groups thousands" in column.notes[0]


def test_thousands_comma_and_percent_comma_may_share_a_file():
    counts = parse_numbers(["851,408", "1,234,567"], integer=True)
    rates = parse_numbers(["18,39%", "7,5%"], rate=True)
    assert counts.results == [851_408, 1_234_567]
    assert rates.results == [Decimal("0.1839"), Decimal("0.075")]


def test_rate_takes_percent_from_sign_heading_or_cell_format():
    assert parse_numbers(["18,39"], rate=True, heading="% Aktif").results == [
        Decimal("0.1839")
    ]
    assert parse_numbers([Percent(0.1839)], rate=True).results == [Decimal("0.1839")]
    assert parse_numbers([0.1839], rate=True, heading="rasio").results == [
        Decimal("0.1839")
    ]


def test_float_that_lost_its_thousands_is_not_taken_for_people():
    assert (
        "not a whole number" in parse_numbers([88.922], integer=True).faults[0].message
    )


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("Tagihan (juta rupiah)", 10**6),
        ("Peserta (dalam ribuan)", 10**3),
        ("Pagu (Rp miliar)", 10**9),
        ("Jumlah (jiwa)", 1),
        ("Juta", 1),
        ("Tagihan Rp juta", 10**6),
    ],
)
def test_scale_of_heading(heading, scale):
    assert find_scale(heading)[0] == scale


JUNE = dt.date(2025, 6, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2025-06",
        "2025/06",
        "202506",
        "06/2025",
        "01/06/2025",
        "30/06/2025",
        "6/30/2025",
        "6/30/2025 10.57.30",
        "Juni 2025",
        " JUNI 2025",
        "Jun-25",
        "Juni '25",
        "30 Juni 2025",
        "per 30 Juni 2025",
        "per 1 Juli 2025",
        "Posisi 30 Juni 2025",
        "TW II 2025",
        "Triwulan II Tahun 2025",
        "Semester I 2025",
        "45809",
        "2025-06-01 00:00:00",
        "Bulan Juni 2025",
        "s.d. Juni 2025",
        "1 Juni 2025",
        "Akhir Juni 2025",
    ],
)
def test_every_form_of_june(text):
    assert parse_months([text]).results == [JUNE]


@pytest.mark.parametrize(
    "value",
    [dt.date(2025, 6, 1), dt.datetime.fromisoformat("2025-06-30"), 45809, 45809.0],
)
def test_native_dates_and_serials_of_june(value):
    assert parse_months([value]).results == [JUNE]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("PEBRUARI 2024", 2),
        ("Peb 2024", 2),
        ("Agt 2024", 8),
        ("AGS 2024", 8),
        ("Sept 2024", 9),
        ("NOPEMBER 2024", 11),
        ("Nop-24", 11),
        ("Mei 2024", 5),
        ("Des 2024", 12),
        ("Maret 2024", 3),
    ],
)
def test_spellings_of_months(text, month):
    assert parse_months([text]).results == [dt.date(2024, month, 1)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2025-13", "no such month"),
        ("31 Juni 2025", "no such day"),
        ("17 Juni 2025", "neither"),
        ("Januari s.d. Juni 2025", "not a month"),
        ("Juni", "not a month"),
        ("1999-01", "outside"),
    ],
)
def test_wrong_months_say_why(text, why):
    assert why in parse_months([text]).faults[0].message


def test_quarter_is_no_month_of_a_flow():
    assert "several months" in parse_months(["TW II 2025"], flow=True).faults[0].message


def test_order_of_day_and_month_comes_from_the_whole_column():
    assert parse_dates(["05/06/2025", "25/06/2025"]).results == [
        dt.date(2025, 6, 5),
        dt.date(2025, 6, 25),
    ]
    assert parse_dates(["05/06/2025", "06/25/2025"]).results == [
        dt.date(2025, 5, 6),
        dt.date(2025, 6, 25),
    ]
    assert "swapped" in parse_dates(["05/06/2025"]).faults[0].message
    assert parse_dates(["05/06/2025"], order="dmy").results == [dt.date(2025, 6, 5)]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Bulan : Januari 2021", (2021, 1)),
        ("KEPESERTAAN PER 1 JUNI 2025", (2025, 5)),
        ("Peb", (0, 2)),
        ("maluku_2025", (2025, 0)),
        ("Rekap Mei-Juni 2025", (2025, 0)),
        ("Kabupaten Mappi", (0, 0)),
        ("banjir_2022", (2022, 0)),
    ],
)
def test_moment_in_a_title(text, moment):
    assert find_moment_in(text) == moment


@pytest.mark.parametrize(
    ("text", "segmen"),
    [
        ("PBI APBN", "PBI JK"),
        ("Pbi Apbn/Kjs", "PBI JK"),
        ("PBI APBD", "PBPU Pemda"),
        ("PB PU/BP PEMDA", "PBPU Pemda"),
        ("UPBU/BP", "PBPU Pemda"),
        ("Jamkesda", "PBPU Pemda"),
        ("PPU Penyelenggara Negara", "PPU-PN"),
        ("PPUBU", "PPU-BU"),
        ("Badan Usaha", "PPU-BU"),
        ("Peserta mandiri", "PBPU"),
        ("BPU Mandiri", "PBPU"),
        ("Bukan Pekerja", "BP"),
        ("PENSIUN", "BP"),
        ("Jumlah", "total"),
        ("PPU", None),
        ("PBI", None),
        ("lain-lain", None),
    ],
)
def test_spellings_of_segmen(text, segmen):
    assert find_segmen(text) == segmen


def test_every_canonical_segmen_is_itself():
    assert [find_segmen(name) for name in SEGMEN] == list(SEGMEN)


def test_kelas_and_age():
    assert [find_kelas(x) for x in ("Kelas III", "II", "1", "-", "VIP")] == [
        3,
        2,
        1,
        0,
        None,
    ]
    assert [
        find_umur(x) for x in ("1 bulan", "Umur > 24 bulan", "24+", "26", "1-3")
    ] == [1, 25, 25, None, None]


def test_a_bare_number_among_mostly_percents_is_a_percent_and_else_is_not():
    def rates(*cells: str) -> list[str]:
        return [str(value) for value in parse_numbers(cells, rate=True).results]

    assert rates("7,5%", "8%", "9,5") == ["0.075", "0.08", "0.095"]
    assert rates("7,5%", "0,5") == ["0.075", "0.5"]
