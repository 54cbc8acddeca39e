"""The one judge of what is personal in a text: numbers, mail addresses, names.

Every gate asks it: cleaning, returned forms, register counts, pages before they are
published, mail before it is composed and again before it leaves. It says which kind
and how many, never the value.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NIK, KARTU, TELEPON, NIP, SUREL, NAMA = (
    "nik", "kartu", "telepon", "nip", "surel", "nama",
)  # fmt: skip
"""Kinds, as they stand in messages."""
KNOWN_NIK, KNOWN_CARD, KNOWN_NIP = 16, 13, 18
_LENGTHS = frozenset({KNOWN_NIK, KNOWN_CARD, KNOWN_NIP})
WALL = "\x1f"
"""Stands between texts that do not touch, so that no number reaches across."""
_FEMALE_DAY = 40
_DIFFERENT = 3
"""A card or phone number has at least this many different digits."""
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ANY_DIGITS = re.compile(r"\d(?:[^\w\x00-\x08\x1c-\x1f]{0,3}_?\d){9}", re.ASCII)
_RUN = re.compile(r"\d(?:(?:[^\w\x00-\x08\x1c-\x1f]|_){0,3}\d){9,}", re.ASCII)
_SOFT_RUN = re.compile(r"\d(?:[ ./'_-]{0,3}\d){9,}", re.ASCII)
_GROUP = re.compile(r"\d+", re.ASCII)
_POWER = re.compile(r"(?<!\d)(\d)[.,](\d{15})[eE]\+?15(?!\d)", re.ASCII)
_HASH = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9-]*[a-f])(?:[0-9a-f]+-)*[0-9a-f]+(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?=[0-9-]*[A-F])(?:[0-9A-F]+-)*[0-9A-F]+(?![0-9A-Za-z])",
    re.ASCII,
)
_SHORTEST_HASH = 20
_MONEY = re.compile(r"(?:rp|idr)[.\s]*$", re.IGNORECASE)
_PHONE_LABEL = re.compile(
    r"(?:\b(?:hp|wa|whatsapp|telp?|telepon|ponsel|phone|kontak|handphone)\b"
    r"|hubungi)[^\w]{0,3}(?:no\W{0,2})?$",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\d.,])(?P<code>\(?\+\s?\(?62\)?|\(62\)|0062|62|\(0\)|\(?0|)"
    r"[\s.\-/)(]{0,2}8[\s-]?[1235789]"
    r"(?:[\s.\-/)(_']{0,3}\d){7,10}(?!\d)",
    re.ASCII,
)
_THOUSANDS = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})+", re.ASCII)
_DECIMAL = re.compile(r"\d{6,}[.,]\d{4,}(?:\s|$)", re.ASCII)
_POINTS = re.compile(r"62\.8(?: \d{1,4}(?:\.\d)?)* \d{1,4}\.\d(?: .*)?", re.ASCII)
"""Coordinates of a drawing: decimals of one digit, spaces between."""
_MAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]*\s?(?:@|[(\[{]\s?(?:at|a)\s?[)\]}])\s?"
    r"(?:[A-Za-z0-9-]+(?:\.|\s?[(\[{]\s?(?:dot|titik)\s?[)\]}]\s?))+[A-Za-z]{2,24}"
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@({_LABEL}(?:\.{_LABEL})+)")
_LONGEST_ADDRESS = 254
_AT = re.compile(r"@|[(\[{]\s?at?\s?[)\]}]")
_BARE = re.compile(r"(?<![\d.,])\d{16,18}(?!\d)", re.ASCII)
"""In a message a number this long is hidden even where its parts do not fit."""
_BIN = re.compile(r"\b\w{3,}\s+(?:bin|binti)\s+\w{3,}", re.IGNORECASE)
_PLACE_BEFORE = re.compile(
    r"\b(?:rsud|rsu|rsia|rs|rumah sakit|jl|jln|jalan|gedung|aula|bandara|pelabuhan|"
    r"universitas|masjid|stadion|puskesmas|klinik|wisma|hotel|kampus|sekolah)\.?\s+"
    r"(?:[a-z]{1,4}\.\s+)*$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\b(?:award|penghargaan|utara|selatan|timur|barat|tengah|person)\b", re.IGNORECASE
)
"""Words of awards and of places that the list of names takes for parts of one."""


@dataclass(frozen=True)
class Hit:
    """Where in the folded text something personal stands."""

    kind: str
    start: int
    end: int


class _Fold(dict[int, str | None]):
    """What becomes of a letter: digits of any script plain, the invisible gone."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        kind = unicodedata.category(char)
        if kind == "Nd":
            folded: str | None = str(unicodedata.decimal(char))
        elif kind in {"Cf", "Mn", "Me"}:
            folded = None
        elif kind == "Pd":
            folded = "-"
        else:
            folded = " " if kind[0] == "Z" else char
        self[code] = folded
        return folded


_FOLD = _Fold()
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


def fold(text: str) -> str:
    r"""Return a text with plain digits, blanks and hyphens, nothing invisible.

    Examples
    --------
    >>> fold("８２\u200b７１\xa00341")
    '8271 0341'
    """
    if text.isascii():
        return text
    return _BEYOND_ASCII.sub(_fold_match, unicodedata.normalize("NFKC", text))


def _fold_match(match: re.Match[str]) -> str:
    """Fold a run of letters beyond ASCII; most of a page is none."""
    return match.group().translate(_FOLD)


@cache
def list_nik_kode() -> dict[str, str]:
    """Return the region codes a NIK may begin with (PPRR) and their last year."""
    source = resources.files("jkn_analysis").joinpath("data/kode_nik.csv")
    lines = (line.split(",") for line in source.read_text("ascii").splitlines()[1:])
    return {kode.replace(".", ""): last for kode, _, last in lines}


def is_nik(digits: str) -> bool:
    """Tell whether 16 digits have the parts of a NIK: region, birth date, serial.

    Examples
    --------
    >>> is_nik("82710341" + "07010001"), is_nik("1732240000000000")
    (True, False)
    """
    if len(digits) != KNOWN_NIK or digits[:4] not in list_nik_kode():
        return False
    day, month = int(digits[6:8]), int(digits[8:10])
    day -= _FEMALE_DAY if day > _FEMALE_DAY else 0
    dated = 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]
    apart = len(set(digits)) > 1
    return dated and apart and digits[4:6] != "00" and digits[12:] != "0000"


def _is_nip(digits: str) -> bool:
    """Tell whether 18 digits have the parts of a NIP: birth, start, sex, serial."""
    years = "1930" <= digits[:4] <= "2015" and "1950" <= digits[8:12] <= "2060"
    months = "01" <= digits[4:6] <= "12" and "01" <= digits[12:14] <= "12"
    return years and months and "01" <= digits[6:8] <= "31" and digits[14] in "12"


def _name_number(digits: str) -> str:
    """Return what a run of digits is by its length and parts, "" for nothing."""
    if len(digits) == KNOWN_NIK:
        account = digits.startswith("88888") and len(set(digits[5:])) >= _DIFFERENT
        return KARTU if account else NIK if is_nik(digits) else ""
    if len(digits) == KNOWN_CARD:
        card = digits.startswith("000") and len(set(digits[3:])) >= _DIFFERENT
        return KARTU if card else ""
    return NIP if len(digits) == KNOWN_NIP and _is_nip(digits) else ""


def _fits(kind: str, sizes: list[int], gaps: list[str], *, whole: bool) -> bool:
    """Tell whether a number may be written in groups of these sizes and gaps.

    Groups that end where a part of the number ends may differ in their gaps; any
    other grouping must be the whole run and have one gap throughout.
    """
    cores = {gap.strip() for gap in gaps}
    if len(cores) > (2 if whole else 1) or (":" in "".join(cores) and len(cores) > 1):
        return False
    ends, at = set(), 0
    for size in sizes[:-1]:
        at += size
        ends.add(at)
    parts = {NIK: {2, 4, 6, 8, 10, 12}, NIP: {4, 6, 8, 12, 14, 15}}.get(kind, set())
    if ends <= parts and min(sizes) > 1:
        return True
    decimal = len(sizes) == 2 and gaps[0] in {".", ","} and kind == NIK
    return whole and len(set(gaps)) == 1 and not decimal


def _judge_run(text: str, start: int, end: int) -> Iterator[Hit]:
    """Find the numbers in one run of digit groups."""
    groups = [m.span() for m in _GROUP.finditer(text, start, end)]
    total = sum(stop - begin for begin, stop in groups)
    for first, (begin, _) in enumerate(groups):
        length = 0
        for last in range(first, min(first + KNOWN_NIP, len(groups))):
            stop = groups[last][1]
            length += stop - groups[last][0]
            if length in _LENGTHS:
                kind = _name_written(text, groups[first : last + 1], length == total)
                if kind:
                    yield Hit(kind, begin, stop)


def _name_written(text: str, groups: list[tuple[int, int]], whole: bool) -> str:  # noqa: FBT001
    """Return what neighbouring digit groups are together, "" for nothing."""
    begin, stop = groups[0][0], groups[-1][1]
    kind = _name_number("".join(text[a:b] for a, b in groups))
    if not kind or _is_fraction(text, begin) or _is_money(text, begin, stop):
        return ""
    gaps = [text[one[1] : two[0]] for one, two in itertools.pairwise(groups)]
    sizes = [b - a for a, b in groups]
    return kind if not gaps or _fits(kind, sizes, gaps, whole=whole) else ""


def _is_fraction(text: str, begin: int) -> bool:
    """Tell whether a group stands behind a decimal point."""
    return text[begin - 1 : begin] == "." and text[begin - 2 : begin - 1].isdigit()


def _is_money(text: str, begin: int, stop: int) -> bool:
    """Tell whether digits are rupiah: thousands behind ``Rp``."""
    return _MONEY.search(text[max(0, begin - 6) : begin]) is not None and (
        stop - begin == KNOWN_NIK or _THOUSANDS.fullmatch(text[begin:stop]) is not None
    )


def _find_numbers(text: str) -> Iterator[Hit]:
    """Find NIK, card, account and NIP numbers."""
    runs = [
        run.span() for pattern in (_RUN, _SOFT_RUN) for run in pattern.finditer(text)
    ]
    for run in dict.fromkeys(runs):
        yield from _judge_run(text, *run)
    for power in _POWER.finditer(text):
        if is_nik(power[1] + power[2]):
            yield Hit(NIK, *power.span())


def _find_phones(text: str) -> Iterator[Hit]:
    """Find mobile numbers: 0, 62 or +62 and 8, or a label and 8."""
    for match in _PHONE.finditer(text):
        digits = "".join(_GROUP.findall(match.group()))
        if len(set(digits[3:])) >= _DIFFERENT and _is_phone(text, match):
            yield Hit(TELEPON, *match.span())


def _is_phone(text: str, match: re.Match[str]) -> bool:
    """Tell a mobile number from money, a date or a decimal written alike."""
    code, whole = match["code"], match.group()
    if _PHONE_LABEL.search(text[max(0, match.start() - 20) : match.start()]):
        return True
    if code in {"0", "(0"}:
        sizes = [len(group) for group in _GROUP.findall(whole)]
        grouped = sizes[0] >= _DIFFERENT and min(sizes) > 1
        return grouped or _is_spelt(sizes, _GROUP.split(whole)[1:-1])
    if code == "62":
        money = _MONEY.search(text[max(0, match.start() - 6) : match.start()])
        plain = len(whole) >= KNOWN_CARD - 1 or not whole.isdigit()
        figure = _THOUSANDS.fullmatch(whole) or _DECIMAL.match(whole)
        figure = figure or _POINTS.fullmatch(whole)
        return plain and not (money or figure)
    return bool(code)


def _is_spelt(sizes: list[int], gaps: list[str]) -> bool:
    """Tell whether a number is written digit by digit or in pairs, with one gap."""
    even = set(sizes) == {1} or (set(sizes) == {2} and len(sizes) > 5)
    return even and len(set(gaps)) == 1 and gaps[0] in {" ", "-", " - "}


def _without_hashes(text: str) -> str:
    """Return a text whose digests and UUIDs are walls: their digits are chance."""

    def wall(match: re.Match[str]) -> str:
        found = match.group()
        return WALL * len(found) if len(found) >= _SHORTEST_HASH else found

    return _HASH.sub(wall, text)


def find_personal(
    text: str, *, allowed: frozenset[str] = frozenset(), mail: bool = True
) -> list[Hit]:
    """Find what points at a person, however it is written.

    Parameters
    ----------
    text
        Any text, already folded (`fold`); `WALL` keeps its parts from touching.
    allowed
        Mail addresses, lower case, that belong here.
    mail
        Whether a mail address is a finding at all.

    Examples
    --------
    >>> number = "8271" + "0341" + "07010001"
    >>> [hit.kind for hit in find_personal(f"NIK{number[:6]}-{number[6:]}, HP")]
    ['nik']
    >>> find_personal("Rp1.391.162.000.000; 1732240000000000; 30-11-2025 08:15")
    []
    """
    hits: list[Hit] = []
    if _ANY_DIGITS.search(text):
        plain = _without_hashes(text)
        hits = list(dict.fromkeys([*_find_numbers(plain), *_find_phones(plain)]))
    if mail and _AT.search(text):
        hits += [
            Hit(SUREL, *match.span())
            for match in _MAIL.finditer(text)
            if match.group().lower() not in allowed
        ]
    return hits


@lru_cache(maxsize=8192)
def find_names(text: str) -> int:
    """Count the names of persons in a short text; places named after one are none.

    The list of names and marks (``a.n.``, ``Sdr.``, titles) is that of `lokal-id`;
    a rare name without any mark beside it is not known to anybody.

    Examples
    --------
    >>> find_names("a.n. Budi Santoso"), find_names("RSUD Dr. H. Chasan Boesoirie")
    (1, 0)
    """
    from lokal.samaran import detect_pii

    shown = text.title() if text.isupper() or text.islower() else text
    named = detect_pii(shown, types=["NAME"])
    found = [m for m in named if not _is_place(shown, m.start, m.value)]
    return len(found) + len(_BIN.findall(text))


def _is_place(text: str, start: int, value: str) -> bool:
    """Tell whether a name is that of a building, street, direction or award."""
    before = _PLACE_BEFORE.search(text[:start])
    return before is not None or _NO_NAME.search(value) is not None


def count_personal(
    text: str,
    *,
    allowed: frozenset[str] = frozenset(),
    mail: bool = True,
    names: bool = False,
) -> dict[str, int]:
    """Count what is personal in a text by kind; empty where nothing is.

    Parameters
    ----------
    text
        As it was delivered.
    allowed, mail
        As for `find_personal`.
    names
        Whether names of persons count, in texts of a line or two.
    """
    hits = find_personal(fold(text), allowed=allowed, mail=mail)
    counts = Counter(hit.kind for hit in hits)
    if names and (found := find_names(text)):
        counts[NAMA] = found
    return dict(counts)


def is_address(text: str) -> bool:
    """Tell whether a text is one plain mail address.

    Examples
    --------
    >>> is_address("sekda@ternate.go.id"), is_address("a@b.id, c@d.id")
    (True, False)
    """
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def mask_personal(text: str) -> str:
    """Return a text in which every personal number and mail address is hidden.

    Examples
    --------
    >>> mask_personal("NIK " + "8271" + "0341" + "07010001"), mask_personal("Rp 1.234")
    ('NIK …', 'Rp 1.234')
    """
    folded = fold(text)
    hits = [(hit.start, hit.end) for hit in find_personal(folded)]
    hits += [match.span() for match in _BARE.finditer(folded)]
    shown, at = "", 0
    for start, end in sorted(hits):
        if start >= at:
            shown += folded[at:start] + "…"
        at = max(at, end)
    return shown + folded[at:] if hits else text
