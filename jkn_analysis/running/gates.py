"""Why a region's page may not be mailed: a refused delivery, a report that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.briefing.absent import tell_refused
from jkn_analysis.briefing.words import Words
from jkn_analysis.running.ledger import ledger_path, read_last_outcomes
from jkn_analysis.store import list_refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jkn_analysis.config import Config


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
    words = Words(config.report.bahasa)
    refused = list_refused(config.paths.processed, cutoff=periode)
    last = read_last_outcomes(ledger_path(config.paths.reports, periode))
    found = {}
    for kode in regions:
        reasons = [tell_refused(one, words) for one in refused if one.touches(kode)]
        if not last.get(kode, {"ok": True})["ok"]:
            reasons.append(f"its report failed: {last[kode].get('error', '')}")
        if reasons:
            found[kode] = reasons
    return found
