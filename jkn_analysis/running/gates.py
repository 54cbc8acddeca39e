"""Why a region's page may not be mailed: a refused delivery, a report that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.running.ledger import ledger_path, read_last_outcomes
from jkn_analysis.store import list_refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jkn_analysis.config import Config
    from jkn_analysis.store import Refused

WHY = {
    "ditolak": "was refused",
    "batas": "could not be read",
    "hilang": "is gone",
}


def find_hindrances(
    config: Config, regions: Iterable[str], *, periode: str
) -> dict[str, list[str]]:
    """Say per region why its mail should wait; regions without a reason are left out.

    Parameters
    ----------
    config
        Folders.
    regions
        Codes.
    periode
        Month of the pages, ``2025-11``.

    Raises
    ------
    StoreError
        If nothing was built, or the store is torn.
    """
    refused = list_refused(config.paths.processed, cutoff=periode)
    last = read_last_outcomes(ledger_path(config.paths.reports, periode))
    found = {}
    for kode in regions:
        reasons = [describe(one) for one in refused if one.touches(kode)]
        if not last.get(kode, {"ok": True})["ok"]:
            reasons.append(f"its report failed: {last[kode].get('error', '')}")
        if reasons:
            found[kode] = reasons
    return found


def describe(one: Refused) -> str:
    """Say in a line what is refused or missing, and what stands in."""
    cells = f", {one.cells} cell(s)" if one.cells else ""
    when = one.sejak if one.sebab == "hilang" else one.tiba
    day = f" {'since' if one.sebab == 'hilang' else 'of'} {when}" if when else ""
    stand_in = f"; rows of {one.dipakai} stand in" if one.dipakai else ""
    return f"{one.file}{day} {WHY[one.sebab]}{cells}{stand_in}"
