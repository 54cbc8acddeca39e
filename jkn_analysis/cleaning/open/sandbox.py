"""Opening foreign files in a child process with limits; one warm child for many."""

from __future__ import annotations

import atexit
import io
import json
import os
import pickle
import select
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.errors import HostileInputError, InputError

WALL_SECONDS = 90.0
"""The child's own limit is CPU time; this one only catches a child that waits."""
IS_FOLDER = "is a folder"
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
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "OMP_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
        }
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jkn_analysis.cleaning.open.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )

    def alive(self) -> bool:
        """Tell whether this process may be asked again."""
        return self.owner == os.getpid() and self.process.poll() is None

    def ask(self, path: Path) -> bytes | None:
        """Send one request; return the answer's bytes, None if the child died."""
        request = json.dumps({"path": str(path)}).encode() + b"\n"
        deadline = time.monotonic() + WALL_SECONDS
        try:
            os.write(self.process.stdin.fileno(), request)  # type: ignore[union-attr]
        except BrokenPipeError:
            return None
        head = self._receive(8, deadline)
        if head is None:
            return None
        return self._receive(int.from_bytes(head, "little"), deadline)

    def _receive(self, size: int, deadline: float) -> bytes | None:
        """Read `size` bytes before `deadline`; None if the child ends or waits."""
        source = self.process.stdout.fileno()  # type: ignore[union-attr]
        parts = io.BytesIO()
        while parts.tell() < size:
            ready, _, _ = select.select(
                [source], [], [], max(0.0, deadline - time.monotonic())
            )
            chunk = os.read(source, min(2**20, size - parts.tell())) if ready else b""
            if not chunk:
                return None
            parts.write(chunk)
        return parts.getvalue()

    def stop(self) -> int:
        """End the process and return its exit status."""
        if self.owner != os.getpid():
            return 0
        if self.process.poll() is None:
            self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
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
        raise InputError(f"{path}: {what}\n  → name an existing file")
    try:
        plain = readers.read_plain(path)
    except OSError as exc:
        raise InputError(f"{path}: {readers.say_closed(exc)}") from exc
    if plain is not None:
        return plain
    with _lock:
        answer = _ask_child(path)
    if "refused" in answer:
        error = HostileInputError if answer["kind"] == "hostile" else InputError
        raise error(f"{path}: {answer['refused']}\n  → {answer['remedy']}")
    return answer


def why_no_file(path: Path) -> str:
    """Say why a path is no file that can be opened, "" where it is one."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "is a link to nothing" if path.is_symlink() else "does not exist"
    except (OSError, ValueError) as exc:
        text = exc.strerror if isinstance(exc, OSError) else str(exc)
        return f"cannot be opened ({text})"
    if stat.S_ISREG(mode):
        return ""
    return IS_FOLDER if stat.S_ISDIR(mode) else "is no regular file"


def _ask_child(path: Path) -> dict[str, Any]:
    """Have the child read one file; one that was interrupted is asked no more."""
    child = _warm_child()
    done = False
    try:
        payload = child.ask(path.resolve())
        if payload is None:
            raise HostileInputError(_say_death(path, child.stop()))
        answer = _PlainUnpickler(io.BytesIO(payload)).load()
        done = not answer.get("restart")
    finally:
        if not done:
            close()
    return answer


def _say_death(path: Path, status: int) -> str:
    """Explain why the reading process ended."""
    why = {
        -24: "took too much computing time",
        -9: "took too long or too much memory",
        -6: "is damaged, or asks for more memory than any table needs",
    }.get(status, "is damaged: the reading process ended")
    return (
        f"{path}: {why}\n"
        "  → open it by hand, save the table in a new workbook or as csv, send it again"
    )
