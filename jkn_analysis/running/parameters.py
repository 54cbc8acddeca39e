"""Parameters of a report: read from the notebook's own cell, validated, typed.

Papermill only warns of an unknown name and turns ``11.10`` into 11.1; here a kode
stays text and an unknown name is an error before any kernel starts.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from jkn_analysis.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

    from jkn_analysis.running.notebook import Node

TAG = "parameters"


class ReportParameters(BaseModel):
    """What every briefing notebook takes; all text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kode: Annotated[str, StringConstraints(pattern=r"^\d\d(\.\d\d)?$")]
    periode: Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    rapat: str = ""
    bahasa: Literal["id", "en"] = "id"


def read_parameters(notebook: NotebookNode | Node) -> dict[str, Any]:
    """Read names and defaults from the cell tagged ``parameters``.

    Raises
    ------
    RunError
        If no cell has the tag, or the cell holds more than plain assignments.
    """
    cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and TAG in cell.metadata.get("tags", [])
    ]
    if not cells:
        raise RunError(f"no cell is tagged '{TAG}'\n  → tag the cell of the parameters")
    declared: dict[str, Any] = {}
    for node in ast.parse(cells[0].source).body:
        declared.update(_read_assignment(node))
    return declared


def _read_assignment(node: ast.stmt) -> dict[str, Any]:
    """Read ``name = literal`` or ``name: type = literal``."""
    target: ast.expr | None = None
    if isinstance(node, ast.AnnAssign):
        target = node.target
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    value = getattr(node, "value", None)
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Constant):
        raise RunError(
            f"the parameters cell, line {node.lineno}: not a plain assignment\n"
            "  → write one 'name = value' per line, value a text or a number"
        )
    return {target.id: value.value}


def validate_parameters(
    given: Mapping[str, Any], *, declared: Mapping[str, Any]
) -> dict[str, Any]:
    """Check the values a run gives to a notebook against the notebook's own cell.

    Parameters
    ----------
    given
        Name to value; a name left out keeps the notebook's default.
    declared
        What `read_parameters` found.

    Raises
    ------
    RunError
        Lists every unknown name, wrong type and value out of its range.
    """
    faults = [
        f"  {name}: unknown; the notebook has {', '.join(declared)}"
        for name in given
        if name not in declared
    ]
    faults += [
        f"  {name}: {value!r} is {type(value).__name__}, "
        f"the notebook has {type(declared[name]).__name__}"
        for name, value in given.items()
        if name in declared and type(value) is not type(declared[name])
    ]
    values = {**declared, **{n: v for n, v in given.items() if n in declared}}
    typed = {n: v for n, v in values.items() if type(v) is type(declared[n])}
    faults += _check_report_parameters(typed)
    if faults:
        raise RunError("parameters that do not fit\n" + "\n".join(faults))
    return values


def _check_report_parameters(values: Mapping[str, Any]) -> list[str]:
    """List what `ReportParameters` refuses among the names it knows."""
    known = {n: v for n, v in values.items() if n in ReportParameters.model_fields}
    try:
        ReportParameters.model_validate(known)
    except ValidationError as exc:
        return [
            f"  {'.'.join(map(str, error['loc']))}: {error['msg']}, "
            f"found {error['input']!r}"
            for error in exc.errors()
            if error["type"] != "missing"
        ]
    return []
