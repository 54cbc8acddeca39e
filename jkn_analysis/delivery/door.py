"""The last judge before a mail is written down and again before it leaves."""

from __future__ import annotations

from collections import Counter
from email.parser import BytesHeaderParser
from email.policy import SMTP
from functools import lru_cache

from jkn_analysis.errors import PrivacyError
from jkn_analysis.personal import count_personal
from jkn_analysis.rekonsiliasi.scan import Door, scan_bytes

_END_OF_HEAD = b"\r\n\r\n"


def judge_message(message: bytes) -> dict[str, int]:
    """Count what is personal in a mail by kind: subject, texts, attachments.

    The addresses of sender and answers belong there, those of the recipients stand
    only in the head; any other address is a finding.
    """
    head, _, payload = message.partition(_END_OF_HEAD)
    fields = BytesHeaderParser(policy=SMTP).parsebytes(head + _END_OF_HEAD)
    own = {
        address.addr_spec.lower()
        for name in ("From", "Reply-To")
        if fields[name] is not None
        for address in fields[name].addresses
    }
    counts = Counter(count_personal(str(fields["Subject"]), allowed=frozenset(own)))
    counts.update(_judge_parts(str(fields["Content-Type"]), payload, frozenset(own)))
    return dict(counts)


@lru_cache(maxsize=8)
def _judge_parts(kind: str, payload: bytes, allowed: frozenset[str]) -> Counter[str]:
    """Judge the parts of a mail, once for all copies that share them."""
    head = f"From: x\r\nMessage-ID: x\r\nContent-Type: {kind}".encode()
    found = scan_bytes(
        head + _END_OF_HEAD + payload, door=Door(mail=True, allowed=allowed)
    )
    counts: Counter[str] = Counter()
    for (_, what), number in found.items():
        counts[what] += number
    return counts


def refuse_message(name: str, message: bytes) -> None:
    """Stop before a mail is written that points at a person.

    Raises
    ------
    PrivacyError
        Names the kinds, never a value.
    """
    found = judge_message(message)
    if found:
        raise PrivacyError(f"{name}: {tell(found)}; the mail is not written")


def tell(found: dict[str, int]) -> str:
    """Say in a line what was found."""
    return "personal values: " + ", ".join(
        f"{number} x {kind}" for kind, number in sorted(found.items())
    )
