"""What a report says: one catalogue per language, the same keys in each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jkn_analysis.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BAHASA = ("id", "en")


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language, by dotted key."""

    bahasa: str
    texts: Mapping[str, str]

    def say(self, key: str, values: Mapping[str, object] | None = None) -> str:
        """Return a text with its values filled in.

        A text of a count may come in two forms, ``key.one`` and ``key.other``;
        the value ``n`` chooses.
        """
        chosen = key
        if key not in self.texts and values is not None and "n" in values:
            chosen = f"{key}.{'one' if values['n'] == 1 else 'other'}"
        text = self.texts[chosen]
        return text.format_map(values) if values else text

    def under(self, prefix: str) -> dict[str, str]:
        """Return the texts below a key, by the rest of their keys."""
        start = f"{prefix}."
        return {
            key.removeprefix(start): text
            for key, text in self.texts.items()
            if key.startswith(start)
        }

    def has(self, key: str) -> bool:
        """Tell whether a key exists."""
        return key in self.texts


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Walk nested tables to dotted keys."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@cache
def read_catalogue(bahasa: str) -> Catalogue:
    """Read the texts of a language.

    Raises
    ------
    ConfigError
        If there is no such language.

    Examples
    --------
    >>> read_catalogue("id").say("umum.tidak_tersedia")
    'tidak tersedia'
    """
    if bahasa not in BAHASA:
        raise ConfigError(
            f"language '{bahasa}' has no catalogue\n  → choose one of: "
            + ", ".join(BAHASA)
        )
    path = resources.files("jkn_analysis").joinpath("texts", f"{bahasa}.toml")
    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    return Catalogue(bahasa, dict(_flatten(tree)))
