"""Boards for JupyterLab: the batch's own calls behind pickers and sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jkn_analysis.jelajah.age import ArrearsChoice
from jkn_analysis.jelajah.views import Choice, View, build_ringkasan, build_view

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jkn_analysis.jelajah.keaktifan import ActivityBoard
    from jkn_analysis.jelajah.tunggakan import ArrearsBoard

__all__ = [
    "ArrearsChoice",
    "Choice",
    "View",
    "build_ringkasan",
    "build_view",
    "explore",
    "watch",
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


def watch(files: Sequence[Any]) -> Iterator[Any]:
    """Pass files on one by one; a line of the notebook says how far it is."""
    from IPython.display import display

    line = display({"text/plain": ""}, raw=True, display_id=True)
    for number, file in enumerate(files, 1):
        yield file
        line.update({"text/plain": f"{number} dari {len(files)} berkas"}, raw=True)
