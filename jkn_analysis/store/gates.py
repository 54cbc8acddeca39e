"""Which deliveries are refused or gone, and which regions they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jkn_analysis.store.generation import open_generation
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Refused:
    """A delivery whose newest content is not in the store."""

    file: str
    table: str
    sebab: Literal["ditolak", "batas", "hilang"]
    """Refused for its faults; not read (our limits, a share away); gone."""
    tiba: str
    """Day the content came, ``2025-12-03``; empty if unknown."""
    cells: int
    """Cells with faults."""
    kode: tuple[str, ...] | None
    """Regions it has rows of; None if that is not known: then it concerns all."""
    dipakai: str = ""
    """Day on which the older content came whose rows stand in; empty if none do."""
    sejak: str = ""
    """Day since which a file is gone."""

    def touches(self, kode: str) -> bool:
        """Tell whether a page of `kode` would say something of it."""
        if self.kode is None or kode == NASIONAL or NASIONAL in self.kode:
            return True
        if "." in kode:
            return bool({kode, kode[:2]} & {*self.kode})
        return any(code[:2] == kode for code in self.kode)


def list_refused(
    root: Path, *, kode: str | None = None, cutoff: str | None = None
) -> list[Refused]:
    """List the refused and missing deliveries, all or those that concern a region.

    Parameters
    ----------
    root
        The folder of processed tables.
    kode
        A region, provinsi or ``00``; all deliveries if None.
    cutoff
        Data month, ``2025-11``; the newest if None.

    Raises
    ------
    StoreError
        If nothing was built, or the store is torn.
    """
    return find_refused(open_generation(root, cutoff=cutoff).manifest, kode=kode)


def find_refused(
    manifest: Mapping[str, Any], *, kode: str | None = None
) -> list[Refused]:
    """List what a manifest says is refused or missing; see `list_refused`."""
    found = [_read(entry) for entry in manifest.get("refused", [])]
    found += [
        _read({**entry, "sebab": "hilang"}) for entry in manifest.get("hilang", [])
    ]
    return [one for one in found if kode is None or one.touches(kode)]


def _read(entry: Mapping[str, Any]) -> Refused:
    """Read one line of the manifest."""
    kode = entry["kode"]
    return Refused(
        file=entry["file"],
        table=entry["table"],
        sebab=entry["sebab"],
        tiba=entry["tiba"],
        cells=entry.get("cells", 0),
        kode=None if kode is None else tuple(kode),
        dipakai=entry.get("dipakai", {}).get("tiba", ""),
        sejak=entry.get("sejak", ""),
    )
