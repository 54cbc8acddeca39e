"""The card: one picture of 1080 x 1350 pixels, readable at a quarter of its size."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from jkn_analysis.formats import format_jiwa, format_rp_short, format_tanggal
from jkn_analysis.reporting.style import WARNA
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    from jkn_analysis.briefing.model import Briefing, Permintaan, RowChart

WIDTH, HEIGHT, MARGIN = 1080, 1350, 64
INNER = WIDTH - 2 * MARGIN
TITLE_LINES, TITLE_SIZES = 3, (66, 60, 54, 48, 42)
ROOM_FOOT = 96
AMBER, AMBER_INK = "#ffefc2", "#4a3a00"


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the suite's typeface, which lies in a package and not on the machine."""
    import matplotlib as mpl

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size)


@dataclass
class _Pen:
    """A drawing and how far down it is filled."""

    draw: ImageDraw.ImageDraw
    y: int

    def wrap(
        self, text: str, size: int, width: int, *, bold: bool = False
    ) -> list[str]:
        """Break a text into lines of at most so many pixels."""
        font, lines = _font(size, bold=bold), [""]
        for word in text.split():
            tried = f"{lines[-1]} {word}".strip()
            if lines[-1] and font.getlength(tried) > width:
                lines.append(word)
            else:
                lines[-1] = tried
        return lines

    def write(
        self,
        text: str,
        size: int,
        *,
        colour: str = WARNA["tinta"],
        bold: bool = False,
        width: int = INNER,
    ) -> None:
        """Write a text over as many lines as it needs."""
        for line in self.wrap(text, size, width, bold=bold):
            font = _font(size, bold=bold)
            self.draw.text((MARGIN, self.y), line, font=font, fill=colour)
            self.y += round(size * 1.22)

    def right(self, text: str, size: int, *, bold: bool = False) -> None:
        """Write a text against the right margin, on the present line."""
        at = (WIDTH - MARGIN, self.y)
        font = _font(size, bold=bold)
        self.draw.text(at, text, font=font, fill=WARNA["tinta"], anchor="ra")

    def line(self) -> None:
        """Rule a line across."""
        self.draw.line(
            [(MARGIN, self.y), (WIDTH - MARGIN, self.y)], fill=WARNA["garis"], width=2
        )
        self.y += 16


def build_card(briefing: Briefing) -> bytes:
    """Draw the card of one page.

    Parameters
    ----------
    briefing
        A page as it was stored; nothing is computed here.

    Returns
    -------
    bytes
        A PNG of 1080 x 1350 pixels.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), WARNA["kertas"])
    pen = _Pen(ImageDraw.Draw(image), 40)
    _head(pen, briefing)
    if briefing.layar.strip is not None:
        _strip(pen, briefing.layar.strip)
    _decisions(pen, briefing)
    _foot(pen, briefing)
    buffer = io.BytesIO()
    image.quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _head(pen: _Pen, briefing: Briefing) -> None:
    """Write mark, region, title and the position."""
    if briefing.contoh:
        pen.draw.rectangle([(0, 0), (WIDTH, 62)], fill=AMBER)
        text = read_catalogue(briefing.bahasa).say("umum.contoh")
        place = (WIDTH // 2, 31)
        pen.draw.text(place, text, AMBER_INK, _font(26, bold=True), anchor="mm")
        pen.y = 84
    pen.write(briefing.kepala, 28, colour=WARNA["redup"])
    pen.y += 8
    for size in TITLE_SIZES:
        if len(pen.wrap(briefing.judul, size, INNER, bold=True)) <= TITLE_LINES:
            break
    pen.write(briefing.judul, size, bold=True)
    pen.y += 10
    pen.write(" ".join(text for text, _ in briefing.layar.ringkas), 34)
    pen.y += 18


def _strip(pen: _Pen, strip: RowChart) -> None:
    """Draw the strip: one row a future, what to compare with as ticks on each."""
    left, right, step = MARGIN, WIDTH - MARGIN, 68
    top = pen.y + 34
    bottom = top + step * len(strip.rows)

    def place(value: float) -> float:
        return left + (right - left) * strip.place(value) / 100

    for number, row in enumerate(strip.rows):
        y = top + step * number + 14
        pen.draw.text((left, y), row.label, WARNA["tinta"], _font(28))
        at = (right, y)
        pen.draw.text(at, row.text, WARNA["tinta"], _font(28, bold=True), "ra")
        pen.draw.line([(left, y + 48), (right, y + 48)], fill=WARNA["garis"], width=3)
        for span in row.spans:
            ends = [(place(span.low), y + 48), (place(span.high), y + 48)]
            size = 8 if row.dot is not None else 26
            pen.draw.line(ends, fill=WARNA.get(span.role, WARNA["data"]), width=size)
        for value, _, role in strip.lines:
            x = place(value)
            ends = [(x, y + 36), (x, y + 60)]
            pen.draw.line(ends, fill=WARNA.get(role, role), width=5)
        if row.dot is not None:
            x, radius = place(row.dot), 13
            box = [(x - radius, y + 48 - radius), (x + radius, y + 48 + radius)]
            pen.draw.ellipse(box, fill=WARNA.get(row.role, WARNA["data"]))
    for number, (value, name, role) in enumerate(strip.lines):
        colour, x = WARNA.get(role, role), place(value)
        side = "r" if x > WIDTH / 2 else "l"
        # The first stands above, others below: two near values keep their names.
        y, edge = (top - 24, "m") if number == 0 else (bottom + 20, "m")
        pen.draw.text((x, y), name, colour, _font(26, bold=True), side + edge)
    pen.y = bottom + (44 if len(strip.lines) > 1 else 26)


def _decisions(pen: _Pen, briefing: Briefing) -> None:
    """Write what is to be decided, as many lines as there is room for."""
    if not briefing.layar.putuskan:
        return
    words = read_catalogue(briefing.bahasa)
    pen.write(words.say("bagikan.putuskan"), 36, bold=True)
    pen.y += 4
    for ask in briefing.layar.putuskan:
        lines = pen.wrap(ask.pendek or ask.tindakan, 29, INNER)
        if pen.y + 60 + 36 * len(lines) > HEIGHT - ROOM_FOOT:
            return
        pen.line()
        pen.right(write_amount(ask, briefing.bahasa), 30, bold=True)
        pen.write(ask.kantor, 30, bold=True, width=INNER - 320)
        pen.write(ask.pendek or ask.tindakan, 29, colour=WARNA["redup"])
        pen.y += 8


def write_amount(ask: Permintaan, bahasa: str) -> str:
    """Write the people of a decision, or its rupiah where it has no people."""
    if ask.jiwa:
        mark = "*" if ask.asumsi else ""
        return f"{format_jiwa(ask.jiwa, bahasa=bahasa)}{mark}"
    if ask.rp:
        return format_rp_short(ask.rp, bahasa=bahasa)
    return ""


def _foot(pen: _Pen, briefing: Briefing) -> None:
    """Write where it is from and what the star means."""
    words = read_catalogue(briefing.bahasa)
    figure = briefing.find_figure("keaktifan_penduduk_rate")
    day = figure.as_of if figure else None
    told = []
    if day:
        date = {"tanggal": format_tanggal(day, bahasa=briefing.bahasa)}
        told.append(words.say("bagikan.kaki", date))
    strip = briefing.layar.strip
    starred = strip is not None and any("*" in row.label for row in strip.rows)
    if starred or any(ask.asumsi for ask in briefing.layar.putuskan):
        told.append(words.say("bagikan.bintang"))
    pen.y = HEIGHT - ROOM_FOOT + 20
    for text in told:
        pen.write(text, 24, colour=WARNA["redup"])
