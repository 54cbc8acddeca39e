"""The only module that opens a connection: TLS or nothing, at most once by itself."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import SecretStr

from jkn_analysis.delivery.door import judge_message, tell
from jkn_analysis.delivery.ledger import SETTLED, Copy, Status
from jkn_analysis.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from jkn_analysis.delivery.ledger import Ledger

Security = Literal["starttls", "smtps", "loopback"]
PORTS: dict[Security, int] = {"starttls": 587, "smtps": 465, "loopback": 1025}
TIMEOUT_S = 60.0
BACKOFF_S: tuple[float, ...] = (30.0, 120.0, 600.0)
"""Pauses before the second, third and fourth try of what was refused for now."""
_OK, _START_INPUT, _CLOSING = 250, 354, 421
_TEMPORARY = range(400, 500)
_KEYRING_SERVICE = "jkn-analysis"


@dataclass(frozen=True)
class SmtpSettings:
    """The way out, from the environment only."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    ca_file: str = ""


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


class _TryLaterError(Exception):
    """No connection for now."""


def read_settings(environ: Mapping[str, str]) -> SmtpSettings:
    """Read ``JKN_SMTP_HOST`` and ``_PORT _USER _PASSWORD _SECURITY _CA``.

    Without ``JKN_SMTP_PASSWORD`` the password is looked up in the keyring under the
    service ``jkn-analysis`` and the user. ``loopback`` is a connection without TLS
    that is accepted only on this machine, for a local mail catcher.

    Raises
    ------
    ConfigError
        If the host is missing or a value is none of the known ones.
    """
    host = environ.get("JKN_SMTP_HOST", "").strip()
    if not host:
        raise ConfigError(
            "JKN_SMTP_HOST is not set\n  → set JKN_SMTP_HOST, _PORT, _USER, "
            "_PASSWORD and _SECURITY (starttls or smtps) in the environment"
        )
    security = environ.get("JKN_SMTP_SECURITY", "starttls").strip().lower()
    if security not in get_args(Security):
        raise ConfigError(
            f"JKN_SMTP_SECURITY is '{security}'\n"
            f"  → use one of {', '.join(get_args(Security))}"
        )
    kind: Security = security  # type: ignore[assignment]
    if kind == "loopback" and not is_loopback(host):
        raise ConfigError(
            f"JKN_SMTP_SECURITY=loopback with JKN_SMTP_HOST={host}: mail would cross "
            "the network in clear\n  → use starttls or smtps"
        )
    port = environ.get("JKN_SMTP_PORT", "").strip()
    if port and not (port.isascii() and port.isdigit()):
        raise ConfigError(f"JKN_SMTP_PORT is '{port}', not a number")
    user = environ.get("JKN_SMTP_USER", "").strip()
    password = _find_password(environ, user)
    if not (user + password.get_secret_value()).isascii():
        raise ConfigError(
            "JKN_SMTP_USER or JKN_SMTP_PASSWORD has characters outside ASCII\n"
            "  → SMTP login cannot carry them; choose another password"
        )
    return SmtpSettings(
        host=host,
        port=int(port) if port else PORTS[kind],
        security=kind,
        user=user,
        password=password,
        ca_file=environ.get("JKN_SMTP_CA", "").strip(),
    )


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine, without asking DNS.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("mail.go.id")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def send_all(
    jobs: Sequence[Job],
    *,
    settings: SmtpSettings,
    ledger: Ledger,
    pause: Callable[[float], None],
    again: Literal["never", "also_settled"] = "never",
) -> list[Result]:
    """Send every copy that the ledger does not call settled; retry what is deferred.

    A copy is written down as ``sending`` before DATA and as ``sent`` after the
    server's answer. A cut in between is ``unknown``: SMTP cannot tell, so a person
    decides, and a second sending keeps the Message-ID.

    Parameters
    ----------
    jobs
        Copies in the order they go.
    settings
        From `read_settings`.
    ledger
        Open and locked.
    pause
        Waits the given seconds between rounds.
    again
        ``also_settled`` sends once more what was sent or is unknown.

    Raises
    ------
    DeliveryError
        Certificate, missing STARTTLS, refused password: nothing more is tried.
    """
    _refuse_sample_outside(jobs, settings)
    ledger.sweep()
    results: dict[Copy, Result] = {}
    pending = []
    for job in jobs:
        status = ledger.status(job.copy.message_id, job.copy.alamat)
        if status in SETTLED and again == "never":
            results[job.copy] = Result(job.copy, status, "", skipped=True)
        else:
            pending.append(job)
    for wait in (0.0, *BACKOFF_S):
        if not pending:
            break
        if wait:
            pause(wait)
        for result in _send_round(pending, settings, ledger):
            results[result.copy] = result
        pending = [
            job for job in pending if results[job.copy].status is Status.DEFERRED
        ]
    return [results[job.copy] for job in jobs]


def connect(settings: SmtpSettings) -> smtplib.SMTP:
    """Open a checked connection and log in.

    Raises
    ------
    DeliveryError
        If the connection would not be private, or the server refuses the login.
    """
    try:
        link = _open(settings)
        _log_in(link, settings)
    except ssl.SSLError as exc:
        reason = getattr(exc, "verify_message", "") or exc.reason
        raise DeliveryError(
            f"{settings.host}:{settings.port}: TLS refused: {reason}\n"
            "  → correct JKN_SMTP_HOST, or give the certificate of your authority in "
            "JKN_SMTP_CA; the check is never skipped"
        ) from exc
    except smtplib.SMTPAuthenticationError as exc:
        if exc.smtp_code in _TEMPORARY:
            raise _TryLaterError(f"login: {exc.smtp_code}") from exc
        raise DeliveryError(
            f"{settings.host}: login refused ({exc.smtp_code})\n"
            "  → check JKN_SMTP_USER and JKN_SMTP_PASSWORD"
        ) from exc
    except smtplib.SMTPNotSupportedError as exc:
        raise DeliveryError(
            f"{settings.host}: the server offers no login over this connection\n"
            "  → check JKN_SMTP_SECURITY and the port"
        ) from exc
    except (smtplib.SMTPException, OSError) as exc:
        raise _TryLaterError(f"no connection: {_plain(exc)}") from exc
    return link


def _log_in(link: smtplib.SMTP, settings: SmtpSettings) -> None:
    """Log in where a user is set; close the connection if that fails."""
    try:
        link.ehlo_or_helo_if_needed()
        if settings.user:
            link.login(settings.user, settings.password.get_secret_value())
    except (smtplib.SMTPException, OSError):
        link.close()
        raise


def _find_password(environ: Mapping[str, str], user: str) -> SecretStr:
    """Return the password from the environment, else from the keyring."""
    given = environ.get("JKN_SMTP_PASSWORD", "")
    if given or not user:
        return SecretStr(given)
    import keyring
    from keyring.errors import KeyringError

    try:
        return SecretStr(keyring.get_password(_KEYRING_SERVICE, user) or "")
    except KeyringError as exc:
        raise ConfigError(
            "JKN_SMTP_PASSWORD is not set and no keyring answers\n"
            "  → set JKN_SMTP_PASSWORD in the environment"
        ) from exc


def _refuse_sample_outside(jobs: Iterable[Job], settings: SmtpSettings) -> None:
    """Keep made-up figures on this machine."""
    samples = sum(job.contoh for job in jobs)
    if samples and not is_loopback(settings.host):
        raise DeliveryError(
            f"{samples} message(s) carry sample data (DATA CONTOH) and may not leave "
            f"this machine; the server is {settings.host}\n"
            "  → build and run on real deliveries, then compose again"
        )


def _open(settings: SmtpSettings) -> smtplib.SMTP:
    """Open the connection; private, or to this machine only."""
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if settings.ca_file:
        context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    where = (settings.host, settings.port)
    if settings.security == "smtps":
        return smtplib.SMTP_SSL(*where, timeout=TIMEOUT_S, context=context)
    link = smtplib.SMTP(*where, timeout=TIMEOUT_S)
    if settings.security == "loopback":
        return link
    link.ehlo_or_helo_if_needed()
    if not link.has_extn("starttls"):
        link.close()
        raise DeliveryError(
            f"{settings.host}:{settings.port}: the server offers no STARTTLS; nothing "
            "was sent in clear\n  → use JKN_SMTP_SECURITY=smtps or another port"
        )
    try:
        link.starttls(context=context)
    except (smtplib.SMTPException, OSError):
        link.close()
        raise
    return link


def _send_round(
    jobs: Sequence[Job], settings: SmtpSettings, ledger: Ledger
) -> Iterable[Result]:
    """Try each copy once, over as few connections as the server allows."""
    link: smtplib.SMTP | None = None
    try:
        for job in jobs:
            try:
                link = link or connect(settings)
            except _TryLaterError as exc:
                ledger.record(job.copy, Status.DEFERRED, str(exc))
                yield Result(job.copy, Status.DEFERRED, str(exc))
                continue
            result = _send_one(link, job, ledger)
            ledger.record(job.copy, result.status, result.jawaban)
            yield result
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
    payload = _dot_stuffed(message)
    try:
        for step in (
            lambda: link.mail(job.sender),
            lambda: link.rcpt(job.copy.alamat),
        ):
            code, reply = step()
            if code not in {_OK, 251}:
                return _refusal(job.copy, code, reply)
        ledger.record(job.copy, Status.SENDING)
        code, reply = link.docmd("DATA")
        if code != _START_INPUT:
            return _refusal(job.copy, code, reply)
    except (smtplib.SMTPException, OSError) as exc:
        return Result(job.copy, Status.DEFERRED, f"before DATA: {_plain(exc)}")
    try:
        link.send(payload)
        code, reply = link.getreply()
    except (smtplib.SMTPException, OSError) as exc:
        return Result(job.copy, Status.UNKNOWN, f"after DATA: {_plain(exc)}")
    if code == _OK:
        return Result(job.copy, Status.SENT, _line(code, reply))
    return _refusal(job.copy, code, reply)


def _refusal(copy: Copy, code: int, reply: bytes) -> Result:
    """Tell a refusal for now (4xx) from one for good."""
    status = Status.DEFERRED if code in _TEMPORARY else Status.REFUSED
    return Result(copy, status, _line(code, reply))


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


def _line(code: int, reply: bytes) -> str:
    """Return a server's answer as one short line."""
    text = reply.decode("utf-8", "replace")
    return " ".join(f"{code} {text}".split())[:200]


def _plain(exc: Exception) -> str:
    """Describe a failure in one line."""
    if isinstance(exc, smtplib.SMTPResponseException):
        error = exc.smtp_error
        return _line(exc.smtp_code, error if isinstance(error, bytes) else b"")
    return " ".join(f"{type(exc).__name__} {exc}".split())[:200]
