"""``jkn bulanan``: the whole round, with its gates, under one lock."""

from __future__ import annotations

import datetime as dt
import sys
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import echo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jkn_analysis.config import Config

LOG = "bulanan.log"
GO_ON = frozenset({"check", "build", "run"})
"""Steps whose refusals hold back some regions' mail and no other's; a disk that is
full ends the round at any step."""


@click.command("bulanan")
@click.option("--hari", type=click.IntRange(0, 365), help="Meetings of so many days.")
@click.option("--kirim", is_flag=True, help="Send, not only compose.")
@click.pass_obj
def bulanan_command(
    config: Config,
    hari: int | None,
    kirim: bool,  # noqa: FBT001 - click passes flags
) -> None:
    r"""Check, build, forecast, make the pages and compose the due mail.

    A refused delivery or a failed page holds back the mail of its regions only; a
    step that cannot be done at all ends the round. One line a step goes to
    reports/.run/bulanan.log; the exit code is that of the first step with a fault.

    \b
    By the clock, on the fifth of each month (crontab -e):
      0 3 5 * *  cd /srv/jkn && jkn bulanan --kirim
    The same with systemd: a service with WorkingDirectory=/srv/jkn and
    ExecStart=jkn bulanan --kirim, a timer with OnCalendar=*-*-05 03:00.

    \b
    Example:
      jkn bulanan
      jkn bulanan --kirim --hari 7
    """
    from jkn_analysis.running.ledger import state_folder
    from jkn_analysis.running.run import FULL
    from jkn_analysis.store import hold_project

    mail = ["mail", "--due", *([] if hari is None else ["--days", str(hari)])]
    steps = [
        ["check"],
        ["build"],
        ["forecast"],
        ["run"],
        [*mail, *(["--really"] if kirim else [])],
    ]
    code = 0
    with hold_project(config.paths.processed, holder="jkn bulanan"):
        for step in steps:
            log = state_folder(config.paths.reports) / LOG
            found, said = _do(step, config, log=log)
            code = code or found
            if found and (step[0] not in GO_ON or FULL in said):
                break
    sys.exit(code)


def _do(step: Sequence[str], config: Config, *, log: Path) -> tuple[int, str]:
    """Do one step, note it in one line; return its exit code and what it said."""
    said, began = StringIO(), time.monotonic()
    with redirect_stdout(said), redirect_stderr(said):
        code = _call(step, config)
    lines = said.getvalue().strip().splitlines()
    now = dt.datetime.now(dt.UTC)
    outcome = "ok" if code == 0 else f"exit {code}"
    spent = f"{time.monotonic() - began:.0f} s"
    line = f"{now:%Y-%m-%d %H:%M:%S} UTC {' '.join(step)}: {outcome}, {spent}"
    echo("\n".join([line, *(f"  {text}" for text in lines)]))
    with suppress(OSError):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="backslashreplace") as opened:
            opened.write(f"{line}; {_choose_line(lines)}\n")
    return code, said.getvalue()


def _choose_line(lines: Sequence[str]) -> str:
    """Choose the line that tells: the error's, else the last."""
    errors = [text for text in lines if text.startswith("jkn: ")]
    return [*errors, *lines[-1:], ""][0]


def _call(step: Sequence[str], config: Config) -> int:
    """Call a command of this program; return its exit code."""
    from jkn_analysis.cli import find_command, tell_error

    try:
        find_command(step[0]).main(
            list(step[1:]),
            prog_name=f"jkn {step[0]}",
            obj=config,
            standalone_mode=False,
        )
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else 1
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except Exception as exc:  # noqa: BLE001 - one step's fault ends the round, told
        return tell_error(exc)
    return 0
