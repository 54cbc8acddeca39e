"""The tables of a page as a workbook: typed, formatted, harmless, the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from copy import copy
from typing import TYPE_CHECKING, Any

from jkn_analysis.briefing.model import Amount, Heading, PageTable
from jkn_analysis.texts import read_catalogue
from jkn_analysis.texts.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from jkn_analysis.briefing.model import Briefing

FORMATS: dict[str, str] = {
    "jiwa": "#,##0",
    "jumlah": "#,##0",
    "rp": '"Rp"#,##0;[Red]-"Rp"#,##0',
    "rate": "0.00%",
    "poin": "+0.00%;-0.00%;0.00%",
    "teks": "@",
}
WHOLE = frozenset({"jiwa", "jumlah", "rp"})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RISKY = re.compile(r"^[=+\-@\t\r\n\x00]")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_MOMENT = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - openpyxl writes naive times
_ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)
_BOOK, _CORE = "xl/workbook.xml", "docProps/core.xml"
_SHEET = re.compile(rb"<sheet [^>]*/>")
_LOCAL = re.compile(rb'(localSheetId=")(\d+)')
_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
_NARROW, _WIDE, _LONGEST_NAME, _LONGEST_TEXT = 9, 60, 31, 32_000


def name_book(briefing: Briefing) -> str:
    """Name the workbook of a page, as the page itself names it."""
    return f"tabel-{briefing.kode}-{briefing.periode:%Y-%m}.xlsx"


def list_tables(briefing: Briefing) -> list[PageTable]:
    """List every table of a page, what its words mean last."""
    catalogue = read_catalogue(briefing.bahasa)
    terms = catalogue.under("istilah")
    rows = tuple(
        (_word(name), _word(terms[f"{key.removesuffix('.nama')}.arti"]))
        for key, name in terms.items()
        if key.endswith(".nama")
    )
    words = catalogue.under("surat")
    heads = (Heading(words["istilah"], "kiri"), Heading(words["arti"], "kiri"))
    meanings = PageTable(words["definisi"], words["definisi"], heads, rows)
    return [*(table for part in briefing.bagian for table in part.tables), meanings]


def _word(text: str) -> Amount:
    """Make a cell of words."""
    return Amount(text, "teks", text)


def write_book(briefing: Briefing, tables: Sequence[PageTable], *, title: str) -> bytes:
    """Write tables of a page as a workbook, marked where they are of the sample."""
    words = read_catalogue(briefing.bahasa)
    banner = words.say("surat.contoh_banner") if briefing.contoh else ""
    return build_workbook(tables, title=title, banner=banner)


def build_workbook(
    tables: Sequence[PageTable], *, title: str, banner: str = ""
) -> bytes:
    """Write tables as xlsx whose bytes depend on their content alone.

    Numbers stay numbers with their format; every text is stored as text, so that
    none that begins with ``=``, ``+``, ``-`` or ``@`` is ever computed.

    Parameters
    ----------
    tables
        In order, a sheet each.
    title
        Title in the file's properties.
    banner
        First line of every sheet, for sample data.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    taken: set[str] = set()
    for table in tables:
        name = _free_name(table.nama.replace("_", " "), taken)
        _write_sheet(book, table, name, banner)
        book.worksheets[-1].sheet_view.tabSelected = False
    return save_workbook(book, title=title)


def save_workbook(book: Workbook, *, title: str) -> bytes:
    """Save a workbook without the time and the name of a program in it."""
    book.properties.creator = "jkn-analysis"
    book.properties.title = one_line(title)
    book.properties.created = _MOMENT
    written = io.BytesIO()
    book.save(written)
    return _without_times(written.getvalue())


def lead_with(xlsx: bytes, first: Sequence[int]) -> bytes:
    """Put some sheets of a workbook of ours in front; it opens on the first of them.

    Parameters
    ----------
    xlsx
        From `build_workbook`.
    first
        Places of the sheets that come first, counted from 0.
    """
    with zipfile.ZipFile(io.BytesIO(xlsx)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    sheets = _SHEET.findall(parts[_BOOK])
    turn = [*first, *(at for at in range(len(sheets)) if at not in first)]
    place = {str(old).encode(): str(new).encode() for new, old in enumerate(turn)}
    start, _, rest = parts[_BOOK].partition(sheets[0])
    named = rest.removeprefix(b"".join(sheets[1:]))
    named = _LOCAL.sub(lambda match: match[1] + place[match[2]], named)
    parts[_BOOK] = b"".join([start, *(sheets[at] for at in turn), named])
    return _pack(parts)


def set_text(cell: Cell, text: str) -> None:
    """Store a text as text, whatever it begins with."""
    cell.value = one_line(text)[:_LONGEST_TEXT]
    cell.data_type = "s"
    cell.number_format = "@"
    if _RISKY.match(text.lstrip(" ")):
        cell.quotePrefix = True


def _without_times(xlsx: bytes) -> bytes:
    """Pack the parts again with fixed dates, the list of their types first."""
    with zipfile.ZipFile(io.BytesIO(xlsx)) as source:
        names = sorted(source.namelist(), key=lambda name: (name[0] != "[", name))
        parts = {name: source.read(name) for name in names}
    moment = rb"\g<1>2000-01-01T00:00:00Z\g<2>"
    parts[_CORE] = _MODIFIED.sub(moment, parts[_CORE])
    return _pack(parts)


def _pack(parts: Mapping[str, bytes]) -> bytes:
    """Pack parts in their order, without a time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _ZIP_MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            target.writestr(info, content)
    return packed.getvalue()


def _free_name(name: str, taken: set[str]) -> str:
    """Return a sheet name Excel accepts, different from those taken."""
    plain = _SHEET_NAME.sub(" ", one_line(name)).strip()[:_LONGEST_NAME] or "Tabel"
    number, free = 2, plain
    while free.lower() in taken:
        ending = f" {number}"
        free, number = plain[: _LONGEST_NAME - len(ending)] + ending, number + 1
    taken.add(free.lower())
    return free


def _write_sheet(book: Workbook, table: PageTable, name: str, banner: str) -> None:
    """Write one table: banner, title, headings, rows, note."""
    from openpyxl.styles import Alignment, Font, PatternFill

    page = book.create_sheet(name)
    if banner:
        page.append([""])
        set_text(page.cell(1, 1), banner)
        page.cell(1, 1).font = Font(bold=True, color="7A1F1F")
    top = 2 if banner else 1
    set_text(page.cell(top, 1), table.judul)
    page.cell(top, 1).font = Font(bold=True, size=13)
    head = top + 2
    fill = PatternFill("solid", fgColor="E4EAF0")
    for column, heading in enumerate(table.kolom, start=1):
        cell = page.cell(head, column)
        set_text(cell, heading.judul)
        cell.font, cell.fill = Font(bold=True), fill
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    styles: dict[tuple[object, ...], Any] = {}
    for number, row in enumerate(table.baris):
        bold = number in table.baris_tebal
        for column, value in enumerate(row, start=1):
            _write_value(page.cell(head + 1 + number, column), value, styles, bold=bold)
    if table.catatan:
        set_text(page.cell(head + len(table.baris) + 2, 1), table.catatan)
    page.freeze_panes = page.cell(head + 1, 1)
    _set_widths(page, table)
    _set_print(page, head)


def _write_value(
    cell: Cell, value: Amount, styles: dict[tuple[object, ...], Any], *, bold: bool
) -> None:
    """Write a figure with its format; what is no number stays the text of the page.

    `styles` holds the formats of the sheet so far: a cell takes over a whole one,
    which costs a tenth of setting font, alignment and number format one by one.
    """
    told = None if _is_number(value) else value.teks.replace("\n", ": ")
    if told is None:
        cell.value = _plain(value)
    else:
        cell.value = one_line(told)[:_LONGEST_TEXT]
        cell.data_type = "s"
    risky = told is not None and _RISKY.match(told.lstrip(" ")) is not None
    key = ("teks" if told is not None else value.satuan, bold, risky)
    if key not in styles:
        styles[key] = _set_style(cell, key)
    cell._style = copy(styles[key])


def _is_number(value: Amount) -> bool:
    """Tell whether a cell is a figure that is there."""
    return isinstance(value.nilai, (int, float)) and value.is_numeric


def _set_style(cell: Cell, key: tuple[object, ...]) -> Any:  # noqa: ANN401 - openpyxl's
    """Give a cell its format by unit, weight and risk; return the whole of it."""
    from openpyxl.styles import Alignment, Font

    unit, bold, risky = key
    cell.number_format = FORMATS[str(unit)]
    if unit == "teks":
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    if risky:
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    return copy(cell._style)


def _plain(value: Amount) -> float | int | str | None:
    """Return a number; people and rupiah are whole."""
    if value.satuan in WHOLE and isinstance(value.nilai, float):
        return math.floor(value.nilai + 0.5)
    return value.nilai


def _set_widths(page: Worksheet, table: PageTable) -> None:
    """Make each column as wide as its texts, within reason."""
    from openpyxl.utils import get_column_letter

    for column, heading in enumerate(table.kolom):
        shown = (_shown_length(row[column]) for row in table.baris)
        longest = max([len(heading.judul) // 2, *shown], default=0)
        letter = get_column_letter(column + 1)
        page.column_dimensions[letter].width = min(max(longest + 3, _NARROW), _WIDE)


def _shown_length(value: Amount) -> int:
    """Estimate how many characters a cell shows."""
    if not _is_number(value):
        return len(value.teks)
    return {"rp": 18, "jiwa": 11}.get(value.satuan, 10)


def _set_print(page: Worksheet, head: int) -> None:
    """Print on A4 across, the headings on every page."""
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{head}:{head}"
