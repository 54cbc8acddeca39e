"""Keyed pseudonyms: a NIK becomes 128 bits that nobody can enumerate without the key.

An unkeyed hash is no protection: one kabupaten has some 26 million plausible NIK,
seconds of hashing. With the key a pseudonym table is still personal data (it links);
without it the table is noise.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from jkn_analysis.errors import PrivacyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Ints = np.ndarray[Any, np.dtype[Any]]

ENVIRONMENT = "JKN_NIK_KEY"
KEYRING_SERVICE, KEYRING_USER = "jkn-analysis", "nik-key"
KEY_BYTES = 32
PSEUDONYM_BYTES = 16
_LEAST_DISTINCT = 16
_WORDS = (b"example", b"contoh", b"secret", b"rahasia", b"password", b"changeme")
_COMMON = (
    "", "jkn", "nik", "bpjs", "bpjskesehatan", "rahasia", "kunci", "kuncirahasia",
    "password", "passw0rd", "secret", "secretkey", "key", "admin", "test", "tes",
    "contoh", "example", "changeme", "indonesia", "jakarta", "ternate", "dinkes",
    "dinsos", "dukcapil", "kemkes", "qwerty", "123456", "12345678", "hello",
    "helloworld", "hello world", "foo", "bar", "foobar", "abc", "a", "pemda", "sehat",
)  # fmt: skip
_PUBLISHED = tuple(
    bytes.fromhex(text)
    for text in (
        "603deb1015ca71be2b73aef0857d7781",  # NIST SP 800-38A, AES-256
        "1f352c073b6108d72d9810a30914dff4",
        "2b7e151628aed2a6abf7158809cf4f3c",  # FIPS 197, AES-128
        "e3b0c44298fc1c149afbf4c8996fb924",  # SHA-256 of nothing
        "9d61b19deffd5a60ba844af492ec2cc4",  # RFC 8032, Ed25519 test 1
        "4ccd089b28ff96da9db6c346ec114e0f",  # RFC 8032, Ed25519 test 2
        "77076d0a7318a57d3c16c17251b26645",  # RFC 7748, X25519 Alice
        "5dab087e624a8a4b79e17f8b83800ee6",  # RFC 7748, X25519 Bob
        "85d6be7857556d337f4452fe42d506a8",  # RFC 8439, Poly1305
        "1c9240a5eb55d38af333888604f6b5f0",  # RFC 8439, ChaCha20
        "0123456789abcdef0123456789abcdef",
        "deadbeefdeadbeefdeadbeefdeadbeef",
    )
)
"""Keys of standards that are copied from pages; any half of one is enough."""
_HOW = (
    "\n  → make one: python -c 'import secrets; print(secrets.token_hex(32))', keep it"
    f"\n    in the keyring or a vault, and set {ENVIRONMENT} only for the run"
)


@dataclass(frozen=True)
class Key:
    """A secret key and the public name it is known by."""

    id: str
    """8 hex digits; stored beside every pseudonym so that keys can rotate."""
    secret: bytes = field(repr=False)


def _decode(text: str) -> bytes:
    """Read 32 bytes written as hex or base64."""
    stripped = text.strip()
    try:
        if len(stripped) == 2 * KEY_BYTES:
            return bytes.fromhex(stripped)
        return base64.b64decode(stripped, validate=True)
    except (ValueError, binascii.Error) as exc:
        raise PrivacyError(
            f"{ENVIRONMENT}: the key is neither 64 hex digits nor base64 of 32 bytes"
            + _HOW
        ) from exc


def _is_published(secret: bytes) -> bool:
    """Tell keys that stand in standards and manuals, and digests of common words."""
    if any(known in secret for known in _PUBLISHED):
        return True
    words = [word + ending for word in _COMMON for ending in ("", "123", "2025", "1")]
    forms = {form for word in words for form in (word, word.upper(), word.title())}
    return any(
        hashlib.new(name, form.encode(), usedforsecurity=False).digest() == secret
        for form in forms
        for name in ("sha256", "sha3_256", "blake2s")
    )


def _is_weak(secret: bytes) -> bool:
    """Tell keys out of a manual from random ones."""
    if _is_published(secret):
        return True
    steps = {(after - before) % 256 for before, after in zip(secret, secret[1:])}  # noqa: B905, RUF007 - neighbours
    lower = secret.lower()
    printable = all(32 <= byte < 127 for byte in secret)
    words = any(word in lower for word in _WORDS)
    few = len(set(secret)) < _LEAST_DISTINCT
    return few or len(steps) == 1 or printable or words


def build_key(text: str) -> Key:
    """Check a written key and name it.

    Parameters
    ----------
    text
        64 hex digits, or base64 of 32 bytes.

    Raises
    ------
    PrivacyError
        If it is short, long, unreadable, or an example rather than chance.
    """
    secret = _decode(text)
    if len(secret) != KEY_BYTES:
        raise PrivacyError(
            f"{ENVIRONMENT}: the key has {len(secret)} bytes, {KEY_BYTES} are needed"
            + _HOW
        )
    if _is_weak(secret):
        raise PrivacyError(
            f"{ENVIRONMENT}: the key is an example or a pattern, not 32 random bytes"
            + _HOW
        )
    digest = hashlib.blake2b(key=secret, digest_size=4, person=b"jkn-key-id")
    return Key(id=digest.hexdigest(), secret=secret)


def read_key(environment: Mapping[str, str] | None = None) -> Key:
    """Read the key from the environment, else from the system's keyring.

    Parameters
    ----------
    environment
        Variables to look in; those of the process if None.

    Raises
    ------
    PrivacyError
        If there is none, or it is unfit.
    """
    text = (os.environ if environment is None else environment).get(ENVIRONMENT)
    if not text and environment is None:
        text = _read_keyring()
    if not text:
        raise PrivacyError(
            f"no key for pseudonyms: neither {ENVIRONMENT} nor the keyring has one"
            + _HOW
        )
    return build_key(text)


def _read_keyring() -> str | None:
    """Ask the keyring; a machine without one has no key there."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, KEYRING_USER)
    except KeyringError:
        return None


def build_pseudonyms(nik: Ints, *, key: Key) -> Ints:
    """Turn valid NIK into pseudonyms by keyed BLAKE2b (RFC 7693).

    Parameters
    ----------
    nik
        int64 of 16 digits; 0 where there is no valid NIK.
    key
        The secret; equal keys give equal pseudonyms in every register.

    Returns
    -------
    ndarray
        uint64 of shape (n, 2): 128 bits; both 0 where `nik` is 0, for empty cells
        must never match each other.
    """
    start = hashlib.blake2b(
        key=key.secret, digest_size=PSEUDONYM_BYTES, person=b"jkn-nik-v1"
    )
    copy = start.copy
    found = np.flatnonzero(nik)
    digests: list[bytes] = []
    append = digests.append
    data = np.ascontiguousarray(nik[found], dtype="<i8").tobytes()
    for position in range(0, len(data), 8):
        state = copy()
        state.update(data[position : position + 8])
        append(state.digest())
    out = np.zeros((len(nik), 2), np.uint64)
    out[found] = np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)
    return out


def build_token_keys(tokens: list[str], *, key: Key, purpose: str) -> Ints:
    """Give every text a keyed 64-bit number, for comparing without showing.

    Parameters
    ----------
    tokens
        Distinct texts (name parts, dates); the empty text becomes 0.
    key
        The secret.
    purpose
        Up to 16 letters that keep numbers of different columns apart.
    """
    start = hashlib.blake2b(key=key.secret, digest_size=8, person=purpose.encode())
    digests = []
    for token in tokens:
        state = start.copy()
        state.update(token.encode())
        digests.append(state.digest())
    numbers = np.frombuffer(b"".join(digests), "<u8").copy()
    empty = np.fromiter((token == "" for token in tokens), bool, len(tokens))
    numbers[empty] = 0
    return numbers
