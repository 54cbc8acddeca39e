"""What stays as told when figures of one region are corrected within a data month.

All regions are forecast together, so a correction of one moves every forecast by a
hair. What was told for a data month stays told: only the corrected regions, their
provinsi and the country are made anew, until a month is added, the settings or the
library change, or all is asked for anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.store import has_table, hash_file, hash_table, read_table, write_text
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

INPUTS = (
    "anggaran",
    "iuran",
    "iuran_pemda",
    "kepesertaan",
    "penduduk",
    "peristiwa",
    "tunggakan_peserta",
)
"""Tables that forecasts are made of."""
WIDE = "peristiwa"
"""The table whose rows of a provinsi or the country concern every region in it."""
SUMS = {"arus_tunggakan": ["periode", "jenis"]}
"""Tables whose rows of a provinsi are sums, and what a row is; `ramalan` is one too,
but the forecaster itself adds that up."""
STATE = "ramalan.json"
FORMAT = 1

Digests = dict[str, dict[str, str]]
"""Table to region to digest of its rows."""


@dataclass(frozen=True)
class Kept:
    """The forecasts told before and the regions to make anew."""

    root: Path
    changed: frozenset[str]

    def read(self, name: str) -> pd.DataFrame:
        """Read the rows of a table that stay."""
        told = read_table(name, root=self.root)
        return told[~told["kode"].isin(self.changed)] if "kode" in told else told

    def merge(self, made: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Put made rows of the changed regions beside what stays.

        A table without regions (how well forecasts of the past did) stays.
        """
        merged = {}
        for name, table in made.items():
            told = self.read(name)
            if "kode" in table:
                anew = table[table["kode"].isin(self.changed)]
                told = pd.concat([told, anew], ignore_index=True)
            if name in SUMS:
                told = _add_up(told, SUMS[name], self.changed)
            merged[name] = told
        return merged


def _add_up(
    table: pd.DataFrame, keys: list[str], changed: frozenset[str]
) -> pd.DataFrame:
    """Make the rows of changed provinsi and of the country sums of what is told."""
    upper = sorted(kode for kode in changed if "." not in kode)
    parts = table[table["kode"].str.contains(".", regex=False)]
    amounts = [name for name in table.columns if name not in {"kode", *keys}]
    sums = [
        parts[parts["kode"].str.startswith("" if kode == NASIONAL else kode)]
        .groupby(keys, as_index=False, observed=True)[amounts]
        .sum(min_count=1)
        .assign(kode=kode)
        for kode in upper
    ]
    rest = table[~table["kode"].isin(upper)]
    return pd.concat([rest, *sums], ignore_index=True)[list(table.columns)]


def hash_inputs(root: Path) -> Digests:
    """Hash the rows of every input table per region."""
    return {
        name: hash_table(root / f"{name}.parquet")
        for name in INPUTS
        if has_table(name, root=root)
    }


def find_changed(now: Digests, then: Digests) -> frozenset[str]:
    """Name the regions whose rows differ, with their provinsi and the country.

    Examples
    --------
    >>> sorted(find_changed({"iuran": {"82.71": "a"}}, {"iuran": {"82.71": "b"}}))
    ['00', '82', '82.71']
    """
    known = {kode for part in (now, then) for rows in part.values() for kode in rows}
    changed: set[str] = set()
    for name in {*now, *then}:
        here, there = now.get(name, {}), then.get(name, {})
        differ = {k for k in {*here, *there} if here.get(k) != there.get(k)}
        if name == WIDE:
            differ |= {k for k in known if differ & {NASIONAL, k[:2]}}
        changed |= differ
    above = {kode[:2] for kode in changed} | ({NASIONAL} if changed else set())
    return frozenset(changed | above)


def find_kept(root: Path, *, basis: str) -> Kept | None:
    """Find what was told before on the same basis; None if all must be made anew.

    Parameters
    ----------
    root
        The folder of processed tables.
    basis
        Stands for months, settings and library.
    """
    try:
        told: dict[str, Any] = json.loads((root / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if (told.get("format"), told.get("basis")) != (FORMAT, basis):
        return None
    for name, digest in told["outputs"].items():
        path = root / f"{name}.parquet"
        if not path.is_file() or hash_file(path) != digest:
            return None
    now = hash_inputs(root)
    changed = find_changed(now, told["inputs"])
    return Kept(root, changed) if now["kepesertaan"].keys() - changed else None


def note_told(root: Path, names: Iterable[str], *, basis: str) -> None:
    """Note what the stored tables were made of."""
    told = {
        "format": FORMAT,
        "basis": basis,
        "inputs": hash_inputs(root),
        "outputs": {name: hash_file(root / f"{name}.parquet") for name in names},
    }
    write_text(root / STATE, json.dumps(told, sort_keys=True) + "\n")
