"""The reference, made from the code: tables, settings, commands, indicators.

``python -m docs.acuan`` writes ``docs/acuan/*.md``; `make docs` does so before the site
is built, so that no page of it can be out of date.
"""

from __future__ import annotations

import importlib
import re
from importlib import resources
from pathlib import Path

import click

from jkn_analysis.cli import COMMANDS, app
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.tables import DELIVERED, TABLES, Column

FOLDER = Path(__file__).resolve().parent / "acuan"
UNITS = {
    "jiwa": "people",
    "rp": "rupiah",
    "rate": "fraction",
    "kode": "Kemendagri code",
    "periode": "first day of the month",
    "tanggal": "date",
    "umur": "months overdue, 25 = over 24",
    "tahun": "year",
    "count": "count",
    "number": "number",
}


def write_row(*cells: object) -> str:
    """Return one row of a table in Markdown."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def write_head(*names: str) -> str:
    """Return the head of a table in Markdown."""
    return "\n".join([write_row(*names), "|" + "---|" * len(names)])


def describe_column(column: Column) -> str:
    """Return one column as a row: name, unit, may it be empty."""
    unit = " / ".join(column.choices) or UNITS.get(column.kind, column.kind)
    return write_row(
        f"`{column.name}`", unit, "may be empty" if column.optional else ""
    )


def build_tables() -> str:
    """List every canonical table with its columns, units and key."""
    parts = ["# Tables", "", "Every canonical table; delivered ones first.", ""]
    order = [*DELIVERED, *(name for name in TABLES if name not in DELIVERED)]
    for name in order:
        table = TABLES[name]
        key = ", ".join(f"`{part}`" for part in table.key)
        source = f" From: {table.office}." if table.office else ""
        parts += [f"## {name}", "", f"{table.meaning}. Key: {key}.{source}", ""]
        parts += [write_head("column", "unit", "")]
        parts += [*map(describe_column, table.columns), ""]
    return "\n".join(parts)


def build_settings() -> str:
    """Show the settings file with every default."""
    text = resources.files("jkn_analysis").joinpath("defaults.toml").read_text("utf-8")
    head = "# Settings\n\n`jkn.toml` in the project folder overrides by key; "
    return f"{head}`jkn --config FILE` names another.\n\n```toml\n{text}```\n"


def build_commands() -> str:
    """Show the help of every command."""
    parts = ["# Commands", ""]
    for name, (module, _) in COMMANDS.items():
        importlib.import_module(f"jkn_analysis.cli.{module}")
        command = app.get_command(click.Context(app), name)
        if command is None:
            raise LookupError(f"no command {name}")
        context = click.Context(command, info_name=f"jkn {name}")
        told = re.sub(r"(?m)\s+$", "", command.get_help(context))
        parts += [f"## jkn {name}", "", "```text", told, "```", ""]
    return "\n".join(parts)


def build_indicators() -> str:
    """List the registry."""
    names = ("indicator", "meaning", "numerator", "denominator", "unit", "better", "")
    parts = ["# Indicators", "", write_head(*names)]
    for name, entry in INDICATORS.items():
        below = entry.denominator or "none: an amount"
        if entry.denominator and entry.denominator_table != entry.table:
            below = f"{entry.denominator_table}.{below}"
        better = {"naik": "higher", "turun": "lower"}.get(entry.direction, "")
        ahead = "forecast" if entry.forecast else ""
        above = f"{entry.table}.{entry.numerator}"
        cells = (f"`{name}`", entry.arti, above, below, entry.unit, better, ahead)
        parts.append(write_row(*cells))
    return "\n".join([*parts, ""])


PAGES = {
    "tabel": build_tables,
    "setelan": build_settings,
    "perintah": build_commands,
    "indikator": build_indicators,
}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, build in PAGES.items():
        (FOLDER / f"{name}.md").write_text(build(), encoding="utf-8")


if __name__ == "__main__":
    main()
