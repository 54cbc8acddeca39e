"""Two dask workers on the loopback: same bytes, also when one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from jkn_analysis.errors import RunError
from jkn_analysis.running.cluster import (
    LAID,
    Cluster,
    hash_inputs,
    lay_inputs,
    read_inputs,
)
from jkn_analysis.running.kernel import can_fork
from jkn_analysis.wilayah import list_wilayah
from tests.running.project import make_project
from tests.running.test_run import CELLS, FIGURE, TOP, hash_tree, jkn, start, wait_for

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.skipif(not can_fork(), reason="this system has no safe fork"),
    pytest.mark.xdist_group("warm"),
]
SLOW = "import time; time.sleep(0.2)"


def list_sample():
    """Return the regions of the sample."""
    regions = list_wilayah()
    sample = regions["kode_provinsi"].isin(["19", "81", "82"])
    return sorted(regions.loc[sample & (regions["jenis"] != "provinsi"), "kode"])


def launch(folder, *words):
    """Start a dask command."""
    env = {
        **os.environ,
        "PYTHONPATH": str(TOP),
        "DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "60s",
    }
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture
def scheduler(tmp_path):
    """Start a scheduler and two workers; yield its address and the workers."""
    port = 20_000 + os.getpid() % 20_000
    address = f"tcp://127.0.0.1:{port}"
    common = ["--host", "127.0.0.1", "--no-dashboard"]
    running = [
        launch(tmp_path, "distributed.cli.dask_scheduler", "--port", str(port), *common)
    ]
    for number in range(2):
        own = ["--nthreads", "1", "--local-directory", str(tmp_path / f"w{number}")]
        running.append(
            launch(tmp_path, "distributed.cli.dask_worker", address, *own, *common)
        )
    yield address, running[1:]
    for process in running:
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        psutil.wait_procs(family, 10)


def test_reports_of_a_cluster_are_those_of_one_machine(scheduler, tmp_path):
    address, workers = scheduler
    cells = (*CELLS, SLOW, FIGURE)
    here = make_project(tmp_path / "here", regions=list_sample(), cells=cells)
    there = make_project(tmp_path / "there", regions=list_sample(), cells=cells)
    run = start(tmp_path / "there", "run", "--cluster", address)
    folder = there.paths.reports / "2025-11"
    wait_for(lambda: list(folder.glob("*.manifest.json")), 150)
    os.killpg(workers[0].pid, signal.SIGKILL)
    _, err = run.communicate(timeout=200)
    assert run.returncode == 0, err
    jkn(tmp_path / "here", "run")
    assert len(list(folder.glob("[0-9]*.html"))) == len(list_sample()) == 28
    assert hash_tree(there.paths.reports) == hash_tree(here.paths.reports)


def test_absent_scheduler_is_an_error_that_says_how_to_start_one(monkeypatch):
    from jkn_analysis.running import cluster

    monkeypatch.setattr(cluster, "WAIT_S", 1)
    began = time.monotonic()
    with pytest.raises(RunError, match=r"no dask scheduler answers\n.*dask scheduler"):
        Cluster("tcp://127.0.0.1:9")
    assert time.monotonic() - began < 60


def test_inputs_are_told_by_their_content(tmp_path):
    make_project(tmp_path)
    content = read_inputs(tmp_path)
    assert "notebooks/briefing_kabupaten.ipynb" in content
    (table,) = (n for n in content if "/kepesertaan" in n and n.endswith(".parquet"))
    changed = {**content, table: b""}
    assert hash_inputs(content) != hash_inputs(changed)


def test_inputs_of_a_worker_that_is_gone_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"jkn-{LAID}-{gone.pid}-ab12"
    alive = tmp_path / f"jkn-{LAID}-{os.getppid()}-ab12"
    for folder in (left, alive):
        folder.mkdir()
    root = lay_inputs("f" * 64, {"notebooks/a.ipynb": b"{}"})
    assert (root / "notebooks/a.ipynb").read_bytes() == b"{}"
    assert alive.is_dir()
    assert not left.exists()
