"""Boards for JupyterLab: the batch's own calls behind pickers and sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.jelajah.start import show_isi, show_tautan
from jkn_analysis.jelajah.views import (
    Choice,
    View,
    build_ringkasan,
    build_view,
)

if TYPE_CHECKING:
    from jkn_analysis.jelajah.age import ArrearsChoice
    from jkn_analysis.jelajah.keaktifan import ActivityBoard
    from jkn_analysis.jelajah.tunggakan import ArrearsBoard

__all__ = [
    "Choice",
    "View",
    "build_ringkasan",
    "build_view",
    "choose_tunggakan",
    "explore_keaktifan",
    "explore_tunggakan",
    "show_isi",
    "show_tautan",
]


def explore_keaktifan(choice: Choice, *, beside: str = "") -> ActivityBoard:
    """Open the activity board on a first choice, beside other regions if named."""
    from jkn_analysis.config import find_root, read_config
    from jkn_analysis.jelajah.keaktifan import ActivityBoard

    config = read_config(root=find_root())
    return ActivityBoard(choice, root=config.paths.processed, beside=beside)


def choose_tunggakan(
    kode: str,
    *,
    mulai: str = "",
    potong_pbi_persen: float = 0.0,
    kuota_persen: float = 0.0,
    rehab_persen: float = 0.0,
    pemutihan_kelas: int = 0,
) -> ArrearsChoice:
    """Choose a region and a what-if for the arrears board."""
    from jkn_analysis.jelajah.age import ArrearsChoice

    sliders = (potong_pbi_persen, kuota_persen, rehab_persen)
    return ArrearsChoice(kode, mulai, *sliders, pemutihan_kelas)


def explore_tunggakan(choice: ArrearsChoice) -> ArrearsBoard:
    """Open the arrears board on a first choice, on the project's own tables."""
    from jkn_analysis.config import find_root, read_config
    from jkn_analysis.jelajah.tunggakan import ArrearsBoard

    config = read_config(root=find_root())
    return ArrearsBoard(choice, root=config.paths.processed)
