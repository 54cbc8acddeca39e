"""What data a report depends on: one digest per table and region, cheap to repeat.

A report of a kabupaten/kota depends on its own rows, on rows of its province and of
the country in the tables that have such rows for everybody (events, meetings,
published figures), and on tables without regions. A province depends on its
regions, the country on all.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jkn_analysis.store import open_generation
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


SHARED = frozenset({"peristiwa", "rapat"})
"""Tables whose rows for a province or the country concern every region in it."""
IGNORED = frozenset({"wilayah", "penerima", "masa_depan"})
"""Tables no report reads: packaged facts, addresses of the mail, joint paths."""
ALL = "*"
"""Stands for the whole of a table without a column kode."""

Slices = dict[str, dict[str, str]]
"""Table to region to digest."""


def read_slices(root: Path, *, cutoff: str | None = None) -> Slices:
    """Read the digests of every stored table per region, its files checked.

    Raises
    ------
    StoreError
        If nothing was built, or a file is not what was written.
    """
    generation = open_generation(root, cutoff=cutoff)
    generation.verify()
    return {
        name: generation.digests(name)
        for name in generation.tables
        if name not in IGNORED
    }


def find_scope(kode: str, known: Iterable[str], *, table: str) -> list[str]:
    """List the regions whose rows of a table a report of `kode` depends on."""
    if kode == NASIONAL:
        return sorted(known)
    above = {ALL, kode}
    if table in SHARED:
        above |= {NASIONAL, kode[:2]}
    below = f"{kode}." if len(kode) == 2 else kode
    return sorted(k for k in known if k in above or k.startswith(below))


def select_slices(slices: Mapping[str, Mapping[str, str]], kode: str) -> dict[str, str]:
    """Return, per table, one digest of all rows a report of `kode` depends on.

    A table without such rows is left out, so that its coming changes no others.
    """
    selected = {}
    for table, digests in slices.items():
        scope = find_scope(kode, digests, table=table)
        text = "".join(f"{part} {digests[part]}\n" for part in scope)
        if scope:
            selected[table] = hashlib.sha256(text.encode()).hexdigest()
    return selected
