"""A page of the whole outbox, so that mail is looked at before it can go."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.policy import default
from functools import lru_cache
from typing import TYPE_CHECKING

from jkn_analysis.store import write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from email.message import EmailMessage
    from pathlib import Path

    from jinja2 import Environment

    from jkn_analysis.delivery.ledger import Status
    from jkn_analysis.delivery.outbox import Entry

INDEX = "index.html"


def render_body(message: EmailMessage) -> str:
    """Return a message's HTML with its pictures in place, as a client shows it.

    Raises
    ------
    KeyError
        If a picture the HTML names is not in the message.
    """
    part = message.get_body(("html",))
    html = part.get_content() if part is not None else ""
    pictures = {
        str(image["Content-ID"]).strip("<>"): image.get_payload(decode=True)
        for image in message.walk()
        if image.get_content_maintype() == "image"
    }
    pieces = html.split('src="cid:')
    shown = [pieces[0]]
    for piece in pieces[1:]:
        cid, quote, rest = piece.partition('"')
        data = base64.b64encode(pictures[cid]).decode("ascii")  # type: ignore[arg-type]
        shown.append(f'src="data:image/png;base64,{data}{quote}{rest}')
    return "".join(shown)


def write_preview(
    entries: Sequence[Entry],
    *,
    outbox: Path,
    statuses: Mapping[tuple[str, str], Status],
) -> Path:
    """Write one page per meeting and region, and the index that shows them all.

    Parameters
    ----------
    entries
        Messages of the outbox.
    outbox
        Folder of the outbox; the index lies in it.
    statuses
        Last state by Message-ID and address, from the ledger.
    """
    groups: dict[Path, list[Entry]] = {}
    for entry in entries:
        page = entry.path.parent / f"{entry.kode}.html"
        groups.setdefault(page, []).append(entry)
    for page, own in groups.items():
        message = message_from_bytes(own[0].path.read_bytes(), policy=default)
        write_bytes(page, render_body(message).encode(), mode=0o600)  # type: ignore[arg-type]
    shown = [
        {
            "page": page.relative_to(outbox).as_posix(),
            "subject": own[0].subject,
            "entries": [(entry, _told(entry, statuses)) for entry in own],
        }
        for page, own in groups.items()
    ]
    copies = sum(len(entry.alamat) for entry in entries)
    values = {"groups": shown, "messages": len(entries), "copies": copies}
    template = _environment().get_template("outbox.html.j2")
    outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_bytes(outbox / INDEX, template.render(values).encode(), mode=0o600)
    return outbox / INDEX


def _told(entry: Entry, statuses: Mapping[tuple[str, str], Status]) -> str:
    """Say what became of a message, address by address where they differ."""
    found = [statuses.get((entry.message_id, address)) for address in entry.alamat]
    names = [status.value if status else "not sent" for status in found]
    if len(set(names)) == 1:
        return names[0]
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return Jinja with escaping on."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    return Environment(
        loader=PackageLoader("jkn_analysis.delivery"),
        autoescape=select_autoescape(["html.j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
