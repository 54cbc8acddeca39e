"""The boards' charts: the page's own figures, drawn from a view's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.briefing.model import Kipas, Tanda
from jkn_analysis.formats import format_periode, format_rate
from jkn_analysis.jelajah.boards import Gambar
from jkn_analysis.reporting.figures import LEBAR, draw_kipas, render_png
from jkn_analysis.terms import TOTAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.jelajah.views import Pandangan

BULAN_RIWAYAT = 36
TANDA_MAKS = 5


def _dates(months: pd.Series) -> tuple[dt.date, ...]:
    """Return month starts as plain dates."""
    return tuple(month.date() for month in months)


def list_tanda(pandangan: Pandangan, *, since: pd.Timestamp) -> tuple[Tanda, ...]:
    """List the events to mark, the region's own first, those of the scenario last."""
    known = pandangan.peristiwa
    shown = known[(known["tanggal"] >= since) & (known["status"] != "skenario")]
    own = shown.assign(own=shown["kode"] == pandangan.pilihan.kode)
    ordered = own.sort_values(
        ["own", "tanggal"], ascending=[False, True], kind="stable"
    )
    return tuple(
        Tanda(row["tanggal"].date().replace(day=1), row["keterangan"], row["status"])
        for row in ordered.head(TANDA_MAKS).to_dict("records")
    )


def write_alt(pandangan: Pandangan) -> str:
    """Say the chart's numbers in words."""
    past = pandangan.riwayat.dropna(subset=["nilai"])
    first, last = past.tail(BULAN_RIWAYAT).iloc[0], past.iloc[-1]
    nama = get_wilayah(pandangan.pilihan.kode).nama_lengkap
    text = (
        f"Grafik garis keaktifan {nama}: {format_rate(first['nilai'], 1)} pada "
        f"{format_periode(first['periode'])}, {format_rate(last['nilai'], 1)} pada "
        f"{format_periode(last['periode'])}."
    )
    ahead = pandangan.ramalan
    if ahead.empty:
        return text
    final = ahead[ahead["periode"] == ahead["periode"].max()].set_index("kuantil")
    low, high = final["nilai"].iloc[0], final["nilai"].iloc[-1]
    month = format_periode(ahead["periode"].max())
    return (
        f"{text} Ramalan {month}: antara {format_rate(low, 1)} dan "
        f"{format_rate(high, 1)}."
    )


def build_kipas(pandangan: Pandangan) -> Kipas:
    """Turn a view into the data of the page's main chart."""
    pilihan = pandangan.pilihan
    past = pandangan.riwayat.dropna(subset=["nilai"]).tail(BULAN_RIWAYAT)
    fan = pandangan.ramalan.pivot_table(
        index="periode", columns="kuantil", values="nilai", observed=True
    )
    segmen = "" if pilihan.segmen == TOTAL else f", {pilihan.segmen}"
    nama = get_wilayah(pilihan.kode).nama_lengkap
    return Kipas(
        indikator=pilihan.indikator,
        judul=f"{nama}: peserta aktif, % {pilihan.penyebut}{segmen}",
        periode=_dates(past["periode"]),
        nilai=tuple(float(value) for value in past["nilai"]),
        periode_ramalan=_dates(fan.index.to_series()),
        kuantil={float(q): tuple(float(v) for v in fan[q]) for q in fan.columns},
        target=pandangan.target,
        tanda=list_tanda(pandangan, since=past["periode"].iloc[0]),
        alt=write_alt(pandangan),
    )


def draw_keaktifan(pandangan: Pandangan) -> Gambar:
    """Draw history, fan, target line and events of one view."""
    kipas = build_kipas(pandangan)
    png = render_png(draw_kipas(kipas, LEBAR))
    marks = tuple(
        f"{format_periode(mark.periode)}: {mark.teks}" for mark in kipas.tanda
    )
    return Gambar(png=png, alt=kipas.alt, lebar_px=LEBAR.lebar, tanda=marks)
