"""What each column of a sheet holds: an identifier, or a measure of some slice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from jkn_analysis.cleaning.find.headings import IGNORED, find_role
from jkn_analysis.cleaning.values.cells import find_month_name, is_year
from jkn_analysis.cleaning.values.months import find_moment_in, read_moment
from jkn_analysis.cleaning.values.names import (
    find_kelas,
    find_segmen,
    find_umur,
    is_segmen_word,
)
from jkn_analysis.tables import TABLES
from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jkn_analysis.cleaning.find.table import SheetTable

MEASURE_KINDS = frozenset({"jiwa", "rp", "rate", "number", "count"})
IDENTIFIERS = frozenset(
    {
        "kode", "kode_kemendagri", "kode_bps", "nama", "nama_provinsi", "kode_provinsi",
        "periode", "bulan", "tahun", "segmen", "kelas", "umur_bulan", "uraian",
    }
)  # fmt: skip
CHECKED = frozenset({"persen", "nonaktif_jiwa", "penduduk_jiwa"})
"""Roles that no table stores but that its figures must agree with."""
_UMUR_WORD = re.compile(r"bulan|bln|>|\+|lebih|^\s*\d{1,2}\s*$", re.IGNORECASE)
_PER_WORD = re.compile(r"\s*(?:data\s+)?(?:per|posisi|keadaan)\b", re.IGNORECASE)
_KELAS_WORD = re.compile(r"kelas|kls|\bkl\b", re.IGNORECASE)


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
    total: bool = False
    known: bool = True
    per: bool = False

    @property
    def sliced(self) -> bool:
        """Tell whether the heading fixes a month, segmen, kelas or age."""
        return bool(
            self.month
            or self.segmen
            or self.kelas is not None
            or self.umur is not None
            or self.total
        )


@dataclass(frozen=True)
class ColumnUse:
    """A column of a sheet with its use."""

    position: int
    heading: str
    use: Use


@dataclass
class Roles:
    """All columns of a sheet sorted by use."""

    identifiers: dict[str, ColumnUse] = field(default_factory=dict)
    attributes: dict[str, ColumnUse] = field(default_factory=dict)
    """Columns stored as they are: text, dates, choices."""
    measured: list[ColumnUse] = field(default_factory=list)
    checked: list[ColumnUse] = field(default_factory=list)
    unknown: list[ColumnUse] = field(default_factory=list)
    doubled: list[ColumnUse] = field(default_factory=list)


def _measures(table: str) -> dict[str, str]:
    """Return the measures of a table and their kinds."""
    declared = TABLES[table]
    return {
        column.name: column.kind
        for column in declared.columns
        if column.kind in MEASURE_KINDS and column.name not in declared.key
    }


def _read_part(text: str, table: str, overrides: Mapping[str, str]) -> Use | None:
    """Return what one heading part says as a whole, or None."""
    role = find_role(text, table, overrides=overrides)
    if role == "total":
        return Use(total=True)
    if role:
        return Use(role=role, per=bool(_PER_WORD.match(text)))
    if find_month_name(text):
        return Use(month=find_month_name(text))
    if is_year(text):
        return Use(year=int(text))
    return _read_dimension(text, table) or _read_moment_part(text)


def _read_dimension(text: str, table: str) -> Use | None:
    """Return the segmen, kelas or age a heading part names, if the table has it."""
    names = {column.name for column in TABLES[table].columns}
    if "segmen" in names and is_segmen_word(text):
        segmen = find_segmen(text) or text
        return Use(segmen=segmen, total=segmen == TOTAL)
    if "kelas" in names and _KELAS_WORD.search(text) and find_kelas(text) is not None:
        return Use(kelas=find_kelas(text))
    if "umur_bulan" in names and _UMUR_WORD.search(text) and find_umur(text):
        return Use(umur=find_umur(text))
    return None


def _read_moment_part(text: str) -> Use | None:
    """Return the month a heading part names."""
    moment = read_moment(text)
    if moment.fault or moment.span_bulan > 1 or moment.other:
        return None
    year, month = find_moment_in(text)
    return Use(year=year, month=month) if month else None


def _join(first: Use, second: Use) -> Use | None:
    """Return what two parts say together, None where they contradict."""
    merged = first
    for name in ("role", "year", "month", "segmen"):
        one, two = getattr(first, name), getattr(second, name)
        if one and two and one != two:
            if name == "role" and IGNORED in {one, two}:
                merged = replace(merged, role=one if two == IGNORED else two)
                continue
            return None
        merged = replace(merged, **{name: one or two})
    for name in ("kelas", "umur"):
        one, two = getattr(first, name), getattr(second, name)
        if one is not None and two is not None and one != two:
            return None
        merged = replace(merged, **{name: two if one is None else one})
    return replace(
        merged, total=first.total or second.total, per=first.per or second.per
    )


def _read_words(
    text: str, table: str, overrides: Mapping[str, str], depth: int
) -> Use | None:
    """Return what a heading says as a whole or cut into two known parts."""
    whole = _read_part(text, table, overrides)
    if whole is not None or depth == 0:
        return whole
    words = [word for word in re.split(r"[\s/_\-–|:,()]+", text) if word]
    if not 2 <= len(words) <= 10:
        return None
    for cut in range(len(words) - 1, 0, -1):
        left = _read_part(" ".join(words[:cut]), table, overrides)
        if left is None:
            continue
        right = _read_words(" ".join(words[cut:]), table, overrides, depth - 1)
        joined = _join(left, right) if right is not None else None
        if joined is not None:
            return joined
    return None


@lru_cache(maxsize=4096)
def _read_path(
    parts: tuple[str, ...], table: str, overrides: tuple[tuple[str, str], ...]
) -> Use:
    """Return what a heading of several rows says."""
    own = dict(overrides)
    use = Use()
    unread = []
    for part in parts:
        said = _read_words(part, table, own, 2)
        combined = _join(use, said) if said is not None else None
        if combined is None:
            unread.append(part)
        else:
            use = combined
    if unread and len(parts) > 1:
        whole = _read_part(" ".join(parts), table, own)
        if whole is not None and whole.role and whole.role != IGNORED:
            return whole
    if unread and not _is_group_label(parts, unread, use, table):
        return replace(use, known=False)
    return use


def _is_group_label(
    parts: tuple[str, ...], unread: list[str], use: Use, table: str
) -> bool:
    """Tell whether the parts not understood are only captions over known ones.

    The lowest part names the column; a caption above it may be anything unless it
    names a measure of its own.
    """
    if parts[-1] in unread:
        return False
    return bool(use.role or use.sliced) and table in TABLES


def read_roles(sheet: SheetTable, table: str, overrides: Mapping[str, str]) -> Roles:
    """Find the use of every column of a sheet.

    Parameters
    ----------
    sheet
        A table read from a file.
    table
        The canonical table it is to become.
    overrides
        Headings of the config file.
    """
    from jkn_analysis.cleaning.find.table import SECTION

    own = tuple(sorted(overrides.items()))
    measures = _measures(table)
    canonical = {column.name: column for column in TABLES[table].columns}
    roles = Roles()
    for position, parts in enumerate(sheet.headers):
        heading = " / ".join(parts)
        if parts == (SECTION,) and sheet.column_numbers[position] == 0:
            continue
        use = _read_path(parts, table, own) if parts else Use(known=False)
        column = ColumnUse(position, heading, use)
        _sort(column, roles, measures, set(canonical))
    return roles


def _sort(
    column: ColumnUse, roles: Roles, measures: Mapping[str, str], canonical: set[str]
) -> None:
    """Put one column where it belongs."""
    role, use = column.use.role, column.use
    if not use.known:
        roles.unknown.append(column)
    elif role == IGNORED and not use.sliced:
        return
    elif role in measures or (use.sliced and (not role or role == IGNORED)):
        roles.measured.append(column)
    elif role in IDENTIFIERS and not use.sliced:
        _add(roles.identifiers, role, column, roles)
    elif role in canonical:
        _add(roles.attributes, role, column, roles)
    elif role in CHECKED:
        roles.checked.append(column)
    elif not role and use.year:
        roles.measured.append(column)
    else:
        roles.unknown.append(column)


def _add(
    group: dict[str, ColumnUse], role: str, column: ColumnUse, roles: Roles
) -> None:
    """Add a column of a role that may stand only once."""
    if role in group:
        roles.doubled.append(column)
    else:
        group[role] = column
