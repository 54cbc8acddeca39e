"""A full disk and a folder that cannot be written: the old report stays, both said."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jkn_analysis.errors import RunError
from jkn_analysis.running import report
from jkn_analysis.running.ledger import ledger_path, open_ledger
from jkn_analysis.running.report import Job, Outcome, run_job
from tests.running.project import make_project
from tests.running.test_run import CELLS, FIGURE, hash_tree, jkn

BIG = "print('x' * 1_500_000)"


@pytest.fixture
def mount(tmp_path):
    """Mount a small file system; needs root."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = []

    def make(*options):
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder]
        made = subprocess.run(command, check=False, capture_output=True)
        if made.returncode:
            pytest.skip("mounting a small file system needs root")
        mounted.append(folder)
        return folder

    yield make
    for each in mounted:
        subprocess.run(["umount", each], check=True)


def point_reports(root, folder):
    """Let the project write its reports elsewhere."""
    (root / "jkn.toml").write_text(f'[paths]\nreports = "{folder}"\n', encoding="utf-8")


@pytest.mark.xdist_group("warm")
def test_full_disk_leaves_the_old_report_whole_and_is_said(tmp_path, mount):
    make_project(tmp_path, cells=(*CELLS, FIGURE), regions=("82.71", "82.72"))
    small = mount("size=1m")
    point_reports(tmp_path, small)
    jkn(tmp_path, "run")
    before = hash_tree(small)
    make_project(tmp_path, cells=(*CELLS, FIGURE, BIG), regions=("82.71", "82.72"))
    point_reports(tmp_path, small)
    made = jkn(tmp_path, "run", check=False)
    assert made.returncode in {7, 10}  # 7 where not even the record has room
    assert "tidak dapat ditulis (penyimpanan penuh); ruang kosong" in made.stderr
    after = hash_tree(small)
    for kode in ("82.71", "82.72"):
        for name in (f"2025-11/{kode}.html", f"2025-11/{kode}.manifest.json"):
            assert after[name] == before[name]
    assert not list(small.rglob("*.tmp"))


def test_folder_of_reports_that_is_read_only_is_named(tmp_path, mount):
    folder = mount("size=1m", "ro")
    make_project(tmp_path)
    point_reports(tmp_path, folder)
    made = jkn(tmp_path, "run", check=False)
    assert made.returncode == 10
    assert (
        f"{folder}: laporan tidak dapat ditulis di situ (hanya dapat dibaca)"
        in made.stderr
    )
    assert "→ buat folder itu dapat ditulis atau atur paths.reports" in made.stderr


def test_folder_that_is_a_file_is_named(tmp_path):
    blocked = tmp_path / "reports"
    blocked.write_text("not a folder")
    with pytest.raises(RunError, match="reports cannot be written there"):
        open_ledger(ledger_path(blocked, "2025-11"))


def test_write_that_fails_makes_the_report_fail_and_no_other(tmp_path, monkeypatch):
    files = {"82.71.html": b"page", "82.71.manifest.json": b"{}"}
    made = (Outcome("82.71", ok=True), files)
    monkeypatch.setattr(report, "make_report", lambda _job: made)
    (tmp_path / "folder").write_text("in the way")
    job = Job(
        "82.71", "2025-11", "n.ipynb", {}, str(tmp_path), str(tmp_path / "folder")
    )
    outcome = run_job(job)
    assert not outcome.ok
    assert "folder" in outcome.error


def test_manifest_is_written_last(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(
        report, "write_bytes", lambda path, _content: written.append(path.name)
    )
    names = ("82.71.manifest.json", "82.71.html", ".notebooks/82.71.ipynb")
    report.publish(dict.fromkeys(names, b""), folder=Path(tmp_path))
    assert written[-1] == "82.71.manifest.json"
