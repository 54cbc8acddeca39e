"""A warm kernel is a fresh kernel that starts sooner, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from queue import Empty

import nbformat
import psutil
import pytest

from jkn_analysis.errors import RunError
from jkn_analysis.running import kernel
from jkn_analysis.running.kernel import (
    WARM_KERNEL,
    WarmProvisioner,
    ZygoteServer,
    can_fork,
    fork,
    register_provisioner,
)
from tests.running.compare import execute, run_probes, serve
from tests.running.probes import PROBES
from tests.running.project import build_notebook

pytestmark = [
    pytest.mark.skipif(not can_fork(), reason="this system has no safe fork"),
    pytest.mark.xdist_group("warm"),
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    from jkn_analysis.running.kernel import write_kernelspec

    folder = tmp_path_factory.mktemp("jupyter")
    write_kernelspec(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        yield {route: run_probes(route) for route in ("fresh", "warm", "rehearsed")}


@pytest.mark.parametrize("route", ["warm", "rehearsed"])
@pytest.mark.parametrize("name", PROBES)
def test_output_of_a_forked_kernel_is_that_of_a_fresh_one(outputs, name, route):
    assert outputs[route][name] == outputs["fresh"][name]


@pytest.mark.parametrize("route", ["warm", "rehearsed"])
def test_figure_is_an_image_and_not_text(outputs, route):
    for name in ("figure", "figure_show", "seaborn"):
        assert "image/png" in outputs[route][name]


def test_kernel_reads_the_settings_of_the_user(warm, tmp_path, monkeypatch):
    profile = tmp_path / "ipython/profile_default"
    profile.mkdir(parents=True)
    line = "c.InteractiveShell.ast_node_interactivity = 'all'\n"
    (profile / "ipython_kernel_config.py").write_text("c = get_config()\n" + line)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    path = tmp_path / "notebook.ipynb"
    nbformat.write(build_notebook(("1\n2",)), path)
    with serve("rehearsed", tmp_path):
        executed = execute(path, warm=True, cwd=tmp_path)
    assert len(executed.cells[-1].outputs) == 2


@pytest.fixture
def session(warm):
    """Start a warm kernel as any Jupyter client does; yield manager and client."""
    from jupyter_client.manager import start_new_kernel

    register_provisioner()
    manager, client = start_new_kernel(kernel_name=WARM_KERNEL, startup_timeout=120)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def ask(client, expression):
    """Evaluate an expression in the kernel."""
    reply = client.execute(
        "", user_expressions={"x": expression}, reply=True, timeout=60
    )["content"]
    return reply["user_expressions"]["x"]["data"]["text/plain"]


def test_kernel_is_forked_from_one_that_has_imported_pandas(session):
    manager, client = session
    assert isinstance(manager.provisioner, WarmProvisioner)
    assert ask(client, "'pandas' in __import__('sys').modules") == "True"
    parent = psutil.Process(manager.provisioner.pid).parent()
    assert "jkn_analysis.running.zygote" in parent.cmdline()


def test_kernel_can_be_interrupted_restarted_and_shut_down(session):
    manager, client = session
    message = client.execute("print('go', flush=True)\nimport time\ntime.sleep(60)")
    wait_for_output(client, "go")
    manager.interrupt_kernel()
    while (reply := client.get_shell_msg(timeout=30))["parent_header"][
        "msg_id"
    ] != message:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    first = manager.provisioner.pid
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=60)
    assert manager.provisioner.pid != first
    assert ask(client, "1 + 1") == "2"
    pid = manager.provisioner.pid
    manager.shutdown_kernel()
    assert not psutil.pid_exists(pid)


def wait_for_output(client, text):
    """Read output messages until one holds `text`."""
    while True:
        try:
            message = client.get_iopub_msg(timeout=60)
        except Empty:
            pytest.fail(f"no output {text!r}")
        if text in message["content"].get("text", ""):
            return


def test_two_kernels_draw_different_chance(warm):
    from jupyter_client.manager import start_new_kernel

    register_provisioner()
    drawn = set()
    for _ in range(2):
        manager, client = start_new_kernel(kernel_name=WARM_KERNEL)
        drawn.add(ask(client, "__import__('random').random()"))
        drawn.add(ask(client, "__import__('numpy').random.random()"))
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert len(drawn) == 4


@pytest.fixture
def zygote():
    server = ZygoteServer()
    server.wait_ready()
    yield server
    server.close()


def start_sleeper(server):
    """Fork a worker that waits for a job which never comes."""
    import socket

    ours, theirs = socket.socketpair()
    with theirs, Path(os.devnull).open("r+b") as empty:
        quiet = empty.fileno()
        child = fork(
            server.path,
            "worker",
            argv=[],
            cwd="/",
            env=kernel.build_environment(),
            fds=[quiet, quiet, quiet, theirs.fileno()],
        )
    return child, ours


def test_zygote_has_one_thread_and_a_private_socket(zygote):
    assert psutil.Process(zygote.pid).num_threads() == 1
    assert zygote.folder.stat().st_mode & 0o777 == 0o700


def test_child_dies_with_its_asker(zygote):
    child, line = start_sleeper(zygote)
    process = psutil.Process(child.pid)
    child.release()
    line.close()
    process.wait(10)


def test_children_die_with_a_killed_zygote(zygote):
    child, line = start_sleeper(zygote)
    process = psutil.Process(child.pid)
    os.kill(zygote.pid, signal.SIGKILL)
    process.wait(10)
    assert child.wait(10) == -signal.SIGKILL
    line.close()


def test_exit_code_and_use_of_a_child_are_told(zygote):
    child, line = start_sleeper(zygote)
    line.close()
    assert child.wait(10) == 0
    assert child.usage["peak_mb"] > 50


def test_closing_leaves_no_process_and_no_folder(zygote):
    child, line = start_sleeper(zygote)
    zygote.close()
    line.close()
    assert not zygote.folder.exists()
    assert not psutil.pid_exists(zygote.pid)
    assert child.wait(10) == -signal.SIGKILL


def test_zygote_dies_with_the_process_that_started_it():
    script = (
        "import os, sys\nfrom jkn_analysis.running.kernel import ZygoteServer\n"
        "z = ZygoteServer(); z.wait_ready(); print(z.pid, z.folder, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    pid, folder = ended.stdout.split()
    if psutil.pid_exists(int(pid)):
        psutil.Process(int(pid)).wait(10)
    assert not Path(folder).exists()


def test_zygote_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(RunError, match="the pre-imported process is gone"):
        fork(tmp_path / "none", "kernel", argv=[], cwd="/", env={}, fds=[])


def test_without_fork_the_stock_kernel_starts(warm, monkeypatch):
    from jupyter_client.manager import start_new_kernel

    register_provisioner()
    monkeypatch.setattr(kernel, "can_fork", lambda: False)
    manager, client = start_new_kernel(kernel_name=WARM_KERNEL)
    assert isinstance(manager.provisioner, WarmProvisioner)
    assert isinstance(manager.provisioner.process, subprocess.Popen)
    assert ask(client, "1 + 1") == "2"
    client.stop_channels()
    manager.shutdown_kernel(now=True)
