"""The last judge before a mail is written down and again before it leaves."""

from __future__ import annotations

from collections import Counter
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parseaddr
from typing import TYPE_CHECKING

from jkn_analysis.errors import PrivacyError
from jkn_analysis.personal import count_personal
from jkn_analysis.rekonsiliasi.scan import Door, scan_bytes

if TYPE_CHECKING:
    from jkn_analysis.delivery.message import Body, Sender


def judge_message(message: bytes) -> dict[str, int]:
    """Count what is personal in a mail as it lies in the outbox, by kind.

    The addresses of sender and answers belong there, those of the recipients stand
    only in the head; any other address is a finding.
    """
    parsed = message_from_bytes(message, policy=SMTP)
    own = frozenset(
        address.addr_spec.lower()
        for name in ("From", "Reply-To")
        if parsed[name] is not None
        for address in parsed[name].addresses
    )
    parts = [
        part.get_payload(decode=True) or b""
        for part in parsed.walk()
        if not part.is_multipart()
    ]
    return _judge(str(parsed["Subject"]), parts, own)  # type: ignore[arg-type]


def refuse_body(body: Body, sender: Sender) -> None:
    """Stop before a mail is written that points at a person.

    Before it leaves, the whole mail is judged again as it lies in the outbox.

    Raises
    ------
    PrivacyError
        Names region and kinds, never a value.
    """
    own = frozenset(
        parseaddr(text)[1].lower() for text in (sender.pengirim, sender.balas_ke)
    )
    parts = [body.text.encode(), body.html.encode(), *(png for _, png in body.cids)]
    parts += [item.content for item in body.letter.attachments]
    found = _judge(body.subject, parts, own)
    if found:
        where = f"mail of {body.letter.page.kode}"
        raise PrivacyError(f"{where}: {tell(found)}; the mail is not written")


def _judge(subject: str, parts: list[bytes], allowed: frozenset[str]) -> dict[str, int]:
    """Judge the decoded pieces of a mail."""
    counts = Counter(count_personal(subject, allowed=allowed))
    door = Door(mail=True, allowed=allowed)
    for part in parts:
        for (_, what), number in scan_bytes(part, door=door).items():
            counts[what] += number
    return dict(counts)


def tell(found: dict[str, int]) -> str:
    """Say in a line what was found."""
    return "personal values: " + ", ".join(
        f"{number} x {kind}" for kind, number in sorted(found.items())
    )
