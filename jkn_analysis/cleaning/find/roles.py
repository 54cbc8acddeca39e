"""What each column of a sheet holds: an identifier, or a measure of some slice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from jkn_analysis.cleaning.find.headings import IGNORED, find_role, heading_key
from jkn_analysis.cleaning.find.labels import is_listed_total
from jkn_analysis.cleaning.values.cells import find_month_name, is_year
from jkn_analysis.cleaning.values.context import find_running, is_running_only
from jkn_analysis.cleaning.values.months import find_moment_in, read_moment
from jkn_analysis.cleaning.values.names import (
    find_kelas,
    find_mixed,
    find_part,
    find_region,
    find_segmen,
    find_umur,
    is_region,
    is_segmen_word,
)
from jkn_analysis.cleaning.values.units import says_percent
from jkn_analysis.tables import TABLES
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import Wilayah

MEASURE_KINDS = frozenset({"jiwa", "rp", "rate", "number", "count"})
PARTS = ("kecamatan", "desa", "jenis_kelamin", "kelas", "umur_bulan")
"""Identifiers that only cut a row of a table finer, where the table has no column."""
IDENTIFIERS = frozenset(
    {
        "kode", "kode_kemendagri", "kode_bps", "nama", "nama_provinsi", "kode_provinsi",
        "periode", "bulan", "tahun", "segmen", "uraian", "tanggal_rapat", *PARTS,
    }
)  # fmt: skip
CHECKED = frozenset({"persen", "nonaktif_jiwa", "penduduk_jiwa", "pagu_akhir_rp"})
"""Roles that no table stores but that its figures must agree with."""
_UMUR_WORD = re.compile(r"bulan|bln|>|\+|lebih|^\s*\d{1,2}\s*$", re.IGNORECASE)
_UMUR_SPAN = re.compile(
    r"(?:umur|usia|lama)?\W*(\d{1,2})\s*(?:-|–|s\.?/?d\.?|sampai|\s)\s*(\d{1,2})\W*(?:bulan|bln)?",
    re.IGNORECASE,
)
_PER_WORD = re.compile(r"\s*(?:data\s+)?(?:per|posisi|keadaan)\b", re.IGNORECASE)
_KELAS_WORD = re.compile(r"kelas|kls|\bkl\b", re.IGNORECASE)
SEX = {
    "L": re.compile(r"l|lk|laki[\s-]*laki|laki|pria|lelaki", re.IGNORECASE),
    "P": re.compile(r"p|pr|perempuan|wanita", re.IGNORECASE),
}
_BOTHSEXES = re.compile(r"(?:jml|jumlah|total)?\s*\(?lk?\s*\+\s*pr?\)?", re.IGNORECASE)
_NOW = re.compile(
    r"(?:bulan|bln|periode)\s+(?:ini|berjalan|sekarang|laporan)|saat\s+ini",
    re.IGNORECASE,
)
_UNTIL_NOW = re.compile(
    r"(?:s\.?\s?/?\s?d\.?|sampai(?:\s+dengan)?|hingga|kumulatif|akumulasi)\s*"
    rf"(?:{_NOW.pattern})?",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:target|sasaran|sisa|rencana|rasio|ratio|selisih|pertumbuhan|kenaikan|penurunan|"
    r"delta|deviasi|gap|kekurangan|kebutuhan|rata\W*rata|rerata|kk|(?:kepala\s+)?keluarga|"
    r"rumah\s*tangga|ruta|kepadatan|luas|tahun\s+(?:lalu|sebelumnya)|peringkat|ranking|"
    r"rank|bobot|indeks|kontribusi|estimasi|proyeksi|potensi|belum|bukan\s+peserta|"
    r"penambahan|pengurangan|tambahan|naik|turun|meninggal|pindah|ditolak|no(?:mor)?\W*(?:hp|telp|"
    r"telepon|wa|sp2d|spm|spp|sk|surat|kontrak|pks|bukti|dokumen|rekening)|hp|telp|telepon|"
    r"nama\s+(?:pejabat|pegawai|petugas|peserta|kepala|pimpinan|penerima|kontak|lengkap|"
    r"pic|orang)|alamat|nip|nik|e?-?ktp|kia|akta|sex\s*ratio|ket(?:erangan)?|paraf|ttd|"
    r"tanda\s+tangan|(?:bulan|bln|periode)\s+(?:lalu|sebelumnya|sblm\w*|kemarin)|minggu|hari|triwulan\s+lalu)\b|Δ|[+]/[-]",
    re.IGNORECASE,
)
"""Words that make another quantity of a measure: target, ratio, families, last year."""
_FILLER = re.compile(
    r"(?:(?:realisasi|capaian|pencapaian|jumlah|data|angka|nilai|hasil|kondisi|jml|banyaknya|"
    r"banyak|tercatat|total|jiwa|orang|rp\.?|peserta|jkn|bpjs(?:\s+kesehatan)?|kepesertaan|"
    r"segmen(?:tasi)?|keterangan|uraian)\b\W*)+",
    re.IGNORECASE,
)
"""Captions that say nothing of their own beside a measure."""
_TAIL = re.compile(
    r"\b(?:menurut|berdasarkan|per\s+(?:kab|kota|kec)|di\s+(?:prov|kab|kota)|se[\s-]*(?:prov|"
    r"kab|kota))\b.*",
    re.IGNORECASE,
)
MOST_PARTS = 5


@dataclass(frozen=True)
class Use:
    """What a column, or one part of its heading, says."""

    role: str = ""
    """An identifier, a measure of the table, a checked role, or ``abaikan``."""
    year: int = 0
    month: int = 0
    segmen: str = ""
    kelas: int | None = None
    umur: int | None = None
    kode: str = ""
    """Region that heads the column."""
    total: bool = False
    known: bool = True
    per: bool = False
    running: bool = False
    """A sum from January to the month."""
    part: str = ""
    """Part of its slice: a sex, a group of a segmen, a kelas the table has not."""
    other: str = ""
    """Word that makes it another quantity."""
    span: str = ""
    """Ages of arrears that are joined: ``4-6 bulan``."""
    forced: bool = False
    """Said in the settings."""

    @property
    def sliced(self) -> bool:
        """Tell whether the heading fixes a month, segmen, kelas, age or region."""
        return bool(
            self.month
            or self.segmen
            or self.kelas is not None
            or self.umur is not None
            or self.total
            or self.kode
            or self.part
        )


@dataclass(frozen=True)
class ColumnUse:
    """A column of a sheet with its use; a sum of columns names its terms."""

    position: int
    heading: str
    use: Use
    terms: tuple[tuple[int, ColumnUse], ...] = ()
    """Sign and column of each term of a column that the sheet does not have."""


def list_measures(table: str) -> dict[str, str]:
    """Return the measures of a table and their kinds."""
    declared = TABLES[table]
    return {
        column.name: column.kind
        for column in declared.columns
        if column.kind in MEASURE_KINDS and column.name not in declared.key
    }


def _read_part(text: str, table: str) -> Use | None:
    """Return what one heading part says as a whole, or None."""
    role = find_role(text, table)
    if role == "total" or is_listed_total(text):
        return Use(total=True)
    if _BOTHSEXES.fullmatch(text):
        return Use(role=role or find_role("l+p", table))
    if role:
        return Use(role=role, per=bool(_PER_WORD.match(text)))
    if find_month_name(text):
        return Use(month=find_month_name(text))
    if is_year(text):
        return Use(year=int(text))
    return (
        _read_dimension(text, table)
        or _read_moment_part(text)
        or _read_qualifier(text, table)
    )


def _read_dimension(text: str, table: str) -> Use | None:
    """Return the segmen, kelas or age a heading part names."""
    names = {column.name for column in TABLES[table].columns}
    if "segmen" in names and is_segmen_word(text):
        segmen = find_segmen(text) or text
        part = find_part(text, segmen)
        return Use(segmen=segmen, total=segmen == TOTAL, part=part)
    if _KELAS_WORD.search(text) and find_kelas(text) is not None:
        kelas = find_kelas(text)
        return Use(kelas=kelas) if "kelas" in names else Use(part=f"kelas {kelas}")
    if "umur_bulan" in names:
        if _UMUR_WORD.search(text) and find_umur(text):
            return Use(umur=find_umur(text))
        span = _UMUR_SPAN.fullmatch(text)
        if span and int(span[1]) < int(span[2]):
            return Use(span=f"{span[1]}-{span[2]}")
    return None


def _read_moment_part(text: str) -> Use | None:
    """Return the month a heading part names, or up to which it runs."""
    year, month = find_moment_in(text)
    if is_running_only(text):
        return Use(year=year, month=find_running(text), running=True)
    moment = read_moment(text)
    if moment.fault or moment.span_bulan > 1 or moment.other:
        return None
    return Use(year=year, month=month) if month else None


def _read_qualifier(text: str, table: str) -> Use | None:
    """Return what a word says that is no measure or slice of its own."""
    for sex, words in SEX.items():
        if words.fullmatch(text):
            return Use(part=sex)
    if _NOW.fullmatch(text):
        return Use()
    if _UNTIL_NOW.fullmatch(text):
        return Use(running=True)
    if _OTHER.fullmatch(text):
        return Use(other=text)
    if says_percent(text) and len(text) > 1:
        return Use(role="persen")
    if "kode" in TABLES[table].names and len(text) > 3 and is_region(text):
        region = find_region(text)
        return Use(kode=region.kode) if isinstance(region, Wilayah) else None
    cut = _TAIL.sub("", text).strip()
    return _read_part(cut, table) if cut and cut != text.strip() else None


def _join(first: Use, second: Use) -> Use | None:
    """Return what two parts say together, None where they contradict."""
    joined: dict[str, Any] = {}
    for name in ("role", "year", "month", "segmen", "kode", "part", "span"):
        one, two = getattr(first, name), getattr(second, name)
        clash = bool(one and two) and one != two
        joined[name] = _settle(name, one, two) if clash else one or two
        if joined[name] is None:
            return None
    for name in ("kelas", "umur"):
        one, two = getattr(first, name), getattr(second, name)
        if one is not None and two is not None and one != two:
            return None
        joined[name] = two if one is None else one
    for name in ("total", "per", "running", "other"):
        joined[name] = getattr(first, name) or getattr(second, name)
    return replace(first, **joined)


def _settle(name: str, one: str, two: str) -> str | None:
    """Return what two different words of one kind say together, None for nothing.

    A caption that joins several segmen gives way to the segmen under it.
    """
    if name == "role" and "persen" in {one, two} and IGNORED not in {one, two}:
        return "persen"
    if name == "role" and IGNORED in {one, two}:
        named = one in {"kode", "nama"}  # the code or name of what is not used
        return two if one == IGNORED or named else one
    if name == "part":
        return f"{one} {two}"
    if name != "segmen":
        return None
    own, other = (set(find_mixed(text) or [text]) for text in (one, two))
    if own < other or other < own:
        return one if own < other else two
    return None


@lru_cache(maxsize=16384)
def read_words(text: str, table: str, depth: int = 2) -> Use | None:
    """Return what a heading says as a whole or cut into known parts."""
    whole = _read_part(text, table)
    if whole is not None or depth == 0:
        return whole
    words = [word for word in re.split(r"[\s/_\-–|:,()]+", text) if word]
    if not 2 <= len(words) <= 10:
        return None
    for cut in range(len(words) - 1, 0, -1):
        left = _read_part(" ".join(words[:cut]), table)
        if left is None:
            continue
        if left.role and not left.total and _is_filler(" ".join(words[cut:])):
            return left
        right = read_words(" ".join(words[cut:]), table, depth - 1)
        if right is not None and right.role and _is_filler(" ".join(words[:cut])):
            left = replace(left, role="")
        joined = _join(left, right) if right is not None else None
        if joined is not None:
            return joined
    return None


def _groupings(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the ways to read neighbouring parts together, the least joined first."""
    if len(parts) > MOST_PARTS:
        parts = (*parts[: MOST_PARTS - 1], " ".join(parts[MOST_PARTS - 1 :]))
    marks = range(2 ** (len(parts) - 1))
    for mark in sorted(marks, key=lambda bits: bits.bit_count()):
        group = [parts[0]]
        for index, part in enumerate(parts[1:]):
            if mark >> index & 1:
                group[-1] = f"{group[-1]} {part}"
            else:
                group.append(part)
        yield tuple(group)


def _read_group(group: tuple[str, ...], table: str) -> tuple[Use, list[str]]:
    """Return what the parts of one grouping say, and those not understood."""
    said = [read_words(part, table) for part in group]
    roles = [one.role for one in said if one is not None and one.role]
    use, unread = Use(), []
    for part, one in zip(group, said, strict=True):
        if one is not None and one.role and one.role != roles[-1] and _is_filler(part):
            one = replace(one, role="")
        combined = _join(use, one) if one is not None else None
        if combined is not None:
            use = combined
        elif one is not None or not _is_filler(part):
            unread.append(part)
    return use, unread


def _is_filler(text: str) -> bool:
    """Tell whether a caption says nothing of its own beside a measure."""
    return _FILLER.fullmatch(text.strip()) is not None


def _cost(use: Use, unread: list[str]) -> tuple[int, int]:
    """Order readings: few parts not understood, a segmen that is one."""
    mixed = bool(use.segmen) and use.segmen not in {*SEGMEN, TOTAL}
    torn = use.role in IDENTIFIERS and use.sliced
    return len(unread), int((mixed and not use.total) or torn)


@lru_cache(maxsize=4096)
def read_path(
    parts: tuple[str, ...], table: str, overrides: tuple[tuple[str, str], ...]
) -> Use:
    """Return what a heading of several rows says.

    A setting for the whole heading or for a part of it goes before what the words say.

    Examples
    --------
    >>> use = read_path(("PPU", "BU", "Aktif"), "kepesertaan", ())
    >>> use.segmen, use.role
    ('PPU-BU', 'aktif_jiwa')
    >>> read_path(("Target", "Aktif"), "kepesertaan", ()).other
    'Target'
    """
    own = {heading_key(name): said for name, said in overrides}
    whole = own.get(heading_key(" ".join(parts)))
    if whole is not None:
        return _forced(whole, parts, table)
    if own:
        said = [own.get(heading_key(part), part) for part in parts]
        if said != list(parts):
            roles = [s for s, part in zip(said, parts, strict=True) if s != part]
            if IGNORED in roles:
                return Use(role=IGNORED, forced=True)
            return replace(_read_plain(tuple(said), table), forced=True)
    return _read_plain(parts, table)


def _forced(said: str, parts: tuple[str, ...], table: str) -> Use:
    """Return the use that a setting gives: a role, or words read as a heading."""
    if said == IGNORED:
        return Use(role=IGNORED, forced=True)
    slices = _read_plain(parts, table)
    use = read_words(said, table)
    if use is None:
        return Use(role=said, forced=True)
    if use.role and not use.sliced and slices.known:
        use = _join(replace(slices, role="", other=""), use) or use
    return replace(use, forced=True)


def _read_plain(parts: tuple[str, ...], table: str) -> Use:
    """Return what a heading says by its words alone."""
    readings = [_read_group(group, table) for group in _groupings(parts)]
    use, unread = min(readings, key=lambda reading: _cost(*reading))
    if not use.role and not use.sliced and all(map(_is_filler, parts)):
        return Use(total=True)
    other = next((m.group() for part in parts if (m := _OTHER.search(part))), "")
    if (
        other
        and (unread or not use.role)
        and not (len(parts) == 1 and find_role(parts[0], table))
    ):
        return replace(use, other=use.other or other, known=True)
    if unread and not _is_group_label(parts, unread, use):
        return replace(use, known=False)
    return use


def _is_group_label(parts: tuple[str, ...], unread: list[str], use: Use) -> bool:
    """Tell whether the parts not understood are only captions over known ones.

    The lowest part names the column; a caption above it may be anything unless it
    names a measure of its own.
    """
    return not unread[-1].endswith(parts[-1]) and bool(use.role or use.sliced)


def members_of(use: Use) -> tuple[str, ...]:
    """Return the segmen that a column of several joins, () for a column of one."""
    if not use.segmen or use.segmen in {*SEGMEN, TOTAL}:
        return ()
    return find_mixed(use.segmen)
