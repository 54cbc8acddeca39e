"""The meeting as an iCalendar file (RFC 5545), in UTC so that no zone can be wrong."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

from jkn_analysis.delivery.content import one_line
from jkn_analysis.delivery.schedule import start_of

if TYPE_CHECKING:
    from jkn_analysis.briefing.model import Rapat

LENGTH = dt.timedelta(hours=2)
_FOLD = 75


def build_calendar(
    meeting: Rapat, *, title: str, description: str, organizer: str
) -> bytes:
    """Write one VEVENT for the calendar of whoever receives the mail.

    METHOD is PUBLISH: the file tells of a meeting somebody else has called, so no
    client asks for an acceptance. A meeting without a readable hour is an event of
    the whole day.

    Parameters
    ----------
    meeting
        Date, hour and zone of the place.
    title, description
        Texts; line breaks are kept in the description.
    organizer
        Mail address that answers go to.
    """
    start = start_of(meeting.tanggal, meeting.jam, meeting.zona_waktu)
    identity = hashlib.sha256(f"{meeting.id_rapat}\x1f{meeting.kode}".encode())
    stamp = dt.datetime.combine(meeting.tanggal, dt.time(), dt.UTC)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//jkn-analysis//rapat//ID",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{identity.hexdigest()[:32]}@jkn-analysis",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
        *_times(meeting.tanggal, start),
        f"SUMMARY:{_escape(one_line(title))}",
        f"LOCATION:{_escape(one_line(meeting.tempat))}",
        f"DESCRIPTION:{_escape(description)}",
        f"ORGANIZER:mailto:{one_line(organizer)}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_fold(line)}\r\n" for line in lines).encode()


def _times(tanggal: dt.date, start: dt.datetime | None) -> list[str]:
    """Write start and end, or the whole day."""
    if start is None:
        after = tanggal + dt.timedelta(days=1)
        return [
            f"DTSTART;VALUE=DATE:{tanggal:%Y%m%d}",
            f"DTEND;VALUE=DATE:{after:%Y%m%d}",
        ]
    first, last = start.astimezone(dt.UTC), (start + LENGTH).astimezone(dt.UTC)
    return [f"DTSTART:{first:%Y%m%dT%H%M%SZ}", f"DTEND:{last:%Y%m%dT%H%M%SZ}"]


def _escape(text: str) -> str:
    r"""Escape a TEXT value (3.3.11); a line break becomes ``\n``.

    Examples
    --------
    >>> _escape("Aula; lantai 2, kiri")
    'Aula\\; lantai 2\\, kiri'
    """
    lines = [one_line(line) for line in text.splitlines()]
    escaped = [
        line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        for line in lines
    ]
    return "\\n".join(escaped)


def _fold(line: str) -> str:
    """Fold a content line at 75 octets (3.1), never inside a character."""
    pieces, current, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _FOLD:
            pieces.append(current)
            current, size = " ", 1
        current += char
        size += width
    return "\r\n".join([*pieces, current])
