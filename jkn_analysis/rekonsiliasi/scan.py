"""Search files for anything that parses as a NIK, a card or a phone number.

Looks into zip parts (xlsx, docx), gzip, notebooks, mail, base64 text and images, PNG
text chunks and Parquet columns. A finding names the file, the place and the kind;
never the value.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import json
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as default_policy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jkn_analysis.errors import PrivacyError
from jkn_analysis.personal import (
    KNOWN_NIK,
    KNOWN_NIP,
    WALL,
    count_personal,
    mask_personal,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_GEOMETRY = re.compile(
    r"\s(?:d|points|transform|viewBox|x\d?|y\d?|cx|cy|rx|ry|dx|dy|width|height)="
    r'"[^"]*"'
)
_DATA_URI = re.compile(r"data:[a-z/+.-]+;base64,[A-Za-z0-9+/=\s\\]+")
_INVISIBLE_TAG = re.compile(r"</?wbr\s*/?>", re.IGNORECASE)
_LIST_MARKS = str.maketrans(dict.fromkeys(",;|\t\r\n", WALL))
_MARKUP = re.compile(r"\s*(?:<!|<\?|<[a-zA-Z])")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{20,}(?:\r?\n[A-Za-z0-9+/]{4,})*={0,2}")
_PACKED = tuple(re.compile(kind) for kind in (rb"[a-z]", rb"[A-Z]"))
"""Packed bytes have letters of both cases; most words and digests have not."""
_PNG = b"\x89PNG\r\n\x1a\n"
_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt", b"eXIf"}
_MOST_BYTES = 512 << 20
_MOST_DEPTH = 4
_OFTEN_BYTES = 1 << 19
"""Bytes up to which what was found in a part is remembered."""
SKIPPED_FOLDERS = frozenset({".git", ".venv", "__pycache__", "node_modules"})
SKIPPED_SUFFIXES = frozenset({".age", ".pyc", ".so", ".woff2", ".ttf"})


@dataclass(frozen=True, order=True)
class Finding:
    """Something personal in a file."""

    path: Path
    part: str
    """Where inside: a zip part, a column, ``base64``; empty for the file itself."""
    kind: str
    """As `personal` names it: nik, kartu, telepon."""
    count: int

    def __str__(self) -> str:
        """Name the place without the value."""
        inside = f", {self.part}" if self.part else ""
        return f"{mask_personal(f'{self.path}{inside}')}: {self.count} x {self.kind}"


@dataclass(frozen=True)
class Door:
    """What may pass here: whether mail addresses are findings, and which belong."""

    mail: bool = False
    allowed: frozenset[str] = frozenset()

    def count(self, text: str) -> dict[str, int]:
        """Count what is personal in a text."""
        return count_personal(text, allowed=self.allowed, mail=self.mail)


PAGE_DOOR = Door(mail=True)
"""A page names no address of anybody."""


def _texts(content: bytes) -> Iterator[str]:
    """Yield the content as text: markup without its geometry, JSON by its strings."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        yield content.decode("utf-16", "replace").translate(_LIST_MARKS)
    text = content.decode("utf-8", "replace")
    if _MARKUP.match(text):
        yield _markup_text(text)
    elif text[:1] in {"{", "["} and (strings := _json_text(text)) is not None:
        yield strings
    else:
        yield _DATA_URI.sub(WALL, text).translate(_LIST_MARKS)


def _markup_text(text: str) -> str:
    """Return what a page says and is labelled with, its pieces apart."""
    plain = _GEOMETRY.sub("", _DATA_URI.sub(WALL, _INVISIBLE_TAG.sub("", text)))
    for mark in '<>"':
        plain = plain.replace(mark, WALL)
    return html.unescape(plain)


def _json_text(text: str) -> str | None:
    """Return the strings and large whole numbers of JSON; None where it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found: list[str] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += ["".join(item)] if _is_text_in_lines(item) else item
        elif isinstance(item, str):
            markup = _MARKUP.match(item) is not None
            found.append(_markup_text(item) if markup else _DATA_URI.sub(WALL, item))
        elif isinstance(item, int):
            found.append(str(item))
    return WALL.join(found)


def _parts(content: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Yield what is packed inside some bytes, by name."""
    if depth >= _MOST_DEPTH:
        return
    if content.startswith(b"PK\x03\x04"):
        yield from _zip_parts(content)
    elif content.startswith(b"\x1f\x8b"):
        yield from _gzip_part(content)
    elif content.startswith(_PNG):
        yield from _png_parts(content)
    elif content.startswith(b"PAR1"):
        yield from _parquet_parts(content)
    elif _is_mail(content):
        yield from _mail_parts(content)
    else:
        yield from _base64_parts(content)


def _is_text_in_lines(items: list[object]) -> bool:
    """Tell whether a list is one text cut at its line ends, as notebooks keep it."""
    return len(items) > 1 and all(
        isinstance(each, str) and (each.endswith("\n") or at == len(items) - 1)
        for at, each in enumerate(items)
    )


def _is_mail(content: bytes) -> bool:
    """Tell whether bytes are a mail as it lies in the outbox."""
    head = content[:4096].partition(b"\r\n\r\n")[0]
    return head.startswith(b"From: ") and b"\r\nMessage-ID: " in head


def _mail_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield subject, texts and attachments of a mail, decoded."""
    message = message_from_bytes(content, policy=default_policy)
    yield "subject", str(message["Subject"]).encode()
    for part in message.walk():
        if not part.is_multipart():
            name = part.get_filename() or part.get_content_type()
            yield name, part.get_payload(decode=True) or b""  # type: ignore[misc]


def _zip_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the members of a zip whose declared size is bearable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            for item in opened.infolist():
                if item.file_size <= _MOST_BYTES and not item.flag_bits & 1:
                    yield item.filename, opened.read(item)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError):
        return


def _gzip_part(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a gzip holds, up to the limit."""
    try:
        with gzip.open(io.BytesIO(content)) as opened:
            yield "gzip", opened.read(_MOST_BYTES)
    except (OSError, EOFError, zlib.error):
        return


def _png_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the text chunks of a PNG, unpacked."""
    at = len(_PNG)
    while at + 8 <= len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        kind = content[at + 4 : at + 8]
        if kind in _TEXT_CHUNKS:
            data = content[at + 8 : at + 8 + size]
            yield f"PNG {kind.decode()}", data
            packed = data.find(b"\x78")
            if kind != b"tEXt" and packed >= 0:
                yield f"PNG {kind.decode()}", _inflate(data[packed:])
        at += size + 12


def _inflate(data: bytes) -> bytes:
    """Unpack deflated bytes; nothing where they are none."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


def _parquet_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the text and whole-number columns of a Parquet file, written out."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError):
        return
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = (
            column.type.value_type
            if pa.types.is_dictionary(column.type)
            else column.type
        )
        if not (pa.types.is_integer(kind) or _is_text(kind)):
            continue
        cells = pc.unique(column).cast(pa.string()).drop_null().to_pylist()
        if not _is_text(kind):
            random_bits = max(map(len, cells), default=0) > KNOWN_NIP
            cells = [c for c in cells if len(c) >= KNOWN_NIK and not random_bits]
        yield f"column {name}", "\n".join(cells).encode()


def _is_text(kind: object) -> bool:
    """Tell whether an Arrow type holds text."""
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _base64_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what base64 runs decode to: images of notebooks and pages, mail parts."""
    escaped = content.replace(b"\\n", b"\n")
    for match in _BASE64.finditer(escaped):
        run = match.group().replace(b"\r", b"").replace(b"\n", b"")
        run = run.rstrip(b"=")
        if not all(kind.search(run) for kind in _PACKED):
            continue
        try:
            decoded = base64.b64decode(run[: len(run) // 4 * 4 or None] + _padding(run))
        except (binascii.Error, ValueError):
            continue
        yield "base64", decoded


def _padding(run: bytes) -> bytes:
    """Return the rest of a base64 run with its padding."""
    rest = run[len(run) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def scan_bytes(
    content: bytes, *, depth: int = 0, door: Door | None = None
) -> dict[tuple[str, str], int]:
    """Count personal values in bytes and in what is packed inside them.

    Parameters
    ----------
    content
        Any file's bytes.
    depth
        How deep this is inside other files.
    door
        What may pass; numbers of persons never do.

    Returns
    -------
    dict
        (part, kind) to count.

    Examples
    --------
    >>> number = "82710341" + "07010001"
    >>> scan_bytes(f"id;{number};x".encode())
    {('', 'nik'): 1}
    >>> scan_bytes(b"Rp1.391.162.000.000 1732240000000000 sha 82710341abcd")
    {}
    """
    scan = _scan_once if len(content) <= _OFTEN_BYTES else _scan
    return dict(scan(content, depth, door or Door()))


def _scan(content: bytes, depth: int, door: Door) -> dict[tuple[str, str], int]:
    """Count in bytes, then in each of their parts."""
    found: dict[tuple[str, str], int] = {}
    packed = content.startswith((b"PK\x03\x04", b"\x1f\x8b", _PNG, b"PAR1"))
    if not packed and not _is_mail(content):
        for text in _texts(content):
            for kind, number in door.count(text).items():
                found["", kind] = max(found.get(("", kind), 0), number)
    for name, inner in _parts(content, depth):
        for (part, kind), number in scan_bytes(
            inner, depth=depth + 1, door=door
        ).items():
            place = (f"{name} > {part}" if part else name, kind)
            found[place] = found.get(place, 0) + number
    return found


_scan_once = lru_cache(maxsize=128)(_scan)
"""What stands alike in many files, as the sheets of a region's mails, is read once."""


def refuse_bytes(files: Mapping[str, bytes], *, door: Door = PAGE_DOOR) -> None:
    """Stop before files are written that hold something personal.

    Parameters
    ----------
    files
        Name to content, still in memory or written aside.
    door
        What may pass.

    Raises
    ------
    PrivacyError
        Names every file, place and kind, never a value.
    """
    findings = [
        Finding(Path(name), part, kind, number)
        for name, content in files.items()
        for (part, kind), number in scan_bytes(content, door=door).items()
    ]
    _refuse(sorted(findings), "nothing of it is kept; find the cell that holds it")


def list_files(paths: Iterable[Path]) -> Iterator[Path]:
    """List files under paths, sorted; caches and encrypted work lists are left out."""
    for path in paths:
        if path.is_file():
            yield path
            continue
        for each in sorted(path.rglob("*")):
            inside = each.relative_to(path).parts[:-1]
            skipped = SKIPPED_FOLDERS.intersection(inside)
            if each.is_file() and not skipped and each.suffix not in SKIPPED_SUFFIXES:
                yield each


def scan_paths(paths: Iterable[Path]) -> list[Finding]:
    """Search files and folders.

    Parameters
    ----------
    paths
        Files, or folders with everything under them.

    Returns
    -------
    list
        What was found, sorted; empty if nothing is personal.
    """
    findings = []
    for path in list_files(paths):
        content = path.read_bytes()
        findings += [
            Finding(path, part, kind, number)
            for (part, kind), number in scan_bytes(content).items()
        ]
        findings += [
            Finding(path, "file name", kind, number)
            for kind, number in Door().count(path.name).items()
        ]
    return sorted(findings)


def refuse_personal(paths: Iterable[Path]) -> None:
    """Stop where files or folders hold something personal.

    Raises
    ------
    PrivacyError
        Names every place and kind, never a value.
    """
    _refuse(scan_paths(paths), "remove them, and find out which step wrote them")


def _refuse(findings: list[Finding], remedy: str) -> None:
    """Raise the error of some findings, if there are any."""
    if findings:
        raise PrivacyError(
            "personal values found: "
            + "\n".join(f"  {finding}" for finding in findings).lstrip()
            + f"\n  → {remedy}"
        )
