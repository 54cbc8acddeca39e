"""Charts of the model card: error by horizon and size, reliability, coverage, worst."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import seaborn as sns

from jkn_analysis.formats import format_number
from jkn_analysis.reporting.axes import DPI_PNG, make_axes
from jkn_analysis.reporting.figures import ChartSize
from jkn_analysis.reporting.style import WARNA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UKURAN = ChartSize(640, 340, kiri=56, kanan=96, atas=40, bawah=44)
TEKS = {
    "id": {
        "error": "Galat median menurut bulan ke depan (%)",
        "model": "model",
        "naive": "nilai terakhir",
        "month": "bulan ke depan",
        "reliability": "Keandalan: peluang yang disebut dan yang terjadi",
        "said": "kuantil yang disebut (%)",
        "came": "bulan yang di bawahnya (%)",
        "perfect": "sempurna",
        "residuals": "Sisa model kedua (baku)",
        "coverage": "Berapa sering selang memuat kenyataan (%)",
        "size": "Galat median {bulan} bulan ke depan menurut besar daerah (%)",
    },
    "en": {
        "error": "Median error by months ahead (%)",
        "model": "model",
        "naive": "last value",
        "month": "months ahead",
        "reliability": "Reliability: chance said and share that came",
        "said": "quantile said (%)",
        "came": "months below it (%)",
        "perfect": "perfect",
        "residuals": "Residuals of the second model (standardised)",
        "coverage": "How often intervals held the truth (%)",
        "size": "Median error {bulan} months ahead by size of region (%)",
    },
}


def save_png(figure: Figure) -> bytes:
    """Return the figure as PNG, the same bytes for the same figure."""
    packed = io.BytesIO()
    figure.savefig(packed, format="png", dpi=DPI_PNG, metadata={"Software": None})
    return packed.getvalue()


def show(figure: Figure) -> None:
    """Put a chart into the notebook's output, its title as the text beside it."""
    import base64

    from IPython.display import display

    title = figure.axes[0].get_title(loc="left")
    image = base64.b64encode(save_png(figure)).decode("ascii")
    display({"image/png": image, "text/plain": title}, raw=True)


def _dress(axes: Axes, title: str, xlabel: str) -> None:
    """Title, light grid, no frame; the title says what the height is."""
    axes.set_ylabel("")
    axes.set_axisbelow(True)
    axes.set_title(title, loc="left", fontsize=12, color=WARNA["tinta"], pad=12)
    axes.set_xlabel(xlabel, fontsize=10, color=WARNA["redup"])
    axes.grid(axis="y", color=WARNA["garis"], linewidth=0.8)
    axes.tick_params(colors=WARNA["redup"], length=0, labelsize=10)
    for side in axes.spines.values():
        side.set_visible(False)


def _label_end(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write a line's name at its end."""
    axes.annotate(
        text, (x, y), xytext=(6, 0), textcoords="offset points", va="center",
        fontsize=10, color=colour, annotation_clip=False,
    )  # fmt: skip


def _use_percent(axes: Axes, bahasa: str) -> None:
    """Write the vertical axis with the language's decimal sign."""
    axes.yaxis.set_major_formatter(
        lambda value, _position: format_number(
            value, 0 if abs(value - round(value)) < 1e-9 else 1, bahasa=bahasa
        )
    )


def _plot_lines(
    axes: Axes, scores: pd.DataFrame, lines: Mapping[str, tuple[str, str]]
) -> None:
    """Draw columns of fractions by month ahead in percent: column to name, colour."""
    long = scores.melt("horizon_bulan", list(lines), "kolom", "nilai")
    long["nilai"] *= 100
    colours = {column: colour for column, (_, colour) in lines.items()}
    sns.lineplot(
        long, x="horizon_bulan", y="nilai", hue="kolom",
        palette=colours, ax=axes, linewidth=2, legend=False,
    )  # fmt: skip
    for column, (name, colour) in lines.items():
        last = scores.iloc[-1]
        _label_end(axes, last["horizon_bulan"], 100 * last[column], name, colour)


def plot_errors(scores: pd.DataFrame, *, bahasa: str = "id") -> Figure:
    """Draw the median error by month ahead beside the last value's.

    Parameters
    ----------
    scores
        ``horizon_bulan, median_ape, median_ape_naif``, from `score`.
    bahasa
        ``"id"`` or ``"en"``.
    """
    texts = TEKS[bahasa]
    figure, axes = make_axes(UKURAN)
    months = scores["horizon_bulan"].to_numpy()
    lines = {
        "median_ape_naif": (texts["naive"], WARNA["abu"]),
        "median_ape": (texts["model"], WARNA["data"]),
    }
    _plot_lines(axes, scores, lines)
    _dress(axes, texts["error"], texts["month"])
    axes.set_ylim(bottom=0)
    axes.set_xticks(months[:: max(1, len(months) // 12)])
    _use_percent(axes, bahasa)
    return figure


def measure_reliability(tested: pd.DataFrame) -> pd.DataFrame:
    """Count how often the truth fell below each quantile.

    Parameters
    ----------
    tested
        What `backtest` returns.

    Returns
    -------
    DataFrame
        ``kuantil``, ``terjadi`` (share of months below it), ``jumlah``.
    """
    known = tested.dropna(subset=["nyata"])
    names = [name for name in map(str, known) if name.startswith("q0.")]
    share = [(known["nyata"] <= known[name]).mean() for name in names]
    said = [float(name[1:]) for name in names]
    return pd.DataFrame({"kuantil": said, "terjadi": share, "jumlah": len(known)})


def plot_reliability(tested: pd.DataFrame, *, bahasa: str = "id") -> Figure:
    """Draw the share of months that fell below each quantile against what was said."""
    texts = TEKS[bahasa]
    table = measure_reliability(tested)
    figure, axes = make_axes(UKURAN)
    axes.axline((0, 0), slope=1, color=WARNA["abu"], linewidth=1.2)
    percent = 100 * table[["kuantil", "terjadi"]]
    sns.lineplot(
        percent, x="kuantil", y="terjadi", ax=axes, color=WARNA["data"], marker="o"
    )
    _label_end(axes, 100, 100, texts["perfect"], WARNA["abu"])
    _dress(axes, f"{texts['reliability']}", texts["said"])
    axes.set_ylabel(texts["came"], fontsize=10, color=WARNA["redup"])
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    return figure


def plot_coverage(scores: pd.DataFrame, *, bahasa: str = "id") -> Figure:
    """Draw the share of truths inside the 80% and 95% intervals by month ahead."""
    texts = TEKS[bahasa]
    figure, axes = make_axes(UKURAN)
    months = scores["horizon_bulan"].to_numpy()
    for level in (95, 80):
        axes.axhline(level, color=WARNA["garis"], linewidth=1.2, linestyle="--")
    lines = {
        "cakupan95": ("95%", WARNA["pita50"]),
        "cakupan80": ("80%", WARNA["data"]),
    }
    _plot_lines(axes, scores, lines)
    _dress(axes, texts["coverage"], texts["month"])
    axes.set_ylim(0, 100)
    axes.set_xticks(months[:: max(1, len(months) // 12)])
    return figure


def measure_by_size(tested: pd.DataFrame, *, groups: int = 4) -> pd.DataFrame:
    """Measure the error of the furthest month ahead that came, by size of series.

    Returns
    -------
    DataFrame
        ``kelompok`` (1 smallest), ``median_ape``, ``median_ape_naif``, ``cakupan80``,
        ``jumlah``; the months ahead in ``attrs["bulan"]``.
    """
    from jkn_analysis.forecasting.scoring import score

    known = tested.dropna(subset=["nyata"])
    furthest = known["horizon_bulan"].max()
    known = known[known["horizon_bulan"] == furthest]
    size = known.groupby("seri")["nyata"].transform("median").rank(method="dense")
    share = (size - 1) / max(size.max(), 1)
    number = np.minimum((share * groups).astype(int), groups - 1) + 1
    scored = score(known.assign(kelompok=number), by=["kelompok"])
    columns = ["kelompok", "median_ape", "median_ape_naif", "cakupan80", "jumlah"]
    table = scored[columns]
    table.attrs["bulan"] = int(furthest)
    return table


def plot_by_size(table: pd.DataFrame, *, bahasa: str = "id") -> Figure:
    """Draw the error by size of series, smallest first, beside the last value's."""
    texts = TEKS[bahasa]
    figure, axes = make_axes(UKURAN)
    percent = table[["median_ape", "median_ape_naif"]].mul(100)
    percent = percent.assign(kelompok=table["kelompok"].astype(str))
    sns.barplot(
        percent,
        x="kelompok",
        y="median_ape",
        ax=axes,
        width=0.5,
        saturation=1,
        color=WARNA["data"],
    )
    line = {"marker": "_", "s": 900, "linewidth": 2, "color": WARNA["batas"]}
    sns.scatterplot(percent, x="kelompok", y="median_ape_naif", ax=axes, **line)
    end = (len(table) - 0.7, percent["median_ape_naif"].iloc[-1])
    _label_end(axes, *end, texts["naive"], WARNA["batas"])
    _dress(axes, texts["size"].format(bulan=table.attrs["bulan"]), "")
    _use_percent(axes, bahasa)
    return figure


def list_worst(tested: pd.DataFrame, *, count: int = 10) -> pd.DataFrame:
    """List the forecasts that missed most, against their own yearly change.

    Returns
    -------
    DataFrame
        ``seri, cutoff, periode, horizon_bulan, nyata, q0.5, q0.025, q0.975, galat``.
    """
    known = tested.dropna(subset=["nyata", "skala"])
    galat = np.abs(known["nyata"] - known["q0.5"]) / known["skala"]
    worst = known.assign(galat=galat).sort_values(
        ["galat", "seri", "cutoff"], ascending=[False, True, True], kind="stable"
    )
    once = worst.drop_duplicates("seri").head(count)
    columns = ["seri", "cutoff", "periode", "horizon_bulan", "nyata"]
    columns += ["q0.5", "q0.025", "q0.975", "galat"]
    return once[columns].reset_index(drop=True)


def plot_residuals(sisa: pd.Series, *, bahasa: str = "id") -> Figure:
    """Draw the residuals of the second opinion by month, and how they are spread."""
    from matplotlib.figure import Figure as NewFigure

    texts = TEKS[bahasa]
    figure = NewFigure(figsize=(7.2, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1), sharey=True)
    sns.lineplot(x=sisa.index, y=sisa.to_numpy(), ax=left, color=WARNA["data"])
    sns.histplot(y=sisa.to_numpy(), ax=right, color=WARNA["pita50"], kde=len(sisa) > 8)
    for axes in (left, right):
        axes.axhline(0, color=WARNA["garis"], linewidth=1.0)
    left.set_title(texts["residuals"], loc="left")
    left.set(xlabel="", ylabel="")
    right.set(xlabel="", ylabel="")
    return figure
