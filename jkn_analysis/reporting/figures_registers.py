"""Counts of register differences for readers: the flow to active, offices, trend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.errors import StoreError
from jkn_analysis.formats import format_number, format_points
from jkn_analysis.rekonsiliasi.publish import build_trend
from jkn_analysis.rekonsiliasi.reasons import ALASAN
from jkn_analysis.reporting.axes import make_axes
from jkn_analysis.reporting.figures import ChartSize
from jkn_analysis.reporting.style import HURUF, WARNA
from jkn_analysis.store import read_table, read_table_or_empty
from jkn_analysis.wilayah import fix_kode

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

HIDDEN_TEXT = {"id": "< 5 atau disembunyikan", "en": "< 5 or hidden"}
_HEADS = {
    "id": {"kantor": "Kantor", "alasan": "Alasan", "jumlah": "Jiwa",
           "nonaktif": "Nonaktif", "nilai": "Nilai perbaikan",
           "perubahan": "Perubahan", "kecamatan": "Kecamatan"},
    "en": {"kantor": "Office", "alasan": "Reason", "jumlah": "People",
           "nonaktif": "Inactive", "nilai": "Worth of repair",
           "perubahan": "Change", "kecamatan": "Kecamatan"},
}  # fmt: skip
_FLOW = {
    "id": ("terdaftar", "nonaktif lain", "aktif", "jiwa"),
    "en": ("registered", "other inactive", "active", "people"),
}


def read_differences(root: Path, *, kode: str | float) -> pd.DataFrame:
    """Read the counts of one region, named in any way.

    Raises
    ------
    StoreError
        If no registers were compared yet.
    """
    kode = fix_kode(kode)
    rows = read_table("selisih", root=root, kode=kode)
    if rows.empty:
        raise StoreError(
            f"table 'selisih' has no row for {kode}\n  → run: jkn reconcile --help"
        )
    return rows


def reason_text(code: str, *, bahasa: str = "id") -> str:
    """Write a reason for readers."""
    reason = ALASAN.get(code)
    if reason is None:
        return code
    return reason.arti if bahasa == "id" else reason.meaning


def _count(value: object, bahasa: str) -> str:
    """Write a count, or say that it is hidden."""
    if pd.isna(value):  # type: ignore[call-overload]
        return HIDDEN_TEXT[bahasa]
    return format_number(float(value), bahasa=bahasa)  # type: ignore[arg-type]


def list_repairs(selisih: pd.DataFrame, *, bahasa: str = "id") -> pd.DataFrame:
    """List what each office has to repair, the most valuable first.

    Parameters
    ----------
    selisih
        Counts of one region.
    bahasa
        ``id`` or ``en``.

    Returns
    -------
    DataFrame
        Texts: office, reason, people, inactive among them, worth in points of
        keaktifan over population, change since the extract before.
    """
    trend = build_trend(selisih).sort_values(
        ["dampak_keaktifan_rate", "jumlah_jiwa", "alasan"],
        ascending=[False, False, True],
        na_position="last",
    )
    heads = _HEADS[bahasa]
    return pd.DataFrame(
        {
            heads["kantor"]: trend["kantor"],
            heads["alasan"]: [reason_text(c, bahasa=bahasa) for c in trend["alasan"]],
            heads["jumlah"]: [_count(v, bahasa) for v in trend["jumlah_jiwa"]],
            heads["nonaktif"]: [_count(v, bahasa) for v in trend["nonaktif_jiwa"]],
            heads["nilai"]: [
                format_points(v, bahasa=bahasa) for v in trend["dampak_keaktifan_rate"]
            ],
            heads["perubahan"]: [_count(v, bahasa) for v in trend["perubahan_jiwa"]],
        }
    ).reset_index(drop=True)


def list_kecamatan(selisih: pd.DataFrame, *, bahasa: str = "id") -> pd.DataFrame:
    """Lay the last counts out by reason and kecamatan; hidden counts say so."""
    last = selisih[selisih["periode"] == selisih["periode"].max()]
    inside = last[last["kecamatan"].notna()]
    if inside.empty:
        return pd.DataFrame(columns=[_HEADS[bahasa]["kecamatan"]])
    wide = inside.pivot_table(
        index="alasan",
        columns="kecamatan",
        values="jumlah_jiwa",
        aggfunc=lambda cells: _count(cells.iloc[0], bahasa),
        dropna=False,
        fill_value="0",
    )
    names = [reason_text(code, bahasa=bahasa) for code in wide.index]
    wide.index = pd.Index(names, name=_HEADS[bahasa]["alasan"])
    return wide.reset_index()


def plot_kecamatan(selisih: pd.DataFrame, *, bahasa: str = "id") -> Figure:
    """Draw the last counts as a heat map of kecamatan and reason, hidden ones grey.

    The colour runs with the logarithm: a few reasons hold most of the people.
    Nothing counted by kecamatan is an empty chart.
    """
    import seaborn as sns
    from matplotlib.colors import LogNorm

    last = selisih[selisih["periode"] == selisih["periode"].max()]
    inside = last[last["kecamatan"].notna()].assign(
        alasan=lambda rows: [
            reason_text(code, bahasa=bahasa) for code in rows["alasan"]
        ]
    )
    wide = inside.pivot_table(
        index="alasan", columns="kecamatan", values="jumlah_jiwa", dropna=False
    ).astype("float64")
    high = 160 + 24 * len(wide)
    size = ChartSize(320 + 62 * wide.shape[1], high, kiri=300, kanan=20, bawah=130)
    figure, axes = make_axes(size)
    if wide.empty:
        axes.set_axis_off()
    else:
        axes.patch.set(visible=True, facecolor=WARNA["garis"])
        colours = sns.light_palette(WARNA["data"], as_cmap=True)
        told = [
            ["" if pd.isna(v) else format_number(v, bahasa=bahasa) for v in row]
            for row in wide.to_numpy()
        ]
        sns.heatmap(
            wide, ax=axes, norm=LogNorm(), cmap=colours, linewidths=0.5, cbar=False,
            annot=told, fmt="", annot_kws={"fontsize": 10},
        )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.set_title(_HEADS[bahasa]["kecamatan"], loc="left", color=WARNA["tinta"])
    return figure


def build_flow(root: Path, *, kode: str | float, bahasa: str = "id") -> pd.DataFrame:
    """Follow the registered of one region to the active, reason by reason.

    Returns
    -------
    DataFrame
        langkah, jiwa, mulai: a first row of all registered, one per reason with its
        inactive members, what no register explains, then the active.
    """
    kode = fix_kode(kode)
    selisih = read_differences(root, kode=kode)
    members = read_table_or_empty("kepesertaan", root=root, kode=kode)
    months = set(members["periode"]) & set(selisih["periode"])
    if not months:
        raise StoreError(
            f"{kode}: no month has both kepesertaan and register differences\n"
            "  → run jkn build on the month of the extracts"
        )
    month = max(months)
    sums = members[members["periode"] == month].sum(numeric_only=True)
    own = selisih[(selisih["periode"] == month) & selisih["kecamatan"].isna()]
    idle = own[own["nonaktif_jiwa"].fillna(0) > 0].sort_values(
        ["nonaktif_jiwa", "alasan"], ascending=[False, True]
    )
    registered, active = int(sums["terdaftar_jiwa"]), int(sums["aktif_jiwa"])
    first, other, last, _ = _FLOW[bahasa]
    counts = [int(value) for value in idle["nonaktif_jiwa"]]
    left = registered - active - sum(counts)
    names = [reason_text(code, bahasa=bahasa) for code in idle["alasan"]]
    steps = [(first, registered, 0)]
    level = registered
    for name, count in [*zip(names, counts, strict=True), (other, left)]:
        level -= count
        steps.append((name, count, level))
    steps.append((last, active, 0))
    return pd.DataFrame(steps, columns=["langkah", "jiwa", "mulai"])


def plot_flow(flow: pd.DataFrame, *, bahasa: str = "id") -> Figure:
    """Draw the flow as bars from registered down to active."""
    size = ChartSize(720, 28 * len(flow) + 50, kiri=300, kanan=70, atas=30, bawah=20)
    figure, axes = make_axes(size)
    ends = [0, len(flow) - 1]
    roles = ["data" if at in ends else "batas" for at in range(len(flow))]
    colours = [WARNA[role] for role in roles]
    axes.barh(flow["langkah"], flow["jiwa"], left=flow["mulai"], color=colours)
    axes.invert_yaxis()
    for at, row in enumerate(flow.to_dict("records")):
        text = format_number(row["jiwa"], bahasa=bahasa)
        end = row["mulai"] + max(row["jiwa"], 0)
        axes.text(end, at, f" {text}", va="center", fontsize=HURUF)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    first, _, last, unit = _FLOW[bahasa]
    axes.set_title(f"{first} → {last}, {unit}", loc="left", color=WARNA["tinta"])
    return figure
