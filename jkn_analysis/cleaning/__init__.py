"""From what offices send to canonical tables: read, understand, check, build.

``read_sheet(path)`` gives the tables of any file as text, ``read_table_typed(path)``
the same with typed columns and problems, ``clean(table, sheets)`` the rows of a
canonical table, ``check_paths`` what ``jkn check`` says, ``build`` what ``jkn build``
stores.
Single columns: ``parse_numbers``, ``parse_months``, ``parse_dates``; single names:
``find_region``, ``find_segmen``, ``find_kelas``.

The names below are imported on first use, so that the child process that opens
foreign files stays small.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jkn_analysis.cleaning.any.typed import TypedTable, read_table_typed, type_table
    from jkn_analysis.cleaning.builder import BuildReport, build
    from jkn_analysis.cleaning.find.sheets import read_sheet
    from jkn_analysis.cleaning.find.table import SheetTable
    from jkn_analysis.cleaning.inspect import CheckReport, check_paths
    from jkn_analysis.cleaning.problems import Problem
    from jkn_analysis.cleaning.rows.across import check_tables
    from jkn_analysis.cleaning.rows.cleaner import clean
    from jkn_analysis.cleaning.rows.work import CleanResult
    from jkn_analysis.cleaning.values.months import (
        MonthColumn,
        parse_dates,
        parse_months,
    )
    from jkn_analysis.cleaning.values.names import find_kelas, find_region, find_segmen
    from jkn_analysis.cleaning.values.numbers import NumberColumn, parse_numbers

_HOME = {
    "Problem": "problems",
    "SheetTable": "find.table",
    "read_sheet": "find.sheets",
    "TypedTable": "any.typed",
    "read_table_typed": "any.typed",
    "type_table": "any.typed",
    "CheckReport": "inspect",
    "check_paths": "inspect",
    "MonthColumn": "values.months",
    "parse_dates": "values.months",
    "parse_months": "values.months",
    "find_kelas": "values.names",
    "find_region": "values.names",
    "find_segmen": "values.names",
    "NumberColumn": "values.numbers",
    "parse_numbers": "values.numbers",
    "CleanResult": "rows.work",
    "clean": "rows.cleaner",
    "check_tables": "rows.across",
    "BuildReport": "builder",
    "build": "builder",
}
__all__ = [
    "BuildReport",
    "CheckReport",
    "CleanResult",
    "MonthColumn",
    "NumberColumn",
    "Problem",
    "SheetTable",
    "TypedTable",
    "build",
    "check_paths",
    "check_tables",
    "clean",
    "find_kelas",
    "find_region",
    "find_segmen",
    "parse_dates",
    "parse_months",
    "parse_numbers",
    "read_sheet",
    "read_table_typed",
    "type_table",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module on first use."""
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    return getattr(module, name)
