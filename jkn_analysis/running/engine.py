"""Our papermill engine: papermill's own client, with our limits and our record."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_core.utils import run_sync
from nbformat.v4 import nbbase
from papermill import execute
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.iorw import write_ipynb
from papermill.log import logger

from jkn_analysis.running.kernel import (
    BATCH_ARGUMENTS,
    MEMORY_VARIABLE,
    ForkedProcess,
    build_environment,
    register_provisioner,
)

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode
    from papermill.engines import NotebookExecutionManager

    from jkn_analysis.running.report import Execution, Job

ENGINE = "jkn"
START_TIMEOUT_S = 60
STOCK_BASE_MB = 1500
"""Address space of a stock kernel once it has imported what a briefing imports."""
IPC_PATH_CHARACTERS = 100


class ReportClient(PapermillNotebookClient):
    """Papermill's client that keeps to a report's limits and tells how it ended."""

    def __init__(
        self,
        nb_man: NotebookExecutionManager,
        *,
        job: Job,
        execution: Execution,
        **traits: Any,  # noqa: ANN401 - traitlets' own interface
    ) -> None:
        super().__init__(nb_man, timeout_func=self._allow, **traits)
        self._job = job
        self._execution = execution
        self._deadline = time.monotonic() + job.limits.report_timeout_s

    def _allow(self, cell: NotebookNode) -> int:
        """Return the seconds this cell may take, the report's rest at most."""
        limits = self._job.limits
        rest = self._deadline - time.monotonic()
        number = next(i for i, c in enumerate(self.nb.cells, start=1) if c is cell)
        self._execution.cell = number
        if rest < limits.cell_timeout_s:
            self._execution.limit = (
                f"the report took over {limits.report_timeout_s} s "
                "(setting run.report_timeout_s)"
            )
            return max(int(rest), 1)
        self._execution.limit = (
            f"the cell took over {limits.cell_timeout_s} s (setting run.cell_timeout_s)"
        )
        return limits.cell_timeout_s

    def create_kernel_manager(self) -> KernelManager:
        """Create a manager that speaks over unix sockets where they fit."""
        manager = super().create_kernel_manager()
        path = name_connection()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            manager.transport = "ipc"
            manager.connection_file = str(path)
            manager.ip = f"{path.with_suffix('')}-ipc"
        return manager

    async def async_start_new_kernel(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Start the kernel in the project folder, bounded in memory."""
        memory_mb = self._job.limits.memory_mb
        env = {**build_environment(), MEMORY_VARIABLE: str(memory_mb)}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super().async_start_new_kernel(
            **{**kwargs, **quiet, "cwd": self._job.root, "env": env}
        )
        process = self._process()
        if not isinstance(process, ForkedProcess):
            _limit_memory(process.pid, memory_mb + STOCK_BASE_MB)

    def _process(self) -> Any:  # noqa: ANN401 - Popen or its look-alike
        """Return the kernel's process, None when there is none."""
        return getattr(getattr(self.km, "provisioner", None), "process", None)

    async def _async_cleanup_kernel(self) -> None:
        """Note the exit code before, and the use of time and memory after."""
        process = self._process()
        if process is not None:
            self._execution.exit_code = process.poll()
        await super()._async_cleanup_kernel()
        self._execution.usage = getattr(process, "usage", None) or {}

    start_new_kernel = run_sync(async_start_new_kernel)
    _cleanup_kernel = run_sync(_async_cleanup_kernel)


def _limit_memory(pid: int, memory_mb: int) -> None:
    """Bound the address space of a stock kernel, where the system can."""
    try:
        from resource import RLIMIT_AS, prlimit
    except ImportError:
        return
    limit = memory_mb * 1024 * 1024
    prlimit(pid, RLIMIT_AS, (limit, limit))


def name_connection() -> Path | None:
    """Return a connection file of our own beside which unix sockets find room.

    With unix sockets two kernels that start at once cannot be given one port. None
    where the system has none or the path would be too long.
    """
    path = Path(jupyter_runtime_dir()) / f"kernel-{uuid.uuid4().hex}.json"
    room = len(str(path)) + len("-ipc-5") <= IPC_PATH_CHARACTERS
    return path if room and sys.platform != "win32" else None


class ReportEngine(NBClientEngine):
    """Papermill's engine with `ReportClient`, leaving the notebook in `execution`."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        job: Job,
        execution: Execution,
        **_: Any,  # noqa: ANN401 - papermill passes what we do not use
    ) -> NotebookNode:
        """Execute the notebook of `job`."""
        execution.nb = nb_man.nb
        client = ReportClient(
            nb_man,
            job=job,
            execution=execution,
            kernel_name=kernel_name,
            startup_timeout=START_TIMEOUT_S,
            shutdown_kernel="immediate",
            extra_arguments=list(BATCH_ARGUMENTS),
            log=logger,
        )
        return client.execute()


def _write(nb: NotebookNode, path: str | None) -> None:
    """Write a notebook; papermill lays it out as text even where it goes nowhere."""
    if path is not None:
        write_ipynb(nb, path)


def _trust(_node: object, _ref: str | None = None) -> None:
    """Take an output as it comes: the whole notebook is checked when written.

    Nbformat's own check takes a fifth of what a worker does for a report.
    """


def register_engine() -> str:
    """Register the engine and the warm provisioner; return the engine's name.

    Papermill's warnings about parameters it cannot read are silenced: ours were
    checked against the notebook before.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    nbbase.validate = _trust
    execute.write_ipynb = _write
    register_provisioner()
    papermill_engines.register(ENGINE, ReportEngine)
    return ENGINE
