"""Warm kernels: a Jupyter kernel provisioner that forks a pre-imported process.

Papermill, nbclient, nbconvert and JupyterLab use it unchanged through a kernelspec
that names the provisioner ``jkn-hangat``. Where there is no fork to be had
(Windows, macOS, an old Linux) it starts the stock kernel instead.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from jkn_analysis.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_client.connect import KernelConnectionInfo

WARM_KERNEL = "python3-hangat"
STOCK_KERNEL = "python3"
PROVISIONER = "jkn-hangat"
SOCKET_VARIABLE = "JKN_ZYGOTE"
MEMORY_VARIABLE = "JKN_MEMORY_MB"
BATCH_ARGUMENTS = ("--HistoryManager.hist_file=:memory:",)
"""What a kernel of `jkn run` is given beside its connection file."""
START_TIMEOUT_S = 120
WAIT_STEP_S = 0.005

POOLS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
ONE_THREAD = {
    **dict.fromkeys([f"{name}_NUM_THREADS" for name in POOLS], "1"),
    "ARROW_IO_THREADS": "1",
}
"""Parallelism is over reports; a pool of threads in each would only queue."""


def can_fork() -> bool:
    """Tell whether this system can fork kernels safely (Linux 5.3 or newer).

    macOS has fork too, but its frameworks hold threads that do not survive it.
    """
    return sys.platform == "linux" and hasattr(os, "fork") and hasattr(os, "pidfd_open")


def build_environment() -> dict[str, str]:
    """Return the environment of all child processes: one thread, fixed hash seed."""
    package = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH", "")
    paths = [package, *(part for part in known.split(os.pathsep) if part)]
    fixed = {
        "PYTHONHASHSEED": "0",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
    }
    return {**os.environ, **ONE_THREAD, **fixed}


class ForkedProcess:
    """A child of the zygote with the face of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket, pid: int, rest: bytes) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.usage: dict[str, float] = {}
        self._line = line
        self._heard = rest

    def _listen(self, timeout_s: float | None) -> None:
        """Wait for the exit code for so long."""
        while self.returncode is None:
            if b"\n" in self._heard:
                told = json.loads(self._heard)
                self.returncode, self.usage = told["code"], told["usage"]
                self._line.close()
                return
            if not select.select([self._line], [], [], timeout_s)[0]:
                return
            piece = self._line.recv(4096)
            if not piece:
                self.returncode = -signal.SIGKILL
                self._line.close()
                return
            self._heard += piece

    def poll(self) -> int | None:
        """Return the exit code, None while the process runs."""
        self._listen(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end and return the exit code."""
        self._listen(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("zygote child", timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def release(self) -> None:
        """Close the life line: the zygote kills the process if it still runs."""
        self._line.close()
        if self.returncode is None:
            self.returncode = -signal.SIGKILL


def fork(
    path: Path,
    kind: str,
    *,
    argv: list[str],
    cwd: str,
    env: dict[str, str],
    fds: list[int],
) -> ForkedProcess:
    """Ask the zygote at `path` for a child that holds `fds`.

    Raises
    ------
    RunError
        If the zygote is gone or refuses.
    """
    body = json.dumps(
        {
            "kind": kind,
            "argv": argv,
            "cwd": cwd,
            "env": env,
            "memory_mb": int(env.get(MEMORY_VARIABLE, "0")),
        }
    ).encode()
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.connect(str(path))
        socket.send_fds(line, [len(body).to_bytes(8, "big")], fds)
        line.sendall(body)
        answer = b""
        while b"\n" not in answer:
            piece = line.recv(4096)
            if not piece:
                raise RunError(f"{path}: the pre-imported process refused to fork")
            answer += piece
    except OSError as exc:
        line.close()
        raise RunError(f"{path}: the pre-imported process is gone ({exc})") from exc
    first, _, rest = answer.partition(b"\n")
    return ForkedProcess(line, json.loads(first)["pid"], rest)


class ZygoteServer:
    """The pre-imported process and the private folder of its socket.

    It ends with the process that holds this object: the zygote reads a pipe whose
    other end only this process has.
    """

    def __init__(self, rehearsal: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="jkn-"))
        self.path = self.folder / "zygote"
        self.said = self.folder / "zygote.log"
        self.pid = 0
        lifeline, self._life = os.pipe()
        self._ready, ready = os.pipe()
        command = [sys.executable, "-P", "-m", "jkn_analysis.running.zygote"]
        rehearse = [json.dumps(rehearsal)] if rehearsal else []
        env = {**build_environment(), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        try:
            with self.said.open("wb") as log:
                self._process = subprocess.Popen(
                    [*command, str(self.path), str(lifeline), str(ready), *rehearse],
                    pass_fds=(lifeline, ready),
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    cwd="/",
                    start_new_session=True,
                )
            self.pid = self._process.pid
        finally:
            os.close(lifeline)
            os.close(ready)

    def wait_ready(self) -> Path:
        """Wait until the imports are done; return the socket's path.

        Raises
        ------
        RunError
            If the process ended or holds threads, so that forking is not safe.
        """
        if self._ready >= 0:
            heard = b""
            if select.select([self._ready], [], [], START_TIMEOUT_S)[0]:
                heard = os.read(self._ready, 64)
            os.close(self._ready)
            self._ready = -1
            if heard != b"ready\n":
                said = self.said.read_text(encoding="utf-8", errors="replace")
                self.close()
                last = [heard.decode().strip(), *said.strip().splitlines()[-1:]]
                raise RunError(
                    "the process that starts the workers ended "
                    f"({': '.join(filter(None, last))})\n"
                    "  → look with: jkn run --cold --region KODE"
                )
        return self.path

    def close(self) -> None:
        """End the zygote and all its children."""
        if self._life >= 0:
            os.close(self._life)
            self._life = -1
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


_OWN: dict[str, ZygoteServer] = {}
_OWN_LOCK = threading.Lock()


def find_zygote() -> Path:
    """Return the socket of the zygote named by the environment, or of our own.

    A process that starts kernels without `jkn run` (JupyterLab, papermill) gets
    one zygote, started at its first kernel and ended with it.
    """
    named = os.environ.get(SOCKET_VARIABLE)
    if named:
        return Path(named)
    with _OWN_LOCK:
        if "server" not in _OWN:
            _OWN["server"] = ZygoteServer()
            atexit.register(_OWN["server"].close)
        return _OWN["server"].wait_ready()


class WarmProvisioner(LocalProvisioner):
    """Start kernels by fork from the zygote; all else as `LocalProvisioner`."""

    async def launch_kernel(
        self,
        cmd: list[str],
        **kwargs: Any,  # noqa: ANN401 - jupyter_client's own interface
    ) -> KernelConnectionInfo:
        """Fork a kernel, or start the stock one where fork is not to be had."""
        if not can_fork() or "-f" not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        env = dict(kwargs.get("env") or os.environ)
        cwd = str(kwargs.get("cwd") or Path.cwd())
        streams = [kwargs.get(name) for name in ("stdout", "stderr")]
        with Path(os.devnull).open("r+b") as empty:
            fds = [
                empty.fileno(),
                *(_fileno(s, n, empty.fileno()) for n, s in enumerate(streams, 1)),
            ]
            self.process = fork(  # type: ignore[assignment]
                find_zygote(),
                "kernel",
                argv=cmd[cmd.index("-f") :],
                cwd=cwd,
                env=env,
                fds=fds,
            )
        self.pid = self.pgid = self.process.pid  # type: ignore[union-attr]
        self.cwd = Path(cwd)  # type: ignore[assignment]
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the end; a killed kernel is gone within milliseconds."""
        if isinstance(self.process, ForkedProcess):
            while self.process.poll() is None:
                await asyncio.sleep(WAIT_STEP_S)
        return await super().wait()


def _fileno(stream: Any, own: int, empty: int) -> int:  # noqa: ANN401 - Popen's own
    """Return the descriptor of what `Popen` accepts as a stream."""
    if stream == subprocess.DEVNULL:
        return empty
    if stream is None or (isinstance(stream, int) and stream < 0):
        return own
    return stream if isinstance(stream, int) else stream.fileno()


def register_provisioner() -> None:
    """Make the provisioner known where the package is not pip-installed."""
    from importlib.metadata import EntryPoint

    from jupyter_client.provisioning.factory import KernelProvisionerFactory

    KernelProvisionerFactory.provisioners[PROVISIONER] = EntryPoint(
        PROVISIONER,
        "jkn_analysis.running.kernel:WarmProvisioner",
        KernelProvisionerFactory.GROUP_NAME,
    )


def build_kernelspec(python: str = sys.executable) -> dict[str, Any]:
    """Return the kernelspec of the warm kernel; its argv is the stock one."""
    return {
        "argv": [
            python,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ],
        "display_name": "Python 3 (hangat)",
        "language": "python",
        "metadata": {
            "debugger": True,
            "kernel_provisioner": {"provisioner_name": PROVISIONER},
        },
    }


def write_kernelspec(folder: Path) -> Path:
    """Write the warm kernelspec below `folder`, a Jupyter data folder."""
    spec = folder / "kernels" / WARM_KERNEL
    spec.mkdir(parents=True, exist_ok=True)
    text = json.dumps(build_kernelspec(), indent=1, sort_keys=True)
    (spec / "kernel.json").write_text(text + "\n", encoding="utf-8")
    return spec
