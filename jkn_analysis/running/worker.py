"""A worker process: takes jobs from its connection, one at a time, until it closes."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def serve_worker(fd: int) -> None:
    """Run a forked worker on an inherited socket; ends the process."""
    from multiprocessing.connection import Connection

    serve(Connection(fd))
    os._exit(0)


def serve(connection: Connection) -> None:
    """Answer every job with its outcome."""
    from jkn_analysis.running.report import Job, run_job

    while True:
        try:
            job = Job.from_dict(connection.recv())
        except (EOFError, OSError):
            return
        connection.send(asdict(run_job(job)))
