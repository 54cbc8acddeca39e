"""The command line: parse, call the library, print; one module per group of commands.

A command module is imported only when its command runs, so that ``jkn --help``
answers at once.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import choose_language, speak, translate
from jkn_analysis.cli.renamed import rename, tell_renamed
from jkn_analysis.errors import JknError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

VERBOSE_VARIABLE = "JKN_VERBOSE"
EXIT_FAULT = 70
"""Exit code of an error nobody foresaw."""

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Make a working folder: deliveries, notebooks, settings."),
    "sample": ("sample", "Write the labelled synthetic deliveries."),
    "check": ("check", "Read any file or folder and list everything wrong with it."),
    "build": ("build", "Clean every delivery and store the canonical tables."),
    "forecast": ("forecast", "Forecast activity and arrears for all regions."),
    "backtest": ("forecast", "Measure the forecaster against the naive."),
    "plan": ("run", "Show which reports would run, and why."),
    "run": ("run", "Make the reports."),
    "status": ("run", "Show the last run."),
    "riwayat": ("archive", "List the issued versions of a page."),
    "beda": ("archive", "Compare two pages figure by figure."),
    "verify": ("run", "Recompute what a report depends on and compare."),
    "reconcile": ("reconcile", "Compare person registers; counts out, no NIK."),
    "scan": ("reconcile", "Search a folder for anything that parses as personal."),
    "mail": ("mail", "Compose due briefings into the outbox; send with --really."),
    "share": ("share", "Write card, slides and text of finished pages to pass on."),
    "bulanan": ("monthly", "All of it: check, build, forecast, run, mail, with gates."),
    "alamat": ("send", "List dead addresses and who asked to stop; open them again."),
    "lab": ("lab", "Open JupyterLab on the start page."),
    "papan": ("papan", "Write a board as one offline page, or serve the boards."),
}
"""Command name to (module of this package, one-line help)."""


ANYWHERE = {"init", "sample", "check", "forecast", "backtest", "reconcile", "scan",
            "lab", "papan"}  # fmt: skip
"""Commands that work on any file, or make a project; the others need one."""


@functools.cache
def find_command(name: str) -> click.Command:
    """Import the module of one command and return it."""
    module = importlib.import_module(f"jkn_analysis.cli.{COMMANDS[name][0]}")
    command = rename(getattr(module, f"{name}_command"))
    if name not in ANYWHERE and command.callback is not None:
        command.callback = _inside(command.callback)
    return command


def _inside(callback: Callable[..., None]) -> Callable[..., None]:
    """Let a command refuse to begin a project by accident in a foreign folder."""
    from jkn_analysis.config import require_project

    @functools.wraps(callback)
    def guarded(*given: object, **options: object) -> None:
        require_project(click.get_current_context().obj)
        callback(*given, **options)

    return guarded


class LazyGroup(click.Group):
    """A group whose commands live in modules imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order a month of work takes them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of one command and return it."""
        return find_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; say which of its options have new names."""
        tell_renamed(args[1:])
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=3, cutoff=0.5)
            told = translate(f"Did you mean: {', '.join(near)}?")
            hint = f" {told}" if near else ""
            said = translate(f"No such command '{args[0]}'.{hint}")
            raise click.UsageError(said, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Print the command list without importing any of them."""
        with formatter.section(translate("Commands")):
            formatter.write_dl(
                [(name, translate(text)) for name, (_, text) in COMMANDS.items()]
            )


speak()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False),
    help="TOML file that overrides settings by key.",
)
@click.option("-v", "verbose", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--pada", help="Day as 2025-12-10: work on what was known then, in its own folders."
)
@click.version_option(package_name="jkn-analysis")
@click.pass_context
def app(
    ctx: click.Context,
    config_path: str | None,
    verbose: bool,  # noqa: FBT001 - click passes flags
    pada: str | None,
) -> None:
    r"""From raw JKN deliveries to one briefing per kabupaten/kota.

    \b
    Example:
      jkn build && jkn forecast && jkn run --all
    """
    from pathlib import Path

    from jkn_analysis.config import (
        CONFIG_VARIABLE,
        PADA_VARIABLE,
        find_root,
        read_config,
    )
    from jkn_analysis.store import sweep_private

    sweep_private()
    if verbose:
        os.environ[VERBOSE_VARIABLE] = "1"
    path = Path(config_path).resolve() if config_path else None
    if path is not None:
        os.environ[CONFIG_VARIABLE] = str(path)
    if pada is not None:
        os.environ[PADA_VARIABLE] = pada
    ctx.obj = read_config(path, root=find_root())
    choose_language(ctx.obj.report.bahasa)


app.subcommand_metavar = translate("COMMAND [ARGS]...")
rename(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error of ours prints its message, not a traceback."""
    given = list(arguments) if arguments is not None else None
    signal.signal(signal.SIGTERM, _stop)
    try:
        app.main(args=given, prog_name="jkn")
    except Exception as exc:  # noqa: BLE001 - the last handler of all
        sys.exit(tell_error(exc))


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Treat a request to end as ctrl-C: what was laid aside is removed."""
    raise KeyboardInterrupt


def tell_error(exc: Exception) -> int:
    """Print an error in a line with a remedy; return the exit code of its kind.

    The traceback of anything is behind ``jkn -v``.
    """
    if os.environ.get(VERBOSE_VARIABLE):
        click.echo("".join(traceback.format_exception(exc)), err=True)
    click.echo(f"jkn: {_say(exc)}", err=True)
    if isinstance(exc, JknError):
        return exc.exit_code
    return StoreError.exit_code if isinstance(exc, OSError) else EXIT_FAULT


def _say(exc: Exception) -> str:
    """Say what is wrong and what to do."""
    if isinstance(exc, JknError):
        return _in_indonesian(exc)
    if isinstance(exc, MemoryError):
        return translate(
            "too little memory\n  → close other programs, or raise the limit"
        )
    if isinstance(exc, OSError):
        where = f"{exc.filename}: " if exc.filename else ""
        return translate(
            f"{where}{exc.strerror or exc}\n"
            "  → make room on the disk, or the file or folder readable and writable"
        )
    first = (str(exc).splitlines() or [""])[0]
    return translate(
        f"{type(exc).__name__}: {first}\n"
        "  → a fault of this program: run it as `jkn -v …` and report what it says"
    )


def _in_indonesian(exc: JknError) -> str:
    """Return an error's text in Indonesian, where its texts are of the catalogue."""
    from jkn_analysis.cleaning.words import in_language

    text = str(exc)
    for said in exc.said or ():
        text = text.replace(str(said), in_language(said, "id"))
    return translate(text)
