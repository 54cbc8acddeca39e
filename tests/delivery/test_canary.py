"""Canaries: a NIK, card, phone and name put in everywhere come out nowhere."""

from __future__ import annotations

import datetime as dt
import tempfile
import zipfile
from email import message_from_bytes
from email.policy import default
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.cli import app
from jkn_analysis.delivery.ledger import open_ledger
from jkn_analysis.delivery.outbox import list_jobs, read_outbox
from jkn_analysis.delivery.smtp import send_all
from jkn_analysis.errors import InputError
from jkn_analysis.rekonsiliasi.publish import build_selisih
from jkn_analysis.running.report import Outcome, take_in
from jkn_analysis.store import has_table, read_table, write_table
from jkn_analysis.tables import DELIVERED, TABLES
from tests.delivery.conftest import NOW
from tests.delivery.test_mail_command import jkn, project, stored  # noqa: F401 - fixtures

NIK = "827103" + "410701" + "0417"
CARD = "0001" + "876543219"
PHONE = "0813" + "5678" + "9012"
NAME = "Budi Santoso"
CANARIES = {"nik": NIK, "kartu": CARD, "telepon": PHONE, "nama": NAME}
WRITTEN = {
    "nik": f"NIK{NIK[:6]}-{NIK[6:12]}-{NIK[12:]}",
    "kartu": f"kartu {CARD}",
    "telepon": f"WA {PHONE[:4]}.{PHONE[4:8]}.{PHONE[8:]}",
    "nama": f"a.n. {NAME}",
}


def bytes_of(path: Path) -> str:
    """Return everything a file says, unpacked, without the marks between digits."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).map(str).to_csv()
    if path.suffix == ".eml":
        message = message_from_bytes(path.read_bytes(), policy=default)
        parts = [part for part in message.walk() if not part.is_multipart()]
        return str(message.items()) + "".join(
            text_of(part.get_payload(decode=True)) for part in parts
        )
    return text_of(path.read_bytes())


def text_of(content: bytes) -> str:
    if not content.startswith(b"PK\x03\x04"):
        return content.decode("utf-8", "replace")
    import io

    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return "".join(
            opened.read(n).decode("utf-8", "replace") for n in opened.namelist()
        )


def assert_nowhere(*places: Path | str) -> None:
    """Search files, names of files and texts for any of the canaries."""
    for place in places:
        texts = [place] if isinstance(place, str) else []
        if isinstance(place, Path):
            texts = [p.name + bytes_of(p) for p in place.rglob("*") if p.is_file()]
        for text in texts:
            plain = text.replace("-", "").replace(".", "")
            assert all(value not in plain for value in CANARIES.values())


def columns_of_free_text():
    return [
        (name, column.name)
        for name in DELIVERED
        for column in TABLES[name].columns
        if column.kind == "text" and not column.choices
    ]


@cache
def build_sample() -> dict[str, pd.DataFrame]:
    """Build the sample once."""
    from jkn_sample import build_tables

    return build_tables()


def sample_rows(name: str) -> pd.DataFrame:
    """Return two good rows of a table, headed by the names of its columns."""
    if name == "selisih":
        row = {
            "kode": "82.71", "kecamatan": "Moti", "periode": "2025-06-01",
            "alasan": "nama_beda", "kantor": "Dukcapil", "jumlah_jiwa": 40,
            "nonaktif_jiwa": 12,
        }  # fmt: skip
        return pd.DataFrame([row])
    return build_sample()[name].tail(2).astype(object)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Give this process and its children a folder of their own for temporary files."""
    folder = tmp_path / "sementara"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.mark.parametrize(("table", "column"), columns_of_free_text())
def test_every_free_text_column_of_every_table_is_judged(tmp_path, table, column):
    for kind, text in WRITTEN.items():
        rows = sample_rows(table)
        rows[column] = rows[column].astype(object)
        rows.loc[rows.index[0], column] = text
        path = tmp_path / f"{kind}.csv"
        rows.to_csv(path, index=False)
        result = clean(table, read_sheet(path))
        said = "\n".join(map(str, result.problems))
        assert not result.ok, (kind, said)
        assert_nowhere(said, result.frame.to_csv())


def test_a_build_stores_and_says_nothing_of_them(tmp_path, temporary, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for table in ("peristiwa", "rapat", "penerima", "tindak_lanjut", "publikasi"):
        rows = sample_rows(table)
        column = next(c for t, c in columns_of_free_text()[::-1] if t == table)
        rows.loc[rows.index[0], column] = " ".join(WRITTEN.values())
        folder = tmp_path / "data" / "raw" / "kirim" / table
        folder.mkdir(parents=True)
        rows.to_csv(folder / f"{NIK}.csv", index=False)
    (tmp_path / "data" / "raw" / "kirim" / "kepesertaan").mkdir()
    good = "Kode;Periode;Segmen;Terdaftar;Aktif\n82.71;2025-06;PBPU;10;9\n"
    good += "82.71;2025-06;BP;10;9\n"
    (tmp_path / "data/raw/kirim/kepesertaan/a.csv").write_text(good)
    result = CliRunner().invoke(app, ["build"])
    assert result.exit_code == InputError.exit_code
    processed = tmp_path / "data" / "processed"
    assert has_table("kepesertaan", root=processed)
    assert_nowhere(processed, temporary, result.output, str(result.exception))


def test_a_page_that_holds_one_is_published_nowhere(tmp_path):
    for text in [WRITTEN["nik"], WRITTEN["kartu"], WRITTEN["telepon"]]:
        page = f"<!DOCTYPE html><html><p>Catatan: {text}</p></html>".encode()
        files = {"82.71.html": page, "82.71.manifest.json": b"{}"}
        made = Outcome("82.71", ok=True)
        outcome = take_in(made, files, folder=tmp_path / "reports" / "2025-11")
        assert not outcome.ok
        assert "82.71.html" in outcome.error
        assert_nowhere(outcome.error)
        assert not list(tmp_path.rglob("*"))


def test_a_mail_that_holds_one_is_composed_nowhere(project, temporary):  # noqa: F811
    root = project / "data" / "processed"
    decisions = read_table("tindak_lanjut", root=root)
    own = decisions["kode"] == "82.71"
    decisions.loc[own, "catatan"] = f"{WRITTEN['nik']}; {WRITTEN['telepon']}"
    write_table(decisions, "tindak_lanjut", root=root)
    result = CliRunner().invoke(
        app, ["mail", "--all", "--wilayah", "82.71", "--tanggal", "2025-12-01"]
    )
    assert result.exception is not None
    assert not list((project / "reports" / "outbox").glob("*/*.eml"))
    assert_nowhere(project / "reports", temporary, result.output, str(result.exception))


def test_a_mail_that_was_changed_afterwards_does_not_leave(outbox, serve, tmp_path):
    folder = outbox()
    server = serve()
    path = next(folder.glob("*/*sekretariat*.eml"))
    spoilt = path.read_bytes().replace(b"Satu kalimat.", WRITTEN["nik"].encode())
    path.write_bytes(spoilt)
    with open_ledger(folder / "ledger.sqlite", now=lambda: NOW) as ledger:
        results = send_all(
            list_jobs(read_outbox(folder)),
            settings=server.settings,
            ledger=ledger,
            pause=lambda _: None,
        )
    refused = [r for r in results if r.status.value == "refused"]
    assert [r.copy.kantor for r in refused] == ["Sekretariat Daerah"]
    assert " x nik" in refused[0].jawaban
    assert len(server.box.accepted) == len(results) - 1
    sent = "".join(raw.decode("utf-8", "replace") for _, raw in server.box.accepted)
    assert_nowhere(folder, sent, str(results))


@pytest.mark.parametrize("kind", list(WRITTEN))
@pytest.mark.parametrize("cell", ["D5", "E5", "H5"])
def test_a_returned_form_that_holds_one_is_refused(project, temporary, kind, cell):  # noqa: F811
    jkn("--all", "--wilayah", "82.71", "--tanggal", "2025-12-01")
    paths = (project / "reports" / "outbox").glob("*/82.71-*.eml")
    message = message_from_bytes(next(paths).read_bytes(), policy=default)
    form = next(
        p for p in message.iter_attachments() if "tindak-lanjut" in p.get_filename()
    )
    path = project / "balasan.xlsx"
    path.write_bytes(form.get_payload(decode=True))
    book = openpyxl.load_workbook(path)
    book.worksheets[0][cell] = WRITTEN[kind]
    book.save(path)
    result = CliRunner().invoke(app, ["mail", "--baca", str(path)])
    assert isinstance(result.exception, InputError)
    assert f"{cell}: points at a person" in str(result.exception)
    path.unlink()
    assert_nowhere(project, temporary, result.output, str(result.exception))


@pytest.mark.parametrize("kind", list(WRITTEN))
def test_what_is_no_place_is_no_row_of_the_register_counts(kind):
    row = {
        "register": "bpjs", "alasan": "nama_beda", "kode": "82.71",
        "kecamatan": WRITTEN[kind].title(), "jumlah": 40, "nonaktif": 10,
    }  # fmt: skip
    counts = pd.DataFrame([row, {**row, "kecamatan": "Moti"}])
    table = build_selisih(counts, periode=dt.date(2025, 11, 1))
    assert set(table["kecamatan"].dropna()) == {"Moti", "(tidak dikenal)"}
    assert table.loc[table["kecamatan"].isna(), "jumlah_jiwa"].tolist() == [80]
