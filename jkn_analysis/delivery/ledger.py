"""What was sent to whom: an append-only file that survives a cut at any moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from jkn_analysis.errors import DeliveryError, LockedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

LEDGER = "ledger.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kirim (
    nomor INTEGER PRIMARY KEY AUTOINCREMENT,
    waktu TEXT NOT NULL,
    message_id TEXT NOT NULL,
    alamat TEXT NOT NULL,
    rapat TEXT NOT NULL,
    kode TEXT NOT NULL,
    kantor TEXT NOT NULL,
    laporan TEXT NOT NULL,
    status TEXT NOT NULL,
    jawaban TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS kirim_pesan ON kirim (message_id, alamat, nomor);
"""
_LATEST = """
SELECT waktu, message_id, alamat, rapat, kode, kantor, laporan, status, jawaban
FROM kirim WHERE nomor IN (SELECT max(nomor) FROM kirim GROUP BY message_id, alamat)
ORDER BY nomor
"""


class Status(StrEnum):
    """What is known of one copy of one message."""

    SENDING = "sending"
    """Written before DATA; found later, it means nobody knows."""
    SENT = "sent"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"


SETTLED = frozenset({Status.SENT, Status.UNKNOWN, Status.SENDING})
"""States after which a copy is never sent again by itself."""


@dataclass(frozen=True)
class Copy:
    """One message to one address."""

    message_id: str
    alamat: str
    rapat: str
    kode: str
    kantor: str
    laporan: str


@dataclass(frozen=True)
class Record:
    """The last known state of a copy."""

    waktu: str
    copy: Copy
    status: Status
    jawaban: str


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file with its table; what cannot be read is closed again."""
    base = sqlite3.connect(path, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode=DELETE")
        base.execute("PRAGMA synchronous=EXTRA")
        base.executescript(_SCHEMA)
    except sqlite3.DatabaseError:
        base.close()
        raise
    return base


class Ledger:
    """Append-only list of deliveries; each line is on disk before the call returns."""

    def __init__(self, path: Path, *, now: Callable[[], dt.datetime]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._now = now
        try:
            self._base = _connect(path)
        except sqlite3.DatabaseError as exc:
            raise DeliveryError(
                f"{path}: the ledger of sent mail cannot be read ({exc})\n"
                "  → restore it from a backup; without it mail would go out twice"
            ) from exc

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def record(self, copy: Copy, status: Status, jawaban: str = "") -> None:
        """Append one line and wait until it is on disk."""
        values = (
            self._now().isoformat(timespec="seconds"),
            *(copy.message_id, copy.alamat, copy.rapat, copy.kode),
            *(copy.kantor, copy.laporan, status.value, jawaban),
        )
        self._base.execute(
            "INSERT INTO kirim (waktu, message_id, alamat, rapat, kode, kantor, "
            "laporan, status, jawaban) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )

    def status(self, message_id: str, alamat: str) -> Status | None:
        """Return the last state of a copy; None if it was never tried."""
        found = self._base.execute(
            "SELECT status FROM kirim WHERE message_id = ? AND alamat = ? "
            "ORDER BY nomor DESC LIMIT 1",
            (message_id, alamat),
        ).fetchone()
        return None if found is None else Status(found[0])

    def list_latest(self) -> list[Record]:
        """Return the last state of every copy, in the order they were reached."""
        return [
            Record(row[0], Copy(*row[1:7]), Status(row[7]), row[8])
            for row in self._base.execute(_LATEST)
        ]

    def sweep(self) -> list[Copy]:
        """Declare unknown what an earlier sender left between DATA and its reply."""
        cut = [r.copy for r in self.list_latest() if r.status is Status.SENDING]
        for copy in cut:
            self.record(copy, Status.UNKNOWN, "the sender was cut off after DATA")
        return cut


@contextmanager
def open_ledger(path: Path, *, now: Callable[[], dt.datetime]) -> Iterator[Ledger]:
    """Open the ledger for one sender at a time.

    Raises
    ------
    LockedError
        If another sender has it; the lock dies with its process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_suffix(".lock"), blocking=False)
    try:
        lock.acquire()
    except Timeout as exc:
        raise LockedError(
            f"{path}: another `jkn mail --really` is sending\n"
            "  → wait until it ends; its results stand in the same ledger"
        ) from exc
    try:
        with closing(Ledger(path, now=now)) as ledger:
            yield ledger
    finally:
        lock.release()


def read_statuses(path: Path) -> dict[tuple[str, str], Status]:
    """Return the last state by Message-ID and address; empty without a ledger."""
    if not path.is_file():
        return {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        rows = base.execute(_LATEST).fetchall()
    return {(row[1], row[2]): Status(row[7]) for row in rows}
