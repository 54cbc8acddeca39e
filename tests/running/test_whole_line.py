"""The whole line on the sample: what an office did not send is said, not fatal."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def jkn(root: Path, *arguments: str) -> None:
    """Run a command of the line; show what it printed if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "jkn_analysis", *arguments],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def read_text(page: Path) -> str:
    """Return the words of a page."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page.read_text("utf-8")))


def test_a_table_nobody_sent_leaves_its_part_open_and_every_report_made(tmp_path: Path):
    missing = {"anggaran", "faskes"}
    for folder in (TOP / "data" / "raw" / "contoh").iterdir():
        if folder.is_dir() and folder.name not in missing:
            target = tmp_path / "data" / "raw" / "contoh" / folder.name
            shutil.copytree(folder, target)
    shutil.copytree(TOP / "notebooks", tmp_path / "notebooks")
    jkn(tmp_path, "build")
    jkn(tmp_path, "forecast")
    jkn(tmp_path, "run", "--all")
    reports = tmp_path / "reports" / "2025-11"
    pages = sorted(reports.glob("[0-9][0-9].[0-9][0-9].html"))
    assert len(pages) == 28
    assert (reports / "index.html").is_file()
    for page in pages:
        words = read_text(page)
        assert "Pagu anggaran (dari BPKAD)" in words
        assert "Fasilitas kesehatan dan dokter (dari Dinas Kesehatan)" in words
        assert "DATA CONTOH" in words
        assert page.stat().st_size < 1_500_000
