"""Opening foreign files in a child process with limits; one warm child for many."""

from __future__ import annotations

import atexit
import io
import json
import os
import pickle
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from jkn_analysis.cleaning.open import limits
from jkn_analysis.cleaning.problems import refusal
from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.cleaning.words import Finding, say, unpack
from jkn_analysis.config import without_secrets
from jkn_analysis.errors import (
    ConfigError,
    HostileInputError,
    InputError,
    JknError,
    LimitError,
)

WALL_SECONDS = 90.0
"""The child's own limit is CPU time; this one only catches a child that waits."""
WATCH_SECONDS = 0.2
IS_FOLDER = say("is a folder")
_ERRORS = {"hostile": HostileInputError, "limit": LimitError}
_ALLOWED = {
    ("datetime", "datetime"),
    ("datetime", "date"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
}


class _PlainUnpickler(pickle.Unpickler):
    """Accepts plain containers, numbers, text and dates only."""

    def find_class(self, module: str, name: str) -> Cell:
        """Refuse every class but those of dates."""
        if (module, name) not in _ALLOWED:
            message = f"unexpected {module}.{name} from the reading process"
            raise HostileInputError(message)
        return super().find_class(module, name)


class _Child:
    """One reading process."""

    def __init__(self) -> None:
        package = Path(__file__).resolve().parents[3]
        paths = [str(package), os.environ.get("PYTHONPATH", "")]
        environment = {
            **without_secrets(os.environ),
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "OMP_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
        }
        self.owner = os.getpid()
        self.ready = False
        self.overdue = self.overgrown = False
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jkn_analysis.cleaning.open.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment,
            start_new_session=True,
        )

    def alive(self) -> bool:
        """Tell whether this process may be asked again."""
        return self.owner == os.getpid() and self.process.poll() is None

    def ask(self, path: Path) -> bytes | None:
        """Send one request; return the answer's bytes, None if the child died."""
        request = json.dumps({"path": str(path)}).encode() + b"\n"
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(done,), daemon=True)
        watch.start()
        try:
            if not self.ready:
                self.ready = self._receive(len(limits.READY)) == limits.READY
            os.write(self.process.stdin.fileno(), request)  # type: ignore[union-attr]
            head = self._receive(8)
            return head and self._receive(int.from_bytes(head, "little"))
        except OSError:
            return None
        finally:
            done.set()
            watch.join()

    def _receive(self, size: int) -> bytes | None:
        """Read `size` bytes; None if the child ends before."""
        read = self.process.stdout.read(size)  # type: ignore[union-attr]
        return read if len(read) == size else None

    def _watch(self, done: threading.Event) -> None:
        """Kill the child when it waits too long, or grows where no limit holds it.

        A pipe can be waited for with a limit of time on some systems only; a process
        can be killed on all.
        """
        deadline = time.monotonic() + WALL_SECONDS
        while not done.wait(WATCH_SECONDS):
            self.overdue = time.monotonic() > deadline
            self.overgrown = not limits.LIMITED and self._is_overgrown()
            if self.overdue or self.overgrown:
                self.process.kill()
                return

    def _is_overgrown(self) -> bool:
        """Tell whether the child has more memory than the limit of other systems."""
        import psutil

        try:
            used = psutil.Process(self.process.pid).memory_info().rss
        except psutil.Error:
            return False
        return used > limits.MEMORY_BYTES

    def last_words(self) -> str:
        """Return the last line the child wrote of an error, empty without one."""
        self.errors.seek(0)
        told = self.errors.read().decode(errors="replace").strip()
        return told.splitlines()[-1] if told else ""

    def stop(self) -> int:
        """End the process and return its exit status."""
        if self.owner != os.getpid():
            return 0
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.errors.close()
        return self.process.wait()


_lock = threading.Lock()
_children: list[_Child] = []


def _warm_child() -> _Child:
    """Return the running child, or start one."""
    if _children and _children[0].alive():
        return _children[0]
    close()
    _children.append(_Child())
    return _children[0]


def close() -> None:
    """End the child, if one runs."""
    while _children:
        _children.pop().stop()


atexit.register(close)


def open_foreign(path: Path) -> dict[str, Any]:
    """Read a foreign file in the child process and return its plain content.

    A large regular csv in UTF-8 is read here: see `dialect.read_plain`.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    dict
        ``format``, ``sheets`` and ``remarks`` as `readers.read_raw` makes them.

    Raises
    ------
    InputError
        If the file is missing, not a table, cannot be opened, or is locked by a
        password.
    HostileInputError
        If opening it takes too much memory or time, or kills the reader.
    """
    from jkn_analysis.cleaning.open import readers

    path = Path(path)
    what = why_no_file(path)
    if what:
        raise refusal(InputError, path, "unreadable:no_file", what=what)
    try:
        plain = readers.read_plain(path)
    except OSError as exc:
        why = exc.strerror
        raise refusal(InputError, path, "unreadable:closed", strerror=why) from exc
    if plain is not None:
        return plain
    with _lock:
        answer = _ask_child(path)
    if "refused" in answer:
        kind, message, remedy = map(unpack, answer["refused"])
        error = _ERRORS.get(kind, InputError)
        raise refusal(error, path, Finding(kind, message, remedy))
    answer["remarks"] = [(kind, unpack(text)) for kind, text in answer["remarks"]]
    return answer


def why_no_file(path: Path) -> str:
    """Say why a path is no file that can be opened, "" where it is one."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return (
            say("is a link to nothing") if path.is_symlink() else say("does not exist")
        )
    except (OSError, ValueError) as exc:
        text = exc.strerror if isinstance(exc, OSError) else str(exc)
        return say("cannot be opened ({strerror})", strerror=text)
    if stat.S_ISREG(mode):
        return ""
    return IS_FOLDER if stat.S_ISDIR(mode) else say("is no regular file")


def _ask_child(path: Path) -> dict[str, Any]:
    """Have the child read one file; one that was interrupted is asked no more."""
    child = _warm_child()
    done = False
    try:
        payload = child.ask(path.resolve())
        if payload is None:
            raise _explain_death(path, child)
        answer = _PlainUnpickler(io.BytesIO(payload)).load()
        done = not answer.get("restart")
    finally:
        if not done:
            close()
    return answer


def _explain_death(path: Path, child: _Child) -> JknError:
    """Explain why the reading process ended: our limits, this machine, or the file."""
    told = child.last_words()
    status = child.stop()
    ended_by_us = child.overdue or child.overgrown
    if not child.ready and not ended_by_us:
        return ConfigError(
            f"{path}: not read, the reading process does not start "
            f"({told or f'exit status {status}'})\n"
            "  → free memory, or install the package anew: python make.py install"
        )
    if ended_by_us or status in {-9, -24}:
        why = "limit:computing" if status == -24 else "limit:time"
        return refusal(LimitError, path, why)
    why = "hostile:memory" if status == -6 else "hostile:ended"
    return refusal(HostileInputError, path, why)
