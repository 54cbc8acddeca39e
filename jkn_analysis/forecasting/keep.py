"""What stays as told when figures of one region are corrected within a data month.

All regions are forecast together, so a correction of one moves every forecast by a
hair. What was told for a data month stays told: only the corrected regions, their
provinsi and the country are made anew, until a month is added, the settings or the
library change, or all is asked for anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.errors import StoreError
from jkn_analysis.store import open_generation, read_table
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from jkn_analysis.store import Draft, Generation

INPUTS = (
    "anggaran",
    "iuran",
    "iuran_pemda",
    "kepesertaan",
    "penduduk",
    "peristiwa",
    "selisih",
    "tunggakan_peserta",
)
"""Tables that forecasts are made of."""
WIDE = "peristiwa"
"""The table whose rows of a provinsi or the country concern every region in it."""
SUMS = {"arus_tunggakan": ["periode", "jenis"]}
"""Tables whose rows of a provinsi are sums, and what a row is; `ramalan` is one too,
but the forecaster itself adds that up."""
STATE = "ramalan"
"""What the manifest of a generation says of its forecasts."""

Digests = dict[str, dict[str, str]]
"""Table to region to digest of its rows."""


@dataclass(frozen=True)
class Kept:
    """The forecasts told before and the regions to make anew."""

    root: Path
    changed: frozenset[str]
    cutoff: str | None = None

    def read(self, name: str) -> pd.DataFrame:
        """Read the rows of a table that stay."""
        told = read_table(name, root=self.root, cutoff=self.cutoff)
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


def hash_inputs(tables: Generation | Draft) -> Digests:
    """Return the digests of every input table's rows per region."""
    return {name: tables.digests(name) for name in INPUTS if name in tables.tables}


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


def find_kept(root: Path, *, basis: str, cutoff: str | None = None) -> Kept | None:
    """Find what was told before on the same basis; None if all must be made anew.

    Parameters
    ----------
    root
        The folder of processed tables.
    basis
        Stands for months, settings and library.
    cutoff
        Data month; the newest if None.
    """
    generation = open_generation(root, cutoff=cutoff)
    told: Mapping[str, Any] = generation.manifest.get(STATE, {})
    if told.get("basis") != basis or not _is_whole(generation, told["outputs"]):
        return None
    now = hash_inputs(generation)
    changed = find_changed(now, told["inputs"])
    if not now.get("kepesertaan", {}).keys() - changed:
        return None
    return Kept(root, changed, cutoff)


def _is_whole(generation: Generation, outputs: Mapping[str, str]) -> bool:
    """Tell whether the forecasts told are stored, and not edited since."""
    try:
        generation.verify()
    except StoreError:
        return False
    return all(
        name in generation.tables and generation.tables[name]["sidik"]["file"] == file
        for name, file in outputs.items()
    )


def note_told(draft: Draft, names: Iterable[str], *, basis: str) -> None:
    """Note what the drafted tables were made of."""
    outputs = {name: draft.tables[name]["sidik"]["file"] for name in names}
    told = {"basis": basis, "inputs": hash_inputs(draft), "outputs": outputs}
    draft.tell(**{STATE: told})
