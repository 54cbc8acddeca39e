"""The boards' pictures: hover with exact values, zoom in time, compare, select.

Every chart is a Vega-Lite document with its data inside; the viewer lies in the
package, nothing is fetched. Numbers and months are written the Indonesian way.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from jkn_analysis.formats import format_periode
from jkn_analysis.reporting.style import FONT, TINGKAT, WARNA

if TYPE_CHECKING:
    from collections.abc import Sequence

Drawn = alt.LayerChart | alt.FacetChart
WIDTH, HEIGHT = 720, 280
SERIES = (WARNA["data"], WARNA["batas"], "#3b7d4f", "#7a4fa3")
"""Colours of one to four regions, or of a scenario beside the baseline."""
CLASSES = (0.65, 0.75, 0.80, 0.85, 0.95)
"""Edges of the six classes of keaktifan (penduduk) on the tile grid."""
PICK = "pilih"
CHOSEN = "datum.seri == wilayah0 || datum.seri == wilayah1"
WHICH = "datum.seri == wilayah0 ? 'wilayah' : 'pembanding'"
NAMED_TILES = 60
"""Up to so many tiles carry their names."""
BILLION = "format(datum.value / 1e9, ',.1f')"
YEAR = [dt.date(2025, month, 1) for month in range(1, 13)]
LOCALE = {
    "number": {
        "decimal": ",",
        "thousands": ".",
        "grouping": [3],
        "currency": ["Rp", ""],
    },
    "time": {
        "dateTime": "%A, %d %B %Y %X",
        "date": "%d/%m/%Y",
        "time": "%H.%M",
        "periods": ["", ""],
        "days": ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"],
        "shortDays": ["Min", "Sen", "Sel", "Rab", "Kam", "Jum", "Sab"],
        "months": [format_periode(day).split()[0] for day in YEAR],
        "shortMonths": [format_periode(day, short=True).split()[0] for day in YEAR],
    },
}
MONTH = alt.Tooltip("periode:T", title="Bulan", format="%B %Y")


def finish(chart: Drawn | alt.Chart, alt_text: str) -> Drawn:
    """Give a chart the suite's type, the Indonesian locale and its words."""
    return (
        chart.properties(description=alt_text)
        .configure(font=FONT, locale=LOCALE, background=WARNA["kertas"])
        .configure_axis(
            labelColor=WARNA["redup"],
            titleColor=WARNA["redup"],
            gridColor=WARNA["garis"],
            domain=False,
            tickColor=WARNA["garis"],
            labelFontSize=12,
        )
        .configure_legend(
            labelFontSize=13, title=None, orient="top", labelLimit=320, symbolOpacity=1
        )
        .configure_title(anchor="start", color=WARNA["tinta"], fontSize=14)
        .configure_view(stroke=None)
    )


def chart_activity(
    series: pd.DataFrame,
    events: pd.DataFrame,
    *,
    target: float | None,
    lists: bool = False,
) -> Drawn:
    """Draw measured months, the fan ahead and dated events of one to four series.

    Parameters
    ----------
    series
        ``seri, periode, nilai`` with ``bawah, atas`` (80% interval) in months ahead.
    events
        ``periode, keterangan``: marks at the foot.
    target
        The line to reach, a fraction, or none.
    lists
        Whether two lists, `wilayah0` and `wilayah1`, choose among the lines.
    """
    order = ["wilayah", "pembanding"] if lists else list(dict.fromkeys(series["seri"]))
    scale = alt.Scale(domain=order, range=list(SERIES[: len(order)]))
    colour = alt.Color("garis:N" if lists else "seri:N", scale=scale)
    x = alt.X("periode:T", title=None, axis=alt.Axis(format="%b %Y", labelAngle=0))
    y = alt.Y(
        "nilai:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%")
    )
    base = alt.Chart(series)
    if lists:
        base = base.transform_filter(CHOSEN).transform_calculate(garis=WHICH)
    base = base.encode(x=x, color=colour)
    near = alt.selection_point(
        nearest=True, on="pointerover", fields=["periode", "seri"], empty=False
    )
    told = [
        alt.Tooltip("seri:N", title="Garis"),
        MONTH,
        alt.Tooltip("nilai:Q", title="Keaktifan", format=".2%"),
        alt.Tooltip("bawah:Q", title="8 dari 10: dari", format=".2%"),
        alt.Tooltip("atas:Q", title="sampai", format=".2%"),
    ]
    band = base.mark_area(opacity=0.22, line=False).encode(y="bawah:Q", y2="atas:Q")
    past = base.transform_filter("datum.ramalan == false").mark_line(strokeWidth=2.4)
    ahead = base.transform_filter("datum.ramalan == true").mark_line(strokeDash=[5, 3])
    dots = base.mark_circle(size=70).encode(
        y=y, tooltip=told, opacity=alt.condition(near, alt.value(1), alt.value(0))
    )
    layers = [band, past.encode(y=y), ahead.encode(y=y), dots.add_params(near)]
    if target is not None:
        layers.append(_target(target))
    if len(events):
        layers.append(_events(events))
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    return chart.interactive(bind_y=False)


def _target(target: float) -> alt.LayerChart:
    """Draw the line to reach with its name."""
    row = pd.DataFrame({"nilai": [target], "teks": [f"syarat {target:.0%}"]})
    base = alt.Chart(row).encode(y="nilai:Q")
    words = base.mark_text(align="left", dy=-7, x=4, color=WARNA["batas"])
    rule = base.mark_rule(color=WARNA["batas"], strokeWidth=1.5)
    return rule + words.encode(text="teks:N")


def _events(events: pd.DataFrame) -> alt.Chart:
    """Mark dated events along the foot; the words appear on hover."""
    told = [
        alt.Tooltip("periode:T", title="Tanggal", format="%d %B %Y"),
        alt.Tooltip("keterangan:N", title="Peristiwa"),
        alt.Tooltip("status:N", title="Status"),
    ]
    mark = alt.Chart(events).mark_point(
        shape="triangle-up", filled=True, size=90, color=WARNA["redup"], y=HEIGHT - 6
    )
    return mark.encode(x="periode:T", tooltip=told)


def chart_tiles(regions: pd.DataFrame) -> Drawn:
    """Draw every region as a tile in order of code; a click selects one.

    Parameters
    ----------
    regions
        ``kode, nama, provinsi, keaktifan_penduduk_rate, gap_jiwa``.
    """
    few = len(regions) <= NAMED_TILES
    columns = 6 if few else 30
    tiles = regions.sort_values("kode", ignore_index=True)
    place = pd.RangeIndex(len(tiles))
    tiles = tiles.assign(baris=place // columns, lajur=place % columns)
    tiles["singkat"] = tiles["nama"].str.replace(r"^(Kabupaten|Kota) ", "", regex=True)
    pick = alt.selection_point(name=PICK, fields=["kode"], toggle=False)
    scale = alt.Scale(type="threshold", domain=list(CLASSES), range=list(TINGKAT))
    base = alt.Chart(tiles).encode(
        x=alt.X("lajur:O", axis=None),
        y=alt.Y("baris:O", axis=None),
        tooltip=[
            alt.Tooltip("nama:N", title="Wilayah"),
            alt.Tooltip("provinsi:N", title="Provinsi"),
            alt.Tooltip("keaktifan_penduduk_rate:Q", title="Keaktifan", format=".2%"),
            alt.Tooltip("gap_jiwa:Q", title="Kurang ke 80%, jiwa", format=",d"),
        ],
    )
    legend = alt.Legend(format=".0%")
    box = base.mark_rect(stroke=WARNA["kertas"], strokeWidth=2, cursor="pointer")
    box = box.encode(
        color=alt.Color("keaktifan_penduduk_rate:Q", scale=scale, legend=legend),
        opacity=alt.condition(pick, alt.value(1), alt.value(0.5)),
    ).add_params(pick)
    layers = [box]
    if few:
        dark = "datum.keaktifan_penduduk_rate < 0.65"
        ink = alt.condition(dark, alt.value("white"), alt.value(WARNA["tinta"]))
        words = base.mark_text(fontSize=11, limit=112, cursor="pointer")
        layers.append(words.encode(text="singkat:N", color=ink))
    height = (30 if few else 18) * (int(tiles["baris"].max()) + 1)
    return alt.layer(*layers).properties(width=WIDTH, height=height)


def chart_age(umur: pd.DataFrame, order: Sequence[str]) -> alt.Chart:
    """Stack people in arrears by age of their arrears, oldest darkest."""
    shades = [WARNA["pita95"], WARNA["pita80"], WARNA["pita50"], WARNA["data"]]
    rows = umur.assign(urutan=umur["kelompok_umur"].astype(str).map(list(order).index))
    zoom = alt.selection_interval(bind="scales", encodings=["x"])
    return (
        alt.Chart(rows)
        .mark_area()
        .encode(
            x=alt.X("periode:T", title=None, axis=alt.Axis(format="%b %Y")),
            y=alt.Y("peserta_jiwa:Q", title="jiwa", axis=alt.Axis(format=",d")),
            color=alt.Color(
                "kelompok_umur:N", scale=alt.Scale(domain=list(order), range=shades)
            ),
            order="urutan:O",
            tooltip=[
                MONTH,
                alt.Tooltip("kelompok_umur:N", title="Umur tunggakan, bulan"),
                alt.Tooltip("peserta_jiwa:Q", title="Peserta", format=",d"),
                alt.Tooltip("tunggakan_rp:Q", title="Tunggakan", format="$,d"),
            ],
        )
        .add_params(zoom)
        .properties(width=WIDTH, height=220)
    )


def chart_rates(laju: pd.DataFrame, order: Sequence[str]) -> alt.Chart:
    """Show the share that left arrears in a month, age by month, darker where more."""
    wide = laju.rename_axis(index="umur").reset_index()
    rows = wide.melt("umur", var_name="periode", value_name="nilai").dropna()
    rows["periode"] = pd.to_datetime(rows["periode"])
    colours = [WARNA["kertas"], WARNA["pita50"], WARNA["data"], WARNA["tinta"]]
    shades = alt.Scale(range=colours, interpolate="rgb")
    years = alt.Axis(format="%Y", tickCount="year")
    return (
        alt.Chart(rows)
        .mark_rect()
        .encode(
            x=alt.X("yearmonth(periode):T", title=None, axis=years),
            y=alt.Y("umur:O", sort=list(order), title="umur, bulan"),
            color=alt.Color("nilai:Q", scale=shades, legend=alt.Legend(format=".0%")),
            tooltip=[
                MONTH,
                alt.Tooltip("umur:O", title="Umur tunggakan, bulan"),
                alt.Tooltip("nilai:Q", title="Keluar sebulan", format=".1%"),
            ],
        )
        .properties(width=WIDTH, height=180)
    )


def chart_funnel(corong: pd.DataFrame) -> alt.Chart:
    """Show billed, received, billable and expected rupiah as bars."""
    rows = corong.dropna()
    return (
        alt.Chart(rows)
        .mark_bar(color=WARNA["data"], height=18)
        .encode(
            x=alt.X("rp:Q", title="miliar rupiah", axis=alt.Axis(labelExpr=BILLION)),
            y=alt.Y("langkah:N", sort=None, title=None, axis=alt.Axis(labelLimit=280)),
            tooltip=[
                alt.Tooltip("langkah:N", title="Langkah"),
                alt.Tooltip("rp:Q", title="Jumlah", format="$,d"),
            ],
        )
        .properties(width=WIDTH - 200, height=32 * len(rows))
    )
