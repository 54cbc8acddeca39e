"""On which day each content of each delivery was first seen, and when it went.

A register of lines that are only ever added to: what was known on a day is read from
it, however the files have changed since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jkn_analysis.store import append_lines, read_lines

REGISTER = "kedatangan.jsonl"


@dataclass(frozen=True)
class Arrivals:
    """What lay there after the last line of a day: file to (hash, day it came)."""

    known: Mapping[str, tuple[str, str]]
    empty: bool
    """Nothing was ever noted: the first days are taken from files and settings."""


def read_arrivals(folder: Path, *, until: dt.date | None = None) -> Arrivals:
    """Read which content of which file was there on a day.

    Parameters
    ----------
    folder
        The folder of processed tables.
    until
        The day; the end of the register if None.
    """
    lines = read_lines(folder / REGISTER)
    known: dict[str, tuple[str, str]] = {}
    for line in lines:
        if until is not None and str(line.get("pada")) > until.isoformat():
            continue
        name = str(line.get("berkas"))
        if line.get("sha256"):
            known[name] = (str(line["sha256"]), str(line["pada"]))
        else:
            known.pop(name, None)
    return Arrivals(known, empty=not lines)


def note_arrivals(
    folder: Path,
    found: Mapping[str, str],
    *,
    today: dt.date,
    first: Mapping[str, dt.date],
) -> Arrivals:
    """Add a line for each new content and each file that went; return all.

    Parameters
    ----------
    folder
        The folder of processed tables.
    found
        File to hash, as they lie there now.
    today
        The day of this look.
    first
        File to the day it came, taken where the register is empty.
    """
    told = read_arrivals(folder)
    fresh = [
        {
            "berkas": name,
            "sha256": digest,
            "pada": (first[name] if told.empty else today).isoformat(),
        }
        for name, digest in sorted(found.items())
        if digest and told.known.get(name, ("", ""))[0] != digest
    ]
    gone = [
        {"berkas": name, "sha256": None, "pada": today.isoformat()}
        for name in sorted(told.known.keys() - found.keys())
    ]
    if fresh or gone:
        append_lines(folder / REGISTER, [*fresh, *gone])
    return read_arrivals(folder)


def date_file(path: Path, *, today: dt.date) -> dt.date:
    """Return the day a file was last written, never one after today."""
    try:
        written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()
    except OSError:
        return today
    return min(written, today)
