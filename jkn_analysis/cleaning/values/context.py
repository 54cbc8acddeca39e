"""What titles, sheet names and file names say of a whole table: month and region.

A title names many months and places that are not the data's: when it was printed, the
letter it came with, the target it works for, the branch office that sent it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jkn_analysis.cleaning.values.cells import BULAN_TULISAN
from jkn_analysis.cleaning.values.months import (
    NAMES,
    Moment,
    find_days_in,
    find_moment_in,
    is_month_end,
    read_moment,
)
from jkn_analysis.cleaning.values.names import find_region, is_branch
from jkn_analysis.wilayah import Wilayah

_OTHER_DATE = re.compile(
    r"\b(?:(?:tanggal|tgl|waktu|jam|hari)[\s.:]*)?(?:(?:di|pen)?cetak(?:an)?|print(?:ed)?|"
    r"(?:di)?unduh|download(?:ed)?|ekspor|export(?:ed)?|tarik(?:an)?\b|penarikan|"
    r"(?:di|pem)buat(?:an)?|(?:di|pe)(?:susun|nyusun)an?|ditetapkan|(?:di)?terima|"
    r"(?:di)?kirim|surat|rapat|undangan|generated|created)\b.*",
    re.IGNORECASE | re.DOTALL,
)
"""When a file was printed, sent or spoken of: never the month of its data."""
_AIM = re.compile(
    r"\b(?:menuju|target|sasaran|rencana|proyeksi|prognos[ai]s?|menjelang|persiapan|"
    r"jatuh\s+tempo|berlaku|tenggat|batas\s+waktu|sejak|mulai|tmt|dibanding(?:kan)?|"
    r"terhadap|versus|vs|sk|keputusan|peraturan|perpres|perda|perbup|perwali|permen\w*|"
    r"kepmen\w*|nomor|nomer)\b.*",
    re.IGNORECASE | re.DOTALL,
)
"""Aims, deadlines and decrees: what follows them is no month of the data."""
_LETTER = re.compile(
    r"\s*[^\W\d][\w .]+,\s*(?:\d{1,2}|\.{2,}|…)\s*[^\W\d]+\s+20\d\d\s*", re.IGNORECASE
)
_PLACE_DATE = re.compile(r"\s*(?:kab|kota)\w*\.?\s[^,]+,\s*(\d.+?)\s*", re.IGNORECASE)
"""A region and a day, as ``Kota Ternate, 31 Oktober 2025``, which no letter writes."""
_UNTIL = (
    r"(?:s\.?\s?/?\s?d\.?(?!\w)|sampai(?:\s+dengan)?|hingga|until|-|–|—)\s*"
    r"(?:dengan|akhir|bulan|bln|tanggal|tgl|\d{1,2})?[\s.]*"
)
_RUNNING = re.compile(
    rf"(?:\b(?P<from>{NAMES})\b\.?\s*(?:20\d\d)?\s*(?:{_UNTIL})|(?<![\w])(?:s\.?\s?/?\s?d\.?"
    rf"(?!\w)|sampai(?:\s+dengan)?|hingga|kumulatif|akumulasi|ytd)\W*(?:dengan|akhir|"
    rf"bulan|bln|tanggal|tgl|\d{{1,2}}|\W)*)(?P<to>{NAMES})\b",
    re.IGNORECASE,
)
_SUMMED = re.compile(r"\b(?:kumulatif|akumulasi|akumulatif|ytd)\b", re.IGNORECASE)
_FILE_DATES = tuple(
    re.compile(rf"(?<![^\W\d_])(?<!\d){text}(?!\d)", re.IGNORECASE)
    for text in (
        r"(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?:[0-3]\d)?",
        r"(?P<y>20\d\d)[-_. ](?P<m>0?[1-9]|1[0-2])(?:[-_. ][0-3]?\d)?",
        r"(?:[0-3]\d[-_. ]?)?(?P<m>0[1-9]|1[0-2])[-_. ]?(?P<y>20\d\d)",
        rf"(?P<n>{NAMES})[-_. ']?(?P<y>20\d\d|\d\d)",
        rf"(?P<y>20\d\d)[-_. ]?(?P<n>{NAMES})(?![^\W\d_])",
    )
)
_KIND_WORD = re.compile(
    r"\b(?P<kind>kab(?:upaten|\.)?|kota(?:madya)?|pem(?:kab|kot)\.?)[\s.:]+"
    r"(?P<rest>[a-z][a-z .'’-]+)",
    re.IGNORECASE,
)
_PROVINCE = re.compile(
    r"\bprov(?:insi|\.)?[\s.:]+(?P<rest>[a-z][a-z .-]+)", re.IGNORECASE
)
_LABEL = re.compile(
    r"\s*(?:nama\s+)?(?:kab(?:upaten|\.)?|kota|kab\.?/kota|kabupaten\s*/\s*kota|wilayah|"
    r"daerah|pemda|pemerintah\s+daerah|prov(?:insi)?|propinsi)\s*",
    re.IGNORECASE,
)
_BRANCH = re.compile(
    r"\b(?:kantor\s+cabang|kc|kcu|cabang|kedeputian|tempat|alamat|kepada|yth|di\s+tempat|"
    r"ibu\s?kota|dikeluarkan|ditetapkan|lokasi)\b",
    re.IGNORECASE,
)
"""Lines of a sender's, a letter's or a place's name, which is no region of the data."""
_NAME_WORDS = 5
_EDGES = {1, 28, 29, 30, 31}
"""Days of a month on which its state at the end may be told."""


@dataclass(frozen=True)
class Context:
    """The month that titles, sheet and file name give, and how."""

    year: int = 0
    month: int = 0
    running: bool = False
    """The figures run from January to that month."""
    clashes: tuple[str, ...] = ()
    source: str = ""
    """The text that named the month."""


def read_line(line: str) -> str:
    """Return what of a title line may name the month of the data."""
    if _LETTER.fullmatch(line):
        placed = _PLACE_DATE.fullmatch(line)
        day = read_moment(placed[1]) if placed else Moment()
        return line if day.day and is_month_end(day.year, day.month, day.day) else ""
    return _AIM.sub("", _OTHER_DATE.sub("", line))


@lru_cache(maxsize=4096)
def find_running(text: str) -> int:
    """Return the last month of a text such as ``s.d. Oktober`` or ``Jan-Okt``, else 0.

    Examples
    --------
    >>> find_running("REALISASI IURAN S.D. OKTOBER 2025"), find_running("Oktober 2025")
    (10, 0)
    >>> find_running("Januari–Oktober 2025"), find_running("kumulatif Okt 2025")
    (10, 10)
    """
    found = _RUNNING.search(text.replace("_", " "))
    if found:
        return BULAN_TULISAN[found["to"].lower()]
    return find_moment_in(text)[1] if _SUMMED.search(text) else 0


def is_running_only(text: str) -> bool:
    """Tell whether a text names nothing but the months that its figures run over."""
    if not find_running(text):
        return False
    rest = _SUMMED.sub("", _RUNNING.sub("", text.replace("_", " ")))
    rest = re.sub(
        rf"\b(?:{NAMES}|tahun|thn|bulan|bln|periode|20\d\d)\b", "", rest, flags=re.I
    )
    return not any(map(str.isalnum, rest))


@lru_cache(maxsize=4096)
def find_file_month(stem: str) -> tuple[int, int]:
    """Return the year and month that a file name says, 0 where it says none or two.

    Examples
    --------
    >>> [find_file_month(s) for s in ("iuran_2025_10", "rekap okt25", "31-10-2025")]
    [(2025, 10), (2025, 10), (2025, 10)]
    >>> find_file_month("peserta_102025"), find_file_month("rekap2")
    ((2025, 10), (0, 0))
    """
    moment = find_moment_in(read_line(stem.replace("_", " ")))
    if moment[0] and moment[1]:
        return moment
    found = {
        (
            int(match["y"]) + (2000 if len(match["y"]) == 2 else 0),
            BULAN_TULISAN[match["n"].lower()]
            if "n" in match.groupdict()
            else int(match["m"]),
        )
        for pattern in _FILE_DATES
        for match in pattern.finditer(stem)
    }
    return found.pop() if len(found) == 1 else moment


def find_context(titles: Sequence[str], sheet: str, stem: str) -> Context:
    """Return the month that title lines and sheet name agree on, else the file's.

    Parameters
    ----------
    titles
        Lines above the table.
    sheet
        Name of the sheet.
    stem
        Name of the file without its ending.
    """
    year = month = 0
    running, source, clashes = False, "", []
    for line in filter(None, (*titles, sheet)):
        plain = read_line(line)
        own_year, own_month = find_moment_in(plain)
        last = find_running(plain)
        days = {day.day for day in find_days_in(plain)}
        own_month = 0 if days and not days & _EDGES else last or own_month
        if own_month and month and own_month != month:
            clashes.append(line)
        if own_year and year and own_year != year:
            clashes.append(line)
        source = source or (line if own_month else "")
        running = running or bool(last)
        year, month = year or own_year, month or own_month
    own_year, own_month = find_file_month(stem)
    last = find_running(stem)
    if own_month and month and own_month != month:
        clashes.append(stem)
    if not month:
        month, source = last or own_month, stem if last or own_month else source
    return Context(
        year or own_year, month, running or bool(last), tuple(clashes), source
    )


def find_title_regions(lines: Iterable[str]) -> dict[str, str]:
    """Return the regions that title lines name, with the line of each.

    Examples
    --------
    >>> find_title_regions(["DATA KABUPATEN HALMAHERA SELATAN TAHUN 2025"])
    {'82.04': 'DATA KABUPATEN HALMAHERA SELATAN TAHUN 2025'}
    >>> find_title_regions(["Kantor Cabang : Ternate", "Tempat: Ternate"])
    {}
    >>> list(find_title_regions(["Kabupaten : Bogor", "Kota Ternate"]))
    ['32.01', '82.71']
    """
    found = {}
    for line in filter(None, lines):
        region = _region_of(line)
        if region is not None:
            found[region.kode] = line
    return found


def is_branch_line(line: str) -> bool:
    """Tell whether a title line names a branch office."""
    return is_branch(line) or re.search(r"\bcabang\b", line, re.IGNORECASE) is not None


def _region_of(line: str) -> Wilayah | None:
    """Return the region that one line gives."""
    if _PLACE_DATE.fullmatch(line):
        return _of_words(line.partition(",")[0])
    label, colon, tail = line.rpartition(":")
    if _BRANCH.search(label if colon else line) or _LETTER.fullmatch(line):
        return _of_words(tail) if colon and not _BRANCH.search(tail) else None
    if colon and _LABEL.fullmatch(label):
        text = tail.strip()
        return _known(f"{label.strip()} {text}") or _known(text) or _of_words(text)
    if not colon and any(map(str.isalpha, line)):
        whole = _known(line.strip())
        if whole is not None:
            return whole
        if len({found.kode for part in line.split(",") if (found := _known(part))}) > 1:
            return None
    return _of_words(line)


def _of_words(text: str) -> Wilayah | None:
    """Return the kabupaten, kota or province whose name stands in a text."""
    for pattern, front in ((_KIND_WORD, "kind"), (_PROVINCE, "")):
        for match in pattern.finditer(text):
            words = match["rest"].split()
            before = match[front] if front else "provinsi"
            for length in range(min(_NAME_WORDS, len(words)), 0, -1):
                name = " ".join(words[:length]).strip(" .-")
                region = _known(f"{before} {name}")
                if region is not None:
                    return region
    return None


def _known(text: str) -> Wilayah | None:
    """Return the region of a name, None where there is none or several."""
    found = find_region(text)
    return found if isinstance(found, Wilayah) and any(map(str.isalpha, text)) else None
