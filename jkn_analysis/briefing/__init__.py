"""Every figure and sentence of one page, in one object."""

from jkn_analysis.briefing.area_build import build_area_briefing
from jkn_analysis.briefing.build import build_briefing
from jkn_analysis.briefing.model import (
    Angka,
    Bagian,
    Batang,
    Briefing,
    Figure,
    FirstScreen,
    Kipas,
    Kolom,
    Permintaan,
    Rapat,
    Tabel,
    Tanda,
    Ubin,
)

__all__ = [
    "Angka",
    "Bagian",
    "Batang",
    "Briefing",
    "Figure",
    "FirstScreen",
    "Kipas",
    "Kolom",
    "Permintaan",
    "Rapat",
    "Tabel",
    "Tanda",
    "Ubin",
    "build_area_briefing",
    "build_briefing",
]
