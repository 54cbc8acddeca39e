"""What one office reads first: its own asks, its part of the page, its tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jkn_analysis.delivery.attachments import lead_with
from jkn_analysis.delivery.content import slug
from jkn_analysis.delivery.words import WORDS
from jkn_analysis.formats import format_jiwa, format_rp_short, format_tanggal
from jkn_analysis.terms import Kantor

if TYPE_CHECKING:
    from jkn_analysis.briefing import Bagian, Briefing
    from jkn_analysis.briefing.model import Permintaan
    from jkn_analysis.delivery.content import Attachment, MailContent

PARTS: dict[str, tuple[str, ...]] = {
    Kantor.BPKAD: ("uang", "tunggakan_pemda", "tunggakan_peserta"),
    Kantor.DINSOS: ("segmen", "catatan"),
    Kantor.DUKCAPIL: ("catatan", "mutu"),
    Kantor.DINKES: ("faskes", "segmen"),
    Kantor.BPJS: ("tunggakan_peserta", "segmen", "catatan"),
    Kantor.SEKDA: ("permintaan", "tindak_lanjut"),
}
"""Parts of the page an office answers for, the first of them told in its mail."""
_SAID: dict[str, dict[str, slice]] = {
    Kantor.BPKAD: {"uang": slice(0, 2), "tunggakan_pemda": slice(0, 1)},
    Kantor.DINSOS: {"segmen": slice(0, 1)},
    Kantor.DUKCAPIL: {"mutu": slice(1, 2)},
    Kantor.DINKES: {"segmen": slice(0, 1)},
    Kantor.BPJS: {"tunggakan_peserta": slice(0, 1)},
    Kantor.SEKDA: {},
}
"""Sentences of those parts that stand in the first paragraph."""
TABLES = "tabel-"
"""How the name of the workbook of all tables begins."""
_OWNER_COLUMN = "catatan"
_MOST_RECORDS, _MOST_SUBJECT = 4, 90


def address_office(
    content: MailContent, briefing: Briefing, kantor: str
) -> MailContent:
    """Make the common mail one office's own: subject, first paragraph, attachment.

    Parameters
    ----------
    content
        The mail all offices share.
    briefing
        The page it comes from; nothing is computed anew.
    kantor
        Who receives it.
    """
    asks = [ask for ask in briefing.permintaan if ask.kantor == kantor]
    bahasa = briefing.bahasa
    own_lines = [_tell(ask, bahasa) for ask in asks] + _sentences(briefing, kantor)
    first = own_lines[0] if own_lines else content.verdict
    own_lines = own_lines or [WORDS[bahasa]["tanpa_khusus"]]
    lead = [WORDS[bahasa]["untuk"].format(kantor=kantor) + ":", *own_lines]
    return replace(
        content,
        lead=tuple(lead),
        subject_verdict=_subject(asks, bahasa) or f"{kantor}: {_short(first)}",
        attachments=tuple(
            _own_first(item, briefing, kantor)
            if item.filename.startswith(TABLES)
            else item
            for item in content.attachments
        ),
    )


def _tell(ask: Permintaan, bahasa: str) -> str:
    """Write one ask as a sentence: what, money, by when."""
    money = ask.teks_rp if ask.rp is None else format_rp_short(ask.rp, bahasa=bahasa)
    due = format_tanggal(ask.tenggat, bahasa=bahasa)
    until = f"{WORDS[bahasa]['tenggat']} {due}"
    parts = [part for part in (money, until) if part and part != "–"]
    action = ask.tindakan[:1].upper() + ask.tindakan[1:]
    return f"{action} ({'; '.join(parts)})."


def _subject(asks: list[Permintaan], bahasa: str) -> str:
    """Put the office's first ask into few words: people or rupiah, by when."""
    if not asks:
        return ""
    first = asks[0]
    action = first.tindakan.partition(";")[0]
    due = format_tanggal(first.tenggat, bahasa=bahasa)
    size = ""
    if first.rp is not None:
        size = f" {format_rp_short(first.rp, bahasa=bahasa)}"
    elif first.jiwa is not None and not any(char.isdigit() for char in action):
        size = f" {format_jiwa(first.jiwa, bahasa=bahasa)}"
    return f"{action}{size}, {WORDS[bahasa]['tenggat']} {due}"


def _short(sentence: str) -> str:
    """Cut a sentence at its first stop, as a subject takes it."""
    first = sentence.partition("; ")[0].removesuffix(".")
    if len(first) <= _MOST_SUBJECT:
        return first
    return first[: _MOST_SUBJECT - 1].rsplit(" ", 1)[0] + "…"


def _sentences(briefing: Briefing, kantor: str) -> list[str]:
    """Take the sentences that are this office's from its parts of the page."""
    found: list[str] = []
    for name, which in _SAID.get(kantor, {}).items():
        part = _part(briefing, name)
        found += part.kalimat[which] if part is not None else ()
    return found + _records(briefing, kantor)


def _records(briefing: Briefing, kantor: str) -> list[str]:
    """Name the records an office has to repair, from the table of records."""
    part = _part(briefing, _OWNER_COLUMN)
    if part is None or not part.lipat:
        return []
    rows = [
        (cells[0].teks.partition("\n"), cells[-1].teks) for cells in part.lipat[0].baris
    ]
    own = [f"{reason} {count}" for (reason, _, owner), count in rows if kantor in owner]
    return [f"{part.judul}: {'; '.join(own[:_MOST_RECORDS])}."] if own else []


def _part(briefing: Briefing, name: str) -> Bagian | None:
    """Return a part of the page; None where the page has none."""
    return next((part for part in briefing.bagian if part.nama == name), None)


def _own_first(tables: Attachment, briefing: Briefing, kantor: str) -> Attachment:
    """Let the workbook of all tables begin with the office's own."""
    parts = [part.nama for part in briefing.bagian for _ in part.tables]
    own = [
        at
        for name in PARTS.get(kantor, ())
        for at, part in enumerate(parts)
        if part == name
    ]
    if not own:
        return tables
    name = tables.filename.replace(TABLES, f"bahan-{slug(kantor)}-")
    return replace(tables, filename=name, content=lead_with(tables.content, own))
