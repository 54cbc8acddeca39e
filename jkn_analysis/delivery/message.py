"""Compose one mail: the same bytes for the same content, safe in every client.

The body is built once per region and meeting (`build_body`); each office's message
is that body under its own header (`build_message`).
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jkn_analysis.delivery.content import one_line
from jkn_analysis.delivery.words import WORDS
from jkn_analysis.errors import DeliveryError
from jkn_analysis.formats import format_tanggal
from jkn_analysis.personal import is_address

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from jinja2 import Environment

    from jkn_analysis.delivery.content import Attachment, MailChart, MailContent
    from jkn_analysis.delivery.history import Revision

MAX_HTML_BYTES = 95_000
"""Gmail clips a body at about 102 KB of HTML; nothing over this is composed."""
MAX_INLINE_BYTES = 250_000
"""Text, HTML and pictures of the body together, as they travel."""
MAX_SUBJECT = 160
MAX_MEETING_NAME = 24
"""A longer name of a meeting is left to the body; a phone shows few words."""


@dataclass(frozen=True)
class Sender:
    """Who signs the mail and where answers go."""

    pengirim: str
    balas_ke: str


@dataclass(frozen=True)
class Envelope:
    """One office's copy: to whom, under which identity, dated when."""

    kantor: str
    alamat: tuple[str, ...]
    tanggal: dt.datetime


@dataclass(frozen=True)
class Body:
    """The part of a message that all offices share."""

    content: MailContent
    subject: str
    html: str
    text: str
    mime: bytes
    """Content headers, an empty line and the parts, with CRLF line ends."""
    cids: tuple[tuple[str, bytes], ...]
    core: str
    """Digest of all it says and carries, without the mark of a revision."""


@dataclass(frozen=True)
class _Picture:
    cid: str
    alt: str
    width: int
    png: bytes
    title: str
    captions: tuple[str, ...]


def build_body(
    content: MailContent,
    sender: Sender,
    *,
    revise: Callable[[str], Revision | None] = lambda _: None,
) -> Body:
    """Render text and HTML and lay out the MIME tree.

    Parameters
    ----------
    content
        What the mail says.
    sender
        Who signs.
    revise
        Given the digest of the content, tells whether it replaces a mail already
        sent; subject and first line then say so.

    Raises
    ------
    DeliveryError
        If the HTML would be clipped by Gmail.
    """
    pictures = _pictures(content.charts)
    text, html = _render(content, sender, pictures)
    while pictures and _travelling_size(text, html, pictures) > MAX_INLINE_BYTES:
        pictures = pictures[:-1]
        text, html = _render(content, sender, pictures)
    core = _digest(content, text, html)
    revision = revise(core)
    if revision is not None:
        content = replace(content, revisi=revision)
        text, html = _render(content, sender, pictures)
    size = len(html.encode())
    if size > MAX_HTML_BYTES:
        raise DeliveryError(
            f"mail of {content.kode}: the HTML body has {size} bytes, over "
            f"{MAX_HTML_BYTES} Gmail clips it\n  → shorten the ask or the decisions"
        )
    mime = _build_mime(content, text, html, pictures)
    cids = tuple((picture.cid, picture.png) for picture in pictures)
    return Body(content, build_subject(content), html, text, mime, cids, core)


def _digest(content: MailContent, text: str, html: str) -> str:
    """Name what a mail says and carries, page and attachments included."""
    digest = hashlib.sha256()
    pieces = [content.report_sha256, build_subject(content), text, html]
    pieces += [item.filename for item in content.attachments]
    for piece in pieces:
        digest.update(piece.encode("utf-8", "replace") + b"\x1f")
    for item in content.attachments:
        digest.update(hashlib.sha256(item.content).digest())
    return digest.hexdigest()


def build_message(body: Body, envelope: Envelope, sender: Sender) -> bytes:
    """Put one office's header over the shared body.

    Returns
    -------
    bytes
        The whole message with CRLF line ends, as it lies in the outbox and travels.
    """
    content = body.content
    header = EmailMessage(policy=SMTP)
    name, address = parseaddr(one_line(sender.pengirim))
    header["From"] = _address(name, address)
    header["To"] = [_address(envelope.kantor, alamat) for alamat in envelope.alamat]
    header["Reply-To"] = _address("", sender.balas_ke)
    header["Subject"] = body.subject
    header["Date"] = format_datetime(envelope.tanggal)
    header["Message-ID"] = message_id(content, body.core, envelope.kantor, address)
    header["Content-Language"] = content.bahasa
    header["Auto-Submitted"] = "auto-generated"
    header["List-Unsubscribe"] = f"<mailto:{sender.balas_ke}?subject=berhenti>"
    meeting = content.meeting
    header["X-JKN-Rapat"] = one_line(meeting.id_rapat) if meeting else "-"
    header["X-JKN-Tanggal"] = meeting.tanggal.isoformat() if meeting else "-"
    header["X-JKN-Kode"] = content.kode
    header["X-JKN-Kantor"] = one_line(envelope.kantor)
    header["X-JKN-Sha256"] = content.report_sha256
    header["X-JKN-Data-Contoh"] = "ya" if content.contoh else "tidak"
    return header.as_bytes().removesuffix(b"\r\n") + body.mime


def build_subject(content: MailContent) -> str:
    """Write region, meeting and verdict; mark sample data first of all."""
    words = WORDS[content.bahasa]
    meeting = content.meeting
    if meeting is None:
        occasion = f"{words['tanpa_rapat']} {content.periode}"
    else:
        day = format_tanggal(meeting.tanggal, bahasa=content.bahasa)
        short = len(meeting.jenis) <= MAX_MEETING_NAME
        occasion = f"{meeting.jenis if short else words['rapat']} {day}"
    subject = f"{content.wilayah} · {occasion}: {content.subject_verdict}"
    if content.revisi is not None:
        subject = f"[{words['revisi']} {content.revisi.nomor}] {subject}"
    if content.contoh:
        subject = f"[{words['contoh']}] {subject}"
    subject = one_line(subject)
    if len(subject) <= MAX_SUBJECT:
        return subject
    return subject[: MAX_SUBJECT - 1].rsplit(" ", 1)[0] + "…"


def message_id(content: MailContent, core: str, kantor: str, address: str) -> str:
    """Name a message by what it says, so that a second sending has the same name."""
    rapat = content.meeting.id_rapat if content.meeting else f"bulan {content.periode}"
    parts = (rapat, content.kode, kantor, core)
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
    domain = address.rpartition("@")[2] or "jkn.invalid"
    return f"<{digest[:40]}@{domain}>"


def _address(name: str, address: str) -> Address:
    """Build an address header; refuse what is none."""
    if not is_address(address):
        raise DeliveryError(
            f"mail: an address of '{one_line(name)}' is not a mail address\n"
            "  → mend the table 'penerima' or [mail] in the settings"
        )
    return Address(display_name=one_line(name), addr_spec=address)


def _pictures(charts: Sequence[MailChart]) -> list[_Picture]:
    """Name the charts by their content."""
    pictures: list[_Picture] = []
    for chart in charts:
        digest = hashlib.sha256(chart.png).hexdigest()[:24]
        cid = f"{digest}.{len(pictures)}@jkn"
        captions = tuple(text for text in chart.captions if text)
        pictures.append(
            _Picture(
                cid, one_line(chart.alt), chart.width, chart.png, chart.title, captions
            )
        )
    return pictures


def _travelling_size(text: str, html: str, pictures: Sequence[_Picture]) -> int:
    """Estimate the bytes of the inline part after transfer encoding."""
    raw = sum(len(picture.png) for picture in pictures)
    return int(len(text.encode()) * 1.1 + len(html.encode()) * 1.1 + raw * 1.38)


def _render(
    content: MailContent, sender: Sender, pictures: Sequence[_Picture]
) -> tuple[str, str]:
    """Render the plain text and the HTML with its styles inlined."""
    values = {
        "c": content,
        "t": WORDS[content.bahasa],
        "subject": build_subject(content),
        "charts": pictures,
        **_lines(content, sender),
    }
    text = _environment().get_template("mail.txt.j2").render(values)
    html = _environment().get_template("mail.html.j2").render(values)
    return text, _style_after_title(_inliner().inline(html))


def _style_after_title(html: str) -> str:
    """Move what is left of the styles behind the charset, which must come first."""
    start, end = html.find("<style>"), html.find("</style>") + len("</style>")
    if start < 0:
        return html
    rest = html[:start] + html[end:]
    return rest.replace("</title>", f"</title>\n{html[start:end]}", 1)


def _lines(content: MailContent, sender: Sender) -> dict[str, Any]:
    """Compose the lines around the briefing: occasion, place, files, footer."""
    words, meeting = WORDS[content.bahasa], content.meeting
    over, when = f"{words['tanpa_rapat']} · {content.wilayah}", ""
    if meeting is not None:
        over = f"{words['bahan']} · {content.wilayah}"
        day = format_tanggal(meeting.tanggal, bahasa=content.bahasa)
        clock = f"{meeting.jam} {meeting.zona_waktu}" if meeting.jam else ""
        parts = (meeting.jenis, day, clock, meeting.tempat)
        when = ", ".join(part for part in parts if part)
    footer = [
        f"{words['pengirim']} {sender.pengirim}. {words['kepada_siapa']}",
        f"{words['jawab']} {sender.balas_ke}",
        *content.sources,
        *content.notes,
        f"{words['periode']}: {content.periode}. {words['jalankan']}: "
        f"{content.run_id or content.report_sha256[:12]}",
    ]
    files = [
        (item.filename, _file_meaning(item.filename, words))
        for item in content.attachments
    ]
    replaced = ""
    if content.revisi is not None:
        day = format_tanggal(content.revisi.sebelum, bahasa=content.bahasa)
        replaced = words["menggantikan"].format(nomor=content.revisi.nomor, hari=day)
    return {
        "revisi": replaced,
        "over": over,
        "when": when,
        "footer": footer,
        "files": files,
        "preheader": next(
            iter([*content.lead[1:], *content.sentences, content.verdict])
        ),
    }


def _file_meaning(filename: str, words: dict[str, str]) -> str:
    """Say what an attachment is for."""
    if "tindak-lanjut" in filename:
        return words["lampiran_form"]
    return words.get(f"lampiran_{filename.rpartition('.')[2]}", "")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return Jinja with escaping on; every text is forced onto one line."""
    from jinja2 import Environment, PackageLoader, select_autoescape

    def finalize(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
        return one_line(value) if type(value) is str else value

    return Environment(
        loader=PackageLoader("jkn_analysis.delivery"),
        autoescape=select_autoescape(["html.j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )


@lru_cache(maxsize=1)
def _inliner() -> Any:  # noqa: ANN401 - css_inline ships no types we need
    """Return the CSS inliner; only the dark-mode rules stay in a style element."""
    import css_inline

    return css_inline.CSSInliner(
        keep_style_tags=False,
        keep_at_rules=True,
        load_remote_stylesheets=False,
        minify_css=True,
    )


def _build_mime(
    content: MailContent, text: str, html: str, pictures: Sequence[_Picture]
) -> bytes:
    """Lay out mixed(alternative(text, related(html, images)), attachments)."""
    message = EmailMessage(policy=SMTP)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    shown = message.get_payload()[1]  # type: ignore[index]
    for picture in pictures:
        shown.add_related(  # type: ignore[union-attr]
            picture.png,
            "image",
            "png",
            cid=f"<{picture.cid}>",
            disposition="inline",
            filename=f"{picture.cid.partition('.')[0]}.png",
        )
    for number, part in enumerate(message.walk(), start=1):
        if part.is_multipart():
            part.set_boundary(_boundary(content, number))
    del message["MIME-Version"]
    outer = _boundary(content, 0)
    parts = [message.as_bytes(), *map(_lay_attachment, content.attachments)]
    between = f"\r\n--{outer}\r\n".encode()
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{outer}"\r\n'
    whole = between.join([b"", *(part.rstrip(b"\r\n") for part in parts)])
    return head.encode() + whole + f"\r\n--{outer}--\r\n".encode()


@lru_cache(maxsize=16)
def _lay_attachment(item: Attachment) -> bytes:
    """Encode an attachment once for all offices of a region that share it."""
    part = EmailMessage(policy=SMTP)
    maintype, _, subtype = item.mime.partition("/")
    part.set_content(
        item.content,
        maintype,
        subtype,
        disposition="attachment",
        filename=one_line(item.filename),
        params=dict(item.params) or None,
    )
    del part["MIME-Version"]
    if maintype == "text":
        # Base64 makes a page a third longer; its lines must stay the bytes they are.
        quoted = binascii.b2a_qp(item.content, istext=False)
        part.set_payload(quoted.replace(b"=\n", b"=\r\n").decode("ascii"))
        part.replace_header("Content-Transfer-Encoding", "quoted-printable")
    return part.as_bytes()


def _boundary(content: MailContent, number: int) -> str:
    """Make a boundary from what the mail carries, not from chance."""
    seed = f"{content.report_sha256}/{number}"
    return f"=_jkn_{hashlib.sha256(seed.encode()).hexdigest()[:32]}"
