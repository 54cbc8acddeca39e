"""Which contents a build reads: what lies there now, or what lay there on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jkn_analysis.cleaning.arrivals import (
    Arrivals,
    date_file,
    note_arrivals,
    read_arrivals,
)
from jkn_analysis.cleaning.deliveries import (
    Delivery,
    classify,
    find_deliveries,
    list_files,
)
from jkn_analysis.cleaning.kept import build_key, read_kept, write_kept
from jkn_analysis.cleaning.problems import Problem, refusal
from jkn_analysis.cleaning.reading import FileReport, read_delivery, settings_of
from jkn_analysis.cleaning.rows.work import CleanResult
from jkn_analysis.cleaning.sources import check_sources
from jkn_analysis.cleaning.words import finding
from jkn_analysis.config import Config
from jkn_analysis.errors import InputError
from jkn_analysis.personal import mask_personal
from jkn_analysis.store import hash_file, show_name

Read = tuple[FileReport, CleanResult | None]


@dataclass(frozen=True)
class Item:
    """One content of one delivery, in its file or only in rows kept of it."""

    delivery: Delivery
    name: str
    sha256: str
    """Empty where the file cannot be read."""
    tiba: str = ""
    here: bool = True


def list_items(config: Config, *, today: dt.date | None) -> list[Item]:
    """List the contents to read, in the order of their files.

    Raises
    ------
    ConfigError
        If the settings name tables or columns that there are not.
    InputError
        If there is no delivery, or there was none on the day looked at.
    """
    check_sources(config)
    raw = config.paths.raw
    if config.build.pada is not None:
        return _list_past(config)
    deliveries = {
        name_file(one.path, raw): one
        for one in find_deliveries(raw, contoh=config.build.contoh)
    }
    if not deliveries:
        raise refusal(InputError, raw, "empty:raw")
    digests = {name: _hash(one.path) for name, one in deliveries.items()}
    arrivals = Arrivals({}, empty=True)
    if today is not None:
        first = {
            name: config.build.tiba.get(one.kiriman) or date_file(one.path, today=today)
            for name, one in deliveries.items()
        }
        arrivals = note_arrivals(config.dapur, digests, today=today, first=first)
    return [
        Item(one, name, digests[name], arrivals.known.get(name, ("", ""))[1])
        for name, one in deliveries.items()
    ]


def _list_past(config: Config) -> list[Item]:
    """List the contents that lay there on the day looked at."""
    raw, day = config.paths.raw, config.build.pada
    arrivals = read_arrivals(config.dapur, until=day)
    if not arrivals.known:
        raise refusal(InputError, raw, "empty:day", day=day)
    paths = list_present(raw)
    items = []
    for name, (sha256, tiba) in sorted(arrivals.known.items()):
        path = paths.get(name, raw / name)
        here = name in paths and _hash(path) == sha256
        items.append(Item(classify(path, raw), name, sha256, tiba, here=here))
    return items


def list_present(raw: Path) -> dict[str, Path]:
    """Return every file that lies there by its printable name."""
    return {name_file(path, raw): path for path in list_files(raw)}


def name_file(path: Path, raw: Path) -> str:
    """Return what a file is called in messages, manifest and register."""
    return mask_personal(show_name(path.relative_to(raw)))


def _hash(path: Path) -> str:
    """Hash a file; nothing where it cannot be read."""
    try:
        return hash_file(path)
    except OSError:
        return ""


def read_item(item: Item, config: Config, *, day: dt.date | None) -> Read:
    """Read one content: rows kept of it where they were read in just this way."""
    report, result = _read_item(item, config, day)
    report.tiba = item.tiba
    return report, result


def _read_item(item: Item, config: Config, day: dt.date | None) -> Read:
    """Read one content from rows kept of it, or from its file."""
    settings = settings_of(config, item.delivery.table, today=day)
    key = build_key(item.delivery, settings, item.name)
    if item.sha256:
        found = read_kept(
            config.dapur,
            item.delivery,
            item.sha256,
            name=item.name,
            key=key if item.here else None,
            latest=day,
        )
        if found is not None:
            return found
    if not item.here:
        return _report_lost(item), None
    report, result = read_delivery(
        item.delivery, settings=settings, name=item.name, sha256=item.sha256 or None
    )
    if result is not None:
        write_kept(config.dapur, report, result, key=key, latest=day)
    return report, result


def _report_lost(item: Item) -> FileReport:
    """Report a content that was overwritten before its rows were kept."""
    said = finding("closed:lost", day=item.tiba)
    problem = Problem(item.name, *said, table=item.delivery.table)
    return FileReport(item.delivery, item.name, item.sha256, problems=[problem])


def read_instead(
    report: FileReport, entry: Mapping[str, Any] | None, config: Config
) -> Read | None:
    """Read the rows last accepted of a file that is now refused; None without any."""
    if entry is None:
        return None
    found = read_kept(
        config.dapur, report.delivery, entry["sha256"], name=report.name, key=None
    )
    if found is None:
        return None
    old, result = found
    old.tiba, old.problems = entry["tiba"], []
    report.instead = {"sha256": old.sha256, "tiba": old.tiba}
    report.kode = tuple(sorted({*report.kode, *old.kode}))
    return old, result
