"""Texts of others made safe: on one line, or as the name of a file."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def one_line(text: str) -> str:
    r"""Return `text` on one line: no control, line-break or direction character.

    A name from a sheet may carry a newline that would start a new header, or a
    direction mark that would turn the words after it around.

    Examples
    --------
    >>> one_line("Kota  Ternate\r\nBcc: x@y.z")
    'Kota Ternate Bcc: x@y.z'
    """
    plain = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs", "Co"} else char
        for char in _BIDI.sub("", text)
    )
    return " ".join(plain.split())


def slug(text: str, *, longest: int = 40) -> str:
    """Return a name that is safe as a file or folder name on any system.

    A short digest is added where letters were lost, so that two names never meet
    in one file.

    Examples
    --------
    >>> slug("Dinas Sosial"), slug("../../etc")
    ('dinas-sosial', 'etc-...')
    """
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9]+", "-", folded.lower()).strip("-")
    plain = re.fullmatch(r"[A-Za-z0-9]+([ -][A-Za-z0-9]+)*", text) is not None
    if plain and len(kept) <= longest:
        return kept
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept[:longest].strip('-') or 'x'}-{digest}"
