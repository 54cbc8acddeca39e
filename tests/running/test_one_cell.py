"""One stored cell changes: each command shows the new figure everywhere, or refuses."""

from __future__ import annotations

import re
import shutil
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pptx import Presentation

from jkn_analysis.formats import format_number
from jkn_analysis.terms import KANTOR
from tests.running.test_run import TOP, jkn
from tests.unit.page_data import build_region, store_tables

KODE, STEP = "82.71", 3_000
DAY = ("--date", "2025-12-01")
FIELDS = ["kode", "kantor", "jabatan", "email"]


class Project:
    """A project of one region whose newest PBI JK count can be changed."""

    def __init__(self, root: Path) -> None:
        """Store the tables and the notebooks."""
        self.root, self.tables = root, build_region(KODE)
        shutil.copytree(TOP / "notebooks", root / "notebooks")
        (root / "data" / "raw").mkdir(parents=True)
        (root / "jkn.toml").write_text(
            '[mail]\npengirim = "JKN <jkn@contoh.invalid>"\n'
            'balas_ke = "jkn@contoh.invalid"\n'
        )
        rows = [
            (KODE, name, "", f"k{n}@contoh.invalid") for n, name in enumerate(KANTOR)
        ]
        self.tables["penerima"] = pd.DataFrame(rows, columns=FIELDS)
        self._store()

    def _store(self) -> None:
        """Write all tables as they are now."""
        store_tables([self.tables], self.root / "data" / "processed")

    def change(self) -> tuple[str, str]:
        """Take 3.000 people from one cell; return the active before and after."""
        table = self.tables["kepesertaan"]
        newest = table["periode"] == table["periode"].max()
        before = int(table.loc[newest, "aktif_jiwa"].sum())
        cell = newest & table["segmen"].eq("PBI JK")
        table.loc[cell, "aktif_jiwa"] -= STEP
        table.loc[cell, "nonaktif_mutasi_jiwa"] += STEP
        self._store()
        return format_number(before), format_number(before - STEP)

    def read(self, pattern: str) -> dict[str, str]:
        """Return the texts of files under reports, mail decoded and books read."""
        found = sorted((self.root / "reports").rglob(pattern))
        assert found, pattern
        return {path.name: _read(path) for path in found}


def _read(path: Path) -> str:
    """Return what a file says."""
    if path.suffix == ".eml":
        message = message_from_bytes(path.read_bytes(), policy=default)
        kinds = {"text/plain", "text/html"}
        parts = (p for p in message.walk() if p.get_content_type() in kinds)
        return " ".join(part.get_content() for part in parts)
    if path.suffix == ".pptx":
        slides = Presentation(str(path)).slides
        frames = [s for slide in slides for s in slide.shapes if s.has_text_frame]
        return " ".join(shape.text_frame.text for shape in frames)
    if path.suffix == ".xlsx":
        rows = openpyxl.load_workbook(path)["segmen"].iter_rows(values_only=True)
        return " ".join(
            format_number(c) for row in rows for c in row if isinstance(c, int)
        )
    return re.sub(r"<[^>]+>", " ", path.read_text("utf-8"))


def gap_of(text: str) -> str:
    """Return the active people missing, as a page or a mail says it."""
    found = set(re.findall(r"kurang ([\d.]+) orang", text))
    assert len(found) == 1, found
    return found.pop()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = Project(tmp_path_factory.mktemp("sel") / "p")
    jkn(made.root, "run", "--region", KODE)
    return made


def test_mail_of_all_shows_the_new_figure_everywhere(project):
    old, new = project.change()
    jkn(project.root, "mail", "--all", "--region", KODE)
    pages = project.read(f"2025-11/{KODE}.html")
    assert all(new in text and old not in text for text in pages.values())
    gap = gap_of(pages[f"{KODE}.html"])
    mails = project.read("*.eml")
    assert len(mails) == len(KANTOR)
    assert {gap_of(text) for text in mails.values()} == {gap}
    assert all(new in text and old not in text for text in mails.values())


def test_sending_what_was_composed_before_the_change_is_refused(project):
    project.change()
    refused = jkn(project.root, "mail", "--really", *DAY, check=False)
    assert refused.returncode != 0
    assert "halamannya belum mutakhir" in refused.stderr


def test_due_mail_shows_the_new_figure_everywhere(project):
    old, new = project.change()
    jkn(project.root, "mail", "--due", "--days", "30", *DAY)
    told = {**project.read(f"2025-11/{KODE}.html"), **project.read("*.eml")}
    assert len({gap_of(text) for text in told.values()}) == 1
    assert all(new in text and old not in text for text in told.values())


def test_what_is_passed_on_shows_the_new_figure_everywhere(project):
    old, new = project.change()
    jkn(project.root, "share", KODE)
    folder = "2025-11/bagikan"
    gap = gap_of(project.read(f"2025-11/{KODE}.html")[f"{KODE}.html"])
    for kind in ("txt", "pptx", "html"):
        (text,) = project.read(f"{folder}/*.{kind}").values()
        assert gap_of(text) == gap, kind
    (book,) = project.read(f"{folder}/*.xlsx").values()
    assert new in book.split()
    assert old not in book.split()


def test_the_run_shows_the_new_figure_on_page_object_and_index(project):
    old, new = project.change()
    jkn(project.root, "run", "--all")
    for name in (f"{KODE}.html", f"{KODE}.json", "82.html", "00.html"):
        (text,) = project.read(f"2025-11/{name}").values()
        assert new in text, name
        assert old not in text, name
    gap = gap_of(project.read(f"2025-11/{KODE}.html")[f"{KODE}.html"])
    assert gap in project.read("2025-11/index.html")["index.html"]
