"""Text tables to the typed, coded rows of one canonical table, or problems."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.headings import suggest_headings
from jkn_analysis.cleaning.find.roles import (
    MEASURE_KINDS,
    ColumnUse,
    Roles,
    Use,
    read_roles,
)
from jkn_analysis.cleaning.find.sheets import SECTION, SheetTable
from jkn_analysis.cleaning.problems import Problem, faults
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.cells import Cell, find_month_name, is_absent, whole
from jkn_analysis.cleaning.values.months import find_moment_in, parse_months
from jkn_analysis.cleaning.values.names import (
    explain_segmen,
    find_region,
    find_segmen,
    is_plain_pbi,
)
from jkn_analysis.cleaning.values.numbers import find_scale
from jkn_analysis.cleaning.values.regions import Origin, read_regions
from jkn_analysis.tables import SIGNED, TABLES, Column, Table
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import Wilayah

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jkn_analysis.cleaning.values.months import Order
    from jkn_analysis.cleaning.values.numbers import Fault, Locale

FLOWS = frozenset({"iuran", "iuran_pemda"})
"""Tables whose figures add up over months; a quarter is not a month of theirs."""
REGIONAL = frozenset(
    {"kepesertaan", "tunggakan_peserta", "iuran", "iuran_pemda", "anggaran", "faskes"}
)
"""Tables of kabupaten/kota, in which a province's row is a sum."""
LEAST_COLUMNS = 2
"""Columns of the table that a sheet must have to belong to a delivery."""
GROUPED_SHARE = 0.4
"""Share of blank cells from which a column is taken for one of merged groups."""
MOST_LISTED = 5_000
"""Faults of one kind in one column that are listed one by one; more are counted."""
ROW_DIMS = ("segmen", "kelas", "umur_bulan")
_PREFIX = "_"


@dataclass(frozen=True)
class CleanSettings:
    """What the config file says about one table's deliveries."""

    headings: Mapping[str, str] = field(default_factory=dict)
    locale: Locale = ""
    kode_system: str = ""
    latest: dt.date | None = None
    """Last month that may have been measured; later ones are faults."""


@dataclass(frozen=True)
class Counts:
    """Rows of a delivery: in = kept + refused + recognised."""

    rows_in: int = 0
    kept: int = 0
    refused: int = 0
    recognised: int = 0
    cells: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Add the counts of two deliveries."""
        return Counts(
            self.rows_in + other.rows_in,
            self.kept + other.kept,
            self.refused + other.refused,
            self.recognised + other.recognised,
            self.cells + other.cells,
        )


@dataclass
class CleanResult:
    """One canonical table from one delivery.

    Attributes
    ----------
    frame
        Typed rows without faults, in the columns of the table.
    problems
        Faults, suspicions and notes.
    counts
        Rows of the sheets; a wide row may give many rows of `frame`.
    origin
        For each row of `frame`: ``file``, ``sheet``, ``row`` and the column number of
        each measure, for messages of later checks.
    totals
        Printed totals of regions and segmen, with the same columns as `frame` plus
        ``cakupan``, for the checks that compare them with the sums.
    """

    table: str
    frame: pd.DataFrame
    problems: list[Problem]
    counts: Counts
    origin: pd.DataFrame
    totals: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether the delivery is free of faults."""
        return not faults(self.problems)


# --- one sheet -----------------------------------------------------------------


class _Sheet:
    """The columns of one sheet, parsed on demand, and its problems."""

    def __init__(
        self, sheet: SheetTable, table: Table, settings: CleanSettings
    ) -> None:
        self.sheet = sheet
        self.table = table
        self.settings = settings
        self.roles: Roles = read_roles(sheet, table.name, settings.headings)
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.size = len(sheet.raw)
        self.bad = np.zeros(self.size, dtype=bool)
        self.recognised = np.zeros(self.size, dtype=bool)
        self.order: Order = {"id": "dmy", "en": "mdy"}.get(settings.locale, "")  # type: ignore[assignment]
        self.hint: Locale = ""
        self.title_scale = _title_scale(sheet)
        self.years: np.ndarray | None = None
        self.numbers: dict[int, col.Parsed] = {}
        self.reported: set[tuple[int, int]] = set()
        self.told: Counter[tuple[str, int | None]] = Counter()
        self.unlisted: Counter[str] = Counter()
        self.kode: np.ndarray | None = None

    def cells(self, position: int) -> pd.Series:
        """Return one column of the sheet."""
        return self.sheet.raw.iloc[:, position]

    def report(
        self,
        kind: str,
        message: str,
        remedy: str = "",
        *,
        row: int | None = None,
        position: int | None = None,
        value: str = "",
        severity: str = "fault",
    ) -> None:
        """Add a problem; `row` and `position` are those of the frame."""
        self.told[kind, position] += 1
        if self.told[kind, position] > MOST_LISTED:
            self.unlisted[kind] += 1
            return
        self.problems.append(
            Problem(
                file=self.sheet.path.name,
                sheet=self.sheet.sheet,
                row=int(self.sheet.row_numbers[row]) if row is not None else 0,
                column=self.sheet.column_numbers[position]
                if position is not None
                else 0,
                kind=kind,
                message=message,
                remedy=remedy,
                value=value,
                severity=severity,  # type: ignore[arg-type]
                table=self.table.name,
            )
        )

    def sum_up(self) -> None:
        """Say how many faults there are beyond those listed."""
        counts = dict(self.unlisted)
        self.told.clear()
        self.unlisted.clear()
        for kind, count in counts.items():
            self.report(
                kind,
                f"{count} more faults of this kind ({kind}) are not listed",
                "correct those listed, then check the file again",
            )

    def take(self, parsed: col.Parsed, position: int, name: str) -> np.ndarray:
        """Report the faults of a parsed column and return its values."""
        for fault in parsed.faults:
            self.bad[fault.position] = True
            if (fault.position, position) in self.reported:
                continue
            self.reported.add((fault.position, position))
            self.report_fault(fault, position, name)
        self.notes += [f"column '{name}': {note}" for note in parsed.notes]
        return parsed.results

    def report_fault(self, fault: Fault, position: int, name: str) -> None:
        """Report one cell."""
        self.report(
            fault.kind,
            f"{name}: {fault.message}",
            fault.remedy,
            row=fault.position,
            position=position,
            value=fault.text,
        )

    def heading(self, position: int) -> str:
        """Return the heading of a column."""
        return " / ".join(self.sheet.headers[position])


def _title_scale(sheet: SheetTable) -> tuple[int, str]:
    """Return the unit that a title line declares for the whole sheet."""
    for line in (*sheet.title, *sheet.notes):
        scale, words = find_scale(line)
        if scale != 1:
            return scale, words
    return 1, ""


def _scale_of(work: _Sheet, column: ColumnUse, kind: str) -> int:
    """Return the factor of a value column: its heading's, else the title's."""
    own, words = find_scale(column.heading)
    if own != 1:
        work.notes.append(f"column '{column.heading}': values times {own} ({words})")
        return own
    factor, words = work.title_scale
    money = re.search(r"rp|rupiah", words, re.IGNORECASE) is not None
    people = re.search(r"jiwa|orang", words, re.IGNORECASE) is not None
    fits = (kind == "rp" and not people) or (kind == "jiwa" and not money)
    if factor == 1 or not fits:
        return 1
    work.notes.append(
        f"column '{column.heading}': values times {factor} (title: {words})"
    )
    return factor


# --- identifiers -----------------------------------------------------------------


def _read_kode(work: _Sheet) -> tuple[np.ndarray, np.ndarray]:
    """Return the code of every row's region and whether it is a sum of regions."""
    ids = work.roles.identifiers
    roles = ("kode", "kode_kemendagri", "kode_bps", "nama")
    present = [role for role in roles if role in ids]
    if not present:
        return _region_of_title(work)
    parts = {
        role: col.distinct_texts(work.cells(ids[role].position)) for role in present
    }
    parts = _fill_groups(work, parts)
    province = ids.get("nama_provinsi") or ids.get("kode_provinsi")
    if province is not None:
        parts["provinsi"] = col.distinct_texts(work.cells(province.position))
    codes, rows = _combine(parts)
    origins = [Origin(**dict(zip(parts, row, strict=True))) for row in rows]
    regions = read_regions(origins, declared=work.settings.kode_system)
    work.notes += regions.notes
    kode = [_code_of(regions.found.get(o)) for o in origins]
    above = np.array([_is_above(regions.found.get(o)) for o in origins], dtype=bool)
    wrong = np.array([origin in regions.wrong for origin in origins], dtype=bool)
    for row in np.flatnonzero(wrong[codes]):
        origin = origins[codes[row]]
        _report_region(work, int(row), regions.wrong[origin], origin)
    return col.spread_objects(kode, codes), above[codes]


def _code_of(region: Wilayah | None) -> str | None:
    """Return a region's code."""
    return region.kode if region is not None else None


def _is_above(region: Wilayah | None) -> bool:
    """Tell whether a region is a sum of kabupaten/kota."""
    return region is not None and region.jenis not in {"kabupaten", "kota"}


def _combine(
    parts: Mapping[str, tuple[np.ndarray, list[str]]],
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Return codes and rows of the distinct combinations of some columns."""
    joined = np.zeros(len(next(iter(parts.values()))[0]), dtype=np.int64)
    for codes, texts in parts.values():
        joined = joined * (len(texts) + 1) + codes
        joined, distinct = pd.factorize(joined)
    first = np.zeros(len(distinct), dtype=np.int64)
    first[joined[::-1]] = np.arange(len(joined))[::-1]
    rows = [
        tuple(texts[codes[place]] for codes, texts in parts.values()) for place in first
    ]
    return joined, rows


def _texts(values: pd.Series) -> list[str]:
    """Return cells as text, marks of absence as ""."""
    texts = (col.text_of(value) for value in values.tolist())
    return ["" if is_absent(text) else text for text in texts]


def _fill_groups(
    work: _Sheet, parts: dict[str, tuple[np.ndarray, list[str]]]
) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Return the region columns with the blanks of a merged group filled.

    A row continues the group above only where it names no region at all, another
    column tells the rows apart (segmen, month, kelas, what is measured), and such
    rows are many: a lone blank is a missing name.
    """
    ids = work.roles.identifiers
    apart = [n for n in (*ROW_DIMS, "bulan", "periode", "uraian", "tahun") if n in ids]
    blank = np.ones(work.size, dtype=bool)
    for codes, texts in parts.values():
        empty = np.array([not text for text in texts], dtype=bool)
        blank &= empty[codes] if len(texts) else blank
    if not apart or not work.size or blank[0] or not _is_grouped(blank):
        return parts
    work.notes.append(f"{blank.sum()} rows continue the region named above them")
    last = np.maximum.accumulate(np.where(blank, 0, np.arange(work.size)))
    return {role: (codes[last], texts) for role, (codes, texts) in parts.items()}


def _is_grouped(blank: Sequence[bool] | np.ndarray) -> bool:
    """Tell whether blanks are those of merged groups rather than gaps."""
    return int(np.sum(blank)) >= GROUPED_SHARE * len(blank) > 0


def _carry(values: Sequence[Any], blank: Sequence[bool]) -> list[Any]:
    """Repeat the last value where `blank` says so."""
    filled, last = [], values[0]
    for value, empty in zip(values, blank, strict=True):
        last = last if empty else value
        filled.append(last)
    return filled


def _report_region(
    work: _Sheet, index: int, wrong: tuple[str, str, str, str], origin: Origin
) -> None:
    """Report a row whose region is not known."""
    role, kind, message, remedy = wrong
    ids = work.roles.identifiers
    roles = (role, "nama", "kode", "kode_kemendagri", "kode_bps")
    column = next(ids[name] for name in roles if name in ids)
    work.bad[index] = True
    work.report(
        kind,
        message,
        remedy,
        row=index,
        position=column.position,
        value=getattr(origin, role, ""),
    )


def _region_of_title(work: _Sheet) -> tuple[np.ndarray, np.ndarray]:
    """Return the region that the title or sheet name states for all rows."""
    size = work.size
    found = {region.kode: region for region in _regions_in(work.sheet)}
    if len(found) == 1:
        region = next(iter(found.values()))
        work.notes.append(f"region {region.kode} {region.nama_lengkap} from the title")
        kode = np.full(size, region.kode, dtype=object)
        return kode, np.full(size, region.jenis not in {"kabupaten", "kota"})
    work.report(
        "missing_column",
        "no column names the region",
        "add a column Kode or Kab/Kota, or a title line 'Kabupaten : …'",
    )
    work.bad[:] = True
    return np.empty(size, dtype=object), np.zeros(size, dtype=bool)


def _regions_in(sheet: SheetTable) -> Iterable[Wilayah]:
    """Yield regions that title lines or the sheet name give as a whole."""
    lines = [*sheet.title, sheet.sheet]
    for line in lines:
        tail = line.rsplit(":", 1)[-1].strip()
        named = re.search(
            r"\b(?:kab(?:upaten|\.)?|kota)\s+[a-z .'-]+", tail, re.IGNORECASE
        )
        for text in filter(None, (tail, named.group().strip() if named else "")):
            found = find_region(text)
            if isinstance(found, Wilayah) and any(map(str.isalpha, text)):
                yield found
                break


def _context_moment(sheet: SheetTable) -> tuple[int, int, list[str]]:
    """Return the year and month that title, sheet and file name agree on."""
    sources = [*sheet.title, sheet.sheet, sheet.path.stem]
    year = month = 0
    clashes = []
    for source in sources:
        own_year, own_month = find_moment_in(source) if source else (0, 0)
        if own_month and month and own_month != month:
            clashes.append(source)
        if own_year and year and own_year != year and source is not sheet.path.stem:
            clashes.append(source)
        year, month = year or own_year, month or own_month
    return year, month, clashes


def _read_years(work: _Sheet) -> np.ndarray:
    """Return the year of every row from its own column, 0 where none says."""
    column = work.roles.identifiers.get("tahun") or work.roles.attributes.get("tahun")
    if column is None:
        return np.zeros(work.size, dtype=int)
    parsed = col.parse_number_column(
        work.cells(column.position), kind="number", scale=1
    )
    values = work.take(parsed, column.position, "tahun")
    years = np.nan_to_num(values).astype(np.int64)
    wrong = (years != 0) & ((years < 2000) | (years > 2100))
    for index in np.flatnonzero(wrong):
        work.bad[index] = True
        text = col.text_of(work.cells(column.position).iloc[index])
        work.report(
            "month",
            "tahun: no year of this data",
            "write it as 2025",
            row=int(index),
            position=column.position,
            value=text,
        )
    return np.where(wrong, 0, years)


def _read_row_months(work: _Sheet) -> tuple[np.ndarray, np.ndarray]:
    """Return year and month of every row as its own columns say them, 0 where not."""
    ids = work.roles.identifiers
    years = _read_years(work)
    column = ids.get("periode") or ids.get("bulan")
    if column is None:
        return years, np.zeros(work.size, dtype=int)
    cells = _moment_cells(work, column)
    own, months, faulty = _read_moments(work, column, cells)
    position = column.position
    for index, fault in faulty:
        work.bad[index] = True
        work.report(
            fault.kind,
            f"periode: {fault.message}",
            fault.remedy,
            row=index,
            position=position,
            value=col.text_of(work.cells(position).iloc[index]),
        )
    clash = (own != 0) & (years != 0) & (own != years)
    for place in np.flatnonzero(clash):
        work.bad[place] = True
        work.report(
            "month",
            f"month of {own[place]} beside year {years[place]}",
            "correct one of the two",
            row=int(place),
            position=position,
        )
    return np.where(own, own, years), months


def _moment_cells(work: _Sheet, column: ColumnUse) -> pd.Series:
    """Return the month cells; ``per`` in the heading goes into the texts."""
    cells = work.cells(column.position)
    if work.sheet.regular:
        return cells
    filled = cells.tolist()
    blank = [cell is None for cell in filled]
    if filled and not blank[0] and _is_grouped(blank):
        filled = _carry(filled, blank)
    if column.use.per:
        filled = [
            f"per {cell}"
            if isinstance(cell, str) and cell[:1].isdecimal() and " " in cell
            else cell
            for cell in filled
        ]
    return pd.Series(filled, dtype=object)


def _read_moments(
    work: _Sheet, column: ColumnUse, cells: pd.Series
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, Fault]]]:
    """Return year and month of every cell, 0 where it does not say, and faults."""
    codes, distinct = col.split_distinct(cells)
    months = np.array([_month_only(cell) for cell in distinct], dtype=int)
    years = np.zeros(len(distinct), dtype=int)
    rest = [index for index, month in enumerate(months) if not month]
    parsed = parse_months(
        [distinct[index] for index in rest],
        flow=work.table.name in FLOWS,
        order=work.order,
    )
    for index, value in zip(rest, parsed.results, strict=True):
        if value is not None:
            years[index], months[index] = value.year, value.month
    work.notes += [f"column '{column.heading}': {note}" for note in parsed.notes]
    places = np.arange(len(distinct)) if codes is None else codes
    faulty = [
        (int(row), fault)
        for fault in parsed.faults
        for row in np.flatnonzero(places == rest[fault.position])
    ]
    return years[places], months[places], sorted(faulty, key=lambda pair: pair[0])


def _month_only(cell: Cell) -> int:
    """Return the month of a cell that names a month only, else 0."""
    text = col.text_of(cell)
    number = whole(text.removesuffix(".0"))
    return find_month_name(text) or (number if number and number <= 12 else 0)


def _read_dim(work: _Sheet, name: str) -> np.ndarray:
    """Return segmen, kelas or age of every row; None where no cell says."""
    column = work.roles.identifiers.get(name)
    if column is None:
        return np.full(work.size, None, dtype=object)
    cells = work.cells(column.position)
    if name == "segmen" and not work.sheet.regular and work.size:
        cells = _fill_segmen(work, cells)
    parser = {
        "segmen": col.parse_segmen_column,
        "kelas": col.parse_kelas_column,
        "umur_bulan": col.parse_umur_column,
    }[name]
    return work.take(parser(cells), column.position, name)


def _fill_segmen(work: _Sheet, cells: pd.Series) -> pd.Series:
    """Fill blanks of a merged segmen where kelas or age tells the rows apart."""
    ids = work.roles.identifiers
    values = cells.tolist()
    if not ({"kelas", "umur_bulan", "uraian"} & set(ids)) or values[0] is None:
        return cells
    blank = [value is None for value in values]
    return (
        pd.Series(_carry(values, blank), dtype=object) if _is_grouped(blank) else cells
    )


# --- slices ------------------------------------------------------------------------


def _context_segmen(sheet: SheetTable) -> str | None:
    """Return the segmen that a title line or the sheet name gives as a whole."""
    for line in (*sheet.title, sheet.sheet):
        tail = _SEGMEN_TAIL.search(line)
        for text in (line.rsplit(":", 1)[-1].strip(), tail[1].strip() if tail else ""):
            found = find_segmen(text) if text else None
            if found:
                return found
    return None


_SEGMEN_TAIL = re.compile(r"\bsegmen(?:tasi)?(?:\s+peserta)?\s+(.+)$", re.IGNORECASE)


def _sections(work: _Sheet) -> list[str]:
    """Return the section label above every row."""
    if SECTION not in work.sheet.raw or work.sheet.column_numbers[0] != 0:
        return [""] * work.size
    return [col.text_of(value) for value in work.sheet.raw[SECTION].tolist()]


def _context_measure(work: _Sheet, measures: Mapping[str, Column]) -> str:
    """Return the one measure that the title, sheet or file name announces."""
    from jkn_analysis.cleaning.find.headings import find_role

    for line in (
        *work.sheet.title,
        work.sheet.sheet,
        work.sheet.path.stem.replace("_", " "),
    ):
        role = find_role(line.rsplit(":", 1)[-1], work.table.name)
        if role in measures:
            return role
    for line in (*work.sheet.title, work.sheet.sheet):
        words = line.lower()
        hits = {
            role
            for role in measures
            if role.rsplit("_", 1)[0].replace("_", " ") in words
        }
        if len(hits) == 1:
            return hits.pop()
    return next(iter(measures)) if len(measures) == 1 else ""


@dataclass
class _Piece:
    """Rows of one slice of a sheet: keys, some measures, and their columns."""

    frame: pd.DataFrame
    columns: dict[str, int]
    total: bool = False


def _clean_sheet(work: _Sheet) -> list[_Piece]:
    """Return the typed pieces of one sheet, faults reported on `work`."""
    _report_headings(work)
    work.problems += [
        Problem(**{**_fields(problem), "table": work.table.name})
        for problem in work.sheet.problems
    ]
    for problem in work.sheet.problems:
        for index in np.flatnonzero(work.sheet.row_numbers == problem.row):
            work.bad[index] = True
            if problem.column in work.sheet.column_numbers:
                position = work.sheet.column_numbers.index(problem.column)
                work.reported.add((int(index), position))
    base = _base_frame(work)
    if base is None:
        return []
    measures = {
        column.name: column
        for column in work.table.columns
        if column.kind in MEASURE_KINDS and column.name not in work.table.key
    }
    work.hint = _sheet_hint(work)
    groups = _group_columns(work, measures)
    pieces = []
    for use, members in groups.items():
        piece = _make_piece(work, base, use, members, measures)
        if piece is not None:
            pieces.append(piece)
    if not measures or not groups:
        pieces.append(_Piece(base, {}))
    return pieces


def _fields(problem: Problem) -> dict[str, Any]:
    """Return a problem's fields as keyword arguments."""
    return {name: getattr(problem, name) for name in Problem.__dataclass_fields__}


def _sheet_hint(work: _Sheet) -> Locale:
    """Return the number style that the clear integer cells of the sheet agree on."""
    if work.sheet.regular:
        return ""
    columns = [work.cells(c.position) for c in work.roles.measured]
    totals = [pd.Series(cells, dtype=object) for cells in work.sheet.dropped_cells]
    clear = col.find_hint([*columns, *totals])
    if clear or work.title_scale[0] != 1:
        return clear
    counted = [c for c in work.roles.measured if find_scale(c.heading)[0] == 1]
    return col.find_group_hint([work.cells(c.position) for c in counted])


def _report_headings(work: _Sheet) -> None:
    """Report headings that are not known and columns that stand twice."""
    for column in work.roles.unknown:
        cells = work.cells(column.position)
        if cells.isna().all():
            continue
        near = suggest_headings(column.heading, work.table.name)
        known = f"nearest known: {', '.join(near)}; " if near else ""
        role = "<column>"
        if near:
            from jkn_analysis.cleaning.find.headings import find_role

            role = find_role(near[0], work.table.name) or role
        work.report(
            "unknown_heading",
            "heading not known",
            f"{known}add to the config file: [sources.{work.table.name}.headings] "
            f'"{column.heading}" = "{role}" (or "abaikan" to leave it out)',
            position=column.position,
            value=column.heading,
        )
    for column in work.roles.doubled:
        work.report(
            "double_column",
            f"second column for '{column.use.role}'",
            'keep one; map the other to "abaikan" under '
            f"[sources.{work.table.name}.headings]",
            position=column.position,
            value=column.heading,
        )


def _base_frame(work: _Sheet) -> pd.DataFrame | None:
    """Return the keys and attributes that belong to whole rows."""
    names = set(work.table.names)
    data: dict[str, Any] = {"_row": np.arange(work.size)}
    if "kode" in names:
        data["kode"], data["_above"] = _read_kode(work)
        work.kode = data["kode"]
    if "periode" in names:
        data["_year"], data["_month"] = _read_row_months(work)
    elif "tahun" in names:
        data["tahun"] = _years_or_title(work)
    for name in ROW_DIMS:
        if name in names:
            data[name] = _read_dim(work, name)
    data |= _read_attributes(work)
    if not _required_there(work, data):
        return None
    return pd.DataFrame(data)


def _years_or_title(work: _Sheet) -> np.ndarray:
    """Return the year of every row, from its column or the title."""
    years = _read_years(work)
    context, _, _ = _context_moment(work.sheet)
    filled = np.where(years == 0, context, years).astype(float)
    for index in np.flatnonzero(filled == 0):
        work.bad[index] = True
        work.report("missing", "tahun: no year", "write the year", row=int(index))
    return filled


def _read_attributes(work: _Sheet) -> dict[str, np.ndarray]:
    """Return the columns stored as they are."""
    data = {}
    for name, column in work.roles.attributes.items():
        declared = work.table.column(name)
        if name == "tahun" or declared.kind in {"segmen", "kelas", "umur"}:
            continue
        cells = work.cells(column.position)
        if declared.kind in {"tanggal", "periode"}:
            parsed = col.parse_date_column(cells, order=work.order)
        elif declared.kind in MEASURE_KINDS:
            parsed = col.parse_number_column(
                cells,
                kind=declared.kind,
                heading=column.heading,
                locale=work.settings.locale,
                signed=name in SIGNED,
            )
        else:
            parsed = col.parse_text_column(cells, choices=declared.choices)
        data[name] = work.take(parsed, column.position, name)
        if not declared.optional:
            _report_missing(work, data[name], column, name)
    return data


def _report_missing(
    work: _Sheet, values: np.ndarray, column: ColumnUse, name: str
) -> None:
    """Report empty cells of a required column."""
    for index in np.flatnonzero(pd.isna(values) & ~work.bad):
        work.bad[index] = True
        text = col.text_of(work.cells(column.position).iloc[index])
        work.report(
            "missing",
            f"{name}: no value where one is due",
            "fill the cell",
            row=int(index),
            position=column.position,
            value=text,
        )


def _required_there(work: _Sheet, data: Mapping[str, Any]) -> bool:
    """Report required attribute columns that the sheet lacks."""
    found = [" / ".join(parts) for parts in work.sheet.headers]
    shown = ", ".join(f"'{text}'" for text in found[:12])
    complete = True
    for column in work.table.columns:
        measure = column.kind in MEASURE_KINDS and column.name not in work.table.key
        handled = column.kind in {"kode", "periode", "segmen", "kelas", "umur", "tahun"}
        if column.optional or measure or handled or column.name in data:
            continue
        if column.name in {"sumber", "berlaku_mulai"} and work.table.name == "penduduk":
            continue
        complete = False
        near = suggest_headings(column.name, work.table.name)
        work.report(
            "missing_column",
            f"column '{column.name}' missing; found {shown}",
            f"add the column, for example as '{near[0] if near else column.name}', "
            f"or map a heading to it under [sources.{work.table.name}.headings]",
        )
    if not complete:
        work.bad[:] = True
    return complete


def _group_columns(
    work: _Sheet, measures: Mapping[str, Column]
) -> dict[Use, dict[str, ColumnUse]]:
    """Group value columns by the slice their headings fix."""
    announced = ""
    groups: dict[Use, dict[str, ColumnUse]] = {}
    by_row = "uraian" in work.roles.identifiers
    for column in work.roles.measured:
        use = _settle_segmen(work, column)
        if use is None:
            continue
        measure = use.role if use.role in measures else ""
        if not measure and by_row:
            measure = "uraian"
        if not measure:
            announced = announced or _context_measure(work, measures)
            measure = announced
        if not measure:
            if work.cells(column.position).isna().all():
                continue
            work.report(
                "unknown_heading",
                "the heading does not say what is counted",
                f"one of: {', '.join(measures)}; say it in the heading or the title",
                position=column.position,
                value=column.heading,
            )
            continue
        key = Use(
            year=use.year,
            month=use.month,
            segmen=use.segmen,
            kelas=use.kelas,
            umur=use.umur,
            total=use.total,
        )
        members = groups.setdefault(key, {})
        if measure in members:
            work.report(
                "double_column",
                f"second column for '{measure}'",
                "keep one of the two",
                position=column.position,
                value=column.heading,
            )
            continue
        members[measure] = column
    return groups


def _settle_segmen(work: _Sheet, column: ColumnUse) -> Use | None:
    """Return a column's use with its segmen canonical; None where it is no segmen.

    PBI alone means PBI JK only where PBPU Pemda has its own columns.
    """
    use = column.use
    if not use.segmen or use.segmen in {*SEGMEN, TOTAL}:
        return use
    beside = any(other.use.segmen == "PBPU Pemda" for other in work.roles.measured)
    if is_plain_pbi(use.segmen) and beside:
        return replace(use, segmen="PBI JK")
    if not work.cells(column.position).isna().all():
        message, remedy = explain_segmen(use.segmen)
        work.report(
            "unknown_name",
            f"segmen: {message}",
            remedy,
            position=column.position,
            value=column.heading,
        )
    return None


def _numbers(work: _Sheet, column: ColumnUse, declared: Column) -> col.Parsed:
    """Parse a value column once."""
    if column.position not in work.numbers:
        work.numbers[column.position] = col.parse_number_column(
            work.cells(column.position),
            kind=declared.kind,
            signed=declared.name in SIGNED,
            heading=column.heading,
            scale=_scale_of(work, column, declared.kind),
            locale=work.settings.locale,
            hint=work.hint,
        )
    return work.numbers[column.position]


def _numbers_by_row(
    work: _Sheet,
    column: ColumnUse,
    roles: Sequence[str],
    measures: Mapping[str, Column],
) -> col.Parsed:
    """Parse a value column whose rows hold different measures, each by its own kind.

    The number style is that of the whole column; unit and bounds are each measure's:
    people and rupiah in turn, as in the register of arrears.
    """
    shown = list(dict.fromkeys(role for role in roles if role))
    parsed = _numbers(work, column, measures[shown[0]])
    if len({measures[role].kind for role in shown}) == 1:
        return parsed
    cells, named = work.cells(column.position), np.array(roles, dtype=object)
    values = np.full(len(cells), np.nan)
    faults: list[Fault] = []
    for role in shown:
        declared, rows = measures[role], np.flatnonzero(named == role)
        part = col.parse_number_column(
            cells.iloc[rows],
            kind=declared.kind,
            signed=declared.name in SIGNED,
            heading=column.heading,
            scale=_scale_of(work, column, declared.kind),
            locale=work.settings.locale or parsed.locale,
            hint=work.hint,
        )
        values[rows] = part.results
        faults += [replace(f, position=int(rows[f.position])) for f in part.faults]
    faults.sort(key=lambda fault: fault.position)
    whole = col.Parsed(values, faults, parsed.notes, parsed.locale)
    work.numbers[column.position] = whole
    return whole


def _make_piece(
    work: _Sheet,
    base: pd.DataFrame,
    use: Use,
    members: Mapping[str, ColumnUse],
    measures: Mapping[str, Column],
) -> _Piece | None:
    """Return the rows of one slice."""
    frame = base.copy(deep=False)
    if "uraian" in members:
        return _make_by_row(work, frame, use, members["uraian"], measures)
    places = {}
    for name, column in members.items():
        parsed = _numbers(work, column, measures[name])
        frame[name] = work.take(parsed, column.position, name)
        places[name] = column.position
    return _with_slice(work, frame, use, places)


def _make_by_row(
    work: _Sheet,
    frame: pd.DataFrame,
    use: Use,
    column: ColumnUse,
    measures: Mapping[str, Column],
) -> _Piece | None:
    """Return a slice whose rows say themselves what they measure."""
    from jkn_analysis.cleaning.find.headings import find_role

    own = work.roles.identifiers["uraian"]
    texts = _texts(work.cells(own.position))
    roles = [
        find_role(t, work.table.name, overrides=work.settings.headings) for t in texts
    ]
    known = [role if role in measures else "" for role in roles]
    if any(known):
        parsed = _numbers_by_row(work, column, known, measures)
        frame["_value"] = work.take(parsed, column.position, column.heading)
    for index, (text, role) in enumerate(zip(texts, known, strict=True)):
        if not role and (index, own.position) not in work.reported:
            work.reported.add((index, own.position))
            work.bad[index] = True
            work.report(
                "unknown_name",
                "uraian: not a measure of this table",
                f"write one of: {', '.join(measures)}",
                row=index,
                position=own.position,
                value=text,
            )
    frame["_measure"] = known
    return _with_slice(work, frame, use, {"_value": column.position})


def _with_slice(
    work: _Sheet, frame: pd.DataFrame, use: Use, places: dict[str, int]
) -> _Piece:
    """Set the month, segmen, kelas and age of a slice."""
    names = set(work.table.names)
    if "periode" in names:
        frame["periode"] = _periode(work, frame, use, places)
    labels: list[str | None] | None = None
    if SECTION in work.sheet.raw:
        labels = [find_segmen(text) if text else None for text in _sections(work)]
    if "segmen" in names:
        context = _context_segmen(work.sheet)
        frame["segmen"] = _dim_values(
            frame["segmen"], use.segmen or None, labels, context
        )
    if "kelas" in names:
        frame["kelas"] = _dim_values(frame["kelas"], use.kelas, None, None)
    if "umur_bulan" in names:
        frame["umur_bulan"] = _dim_values(frame["umur_bulan"], use.umur, None, None)
    total = use.total
    return _Piece(frame, places, total=total)


def _dim_values(
    rows: pd.Series,
    fixed: Cell,
    labels: Sequence[Any] | None,
    context: Cell,
) -> pd.Series:
    """Return a dimension: fixed by the heading, else of the row, section or title."""
    if fixed is not None:
        return pd.Series(np.full(len(rows), fixed, dtype=object), index=rows.index)
    lacking = rows.isna().to_numpy()
    if not lacking.any() or (labels is None and context is None):
        return rows
    labels = labels or [None] * len(rows)
    merged = [
        (label if label is not None else context) if empty else value
        for value, label, empty in zip(rows.tolist(), labels, lacking, strict=True)
    ]
    return pd.Series(merged, dtype=object, index=rows.index)


def _periode(
    work: _Sheet, frame: pd.DataFrame, use: Use, places: Mapping[str, int]
) -> np.ndarray:
    """Return the month of every row of a slice as datetime64, NaT where unknown."""
    years, months = frame["_year"].to_numpy(), frame["_month"].to_numpy()
    if use.month:
        months = np.full(len(frame), use.month)
    if use.year:
        years = np.full(len(frame), use.year)
    if (months == 0).any() or (years == 0).any():
        years, months = _from_context(work, years, months)
    lacking = (years == 0) | (months == 0)
    open_rows = np.flatnonzero(lacking & ~work.bad)
    if len(open_rows):
        position = next(iter(places.values()), None)
        what = "year" if (months[open_rows] != 0).all() else "month"
        if len(open_rows) == len(frame):
            work.report(
                "missing",
                f"no {what} for this column",
                _SAY_MONTH,
                position=position,
                value=work.heading(position) if position is not None else "",
            )
        else:
            ids = work.roles.identifiers
            said = ids.get("periode") or ids.get("bulan") or ids.get("tahun")
            for index in open_rows:
                work.report(
                    "missing",
                    f"no {what} for this row",
                    _SAY_MONTH,
                    row=int(index),
                    position=said.position if said else None,
                )
        work.bad[open_rows] = True
    dates = np.full(len(frame), np.datetime64("NaT"), dtype="datetime64[M]")
    known = ~lacking
    offsets = (years[known] - 1970) * 12 + months[known] - 1
    dates[known] = offsets.astype("datetime64[M]")
    return dates.astype("datetime64[us]")


_SAY_MONTH = (
    "write it in a column Periode (2025-06), the heading, or a title line 'Bulan : …'"
)


def _from_context(
    work: _Sheet, years: np.ndarray, months: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fill what rows do not say from section, title, sheet and file name."""
    labels = _sections(work)
    if any(labels):
        said = [find_moment_in(text) if text else (0, 0) for text in labels]
        years = np.where(years == 0, [moment[0] for moment in said], years)
        months = np.where(months == 0, [moment[1] for moment in said], months)
    year, month, clashes = _context_moment(work.sheet)
    if clashes and ((months == 0).any() or (years == 0).any()):
        work.report(
            "month",
            f"title, sheet and file name disagree on the month: {', '.join(clashes)}",
            "correct the title or the sheet's name",
        )
        work.bad[:] = True
    if month and (months == 0).any():
        moment = f"{year}-{month:02d}" if year else f"{month}"
        note = f"month {moment} taken from the title, the sheet's or the file's name"
        work.notes = [*work.notes, *([note] if note not in work.notes else [])]
    return np.where(years == 0, year, years), np.where(months == 0, month, months)


# --- the table ---------------------------------------------------------------------


def clean(
    table_name: str,
    sheets: Sequence[SheetTable],
    *,
    settings: CleanSettings | None = None,
) -> CleanResult:
    """Turn the sheets of one delivery into typed rows of a canonical table.

    Columns are found by their headings, months and segmen in rows, headings, titles,
    sheet or file names; every cell that does not fit is a problem with its address.
    Rows of totals are recognised and compared with the sums they print.

    Parameters
    ----------
    table_name
        A key of ``tables.TABLES``.
    sheets
        What `read_sheet` returned, of one file or several of one delivery.
    settings
        Headings, number style and code system of the config file.

    Returns
    -------
    CleanResult
        Rows without faults, all problems, and the count of rows.
    """
    from jkn_analysis.cleaning.rows import assemble

    table = TABLES[table_name]
    chosen = settings or CleanSettings()
    works = [_Sheet(sheet, table, chosen) for sheet in sheets]
    used = [work for work in works if _holds_table(work)] or works
    pieces = []
    for number, work in enumerate(works):
        if work not in used:
            _leave_out(work)
            continue
        for piece in _clean_sheet(work):
            piece.frame["_sheet"] = number
            pieces.append(piece)
    return assemble.assemble(table, works, pieces)


def _holds_table(work: _Sheet) -> bool:
    """Tell whether a visible sheet has columns of the table."""
    roles = work.roles
    known = len(roles.identifiers) + len(roles.attributes) + len(roles.measured)
    return known >= LEAST_COLUMNS and not work.sheet.hidden


def _leave_out(work: _Sheet) -> None:
    """Say that a sheet of the workbook is no part of the table."""
    work.recognised[:] = True
    why = "is hidden" if work.sheet.hidden else f"has no columns of {work.table.name}"
    work.report(
        "left_out",
        f"this sheet {why} and was left out",
        "show it, or name its columns, if it belongs to the delivery",
        severity="note" if work.sheet.hidden else "suspicion",
    )
