"""The pages as the briefing notebooks make them, without a kernel."""

from __future__ import annotations

import nbformat

from jkn_analysis.briefing import Briefing
from jkn_analysis.reporting.pieces import (
    KELOMPOK,
    render_foot,
    render_group,
    render_head,
)
from jkn_analysis.reporting.render import render_notebook


def render_page(briefing: Briefing) -> str:
    """Render a page of any level."""
    meta = {
        "judul": briefing.nama,
        "bahasa": briefing.bahasa,
        "contoh": briefing.contoh,
    }
    groups = (render_group(briefing, name) for name in KELOMPOK)
    cells = []
    for html in [render_head(briefing), *groups, render_foot(briefing)]:
        shown = nbformat.v4.new_output(
            "display_data", {"text/html": html}, metadata={"jkn": meta}
        )
        cells.append(nbformat.v4.new_code_cell("x", outputs=[shown]))
    return render_notebook(nbformat.v4.new_notebook(cells=cells))
