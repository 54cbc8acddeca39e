"""What cleaning says, in English as it is written in the code and in Indonesian.

A text is written once, in English, where it is said: ``say("row {row}", row=3)``. It
is a plain string that remembers its template, so that whatever an office sees is
written in Indonesian by `in_language`. ``findings.toml`` holds the Indonesian of every
template; a test finds templates without it and entries without template.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable


class Said(str):
    """A text with the template and values it was made of."""

    template: str
    values: dict[str, object]
    __slots__ = ("template", "values")


def say(template: str, /, **values: object) -> Said:
    """Return a text of the catalogue with its values filled in.

    Examples
    --------
    >>> said = say("column '{name}' missing", name="segmen")
    >>> print(said, "|", in_language(said, "id"))
    column 'segmen' missing | kolom 'segmen' tidak ada
    """
    said = Said(template.format_map(values) if values else template)
    said.template, said.values = template, values
    return said


@cache
def read_findings() -> dict[str, str]:
    """Return the Indonesian of every template."""
    path = resources.files("jkn_analysis.cleaning").joinpath("findings.toml")
    return tomllib.loads(path.read_text("utf-8"))


def in_language(text: str, bahasa: str) -> str:
    """Return what a text says in Indonesian ("id"), or as it is ("en")."""
    if bahasa != "id" or not isinstance(text, Said):
        return str(text)
    template = read_findings().get(text.template, text.template)
    values = {
        name: in_language(value, bahasa) if isinstance(value, Said) else value
        for name, value in text.values.items()
    }
    return template.format_map(values) if values else template


def pack(text: str) -> object:
    """Return a text as plain containers, which a reading process may send."""
    if not isinstance(text, Said):
        return str(text)
    return text.template, {
        name: pack(v) if isinstance(v, str) else v for name, v in text.values.items()
    }


def unpack(packed: object) -> str:
    """Return the text of what `pack` made."""
    if isinstance(packed, str):
        return packed
    template, values = cast("tuple[str, dict[str, object]]", packed)
    whole = {
        n: unpack(v) if isinstance(v, str | tuple | list) else v
        for n, v in values.items()
    }
    return say(template, **whole)


def with_values(text: str, change: Callable[[str], str]) -> str:
    """Return a text with every text value in it changed: hidden, for example."""
    if not isinstance(text, Said):
        return change(text)
    values = {
        name: with_values(v, change) if isinstance(v, str) else v
        for name, v in text.values.items()
    }
    return text if values == text.values else say(text.template, **values)


def listed(items: list[str] | tuple[str, ...], most: int = 6) -> Said:
    """Return the first of some names, and how many more there are."""
    first = ", ".join(items[:most])
    if len(items) <= most:
        return say("{names}", names=first)
    return say("{names} and {more} more", names=first, more=len(items) - most)
