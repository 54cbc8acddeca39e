"""A run: the plan made true by workers, recorded as it goes, resumable."""

from __future__ import annotations

import errno
import os
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jkn_analysis.briefing.page_file import page_stem, split_stem
from jkn_analysis.config import hide_secrets
from jkn_analysis.errors import RunError
from jkn_analysis.running.ledger import (
    append_event,
    ledger_path,
    open_ledger,
    read_events,
    read_last_outcomes,
)
from jkn_analysis.running.manifest import SUFFIX
from jkn_analysis.running.plan import Choice, Planned, build_plan
from jkn_analysis.running.report import PAGE, Outcome
from jkn_analysis.store import hold_project, sweep_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jkn_analysis.config import Config
    from jkn_analysis.reporting.index_page import IndexRow
    from jkn_analysis.running.report import Job

INDEX = "index"
FULL = os.strerror(errno.ENOSPC)
"""A full disk ends the round: every further report would fail the same way."""
DEFAULT_WEIGHT_S = {"nasional": 30.0, "provinsi": 10.0, "kabupaten": 1.0}


class Workforce(Protocol):
    """What makes reports: the local pool, or a cluster."""

    def run(self, jobs: Sequence[Job]) -> Iterator[Outcome | None]:
        """Yield outcomes as they come, None when only time has passed."""
        ...

    def close(self) -> None:
        """Let go of all processes."""
        ...


@dataclass
class Summary:
    """How a run went."""

    periode: str
    planned: int
    skipped: int
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: bool = False

    @property
    def failed(self) -> list[Outcome]:
        """Outcomes that are failures, in the order of codes."""
        return sorted((o for o in self.outcomes if not o.ok), key=lambda o: o.kode)


def sort_longest_first(
    planned: Sequence[Planned], last: dict[str, dict[str, Any]]
) -> list[Job]:
    """Order jobs by how long each took last time, so that none is left to the end."""
    from jkn_analysis.running.plan import find_level

    def weight(job: Job) -> float:
        known = last.get(job.stem, {}).get("wall_s") or 0.0
        return known or DEFAULT_WEIGHT_S[find_level(job.kode)]

    return sorted((p.job for p in planned), key=lambda job: (-weight(job), job.kode))


def run_reports(
    choice: Choice,
    config: Config,
    *,
    started: str,
    hire: Callable[[], Workforce],
    watch: Callable[[int, Outcome | None], None] = lambda _total, _outcome: None,
) -> Summary:
    """Make every report of `choice` that is not up to date.

    Parameters
    ----------
    choice
        Regions and month.
    config
        Folders and limits.
    started
        The time, as text, for the ledger only.
    hire
        Builds the workforce; called only if there is work.
    watch
        Told how many reports there are and each outcome (None: time passes).

    Returns
    -------
    Summary
        Also when reports failed or the run was stopped.

    Raises
    ------
    LockedError
        If another process works in the project.
    """
    reports = config.paths.reports
    folder = reports / choice.periode
    with hold_project(config.paths.processed, holder="jkn run"), hide_secrets():
        ledger = ledger_path(reports, choice.periode)
        open_ledger(ledger)
        sweep_written(reports)
        plan = build_plan(choice, config)
        todo = [planned for planned in plan if planned.reasons]
        summary = Summary(choice.periode, len(todo), len(plan) - len(todo))
        if todo or _was_cut_off(reports, choice.periode):
            jobs = sort_longest_first(todo, read_last_outcomes(ledger))
            append_event(
                ledger, {"event": "start", "at": started, "reports": len(jobs)}
            )
            _work(jobs, hire=hire, ledger=ledger, summary=summary, watch=watch)
            append_event(ledger, _describe_end(summary))
        write_index(folder, config=config, choice=choice)
    return summary


def _work(
    jobs: Sequence[Job],
    *,
    hire: Callable[[], Workforce],
    ledger: Path,
    summary: Summary,
    watch: Callable[[int, Outcome | None], None],
) -> None:
    """Make the reports; ctrl-C ends the work and leaves all that was done."""
    if not jobs:
        return
    workforce = hire()
    try:
        watch(len(jobs), None)
        for outcome in workforce.run(jobs):
            if outcome is not None:
                append_event(ledger, {"event": "report", **asdict(outcome)})
                summary.outcomes.append(outcome)
            watch(len(jobs), outcome)
            if outcome is not None and FULL in outcome.error:
                summary.stopped = True
                break
    except KeyboardInterrupt:
        summary.stopped = True
    finally:
        workforce.close()


def _was_cut_off(reports: Path, periode: str) -> bool:
    """Tell whether the last run of a month was killed: this one ends its record."""
    status = read_status(reports, periode)
    return status is not None and not status.ended


def _describe_end(summary: Summary) -> dict[str, Any]:
    """Return the last event of a run."""
    return {
        "event": "end",
        "made": len(summary.outcomes) - len(summary.failed),
        "failed": len(summary.failed),
        "stopped": summary.stopped,
    }


def write_index(folder: Path, *, config: Config, choice: Choice) -> None:
    """Write the page that lists every report of the month; unchanged if equal."""
    from jkn_analysis.reporting.index_page import render_index
    from jkn_analysis.store import read_manifest, write_text

    ledger = ledger_path(config.paths.reports, choice.periode)
    last = read_last_outcomes(ledger)
    failed = {
        stem: event.get("error", "") for stem, event in last.items() if not event["ok"]
    }
    made = {path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}")}
    stems = {s for s in made | failed.keys() if split_stem(s)[1] == choice.bahasa}
    if not stems:
        return
    page = render_index(
        [_build_row(folder, stem, failed.get(stem, "")) for stem in sorted(stems)],
        periode=date.fromisoformat(f"{choice.periode}-01"),
        contoh=read_manifest(config.paths.processed, cutoff=choice.periode)["contoh"],
        bahasa=choice.bahasa,
    )
    path = folder / f"{page_stem(INDEX, choice.bahasa)}.html"
    if not path.is_file() or path.read_bytes() != page.encode():
        write_text(path, page)


def _build_row(folder: Path, stem: str, error: str) -> IndexRow:
    """Build the line of one report from its page object."""
    from jkn_analysis.reporting.index_page import IndexRow, read_index_row
    from jkn_analysis.wilayah import get_wilayah

    page = folder / f"{stem}{PAGE}"
    if page.is_file() and not error:
        try:
            return read_index_row(page.read_bytes(), f"{stem}.html")
        except (ValueError, KeyError, TypeError):
            error = "halaman rusak; buat lagi: jkn run --force"
    region = get_wilayah(split_stem(stem)[0])
    return IndexRow(
        kode=region.kode,
        nama=region.nama_lengkap,
        nama_provinsi=region.nama_provinsi,
        berkas=f"{stem}.html" if (folder / f"{stem}.html").is_file() else "",
        kesalahan=error,
    )


def require_success(summary: Summary) -> None:
    """Raise if a report failed or the run was stopped.

    Raises
    ------
    RunError
        Says how many and what to do; the summary has each one's reason.
    """
    left = summary.planned - len(summary.outcomes)
    if summary.stopped:
        raise RunError(
            f"stopped: {left} of {summary.planned} reports not made\n"
            "  → the same command continues"
        )
    if summary.failed:
        raise RunError(
            f"{len(summary.failed)} of {summary.planned} reports failed\n"
            "  → mend the cause, then: jkn run --failed"
        )


@dataclass(frozen=True)
class Status:
    """What the ledger knows of the last run of a month."""

    periode: str
    started: str
    reports: int
    made: int
    failed: tuple[dict[str, Any], ...]
    ended: bool
    stopped: bool


def read_status(reports: Path, periode: str) -> Status | None:
    """Read the last run of a month; None if there was none."""
    events = read_events(ledger_path(reports, periode))
    starts = [i for i, event in enumerate(events) if event["event"] == "start"]
    if not starts:
        return None
    last = events[starts[-1] :]
    outcomes = {e["kode"]: e for e in last if e["event"] == "report"}
    ends = [event for event in last if event["event"] == "end"]
    return Status(
        periode=periode,
        started=last[0]["at"],
        reports=last[0]["reports"],
        made=sum(1 for e in outcomes.values() if e["ok"]),
        failed=tuple(e for _, e in sorted(outcomes.items()) if not e["ok"]),
        ended=bool(ends),
        stopped=bool(ends) and ends[-1]["stopped"],
    )
