"""Spellings of segmen and kelas, and regions by code and name together."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from importlib import resources

from jkn_analysis.arus.sebab import find_sebab
from jkn_analysis.cleaning.values.cells import cut_ordinal, is_absent
from jkn_analysis.cleaning.words import Said, say
from jkn_analysis.errors import UnknownNameError
from jkn_analysis.terms import LUAR, NONAKTIF, SEGMEN, TOTAL, UMUR_MAKS_BULAN
from jkn_analysis.wilayah import Wilayah, find_wilayah, squeeze

_WORDS = tomllib.loads(
    resources.files("jkn_analysis.cleaning.values")
    .joinpath("segmen.toml")
    .read_text("utf-8")
)
_MIXED = {key: tuple(members) for key, members in _WORDS["gabungan"].items()}
_TOTAL_WORD = re.compile(
    r"(?:sub|grand)?[\s-]*(?:jumlah|total|jml)\b[\s.:]*", re.IGNORECASE
)
_SUB_WORDS = {
    name: re.compile(words, re.IGNORECASE)
    for name, words in _WORDS["pola_bagian"].items()
}
PLAIN_PBI = frozenset({"pbi", "penerimabantuaniuran", "penerimabantuaniuranpbi"})
"""PBI alone: PBI JK where PBPU Pemda stands beside it, else perhaps both together."""
_PHRASES = tuple(_WORDS["kata"].items())
_PHRASE = re.compile(
    "|".join(rf"(?P<p{i}>\b(?:{words})\b)" for i, (_, words) in enumerate(_PHRASES))
)
_BY_WORDS = {
    frozenset(words.split()): segmen
    for segmen, sets in _WORDS["arti"].items()
    for words in sets
}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "satu": 1, "dua": 2, "tiga": 3}
_KELAS = re.compile(
    r"(?:hak\s*)?(?:kelas|kls|kl|class)?\.?\s*(?:rawat(?:\s*inap)?|perawatan)?[\s.:-]*"
    r"(iii|ii|i|[0-3]|satu|dua|tiga)(?:\s*\((?:satu|dua|tiga|i{1,3}|[1-3])\))?"
)
_NO_KELAS = {"tanpakelas", "semua", "semuakelas", "nonkelas", "tidakberkelas", "0"}
_UMUR = re.compile(r"(?:umur|bulan|bln|ke|:|-|\s)*(\d{1,3})\s*(?:bulan|bln|bl)?\.?")
_UMUR_OVER = re.compile(
    r"(?:>|lebih\s+dari|di\s*atas|diatas|lbh|>=|≥|\+)\s*(\d{1,3})\s*(?:bulan|bln|bl)?"
    r"|(\d{1,3})\s*(?:bulan|bln)?\s*(?:\+|ke\s*atas|keatas|lebih|atau\s+lebih)\s*(?:bulan)?"
)


def _segmen_key(text: str) -> str:
    """Reduce a segmen to what it is compared by."""
    return squeeze(re.sub(r"^\s*(?:segmen|peserta|kategori)\b[\s:]*", "", text.lower()))


_SEGMEN_INDEX = {
    _segmen_key(spelling): segmen
    for segmen, spellings in _WORDS["ejaan"].items()
    for spelling in (*spellings, segmen)
} | {_segmen_key(text): TOTAL for text in _WORDS["jumlah"]}


@lru_cache(maxsize=8192)
def find_segmen(text: str) -> str | None:
    """Return the segmen a text means, ``"total"``, or None where it is not known.

    Examples
    --------
    >>> find_segmen("PB PU/BP PEMDA"), find_segmen("pbi (apbn)"), find_segmen("PPU")
    ('PBPU Pemda', 'PBI JK', None)
    """
    found = _SEGMEN_INDEX.get(_segmen_key(text)) or _find_by_words(text)
    bare = cut_ordinal(text)
    return found if found or bare == text else find_segmen(bare)


_OFF = re.compile(r"(?:peserta\s+)?(?:non\W?aktif|tidak\s+aktif|inaktif)", re.I)
_OUT = re.compile(
    r"(?:di\s?)?luar(?:\s+(?:jkn|register|daftar|kepesertaan))?|"
    r"(?:belum|bukan|tidak|tdk)\s+(?:terdaftar|peserta)(?:\s+jkn)?",
    re.I,
)


def find_state(text: str) -> str | None:
    """Return the segmen, or the state beside a segmen, a flow starts or ends in.

    Examples
    --------
    >>> find_state("PBI APBN"), find_state("Non Aktif"), find_state("belum terdaftar")
    ('PBI JK', 'nonaktif', 'luar')
    """
    if _OFF.fullmatch(text.strip()):
        return NONAKTIF
    if _OUT.fullmatch(text.strip()):
        return LUAR
    found = find_segmen(text)
    return found if found in SEGMEN else None


_STATUS = {
    squeeze(text): status
    for status, texts in _WORDS["status"].items()
    for text in texts
}
_DANA = {name: re.compile(words, re.I) for name, words in _WORDS["dana"].items()}


def _find_status(text: str) -> str | None:
    """Return how far a decision is, None where its words are not known."""
    return _STATUS.get(squeeze(text))


def _find_dana(text: str) -> str | None:
    """Return the source of funds that a text names, None where it is not known."""
    return next((name for name, words in _DANA.items() if words.search(text)), None)


SPELLED: dict[str, Callable[[str], str | None]] = {
    "segmen_asal": find_state,
    "segmen_tujuan": find_state,
    "sebab": find_sebab,
    "rute": find_sebab,
    "sumber_dana": _find_dana,
    "tindak_lanjut.status": _find_status,
}
"""Columns of a few words that offices spell in more ways than one."""


def _find_by_words(text: str) -> str | None:
    """Return the segmen whose words a text is made of, if all its words are known."""
    plain = re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
    if not plain or len(plain) > 80 or _PHRASE.sub(" ", plain).strip():
        return None
    places = [int(f.lastgroup[1:]) for f in _PHRASE.finditer(plain) if f.lastgroup]
    words = {_PHRASES[place][0] for place in places} - {""}
    if "bagian" in words and "apbd" not in words:
        return None
    return _BY_WORDS.get(frozenset(words - {"bagian"}))


_BESIDE = {"", "bagian", "daerah", "pusat", "sendiri", "jk"}
_CORE = {"pbpu", "ppu", "pbi", "bp", "apbn"}
"""Words without which a title names no segmen: ``Pemda`` alone is a sender."""


@lru_cache(maxsize=4096)
def find_segmen_in(line: str) -> str:
    """Return the one segmen that a title names among other words, "" for none.

    Examples
    --------
    >>> find_segmen_in("PENERIMAAN IURAN PBPU KOTA MANADO SEPTEMBER 2025")
    'PBPU'
    >>> find_segmen_in("TUNGGAKAN PBPU DAN BP"), find_segmen_in("REKAP PPU DAN BP")
    ('', '')
    >>> find_segmen_in("REALISASI IURAN PBPU PEMDA TA 2025")
    'PBPU Pemda'
    """
    plain = re.sub(r"[^a-z0-9]+", " ", line.lower()).strip()
    places = [int(f.lastgroup[1:]) for f in _PHRASE.finditer(plain) if f.lastgroup]
    words = {_PHRASES[place][0] for place in places} - _BESIDE
    if not words and re.search(r"\bpeserta mandiri\b", plain):
        return "PBPU"
    if not words & _CORE or {"pbi", "pbpu"} <= words:
        return ""
    return _BY_WORDS.get(frozenset(words), "")


def is_plain_pbi(text: str) -> bool:
    """Tell whether a text says PBI without saying whose."""
    return _segmen_key(text) in PLAIN_PBI


def is_segmen_word(text: str) -> bool:
    """Tell whether a text is about segmen, be it one, several or the total."""
    key = _segmen_key(text)
    return key in _MIXED or key in PLAIN_PBI or find_segmen(text) is not None


MIXED: dict[str, tuple[str, ...]] = {
    "+".join(members): members for members in _MIXED.values() if members
} | {f"{segmen}+": (segmen,) for segmen in SEGMEN}
"""What a row that sums other rows is read as: several segmen, or one by kelas."""


def find_summed(text: str) -> str | None:
    """Return the segmen of ``Sub Total PBPU``, None where a text says no such sum."""
    bare = _TOTAL_WORD.sub("", text, count=1)
    return find_segmen(bare) if bare != text else None


def find_mixed(text: str) -> tuple[str, ...]:
    """Return the segmen that a word joins: ``PPU``, ``Jumlah PBI``; () for one.

    Examples
    --------
    >>> find_mixed("Jumlah PPU"), find_mixed("PPU BU")
    (('PPU-PN', 'PPU-BU'), ())
    """
    return _MIXED.get(_segmen_key(_TOTAL_WORD.sub("", text))) or ()


@lru_cache(maxsize=8192)
def find_part(text: str, segmen: str) -> str:
    """Return which part of a segmen a text names, "" for the whole.

    Examples
    --------
    >>> find_part("PBI APBD Kab/Kota", "PBPU Pemda"), find_part("BP Non PN", "BP")
    ('II', 'non PN')
    >>> find_part("PPU-PN", "PPU-PN"), find_part("PBPU Pemda", "PBPU Pemda")
    ('', '')
    """
    apart = _WORDS["bagian"].get(segmen, ())
    hits = [
        name
        for name, words in _SUB_WORDS.items()
        if name in apart and words.search(text)
    ]
    return " ".join(hits) if len(hits) < len(apart) else ""


def explain_segmen(text: str) -> tuple[Said, Said]:
    """Return what is wrong with a segmen and what to write."""
    if is_plain_pbi(text):
        return (
            say("PBI alone may be PBI JK (APBN) or include PBPU Pemda (APBD)"),
            say("write PBI JK, or give PBPU Pemda beside it"),
        )
    if _segmen_key(text) in _MIXED:
        joined = " + ".join(_MIXED[_segmen_key(text)]) or "-"
        return (
            say("segmen joins several ({joined})", joined=joined),
            say("ask for one row per segmen"),
        )
    near = difflib.get_close_matches(_segmen_key(text), _SEGMEN_INDEX, n=2, cutoff=0.75)
    names = list(dict.fromkeys(_SEGMEN_INDEX[key] for key in near))
    write = say("write one of: {names}", names=", ".join(SEGMEN))
    if len(names) == 1:
        write = say("did you mean {name}? {write}", name=names[0], write=write)
    return say("unknown segmen"), write


@lru_cache(maxsize=1024)
def find_kelas(text: str) -> int | None:
    """Return the kelas 1-3 of a text, 0 where it says there is none, else None.

    Examples
    --------
    >>> [find_kelas(t) for t in ("Kelas III", "kls. 2", "-", "VIP")]
    [3, 2, 0, None]
    """
    lowered = " ".join(text.lower().split()).removesuffix(".0")
    if is_absent(lowered) or squeeze(lowered) in _NO_KELAS:
        return 0
    found = _KELAS.fullmatch(lowered)
    if found is None:
        return None
    digit = found.group(1)
    return _ROMAN.get(digit) or int(digit)


@lru_cache(maxsize=1024)
def find_umur(text: str) -> int | None:
    """Return the age of arrears in months, 25 for older than 24, else None.

    Examples
    --------
    >>> [find_umur(t) for t in ("3 bulan", "> 24 bulan", "24+", "25", "1-3")]
    [3, 25, 25, 25, None]
    """
    lowered = " ".join(text.lower().split()).removesuffix(".0")
    lowered = re.sub(
        r"^(?:umur|usia|lama)(?:\s+(?:menunggak|tunggakan))?[\s:]*", "", lowered
    )
    over = _UMUR_OVER.fullmatch(lowered)
    if over:
        bound = int(over.group(1) or over.group(2))
        oldest = UMUR_MAKS_BULAN - 1
        open_ended = "≥" in lowered or ">=" in lowered or "atas" in lowered
        accepted = {UMUR_MAKS_BULAN} if open_ended else {oldest, UMUR_MAKS_BULAN}
        return UMUR_MAKS_BULAN if bound in accepted else None
    found = _UMUR.fullmatch(lowered)
    if found is None:
        return None
    value = int(found.group(1))
    return value if 1 <= value <= UMUR_MAKS_BULAN else None


_BRANCH = re.compile(
    r"\s*(?:kc|kcu|kck|kantor\s+cabang|cabang|kedeputian(?:\s+wilayah)?|kanwil|kakab)\b"
    r"(?!.*\b(?:kab|kota)\b)",
    re.IGNORECASE,
)


def is_branch(text: str) -> bool:
    """Tell whether a text names a branch office, which serves several regions.

    Examples
    --------
    >>> is_branch("KC Ternate"), is_branch("Kota Ternate")
    (True, False)
    """
    return _BRANCH.match(text) is not None


@lru_cache(maxsize=16384)
def is_region(text: str) -> bool:
    """Tell whether a text names exactly one region."""
    if not any(letter.isalpha() for letter in text) or len(text) > 60:
        return False
    try:
        find_wilayah(text)
    except UnknownNameError:
        return False
    return True


@lru_cache(maxsize=16384)
def find_region(
    text: str, *, system: str = "", kode_provinsi: str | None = None
) -> Wilayah | str:
    """Return the region of a name or code, or the reason there is none.

    Examples
    --------
    >>> find_region("Kab. Kep. Sula").kode, find_region("82.71").nama_lengkap
    ('82.05', 'Kota Ternate')
    >>> print(find_region("Bogor").splitlines()[1].strip())
    candidates: 32.01 Kabupaten Bogor, 32.71 Kota Bogor
    """
    chosen = {"bps": "bps", "kemendagri": "kemendagri"}.get(system)
    try:
        return find_wilayah(text, system=chosen, kode_provinsi=kode_provinsi)  # type: ignore[arg-type]
    except UnknownNameError as exc:
        bare = cut_ordinal(text)
        if bare != text:
            return find_region(bare, system=system, kode_provinsi=kode_provinsi)
        return str(exc)
