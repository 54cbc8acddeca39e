"""Show pieces of a page in a notebook; the same calls serve the batch and the lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jkn_analysis.briefing.page_file import MIME, describe_page
from jkn_analysis.reporting.axes import render_svg
from jkn_analysis.reporting.pieces import render_foot, render_group, render_head
from jkn_analysis.reporting.style import scope, scope_page
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
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
