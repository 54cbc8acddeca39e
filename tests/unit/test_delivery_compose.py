"""What a mail takes from a briefing, and who gets one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io

import openpyxl
import pandas as pd
import pytest

from jkn_analysis.briefing.model import (
    Amount,
    Heading,
    Letters,
    OfficeNote,
    PageTable,
    Part,
)
from jkn_analysis.delivery.compose import (
    Extras,
    address_office,
    last_decided,
    plan_all,
    write_letter,
)
from jkn_analysis.delivery.message import Attachment
from jkn_analysis.sharing.workbook import list_tables
from tests.unit.letters import make_page

REPORT = Attachment("laporan-82.71-2025-11.html", "text/html", b"<p>x</p>")


@pytest.fixture
def page():
    cells = (Amount("PBI JK", "teks", "PBI JK"), Amount(901, "jiwa", "901"))
    table = PageTable("segmen", "Segmen", (Heading("A"), Heading("B")), (cells,))
    note = OfficeNote("Dinas Sosial", "usulkan 901 jiwa", ("Usulkan.",), ("segmen",))
    money = dataclasses.replace(table, nama="uang")
    parts = tuple(Part(each.nama, each.nama, berkas=(each,)) for each in (money, table))
    made = make_page(bagian=parts, contoh=True)
    return dataclasses.replace(
        made, surat=dataclasses.replace(made.surat, kantor=(note,))
    )


def write(page):
    return write_letter(page, meeting=None, extras=Extras((REPORT,)))


def test_the_workbook_has_the_tables_that_are_not_on_the_page_and_what_words_mean(page):
    money, segmen, meanings = list_tables(page)
    assert (money.nama, segmen.nama) == ("uang", "segmen")
    assert len(meanings.baris) > 15
    names = [item.filename for item in write(page).attachments]
    assert names == [REPORT.filename, "tabel-82.71-2025-11.xlsx"]


def test_an_office_gets_its_own_note_and_the_tables_begin_with_its_own(page):
    common = write(page)
    own = address_office(common, "Dinas Sosial")
    assert own.note.pokok == "usulkan 901 jiwa"
    names = [item.filename for item in own.attachments]
    assert names == [REPORT.filename, "bahan-dinas-sosial-82.71-2025-11.xlsx"]
    before, after = (
        openpyxl.load_workbook(io.BytesIO(letter.attachments[1].content))
        for letter in (common, own)
    )
    assert (before.sheetnames[0], after.sheetnames[0]) == ("uang", "segmen")
    assert sorted(after.sheetnames) == sorted(before.sheetnames)
    for sheet in before:
        moved = after[sheet.title]
        assert [[c.value for c in row] for row in moved] == [
            [c.value for c in row] for row in sheet
        ]
        assert moved.print_title_rows == sheet.print_title_rows
    assert [s.title for s in after if s.sheet_view.tabSelected] == []


def test_an_office_the_page_does_not_name_reads_the_verdict_and_is_told_so(page):
    own = address_office(write(page), "Dinas Tenaga Kerja")
    assert own.note.pokok == "kurang 2.109 jiwa"
    assert "Tidak ada yang diminta khusus" in own.note.kalimat[0]
    assert own.attachments == write(page).attachments


def test_a_page_without_data_still_makes_a_mail():
    letter = write(make_page(figures=(), surat=Letters()))
    assert letter.charts == ()


def test_the_last_meeting_with_decisions_is_the_one_before():
    rapat = pd.DataFrame({
        "id_rapat": ["a", "b", "c"],
        "tanggal": pd.to_datetime(["2025-03-01", "2025-06-01", "2025-12-01"]),
    })  # fmt: skip
    noted = pd.DataFrame(
        {"id_rapat": ["a", "b", "c"], "kode": ["82.71", "82.71", "82.02"]}
    )

    def find(day):
        return last_decided(rapat, noted, kode="82.71", before=dt.date(2025, *day))

    assert find((12, 5)) == "b"
    assert find((6, 1)) == "a"
    assert find((3, 1)) is None


def test_every_region_with_recipients_is_planned_with_its_next_meeting():
    rapat = pd.DataFrame({
        "id_rapat": ["old", "next"], "kode": "82.71",
        "tanggal": pd.to_datetime(["2025-06-01", "2025-12-12"]),
        "jam": "09:00", "zona_waktu": "WIT", "jenis": "Forum", "tempat": "Aula",
    })  # fmt: skip
    penerima = pd.DataFrame({
        "kode": ["82.71", "82.02"], "kantor": "BPKAD",
        "email": ["a@x.go.id", "b@x.go.id"],
    })  # fmt: skip
    plan = plan_all(rapat, penerima, tanggal=dt.date(2025, 11, 30))
    assert [(o.kode, o.meeting and o.meeting.id_rapat) for o in plan] == [
        ("82.02", None),
        ("82.71", "next"),
    ]
