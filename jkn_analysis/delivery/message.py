"""Compose one mail: the same bytes for the same content, safe in every client.

The body is built once per region and meeting (`build_body`); each office's message
is that body under its own header (`build_message`).
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import DeliveryError
from jkn_analysis.formats import (
    format_jiwa,
    format_periode,
    format_rp_short,
    format_tanggal,
)
from jkn_analysis.personal import is_address
from jkn_analysis.texts import read_catalogue
from jkn_analysis.texts.plain import one_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from jinja2 import Environment

    from jkn_analysis.briefing.model import Briefing, OfficeNote, PageTable, Rapat
    from jkn_analysis.delivery.history import Revision

MAX_HTML_BYTES = 95_000
"""Gmail clips a body at about 102 KB of HTML; nothing over this is composed."""
MAX_INLINE_BYTES = 250_000
"""Text, HTML and pictures of the body together, as they travel."""
MAX_SUBJECT = 200
MOST_ASKS = 12
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
class Attachment:
    """A file that travels with the mail."""

    filename: str
    mime: str
    content: bytes
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Picture:
    """A chart as PNG bytes, what it shows in words, its width on screen in px."""

    png: bytes
    alt: str
    width: int = 600
    title: str = ""
    captions: tuple[str, ...] = ()

    @property
    def cid(self) -> str:
        """The picture's name in the message, from what it is."""
        digest = hashlib.sha256(f"{self.title}\x1f".encode() + self.png).hexdigest()
        return f"{digest[:24]}@jkn"


@dataclass(frozen=True)
class Letter:
    """One office's mail before one meeting: the page and what is the mail's own."""

    page: Briefing
    note: OfficeNote
    """What this office is asked or must know, before what all offices read."""
    meeting: Rapat | None
    report_sha256: str
    charts: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    changed: tuple[str, ...] = ()
    """Which figures of an issued page have changed."""
    revisi: Revision | None = None


@dataclass(frozen=True)
class Body:
    """A letter rendered, without its head."""

    letter: Letter
    subject: str
    html: str
    text: str
    mime: bytes
    """Content headers, an empty line and the parts, with CRLF line ends."""
    cids: tuple[tuple[str, bytes], ...]
    core: str
    """Digest of all it says and carries, without the mark of a revision."""


def build_body(
    letter: Letter,
    sender: Sender,
    *,
    revise: Callable[[str], Revision | None] = lambda _: None,
) -> Body:
    """Render text and HTML and lay out the MIME tree.

    Parameters
    ----------
    letter
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
    text, html = _render(letter, sender)
    while letter.charts and _travelling_size(text, html, letter) > MAX_INLINE_BYTES:
        letter = replace(letter, charts=letter.charts[:-1])
        text, html = _render(letter, sender)
    core = _digest(letter, text, html)
    revision = revise(core)
    if revision is not None:
        letter = replace(letter, revisi=revision)
        text, html = _render(letter, sender)
    size = len(html.encode())
    if size > MAX_HTML_BYTES:
        raise DeliveryError(
            f"mail of {letter.page.kode}: the HTML body has {size} bytes, over "
            f"{MAX_HTML_BYTES} Gmail clips it\n  → shorten the ask or the decisions"
        )
    mime = _build_mime(letter, text, html)
    cids = tuple((picture.cid, picture.png) for picture in letter.charts)
    return Body(letter, build_subject(letter), html, text, mime, cids, core)


def _digest(letter: Letter, text: str, html: str) -> str:
    """Name what a mail says and carries, page and attachments included."""
    digest = hashlib.sha256()
    pieces = [letter.report_sha256, build_subject(letter), text, html]
    pieces += [item.filename for item in letter.attachments]
    for piece in pieces:
        digest.update(piece.encode("utf-8", "replace") + b"\x1f")
    for item in letter.attachments:
        digest.update(hashlib.sha256(item.content).digest())
    return digest.hexdigest()


def build_message(body: Body, envelope: Envelope, sender: Sender) -> bytes:
    """Put one office's header over the shared body.

    Returns
    -------
    bytes
        The whole message with CRLF line ends, as it lies in the outbox and travels.
    """
    letter, page = body.letter, body.letter.page
    header = EmailMessage(policy=SMTP)
    name, address = parseaddr(one_line(sender.pengirim))
    header["From"] = _address(name, address)
    header["To"] = [_address(envelope.kantor, alamat) for alamat in envelope.alamat]
    header["Reply-To"] = _address("", sender.balas_ke)
    header["Subject"] = body.subject
    header["Date"] = format_datetime(envelope.tanggal)
    header["Message-ID"] = message_id(letter, body.core, envelope.kantor, address)
    header["Content-Language"] = page.bahasa
    header["Auto-Submitted"] = "auto-generated"
    header["List-Unsubscribe"] = f"<mailto:{sender.balas_ke}?subject=berhenti>"
    meeting = letter.meeting
    header["X-JKN-Rapat"] = one_line(meeting.id_rapat) if meeting else "-"
    header["X-JKN-Tanggal"] = meeting.tanggal.isoformat() if meeting else "-"
    header["X-JKN-Kode"] = page.kode
    header["X-JKN-Kantor"] = one_line(envelope.kantor)
    header["X-JKN-Sha256"] = letter.report_sha256
    header["X-JKN-Data-Contoh"] = "ya" if page.contoh else "tidak"
    return header.as_bytes().removesuffix(b"\r\n") + body.mime


def _name_month(letter: Letter) -> str:
    """Name the page's month."""
    return format_periode(letter.page.periode, bahasa=letter.page.bahasa)


def build_subject(letter: Letter) -> str:
    """Write region, meeting and the office's first line; sample data first of all."""
    page, meeting = letter.page, letter.meeting
    words = read_catalogue(page.bahasa).under("surat")
    if meeting is None:
        occasion = f"{words['tanpa_rapat']} {_name_month(letter)}"
    else:
        day = format_tanggal(meeting.tanggal, bahasa=page.bahasa)
        short = len(meeting.jenis) <= MAX_MEETING_NAME
        occasion = f"{meeting.jenis if short else words['rapat']} {day}"
    subject = f"{page.nama} · {occasion}: {letter.note.pokok}"
    if letter.revisi is not None:
        subject = f"[{words['revisi']} {letter.revisi.nomor}] {subject}"
    if page.contoh:
        subject = f"[{words['contoh']}] {subject}"
    subject = one_line(subject)
    if len(subject) <= MAX_SUBJECT:
        return subject
    kept = subject[: MAX_SUBJECT - 1].rsplit(" ", 1)[0]
    # A number without its unit would be another number: "Rp119,6 miliar".
    return re.sub(r"[ ,]*(?:Rp)?\d[\d.,]*$", "", kept) + "…"


def message_id(letter: Letter, core: str, kantor: str, address: str) -> str:
    """Name a message by what it says, so that a second sending has the same name."""
    meeting = letter.meeting
    rapat = meeting.id_rapat if meeting else f"bulan {_name_month(letter)}"
    parts = (rapat, letter.page.kode, kantor, core)
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


def _travelling_size(text: str, html: str, letter: Letter) -> int:
    """Estimate the bytes of the inline part after transfer encoding."""
    raw = sum(len(picture.png) for picture in letter.charts)
    return int(len(text.encode()) * 1.1 + len(html.encode()) * 1.1 + raw * 1.38)


def _render(letter: Letter, sender: Sender) -> tuple[str, str]:
    """Render the plain text and the HTML with its styles inlined."""
    words = read_catalogue(letter.page.bahasa).under("surat")
    values = {
        "c": letter,
        "p": letter.page,
        "t": words,
        "subject": build_subject(letter),
        "asks": _list_asks(letter.page),
        "ranking": _find_ranking(letter.page),
        **_lines(letter, sender, words),
    }
    text = _environment().get_template("mail.txt.j2").render(values)
    html = _environment().get_template("mail.html.j2").render(values)
    return text, _style_after_title(_inliner().inline(html))


def _list_asks(page: Briefing) -> list[dict[str, str]]:
    """Write the decisions as texts: who, what, people, rupiah, by when."""
    bahasa = page.bahasa
    return [
        {
            "kantor": ask.kantor,
            "tindakan": ask.tindakan,
            "jiwa": "" if ask.jiwa is None else format_jiwa(ask.jiwa, bahasa=bahasa),
            "rupiah": ask.teks_rp
            if ask.rp is None
            else format_rp_short(ask.rp, bahasa=bahasa),
            "tanggal": format_tanggal(ask.tenggat, bahasa=bahasa),
        }
        for ask in page.permintaan[:MOST_ASKS]
    ]


def _find_ranking(page: Briefing) -> PageTable | None:
    """Return the ranking of a provinsi's or the country's regions, if it is one."""
    tables = (
        t for part in page.bagian if part.nama == "peringkat" for t in part.tables
    )
    return next(tables, None)


def _style_after_title(html: str) -> str:
    """Move what is left of the styles behind the charset, which must come first."""
    start, end = html.find("<style>"), html.find("</style>") + len("</style>")
    if start < 0:
        return html
    rest = html[:start] + html[end:]
    return rest.replace("</title>", f"</title>\n{html[start:end]}", 1)


def _lines(letter: Letter, sender: Sender, words: dict[str, str]) -> dict[str, Any]:
    """Compose the lines around the briefing: occasion, place, files, footer."""
    page, meeting, bahasa = letter.page, letter.meeting, letter.page.bahasa
    over, when = f"{words['tanpa_rapat']} · {page.nama}", ""
    if meeting is not None:
        over = f"{words['bahan']} · {page.nama}"
        day = format_tanggal(meeting.tanggal, bahasa=bahasa)
        clock = f"{meeting.jam} {meeting.zona_waktu}" if meeting.jam else ""
        parts = (meeting.jenis, day, clock, meeting.tempat)
        when = ", ".join(part for part in parts if part)
    footer = [
        f"{words['pengirim']} {sender.pengirim}. {words['kepada_siapa']}",
        f"{words['jawab']} {sender.balas_ke}",
        page.kaki,
        f"{words['periode']}: {_name_month(letter)}. {words['jalankan']}: "
        f"{letter.report_sha256[:12]}",
    ]
    files = [
        (item.filename, _file_meaning(item.filename, words))
        for item in letter.attachments
    ]
    replaced = ""
    if letter.revisi is not None:
        day = format_tanggal(letter.revisi.sebelum, bahasa=bahasa)
        replaced = words["menggantikan"].format(nomor=letter.revisi.nomor, hari=day)
    said = [*letter.note.kalimat, *letter.changed, *page.surat.kalimat, page.judul]
    rate = page.find_figure("keaktifan_penduduk_rate")
    figures = [
        (
            words["posisi"],
            rate.text if rate else "",
            " ".join(t for t, _ in page.layar.ringkas),
        ),
        *((label, "", told) for label, told in page.layar.baris),
    ]
    return {
        "revisi": replaced,
        "over": over,
        "when": when,
        "lead": [
            f"{words['untuk'].format(kantor=letter.note.kantor)}:",
            *letter.note.kalimat,
        ],
        "figures": figures,
        "footer": footer,
        "files": files,
        "preheader": said[0],
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


def _build_mime(letter: Letter, text: str, html: str) -> bytes:
    """Lay out mixed(alternative(text, related(html, images)), attachments)."""
    message = EmailMessage(policy=SMTP)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    shown = message.get_payload()[1]  # type: ignore[index]
    for picture in letter.charts:
        shown.add_related(  # type: ignore[union-attr]
            picture.png,
            "image",
            "png",
            cid=f"<{picture.cid}>",
            disposition="inline",
            filename=f"{picture.cid.partition('@')[0]}.png",
        )
    for number, part in enumerate(message.walk(), start=1):
        if part.is_multipart():
            part.set_boundary(_boundary(letter, number))
    del message["MIME-Version"]
    outer = _boundary(letter, 0)
    parts = [message.as_bytes(), *map(_lay_attachment, letter.attachments)]
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


def _boundary(letter: Letter, number: int) -> str:
    """Make a boundary from what the mail carries, not from chance."""
    seed = f"{letter.report_sha256}/{number}"
    return f"=_jkn_{hashlib.sha256(seed.encode()).hexdigest()[:32]}"
