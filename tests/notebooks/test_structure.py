"""Notebooks are thin: parameters, one import cell, calls; stripped in git."""

from __future__ import annotations

import ast
import dataclasses
import json
from pathlib import Path

import nbformat
import papermill
import pytest

from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.running.parameters import (
    ReportParameters,
    read_parameters,
    validate_parameters,
)
from tests.notebooks.strip import find_notebooks, strip
from tests.unit.page_data import build_region, store_tables

TOP = Path(__file__).resolve().parents[2]
ALL = find_notebooks([str(TOP / "notebooks")])
BRIEFINGS = [path for path in ALL if path.name.startswith("briefing_")]
MAX_LINES = 16
FORBIDDEN = (
    ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.With,
)  # fmt: skip


def _name(path: Path) -> str:
    return path.name


def _code(path: Path) -> list[nbformat.NotebookNode]:
    nb = nbformat.read(path, as_version=4)
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def test_the_three_briefings_are_there():
    names = {path.stem for path in BRIEFINGS}
    assert {"briefing_kabupaten", "briefing_provinsi", "briefing_nasional"} <= names


@pytest.mark.parametrize("path", ALL, ids=_name)
def test_git_holds_no_output_and_no_metadata_noise(path):
    text = path.read_text(encoding="utf-8")
    stripped = json.loads(strip(text))
    assert json.loads(text) == stripped, "run: python -m tests.notebooks.strip"


def test_stripping_twice_equals_once():
    cell = nbformat.v4.new_code_cell("1", execution_count=3)
    cell.outputs = [nbformat.v4.new_output("stream", text="x")]
    cell.metadata = nbformat.from_dict({"papermill": {"path": "x"}, "tags": ["t"]})
    nb = nbformat.v4.new_notebook(cells=[cell], metadata={"vscode": {}})
    once = strip(nbformat.writes(nb))
    assert strip(once) == once
    assert "papermill" not in once
    assert '"tags"' in once


@pytest.mark.parametrize("path", BRIEFINGS, ids=_name)
def test_the_parameters_cell_agrees_with_the_schema(path):
    declared = read_parameters(nbformat.read(path, as_version=4))
    assert list(declared) == list(ReportParameters.model_fields)
    assert all(isinstance(value, str) for value in declared.values())
    validate_parameters({}, declared=declared)
    defaults = ReportParameters.model_fields
    for name in ("rapat", "bahasa"):
        assert declared[name] == defaults[name].default


@pytest.mark.parametrize("path", BRIEFINGS, ids=_name)
def test_a_notebook_opens_with_title_parameters_imports(path):
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert cells[1].metadata.tags == ["parameters"]
    imports = [c for c in _code(path) if "import " in c.source]
    assert len(imports) == 1
    headings = [
        line
        for cell in cells
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if line.startswith("# ")
    ]
    assert len(headings) == 1


@pytest.mark.parametrize("path", BRIEFINGS, ids=_name)
def test_cells_hold_calls_and_no_logic(path):
    for cell in _code(path):
        assert len(cell.source.splitlines()) <= MAX_LINES
        assert not cell.source.lstrip().startswith(("%", "!"))
        tree = ast.parse(cell.source)
        found = [node for node in ast.walk(tree) if isinstance(node, FORBIDDEN)]
        assert not found, f"logic in a cell: {ast.dump(found[0])[:80]}"


KODE_OF = {"briefing_kabupaten": "82.71", "briefing_provinsi": "82"}
CUTS = {
    "briefing_kabupaten": ("halaman.list_asks(konteks)", "[:1]"),
    "briefing_provinsi": ("area_asks(daerah)", "[:1]"),
}
"""Briefing to the end of a line that lists what is asked, and what cuts it short."""


def run_cells(name: str, root: Path, *, kode: object, cut: bool = False):
    """Run a briefing's cells as a kernel would; return what they leave behind."""
    names: dict[str, object] = {}
    for cell in _code(TOP / "notebooks" / f"{name}.ipynb"):
        source = cell.source
        if cut:
            end, short = CUTS[name]
            source = source.replace(f"{end}", f"{end}{short}")
        exec(source, names)  # noqa: S102, RUF100 - our own notebook
        if cell.metadata.get("tags") == ["parameters"]:
            names["kode"] = kode
    return names


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("proyek")
    (root / "data" / "raw").mkdir(parents=True)
    regions = [build_region("82.71"), build_region("82.03", aktif=0.82)]
    store_tables(regions, root / "data" / "processed")
    return root


@pytest.mark.parametrize("path", BRIEFINGS, ids=_name)
def test_a_briefing_shows_its_steps_in_ten_to_fourteen_cells(path):
    assert 10 <= len(_code(path)) <= 14


@pytest.mark.parametrize("name", KODE_OF)
def test_the_cells_make_the_page_of_the_plain_function(name, project, monkeypatch):
    monkeypatch.chdir(project)
    kode = KODE_OF[name]
    build = build_briefing if "." in kode else build_area_briefing
    made = run_cells(name, project, kode=kode)["briefing"]
    plain = build(kode, "2025-11", root=project / "data" / "processed")
    assert dataclasses.asdict(made) == dataclasses.asdict(plain)


@pytest.mark.parametrize("name", KODE_OF)
def test_a_changed_cell_changes_the_page(name, project, monkeypatch):
    monkeypatch.chdir(project)
    whole, short = (
        run_cells(name, project, kode=KODE_OF[name], cut=cut)["briefing"]
        for cut in (False, True)
    )
    assert len(whole.permintaan) > len(short.permintaan) == 1


@pytest.mark.parametrize("kode", [82.71, "82.71", "Kota Ternate", "ternate"])
def test_a_code_that_became_a_number_and_a_name_are_the_region(
    kode, project, monkeypatch
):
    monkeypatch.chdir(project)
    made = run_cells("briefing_kabupaten", project, kode=kode)["briefing"]
    assert made.kode == "82.71"


@pytest.mark.parametrize("path", ALL, ids=_name)
def test_papermill_lists_every_parameter_with_a_word_of_help(path):
    if not any(c.metadata.get("tags") == ["parameters"] for c in _code(path)):
        pytest.skip("takes no parameter")
    told = papermill.inspect_notebook(str(path))
    declared = read_parameters(nbformat.read(path, as_version=4))
    assert list(told) == list(declared)
    assert all(entry["help"] for entry in told.values())
    assert all(entry["inferred_type_name"] != "None" for entry in told.values())
