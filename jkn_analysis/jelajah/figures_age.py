"""The arrears board's charts: age over time, roll rates, the collection funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.briefing.model import Batang
from jkn_analysis.formats import (
    format_jiwa,
    format_periode,
    format_rate,
    format_rp_short,
    is_missing,
)
from jkn_analysis.jelajah.age import KELOMPOK_UMUR, UMUR_LAJU
from jkn_analysis.jelajah.boards import Gambar
from jkn_analysis.reporting.figures import Ukuran, make_axes, plot_batang, render_png
from jkn_analysis.reporting.style import FONT, HURUF, WARNA

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEBAR_UMUR = Ukuran(720, 260, kiri=64, kanan=118)
LEBAR_LAJU = Ukuran(720, 230, kiri=64, kanan=118)
ISI_UMUR = {
    "1-3": WARNA["pita95"],
    "4-12": WARNA["pita80"],
    "13-24": WARNA["pita50"],
    "25+": WARNA["data"],
}
"""Older is darker, so that the order survives grey print."""
_JARAK_LABEL = 0.085


def plot_umur(axes: Axes, umur: pd.DataFrame) -> Axes:
    """Stack people in arrears by age group over time, labelled at the right.

    Parameters
    ----------
    axes
        Where to draw.
    umur
        ``periode, kelompok_umur, peserta_jiwa`` as of `sum_umur`.
    """
    wide = umur.pivot_table(
        index="periode", columns="kelompok_umur", values="peserta_jiwa", observed=True
    ).reindex(columns=list(KELOMPOK_UMUR))
    place = np.arange(len(wide))
    base = np.zeros(len(wide))
    ends = []
    for name in KELOMPOK_UMUR:
        top = base + wide[name].fillna(0).to_numpy(dtype=float)
        axes.fill_between(place, base, top, color=ISI_UMUR[name], lw=0)
        axes.plot(place, top, color=WARNA["kertas"], lw=0.8)
        ends.append((base[-1] + top[-1]) / 2)
        base = top
    axes.set_xlim(0, len(wide) - 1)
    axes.set_ylim(0, base.max() * 1.05)
    _label_groups(axes, wide, ends, span=base.max() * 1.05)
    _mark_months(axes, pd.DatetimeIndex(wide.index))
    axes.set_yticks(axes.get_yticks()[1:-1:2])
    axes.set_yticklabels([format_jiwa(v)[:-5] for v in axes.get_yticks()])
    return axes


def _label_groups(
    axes: Axes, wide: pd.DataFrame, ends: list[float], *, span: float
) -> None:
    """Write each group's name and last count beside it, moved apart where close."""
    last = -np.inf
    for name, at in zip(KELOMPOK_UMUR, ends, strict=True):
        last = max(at, last + _JARAK_LABEL * span)
        count = format_jiwa(wide[name].iloc[-1])[:-5]
        axes.text(
            len(wide) - 1 + len(wide) * 0.015,
            last,
            f"{name} bulan: {count}",
            va="center",
            color=WARNA["tinta"],
            fontsize=HURUF - 2,
            family=FONT,
            clip_on=False,
        )


def _mark_months(axes: Axes, months: pd.DatetimeIndex) -> None:
    """Tick each January, or the first month where there is none."""
    at = [place for place, month in enumerate(months) if month.month == 1] or [0]
    axes.set_xticks(at)
    axes.set_xticklabels([str(months[place].year) for place in at])


def plot_laju(axes: Axes, laju: pd.DataFrame) -> Axes:
    """Draw the share leaving arrears, age by month, darker where more left."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = [WARNA["kertas"], WARNA["pita50"], WARNA["data"], WARNA["tinta"]]
    shades = LinearSegmentedColormap.from_list("laju", colours, bad=WARNA["garis"])
    values = laju.to_numpy(dtype=float)
    top = float(np.nanquantile(values, 0.98)) or 1.0
    axes.pcolormesh(values, cmap=shades, vmin=0, vmax=top, ec=WARNA["kertas"], lw=0.4)
    axes.invert_yaxis()
    axes.set_yticks(np.arange(len(UMUR_LAJU)) + 0.5)
    axes.set_yticklabels([f"{name} bln" for name in UMUR_LAJU])
    _mark_months(axes, pd.DatetimeIndex(laju.columns))
    for place, (name, row) in enumerate(laju.iterrows()):
        mean = format_rate(float(np.nanmean(row.to_numpy()[-12:])), 1)
        axes.text(
            values.shape[1] + 0.6,
            place + 0.5,
            f"{mean} sebulan" if name == UMUR_LAJU[0] else mean,
            va="center",
            fontsize=HURUF - 2,
            family=FONT,
            color=WARNA["tinta"],
            clip_on=False,
        )
    return axes


def draw_umur(umur: pd.DataFrame) -> Gambar:
    """Draw age over time with its alt text."""
    figure, axes = make_axes(LEBAR_UMUR)
    plot_umur(axes, umur)
    last = umur[umur["periode"] == umur["periode"].max()]
    told = "; ".join(
        f"{row.kelompok_umur} bulan {format_jiwa(row.peserta_jiwa)}"
        for row in last.itertuples()
    )
    month = format_periode(umur["periode"].max())
    alt = f"Peserta menunggak menurut umur tunggakan, {month}: {told}."
    return Gambar(render_png(figure), alt, LEBAR_UMUR.lebar)


def draw_laju(laju: pd.DataFrame) -> Gambar:
    """Draw the roll rates with their alt text."""
    figure, axes = make_axes(LEBAR_LAJU)
    plot_laju(axes, laju)
    told = "; ".join(
        f"umur {name} bulan {format_rate(float(np.nanmean(row.to_numpy()[-12:])), 1)}"
        for name, row in laju.iterrows()
    )
    alt = f"Bagian yang keluar dari tunggakan sebulan, rata-rata 12 bulan: {told}."
    return Gambar(render_png(figure), alt, LEBAR_LAJU.lebar)


def draw_corong(corong: pd.DataFrame) -> Gambar:
    """Draw the collection funnel with its alt text."""
    known = corong[~corong["rp"].map(is_missing)]
    told = tuple(format_rp_short(value) for value in known["rp"])
    pairs = zip(known["langkah"], told, strict=True)
    alt = "Penagihan: " + "; ".join(f"{name} {text}" for name, text in pairs) + "."
    batang = Batang(
        nama="corong",
        judul="Penagihan",
        label=tuple(known["langkah"]),
        nilai=tuple(known["rp"]),
        teks=told,
        satuan="rupiah",
        alt=alt,
    )
    size = Ukuran(720, 32 * len(told) + 16, kiri=280, kanan=118, atas=8, bawah=8)
    figure, axes = make_axes(size)
    plot_batang(axes, batang)
    return Gambar(render_png(figure), alt, size.lebar)
