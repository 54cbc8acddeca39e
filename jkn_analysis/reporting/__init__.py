"""The page: charts, tables, HTML, print."""

from jkn_analysis.reporting.display import (
    show_annex,
    show_fan,
    show_head,
    show_map,
    show_parts,
    tampilkan,
)

__all__ = ["show_annex", "show_fan", "show_head", "show_map", "show_parts", "tampilkan"]
