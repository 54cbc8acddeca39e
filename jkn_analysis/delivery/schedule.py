"""Which meetings are due, in the time of the place, and who receives what."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jkn_analysis.briefing.model import Rapat
from jkn_analysis.errors import DeliveryError
from jkn_analysis.personal import is_address
from jkn_analysis.texts.plain import slug

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

ZONES: dict[str, ZoneInfo] = {
    "WIB": ZoneInfo("Asia/Jakarta"),
    "WITA": ZoneInfo("Asia/Makassar"),
    "WIT": ZoneInfo("Asia/Jayapura"),
}
"""The three zones of Indonesia (Keppres 41/1987); none has summer time."""
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[.:]([0-5]\d)(?!\d)")


def domain_of(address: str) -> str:
    """Return the domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def start_of(tanggal: dt.date, jam: str, zona_waktu: str) -> dt.datetime | None:
    """Return when a meeting begins, aware; None where the hour is not readable.

    Examples
    --------
    >>> start_of(dt.date(2025, 12, 5), "pukul 09.00", "WIT").utcoffset()
    datetime.timedelta(seconds=32400)
    """
    found = _CLOCK.search(jam or "")
    if found is None:
        return None
    clock = dt.time(int(found[1]), int(found[2]))
    return dt.datetime.combine(tanggal, clock, _zone(zona_waktu))


def end_of(tanggal: dt.date, jam: str, zona_waktu: str) -> dt.datetime | None:
    """Return when a meeting ends, aware; None where the hours do not say so.

    Examples
    --------
    >>> end_of(dt.date(2025, 12, 5), "09.00 s.d. 11.30", "WIT").strftime("%H:%M")
    '11:30'
    """
    clocks = [dt.time(int(a), int(b)) for a, b in _CLOCK.findall(jam or "")]
    if len(clocks) < 2 or clocks[1] <= clocks[0]:
        return None
    return dt.datetime.combine(tanggal, clocks[1], _zone(zona_waktu))


def due_meetings(
    rapat: pd.DataFrame, *, now: dt.datetime, days: int
) -> tuple[Rapat, ...]:
    """List the meetings that begin after `now` and within `days` local days.

    "Today" is the date at the place of the meeting: at 23.30 in Jakarta it is
    already tomorrow in Ternate.

    Parameters
    ----------
    rapat
        The table of meetings.
    now
        An aware time.
    days
        0 for meetings of today only.

    Returns
    -------
    tuple of Rapat
        By start, then by kode.
    """
    found = []
    for meeting in list_meetings(rapat):
        zone = _zone(meeting.zona_waktu)
        here = now.astimezone(zone)
        start = start_of(meeting.tanggal, meeting.jam, meeting.zona_waktu)
        if start is None:
            start = dt.datetime.combine(meeting.tanggal, dt.time.max, zone)
        last = here.date() + dt.timedelta(days=days)
        if start >= here and meeting.tanggal <= last:
            found.append((start, meeting.kode, meeting.id_rapat, meeting))
    return tuple(meeting for *_, meeting in sorted(found, key=lambda row: row[:3]))


def list_meetings(rapat: pd.DataFrame) -> tuple[Rapat, ...]:
    """Turn the table of meetings into values, by date."""
    rows = rapat.sort_values(["tanggal", "kode", "id_rapat"], kind="stable")
    texts = ["id_rapat", "kode", "jam", "zona_waktu", "jenis", "tempat"]
    return tuple(
        Rapat(tanggal=day.date(), **{name: str(row[name]) for name in texts})
        for day, row in zip(
            rows["tanggal"], rows[texts].to_dict("records"), strict=True
        )
    )


def meeting_for(meetings: Sequence[Rapat], kode: str, tanggal: dt.date) -> Rapat | None:
    """Return the region's next meeting on or after a day; None if there is none."""
    ahead = [m for m in meetings if m.kode == kode and m.tanggal >= tanggal]
    return min(ahead, key=lambda m: (m.tanggal, m.jam, m.id_rapat), default=None)


def offices_of(penerima: pd.DataFrame, kode: str) -> dict[str, tuple[str, ...]]:
    """Return the offices of a region with their addresses, both sorted.

    Offices whose names differ only in spelling that a file name loses are one. An
    address that cannot be one costs its own copy: see `list_bad`.
    """
    here = penerima.loc[penerima["kode"] == kode, ["kantor", "email"]]
    offices: dict[str, tuple[str, set[str]]] = {}
    for kantor, email in here.sort_values(["kantor", "email"]).itertuples(index=False):
        if is_address(email):
            offices.setdefault(slug(kantor), (kantor, set()))[1].add(email)
    return {name: tuple(sorted(emails)) for name, emails in offices.values()}


def list_bad(penerima: pd.DataFrame, kode: str) -> list[str]:
    """Name the offices of a region with what is no mail address, not the text."""
    here = penerima.loc[penerima["kode"] == kode]
    bad = here.loc[~here["email"].map(is_address), "kantor"]
    return [f"{kode}: office '{slug(name)}' has no mail address" for name in bad]


def is_inside(address: str, domains: Sequence[str]) -> bool:
    """Tell whether an address is of an allowed domain or below one.

    Examples
    --------
    >>> is_inside("a@dinsos.ternate.go.id", ["ternate.go.id"]), is_inside("a@b.id", [])
    (True, False)
    """
    found = domain_of(address)
    allowed = (domain.lower().lstrip("@.") for domain in domains)
    return any(found == each or found.endswith(f".{each}") for each in allowed)


def keep_inside(
    offices: Mapping[str, Sequence[str]], *, domains: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Part the addresses of the allowed domains from the rest.

    Returns
    -------
    dict
        The offices that keep an address.
    list
        One line per office that lost one; it names the domain, not the address.
    """
    kept: dict[str, tuple[str, ...]] = {}
    told = []
    for office, addresses in offices.items():
        inside = tuple(a for a in addresses if is_inside(a, domains))
        outside = sorted({domain_of(a) for a in addresses} - {*map(domain_of, inside)})
        if inside:
            kept[office] = inside
        told += [
            f"office '{slug(office)}': {name} is outside [mail] domain"
            for name in outside
        ]
    return kept, told


def _zone(zona_waktu: str) -> ZoneInfo:
    """Return a zone by its Indonesian name."""
    try:
        return ZONES[zona_waktu]
    except KeyError as exc:
        raise DeliveryError(
            f"rapat: zona_waktu '{zona_waktu}' is not one of {', '.join(ZONES)}"
        ) from exc
