"""Sending: one copy after another, at most once by itself, never past a dead server."""

from __future__ import annotations

import re
import smtplib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from jkn_analysis.delivery.door import judge_message, tell
from jkn_analysis.delivery.ledger import SETTLED, Copy, Status
from jkn_analysis.delivery.server import (
    TEMPORARY,
    ServerDownError,
    TryLaterError,
    connect,
    is_loopback,
    is_silent,
    plain,
    reply_line,
)
from jkn_analysis.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from jkn_analysis.delivery.ledger import Ledger
    from jkn_analysis.delivery.server import SmtpSettings

BACKOFF_S: tuple[float, ...] = (30.0, 120.0, 600.0)
"""Pauses before the second, third and fourth try of what was refused for now."""
DATA_TIMEOUT_S = 60.0
"""How long a server may think about a whole message."""
MOST_FAILURES = 3
"""Connections refused in a row after which nothing more is tried."""
MINUTE_S = 60.0
_OK, _START_INPUT, _CLOSING = 250, 354, 421
_NO_SUCH_BOX = frozenset({550, 551, 552, 553})
"""Refusals at MAIL or DATA that are about the address; at RCPT every 5xx is."""


@dataclass(frozen=True)
class Job:
    """One copy to send: its file, sender and whether it carries sample data."""

    copy: Copy
    path: Path
    sender: str
    contoh: bool


@dataclass(frozen=True)
class Result:
    """What became of one copy in this run."""

    copy: Copy
    status: Status
    jawaban: str
    skipped: bool = False
    dead: bool = False
    """The server says for good that the address takes no mail."""
    down: bool = False
    """The server fell silent over this copy."""


class Pace:
    """At most so many messages a minute, as servers of offices allow."""

    def __init__(
        self,
        per_minute: int,
        *,
        pause: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._pause, self._clock = per_minute, pause, clock
        self._began, self._sent = clock(), 0

    def count(self) -> None:
        """Note one message; wait where the minute's share is used up."""
        self._sent += 1
        if not self._most or self._sent < self._most:
            return
        left = MINUTE_S - (self._clock() - self._began)
        if left > 0:
            self._pause(left)
        self._began, self._sent = self._clock(), 0


def send_all(
    jobs: Sequence[Job],
    *,
    settings: SmtpSettings,
    ledger: Ledger,
    pause: Callable[[float], None],
    again: Literal["never", "unknown"] = "never",
    pace: Pace | None = None,
    watch: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Send every copy that the ledger does not call settled; retry what is deferred.

    A copy is written down as ``sending`` and its file kept before DATA, and written
    down as ``sent`` after the server's answer. A cut in between is ``unknown``: SMTP
    cannot tell, so a person decides, and a second sending keeps the Message-ID. A
    server that cannot be reached or falls silent ends the run at once; the copies
    left are deferred without having been tried.

    Parameters
    ----------
    jobs
        Copies in the order they go.
    settings
        From `server.read_settings`.
    ledger
        Open and locked.
    pause
        Waits the given seconds between rounds.
    again
        ``unknown`` sends once more what may or may not have arrived; what was sent
        is never sent again.
    pace
        Limit per minute; None for none.
    watch
        Told of every result as it comes.

    Raises
    ------
    DeliveryError
        Certificate, missing STARTTLS, refused password: nothing more is tried.
    """
    _refuse_sample_outside(jobs, settings)
    ledger.sweep()
    results = _settled(jobs, ledger, again)
    pending = [job for job in jobs if job.copy not in results]
    for wait in (0.0, *BACKOFF_S):
        if not pending:
            break
        if wait:
            pause(wait)
        try:
            for result in _send_round(pending, settings, ledger):
                results[result.copy] = result
                watch(result)
                if pace is not None and result.status is Status.SENT:
                    pace.count()
        except ServerDownError as exc:
            left = [job.copy for job in jobs if job.copy not in results]
            told = f"not tried, server down: {exc}"
            results |= {copy: Result(copy, Status.DEFERRED, told) for copy in left}
            break
        pending = [
            job for job in pending if results[job.copy].status is Status.DEFERRED
        ]
    return [results[job.copy] for job in jobs]


def _settled(
    jobs: Sequence[Job], ledger: Ledger, again: Literal["never", "unknown"]
) -> dict[Copy, Result]:
    """Find the copies that are not to be sent: settled, dead or asked to stop."""
    closed = ledger.list_closed()
    found = {}
    for job in jobs:
        copy = job.copy
        status = ledger.status(copy.message_id, copy.alamat)
        if status is Status.UNKNOWN and again == "unknown":
            status = None
        if status in SETTLED:
            found[copy] = Result(copy, status, "", skipped=True)
        elif copy.alamat in closed:
            state = closed[copy.alamat]
            told = f"{state.keadaan} since {state.waktu[:10]} {state.jawaban}".strip()
            found[copy] = Result(copy, Status.CLOSED, told, skipped=True)
    return found


def _refuse_sample_outside(jobs: Iterable[Job], settings: SmtpSettings) -> None:
    """Keep made-up figures on this machine."""
    samples = sum(job.contoh for job in jobs)
    if samples and not is_loopback(settings.host):
        raise DeliveryError(
            f"{samples} message(s) carry sample data (DATA CONTOH) and may not leave "
            f"this machine; the server is {settings.host}\n"
            "  → build and run on real deliveries, then compose again"
        )


def _send_round(
    jobs: Sequence[Job], settings: SmtpSettings, ledger: Ledger
) -> Iterator[Result]:
    """Try each copy once, over as few connections as the server allows."""
    link: smtplib.SMTP | None = None
    failures = 0
    try:
        for job in jobs:
            try:
                link = link or connect(settings)
                failures = 0
            except TryLaterError as exc:
                failures += 1
                ledger.record(job.copy, Status.DEFERRED, str(exc))
                yield Result(job.copy, Status.DEFERRED, str(exc))
                if failures >= MOST_FAILURES:
                    raise ServerDownError(str(exc)) from exc
                continue
            result = _send_one(link, job, ledger)
            ledger.record(job.copy, result.status, result.jawaban)
            if result.dead:
                ledger.close_address(job.copy.alamat, "mati", result.jawaban)
            yield result
            if result.down:
                link.close()
                raise ServerDownError(result.jawaban)
            link = _still_open(link, result)
    finally:
        if link is not None:
            _say_goodbye(link)


def _send_one(link: smtplib.SMTP, job: Job, ledger: Ledger) -> Result:
    """Take one copy through MAIL, RCPT and DATA."""
    message = job.path.read_bytes()
    if found := judge_message(message):
        job.path.unlink()
        return Result(job.copy, Status.REFUSED, f"withheld, {tell(found)}")
    try:
        refused = _announce(link, job)
        if refused is not None:
            return refused
        ledger.record(job.copy, Status.SENDING)
        ledger.keep(job.copy, job.path)
        code, reply = link.docmd("DATA")
        if code != _START_INPUT:
            return _refusal(job.copy, code, reply)
    except (smtplib.SMTPException, OSError) as exc:
        told = f"before DATA: {plain(exc)}"
        return Result(job.copy, Status.DEFERRED, told, down=is_silent(exc))
    try:
        link.sock.settimeout(DATA_TIMEOUT_S)  # type: ignore[union-attr]
        link.send(_dot_stuffed(message))
        code, reply = link.getreply()
    except (smtplib.SMTPException, OSError) as exc:
        told = f"after DATA: {plain(exc)}"
        return Result(job.copy, Status.UNKNOWN, told, down=is_silent(exc))
    if code == _OK:
        return Result(job.copy, Status.SENT, reply_line(code, reply))
    return _refusal(job.copy, code, reply)


def _announce(link: smtplib.SMTP, job: Job) -> Result | None:
    """Say from whom and to whom; return the refusal, if there is one."""
    code, reply = link.mail(job.sender)
    if code != _OK:
        return _refusal(job.copy, code, reply)
    code, reply = link.rcpt(job.copy.alamat)
    if code in {_OK, 251}:
        return None
    refused = _refusal(job.copy, code, reply)
    return replace(refused, dead=refused.status is Status.REFUSED)


def _refusal(copy: Copy, code: int, reply: bytes) -> Result:
    """Tell a refusal for now (4xx) from one for good."""
    status = Status.DEFERRED if code in TEMPORARY else Status.REFUSED
    return Result(copy, status, reply_line(code, reply), dead=code in _NO_SUCH_BOX)


def _still_open(link: smtplib.SMTP, result: Result) -> smtplib.SMTP | None:
    """Return the connection if it can take another message, else None."""
    if result.status is Status.SENT:
        return link
    if result.jawaban.startswith(str(_CLOSING)) or result.status is Status.UNKNOWN:
        link.close()
        return None
    try:
        code, _ = link.rset()
    except (smtplib.SMTPException, OSError):
        code = _CLOSING
    if code != _OK:
        link.close()
        return None
    return link


def _say_goodbye(link: smtplib.SMTP) -> None:
    """End the session politely; the mail is through already."""
    try:
        link.quit()
    except (smtplib.SMTPException, OSError):
        link.close()


def _dot_stuffed(message: bytes) -> bytes:
    """Return the message as DATA wants it (RFC 5321 4.5.2), with its end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    body = re.sub(rb"(?m)^\.", b"..", lines)
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"
