"""Every figure and sentence of one page, in one object."""

from jkn_analysis.briefing.area_build import build_area_briefing
from jkn_analysis.briefing.build import build_briefing
from jkn_analysis.briefing.model import (
    Amount,
    Bars,
    Briefing,
    Fan,
    Figure,
    FirstScreen,
    Heading,
    Marker,
    PageTable,
    Part,
    Permintaan,
    Rapat,
    Tile,
)

__all__ = [
    "Amount",
    "Bars",
    "Briefing",
    "Fan",
    "Figure",
    "FirstScreen",
    "Heading",
    "Marker",
    "PageTable",
    "Part",
    "Permintaan",
    "Rapat",
    "Tile",
    "build_area_briefing",
    "build_briefing",
]
