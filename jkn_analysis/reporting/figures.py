"""Charts: one function each, drawn on given Axes, labelled directly, no legend."""

from __future__ import annotations

import html
import io
import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jkn_analysis.formats import format_periode, format_rate
from jkn_analysis.reporting.style import FONT, HURUF, WARNA, link_colours
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jkn_analysis.briefing.model import Batang, Kipas

PX = 72
BULAN_SETAHUN = 12
DPI_PNG = 144
GRADE_POINTS = 0.05
_LABEL_GAP = 1.25
_MARK_PX = 19


@dataclass(frozen=True)
class Ukuran:
    """Size of a chart in CSS pixels and the margins of its Axes."""

    lebar: int
    tinggi: int
    kiri: int = 44
    kanan: int = 84
    atas: int = 26
    bawah: int = 26


LEBAR = Ukuran(720, 330)
SEMPIT = Ukuran(360, 236, kiri=38, kanan=86)


def make_axes(ukuran: Ukuran) -> tuple[Figure, Axes]:
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
    axes = figure.add_axes(
        (
            ukuran.kiri / ukuran.lebar,
            ukuran.bawah / ukuran.tinggi,
            width / ukuran.lebar,
            height / ukuran.tinggi,
        )
    )
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(WARNA["abu"])
    axes.patch.set_visible(False)
    axes.tick_params(
        length=0, labelsize=HURUF, labelcolor=WARNA["redup"], labelfontfamily=FONT
    )
    return figure, axes


def _month_number(periode: dt.date) -> int:
    """Count months, so that no date converter is needed."""
    return periode.year * BULAN_SETAHUN + periode.month - 1


def _text(axes: Axes, place: tuple[float, float], words: str, **look: object) -> None:
    """Write on an Axes in the chart's type."""
    settings: dict[str, object] = {
        "fontsize": HURUF,
        "fontfamily": FONT,
        "color": WARNA["redup"],
        "va": "center",
        **look,
    }
    axes.text(*place, words, **settings)  # type: ignore[arg-type]


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move labels apart so that neighbours stand at least `gap` from each other.

    Examples
    --------
    >>> spread([1.0, 1.1, 5.0], 1.0)
    [0.55, 1.55, 5.0]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    groups: list[tuple[float, list[int]]] = []
    for index in order:
        groups.append((values[index], [index]))
        while len(groups) > 1:
            (low, first), (high, second) = groups[-2:]
            top = low + (len(first) - 1) * gap / 2
            bottom = high - (len(second) - 1) * gap / 2
            if bottom - top >= gap:
                break
            count = len(first) + len(second)
            centre = (low * len(first) + high * len(second)) / count
            groups[-2:] = [(centre, first + second)]
    placed = [0.0] * len(values)
    for centre, members in groups:
        start = centre - (len(members) - 1) * gap / 2
        for step, index in enumerate(members):
            placed[index] = round(start + step * gap, 12)
    return placed


def _limits(kipas: Kipas) -> tuple[float, float]:
    """Return the value axis: everything drawn, with room above and below."""
    drawn = [*kipas.nilai, *kipas.naif]
    drawn += [value for values in kipas.kuantil.values() for value in values]
    if kipas.target is not None:
        drawn.append(kipas.target)
    low, high = min(drawn), max(drawn)
    room = max(0.01, (high - low) * 0.12)
    return low - room, high + room


def _rate_ticks(low: float, high: float) -> list[float]:
    """Choose round percentages, four to seven of them."""
    for step in (1, 2, 5, 10, 20, 50):
        first = -(-low * 100 // step) * step
        ticks = []
        while first <= high * 100:
            ticks.append(first / 100)
            first += step
        if len(ticks) <= 6:
            return ticks
    return ticks


def plot_kipas(axes: Axes, kipas: Kipas, *, bahasa: str = "id") -> Axes:
    """Draw history, fan, naive, target line and numbered events.

    Parameters
    ----------
    axes
        As `make_axes` returns them.
    kipas
        The data; events are numbered in the order of `kipas.tanda`.
    bahasa
        Language of labels.
    """
    low, high = _limits(kipas)
    months = [_month_number(month) for month in kipas.periode]
    ahead = [_month_number(month) for month in kipas.periode_ramalan]
    last = ahead[-1] if ahead else months[-1]
    axes.set_xlim(months[0] - 0.5, last + 0.5)
    axes.set_ylim(low, high)
    ticks = _rate_ticks(low, high)
    axes.set_yticks(ticks, [format_rate(tick, 0, bahasa=bahasa) for tick in ticks])
    axes.hlines(
        ticks, months[0] - 0.5, last + 0.5, color=WARNA["garis"], lw=0.8, zorder=0.5
    )
    _mark_years(axes, months[0], last)
    _draw_fan(axes, kipas, [months[-1], *ahead])
    _draw_target(axes, kipas, last)
    axes.plot(months, kipas.nilai, color=WARNA["data"], lw=2.4, clip_on=False)
    axes.plot([months[-1]], kipas.nilai[-1:], "o", color=WARNA["data"], ms=6)
    _label_now(axes, kipas, months[-1], bahasa=bahasa)
    _label_right(axes, kipas, last, bahasa=bahasa)
    _mark_events(axes, kipas, high)
    return axes


def _mark_years(axes: Axes, first: int, last: int) -> None:
    """Tick each January, labelled with its year where it fits."""
    years = [m for m in range(first, last + 1) if m % BULAN_SETAHUN == 0]
    if not years:
        years = [first]
    axes.set_xticks(years, [str(month // BULAN_SETAHUN) for month in years])
    axes.tick_params(axis="x", length=4, color=WARNA["abu"])


def _draw_fan(axes: Axes, kipas: Kipas, months: list[int]) -> None:
    """Fill the bands from wide to narrow, then the median and the naive."""
    if not kipas.periode_ramalan:
        return
    start = kipas.nilai[-1]
    for low, high, colour in (
        (0.025, 0.975, "pita95"),
        (0.1, 0.9, "pita80"),
        (0.25, 0.75, "pita50"),
    ):
        if low in kipas.kuantil and high in kipas.kuantil:
            axes.fill_between(
                months,
                [start, *kipas.kuantil[low]],
                [start, *kipas.kuantil[high]],
                color=WARNA[colour],
                lw=0,
            )
    if 0.5 in kipas.kuantil:
        axes.plot(months, [start, *kipas.kuantil[0.5]], color=WARNA["data"], lw=1.6)
    if kipas.naif:
        axes.plot(
            months[-len(kipas.naif) :],
            kipas.naif,
            color=WARNA["redup"],
            lw=1.4,
            ls=(0, (1, 2)),
        )


def _draw_target(axes: Axes, kipas: Kipas, last: int) -> None:
    """Draw the target line across."""
    if kipas.target is not None:
        axes.hlines(
            kipas.target,
            _month_number(kipas.periode[0]) - 0.5,
            last + 0.5,
            color=WARNA["batas"],
            lw=1.6,
        )


def _pixels(axes: Axes) -> tuple[float, float]:
    """Return how many months and how much of the value axis one pixel spans."""
    scale = axes.figure.dpi / PX
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    return (
        (right - left) / axes.bbox.width * scale,
        (high - low) / axes.bbox.height * scale,
    )


def _label_now(axes: Axes, kipas: Kipas, month: int, *, bahasa: str) -> None:
    """Write the newest value where it covers neither the line nor the target."""
    value = format_rate(kipas.nilai[-1], 1, bahasa=bahasa)
    name = format_periode(kipas.periode[-1], short=True, bahasa=bahasa)
    words = f"{value} ({name})"
    per_x, per_y = _pixels(axes)
    months = round(len(words) * 0.68 * HURUF * per_x) + 2
    recent = kipas.nilai[-months:]
    low, high = axes.get_ylim()
    line = HURUF * _LABEL_GAP * per_y
    tried = [
        kipas.nilai[-1] + line * 1.3 * side for side in (1, -1, 2, -2, 3, -3, 4, -4)
    ]
    place = min(
        (y for y in tried if low + line / 2 < y < high - line),
        key=lambda y: _crowding(kipas, recent, y, line),
    )
    fits = months <= len(kipas.nilai)
    _text(
        axes,
        (month - 0.3 if fits else _month_number(kipas.periode[0]), place),
        words,
        ha="right" if fits else "left",
        color=WARNA["tinta"],
        fontweight="bold",
        bbox={"facecolor": WARNA["kertas"], "edgecolor": "none", "pad": 1.0},
        zorder=6,
    )


def _crowding(
    kipas: Kipas, recent: Sequence[float], place: float, line: float
) -> float:
    """Count what a label at a height would cover: the line, and the target."""
    pairs = itertools.pairwise(recent)
    half = line * 0.6
    covered = sum(min(p) - half < place < max(p) + half for p in pairs)
    on_target = kipas.target is not None and abs(kipas.target - place) < half
    return covered + 8 * on_target + abs(place - kipas.nilai[-1]) / line / 4


def _label_right(axes: Axes, kipas: Kipas, last: int, *, bahasa: str) -> None:
    """Name target and forecast at the right end, moved apart where they meet."""
    say = read_catalogue(bahasa).say
    labels: list[tuple[float, str, str]] = []
    if kipas.target is not None:
        told = format_rate(kipas.target, 0, bahasa=bahasa)
        labels.append((kipas.target, say("grafik.target", {"target": told}), "batas"))
    if 0.5 in kipas.kuantil:
        value = kipas.kuantil[0.5][-1]
        told = format_rate(value, 1, bahasa=bahasa)
        labels.append((value, f"{say('grafik.ramalan')}\n{told}", "data"))
    line = HURUF * _LABEL_GAP * _pixels(axes)[1]
    tall = 2 if 0.5 in kipas.kuantil else 1
    places = spread([label[0] for label in labels], line * (tall + 1) / 2)
    for (_, told, colour), place in zip(labels, places, strict=True):
        _text(
            axes,
            (last + 0.5 + 3 * _pixels(axes)[0], place),
            told,
            color=WARNA[colour],
            fontweight="bold",
            linespacing=1.1,
            clip_on=False,
        )


def _mark_events(axes: Axes, kipas: Kipas, top: float) -> None:
    """Mark each event by a thin line and its number, near numbers moved apart."""
    low = axes.get_ylim()[0]
    per_x, per_y = _pixels(axes)
    months = [_month_number(event.periode) for event in kipas.tanda]
    places = spread(months, _MARK_PX * per_x)
    high = top + 13 * per_y
    for number, (month, place) in enumerate(zip(months, places, strict=True), start=1):
        axes.plot(
            [month, month, place],
            [low, top - 6 * per_y, high],
            color=WARNA["abu"],
            lw=0.9,
            ls=(0, (4, 3)),
            clip_on=False,
        )
        axes.plot(
            [place],
            [high],
            "o",
            ms=15,
            color=WARNA["kertas"],
            mec=WARNA["redup"],
            clip_on=False,
            zorder=5,
        )
        _text(
            axes,
            (place, high),
            str(number),
            ha="center",
            va="center_baseline",
            color=WARNA["tinta"],
            fontsize=HURUF - 1,
            clip_on=False,
            zorder=7,
        )


def plot_batang_waktu(axes: Axes, batang: Batang) -> Axes:
    """Draw amounts by month as bars from zero, the last and the highest labelled."""
    months = [_month_number(month) for month in batang.periode]
    top = max([*batang.nilai, 1.0])
    axes.set_xlim(months[0] - 0.8, months[-1] + 0.8)
    axes.set_ylim(0, top * 1.16)
    axes.bar(months, batang.nilai, width=0.72, color=WARNA["data"])
    axes.set_yticks([])
    _mark_years(axes, months[0], months[-1])
    last = len(months) - 1
    highest = max(range(len(months)), key=batang.nilai.__getitem__)
    shown = {last: "right"}
    if last - highest > len(months) / 2:
        shown[highest] = "center" if highest > len(months) / 4 else "left"
    per_x = _pixels(axes)[0]
    for index, side in shown.items():
        wide = len(batang.teks[index]) * 0.64 * HURUF * per_x
        first = max(0, round(index - wide)) if side == "right" else index
        beneath = max(batang.nilai[first : index + 1])
        shift = {"right": 0.45, "left": -0.45, "center": 0.0}[side]
        _text(
            axes,
            (months[index] + shift, beneath + top * 0.08),
            batang.teks[index],
            ha=side,
            color=WARNA["tinta"],
            fontweight="bold",
            clip_on=False,
        )
    return axes


def draw_kipas(kipas: Kipas, ukuran: Ukuran = LEBAR, *, bahasa: str = "id") -> Figure:
    """Draw the main chart at a size."""
    figure, axes = make_axes(ukuran)
    plot_kipas(axes, kipas, bahasa=bahasa)
    return figure


def draw_batang(batang: Batang) -> Figure:
    """Draw amounts in time as upright bars."""
    figure, axes = make_axes(Ukuran(360, 170, kiri=10, kanan=10, atas=10))
    plot_batang_waktu(axes, batang)
    return figure


def find_limits(fans: Sequence[Kipas]) -> tuple[float, float]:
    """Return one value axis for several fans; the widest bands may leave it."""
    drawn = [value for kipas in fans for value in kipas.nilai]
    for kipas in fans:
        drawn += [v for q in (0.1, 0.9) for v in kipas.kuantil.get(q, ())]
        drawn += [] if kipas.target is None else [kipas.target]
    room = max(0.01, (max(drawn) - min(drawn)) * 0.04)
    return min(drawn) - room, max(drawn) + room


def draw_kecil(kipas: Kipas, *, batas: tuple[float, float], alt: str) -> str:
    """Draw a small fan without text as SVG: history, 8-in-10 band, median, line."""
    wide, high = 170.0, 74.0
    low, top = batas
    count = len(kipas.nilai) + len(kipas.periode_ramalan)

    def at(step: int, value: float) -> str:
        x = step / max(count - 1, 1) * wide
        y = high - (value - low) / (top - low) * high
        return f"{x:.1f} {y:.1f}"

    now, last = len(kipas.nilai) - 1, kipas.nilai[-1]
    paths = []
    if {0.1, 0.9} <= kipas.kuantil.keys():
        lower, upper = ([last, *kipas.kuantil[q]] for q in (0.1, 0.9))
        edge = [at(now + i, v) for i, v in enumerate(upper)]
        edge += [at(now + i, v) for i, v in reversed(list(enumerate(lower)))]
        paths.append(f'<path d="M{"L".join(edge)}Z" fill="var(--pita80)"/>')
    if kipas.target is not None:
        line = f"M{at(0, kipas.target)}L{at(count - 1, kipas.target)}"
        paths.append(f'<path d="{line}" stroke="var(--batas)" stroke-width="1.6"/>')
    middle = kipas.kuantil.get(0.5, ())
    points = [at(i, v) for i, v in enumerate([*kipas.nilai, *middle])]
    paths.append(
        f'<path d="M{"L".join(points)}" fill="none" stroke="var(--data)" '
        'stroke-width="1.8"/>'
    )
    told = html.escape(alt, quote=True)
    return (
        f'<svg role="img" aria-label="{told}" viewBox="-1 -1 172 76">'
        f"{''.join(paths)}</svg>"
    )


def grade(rate: float, target: float) -> int:
    """Return the class of a rate: 1-3 under the target, 4-6 over it, 5 points each.

    Examples
    --------
    >>> [grade(rate, 0.8) for rate in (0.69, 0.7, 0.75, 0.8, 0.85, 0.95)]
    [1, 2, 3, 4, 5, 6]
    """
    steps = math.floor(round((rate - target) / GRADE_POINTS, 9))
    return max(1, min(6, 4 + steps))


_HEAD = re.compile(r"^.*?<svg ", re.DOTALL)
_META = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_ID = re.compile(r' id="([^"]*)"')
_FAMILY = re.compile(r"font-family: [^;\"]*;?")
_FONT = re.compile(r"font: ([^'\"]*?)(\d+)px [^;\"]*")
_SPACE = re.compile(r">\s+<")
_TAG = re.compile(r"<[^>]+>")
_LONG = re.compile(r"\d+\.\d{2,}")
"""A tenth of a pixel is all a chart shows."""
_PATH = re.compile(r' d="[^"]+"')
_SPACED = re.compile(r"\s*([MLzZCQ])\s*|\s+$")


def _shorten(found: re.Match[str]) -> str:
    """Write a coordinate with one decimal."""
    return f"{float(found[0]):.1f}"


def render_svg(figure: Figure, *, nama: str, alt: str) -> str:
    """Render a figure as inline SVG that takes the page's type and colours.

    The bytes depend on the figure alone: no date, no random identifier; the
    identifiers carry `nama`, so that several charts fit on one page.
    """
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": nama}):
        figure.savefig(
            stream,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    svg = _HEAD.sub("<svg ", _META.sub("", stream.getvalue()), count=1)
    used = set(re.findall(r"#([\w-]+)[\")]", svg))
    svg = _ID.sub(
        lambda found: f' id="{nama}-{found[1]}"' if found[1] in used else "", svg
    )
    svg = re.sub(r"(url\(|href=\")#", rf"\1#{nama}-", svg)
    svg = _FONT.sub(r"font: \1\2px var(--huruf)", _FAMILY.sub("", svg))
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = svg.replace(' version="1.1"', "").replace(
        ' xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    svg = svg.replace("xlink:href", "href").replace(
        ' xmlns="http://www.w3.org/2000/svg"', ""
    )
    # Coordinates only: a number in a text or in the alt text stays as it was written.
    svg = _TAG.sub(lambda tag: _LONG.sub(_shorten, tag[0]), svg)
    head = f'<svg role="img" aria-label="{html.escape(alt, quote=True)}" '
    svg = svg.replace("<svg ", head, 1)
    svg = _PATH.sub(lambda found: _SPACED.sub(r"\1", found[0]), svg)
    return link_colours(_SPACE.sub("><", svg)).strip()


def render_png(figure: Figure, *, colours: int | None = None) -> bytes:
    """Render a figure as PNG at twice its size, white ground, no date inside.

    Parameters
    ----------
    figure
        The chart.
    colours
        Size of a palette to reduce to, for mail; full colour if None.
    """
    stream = io.BytesIO()
    figure.savefig(
        stream,
        format="png",
        dpi=DPI_PNG,
        metadata={"Software": None},
        pil_kwargs={"compress_level": 1},  # packed well when its colours are reduced
    )
    if colours is None:
        return stream.getvalue()
    from PIL import Image

    small = io.BytesIO()
    image = Image.open(stream).convert("RGB")
    image.quantize(colours, dither=Image.Dither.NONE).save(
        small, format="PNG", optimize=True
    )
    return small.getvalue()
