"""Charts of notebooks on matplotlib's Axes of fixed margins, shown with their words."""

from __future__ import annotations

import html
import io
import re
from typing import TYPE_CHECKING

from jkn_analysis.reporting.figures import ChartSize
from jkn_analysis.reporting.style import FONT, HURUF, WARNA, link_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PX = 72
DPI_PNG = 144
_HEAD = re.compile(r"^.*?<svg ", re.DOTALL)
_META = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_NAMES = re.compile(r'(\bid="|url\(#|href="#)')


def make_axes(ukuran: ChartSize) -> tuple[Figure, Axes]:
    """Make a figure of fixed margins with one bare Axes.

    Fixed margins let the figure be drawn once; a tight bounding box draws it twice.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(ukuran.lebar / PX, ukuran.tinggi / PX), dpi=PX)
    FigureCanvasAgg(figure)
    figure.patch.set_facecolor(WARNA["kertas"])
    width = ukuran.lebar - ukuran.kiri - ukuran.kanan
    height = ukuran.tinggi - ukuran.atas - ukuran.bawah
    left, bottom = ukuran.kiri / ukuran.lebar, ukuran.bawah / ukuran.tinggi
    share = (width / ukuran.lebar, height / ukuran.tinggi)
    axes = figure.add_axes((left, bottom, *share))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(WARNA["abu"])
    axes.patch.set_visible(False)
    axes.tick_params(
        length=0, labelsize=HURUF, labelcolor=WARNA["redup"], labelfontfamily=FONT
    )
    return figure, axes


def render_svg(figure: Figure, *, nama: str, alt: str) -> str:
    """Render a figure as inline SVG that takes the page's colours.

    The bytes depend on the figure alone: no date, no random identifier; the
    identifiers carry `nama`, so that several charts fit on one page.
    """
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": nama}):
        told = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(stream, format="svg", metadata=told)
    svg = _META.sub("", stream.getvalue())
    svg = _NAMES.sub(rf"\1{nama}-", svg)
    head = f'<svg role="img" aria-label="{html.escape(alt, quote=True)}" '
    return link_colours(_HEAD.sub(head, svg, count=1)).strip()
