"""Any indicator of the registry by its name, as a chart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import seaborn as sns

from jkn_analysis.api import Data
from jkn_analysis.api.answer import write_value
from jkn_analysis.errors import StoreError
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.reporting.axes import make_axes
from jkn_analysis.reporting.figures import LEBAR
from jkn_analysis.reporting.style import WARNA

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


def plot_indicator(name: str, kode: str | float, *, root: Path) -> Figure:
    """Draw one indicator of one region: its history, its median and 80% ahead.

    Parameters
    ----------
    name
        A key of `INDICATORS`.
    kode
        A region as anyone names it.
    root
        The folder of processed tables.

    Raises
    ------
    UnknownNameError
        If no indicator has that name.
    StoreError
        If it was not measured there.
    """
    data = Data(root, root)
    past = data.ukuran(name, kode=kode)
    if past.empty:
        raise StoreError(
            f"{name}: not measured for {data.find(kode).nama_lengkap}\n"
            f"  → deliver table {INDICATORS[name].table} and run: jkn build"
        )
    figure, axes = make_axes(replace(LEBAR, kiri=100))
    sns.lineplot(past, x="periode", y="nilai", ax=axes, color=WARNA["data"], lw=2.4)
    if INDICATORS[name].forecast:
        ahead = data.wilayah(kode).ramalan(name).set_index("periode")
        unit = name.rsplit("_", 1)[-1]
        low, middle, high = (ahead[f"kuantil_{q}_{unit}"] for q in (10, 50, 90))
        axes.fill_between(ahead.index, low, high, color=WARNA["pita80"], lw=0)
        sns.lineplot(middle, ax=axes, color=WARNA["data"], lw=1.6, ls="--")
    axes.set(xlabel="", ylabel="")
    axes.yaxis.set_major_formatter(lambda value, _: write_value(name, float(value)))
    title = f"{INDICATORS[name].arti}: {data.find(kode).nama_lengkap}"
    axes.set_title(title, loc="left", color=WARNA["tinta"])
    return figure
