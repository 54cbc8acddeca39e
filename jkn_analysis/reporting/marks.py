"""Marks on a plain sheet: written as SVG for the page, painted as PNG for the mail."""

from __future__ import annotations

import html
import io
import math
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle, groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jkn_analysis.reporting.style import HURUF, WARNA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from PIL.ImageFont import FreeTypeFont

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
PNG_SCALE = 2
"""Pixels of the picture for a pixel of the sheet, so that fine screens see it sharp."""
_SMOOTH = 2
"""The picture is painted larger by this and reduced: Pillow's lines have steps."""
_PIL_ANCHOR = {"start": "ls", "middle": "ms", "end": "rs"}


@dataclass(frozen=True)
class Mark:
    """One mark in pixels from the top left; `size` is its width, radius or height."""

    kind: Literal["line", "area", "dot", "text"]
    points: tuple[Point, ...]
    role: str
    size: float = 1.0
    dash: tuple[float, float] | None = None
    text: str = ""
    anchor: Anchor = "start"
    bold: bool = False


@dataclass
class Sheet:
    """A size and the marks on it, the first at the back."""

    wide: float
    high: float
    marks: list[Mark] = field(default_factory=list)

    def line(
        self,
        points: Iterable[Point],
        role: str,
        size: float = 1.0,
        *,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """Draw a line through points."""
        self.marks.append(Mark("line", tuple(points), role, size, dash))

    def area(self, points: Iterable[Point], role: str) -> None:
        """Fill what points enclose."""
        self.marks.append(Mark("area", tuple(points), role))

    def dot(self, place: Point, role: str, radius: float) -> None:
        """Fill a circle."""
        self.marks.append(Mark("dot", (place,), role, radius))

    def text(
        self,
        place: Point,
        words: str,
        role: str = "redup",
        *,
        size: float = HURUF,
        anchor: Anchor = "start",
        bold: bool = False,
    ) -> None:
        """Write words, the middle of their height at a place."""
        x, y = place
        at = ((x, y + 0.36 * size),)
        mark = Mark("text", at, role, size, text=words, anchor=anchor, bold=bold)
        self.marks.append(mark)


def write_svg(sheet: Sheet, *, alt: str) -> str:
    """Write a sheet as inline SVG in the page's type and colours.

    The bytes depend on the sheet alone.
    """
    told = html.escape(alt, quote=True)
    box = f"0 0 {_plain(sheet.wide)} {_plain(sheet.high)}"
    inside = "".join(
        _write_areas(list(marks))
        if kind == "area"
        else "".join(map(_write_mark, marks))
        for (kind, _), marks in groupby(
            sheet.marks, lambda mark: (mark.kind, mark.role)
        )
    )
    return f'<svg role="img" aria-label="{told}" viewBox="{box}">{inside}</svg>'


def _write_areas(marks: Sequence[Mark]) -> str:
    """Write areas of one colour as one path."""
    path = "".join(f"{_trace(mark.points)}Z" for mark in marks)
    return f'<path d="{path}" fill="var(--{marks[0].role})"/>'


def _trace(points: Iterable[Point]) -> str:
    """Write the way through points."""
    return "M" + " ".join(f"{_plain(x)} {_plain(y)}" for x, y in points)


def _plain(value: float) -> str:
    """Write a coordinate; a tenth of a pixel is all a chart shows."""
    return f"{value:.1f}".removesuffix(".0")


def _write_mark(mark: Mark) -> str:
    """Write one mark; letters, ends and weights are classes of the style sheet."""
    (x, y), *_ = mark.points
    at = f'="{_plain(x)}" '
    colour = f"var(--{mark.role})"
    if mark.kind == "dot":
        radius = _plain(mark.size)
        return f'<circle cx{at}cy="{_plain(y)}" r="{radius}" fill="{colour}"/>'
    if mark.kind == "text":
        names = ["b"] * mark.bold + [mark.anchor[0]] * (mark.anchor != "start")
        look = f' class="{" ".join(names)}"' if names else ""
        look += f' font-size="{_plain(mark.size)}"' if mark.size != HURUF else ""
        look += f' fill="{colour}"' if mark.role != "redup" else ""
        words = html.escape(mark.text)
        return f'<text x{at}y="{_plain(y)}"{look}>{words}</text>'
    look = f'stroke="{colour}" stroke-width="{_plain(mark.size)}"'
    if mark.dash:
        look += f' stroke-dasharray="{_plain(mark.dash[0])} {_plain(mark.dash[1])}"'
    return f'<path d="{_trace(mark.points)}" fill="none" {look}/>'


def paint_png(sheet: Sheet, *, colours: int = 64) -> bytes:
    """Paint a sheet at twice its size on solid white in few colours, no date inside.

    Mail clients in dark mode keep pictures as they are, so nothing is transparent.
    """
    from PIL import Image, ImageDraw

    scale = PNG_SCALE * _SMOOTH
    size = (round(sheet.wide * scale), round(sheet.high * scale))
    image = Image.new("RGB", size, WARNA["kertas"])
    draw = ImageDraw.Draw(image)
    for mark in sheet.marks:
        points = [(x * scale, y * scale) for x, y in mark.points]
        width, colour = mark.size * scale, WARNA[mark.role]
        if mark.kind == "text":
            font = find_font(round(width), bold=mark.bold)
            draw.text(points[0], mark.text, colour, font, _PIL_ANCHOR[mark.anchor])
        elif mark.kind == "dot":
            draw.circle(points[0], width, fill=colour)
        elif mark.kind == "area":
            draw.polygon(points, fill=colour)
        else:
            dash = tuple(part * scale for part in mark.dash or ())
            for piece in cut_dashes(points, dash) if dash else [points]:
                draw.line(piece, fill=colour, width=round(width), joint="curve")
    small = image.resize(
        (size[0] // _SMOOTH, size[1] // _SMOOTH), Image.Resampling.LANCZOS
    )
    few = small.quantize(
        colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    stream = io.BytesIO()
    few.save(stream, "PNG", compress_level=6)
    return stream.getvalue()


@cache
def find_font(size: int, *, bold: bool = False) -> FreeTypeFont:
    """Return the suite's typeface, which lies in a package and not on the machine."""
    import matplotlib as mpl
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size)


def cut_dashes(
    points: Sequence[Point], dash: Sequence[float]
) -> Iterator[tuple[Point, Point]]:
    """Cut a line into its dashes; lengths of dash and gap take turns.

    Examples
    --------
    >>> list(cut_dashes([(0.0, 0.0), (5.0, 0.0)], (2.0, 1.0)))
    [((0.0, 0.0), (2.0, 0.0)), ((3.0, 0.0), (5.0, 0.0))]
    """
    lengths = cycle(enumerate(dash))
    turn, left = next(lengths)
    for (x, y), (to_x, to_y) in pairwise(points):
        whole = math.hypot(to_x - x, to_y - y)
        done = 0.0
        while done < whole:
            step = min(left, whole - done)
            share, until = done / whole, (done + step) / whole
            if turn == 0:
                yield (
                    (x + (to_x - x) * share, y + (to_y - y) * share),
                    (x + (to_x - x) * until, y + (to_y - y) * until),
                )
            done, left = done + step, left - step
            if left <= 0:
                turn, left = next(lengths)
