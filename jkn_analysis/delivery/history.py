"""What was sent before for a meeting and office: revisions, moved meetings."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

from jkn_analysis.delivery.ledger import Status, kept_name, read_records

if TYPE_CHECKING:
    from pathlib import Path

_TOLD = frozenset({Status.SENT, Status.UNKNOWN, Status.SENDING})


@dataclass(frozen=True)
class Revision:
    """A message that replaces one already sent."""

    nomor: int
    """2 for the first correction."""
    sebelum: dt.date
    """Day the message before it was sent."""


@dataclass
class History:
    """Message-IDs that went out, by meeting, region and office, in their order."""

    told: dict[tuple[str, str, str], dict[str, dt.date]] = field(default_factory=dict)
    kept: Path | None = None

    def find_revision(
        self, rapat: str, kode: str, kantor: str, message_id: str
    ) -> Revision | None:
        """Tell which revision a message is; None for the first that was told."""
        before = self.told.get((rapat, kode, kantor), {})
        order = list(before)
        place = order.index(message_id) if message_id in before else len(order)
        if place == 0:
            return None
        return Revision(place + 1, before[order[place - 1]])

    def find_calendar(self, rapat: str, kode: str) -> bytes | None:
        """Return the calendar that was last sent for a meeting, None for none."""
        sent = [
            (day, message_id)
            for (meeting, region, _), own in self.told.items()
            if (meeting, region) == (rapat, kode)
            for message_id, day in own.items()
        ]
        for _, message_id in sorted(sent, reverse=True):
            path = self.kept / kept_name(message_id) if self.kept else None
            if path is not None and path.is_file():
                message = message_from_bytes(path.read_bytes(), policy=default)
                for part in message.walk():
                    if part.get_content_type() == "text/calendar":
                        return bytes(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
        return None


def read_history(ledger: Path, *, kept: Path) -> History:
    """Read what went out; nothing where no ledger is."""
    told: dict[tuple[str, str, str], dict[str, dt.date]] = defaultdict(dict)
    for record in read_records(ledger):
        copy = record.copy
        if record.status in _TOLD:
            own = told[copy.rapat, copy.kode, copy.kantor]
            own.setdefault(copy.message_id, dt.date.fromisoformat(record.waktu[:10]))
    return History(dict(told), kept)
