"""Sending the outbox: limits, progress, results, alerts; addresses that are closed."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import echo, translate
from jkn_analysis.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from jkn_analysis.config import Config
    from jkn_analysis.delivery.ledger import Ledger
    from jkn_analysis.delivery.outbox import Entry
    from jkn_analysis.delivery.smtp import Job, Result

LEAST_LIMIT = 100
SHOWN = 20


def ledger_of(config: Config) -> tuple[Path, Path]:
    """Return the ledger's path and the folder of what was sent."""
    from jkn_analysis.delivery.ledger import KEPT, LEDGER
    from jkn_analysis.delivery.outbox import OUTBOX

    return config.paths.reports / OUTBOX / LEDGER, config.paths.reports / KEPT


def open_book(config: Config) -> AbstractContextManager[Ledger]:
    """Open the project's ledger for this process alone."""
    from jkn_analysis.delivery.ledger import open_ledger

    path, kept = ledger_of(config)
    return open_ledger(path, now=lambda: dt.datetime.now(dt.UTC), kept=kept)


def send_entries(config: Config, entries: Sequence[Entry], *, again: bool) -> None:
    """Send messages, print what became of every copy, tell the operator of faults.

    Raises
    ------
    DeliveryError
        If a copy was not delivered, may not have been, or there are too many.
    """
    from jkn_analysis.cli.run import progress_bar
    from jkn_analysis.delivery.issued import note_sent
    from jkn_analysis.delivery.outbox import list_jobs
    from jkn_analysis.delivery.schedule import is_inside
    from jkn_analysis.delivery.server import read_settings
    from jkn_analysis.delivery.smtp import Pace, send_all

    every = list_jobs(entries)
    jobs = [j for j in every if is_inside(j.copy.alamat, config.mail.domain)]
    if len(jobs) < len(every):
        echo(f"{len(every) - len(jobs)} copies outside [mail] domain left out")
    _refuse_too_many(config, jobs)
    settings = read_settings(os.environ)
    with open_book(config) as ledger, progress_bar("copies") as bar:
        bar.length = len(jobs)
        results = send_all(
            jobs,
            settings=settings,
            ledger=ledger,
            pause=time.sleep,
            again="unknown" if again else "never",
            pace=Pace(config.mail.per_menit, pause=time.sleep),
            watch=lambda _result: bar.update(1),
        )
    sent = [r.copy for r in results if r.status.value == "sent" and not r.skipped]
    now = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
    for line in note_sent(config, sent, pada=now):
        echo(f"  {line}", err=True)
    try:
        _tell_results(results)
    except DeliveryError as exc:
        _alert(config, str(exc), results)
        raise


def _refuse_too_many(config: Config, jobs: Sequence[Job]) -> None:
    """Stop before more copies leave than the list of recipients explains."""
    from jkn_analysis.store import read_table_or_empty

    most = config.mail.maks_penerima
    if not most:
        listed = len(read_table_or_empty("penerima", root=config.paths.processed))
        most = max(2 * listed, LEAST_LIMIT)
    if len(jobs) > most:
        raise DeliveryError(
            f"{len(jobs)} copies to send, more than maks_penerima ({most})\n"
            "  → choose with --wilayah, or raise [mail] maks_penerima"
        )


def _tell_results(results: Sequence[Result]) -> None:
    """Print the sums, and what did not simply go; alike ones share a line."""
    counts = Counter(
        "already settled"
        if result.skipped and result.status.value != "closed"
        else result.status.value
        for result in results
    )
    told = ", ".join(f"{n} {translate(name)}" for name, n in counts.items())
    echo(told or "nothing")
    alike: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        if result.status.value != "sent":
            alike[result.status.value, result.jawaban].append(result)
    for (status, answer), own in alike.items():
        first = own[0].copy
        who = f"{first.kode} {first.kantor} <{first.alamat}>"
        many = translate(f"{len(own)} copies") if len(own) > 1 else who
        echo(f"  {translate(status)}: {many} {answer}", err=True)
    states = {result.status.value for result in results}
    if states & {"refused", "deferred"}:
        raise DeliveryError(
            "not every copy was delivered\n  → run `jkn mail --really` again; what "
            "was sent is not sent twice"
        )
    if "unknown" in states:
        raise DeliveryError(
            "some copies may or may not have arrived\n  → ask the office; send once "
            "more with --really --again --wilayah KODE, the Message-ID stays"
        )


def _alert(config: Config, problem: str, results: Sequence[Result]) -> None:
    """Mail the operator that a batch failed; a server that is down is told of here."""
    counts = Counter(result.status.value for result in results)
    told = [translate(problem).splitlines()[0]]
    told += [f"{n} {translate(name)}" for name, n in counts.items()]
    try:
        send_note(config, "jkn mail: pengiriman gagal", "\n".join(told))
    except (DeliveryError, ConfigError) as exc:
        echo(f"the operator was not told: {str(exc).splitlines()[0]}", err=True)


def send_note(config: Config, subject: str, text: str) -> None:
    """Send a few lines to the operator; no figure and no recipient is in them.

    Raises
    ------
    DeliveryError
        If the server does not take it.
    """
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime, make_msgid, parseaddr

    note = EmailMessage(policy=SMTP)
    to = config.mail.operator or config.mail.balas_ke
    domain = parseaddr(config.mail.pengirim)[1].rpartition("@")[2]
    note["From"], note["To"], note["Subject"] = config.mail.pengirim, to, subject
    note["Date"] = format_datetime(dt.datetime.now(dt.UTC))
    note["Message-ID"] = make_msgid(domain=domain)
    note["Auto-Submitted"] = "auto-generated"
    note.set_content(text)
    _hand_over(to, lambda: note.as_bytes())


def _hand_over(to: str, build: Callable[[], bytes]) -> None:
    """Give one message to the server outside the ledger."""
    import smtplib
    from email import message_from_bytes
    from email.utils import parseaddr

    from jkn_analysis.delivery.server import (
        ServerDownError,
        TryLaterError,
        connect,
        plain,
        read_settings,
    )

    content = build()
    sender = parseaddr(str(message_from_bytes(content)["From"]))[1]
    try:
        link = connect(read_settings(os.environ))
        try:
            link.sendmail(sender, [to], content)
        finally:
            link.close()
    except (ServerDownError, TryLaterError) as exc:
        raise DeliveryError(str(exc)) from exc
    except (smtplib.SMTPException, OSError) as exc:
        raise DeliveryError(f"{to} was refused: {plain(exc)}") from exc


def send_test(config: Config, entries: Sequence[Entry]) -> str:
    """Send the first of some messages to oneself, marked as a test.

    Returns
    -------
    str
        The address it went to.

    Raises
    ------
    DeliveryError
        If the outbox is empty or the server does not take it.
    """
    from email import message_from_bytes
    from email.policy import SMTP

    from jkn_analysis.delivery.server import is_loopback, read_settings

    if not entries:
        raise DeliveryError("the outbox is empty\n  → compose first: jkn mail --all")
    entry = entries[0]
    if entry.contoh and not is_loopback(read_settings(os.environ).host):
        raise DeliveryError("the message carries sample data (DATA CONTOH)")
    message = message_from_bytes(entry.path.read_bytes(), policy=SMTP)
    to = config.mail.balas_ke
    message.replace_header("To", to)
    message.replace_header("Subject", f"[UJI] {message['Subject']}")
    message.replace_header("Message-ID", f"<uji-{entry.message_id.strip('<>')}>")
    _hand_over(to, message.as_bytes)
    return to


@click.command("alamat")
@click.option(
    "--stop", "berhenti", help="This address asked to stop: nothing more goes there."
)
@click.option("--open", "buka", help="Let a dead or stopped address receive again.")
@click.pass_obj
def alamat_command(config: Config, berhenti: str | None, buka: str | None) -> None:
    r"""List the addresses that get no mail: dead ones, and who asked to stop.

    \b
    Examples:
      jkn alamat
      jkn alamat --stop dinsos@ternatekota.go.id
      jkn alamat --open dinsos@ternatekota.go.id
    """
    from jkn_analysis.personal import is_address

    with open_book(config) as ledger:
        if berhenti is not None:
            if not is_address(berhenti):
                raise DeliveryError("--stop: not a mail address")
            ledger.close_address(berhenti, "berhenti")
        if buka is not None and not ledger.open_address(buka):
            raise DeliveryError("--open: the address is not on the list")
        closed = ledger.list_closed().values()
    for each in closed:
        line = f"{each.keadaan:<9} {each.waktu[:10]} {each.alamat} {each.jawaban}"
        echo(line.rstrip())
    echo(f"{len(closed)} address(es) get no mail")
