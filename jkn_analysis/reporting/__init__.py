"""The page: charts, tables, HTML, print."""

from jkn_analysis.reporting.display import (
    show_foot,
    show_head,
    show_parts,
    show_table,
    tampilkan,
)

__all__ = ["show_foot", "show_head", "show_parts", "show_table", "tampilkan"]
