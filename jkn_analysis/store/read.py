"""Reading the tables of one generation."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import StoreError
from jkn_analysis.store.generation import (
    Generation,
    find_generation,
    list_cutoffs,
    open_generation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd


def list_tables(root: Path, *, cutoff: str | None = None) -> list[str]:
    """Name the stored tables; none where nothing was ever built."""
    found = find_generation(root, cutoff=cutoff)
    return [] if found is None else sorted(found.tables)


def has_table(name: str, *, root: Path, cutoff: str | None = None) -> bool:
    """Tell whether a table was stored."""
    return name in list_tables(root, cutoff=cutoff)


def read_manifest(root: Path, *, cutoff: str | None = None) -> dict[str, Any]:
    """Read what a generation was built from: mark, tables, deliveries.

    Raises
    ------
    StoreError
        If nothing was built, or the store is torn or says nothing of samples.
    """
    found = open_generation(root, cutoff=cutoff)
    return {**found.manifest, "contoh": found.contoh}


def read_table(
    name: str,
    *,
    root: Path,
    kode: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    only: Mapping[str, Sequence[Any]] | None = None,
    cutoff: str | None = None,
    generation: Generation | None = None,
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
    cutoff
        Data month, ``2025-11``, as it was last stored; the newest if None.
    generation
        Read this one, whatever is the newest; `cutoff` is then of no account.

    Raises
    ------
    StoreError
        If the table was never built, nothing is stored of the month, or a file is
        damaged or without its sample mark.
    """
    chosen = generation or open_generation(root, cutoff=cutoff)
    return _read(chosen, name, _ask(kode, only), columns)


def _ask(
    kode: str | Sequence[str] | None, only: Mapping[str, Sequence[Any]] | None
) -> dict[str, Sequence[Any]]:
    """Return column to wanted values."""
    wanted = dict(only or {})
    if kode is not None:
        wanted["kode"] = [kode] if isinstance(kode, str) else kode
    return wanted


def _read(
    generation: Generation,
    name: str,
    wanted: Mapping[str, Sequence[Any]],
    columns: Sequence[str] | None,
) -> pd.DataFrame:
    """Read the parts of a table, in the order of its key."""
    import pyarrow as pa

    from jkn_analysis.store.parquet import read_parquet
    from jkn_analysis.tables import TABLES

    parts = generation.parts(name)
    mark = {"contoh": generation.contoh, "tabel": name}
    key = [c for c in TABLES[name].key if columns is None or c in columns]
    pieces = [
        read_parquet(path, footer=footer, mark=mark, wanted=wanted, columns=columns)
        for path, footer in parts.items()
    ]
    whole = pa.concat_tables(pieces, promote_options="default")
    frame = whole.to_pandas(use_threads=False)
    if len(pieces) > 1 and key:
        frame = frame.sort_values(key, kind="stable", ignore_index=True)
    return frame if columns is not None else _complete(frame, name, generation.root)


def _complete(frame: pd.DataFrame, name: str, root: Path) -> pd.DataFrame:
    """Add the optional columns that the version which stored a table did not know."""
    from jkn_analysis.tables import TABLES, conform

    absent = [c for c in TABLES[name].columns if c.name not in frame]
    needed = [column.name for column in absent if not column.optional]
    if needed:
        raise StoreError(
            f"{root}: table '{name}' is of an older version, without "
            f"{', '.join(needed)}\n  → run: jkn build, jkn forecast"
        )
    return conform(frame, name) if absent else frame


def read_table_or_empty(
    name: str,
    *,
    root: Path,
    kode: str | Sequence[str] | None = None,
    only: Mapping[str, Sequence[Any]] | None = None,
    cutoff: str | None = None,
    generation: Generation | None = None,
) -> pd.DataFrame:
    """Read a stored table; an empty one with the right columns if never built."""
    found = generation or find_generation(root, cutoff=cutoff)
    if found is not None and name in found.tables:
        return _read(found, name, _ask(kode, only), None)
    return _make_empty(name).copy(deep=False)


@cache
def _make_empty(name: str) -> pd.DataFrame:
    """Make a table without rows once: a page asks for several."""
    import pandas as pd

    from jkn_analysis.tables import conform

    return conform(pd.DataFrame(), name)


def read_past(
    name: str,
    *,
    root: Path,
    kode: str | Sequence[str] | None = None,
    only: Mapping[str, Sequence[Any]] | None = None,
    until: str | None = None,
) -> pd.DataFrame:
    """Read a computed table of every stored data month, to compare what was told.

    Parameters
    ----------
    name
        A computed table, such as ``ramalan``.
    root
        The folder of processed tables.
    kode
        Regions; all if None.
    only
        Column to the values wanted of it.
    until
        The last data month taken, ``2025-11``; all if None.

    Returns
    -------
    DataFrame
        The table's columns, with ``cutoff`` (timestamp) and ``dibuat`` (id of the
        build) of each row; no rows where nothing is stored.
    """
    import pandas as pd

    from jkn_analysis.tables import conform

    frames = []
    for month in list_cutoffs(root):
        if until is not None and month > until:
            continue
        found = open_generation(root, cutoff=month)
        if name in found.tables:
            rows = _read(found, name, _ask(kode, only), None)
            frames.append(
                rows.assign(
                    cutoff=pd.Timestamp(f"{month}-01").as_unit("us"),
                    dibuat=str(found.tables[name].get("dibuat", "")),
                )
            )
    if not frames:
        empty = conform(pd.DataFrame(), name)
        return empty.assign(cutoff=pd.Series(dtype="datetime64[us]"), dibuat="")
    return pd.concat(frames, ignore_index=True)


def list_values(
    name: str,
    column: str,
    *,
    root: Path,
    cutoff: str | None = None,
) -> list[Any]:
    """List the different values of a column in order.

    Raises
    ------
    StoreError
        If the table was never built.
    """
    rows = read_table(name, root=root, columns=[column], cutoff=cutoff)
    return sorted(rows[column].dropna().unique().tolist())


def hash_frame(frame: pd.DataFrame) -> str:
    """Return a digest of a table's content that ignores its row order."""
    import pandas as pd

    rows = pd.util.hash_pandas_object(frame, index=False).sort_values()
    head = "|".join(f"{name}:{frame[name].dtype}" for name in frame.columns)
    return hashlib.sha256(head.encode() + rows.to_numpy().tobytes()).hexdigest()


def require_table(name: str) -> None:
    """Refuse a name that is no table.

    Raises
    ------
    StoreError
        Lists the known ones.
    """
    from jkn_analysis.tables import TABLES

    if name not in TABLES:
        raise StoreError(f"'{name}' is no table\n  → one of: {', '.join(TABLES)}")
