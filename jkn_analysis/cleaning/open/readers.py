"""Bytes of a foreign file to plain rows; `read_raw` runs in the child process only."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

from jkn_analysis.cleaning.open import dialect
from jkn_analysis.cleaning.open.records import find_records
from jkn_analysis.cleaning.open.refusal import RefusedError
from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.cleaning.words import say

MAX_FILE_BYTES = 200 * 2**20
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_RATIO = 100
RATIO_FROM_BYTES = 10 * 2**20
MAX_PARTS = 5_000
MAX_COLUMNS = 2_000
MAX_CELLS = 6_000_000
MAGIC = (
    (b"\x89PNG", say("a picture (PNG)")),
    (b"\xff\xd8\xff", say("a picture (JPEG)")),
    (b"GIF8", say("a picture (GIF)")),
    (b"%PDF", say("a PDF document")),
    (b"{\\rtf", say("a text document (RTF)")),
    (b"Rar!", say("a RAR archive")),
    (b"7z\xbc\xaf", say("a 7-Zip archive")),
    (b"\x1f\x8b", say("a gzip archive")),
    (b"BZh", say("a bzip2 archive")),
    (b"PAR1", say("a Parquet file")),
    (b"SQLite format 3", say("a database file")),
    (b"MZ", say("a program")),
    (b"\x7fELF", say("a program")),
    (b"ARROW1", say("an Arrow file")),
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_raw(path: str) -> dict[str, Any]:
    """Read any file into plain rows of sheets."""
    try:
        return _read_any(Path(path))
    except OSError as exc:
        raise RefusedError("unreadable:closed", strerror=exc.strerror) from exc


def _read_any(file: Path) -> dict[str, Any]:
    """Read a file by what its first bytes say it is."""
    size = file.stat().st_size
    if size == 0:
        raise RefusedError("unreadable:empty")
    if size > MAX_FILE_BYTES:
        raise RefusedError("hostile:bytes", size=size, most=MAX_FILE_BYTES)
    with file.open("rb") as opened:
        head = opened.read(4096)
    if head.startswith(b"PK"):
        return _read_zip(file)
    if head.startswith(OLE):
        return _read_ole(file)
    for magic, what in MAGIC:
        if head.startswith(magic):
            raise RefusedError("unreadable:other_kind", what=what)
    return _read_text(file)


def read_plain(file: Path) -> dict[str, Any] | None:
    """Read a large regular UTF-8 csv in this very process; None for any other file."""
    with file.open("rb") as opened:
        head = opened.read(8)
        size = os.fstat(opened.fileno()).st_size
        if not dialect.FAST_FROM_BYTES <= size <= dialect.PLAIN_BYTES:
            return None
        if head.startswith((b"PK", OLE, *(magic for magic, _ in MAGIC))):
            return None
        opened.seek(0)
        raw = opened.read(dialect.PLAIN_BYTES + 1)
    return dialect.read_plain(raw)


def _read_text(file: Path) -> dict[str, Any]:
    """Read a file of text: json, html table or delimited lines."""
    text = dialect.decode(file)
    start = dialect.start_of(text.content)
    if start.startswith(dialect.JSON_STARTS) and file.suffix.lower() not in {
        ".csv",
        ".tsv",
    }:
        return _read_json(text.content)
    if start.startswith(dialect.MARKUP_STARTS):
        from jkn_analysis.cleaning.open import markup

        return markup.read_markup(text.content)
    return dialect.read_delimited(text)


def _read_json(text: str) -> dict[str, Any]:
    """Read records, one json value or one record a line."""
    remarks: list[tuple[str, str]] = []
    doubles: set[str] = set()

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(items)
        if len(record) < len(items):
            names = [name for name, _ in items]
            doubles.update(name for name in names if names.count(name) > 1)
        return record

    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except ValueError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            value = [json.loads(line, object_pairs_hook=pairs) for line in lines]
        except ValueError:
            raise RefusedError("unreadable:json", error=whole) from whole
    records = find_records(value)
    if records is None:
        raise RefusedError("unreadable:json_lists")
    remarks += [
        ("json", say("key {name} stands twice in a record", name=repr(name[:40])))
        for name in sorted(doubles)
    ]
    names = list(dict.fromkeys(name for record in records for name in record))
    if len(names) > MAX_COLUMNS:
        raise RefusedError("hostile:columns", names=len(names))
    rows = [
        names,
        *([_plain(record.get(name)) for name in names] for record in records),
    ]
    return {
        "format": "json",
        "sheets": [{"name": "", "hidden": False, "rows": rows, "merged": []}],
        "remarks": remarks,
    }


def _plain(value: Cell) -> Cell:
    """Return a cell; nested values are refused."""
    if isinstance(value, list | dict):
        raise RefusedError("unreadable:nested")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value


def _read_zip(file: Path) -> dict[str, Any]:
    """Read xlsx, xlsm, xlsb or ods after looking at its parts."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check_parts(parts)
            names = {part.filename for part in parts}
            if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
                from jkn_analysis.cleaning.open import ooxml

                extra = ooxml.read_extra(archive, names)
                return _read_workbook(file, "xlsx", extra)
            if "content.xml" in names:
                from jkn_analysis.cleaning.open import odf

                return _read_workbook(file, "ods", odf.read_extra(archive))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as exc:
        raise RefusedError("unreadable:cut_off") from exc
    except (ValueError, RuntimeError, zipfile.error) as exc:
        raise RefusedError("hostile:damaged") from exc
    raise RefusedError("unreadable:zip")


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse archives that unpack to more than a workbook could."""
    if len(parts) > MAX_PARTS:
        raise RefusedError("hostile:parts", parts=len(parts))
    if any(part.flag_bits & 1 for part in parts):
        raise RefusedError("unreadable:locked")
    total = sum(part.file_size for part in parts)
    if total > MAX_UNPACKED_BYTES:
        raise RefusedError("hostile:unpacked", size=total)
    for part in parts:
        large = part.file_size > RATIO_FROM_BYTES
        if large and part.file_size > MAX_RATIO * max(1, part.compress_size):
            raise RefusedError("hostile:ratio", ratio=MAX_RATIO)


def _read_ole(file: Path) -> dict[str, Any]:
    """Read an old xls; a protected new workbook hides in the same container."""
    content = file.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise RefusedError("unreadable:locked")
    if "WordDocument".encode("utf-16-le") in content:
        raise RefusedError("unreadable:word")
    return _read_workbook(file, "xls", {})


def _read_workbook(file: Path, kind: str, extra: dict[str, Any]) -> dict[str, Any]:
    """Read every sheet with calamine; `extra` is what calamine does not tell."""
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(str(file))
        metadata = book.sheets_metadata
    except calamine.PasswordError as exc:
        raise RefusedError("unreadable:locked") from exc
    except (calamine.CalamineError, ValueError, OSError) as exc:
        raise RefusedError("unreadable:damaged", first_line=_first_line(exc)) from exc
    sheets = []
    cells = 0
    for index, meta in enumerate(metadata):
        if meta.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet = _read_calamine_sheet(calamine, book, index)
        cells += sum(len(row) for row in sheet["rows"])
        if cells > MAX_CELLS:
            raise RefusedError("hostile:cells", max_cells=MAX_CELLS)
        sheet["name"] = meta.name
        sheet["hidden"] = meta.visible != calamine.SheetVisibleEnum.Visible
        own = extra.get(meta.name, {})
        sheets.append(sheet | own | {"merged": own.get("merged") or sheet["merged"]})
    return {"format": kind, "sheets": sheets, "remarks": []}


def _read_calamine_sheet(calamine: Cell, book: Cell, index: int) -> dict[str, Any]:
    """Read one sheet, empty leading rows and columns restored by offset."""
    try:
        sheet = book.get_sheet_by_index(index)
        start, end = sheet.start, sheet.end
        if start is None:
            return {"rows": [], "merged": [], "first_row": 1, "first_column": 1}
        if (end[0] - start[0] + 1) * (end[1] - start[1] + 1) > MAX_CELLS:
            raise RefusedError("hostile:stray_cell", max_cells=MAX_CELLS)
        rows = sheet.to_python(skip_empty_area=True)
        merged = sheet.merged_cell_ranges or []
    except (calamine.CalamineError, ValueError, OSError) as exc:
        raise RefusedError("unreadable:damaged", first_line=_first_line(exc)) from exc
    return {
        "rows": [[_cell(value) for value in row] for row in rows],
        "merged": [(a[0], a[1], b[0], b[1]) for a, b in merged[:100_000]],
        "first_row": start[0] + 1,
        "first_column": start[1] + 1,
    }


def _cell(value: Cell) -> Cell:
    """Return a cell as plain text, number, date or None."""
    if value == "":
        return None
    if isinstance(value, dt.timedelta):
        return str(value)
    return value


def _first_line(exc: BaseException) -> str:
    """Return the first line of a library's message, printable and short."""
    text = (str(exc) or type(exc).__name__).splitlines()[0][:120]
    return re.sub(r"[^ -~]", "?", text)
