"""The charts of a page as PNG, for readers of mail, with alt text and their data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jkn_analysis.briefing.model import Kolom, Tabel
from jkn_analysis.briefing.words import Words
from jkn_analysis.reporting.figures import SURAT, draw_batang, draw_kipas, render_png

if TYPE_CHECKING:
    from jkn_analysis.briefing.model import Batang, Briefing

WARNA_SURAT = 64
"""Colours of a mailed chart: a quarter of the bytes, no difference to the eye."""


@dataclass(frozen=True)
class Chart:
    """One chart: name, PNG at twice its size, width to show it at, alt text, data."""

    name: str
    png: bytes
    width: int
    alt: str
    table: Tabel | None


def briefing_charts(briefing: Briefing) -> list[Chart]:
    """Draw the main chart and the bar charts of a page.

    Parameters
    ----------
    briefing
        The page.

    Returns
    -------
    list of Chart
        The main chart first; empty where the page has none.
    """
    charts = []
    if briefing.kipas is not None:
        figure = draw_kipas(briefing.kipas, SURAT, bahasa=briefing.bahasa)
        data = [part for part in briefing.bagian if part.nama == "data_grafik"]
        charts.append(
            Chart(
                name="keaktifan",
                png=render_png(figure, colours=WARNA_SURAT),
                width=SURAT.lebar,
                alt=briefing.kipas.alt,
                table=data[0].tabel[0] if data else None,
            )
        )
    for part in briefing.bagian:
        charts += [_bars(briefing, batang) for batang in part.batang]
    return charts


def _bars(briefing: Briefing, batang: Batang) -> Chart:
    """Draw one bar chart with its numbers."""
    words = Words(briefing.bahasa)
    make = words.angka_rp if batang.satuan == "rp" else words.angka_jiwa
    rows = tuple(
        (words.teks(label), make(value))
        for label, value in zip(batang.label, batang.nilai, strict=True)
    )
    unit = "grafik.sumbu_rp" if batang.satuan == "rp" else "grafik.sumbu_jiwa"
    heads = (Kolom("", "kiri"), Kolom(words.say(unit)))
    figure = draw_batang(batang)
    return Chart(
        name=batang.nama,
        png=render_png(figure, colours=WARNA_SURAT),
        width=round(figure.get_figwidth() * 72),
        alt=batang.alt,
        table=Tabel(batang.nama, batang.judul, heads, rows),
    )
