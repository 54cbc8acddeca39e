"""Parameters: typed, known, and never turned into another region."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jkn_analysis.errors import RunError
from jkn_analysis.running.parameters import (
    ReportParameters,
    read_parameters,
    validate_parameters,
)

DECLARED = {
    "kode": "82.71",
    "periode": "2025-11",
    "rapat": "",
    "bahasa": "id",
}


def build(source):
    cell = new_code_cell(source, metadata={"tags": ["parameters"]})
    return new_notebook(cells=[cell])


def test_parameters_cell_is_read_without_running_it():
    declared = read_parameters(build("kode: str = '11.10'  # wilayah\nn = 3\n"))
    assert declared == {"kode": "11.10", "n": 3}


def test_notebook_without_parameters_cell_is_an_error():
    with pytest.raises(RunError, match="no cell is tagged 'parameters'"):
        read_parameters(new_notebook(cells=[new_code_cell("kode = '1'")]))


@pytest.mark.parametrize(
    "source", ["kode = str(1)", "import os", "a = b = 1", "a, b = 1, 2"]
)
def test_parameters_cell_holds_plain_assignments_only(source):
    with pytest.raises(RunError, match="line 1: not a plain assignment"):
        read_parameters(build(source))


def test_kode_that_looks_like_a_number_stays_text():
    values = validate_parameters({"kode": "11.10"}, declared=DECLARED)
    assert values["kode"] == "11.10"


def test_number_for_a_text_parameter_is_an_error():
    with pytest.raises(RunError, match=r"kode: 11\.1 is float, the notebook has str"):
        validate_parameters({"kode": 11.10}, declared=DECLARED)


def test_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(
        RunError, match="wilayah: unknown; the notebook has kode, periode"
    ):
        validate_parameters({"wilayah": "x"}, declared=DECLARED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kode", "8271"),
        ("kode", "82.7"),
        ("periode", "2025-13"),
        ("periode", "11-2025"),
        ("bahasa", "nl"),
    ],
)
def test_value_outside_its_range_is_an_error(name, value):
    with pytest.raises(RunError, match=f"{name}: .*found '{value}'"):
        validate_parameters({name: value}, declared=DECLARED)


def test_all_faults_come_together():
    with pytest.raises(RunError) as caught:
        validate_parameters({"kode": "x", "nama": "y", "bahasa": 1}, declared=DECLARED)
    assert str(caught.value).count("\n") == 3


def test_value_left_out_keeps_the_notebooks_default():
    assert validate_parameters({}, declared=DECLARED) == DECLARED


def test_briefing_notebooks_agree_with_report_parameters(top):
    from jkn_analysis.running.notebook import read_notebook

    fields = ReportParameters.model_fields
    for path in sorted((top / "notebooks").glob("briefing_*.ipynb")):
        declared = read_parameters(read_notebook(path))
        assert set(declared) == set(fields), path.name
        assert ReportParameters.model_validate(declared).model_dump() == declared
        for name, field in fields.items():
            assert field.is_required() or declared[name] == field.default, name
