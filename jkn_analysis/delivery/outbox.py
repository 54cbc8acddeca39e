"""The outbox: every mail lies here as a file to be looked at before it can go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import SMTP
from typing import TYPE_CHECKING

from jkn_analysis.delivery.door import refuse_body
from jkn_analysis.delivery.ledger import KEPT, Copy
from jkn_analysis.delivery.smtp import Job
from jkn_analysis.errors import DeliveryError
from jkn_analysis.store import write_bytes
from jkn_analysis.texts.plain import one_line, slug

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jkn_analysis.delivery.message import Body, Sender

OUTBOX = "outbox"
_KODE = re.compile(r"\d\d(\.\d\d)?")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_HEAD_BYTES = 16_384


@dataclass(frozen=True)
class Entry:
    """One composed message, as its file tells."""

    path: Path
    rapat: str
    kode: str
    kantor: str
    alamat: tuple[str, ...]
    sender: str
    subject: str
    message_id: str
    laporan: str
    contoh: bool
    size: int
    tanggal: str = ""
    """Day of the meeting, ISO; empty for a monthly report."""


def folder_name(id_rapat: str) -> str:
    """Return the folder of a meeting: its id where that is a plain word, else a slug.

    Examples
    --------
    >>> folder_name("R-8271-2025-12"), folder_name("../..")
    ('R-8271-2025-12', 'x-...')
    """
    return id_rapat if _PLAIN_ID.fullmatch(id_rapat) else slug(id_rapat)


def write_messages(
    bodies: Mapping[str, Body],
    offices: Mapping[str, Sequence[str]],
    *,
    sender: Sender,
    tanggal: dt.datetime,
    outbox: Path,
) -> list[Path]:
    """Write one file per office and remove those of offices that are no longer there.

    Parameters
    ----------
    bodies
        From `build_body`, by office.
    offices
        Office to its addresses.
    sender
        Who signs.
    tanggal
        Date header, aware.
    outbox
        Folder ``reports/outbox``.
    """
    from jkn_analysis.delivery.message import Envelope, build_message

    letter = next(iter(bodies.values())).letter
    kode = letter.page.kode
    if not _KODE.fullmatch(kode):
        raise DeliveryError(f"mail: '{one_line(kode)}' is not a kode of a region")
    meeting = letter.meeting
    folder = outbox / folder_name(meeting.id_rapat if meeting else "tanpa-rapat")
    for body in bodies.values():
        refuse_body(body, sender)
    made = {
        folder / f"{kode}-{slug(kantor)}.eml": build_message(
            bodies[kantor], Envelope(kantor, tuple(alamat), tanggal), sender
        )
        for kantor, alamat in offices.items()
    }
    make_private(folder)
    for path, raw in made.items():
        write_bytes(path, raw, mode=0o600)
    written = list(made)
    for stale in set(folder.glob(f"{kode}-*.eml")) - set(written):
        stale.unlink()
    return written


def make_private(folder: Path) -> None:
    """Make a folder below the outbox, both for their owner alone."""
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
        each.chmod(0o700)


def read_outbox(outbox: Path) -> list[Entry]:
    """List the composed messages by meeting, region and office."""
    found = sorted(outbox.glob("*/*.eml"))
    return [read_entry(path) for path in found if path.parent.name != KEPT]


def read_entry(path: Path) -> Entry:
    """Read the header of one message.

    Raises
    ------
    DeliveryError
        If the file was not composed by us or is damaged.
    """
    with path.open("rb") as opened:
        start = opened.read(_HEAD_BYTES)
    head = BytesHeaderParser(policy=SMTP).parsebytes(start)
    needed = ("X-JKN-Rapat", "X-JKN-Kode", "X-JKN-Kantor", "X-JKN-Sha256")
    if any(head[name] is None for name in (*needed, "Message-ID", "To", "From")):
        raise DeliveryError(
            f"{path}: not a message composed by `jkn mail`\n  → compose it again"
        )
    return Entry(
        path=path,
        rapat=str(head["X-JKN-Rapat"]),
        kode=str(head["X-JKN-Kode"]),
        kantor=str(head["X-JKN-Kantor"]),
        alamat=tuple(address.addr_spec for address in head["To"].addresses),
        sender=head["From"].addresses[0].addr_spec,
        subject=str(head["Subject"]),
        message_id=str(head["Message-ID"]).strip(),
        laporan=str(head["X-JKN-Sha256"]).strip(),
        contoh=str(head["X-JKN-Data-Contoh"]).strip() != "tidak",
        size=path.stat().st_size,
        tanggal=str(head["X-JKN-Tanggal"] or "").strip().strip("-"),
    )


def leave_out_past(
    entries: Sequence[Entry], *, today: dt.date
) -> tuple[list[Entry], list[Entry]]:
    """Part what may still go from what is for meetings that are over.

    Returns
    -------
    tuple of list
        Messages to send, and messages left in the outbox.
    """
    day = today.isoformat()
    going = [entry for entry in entries if not entry.tanggal or entry.tanggal >= day]
    return going, [entry for entry in entries if entry not in going]


def list_jobs(entries: Sequence[Entry]) -> list[Job]:
    """Turn messages into copies, one per address."""
    return [
        Job(
            Copy(
                entry.message_id,
                alamat,
                entry.rapat,
                entry.kode,
                entry.kantor,
                entry.laporan,
            ),
            entry.path,
            entry.sender,
            entry.contoh,
        )
        for entry in entries
        for alamat in entry.alamat
    ]
