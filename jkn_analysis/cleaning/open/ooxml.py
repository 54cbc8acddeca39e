"""What calamine does not tell of an xlsx: formulas, errors, percents, hidden rows."""

from __future__ import annotations

import re
import zipfile
from typing import Any
from xml.parsers import expat

_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_REF = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_STYLE = re.compile(rb'\bs="(\d+)"')
_ERROR = re.compile(rb"<(?:\w+:)?v>([^<]{1,20})</")
_HAS_VALUE = re.compile(rb"<(?:\w+:)?v>[^<]|<(?:\w+:)?is>")
_HAS_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s[^>]*?\bhidden="(?:1|true)"[^>]*>')
_HIDDEN_COLUMN = re.compile(rb'<(?:\w+:)?col\s[^>]*?\bhidden="(?:1|true)"[^>]*>')
_FROM = re.compile(rb'\bmin="(\d{1,5})"')
_TO = re.compile(rb'\bmax="(\d{1,5})"')
_ROW = re.compile(rb'\br="(\d{1,7})"')
MAX_MARKS = 5_000
MAX_HIDDEN = 16_384
_BUILTIN_PERCENT = {9, 10}


def read_extra(archive: zipfile.ZipFile, names: set[str]) -> dict[str, dict[str, Any]]:
    """Return per sheet name the marked cells and those formatted as percent."""
    if "xl/workbook.xml" not in names:
        return {}
    percent = _percent_styles(archive, names)
    extra = {}
    for name, part in _sheet_parts(archive, names).items():
        if part in names:
            extra[name] = _scan(archive.read(part), percent)
    return extra


def _attributes(content: bytes, wanted: set[str]) -> list[tuple[str, dict[str, str]]]:
    """List the wanted elements of an XML part with their attributes."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rsplit(":", 1)[-1]
        if local in wanted:
            found.append((local, attributes))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat
    except expat.ExpatError:
        return found
    return found


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Map sheet names to the parts that hold them."""
    rels = "xl/_rels/workbook.xml.rels"
    if rels not in names:
        return {}
    targets = {
        item.get("Id", ""): item.get("Target", "")
        for _, item in _attributes(archive.read(rels), {"Relationship"})
    }
    parts = {}
    for _, item in _attributes(archive.read("xl/workbook.xml"), {"sheet"}):
        key = next((v for k, v in item.items() if k.endswith(":id")), "")
        target = targets.get(key, "")
        parts[item.get("name", "")] = (
            target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        )
    return parts


def _percent_styles(archive: zipfile.ZipFile, names: set[str]) -> set[bytes]:
    """Return the cell style numbers that show a number as percent."""
    if "xl/styles.xml" not in names:
        return set()
    content = archive.read("xl/styles.xml")
    formats = set(_BUILTIN_PERCENT)
    for _, item in _attributes(content, {"numFmt"}):
        if "%" in item.get("formatCode", "") and item.get("numFmtId", "").isdecimal():
            formats.add(int(item["numFmtId"]))
    head = content.find(b"cellXfs")
    tail = content.find(b"cellXfs>", head + 8)
    if head < 0 or tail < 0:
        return set()
    found = re.findall(rb"<(?:\w+:)?xf\s[^>]*?numFmtId=\"(\d+)\"", content[head:tail])
    return {str(i).encode() for i, number in enumerate(found) if int(number) in formats}


def _scan(content: bytes, percent: set[bytes]) -> dict[str, Any]:
    """Find formulas without a stored value, error cells and percent cells."""
    formulas = _HAS_FORMULA.search(content) is not None
    errors = b't="e"' in content
    styled = any(b's="' + style + b'"' in content for style in percent)
    folded = [_ROW.search(row) for row in _HIDDEN.findall(content)]
    hidden: dict[str, Any] = {
        "hidden_rows": [int(number[1]) for number in folded if number][:MAX_MARKS],
        "hidden_columns": _hidden_columns(content),
    }
    if not (formulas or errors or styled):
        return hidden
    marks: dict[tuple[int, int], str] = {}
    shown: list[tuple[int, int]] = []
    for found in _CELL.finditer(content):
        head, body = found.group(1), found.group(2) or b""
        mark = _mark(head, body)
        style = _STYLE.search(head)
        is_percent = style is not None and style.group(1) in percent and bool(body)
        if not mark and not is_percent:
            continue
        where = _REF.search(head)
        if where is None:
            continue
        address = (int(where.group(2)), _column_number(where.group(1)))
        if mark and len(marks) < MAX_MARKS:
            marks[address] = mark
        if is_percent:
            shown.append(address)
    return {"marks": marks, "percent": shown, **hidden}


def _hidden_columns(content: bytes) -> list[int]:
    """Return the numbers of the columns a sheet hides."""
    found: list[int] = []
    for span in _HIDDEN_COLUMN.findall(content):
        first, last = _FROM.search(span), _TO.search(span)
        if first and last:
            found += range(int(first[1]), min(int(last[1]), MAX_HIDDEN) + 1)
    return found


def _mark(head: bytes, body: bytes) -> str:
    """Say what is wrong with one cell, or nothing."""
    if b't="e"' in head:
        error = _ERROR.search(body)
        return "error " + (error.group(1).decode("ascii", "replace") if error else "")
    if _HAS_FORMULA.search(body) and not _HAS_VALUE.search(body):
        return "" if b't="str"' in head else "formula"
    return ""


def _column_number(letters: bytes) -> int:
    """Return the 1-based number of a column's letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
