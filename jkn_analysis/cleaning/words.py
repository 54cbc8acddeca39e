"""What cleaning says, in English as it is written in the code and in Indonesian.

A text is a plain string that remembers its template, ``say("row {row}", row=3)``, so
that whatever an office sees is written in Indonesian by `in_language`. What is wrong
and what to do about it stand together in ``findings.toml`` under a key, in both
languages: ``finding("future", limit="2025-12")``. A test finds templates without
their Indonesian and entries that nobody says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, cast


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
def _catalogue() -> dict[str, Any]:
    """Read the catalogue of the package."""
    path = resources.files("jkn_analysis.cleaning").joinpath("findings.toml")
    return tomllib.loads(path.read_text("utf-8"))


@cache
def read_findings() -> dict[str, str]:
    """Return the Indonesian of every template."""
    whole = dict(_catalogue())
    for entry in whole.pop("temuan").values():
        whole |= dict(zip(entry["en"], entry["id"], strict=True))
    return whole


class Finding(NamedTuple):
    """What is wrong: its kind, the fact, and what to do about it."""

    kind: str
    message: str
    remedy: str


def finding(key: str, /, **values: object) -> Finding:
    """Return a finding of the catalogue; what stands before a colon is its kind.

    Examples
    --------
    >>> finding("future", limit="2025-12")[1:]
    ('periode: lies in the future', 'the last month there can be is 2025-12: check \
the year')
    """
    message, remedy = _catalogue()["temuan"][key]["en"]
    kind = key.partition(":")[0]
    return Finding(kind, say(message, **values), say(remedy, **values))


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


def percent(rate: float, *, decimals: int = 1, signed: bool = False) -> Said:
    """Return a rate as percent, whose decimal mark is that of the language.

    Examples
    --------
    >>> said = percent(0.055, signed=True)
    >>> print(said, in_language(said, "id"))
    +5.5% +5,5%
    """
    shown = f"{rate * 100:{'+' if signed else ''}.{decimals}f}"
    whole, _, part = shown.partition(".")
    template = "{whole}.{part}%" if part else "{whole}%"
    return say(template, whole=whole, part=part)


def listed(items: list[str] | tuple[str, ...], most: int = 6) -> Said:
    """Return the first of some names, and how many more there are."""
    first = ", ".join(items[:most])
    if len(items) <= most:
        return say("{names}", names=first)
    return say("{names} and {more} more", names=first, more=len(items) - most)
