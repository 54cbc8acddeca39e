"""``jkn check``: read any file or folder and list everything wrong with it."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.as_json import json_option, tell_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jkn_analysis.cleaning.inspect import CheckReport, Listed
    from jkn_analysis.config import Config


@click.command(name="check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--table", default="", help="Canonical table of the files, if no name says it."
)
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every problem, cell by cell, to this csv file.",
)
@click.option(
    "--annotate",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write copies of the faulty files as xlsx with coloured, commented cells.",
)
@click.option(
    "--ask",
    "--tanya",
    "asked",
    is_flag=True,
    help="Ask in Indonesian which column is which, and write the answers as settings.",
)
@json_option
@click.pass_context
def check_command(
    context: click.Context,
    paths: tuple[Path, ...],
    table: str,
    csv_path: Path | None,
    folder: Path | None,
    *,
    asked: bool,
    as_json: bool,
) -> None:
    r"""Read files or folders and say what was read, refused and suspected.

    Without a path the deliveries under data/raw are read. Nothing is stored. The exit
    code is 0 where nothing is wrong, else the code of the gravest kind of fault.

    \b
    Example:
      jkn check
      jkn check kiriman/kepesertaan_juni.xlsx --csv temuan.csv --annotate kembalikan
      jkn check kiriman/kepesertaan_juni.xlsx --ask
    """
    from jkn_analysis.cleaning.inspect import check_paths
    from jkn_analysis.cleaning.returned import write_annotated, write_problems
    from jkn_analysis.cleaning.words import in_language, say

    config: Config = context.obj
    if asked:
        config = _ask(context, paths, table)
    today = dt.datetime.now(dt.UTC).date()
    report = check_paths(paths, config=config, table=table, today=today, watch=_watch)
    if as_json:
        tell_json(_lay_out(report))
    else:
        click.echo(str(report))
    if csv_path is not None:
        write_problems(report.problems, csv_path, bahasa=report.bahasa)
        count = len(report.problems)
        said = say("{count} problem(s) listed in {path}", count=count, path=csv_path)
        click.echo(in_language(said, report.bahasa), err=as_json)
    if folder is not None:
        for copy in write_annotated(report, folder):
            click.echo(
                in_language(say("annotated copy: {path}", path=copy), report.bahasa),
                err=as_json,
            )
    if report.error is not None:
        sys.exit(report.error.exit_code)


def _watch(files: Sequence[Listed]) -> Iterator[Listed]:
    """Pass the files on; show on a terminal how far it is."""
    hidden = not sys.stderr.isatty()
    bar = click.progressbar(files, label="check", file=sys.stderr, hidden=hidden)
    with bar as shown:
        yield from shown


def _lay_out(report: CheckReport) -> dict[str, object]:
    """Lay out files and problems for JSON."""
    from jkn_analysis.cleaning.returned import list_problems

    files = [
        {
            "name": one.name,
            "table": one.delivery.table,
            "state": one.state,
            **asdict(one.counts),
        }
        for one in report.files
    ]
    problems = list_problems(report.problems, bahasa=report.bahasa)
    return {"files": files, "problems": problems.to_dict("records")}


def _ask(context: click.Context, paths: tuple[Path, ...], table: str) -> Config:
    """Ask about every file named; return the settings with the answers."""
    from jkn_analysis.cleaning.asking import ask_and_write
    from jkn_analysis.config import SETTINGS

    config: Config = context.obj
    given = (context.parent.params if context.parent else {}).get("config_path")
    for path in paths:
        config = ask_and_write(
            path,
            config,
            Path(given or SETTINGS),
            table=table,
            ask=lambda text: click.prompt(text, default="", show_default=False),
            tell=click.echo,
        )
    return config
