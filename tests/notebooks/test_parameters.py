"""Notebooks take every parameter from ``papermill -p``, numbers and names alike."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from jkn_analysis.running.parameters import read_parameters
from tests.notebooks.strip import find_notebooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOP = Path(__file__).resolve().parents[2]
ALL = find_notebooks([str(TOP / "notebooks")])
PAGE = {"periode": "2025-11", "bahasa": "en"}
GIVEN = (
    ("briefing_kabupaten", {"kode": "82.71", "rapat": "20251212-8271", **PAGE},
     "Ternate"),
    ("briefing_kabupaten", {"kode": "Tikep"}, "Kota Tidore Kepulauan"),
    ("briefing_provinsi", {"kode": "82", "rapat": "", **PAGE}, "Maluku Utara"),
    ("briefing_provinsi", {"kode": "Malut"}, "Maluku Utara"),
    ("briefing_nasional", {"kode": "00", "rapat": "", **PAGE}, "Indonesia"),
    ("briefing_nasional", {"kode": "Indonesia"}, "Indonesia"),
    ("jelajah_keaktifan", {"kode": "19.71"}, "Kota Pangkal Pinang: keaktifan"),
    ("jelajah_keaktifan", {"kode": "Ternate", "segmen": "PBI JK"}, "segmen PBI JK"),
    ("jelajah_keaktifan", {"skenario": "potong_pbi", "horizon_bulan": "6"},
     "Proyeksi Mei 2026"),
    ("jelajah_keaktifan", {"penyebut": "terdaftar", "bandingkan": "81.71"},
     "Kota Ambon: keaktifan"),
    ("jelajah_tunggakan", {"kode": "82.03", "kuota_persen": "-10.5"},
     "Kabupaten Halmahera Utara"),
    ("jelajah_tunggakan", {"kode": "Ternate", "potong_pbi_persen": "5"},
     "Kota Ternate"),
    ("jelajah_tunggakan",
     {"mulai": "2026-02", "rehab_persen": "10", "pemutihan_kelas": "3"},
     "Kota Ternate"),
    ("kualitas_data", {"kiriman": "data/raw/contoh/faskes", "baris": "5"},
     "faskes.xlsx"),
    ("kualitas_data", {"kiriman": "data/raw/contoh/fiskal", "tanya": "faskes.xls"},
     "sebutkan berkas yang ada"),
    ("mulai", {}, "Kota Ternate"),
    ("panduan", {"kode": "82.71", "periode": "2025-11"}, "Kota Ternate"),
    ("panduan", {"kode": "Tikep"}, "Kota Tidore Kepulauan"),
    ("rekonsiliasi", {"kode": "82.71", "bahasa": "en"}, "Office"),
    ("rekonsiliasi", {"kode": "Ternate"}, "Kantor"),
    ("uji_model", {"kode": "82.71", "cutoffs": "4", "bahasa": "en"},
     "Residuals of the second model"),
    ("uji_model", {"kode": "Ternate", "indikator": "aktif_jiwa", "cutoffs": "3"},
     "Ljung-Box"),
)  # fmt: skip
"""Notebook, what follows ``-p``, and words of a cell that used it."""
REFUSED = (
    ("jelajah_keaktifan", {"kode": "Ternat"}, "Kota Ternate"),
    ("jelajah_keaktifan", {"skenario": "potong"}, "potong_pbi"),
    ("jelajah_tunggakan", {"potong_pbi_persen": "80"}, "0 sampai 50"),
    ("jelajah_tunggakan", {"mulai": "2019-01"}, "2025-12 sampai 2026-11"),
    ("briefing_kabupaten", {"kode": "82"}, "briefing_provinsi.ipynb"),
    ("briefing_provinsi", {"kode": "82.71"}, "briefing_kabupaten.ipynb"),
    ("uji_model", {"indikator": "aktif_jiw", "cutoffs": "3"}, "aktif_jiwa"),
)
"""What no notebook can show, and the word of its remedy."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, processed: Path) -> Path:
    """Lay out a project of its own: notebooks, deliveries, the sample's tables."""
    root = tmp_path_factory.mktemp("proyek")
    shutil.copytree(TOP / "notebooks", root / "notebooks")
    shutil.copytree(TOP / "data" / "raw", root / "data" / "raw")
    (root / "data" / "processed").symlink_to(processed)
    return root


def run(name: str, given: Mapping[str, str], project: Path) -> tuple[int, str]:
    """Run a notebook as an analyst would; return exit code and all it said."""
    done = project / f"{name}.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar"]
    command += [f"notebooks/{name}.ipynb", str(done)]
    command += [word for pair in given.items() for word in ("-p", *pair)]
    ended = subprocess.run(
        command, cwd=project, env=os.environ | {"PYTHONPATH": str(TOP)}, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    said = "\n".join(_said(nbformat.read(done, as_version=4)))
    return ended.returncode, re.sub(r"\x1b\[[0-9;]*m", "", said)


def _said(nb: nbformat.NotebookNode) -> Iterator[str]:
    """Yield the texts of all outputs."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            yield output.get("text", "")
            yield f"{output.get('ename', '')}: {output.get('evalue', '')}"
            yield from map(str, output.get("data", {}).values())


def test_every_parameter_of_every_notebook_is_given_once():
    declared = {
        (path.stem, name)
        for path in ALL
        for name in _declared(path)
    }  # fmt: skip
    assert {path.stem for path in ALL} == {name for name, _, _ in GIVEN}
    assert declared == {(name, key) for name, given, _ in GIVEN for key in given}


def _declared(path: Path) -> list[str]:
    nb = nbformat.read(path, as_version=4)
    tagged = any(cell.metadata.get("tags") == ["parameters"] for cell in nb.cells)
    return list(read_parameters(nb)) if tagged else []


def _name(value: object) -> str:
    return str(value) if isinstance(value, str | dict) else ""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "given", "said"), GIVEN, ids=_name)
def test_a_notebook_runs_with_what_papermill_is_given(name, given, said, project):
    code, told = run(name, given, project)
    assert code == 0, told[-500:]
    assert said in told


@pytest.mark.slow
@pytest.mark.parametrize(("name", "given", "remedy"), REFUSED, ids=_name)
def test_what_a_notebook_cannot_show_is_told_with_a_remedy(
    name, given, remedy, project
):
    code, told = run(name, given, project)
    assert code == 1
    error = told[told.rindex("Error: ") :]
    assert "  → " in error
    assert remedy in error
