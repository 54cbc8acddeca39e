"""Slides for the meeting room: native charts and tables that anyone can edit."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any, cast

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.util import Emu, Pt

from jkn_analysis.briefing.words import Words
from jkn_analysis.formats import format_periode, format_rp_short, format_tanggal
from jkn_analysis.reporting.style import WARNA
from jkn_analysis.sharing.card import write_amount
from jkn_analysis.tables import TABLES
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pptx.slide import Slide

    from jkn_analysis.briefing.model import (
        Bars,
        Briefing,
        Fan,
        PageTable,
        Part,
        RowChart,
    )
    from jkn_analysis.texts import Catalogue

INCH = 914_400
WIDE, HIGH = int(13.333 * INCH), int(7.5 * INCH)
BODY = (Emu(int(0.6 * INCH)), Emu(int(1.75 * INCH)), Emu(int(12.1 * INCH)))
MOST_ROWS = 9
PARTS = {"uang": 2, "siapa": 1}
"""Slides a group of parts gets at most."""
LABELLED_BARS = 8
TITLE_SIZE, TITLE_SMALL, TITLE_CHARS = 28, 24, 75
"""Points of a title; a longer one is set smaller and keeps to two lines."""
BILLION = 1_000_000_000
_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
FIXED_TIME = b"2025-01-01T00:00:00Z"


def build_slides(briefing: Briefing) -> bytes:
    """Make 6 to 8 slides of one page: decision, where, ask, money, who, sources.

    Parameters
    ----------
    briefing
        A page as it was stored; nothing is computed here.

    Returns
    -------
    bytes
        A pptx; the same page gives the same bytes.
    """
    deck = Presentation()
    deck.slide_width, deck.slide_height = Emu(WIDE), Emu(HIGH)
    words = read_catalogue(briefing.bahasa)
    _title_slide(deck, briefing)
    if briefing.kipas is not None:
        _fan_slide(deck, briefing, briefing.kipas)
    _outlook_slide(deck, briefing)
    if briefing.permintaan:
        _ask_slide(deck, briefing)
    for group, most in PARTS.items():
        for part in _shown(briefing.bagian, group)[:most]:
            _part_slide(deck, briefing, part)
    slide = _add(deck, briefing, words.say("bagikan.sumber_judul"))
    _bullets(slide, [*briefing.belum, *_sources(briefing), briefing.kaki])
    return normalise(_save(deck))


def _save(deck: Any) -> bytes:  # noqa: ANN401 - pptx has no types
    """Write a deck to bytes."""
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def normalise(content: bytes) -> bytes:
    """Take the clock out of a zip of office XML, also of the workbooks inside."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as read,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as write,
    ):
        for name in read.namelist():
            part = read.read(name)
            if name.endswith(".xlsx"):
                part = normalise(part)
            if name == "docProps/core.xml":
                part = _TIMES.sub(FIXED_TIME, part)
            write.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), part)
    return buffer.getvalue()


def _colour(name: str) -> RGBColor:
    """Return a colour of the suite."""
    return RGBColor.from_string(WARNA[name][1:].upper())


def _text(frame: Any, text: str, size: int, *, bold: bool = False) -> None:  # noqa: ANN401 - pptx has no types
    """Put one paragraph into a frame."""
    frame.word_wrap = True
    run = frame.paragraphs[0].add_run()
    run.text = text
    run.font.size, run.font.bold = Pt(size), bold
    run.font.color.rgb = _colour("tinta")


def _add(deck: Any, briefing: Briefing, title: str) -> Slide:  # noqa: ANN401 - pptx has no types
    """Add a slide with its title, the mark and the sources in the notes."""
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    holder = slide.shapes.title
    holder.left, holder.top = BODY[0], Emu(int(0.55 * INCH))
    holder.width, holder.height = BODY[2], Emu(int(1.1 * INCH))
    size = TITLE_SIZE if len(title) <= TITLE_CHARS else TITLE_SMALL
    _text(holder.text_frame, title, size, bold=True)
    if briefing.contoh:
        box = slide.shapes.add_textbox(
            BODY[0], Emu(int(0.1 * INCH)), BODY[2], Emu(INCH // 3)
        )
        _text(box.text_frame, read_catalogue(briefing.bahasa).say("umum.contoh"), 14)
    _note(slide, _sources(briefing))
    return slide


def _note(slide: Slide, lines: Iterable[str]) -> None:
    """Write what the speaker sees, and the sources."""
    frame = slide.notes_slide.notes_text_frame
    if frame is not None:
        frame.text = "\n".join(lines)


def _sources(briefing: Briefing) -> list[str]:
    """List the sources behind the page's measured figures, each once."""
    words = read_catalogue(briefing.bahasa)
    told = {
        f"{name} ({format_tanggal(figure.as_of, bahasa=briefing.bahasa)})"
        for figure in briefing.figures
        if figure.as_of and figure.certainty == "diukur"
        if (name := _name_source(figure.source, words))
    }
    return sorted(told)[:MOST_ROWS]


def _name_source(source: str, words: Catalogue) -> str:
    """Name a delivered table in words; one that we computed is no source."""
    table, key = source.partition(" ")[0], f"belum.data_{source.partition(' ')[0]}"
    if table not in TABLES:
        return source
    return words.say(key)[:1].upper() + words.say(key)[1:] if words.has(key) else ""


def _title_slide(deck: Any, briefing: Briefing) -> None:  # noqa: ANN401 - pptx has no types
    """Say the decision, the position and the meeting."""
    slide = _add(deck, briefing, briefing.judul)
    position = " ".join(text for text, _ in briefing.layar.ringkas)
    lines = [briefing.kepala, position]
    lines += [
        f"{label} {text}" if label.endswith("?") else f"{label}: {text}"
        for label, text in briefing.layar.baris
    ]
    _bullets(slide, lines)


def _bullets(slide: Slide, lines: Iterable[str]) -> None:
    """Write sentences under the title."""
    height = Emu(int(5.2 * INCH))
    frame = slide.shapes.add_textbox(*BODY, height).text_frame
    frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = line
        run.font.size = Pt(20)
        paragraph.space_after = Pt(10)


def _fan_slide(deck: Any, briefing: Briefing, fan: Fan) -> None:  # noqa: ANN401 - pptx has no types
    """Draw history, median and 80% interval as an editable line chart."""
    slide = _add(deck, briefing, fan.judul)
    months = [*fan.periode, *fan.periode_ramalan]
    data = CategoryChartData(number_format="0.0%")
    data.categories = [
        format_periode(month, short=True, bahasa=briefing.bahasa) for month in months
    ]
    ahead = len(fan.periode_ramalan)
    words = read_catalogue(briefing.bahasa)
    past = [*fan.nilai, *[None] * ahead]
    data.add_series(words.say("bagikan.terukur"), past)
    named = {0.1: "bagikan.bawah", 0.5: "bagikan.tengah", 0.9: "bagikan.atas"}
    for level, key in named.items():
        if level in fan.kuantil:
            values = [*[None] * len(fan.periode), *fan.kuantil[level]]
            data.add_series(words.say(key), values)
    if fan.target is not None:
        data.add_series(words.say("bagikan.syarat"), [fan.target] * len(months))
    chart = _chart(slide, XL_CHART_TYPE.LINE, data)
    lowest = [v for v in (*fan.nilai, *fan.kuantil.get(0.1, ())) if v is not None]
    chart.value_axis.tick_labels.number_format = "0%"
    chart.value_axis.tick_labels.number_format_is_linked = False
    chart.value_axis.minimum_scale = max(0.0, round(min(lowest) - 0.05, 1))
    colours = ("data", "pita50", "data", "pita50", "batas")
    for series, name in zip(chart.plots[0].series, colours, strict=False):
        series.smooth = False
        series.format.line.color.rgb = _colour(name)
        series.format.line.width = Pt(2.25)


def _chart(slide: Slide, kind: Any, data: CategoryChartData) -> Any:  # noqa: ANN401 - pptx has no types
    """Put a native chart under the title."""
    shape: Any = slide.shapes.add_chart(
        kind, *BODY, Emu(int(5.2 * INCH)), cast("Any", data)
    )
    chart = shape.chart
    chart.font.size = Pt(14)
    chart.has_title = False
    chart.has_legend = len(list(chart.plots[0].series)) > 1
    if chart.has_legend:
        chart.legend.position = XL_LEGEND_POSITION.BOTTOM
        chart.legend.include_in_layout = False
    return chart


def _outlook_slide(deck: Any, briefing: Briefing) -> None:  # noqa: ANN401 - pptx has no types
    """Show where usual, a cut and a late contract lead, as an editable bar chart."""
    strip = briefing.layar.strip
    if strip is None:
        return
    named = "; ".join(text for _, text, _ in strip.lines if text)
    slide = _add(deck, briefing, f"{strip.title} ({named})")
    rows = [row for row in reversed(strip.rows) if row.dot is not None]
    data = CategoryChartData(number_format="0.0%")
    data.categories = [f"{row.label} {row.note}".strip() for row in rows]
    data.add_series(strip.title, [row.dot for row in rows])
    chart = _chart(slide, XL_CHART_TYPE.BAR_CLUSTERED, data)
    _label_bars(chart)
    for point, row in zip(range(len(rows)), rows, strict=True):
        _fill(chart.plots[0].series[0].points[point].format, row.role)


def _label_bars(chart: Any) -> None:  # noqa: ANN401 - pptx has no types
    """Write each bar's value at its end, without an axis of numbers."""
    plot = chart.plots[0]
    plot.has_data_labels = True
    plot.gap_width = 60
    plot.data_labels.font.size = Pt(16)
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False


def _ask_slide(deck: Any, briefing: Briefing) -> None:  # noqa: ANN401 - pptx has no types
    """Lay out what is to be decided as an editable table."""
    words, dates = read_catalogue(briefing.bahasa), Words(briefing.bahasa)
    slide = _add(deck, briefing, words.say("bagikan.putuskan"))
    head = [
        words.say(f"bagikan.kolom_{name}")
        for name in ("kantor", "tindakan", "jiwa", "rp", "tenggat")
    ]
    asks = [*briefing.layar.putuskan]
    asks += [ask for ask in briefing.permintaan if ask not in asks]
    rows = [
        [
            ask.kantor,
            ask.pendek or ask.tindakan,
            write_amount(ask, briefing.bahasa) if ask.jiwa else "",
            format_rp_short(ask.rp, bahasa=briefing.bahasa)
            if (ask.rp or 0) > 0
            else ask.teks_rp,
            dates.tanggal_singkat(ask.tenggat),
        ]
        for ask in asks[:MOST_ROWS]
    ]
    _table(slide, head, rows, widths=(2.1, 5.0, 1.4, 2.1, 1.5))


def _table(
    slide: Slide,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[float] = (),
) -> None:
    """Put a native table under the title."""
    size = (len(rows) + 1, len(head))
    height = Emu(int(0.45 * INCH) * size[0])
    table = slide.shapes.add_table(*size, *BODY, height).table
    for column, width in enumerate(widths):
        table.columns[column].width = Emu(int(width * INCH))
    for number, row in enumerate([head, *rows]):
        for column, text in enumerate(row):
            cell = table.cell(number, column)
            cell.text = text
            for run in cell.text_frame.paragraphs[0].runs:
                run.font.size, run.font.bold = Pt(14), number == 0


def _shown(parts: Iterable[Part], group: str) -> list[Part]:
    """List the parts of a group that have a chart or a table."""
    return [p for p in parts if p.kelompok == group and (p.batang or p.tables)]


def _part_slide(deck: Any, briefing: Briefing, part: Part) -> None:  # noqa: ANN401 - pptx has no types
    """Show a part of the page by its bar chart, else by its table."""
    slide = _add(deck, briefing, part.judul)
    _note(slide, [*part.kalimat, *_sources(briefing)])
    stacked = next((one for one in part.gambar if _is_stacked(one)), None)
    if part.batang:
        _bars(slide, part.batang[0], briefing.bahasa)
    elif stacked is not None:
        _stack(slide, stacked, briefing.bahasa)
    else:
        _page_table(slide, part.tables[0])


def _is_stacked(chart: RowChart) -> bool:
    """Tell whether rows are pieces laid end to end from the scale's start."""
    return bool(chart.legend) and all(
        row.spans and row.spans[0].low == chart.low for row in chart.rows
    )


def _stack(slide: Slide, rows: RowChart, bahasa: str) -> None:
    """Draw rows of pieces as an editable stacked bar chart."""
    order, scale = list(reversed(rows.rows)), _scale_of(rows.unit)
    data = CategoryChartData(number_format=_format_of(scale))
    data.categories = [row.label for row in order]
    for role, name in rows.legend:
        pieces = [[s for s in row.spans if s.role == role] for row in order]
        data.add_series(name, [sum(s.high - s.low for s in p) / scale for p in pieces])
    chart = _chart(slide, XL_CHART_TYPE.BAR_STACKED, data)
    chart.plots[0].gap_width, chart.plots[0].overlap = 60, 100
    _name_axis(chart, scale, bahasa)
    for series, (role, _) in zip(chart.plots[0].series, rows.legend, strict=True):
        _fill(series.format, role)


def _scale_of(unit: str) -> int:
    """Tell what a chart's values are divided by: rupiah are shown in miliar."""
    return BILLION if unit == "rp" else 1


def _format_of(scale: int) -> str:
    """Give the number format of values on that scale."""
    return "0.0" if scale > 1 else "#,##0"


def _name_axis(chart: Any, scale: int, bahasa: str) -> None:  # noqa: ANN401 - pptx has no types
    """Write the axis of values in its unit."""
    chart.value_axis.tick_labels.number_format = "0" if scale > 1 else "#,##0"
    chart.value_axis.tick_labels.number_format_is_linked = False
    chart.value_axis.has_title = scale > 1
    if scale > 1:
        told = read_catalogue(bahasa).say("bagikan.miliar")
        chart.value_axis.axis_title.text_frame.text = told


def _fill(shape: Any, role: str) -> None:  # noqa: ANN401 - pptx has no types
    """Paint a bar in a colour's role."""
    shape.fill.solid()
    shape.fill.fore_color.rgb = _colour(role if role in WARNA else "data")


def _bars(slide: Slide, bars: Bars, bahasa: str) -> None:
    """Draw a bar chart of the page as an editable one."""
    scale = _scale_of(bars.satuan)
    data = CategoryChartData(number_format=_format_of(scale))
    data.categories = list(bars.label)
    data.add_series(bars.judul, [value / scale for value in bars.nilai])
    chart = _chart(slide, XL_CHART_TYPE.COLUMN_CLUSTERED, data)
    _name_axis(chart, scale, bahasa)
    _fill(chart.plots[0].series[0].format, "data")
    if len(bars.label) <= LABELLED_BARS:
        _label_bars(chart)


def _page_table(slide: Slide, table: PageTable) -> None:
    """Lay out a table of the page, its first rows."""
    head = [column.judul for column in table.kolom]
    rows = [[cell.teks for cell in row] for row in table.baris[:MOST_ROWS]]
    _table(slide, head, rows)
