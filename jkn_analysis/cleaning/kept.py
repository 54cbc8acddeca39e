"""Cleaned rows of a file, kept by its content: read again only where that changes.

They also stand in where the file's newer content is refused, and give back what was
known on a day when the file has been overwritten since.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from jkn_analysis.cleaning.deliveries import Delivery
from jkn_analysis.cleaning.problems import Problem
from jkn_analysis.cleaning.reading import FileReport
from jkn_analysis.cleaning.rows.work import CleanResult, CleanSettings, Counts
from jkn_analysis.cleaning.words import pack, unpack
from jkn_analysis.errors import StoreError
from jkn_analysis.store import hash_file, write_bytes
from jkn_analysis.tables import conform

FOLDER = "bersih"
MARK = b"jkn"
DIGEST_BYTES = 32
NAME_CHARACTERS = 32
CODE = ("cleaning", "data", "errors.py", "tables.py", "terms.py", "wilayah.py")
"""Parts of the package that decide how a file is read."""
Read = tuple[FileReport, CleanResult]


@lru_cache(maxsize=1)
def hash_code() -> str:
    """Hash the code and the names that decide how a file is read."""
    package = Path(__file__).resolve().parents[1]
    found = [
        path
        for part in CODE
        for path in ([package / part] if part.endswith(".py") else package.rglob("*"))
        if path.suffix in {".py", ".csv", ".toml"}
        and part in path.relative_to(package).parts
    ]
    digest = hashlib.sha256()
    for path in sorted(set(found)):
        digest.update(hash_file(path).encode())
    return digest.hexdigest()


def build_key(delivery: Delivery, settings: CleanSettings, name: str) -> str:
    """Stand for all that decides how a content is read, apart from the content.

    The file's name is part of it: months and sources are read from names too.
    """
    told = {
        "code": hash_code(),
        "name": name,
        "contoh": delivery.contoh,
        "settings": asdict(replace(settings, latest=None)),
    }
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:NAME_CHARACTERS]


def write_kept(
    root: Path,
    report: FileReport,
    result: CleanResult,
    *,
    key: str,
    latest: dt.date | None,
) -> None:
    """Keep accepted rows; a disk without room for them is no error."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    told = {
        "latest": str(latest or ""),
        "counts": asdict(report.counts),
        "sheets": report.sheets,
        "notes": [pack(note) for note in report.notes],
        "contoh": report.contoh,
        "finer": result.finer is not None,
        "problems": [
            asdict(p) | {"message": pack(p.message), "remedy": pack(p.remedy)}
            for p in report.problems
        ],
    }
    table = pa.Table.from_pandas(result.frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), MARK: json.dumps(told).encode()}
    written = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(metadata), written, compression="zstd")
    content = written.getvalue().to_pybytes()
    path = _name(root, report.delivery.table, report.sha256, report.name, key)
    try:
        write_bytes(path, hashlib.sha256(content).digest() + content, mode=0o600)
    except StoreError:
        return
    for old in path.parent.glob(f"{path.name.rpartition('.')[0]}.*"):
        if old != path:
            old.unlink(missing_ok=True)


def read_kept(
    root: Path,
    delivery: Delivery,
    sha256: str,
    *,
    name: str,
    key: str | None,
    latest: dt.date | None = None,
) -> Read | None:
    """Read rows kept of a content; None where there are none, or they are damaged.

    Parameters
    ----------
    root
        The folder of processed tables.
    delivery, name
        The file they are of.
    sha256
        Its content.
    key
        Only rows read in just this way; the rows as they were accepted if None.
    latest
        Months after it are faults: rows read against a later day count only where
        `key` is None.
    """
    pattern = _name(root, delivery.table, sha256, name if key else "", key or "")
    for path in sorted(pattern.parent.glob(pattern.name)):
        found = _decode(path)
        if found is None or (key and _is_other(found[1], latest)):
            continue
        try:
            return _restore(*found, delivery=delivery, sha256=sha256, name=name)
        except (KeyError, TypeError, ValueError):  # of another version
            continue
    return None


def _is_other(told: dict[str, Any], now: dt.date | None) -> bool:
    """Tell whether rows are not all, or were read against a later day than now."""
    if told.get("finer"):  # the rows by kecamatan are not kept
        return True
    then = told.get("latest", "")
    return now is not None and (not then or then > now.isoformat())


def _name(root: Path, table: str, sha256: str, name: str, key: str) -> Path:
    """Return where rows of a content are kept; ``*`` for any name or way."""
    place = hashlib.sha256(name.encode()).hexdigest()[:8] if name else "*"
    parts = (table, sha256[:NAME_CHARACTERS], place, key or "*")
    return root / FOLDER / ".".join(parts)


def _decode(path: Path) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Read one file of kept rows, which must be the bytes that were written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        stored = path.read_bytes()
        digest, content = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
        if hashlib.sha256(content).digest() != digest:
            return None
        table = pq.read_table(pa.BufferReader(content))
    except (OSError, pa.ArrowException):
        return None
    return table.to_pandas(), json.loads(table.schema.metadata[MARK])


def _restore(
    frame: pd.DataFrame,
    told: dict[str, Any],
    *,
    delivery: Delivery,
    sha256: str,
    name: str,
) -> Read:
    """Make a report and a result of what was kept."""
    fields = ("message", "remedy")
    said = [p | {n: unpack(p[n]) for n in fields} for p in told["problems"]]
    problems = [replace(Problem(**own), file=name) for own in said]
    report = FileReport(
        delivery,
        name,
        sha256,
        counts=Counts(**told["counts"]),
        sheets=told["sheets"],
        problems=problems,
        notes=[unpack(note) for note in told["notes"]],
        contoh=told["contoh"],
        kode=tuple(sorted(frame["kode"].dropna().unique())),
    )
    typed = conform(frame, delivery.table)
    empty = pd.DataFrame()
    result = CleanResult(
        delivery.table, typed, problems, report.counts, empty, empty, report.notes
    )
    return report, result
