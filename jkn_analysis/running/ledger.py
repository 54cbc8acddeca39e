"""What runs did: one line per event, kept apart from the reports; and the lock."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from jkn_analysis.errors import LockedError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE = ".run"


def state_folder(reports: Path) -> Path:
    """Return the folder of the lock, the ledger and the cache."""
    return reports / STATE


def ledger_path(reports: Path, periode: str) -> Path:
    """Return the ledger of one month."""
    return state_folder(reports) / f"{periode}.jsonl"


def append_event(path: Path, event: dict[str, Any]) -> None:
    """Append one event as one line in one write.

    An empty line goes before it: what a kill cut short must not swallow it.
    """
    line = "\n" + json.dumps(event, ensure_ascii=False, sort_keys=True) + "\n"
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
    except OSError as exc:
        raise RunError(
            f"{path}: cannot be written ({exc.strerror})\n"
            "  → free space or choose another folder"
        ) from exc


def read_events(path: Path) -> list[dict[str, Any]]:
    """Read the events; a last line cut short by a kill is not one."""
    if not path.is_file():
        return []
    events = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events


def read_last_outcomes(path: Path) -> dict[str, dict[str, Any]]:
    """Return the last outcome of every region in the ledger."""
    return {
        event["kode"]: event
        for event in read_events(path)
        if event.get("event") == "report"
    }


@contextmanager
def hold_lock(reports: Path, *, started: str) -> Iterator[None]:
    """Hold the tree of reports; the lock dies with the process, however it dies.

    Raises
    ------
    LockedError
        Names the process that holds the tree and when it began.
    """
    folder = state_folder(reports)
    note = folder / "lock.oleh"
    lock = FileLock(folder / "lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as exc:
        raise LockedError(
            f"{reports}: another run holds it ({_read_holder(note)})\n"
            "  → wait for it to end, or stop it"
        ) from exc
    except OSError as exc:
        raise RunError(
            f"{reports}: reports cannot be written there ({exc.strerror})\n"
            "  → make the folder writable or set paths.reports in the config file"
        ) from exc
    try:
        # beside the lock: where a lock forbids reading, others could not read it there
        note.write_text(f"pid {os.getpid()}, started {started}", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _read_holder(note: Path) -> str:
    """Say who holds the lock, as far as the note tells."""
    try:
        return note.read_text(encoding="utf-8", errors="replace") or "just started"
    except OSError:
        return "just started"
