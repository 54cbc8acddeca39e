"""The meeting as an iCalendar file (RFC 5545), in UTC so that no zone can be wrong."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from jkn_analysis.delivery.schedule import end_of, start_of
from jkn_analysis.texts.plain import one_line

if TYPE_CHECKING:
    from icalendar import Event

    from jkn_analysis.briefing.model import Rapat

LENGTH = dt.timedelta(hours=2)
"""How long a meeting lasts that does not say so."""


def build_calendar(
    meeting: Rapat,
    *,
    title: str,
    description: str,
    organizer: str,
    previous: bytes | None = None,
) -> bytes:
    """Write one VEVENT for the calendar of whoever receives the mail.

    METHOD is PUBLISH: the file tells of a meeting somebody else has called, so no
    client asks for an acceptance. A meeting without a readable hour is an event of
    the whole day. A meeting that was moved keeps its UID and counts SEQUENCE up, so
    that calendars move it instead of showing two.

    Parameters
    ----------
    meeting
        Date, hours and zone of the place.
    title, description
        Texts; line breaks are kept in the description.
    organizer
        Mail address that answers go to.
    previous
        The file that was last sent for this meeting.
    """
    from icalendar import Calendar, Event

    event = Event()
    identity = hashlib.sha256(f"{meeting.id_rapat}\x1f{meeting.kode}".encode())
    event.add("uid", f"{identity.hexdigest()[:32]}@jkn-analysis")
    event.add("dtstamp", dt.datetime.combine(meeting.tanggal, dt.time(), dt.UTC))
    start = start_of(meeting.tanggal, meeting.jam, meeting.zona_waktu)
    if start is None:
        event.add("dtstart", meeting.tanggal)
        event.add("dtend", meeting.tanggal + dt.timedelta(days=1))
    else:
        end = end_of(meeting.tanggal, meeting.jam, meeting.zona_waktu)
        event.add("dtstart", start.astimezone(dt.UTC))
        event.add("dtend", (end or start + LENGTH).astimezone(dt.UTC))
    event.add("summary", one_line(title))
    event.add("location", one_line(meeting.tempat))
    event.add("description", "\n".join(map(one_line, description.splitlines())))
    event.add("organizer", f"mailto:{one_line(organizer)}")
    event.add("transp", "OPAQUE")
    event.add("sequence", _next_sequence(event, previous))
    calendar = Calendar()
    for name, value in {
        "version": "2.0",
        "prodid": "-//jkn-analysis//rapat//ID",
        "calscale": "GREGORIAN",
        "method": "PUBLISH",
    }.items():
        calendar.add(name, value)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _next_sequence(event: Event, previous: bytes | None) -> int:
    """Count up where time or place differ from what was sent."""
    from icalendar import Calendar

    if previous is None:
        return 0
    try:
        sent = Calendar.from_ical(previous).events[0]
    except (ValueError, IndexError):
        return 0
    told = int(sent.get("sequence", 0))
    same = all(
        sent.get(name) is not None and sent[name].to_ical() == event[name].to_ical()
        for name in ("dtstart", "dtend", "location")
    )
    return told if same else told + 1
