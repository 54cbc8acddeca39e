"""The notebook as a file: read, its source hash, cleaned of times and of paths."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from jkn_analysis.briefing.page_file import MIME

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

INJECTED = "injected-parameters"
ERROR_MARKER = "papermill-error-cell-tag"


class Node(dict[str, Any]):
    """A part of a notebook whose entries are attributes too, as in nbformat."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what JSON holds
        try:
            return self[name]
        except KeyError as exc:
            raise AttributeError(name) from exc


def read_notebook(path: Path) -> Node:
    """Read the cells of a notebook of format 4.

    Not by nbformat: what it imports to check a schema would stay with the parent of
    all workers (30 MB, a second).
    """
    notebook: Node = json.loads(path.read_text(encoding="utf-8"), object_hook=Node)
    for cell in notebook.cells:
        cell["source"] = "".join(cell.source)
    return notebook


def hash_notebook(path: Path) -> str:
    """Hash what a notebook says and not what it once printed.

    Cell kinds, sources and tags count; outputs, counts and editor metadata do not.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    told = [
        [
            cell["cell_type"],
            "".join(cell["source"]),
            cell.get("metadata", {}).get("tags", []),
        ]
        for cell in cells
    ]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def clean_notebook(nb: NotebookNode) -> None:
    """Take out, in place, all that differs between two equal runs.

    Times, durations, run identifiers and the paths papermill writes; the random
    identifier of the injected cell; papermill's marker cells.
    """
    nb.metadata.pop("papermill", None)
    nb.cells = [
        cell
        for cell in nb.cells
        if ERROR_MARKER not in cell.get("metadata", {}).get("tags", [])
    ]
    for cell in nb.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED


def write_notebook(nb: NotebookNode) -> bytes:
    """Return the bytes of a notebook, equal for equal notebooks."""
    import nbformat

    return (nbformat.writes(nb) + "\n").encode()


def take_page(nb: NotebookNode) -> dict[str, Any] | None:
    """Take the page out of an executed notebook, in place; None if it shows none."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            told = output.get("data", {}).pop(MIME, None)
            if told is not None:
                return dict(told)
    return None
