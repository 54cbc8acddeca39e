"""A board as one HTML file for offices without Python: fetches nothing."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jkn_analysis.api.answer import build_answer
from jkn_analysis.formats import format_akhir_bulan
from jkn_analysis.jelajah.boards import CONTOH
from jkn_analysis.jelajah.charts import ACTIONS, MENU, draw_activity
from jkn_analysis.jelajah.views import (
    Choice,
    build_ringkasan,
    build_series,
    build_view,
    fix_kode,
)
from jkn_analysis.store import list_values, read_manifest
from jkn_analysis.terms import NASIONAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_PAGE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body{{margin:0 auto;max-width:960px;padding:0 16px 32px;color:#1b2530;
font:16px/1.4 system-ui,"Segoe UI","DejaVu Sans",sans-serif}}
h1{{font-size:24px}}summary{{font-size:14px}}.bagan{{overflow-x:auto}}
.contoh{{background:#ffefc2;color:#4a3a00;padding:5px 16px;font-weight:700}}
.vega-bind{{display:inline-block;margin:0 16px 8px 0}}
.vega-bind-name{{display:inline-block;margin-right:6px}}select{{font:inherit}}
</style></head><body><main>
{mark}<h1>{title}</h1>
<p>Pilih satu atau dua wilayah di bawah gambar. Arahkan penunjuk ke garis untuk
membaca angkanya; gulir untuk memperbesar waktu.</p>
<div class="bagan" id="papan" role="figure" aria-label="{title}"></div>
{table}
</main>
<script>{library}</script>
<script>vegaEmbed("#papan", {spec}, {options}).then(() =>
document.querySelector("#papan summary").setAttribute("aria-label", "{menu}"));</script>
</body></html>
"""


def list_scope(kode: str, *, root: Path) -> list[str]:
    """List a region with data, or those of a provinsi; the provinsi first.

    Raises
    ------
    UnknownNameError
        If no region is meant.
    """
    kode = fix_kode(kode)
    known = list_values("ukuran", "kode", root=root)
    inside = [one for one in known if kode != NASIONAL and one.startswith(kode)]
    return inside or [one for one in known if one in (kode, NASIONAL)]


def build_board_html(kode: str, *, root: Path) -> str:
    """Write the board of a region or provinsi as one page.

    Only rates and totals of the scope go in: what the pages suppress is not read.

    Parameters
    ----------
    kode
        A region as anyone names it.
    root
        Folder of processed tables.
    """
    import vl_convert

    scope = list_scope(kode, root=root)
    views = [build_view(Choice(one), root=root) for one in scope]
    first = get_wilayah(scope[0]).nama_lengkap
    per = format_akhir_bulan(views[0].riwayat["periode"].max())
    title = html.escape(f"Papan keaktifan {first}, per {per}")
    contoh = bool(read_manifest(root)["contoh"])
    series = build_series(views)
    levels = ["nilai", "bawah", "atas"]
    series[levels] = series[levels].round(5)
    chart = _choose_lines(series, [view.seri for view in views])
    spec = json.dumps(chart, ensure_ascii=False, allow_nan=False)
    return _PAGE.format(
        title=title,
        mark=f'<p class="contoh">{CONTOH}</p>\n' if contoh else "",
        table=_table(scope, per, contoh=contoh, root=root),
        library=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"),
        spec=spec.replace("</", "<\\/"),
        options=json.dumps({**ACTIONS, "ast": True}),
        menu=MENU,
    )


def _choose_lines(series: pd.DataFrame, names: list[str]) -> dict[str, Any]:
    """Show one or two of the lines, chosen by two lists."""
    told = "Keaktifan (penduduk): bulan terukur dan proyeksi"
    drawn = draw_activity(series, told, target=0.8, lists=True)
    chart = replace(drawn, order=("wilayah", "pembanding")).whole()
    order = sorted(names)
    lists = [(names[0], order, "Wilayah "), ("–", ["–", *order], "Bandingkan ")]
    picks = [
        {
            "name": f"wilayah{number}",
            "value": name,
            "bind": {"input": "select", "options": options, "name": label},
        }
        for number, (name, options, label) in enumerate(lists)
    ]
    return {**chart, "params": [*chart["params"], *picks]}


def _table(scope: list[str], per: str, *, contoh: bool, root: Path) -> str:
    """Write the regions of the scope as a table, largest gap first."""
    rows = build_ringkasan(root=root)
    rows = rows[rows["kode"].isin(scope)]
    named = rows[["nama", "keaktifan_penduduk_rate", "gap_jiwa", "ramalan_rate"]]
    headings = {
        "nama": "Wilayah",
        "keaktifan_penduduk_rate": "Keaktifan (penduduk)",
        "gap_jiwa": "Kurang ke 80%",
        "ramalan_rate": "Proyeksi 12 bulan",
    }
    told = {"per": per, "penyebut": "penduduk"}
    answer = build_answer(named, "Wilayah menurut kekurangannya", told, contoh=contoh)
    answer.attrs["label"] = headings
    return f'<div class="bagan" tabindex="0">{answer.to_table_html()}</div>'
