"""Workers: as many jobs at once as workers, each bounded, none stopping others."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from dataclasses import dataclass
from multiprocessing import connection as mp_connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import RunError
from jkn_analysis.running.kernel import (
    SOCKET_VARIABLE,
    ForkedProcess,
    ZygoteServer,
    build_environment,
    can_fork,
    fork,
    write_kernelspec,
)
from jkn_analysis.running.report import Job, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.context import SpawnProcess

GRACE_S = 20
"""Beyond its own limit a report gets this long before its worker is killed."""
TICK_S = 0.5
MOST_LOST = 3
"""Workers that end in a row without a report: then none will make one."""
RENEW_AFTER = 100
"""Reports after which a worker is forked anew, so that its memory cannot grow."""


@dataclass
class Worker:
    """A process that makes reports and the job it has in hand."""

    process: ForkedProcess | SpawnProcess
    line: Any
    job: Job | None = None
    deadline: float = 0.0
    made: int = 0

    def give(self, job: Job) -> None:
        """Hand over a job."""
        self.job = job
        self.deadline = time.monotonic() + job.limits.report_timeout_s + GRACE_S
        self.line.send(job.to_dict())

    def end(self) -> None:
        """Kill the process; its kernel dies with it."""
        self.line.close()
        with contextlib.suppress(OSError):
            self.process.kill()
        if isinstance(self.process, ForkedProcess):
            self.process.release()
        else:
            self.process.join(5)


class Pool:
    """Worker processes, warm (forked from one zygote) or fresh."""

    def __init__(self, workers: int, *, warm: bool) -> None:
        self.size = workers
        self.warm = warm and can_fork()
        self.zygote: ZygoteServer | None = None
        self.workers: list[Worker] = []
        self.lost = 0

    def close(self) -> None:
        """End all workers, their kernels and the zygote."""
        for worker in self.workers:
            worker.end()
        self.workers = []
        if self.zygote is not None:
            self.zygote.close()
            self.zygote = None

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome | None]:
        """Make the reports; yield each outcome as it comes, None when time passes.

        A worker that dies or overstays is replaced; its report is a failed outcome.

        Raises
        ------
        RunError
            If workers cannot start, or end one after another without a report.
        """
        if self.warm and jobs and self.zygote is None:
            self.zygote = ZygoteServer(choose_rehearsal(jobs))
        waiting = list(reversed(jobs))
        while waiting or any(worker.job for worker in self.workers):
            self._hand_out(waiting)
            lines = [worker.line for worker in self.workers if worker.job]
            ready = mp_connection.wait(lines, TICK_S)
            if not ready:
                yield None
            for worker in [w for w in self.workers if w.line in ready]:
                yield self._collect(worker)
            for worker in [w for w in self.workers if w.job]:
                if time.monotonic() > worker.deadline:
                    yield self._give_up(worker, "TimeoutError: the worker overstayed")

    def _hand_out(self, waiting: list[Job]) -> None:
        """Give every idle worker a job, starting workers as they are needed."""
        idle = [worker for worker in self.workers if worker.job is None]
        while waiting and (idle or len(self.workers) < self.size):
            if not idle:
                idle.append(self._start())
                self.workers.append(idle[0])
            worker = idle.pop()
            try:
                worker.give(waiting[-1])
            except OSError:
                self._drop(worker)
                self._count_lost()
                continue
            waiting.pop()

    def _collect(self, worker: Worker) -> Outcome:
        """Take the answer of a worker, or note its death."""
        try:
            outcome = Outcome(**worker.line.recv())
        except (EOFError, OSError):
            self._count_lost()
            return self._give_up(worker, "RunError: the worker process died")
        self.lost = 0
        worker.job = None
        worker.made += 1
        if worker.made >= RENEW_AFTER:
            self._drop(worker)
        return outcome

    def _drop(self, worker: Worker) -> None:
        """End a worker and forget it."""
        worker.end()
        self.workers.remove(worker)

    def _count_lost(self) -> None:
        """Count a worker that ended by itself; no more than a few in a row."""
        self.lost += 1
        if self.lost >= MOST_LOST:
            raise RunError(
                f"{self.lost} worker processes in a row ended without a report\n"
                "  → look with: jkn run --cold --workers 1 --region KODE"
            )

    def _give_up(self, worker: Worker, error: str) -> Outcome:
        """End a worker; return its job as failed."""
        job = worker.job
        self._drop(worker)
        if job is None:
            raise RuntimeError("an idle worker has nothing to give up")
        return Outcome(kode=job.stem, ok=False, error=error)

    def _start(self) -> Worker:
        """Start one worker process."""
        if self.zygote is None:
            return self._spawn()
        path = self.zygote.wait_ready()
        ours, theirs = socket.socketpair()
        folder = self.zygote.folder
        write_kernelspec(folder)
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        env = {
            **build_environment(),
            SOCKET_VARIABLE: str(path),
            "JUPYTER_PATH": str(folder),
            "JUPYTER_RUNTIME_DIR": str(runtime),
        }
        with theirs, Path(os.devnull).open("rb") as empty:
            process = fork(
                path,
                "worker",
                argv=[],
                cwd=str(Path.cwd()),
                env=env,
                fds=[empty.fileno(), 2, 2, theirs.fileno()],
            )
        return Worker(process, mp_connection.Connection(ours.detach()))

    def _spawn(self) -> Worker:
        """Start one worker with a fresh interpreter, on any system."""
        import multiprocessing

        from jkn_analysis.running.worker import serve

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        return Worker(process, ours)


def choose_rehearsal(jobs: Sequence[Job]) -> dict[str, str]:
    """Choose the page the zygote makes once: that of the last job, the usual kind."""
    job = jobs[-1]
    return {"kode": job.kode, "periode": job.periode, "root": job.root}
