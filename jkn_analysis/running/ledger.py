"""What runs did: one line per event, kept apart from the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import RunError
from jkn_analysis.store import append_lines, read_lines

if TYPE_CHECKING:
    from pathlib import Path

STATE = ".run"
FACTS = {
    "start": {"at", "reports"},
    "report": {"kode", "ok"},
    "end": {"stopped"},
}
"""Kind of event to what a line of it must say."""


def state_folder(reports: Path) -> Path:
    """Return the folder of the ledgers."""
    return reports / STATE


def ledger_path(reports: Path, periode: str) -> Path:
    """Return the ledger of one month."""
    return state_folder(reports) / f"{periode}.jsonl"


def open_ledger(path: Path) -> None:
    """Make sure that a ledger can be written before work is done.

    Raises
    ------
    RunError
        If its folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as exc:
        raise RunError(
            f"{path.parents[1]}: reports cannot be written there ({exc.strerror})\n"
            "  → make the folder writable or set paths.reports in the config file"
        ) from exc


def append_event(path: Path, event: dict[str, Any]) -> None:
    """Append one event as one line in one write."""
    append_lines(path, [event])


def read_events(path: Path) -> list[dict[str, Any]]:
    """Read the events; a line cut short by a kill, or without its facts, is not one."""
    return [
        event
        for event in read_lines(path)
        if FACTS.get(str(event.get("event")), {"?"}) <= event.keys()
    ]


def read_last_outcomes(path: Path) -> dict[str, dict[str, Any]]:
    """Return the last outcome of every region in the ledger."""
    return {
        event["kode"]: event
        for event in read_events(path)
        if event.get("event") == "report"
    }
