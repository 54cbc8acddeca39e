"""Any indicator of the registry by its name: its numbers and its chart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import seaborn as sns

from jkn_analysis.errors import StoreError, UnknownNameError
from jkn_analysis.formats import format_number, format_rate, format_rp_short
from jkn_analysis.indicators import INDICATORS
from jkn_analysis.reporting.axes import make_axes
from jkn_analysis.reporting.figures import LEBAR
from jkn_analysis.reporting.style import WARNA
from jkn_analysis.store import read_table, read_table_or_empty
from jkn_analysis.terms import TOTAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure

    from jkn_analysis.indicators import Unit


def read_indicator(name: str, kode: str, *, root: Path) -> pd.DataFrame:
    """Read one indicator of one region, measured and forecast.

    Parameters
    ----------
    name
        A key of `INDICATORS`.
    kode
        A region, a provinsi of two digits or ``00``.
    root
        The folder of processed tables.

    Returns
    -------
    DataFrame
        ``periode, kuantil, nilai`` of all segmen together; measured months have no
        ``kuantil``. In the indicator's unit.

    Raises
    ------
    UnknownNameError
        If no indicator has that name.
    StoreError
        If nothing was built.
    """
    if name not in INDICATORS:
        known = ", ".join(INDICATORS)
        raise UnknownNameError(f"indicator '{name}' is not known\n  → one of: {known}")
    measured = read_table("ukuran", root=root, kode=kode)
    ahead = read_table_or_empty("ramalan", root=root, kode=kode)
    ahead = ahead[ahead["skenario"] == "dasar"]
    frames = [
        frame[(frame["indikator"] == name) & (frame["segmen"] == TOTAL)]
        for frame in (measured, ahead)
    ]
    return pd.concat(
        [frame.reindex(columns=["periode", "kuantil", "nilai"]) for frame in frames]
    ).sort_values(["periode", "kuantil"], ignore_index=True)


def plot_indicator(name: str, kode: str, *, root: Path) -> Figure:
    """Draw one indicator of one region: its history, its median and 80% ahead.

    Raises
    ------
    UnknownNameError
        If no indicator has that name.
    StoreError
        If it was not measured there.
    """
    rows = read_indicator(name, kode, root=root)
    past = rows[rows["kuantil"].isna()]
    if past.empty:
        raise StoreError(
            f"{name}: not measured for {get_wilayah(kode).nama_lengkap}\n"
            f"  → deliver table {INDICATORS[name].table} and run: jkn build"
        )
    figure, axes = make_axes(replace(LEBAR, kiri=100))
    sns.lineplot(past, x="periode", y="nilai", ax=axes, color=WARNA["data"], lw=2.4)
    ahead = rows.pivot_table(index="periode", columns="kuantil", values="nilai")
    if not ahead.empty:
        band = (ahead[0.1], ahead[0.9])
        axes.fill_between(ahead.index, *band, color=WARNA["pita80"], lw=0)
        sns.lineplot(ahead[0.5], ax=axes, color=WARNA["data"], lw=1.6, ls="--")
    axes.set(xlabel="", ylabel="")
    write = _FORMATS[INDICATORS[name].unit]
    axes.yaxis.set_major_formatter(lambda value, _: write(value))
    title = f"{INDICATORS[name].arti}: {get_wilayah(kode).nama_lengkap}"
    axes.set_title(title, loc="left", color=WARNA["tinta"])
    return figure


_FORMATS: dict[Unit, Callable[[float], str]] = {
    "rate": lambda value: format_rate(value, 0),
    "rasio": lambda value: format_number(value, 1),
    "jiwa": format_number,
    "jumlah": format_number,
    "rp": format_rp_short,
}
