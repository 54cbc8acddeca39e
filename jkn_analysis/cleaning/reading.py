"""One delivery read and cleaned: its rows, or everything wrong with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jkn_analysis.cleaning.deliveries import Delivery
from jkn_analysis.cleaning.find.table import SheetTable
from jkn_analysis.cleaning.problems import Problem, faults
from jkn_analysis.cleaning.rows.cleaner import clean
from jkn_analysis.cleaning.rows.work import CleanResult, CleanSettings, Counts
from jkn_analysis.cleaning.words import finding
from jkn_analysis.config import Config
from jkn_analysis.errors import (
    HostileInputError,
    InputError,
    JknError,
    LimitError,
    UnknownNameError,
)
from jkn_analysis.store import hash_file
from jkn_analysis.tables import DELIVERED, check
from jkn_analysis.terms import TANDA_CONTOH

OWN_LIMITS = frozenset({"limit", "closed"})
"""Kinds of fault that say nothing against the file: our limits, a share gone away."""


@dataclass
class FileReport:
    """What became of one delivery."""

    delivery: Delivery
    name: str
    sha256: str
    counts: Counts = field(default_factory=Counts)
    sheets: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    contoh: bool = False
    """Synthetic: it lies in the sample's folder, or says so itself wherever it lies."""
    tiba: str = ""
    """Day the content came, ``2025-12-03``."""
    kode: tuple[str, ...] = ()
    """Regions found in it, also where it is refused."""
    instead: dict[str, str] = field(default_factory=dict)
    """``sha256`` and ``tiba`` of the last accepted content, whose rows stand in."""

    @property
    def reason(self) -> str:
        """Why it is refused: ``batas`` (our limit, a share away) or ``ditolak``."""
        kinds = {problem.kind for problem in faults(self.problems)}
        return "batas" if kinds <= OWN_LIMITS else "ditolak"

    @property
    def state(self) -> str:
        """Say in a word what would become of the file."""
        gravity = {problem.severity for problem in self.problems}
        worst = "suspected" if "suspicion" in gravity else "clean"
        return "refused" if "fault" in gravity else worst

    @property
    def refused(self) -> bool:
        """Tell whether the delivery was refused as a whole."""
        return bool(faults(self.problems))


def settings_of(
    config: Config, table: str, *, today: dt.date | None = None
) -> CleanSettings:
    """Return what the settings say about one table."""
    source = config.sources.get(table)
    general = config.build.numbers.locale
    if source is None:
        return CleanSettings(locale=general, latest=today)
    return CleanSettings(
        latest=today,
        headings=source.headings,
        locale=source.locale or general,
        kode_system=source.kode_system,
        accepted=source.terima,
        titles=source.judul,
    )


def read_delivery(
    delivery: Delivery, *, settings: CleanSettings, name: str, sha256: str | None = None
) -> tuple[FileReport, CleanResult | None]:
    """Read and clean one delivery; whatever is wrong with it stands in the report.

    Parameters
    ----------
    delivery
        The file and its table.
    settings
        What the settings say of the table.
    name
        What the file is called in messages.
    sha256
        Its hash, where that is known.
    """
    report = FileReport(delivery, name, sha256 or "", contoh=delivery.contoh)
    try:
        before = delivery.path.stat()
        report.sha256 = sha256 or hash_file(delivery.path)
        result = _read(delivery, settings, report)
        after = delivery.path.stat()
        if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
            report.problems.append(Problem(name, *finding("closed:changed")))
    except OSError as exc:
        said = finding("closed:now", strerror=exc.strerror)
        report.problems.append(Problem(name, *said))
        return report, None
    if result is not None:
        report.kode = tuple(sorted(result.frame["kode"].dropna().unique()))
    return report, None if report.refused else result


def _read(
    delivery: Delivery, settings: CleanSettings, report: FileReport
) -> CleanResult | None:
    """Read the sheets and clean them; problems go into the report."""
    from jkn_analysis.cleaning.find.sheets import read_sheet

    if not delivery.table:
        said = finding("unreadable:which_table", delivered=", ".join(DELIVERED))
        report.problems.append(Problem(report.name, *said))
        return None
    try:
        sheets = read_sheet(delivery.path)
        result = clean(delivery.table, sheets, settings=settings)
    except (InputError, HostileInputError) as exc:
        report.problems.append(problem_of(exc, report.name, delivery.path))
        return None
    except MemoryError:
        report.problems.append(Problem(report.name, *finding("limit:own_memory")))
        return None
    result.origin["row"] = _list_rows(result, sheets)
    report.counts = result.counts
    report.sheets = [sheet.sheet for sheet in sheets]
    report.contoh |= any(
        TANDA_CONTOH in line
        for sheet in sheets
        for line in (*sheet.title, *sheet.notes)
    )
    report.problems = [replace(p, file=report.name) for p in result.problems]
    report.notes = result.notes
    if not report.refused:
        _gate(result, report)
    return result


def _list_rows(result: CleanResult, sheets: Sequence[SheetTable]) -> list[int]:
    """Return the row of the file that each row of a result was read from."""
    if result.origin.empty:
        return []
    places = zip(result.origin["_sheet"], result.origin["_row"], strict=True)
    return [int(sheets[sheet].row_numbers[row]) for sheet, row in places]


def _gate(result: CleanResult, report: FileReport) -> None:
    """Run the last gate; a fault it finds is one our own checks missed."""
    try:
        check(result.frame, result.table)
    except InputError as exc:
        said = finding("schema", error=str(exc))
        report.problems.append(Problem(report.name, *said, table=result.table))


def problem_of(exc: JknError, name: str, path: Path) -> Problem:
    """Turn the error of a file that cannot be opened into a problem."""
    text = str(exc).removeprefix(f"{path}: ")
    message, _, remedy = text.partition("\n  → ")
    if exc.said is not None:
        message, remedy = exc.said
    kind = "hostile" if isinstance(exc, HostileInputError) else "unreadable"
    kind = "limit" if isinstance(exc, LimitError) else kind
    kind = "unknown_name" if isinstance(exc, UnknownNameError) else kind
    return Problem(name, kind, message, remedy)
