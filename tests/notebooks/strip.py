"""Take outputs and editor noise out of notebooks (python -m tests.notebooks.strip)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat

KEPT_CELL = {"tags", "jupyter"}
KEPT_NOTEBOOK = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def strip(text: str) -> str:
    """Return a notebook without outputs, counts and metadata noise."""
    nb = nbformat.reads(text, as_version=4)
    nb.metadata = nbformat.from_dict(KEPT_NOTEBOOK)
    for cell in nb.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in KEPT_CELL}
        )
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return nbformat.writes(nb, indent=1) + "\n"


def find_notebooks(folders: list[str]) -> list[Path]:
    """List the notebooks of some folders."""
    return sorted(
        path
        for folder in folders
        for path in Path(folder).rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    )


def main(folders: list[str]) -> None:
    """Strip every notebook that is not stripped yet."""
    for path in find_notebooks(folders):
        before = path.read_text(encoding="utf-8")
        after = strip(before)
        if json.loads(after) != json.loads(before):
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"stripped {path}\n")


if __name__ == "__main__":
    main(sys.argv[1:] or ["notebooks"])
