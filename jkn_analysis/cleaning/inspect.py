"""What files hold and what is wrong with them, without storing anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from jkn_analysis.cleaning.any.typed import type_table
from jkn_analysis.cleaning.builder import join_settings, join_tables
from jkn_analysis.cleaning.contents import name_file
from jkn_analysis.cleaning.deliveries import (
    Delivery,
    find_deliveries,
    find_table,
    is_readable,
    list_files,
)
from jkn_analysis.cleaning.find.sheets import read_sheet
from jkn_analysis.cleaning.find.table import SheetTable
from jkn_analysis.cleaning.kept import build_key, read_kept
from jkn_analysis.cleaning.open.sandbox import IS_FOLDER, why_no_file
from jkn_analysis.cleaning.problems import (
    Problem,
    describe,
    faults,
    find_error,
    plain,
    refusal,
)
from jkn_analysis.cleaning.reading import (
    FileReport,
    problem_of,
    read_delivery,
    settings_of,
)
from jkn_analysis.cleaning.returned import list_problems
from jkn_analysis.cleaning.rows.across import check_tables
from jkn_analysis.cleaning.rows.work import CleanResult, Counts
from jkn_analysis.cleaning.sources import check_sources
from jkn_analysis.cleaning.words import finding, in_language, say
from jkn_analysis.config import Config
from jkn_analysis.errors import HostileInputError, InputError, JknError
from jkn_analysis.personal import mask_personal
from jkn_analysis.store import has_table, hash_file, read_table
from jkn_analysis.tables import DELIVERED

Listed = tuple[Delivery, str]
"""A file and the name to report it under."""
Watch = Callable[[Sequence[Listed]], Iterable[Listed]]
MAX_NOTES = 6
"""Notes shown of one file on how it was read."""
STATES = {
    "refused": say("refused"),
    "suspected": say("suspected"),
    "clean": say("clean"),
}


@dataclass
class CheckReport:
    """All files of a check."""

    files: list[FileReport]
    across: list[Problem] = field(default_factory=list)
    """What only all files together show: gaps, frozen months, jumps."""
    bahasa: str = "id"

    @property
    def problems(self) -> list[Problem]:
        """Every problem of every file, then those across files."""
        own = [problem for file in self.files for problem in file.problems]
        return [*own, *self.across]

    @property
    def error(self) -> JknError | None:
        """The error that stands for all faults, None where there is none."""
        return find_error(self.problems)

    def __str__(self) -> str:
        """One line per file and how it was read, then the problems."""
        return self.say(self.bahasa)

    def say(self, bahasa: str) -> str:
        """Say in a language what was read of each file, then the problems."""
        lines = []
        for file in self.files:
            counts, table = file.counts, file.delivery.table
            said = [
                say(
                    "{name}: {sheets} table(s), {cells} cells; rows {rows} = "
                    "{kept} kept + {refused} refused + {recognised} recognised",
                    name=f"{file.name} [{table}]" if table else file.name,
                    sheets=len(file.sheets),
                    cells=counts.cells,
                    rows=counts.rows_in,
                    kept=counts.kept,
                    refused=counts.refused,
                    recognised=counts.recognised,
                )
            ]
            notes = list(dict.fromkeys(file.notes))
            said += [say("read so: {note}", note=note) for note in notes[:MAX_NOTES]]
            if len(notes) > MAX_NOTES:
                said.append(
                    say("… and {count} more notes", count=len(notes) - MAX_NOTES)
                )
            state = in_language(STATES[file.state], bahasa)
            first, *rest = (in_language(text, bahasa) for text in said)
            lines += [f"{state:9} {first}", *(f"          {text}" for text in rest)]
        if self.problems:
            lines.append(describe(self.problems, bahasa=bahasa))
        faulty = sum(file.state == "refused" for file in self.files)
        total = say(
            "{count} file(s), {faulty} refused", count=len(self.files), faulty=faulty
        )
        lines.append(in_language(total, bahasa))
        if faulty:
            ask = say("  → jkn check FILE --ask asks what can be asked, writes it down")
            lines.append(in_language(ask, bahasa))
        return "\n".join(lines)


def check_paths(
    paths: Sequence[Path],
    *,
    config: Config,
    table: str = "",
    today: dt.date | None = None,
    watch: Watch = iter,
) -> CheckReport:
    """Read files and folders and collect what is wrong.

    A delivery whose content a build accepted is not read again. A file whose name or
    folder says its table is cleaned as that table; any other is read as a typed table.
    Files of one table are compared with each other too: overlaps, gaps, frozen months,
    jumps that no event explains.

    Parameters
    ----------
    paths
        Files or folders; ``data/raw`` where empty.
    config
        Settings.
    table
        Canonical table to read every file as.
    today
        Months after it are faults.
    watch
        Passes the files on one by one and shows how far it is.

    Raises
    ------
    ConfigError
        If the settings name tables or columns that there are not.
    InputError
        If no path is given and no delivery lies in ``data/raw``, or `table` is unknown.
    """
    check_sources(config)
    if table and table not in DELIVERED:
        given, names = f"--table {table}", ", ".join(DELIVERED)
        raise refusal(InputError, given, "unreadable:table", names=names)
    deliveries = list(_listed(paths, config))
    if not deliveries:
        raise refusal(InputError, config.paths.raw, "unreadable:no_files")
    read = [
        _inspect(replace(one, table=table or one.table), name, config, today=today)
        for one, name in watch(deliveries)
    ]
    reports = [report for report, _ in read]
    results = [result for _, result in read]
    across = check_tables(join_tables(reports, results, **join_settings(config)))
    return CheckReport(reports, across, config.report.bahasa)


def _listed(paths: Sequence[Path], config: Config) -> Iterable[tuple[Delivery, str]]:
    """Yield deliveries with the name to report them under."""
    raw = config.paths.raw
    if not paths:
        for delivery in find_deliveries(raw, contoh=config.build.contoh):
            yield delivery, name_file(delivery.path, raw)
        return
    for path in paths:
        folder = why_no_file(path) == IS_FOLDER
        for file in (list(list_files(path)) if folder else []) or [path]:
            table = "" if why_no_file(file) else _table_of(file)
            yield Delivery("", file, table), mask_personal(plain(str(file)))


def _table_of(path: Path) -> str:
    """Return the table that a file's name or its folder's says, "" for none."""
    return find_table(path.name) or find_table(path.resolve().parent.name)


def _inspect(
    delivery: Delivery, name: str, config: Config, *, today: dt.date | None
) -> tuple[FileReport, CleanResult | None]:
    """Read one file; its rows too where it is of a canonical table."""
    missing = why_no_file(delivery.path)
    if missing:
        what = say("holds no file") if missing == IS_FOLDER else missing
        problem = Problem(name, *finding("unreadable:missing", what=what))
        plain_file = replace(delivery, table="")
        return FileReport(plain_file, name, "", problems=[problem]), None
    if not delivery.table:
        return _inspect_any(delivery, name, config), None
    settings = settings_of(config, delivery.table, today=today)
    if delivery.kiriman:
        key = build_key(delivery, settings, name)
        content = hash_file(delivery.path)
        kept = read_kept(
            config.dapur, delivery, content, name=name, key=key, latest=today
        )
        if kept is not None:
            return kept
    return read_delivery(delivery, settings=settings, name=name)


def _inspect_any(delivery: Delivery, name: str, config: Config) -> FileReport:
    """Read a file of no canonical table."""
    path, report = delivery.path, FileReport(delivery, name, "")
    if not is_readable(path):
        said = finding("unreadable:ending", ending=path.suffix)
        report.problems = [Problem(name, *said, severity="note")]
        return report
    try:
        sheets = read_sheet(path)
    except (InputError, HostileInputError) as exc:
        report.problems = [problem_of(exc, name, path)]
        return report
    typed = [type_table(sheet, locale=config.build.numbers.locale) for sheet in sheets]
    report.problems = [replace(p, file=name) for table in typed for p in table.problems]
    counts = (_count(sheet, t.problems) for sheet, t in zip(sheets, typed, strict=True))
    report.counts = sum(counts, Counts())
    report.sheets = [sheet.sheet for sheet in sheets]
    report.notes = [note for table in typed for note in table.notes]
    return report


def _count(sheet: SheetTable, problems: Sequence[Problem]) -> Counts:
    """Count the rows of a sheet that is no canonical table."""
    bad = len({problem.row for problem in faults(problems) if problem.row})
    dropped = sheet.rows_in - len(sheet.raw)
    return Counts(sheet.rows_in, len(sheet.raw) - bad, bad, dropped, sheet.cells)


def summarise_files(report: CheckReport) -> pd.DataFrame:
    """Return one row per file: table, state, rows and findings, for readers.

    Parameters
    ----------
    report
        What `check_paths` returned.

    Returns
    -------
    DataFrame
        Columns in Indonesian; rows in = kept + refused + recognised.
    """
    import pandas as pd

    rows = [
        {
            "berkas": file.name,
            "tabel": file.delivery.table or "(tidak dikenal)",
            "keadaan": in_language(STATES[file.state], "id"),
            "lembar": len(file.sheets),
            "sel": file.counts.cells,
            "baris_masuk": file.counts.rows_in,
            "diterima": file.counts.kept,
            "ditolak": file.counts.refused,
            "jumlah_dan_judul": file.counts.recognised,
            "temuan": len(file.problems),
        }
        for file in report.files
    ]
    return pd.DataFrame(rows)


def summarise_kinds(report: CheckReport) -> pd.DataFrame:
    """Return the findings counted by file, gravity and kind.

    Parameters
    ----------
    report
        What `check_paths` returned.
    """
    found = list_problems(report.problems, bahasa="id")
    counted = found.groupby(["berkas", "tingkat", "jenis"], sort=False).size()
    return counted.rename("banyak").reset_index()


def list_sums(config: Config) -> pd.DataFrame:
    """Return what the stored tables say against each other: gaps, copies, jumps.

    Parameters
    ----------
    config
        Settings; ``paths.processed`` is read.
    """
    root = config.paths.processed
    names = [
        n for n in ("kepesertaan", "peristiwa", "penduduk") if has_table(n, root=root)
    ]
    tables = {name: read_table(name, root=root) for name in names}
    found = list_problems(check_tables(tables), bahasa="id")
    return found[["tabel", "jenis", "temuan", "saran"]]
