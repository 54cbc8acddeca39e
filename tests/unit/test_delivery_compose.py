"""What a mail takes from a briefing, and who gets one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io

import openpyxl
import pandas as pd
import pytest

from jkn_analysis.briefing import (
    Angka,
    Bagian,
    Briefing,
    Figure,
    FirstScreen,
    Kolom,
    Permintaan,
    Tabel,
)
from jkn_analysis.delivery.compose import (
    Extras,
    content_from_briefing,
    last_decided,
    list_sheets,
    plan_all,
)
from jkn_analysis.delivery.content import Ask, Attachment, FollowUp
from jkn_analysis.delivery.offices import address_office


def text(words):
    return Angka(words, "teks", words)


def small(nama, headings, *rows):
    columns = tuple(Kolom(heading) for heading in headings)
    return Bagian(nama, nama, tabel=(Tabel(nama, nama, columns, rows),))


@pytest.fixture
def briefing():
    segmen = dataclasses.replace(
        small("segmen", "AB", (text("PBI JK"), Angka(901, "jiwa", "901"))),
        kalimat=("Dua.", "Tiga."),
    )
    decisions = small(
        "tindak_lanjut", "AB",
        (
            text("Validasi NIK\nDukcapil"),
            text("terlambat\ntenggat 20 Jul 2025; menunggu anggaran"),
        ),
    )  # fmt: skip
    month, day = dt.date(2025, 11, 1), dt.date(2025, 11, 30)
    figures = (
        Figure("keaktifan_penduduk_rate", "82.71", month, 0.79, "rate", "79,0%"),
        Figure("penduduk_jiwa", "82.71", month, 210_836, "jiwa", "210.836",
               as_of=day, source="Dukcapil"),
    )  # fmt: skip
    return Briefing(
        kode="82.71", nama="Kota Ternate", nama_provinsi="Maluku Utara",
        periode=dt.date(2025, 11, 1), bahasa="id", skenario="dasar", contoh=True,
        judul="Kota Ternate masih kurang 2.109 peserta aktif", nada="buruk",
        kepala="x", figures=figures,
        layar=FirstScreen(
            (("Sekarang", False), ("79,0%", True)), None, (), (("Kas", "kurang Rp1"),)
        ),
        kipas=None, bagian=(segmen, decisions), kaki="Disusun dari data X.",
        permintaan=(
            Permintaan("BPKAD", "lunasi", None, 17_600_000_000, dt.date(2025, 12, 31)),
            Permintaan("Dinas Sosial", "usulkan", 901, None, dt.date(2025, 12, 31),
                       teks_rp="ditanggung APBN"),
        ),
    )  # fmt: skip


REPORT = Attachment("laporan-82.71-2025-11.html", "text/html", b"<p>x</p>")


def content(briefing, **extras):
    return content_from_briefing(
        briefing, meeting=None, extras=Extras(**{"reports": (REPORT,), **extras})
    )


def test_verdict_figures_and_head_are_the_pages_own(briefing):
    taken = content(briefing)
    assert taken.verdict == briefing.judul
    assert taken.subject_verdict == "masih kurang 2.109 peserta aktif"
    assert taken.data_as_of == "30 November 2025; jumlah penduduk 210.836 (Dukcapil)"
    told = [(f.value, f.sentence) for f in taken.figures]
    assert told == [("79,0%", "Sekarang 79,0%"), ("", "kurang Rp1")]
    assert taken.sources == ("Disusun dari data X.",)
    assert taken.contoh


def test_asks_have_people_rupiah_and_deadline(briefing):
    assert content(briefing).ask == (
        Ask("BPKAD", "lunasi", "", "Rp17,6 miliar", "31 Desember 2025"),
        Ask(
            "Dinas Sosial", "usulkan", "901 jiwa", "ditanggung APBN", "31 Desember 2025"
        ),
    )


def test_decisions_split_into_what_and_who(briefing):
    assert content(briefing).follow_up == (
        FollowUp(
            "1",
            "Validasi NIK",
            "Dukcapil",
            "tenggat 20 Jul 2025",
            "terlambat",
            "menunggu anggaran",
        ),
    )


def test_sentences_that_carry_the_argument_are_taken(briefing):
    assert content(briefing).sentences == ("Dua.", "Tiga.")


def test_a_briefing_without_data_still_makes_a_mail(briefing):
    bare = dataclasses.replace(
        briefing,
        layar=FirstScreen((), None, (), ()),
        permintaan=(),
        figures=(),
        bagian=(),
    )
    taken = content(bare)
    assert taken.data_as_of == "tidak tersedia"
    assert taken.ask == taken.follow_up == taken.charts == ()


def test_numbers_of_the_page_stay_numbers_in_the_sheets(briefing):
    segmen, decisions, definitions = list_sheets(briefing)
    assert segmen.rows[0][1].value == 901
    assert decisions.rows[0][0].value == "Validasi NIK: Dukcapil"
    assert len(definitions.rows) > 15


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


def test_an_office_reads_its_own_ask_first_in_subject_and_lines(briefing):
    common = content(briefing)
    bpkad = address_office(common, briefing, "BPKAD")
    dinsos = address_office(common, briefing, "Dinas Sosial")
    assert bpkad.subject_verdict == "lunasi Rp17,6 miliar, tenggat 31 Desember 2025"
    assert bpkad.lead == (
        "Untuk BPKAD:",
        "Lunasi (Rp17,6 miliar; tenggat 31 Desember 2025).",
    )
    assert dinsos.lead[1] == "Usulkan (ditanggung APBN; tenggat 31 Desember 2025)."
    assert dinsos.subject_verdict == "usulkan 901 jiwa, tenggat 31 Desember 2025"
    names = [item.filename for item in dinsos.attachments]
    assert names[1] == "bahan-dinas-sosial-82.71-2025-11.xlsx"
    assert names[0] == REPORT.filename
    assert dinsos.sentences == common.sentences


def test_an_office_without_an_ask_is_told_so(briefing):
    own = address_office(content(briefing), briefing, "Dukcapil")
    assert own.lead[0] == "Untuk Dukcapil:"
    assert "Tidak ada yang diminta khusus" in own.lead[1]
    assert own.subject_verdict.startswith("Dukcapil: ")


def test_an_office_without_a_part_gets_the_tables_as_they_are(briefing):
    common = content(briefing)
    assert address_office(common, briefing, "Lain").attachments == common.attachments


def test_the_tables_begin_with_the_offices_own_and_none_is_lost(briefing):
    common = content(briefing)
    own = address_office(common, briefing, "Sekretariat Daerah").attachments[1]
    before, after = (
        openpyxl.load_workbook(io.BytesIO(item.content))
        for item in (common.attachments[1], own)
    )
    assert own.filename == "bahan-sekretariat-daerah-82.71-2025-11.xlsx"
    assert before.sheetnames[0] != after.sheetnames[0] == "tindak lanjut"
    assert sorted(after.sheetnames) == sorted(before.sheetnames)
    for sheet in before:
        moved = after[sheet.title]
        assert [[c.value for c in row] for row in moved] == [
            [c.value for c in row] for row in sheet
        ]
        assert moved.print_title_rows == sheet.print_title_rows
    assert [s.title for s in after if s.sheet_view.tabSelected] == []
