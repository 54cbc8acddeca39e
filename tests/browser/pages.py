"""The pages as the briefing notebooks make them, without a kernel."""

from __future__ import annotations

import nbformat

from jkn_analysis.briefing import Briefing
from jkn_analysis.reporting.pieces import (
    render_annex,
    render_fan,
    render_head,
    render_part,
    render_tiles,
)
from jkn_analysis.reporting.render import render_notebook

REGION = (
    "permintaan", "tindak_lanjut", "segmen", "uang", "tunggakan", "skenario",
    "catatan", "faskes",
)  # fmt: skip
AREA = (
    "permintaan", "peringkat", "jatuh", "kecil", "petak", "segmen", "uang",
    "tunggakan", "tindak_lanjut",
)  # fmt: skip


def _render(briefing: Briefing, pieces: list[str]) -> str:
    meta = {
        "judul": briefing.nama,
        "bahasa": briefing.bahasa,
        "contoh": briefing.contoh,
    }
    head = [render_head(briefing), render_fan(briefing)]
    cells = []
    for html in [*head, *pieces, render_annex(briefing)]:
        shown = nbformat.v4.new_output(
            "display_data", {"text/html": html}, metadata={"jkn": meta}
        )
        cells.append(nbformat.v4.new_code_cell("x", outputs=[shown]))
    return render_notebook(nbformat.v4.new_notebook(cells=cells))


def render_region(briefing: Briefing) -> str:
    """Render the page of a kabupaten/kota."""
    return _render(briefing, [render_part(briefing, name) for name in REGION])


def render_area(briefing: Briefing) -> str:
    """Render the page of a provinsi or the country."""
    parts = [render_part(briefing, name) for name in AREA]
    return _render(briefing, [*parts, render_tiles(briefing)])
