"""One report: a notebook executed for one region, rendered, published whole."""

from __future__ import annotations

import re
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.briefing.page_file import SUFFIX as PAGE
from jkn_analysis.briefing.page_file import page_stem, read_page, write_page
from jkn_analysis.errors import JknError, RunError, StoreError
from jkn_analysis.personal import mask_personal
from jkn_analysis.rekonsiliasi.scan import refuse_bytes
from jkn_analysis.running.kernel import WARM_KERNEL
from jkn_analysis.running.manifest import (
    SUFFIX,
    build_manifest,
    find_changed_outputs,
    hash_bytes,
    read_report_manifest,
)
from jkn_analysis.running.notebook import clean_notebook, take_page, write_notebook
from jkn_analysis.store import write_bytes

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from jkn_analysis.briefing.model import Briefing

NOTEBOOKS = ".notebooks"
FIRST_LINE_CHARACTERS = 300
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Limits:
    """What one report may take."""

    cell_timeout_s: int = 60
    report_timeout_s: int = 180
    memory_mb: int = 2000


@dataclass(frozen=True)
class Job:
    """Everything one report needs, as plain values that travel to any process."""

    kode: str
    periode: str
    notebook: str
    parameters: dict[str, Any]
    root: str
    folder: str
    processed: str = ""
    """Folder of processed tables, for the reasons of a revision."""
    kernel: str = WARM_KERNEL
    limits: Limits = field(default_factory=Limits)
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """Name of the report's files."""
        return page_stem(self.kode, str(self.parameters.get("bahasa", "id")))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Job:
        """Build from plain values."""
        return cls(**{**values, "limits": Limits(**values["limits"])})


@dataclass(frozen=True)
class Outcome:
    """How one report went, by our own measure and not the notebook's metadata."""

    kode: str
    ok: bool
    cell: int | None = None
    """Number of the failing cell, counted from 1 over all cells of the notebook."""
    error: str = ""
    """First line of the error."""
    notebook: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    kernel_cpu_s: float = 0.0
    """The part of `cpu_s` that the kernel used."""


@dataclass
class Execution:
    """What an engine leaves behind, whether the notebook ended well or not."""

    nb: NotebookNode | None = None
    cell: int | None = None
    exit_code: int | None = None
    limit: str = ""
    usage: dict[str, float] = field(default_factory=dict)


def make_report(job: Job) -> tuple[Outcome, dict[str, bytes]]:
    """Execute and render one report; return how it went and the files it made.

    Every failure of the notebook becomes an outcome; only a fault of this program
    raises.

    Returns
    -------
    Outcome
        With ``cell`` and the first error line where it failed.
    dict
        File name below the period's folder to content: the page as HTML and as
        object, their manifest and the executed notebook; only the notebook where it
        failed.
    """
    began, cpu = time.monotonic(), time.process_time()
    execution = Execution()
    files: dict[str, bytes] = {}
    error = _execute(job, execution)
    if execution.nb is not None:
        clean_notebook(execution.nb)
        page = take_page(execution.nb)
        files[f"{NOTEBOOKS}/{job.stem}.ipynb"] = write_notebook(execution.nb)
        if page is not None and not error:
            files[f"{job.stem}{PAGE}"] = write_page(page)
    if not error and execution.nb is not None:
        error = _render(job, execution.nb, files)
    outcome = Outcome(
        kode=job.stem,
        ok=not error,
        cell=execution.cell if error else None,
        error=error,
        notebook=f"{NOTEBOOKS}/{job.stem}.ipynb",
        wall_s=round(time.monotonic() - began, 3),
        cpu_s=round(time.process_time() - cpu + execution.usage.get("cpu_s", 0.0), 3),
        peak_mb=execution.usage.get("peak_mb", 0.0),
        kernel_cpu_s=execution.usage.get("cpu_s", 0.0),
    )
    return outcome, files


def publish(files: dict[str, bytes], *, folder: Path) -> None:
    """Write the files of a report, each whole or not at all, its manifest last.

    A report counts as made only when its manifest names the bytes that lie beside
    it, so a run killed between two files makes that report again.

    Raises
    ------
    PrivacyError
        If any of them points at a person; then none is written.
    """
    refuse_bytes(files)
    for name in sorted(files, key=lambda name: (name.endswith(SUFFIX), name)):
        write_bytes(folder / name, files[name])


def run_job(job: Job) -> Outcome:
    """Make one report and publish it.

    A full disk or a folder that cannot be written is an outcome too; the old
    report stays.
    """
    return take_in(
        *make_report(job), folder=Path(job.folder), processed=Path(job.processed)
    )


def take_in(
    outcome: Outcome,
    files: dict[str, bytes],
    *,
    folder: Path,
    processed: Path | None = None,
) -> Outcome:
    """Publish what was made under its version; what cannot be published has failed."""
    from jkn_analysis.running.archive import settle_version

    try:
        settled = settle_version(files, folder=folder, processed=processed)
        publish(settled, folder=folder)
    except (JknError, OSError) as exc:
        return Outcome(
            **{**asdict(outcome), "ok": False, "error": _text(type(exc).__name__, exc)}
        )
    return outcome


def _execute(job: Job, execution: Execution) -> str:
    """Execute the notebook; return the first line of its error, or nothing."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    from jkn_analysis.running.engine import register_engine

    try:
        execute_notebook(
            job.notebook,
            None,
            parameters=job.parameters,
            engine_name=register_engine(),
            kernel_name=job.kernel,
            progress_bar=False,
            autosave_cell_every=0,
            job=job,
            execution=execution,
        )
    except PapermillExecutionError as exc:
        return _text(exc.ename, exc.evalue)
    except CellTimeoutError:
        return f"TimeoutError: {execution.limit}"
    except DeadKernelError:
        return f"DeadKernelError: {_tell_death(execution.exit_code)}"
    except (OSError, RuntimeError, ValueError, JknError) as exc:
        return _text(type(exc).__name__, exc)
    return _find_quiet_end(execution)


def _text(kind: str, problem: object) -> str:
    """Return kind and first line of an error, without colours."""
    lines = _ANSI.sub("", str(problem)).strip().splitlines() or [""]
    return mask_personal(f"{kind}: {lines[0]}")[:FIRST_LINE_CHARACTERS]


def _tell_death(exit_code: int | None) -> str:
    """Say how a kernel process ended."""
    if exit_code is None:
        return "the kernel stopped answering"
    if exit_code < 0:
        return f"the kernel was ended by {signal.Signals(-exit_code).name}"
    return f"the kernel ended with exit code {exit_code}"


def _find_quiet_end(execution: Execution) -> str:
    """Find the end that papermill calls a success: sys.exit() with 0 or nothing."""
    if execution.nb is None:
        return "RunError: the notebook was not executed"
    for number, cell in enumerate(execution.nb.cells, start=1):
        pending = cell.cell_type == "code" and cell.source.strip()
        if pending and cell.get("execution_count") is None:
            execution.cell = max(number - 1, 1)
            return f"SystemExit: cells from {number} on were not run"
    return ""


def _render(job: Job, nb: NotebookNode, files: dict[str, bytes]) -> str:
    """Add the page and its manifest to `files`; return the error, or nothing."""
    from jkn_analysis.reporting.render import render_notebook

    try:
        page = render_notebook(nb).encode()
    except (JknError, ValueError, KeyError, TypeError, OSError) as exc:
        return _text(f"rendering: {type(exc).__name__}", exc)
    files[f"{job.stem}.html"] = page
    made = {name: hash_bytes(content) for name, content in files.items()}
    files[f"{job.stem}{SUFFIX}"] = build_manifest(job.inputs, outputs=made)
    return ""


def read_report(folder: Path, kode: str, *, bahasa: str = "id") -> Briefing:
    """Read the page object of a report, as its manifest vouches for it.

    Whether the report is also what would be made now is asked of the plan.

    Parameters
    ----------
    folder
        The period's folder below the reports.
    kode
        Region, province or country.
    bahasa
        Language of the page.

    Raises
    ------
    RunError
        If there is no such report, or its files are not those of its manifest.
    """
    stem = page_stem(kode, bahasa)
    path = folder / f"{stem}{PAGE}"
    told = read_report_manifest(folder, stem)
    outputs = {} if told is None else told["outputs"]
    name = path.name
    if name not in outputs or find_changed_outputs(folder, {name: outputs[name]}):
        raise RunError(
            f"{path}: no page, or not the one its manifest names\n"
            f"  → make it: jkn run --region {kode}"
        )
    try:
        return read_page(path.read_bytes())
    except StoreError as exc:
        raise RunError(f"{path}: {exc}") from exc
