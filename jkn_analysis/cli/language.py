"""The commands in Indonesian: help, what they print, errors, click's own words.

The code says it in English, `texts/perintah.toml` has the Indonesian of each text,
``{}`` for what changes. `[report] bahasa = "en"` in the settings keeps the English.
"""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from importlib import resources
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.termui
import click.types

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = "jkn.toml"
_FIELD = re.compile(r"\{[^}]*\}")
_SPEAKING = (
    click.core, click.decorators, click.exceptions, click.formatting, click.parser,
    click.termui, click.types,
)  # fmt: skip
"""Modules of click that take their words through gettext."""
_chosen: dict[str, str] = {}


def choose_language(bahasa: str) -> None:
    """Speak a language from now on: that of the settings, once they are read."""
    _chosen["bahasa"] = bahasa


def find_language() -> str:
    """Return the language to speak; before the settings are read, what they say."""
    if "bahasa" not in _chosen:
        _chosen["bahasa"] = _peek()
    return _chosen["bahasa"]


def _peek() -> str:
    """Look into the settings for the language alone: help must answer at once."""
    here = Path.cwd()
    named = os.environ.get("JKN_CONFIG")
    for path in (
        [Path(named)] if named else [f / SETTINGS for f in (here, *here.parents)]
    ):
        try:
            told = tomllib.loads(path.read_text("utf-8"))
            return str(told.get("report", {}).get("bahasa", "id"))
        except (OSError, ValueError, AttributeError):
            continue
    return "id"


@cache
def read_commands() -> dict[str, dict[str, str]]:
    """Return English to Indonesian, by kind of text."""
    path = resources.files("jkn_analysis.texts").joinpath("perintah.toml")
    return tomllib.loads(path.read_text("utf-8"))


@cache
def _texts() -> dict[str, str]:
    """Return the Indonesian of every text, and of its first line where it stands alone.

    A summary shows an error by its first line, without the remedy.
    """
    whole = {en: told for part in read_commands().values() for en, told in part.items()}
    first = {en.split("\n")[0]: told.split("\n")[0] for en, told in whole.items()}
    return {en: told for en, told in first.items() if re.search("[a-z]", en)} | whole


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the texts in which something changes, the most words first."""
    changing = [(en, told) for en, told in _texts().items() if "{}" in en]
    changing.sort(key=lambda pair: -len(pair[0].replace("{}", "")))
    # only a text of several lines fills its gaps with several lines
    return [
        (
            re.compile(
                "(.*?)".join(map(re.escape, en.split("{}"))),
                re.DOTALL if "\n" in en else 0,
            ),
            told,
        )
        for en, told in changing
    ]


def translate(text: str) -> str:
    """Return a text in the language spoken; what is not known stays as it is.

    Examples
    --------
    >>> choose_language("id")
    >>> translate("3 report(s) to make, 2 up to date")
    '3 laporan akan dibuat, 2 sudah mutakhir'
    """
    if find_language() != "id":
        return text
    known = _texts().get(text)
    if known is not None:
        return known
    for pattern, told in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return told.format(*map(translate, found.groups()))
    if "\n" in text:
        return "\n".join(map(translate, text.split("\n")))
    bare = text.lstrip()
    head, colon, tail = bare.partition(": ")
    if colon:
        bare = f"{head}: {translate(tail)}"
    return text[: len(text) - len(text.lstrip())] + bare


def echo(text: str, *, err: bool = False) -> None:
    """Print a text in the language spoken."""
    click.echo(translate(text), err=err)


def translate_help(text: str) -> str:
    """Translate a command's help, a paragraph at a time; examples stay."""
    if find_language() != "id":
        return text
    said = []
    for block in cleandoc(text).split("\n\n"):
        if block.startswith("\b"):
            lines = block.split("\n")
            said.append("\n".join(_texts().get(line, line) for line in lines))
        else:
            said.append(translate(" ".join(block.split())))
    return "\n\n".join(said)


def name_parameter(parameter: click.Parameter, context: click.Context) -> str | None:
    """Name what a parameter takes, where click would say it in English."""
    if parameter.metavar or isinstance(parameter.type, click.Choice):
        return parameter.metavar
    if getattr(parameter, "is_flag", False):
        return None
    if isinstance(parameter, click.Option):
        named = parameter.type.get_metavar(parameter, context)
        return translate(named or parameter.type.name.upper())
    named = parameter.make_metavar(context)
    return named.replace("PATHS", translate("PATHS")).replace(
        "REPORT", translate("REPORT")
    )


def speak(click_modules: tuple[Any, ...] = _SPEAKING) -> None:
    """Let click say its own words in the language spoken.

    It asks gettext for them, whose catalogues are files found by variables of the
    whole machine; ours are a dozen sentences beside the others.
    """
    for module in click_modules:
        setattr(module, "_", _say)  # noqa: B010 - a name of click's own
        if hasattr(module, "ngettext"):
            module.ngettext = _say_count
    for kind in (click.types.IntParamType, click.types.FloatParamType):
        kind.name = translate(kind.name)
    for ranged in (click.IntRange, click.FloatRange):
        ranged.name = translate(ranged.name)


def _say(message: str) -> str:
    """Return click's template in our language, its fields in their places."""
    known: Mapping[str, str] = read_commands()["click"]
    told = known.get(_FIELD.sub("{}", message))
    if told is None or find_language() != "id":
        return message
    fields = iter(_FIELD.findall(message))
    return re.sub(r"\{\}", lambda _: next(fields), told)


def _say_count(one: str, many: str, count: int) -> str:
    """Return click's template for a count."""
    return _say(one if count == 1 else many)
