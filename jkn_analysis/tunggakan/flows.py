"""The books of members' arrears month by month, and the collection rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.tunggakan.stock import SEGMEN_MENUNGGAK

if TYPE_CHECKING:
    from jkn_analysis.tunggakan.simulate import Jalur

_LALU_BULAN = 12
_BULAN_TREN = 24
_SISI = {0.1: -1.0, 0.5: 0.0, 0.9: 1.0}
"""Quantiles of the forecast in half-widths of its 80% interval."""
_MUNDUR = 3
"""Months between the past cutoffs a forecast is judged from."""
_SATU_PANDANG, _LEBAR_AWAL = 0.5, 0.05
"""Looks at which a width is half too narrow, and the width before any."""
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


def project_arus(jalur: Jalur) -> pd.DataFrame:
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


def list_rehab(peristiwa: pd.DataFrame) -> pd.DataFrame:
    """List REHAB uptake where offices reported it as an event.

    No delivered table carries REHAB, so it comes as ``peristiwa`` of a jenis that
    names it, with the people who joined or finished as ``dampak_jiwa``.

    Returns
    -------
    DataFrame
        kode, tanggal, jenis, peserta_jiwa, sumber; empty where none was reported.
    """
    named = peristiwa["jenis"].str.contains("rehab", case=False)
    known = peristiwa[named & peristiwa["dampak_jiwa"].notna()]
    columns = ["kode", "tanggal", "jenis", "dampak_jiwa", "sumber"]
    rows = known[columns].rename(columns={"dampak_jiwa": "peserta_jiwa"})
    return rows.sort_values(["kode", "tanggal"], ignore_index=True)


def build_kolektibilitas(iuran: pd.DataFrame, *, horizon: int = 12) -> pd.DataFrame:
    """Compute premium received over billed, its trend and where it goes.

    A single month swings with pay days, so the rate is of the 12 months to
    `periode`, a ratio of sums; fewer months give no rate. The forecast keeps the
    last rate and half of its trend; its interval is as wide as the same forecasts from
    past months needed, pooled over all regions.

    Parameters
    ----------
    iuran
        Canonical table.
    horizon
        Months ahead.

    Returns
    -------
    DataFrame
        Table ``kolektibilitas``: by segmen and kelas, segmen ``total``, and kelas 0
        of every segmen; regions, provinces and '00'. ``tren_rate`` is the change
        per year over the last 24 months.
    """
    wide = _rate(_with_groups(iuran))
    trend = _trend(wide)
    past = _melt(wide).assign(jenis="nyata", kuantil=0.5)
    newest = past["periode"].eq(wide.columns[-1])
    keys = pd.MultiIndex.from_frame(past[["kode", "segmen", "kelas"]])
    past["tren_rate"] = trend.reindex(keys).where(newest.to_numpy()).to_numpy()
    ahead = _project_rate(wide, horizon=horizon)
    return pd.concat([past, ahead], ignore_index=True)


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


def _trend(wide: pd.DataFrame) -> pd.Series:
    """Least-squares slope per year over the last 24 months."""
    return pd.Series(_slope(wide.to_numpy(dtype=float)), index=wide.index)


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


def _centre(values: np.ndarray, horizon: int) -> np.ndarray:
    """Carry the last rate on with half its trend."""
    slope = np.nan_to_num(_slope(values)) / 24.0
    return values[:, -1:] + slope[:, None] * np.arange(1, horizon + 1)


def _project_rate(wide: pd.DataFrame, *, horizon: int) -> pd.DataFrame:
    """Carry the last rate on with half its trend, as wide as past cutoffs need."""
    values = wide.to_numpy(dtype=float)
    centre, half = _centre(values, horizon), measure_width(values, horizon)
    months = pd.date_range(
        pd.Timestamp(wide.columns[-1]) + pd.offsets.MonthBegin(1),
        periods=horizon,
        freq="MS",
    )
    parts = []
    for level, side in _SISI.items():
        grid = np.clip(centre + side * half, 0, np.maximum(1, values[:, -1:]))
        frame = pd.DataFrame(grid, index=wide.index, columns=months)
        rows = _melt(frame).assign(jenis="ramalan", kuantil=level)
        parts.append(rows)
    return pd.concat(parts, ignore_index=True).assign(tren_rate=np.nan)


def measure_width(values: np.ndarray, horizon: int) -> np.ndarray:
    """Measure the half-width of an 80% interval by month ahead, from past cutoffs.

    The same projection from every third month of the past, blind to what came after;
    each cutoff is one look, and few looks widen. Where no cutoff saw a month ahead its
    width grows with the root of the months from the last that did.

    Parameters
    ----------
    values
        Rates, series x months.
    horizon
        Months ahead.
    """
    width = values.shape[1]
    needed: list[list[float]] = [[] for _ in range(horizon)]
    for end in range(width - _MUNDUR, _BULAN_TREN // 2, -_MUNDUR):
        ahead = min(horizon, width - end)
        gap = np.abs(values[:, end : end + ahead] - _centre(values[:, :end], ahead))
        for h in range(ahead):
            known = gap[~np.isnan(gap[:, h]), h]
            if len(known):
                needed[h].append(float(np.quantile(known, 0.8)))
    half, last = np.empty(horizon), 0
    for h, looks in enumerate(needed):
        apart = len(looks) * _MUNDUR / (h + 1)
        if looks:
            half[h], last = np.mean(looks) * (1 + _SATU_PANDANG / max(apart, 1.0)), h
        elif h:
            half[h] = half[last] * ((h + 1) / (last + 1)) ** 0.5
        else:
            half[h] = _LEBAR_AWAL
    return np.maximum.accumulate(half)
