"""`jkn mail` from stored tables to the server: plan, compose, look, send, read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from jkn_analysis.cli import app
from jkn_analysis.cli.run import refresh_reports
from jkn_analysis.config import read_config
from jkn_analysis.delivery.compose import month_end
from jkn_analysis.delivery.outbox import read_outbox
from jkn_analysis.errors import (
    ConfigError,
    DeliveryError,
    InputError,
    JknError,
    RunError,
)
from jkn_analysis.running import run
from jkn_analysis.running.ledger import append_event, ledger_path
from jkn_analysis.running.manifest import build_manifest
from jkn_analysis.running.run import Summary
from jkn_analysis.store import (
    read_table,
    write_generation,
    write_table,
    write_tables,
)
from jkn_analysis.tables import TABLES, conform
from tests.delivery.conftest import PASSWORD, USER, Faults

REGIONS = ["82.71", "82.02"]
DAY = ("--tanggal", "2025-12-01")
MAKER = "jkn_analysis.cli.run.refresh_reports"
STALE = "jkn_analysis.cli.run.find_stale"
PAGE = "<!DOCTYPE html><html lang='id'><title>x</title><p>laporan</p></html>"


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """Store the sample tables of two regions and a page for each."""
    from jkn_analysis.wilayah import list_wilayah
    from jkn_sample import build_tables

    folder = tmp_path_factory.mktemp("proyek")
    root = folder / "data" / "processed"
    (folder / "data" / "raw").mkdir(parents=True)
    tables = {
        name: table[table["kode"].isin([*REGIONS, "82", "00"])]
        for name, table in build_tables().items()
        if name in TABLES and "kode" in table
    }
    write_tables({**tables, "wilayah": list_wilayah()}, root=root, contoh=True)
    for kode in REGIONS:
        put_page(folder, kode)
    return folder


def put_page(folder, kode, change=lambda briefing: briefing):
    """Lay a page beside its object and manifest, as `jkn run` does."""
    from jkn_analysis.briefing import build_briefing
    from jkn_analysis.briefing.page_file import describe_page, write_page

    root = folder / "data" / "processed"
    briefing = change(build_briefing(kode, "2025-11", root=root))
    files = {
        f"{kode}.html": PAGE.encode(),
        f"{kode}.json": write_page(describe_page(briefing)),
    }
    hashes = {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}
    files[f"{kode}.manifest.json"] = build_manifest({}, outputs=hashes)
    pages = folder / "reports" / "2025-11"
    pages.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (pages / name).write_bytes(raw)


@pytest.fixture(scope="session")
def composed(stored, tmp_path_factory):
    """Compose the mail of one region once for all tests that only look at it."""
    folder = tmp_path_factory.mktemp("surat") / "p"
    shutil.copytree(stored, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(MAKER, lambda *_: {})
        patch.setattr(STALE, lambda *_: {})
        jkn("--all", "--wilayah", "82.71")
    return folder


def enter(source, folder, monkeypatch):
    """Copy a project and run inside the copy, without settings of this machine."""
    shutil.copytree(source, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(MAKER, lambda *_: {})
    monkeypatch.setattr(STALE, lambda *_: {})
    for name in list(os.environ):
        if name.startswith("JKN_SMTP_"):
            monkeypatch.delenv(name)
    return folder


@pytest.fixture
def project(stored, tmp_path, monkeypatch):
    """Enter a project with reports and no mail yet."""
    return enter(stored, tmp_path / "p", monkeypatch)


@pytest.fixture
def mailed(composed, tmp_path, monkeypatch):
    """Enter a project whose outbox holds one region's mail."""
    return enter(composed, tmp_path / "p", monkeypatch)


def jkn(*arguments):
    """Run the command; an error of ours is raised."""
    result = CliRunner().invoke(app, ["mail", *arguments])
    if isinstance(result.exception, JknError):
        raise result.exception
    assert result.exception is None, result.output
    return result.output


def messages(project):
    return {
        path.name: message_from_bytes(path.read_bytes(), policy=default)
        for path in sorted((project / "reports" / "outbox").glob("*/*.eml"))
    }


def refuse(project, kode):
    """Note in the manifest that a delivery of a region is refused."""
    told = {"file": "des/kep.csv", "table": "kepesertaan", "sebab": "ditolak"}
    told |= {"tiba": "2025-12-03", "cells": 1, "kode": [kode], "dipakai": {}}
    with write_generation(project / "data" / "processed", by="uji") as draft:
        draft.tell(refused=[told])


def test_a_refused_delivery_or_a_failed_report_holds_back_its_region(mailed):
    refuse(mailed, "82.71")
    line = (
        r"82\.71: not sent: berkas kep\.csv diterima 3 Desember 2025, ditolak: 1 sel "
        r"→ --despite-refused sends it"
    )
    with pytest.raises(DeliveryError, match=line):
        jkn("--really", "--tanggal", "2025-12-01")
    refuse(mailed, "82.72")
    ledger = ledger_path(mailed / "reports", "2025-11")
    failed = {"event": "report", "kode": "82.71", "ok": False, "error": "ValueError: x"}
    append_event(ledger, failed)
    with pytest.raises(DeliveryError, match=r"82\.71: not sent: its report failed"):
        jkn("--really", "--tanggal", "2025-12-01")
    with pytest.raises(ConfigError, match="JKN_SMTP"):
        jkn("--really", "--meski-ditolak", "--tanggal", "2025-12-01")


def test_all_composes_one_message_per_office_of_each_region(project):
    with pytest.raises(DeliveryError, match=r"82: .*82\.json: no page"):
        jkn("--all")
    penerima = read_table("penerima", root=project / "data" / "processed")
    expected = penerima[penerima["kode"].isin(REGIONS)]
    found = messages(project)
    assert len(found) == expected.groupby("kode")["kantor"].nunique().sum()
    assert "82.71-dinas-sosial.eml" in found


def test_a_message_carries_report_tables_calendar_and_reply_form(mailed):
    message = messages(mailed)["82.71-bpkad.eml"]
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == [
        "laporan-82.71-2025-11.html",
        "bahan-bpkad-82.71-2025-11.xlsx",
        "rapat-82.71-2025-12-12.ics",
        "tindak-lanjut-82.71-2025-11.xlsx",
    ]
    report = next(message.iter_attachments()).get_payload(decode=True)
    assert message["X-JKN-Sha256"].strip() == hashlib.sha256(report).hexdigest()
    assert report.decode() == PAGE


def test_six_offices_get_their_own_subject_first_lines_and_tables(mailed):
    found = messages(mailed)
    assert len(found) == 6
    assert len({message["Subject"] for message in found.values()}) == 6
    bodies = {n: m.get_body(("plain",)).get_content() for n, m in found.items()}
    offices = {
        name: text.split("Untuk ")[1].split(":")[0] for name, text in bodies.items()
    }
    assert len(set(offices.values())) == 6
    own = {
        name: next(p.get_filename() for p in m.iter_attachments() if
                   p.get_filename().startswith("bahan-"))
        for name, m in found.items()
    }  # fmt: skip
    assert len(set(own.values())) == 6
    lead = {name: text.split("Kota Ternate: ")[0] for name, text in bodies.items()}
    assert "Tunggakan Pemda" in lead["82.71-bpkad.eml"]
    assert "Tunggakan Pemda" not in lead["82.71-dinas-sosial.eml"]


def test_a_page_that_is_not_its_manifests_is_refused(project):
    page = project / "reports" / "2025-11" / "82.71.json"
    page.write_bytes(page.read_bytes().replace(b"2.109", b"5.109"))
    with pytest.raises(DeliveryError, match="not the one its manifest names"):
        jkn("--all", "--wilayah", "82.71")
    assert messages(project) == {}


def test_the_mail_says_what_the_page_says(project):
    put_page(project, "82.71", lambda page: replace(page, judul="Judul dari halaman"))
    jkn("--all", "--wilayah", "82.71")
    texts = [m.get_body(("plain",)).get_content() for m in messages(project).values()]
    assert all("Judul dari halaman" in text for text in texts)


def test_all_makes_the_pages_that_are_stale(project, made):
    jkn("--all", "--wilayah", "82.71")
    assert made == ["82.71"]


def test_no_mail_is_composed_where_making_its_pages_was_stopped(monkeypatch, tmp_path):
    stopped = Summary("2025-11", planned=3, skipped=0, stopped=True)
    monkeypatch.setattr(run, "run_reports", lambda *_given, **_named: stopped)
    with pytest.raises(RunError, match="stopped: 3 of 3 reports not made"):
        refresh_reports(read_config(root=tmp_path), ["82.71"], "2025-11")


def test_a_correction_is_a_marked_revision_and_the_first_stays(
    mailed, serve, monkeypatch
):
    server = serve()
    use(monkeypatch, server)
    jkn("--really", *DAY)
    first = messages(mailed)["82.71-bpkad.eml"]
    jkn("--all", "--wilayah", "82.71")
    assert messages(mailed)["82.71-bpkad.eml"]["Subject"] == first["Subject"]
    put_page(mailed, "82.71", lambda page: replace(page, judul="Angka diperbaiki"))
    jkn("--all", "--wilayah", "82.71", "--really", *DAY)
    second = messages(mailed)["82.71-bpkad.eml"]
    assert "[Revisi 2]" in second["Subject"]
    text = second.get_body(("plain",)).get_content()
    assert "Revisi 2: menggantikan bahan yang dikirim" in text
    sent = {message_id for _, message_id in server.box.received()}
    assert {first["Message-ID"], second["Message-ID"]} <= sent
    kept = {
        message_from_bytes(path.read_bytes())["Message-ID"].strip()
        for path in (mailed / "reports" / "terkirim").glob("*.eml")
    }
    assert kept == {name.strip() for name in sent}
    jkn("--all", "--wilayah", "82.71")
    assert messages(mailed)["82.71-bpkad.eml"].as_bytes() == second.as_bytes()


def test_a_deleted_outbox_does_not_send_twice(mailed, serve, monkeypatch):
    server = serve()
    use(monkeypatch, server)
    jkn("--really", *DAY)
    shutil.rmtree(mailed / "reports" / "outbox")
    with pytest.raises(DeliveryError, match="ledger does not know"):
        jkn("--all", "--wilayah", "82.71", "--really", *DAY)
    assert len(server.box.received()) == 6


def test_the_operator_is_told_of_a_batch_that_failed(mailed, serve, monkeypatch):
    server = serve(Faults(rcpt={"bpkad.82-71@contoh.invalid": ["550 no such box"]}))
    use(monkeypatch, server)
    with pytest.raises(DeliveryError, match="not every copy was delivered"):
        jkn("--really", *DAY)
    note = message_from_bytes(server.box.accepted[-1][1], policy=default)
    assert server.box.accepted[-1][0] == "jkn@contoh.invalid"
    assert note["Subject"] == "jkn mail: pengiriman gagal"
    assert note.get_content().splitlines() == [
        "tidak semua salinan sampai", "5 terkirim", "1 ditolak",
    ]  # fmt: skip
    assert note["Date"].datetime.tzinfo is not None
    assert re.fullmatch(r"<[^<>@\s]+@contoh\.invalid>", note["Message-ID"])


def test_a_test_goes_to_oneself_and_not_into_the_ledger(mailed, serve, monkeypatch):
    server = serve()
    use(monkeypatch, server)
    assert "surat uji dikirim ke jkn@contoh.invalid" in jkn("--test", *DAY)
    ((address, raw),) = server.box.accepted
    assert address == "jkn@contoh.invalid"
    assert message_from_bytes(raw, policy=default)["Subject"].startswith("[UJI] ")
    assert not (mailed / "reports" / "outbox" / "ledger.sqlite").exists()


def test_addresses_are_closed_and_opened_by_command(mailed, serve, monkeypatch):
    server = serve()
    use(monkeypatch, server)
    who = "bpkad.82-71@contoh.invalid"
    result = CliRunner().invoke(app, ["alamat", "--stop", who])
    assert f"{who}" in result.output
    assert "5 terkirim" in jkn("--really", *DAY)
    result = CliRunner().invoke(app, ["alamat", "--open", who])
    assert "0 alamat" in result.output
    assert "1 terkirim" in jkn("--really", *DAY)


def test_a_pdf_travels_where_the_settings_say_so(project, monkeypatch):
    def print_pdf(page, target):
        target.write_bytes(b"%PDF-1.4 " + page.name.encode())
        return target

    monkeypatch.setattr("jkn_analysis.reporting.pdf.print_pdf", print_pdf)
    (project / "jkn.toml").write_text('[mail]\nlampiran = ["pdf"]\n')
    monkeypatch.setenv("JKN_CONFIG", str(project / "jkn.toml"))
    jkn("--all", "--wilayah", "82.71")
    message = messages(project)["82.71-bpkad.eml"]
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names[0] == "laporan-82.71-2025-11.pdf"
    assert not any(name.endswith(".html") for name in names)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_what_names_recipients_is_for_its_owner_alone(mailed, serve, monkeypatch):
    server = serve()
    use(monkeypatch, server)
    jkn("--really", *DAY)
    reports = mailed / "reports"
    files = [
        *reports.glob("outbox/*/*"),
        *reports.glob("terkirim/*"),
        reports / "outbox" / "index.html",
        reports / "outbox" / "ledger.sqlite",
    ]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    folders = [
        reports / "outbox",
        reports / "terkirim",
        *(p for p in reports.glob("outbox/*") if p.is_dir()),
    ]
    assert {oct(path.stat().st_mode & 0o777) for path in folders} == {"0o700"}


def test_the_workbook_has_the_pages_tables_and_the_definitions(mailed):
    _, tables, *_ = messages(mailed)["82.71-bpkad.eml"].iter_attachments()
    path = mailed / "t.xlsx"
    path.write_bytes(tables.get_payload(decode=True))
    book = openpyxl.load_workbook(path)
    assert (book.sheetnames[0], book.sheetnames[-1]) == (
        "tunggakan pemda bulan",
        "Definisi",
    )
    assert "segmen" in book.sheetnames
    assert book["segmen"]["A1"].value.startswith("DATA CONTOH")
    counts = [c.value for row in book["segmen"].iter_rows() for c in row]
    assert sum(isinstance(value, int) and value > 1000 for value in counts) > 5


def test_mail_html_is_small_and_the_inline_part_too(mailed):
    message = messages(mailed)["82.71-bpkad.eml"]
    html = message.get_body(("html",)).get_content()
    assert len(html.encode()) < 60_000
    alternative = next(message.walk().__iter__()).get_payload()[0]
    assert len(alternative.as_bytes()) < 250_000


def test_composing_twice_gives_the_same_bytes(project):
    jkn("--all", "--wilayah", "82.71")
    once = {n: m.as_bytes() for n, m in messages(project).items()}
    jkn("--all", "--wilayah", "82.71")
    assert {n: m.as_bytes() for n, m in messages(project).items()} == once


def test_an_office_that_left_is_no_longer_in_the_outbox(project):
    jkn("--all", "--wilayah", "82.71")
    root = project / "data" / "processed"
    table = read_table("penerima", root=root)
    write_table(table[table["kantor"] != "BPKAD"], "penerima", root=root)
    jkn("--all", "--wilayah", "82.71")
    assert "82.71-bpkad.eml" not in messages(project)
    assert "82.71-dinas-sosial.eml" in messages(project)


def test_the_preview_shows_every_message_with_its_pictures_in_place(mailed):
    outbox = mailed / "reports" / "outbox"
    index = (outbox / "index.html").read_text("utf-8")
    for entry in read_outbox(outbox):
        assert entry.path.name in index
        assert entry.subject in index
    (page,) = outbox.glob("*/82.71.html")
    assert "cid:" not in page.read_text("utf-8")
    assert "data:image/png;base64," in page.read_text("utf-8")
    assert f'src="{page.parent.name}/82.71.html"' in index
    assert "http" not in index


@pytest.fixture
def made(monkeypatch):
    """Replace the making of reports; return what was asked for."""
    asked = []

    def make(config, kode, month):
        asked.extend(kode)
        return {}

    monkeypatch.setattr(MAKER, make)
    return asked


def test_due_takes_the_meetings_of_the_next_days_and_makes_their_reports(project, made):
    root = project / "data" / "processed"
    rapat = read_table("rapat", root=root)
    rapat = rapat[rapat["kode"].isin(REGIONS) & (rapat["tanggal"] > "2025-12-01")]
    days = {row.kode: row.tanggal for row in rapat.itertuples()}
    first, last = min(days.values()), max(days.values())
    assert first < last
    output = jkn("--due", "--hari", "0", "--tanggal", f"{first:%Y-%m-%d}")
    (kode,) = [k for k, day in days.items() if day == first]
    assert made == [kode]
    assert {name[:5] for name in messages(project)} == {kode}
    assert "untuk 1 wilayah" in output


def test_no_meeting_due_composes_nothing(project, made):
    output = jkn("--due", "--tanggal", "2030-01-01")
    assert "tidak ada rapat dalam 7 hari mendatang" in output
    assert messages(project) == {}


def test_recipients_outside_the_domains_are_refused_when_composing(project):
    root = project / "data" / "processed"
    table = read_table("penerima", root=root)
    table.loc[table["kode"] == "82.71", "email"] = "x@lain.invalid"
    write_table(table.drop_duplicates(["kode", "email"]), "penerima", root=root)
    with pytest.raises(DeliveryError, match="not composed"):
        jkn("--all", "--wilayah", "82.71")
    assert messages(project) == {}


def use(monkeypatch, server):
    """Point the environment at a server."""
    settings = server.settings
    for name, value in {
        "HOST": settings.host, "PORT": str(settings.port), "USER": USER,
        "PASSWORD": PASSWORD, "SECURITY": settings.security, "CA": settings.ca_file,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"JKN_SMTP_{name}", value)


def test_really_sends_the_outbox_once_and_tells(mailed, serve, monkeypatch):
    server = serve()
    use(monkeypatch, server)
    count = len(messages(mailed))
    assert f"{count} terkirim" in jkn("--really", *DAY)
    assert f"{count} sudah selesai sebelumnya" in jkn("--really", *DAY)
    assert len(server.box.received()) == count
    index = (mailed / "reports" / "outbox" / "index.html").read_text("utf-8")
    assert index.count("<td>sent</td>") == count
    assert PASSWORD not in index


def test_mail_for_a_meeting_that_is_over_stays_in_the_outbox(
    mailed, serve, monkeypatch
):
    server = serve()
    use(monkeypatch, server)
    count = len(messages(mailed))
    output = jkn("--really", "--tanggal", "2025-12-13")
    assert f"{count} surat untuk rapat yang sudah lewat tetap" in output
    assert server.box.received() == []
    jkn("--really", "--tanggal", "2025-12-12")
    assert len(server.box.received()) == count


def test_due_with_really_sends_only_what_it_composed(mailed, serve, monkeypatch, made):
    server = serve()
    use(monkeypatch, server)
    rapat = read_table("rapat", root=mailed / "data" / "processed")
    own = rapat[rapat["kode"].eq("82.02") & (rapat["tanggal"] > "2025-12-01")]
    day = f"{own['tanggal'].min():%Y-%m-%d}"
    jkn("--due", "--hari", "0", "--really", "--wilayah", "82.02", "--tanggal", day)
    addresses = {address for address, _ in server.box.received()}
    assert addresses
    assert all("82-02" in address for address in addresses)


def test_really_fails_loudly_when_a_copy_was_not_delivered(mailed, serve, monkeypatch):
    address = "bpkad.82-71@contoh.invalid"
    use(monkeypatch, serve(Faults(data={address: ["552 full"]})))
    with pytest.raises(DeliveryError, match="not every copy was delivered"):
        jkn("--really", *DAY)


def test_really_names_what_is_unknown(mailed, serve, monkeypatch):
    address = "bpkad.82-71@contoh.invalid"
    use(monkeypatch, serve(Faults(data={address: ["drop_after"]})))
    with pytest.raises(DeliveryError, match="may or may not have arrived"):
        jkn("--really", *DAY)


def test_really_needs_a_server(mailed):
    with pytest.raises(JknError, match="JKN_SMTP_HOST is not set"):
        jkn("--really", *DAY)


def test_sample_data_stays_on_this_machine(mailed, monkeypatch):
    monkeypatch.setenv("JKN_SMTP_HOST", "mail.contoh.invalid")
    with pytest.raises(DeliveryError, match="may not leave this machine"):
        jkn("--really", *DAY)


def test_more_copies_than_allowed_are_refused(mailed, serve, monkeypatch):
    use(monkeypatch, serve())
    Path("jkn.toml").write_text("[mail]\nmaks_penerima = 2\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["--config", "jkn.toml", "mail", "--really", *DAY])
    assert "more than maks_penerima (2)" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--due", "--all"], "--due with --all"),
        (["--again"], "--again without --really"),
        (["--all", "--periode", "Nov"], "not a month"),
    ],
)
def test_options_that_contradict_are_refused(project, arguments, said):
    with pytest.raises(JknError, match=said):
        jkn(*arguments)


def test_a_returned_form_is_read_back(mailed):
    *_, form = messages(mailed)["82.71-bpkad.eml"].iter_attachments()
    path = mailed / "balasan.xlsx"
    path.write_bytes(form.get_payload(decode=True))
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["G5"] = "batal"
    book.save(path)
    output = jkn("--baca", str(path))
    assert "1 keputusan baru atau berubah" in output
    table = read_table("tindak_lanjut", root=mailed / "data" / "processed")
    id_rapat = book.worksheets[0]["A5"].value
    row = table[(table["id_rapat"] == id_rapat) & (table["nomor"] == 1)]
    assert row["status"].item() == "batal"


def test_the_next_build_lets_a_reply_win(tmp_path):
    from jkn_analysis.cleaning import build
    from jkn_analysis.config import read_config
    from jkn_analysis.delivery.replies import store_reply
    from jkn_analysis.delivery.tindak_lanjut import build_form

    raw = tmp_path / "data" / "raw" / "zz-kiriman"
    raw.mkdir(parents=True)
    (raw / "rapat.csv").write_text(
        "id_rapat,kode,tanggal,jam,zona_waktu,jenis,tempat\n"
        "R-1,82.71,2025-06-20,09:00,WIT,Forum,Aula\n", encoding="utf-8",
    )  # fmt: skip
    (raw / "tindak_lanjut.csv").write_text(
        "id_rapat,kode,nomor,keputusan,penanggung_jawab,tenggat,status,catatan\n"
        "R-1,82.71,1,Validasi NIK,Dukcapil,2025-07-20,berjalan,\n"
        "R-1,82.71,2,Bayar iuran,BPKAD,2025-07-20,belum,\n", encoding="utf-8",
    )  # fmt: skip
    config = read_config(root=tmp_path)
    build(config)
    table = read_table("tindak_lanjut", root=config.paths.processed)
    form = build_form(table, id_rapat="R-1", kode="82.71", title="t")
    path = tmp_path / "form.xlsx"
    path.write_bytes(form)
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["G5"] = "selesai"
    book.save(path)
    store_reply(path, raw=config.paths.raw, processed=config.paths.processed)
    told = read_table("tindak_lanjut", root=config.paths.processed)
    build(config)
    built = read_table("tindak_lanjut", root=config.paths.processed)
    assert built["status"].tolist() == ["selesai", "belum"]
    pd.testing.assert_frame_equal(built, told)


def test_an_unreadable_reply_is_refused(project):
    path = project / "rusak.xlsx"
    path.write_bytes(b"bukan xlsx")
    with pytest.raises(InputError):
        jkn("--baca", str(path))


def test_month_end_of_december():
    assert month_end("2025-12") == dt.date(2025, 12, 31)
    assert month_end("2024-02") == dt.date(2024, 2, 29)


def test_hostile_names_reach_no_file_name(project):
    root = project / "data" / "processed"
    penerima = read_table("penerima", root=root)
    own = penerima["kode"] == "82.71"
    evil = "../../<b>x</b>\r\nBcc: a"
    penerima.loc[own & (penerima["kantor"] == "BPKAD"), "kantor"] = evil
    write_table(penerima, "penerima", root=root)
    rapat = read_table("rapat", root=root)
    rapat.loc[rapat["kode"] == "82.71", ["tempat", "jenis"]] = evil
    write_table(conform(rapat, "rapat"), "rapat", root=root)
    before = {path for path in project.rglob("*") if path.is_file()}
    jkn("--all", "--wilayah", "82.71")
    new = {path for path in project.rglob("*") if path.is_file()} - before
    outbox = project / "reports" / "outbox"
    places = {outbox, project / "reports" / "arsip", root}
    assert all(places & {*path.parents} for path in new)
    assert not any("<b>" in path.name or "Bcc" in path.name for path in new)
    assert all("Bcc" not in message for message in messages(project).values())
    index = (outbox / "index.html").read_text("utf-8")
    assert "<b>x</b>" not in index
    assert "&lt;b&gt;x&lt;/b&gt;" in index
