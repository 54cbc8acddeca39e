"""From what offices send to canonical tables: read, understand, check, build.

The names below are imported on first use, so that the child process that opens
foreign files stays small.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jkn_analysis.cleaning.builder import BuildReport, build
    from jkn_analysis.cleaning.checks import check_tables
    from jkn_analysis.cleaning.cleaner import CleanResult, clean
    from jkn_analysis.cleaning.problems import Problem
    from jkn_analysis.cleaning.sheets import SheetTable, read_sheet
    from jkn_analysis.cleaning.typed import TypedTable, read_table_typed

_HOME = {
    "Problem": "problems",
    "SheetTable": "sheets",
    "read_sheet": "sheets",
    "TypedTable": "typed",
    "read_table_typed": "typed",
    "CleanResult": "cleaner",
    "clean": "cleaner",
    "check_tables": "checks",
    "BuildReport": "builder",
    "build": "builder",
}

__all__ = [
    "BuildReport",
    "CleanResult",
    "Problem",
    "SheetTable",
    "TypedTable",
    "build",
    "check_tables",
    "clean",
    "read_sheet",
    "read_table_typed",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    return getattr(module, name)
