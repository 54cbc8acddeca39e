"""What is known of one sheet while it is cleaned, and the results of a delivery."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.roles import ColumnUse
from jkn_analysis.cleaning.find.sorting import Roles, read_roles
from jkn_analysis.cleaning.find.table import SECTION, SheetTable
from jkn_analysis.cleaning.problems import Problem, faults
from jkn_analysis.cleaning.values import columns as col
from jkn_analysis.cleaning.values.cells import Cell, cut_ordinal
from jkn_analysis.cleaning.values.context import (
    Context,
    find_context,
    find_title_regions,
)
from jkn_analysis.cleaning.values.months import Order, find_moment_in
from jkn_analysis.cleaning.values.names import find_segmen
from jkn_analysis.cleaning.values.numbers import Fault, Locale
from jkn_analysis.cleaning.values.units import find_scale
from jkn_analysis.cleaning.words import Finding, finding, say
from jkn_analysis.tables import Table

PLACE = "_col_"
"""Start of the columns that hold each measure's place in the sheet."""
FLOWS = frozenset({"iuran", "iuran_pemda", "arus_kepesertaan"})
"""Tables whose figures add up over months; a quarter is not a month of theirs."""
REGIONAL = frozenset(
    {
        "kepesertaan", "tunggakan_peserta", "iuran", "iuran_pemda", "anggaran",
        "faskes", "arus_kepesertaan", "kepesertaan_kecamatan",
        "sasaran_pbi", "usulan_pbi", "fiskal", "layanan",
    }
)  # fmt: skip
"""Tables of kabupaten/kota, in which a province's row is a sum."""
MOST_LISTED = 5_000
"""Faults of one kind in one column that are listed one by one; more are counted."""
MOST_NAMED = 50
"""Different unknown names of one column that are listed; more are counted."""
_OF_NAMES = frozenset({"unknown_name", "ambiguous_name"})


def due_of(table: Table) -> set[str]:
    """Return the columns a delivery must have: required ones and the active members."""
    return {*table.required, *({"aktif_jiwa"} & set(table.names))}


@dataclass(frozen=True)
class CleanSettings:
    """What the config file says about one table's deliveries."""

    headings: Mapping[str, str] = field(default_factory=dict)
    locale: Locale = ""
    kode_system: str = ""
    latest: dt.date | None = None
    """Last month that may have been measured; later ones are faults."""
    accepted: tuple[str, ...] = ()
    """Suspicions that the office has confirmed: what, and of which file."""
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Title lines that the office has added, by file name; they go before its own."""


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
    finer: CleanResult | None = None
    """The same figures by kecamatan, where the delivery has them."""

    @property
    def ok(self) -> bool:
        """Tell whether the delivery is free of faults."""
        return not faults(self.problems)


@dataclass(frozen=True, eq=False)
class Work:
    """One sheet as it is read for a table: what `start_work` found, and its findings.

    The fields are set once; the lists and masks collect what the steps find, so that
    a row refused by one step is left alone by the next.
    """

    sheet: SheetTable
    table: Table
    settings: CleanSettings
    roles: Roles
    order: Order
    title_scale: tuple[int, str]
    context: Context
    """Month that titles, sheet and file name give."""
    hint: Locale
    """Number style that the clear cells of the sheet agree on."""
    bad: np.ndarray
    """Rows with a fault."""
    recognised: np.ndarray
    """Rows that are no data of the table, such as a province's."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbers: dict[int, col.Parsed] = field(default_factory=dict)
    """Value columns by position, parsed once."""
    keys: dict[str, np.ndarray] = field(default_factory=dict)
    """Keys of the rows, once they are read."""
    sums: list[tuple[ColumnUse, tuple[tuple[int, ColumnUse], ...]]] = field(
        default_factory=list
    )
    """Columns that print the sum of others, with sign and column of each term."""
    reported: set[tuple[int, int]] = field(default_factory=set)
    told: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    names: dict[tuple[str, int | None], set[str]] = field(default_factory=dict)
    unlisted: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.sheet.raw)

    @property
    def sections(self) -> list[str]:
        """The section label above every row, "" where there is none."""
        if SECTION not in self.sheet.raw or self.sheet.column_numbers[0] != 0:
            return [""] * self.size
        return [col.text_of(value) for value in self.sheet.raw[SECTION].tolist()]

    def cells(self, position: int) -> pd.Series:
        """Return one column of the sheet."""
        return self.sheet.raw.iloc[:, position]

    def report(
        self,
        said: str | Finding,
        /,
        *,
        row: int | None = None,
        position: int | None = None,
        value: str = "",
        severity: str = "fault",
        **values: object,
    ) -> None:
        """Add a finding, or one of the catalogue; places are those of the frame."""
        kind, message, remedy = (
            finding(said, **values) if isinstance(said, str) else said
        )
        if row is None and any(
            known.message == message and known.value == value for known in self.problems
        ):
            return
        self.told[kind, position] += 1
        names = self.names.setdefault((kind, position), set())
        most = len(names) >= MOST_NAMED and value not in names and kind in _OF_NAMES
        if most or self.told[kind, position] > MOST_LISTED:
            self.unlisted[kind] += 1
            return
        names.add(value)
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
            more = finding("more", count=count, kind=kind)
            self.report(more._replace(kind=kind))

    def take(self, parsed: col.Parsed, position: int, name: str) -> np.ndarray:
        """Report the faults of a parsed column and return its values."""
        for fault in parsed.faults:
            self.bad[fault.position] = True
            if (fault.position, position) in self.reported:
                continue
            self.reported.add((fault.position, position))
            self.report_fault(fault, position, name)
        for note in parsed.notes:
            self.note(say("column '{name}': {note}", name=name, note=note))
        return parsed.results

    def report_fault(self, fault: Fault, position: int, name: str) -> None:
        """Report one cell."""
        message = say("{name}: {message}", name=name, message=fault.message)
        said = Finding(fault.kind, message, fault.remedy)
        self.report(said, row=fault.position, position=position, value=fault.text)

    def note(self, text: str) -> None:
        """Keep how the sheet was read."""
        self.notes.append(text)

    def took(self, text: str, source: str) -> None:
        """Say what was taken from a title, sheet or file name, and from which words."""
        said = finding("taken", what=text)
        known = [p.message for p in self.problems if p.kind == said.kind]
        if said.message not in known:
            self.report(said, value=source, severity="note")

    def setting(self, heading: str, role: str) -> str:
        """Return the lines of the config file that say what a heading is."""
        name = json.dumps(heading, ensure_ascii=False)
        return f'[sources.{self.table.name}.headings] {name} = "{role}"'

    def acceptance(self, what: str) -> str:
        """Return the line of the config file that confirms a suspicion of this file."""
        token = json.dumps(f"{what} {self.sheet.path.name}", ensure_ascii=False)
        return f"[sources.{self.table.name}] terima = [{token}]"

    def accepts(self, what: str) -> bool:
        """Tell whether the settings confirm a suspicion of this file."""
        return f"{what} {self.sheet.path.name}" in self.settings.accepted

    def heading(self, position: int) -> str:
        """Return the heading of a column."""
        return " / ".join(self.sheet.headers[position])


def start_work(
    sheet: SheetTable, table: Table, settings: CleanSettings, order: Order = ""
) -> Work:
    """Find the use of a sheet's columns, its unit, month and number style.

    `order` is that of days and months in the delivery's other dates; where none
    proves it, who writes 1.234,5 writes the day first.
    """
    told = settings.titles.get(sheet.path.name, ())
    if told:
        sheet = replace(sheet, title=(*told, *_not_told(sheet.title, told)))
    roles = read_roles(sheet, table.name, settings.headings)
    sheet = _spell_items(sheet, roles)
    unit = _title_scale(sheet)
    hint = _sheet_hint(sheet, roles, unit[0])
    order = order or ("dmy" if hint == "id" else "")
    return Work(
        sheet,
        table,
        settings,
        roles,
        order={"id": "dmy", "en": "mdy"}.get(settings.locale, order),  # type: ignore[arg-type]
        title_scale=unit,
        context=find_context(sheet.title, sheet.sheet, sheet.path.stem),
        hint=hint,
        bad=np.zeros(len(sheet.raw), dtype=bool),
        recognised=np.zeros(len(sheet.raw), dtype=bool),
    )


def _spell_items(sheet: SheetTable, roles: Roles) -> SheetTable:
    """Write what lists under a segmen leave out: ``- Provinsi`` under PBI APBD."""
    column = roles.identifiers.get("segmen")
    if column is None or sheet.regular:
        return sheet
    cells, above = sheet.raw.iloc[:, column.position].tolist(), ""
    for place, cell in enumerate(cells):
        if not isinstance(cell, str):
            continue
        bare = cut_ordinal(cell)
        if bare != cell and find_segmen(f"{above} {bare}") and not find_segmen(bare):
            cells[place] = f"{above} {bare}"
        else:
            above = bare
    raw = sheet.raw.copy(deep=False)
    raw[raw.columns[column.position]] = pd.Series(cells, dtype=object, index=raw.index)
    return replace(sheet, raw=raw)


def _not_told(own: Sequence[str], told: Sequence[str]) -> list[str]:
    """Return the titles of a sheet that say nothing else than what was told."""
    month = any(find_moment_in(line)[1] for line in told)
    place = bool(find_title_regions(told))
    return [
        line
        for line in own
        if not (month and find_moment_in(line)[1])
        and not (place and find_title_regions([line]))
    ]


def _sheet_hint(sheet: SheetTable, roles: Roles, unit: int) -> Locale:
    """Return the number style that the clear integer cells of the sheet agree on."""
    if sheet.regular:
        return ""
    columns = [sheet.raw.iloc[:, c.position] for c in roles.measured]
    totals = [pd.Series(cells, dtype=object) for cells in sheet.dropped_cells]
    clear = col.find_hint([*columns, *totals])
    if clear or unit != 1:
        return clear
    counted = [c for c in roles.measured if find_scale(c.heading)[0] == 1]
    return col.find_group_hint([sheet.raw.iloc[:, c.position] for c in counted])


def _title_scale(sheet: SheetTable) -> tuple[int, str]:
    """Return the unit that a title line declares for the whole sheet."""
    for line in (*sheet.title, *sheet.notes):
        scale, words = find_scale(line)
        if scale != 1:
            return scale, words
    return 1, ""


def scale_of(work: Work, column: ColumnUse, kind: str) -> int:
    """Return the factor of a value column: its heading's, else the title's."""
    own, words = find_scale(column.heading)
    if own != 1:
        note = say("values times {factor} ({words})", factor=own, words=words)
        work.note(say("column '{name}': {note}", name=column.heading, note=note))
        return own
    factor, words = work.title_scale
    money = re.search(r"rp|rupiah", words, re.IGNORECASE) is not None
    people = re.search(r"jiwa|orang", words, re.IGNORECASE) is not None
    fits = (kind == "rp" and not people) or (kind == "jiwa" and not money)
    if factor == 1 or not fits:
        return 1
    note = say("values times {factor} (title: {words})", factor=factor, words=words)
    work.note(say("column '{name}': {note}", name=column.heading, note=note))
    return factor


@dataclass
class Piece:
    """Rows of one slice of a sheet: keys, some measures, and their columns."""

    frame: pd.DataFrame
    columns: dict[str, int]
    total: bool = False


def report_sum(works: Sequence[Work], row: Cell, name: str, total: float) -> None:
    """Report a row of the whole that is not the sum of its parts."""
    shown, summed = f"{row[name]:.0f}", f"{total:.0f}"
    report_at(works, row, name, "parts_sum:rows", value=shown, total=summed)


def report_at(
    works: Sequence[Work],
    row: Cell,
    name: str,
    key: str,
    /,
    *,
    value: str = "",
    severity: str = "fault",
    **values: object,
) -> None:
    """Report a finding at the cell of column `name` of one row of the joined frame."""
    number = row["_sheet"]
    if pd.isna(number):
        return
    work = works[int(number)]
    place = row.get(PLACE + name)
    if place is None or pd.isna(place):
        column = work.roles.identifiers.get(name) or work.roles.attributes.get(name)
        place = column.position if column is not None else None
    index = int(row["_row"])
    if severity == "fault":
        work.bad[index] = True
    work.report(
        finding(key, name=name, **values),
        row=index,
        position=int(place) if place is not None else None,
        value=value,
        severity=severity,
    )
