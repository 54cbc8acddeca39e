"""The only module that touches ``data/processed``: Parquet tables and the manifest."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

MANIFEST = "manifest.json"
ROW_GROUP = 8192
"""Rows that are read together; small, so that one region costs little."""
BATCH_ROWS = 100_000
ALL = "*"
"""Stands for the whole of a table without a column kode."""


@contextmanager
def open_atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it on success.

    The file appears whole or not at all; a failure leaves the old one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as exc:
        free = os.statvfs(path.parent)
        room = free.f_bavail * free.f_frsize
        raise StoreError(
            f"{path}: cannot be written ({exc.strerror}); the folder has "
            f"{room} bytes free\n  → free space or choose another folder"
        ) from exc
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with open_atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with open_atomic(path) as temporary:
        temporary.write_bytes(content)


def write_table(frame: pd.DataFrame, name: str, *, root: Path) -> Path:
    """Check a canonical table and store it, sorted by its key.

    Parameters
    ----------
    frame
        The typed table.
    name
        A key of ``tables.TABLES``.
    root
        The folder of processed tables.
    """
    from jkn_analysis.tables import TABLES, check, conform

    table = TABLES[name]
    typed = check(conform(frame, name), name)
    ordered = typed.sort_values(list(table.key), kind="stable", ignore_index=True)
    path = root / f"{name}.parquet"
    with open_atomic(path) as temporary:
        ordered.to_parquet(
            temporary, index=False, compression="zstd", row_group_size=ROW_GROUP
        )
    return path


def list_tables(root: Path) -> list[str]:
    """Name the stored tables."""
    return sorted(path.stem for path in root.glob("*.parquet"))


def remove_table(name: str, *, root: Path) -> None:
    """Remove a stored table whose deliveries are gone."""
    (root / f"{name}.parquet").unlink(missing_ok=True)


def has_table(name: str, *, root: Path) -> bool:
    """Tell whether a table was stored."""
    return (root / f"{name}.parquet").is_file()


def read_table(
    name: str,
    *,
    root: Path,
    kode: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    only: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    """Read a stored table, or only the rows of some regions.

    Parameters
    ----------
    name
        A key of ``tables.TABLES``.
    root
        The folder of processed tables.
    kode
        Regions; all if None.
    columns
        Columns; all if None.
    only
        Column to the values wanted of it; rows of others take no memory.

    Raises
    ------
    StoreError
        If the table was never built.
    """
    path = _require(name, root)
    wanted = dict(only or {})
    if kode is not None:
        wanted["kode"] = [kode] if isinstance(kode, str) else kode
    return _read_groups(path, wanted, columns)


def _require(name: str, root: Path) -> Path:
    """Return the path of a stored table, which must be there."""
    path = root / f"{name}.parquet"
    if not path.is_file():
        raise StoreError(
            f"{path}: table '{name}' is not built\n  → run: jkn build, jkn forecast"
        )
    return path


def _read_groups(
    path: Path, wanted: Mapping[str, Sequence[Any]], columns: Sequence[str] | None
) -> pd.DataFrame:
    """Read the row groups that may hold wanted rows, and keep these of each.

    Tables lie in order of kode, so one region is a group or two of a national
    table. One thread: the batch runs as many processes as there are cores.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as stored:
        schema = stored.schema_arrow
        asked = {name: found for name, found in wanted.items() if name in schema.names}
        if not asked:
            table = stored.read(columns=columns, use_threads=False)
            return table.to_pandas(use_threads=False)
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
    return (table if columns is None else table.select(list(columns))).to_pandas(
        use_threads=False
    )


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


def list_values(
    name: str, column: str, *, root: Path, kode: Sequence[str] | None = None
) -> list[Any]:
    """List the different values of a column in order, of all or of some regions.

    Raises
    ------
    StoreError
        If the table was never built.
    """
    import pyarrow.parquet as pq

    found: set[Any] = set()
    wanted = {} if kode is None else {"kode": kode}
    columns = [*dict.fromkeys([column, *wanted])]
    with pq.ParquetFile(_require(name, root), pre_buffer=False) as stored:
        for number in range(stored.metadata.num_row_groups):
            part = stored.read_row_group(number, columns=columns, use_threads=False)
            found.update(_choose_rows(part, wanted)[column].unique().to_pylist())
    return sorted(found - {None})


def read_table_or_empty(
    name: str,
    *,
    root: Path,
    kode: str | Sequence[str] | None = None,
    only: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    """Read a stored table; an empty one with the right columns if never built."""
    import pandas as pd

    from jkn_analysis.tables import conform

    if has_table(name, root=root):
        return read_table(name, root=root, kode=kode, only=only)
    return conform(pd.DataFrame(), name)


def read_manifest(root: Path) -> dict[str, Any]:
    """Read what was built from which files; empty if nothing was."""
    path = root / MANIFEST
    if not path.is_file():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def write_manifest(manifest: dict[str, Any], *, root: Path) -> None:
    """Write the manifest, keys sorted so that equal builds are equal bytes."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    write_text(root / MANIFEST, text + "\n")


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def hash_frame(frame: pd.DataFrame) -> str:
    """Return a digest of a table's content that ignores its row order."""
    import pandas as pd

    rows = pd.util.hash_pandas_object(frame, index=False).sort_values()
    head = "|".join(f"{name}:{frame[name].dtype}" for name in frame.columns)
    return hashlib.sha256(head.encode() + rows.to_numpy().tobytes()).hexdigest()


def hash_table(path: Path) -> dict[str, str]:
    """Hash the rows of one Parquet file per kode, whatever their order.

    Reads a batch at a time, so that the largest table costs 16 bytes a row.
    """
    import numpy as np
    import pyarrow.parquet as pq

    codes: dict[str, int] = {}
    of_row, hashes = [], []
    with pq.ParquetFile(path) as stored:
        head = str(stored.schema_arrow.remove_metadata())
        for batch in stored.iter_batches(BATCH_ROWS, use_threads=False):
            frame = batch.to_pandas()
            of_row.append(_number_regions(frame, codes))
            hashes.append(_hash_rows(frame))
    if not hashes:
        return {ALL: hashlib.sha256(head.encode()).hexdigest()}
    region, row = np.concatenate(of_row), np.concatenate(hashes)
    order = np.lexsort((row, region))
    region, row = region[order], row[order]
    edges = np.searchsorted(region, np.arange(len(codes) + 1))
    return {
        kode: hashlib.sha256(
            head.encode() + row[edges[number] : edges[number + 1]].tobytes()
        ).hexdigest()
        for kode, number in codes.items()
    }


def _number_regions(frame: pd.DataFrame, codes: dict[str, int]) -> np.ndarray:
    """Give every row the number of its region, extending `codes`."""
    import numpy as np
    import pandas as pd

    if "kode" not in frame:
        codes.setdefault(ALL, 0)
        return np.zeros(len(frame), dtype=np.int32)
    numbers, names = pd.factorize(frame["kode"])
    known = [codes.setdefault(name, len(codes)) for name in names]
    return np.asarray(known, dtype=np.int32)[numbers]


def _hash_rows(frame: pd.DataFrame) -> np.ndarray:
    """Hash the rows of a frame, the index apart."""
    import pandas as pd

    return pd.util.hash_pandas_object(frame, index=False).to_numpy()
