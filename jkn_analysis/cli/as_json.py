"""``--json``: what a command tells, for other programs."""

from __future__ import annotations

import json

import click

json_option = click.option(
    "--json", "as_json", is_flag=True, help="As JSON, for other programs."
)


def tell_json(told: object) -> None:
    """Print an answer as JSON; paths and dates as text, nothing that is no JSON."""
    text = json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False, default=str)
    click.echo(text)
