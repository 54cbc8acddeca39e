"""Every figure and sentence of one page, in one object."""

from jkn_analysis.briefing.build import build_briefing
from jkn_analysis.briefing.model import (
    Angka,
    Bagian,
    Batang,
    Briefing,
    Kartu,
    Kipas,
    Kolom,
    Permintaan,
    Rapat,
    Tabel,
    Tanda,
)

__all__ = [
    "Angka",
    "Bagian",
    "Batang",
    "Briefing",
    "Kartu",
    "Kipas",
    "Kolom",
    "Permintaan",
    "Rapat",
    "Tabel",
    "Tanda",
    "build_briefing",
]
