"""The pieces of a page as HTML: head, cards, main chart, parts, annex."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jkn_analysis.formats import format_periode
from jkn_analysis.reporting.figures import (
    LEBAR,
    SEMPIT,
    draw_batang,
    draw_kipas,
    render_svg,
)
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from jinja2 import Environment

    from jkn_analysis.briefing.model import Bagian, Briefing

LAMPIRAN = ("beda", "mutu", "cara", "peristiwa", "data_grafik", "asal")
"""Parts that stand behind the annex line, in order."""


@cache
def build_environment() -> Environment:
    """Build the template environment: every text is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("jkn_analysis.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )


@cache
def _macros(bahasa: str) -> ModuleType:
    """Return the page's macros, bound to a language."""
    words = read_catalogue(bahasa)

    def bulan(periode: object) -> str:
        return format_periode(periode, short=True, bahasa=bahasa)

    template = build_environment().get_template("halaman.html.j2")
    return template.make_module({"kata": words.say, "bulan": bulan})  # type: ignore[return-value]


def render_head(briefing: Briefing) -> str:
    """Render head, verdict and key figures."""
    return str(_macros(briefing.bahasa).kepala(briefing))


def render_fan(briefing: Briefing) -> str:
    """Render the main chart in two widths; the page shows the one that fits."""
    kipas = briefing.kipas
    if kipas is None:
        return ""
    drawn = [
        render_svg(
            draw_kipas(kipas, size, bahasa=briefing.bahasa),
            nama=f"kipas-{name}",
            alt=kipas.alt,
        )
        for name, size in (("lebar", LEBAR), ("sempit", SEMPIT))
    ]
    return str(_macros(briefing.bahasa).kipas(kipas, *drawn))


def render_part(briefing: Briefing, nama: str, *, tingkat: int = 2) -> str:
    """Render one part with its charts and tables.

    Parameters
    ----------
    briefing
        The page.
    nama
        Name of the part.
    tingkat
        Level of its heading.
    """
    return _render_bagian(briefing, briefing.find_bagian(nama), tingkat)


def _render_bagian(briefing: Briefing, bagian: Bagian, tingkat: int) -> str:
    """Render a part."""
    charts = [
        (
            batang.judul,
            render_svg(
                draw_batang(batang),
                nama=batang.nama,
                alt=batang.alt,
            ),
        )
        for batang in bagian.batang
    ]
    return str(_macros(briefing.bahasa).bagian(bagian, charts, tingkat))


def render_annex(briefing: Briefing, names: Sequence[str] = LAMPIRAN) -> str:
    """Render the annex and the foot."""
    from markupsafe import escape

    parts = [part for part in briefing.bagian if part.nama in names]
    inside = "".join(_render_bagian(briefing, part, 3) for part in parts)
    title = read_catalogue(briefing.bahasa).say("bagian.lampiran")
    return (
        f'<section class="lampiran"><h2>{escape(title)}</h2>{inside}</section>'
        f"<footer><p>{escape(briefing.kaki)}</p></footer>"
    )
