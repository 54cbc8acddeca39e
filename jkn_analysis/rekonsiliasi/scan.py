"""Search files for anything that parses as a NIK, a card or a phone number.

Looks into zip parts (xlsx, docx), gzip, notebooks, mail, base64 text and images, PNG
text chunks and Parquet columns. A finding names the file, the place and the kind;
never the value.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import gzip
import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jkn_analysis.errors import PrivacyError
from jkn_analysis.rekonsiliasi.nik import parse_nik

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NIK = re.compile(
    rb"(?<![0-9A-Za-z_])(?<![0-9]\.)(?<![0-9A-Fa-f]-)"
    rb"([0-9]{16}|[0-9]{2}[. ]?[0-9]{2}[. ]?[0-9]{2}[. -][0-9]{6}[. -][0-9]{4}|"
    rb"[0-9]{4} [0-9]{4} [0-9]{4} [0-9]{4})(?![0-9A-Za-z_])(?!-[0-9A-Fa-f])"
)
_CARD = re.compile(rb"(?<![0-9A-Za-z_.])(0001[0-9]{9})(?![0-9A-Za-z_])")
_PHONE = re.compile(
    rb"(?<![0-9A-Za-z_.+/=])"
    rb"((?:\+62[ -]?|0)8[1-9][0-9]{1,2}[ -]?[0-9]{3,4}[ -]?[0-9]{3,5})"
    rb"(?![0-9A-Za-z_])"
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{20,}(?:\r?\n[A-Za-z0-9+/]{4,})*={0,2}")
_LONG_NUMBER = re.compile(r"\+?[0-9][0-9. -]{7,}[0-9]")
_SEPARATORS = re.compile(rb"[. -]")
_PNG = b"\x89PNG\r\n\x1a\n"
_TEXT_CHUNKS = {b"tEXt", b"zTXt", b"iTXt", b"eXIf"}
_MOST_BYTES = 512 << 20
_MOST_DEPTH = 4
_MANY_YEARS = dt.date(2100, 1, 1)
SKIPPED_FOLDERS = frozenset({".git", ".venv", "__pycache__", "node_modules"})
SKIPPED_SUFFIXES = frozenset({".age", ".pyc", ".so", ".woff2", ".ttf"})


@dataclass(frozen=True, order=True)
class Finding:
    """Something personal in a file."""

    path: Path
    part: str
    """Where inside: a zip part, a column, ``base64``; empty for the file itself."""
    kind: str
    """nik, kartu or telepon."""
    count: int

    def __str__(self) -> str:
        """Name the place without the value."""
        inside = f", {self.part}" if self.part else ""
        named = _LONG_NUMBER.sub("…", f"{self.path}{inside}")
        return f"{named}: {self.count} x {self.kind}"


def _count_text(content: bytes) -> dict[str, int]:
    """Count what parses as personal in one run of bytes."""
    found = {
        "kartu": len(_CARD.findall(content)),
        "telepon": sum(_is_phone(match) for match in _PHONE.findall(content)),
    }
    cells = [_SEPARATORS.sub(b"", match).decode() for match in _NIK.findall(content)]
    found["nik"] = int(parse_nik(cells, pada=_MANY_YEARS).sah.sum()) if cells else 0
    return {kind: number for kind, number in found.items() if number}


def _is_phone(match: bytes) -> bool:
    """Tell whether the digits make a mobile number: 10 to 13, not all alike."""
    digits = _SEPARATORS.sub(b"", match).lstrip(b"+")
    digits = b"0" + digits[2:] if digits.startswith(b"62") else digits
    return 10 <= len(digits) <= 13 and len(set(digits[3:])) > 2


def _texts(content: bytes) -> Iterator[bytes]:
    """Yield the content, and again without zero bytes if it may be UTF-16."""
    yield content
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        yield content.decode("utf-16", "ignore").encode()


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
    else:
        yield from _base64_parts(content)


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
        try:
            decoded = base64.b64decode(run[: len(run) // 4 * 4 or None] + _padding(run))
        except (binascii.Error, ValueError):
            continue
        yield "base64", decoded


def _padding(run: bytes) -> bytes:
    """Return the rest of a base64 run with its padding."""
    rest = run[len(run) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def scan_bytes(content: bytes, *, depth: int = 0) -> dict[tuple[str, str], int]:
    """Count personal values in bytes and in what is packed inside them.

    Parameters
    ----------
    content
        Any file's bytes.
    depth
        How deep this is inside other files.

    Returns
    -------
    dict
        (part, kind) to count.

    Examples
    --------
    >>> number = "82710341" "07010001"
    >>> scan_bytes(f"id;{number};x".encode())
    {('', 'nik'): 1}
    >>> scan_bytes(b"Rp1.391.162.000.000 1732240000000000 sha 82710341abcd")
    {}
    """
    found: dict[tuple[str, str], int] = {}
    binary = content.startswith((b"PK\x03\x04", b"\x1f\x8b", _PNG, b"PAR1"))
    if not binary:
        for text in _texts(content):
            for kind, number in _count_text(text).items():
                found["", kind] = max(found.get(("", kind), 0), number)
    for name, inner in _parts(content, depth):
        for (part, kind), number in scan_bytes(inner, depth=depth + 1).items():
            place = (f"{name} > {part}" if part else name, kind)
            found[place] = found.get(place, 0) + number
    return found


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
            for kind, number in _count_text(path.name.encode()).items()
        ]
    return sorted(findings)


def refuse_personal(paths: Iterable[Path]) -> None:
    """Stop where files or folders hold something personal.

    Raises
    ------
    PrivacyError
        Names every place and kind, never a value.
    """
    findings = scan_paths(paths)
    if findings:
        raise PrivacyError(
            "personal values found\n"
            + "\n".join(f"  {finding}" for finding in findings)
            + "\n  → remove them, and find out which step wrote them"
        )
