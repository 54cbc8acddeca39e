"""From a region's briefing and report to the content of its mail, and to the outbox."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.model import OfficeNote
from jkn_analysis.briefing.page_file import page_stem
from jkn_analysis.delivery.calendar import build_calendar
from jkn_analysis.delivery.history import History
from jkn_analysis.delivery.issued import tell_revised
from jkn_analysis.delivery.message import (
    MOST_ASKS,
    Attachment,
    Letter,
    Picture,
    Sender,
    build_body,
    message_id,
)
from jkn_analysis.errors import DeliveryError
from jkn_analysis.formats import format_periode
from jkn_analysis.running.archive import lay_aside
from jkn_analysis.sharing.workbook import (
    XLSX,
    lead_with,
    list_tables,
    name_book,
    write_book,
)
from jkn_analysis.texts import read_catalogue
from jkn_analysis.texts.plain import slug

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jkn_analysis.briefing import Briefing, Fan
    from jkn_analysis.briefing.model import Rapat
    from jkn_analysis.delivery.history import Revision
    from jkn_analysis.delivery.message import Body

CHART_PX = 600
"""Width of a chart on a wide screen; it is drawn for 480, so that a phone reads it."""
_DRAWN_PX, _DRAWN_HEIGHT = 480, 320
_MOST_CHARTS = 2


@dataclass(frozen=True)
class Occasion:
    """One region's mail to compose: the meeting it is for and who receives it."""

    kode: str
    meeting: Rapat | None
    offices: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Extras:
    """What travels beside the briefing."""

    reports: tuple[Attachment, ...]
    """The full report as HTML, PDF or both."""
    form: bytes | None = None
    """The reply form of the last meeting's decisions."""
    balas_ke: str = ""
    calendar: bytes | None = None
    """The calendar that was last sent for this meeting."""


@dataclass(frozen=True)
class Desk:
    """Where tables and reports lie, and who signs."""

    processed: Path
    reports: Path
    periode: str
    bahasa: str
    pengirim: str
    balas_ke: str
    lampiran: tuple[str, ...] = ("html",)
    history: History = field(default_factory=History)
    """What was sent before."""


def compose(
    occasion: Occasion, *, desk: Desk, tanggal: dt.datetime | None
) -> list[Path]:
    """Write the messages of one occasion into the outbox.

    The mail builds nothing: all it says and carries is read from the page that
    `jkn run` made.

    Parameters
    ----------
    occasion
        Region, meeting and offices.
    desk
        Folders and sender.
    tanggal
        Date header, aware; the last day of the report month if None, so that the
        same data give the same bytes.

    Raises
    ------
    DeliveryError
        If nobody receives it.
    RunError
        If the page is not there, or not the one its manifest names.
    PrivacyError
        If a message points at a person; then none is written.
    """
    from jkn_analysis.delivery.outbox import OUTBOX, write_messages
    from jkn_analysis.delivery.schedule import ZONES
    from jkn_analysis.running.report import read_report

    kode, meeting = occasion.kode, occasion.meeting
    if not occasion.offices:
        raise DeliveryError(f"{kode}: nobody receives this region's briefing")
    folder = desk.reports / desk.periode
    briefing = read_report(folder, kode, bahasa=desk.bahasa)
    report = folder / f"{page_stem(kode, desk.bahasa)}.html"
    before = meeting.tanggal if meeting else month_end(desk.periode)
    rapat = meeting.id_rapat if meeting else ""
    extras = Extras(
        _read_reports(report, desk),
        _find_form(desk, kode, briefing.nama, before, meeting),
        desk.balas_ke,
        desk.history.find_calendar(rapat, kode) if meeting else None,
    )
    letter = write_letter(briefing, meeting=meeting, extras=extras)
    digest = lay_aside(desk.reports, desk.periode, report.stem)
    changed = tell_revised(report.with_suffix(".json"), desk.bahasa)
    letter = replace(letter, report_sha256=digest, changed=changed)
    last_day = dt.datetime.combine(month_end(desk.periode), dt.time(), ZONES["WIB"])
    return write_messages(
        _build_bodies(letter, occasion, desk),
        occasion.offices,
        sender=Sender(desk.pengirim, desk.balas_ke),
        tanggal=tanggal or last_day,
        outbox=desk.reports / OUTBOX,
    )


def _build_bodies(letter: Letter, occasion: Occasion, desk: Desk) -> dict[str, Body]:
    """Build each office's body; one that replaces a mail already sent says so."""
    sender = Sender(desk.pengirim, desk.balas_ke)
    address = parseaddr(desk.pengirim)[1]
    rapat = occasion.meeting.id_rapat if occasion.meeting else "-"
    bodies = {}
    for kantor in occasion.offices:

        def revise(core: str, kantor: str = kantor) -> Revision | None:
            """Look the message up among those that were sent."""
            name = message_id(letter, core, kantor, address)
            return desk.history.find_revision(rapat, occasion.kode, kantor, name)

        own = address_office(letter, kantor)
        bodies[kantor] = build_body(own, sender, revise=revise)
    return bodies


def address_office(letter: Letter, kantor: str) -> Letter:
    """Make the common letter one office's own: subject, first lines, tables in front.

    Nothing is computed: the page says what each office reads.
    """
    page = letter.page
    nothing = read_catalogue(page.bahasa).say("surat.tanpa_khusus")
    verdict = page.judul.removeprefix(page.nama).lstrip(" :,")
    asked_nothing = OfficeNote(kantor, verdict or page.judul, (nothing,))
    known = (note for note in page.surat.kantor if note.kantor == kantor)
    note = next(known, asked_nothing)
    own = [at for at, table in enumerate(list_tables(page)) if table.nama in note.tabel]
    book = name_book(page)
    attachments = tuple(
        replace(
            item,
            filename=book.replace("tabel-", f"bahan-{slug(kantor)}-"),
            content=lead_with(item.content, own),
        )
        if own and item.filename == book
        else item
        for item in letter.attachments
    )
    return replace(letter, note=note, attachments=attachments)


def _read_reports(page: Path, desk: Desk) -> tuple[Attachment, ...]:
    """Return the report in the forms it travels in."""
    from jkn_analysis.reporting.pdf import print_pdf

    stem = f"laporan-{page.stem}-{desk.periode}"
    found = []
    for kind in desk.lampiran:
        path = page.with_suffix(f".{kind}")
        if kind == "pdf" and not _is_newer(path, page):
            print_pdf(page, path)
        mime = {"html": "text/html", "pdf": "application/pdf"}[kind]
        found.append(Attachment(f"{stem}.{kind}", mime, path.read_bytes()))
    return tuple(found)


def _is_newer(made: Path, source: Path) -> bool:
    """Tell whether a file was made after the one it comes from."""
    return made.is_file() and made.stat().st_mtime >= source.stat().st_mtime


def month_end(periode: str) -> dt.date:
    """Return the last day of a month.

    Examples
    --------
    >>> month_end("2025-11")
    datetime.date(2025, 11, 30)
    """
    year, month = (int(part) for part in periode.split("-"))
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def _find_form(
    desk: Desk, kode: str, nama: str, before: dt.date, meeting: Rapat | None
) -> bytes | None:
    """Build the reply form of the last meeting's decisions, if there was one."""
    from jkn_analysis.delivery.tindak_lanjut import build_form
    from jkn_analysis.store import read_table_or_empty

    rapat = read_table_or_empty("rapat", root=desk.processed)
    decisions = read_table_or_empty("tindak_lanjut", root=desk.processed)
    id_rapat = last_decided(rapat, decisions, kode=kode, before=before)
    if id_rapat is None:
        return None
    return build_form(
        decisions,
        id_rapat=id_rapat,
        kode=kode,
        title=f"Tindak lanjut, {nama}",
        coming=meeting.id_rapat if meeting else None,
    )


def write_letter(
    briefing: Briefing, *, meeting: Rapat | None, extras: Extras
) -> Letter:
    """Write what all offices of a page get, before it is addressed to one.

    Parameters
    ----------
    briefing
        All figures and sentences of the page.
    meeting
        The meeting the mail is for; None for a monthly report.
    extras
        Report, reply form and address for the attachments.
    """
    return Letter(
        page=briefing,
        note=OfficeNote("", briefing.judul, ()),
        meeting=meeting,
        report_sha256=_hash_reports(extras.reports),
        charts=draw_charts(briefing),
        attachments=_attachments(briefing, meeting, extras),
    )


def _hash_reports(reports: Sequence[Attachment]) -> str:
    """Name the report by its HTML: a PDF holds the time it was printed."""
    pages = [item.content for item in reports if item.mime == "text/html"]
    return hashlib.sha256(b"".join(pages or [r.content for r in reports])).hexdigest()


def draw_charts(briefing: Briefing) -> tuple[Picture, ...]:
    """Draw the charts of the mail as PNG, sized so that a phone can read them."""
    from jkn_analysis.reporting.figures import ChartSize, draw_batang, draw_kipas
    from jkn_analysis.reporting.marks import paint_png

    charts, fan = [], briefing.kipas
    if fan is not None:
        size = ChartSize(_DRAWN_PX, _DRAWN_HEIGHT, kiri=40, kanan=88)
        picture = paint_png(draw_kipas(fan, size, bahasa=briefing.bahasa))
        captions = tuple(filter(None, (_events(fan, briefing.bahasa), fan.catatan)))
        charts.append(Picture(picture, fan.alt, CHART_PX, fan.judul, captions))
    bars = [batang for bagian in briefing.bagian for batang in bagian.batang]
    for bar in bars[: _MOST_CHARTS - len(charts)]:
        sheet = draw_batang(bar)
        width = min(CHART_PX, round(sheet.wide * CHART_PX / _DRAWN_PX))
        charts.append(Picture(paint_png(sheet), bar.alt, width, bar.judul))
    return tuple(charts)


def _events(fan: Fan, bahasa: str) -> str:
    """Name the numbered events of the chart."""
    return "; ".join(
        f"{number} {event.teks} ({format_periode(event.periode, bahasa=bahasa)})"
        for number, event in enumerate(fan.tanda, start=1)
    )


def last_decided(
    rapat: pd.DataFrame, tindak_lanjut: pd.DataFrame, *, kode: str, before: dt.date
) -> str | None:
    """Return the region's last meeting before a day whose decisions were noted."""
    own = tindak_lanjut.loc[tindak_lanjut["kode"] == kode, "id_rapat"].unique()
    held = rapat.loc[
        rapat["id_rapat"].isin(own) & (rapat["tanggal"] < pd.Timestamp(before))
    ]
    if held.empty:
        return None
    return str(held.sort_values(["tanggal", "id_rapat"])["id_rapat"].iloc[-1])


def plan_occasions(meetings: Sequence[Rapat], penerima: pd.DataFrame) -> list[Occasion]:
    """Join meetings with the offices of their region."""
    from jkn_analysis.delivery.schedule import offices_of

    return [
        Occasion(meeting.kode, meeting, offices_of(penerima, meeting.kode))
        for meeting in meetings
    ]


def plan_all(
    rapat: pd.DataFrame, penerima: pd.DataFrame, *, tanggal: dt.date
) -> list[Occasion]:
    """Plan one mail for every region with recipients: its next meeting, or none."""
    from jkn_analysis.delivery.schedule import list_meetings, meeting_for, offices_of

    meetings = list_meetings(rapat)
    return [
        Occasion(kode, meeting_for(meetings, kode, tanggal), offices_of(penerima, kode))
        for kode in sorted(penerima["kode"].unique())
    ]


def _attachments(
    briefing: Briefing, meeting: Rapat | None, extras: Extras
) -> tuple[Attachment, ...]:
    """Attach report, tables, calendar and reply form."""
    tables = write_book(briefing, list_tables(briefing), title=briefing.judul)
    found = [*extras.reports, Attachment(name_book(briefing), XLSX, tables)]
    if meeting is not None:
        found.append(_calendar(briefing, meeting, extras))
    if extras.form is not None:
        name = f"tindak-lanjut-{briefing.kode}-{briefing.periode:%Y-%m}.xlsx"
        found.append(Attachment(name, XLSX, extras.form))
    return tuple(found)


def _calendar(briefing: Briefing, meeting: Rapat, extras: Extras) -> Attachment:
    """Write the meeting for a calendar."""
    words = read_catalogue(briefing.bahasa).under("surat")
    mark = f"[{words['contoh']}] " if briefing.contoh else ""
    asks = [f"- {ask.kantor}: {ask.tindakan}" for ask in briefing.permintaan]
    calendar = build_calendar(
        meeting,
        title=f"{mark}{meeting.jenis}, {briefing.nama}",
        description="\n".join([f"{mark}{briefing.judul}", *asks[:MOST_ASKS]]),
        organizer=extras.balas_ke,
        previous=extras.calendar,
    )
    params = (("method", "PUBLISH"), ("charset", "utf-8"))
    name = f"rapat-{briefing.kode}-{meeting.tanggal:%Y-%m-%d}.ics"
    return Attachment(name, "text/calendar", calendar, params)
