"""What a build changed of months that were known before: which file, which row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jkn_analysis.cleaning.contents import Read
from jkn_analysis.store import Draft, Generation, append_lines, read_lines, read_table
from jkn_analysis.tables import TABLES

REGISTER = "koreksi.jsonl"
WATCHED = (
    "kepesertaan",
    "penduduk",
    "tunggakan_peserta",
    "iuran",
    "iuran_pemda",
    "anggaran",
    "peristiwa",
    "faskes",
    "publikasi",
    "sasaran_pbi",
    "usulan_pbi",
    "fiskal",
    "layanan",
)
"""Delivered tables whose figures stand on pages."""
FACTS = {"table", "kode", "kunci", "kolom", "dari", "ke", "file", "baris"}
"""What a line of the register must say."""
MOST_LISTED = 500
"""Changed cells of one table that are listed one by one; more are counted."""


def find_corrections(
    base: Generation | None,
    draft: Draft,
    tables: Mapping[str, pd.DataFrame],
    used: Sequence[Read],
) -> list[dict[str, Any]]:
    """List the cells of a month known before that have another value now.

    Parameters
    ----------
    base
        What was stored before; None lists nothing.
    draft
        What is stored now.
    tables
        Its delivered tables.
    used
        What was read, with the file and row of every value.
    """
    if base is None or base.contoh != draft.contoh:
        return []
    found: list[dict[str, Any]] = []
    for name in WATCHED:
        if name not in base.tables or name not in tables:
            continue
        then, now = base.digests(name), draft.digests(name)
        kode = [k for k in then.keys() & now.keys() if then[k] != now[k]]
        if kode:
            old = read_table(name, root=base.root, kode=kode, generation=base)
            new = tables[name][tables[name]["kode"].isin(kode)]
            found += list(_compare(name, old, new, used))
    return found


def _compare(
    name: str, old: pd.DataFrame, new: pd.DataFrame, used: Sequence[Read]
) -> Iterator[dict[str, Any]]:
    """Compare the rows that both have, column by column."""
    key = list(TABLES[name].key)
    both = old.merge(new, on=key, suffixes=("", "_baru"))
    count = 0
    for column in [n for n in TABLES[name].names if n not in key]:
        one, two = both[column], both[f"{column}_baru"]
        same = (one == two) | (one.isna() & two.isna())
        for row in both[~same.fillna(value=False).astype(bool)].to_dict("records"):
            count += 1
            if count <= MOST_LISTED:
                yield _describe(name, key, column, row, used)
    if count > MOST_LISTED:
        yield {"table": name, "kode": "", "lainnya": count - MOST_LISTED}


def _describe(
    name: str,
    key: Sequence[str],
    column: str,
    row: Mapping[Any, Any],
    used: Sequence[Read],
) -> dict[str, Any]:
    """Return one changed cell as plain values."""
    values = {part: _plain(row[part]) for part in key}
    file, number = _find_origin(name, {part: row[part] for part in key}, used)
    return {
        "table": name,
        "kode": values.pop("kode", ""),
        "kunci": values,
        "kolom": column,
        "dari": _plain(row[column]),
        "ke": _plain(row[f"{column}_baru"]),
        "file": file,
        "baris": number,
    }


def _find_origin(
    name: str, key: Mapping[str, Any], used: Sequence[Read]
) -> tuple[str, int | None]:
    """Find the file and row a value came from; the last file with it wins."""
    for report, result in reversed(used):
        if result is None or result.table != name or key["kode"] not in report.kode:
            continue
        chosen = pd.Series(data=True, index=result.frame.index)
        for part, value in key.items():
            chosen &= result.frame[part] == value
        if chosen.any():
            rows = result.origin.get("row", pd.Series(dtype=int))
            whole = len(rows) == len(result.frame)
            place = int(chosen.to_numpy().argmax())
            return report.name, int(rows.iloc[place]) if whole else None
    return "", None


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of a table
    """Turn a cell into what JSON holds."""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m}" if value.day == 1 else f"{value:%Y-%m-%d}"
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def note_corrections(
    root: Path,
    found: Sequence[Mapping[str, Any]],
    *,
    dibuat: str,
    day: dt.date | None,
) -> None:
    """Add the corrections of a build to the register."""
    head = {"dibuat": dibuat, "pada": str(day or "")}
    if found:
        append_lines(root / REGISTER, [{**head, **line} for line in found])


def list_corrections(root: Path, kode: str, *, after: int = 0) -> list[dict[str, Any]]:
    """List the corrections of a region, a provinsi's or the country's regions.

    Parameters
    ----------
    root
        The folder of processed tables.
    kode
        The page's region.
    after
        Lines of the register to pass over: those known when a page was issued.
    """
    start = "" if kode == "00" else kode
    return [
        line
        for line in read_lines(root / REGISTER)[after:]
        if str(line.get("kode")).startswith(start)
        and ("lainnya" in line or line.keys() >= FACTS)
    ]


def count_corrections(root: Path) -> int:
    """Count the lines of the register."""
    return len(read_lines(root / REGISTER))
