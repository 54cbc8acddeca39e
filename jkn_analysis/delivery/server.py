"""The way to the mail server: settings from the environment, TLS or nothing, login."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import SecretStr

from jkn_analysis.delivery.oauth import Granter, fetch_token, read_granter
from jkn_analysis.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

Security = Literal["starttls", "smtps", "loopback"]
PORTS: dict[Security, int] = {"starttls": 587, "smtps": 465, "loopback": 1025}
TIMEOUT_S = 20.0
"""How long the server may be silent before DATA; then nothing more is tried."""
TEMPORARY = range(400, 500)
_KEYRING_SERVICE = "jkn-analysis"


class TryLaterError(Exception):
    """The server answers, but takes nothing for now."""


class ServerDownError(Exception):
    """The server does not answer: nothing more is tried in this run."""


@dataclass(frozen=True)
class SmtpSettings:
    """The way out, from the environment only."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    ca_file: str = ""
    granter: Granter | None = None
    """Who gives tokens for XOAUTH2 (Exchange, Google); None for a password."""


def read_settings(environ: Mapping[str, str]) -> SmtpSettings:
    """Read ``JKN_SMTP_HOST`` and ``_PORT _USER _PASSWORD _SECURITY _CA``.

    Without ``JKN_SMTP_PASSWORD`` the password is looked up in the keyring under the
    service ``jkn-analysis`` and the user. ``loopback`` is a connection without TLS
    that is accepted only on this machine, for a local mail catcher. With
    ``JKN_SMTP_AUTH=xoauth2`` the login is a token: see `oauth.read_granter`.

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
    granter = read_granter(environ)
    password = SecretStr("") if granter else _find_password(environ, user)
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
        granter=granter,
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


def connect(settings: SmtpSettings) -> smtplib.SMTP:
    """Open a checked connection and log in.

    Raises
    ------
    DeliveryError
        If the connection would not be private, or the server refuses the login.
    TryLaterError
        If it answers and is busy.
    ServerDownError
        If it cannot be reached or is silent.
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
        if exc.smtp_code in TEMPORARY:
            raise TryLaterError(f"login: {exc.smtp_code}") from exc
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
        answers = isinstance(exc, smtplib.SMTPException) and not is_silent(exc)
        kind = TryLaterError if answers else ServerDownError
        raise kind(f"no connection: {plain(exc)}") from exc
    return link


def is_silent(exc: Exception) -> bool:
    """Tell whether a failure is the server's silence, not an answer of it."""
    return isinstance(exc, TimeoutError) or isinstance(exc.__context__, TimeoutError)


def _log_in(link: smtplib.SMTP, settings: SmtpSettings) -> None:
    """Log in where a user is set; close the connection if that fails."""
    try:
        link.ehlo_or_helo_if_needed()
        if settings.granter is not None:
            _log_in_by_token(link, settings.user, settings.granter, settings.ca_file)
        elif settings.user:
            link.login(settings.user, settings.password.get_secret_value())
    except (smtplib.SMTPException, OSError, DeliveryError):
        link.close()
        raise


def _log_in_by_token(
    link: smtplib.SMTP, user: str, granter: Granter, ca_file: str
) -> None:
    """Log in by XOAUTH2 (Google's and Microsoft's SASL mechanism)."""
    token = fetch_token(granter, ca_file=ca_file)

    def answer(challenge: bytes | None = None) -> str:
        """Give the token first; an explained refusal gets an empty answer."""
        return (
            f"user={user}\x01auth=Bearer {token}\x01\x01" if challenge is None else ""
        )

    link.auth("XOAUTH2", answer, initial_response_ok=True)


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


def reply_line(code: int, reply: bytes) -> str:
    """Return a server's answer as one short line."""
    text = reply.decode("utf-8", "replace")
    return " ".join(f"{code} {text}".split())[:200]


def plain(exc: Exception) -> str:
    """Describe a failure in one line."""
    if isinstance(exc, smtplib.SMTPResponseException):
        error = exc.smtp_error
        return reply_line(exc.smtp_code, error if isinstance(error, bytes) else b"")
    return " ".join(f"{type(exc).__name__} {exc}".split())[:200]
