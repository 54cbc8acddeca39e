"""Tokens for XOAUTH2: from Microsoft, Google or any OAuth 2.0 server (RFC 6749)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from jkn_analysis.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

EARLY_S = 120.0
"""A token is renewed this long before it ends."""
_TIMEOUT_S = 20
_tokens: dict[str, tuple[str, float]] = {}


@dataclass(frozen=True)
class Granter:
    """Who gives tokens and by which right, from the environment only."""

    token_url: str
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    scope: str = ""


def read_granter(environ: Mapping[str, str]) -> Granter | None:
    """Read ``JKN_SMTP_AUTH=xoauth2`` and ``JKN_SMTP_TOKEN_URL``, ``_CLIENT_ID``.

    ``JKN_SMTP_CLIENT_SECRET``, ``JKN_SMTP_REFRESH_TOKEN`` and ``JKN_SMTP_SCOPE`` as
    the server wants them: Google gives a refresh token, Exchange also takes the
    client's own right (client credentials) where there is none.

    Returns
    -------
    Granter
        None where the login is a password.

    Raises
    ------
    ConfigError
        If the kind of login is not known, or something it needs is not set.
    """
    kind = environ.get("JKN_SMTP_AUTH", "password").strip().lower()
    if kind == "password":
        return None
    if kind != "xoauth2":
        raise ConfigError(f"JKN_SMTP_AUTH is '{kind}'\n  → use password or xoauth2")
    needed = ("JKN_SMTP_TOKEN_URL", "JKN_SMTP_CLIENT_ID", "JKN_SMTP_USER")
    missing = [name for name in needed if not environ.get(name, "").strip()]
    if missing:
        raise ConfigError(
            f"JKN_SMTP_AUTH=xoauth2 needs {', '.join(missing)}\n"
            "  → set them in the environment"
        )
    url = environ["JKN_SMTP_TOKEN_URL"].strip()
    if not url.startswith("https://"):
        raise ConfigError("JKN_SMTP_TOKEN_URL is no https address")
    return Granter(
        url,
        environ["JKN_SMTP_CLIENT_ID"].strip(),
        SecretStr(environ.get("JKN_SMTP_CLIENT_SECRET", "")),
        SecretStr(environ.get("JKN_SMTP_REFRESH_TOKEN", "")),
        environ.get("JKN_SMTP_SCOPE", "").strip(),
    )


def fetch_token(granter: Granter, *, ca_file: str = "") -> str:
    """Return a token that is valid now; one is asked for only when the last ends.

    Raises
    ------
    DeliveryError
        If the server gives none; never with a secret in the message.
    """
    place = f"{granter.token_url} {granter.client_id} {granter.scope}"
    known, ends = _tokens.get(place, ("", 0.0))
    if known and time.monotonic() < ends:
        return known
    from oauthlib.oauth2 import OAuth2Error
    from requests import RequestException

    try:
        given = _ask(granter, ca_file or True)
    except (OAuth2Error, RequestException, ValueError) as exc:
        raise DeliveryError(
            f"{granter.token_url}: no token ({type(exc).__name__})\n"
            "  → check JKN_SMTP_CLIENT_ID, _CLIENT_SECRET, _REFRESH_TOKEN and _SCOPE"
        ) from None
    token = str(given["access_token"])
    lasts = float(given.get("expires_in", 0)) - EARLY_S
    _tokens[place] = (token, time.monotonic() + lasts)
    return token


def _ask(granter: Granter, verify: str | bool) -> dict[str, Any]:  # noqa: FBT001 - requests' own
    """Ask by the refresh token where there is one, else by the client's own right."""
    from oauthlib.oauth2 import BackendApplicationClient
    from requests_oauthlib import OAuth2Session

    secret = granter.client_secret.get_secret_value()
    refresh = granter.refresh_token.get_secret_value()
    scope = granter.scope or None
    if refresh:
        with OAuth2Session(granter.client_id, scope=scope) as session:
            return session.refresh_token(
                granter.token_url,
                refresh_token=refresh,
                client_id=granter.client_id,
                client_secret=secret,
                verify=verify,
                timeout=_TIMEOUT_S,
            )
    client = BackendApplicationClient(granter.client_id, scope=scope)
    with OAuth2Session(client=client) as session:
        return session.fetch_token(
            granter.token_url,
            client_secret=secret,
            include_client_id=True,
            verify=verify,
            timeout=_TIMEOUT_S,
        )
