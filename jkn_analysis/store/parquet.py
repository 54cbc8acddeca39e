"""One table as Parquet files that carry its name, version and sample mark."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import StoreError
from jkn_analysis.store.generation import REMEDY, SCHEMA, hash_content, torn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile

ROW_GROUP = 8192
"""Rows that are read together; small, so that one region costs little."""
ROW_GROUP_BYTES = 256
"""The same where a column holds all draws of a row."""
LEVEL = 9
"""Of zstd: hardly slower to write than its own choice, and no slower to read."""
PART_ROWS = 100_000
"""Longer tables are split by year: years that stay are not stored again."""
ALL = "*"
"""Stands for the whole of a table without a column kode."""
DIGEST_CHARACTERS = 32
MARK = b"jkn"


def split_years(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield a table whole under '', or a long one by year of periode."""
    if len(frame) <= PART_ROWS or "periode" not in frame or "cutoff" in frame:
        yield "", frame
        return
    for year, part in frame.groupby(frame["periode"].dt.year, sort=True):
        yield f"{year}", part


def encode_parquet(frame: pd.DataFrame, *, mark: Mapping[str, Any]) -> bytes:
    """Return a frame as a Parquet file with its mark and a checksum per page."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    holds_bytes = any(pa.types.is_binary(kind) for kind in table.schema.types)
    told = json.dumps({"skema": SCHEMA, **mark}, sort_keys=True)
    metadata = {**(table.schema.metadata or {}), MARK: told.encode()}
    split = _find_varied(frame)
    written = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(metadata),
        written,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=[name for name in frame.columns if name not in split],
        use_byte_stream_split=split,
        row_group_size=ROW_GROUP_BYTES if holds_bytes else ROW_GROUP,
        write_page_checksum=True,
    )
    return written.getvalue().to_pybytes()


def _find_varied(frame: pd.DataFrame) -> list[str]:
    """Name the columns of fractions that hardly repeat: their bytes pack better split.

    A forecast is stored every month, so that a third less of it counts.
    """
    floats = frame.select_dtypes("float64").head(ROW_GROUP)
    return [str(name) for name in floats if floats[name].nunique() * 4 > len(floats)]


def hash_footer(content: bytes) -> str:
    """Return the digest of a Parquet file's end: its schema, marks and offsets.

    Pages carry checksums of their own, so that a region's rows are read without
    hashing the whole file.
    """
    size = int.from_bytes(content[-8:-4], "little") + 8
    return hash_content(content[-size:])


def _read_footer(path: Path) -> bytes:
    """Read the end of a Parquet file, as far as its last bytes say it goes."""
    with path.open("rb") as opened:
        whole = opened.seek(0, 2)
        opened.seek(max(0, whole - 8))
        size = int.from_bytes(opened.read(4), "little") + 8
        opened.seek(max(0, whole - size))
        return opened.read()


def open_parquet(path: Path, *, footer: str, mark: Mapping[str, Any]) -> ParquetFile:
    """Open a stored file, which must carry the mark of its generation.

    Raises
    ------
    StoreError
        If it is damaged, or its name, version or sample mark differ or are missing.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        lies = path.stat()
        told, held = _read_end(path, footer, lies.st_mtime_ns, lies.st_size)
    except (OSError, ValueError, pa.ArrowException) as exc:
        raise _damaged(path, exc) from exc
    wanted = {"skema": SCHEMA, **mark}
    if any(held.get(name) != value for name, value in wanted.items()):
        raise StoreError(
            f"{path}: its mark is missing or not its generation's "
            f"(sample, table, version)\n  → {REMEDY}"
        )
    try:
        return pq.ParquetFile(
            path, metadata=told, pre_buffer=False, page_checksum_verification=True
        )
    except (OSError, pa.ArrowException) as exc:
        raise _damaged(path, exc) from exc


@lru_cache(maxsize=512)
def _read_end(
    path: Path,
    footer: str,
    _mtime_ns: int,
    _size: int,
) -> tuple[FileMetaData, dict[str, Any]]:
    """Check and read the end of a file as it lies there, and the mark in it.

    Once for all pages: a batch makes one before it forks, and the others inherit it.
    """
    import pyarrow.parquet as pq

    if hash_content(_read_footer(path)) != footer:
        raise torn(path, "damaged: not the end that was written")
    told = pq.read_metadata(path)
    held = json.loads((told.metadata or {}).get(MARK, b"{}"))
    return told, held if isinstance(held, dict) else {}


def _damaged(path: Path, exc: Exception) -> StoreError:
    """Say that a Parquet file cannot be read."""
    why = (str(exc).splitlines() or [""])[0][:200]
    return torn(path, f"damaged ({why})")


def read_parquet(
    path: Path,
    *,
    footer: str,
    mark: Mapping[str, Any],
    wanted: Mapping[str, Sequence[Any]],
    columns: Sequence[str] | None,
) -> pa.Table:
    """Read the row groups that may hold wanted rows, and keep these of each.

    Tables lie in order of kode, so one region is a group or two of a national
    table. One thread: the batch runs as many processes as there are cores.

    Raises
    ------
    StoreError
        If the file is damaged or carries another mark.
    """
    import pyarrow as pa

    with open_parquet(path, footer=footer, mark=mark) as stored:
        try:
            return _read_groups(stored, wanted, columns)
        except KeyError as exc:
            raise StoreError(
                f"{path}: table '{mark['tabel']}' has no column {exc}\n"
                f"  → one of: {', '.join(stored.schema_arrow.names)}"
            ) from exc
        except (OSError, pa.ArrowException) as exc:
            raise _damaged(path, exc) from exc


def _read_groups(
    stored: ParquetFile,
    wanted: Mapping[str, Sequence[Any]],
    columns: Sequence[str] | None,
) -> pa.Table:
    """Read one open file."""
    import pyarrow as pa

    schema = stored.schema_arrow
    for name in columns or ():
        if name not in schema.names:
            raise KeyError(name)
    asked = {name: found for name, found in wanted.items() if name in schema.names}
    if not asked:
        return stored.read(columns=columns, use_threads=False)
    groups: Sequence[int] = range(stored.metadata.num_row_groups)
    if "kode" in asked:
        place = schema.names.index("kode")
        groups = _find_groups(stored.metadata, place, asked["kode"])
    needed = None if columns is None else [*dict.fromkeys([*columns, *asked])]
    pieces = [
        _choose_rows(
            stored.read_row_group(number, columns=needed, use_threads=False), asked
        )
        for number in groups
    ]
    table = pa.concat_tables(pieces) if pieces else schema.empty_table()
    return table if columns is None else table.select(list(columns))


def _choose_rows(table: pa.Table, wanted: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Keep the rows whose columns hold wanted values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, values in wanted.items():
        chosen = pa.array(values, table[name].type)
        table = table.filter(pc.is_in(table[name], chosen))
    return table


def _find_groups(told: FileMetaData, column: int, kode: Sequence[str]) -> Sequence[int]:
    """Give the numbers of row groups whose range of codes holds one of `kode`."""
    found = []
    for number in range(told.num_row_groups):
        range_ = told.row_group(number).column(column).statistics
        within = range_ is None or not range_.has_min_max
        if within or any(range_.min <= code <= range_.max for code in kode):
            found.append(number)
    return found


def hash_regions(frame: pd.DataFrame) -> dict[str, str]:
    """Hash the rows of a table per kode, whatever their order.

    Returns
    -------
    dict
        Region to digest; ``*`` for a table without regions or without rows.
    """
    import numpy as np
    import pandas as pd

    head = "|".join(f"{name}:{frame[name].dtype}" for name in frame.columns).encode()
    if frame.empty:
        return {ALL: hashlib.sha256(head).hexdigest()[:DIGEST_CHARACTERS]}
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names, numbers = [ALL], np.zeros(len(frame), dtype=np.int64)
    if "kode" in frame:
        numbers, found = pd.factorize(frame["kode"])
        names = [str(name) for name in found]
    order = np.lexsort((rows, numbers))
    edges = np.searchsorted(numbers[order], np.arange(len(names) + 1))
    return {
        kode: hashlib.sha256(
            head + rows[order[edges[place] : edges[place + 1]]].tobytes()
        ).hexdigest()[:DIGEST_CHARACTERS]
        for place, kode in enumerate(names)
    }
