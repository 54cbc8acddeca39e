"""Show pieces of a page in a notebook; the same calls serve the batch and the lab."""

from __future__ import annotations

import datetime as dt
import re
from html import escape
from numbers import Real
from typing import TYPE_CHECKING, Any

from jkn_analysis import formats
from jkn_analysis.briefing.page_file import MIME, describe_page
from jkn_analysis.reporting.axes import render_svg
from jkn_analysis.reporting.pieces import render_foot, render_group, render_head
from jkn_analysis.reporting.style import scope, scope_page
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from jkn_analysis.briefing.model import Briefing

META = "jkn"
"""Key of an output's metadata that tells `render` title, language, sample or not."""


def _publish(html: str, briefing: Briefing | None = None) -> None:
    """Put HTML into the notebook's output, the page itself beside it if given."""
    from IPython.display import display

    if briefing is None:
        display({"text/html": scope(html)}, raw=True)
        return
    sample = read_catalogue(briefing.bahasa).say("umum.contoh")
    piece = scope_page(html, banner=sample if briefing.contoh else "")
    bundle: dict[str, Any] = {"text/html": piece}
    meta = {
        "judul": f"{briefing.nama}: {briefing.periode:%Y-%m}",
        "bahasa": briefing.bahasa,
        "contoh": briefing.contoh,
    }
    bundle[MIME] = describe_page(briefing)
    display(bundle, raw=True, metadata={META: meta})


def show_head(briefing: Briefing) -> None:
    """Show the first screen; hands the page on to be kept as a file."""
    _publish(render_head(briefing), briefing)


def show_parts(briefing: Briefing, *kelompok: str, boundaries: str = "") -> None:
    """Show groups of parts, one below the other, as one output.

    Parameters
    ----------
    briefing
        The page.
    kelompok
        ``keputusan``, ``uang``, ``siapa``, ``data``.
    boundaries
        GeoJSON for a map beside the tiles; '' for none.
    """
    _publish(
        "\n".join(
            render_group(briefing, name, boundaries=boundaries) for name in kelompok
        )
    )


def show_foot(briefing: Briefing) -> None:
    """Show what was not sent, and the foot."""
    _publish(render_foot(briefing))


SMALL = 0.1
"""Under it a number has a fourth decimal."""
_LEADING = re.compile(r"[+\N{MINUS SIGN}-]?(?:Rp)?\d")
"""How a text begins that is a number for readers."""


def show_table(frame: pd.DataFrame, *, bahasa: str = "id") -> None:
    """Show a table as those of the pages: words on the left, numbers on the right.

    Parameters
    ----------
    frame
        Texts, or values that are written here; column names are the headings.
    bahasa
        ``"id"`` or ``"en"``.
    """
    if frame.empty:
        _publish(f"<p>{read_catalogue(bahasa).say('umum.tidak_tersedia')}</p>")
        return
    texts = {
        str(name): [_write(value, bahasa) for value in frame[name]] for name in frame
    }
    side = {name: _side(cells) for name, cells in texts.items()}
    heads = "".join(
        f'<th scope="col"{side[name]}>{escape(name.replace("_", " "))}</th>'
        for name in texts
    )
    rows = "".join(
        f"<tr>{''.join(map(_cell, row, side.values()))}</tr>"
        for row in zip(*texts.values(), strict=True)
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    _publish(f'<div style="overflow-x:auto">{table}</div>')


def _write(value: object, bahasa: str) -> str:
    """Write a value of a table for a reader."""
    if formats.is_missing(value):
        return "–"
    if isinstance(value, dt.date):
        month = formats.format_periode if value.day == 1 else formats.format_tanggal
        return month(value, bahasa=bahasa)
    if isinstance(value, bool | str) or not isinstance(value, Real):
        return str(value)
    number = float(value)
    decimals = 0 if number.is_integer() else 3 if abs(number) >= SMALL else 4
    return formats.format_number(number, decimals, bahasa=bahasa)


def _side(cells: Sequence[str]) -> str:
    """Return the class of a column's cells: numbers, or words."""
    numbers = sum(bool(_LEADING.match(cell)) for cell in cells)
    return ' class="n"' if 2 * numbers >= len(cells) else ' class="k"'


def _cell(text: str, side: str) -> str:
    """Write one cell."""
    return f"<td{side}>{escape(text)}</td>"


def tampilkan(figure: Figure, *, alt: str, nama: str = "grafik") -> None:
    """Show a figure with its alt text; `nama` differs for each figure of a page.

    Raises
    ------
    ValueError
        If the alt text is empty.
    """
    from IPython.display import display

    if not alt.strip():
        raise ValueError(f"figure '{nama}': the alt text is empty\n  → describe it")
    svg = render_svg(figure, nama=nama, alt=alt)
    bundle = {"image/svg+xml": svg, "text/plain": alt}
    display(bundle, raw=True, metadata={"image/svg+xml": {"alt": alt}})
