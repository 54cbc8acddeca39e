"""Notebooks are thin: parameters, one import cell, calls; stripped in git."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import nbformat
import pytest

from jkn_analysis.running.parameters import (
    ReportParameters,
    read_parameters,
    validate_parameters,
)
from tests.notebooks.strip import find_notebooks, strip

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
    for name in ("rapat", "skenario", "bahasa"):
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
