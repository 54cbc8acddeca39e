"""``jkn build``: clean every delivery and store the canonical tables."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jkn_analysis.config import Config


@click.command(name="build")
@click.option(
    "--sampai",
    metavar="YYYY-MM",
    help="Store no later month, as figures of that data month.",
)
@click.option("--lepas", is_flag=True, help="Accept that files have gone.")
@click.pass_obj
def build_command(
    config: Config,
    sampai: str | None,
    lepas: bool,  # noqa: FBT001 - click passes flags
) -> None:
    r"""Clean every delivery under data/raw and store the canonical tables.

    A delivery with faults is refused as a whole and all its faults are listed; rows
    that were accepted of it before stay. The others are stored, in one step. The exit
    code is 0 where nothing was refused, else the code of the gravest kind of fault.

    \b
    Example:
      jkn build
      jkn build --sampai 2025-11
      jkn --pada 2025-12-10 build
    """
    from jkn_analysis.cleaning.builder import build
    from jkn_analysis.cleaning.words import in_language, say
    from jkn_analysis.cli.run import read_periode

    report = build(
        config,
        today=dt.datetime.now(dt.UTC).date(),
        sampai=read_periode(sampai, option="--sampai"),
        release=lepas,
    )
    click.echo(str(report))
    where = say("tables in {path}", path=config.paths.processed)
    click.echo(in_language(where, report.bahasa))
    if report.error is not None:
        sys.exit(report.error.exit_code)
