"""The pieces of a page as HTML: head with the decisions, parts in four groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jkn_analysis.briefing.page_file import page_stem
from jkn_analysis.briefing.words import Words
from jkn_analysis.formats import format_periode
from jkn_analysis.reporting.figures import (
    SEMPIT,
    draw_batang,
    draw_kecil,
    draw_kipas,
    find_limits,
    grade,
)
from jkn_analysis.reporting.marks import write_svg
from jkn_analysis.reporting.tiles import place_tiles
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from jinja2 import Environment

    from jkn_analysis.briefing.model import Briefing, Part, Permintaan

KELOMPOK = ("keputusan", "uang", "siapa", "data")
"""The four parts of a page, in order."""


@dataclass(frozen=True)
class Line:
    """One decision in words: who, how much, and the rest of it."""

    kantor: str
    besar: str
    isi: str
    pendek: str
    """Action and price in a few words."""


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


def write_lines(asks: Sequence[Permintaan], bahasa: str) -> list[Line]:
    """Write decisions: who and how much stand out, then what, rupiah, by when."""
    words = Words(bahasa)
    lines = []
    for ask in asks:
        money = ask.teks_rp
        if ask.rp is not None:
            money = words.rp(ask.rp)
        if ask.rp is not None and ask.bulan > 1:
            money = words.say("permintaan.setahun", {"rp": money})
        people = words.jiwa(ask.jiwa) if ask.jiwa is not None else ""
        size = (people + "*" * ask.asumsi) if people else money
        day = {"tanggal": words.tanggal_singkat(ask.tenggat)}
        price = money if people else ""
        due = words.say("permintaan.sampai", day)
        rest = " · ".join(part for part in (ask.tindakan, due, price) if part)
        short = " · ".join(part for part in (ask.pendek, price) if part)
        lines.append(Line(ask.kantor, size, rest, short))
    return lines


def list_up(briefing: Briefing) -> list[tuple[str, str]]:
    """List the pages above: index, country, province, as address and name."""
    words, bahasa = Words(briefing.bahasa), briefing.bahasa
    up = [(page_stem("index", bahasa), words.say("arah.indeks"))]
    if briefing.jenis != "nasional":
        up.append((page_stem("00", bahasa), words.say("arah.nasional")))
    if briefing.jenis == "kabupaten":
        up.append((page_stem(briefing.kode[:2], bahasa), briefing.nama_provinsi))
    return [(f"{stem}.html", name) for stem, name in up]


def render_head(briefing: Briefing) -> str:
    """Render the first screen and the line that jumps to the parts."""
    macros = _macros(briefing.bahasa)
    lines = write_lines(briefing.layar.putuskan, briefing.bahasa)
    there = {part.kelompok for part in briefing.bagian}
    words = read_catalogue(briefing.bahasa)
    groups = [(n, words.say(f"kelompok.{n}")) for n in KELOMPOK if n in there]
    head = macros.kepala(briefing, lines, list_up(briefing))  # type: ignore[attr-defined]
    return f"{head}{macros.arah(groups)}"  # type: ignore[attr-defined]


def render_group(briefing: Briefing, nama: str, *, boundaries: str = "") -> str:
    """Render one of the four groups; '' where it has no part.

    Parameters
    ----------
    briefing
        The page.
    nama
        One of `KELOMPOK`.
    boundaries
        Path of a GeoJSON with Kemendagri codes for the map, from the project folder.
    """
    from markupsafe import Markup

    parts = [part for part in briefing.bagian if part.kelompok == nama]
    if not parts:
        return ""
    inside = "".join(_render_bagian(briefing, part) for part in parts)
    if boundaries:
        inside += _render_map(briefing, parts, boundaries)
    title = read_catalogue(briefing.bahasa).say(f"kelompok.{nama}")
    return str(_macros(briefing.bahasa).kelompok(nama, title, Markup(inside)))


def render_part(briefing: Briefing, nama: str) -> str:
    """Render one part by its name."""
    return _render_bagian(briefing, briefing.find_bagian(nama))


def _render_bagian(briefing: Briefing, bagian: Part) -> str:
    """Render a part with its charts."""
    bahasa = briefing.bahasa
    kipas = briefing.kipas if bagian.nama == "grafik" else None
    first = briefing.layar.putuskan
    rest = [ask for ask in briefing.permintaan if ask not in first]
    more: dict[str, Any] = {
        "kipas": None if kipas is None else (kipas, _draw_fan(briefing)),
        "batang": [
            (one.judul, write_svg(draw_batang(one), alt=one.alt))
            for one in bagian.batang
        ],
        "putusan": write_lines(rest if bagian.nama == "permintaan" else [], bahasa),
        "ubin": [
            (tile, 0 if tile.nilai is None else grade(tile.nilai, tile.target), x, y)
            for tile, (x, y) in zip(bagian.ubin, place_tiles(bagian.ubin), strict=True)
        ],
        "kecil": _render_small(bagian),
    }
    return str(_macros(briefing.bahasa).bagian(bagian, more))


def _draw_fan(briefing: Briefing) -> str:
    """Draw the main chart as inline SVG."""
    kipas = briefing.kipas
    if kipas is None:
        return ""
    return write_svg(draw_kipas(kipas, SEMPIT, bahasa=briefing.bahasa), alt=kipas.alt)


def _render_small(bagian: Part) -> list[tuple[str, str, str]]:
    """Render small fans on one scale: name, figures, chart."""
    if not bagian.kipas:
        return []
    limits = find_limits(bagian.kipas)
    return [
        (
            kipas.judul,
            kipas.catatan,
            draw_kecil(kipas, batas=limits, alt=kipas.alt),
        )
        for kipas in bagian.kipas
    ]


def _render_map(briefing: Briefing, parts: Sequence[Part], boundaries: str) -> str:
    """Render the map of the regions that have tiles and boundaries."""
    from jkn_analysis.config import find_root
    from jkn_analysis.reporting.maps import read_boundaries, render_map

    tiles = [tile for part in parts for tile in part.ubin]
    if not tiles:
        return ""
    shapes = read_boundaries(
        find_root() / boundaries, kode={tile.kode for tile in tiles}
    )
    under = sum(t.nilai is not None and t.nilai < t.target for t in tiles)
    words = Words(briefing.bahasa)
    values = {
        "nama": briefing.nama, "n": under, "target": words.target(tiles[0].target)
    }  # fmt: skip
    picture = render_map(tiles, shapes, alt=words.say("peta.alt", values))
    return f"<figure>{picture}</figure>"


def render_foot(briefing: Briefing) -> str:
    """Render what was not sent, and who made the page."""
    return str(_macros(briefing.bahasa).kaki(briefing))
