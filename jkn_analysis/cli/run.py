"""`jkn plan`, `jkn run`, `jkn status` and `jkn verify`."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jkn_analysis.cli.as_json import json_option, tell_json
from jkn_analysis.cli.language import echo
from jkn_analysis.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.config import Config
    from jkn_analysis.running.plan import Choice
    from jkn_analysis.running.report import Outcome
    from jkn_analysis.running.run import Summary

SHOWN_FAILURES = 20

_CHOICE = (
    click.option(
        "--all", "everything", is_flag=True, help="All regions (the default)."
    ),
    click.option("--provinsi", help="A province with its kabupaten/kota: 82, 'Malut'."),
    click.option("--wilayah", multiple=True, help="One region; may be repeated."),
    click.option("--failed", is_flag=True, help="Only what failed last time."),
    click.option("--periode", help="Month as 2025-11. Default: the last with data."),
    click.option("--bahasa", type=click.Choice(["id", "en"]), help="Language."),
    click.option("--force", is_flag=True, help="Also what is up to date."),
)


def _with_choice(command: Any) -> Any:  # noqa: ANN401 - a click decorator
    """Add the options that choose reports."""
    for option in reversed(_CHOICE):
        command = option(command)
    return command


def _read_choice(config: Config, options: dict[str, Any]) -> Choice:
    """Turn the options into a choice."""
    from jkn_analysis.running.plan import Choice

    return Choice(
        periode=read_month(config, options["periode"]),
        kode=_find_regions(config, options),
        bahasa=options["bahasa"] or config.report.bahasa,
        only_failed=options["failed"],
        forced=options["force"],
        stock=options.get("dingin", False),
    )


def read_periode(text: str | None, *, option: str = "--periode") -> str | None:
    """Check a month written as 2025-11."""
    if text is None:
        return None
    try:
        return f"{datetime.strptime(text, '%Y-%m').replace(tzinfo=UTC):%Y-%m}"
    except ValueError as exc:
        raise RunError(
            f"{option} {text}: not a month\n  → write it as 2025-11"
        ) from exc


def read_month(config: Config, text: str | None) -> str:
    """Return the month asked for, the last one with data if none was."""
    from jkn_analysis.running.plan import find_last_periode

    return read_periode(text) or find_last_periode(config.paths.processed)


def _find_regions(config: Config, options: dict[str, Any]) -> tuple[str, ...] | None:
    """Turn names into codes; None for all."""
    from jkn_analysis.running.plan import list_stored_regions
    from jkn_analysis.wilayah import find_wilayah

    kode = [find_wilayah(text).kode for text in options["wilayah"]]
    if options["provinsi"]:
        province = find_wilayah(options["provinsi"], jenis="provinsi").kode
        known = list_stored_regions(config.paths.processed)
        kode += [k for k in known if k[:2] == province]
    if options["everything"] and kode:
        raise RunError("--all with --provinsi or --wilayah\n  → choose one")
    return tuple(dict.fromkeys(kode)) or None


@click.command("plan")
@_with_choice
@json_option
@click.pass_obj
def plan_command(config: Config, *, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - click's own
    r"""Show which reports `jkn run` would make, and why.

    \b
    Example:
      jkn plan --provinsi 82
    """
    from jkn_analysis.running.plan import build_plan

    plan = build_plan(_read_choice(config, options), config)
    if as_json:
        tell_json([{"kode": p.job.kode, "reasons": p.reasons} for p in plan])
        return
    for planned in plan:
        if planned.reasons:
            echo(f"{planned.job.kode:<6} {'; '.join(planned.reasons)}")
    todo = sum(bool(planned.reasons) for planned in plan)
    echo(f"{todo} report(s) to make, {len(plan) - todo} up to date")


@click.command("run")
@_with_choice
@click.option("--workers", type=click.IntRange(1, 256), help="Reports at once.")
@click.option("--dingin", is_flag=True, help="Fresh kernels instead of warm ones.")
@click.option("--terbit", is_flag=True, help="Issue the pages: keep this version.")
@click.option("--cluster", metavar="ADDRESS", help="A dask scheduler: tcp://host:8786.")
@click.pass_obj
def run_command(
    config: Config,
    workers: int | None,
    terbit: bool,  # noqa: FBT001 - click passes flags
    cluster: str | None,
    **options: Any,  # noqa: ANN401 - click's own
) -> None:
    r"""Make the reports that are not up to date.

    \b
    Example:
      jkn run --all
      jkn run --wilayah "Kota Ternate" --force
      jkn run --terbit
    """
    from jkn_analysis.running.run import require_success, run_reports

    choice = _read_choice(config, options)
    with progress_bar("reports") as bar:
        summary = run_reports(
            choice,
            config,
            started=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            hire=lambda: _hire(workers or config.run.workers, choice, cluster),
            watch=partial(_count, bar),
        )
    folder = config.paths.reports / summary.periode
    _tell(summary, folder)
    _tell_refused(config, summary.periode)
    if terbit:
        _issue(config, choice, {outcome.kode for outcome in summary.failed})
    require_success(summary)


def _hire(workers: int, choice: Choice, cluster: str | None) -> Any:  # noqa: ANN401
    """Start the local workers, or join a cluster."""
    if cluster:
        from jkn_analysis.running.cluster import Cluster

        return Cluster(cluster)
    from jkn_analysis.running.kernel import can_fork
    from jkn_analysis.running.pool import Pool

    if not choice.stock and not can_fork():
        echo("this system has no safe fork: fresh kernels (slower, same pages)")
    return Pool(workers, warm=not choice.stock)


def progress_bar(label: str) -> Any:  # noqa: ANN401 - click keeps its class to itself
    """Return a bar that is drawn on a terminal only; its length may be set later."""
    return click.progressbar(
        length=0,
        label=label,
        show_pos=True,
        item_show_func=lambda item: item or "",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    )


def _count(bar: Any, total: int, outcome: Outcome | None) -> None:  # noqa: ANN401
    """Take one event of a run; a failure is told as it comes."""
    bar.length = total
    if outcome is not None:
        bar.update(1, outcome.kode)
        if not outcome.ok:
            echo(f"{outcome.kode} failed: {outcome.error}", err=True)


def _tell(summary: Summary, folder: Path) -> None:
    """Print the summary."""
    made = len(summary.outcomes) - len(summary.failed)
    cpu_s = sum(outcome.cpu_s for outcome in summary.outcomes)
    echo(
        f"{folder}: {made} made, {summary.skipped} up to date, "
        f"{len(summary.failed)} failed ({cpu_s:.1f} CPU s)"
    )
    for outcome in summary.failed[:SHOWN_FAILURES]:
        cell = f"cell {outcome.cell}, " if outcome.cell else ""
        echo(f"  {outcome.kode}: {cell}{outcome.error}", err=True)
        if outcome.notebook:
            echo(f"    executed notebook: {folder / outcome.notebook}", err=True)
    rest = len(summary.failed) - SHOWN_FAILURES
    if rest > 0:
        echo(f"  and {rest} more: jkn status", err=True)


def _issue(config: Config, choice: Choice, failed: set[str]) -> None:
    """Issue the pages that were chosen and did not fail; equal ones stay a version."""
    from jkn_analysis.running.archive import issue
    from jkn_analysis.running.plan import build_plan

    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    stems = [one.job.stem for one in build_plan(choice, config)]
    issued = [
        issue(config, choice.periode, stem, pada=now, cara="terbit")
        for stem in stems
        if stem not in failed
    ]
    revised = sum(one.nomor > 1 for one in issued)
    echo(f"{len(issued)} page(s) issued, {revised} of them revised")


def _tell_refused(config: Config, periode: str) -> None:
    """Print which deliveries are refused or gone: their regions' pages say so."""
    from jkn_analysis.briefing.absent import tell_refused
    from jkn_analysis.briefing.words import Words
    from jkn_analysis.store import list_refused

    words = Words(config.report.bahasa)
    for one in list_refused(config.paths.processed, cutoff=periode):
        regions = "all regions" if one.kode is None else f"{len(one.kode)} region(s)"
        echo(f"  {tell_refused(one, words)}: said on the pages of {regions}", err=True)


@click.command("status")
@click.option("--periode", help="Month as 2025-11. Default: the last with data.")
@json_option
@click.pass_obj
def status_command(config: Config, periode: str | None, *, as_json: bool) -> None:
    r"""Show the last run of a month.

    \b
    Example:
      jkn status
    """
    from jkn_analysis.running.run import read_status

    month = read_month(config, periode)
    status = read_status(config.paths.reports, month)
    if status is None:
        raise RunError(f"{month}: no run yet\n  → run: jkn run")
    ending = "stopped" if status.stopped else "ended"
    state = ending if status.ended else "running, or killed: run it again to continue"
    left = status.reports - status.made - len(status.failed)
    if as_json:
        tell_json({"periode": month, "left": left, **asdict(status)})
        return
    echo(
        f"{month}, started {status.started}: {state}\n"
        f"{status.made} made, {len(status.failed)} failed, {left} left"
    )
    for event in status.failed:
        cell = f"cell {event['cell']}, " if event.get("cell") else ""
        echo(f"  {event['kode']}: {cell}{event.get('error', '')}")
    kinds = Counter(event.get("error", "").partition(":")[0] for event in status.failed)
    for kind, count in kinds.most_common():
        echo(f"  {count} × {kind}")


@click.command("verify")
@click.argument("report", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def verify_command(config: Config, report: Path, *, as_json: bool) -> None:
    r"""Recompute what a report depends on and compare with its manifest.

    \b
    Example:
      jkn verify reports/2025-11/82.71.html
    """
    from jkn_analysis.running.plan import verify_report

    differences = verify_report(report, config)
    if as_json:
        tell_json({"report": report, "differences": differences})
        sys.exit(RunError.exit_code if differences else 0)
    if differences:
        lines = "\n".join(f"  {line}" for line in differences)
        raise RunError(f"{report}: not what would be made now\n{lines}\n  → jkn run")
    echo(f"{report}: as its manifest says, and up to date")


def refresh_reports(
    config: Config, kode: Sequence[str], periode: str, bahasa: str | None = None
) -> dict[str, str]:
    """Make the pages that are not up to date; return those that failed and why.

    Raises
    ------
    RunError
        If it was stopped: what was to follow would go out without the rest.
    """
    from jkn_analysis.briefing.page_file import split_stem
    from jkn_analysis.running.plan import Choice
    from jkn_analysis.running.pool import Pool
    from jkn_analysis.running.run import require_success, run_reports

    if not kode:
        return {}
    codes = tuple(dict.fromkeys(kode))
    summary = run_reports(
        Choice(periode=periode, kode=codes, bahasa=bahasa or config.report.bahasa),
        config,
        started=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        hire=lambda: Pool(min(config.run.workers, len(codes)), warm=True),
    )
    made = len(summary.outcomes) - len(summary.failed)
    echo(
        f"reports {periode}: {made} made, {summary.skipped} up to date, "
        f"{len(summary.failed)} failed"
    )
    if summary.stopped:
        require_success(summary)
    return {split_stem(outcome.kode)[0]: outcome.error for outcome in summary.failed}


def find_stale(config: Config, kode: Sequence[str], periode: str) -> dict[str, str]:
    """Say of which regions the page is not what would be made now, and why."""
    from jkn_analysis.errors import JknError
    from jkn_analysis.running.plan import Choice, build_plan

    if not kode:
        return {}
    choice = Choice(periode=periode, kode=tuple(kode), bahasa=config.report.bahasa)
    try:
        plan = build_plan(choice, config)
    except JknError as exc:
        return dict.fromkeys(kode, str(exc).splitlines()[0])
    return {
        planned.job.kode: f"its page is not up to date ({'; '.join(planned.reasons)})"
        for planned in plan
        if planned.reasons
    }
