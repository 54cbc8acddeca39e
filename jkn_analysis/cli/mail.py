"""`jkn mail`: compose due briefings into the outbox; send them only when told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import echo
from jkn_analysis.errors import DeliveryError, JknError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.config import Config
    from jkn_analysis.delivery.compose import Occasion
    from jkn_analysis.delivery.outbox import Entry

SHOWN = 20
_DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.command("mail")
@click.option("--due", is_flag=True, help="Meetings of the next days.")
@click.option("--hari", type=click.IntRange(0, 365), help="How many days ahead.")
@click.option("--all", "everything", is_flag=True, help="Every region with recipients.")
@click.option("--wilayah", multiple=True, help="Only this region; may be repeated.")
@click.option("--periode", help="Month as 2025-11. Default: the last with data.")
@click.option("--tanggal", type=_DATE, help="Count days from this date, not today.")
@click.option("--really", is_flag=True, help="Send what the outbox holds.")
@click.option("--again", is_flag=True, help="Send also what may not have arrived.")
@click.option("--test", "uji", is_flag=True, help="Send one message to oneself.")
@click.option(
    "--meski-ditolak",
    "anyway",
    is_flag=True,
    help="Send also where a delivery is refused or a report failed.",
)
@click.option(
    "--baca",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read a returned follow-up form.",
)
@click.pass_obj
def mail_command(
    config: Config,
    due: bool,  # noqa: FBT001 - click passes flags
    hari: int | None,
    everything: bool,  # noqa: FBT001 - click passes flags
    wilayah: tuple[str, ...],
    periode: str | None,
    tanggal: dt.datetime | None,
    really: bool,  # noqa: FBT001 - click passes flags
    again: bool,  # noqa: FBT001 - click passes flags
    anyway: bool,  # noqa: FBT001 - click passes flags
    uji: bool,  # noqa: FBT001 - click passes flags
    baca: Path | None,
) -> None:
    r"""Compose briefings into reports/outbox; without --really nothing is sent.

    \b
    Examples:
      jkn mail --due --hari 7
      jkn mail --all --wilayah "Kota Ternate"
      jkn mail --really
      jkn mail --baca tindak-lanjut-82.71-2025-11.xlsx
    """
    from jkn_analysis.cli.run import read_month
    from jkn_analysis.wilayah import find_wilayah

    _refuse_contradictions(due, everything, again, really)
    if baca is not None:
        _read_reply(config, baca)
        return
    regions = frozenset(find_wilayah(text).kode for text in wilayah)
    problems: list[str] = []
    unsent: DeliveryError | None = None
    written: list[Path] | None = None
    if due or everything:
        now = _now(tanggal)
        days = config.mail.hari_sebelum if hari is None else hari
        month = read_month(config, periode)
        occasions = (
            _plan_due(config, now, days) if due else _plan_all(config, month, tanggal)
        )
        chosen = [o for o in occasions if not regions or o.kode in regions]
        written, problems = _compose(config, chosen, month, now if due else None)
        if due and not chosen:
            echo(f"no meeting in the next {days} day(s)")
    if really or uji:
        entries = _choose(config, regions, written, _now(tanggal))
        held: list[str] = []
        if not anyway:
            entries, held = _hold_back(config, entries, read_month(config, periode))
            problems += held
        if entries or not held:
            unsent = _send(config, entries, uji=uji, again=again)
    _tell_outbox(config)
    _require_success(problems, unsent)


def _require_success(problems: Sequence[str], unsent: DeliveryError | None) -> None:
    """Raise with a line for each mail that was held back or not composed."""
    shown = "\n".join(f"  {problem}" for problem in problems[:SHOWN])
    if unsent is not None:
        echo(shown, err=True)
        raise unsent
    if problems:
        raise DeliveryError(f"{len(problems)} mail(s) not composed or sent\n{shown}")


def _send(
    config: Config, entries: Sequence[Entry], *, uji: bool, again: bool
) -> DeliveryError | None:
    """Send the entries, or one of them to oneself; return what did not go well."""
    from jkn_analysis.cli.send import send_entries, send_test

    if uji:
        echo(f"test sent to {send_test(config, entries)}")
        return None
    try:
        send_entries(config, entries, again=again)
    except DeliveryError as exc:
        return exc
    return None


def _refuse_contradictions(*flags: bool) -> None:
    """Refuse options that do not go together."""
    due, everything, again, really = flags
    if due and everything:
        raise DeliveryError("--due with --all\n  → choose one")
    if again and not really:
        raise DeliveryError("--again without --really\n  → add --really")


def _now(tanggal: dt.datetime | None) -> dt.datetime:
    """Return the time to count from: now, or the start of a given day in Jakarta."""
    if tanggal is None:
        return dt.datetime.now(dt.UTC)
    from jkn_analysis.delivery.schedule import ZONES

    return tanggal.replace(tzinfo=ZONES["WIB"])


def _plan_due(config: Config, now: dt.datetime, days: int) -> list[Occasion]:
    """Plan the mail of the meetings that are due."""
    from jkn_analysis.delivery.compose import plan_occasions
    from jkn_analysis.delivery.schedule import due_meetings
    from jkn_analysis.store import read_table, read_table_or_empty

    root = config.paths.processed
    meetings = due_meetings(read_table("rapat", root=root), now=now, days=days)
    return plan_occasions(meetings, read_table_or_empty("penerima", root=root))


def _plan_all(
    config: Config, month: str, tanggal: dt.datetime | None
) -> list[Occasion]:
    """Plan one mail per region: its next meeting after the report month."""
    from jkn_analysis.delivery.compose import month_end, plan_all
    from jkn_analysis.store import read_table_or_empty

    root = config.paths.processed
    day = tanggal.date() if tanggal else month_end(month)
    return plan_all(
        read_table_or_empty("rapat", root=root),
        read_table_or_empty("penerima", root=root),
        tanggal=day,
    )


def _compose(
    config: Config,
    occasions: Sequence[Occasion],
    month: str,
    now: dt.datetime | None,
) -> tuple[list[Path], list[str]]:
    """Compose each occasion; pages that are missing or stale are made first.

    Returns the files written and one line per mail that could not be composed.
    """
    from jkn_analysis.cli.run import refresh_reports
    from jkn_analysis.cli.send import ledger_of
    from jkn_analysis.delivery.compose import Desk, compose
    from jkn_analysis.delivery.history import read_history
    from jkn_analysis.delivery.schedule import keep_inside, list_bad
    from jkn_analysis.store import hold_project, read_table_or_empty, sweep_written

    failed = refresh_reports(config, [o.kode for o in occasions], month)
    ledger, kept = ledger_of(config)
    desk = Desk(
        processed=config.paths.processed,
        reports=config.paths.reports,
        periode=month,
        bahasa=config.report.bahasa,
        pengirim=config.mail.pengirim,
        balas_ke=config.mail.balas_ke,
        lampiran=config.mail.lampiran,
        history=read_history(ledger, kept=kept),
    )
    penerima = read_table_or_empty("penerima", root=config.paths.processed)
    problems: list[str] = []
    written: list[Path] = []
    with hold_project(config.paths.processed, holder="jkn mail"):
        sweep_written(config.paths.reports)
        for occasion in occasions:
            kode = occasion.kode
            problems += list_bad(penerima, kode)
            offices, outside = keep_inside(occasion.offices, domains=config.mail.domain)
            problems += [f"{kode}: {line}" for line in outside]
            try:
                if kode in failed:
                    raise DeliveryError(f"the page was not made: {failed[kode]}")
                own = replace(occasion, offices=offices)
                written += compose(own, desk=desk, tanggal=now)
            except JknError as exc:
                problems.append(f"{kode}: {str(exc).splitlines()[0]}")
    echo(f"{len(written)} message(s) composed for {len(occasions)} region(s)")
    return written, problems


def _choose(
    config: Config,
    regions: frozenset[str],
    written: list[Path] | None,
    now: dt.datetime,
) -> list[Entry]:
    """Choose what to send: what was just composed, else all that is not over."""
    from jkn_analysis.delivery.outbox import leave_out_past
    from jkn_analysis.delivery.schedule import ZONES

    entries = [e for e in _entries(config) if not regions or e.kode in regions]
    if written is not None:
        entries = [entry for entry in entries if entry.path in written]
    going, past = leave_out_past(entries, today=now.astimezone(ZONES["WIB"]).date())
    if past:
        echo(
            f"{len(past)} message(s) for meetings that are over stay in the outbox; "
            "--tanggal sets another day"
        )
    return going


def _hold_back(
    config: Config, entries: Sequence[Entry], month: str
) -> tuple[list[Entry], list[str]]:
    """Hold back regions whose delivery, report or page is not right; say why."""
    from jkn_analysis.cli.run import find_stale
    from jkn_analysis.running.gates import find_hindrances

    regions = dict.fromkeys(entry.kode for entry in entries)
    reasons = find_hindrances(config, regions, periode=month)
    for kode, why in find_stale(config, tuple(regions), month).items():
        reasons.setdefault(kode, []).append(why)
    held = [
        f"{kode}: not sent: {'; '.join(why)} → --despite-refused sends it"
        for kode, why in reasons.items()
    ]
    return [entry for entry in entries if entry.kode not in reasons], held


def _outbox(config: Config) -> Path:
    """Return the folder of the outbox."""
    from jkn_analysis.delivery.outbox import OUTBOX

    return config.paths.reports / OUTBOX


def _entries(config: Config) -> list[Entry]:
    """Read the outbox."""
    from jkn_analysis.delivery.outbox import read_outbox

    return read_outbox(_outbox(config))


def _tell_outbox(config: Config) -> None:
    """Write the preview page and print what the outbox holds."""
    from jkn_analysis.cli.send import ledger_of
    from jkn_analysis.delivery.ledger import read_statuses
    from jkn_analysis.delivery.preview import write_preview

    entries = _entries(config)
    copies = sum(len(entry.alamat) for entry in entries)
    size = sum(entry.size for entry in entries) / 1e6
    page = write_preview(
        entries,
        outbox=_outbox(config),
        statuses=read_statuses(ledger_of(config)[0]),
    )
    echo(f"outbox: {len(entries)} message(s), {copies} copies, {size:.1f} MB")
    echo(f"look at them: {page}")


def _read_reply(config: Config, path: Path) -> None:
    """Take a returned follow-up form into the table and into the raw deliveries."""
    from jkn_analysis.delivery.replies import store_reply

    stored, changed = store_reply(
        path, raw=config.paths.raw, processed=config.paths.processed
    )
    echo(f"{changed} decision(s) new or changed; kept as {stored}")
