"""Spreadsheets out and back: harmless, typed, the same bytes; the reply form."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

from jkn_analysis.briefing.model import Amount, Heading, PageTable
from jkn_analysis.cleaning.deliveries import REPLY
from jkn_analysis.delivery.replies import store_reply
from jkn_analysis.delivery.tindak_lanjut import (
    BLANK_ROWS,
    build_form,
    merge_reply,
    read_form,
)
from jkn_analysis.errors import InputError
from jkn_analysis.sharing.workbook import build_workbook
from jkn_analysis.store import read_table, write_tables
from jkn_analysis.tables import conform

RISKY = [
    "=1+1", "+62812", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1+1", "\r=1+1",
    "=HYPERLINK(\"http://x.invalid\")", " =1+1", "\x00=1", "<script>alert(1)</script>",
]  # fmt: skip


def opened(xlsx):
    return openpyxl.load_workbook(io.BytesIO(xlsx))


def sheet(*rows, name="segmen", **options):
    return PageTable(
        name, "Judul", (Heading("A"), Heading("B")), tuple(rows), **options
    )


def text(words):
    return Amount(words, "teks", words)


def number(value, unit="jiwa"):
    return Amount(value, unit, str(value))


@pytest.mark.parametrize("words", RISKY)
def test_a_text_that_looks_like_a_formula_is_stored_as_text(words):
    book = opened(
        build_workbook(
            [sheet((text(words), number(1)), name=words, catatan=words)],
            title=words,
            banner=words,
        )
    )
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert all(cell.data_type in {"s", "n"} for cell in cells)
    page = book.worksheets[0]
    body = page["A5"]
    assert body.value.strip().startswith(words.strip("\t\r\x00 ")[:3])
    if body.value[0] in "=+-@":
        assert body.quotePrefix


def test_numbers_and_fractions_keep_type_and_format_the_rest_its_words():
    rows = (
        (number(1234567), number(17_600_000_000, "rp")),
        (number(0.79, "rate"), text("Validasi NIK\nDukcapil")),
        (Amount(None, "jiwa", "kurang dari 5"), text("–")),
    )
    page = opened(build_workbook([sheet(*rows)], title="t")).worksheets[0]
    cells = [[cell.value for cell in row] for row in page["A4:B6"]]
    assert cells[0] == [1234567, 17_600_000_000]
    assert cells[1][0] == 0.79
    assert cells[1][1] == "Validasi NIK: Dukcapil"
    assert cells[2] == ["kurang dari 5", "–"]
    assert page["A4"].number_format == "#,##0"
    assert "Rp" in page["B4"].number_format
    assert page["A5"].number_format == "0.00%"


def test_people_and_rupiah_are_whole_and_a_half_rounds_up():
    rows = (
        (number(13087319094.02679, "rp"), number(2.5)),
        (number(-0.5, "rp"), number(0.8131, "rate")),
    )
    page = opened(build_workbook([sheet(*rows)], title="t")).worksheets[0]
    cells = [[cell.value for cell in row] for row in page["A4:B5"]]
    assert cells == [[13087319094, 3], [0, 0.8131]]


def test_sheet_names_are_legal_and_distinct():
    names = ["a/b:c", "a/b:c", "x" * 40, "x" * 41, "", "[]"]
    book = opened(build_workbook([sheet(name=name) for name in names], title="t"))
    found = [page.title for page in book]
    assert len({name.lower() for name in found}) == len(names)
    assert all(len(name) <= 31 for name in found)


def test_workbook_bytes_do_not_depend_on_the_time(monkeypatch):
    import time

    once = build_workbook([sheet((text("x"), number(1)))], title="t")
    later = time.time() + 86_400 * 400
    monkeypatch.setattr(time, "time", lambda: later)
    assert build_workbook([sheet((text("x"), number(1)))], title="t") == once


def decisions(*rows):
    frame = pd.DataFrame(
        rows or [(1, "Validasi NIK", "Dukcapil", "2025-07-20", "berjalan", None)],
        columns=[
            "nomor", "keputusan", "penanggung_jawab", "tenggat", "status", "catatan",
        ],
    )  # fmt: skip
    frame["tenggat"] = pd.to_datetime(frame["tenggat"])
    return conform(frame.assign(id_rapat="R-1", kode="82.71"), "tindak_lanjut")


def filled(path, changes, table=None):
    """Write the form, fill cells as an office would, and save it."""
    form = build_form(
        decisions() if table is None else table,
        id_rapat="R-1", kode="82.71", title="Tindak lanjut, Kota Ternate",
    )  # fmt: skip
    book = opened(form)
    for address, value in changes.items():
        book.worksheets[0][address] = value
    book.save(path)
    return path


def test_the_form_comes_back_as_it_went(tmp_path):
    table = decisions(
        (1, "Validasi NIK", "Dukcapil", "2025-07-20", "berjalan", None),
        (2, "=1+1", "@kantor", "2025-08-01", "belum", "-catatan"),
    )
    back = read_form(filled(tmp_path / "form.xlsx", {}, table))
    pd.testing.assert_frame_equal(back, table)


def test_status_notes_and_new_decisions_are_read(tmp_path):
    path = filled(
        tmp_path / "form.xlsx",
        {
            "G5": "Selesai", "H5": "tuntas 12 Nov", "D6": "Bayar iuran Oktober",
            "E6": "BPKAD", "F6": "31/12/2025",
        },
    )  # fmt: skip
    back = read_form(path)
    assert back["status"].tolist() == ["selesai", "belum"]
    assert back["catatan"].tolist()[0] == "tuntas 12 Nov"
    assert back["nomor"].tolist() == [1, 2]
    assert back["tenggat"].iloc[1] == pd.Timestamp("2025-12-31")
    assert back["kode"].tolist() == ["82.71", "82.71"]


def test_the_form_offers_empty_rows_and_the_list_of_states():
    page = opened(
        build_form(decisions(), id_rapat="R-1", kode="82.71", title="t")
    ).worksheets[0]
    assert page.max_row == 5 + BLANK_ROWS
    (choices,) = page.data_validations.dataValidation
    assert choices.formula1 == '"belum,berjalan,selesai,terlambat,batal"'


def test_every_wrong_cell_is_told_with_its_address(tmp_path):
    path = filled(
        tmp_path / "form.xlsx", {"G5": "sudah dong", "F5": "besok", "E5": None}
    )
    with pytest.raises(InputError) as caught:
        read_form(path)
    text = str(caught.value)
    assert "G5: 'sudah dong' is not one of belum" in text
    assert "F5: not a date" in text
    assert "E5: 'Penanggung jawab' is empty" in text


def test_another_file_is_no_form(tmp_path):
    path = tmp_path / "lain.xlsx"
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Bukan", "formulir"])
    book.save(path)
    with pytest.raises(InputError, match="no row with the headings"):
        read_form(path)


def rapat(*rows):
    frame = pd.DataFrame(rows, columns=["id_rapat", "kode"])
    return conform(
        frame.assign(
            tanggal=pd.Timestamp("2025-06-20"), jam="09.00", zona_waktu="WIT",
            jenis="Forum", tempat="Aula",
        ),
        "rapat",
    )  # fmt: skip


def test_a_reply_wins_over_what_it_answers_and_keeps_the_rest():
    current = decisions(
        (1, "Validasi NIK", "Dukcapil", "2025-07-20", "berjalan", None),
        (2, "Bayar", "BPKAD", "2025-08-01", "belum", None),
    )
    reply = decisions((1, "Validasi NIK", "Dukcapil", "2025-07-20", "selesai", "ok"))
    merged = merge_reply(current, reply, rapat=rapat(("R-1", "82.71")))
    assert merged["status"].tolist() == ["selesai", "belum"]


def test_a_reply_to_an_unknown_meeting_is_refused():
    with pytest.raises(InputError, match="unknown meeting R-1"):
        merge_reply(decisions(), decisions(), rapat=rapat(("R-2", "82.71")))


def test_a_reply_for_another_region_is_refused():
    with pytest.raises(InputError, match="'Kode' is not that of meeting R-1"):
        merge_reply(decisions(), decisions(), rapat=rapat(("R-1", "82.02")))


@pytest.mark.parametrize(("contoh", "kiriman"), [(True, "contoh"), (False, "balasan")])
def test_a_reply_updates_the_table_and_stays_as_a_delivery(tmp_path, contoh, kiriman):
    processed, raw = tmp_path / "processed", tmp_path / "raw"
    tables = {"tindak_lanjut": decisions(), "rapat": rapat(("R-1", "82.71"))}
    write_tables(tables, root=processed, contoh=contoh)
    form = filled(tmp_path / "form.xlsx", {"G5": "selesai"})
    stored, changed = store_reply(form, raw=raw, processed=processed)
    assert changed == 1
    assert stored == raw / kiriman / "tindak_lanjut" / f"{REPLY}_R-1.xlsx"
    assert read_table("tindak_lanjut", root=processed)["status"].tolist() == ["selesai"]
    again, changed = store_reply(form, raw=raw, processed=processed)
    assert (again, changed) == (stored, 0)
