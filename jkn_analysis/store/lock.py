"""One lock for everything that writes in a project, with its holder's name."""

from __future__ import annotations

import datetime as dt
import os
import socket
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jkn_analysis.errors import LockedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK, NOTE = ".kunci", ".kunci.oleh"


@contextmanager
def hold_project(root: Path, *, holder: str) -> Iterator[None]:
    """Hold a project's store alone; held again by the same process it is one hold.

    The lock is the operating system's: it goes with the process, however that ends.

    Parameters
    ----------
    root
        The folder of processed tables.
    holder
        What others are told, such as ``jkn build``.

    Raises
    ------
    LockedError
        Names who holds it, and since when.
    """
    from filelock import FileLock, Timeout

    note = root / NOTE
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / LOCK, timeout=0, is_singleton=True, thread_local=False)
        nested = lock.is_locked
        lock.acquire()
    except Timeout as exc:
        raise LockedError(
            f"{root}: held by {_read_note(note)}\n  → wait for it to end, or stop it"
        ) from exc
    except OSError as exc:
        raise StoreError(
            f"{root}: cannot be written ({exc.strerror})\n"
            "  → make the folder writable or set paths.processed in the config file"
        ) from exc
    try:
        if not nested:
            told = f"{holder}, pid {os.getpid()} on {socket.gethostname()}"
            with suppress(OSError):
                note.write_text(told, encoding="utf-8")
        yield
    finally:
        if not nested:
            with suppress(OSError):
                note.unlink(missing_ok=True)
        lock.release()


def _read_note(note: Path) -> str:
    """Say who holds the lock since when, as far as the note tells."""
    try:
        held = note.read_text(encoding="utf-8", errors="replace").strip()
        since = dt.datetime.fromtimestamp(note.stat().st_mtime, dt.UTC)
    except OSError:
        return "another process (just started)"
    return f"{held}, since {since:%Y-%m-%d %H:%M} UTC"
