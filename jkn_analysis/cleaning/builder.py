"""Every delivery under ``data/raw`` to the tables of ``data/processed``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from jkn_analysis.arus.flows import ARUS, hide_small
from jkn_analysis.arus.lasting import KOHORT
from jkn_analysis.arus.lasting import publish as publish_cohorts
from jkn_analysis.cleaning.contents import (
    Read,
    list_items,
    list_present,
    read_instead,
    read_item,
)
from jkn_analysis.cleaning.corrections import find_corrections, note_corrections
from jkn_analysis.cleaning.deliveries import Delivery, count_litter, is_reply
from jkn_analysis.cleaning.kept import read_kept
from jkn_analysis.cleaning.problems import Problem, describe, faults, find_error
from jkn_analysis.cleaning.reading import FileReport
from jkn_analysis.cleaning.rows import across
from jkn_analysis.cleaning.rows.work import CleanResult, Counts
from jkn_analysis.cleaning.words import finding, in_language, say
from jkn_analysis.config import Config
from jkn_analysis.errors import InputError, JknError, StoreError
from jkn_analysis.kecamatan import TABLE as KECAMATAN
from jkn_analysis.kecamatan import publish as publish_kecamatan
from jkn_analysis.layanan import LAYANAN
from jkn_analysis.layanan import publish as publish_care
from jkn_analysis.personal import mask_personal
from jkn_analysis.sasaran import SASARAN
from jkn_analysis.sasaran import publish as publish_targeting
from jkn_analysis.store import (
    Generation,
    find_generation,
    hold_project,
    list_cutoffs,
    read_manifest,
    write_generation,
)
from jkn_analysis.tables import DELIVERED, TABLES, conform

PUBLISHED = {
    ARUS: hide_small,
    KECAMATAN: publish_kecamatan,
    KOHORT: publish_cohorts,
    SASARAN: publish_targeting,
    LAYANAN: publish_care,
}
"""Tables whose small counts are hidden before they are stored."""
RECONCILED = {"selisih", ARUS}
"""Tables that ``jkn reconcile`` fills too; without a delivery they stay."""
PACKAGED = "jkn_analysis (Kepmendagri 300.2.2-2138/2025)"


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
    gone: list[dict[str, Any]] = field(default_factory=list)
    """Files that went with rows nobody else delivers, as the manifest names them."""
    litter: int = 0
    """Files passed over: what systems and broken downloads leave."""
    bahasa: str = "id"

    @property
    def all_problems(self) -> list[Problem]:
        """Every problem of every delivery."""
        return [p for report in self.files for p in report.problems] + self.problems

    @property
    def error(self) -> JknError | None:
        """The error that stands for all faults, None where there is none."""
        return find_error(self.all_problems)

    def __str__(self) -> str:
        """Summarise in the language of the settings."""
        return self.say(self.bahasa)

    def say(self, bahasa: str) -> str:
        """Summarise in a language."""
        kept = [report for report in self.files if not report.refused]
        lines: list[str] = [
            say(
                "{count} deliveries: {kept} stored, {refused} refused{mark}",
                count=len(self.files),
                kept=len(kept),
                refused=len(self.files) - len(kept),
                mark=" (DATA CONTOH)" if self.contoh else "",
            )
        ]
        for table, rows in sorted(self.tables.items()):
            own = [report for report in kept if report.delivery.table == table]
            total = sum((report.counts for report in own), Counts())
            lines.append(
                say(
                    "  {table}: {rows} rows from {files} file(s); sheet rows {sheet} = "
                    "{kept} kept + {refused} refused + {recognised} recognised",
                    table=table,
                    rows=rows,
                    files=len(own),
                    sheet=total.rows_in,
                    kept=total.kept,
                    refused=total.refused,
                    recognised=total.recognised,
                )
            )
        lines += [
            say("  removed (no delivery any more): {name}", name=name)
            for name in self.removed
        ]
        lines += self._tell_missing()
        lines = [in_language(line, bahasa) for line in lines]
        if self.all_problems:
            lines.append(describe(self.all_problems, bahasa=bahasa))
        return "\n".join(lines)

    def _tell_missing(self) -> list[str]:
        """Say what stands in, what went and what was passed over."""
        lines: list[str] = [
            say(
                "  {name}: refused; the rows of its content of {day} stay",
                name=one.name,
                day=one.instead["tiba"] or "-",
            )
            for one in self.files
            if one.refused and one.instead
        ]
        lines += [
            say(
                "  {name}: gone, and no other file has its rows; lay it there again, "
                "or let it go: jkn build --accept-gone",
                name=entry["file"],
            )
            for entry in self.gone
        ]
        if self.litter:
            lines.append(
                say("  {count} file(s) passed over (Thumbs.db)", count=self.litter)
            )
        return lines


def build(
    config: Config,
    *,
    today: dt.date | None = None,
    sampai: str | None = None,
    release: bool = False,
) -> BuildReport:
    """Read every delivery, refuse the faulty ones whole, store the rest in one step.

    A file that is refused leaves the rows that were last accepted of it; a file that
    went is named until its rows are delivered again or its going is accepted.

    Parameters
    ----------
    config
        Settings; ``paths.raw`` is read, ``paths.processed`` written.
    today
        Months after it are faults, and contents seen first are noted under it; None
        checks no month against the calendar and notes nothing.
    sampai
        Store no month after this one (``2025-11``), as the figures of that data
        month and not as the newest.
    release
        Accept that files have gone.

    Returns
    -------
    BuildReport
        What was stored and everything wrong; tables of good deliveries are stored
        even where others are refused.

    Raises
    ------
    ConfigError
        If the settings name tables or columns that there are not.
    InputError
        If there is no delivery, none of the day looked at, or no participants of
        the month asked for.
    StoreError
        If the store cannot be written.
    LockedError
        If another process writes.
    """
    with hold_project(config.paths.processed, holder="jkn build"):
        day = config.build.pada or today
        items = list_items(config, today=today)
        before = _read_before(config.paths.processed)
        read = [read_item(item, config, day=day) for item in items]
        used = _settle(read, config=config, before=before)
        tables = _make_tables(used, config=config, sampai=sampai)
        report = BuildReport(
            [one for one, _ in read],
            {},
            contoh=any(one.contoh for one, result in used if result is not None),
            problems=across.check_tables(tables),
            litter=count_litter(config.paths.raw),
            bahasa=config.report.bahasa,
        )
        if not release:
            report.gone = _find_gone(before, used, tables, config=config, day=day)
        _store(config, report, used, tables, sampai=sampai, day=day)
    return report


def _read_before(root: Path) -> dict[str, Any]:
    """Read the manifest of what was last built; nothing where it cannot be read."""
    try:
        return read_manifest(root)
    except StoreError:
        return {}


def _entries(before: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the files whose rows are stored, by name."""
    return {
        entry["file"]: {**entry, "table": table}
        for table, entries in before.get("kiriman", {}).items()
        for entry in entries
    }


def _settle(
    read: Sequence[Read], *, config: Config, before: Mapping[str, Any]
) -> list[Read]:
    """Let the rows last accepted stand in for what is refused.

    A file may be refused for itself, or because it contradicts another one: then
    the overlaps are looked at once more with the rows that stand in.
    """
    entries = _entries(before)
    used = list(read)
    for _ in range(2):
        join_tables(*_parted(used), **join_settings(config))
        for place, (report, _result) in enumerate(used):
            if report.refused:
                old = read_instead(report, entries.get(report.name), config)
                used[place] = old or (report, None)
    return used


def join_settings(config: Config) -> dict[str, Any]:
    """Return what the settings say on joining deliveries."""
    source = config.sources.get("kepesertaan")
    accepted = source.terima if source is not None else ()
    return {"overlap": config.build.overlap, "accepted": accepted}


def _parted(
    read: Sequence[Read],
) -> tuple[list[FileReport], list[CleanResult | None]]:
    """Part reports and results."""
    return [one for one, _ in read], [result for _, result in read]


def _make_tables(
    used: Sequence[Read], *, config: Config, sampai: str | None
) -> dict[str, pd.DataFrame]:
    """Join the deliveries table by table, no month after `sampai`."""
    from jkn_analysis.wilayah import list_wilayah

    tables: dict[str, pd.DataFrame] = {"wilayah": list_wilayah()}
    tables |= join_tables(*_parted(used), **join_settings(config))
    tables |= {
        name: hide(tables[name]) for name, hide in PUBLISHED.items() if name in tables
    }
    tables["penduduk"] = _with_packaged(tables.get("penduduk"))
    if sampai is None:
        return tables
    last = pd.Timestamp(f"{sampai}-01")
    return {
        name: frame[frame["periode"] <= last] if "periode" in frame else frame
        for name, frame in tables.items()
    }


def _find_gone(
    before: Mapping[str, Any],
    used: Sequence[Read],
    tables: Mapping[str, pd.DataFrame],
    *,
    config: Config,
    day: dt.date | None,
) -> list[dict[str, Any]]:
    """Name the files that went with rows nobody else delivers."""
    known = {entry["file"]: entry for entry in before.get("hilang", [])}
    known |= _entries(before)
    present = {report.name for report, _ in used} | {*list_present(config.paths.raw)}
    there = {report.sha256 for report, _ in used}
    contoh = any(report.contoh for report, _ in used)
    gone = []
    for name, entry in sorted(known.items()):
        if name in present or entry["sha256"] in there or entry["contoh"] != contoh:
            continue
        kode = _find_uncovered(entry, tables, config=config)
        if kode != []:
            told = {key: entry[key] for key in ("file", "table", "sha256", "contoh")}
            since = entry.get("sejak") or str(day or "")
            gone.append({**told, "tiba": entry["tiba"], "sejak": since, "kode": kode})
    return gone


def _find_uncovered(
    entry: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], *, config: Config
) -> list[str] | None:
    """List the regions of a file's rows that no other file has; None if unknown."""
    table = entry["table"]
    delivery = Delivery("", config.paths.raw / entry["file"], table)
    found = read_kept(
        config.dapur, delivery, entry["sha256"], name=entry["file"], key=None
    )
    if found is None:
        return None
    rows, key = found[1].frame, list(TABLES[table].key)
    if table not in tables:
        return sorted(rows["kode"].unique())
    merged = rows[key].merge(tables[table][key], on=key, how="left", indicator=True)
    return sorted(merged.loc[merged["_merge"] == "left_only", "kode"].unique())


def _store(
    config: Config,
    report: BuildReport,
    used: Sequence[Read],
    tables: Mapping[str, pd.DataFrame],
    *,
    sampai: str | None,
    day: dt.date | None,
) -> None:
    """Write the tables and what they were made of as one generation."""
    root = config.paths.processed
    base = _find_base(root, sampai)
    with write_generation(
        root, by="jkn build", contoh=report.contoh, cutoff=sampai
    ) as draft:
        stale = set(draft.tables) & (set(DELIVERED) - {*tables, *RECONCILED})
        for name in sorted(stale):
            draft.drop(name)
            report.removed.append(name)
        for name, frame in tables.items():
            draft.put(frame, name)
            report.tables[name] = len(frame)
        if sampai is not None and draft.cutoff != sampai:
            raise InputError(
                f"{sampai}: no participants were delivered of that month (the last "
                f"before is {draft.cutoff or 'none'})\n  → choose another month"
            )
        draft.tell(**_manifest(report, used, tables))
        draft.sign()
        found = find_corrections(base, draft, tables, used)
    note_corrections(root, found, dibuat=str(draft.told["dibuat"]), day=day)


def _find_base(root: Path, sampai: str | None) -> Generation | None:
    """Return what was stored before of the month; nothing where it cannot be read."""
    try:
        if sampai is not None and sampai not in list_cutoffs(root):
            return None
        return find_generation(root, cutoff=sampai)
    except StoreError:
        return None


def join_tables(
    reports: Sequence[FileReport],
    results: Sequence[CleanResult | None],
    *,
    overlap: str,
    accepted: Sequence[str] = (),
) -> dict[str, pd.DataFrame]:
    """Return the good deliveries by table; overlaps are noted in the reports.

    `accepted` are the suspicions of participants that the office has confirmed.
    """
    tables: dict[str, pd.DataFrame] = {}
    for table in DELIVERED:
        own = [
            (report, result)
            for report, result in zip(reports, results, strict=True)
            if result is not None and result.table == table
        ]
        if table == KECAMATAN:
            own += [
                (one, r.finer)
                for one, r in zip(reports, results, strict=True)
                if r is not None and r.finer is not None
            ]
        own.sort(key=lambda pair: is_reply(pair[0].delivery.path))
        if table == "kepesertaan":
            own = _without_parts(own, accepted)
        frame = _join(own, overlap=overlap)
        if frame is not None:
            tables[table] = frame
    return tables


def _without_parts(
    own: Sequence[tuple[FileReport, CleanResult]], accepted: Sequence[str]
) -> list[tuple[FileReport, CleanResult]]:
    """Stop the deliveries of a region of which only one segmen came."""
    if not own:
        return []
    lone = across.find_lone_segmen([result.frame for _, result in own])
    kept = []
    for number, (report, result) in enumerate(own):
        token = f"segmen {report.delivery.path.name}"
        if number not in lone or {token, "segmen"} & set(accepted):
            kept.append((report, result))
            continue
        setting = f"[sources.kepesertaan] terima = [{json.dumps(token)}]"
        said = finding("parts:segmen", names=lone[number], setting=setting)
        problem = Problem(report.name, *said, table="kepesertaan")
        if problem not in report.problems:
            report.problems.append(problem)
    return kept


def _join(
    own: Sequence[tuple[FileReport, CleanResult]], *, overlap: str
) -> pd.DataFrame | None:
    """Concatenate the deliveries of one table, overlaps settled."""
    if not own:
        return None
    whole = pd.concat([result.frame for _, result in own], ignore_index=True)
    if not whole.duplicated(list(TABLES[own[0][1].table].key)).any():
        return whole
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
        if problem is not None and problem not in report.problems:
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


def _manifest(
    report: BuildReport, used: Sequence[Read], tables: Iterable[str]
) -> dict[str, Any]:
    """Say which rows of which files became which table, and what is missing."""
    stored = [
        (one, {one.delivery.table, result.finer.table if result.finer else ""})
        for one, result in used
        if result is not None and not one.refused
    ]
    return {
        "kiriman": {
            name: [_entry(one) for one, held in stored if name in held]
            for name in tables
        },
        "packaged": PACKAGED,
        "refused": [_refusal(one) for one in report.files if one.refused],
        "hilang": report.gone,
    }


def _entry(report: FileReport) -> dict[str, Any]:
    """Return one file's line of the manifest."""
    counts = report.counts
    return {
        "file": report.name,
        "sha256": report.sha256,
        "tiba": report.tiba,
        "contoh": report.contoh,
        "sheets": [mask_personal(s) for s in dict.fromkeys(report.sheets) if s],
        "rows_in": counts.rows_in,
        "rows_kept": counts.kept,
        "rows_refused": counts.refused,
        "rows_recognised": counts.recognised,
        "notes": sorted(set(report.notes)),
    }


def _refusal(report: FileReport) -> dict[str, Any]:
    """Return what the manifest says of a refused file."""
    found = faults(report.problems)
    return {
        **_entry(report),
        "table": report.delivery.table,
        "sebab": report.reason,
        "faults": len(found),
        "cells": len({(one.sheet, one.row, one.column) for one in found if one.row}),
        "kode": list(report.kode) or None,
        "dipakai": report.instead,
    }
