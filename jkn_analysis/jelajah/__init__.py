"""Boards for JupyterLab: the batch's own calls behind pickers and sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.jelajah.mulai import show_isi, show_tautan
from jkn_analysis.jelajah.pandangan import (
    Pandangan,
    Pilihan,
    build_pandangan,
    build_ringkasan,
)

if TYPE_CHECKING:
    from jkn_analysis.jelajah.keaktifan import PapanKeaktifan

__all__ = [
    "Pandangan",
    "Pilihan",
    "build_pandangan",
    "build_ringkasan",
    "jelajahi_keaktifan",
    "show_isi",
    "show_tautan",
]


def jelajahi_keaktifan(pilihan: Pilihan) -> PapanKeaktifan:
    """Open the activity board on a first choice, on the project's own tables."""
    from jkn_analysis.config import find_root, read_config
    from jkn_analysis.jelajah.keaktifan import PapanKeaktifan

    config = read_config(root=find_root())
    return PapanKeaktifan(pilihan, root=config.paths.processed)
