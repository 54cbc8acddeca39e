"""Mail and versions: a revised page says so first, a mailed page is an issued one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.briefing.words import Words
from jkn_analysis.errors import RunError
from jkn_analysis.running.archive import find_laid_aside, issue
from jkn_analysis.running.revision import read_revision, say_revision

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jkn_analysis.config import Config
    from jkn_analysis.delivery.ledger import Copy

MOST_SAID = 6
"""Changes that stand in the first line; the page lists all."""


def tell_revised(page: Path, bahasa: str) -> tuple[str, ...]:
    """Say which figures of an issued page have changed; nothing where none has.

    Parameters
    ----------
    page
        The file of its page object.
    bahasa
        Language of the page.
    """
    told = read_revision(page)
    if not told:
        return ()
    head, *changes = say_revision(told, Words(bahasa))
    return (" ".join([head, *(f"{change}." for change in changes[:MOST_SAID])]),)


def note_sent(config: Config, copies: Iterable[Copy], *, pada: str) -> list[str]:
    """Record that pages went out by mail; return a line for each not in the archive.

    Parameters
    ----------
    config
        Folders.
    copies
        What was sent just now.
    pada
        When, as text.
    """
    offices: dict[tuple[str, str], set[str]] = {}
    for copy in copies:
        offices.setdefault((copy.kode, copy.laporan), set()).add(copy.kantor)
    missing = []
    for (kode, digest), names in offices.items():
        found = find_laid_aside(config.paths.reports, kode, digest)
        if found is None:
            missing.append(f"{kode}: the page that was sent is not in the archive")
            continue
        periode, stem = found
        try:
            issue(
                config,
                periode,
                stem,
                sha256=digest,
                pada=pada,
                cara="surat",
                kepada=sorted(names),
            )
        except RunError as exc:
            missing.append(f"{kode}: {str(exc).splitlines()[0]}")
    return missing
