"""What each office reads first: asks, people, money, records, late decisions."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from jkn_analysis.briefing import build_briefing
from jkn_analysis.sharing.workbook import list_tables
from tests.unit.page_data import build_region, store_tables

RECORDS = [
    (None, "nonaktif_miskin", "Dinas Sosial", 900),
    ("Ternate Tengah", "nonaktif_miskin", "Dinas Sosial", 300),
    ("Ternate Selatan", "nonaktif_miskin", "Dinas Sosial", 600),
    ("Moti", "nonaktif_miskin", "Dinas Sosial", None),
    (None, "meninggal_pbi", "Dinas Sosial", 40),
    (None, "tidak_ada_di_dukcapil", "Dukcapil", 77),
    ("Moti", "tidak_ada_di_dukcapil", "Dukcapil", 9),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    region = build_region("82.71")
    columns = ["kecamatan", "alasan", "kantor", "jumlah_jiwa"]
    region["selisih"] = pd.DataFrame(RECORDS, columns=columns).assign(
        kode="82.71",
        periode=pd.Timestamp("2025-11-01"),
        nonaktif_jiwa=0,
        dampak_keaktifan_rate=0.0,
    )
    late = region["tindak_lanjut"].assign(
        keputusan="Mengusulkan PBI JK", penanggung_jawab="Dinas Sosial",
        status="belum", tenggat=pd.Timestamp(dt.date(2025, 7, 1)), catatan=None,
    )  # fmt: skip
    region["tindak_lanjut"] = late.head(1)
    region["kepesertaan_kecamatan"] = pd.DataFrame(
        [
            ("Moti", 100, None),
            ("Ternate Tengah", 900, 700),
            ("Ternate Utara", 800, 500),
        ],
        columns=["kecamatan", "terdaftar_jiwa", "aktif_jiwa"],
    ).assign(kode="82.71", periode=pd.Timestamp("2025-11-01"), segmen="PBI JK")
    root = tmp_path_factory.mktemp("processed")
    store_tables([region], root)
    return build_briefing("82.71", "2025-11", root=root)


def find_note(page, kantor):
    return next(note for note in page.surat.kantor if note.kantor == kantor)


def test_six_offices_have_six_subjects_and_six_first_sentences(page):
    notes = page.surat.kantor
    assert len(notes) == 6
    assert len({note.pokok for note in notes}) == 6
    assert len({note.kalimat[0] for note in notes}) == 6


def test_dinas_sosial_reads_its_people_by_kecamatan_and_the_steps_of_pbi(page):
    told = " ".join(find_note(page, "Dinas Sosial").kalimat)
    assert "nonaktif, miskin menurut DTSEN (desil 1-5) 900" in told
    where = "Menurut kecamatan (nonaktif, miskin menurut DTSEN (desil 1-5))"
    assert f"{where}: Ternate Selatan 600, Ternate Tengah 300." in told
    inactive = "Menurut kecamatan (PBI JK yang tidak aktif)"
    assert f"{inactive}: Ternate Utara 300, Ternate Tengah 200." in told
    assert "Moti" not in told
    assert "Langkah PBI JK:" in told
    assert "yang terlambat di kantor ini: Mengusulkan PBI JK." in told


def test_a_table_by_kecamatan_goes_to_its_office_alone_and_hides_small_counts(page):
    tables = {table.nama: table for table in list_tables(page)}
    cells = [
        [cell.teks for cell in row] for row in tables["kecamatan_dinas_sosial"].baris
    ]
    reason = "nonaktif, miskin menurut DTSEN (desil 1-5)"
    assert cells == [
        ["Moti", reason, "kurang dari 5"],
        ["Ternate Selatan", reason, "600"],
        ["Ternate Tengah", reason, "300"],
        ["Ternate Utara", "PBI JK yang tidak aktif", "300"],
        ["Ternate Tengah", "PBI JK yang tidak aktif", "200"],
        ["Moti", "PBI JK yang tidak aktif", "kurang dari 5"],
    ]
    assert "kecamatan_dinas_sosial" in find_note(page, "Dinas Sosial").tabel
    assert "kecamatan_dukcapil" not in find_note(page, "Dinas Sosial").tabel
    assert "kecamatan_dukcapil" in find_note(page, "Dukcapil").tabel
    assert "kecamatan_dinas_sosial" not in find_note(page, "BPKAD").tabel


def test_bpkad_reads_its_arrears_and_nobody_elses_records(page):
    told = " ".join(find_note(page, "BPKAD").kalimat)
    assert "Tunggakan" in told or "tunggakan" in told
    assert "dibenahi" not in told


def test_dukcapil_reads_the_identities_it_has_to_repair(page):
    told = " ".join(find_note(page, "Dukcapil").kalimat)
    assert told.startswith("Data yang harus dibenahi kantor ini: tidak ada di Dukcapil")
    subject = find_note(page, "Dukcapil").pokok
    assert subject == "Dukcapil: benahi 77 data peserta (tidak ada di Dukcapil)"


def test_decisions_of_the_last_meeting_travel_as_told(page):
    (decision,) = page.surat.keputusan
    assert (decision.keputusan, decision.kantor) == (
        "Mengusulkan PBI JK",
        "Dinas Sosial",
    )
    assert (decision.status, decision.tenggat) == ("terlambat", "1 Jul 2025")


def test_a_region_with_members_only_still_has_its_letters(tmp_path):
    bare = build_region("82.72", penduduk=121_952, aktif=0.85)
    store_tables([{name: bare[name] for name in ("penduduk", "kepesertaan")}], tmp_path)
    page = build_briefing("82.72", "2025-11", root=tmp_path)
    told = {note.kantor: note.kalimat for note in page.surat.kantor}
    assert "Tidak ada yang diminta khusus" in told["BPKAD"][0]
    assert "30 November 2025" in page.surat.data_per


def test_a_subject_is_cut_at_a_stop_and_not_in_a_word(page):
    for note in page.surat.kantor:
        assert "…" not in note.pokok
        assert note.pokok.count(": ") <= 1
