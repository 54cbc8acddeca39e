"""What lists of meetings, decisions and events leave out: their number, the zone."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.rows.work import Work
from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.cleaning.values.columns import parse_date_column, to_objects
from jkn_analysis.cleaning.values.months import find_days_in
from jkn_analysis.cleaning.words import say
from jkn_analysis.wilayah import get_wilayah

_SECONDS = re.compile(r"(?<=\d\d:\d\d):00\b")
_ZONE = re.compile(r"[\s,]*\b(WIB|WITA|WIT)\b", re.IGNORECASE)


def complete_meetings(work: Work, data: dict[str, Any]) -> None:
    """Add to the columns of a sheet what follows from the others.

    A meeting is numbered by its day and region, an event by its day and words, so that
    the same list sent again gives the same numbers.
    """
    if work.table.name == "rapat":
        _read_zones(data)
    if work.table.name == "peristiwa" and {"tanggal", "keterangan"} <= set(data):
        pairs = zip(data["tanggal"], data["keterangan"], strict=True)
        data.setdefault("id_peristiwa", to_objects([_event(*pair) for pair in pairs]))
    if work.table.name in {"rapat", "tindak_lanjut"} and "id_rapat" not in data:
        days = data["tanggal"] if "tanggal" in data else _days_of(work)
        if days is not None:
            pairs = zip(days, data["kode"], strict=True)
            data["id_rapat"] = to_objects([_meeting(*pair) for pair in pairs])


def _read_zones(data: dict[str, Any]) -> None:
    """Take the zone out of the hour; where none is said it is the region's."""
    if "jam" not in data:
        return
    hours = ["" if pd.isna(h) else _SECONDS.sub("", str(h)) for h in data["jam"]]
    found = [_ZONE.search(hour) for hour in hours]
    data["jam"] = to_objects([_ZONE.sub("", hour) or None for hour in hours])
    zones = [
        zone[1].upper() if zone else _zone_of(kode)
        for zone, kode in zip(found, data["kode"], strict=True)
    ]
    data.setdefault("zona_waktu", to_objects(zones))


def _zone_of(kode: Cell) -> str | None:
    """Return the zone of a region, None where it is not known."""
    return get_wilayah(kode).zona_waktu or None if isinstance(kode, str) else None


def _days_of(work: Work) -> np.ndarray | None:
    """Return the day of each row's meeting, or the one that the titles name."""
    column = work.roles.identifiers.get("tanggal_rapat")
    if column is not None:
        parsed = parse_date_column(work.cells(column.position), order=work.order)
        return work.take(parsed, column.position, "tanggal_rapat")
    days = {day: line for line in work.sheet.title for day in find_days_in(line)}
    if len(days) != 1:
        return None
    day, line = days.popitem()
    work.took(say("meeting of {day}", day=f"{day:%Y-%m-%d}"), line)
    return np.full(work.size, np.datetime64(day))


def _meeting(day: Cell, kode: Cell) -> str | None:
    """Return the number of a meeting, as the suite's own lists write it."""
    if pd.isna(day) or not isinstance(kode, str):
        return None
    return f"{pd.Timestamp(day):%Y%m%d}-{kode.replace('.', '')}"


def _event(day: Cell, words: Cell) -> str | None:
    """Return the number of an event, the same for all its regions."""
    if pd.isna(day) or not isinstance(words, str):
        return None
    mark = hashlib.sha256(" ".join(words.casefold().split()).encode()).hexdigest()[:6]
    return f"{pd.Timestamp(day):%Y%m%d}-{mark}"
