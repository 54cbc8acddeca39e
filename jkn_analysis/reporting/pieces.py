"""The pieces of a page as HTML: head, cards, main chart, parts, annex."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jkn_analysis.formats import format_periode
from jkn_analysis.reporting.figures import (
    LEBAR,
    SEMPIT,
    draw_batang,
    draw_kecil,
    draw_kipas,
    draw_petak,
    find_limits,
    grade,
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
    """Render a part with its charts."""
    target = bagian.ubin[0].target if bagian.ubin else 0.8
    tiles = [
        (ubin, grade(ubin.nilai, target) if ubin.nilai is not None else 0)
        for ubin in bagian.ubin
    ]
    more = {"kecil": _render_small(bagian), "petak": _render_heat(briefing, bagian)}
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
    macros = _macros(briefing.bahasa)
    return str(macros.bagian(bagian, charts, tingkat, tiles, more))


def _render_small(bagian: Bagian) -> list[tuple[str, str, str]]:
    """Render small fans on one scale: name, figures, chart."""
    if not bagian.kipas:
        return []
    limits = find_limits(bagian.kipas)
    return [
        (
            kipas.judul,
            kipas.catatan,
            render_svg(
                draw_kecil(kipas, batas=limits),
                nama=f"kecil-{number}",
                alt=kipas.alt,
            ),
        )
        for number, kipas in enumerate(bagian.kipas)
    ]


def _render_heat(briefing: Briefing, bagian: Bagian) -> str:
    """Render the heat map."""
    petak = bagian.petak
    if petak is None:
        return ""
    figure = draw_petak(petak, bahasa=briefing.bahasa)
    return render_svg(figure, nama=petak.nama, alt=petak.alt)


def render_tiles(briefing: Briefing, *, boundaries: str = "") -> str:
    """Render the regions as tiles, beside a map where boundaries are given.

    Parameters
    ----------
    briefing
        The page of a provinsi or the country.
    boundaries
        Path of a GeoJSON with Kemendagri codes, from the project folder; '' for none.
    """
    from jkn_analysis.config import find_root
    from jkn_analysis.reporting.maps import read_boundaries, render_map

    part = render_part(briefing, "peta")
    tiles = briefing.find_bagian("peta").ubin
    if not boundaries or not tiles:
        return part
    shapes = read_boundaries(
        find_root() / boundaries, kode={tile.kode for tile in tiles}
    )
    under = sum(t.nilai is not None and t.nilai < t.target for t in tiles)
    values = {"nama": briefing.nama, "n": under, "target": _target(briefing)}
    alt = read_catalogue(briefing.bahasa).say("peta.alt", values)
    picture = render_map(tiles, shapes, alt=alt)
    return part.replace("</section>", f"<figure>{picture}</figure></section>")


def _target(briefing: Briefing) -> str:
    """Write the target of a page's tiles."""
    from jkn_analysis.briefing.words import Words

    return Words(briefing.bahasa).target(briefing.find_bagian("peta").ubin[0].target)


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
