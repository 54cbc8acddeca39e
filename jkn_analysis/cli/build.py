"""``jkn build``: clean every delivery and store the canonical tables."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jkn_analysis.config import Config


@click.command(name="build")
@click.pass_obj
def build_command(config: Config) -> None:
    r"""Clean every delivery under data/raw and store the canonical tables.

    A delivery with faults is refused as a whole, all its faults are listed, and the
    others are stored. The exit code is 0 where nothing was refused, else the code of
    the gravest kind of fault.

    \b
    Example:
      jkn build
    """
    from jkn_analysis.cleaning.builder import build

    report = build(config, today=dt.datetime.now(dt.UTC).date())
    click.echo(str(report))
    click.echo(f"tables in {config.paths.processed}")
    if report.error is not None:
        sys.exit(report.error.exit_code)
