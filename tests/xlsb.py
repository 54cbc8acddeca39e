"""Write a small xlsb: no library writes the format, offices send it."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Record numbers of [MS-XLSB] 2.3.
ROW, REAL, TEXT = 0, 5, 6
BEGIN_SHEET, END_SHEET, BEGIN_BOOK, END_BOOK = 129, 130, 131, 132
BEGIN_SHEETS, END_SHEETS, SHEET = 143, 144, 156
BEGIN_DATA, END_DATA, SIZE = 145, 146, 148
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(number: int, content: bytes = b"") -> bytes:
    head = bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])
    length, size = len(content), b""
    while length > 127:
        size, length = size + bytes([length & 127 | 128]), length >> 7
    return head + size + bytes([length]) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell(column: int, value: str | float) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return record(TEXT, place + wide(value))
    return record(REAL, place + struct.pack("<d", value))


def sheet_of(rows: Sequence[Sequence[str | float | None]]) -> bytes:
    width = max(map(len, rows))
    parts = [
        record(BEGIN_SHEET),
        record(SIZE, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)),
        record(BEGIN_DATA),
    ]
    for number, row in enumerate(rows):
        parts.append(record(ROW, struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 0)))
        parts += [cell(c, v) for c, v in enumerate(row) if v is not None]
    return b"".join([*parts, record(END_DATA), record(END_SHEET)])


def relations(*parts: tuple[str, str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="{name}" Type="{KINDS}/{kind}" Target="{target}"/>'
        for name, kind, target in parts
    )
    head = f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}">'
    return f"{head}{listed}</Relationships>"


def write_xlsb(
    path: Path, sheets: dict[str, Sequence[Sequence[str | float | None]]]
) -> Path:
    """Write sheets of text and numbers."""
    bundle = b"".join(
        record(SHEET, struct.pack("<II", 0, n) + wide(f"rId{n}") + wide(title))
        for n, title in enumerate(sheets, 1)
    )
    book = [record(BEGIN_BOOK), record(BEGIN_SHEETS), bundle]
    book += [record(END_SHEETS), record(END_BOOK)]
    links = [
        (f"rId{n}", "worksheet", f"worksheets/sheet{n}.bin")
        for n in range(1, len(sheets) + 1)
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
            'package/2006/content-types"><Default Extension="bin" ContentType='
            '"application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        )
        archive.writestr(
            "_rels/.rels", relations(("rId1", "officeDocument", "xl/workbook.bin"))
        )
        archive.writestr("xl/workbook.bin", b"".join(book))
        archive.writestr("xl/_rels/workbook.bin.rels", relations(*links))
        for n, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{n}.bin", sheet_of(rows))
    return path
