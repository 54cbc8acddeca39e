"""The command line: parse, call the library, print; one module per group of commands.

A command module is imported only when its command runs, so that ``jkn --help``
answers at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from jkn_analysis.errors import JknError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "verify": ("run", "Recompute what a report depends on and compare."),
    "reconcile": ("reconcile", "Compare person registers; counts out, no NIK."),
    "scan": ("reconcile", "Search a folder for anything that parses as personal."),
    "mail": ("mail", "Compose due briefings into the outbox; send with --really."),
    "lab": ("lab", "Open JupyterLab on the start page."),
    "papan": ("papan", "Write a board as one offline page, or serve the boards."),
}
"""Command name to (module of this package, one-line help)."""


class LazyGroup(click.Group):
    """A group whose commands live in modules imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order a month of work takes them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of one command and return it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"jkn_analysis.cli.{COMMANDS[cmd_name][0]}")
        return getattr(module, f"{cmd_name}_command")

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Print the command list without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False),
    help="TOML file that overrides settings by key.",
)
@click.option(
    "--pada", help="Day as 2025-12-10: work on what was known then, in its own folders."
)
@click.version_option(package_name="jkn-analysis")
@click.pass_context
def app(ctx: click.Context, config_path: str | None, pada: str | None) -> None:
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

    path = Path(config_path).resolve() if config_path else None
    if path is not None:
        os.environ[CONFIG_VARIABLE] = str(path)
    if pada is not None:
        os.environ[PADA_VARIABLE] = pada
    ctx.obj = read_config(path, root=find_root())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error of ours prints its message, not a traceback."""
    try:
        app.main(
            args=list(arguments) if arguments is not None else None, prog_name="jkn"
        )
    except JknError as exc:
        click.echo(f"jkn: {exc}", err=True)
        sys.exit(exc.exit_code)
