"""One colour and type system for charts, page and mail.

Blue against vermilion stays apart for every kind of colour blindness and in grey; the
same names are CSS variables on the page, so that charts follow its dark theme.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib import resources

WARNA: dict[str, str] = {
    "kertas": "#ffffff",
    "tinta": "#1b2530",
    "redup": "#56626e",
    "garis": "#d5dbe1",
    "data": "#0b5fa5",
    "pita50": "#7fb0dc",
    "pita80": "#b1d0eb",
    "pita95": "#d9e8f5",
    "batas": "#b23c06",
    "abu": "#8a96a1",
}
"""Colour of each role on white paper; no two roles share one."""
WARNA_GELAP: dict[str, str] = {
    "kertas": "#12181f",
    "tinta": "#e9eef3",
    "redup": "#a9b5c1",
    "garis": "#35414d",
    "data": "#74b8f2",
    "pita50": "#3c78ac",
    "pita80": "#2a557c",
    "pita95": "#1f3b55",
    "batas": "#ff9b66",
    "abu": "#7d8a96",
}
"""The same roles on dark paper."""
TINGKAT = ("#c2551b", "#e58f55", "#f8cfae", "#c9e0f2", "#7fb3dd", "#2a78b8")
"""Six classes around the target, the same on light and dark paper."""
HURUF = 12.0
"""Size of text in a chart, in points of a 72 dpi page, so in CSS pixels."""
FONT = "DejaVu Sans"
_HEX = re.compile("|".join(WARNA.values()))
_ROLE = {value: name for name, value in WARNA.items()}


def link_colours(svg: str) -> str:
    """Replace the chart's colours by the page's variables, the colour as fallback."""
    return _HEX.sub(lambda found: f"var(--{_ROLE[found[0]]},{found[0]})", svg)


@cache
def read_css() -> str:
    """Return the page's style sheet with the colours of both themes."""
    css = (
        resources.files("jkn_analysis.reporting")
        .joinpath("templates", "gaya.css")
        .read_text(encoding="utf-8")
    )
    light = "".join(f"--{name}:{value};" for name, value in WARNA.items())
    light += "".join(f"--t{n}:{value};" for n, value in enumerate(TINGKAT, start=1))
    dark = "".join(f"--{name}:{value};" for name, value in WARNA_GELAP.items())
    return css.replace("/*TERANG*/", light).replace("/*GELAP*/", dark)


@cache
def read_page_css() -> str:
    """Return the style sheet of a page of ours alone: nothing there to keep off."""
    return re.sub(r"\.jkn (?=[\w.])", "", read_css())


def scope(html: str) -> str:
    """Wrap a piece so that it carries its own style wherever it is shown.

    In Lab or a page of another converter a piece looks as on our page, and its
    style touches nothing around it.
    """
    return f"{_open()}{html}{_CLOSE}"


def scope_page(html: str, *, banner: str = "") -> str:
    """Wrap the first piece of a page.

    It says itself that it is a sample, with `banner`; on our page that stands at the
    top. In nbconvert's own HTML it hides code and notes: what is left is the page.
    """
    told = f"{_BANNER}{escape(banner)}</p>" if banner else ""
    return scope(f"{_ALONE}{told}{html}")


def unscope(html: str) -> str:
    """Take the wrapping off a piece that lies on a page which has the style."""
    if not html.startswith(_open()):
        return html
    piece = html.removeprefix(_open()).removesuffix(_CLOSE).removeprefix(_ALONE)
    return piece.partition("</p>")[2] if piece.startswith(_BANNER) else piece


_CLOSE = "</div>"
_BANNER = '<p class="contoh">'
_ALONE = (
    "<style>body.jp-Notebook :is(.jp-CodeCell>.jp-Cell-inputWrapper,.jp-mod-noOutputs,"
    ".celltag_catatan,.jp-Cell:has(.celltag_catatan)){display:none}</style>"
)


@cache
def _open() -> str:
    """Return the start of a wrapped piece; its rules outweigh those around it."""
    css = read_css().replace(".jkn", ".jkn.jkn")
    return f'<div class="jkn"><style>{css}</style>'
