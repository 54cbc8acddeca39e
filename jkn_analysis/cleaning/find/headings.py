"""What a heading means: synonyms per canonical column, and the nearest if none fits."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from jkn_analysis.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

IGNORED = "abaikan"
"""Role of a column that a table has no use for; a config override may say it too."""
_UNITS = re.compile(
    r"[(\[]\s*(?:dalam\s+)?(?:rp\.?|rupiah|jiwa|orang|ribu(?:an)?|juta(?:an)?|jt|mili?ar|"
    r"milyar|triliun|persen|%|ribu jiwa|(?:ribu|juta|jt|mili?ar|milyar|triliun)\w*\s+"
    r"(?:rp\.?|rupiah|jiwa|orang)|rp\.?\s*(?:ribu|juta|jt|mili?ar|milyar|triliun)\w*|"
    r"unit|buah|tahun|bulan)\s*[)\]]",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    {
        "kecamatan", "desa", "kelurahan", "desakelurahan", "kodekecamatan",
        "namakecamatan", "kodedesa", "jumlah", "laki", "perempuan", "lakilaki",
        "pria", "wanita", "l", "p", "lp", "unit", "kunjungan", "kejadian",
        "jumlahkejadian", "pengunjung", "wisatawan", "lokasi", "koordinat", "alamat",
        "puskesmas", "rumahsakit", "dokter", "perawat", "bidan", "farmasi", "ahligizi",
        "doktergigi", "kesmas", "kesling", "atlm", "nilai", "jenis", "uraian",
        "indikator", "satuan", "tanggal", "status", "kategori", "target", "realisasi",
        "semester", "triwulan", "luas", "nomor", "judul", "negara", "nusantara",
        "mancanegara",
    }
)  # fmt: skip


@lru_cache(maxsize=8192)
def heading_key(text: str) -> str:
    """Reduce a heading to what it is compared by.

    Units in brackets fall away; ``%``, ``>`` and ``+`` stay, since they carry meaning.

    Examples
    --------
    >>> heading_key("Jumlah_ Peserta (jiwa)"), heading_key("% Aktif")
    ('jumlahpeserta', '%aktif')
    """
    plain = unicodedata.normalize("NFKD", _UNITS.sub(" ", text)).lower()
    return re.sub(r"[^a-z0-9%#+]", "", plain)


@cache
def _declared() -> dict[str, dict[str, list[str]]]:
    """Read the synonym table of the package."""
    path = resources.files("jkn_analysis.cleaning.find").joinpath("headings.toml")
    return tomllib.loads(path.read_text("utf-8"))


@cache
def heading_roles(table: str) -> dict[str, str]:
    """Return heading keys to roles for one table; its own entries win over common.

    A canonical column name is always its own heading.
    """
    roles: dict[str, str] = {}
    for section in ("umum", table):
        for role, spellings in _declared().get(section, {}).items():
            roles |= {heading_key(text): role for text in (*spellings, role)}
    if table in TABLES:
        roles |= {heading_key(name): name for name in TABLES[table].names}
    return roles


@cache
def _vocabulary() -> frozenset[str]:
    """Return every known heading key of any table."""
    tables = [*TABLES, "umum"]
    return frozenset(key for name in tables for key in heading_roles(name)) | _GENERIC


@lru_cache(maxsize=65536)
def is_heading(text: str) -> bool:
    """Tell whether a text is a heading of some table."""
    return heading_key(text) in _vocabulary()


def find_role(
    text: str, table: str, *, overrides: Mapping[str, str] | None = None
) -> str:
    """Return the role of a heading, or "" where it is not known.

    Parameters
    ----------
    text
        One part of a heading.
    table
        Canonical table.
    overrides
        Headings of the config file, ``[sources.<table>.headings]``.

    Examples
    --------
    >>> find_role("Jml. Peserta", "kepesertaan"), find_role("Kab/Kota", "faskes")
    ('terdaftar_jiwa', 'nama')
    """
    key = heading_key(text)
    own = {heading_key(name): role for name, role in (overrides or {}).items()}
    return own.get(key) or heading_roles(table).get(key, "")


def suggest_headings(text: str, table: str) -> list[str]:
    """Return known headings of a table that look like `text`, nearest first."""
    sections = [_declared().get(name, {}) for name in (table, "umum")]
    spellings = {
        heading_key(spelling): spelling
        for section in reversed(sections)
        for known in section.values()
        for spelling in known
    }
    near = difflib.get_close_matches(heading_key(text), spellings, n=3, cutoff=0.55)
    return [spellings[key] for key in near]
