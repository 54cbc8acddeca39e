"""The same plan on many machines: dask.distributed, extra ``[cluster]``.

A task is one report. Its worker needs this package and nothing else: where the
project folder is not on a shared path, tables and notebooks are sent once and laid
into a folder of the worker's own. Pages travel back as bytes and are published here,
so that a task which runs twice, or whose worker is lost, changes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import RunError
from jkn_analysis.running.report import Job, Outcome, take_in
from jkn_analysis.store import make_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RETRIES = 3
WAIT_S = 30
LAID = "masukan"
"""Part of the names of folders with inputs."""
_laid: dict[str, Path] = {}
_POOLS: dict[str, Any] = {}


class Cluster:
    """A dask scheduler as workforce."""

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as exc:
            raise RunError(
                "--cluster needs dask.distributed\n  → python make.py install cluster"
            ) from exc
        try:
            self._client = Client(address, timeout=WAIT_S, set_as_default=False)
        except (OSError, TimeoutError) as exc:
            raise RunError(
                f"{address}: no dask scheduler answers\n"
                "  → start one: dask scheduler --host 127.0.0.1"
            ) from exc

    def close(self) -> None:
        """Leave the scheduler; its workers go on."""
        self._client.close(WAIT_S)

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome | None]:
        """Make the reports on the cluster; publish each here as it comes."""
        from distributed import as_completed

        if not jobs:
            return
        shipped = read_inputs(Path(jobs[0].root), cutoff=jobs[0].periode)
        content = self._client.scatter(shipped, broadcast=True, hash=False)
        digest = hash_inputs(shipped)
        futures = {
            self._client.submit(
                make_remote, job.to_dict(), digest, content, retries=RETRIES, pure=False
            ): job
            for job in jobs
        }
        for future in as_completed(list(futures), loop=self._client.loop):
            yield self._take(future, futures[future])

    def _take(self, future: Any, job: Job) -> Outcome:  # noqa: ANN401 - dask's future
        """Publish one result; a report that no worker could make is a failure."""
        problem = future.exception()
        if problem is not None:
            text = str(problem).splitlines() or [""]
            return Outcome(job.kode, ok=False, error=f"RunError: cluster: {text[0]}")
        told, files = future.result()
        return take_in(
            Outcome(**told),
            files,
            folder=Path(job.folder),
            processed=Path(job.processed),
        )


def read_inputs(root: Path, *, cutoff: str | None = None) -> dict[str, bytes]:
    """Read the files that workers need, by their path below the project."""
    from jkn_analysis.store import list_shipped

    notebooks = [
        path
        for path in (root / "notebooks").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    ]
    tables = list_shipped(root / "data/processed", cutoff=cutoff)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted([*notebooks, *tables])
    }


def hash_inputs(content: dict[str, bytes]) -> str:
    """Hash names and bytes."""
    digest = hashlib.sha256()
    for name, data in sorted(content.items()):
        digest.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
    return digest.hexdigest()


def lay_inputs(digest: str, content: dict[str, bytes]) -> Path:
    """Write the shipped files into a private folder of this process, once per content.

    Two workers of one machine share no folder; those of workers that are gone are
    removed.
    """
    if digest not in _laid:
        root = make_private(LAID)
        for name, data in content.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (root / "data/raw").mkdir(parents=True, exist_ok=True)
        _laid[digest] = root
    return _laid[digest]


def make_remote(
    told: dict[str, Any], digest: str, content: dict[str, bytes]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Make one report in a dask worker; return how it went and its files.

    The notebook runs in a worker process of our own, as on one machine: dask's loop
    runs no kernels and a report that overstays is ended.
    """
    from jkn_analysis.running.manifest import SUFFIX
    from jkn_analysis.running.pool import Pool
    from jkn_analysis.running.report import NOTEBOOKS, PAGE

    job = Job.from_dict(told)
    root = lay_inputs(digest, content)
    with tempfile.TemporaryDirectory(prefix="jkn-") as folder:
        moved = replace(
            job,
            root=str(root),
            folder=folder,
            notebook=str(root / "notebooks" / Path(job.notebook).name),
        )
        if "pool" not in _POOLS:
            _POOLS["pool"] = Pool(1, warm=job.kernel != "python3")
        outcome = next(o for o in _POOLS["pool"].run([moved]) if o is not None)
        files = {}
        for name in (
            f"{job.stem}.html",
            f"{job.stem}{PAGE}",
            f"{job.stem}{SUFFIX}",
            f"{NOTEBOOKS}/{job.stem}.ipynb",
        ):
            with contextlib.suppress(FileNotFoundError):
                files[name] = (Path(folder) / name).read_bytes()
    return asdict(outcome), files
