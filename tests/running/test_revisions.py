"""What was told stays told: two months, a corrected cell, a revision, its history."""

from __future__ import annotations

import json
import shutil
import socket
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pandas as pd
import pytest

from jkn_analysis.errors import RunError
from jkn_analysis.running.archive import (
    archive_folder,
    find_last,
    issue,
    list_versions,
    settle_version,
)
from jkn_analysis.running.manifest import build_manifest, hash_bytes
from jkn_analysis.running.revision import compare_pages
from jkn_analysis.terms import SEGMEN
from tests.running.project import make_project
from tests.running.test_run import jkn

TOP = Path(__file__).resolve().parents[2]
MONTH, KODE = "2025-11", "82.71"


def figure(name: str, value: int, **fields: object) -> dict[str, object]:
    return {"name": name, "kode": KODE, "value": value, "text": str(value), **fields}


def make_files(value: int, text: str = "satu") -> dict[str, bytes]:
    """Make the files of a page with one figure, as a worker hands them over."""
    page = {"bahasa": "id", "kode": KODE, "figures": [figure("aktif_jiwa", value)]}
    files = {
        f"{KODE}.html": f"<main><p>{text} {value}</p></main>".encode(),
        f"{KODE}.json": json.dumps(page).encode(),
    }
    outputs = {name: hash_bytes(content) for name, content in files.items()}
    return {**files, f"{KODE}.manifest.json": build_manifest({}, outputs=outputs)}


def put(config, files: dict[str, bytes]) -> dict[str, bytes]:
    """Publish a page under its version; return what was written."""
    folder = config.paths.reports / MONTH
    folder.mkdir(parents=True, exist_ok=True)
    settled = settle_version(files, folder=folder, processed=config.paths.processed)
    for name, content in settled.items():
        (folder / name).write_bytes(content)
    return settled


def terbit(config, pada: str = "2025-12-05 09:00:00 UTC", **options: object):
    return issue(config, MONTH, KODE, pada=pada, cara="terbit", **options)


def test_a_page_never_issued_is_overwritten_without_a_word(tmp_path):
    config = make_project(tmp_path)
    put(config, make_files(5))
    assert put(config, make_files(7)) == make_files(7)
    assert list_versions(config.paths.reports, MONTH, KODE) == []


def test_an_issued_page_that_changes_carries_what_changed(tmp_path):
    config = make_project(tmp_path)
    put(config, make_files(5))
    assert terbit(config).nomor == 1
    page = put(config, make_files(7))[f"{KODE}.html"].decode()
    assert "Revisi 2, menggantikan versi 1 yang terbit 5 Desember 2025." in page
    assert "<li>Peserta aktif: 5 → 7</li>" in page
    assert page.index("satu 7") < page.index("Revisi 2") < page.index("</main>")
    first = find_last(config.paths.reports, MONTH, KODE)
    assert first.path().read_bytes() == make_files(5)[f"{KODE}.html"]


def test_the_manifest_vouches_for_the_revised_bytes(tmp_path):
    config = make_project(tmp_path)
    put(config, make_files(5))
    terbit(config)
    settled = put(config, make_files(7))
    told = json.loads(settled[f"{KODE}.manifest.json"])
    for name, digest in told["outputs"].items():
        assert hash_bytes(settled[name]) == digest


def test_a_page_made_again_as_issued_is_that_version_byte_for_byte(tmp_path):
    config = make_project(tmp_path)
    put(config, make_files(5))
    terbit(config)
    assert put(config, make_files(5)) | {"m": b""} == make_files(5) | {
        "m": b"",
        f"{KODE}.manifest.json": (
            config.paths.reports / MONTH / f"{KODE}.manifest.json"
        ).read_bytes(),
    }
    second = put(config, make_files(7))
    assert terbit(config).nomor == 2
    assert put(config, make_files(7))[f"{KODE}.html"] == second[f"{KODE}.html"]
    assert "Revisi 3" in put(config, make_files(5))[f"{KODE}.html"].decode()


def test_a_change_of_words_alone_is_a_revision_that_says_so(tmp_path):
    config = make_project(tmp_path)
    put(config, make_files(5))
    terbit(config)
    page = put(config, make_files(5, text="dua"))[f"{KODE}.html"].decode()
    assert "Tidak ada angka yang berubah." in page


def test_one_content_issued_twice_is_one_version_with_both_issues(tmp_path):
    config = make_project(tmp_path)
    put(config, make_files(5))
    terbit(config)
    found = terbit(config, "2025-12-06 09:00:00 UTC", kepada=["BPKAD"])
    assert (found.nomor, len(found.terbit)) == (1, 2)
    assert found.terbit[1]["kepada"] == ["BPKAD"]


def test_a_content_that_was_not_laid_aside_is_refused(tmp_path):
    config = make_project(tmp_path)
    with pytest.raises(RunError, match="no page"):
        terbit(config)
    put(config, make_files(5))
    with pytest.raises(RunError, match="the issued content is not there"):
        terbit(config, sha256="0" * 64)


def test_a_register_cut_short_loses_one_issue_and_no_version(tmp_path):
    config = make_project(tmp_path)
    put(config, make_files(5))
    terbit(config)
    register = archive_folder(config.paths.reports, MONTH, KODE) / "terbit.jsonl"
    with register.open("a") as opened:
        opened.write('{"versi": 1, "sha')
    terbit(config, "2025-12-06 09:00:00 UTC")
    (only,) = list_versions(config.paths.reports, MONTH, KODE)
    assert [event["pada"][:10] for event in only.terbit] == ["2025-12-05", "2025-12-06"]


def test_figures_that_come_or_go_are_changes_too():
    old = {"figures": [figure("a_jiwa", 1), figure("b_jiwa", 2)]}
    new = {"figures": [figure("b_jiwa", 2), figure("c_jiwa", 3)]}
    found = {c["figure"]["name"]: (c["dari"], c["ke"]) for c in compare_pages(old, new)}
    assert found == {"a_jiwa": ("1", None), "c_jiwa": (None, "3")}


def deliver(config, last: str, *, fix: int = 0) -> None:
    """Write a province's file up to a month, one November cell lower by `fix`."""
    rows = []
    for place, kode in enumerate((KODE, "82.72")):
        for count, month in enumerate(pd.period_range("2024-06", last, freq="M")):
            for number, segmen in enumerate(SEGMEN):
                terdaftar = 20000 + 3000 * number + 1000 * place + 10 * count
                aktif = int(terdaftar * (0.82 - 0.01 * number))
                here = (kode, str(month), segmen) == (KODE, MONTH, "PPU-PN")
                rows.append([kode, month, segmen, terdaftar, aktif - fix * here])
    names = ["Kode", "Periode", "Segmen", "Terdaftar", "Aktif"]
    folder = config.paths.raw / "kiriman"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kepesertaan_82.csv"
    pd.DataFrame(rows, columns=names).to_csv(path, index=False, sep=";")


@pytest.fixture
def sink(monkeypatch):
    """A server on this machine that takes every mail; what came, by Message-ID."""
    from aiosmtpd.controller import Controller

    came = {}

    class Take:
        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
            told = message_from_bytes(envelope.content, policy=default)
            came[told["Message-ID"]] = told
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Take(), hostname="127.0.0.1", port=port)
    server.start()
    for name, value in (("HOST", "127.0.0.1"), ("PORT", str(port)),
                        ("SECURITY", "loopback")):  # fmt: skip
        monkeypatch.setenv(f"JKN_SMTP_{name}", value)
    yield came
    server.stop()


def read_kept(config) -> dict[str, bytes]:
    """Read every message that was ever given to a server."""
    paths = (config.paths.reports / "terkirim").glob("*.eml")
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.slow
@pytest.mark.xdist_group("warm")
def test_two_months_and_a_corrected_cell(tmp_path, sink):
    settings = '[mail]\ndomain = ["ternate.go.id"]\n'
    config = make_project(tmp_path, settings=settings)
    shutil.rmtree(config.paths.processed)
    shutil.copy(TOP / "notebooks/briefing_kabupaten.ipynb", config.paths.notebooks)
    page, told_object = (
        config.paths.reports / MONTH / f"{KODE}{end}" for end in (".html", ".json")
    )
    choice = ("run", "--periode", MONTH, "--wilayah", KODE)
    mail = ("mail", "--all", "--really", "--periode", MONTH)
    office = f"Kode;Kantor;Jabatan;Email\n{KODE};BPKAD;Kepala;b@ternate.go.id\n"
    (config.paths.raw / "penerima.csv").write_text(office)
    deliver(config, MONTH)
    for words in (("build",), ("forecast",), (*choice, "--terbit"), mail):
        jkn(tmp_path, *words)
    told, values, kept = page.read_bytes(), told_object.read_bytes(), read_kept(config)
    (first,) = sink.values()
    deliver(config, "2025-12", fix=700)
    for words in (("build",), ("forecast",)):
        jkn(tmp_path, *words)
    assert "1 sudah mutakhir" in jkn(tmp_path, *choice).stdout
    jkn(tmp_path, *choice, "--force")
    assert page.read_bytes() == told
    assert told_object.read_bytes() == values
    assert "sudah selesai sebelumnya" in jkn(tmp_path, *mail).stdout
    assert (list(sink.values()), read_kept(config)) == ([first], kept)
    jkn(tmp_path, "build", "--sampai", MONTH)
    jkn(tmp_path, "forecast", "--periode", MONTH)
    assert "1 di antaranya revisi" in jkn(tmp_path, *choice, "--terbit").stdout
    jkn(tmp_path, *mail)
    _, second = sink.values()
    assert "[Revisi 2]" in second["Subject"]
    now = read_kept(config)
    assert now.items() > kept.items()
    assert len(now) == 2
    changes = json.loads(told_object.read_text())["revisi"]["perubahan"]
    counts = {
        (one["figure"]["name"], one["figure"].get("segmen")): (one["dari"], one["ke"])
        for one in changes
        if one["figure"]["name"].endswith("_jiwa")
        and one["figure"].get("periode") == f"{MONTH}-01"
        and "kuantil" not in one["figure"]
    }
    assert counts["aktif_jiwa", "PPU-PN"] == ("20.936", "20.236")
    assert {name for name, _ in counts} <= {
        "aktif_jiwa", "kurang_aktif_jiwa", "nonaktif_jiwa",
        "risiko_cuci_darah_jiwa", "risiko_persalinan_jiwa", "risiko_rawat_inap_jiwa",
    }  # fmt: skip
    assert {part for name, part in counts if name == "aktif_jiwa"} == {
        "PPU-PN", "total",
    }  # fmt: skip
    revised = page.read_text()
    assert "<li>Peserta aktif, PPU-PN, Nov 2025: 20.936 → 20.236</li>" in revised
    assert (
        "Sebab: kiriman/kepesertaan_82.csv:106, aktif_jiwa (82.71, 2025-11, PPU-PN): "
        "20936 → 20236"
    ) in revised
    assert revised.count("Sebab:") == 1
    history = jkn(tmp_path, "riwayat", KODE).stdout
    assert history.index("2025-11 versi 1") < history.index("2025-11 versi 2")
    assert (archive_folder(config.paths.reports, MONTH, KODE)).is_dir()
    changed = jkn(tmp_path, "beda", f"{MONTH}/{KODE}:1", f"{MONTH}/{KODE}:2").stdout
    assert "aktif_jiwa, 2025-11-01, PPU-PN: 20.936 → 20.236" in changed
    assert "terdaftar_jiwa" not in changed
    refused = jkn(tmp_path, "run", "--periode", "2025-08", check=False)
    assert refused.returncode == 7
    assert "tidak ada angka yang tersimpan untuk bulan data 2025-08" in refused.stderr
