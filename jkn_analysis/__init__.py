"""Analysis of JKN participation: cleaning, indicators, forecasts and briefings.

``import jkn_analysis as jkn; data = jkn.load()`` opens the project around the working
folder; ``data.wilayah("Ternate").keaktifan()`` answers. What is listed below is
imported on first use, so that the import itself costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jkn_analysis.api import Answer, Data, Region, load

__version__ = "0.2.0"
__all__ = ["Answer", "Data", "Region", "load"]


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module("jkn_analysis.api"), name)


def __dir__() -> list[str]:
    """List what a user may type, also before it is imported."""
    return sorted([*globals(), *__all__])
