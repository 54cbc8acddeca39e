"""What was sent to whom: an append-only file that survives a cut at any moment."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from jkn_analysis.errors import DeliveryError, LockedError
from jkn_analysis.store import write_bytes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

LEDGER = "ledger.sqlite"
KEPT = "terkirim"
"""Folder beside the ledger with every message that was ever given to a server."""
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
CREATE TABLE IF NOT EXISTS alamat (
    alamat TEXT PRIMARY KEY,
    keadaan TEXT NOT NULL,
    waktu TEXT NOT NULL,
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
    CLOSED = "closed"
    """Never written down: the address is dead or asked to stop."""


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
    path.touch(mode=0o600, exist_ok=True)
    base = sqlite3.connect(path, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode=DELETE")
        base.execute("PRAGMA synchronous=EXTRA")
        base.executescript(_SCHEMA)
        (told,) = base.execute("PRAGMA quick_check(1)").fetchone()
        path.chmod(0o600)
    except sqlite3.DatabaseError:
        base.close()
        raise
    if told != "ok":
        base.close()
        raise sqlite3.DatabaseError(told.splitlines()[0])
    return base


@dataclass(frozen=True)
class Closed:
    """An address that gets no mail: ``mati`` or ``berhenti``, since when and why."""

    alamat: str
    keadaan: str
    waktu: str
    jawaban: str


class Ledger:
    """Append-only list of deliveries; each line is on disk before the call returns."""

    def __init__(
        self, path: Path, *, now: Callable[[], dt.datetime], kept: Path | None = None
    ) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._now = now
        try:
            self._base = _connect(path)
        except sqlite3.DatabaseError as exc:
            raise DeliveryError(
                f"{path}: the ledger of sent mail cannot be read ({exc})\n"
                "  → restore it from a backup; without it mail would go out twice"
            ) from exc

        self._kept = kept or path.parent / KEPT
        self._refuse_loss(path)

    def _refuse_loss(self, path: Path) -> None:
        """Stop where messages were kept as sent that no line knows."""
        known = {
            kept_name(row[0])
            for row in self._base.execute("SELECT DISTINCT message_id FROM kirim")
        }
        lost = [p.name for p in self._kept.glob("*.eml") if p.name not in known]
        if lost:
            self._base.close()
            raise DeliveryError(
                f"{path}: the ledger does not know {len(lost)} message(s) that lie in "
                f"{self._kept} as sent\n  → restore it from a backup; without it mail "
                "would go out twice"
            )

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def keep(self, copy: Copy, path: Path) -> None:
        """Keep a message under its Message-ID: composing anew never changes it.

        The file is linked, not copied, so that it takes no room of its own.
        """
        self._kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._kept / kept_name(copy.message_id)
        if target.exists():
            return
        try:
            os.link(path, target)
        except OSError:
            write_bytes(target, path.read_bytes(), mode=0o600)

    def list_closed(self) -> dict[str, Closed]:
        """Return the addresses that get no mail."""
        rows = self._base.execute("SELECT * FROM alamat ORDER BY keadaan, alamat")
        return {row[0]: Closed(*row) for row in rows}

    def close_address(self, alamat: str, keadaan: str, jawaban: str = "") -> None:
        """Send an address nothing more until it is opened again."""
        self._base.execute(
            "INSERT OR REPLACE INTO alamat VALUES (?, ?, ?, ?)",
            (alamat, keadaan, self._now().isoformat(timespec="seconds"), jawaban),
        )

    def open_address(self, alamat: str) -> bool:
        """Let an address receive again; tell whether it was closed."""
        done = self._base.execute("DELETE FROM alamat WHERE alamat = ?", (alamat,))
        return done.rowcount > 0

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
def open_ledger(
    path: Path, *, now: Callable[[], dt.datetime], kept: Path | None = None
) -> Iterator[Ledger]:
    """Open the ledger for one sender at a time.

    Parameters
    ----------
    path
        The file; made for its owner alone where it is not there.
    now
        The time of each line.
    kept
        Folder of the messages that were sent; beside the ledger if None.

    Raises
    ------
    DeliveryError
        If it cannot be read, or does not know what was sent.
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
        with closing(Ledger(path, now=now, kept=kept)) as ledger:
            yield ledger
    finally:
        lock.release()


def kept_name(message_id: str) -> str:
    """Return the file name of a kept message, from its Message-ID.

    Examples
    --------
    >>> kept_name("<ab12@contoh.invalid>")
    'ab12.eml'
    """
    local = message_id.strip().strip("<>").partition("@")[0]
    return "".join(char for char in local if char.isalnum()) + ".eml"


def read_records(path: Path) -> list[Record]:
    """Return the last state of every copy; empty without a ledger."""
    if not path.is_file():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        try:
            rows = base.execute(_LATEST).fetchall()
        except sqlite3.DatabaseError:
            return []
    return [Record(row[0], Copy(*row[1:7]), Status(row[7]), row[8]) for row in rows]


def read_statuses(path: Path) -> dict[tuple[str, str], Status]:
    """Return the last state by Message-ID and address; empty without a ledger."""
    records = read_records(path)
    return {(r.copy.message_id, r.copy.alamat): r.status for r in records}
