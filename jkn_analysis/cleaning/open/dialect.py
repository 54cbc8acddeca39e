"""Text files: encoding, delimiter and quoting found; rows or Arrow columns out."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jkn_analysis.cleaning.open.refusal import RefusedError
from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.cleaning.words import say

MAX_LINE_BYTES = 2**20
MAX_COLUMNS = 2_000
MAX_CELLS = 6_000_000
MAX_ROWS = 600_000
"""Rows of a file that is not regular from its first line on: each is looked at."""
MAX_UNDIVIDED = 20_000
FAST_FROM_BYTES = 2**20
PLAIN_BYTES = 64 * 2**20
BLOCK_BYTES = 2 * MAX_LINE_BYTES
SAMPLE_CHARS = 200_000
SAMPLE_ROWS = 400
DELIMITERS = ("\t", ";", "|", ",")
JSON_STARTS = ("[", "{")
MARKUP_STARTS = ("<!doctype html", "<html", "<table", "<?xml", "<style")
BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_CONTROL_BYTES = bytes([*range(9), *range(14, 32)])
_CODED = re.compile(r"kode|^kd|\bid\b|nik|nomor|telp", re.IGNORECASE)
_WHOLE = re.compile(r"0|[1-9]\d{0,14}")
_MOJIBAKE = re.compile("[ÃÂ][\x80-\xbf]|â€")


@dataclass
class Text:
    """Decoded text and how it was decoded."""

    content: str
    encoding: str
    raw: bytes = b""
    remarks: list[tuple[str, str]] = field(default_factory=list)


def decode(file: Path) -> Text:
    """Read a text file in whatever encoding it has.

    Raises
    ------
    RefusedError
        If a line is longer than 1 MB (json and html may be one line) or the bytes are
        not text.
    """
    raw = file.read_bytes()
    if not start_of(_guess(raw)).startswith((*JSON_STARTS, *MARKUP_STARTS)):
        check_lines(raw)
    encoding = _find_encoding(raw)
    remarks: list[tuple[str, str]] = []
    try:
        content = raw.decode(encoding)
    except UnicodeDecodeError as exc:
        if encoding != "cp1252":
            place = {"start": exc.start, "encoding": encoding}
            raise RefusedError("unreadable:cut_byte", **place) from exc
        content = raw.decode("latin-1")
        line = raw.count(b"\n", 0, exc.start) + 1
        remarks.append(
            (
                "encoding",
                say(
                    "byte {start} (line {line}) is no letter",
                    start=exc.start,
                    line=line,
                ),
            )
        )
    content = content.removeprefix("\ufeff")
    if encoding != "utf-8" or len(raw.translate(None, _CONTROL_BYTES)) < len(raw):
        _check_text(content)
    if encoding == "cp1252" and _MOJIBAKE.search(content):
        line = content.count("\n", 0, _MOJIBAKE.search(content).start()) + 1  # type: ignore[union-attr]
        remarks.append(
            (
                "encoding",
                say("mixes encodings from line {line} on: letters are lost", line=line),
            )
        )
    return Text(content, encoding, raw, remarks)


def start_of(content: str) -> str:
    """Return the first letters of a text, by which json and markup are known."""
    return content[:2000].lstrip().lower()


def _guess(raw: bytes) -> str:
    """Return the first letters of `raw`, whatever its encoding."""
    for bom, _ in BOMS:
        raw = raw.removeprefix(bom)
    return raw[:4000].replace(b"\x00", b"").decode("latin-1")


def check_lines(raw: bytes) -> None:
    """Refuse a line longer than 1 MB: no table of lines has one."""
    start = 0
    while len(raw) - start > MAX_LINE_BYTES:
        window = raw[start : start + MAX_LINE_BYTES]
        cut = max(window.rfind(b"\n"), window.rfind(b"\r"))
        if cut < 0:
            raise RefusedError("hostile:long_line", most=MAX_LINE_BYTES)
        start += cut + 1


def _find_encoding(raw: bytes) -> str:
    """Name the encoding of `raw`."""
    for bom, name in BOMS:
        if raw.startswith(bom):
            return name
    head = raw[:4000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = max(1, len(head) // 2)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _check_text(content: str) -> None:
    """Refuse bytes that are no text, and NUL in text."""
    found = _CONTROL.search(content)
    if found is None:
        return
    controls = len(_CONTROL.findall(content[:SAMPLE_CHARS]))
    line = content.count("\n", 0, found.start()) + 1
    if controls > 0.05 * min(len(content), SAMPLE_CHARS):
        raise RefusedError("unreadable:binary")
    what = say("a control character")
    if found.group() == "\x00":
        what = say("a NUL byte")
    raise RefusedError("hostile:control", what=what, line=line)


def read_plain(raw: bytes) -> dict[str, Any] | None:
    """Read a large regular UTF-8 csv; None for any other file.

    Text of so few bytes and cells, without control characters and in lines of bounded
    length, can neither grow in memory nor keep a parser busy: it needs no process of
    its own.
    """
    if len(raw) > PLAIN_BYTES or len(raw.translate(None, _CONTROL_BYTES)) < len(raw):
        return None
    try:
        check_lines(raw)
        if not raw.isascii():
            raw.decode()
    except (RefusedError, UnicodeDecodeError):
        return None
    encoding = "utf-8-sig" if raw.startswith(BOMS[0][0]) else "utf-8"
    head = raw.removeprefix(BOMS[0][0])[: 4 * SAMPLE_CHARS].decode(errors="ignore")
    head = head[:SAMPLE_CHARS]
    if start_of(head).startswith((*JSON_STARTS, *MARKUP_STARTS)):
        return None
    delimiter = find_delimiter(head)
    if _take_declared(head)[1] or not delimiter:
        return None
    fast = _read_fast(Text("", encoding, raw), delimiter)
    if fast is None:
        return None
    sheet = {
        "name": "",
        "hidden": False,
        "merged": [],
        "head": fast[0],
        "arrow": fast[1],
    }
    return _delimited(sheet, [], encoding, delimiter)


def _delimited(
    sheet: dict[str, Any],
    remarks: list[tuple[str, str]],
    encoding: str,
    delimiter: str,
) -> dict[str, Any]:
    """Return what a text file holds."""
    return {
        "format": "csv",
        "sheets": [sheet],
        "remarks": remarks,
        "encoding": encoding,
        "delimiter": delimiter,
    }


def read_delimited(text: Text) -> dict[str, Any]:
    """Split decoded text into rows."""
    check_lines(text.raw)
    content, declared = _take_declared(text.content)
    delimiter = declared or find_delimiter(content)
    if not delimiter and content.count("\n") > MAX_UNDIVIDED:
        raise RefusedError("unreadable:prose")
    fast = None
    if len(content) >= FAST_FROM_BYTES and not declared and delimiter:
        fast = _read_fast(text, delimiter)
    sheet: dict[str, Any] = {"name": "", "hidden": False, "merged": []}
    if fast is not None:
        sheet["head"], sheet["arrow"] = fast[0], _pack(fast[1])
    else:
        sheet["rows"] = _read_rows(content, delimiter, text.remarks)
    if declared:
        sheet["first_row"] = 2
    return _delimited(sheet, text.remarks, text.encoding, delimiter)


def _take_declared(content: str) -> tuple[str, str]:
    """Take off Excel's first line ``sep=;`` and return the delimiter it declares."""
    found = re.match(r"\"?sep=(.)\"?\r?\n", content, re.IGNORECASE)
    return (content[found.end() :], found.group(1)) if found else (content, "")


def find_delimiter(content: str) -> str:
    """Find the delimiter that cuts most lines into equally many parts.

    A comma inside Indonesian decimals cuts data lines but not the heading, so a
    delimiter counts by the lines that agree with the commonest width above one,
    and by how few cells look like broken numbers.
    """
    sample = content[:SAMPLE_CHARS]
    best, best_score = "", 0.0
    for delimiter in DELIMITERS:
        score = _score_delimiter(sample, delimiter)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _score_delimiter(sample: str, delimiter: str) -> float:
    """Score one delimiter on a sample: 0 where it cuts nothing."""
    if delimiter not in sample:
        return 0.0
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    except csv.Error:
        return 0.0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    width, agreeing = widths.most_common(1)[0]
    cells = [cell for row in rows if len(row) == width for cell in row]
    filled = sum(bool(cell.strip()) for cell in cells) / max(1, len(cells))
    leaning = {"\t": 1.02, ";": 1.01, "|": 1.0, ",": 0.99}[delimiter]
    others = [other for other in DELIMITERS if other != delimiter]
    mixed = sum(any(o in cell and o != "," for o in others) for cell in cells)
    clean = 1 - mixed / max(1, len(cells))
    head = rows[0]
    headed = 1.0 if len(head) > 1 or len(rows) < 3 else 0.9
    return (agreeing / len(rows)) * clean * headed * leaning * (0.75 + 0.25 * filled)


def _read_rows(
    content: str, delimiter: str, remarks: list[tuple[str, str]]
) -> list[list[str | None]]:
    """Split text with Python's csv; unbalanced quotes are read as plain letters."""
    quoting = csv.QUOTE_MINIMAL
    if content.count('"') % 2:
        quoting = csv.QUOTE_NONE
        line = next(
            number
            for number, text in enumerate(content.splitlines(), 1)
            if text.count('"') % 2
        )
        remarks.append(
            ("quote", say("a quotation mark is left open in line {line}", line=line))
        )
    rows = _split(content, delimiter, quoting)
    rows = _unwrap(rows, delimiter)
    widest = max((len(row) for row in rows), default=0)
    if widest > MAX_COLUMNS:
        raise RefusedError("hostile:csv_columns", count=widest, most=MAX_COLUMNS)
    return rows


def _split(content: str, delimiter: str, quoting: int) -> list[list[str | None]]:
    """Split text into rows of cells, empty ones None."""
    csv.field_size_limit(MAX_LINE_BYTES)
    if not delimiter:
        delimiter = "\x1f"
    source = io.StringIO(content, newline="")
    same: dict[str, str | None] = {"": None}
    rows: list[list[str | None]] = []
    cells = 0
    try:
        for row in csv.reader(source, delimiter=delimiter, quoting=quoting):  # type: ignore[arg-type]
            texts = [cell.strip() for cell in row]
            rows.append([same.setdefault(text, text) for text in texts])
            cells += len(row)
            if cells > MAX_CELLS or len(rows) > MAX_ROWS:
                raise RefusedError("hostile:too_long", rows=MAX_ROWS, cells=MAX_CELLS)
    except csv.Error as exc:
        raise RefusedError("unreadable:split", error=str(exc)) from exc
    return rows


def _unwrap(rows: list[list[str | None]], delimiter: str) -> list[list[str | None]]:
    """Split lines that were wrapped in quotes as a whole (Excel saved twice)."""
    single = [row for row in rows if len(row) == 1 and row[0]]
    if delimiter or len(single) < 2:
        return rows
    joined = "\n".join((row[0] or "") if row else "" for row in rows)
    inner = find_delimiter(joined)
    return _split(joined, inner, csv.QUOTE_MINIMAL) if inner else rows


def _read_fast(text: Text, delimiter: str) -> tuple[list[str], Any] | None:
    """Read a large regular file as coded text and whole numbers, else None.

    Only a file whose every line is one row of equal width qualifies, so that the
    row numbers of messages are line numbers.
    """
    if delimiter not in ";,\t|":
        return None
    raw = text.raw if text.encoding in {"utf-8", "utf-8-sig"} else None
    raw = raw if raw is not None else text.content.encode("utf-8")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    head = raw[: max(0, raw.find(b"\n"))].decode().rstrip("\r")
    names = next(csv.reader([head], delimiter=delimiter), [])
    if not 1 < len(names) <= MAX_COLUMNS or head.count('"') % 2:
        return None
    whole = _whole_columns(raw, delimiter, names)
    table = _parse_arrow(raw, delimiter, len(names), whole)
    if table is None and whole:
        table = _parse_arrow(raw, delimiter, len(names), set())
    return (names, table) if table is not None else None


def _whole_columns(raw: bytes, delimiter: str, names: list[str]) -> set[int]:
    """Return columns that look like plain whole numbers and are no codes."""
    start = raw.find(b"\n") + 1
    sample = raw[start : start + 100_000].decode("utf-8", "replace")
    rows = list(csv.reader(io.StringIO(sample), delimiter=delimiter))[:-1]
    rows = [row for row in rows if len(row) == len(names)]
    return {
        column
        for column, name in enumerate(names)
        if rows
        and not _CODED.search(name)
        and all(_WHOLE.fullmatch(row[column]) for row in rows)
    }


def _parse_arrow(raw: bytes, delimiter: str, width: int, whole: set[int]) -> Cell:
    """Parse with Arrow; None where the file is not regular.

    A lone carriage return gives another number of rows; a blank line leaves a blank
    in every column.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [str(index) for index in range(width)]
    coded = pa.dictionary(pa.int32(), pa.string())
    types = {n: pa.int64() if int(n) in whole else coded for n in names}
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(raw),
            read_options=arrow_csv.ReadOptions(
                column_names=names,
                skip_rows=1,
                use_threads=False,
                block_size=BLOCK_BYTES,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types, strings_can_be_null=False, null_values=[""]
            ),
        )
    except pa.ArrowInvalid:
        return None
    lines = raw.count(b"\n") + (not raw.endswith(b"\n")) - 1
    if table.num_rows != lines:
        return None
    table = table.unify_dictionaries().combine_chunks()
    return None if all(map(_has_blank, table.columns)) else table


def _has_blank(column: Cell) -> bool:
    """Tell whether a column has an empty cell."""
    coded = getattr(column.chunk(0), "dictionary", None) if column.num_chunks else None
    return bool(column.null_count) or (coded is not None and "" in coded.to_pylist())


def _pack(table: Cell) -> bytes:
    """Return an Arrow table as bytes for another process."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
