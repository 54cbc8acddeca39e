"""The page that lists every report of a month, worst first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jkn_analysis.formats import MISSING
from jkn_analysis.reporting.pieces import build_environment
from jkn_analysis.reporting.style import read_page_css
from jkn_analysis.texts import read_catalogue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


@dataclass(frozen=True)
class IndexRow:
    """One report of the list; figures as finished texts, `gap_jiwa` to sort by."""

    kode: str
    nama: str
    nama_provinsi: str
    berkas: str
    judul: str = ""
    rate: str = ""
    gap_jiwa: int | None = None
    gap: str = ""
    nada: str = "netral"
    kesalahan: str = ""
    """First line of the error where the report was not made."""


def read_index_row(content: bytes, berkas: str) -> IndexRow:
    """Take from a page's file what the list says of it."""
    told = json.loads(content)
    parts = told["parts"]
    figures = {
        figure["name"]: figure
        for figure in told["figures"]
        if figure["skenario"] is None and figure["segmen"] == "total"
    }
    gap = figures.get("kurang_aktif_jiwa", {})
    rate = figures.get("keaktifan_penduduk_rate", {})
    return IndexRow(
        kode=told["kode"],
        nama=parts["nama"],
        nama_provinsi=parts["nama_provinsi"],
        berkas=berkas,
        judul=parts["judul"],
        rate=rate.get("text") or MISSING[told["bahasa"]],
        gap_jiwa=gap.get("value"),
        gap=gap["text"] if gap.get("value") else "–",
        nada=parts["nada"],
    )


def _sort_key(nama: str) -> str:
    """Sort a name by what it is called, not by what it is."""
    return nama.removeprefix("Kabupaten ").removeprefix("Kota ").casefold()


def render_index(
    rows: Sequence[IndexRow], *, periode: dt.date, contoh: bool, bahasa: str = "id"
) -> str:
    """Render the list of all reports of a month.

    Parameters
    ----------
    rows
        In any order; by provinsi, the widest gap first, then all by name.
    periode
        The month.
    contoh
        Whether the data are the synthetic sample.
    bahasa
        Language.
    """
    from jkn_analysis.formats import format_periode

    words = read_catalogue(bahasa)
    groups: dict[str, list[IndexRow]] = {}
    for row in sorted(rows, key=lambda row: (row.kode[:2], len(row.kode), row.kode)):
        groups.setdefault(row.nama_provinsi, []).append(row)
    for name, members in groups.items():
        groups[name] = sorted(
            members, key=lambda row: (len(row.kode) > 2, -(row.gap_jiwa or 0), row.kode)
        )
    page = build_environment().get_template("indeks.html.j2")
    return page.render(
        groups=groups,
        by_name=sorted(
            (row for row in rows if "." in row.kode),
            key=lambda row: _sort_key(row.nama),
        ),
        bulan=format_periode(periode, bahasa=bahasa),
        kata=words.say,
        contoh=contoh,
        bahasa=bahasa,
        css=read_page_css(),
    )
