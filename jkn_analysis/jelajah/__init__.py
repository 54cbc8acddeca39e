"""Boards for JupyterLab: the batch's own calls behind pickers and sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.jelajah.age import ArrearsChoice
from jkn_analysis.jelajah.views import Choice, View, build_ringkasan, build_view

if TYPE_CHECKING:
    from jkn_analysis.jelajah.keaktifan import ActivityBoard
    from jkn_analysis.jelajah.tunggakan import ArrearsBoard

__all__ = [
    "ArrearsChoice",
    "Choice",
    "View",
    "build_ringkasan",
    "build_view",
    "explore",
]


def explore(choice: Choice | ArrearsChoice) -> ActivityBoard | ArrearsBoard:
    """Open the board of a first choice on the project's own tables."""
    from jkn_analysis.config import find_root, read_config
    from jkn_analysis.jelajah.keaktifan import ActivityBoard
    from jkn_analysis.jelajah.tunggakan import ArrearsBoard

    paths = read_config(root=find_root()).paths
    if isinstance(choice, Choice):
        return ActivityBoard(choice, root=paths.processed, reports=paths.reports)
    return ArrearsBoard(choice, root=paths.processed, reports=paths.reports)
