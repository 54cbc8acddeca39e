"""Options that had Indonesian names: English now, the old ones for one release more."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import (
    echo,
    name_parameter,
    translate,
    translate_help,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LAST = "0.3"
"""Version that knows the old names no more."""
RENAMED = {
    "--bahasa": "--language",
    "--baca": "--read",
    "--bulan": "--months",
    "--contoh": "--sample",
    "--daftar": "--lists",
    "--dingin": "--cold",
    "--hari": "--days",
    "--kantor": "--office",
    "--kirim": "--send",
    "--kode": "--region",
    "--layani": "--serve",
    "--lepas": "--accept-gone",
    "--meski-ditolak": "--despite-refused",
    "--nasional": "--national",
    "--pada": "--as-of",
    "--periode": "--month",
    "--provinsi": "--province",
    "--sampai": "--until",
    "--skenario": "--scenario",
    "--tanggal": "--date",
    "--wilayah": "--region",
}
_OLD = re.compile("|".join(rf"{name}(?![\w-])" for name in RENAMED))


def rename(command: click.Command) -> click.Command:
    """Give a command's options their English names, and its help with them."""
    # raw docstrings keep click's mark of a block as two characters
    text = (command.help or "").replace("\\b\n", "\b\n")
    command.help = write_new(translate_help(text))
    command.options_metavar = translate(command.options_metavar or "")
    with click.Context(command) as context:
        for parameter in command.params:
            parameter.metavar = name_parameter(parameter, context)
    for option in command.params:
        if isinstance(option, click.Option):
            option.help = write_new(translate(option.help or ""))
            new = [RENAMED[name] for name in option.opts if name in RENAMED]
            if new and option.opts[0] not in new:
                old, told = list(option.opts), option.get_help_record
                option.opts = [*new, *old]
                setattr(option, "get_help_record", partial(_hide, option, new, told))  # noqa: B010 - of one option
    return command


def write_new(text: str) -> str:
    """Write the new names where a text has old ones."""
    return _OLD.sub(lambda found: RENAMED[found[0]], text)


def tell_renamed(words: Sequence[str]) -> None:
    """Say once per command line which of its options have new names."""
    given = dict.fromkeys(word.split("=", 1)[0] for word in words)
    old = [name for name in given if name in RENAMED]
    told = ", ".join(f"{name} is now {RENAMED[name]}" for name in old)
    if told:
        echo(f"jkn: {told}; old names go with version {LAST}", err=True)


def _hide(
    option: click.Option,
    new: list[str],
    told: Callable[[click.Context], tuple[str, str] | None],
    context: click.Context,
) -> tuple[str, str] | None:
    """Return an option's line of the help without its old names."""
    kept, option.opts = option.opts, new
    try:
        return told(context)
    finally:
        option.opts = kept
