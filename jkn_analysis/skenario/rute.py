"""Routes to new active members: whose, at what price, how many, how fast, how sure."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.anggaran import find_tarif
from jkn_analysis.arus.lasting import KOHORT, find_lasting
from jkn_analysis.peraturan import look_up

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

_JENDELA_LONJAKAN = 0.02
_PENDAFTARAN_AWAL = 500.0
_TERTINGGAL_BULAN = 3
_RIWAYAT_BULAN = 24
_RIWAYAT_MIN_BULAN = 12
_BULAN_BAIK = 0.9
"""Quantile of a region's own months that counts as a good one."""
COLUMNS = (
    "kode", "rute", "pemutus", "biaya_per_jiwa_bulan_rp", "bersih_rate",
    "biaya_bersih_rp", "maks_jiwa", "per_bulan_jiwa", "asumsi", "sumber",
)  # fmt: skip


MISKIN = ("miskin_tanpa_jaminan",)
"""Register difference: poor (decile 1-5) and not registered."""


def take_newest(table: pd.DataFrame, *, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Take each region's newest month up to the cutoff, no older than a quarter."""
    oldest = cutoff - pd.DateOffset(months=_TERTINGGAL_BULAN)
    known = table[table["periode"].between(oldest, cutoff)]
    newest = known.groupby("kode")["periode"].transform("max")
    return known[known["periode"].eq(newest)]


def count_selisih(
    selisih: pd.DataFrame,
    alasan: Sequence[str],
    *,
    cutoff: pd.Timestamp,
    aktif: bool = False,
) -> pd.Series:
    """Count people of some register differences by kode, newest month to `cutoff`.

    Parameters
    ----------
    selisih
        Canonical table; counts hidden because small are 0.
    alasan
        Reasons to add up.
    aktif
        Only those still active.
    """
    rows = selisih[
        selisih["periode"].le(cutoff)
        & selisih["alasan"].isin(list(alasan))
        & selisih["kecamatan"].fillna("").eq("")
    ]
    rows = rows[rows["periode"].eq(rows.groupby("kode")["periode"].transform("max"))]
    people = rows["jumlah_jiwa"].fillna(0).astype(float)
    if aktif:
        people = people - rows["nonaktif_jiwa"].fillna(0).astype(float)
    return people.clip(lower=0).groupby(rows["kode"]).sum()


@cache
def _rows() -> tuple[dict[str, str], ...]:
    """Read the default routes."""
    path = resources.files("jkn_analysis").joinpath("data", "skenario_rute.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


def list_rute() -> pd.DataFrame:
    """List the default routes with our own assumptions."""
    rows = pd.DataFrame(list(_rows()))
    numbers = [name for name in rows.columns if name.endswith(("_rp", "_rate"))]
    return rows.astype(dict.fromkeys(numbers, float))


def estimate_perpindahan(kepesertaan: pd.DataFrame) -> pd.Series:
    """Estimate per region which share of Pemda enrolments are net new active.

    In months when active PBPU Pemda jumps by 2% or more, self-payers who vanish at
    the same time were moved, not won. The estimate leans on the default share with
    the weight of 500 enrolments.

    Returns
    -------
    Series
        Net share by kode, between 0 and 1.
    """
    default = float(list_rute().set_index("rute")["bersih_rate"]["kuota_pemda"])
    wide = kepesertaan.pivot_table(
        index=["kode", "periode"], columns="segmen", values="aktif_jiwa", aggfunc="sum"
    ).astype(float)
    if not {"PBPU Pemda", "PBPU"} <= set(wide.columns):
        return pd.Series(default, index=sorted(kepesertaan["kode"].unique()))
    change = wide[["PBPU Pemda", "PBPU"]].groupby(level="kode").diff()
    before = wide["PBPU Pemda"] - change["PBPU Pemda"]
    usual = change["PBPU"].groupby(level="kode").transform("median")
    jump = change["PBPU Pemda"] > _JENDELA_LONJAKAN * before
    gained = change["PBPU Pemda"].where(jump, 0.0)
    moved = (usual - change["PBPU"]).where(jump, 0.0)
    sums = pd.DataFrame({"gained": gained, "moved": moved}).groupby(level="kode").sum()
    moved_in = sums["moved"].clip(lower=0)
    total = sums["gained"] + _PENDAFTARAN_AWAL
    kept = sums["gained"] - moved_in + default * _PENDAFTARAN_AWAL
    return (kept / total).clip(0.05, 1.0)


def _pools(kepesertaan: pd.DataFrame) -> pd.DataFrame:
    """Count the people each free route could win and the active beside them.

    Returns
    -------
    DataFrame
        ``rute, kode, periode, calon, aktif``; missing where causes were not given.
    """
    rows = kepesertaan.sort_values(["kode", "periode"])
    idle = (rows["terdaftar_jiwa"] - rows["aktif_jiwa"]).astype("Float64")
    pbi = rows["segmen"].eq("PBI JK")
    parts = {
        "reaktivasi_pbi": (pbi, idle),
        "perbaikan_mutasi": (~pbi, rows["nonaktif_mutasi_jiwa"].astype("Float64")),
        "penagihan": (
            rows["segmen"].isin(("PBPU", "BP")),
            rows["nonaktif_menunggak_jiwa"].astype("Float64"),
        ),
    }
    frames = []
    for rute, (inside, people) in parts.items():
        chosen = rows.loc[inside, ["kode", "periode"]].assign(
            calon=people[inside].astype(float),
            aktif=rows.loc[inside, "aktif_jiwa"].astype(float),
        )
        groups = chosen.groupby(["kode", "periode"])
        table = groups[["calon", "aktif"]].sum()
        whole = groups["calon"].count().eq(groups.size())
        table["calon"] = table["calon"].where(whole)
        frames.append(table.reset_index().assign(rute=rute))
    return pd.concat(frames, ignore_index=True)


def estimate_laju(pools: pd.DataFrame, *, cutoff: pd.Timestamp) -> pd.Series:
    """Estimate from a region's own months what a good one brings beyond the usual.

    Who comes back in a month are those by which the candidates fell while the
    active of the same segments rose, as a share of the candidates. A good month
    (nine of ten are worse) less the median month is what an effort can add to what
    comes anyway; the forecast holds the usual months already.

    Returns
    -------
    Series
        Share of candidates per month by rute and kode; absent under a year of
        months or where no month was better than usual.
    """
    rows = pools[pools["periode"].le(cutoff)]
    groups = rows.groupby(["rute", "kode"])
    before = groups["calon"].shift()
    back = groups["aktif"].diff().clip(lower=0, upper=-groups["calon"].diff())
    back = back.clip(lower=0)
    share = (back / before.where(before > 0)).where(
        rows["periode"].gt(cutoff - pd.DateOffset(months=_RIWAYAT_BULAN))
    )
    own = share.groupby([rows["rute"], rows["kode"]])
    rate = own.quantile(_BULAN_BAIK) - own.median()
    return rate[(own.count() >= _RIWAYAT_MIN_BULAN) & (rate > 0)]


def build_rute(
    tables: Mapping[str, pd.DataFrame], *, cutoff: pd.Timestamp
) -> pd.DataFrame:
    """Lay out the routes of every region: price, net share, how many, how fast.

    A route's cost per net new active member divides its price by the share of
    enrolments that are new: moving a payer into the Pemda quota costs the same and
    adds nobody. Rates are the region's own, else observed elsewhere by then, else
    our assumption (``asumsi`` 'ya'). Where cohorts of the returned were delivered,
    only who stays counts as won, so that the price is one per lasting person. Routes
    whose head count was not delivered are left out.

    Returns
    -------
    DataFrame
        Table ``rute``; biaya_bersih_rp is for one month.
    """
    kepesertaan = tables["kepesertaan"]
    pools = _pools(kepesertaan)
    now = take_newest(pools, cutoff=cutoff).dropna(subset=["calon"])
    free = now.rename(columns={"calon": "jiwa"})[["rute", "kode", "jiwa"]]
    found = count_selisih(tables["selisih"], MISKIN, cutoff=cutoff)
    poor = found.rename("jiwa").reset_index().assign(rute="usulkan_pbi")
    pool = pd.concat([free, poor, _pool_pemda(tables["iuran_pemda"], cutoff)])
    table = pool.merge(list_rute(), on="rute", validate="many_to_one")
    table = _observe(
        table.assign(asumsi="ya"), (cutoff + pd.offsets.MonthEnd(0)).date()
    )
    table = _own_rates(table, estimate_laju(pools, cutoff=cutoff))
    pemda = table["rute"].str.startswith("kuota_pemda")
    net = estimate_perpindahan(kepesertaan)
    table["bersih_rate"] = table["bersih_rate"].mask(pemda, table["kode"].map(net))
    price = table["biaya_per_jiwa_bulan_rp"].mask(pemda, table["tarif_rp"])
    table["biaya_per_jiwa_bulan_rp"] = price
    table["tahan_rate"] = _lasting(table, tables.get(KOHORT), cutoff)
    table["bersih_rate"] *= table["tahan_rate"]
    table["maks_jiwa"] = np.floor(table["jiwa"] * table["bagian_rate"])
    table["per_bulan_jiwa"] = np.floor(table["jiwa"] * table["per_bulan_rate"])
    table["biaya_bersih_rp"] = price / table["bersih_rate"].where(
        table["bersih_rate"] > 0
    )
    table["tahan_jiwa"] = table["per_bulan_jiwa"] * table["tahan_rate"]
    order = ["kode", "biaya_bersih_rp", "tahan_jiwa", "rute"]
    ranked = table.sort_values(order, ascending=[True, True, False, True])
    return ranked[list(COLUMNS)].reset_index(drop=True)


def _lasting(
    table: pd.DataFrame, cohorts: pd.DataFrame | None, cutoff: pd.Timestamp
) -> pd.Series:
    """Return the share of each route's people who stay; 1 where nobody was followed."""
    if cohorts is None or cohorts.empty:
        return pd.Series(1.0, index=table.index)
    shares = find_lasting(cohorts, cutoff=cutoff, kode=sorted(table["kode"].unique()))
    keys = pd.MultiIndex.from_frame(table[["rute", "kode"]])
    return pd.Series(shares.reindex(keys).fillna(1.0).to_numpy(), index=table.index)


def _observe(table: pd.DataFrame, tanggal: dt.date) -> pd.DataFrame:
    """Put rates observed elsewhere in place of assumed ones, none later than a day.

    PBI: no more than the best month seen in the country, less those who came back
    without an effort. Collection: the share of REHAB that was completed.
    """
    best = look_up("laju_reaktivasi_pbi_bulan", tanggal)
    usual = look_up("laju_reaktivasi_pbi", tanggal)
    if best is not None and usual is not None and best.nilai and usual.nilai:
        at = table["rute"].eq("reaktivasi_pbi")
        table.loc[at, ["bagian_rate", "per_bulan_rate"]] = best.nilai
        table.loc[at, "bersih_rate"] = 1 - usual.nilai / best.nilai
        table.loc[at, "asumsi"] = "tidak"
        table.loc[at, "sumber"] = f"{best.sumber}; {usual.sumber}"
    done = look_up("laju_rehab", tanggal)
    if done is not None and done.nilai is not None:
        at = table["rute"].eq("penagihan")
        table.loc[at, "bersih_rate"] = done.nilai
        table.loc[at, "sumber"] += f"; {done.sumber}"
    return table


def _own_rates(table: pd.DataFrame, rate: pd.Series) -> pd.DataFrame:
    """Put a region's own monthly rate in place, counted in people who came back."""
    keys = pd.MultiIndex.from_frame(table[["rute", "kode"]])
    own = pd.Series(rate.reindex(keys).to_numpy(), index=table.index)
    has = own.notna()
    table["per_bulan_rate"] = own.where(has, table["per_bulan_rate"])
    table["bersih_rate"] = table["bersih_rate"].mask(has, 1.0)
    table["asumsi"] = table["asumsi"].mask(has, "tidak")
    text = "riwayat wilayah ini 24 bulan: bulan yang baik dikurangi bulan biasa"
    table["sumber"] = table["sumber"].mask(has, text)
    return table


def _pool_pemda(iuran_pemda: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Count free places, and the quota a larger one would be a part of."""
    known = iuran_pemda[iuran_pemda["periode"].le(cutoff)]
    last = known.sort_values("periode").groupby("kode").tail(1)
    common = {"kode": last["kode"], "tarif_rp": find_tarif(last)}
    quota = last["kuota_jiwa"].astype(float)
    free = (quota - last["terisi_jiwa"].astype(float)).clip(lower=0)
    inside = pd.DataFrame({**common, "jiwa": free, "rute": "kuota_pemda"})
    more = pd.DataFrame({**common, "jiwa": quota, "rute": "kuota_pemda_tambah"})
    return pd.concat([inside, more], ignore_index=True)
