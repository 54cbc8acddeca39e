"""Charts of the page: the fan, bars by month, small fans; labelled directly."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jkn_analysis.formats import format_periode, format_rate
from jkn_analysis.reporting.marks import Anchor, Point, Sheet, write_svg
from jkn_analysis.reporting.style import HURUF
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from jkn_analysis.briefing.model import Bars, Fan

BULAN_SETAHUN = 12
GRADE_POINTS = 0.05
BANDS = ((0.025, 0.975, "pita95"), (0.1, 0.9, "pita80"), (0.25, 0.75, "pita50"))
"""Quantiles of the fan's bands, the widest first."""
_LINE = HURUF * 1.25
"""Height of a line of words."""
_MARK_PX = 19
_LETTER = 0.64 * HURUF
"""Width of a letter, rather too wide than too narrow."""


@dataclass(frozen=True)
class ChartSize:
    """Size of a chart in CSS pixels and the margins around its plot."""

    lebar: int
    tinggi: int
    kiri: int = 44
    kanan: int = 84
    atas: int = 26
    bawah: int = 26


LEBAR = ChartSize(720, 330)
SEMPIT = ChartSize(360, 236, kiri=38, kanan=86)
BATANG = ChartSize(360, 170, kiri=10, kanan=10, atas=10)


class Plot:
    """A sheet with months across and values up."""

    def __init__(
        self,
        ukuran: ChartSize,
        months: tuple[float, float],
        values: tuple[float, float],
    ) -> None:
        """Lay the scales over the room inside the margins."""
        self.sheet = Sheet(ukuran.lebar, ukuran.tinggi)
        self.left, self.right = ukuran.kiri, ukuran.lebar - ukuran.kanan
        self.top, self.bottom = ukuran.atas, ukuran.tinggi - ukuran.bawah
        self._months, self._values = months, values

    def x(self, month: float) -> float:
        """Place a month."""
        first, last = self._months
        share = (month - first) / ((last - first) or 1.0)
        return self.left + share * (self.right - self.left)

    def y(self, value: float) -> float:
        """Place a value, kept inside the plot."""
        low, high = self._values
        share = min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0)
        return self.bottom - share * (self.bottom - self.top)

    def points(self, months: Iterable[float], values: Iterable[float]) -> list[Point]:
        """Place a series."""
        pairs = zip(months, values, strict=True)
        return [(self.x(month), self.y(value)) for month, value in pairs]

    def across(self, value: float, role: str, size: float) -> None:
        """Draw a level line over the whole width."""
        ends = ((self.left, self.y(value)), (self.right, self.y(value)))
        self.sheet.line(ends, role, size)

    def mark_years(self) -> None:
        """Draw the base, and tick each January with its year."""
        first, last = (round(edge) for edge in self._months)
        years = [m for m in range(first, last + 1) if m % BULAN_SETAHUN == 0]
        ends = ((self.left, self.bottom), (self.right, self.bottom))
        self.sheet.line(ends, "abu", 0.8)
        for month in years or [first]:
            x = self.x(month)
            self.sheet.line([(x, self.bottom), (x, self.bottom + 4)], "abu", 0.8)
            year = str(month // BULAN_SETAHUN)
            self.sheet.text((x, self.bottom + 12), year, anchor="middle")


def _month_number(periode: dt.date) -> int:
    """Count months."""
    return periode.year * BULAN_SETAHUN + periode.month - 1


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


def _limits(kipas: Fan) -> tuple[float, float]:
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


def draw_kipas(kipas: Fan, ukuran: ChartSize = LEBAR, *, bahasa: str = "id") -> Sheet:
    """Draw history, fan, naive, target line and numbered events.

    Parameters
    ----------
    kipas
        The data; events are numbered in the order of `kipas.tanda`.
    ukuran
        Size in pixels.
    bahasa
        Language of labels.
    """
    low, high = _limits(kipas)
    months = [_month_number(month) for month in kipas.periode]
    ahead = [_month_number(month) for month in kipas.periode_ramalan]
    edges = (months[0] - 0.5, [*months, *ahead][-1] + 0.5)
    plot = Plot(ukuran, edges, (low, high))
    for tick in _rate_ticks(low, high):
        plot.across(tick, "garis", 0.8)
        told = format_rate(tick, 0, bahasa=bahasa)
        plot.sheet.text((plot.left - 4, plot.y(tick)), told, anchor="end")
    _draw_fan(plot, kipas, [months[-1], *ahead])
    _mark_events(plot, kipas)
    plot.mark_years()
    if kipas.target is not None:
        plot.across(kipas.target, "batas", 1.6)
    plot.sheet.line(plot.points(months, kipas.nilai), "data", 2.4)
    plot.sheet.dot((plot.x(months[-1]), plot.y(kipas.nilai[-1])), "data", 3.5)
    _label_now(plot, kipas, months, bahasa=bahasa)
    _label_right(plot, kipas, bahasa=bahasa)
    return plot.sheet


def _draw_fan(plot: Plot, kipas: Fan, months: list[int]) -> None:
    """Fill the bands from wide to narrow, then the median and the naive."""
    start = kipas.nilai[-1]
    for low, high, role in BANDS:
        if low in kipas.kuantil and high in kipas.kuantil:
            under = plot.points(months, [start, *kipas.kuantil[low]])
            over = plot.points(months, [start, *kipas.kuantil[high]])
            plot.sheet.area([*under, *reversed(over)], role)
    if kipas.kuantil.get(0.5):
        middle = plot.points(months, [start, *kipas.kuantil[0.5]])
        plot.sheet.line(middle, "data", 1.6)
    if kipas.naif:
        naive = plot.points(months[-len(kipas.naif) :], kipas.naif)
        plot.sheet.line(naive, "redup", 1.4, dash=(1.4, 2.8))


def _label_now(plot: Plot, kipas: Fan, months: Sequence[int], *, bahasa: str) -> None:
    """Write the newest value where it covers neither the line nor the target."""
    value = format_rate(kipas.nilai[-1], 1, bahasa=bahasa)
    words = f"{value} ({format_periode(kipas.periode[-1], short=True, bahasa=bahasa)})"
    wide, end = len(words) * _LETTER, plot.x(months[-1]) - 2
    fits = end - wide >= plot.left
    start = end - wide if fits else float(plot.left)
    drawn = plot.points(months, kipas.nilai)
    recent = [y for x, y in drawn if x >= start - 8] or [drawn[-1][1]]
    now = drawn[-1][1]
    tried = [now - _LINE * 1.3 * side for side in (1, -1, 2, -2, 3, -3, 4, -4)]
    line = None if kipas.target is None else plot.y(kipas.target)
    place = min(
        (y for y in tried if plot.top + _LINE < y < plot.bottom - _LINE / 2),
        key=lambda y: _crowding(recent, line, y),
    )
    box = [(start, place - 7), (start + wide, place - 7)]
    box += [(x, place + 7) for x, _ in reversed(box)]
    plot.sheet.area(box, "kertas")
    anchor: Anchor = "end" if fits else "start"
    at = (end if fits else start, place)
    plot.sheet.text(at, words, "tinta", anchor=anchor, bold=True)


def _crowding(recent: Sequence[float], line: float | None, place: float) -> float:
    """Count what a label at a height would cover: the history, and the target."""
    half = _LINE * 0.6
    pairs = itertools.pairwise(recent)
    covered = sum(min(p) - half < place < max(p) + half for p in pairs)
    on_target = line is not None and abs(line - place) < half
    return covered + 8 * on_target + abs(place - recent[-1]) / _LINE / 4


def _label_right(plot: Plot, kipas: Fan, *, bahasa: str) -> None:
    """Name target and forecast at the right end, moved apart where they meet."""
    say = read_catalogue(bahasa).say
    labels: list[tuple[float, list[str], str]] = []
    if kipas.target is not None:
        told = say(
            "grafik.target", {"target": format_rate(kipas.target, 0, bahasa=bahasa)}
        )
        labels.append((plot.y(kipas.target), [told], "batas"))
    if kipas.kuantil.get(0.5):
        value = kipas.kuantil[0.5][-1]
        told = format_rate(value, 1, bahasa=bahasa)
        labels.append((plot.y(value), [say("grafik.ramalan"), told], "data"))
    tall = max((len(lines) for _, lines, _ in labels), default=1)
    places = spread([y for y, _, _ in labels], _LINE * (tall + 1) / 2)
    for (_, lines, role), place in zip(labels, places, strict=True):
        for number, told in enumerate(lines):
            y = place + (number - (len(lines) - 1) / 2) * _LINE
            plot.sheet.text((plot.right + 3, y), told, role, bold=True)


def _mark_events(plot: Plot, kipas: Fan) -> None:
    """Mark each event by a thin line and its number, near numbers moved apart."""
    sheet = plot.sheet
    columns = [plot.x(_month_number(event.periode)) for event in kipas.tanda]
    high = plot.top - 13
    for number, (x, place) in enumerate(
        zip(columns, spread(columns, _MARK_PX), strict=True), start=1
    ):
        way = ((x, plot.bottom), (x, plot.top + 6), (place, high))
        sheet.line(way, "abu", 0.9, dash=(3.6, 2.7))
        sheet.dot((place, high), "redup", 8)
        sheet.dot((place, high), "kertas", 7)
        at = (place, high)
        sheet.text(at, str(number), "tinta", size=HURUF - 1, anchor="middle")


def draw_batang(batang: Bars, ukuran: ChartSize = BATANG) -> Sheet:
    """Draw amounts by month as bars from zero, the last and the highest labelled."""
    months = [_month_number(month) for month in batang.periode]
    top = max([*batang.nilai, 1.0])
    plot = Plot(ukuran, (months[0] - 0.8, months[-1] + 0.8), (0, top * 1.16))
    pale = batang.taksiran or (False,) * len(months)
    for month, value, guessed in zip(months, batang.nilai, pale, strict=True):
        left, right, high = plot.x(month - 0.36), plot.x(month + 0.36), plot.y(value)
        box = [(left, plot.bottom), (left, high), (right, high), (right, plot.bottom)]
        plot.sheet.area(box, "pita80" if guessed else "data")
    plot.mark_years()
    last = len(months) - 1
    highest = max(range(len(months)), key=batang.nilai.__getitem__)
    shown: dict[int, tuple[Anchor, float]] = {last: ("end", 0.45)}
    if last - highest > len(months) / 2:
        central = highest > len(months) / 4
        shown[highest] = ("middle", 0.0) if central else ("start", -0.45)
    month_px = plot.x(1) - plot.x(0)
    for index, (side, shift) in shown.items():
        wide = len(batang.teks[index]) * _LETTER / month_px
        first = max(0, round(index - wide)) if side == "end" else index
        beneath = max(batang.nilai[first : index + 1])
        at = (plot.x(months[index] + shift), plot.y(beneath) - 10)
        plot.sheet.text(at, batang.teks[index], "tinta", anchor=side, bold=True)
    return plot.sheet


def find_limits(fans: Sequence[Fan]) -> tuple[float, float]:
    """Return one value axis for several fans; the widest bands may leave it."""
    drawn = [value for kipas in fans for value in kipas.nilai]
    for kipas in fans:
        drawn += [v for q in (0.1, 0.9) for v in kipas.kuantil.get(q, ())]
        drawn += [] if kipas.target is None else [kipas.target]
    room = max(0.01, (max(drawn) - min(drawn)) * 0.04)
    return min(drawn) - room, max(drawn) + room


KECIL = ChartSize(172, 76, kiri=1, kanan=1, atas=1, bawah=1)


def draw_kecil(kipas: Fan, *, batas: tuple[float, float], alt: str) -> str:
    """Draw a small fan without text as SVG: history, 8-in-10 band, median, line."""
    count, now = len(kipas.nilai) + len(kipas.periode_ramalan), len(kipas.nilai) - 1
    plot = Plot(KECIL, (0, max(count - 1, 1)), batas)
    if {0.1, 0.9} <= kipas.kuantil.keys():
        edges = [(kipas.nilai[-1], *kipas.kuantil[q]) for q in (0.9, 0.1)]
        over, under = (plot.points(range(now, now + len(e)), e) for e in edges)
        plot.sheet.area([*over, *reversed(under)], "pita80")
    if kipas.target is not None:
        plot.across(kipas.target, "batas", 1.6)
    values = [*kipas.nilai, *kipas.kuantil.get(0.5, ())]
    plot.sheet.line(plot.points(range(len(values)), values), "data", 1.8)
    return write_svg(plot.sheet, alt=alt)


def grade(rate: float, target: float) -> int:
    """Return the class of a rate: 1-3 under the target, 4-6 over it, 5 points each.

    Examples
    --------
    >>> [grade(rate, 0.8) for rate in (0.69, 0.7, 0.75, 0.8, 0.85, 0.95)]
    [1, 2, 3, 4, 5, 6]
    """
    steps = math.floor(round((rate - target) / GRADE_POINTS, 9))
    return max(1, min(6, 4 + steps))
