"""What a heading means: synonyms per canonical column, and the nearest if none fits."""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib import resources

from jkn_analysis.cleaning.values.units import strip_units
from jkn_analysis.tables import TABLES

NEAR = 0.81
"""Likeness of letters from which a heading is taken for a misspelt one."""
LEAST_LETTERS = 6
LEAST_SHORT = 4
"""Letters of a heading without vowels from which it may be known."""
APART = 0.04
"""How much liker the nearest role must be than the next."""
IGNORED = "abaikan"
"""Role of a column that a table has no use for; a config override may say it too."""
_PIVOT = re.compile(r"^\s*(?:sum|count|total|jumlah|hitungan)\s+(?:of|dari)\s+", re.I)
"""What a pivot table writes before the heading of its source."""
_COMBINING = re.compile("[\u0300-\u036f]")
_SHORT = {
    "jml": "jumlah", "jlh": "jumlah", "jmlh": "jumlah", "pst": "peserta",
    "psrt": "peserta", "tgl": "tanggal", "bln": "bulan", "thn": "tahun",
    "kls": "kelas", "kd": "kode", "nm": "nama", "kab": "kabupaten",
    "kec": "kecamatan", "prov": "provinsi", "ket": "keterangan", "tgk": "tunggakan",
}  # fmt: skip
_VOWEL = re.compile("[aiueo]")
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


@lru_cache(maxsize=65536)
def heading_key(text: str) -> str:
    """Reduce a heading to what it is compared by.

    Units in brackets fall away; ``%``, ``>`` and ``+`` stay, since they carry meaning;
    short words are written out.

    Examples
    --------
    >>> heading_key("JML_PST (jiwa)"), heading_key("% Aktif")
    ('jumlahpeserta', '%aktif')
    """
    plain = unicodedata.normalize("NFKD", strip_units(_PIVOT.sub("", text))).lower()
    words = re.split(r"[^a-z0-9%#+]+", _COMBINING.sub("", plain))
    return "".join(_SHORT.get(word, word) for word in words)


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
def _without_vowels(table: str) -> dict[str, str]:
    """Return the roles of headings written without vowels (Trdftr) that mean one."""
    short: dict[str, set[str]] = {}
    for key, role in heading_roles(table).items():
        short.setdefault(_VOWEL.sub("", key), set()).add(role)
    return {
        key: role
        for key, (role, *others) in short.items()
        if len(key) >= LEAST_SHORT and not others
    }


@cache
def _vocabulary() -> frozenset[str]:
    """Return every known heading key of any table."""
    tables = [*TABLES, "umum"]
    return frozenset(key for name in tables for key in heading_roles(name)) | _GENERIC


@lru_cache(maxsize=65536)
def is_heading(text: str) -> bool:
    """Tell whether a text is a heading of some table."""
    key = heading_key(text)
    bare = not _VOWEL.search(key)
    return key in _vocabulary() or (
        bare and any(key in _without_vowels(t) for t in TABLES)
    )


def find_role(text: str, table: str) -> str:
    """Return the role of a heading, or "" where it is not known.

    Parameters
    ----------
    text
        One part of a heading.
    table
        Canonical table.

    Examples
    --------
    >>> find_role("Jml. Peserta", "kepesertaan"), find_role("Kab/Kota", "faskes")
    ('terdaftar_jiwa', 'nama')
    >>> find_role("Trdftr", "kepesertaan")
    'terdaftar_jiwa'
    """
    key = heading_key(text)
    return heading_roles(table).get(key) or _without_vowels(table).get(key, "")


def roles_of(table: str) -> frozenset[str]:
    """Return the roles a heading of a table can have: its columns and their keys."""
    names = set(TABLES[table].names) if table in TABLES else set()
    keys = {
        "kode": {"kode_kemendagri", "kode_bps", "nama", "nama_provinsi"},
        "periode": {"bulan", "tahun"},
        "terdaftar_jiwa": {"nonaktif_jiwa"},
    }
    return frozenset(names.union(*(keys[name] for name in names & set(keys))))


def suggest_heading(text: str, table: str) -> tuple[str, str]:
    """Return the known heading that `text` misspells and its role, "" where none is.

    Only a heading that is nearly the same letter for letter is suggested: a wrong
    suggestion that is followed stores wrong figures.

    Examples
    --------
    >>> suggest_heading("Peserta Aktiv", "kepesertaan")
    ('peserta aktif', 'aktif_jiwa')
    >>> suggest_heading("Status Kepesertaan", "kepesertaan")
    ('', '')
    """
    allowed = roles_of(table)
    known = {
        heading_key(spelling): (spelling, role)
        for section in ("umum", table)
        for role, spellings in _declared().get(section, {}).items()
        if role in allowed
        for spelling in (*spellings, role)
    }
    key = heading_key(text)
    least = NEAR if len(key) >= LEAST_LETTERS else 1.0
    near = difflib.get_close_matches(key, known, n=20, cutoff=least)
    if not near or _initials(known[near[0]][0]) != _initials(text):
        return "", ""
    best = difflib.SequenceMatcher(None, near[0], key).ratio()
    rivals = [n for n in near if known[n][1] != known[near[0]][1]]
    like = [difflib.SequenceMatcher(None, n, key).ratio() for n in rivals]
    return known[near[0]] if best - max(like, default=0.0) >= APART else ("", "")


def _initials(text: str) -> str:
    """Return the first letters of a heading's words, which misspelling spares."""
    return "".join(word[0] for word in re.findall(r"[a-z0-9]+", text.lower()))


def heading_of(role: str, table: str) -> str:
    """Return how offices head a column most often."""
    for section in (table, "umum"):
        spellings = _declared().get(section, {}).get(role)
        if spellings:
            return spellings[0]
    return role
