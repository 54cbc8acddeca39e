"""The boards' pictures: hover with exact values, zoom in time, compare, select.

A picture is a plan, a Vega-Lite document that names its data and holds none, and the
rows it shows; when a board moves only rows change. The viewer lies in the package,
nothing is fetched. Numbers and months are written the Indonesian way.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from jkn_analysis.formats import format_periode
from jkn_analysis.reporting.style import FONT, TINGKAT, WARNA

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 720, 260
SERIES = (WARNA["data"], WARNA["batas"], "#3b7d4f", "#7a4fa3")
"""Colours of one to four regions, or of a scenario beside the baseline."""
CLASSES = (0.65, 0.75, 0.80, 0.85, 0.95)
"""Edges of the six classes of keaktifan (penduduk) on the tile grid."""
MENU = "Simpan gambar"
ACTIONS = {
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
    "i18n": {
        "PNG_ACTION": "Simpan sebagai PNG",
        "SVG_ACTION": "Simpan sebagai SVG",
        "CLICK_TO_VIEW_ACTIONS": MENU,
    },
}
"""What the menu of a picture offers."""
PICK = "pilih"
"""The selection of a tile."""
ORDER = "urutan"
"""The parameter that gives lines their colours: their names in order."""
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


def write_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Write a table as JSON rows: months as texts, missing values as null."""
    text = table.to_json(orient="records", date_format="iso", double_precision=15)
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


@dataclass(frozen=True)
class Drawn:
    """A picture: its plan, the rows of each data set the plan names, and its words."""

    plan: dict[str, Any]
    rows: dict[str, pd.DataFrame]
    told: str
    """What the picture shows, for those who cannot see it."""
    order: tuple[str, ...] = ()
    """Names of the lines, in order of their colours."""

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Lay out the rows for a viewer."""
        return {name: write_rows(rows) for name, rows in self.rows.items()}

    def whole(self) -> dict[str, Any]:
        """Put plan and rows together, for viewers that no kernel feeds."""
        params = [
            {**param, "value": list(self.order)} if param["name"] == ORDER else param
            for param in self.plan.get("params", [])
        ]
        told = {"params": params, "datasets": self.records(), "description": self.told}
        return {**self.plan, **told}


def _finish(chart: alt.LayerChart | alt.FacetChart | alt.Chart) -> dict[str, Any]:
    """Give a plan the suite's type and the Indonesian locale."""
    done = (
        chart.configure(font=FONT, locale=LOCALE, background=WARNA["kertas"])
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
    found: dict[str, Any] = done.to_dict()
    return found


@cache
def plan_activity(*, lists: bool = False, title: str = "") -> dict[str, Any]:
    """Plan measured months, the fan ahead and dated events of one to four lines.

    Data sets: ``garis`` (``seri, periode, nilai, bawah, atas, ramalan``), ``syarat``
    (``nilai, teks``: the line to reach) and ``peristiwa`` (``periode, keterangan,
    status``: marks at the foot). With `lists` two lists, `wilayah0` and `wilayah1`,
    choose among the lines.
    """
    scale = alt.Scale(domain=alt.ExprRef(ORDER), range=list(SERIES))
    colour = alt.Color("garis:N" if lists else "seri:N", scale=scale)
    x = alt.X("periode:T", title=None, axis=alt.Axis(format="%b %Y", labelAngle=0))
    y = alt.Y(
        "nilai:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%")
    )
    base = alt.Chart(alt.NamedData("garis"))
    if lists:
        base = base.transform_filter(CHOSEN).transform_calculate(garis=WHICH)
    base = base.encode(x=x, color=colour)
    # Without `nearest`: under it Vega-Lite loses the names of lines in the tooltip.
    near = alt.selection_point(
        on="pointerover", fields=["periode", "seri"], empty=False
    )
    told = [
        alt.Tooltip("seri:N", title="Garis"),
        MONTH,
        alt.Tooltip("nilai:Q", title="Keaktifan", format=".2%"),
        alt.Tooltip("bawah:Q", title="8 dari 10: dari", format=".2%"),
        alt.Tooltip("atas:Q", title="sampai", format=".2%"),
    ]
    band = base.mark_area(opacity=0.22, line=False).encode(y="bawah:Q", y2="atas:Q")
    dashes = alt.Scale(domain=[False, True], range=[[1, 0], [5, 3]])
    dash = alt.StrokeDash("ramalan:N", scale=dashes, legend=None)
    line = base.mark_line(strokeWidth=2.2).encode(y=y, strokeDash=dash)
    dots = base.mark_circle(size=220).encode(
        y=y, tooltip=told, opacity=alt.condition(near, alt.value(0.5), alt.value(0))
    )
    lines = (band, line, dots.add_params(near))
    chart = alt.layer(*lines, *_plan_target(), _plan_events(), title=title)
    chart = chart.properties(width=WIDTH, height=HEIGHT).interactive(bind_y=False)
    return _finish(chart.add_params(alt.param(name=ORDER, value=[])))


def _plan_target() -> tuple[alt.Chart, alt.Chart]:
    """Plan the line to reach and its name."""
    base = alt.Chart(alt.NamedData("syarat")).encode(y="nilai:Q")
    words = base.mark_text(align="left", dy=-7, x=4, color=WARNA["batas"])
    rule = base.mark_rule(color=WARNA["batas"], strokeWidth=1.5)
    return rule.encode(opacity=_seen("teks")), words.encode(text="teks:N")


def _seen(field: str) -> Any:  # noqa: ANN401 - a condition of altair
    """Hide the one row of a data set that has none, which its scale still needs."""
    return alt.condition(f"datum.{field} != ''", alt.value(1), alt.value(0))


def _plan_events() -> alt.Chart:
    """Plan dated events along the foot; the words appear on hover."""
    told = [
        alt.Tooltip("periode:T", title="Tanggal", format="%d %B %Y"),
        alt.Tooltip("keterangan:N", title="Peristiwa"),
        alt.Tooltip("status:N", title="Status"),
    ]
    mark = alt.Chart(alt.NamedData("peristiwa")).mark_point(
        shape="triangle-up", filled=True, size=90, color=WARNA["redup"], y=HEIGHT - 6
    )
    return mark.encode(x="periode:T", tooltip=told, opacity=_seen("keterangan"))


def draw_activity(
    series: pd.DataFrame,
    told: str,
    *,
    target: float | None,
    events: pd.DataFrame | None = None,
    **plan: Any,  # noqa: ANN401 - as `plan_activity` takes them
) -> Drawn:
    """Draw one to four lines: ``seri, periode, nilai, bawah, atas, ramalan``.

    Parameters
    ----------
    series
        `bawah` and `atas` (80% interval) only in months ahead.
    told
        The picture in words.
    target
        The line to reach, a fraction, or none.
    events
        ``periode, keterangan, status``, if there are any.
    **plan
        To `plan_activity`.
    """
    first = series.dropna(subset="nilai").iloc[0]
    reach = (first["nilai"], "") if target is None else (target, f"syarat {target:.0%}")
    if events is None or events.empty:
        nothing = {"periode": [first["periode"]], "keterangan": "", "status": ""}
        events = pd.DataFrame(nothing)
    rows = {
        "garis": series,
        "syarat": pd.DataFrame([reach], columns=["nilai", "teks"]),
        "peristiwa": events,
    }
    order = tuple(dict.fromkeys(series["seri"]))
    return Drawn(plan_activity(**plan), rows, told, order)


def draw_tiles(regions: pd.DataFrame) -> Drawn:
    """Draw every region as a tile in order of code; a click selects one.

    Parameters
    ----------
    regions
        ``kode, nama, provinsi, keaktifan_penduduk_rate, gap_jiwa``.
    """
    few = len(regions) <= NAMED_TILES
    columns = 6 if few else 30
    names = ["kode", "nama", "provinsi", "keaktifan_penduduk_rate", "gap_jiwa"]
    tiles = regions[names].sort_values("kode", ignore_index=True)
    place = pd.RangeIndex(len(tiles))
    tiles = tiles.assign(baris=place // columns, lajur=place % columns)
    tiles["singkat"] = tiles["nama"].str.replace(r"^(Kabupaten|Kota) ", "", regex=True)
    text = f"{len(tiles)} kabupaten/kota menurut keaktifan (penduduk)"
    plan = _plan_tiles(int(tiles["baris"].max()) + 1, few=few)
    return Drawn(plan, {"petak": tiles}, text)


@cache
def _plan_tiles(lines: int, *, few: bool) -> dict[str, Any]:
    """Plan so many lines of tiles, named where they are few."""
    pick = alt.selection_point(name=PICK, fields=["kode"], toggle=False)
    scale = alt.Scale(type="threshold", domain=list(CLASSES), range=list(TINGKAT))
    base = alt.Chart(alt.NamedData("petak")).encode(
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
    height = (30 if few else 18) * lines
    return _finish(alt.layer(*layers).properties(width=WIDTH, height=height))


@cache
def plan_age(order: Sequence[str], title: str) -> dict[str, Any]:
    """Plan people in arrears stacked by age, oldest darkest; data set ``umur``."""
    shades = [WARNA["pita95"], WARNA["pita80"], WARNA["pita50"], WARNA["data"]]
    zoom = alt.selection_interval(bind="scales", encodings=["x"])
    return _finish(
        alt.Chart(alt.NamedData("umur"), title=title)
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


@cache
def plan_rates(order: Sequence[str], title: str) -> dict[str, Any]:
    """Plan the share that left arrears in a month, age by month; data set ``laju``."""
    colours = [WARNA["kertas"], WARNA["pita50"], WARNA["data"], WARNA["tinta"]]
    shades = alt.Scale(range=colours, interpolate="rgb")
    years = alt.Axis(format="%Y", tickCount="year")
    return _finish(
        alt.Chart(alt.NamedData("laju"), title=title)
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


@cache
def plan_funnel(title: str) -> dict[str, Any]:
    """Plan billed, received, billable and expected rupiah; data set ``corong``."""
    return _finish(
        alt.Chart(alt.NamedData("corong"), title=title)
        .mark_bar(color=WARNA["data"], height=18)
        .encode(
            x=alt.X("rp:Q", title="miliar rupiah", axis=alt.Axis(labelExpr=BILLION)),
            y=alt.Y("langkah:N", sort=None, title=None, axis=alt.Axis(labelLimit=280)),
            tooltip=[
                alt.Tooltip("langkah:N", title="Langkah"),
                alt.Tooltip("rp:Q", title="Jumlah", format="$,d"),
            ],
        )
        .properties(width=WIDTH - 200, height=alt.Step(32))
    )
