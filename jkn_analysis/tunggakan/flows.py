"""The books of members' arrears month by month, and the collection rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.tunggakan.stock import SEGMEN_MENUNGGAK

if TYPE_CHECKING:
    from jkn_analysis.tunggakan.simulate import ArrearsPaths

_LALU_BULAN = 12
_BULAN_TREN = 24
ARUS_RP = ("ditagih_rp", "dibayar_rp", "keluar_rp", "dihapus_rp")


def build_arus(tunggakan_peserta: pd.DataFrame, iuran: pd.DataFrame) -> pd.DataFrame:
    """Lay out opening + billed - paid - written off and what does not close.

    ``iuran`` bills all self-paying members, so what they do not pay becomes arrears.
    Members beyond 24 months are no longer billed; those who leave the segmen take
    their debt along. Whatever the four known flows do not explain is ``sisa_rp``,
    its own line, never spread over the others.

    Parameters
    ----------
    tunggakan_peserta, iuran
        Canonical tables.

    Returns
    -------
    DataFrame
        Table ``arus_tunggakan``, jenis ``nyata``; months whose month before or
        whose ``iuran`` is missing are left out. With provinces and '00', where
        every region has the month.
    """
    closing = tunggakan_peserta.groupby(["kode", "periode"], observed=True)[
        "tunggakan_rp"
    ].sum()
    frame = closing.rename("akhir_rp").reset_index()
    before = frame.rename(columns={"akhir_rp": "awal_rp"})
    before["periode"] = before["periode"] + pd.offsets.MonthBegin(1)
    frame = frame.merge(before, on=["kode", "periode"], validate="one_to_one")
    frame = frame.merge(_flows(iuran), on=["kode", "periode"], validate="one_to_one")
    return _close(_with_sums(frame.assign(keluar_rp=0)), jenis="nyata")


def _flows(iuran: pd.DataFrame) -> pd.DataFrame:
    """Sum premium billed, received and written off of self-payers."""
    own = iuran[iuran["segmen"].isin(SEGMEN_MENUNGGAK)]
    named = {"diterima_rp": "dibayar_rp"}
    columns = ["ditagih_rp", "diterima_rp", "dihapus_rp"]
    filled = own.assign(dihapus_rp=own["dihapus_rp"].fillna(0))
    total = filled.groupby(["kode", "periode"], observed=True)[columns].sum()
    return total.rename(columns=named).reset_index()


def _with_sums(frame: pd.DataFrame) -> pd.DataFrame:
    """Add provinces and the country where no region's month is missing."""
    if len(pd.unique(frame["kode"])) < 2:
        return frame
    parts = [frame]
    for kode in (frame["kode"].str[:2], pd.Series(NASIONAL, index=frame.index)):
        named = frame.assign(atas=kode)
        members = named.groupby("atas")["kode"].transform("nunique")
        groups = named.groupby(["atas", "periode"])
        whole = groups["kode"].transform("nunique") == members
        summed = named[whole].groupby(["atas", "periode"]).sum(numeric_only=True)
        parts.append(summed.rename_axis(["kode", "periode"]).reset_index())
    return pd.concat(parts, ignore_index=True)


def _close(frame: pd.DataFrame, *, jenis: str) -> pd.DataFrame:
    """Add the residual line and order the columns."""
    explained = (
        frame["awal_rp"]
        + frame["ditagih_rp"]
        - frame["dibayar_rp"]
        - frame["keluar_rp"]
        - frame["dihapus_rp"]
    )
    names = ["kode", "periode", "jenis", "awal_rp", *ARUS_RP, "sisa_rp", "akhir_rp"]
    closed = frame.assign(sisa_rp=frame["akhir_rp"] - explained, jenis=jenis)[names]
    money = [name for name in names if name.endswith("_rp")]
    closed = closed.astype(dict.fromkeys(money, "int64"))
    return closed.sort_values(["kode", "periode"], ignore_index=True)


def project_arus(jalur: ArrearsPaths) -> pd.DataFrame:
    """Lay out the expected books of a simulation, whole rupiah, closing exactly.

    Means add up where medians do not, so these are means over draws; the rounding
    left over goes to what is paid.

    Returns
    -------
    DataFrame
        Table ``arus_tunggakan``, jenis ``ramalan``.
    """
    from jkn_analysis.tunggakan.ahead import build_tingkat, sum_regions

    kode = jalur.unit["kode"].to_numpy(dtype=object)
    tingkat = build_tingkat(list(kode))
    means = {
        name: np.round(sum_regions(values, kode).mean(axis=-1)).astype(np.int64)
        for name, values in jalur.arus.items()
    }
    means["awal_rp"][1:] = means["akhir_rp"][:-1]
    means["dibayar_rp"] = (
        means["awal_rp"]
        + means["ditagih_rp"]
        - means["keluar_rp"]
        - means["dihapus_rp"]
        - means["akhir_rp"]
    )
    grid = {name: tingkat.sum_up(values).ravel() for name, values in means.items()}
    months, rows = len(jalur.periode), len(tingkat.kode)
    frame = pd.DataFrame(
        {
            "kode": np.tile(tingkat.kode.astype(str), months),
            "periode": np.repeat(jalur.periode, rows),
            **grid,
        }
    )
    return _close(frame, jenis="ramalan")


def build_kolektibilitas(
    iuran: pd.DataFrame, *, horizon: int = 12
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute premium received over billed, its trend and where it goes.

    A single month swings with pay days, so the rate is of the 12 months to
    `periode`, a ratio of sums; fewer months give no rate. All classes together are
    forecast, and those forecasts backtested, as every other rate is.

    Parameters
    ----------
    iuran
        Canonical table.
    horizon
        Months ahead.

    Returns
    -------
    tuple
        Table ``kolektibilitas``: by segmen and kelas, segmen ``total``, and kelas 0
        of every segmen; regions, provinces and '00'. ``tren_rate`` is the change
        per year over the last 24 months. And what `backtest` says of the self-payers'
        rate, region codes as seri; no rows where the history is too short.
    """
    from jkn_analysis.forecasting.backtest import LEAST_MONTHS, backtest

    wide = _rate(_with_groups(iuran))
    past = _melt(wide).assign(jenis="nyata", kuantil=0.5)
    newest = past["periode"].eq(wide.columns[-1])
    keys = pd.MultiIndex.from_frame(past[["kode", "segmen", "kelas"]])
    trend = pd.Series(_slope(wide.to_numpy(dtype=float)), index=wide.index)
    past["tren_rate"] = trend.reindex(keys).where(newest.to_numpy()).to_numpy()
    whole = past[past["kelas"] == 0]
    own = whole[whole["segmen"] == SEGMEN].rename(columns={"kode": "seri"})
    tested = pd.DataFrame()
    if own["periode"].nunique() >= LEAST_MONTHS:
        tested = backtest(own, horizon_months=horizon, kind="rate")
    table = pd.concat([past, _project_rate(whole, horizon)], ignore_index=True)
    return table, tested


SEGMEN = "PBPU"
"""The self-payers, whose collection rate a page tells."""


def _melt(wide: pd.DataFrame) -> pd.DataFrame:
    """Lay out a month a row, without the missing ones."""
    long = wide.melt(ignore_index=False, var_name="periode", value_name="nilai")
    return long.dropna(subset=["nilai"]).reset_index()


def _with_groups(iuran: pd.DataFrame) -> pd.DataFrame:
    """Sum to every level of region, segmen and kelas."""
    flows = ["ditagih_rp", "diterima_rp"]
    keys = ["kode", "segmen", "kelas", "periode"]
    base = iuran[[*keys, *flows]]
    rows = pd.concat([base, *_above(base)], ignore_index=True)
    by_segmen = rows.assign(kelas=0)
    total = by_segmen.assign(segmen=TOTAL)
    classed = rows[rows["kelas"] > 0]
    every = pd.concat([classed, by_segmen, total], ignore_index=True)
    return every.groupby(keys, observed=True)[flows].sum().astype("float64")


def _above(base: pd.DataFrame) -> list[pd.DataFrame]:
    """Return rows of provinces and the country, months with every region only."""
    if len(pd.unique(base["kode"])) < 2:
        return []
    parts = []
    for kode in (base["kode"].str[:2], pd.Series(NASIONAL, index=base.index)):
        members = base.groupby(kode)["kode"].transform("nunique")
        present = base.groupby([kode, base["periode"]])["kode"].transform("nunique")
        parts.append(base.assign(kode=kode)[present == members])
    return parts


def _rate(sums: pd.DataFrame) -> pd.DataFrame:
    """Divide 12-month sums, months as columns; missing where a month is."""
    rolled = []
    for name in ("diterima_rp", "ditagih_rp"):
        wide = sums.reset_index().pivot_table(
            index=["kode", "segmen", "kelas"], columns="periode", values=name
        )
        months = pd.date_range(wide.columns.min(), wide.columns.max(), freq="MS")
        wide = wide.reindex(columns=months).rename_axis(columns="periode")
        rolled.append(wide.T.rolling(_LALU_BULAN, min_periods=_LALU_BULAN).sum().T)
    received, billed = rolled
    return received / billed.where(billed > 0)


def _slope(values: np.ndarray) -> np.ndarray:
    """Return the slope per year over the last 24 months of each row."""
    recent = values[:, -_BULAN_TREN:]
    x = np.arange(recent.shape[1]) / 12.0
    ok = ~np.isnan(recent)
    n = np.maximum(ok.sum(axis=1), 1)
    mean_x = (ok * x).sum(axis=1) / n
    filled = np.nan_to_num(recent)
    mean_y = filled.sum(axis=1) / n
    dx = np.where(ok, x - mean_x[:, None], 0.0)
    top = (dx * (filled - mean_y[:, None])).sum(axis=1)
    below = (dx**2).sum(axis=1)
    return np.divide(top, below, out=np.full(len(top), np.nan), where=below > 0)


def _project_rate(whole: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Forecast the rates of all classes together, `horizon` months ahead."""
    from jkn_analysis.forecasting import forecast

    if whole.empty:
        return whole
    seri = whole["kode"].astype(str) + "|" + whole["segmen"].astype(str)
    history = whole.assign(seri=seri)
    made = forecast(history, horizon_months=horizon, levels=(80,), kind="rate")
    names = made.pop("seri").str.split("|", expand=True)
    made = made.assign(kode=names[0], segmen=names[1], kelas=0, jenis="ramalan")
    return made.assign(tren_rate=np.nan)
