"""Spreadsheet files written by hand, so that equal tables are equal bytes.

Common writers stamp the time of writing into every file. The two formats are zip
archives of a few small XML documents; here their dates are fixed.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell = str | int | float | dt.date | None
_DATE = (2025, 12, 1, 0, 0, 0)
_EPOCH = dt.date(1899, 12, 30)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_BOLD, _DAY = 1, 2


@dataclass
class Lembar:
    """One sheet: cells, merged ranges (first row, column, last row, column from 0)."""

    nama: str
    baris: list[list[Cell]] = field(default_factory=list)
    gabung: list[tuple[int, int, int, int]] = field(default_factory=list)
    tebal: set[int] = field(default_factory=set)
    """Rows in bold: titles, headers, sums."""

    def add(self, *rows: Sequence[Cell], bold: int = 0) -> None:
        """Append rows, the first `bold` of them in bold."""
        start = len(self.baris)
        self.tebal |= set(range(start, start + bold))
        self.baris += [list(row) for row in rows]


def _zip(parts: dict[str, str], *, stored: str = "") -> bytes:
    """Pack text parts in order with fixed dates; `stored` stays uncompressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3
            info.external_attr = 0o600 << 16
            kind = zipfile.ZIP_STORED if name == stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode(), compress_type=kind)
    return buffer.getvalue()


def column_name(index: int) -> str:
    """Return the letters of a column counted from 0.

    Examples
    --------
    >>> column_name(0), column_name(25), column_name(26), column_name(53)
    ('A', 'Z', 'AA', 'BB')
    """
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _xlsx_cell(place: str, value: Cell, *, bold: bool) -> str:
    """Write one cell; strings lie in the cell itself."""
    style = f' s="{_BOLD}"' if bold else ""
    if isinstance(value, str):
        text = escape(value)
        inside = f'<is><t xml:space="preserve">{text}</t></is>'
        return f'<c r="{place}"{style} t="inlineStr">{inside}</c>'
    if isinstance(value, dt.date):
        return f'<c r="{place}" s="{_DAY}"><v>{(value - _EPOCH).days}</v></c>'
    return f'<c r="{place}"{style}><v>{value}</v></c>'


def _xlsx_sheet(sheet: Lembar) -> str:
    """Write one worksheet."""
    width = max(map(len, sheet.baris), default=0)
    letters = [column_name(index) for index in range(width)]
    lines = [
        f'<row r="{number}">'
        + "".join(
            _xlsx_cell(f"{letter}{number}", value, bold=number - 1 in sheet.tebal)
            for letter, value in zip(letters, row, strict=False)
            if value is not None
        )
        + "</row>"
        for number, row in enumerate(sheet.baris, start=1)
    ]
    ranges = [
        f'<mergeCell ref="{column_name(b)}{a + 1}:{column_name(d)}{c + 1}"/>'
        for a, b, c, d in sheet.gabung
    ]
    merged = f'<mergeCells count="{len(ranges)}">{"".join(ranges)}</mergeCells>'
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData>'
        f"{merged if ranges else ''}</worksheet>"
    )


_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2">'
    '<font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""Cell styles 0 plain, 1 bold, 2 a date."""


def _content_types(count: int) -> str:
    """Write the list of documents of a workbook with `count` sheets."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "/xl/workbook.xml": f"{kind}.sheet.main+xml",
        "/xl/styles.xml": f"{kind}.styles+xml",
    }
    for number in range(1, count + 1):
        parts[f"/xl/worksheets/sheet{number}.xml"] = f"{kind}.worksheet+xml"
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{value}"/>'
        for name, value in parts.items()
    )
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _links(targets: Sequence[tuple[str, str]]) -> str:
    """Write relations: rId1 to the first (kind, target), and so on."""
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{_REL}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    space = f"{_PACKAGE}/relationships"
    return f'{_XML}<Relationships xmlns="{space}">{items}</Relationships>'


def _xlsx_book(sheets: Sequence[Lembar]) -> dict[str, str]:
    """Write the documents around the sheets."""
    names = "".join(
        f'<sheet name="{escape(sheet.nama)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, start=1)
    )
    files = [("worksheet", f"worksheets/sheet{n + 1}.xml") for n in range(len(sheets))]
    return {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _links([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}">'
            f"<sheets>{names}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _links([*files, ("styles", "styles.xml")]),
        "xl/styles.xml": _STYLES,
    }


def build_xlsx(sheets: Sequence[Lembar]) -> bytes:
    """Return an Excel workbook of the sheets."""
    parts = _xlsx_book(sheets)
    for number, sheet in enumerate(sheets, start=1):
        parts[f"xl/worksheets/sheet{number}.xml"] = _xlsx_sheet(sheet)
    return _zip(parts)


def _ods_cell(value: Cell) -> str:
    """Write one OpenDocument cell."""
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        return (
            '<table:table-cell office:value-type="string"><text:p>'
            f"{escape(value)}</text:p></table:table-cell>"
        )
    if isinstance(value, dt.date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{value}">'
            f"<text:p>{value:%d/%m/%Y}</text:p></table:table-cell>"
        )
    return (
        f'<table:table-cell office:value-type="float" office:value="{value}">'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def _ods_rows(rows: Iterable[Sequence[Cell]]) -> str:
    """Write the rows of one OpenDocument table."""
    return "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"
        for row in rows
    )


def build_ods(sheets: Sequence[Lembar]) -> bytes:
    """Return an OpenDocument spreadsheet of the sheets."""
    tables = "".join(
        f'<table:table table:name="{escape(sheet.nama)}">'
        f"{_ods_rows(sheet.baris)}</table:table>"
        for sheet in sheets
    )
    spaces = " ".join(
        f'xmlns:{name}="{_OASIS}:{name}:1.0"' for name in ("office", "table", "text")
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return _zip(
        {
            "mimetype": kind,
            "META-INF/manifest.xml": (
                f'{_XML}<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0" '
                'manifest:version="1.2"><manifest:file-entry manifest:full-path="/" '
                f'manifest:media-type="{kind}"/><manifest:file-entry '
                'manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
                "</manifest:manifest>"
            ),
            "content.xml": (
                f'{_XML}<office:document-content {spaces} office:version="1.2">'
                f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
                "</office:document-content>"
            ),
        },
        stored="mimetype",
    )
