"""The pre-imported process that is forked for every worker and every kernel.

It is one thread that waits: for a request on its socket, for the end of a child,
for the end of the process that started it. A request names what to fork (a kernel
or a worker) and carries the standard streams; the connection it came on stays open
as the life line: when the asker goes, its child is killed; when the child ends, the
asker is told how.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import JknError
from jkn_analysis.running.warm import Listed, run_kernel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

FOR_KERNELS = (
    "IPython",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "encodings.unicode_escape",
    "faulthandler",
    "ipykernel.debugger",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "pdb",
    "resource",
    "sqlite3",
    "tornado.platform.asyncio",
    "pandas",
    "numpy",
    "numpy.random",
    "pyarrow",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "jinja2",
    "babel.numbers",
    "babel.dates",
    "jkn_analysis.briefing",
    "jkn_analysis.config",
    "jkn_analysis.reporting",
    "jkn_analysis.tables",
)
FOR_WORKERS = (
    "papermill",
    "nbclient",
    "nbconvert",
    "jkn_analysis.reporting.render",
    "jkn_analysis.running.worker",
    "jkn_analysis.running.engine",
    "jkn_analysis.running.report",
)
"""Modules imported before the first fork; one that is not installed is left out.

Only what a page uses: every module makes every fork dearer.
"""

REHEARSAL_S = 30
MAX_REQUEST = 1 << 20
MAX_FDS = 8
PR_SET_PDEATHSIG = 1


@dataclass
class Request:
    """What to fork, and with what."""

    kind: str
    argv: list[str]
    cwd: str
    env: dict[str, str]
    memory_mb: int
    fds: list[int] = field(default_factory=list)


@dataclass
class Child:
    """A forked process and the connection of the process that asked for it."""

    pid: int
    pidfd: int
    line: socket.socket


class Forked(BaseException):
    """Raised in a new child to leave the zygote's loop; no error."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.kind)
        self.request = request


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent process ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def limit_memory(memory_mb: int) -> None:
    """Bound the address space: what the process has now plus `memory_mb`."""
    import resource

    if memory_mb <= 0:
        return
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def receive(line: socket.socket) -> Request | None:
    """Read one request: a length, JSON, and open file descriptors beside it."""
    head, fds, _, _ = socket.recv_fds(line, 8, MAX_FDS)
    wanted = int.from_bytes(head, "big")
    if len(head) < 8 or wanted > MAX_REQUEST:
        return None
    body = line.recv(wanted, socket.MSG_WAITALL)
    return Request(**json.loads(body), fds=fds) if len(body) == wanted else None


def send(line: socket.socket, answer: dict[str, Any]) -> None:
    """Answer with one JSON line; an asker that has gone needs none."""
    with contextlib.suppress(OSError):
        line.sendall(json.dumps(answer).encode() + b"\n")


class Zygote:
    """The waiting loop and what it must close in a child."""

    def __init__(self, path: Path, lifeline: int) -> None:
        self.path = path
        self.lifeline = lifeline
        self.children: dict[int, Child] = {}
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(64)
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        self.selector.register(lifeline, selectors.EVENT_READ, self.stop)

    def serve(self) -> None:
        """Wait until the parent goes."""
        while True:
            for key, _ in self.selector.select():
                key.data()

    def stop(self) -> None:
        """End: the parent has closed its end of the pipe."""
        raise SystemExit(0)

    def accept(self) -> None:
        """Fork what one new connection asks for."""
        line, _ = self.listener.accept()
        line.settimeout(10)
        try:
            request = receive(line)
        except (OSError, ValueError, TypeError):
            request = None
        if request is None:
            line.close()
            return
        line.settimeout(None)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            die_with_parent(parent)
            self.forget(line)
            raise Forked(request)
        for fd in request.fds:
            os.close(fd)
        self.watch(pid, line)

    def watch(self, pid: int, line: socket.socket) -> None:
        """Follow a new child and its asker."""
        child = Child(pid, os.pidfd_open(pid), line)
        self.children[pid] = child
        self.selector.register(
            child.pidfd, selectors.EVENT_READ, lambda: self.ended(child)
        )
        self.selector.register(line, selectors.EVENT_READ, lambda: self.left(child))
        send(line, {"pid": pid})

    def ended(self, child: Child) -> None:
        """Reap a child and tell its asker the exit code, negative for a signal."""
        _, status, used = os.wait4(child.pid, 0)
        usage = {
            "cpu_s": round(used.ru_utime + used.ru_stime, 3),
            "peak_mb": round(used.ru_maxrss / 1024, 1),
        }
        code = os.waitstatus_to_exitcode(status)
        send(child.line, {"code": code, "usage": usage})
        kill_group(child.pid)
        self.drop(child)

    def left(self, child: Child) -> None:
        """Kill the child of an asker that has gone (or spoke out of turn)."""
        kill_group(child.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        self.drop(child)

    def drop(self, child: Child) -> None:
        """Forget a child that has ended."""
        self.selector.unregister(child.pidfd)
        self.selector.unregister(child.line)
        os.close(child.pidfd)
        child.line.close()
        self.children.pop(child.pid, None)

    def forget(self, line: socket.socket) -> None:
        """Close, in a new child, everything that is the zygote's."""
        self.selector.close()
        self.listener.close()
        line.close()
        os.close(self.lifeline)
        for child in self.children.values():
            os.close(child.pidfd)
            child.line.close()

    def clean(self) -> None:
        """Kill the children and remove the socket's folder."""
        for child in self.children.values():
            kill_group(child.pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        shutil.rmtree(self.path.parent, ignore_errors=True)


def kill_group(pid: int) -> None:
    """Kill what a child left running in its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def preload(rehearsal: Mapping[str, str]) -> None:
    """Import what kernels and workers use, and make one page so that all is read.

    What only workers use may not change the warning filters a kernel starts with.
    """
    _import_all(FOR_KERNELS)
    if rehearsal:
        rehearse(**rehearsal)
    with warnings.catch_warnings():
        _import_all(FOR_WORKERS)


def _import_all(names: Sequence[str]) -> None:
    """Import modules, leaving out those that are not installed."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def rehearse(*, kode: str, periode: str, root: str) -> None:
    """Make one page by plain calls, so that catalogues and templates are read.

    Nothing of it stays but caches: what has been warned of is forgotten. A page that
    cannot be made is no fault here.
    """
    from jkn_analysis.briefing import build_briefing
    from jkn_analysis.config import read_config
    from jkn_analysis.reporting import show_foot, show_head, show_parts
    from jkn_analysis.reporting.pieces import KELOMPOK

    signal.alarm(REHEARSAL_S)
    with contextlib.suppress(
        JknError, ArithmeticError, LookupError, TypeError, ValueError
    ):
        config = read_config(root=Path(root))
        briefing = build_briefing(kode, periode, root=config.paths.processed)
        show_head(briefing)
        show_parts(briefing, *KELOMPOK)
        show_foot(briefing)
    signal.alarm(0)
    forget_warnings()


def forget_warnings() -> None:
    """Forget which warnings were shown, as a fresh interpreter has."""
    for module in list(sys.modules.values()):
        shown = getattr(module, "__warningregistry__", None)
        if isinstance(shown, dict):
            shown.clear()


def count_threads() -> int:
    """Count the threads of this process."""
    return len(list(Path("/proc/self/task").iterdir()))


def become(request: Request, listed: Listed) -> None:
    """Turn a new child into what was asked for; never returns to the zygote."""
    os.setsid()
    for target, fd in enumerate(request.fds[:3]):
        os.dup2(fd, target)
    for fd in request.fds[:3]:
        if fd > 2:
            os.close(fd)
    os.chdir(request.cwd)
    change_environment(request.env)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reseed()
    gc.enable()
    if request.kind == "kernel":
        limit_memory(request.memory_mb)
        run_kernel(request.argv, listed)
    else:
        from jkn_analysis.running.worker import serve_worker

        serve_worker(request.fds[3])


def change_environment(env: Mapping[str, str]) -> None:
    """Make the environment this one, touching only what differs."""
    for name in set(os.environ).difference(env):
        del os.environ[name]
    for name, value in env.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def reseed() -> None:
    """Give a child its own chance, as a fresh interpreter has."""
    import random

    import numpy as np

    random.seed()
    np.random.seed()  # noqa: NPY002 - the global state is what must differ


def _stop_rehearsal(_number: int, _frame: FrameType | None) -> None:
    """Give up a rehearsal that takes too long."""
    raise ValueError("the rehearsal takes too long")


def main() -> None:
    """Serve on the socket argv[1] until the pipe argv[2] closes.

    Says so on the pipe argv[3]. With argv[4], the page to rehearse; if that leaves
    threads behind, begin again without it.
    """
    path, lifeline, ready = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGALRM, _stop_rehearsal)
    gc.disable()
    rehearsal = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    preload(rehearsal)
    if count_threads() != 1:
        if len(sys.argv) > 4:
            command = [sys.executable, "-P", "-m", "jkn_analysis.running.zygote"]
            os.execv(sys.executable, [*command, *sys.argv[1:4]])
        os.write(ready, b"threads\n")
        sys.exit(1)
    zygote = Zygote(path, lifeline)
    gc.collect()
    listed = Listed()
    # a collection in a child would otherwise write into every page shared with it
    gc.freeze()
    try:
        with contextlib.suppress(BrokenPipeError):
            os.write(ready, b"ready\n")
        os.close(ready)
        zygote.serve()
    except Forked as forked:
        request = forked.request
    except BaseException:
        zygote.clean()
        raise
    become(request, listed)


if __name__ == "__main__":
    main()
