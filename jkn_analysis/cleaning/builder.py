"""Every delivery under ``data/raw`` to the tables of ``data/processed``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.cleaning.deliveries import Delivery, find_deliveries, is_reply
from jkn_analysis.cleaning.problems import Problem, describe, faults, find_error
from jkn_analysis.cleaning.rows.cleaner import clean
from jkn_analysis.cleaning.rows.work import CleanResult, CleanSettings, Counts
from jkn_analysis.errors import (
    HostileInputError,
    InputError,
    JknError,
    UnknownNameError,
)
from jkn_analysis.personal import mask_personal
from jkn_analysis.tables import DELIVERED, check, conform
from jkn_analysis.terms import TANDA_CONTOH

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from jkn_analysis.config import Config

PACKAGED = "jkn_analysis (Kepmendagri 300.2.2-2138/2025)"


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

    @property
    def refused(self) -> bool:
        """Tell whether the delivery was refused as a whole."""
        return bool(faults(self.problems))


@dataclass
class BuildReport:
    """What a build read, refused and stored."""

    files: list[FileReport]
    tables: dict[str, int]
    """Stored tables and their rows."""
    removed: list[str] = field(default_factory=list)
    contoh: bool = False
    problems: list[Problem] = field(default_factory=list)
    """Problems between deliveries: overlaps, sums, jumps."""

    @property
    def all_problems(self) -> list[Problem]:
        """Every problem of every delivery."""
        return [p for report in self.files for p in report.problems] + self.problems

    @property
    def error(self) -> JknError | None:
        """The error that stands for all faults, None where there is none."""
        return find_error(self.all_problems)

    def __str__(self) -> str:
        """Summarise: a line per table, then every refused delivery with its faults."""
        kept = [report for report in self.files if not report.refused]
        lines = [
            f"{len(self.files)} deliveries: {len(kept)} stored, "
            f"{len(self.files) - len(kept)} refused"
            + (" (DATA CONTOH)" if self.contoh else "")
        ]
        for table, rows in sorted(self.tables.items()):
            own = [report for report in kept if report.delivery.table == table]
            total = sum((report.counts for report in own), Counts())
            lines.append(
                f"  {table}: {rows} rows from {len(own)} file(s); sheet rows "
                f"{total.rows_in} = {total.kept} kept + {total.refused} refused + "
                f"{total.recognised} recognised"
            )
        lines += [f"  removed (no delivery any more): {name}" for name in self.removed]
        if self.all_problems:
            lines.append(describe(self.all_problems))
        return "\n".join(lines)


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
    )


def read_delivery(
    delivery: Delivery, *, settings: CleanSettings, name: str
) -> tuple[FileReport, CleanResult | None]:
    """Read and clean one delivery; whatever is wrong with it stands in the report."""
    from jkn_analysis.cleaning.find.sheets import read_sheet
    from jkn_analysis.cleaning.open.readers import CLOSED
    from jkn_analysis.store import hash_file

    report = FileReport(delivery, name, "", contoh=delivery.contoh)
    try:
        report.sha256 = hash_file(delivery.path)
    except OSError as exc:
        message = f"cannot be opened ({exc.strerror})"
        report.problems.append(
            Problem(file=name, kind="unreadable", message=message, remedy=CLOSED)
        )
        return report, None
    if not delivery.table:
        report.problems.append(_unknown_table(name))
        return report, None
    try:
        sheets = read_sheet(delivery.path)
    except (InputError, HostileInputError) as exc:
        report.problems.append(problem_of(exc, name, delivery.path))
        return report, None
    result = clean(delivery.table, sheets, settings=settings)
    report.counts = result.counts
    report.sheets = [sheet.sheet for sheet in sheets]
    report.contoh |= any(
        TANDA_CONTOH in line
        for sheet in sheets
        for line in (*sheet.title, *sheet.notes)
    )
    report.problems = [_named(problem, name) for problem in result.problems]
    report.notes = result.notes
    if not report.refused:
        _gate(result, report)
    return report, None if report.refused else result


def _gate(result: CleanResult, report: FileReport) -> None:
    """Run the last gate; a fault it finds is one our own checks missed."""
    try:
        check(result.frame, result.table)
    except InputError as exc:
        report.problems.append(
            Problem(
                file=report.name,
                kind="schema",
                message=str(exc),
                remedy="report this: the reading should have found it",
                table=result.table,
            )
        )


def problem_of(exc: JknError, name: str, path: Path) -> Problem:
    """Turn the error of a file that cannot be opened into a problem."""
    text = str(exc).removeprefix(f"{path}: ")
    message, _, remedy = text.partition("\n  → ")
    kind = "hostile" if isinstance(exc, HostileInputError) else "unreadable"
    kind = "unknown_name" if isinstance(exc, UnknownNameError) else kind
    return Problem(file=name, kind=kind, message=message, remedy=remedy)


def _unknown_table(name: str) -> Problem:
    """Describe a file whose table is not known."""
    return Problem(
        file=name,
        kind="unreadable",
        message="neither its folder nor its name says which table it is",
        remedy=f"put it into a folder named after one of: {', '.join(DELIVERED)}",
    )


def _named(problem: Problem, name: str) -> Problem:
    """Return a problem under the delivery's name."""
    from dataclasses import replace

    return replace(problem, file=name)


def build(config: Config, *, today: dt.date | None = None) -> BuildReport:
    """Read every delivery, refuse the faulty ones whole, store the rest.

    Parameters
    ----------
    config
        Settings; ``paths.raw`` is read, ``paths.processed`` written.
    today
        Months after it are faults; None checks no month against the calendar.

    Returns
    -------
    BuildReport
        What was stored and everything wrong; tables of good deliveries are stored
        even where others are refused.
    """
    from jkn_analysis.store import show_name

    deliveries = find_deliveries(config.paths.raw, contoh=config.build.contoh)
    if not deliveries:
        raise InputError(
            f"{config.paths.raw}: holds no delivery\n"
            "  → put files there as <kiriman>/<table>/<file>, or run: jkn sample"
        )
    reports, results = [], []
    for delivery in deliveries:
        name = show_name(delivery.path.relative_to(config.paths.raw))
        settings = settings_of(config, delivery.table, today=today)
        report, result = read_delivery(delivery, settings=settings, name=name)
        reports.append(report)
        results.append(result)
    return _store(config, reports, results)


def _store(
    config: Config, reports: list[FileReport], results: list[CleanResult | None]
) -> BuildReport:
    """Join the results table by table and write them."""
    from jkn_analysis import store
    from jkn_analysis.cleaning.rows import across
    from jkn_analysis.wilayah import list_wilayah

    root = config.paths.processed
    tables: dict[str, pd.DataFrame] = {"wilayah": list_wilayah()}
    tables |= join_tables(reports, results, overlap=config.build.overlap)
    tables["penduduk"] = _with_packaged(tables.get("penduduk"))
    report = BuildReport(reports, {}, contoh=_is_contoh(reports))
    report.problems = across.check_tables(tables)
    with store.write_generation(root, by="jkn build", contoh=report.contoh) as draft:
        stale = set(draft.tables) & (set(DELIVERED) - {*tables, "selisih"})
        for name in sorted(stale):
            draft.drop(name)
            report.removed.append(name)
        for name, frame in tables.items():
            draft.put(frame, name)
            report.tables[name] = len(frame)
        draft.tell(**_manifest(report, tables))
        draft.sign()
    return report


def _is_contoh(reports: Sequence[FileReport]) -> bool:
    """Tell whether any stored delivery is synthetic."""
    return any(report.contoh for report in reports if not report.refused)


def join_tables(
    reports: Sequence[FileReport],
    results: Sequence[CleanResult | None],
    *,
    overlap: str,
) -> dict[str, pd.DataFrame]:
    """Return the good deliveries by table; overlaps are noted in the reports."""
    tables: dict[str, pd.DataFrame] = {}
    for table in DELIVERED:
        own = [
            (report, result)
            for report, result in zip(reports, results, strict=True)
            if result is not None and result.table == table
        ]
        own.sort(key=lambda pair: is_reply(pair[0].delivery.path))
        frame = _join(own, overlap=overlap)
        if frame is not None:
            tables[table] = frame
    return tables


def _join(
    own: Sequence[tuple[FileReport, CleanResult]], *, overlap: str
) -> pd.DataFrame | None:
    """Concatenate the deliveries of one table, overlaps settled."""
    from jkn_analysis.cleaning.rows import across

    joined: pd.DataFrame | None = None
    for report, result in own:
        if joined is None:
            joined = result.frame
            continue
        fresh, older, problem = across.settle_overlap(
            joined,
            result,
            overlap="later" if is_reply(report.delivery.path) else overlap,
            name=report.name,
        )
        if problem is not None:
            report.problems.append(problem)
        if not report.refused:
            joined = pd.concat([older, fresh], ignore_index=True)
    return joined


def _with_packaged(delivered: pd.DataFrame | None) -> pd.DataFrame:
    """Add the population shipped with the package where no delivery gives the row."""
    from jkn_analysis.wilayah import read_penduduk

    packaged = read_penduduk()
    if delivered is None:
        return packaged
    both = pd.concat([delivered, packaged], ignore_index=True)
    return conform(
        both.drop_duplicates(["kode", "sumber"], ignore_index=True), "penduduk"
    )


def _manifest(report: BuildReport, tables: Iterable[str]) -> dict[str, Any]:
    """Say which rows of which files became which table."""
    kiriman: dict[str, Any] = {}
    for name in tables:
        files = [_entry(item) for item in report.files if item.delivery.table == name]
        kiriman[name] = [entry for entry in files if not entry["refused_delivery"]]
    return {
        "kiriman": kiriman,
        "packaged": PACKAGED,
        "refused": [_entry(item) for item in report.files if item.refused],
    }


def _entry(report: FileReport) -> dict[str, Any]:
    """Return one file's line of the manifest."""
    counts = report.counts
    return {
        "file": mask_personal(report.name),
        "sha256": report.sha256,
        "sheets": [mask_personal(s) for s in dict.fromkeys(report.sheets) if s],
        "rows_in": counts.rows_in,
        "rows_kept": counts.kept,
        "rows_refused": counts.refused,
        "rows_recognised": counts.recognised,
        "refused_delivery": report.refused,
        "faults": len(faults(report.problems)),
        "notes": sorted(set(report.notes)),
    }
