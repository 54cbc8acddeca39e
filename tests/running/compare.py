"""Run the probes in a warm or a fresh kernel and take out what differs by chance."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest

from jkn_analysis.running.engine import register_engine
from jkn_analysis.running.kernel import (
    SOCKET_VARIABLE,
    STOCK_KERNEL,
    WARM_KERNEL,
    ZygoteServer,
    write_kernelspec,
)
from jkn_analysis.running.notebook import clean_notebook
from jkn_analysis.running.report import Execution, Job, Limits
from tests.running.probes import PROBES
from tests.running.project import build_notebook

_CHANCE = (
    (re.compile(r"0x[0-9a-f]{6,}"), "0x"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "id"),
    (re.compile(r"(?<=ipykernel_)\d+"), "pid"),
    (re.compile(r"[0-9.]+ (ns|[uµ\u03bcm]?s)\b"), "t"),
    (re.compile(r"(CPU times|Wall time).*"), "time"),
)


def normalise(cell: nbformat.NotebookNode) -> str:
    """Return the outputs of a cell as text, chance taken out."""
    text = json.dumps(
        _merge_streams(cell.outputs), sort_keys=True, indent=1, ensure_ascii=False
    )
    for pattern, word in _CHANCE:
        text = pattern.sub(word, text)
    return text


def _merge_streams(outputs: list[nbformat.NotebookNode]) -> list[dict[str, object]]:
    """Join neighbouring pieces of one stream: where it is cut is a matter of time."""
    merged: list[dict[str, object]] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        same = output.output_type == "stream" == last.get("output_type")
        if same and output.name == last["name"]:
            last["text"] = f"{last['text']}{output.text}"
        else:
            merged.append(dict(output))
    return merged


def run_probes(route: str) -> dict[str, str]:
    """Run every probe in one kernel; return the outputs by name.

    The kernel is "fresh", "warm" (forked, as in JupyterLab) or "rehearsed" (forked
    from a process that has made a page, as in `jkn run`).
    """
    notebook = build_notebook(tuple(PROBES.values()))
    for cell in notebook.cells[1:]:
        cell.metadata["tags"] = ["raises-exception"]
    with TemporaryDirectory() as folder:
        write_kernelspec(Path(folder))
        path = Path(folder) / "probes.ipynb"
        nbformat.write(notebook, path)
        with serve(route, Path(folder)):
            executed = execute(path, warm=route != "fresh", cwd=Path(folder))
    return {
        name: normalise(cell)
        for name, cell in zip(PROBES, executed.cells[2:], strict=True)
    }


@contextmanager
def serve(route: str, folder: Path) -> Iterator[None]:
    """Give rehearsed kernels their zygote; the others need none of their own."""
    if route != "rehearsed":
        yield
        return
    server = ZygoteServer({"kode": "82.71", "periode": "2025-11", "root": str(folder)})
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(SOCKET_VARIABLE, str(server.wait_ready()))
            yield
    finally:
        server.close()


def execute(path: Path, *, warm: bool, cwd: Path) -> nbformat.NotebookNode:
    """Execute a notebook by papermill with our engine; return it, cleaned.

    Papermill refuses a notebook with any error output, also an expected one.
    """
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    execution = Execution()
    job = Job("82.71", "2025-11", str(path), {}, str(cwd), str(cwd), limits=Limits())
    with suppress(PapermillExecutionError):
        execute_notebook(
            str(path),
            None,
            parameters={"kode": "82.71"},
            engine_name=register_engine(),
            kernel_name=WARM_KERNEL if warm else STOCK_KERNEL,
            progress_bar=False,
            job=job,
            execution=execution,
        )
    assert execution.nb is not None
    clean_notebook(execution.nb)
    return execution.nb
