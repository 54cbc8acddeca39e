"""From a region's briefing and report to the content of its mail, and to the outbox."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.page_file import page_stem
from jkn_analysis.delivery.attachments import XLSX, Sheet, Value, build_workbook
from jkn_analysis.delivery.calendar import build_calendar
from jkn_analysis.delivery.content import (
    Ask,
    Attachment,
    FollowUp,
    KeyFigure,
    MailChart,
    MailContent,
    MailTable,
    one_line,
)
from jkn_analysis.delivery.history import History
from jkn_analysis.delivery.issued import mark_revised
from jkn_analysis.delivery.offices import TABLES, address_office
from jkn_analysis.delivery.words import DEFINITIONS, WORDS
from jkn_analysis.errors import DeliveryError
from jkn_analysis.formats import (
    MISSING,
    format_jiwa,
    format_periode,
    format_rp_short,
    format_tanggal,
)
from jkn_analysis.running.archive import lay_aside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jkn_analysis.briefing import Angka, Briefing, Kipas, Tabel
    from jkn_analysis.briefing.model import Rapat
    from jkn_analysis.delivery.history import Revision
    from jkn_analysis.delivery.message import Body

CHART_PX = 600
"""Width of a chart on a wide screen; it is drawn for 480, so that a phone reads it."""
_DRAWN_PX, _DRAWN_HEIGHT = 480, 320
_SENTENCES = ("segmen", "uang", "tunggakan_pemda", "tunggakan_peserta")
"""Parts whose sentences carry the argument without the picture beside them."""
_MOST_CHARTS = 2
_MOST_ASKS, _MOST_DECISIONS, _MOST_RANKED = 12, 12, 15
_RANKING_COLUMNS = 3
_DECISION_COLUMNS = 2


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
    from jkn_analysis.delivery.message import Sender
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
    sender = Sender(desk.pengirim, desk.balas_ke)
    content = content_from_briefing(briefing, meeting=meeting, extras=extras)
    content = mark_revised(content, report.with_suffix(".json"))
    digest = lay_aside(desk.reports, desk.periode, report.stem)
    content = replace(content, report_sha256=digest)
    last_day = dt.datetime.combine(month_end(desk.periode), dt.time(), ZONES["WIB"])
    return write_messages(
        _build_bodies(content, briefing, occasion, desk),
        occasion.offices,
        sender=sender,
        tanggal=tanggal or last_day,
        outbox=desk.reports / OUTBOX,
    )


def _build_bodies(
    content: MailContent, briefing: Briefing, occasion: Occasion, desk: Desk
) -> dict[str, Body]:
    """Build each office's body; one that replaces a mail already sent says so."""
    from jkn_analysis.delivery.message import Sender, build_body, message_id

    sender = Sender(desk.pengirim, desk.balas_ke)
    address = parseaddr(desk.pengirim)[1]
    rapat = occasion.meeting.id_rapat if occasion.meeting else "-"
    bodies = {}
    for kantor in occasion.offices:

        def revise(core: str, kantor: str = kantor) -> Revision | None:
            """Look the message up among those that were sent."""
            name = message_id(content, core, kantor, address)
            return desk.history.find_revision(rapat, occasion.kode, kantor, name)

        own = address_office(content, briefing, kantor)
        bodies[kantor] = build_body(own, sender, revise=revise)
    return bodies


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


def content_from_briefing(
    briefing: Briefing, *, meeting: Rapat | None, extras: Extras
) -> MailContent:
    """Take from a briefing what its mail says.

    Parameters
    ----------
    briefing
        All figures and sentences of the page.
    meeting
        The meeting the mail is for; None for a monthly report.
    extras
        Report, reply form and address for the attachments.
    """
    return MailContent(
        kode=briefing.kode,
        wilayah=one_line(briefing.nama),
        periode=format_periode(briefing.periode, bahasa=briefing.bahasa),
        data_as_of=_data_line(briefing),
        verdict=briefing.judul,
        subject_verdict=_without_name(briefing.judul, briefing.nama),
        meeting=meeting,
        figures=_key_figures(briefing),
        sentences=_sentences(briefing),
        ask=_asks(briefing),
        follow_up=_decisions(briefing),
        tables=_rankings(briefing),
        charts=draw_charts(briefing),
        attachments=_attachments(briefing, meeting, extras),
        report_sha256=_hash_reports(extras.reports),
        sources=(briefing.kaki,),
        contoh=briefing.contoh,
        bahasa="en" if briefing.bahasa == "en" else "id",
    )


def _hash_reports(reports: Sequence[Attachment]) -> str:
    """Name the report by its HTML: a PDF holds the time it was printed."""
    pages = [item.content for item in reports if item.mime == "text/html"]
    return hashlib.sha256(b"".join(pages or [r.content for r in reports])).hexdigest()


def _key_figures(briefing: Briefing) -> tuple[KeyFigure, ...]:
    """Take the position and the lines of the first screen."""
    rate = briefing.find_figure("keaktifan_penduduk_rate")
    words = WORDS[briefing.bahasa]
    told = " ".join(text for text, _ in briefing.layar.ringkas)
    first = KeyFigure(words["posisi"], rate.text if rate else "", told, briefing.nada)
    lines = (KeyFigure(label, "", text) for label, text in briefing.layar.baris)
    return (first, *lines)


def _data_line(briefing: Briefing) -> str:
    """Say as of when the data are and over which population."""
    people = briefing.find_figure("penduduk_jiwa")
    if people is None or people.as_of is None:
        return MISSING[briefing.bahasa]
    date = format_tanggal(people.as_of, bahasa=briefing.bahasa)
    over = WORDS[briefing.bahasa]["penyebut"]
    return f"{date}; {over} {people.text} ({people.source})"


def draw_charts(briefing: Briefing) -> tuple[MailChart, ...]:
    """Draw the charts of the mail as PNG, sized so that a phone can read them."""
    from jkn_analysis.reporting.figures import Ukuran, draw_batang, draw_kipas
    from jkn_analysis.reporting.marks import paint_png

    charts = []
    if briefing.kipas is not None:
        fan = briefing.kipas
        size = Ukuran(_DRAWN_PX, _DRAWN_HEIGHT, kiri=40, kanan=88)
        picture = paint_png(draw_kipas(fan, size, bahasa=briefing.bahasa))
        captions = (_events(fan, briefing.bahasa), fan.catatan)
        charts.append(
            MailChart("keaktifan", picture, fan.alt, CHART_PX, fan.judul, captions)
        )
    bars = [batang for bagian in briefing.bagian for batang in bagian.batang]
    for bar in bars[: _MOST_CHARTS - len(charts)]:
        sheet = draw_batang(bar)
        width = min(CHART_PX, round(sheet.wide * CHART_PX / _DRAWN_PX))
        charts.append(MailChart(bar.nama, paint_png(sheet), bar.alt, width, bar.judul))
    return tuple(charts)


def _events(fan: Kipas, bahasa: str) -> str:
    """Name the numbered events of the chart."""
    return "; ".join(
        f"{number} {event.teks} ({format_periode(event.periode, bahasa=bahasa)})"
        for number, event in enumerate(fan.tanda, start=1)
    )


def list_sheets(briefing: Briefing) -> list[Sheet]:
    """Turn every table of the page into a sheet, the definitions last."""
    sheets = [_sheet(tabel) for bagian in briefing.bagian for tabel in bagian.tables]
    words = WORDS[briefing.bahasa]
    meanings = tuple(
        (Value(term), Value(meaning)) for term, meaning in DEFINITIONS[briefing.bahasa]
    )
    headings = (words["istilah"], words["arti"])
    return [*sheets, Sheet(words["definisi"], words["definisi"], headings, meanings)]


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


def _without_name(verdict: str, nama: str) -> str:
    """Drop the region's name from the start of a verdict; the subject has it."""
    return verdict.removeprefix(nama).lstrip(" :,") or verdict


def _sentences(briefing: Briefing) -> tuple[str, ...]:
    """Take the sentences of the parts that carry the argument."""
    return tuple(
        sentence
        for bagian in briefing.bagian
        if bagian.nama in _SENTENCES
        for sentence in bagian.kalimat
    )


def _table(briefing: Briefing, part: str) -> Tabel | None:
    """Return the first table of a part, if the part is there and has one."""
    for bagian in briefing.bagian:
        if bagian.nama == part and bagian.tables:
            return bagian.tables[0]
    return None


def _two_lines(cell: Angka) -> tuple[str, str]:
    """Split a cell that carries two texts."""
    first, _, rest = cell.teks.partition("\n")
    return first, one_line(rest)


def _asks(briefing: Briefing) -> tuple[Ask, ...]:
    """Read the ask: office and action, people, rupiah, date."""
    bahasa = briefing.bahasa
    return tuple(
        Ask(
            kantor=ask.kantor,
            tindakan=ask.tindakan,
            jiwa="" if ask.jiwa is None else format_jiwa(ask.jiwa, bahasa=bahasa),
            rupiah=ask.teks_rp
            if ask.rp is None
            else format_rp_short(ask.rp, bahasa=bahasa),
            tanggal=format_tanggal(ask.tenggat, bahasa=bahasa),
        )
        for ask in briefing.permintaan[:_MOST_ASKS]
    )


def _rankings(briefing: Briefing) -> tuple[MailTable, ...]:
    """Take the ranking of a provinsi's or the country's regions."""
    table = _table(briefing, "peringkat")
    if table is None:
        return ()
    return (
        MailTable(
            title=table.judul,
            headings=tuple(column.judul for column in table.kolom[:_RANKING_COLUMNS]),
            rows=tuple(
                tuple(one_line(cell.teks) for cell in row[:_RANKING_COLUMNS])
                for row in table.baris[:_MOST_RANKED]
            ),
        ),
    )


def _decisions(briefing: Briefing) -> tuple[FollowUp, ...]:
    """Read the last meeting's decisions."""
    table = _table(briefing, "tindak_lanjut")
    if table is None:
        return ()
    rows = []
    for number, row in enumerate(table.baris[:_MOST_DECISIONS], start=1):
        if len(row) != _DECISION_COLUMNS:
            return ()
        (decision, office), (status, told) = map(_two_lines, row)
        due, _, reason = told.partition("; ")
        rows.append(FollowUp(str(number), decision, office, due, status, reason))
    return tuple(rows)


def _sheet(tabel: Tabel) -> Sheet:
    """Turn a table of the page into a sheet of typed values."""
    return Sheet(
        name=tabel.nama.replace("_", " "),
        title=tabel.judul,
        headings=tuple(kolom.judul for kolom in tabel.kolom),
        rows=tuple(tuple(_value(cell) for cell in row) for row in tabel.baris),
        note=tabel.catatan,
        bold_rows=tabel.baris_tebal,
    )


def _value(cell: Angka) -> Value:
    """Keep a number as a number; what is no number stays the text of the page."""
    if isinstance(cell.nilai, (int, float)) and cell.is_numeric:
        return Value(cell.nilai, cell.satuan)
    return Value(cell.teks.replace("\n", ": "))


def _attachments(
    briefing: Briefing, meeting: Rapat | None, extras: Extras
) -> tuple[Attachment, ...]:
    """Attach report, tables, calendar and reply form."""
    words = WORDS[briefing.bahasa]
    name = f"{briefing.kode}-{briefing.periode:%Y-%m}"
    banner = words["contoh_banner"] if briefing.contoh else ""
    tables = build_workbook(list_sheets(briefing), title=briefing.judul, banner=banner)
    found = [*extras.reports, Attachment(f"{TABLES}{name}.xlsx", XLSX, tables)]
    if meeting is not None:
        found.append(_calendar(briefing, meeting, extras))
    if extras.form is not None:
        found.append(Attachment(f"tindak-lanjut-{name}.xlsx", XLSX, extras.form))
    return tuple(found)


def _calendar(briefing: Briefing, meeting: Rapat, extras: Extras) -> Attachment:
    """Write the meeting for a calendar."""
    words = WORDS[briefing.bahasa]
    mark = f"[{words['contoh']}] " if briefing.contoh else ""
    asks = [f"- {ask.kantor}: {ask.tindakan}" for ask in _asks(briefing)]
    calendar = build_calendar(
        meeting,
        title=f"{mark}{meeting.jenis}, {briefing.nama}",
        description="\n".join([f"{mark}{briefing.judul}", *asks]),
        organizer=extras.balas_ke,
        previous=extras.calendar,
    )
    params = (("method", "PUBLISH"), ("charset", "utf-8"))
    name = f"rapat-{briefing.kode}-{meeting.tanggal:%Y-%m-%d}.ics"
    return Attachment(name, "text/calendar", calendar, params)
