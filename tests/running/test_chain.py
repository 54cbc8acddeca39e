"""What broke once: an odd name, a full disk, a lost manifest; the mark stays on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from jkn_analysis.cli import app
from jkn_analysis.errors import JknError, StoreError
from jkn_analysis.store import open_generation, read_table
from jkn_analysis.store.generation import GENERATIONS, POINTER
from tests.unit.test_cleaning_build import HEADER, ONE_SEGMEN, put, read_files, row

ODD = os.fsdecode(b"kepesertaan_Nov\xe9mber.csv")
TO_READERS = (
    ("run", "--all"),
    ("mail", "--all"),
    ("mail", "--due", "--date", "2025-12-01"),
    ("mail", "--really", "--despite-refused"),
    ("share", "82.71"),
)


def jkn(*words: str):
    return CliRunner().invoke(app, words)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Enter a project whose sample delivery has a name that is no UTF-8."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path, f"contoh/kepesertaan/{ODD}", HEADER + row(periode="2025-11"))
    (tmp_path / "jkn.toml").write_text(ONE_SEGMEN, encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def processed(root: Path) -> Path:
    return root / "data" / "processed"


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX")
def test_a_name_that_is_no_utf8_builds_whole_with_the_sample_mark(project):
    assert jkn("build").exit_code == 0
    found = open_generation(processed(project))
    found.verify()
    assert found.contoh is True
    (entry,) = found.manifest["kiriman"]["kepesertaan"]
    assert entry["file"] == "contoh/kepesertaan/kepesertaan_Nov\\xe9mber.csv"


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX")
def test_a_disk_that_fills_up_at_any_write_of_a_build_leaves_one_generation(
    project, monkeypatch
):
    assert jkn("build").exit_code == 0
    root, real = processed(project), Path.write_bytes
    before = open_generation(root)
    put(project, f"contoh/kepesertaan/{ODD}", HEADER + row(aktif=7, periode="2025-11"))
    for room in range(40):
        left = [None] * room

        def full(self, content, left=left):
            if not left:
                raise OSError(28, "No space left on device")
            left.pop()
            return real(self, content)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", full)
            ended = jkn("build")
        found = open_generation(root)
        found.verify()
        assert found.contoh is True
        if ended.exit_code == 0:
            break
        assert isinstance(ended.exception, StoreError)
        assert "→" in str(ended.exception)
        rows = read_table("kepesertaan", root=root)["aktif_jiwa"].tolist()
        assert rows == [9 if found == before else 7]
    assert room >= 3
    assert read_table("kepesertaan", root=root)["aktif_jiwa"].tolist() == [7]
    assert not list(root.rglob("*.tmp"))


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX")
@pytest.mark.parametrize("lost", [POINTER, GENERATIONS, "both"])
def test_without_a_manifest_there_is_no_page_and_no_mail(project, lost):
    assert jkn("build").exit_code == 0
    for name in (POINTER, GENERATIONS):
        path = processed(project) / name
        if lost in {name, "both"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    before = read_files(project)
    for words in TO_READERS:
        ended = jkn(*words)
        assert ended.exit_code != 0, words
        assert isinstance(ended.exception, JknError), words
        assert "→" in str(ended.exception)
    made = read_files(project).keys() - before.keys()
    assert not [name for name in made if name.endswith((".html", ".eml", ".png"))]
