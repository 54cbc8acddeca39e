"""What one mail says, as plain values: no table, no file, no clock behind it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from jkn_analysis.briefing.model import Nada, Rapat
    from jkn_analysis.delivery.history import Revision

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class KeyFigure:
    """One of the three figures of the first screen."""

    label: str
    value: str
    sentence: str
    tone: Nada = "netral"


@dataclass(frozen=True)
class Ask:
    """Who is asked to do what: decider, action, people, rupiah, date as texts."""

    kantor: str
    tindakan: str
    jiwa: str = ""
    rupiah: str = ""
    tanggal: str = ""


@dataclass(frozen=True)
class FollowUp:
    """A decision of the last meeting, as texts."""

    nomor: str
    keputusan: str
    penanggung_jawab: str
    tenggat: str
    status: str
    catatan: str = ""


@dataclass(frozen=True)
class MailChart:
    """A chart as PNG bytes, its alternative text and its width on screen in px."""

    name: str
    png: bytes
    alt: str
    width: int = 600
    title: str = ""
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class MailTable:
    """A small table of finished texts; numbers stand in all but the first column."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Attachment:
    """A file that travels with the mail."""

    filename: str
    mime: str
    content: bytes
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MailContent:
    """One region's mail before one meeting, the same for every office."""

    kode: str
    wilayah: str
    periode: str
    data_as_of: str
    verdict: str
    subject_verdict: str
    meeting: Rapat | None
    figures: tuple[KeyFigure, ...]
    sentences: tuple[str, ...]
    ask: tuple[Ask, ...]
    follow_up: tuple[FollowUp, ...]
    charts: tuple[MailChart, ...]
    attachments: tuple[Attachment, ...]
    report_sha256: str
    sources: tuple[str, ...]
    run_id: str = ""
    contoh: bool = True
    bahasa: Literal["id", "en"] = "id"
    notes: tuple[str, ...] = field(default=())
    lead: tuple[str, ...] = field(default=())
    """What this office is asked or must know, before what all offices read."""
    revisi: Revision | None = None
    tables: tuple[MailTable, ...] = field(default=())


def one_line(text: str) -> str:
    r"""Return `text` on one line: no control, line-break or direction character.

    A name from a sheet may carry a newline that would start a new header, or a
    direction mark that would turn the words after it around.

    Examples
    --------
    >>> one_line("Kota  Ternate\r\nBcc: x@y.z")
    'Kota Ternate Bcc: x@y.z'
    """
    plain = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs", "Co"} else char
        for char in _BIDI.sub("", text)
    )
    return " ".join(plain.split())


def slug(text: str, *, longest: int = 40) -> str:
    """Return a name that is safe as a file or folder name on any system.

    A short digest is added where letters were lost, so that two names never meet
    in one file.

    Examples
    --------
    >>> slug("Dinas Sosial"), slug("../../etc")
    ('dinas-sosial', 'etc-...')
    """
    import hashlib

    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9]+", "-", folded.lower()).strip("-")
    plain = re.fullmatch(r"[A-Za-z0-9]+([ -][A-Za-z0-9]+)*", text) is not None
    if plain and len(kept) <= longest:
        return kept
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{kept[:longest].strip('-') or 'x'}-{digest}"
