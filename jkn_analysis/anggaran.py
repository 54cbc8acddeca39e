"""The premium line of a region's budget: spent, to December, next year, per route."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.peraturan import IURAN_PBPU_PEMDA_RP
from jkn_analysis.tunggakan.ahead import build_tingkat
from jkn_analysis.uhc import find_target, gap_jiwa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jkn_analysis.tunggakan.ahead import Tingkat
    from jkn_analysis.tunggakan.pemda import UtangDepan

TINGKAT = (0.1, 0.5, 0.9)
_BULAN = 12
_SATUAN_CURIGA = 10
"""A yearly budget below this part of ONE month's bill is not in whole rupiah."""
_JENDELA_LONJAKAN = 0.02
_PENDAFTARAN_AWAL = 500.0


def check_anggaran(anggaran: pd.DataFrame, iuran_pemda: pd.DataFrame) -> None:
    """Refuse budgets that cannot be whole rupiah, quotas that contradict members.

    Raises
    ------
    InputError
        Lists every region and year whose budget is below a tenth of one month's
        bill (millions or thousands given for rupiah), and negative quotas.
    """
    faults = [*_wrong_units(anggaran, iuran_pemda), *_negative(iuran_pemda)]
    if faults:
        raise InputError("anggaran: not usable\n" + "\n".join(faults))


def _wrong_units(anggaran: pd.DataFrame, iuran_pemda: pd.DataFrame) -> list[str]:
    """Describe budgets far below one month's bill."""
    if anggaran.empty or iuran_pemda.empty:
        return []
    bills = iuran_pemda.assign(tahun=iuran_pemda["periode"].dt.year)
    month = bills.groupby(["kode", "tahun"])["tagihan_rp"].max().rename("tagihan")
    both = read_pagu(anggaran).merge(month.reset_index(), on=["kode", "tahun"])
    low = both[
        (both["pagu_rp"] > 0) & (both["pagu_rp"] < both["tagihan"] / _SATUAN_CURIGA)
    ]
    return [
        f"  {row.kode}, {row.tahun}: pagu_rp {row.pagu_rp} is below a tenth of one "
        f"month's bill ({row.tagihan}); it looks like thousands or millions of rupiah\n"
        "  → give whole rupiah"
        for row in low.itertuples()
    ]


def _negative(iuran_pemda: pd.DataFrame) -> list[str]:
    """Describe quotas and members below zero."""
    faults = []
    for name in ("kuota_jiwa", "terisi_jiwa"):
        wrong = iuran_pemda[iuran_pemda[name] < 0]
        faults += [
            f"  {row.kode}, {row.periode:%Y-%m}: {name} is {getattr(row, name)}, "
            "below zero\n  → correct the delivery"
            for row in wrong.itertuples()
        ]
    return faults


def find_last(iuran_pemda: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Return the rows of the newest month delivered up to `cutoff`."""
    known = iuran_pemda[iuran_pemda["periode"].le(cutoff)]
    return known[known["periode"].eq(known["periode"].max())]


def read_pagu(anggaran: pd.DataFrame) -> pd.DataFrame:
    """Sum the budget after shifts over its sources: kode, tahun, pagu_rp."""
    total = anggaran.assign(pagu_rp=anggaran["pagu_rp"] + anggaran["pergeseran_rp"])
    return total.groupby(["kode", "tahun"])["pagu_rp"].sum().reset_index()


def cost_rp(jiwa: int, bulan: int, *, tarif_rp: int = IURAN_PBPU_PEMDA_RP) -> int:
    """Return what carrying people as PBPU Pemda costs, in whole rupiah.

    Examples
    --------
    >>> cost_rp(2106, 1)
    79606800
    """
    if jiwa < 0 or bulan < 0:
        raise InputError(
            f"jiwa {jiwa}, bulan {bulan}: below zero\n  → give counts from 0 up"
        )
    return int(jiwa) * int(bulan) * int(tarif_rp)


@dataclass(frozen=True)
class Kuota:
    """PBPU Pemda quota of one region at a month's end."""

    kuota_jiwa: int
    terisi_jiwa: int
    tarif_rp: int = IURAN_PBPU_PEMDA_RP

    def __post_init__(self) -> None:
        """Refuse counts below zero."""
        for name in ("kuota_jiwa", "terisi_jiwa"):
            if getattr(self, name) < 0:
                raise InputError(
                    f"{name} is {getattr(self, name)}, below zero\n"
                    "  → correct the quota"
                )

    @property
    def bebas_jiwa(self) -> int:
        """Places left; 0 where more are filled than agreed."""
        return max(0, self.kuota_jiwa - self.terisi_jiwa)

    @property
    def terisi_rate(self) -> float:
        """Filled share of the quota."""
        return self.terisi_jiwa / self.kuota_jiwa if self.kuota_jiwa else float("nan")

    def months_covered(self, sisa_rp: int) -> float:
        """Months the money left carries the filled places."""
        monthly = self.terisi_jiwa * self.tarif_rp
        return sisa_rp / monthly if monthly else float("inf")


def build_realisasi(
    iuran_pemda: pd.DataFrame, anggaran: pd.DataFrame, *, tahun: int
) -> pd.DataFrame:
    """Compute bill, payment, budget and absorption of one year so far.

    Returns
    -------
    DataFrame
        One row per kode of regions: tagihan_rp, realisasi_rp, pagu_rp,
        sisa_pagu_rp, serapan_rate; budget columns missing where none was given.
    """
    year = iuran_pemda[iuran_pemda["periode"].dt.year.eq(tahun)]
    flows = year.groupby("kode")[["tagihan_rp", "dibayar_rp"]].sum().astype(float)
    flows.columns = pd.Index(["tagihan_rp", "realisasi_rp"])
    pagu = read_pagu(anggaran) if len(anggaran) else None
    if pagu is None:
        flows["pagu_rp"] = np.nan
    else:
        own = pagu[pagu["tahun"].eq(tahun)].set_index("kode")["pagu_rp"]
        flows["pagu_rp"] = own.reindex(flows.index).astype(float)
    flows["sisa_pagu_rp"] = flows["pagu_rp"] - flows["realisasi_rp"]
    flows["serapan_rate"] = flows["realisasi_rp"] / flows["pagu_rp"].where(
        flows["pagu_rp"] > 0
    )
    return flows.reset_index()


def project_desember(
    ahead: UtangDepan, realisasi: pd.DataFrame, *, tahun: int
) -> pd.DataFrame:
    """Project bill, payment, absorption and debt at the end of the year.

    Returns
    -------
    DataFrame
        kode, tahun, ukuran (tagihan_tahun_rp, proyeksi_desember_rp,
        proyeksi_serapan_rate, proyeksi_utang_rp), kuantil, nilai; provinces and
        '00' where every region has a budget.
    """
    inside = np.asarray(ahead.periode.year == tahun)
    own = realisasi.set_index("kode").reindex(ahead.kode)
    so_far = own["realisasi_rp"].fillna(0).to_numpy(dtype=float)
    paid = so_far[:, None] + ahead.dibayar_rp[inside].sum(axis=0)
    debt = ahead.utang_rp[inside][-1] if inside.any() else None
    if debt is None:
        debt = np.repeat(ahead.awal_rp[:, None], paid.shape[1], axis=1)
    tingkat = build_tingkat(list(ahead.kode))
    pagu = tingkat.sum_one(own["pagu_rp"].to_numpy(dtype=float))
    total = tingkat.sum_up(paid[None])[0]
    billed = own["tagihan_rp"].fillna(0).to_numpy(dtype=float)
    bills = billed[:, None] + ahead.tagihan_rp[inside].sum(axis=0)
    parts = {
        "tagihan_tahun_rp": tingkat.sum_up(bills[None])[0],
        "proyeksi_desember_rp": total,
        "proyeksi_serapan_rate": total / np.where(pagu > 0, pagu, np.nan)[:, None],
        "proyeksi_utang_rp": tingkat.sum_up(debt[None])[0],
    }
    return pd.concat(
        [
            _quantiles(name, values, tingkat.kode, tahun)
            for name, values in parts.items()
        ],
        ignore_index=True,
    )


def _quantiles(
    name: str, draws: np.ndarray, kode: np.ndarray, tahun: int
) -> pd.DataFrame:
    """Lay out quantiles of one figure, (rows, draws)."""
    grid = np.quantile(draws, TINGKAT, axis=-1)
    return pd.DataFrame(
        {
            "kode": np.tile(kode.astype(str), len(TINGKAT)),
            "tahun": tahun,
            "ukuran": name,
            "kuantil": np.repeat(TINGKAT, len(kode)),
            "nilai": grid.ravel(),
        }
    )


@dataclass(frozen=True)
class Kebutuhan:
    """What next year's members cost; rupiah by quantile of the need."""

    bertahan_rp: float
    capai_rp: float
    tahan_rp: dict[float, float]
    tahan_jiwa: dict[float, float]


def compute_kebutuhan(
    *,
    penduduk_jiwa: int,
    aktif_jiwa: int,
    aktif_depan: Mapping[float, np.ndarray],
    terisi_jiwa: float,
    tarif_rp: float,
    target_rate: float,
) -> Kebutuhan:
    """Compute next year's premium to keep, to reach and to hold the target.

    To hold it, people are added in the month the target would be missed and carried
    to December, so the members carried never fall: month by month the running
    maximum of the gap. A low forecast of activity makes a high need, so the need's
    0.9 quantile comes from activity's 0.1.

    Parameters
    ----------
    penduduk_jiwa, aktif_jiwa
        Population in force and active members now.
    aktif_depan
        Active members in each month of next year by quantile of the forecast.
    terisi_jiwa, tarif_rp
        Members carried now and their monthly premium.
    target_rate
        Share of the population that must be active.
    """
    gap = gap_jiwa(target_rate, penduduk_jiwa, aktif_jiwa)
    hold_rp, hold_jiwa = {}, {}
    for level, path in aktif_depan.items():
        needed = np.ceil(target_rate * penduduk_jiwa - 1e-6)
        carried = np.maximum.accumulate(np.maximum(needed - np.floor(path), 0))
        hold_jiwa[round(1 - level, 3)] = float(carried[-1]) if len(carried) else 0.0
        hold_rp[round(1 - level, 3)] = float(carried.sum() * tarif_rp)
    return Kebutuhan(
        terisi_jiwa * tarif_rp * _BULAN, gap * tarif_rp * _BULAN, hold_rp, hold_jiwa
    )


def build_uang_tahunan(
    tables: Mapping[str, pd.DataFrame],
    ahead: UtangDepan,
    aktif: pd.DataFrame,
    *,
    penduduk: pd.Series,
) -> pd.DataFrame:
    """Lay out every budget figure of all regions as table ``uang``.

    Parameters
    ----------
    tables
        ``iuran_pemda`` and ``anggaran``.
    ahead
        Projection of `project_utang`.
    aktif
        kode, periode, kuantil (0.1, 0.5, 0.9), nilai: active members ahead, and the
        cutoff's own count at kuantil 0.5.
    penduduk
        Population in force by kode.
    """
    cutoff = ahead.periode[0] - pd.offsets.MonthBegin(1)
    pemda = tables["iuran_pemda"]
    realisasi = build_realisasi(pemda, tables["anggaran"], tahun=cutoff.year)
    tingkat = build_tingkat(list(ahead.kode))
    now = _sum_up(realisasi, tingkat, ahead.kode)
    rows = now.melt("kode", var_name="ukuran", value_name="nilai")
    rows = rows.assign(tahun=cutoff.year, kuantil=0.5)
    debt = pd.DataFrame(
        {"kode": tingkat.kode.astype(str), "nilai": tingkat.sum_one(ahead.awal_rp)}
    ).assign(tahun=cutoff.year, ukuran="utang_rp", kuantil=0.5)
    december = project_desember(ahead, realisasi, tahun=cutoff.year)
    needs = _needs(pemda, ahead, aktif, penduduk=penduduk, cutoff=cutoff)
    table = pd.concat([rows, debt, december, needs], ignore_index=True)
    table = table[["kode", "tahun", "ukuran", "kuantil", "nilai"]]
    return table.dropna(subset=["nilai"]).reset_index(drop=True)


def _sum_up(
    realisasi: pd.DataFrame, tingkat: Tingkat, kode: np.ndarray
) -> pd.DataFrame:
    """Sum money of regions upwards, a missing part missing, and recompute the rate."""
    money = [name for name in realisasi.columns if name.endswith("_rp")]
    own = realisasi.set_index("kode").reindex(kode)[money].to_numpy(dtype=float)
    out = pd.DataFrame(tingkat.sum_one(own), columns=money)
    out = out.assign(kode=tingkat.kode.astype(str))
    out["serapan_rate"] = out["realisasi_rp"] / out["pagu_rp"].where(out["pagu_rp"] > 0)
    return out


def _needs(
    pemda: pd.DataFrame,
    ahead: UtangDepan,
    aktif: pd.DataFrame,
    *,
    penduduk: pd.Series,
    cutoff: pd.Timestamp,
) -> pd.DataFrame:
    """Lay out next year's needs of every region, then sums above.

    A sum adds the regions' own needs, quantile by quantile: each region is judged
    by itself, and money of one does not close the gap of another. That treats the
    regions as failing together and so errs on the wide side.
    """
    year = cutoff.year + 1
    deadline = pd.Timestamp(year, _BULAN, 31)
    target = find_target(deadline.date()).keaktifan_penduduk_rate or 0.0
    last = find_last(pemda, cutoff).set_index("kode")
    wide = aktif.pivot_table(
        index=["kode", "kuantil"], columns="periode", values="nilai"
    )
    rows: list[tuple[str, str, float, float]] = []
    for at, kode in enumerate(ahead.kode):
        if kode not in last.index or kode not in penduduk.index:
            continue
        rows += _needs_of(
            str(kode),
            wide=wide,
            last=last.loc[kode],
            debt=float(ahead.awal_rp[at]),
            basis=(int(penduduk[kode]), target, cutoff),
        )
    table = pd.DataFrame(rows, columns=["kode", "ukuran", "kuantil", "nilai"])
    return _add_sums(table.assign(tahun=year), list(ahead.kode))


def _needs_of(
    kode: str,
    *,
    wide: pd.DataFrame,
    last: pd.Series,
    debt: float,
    basis: tuple[int, float, pd.Timestamp],
) -> list[tuple[str, str, float, float]]:
    """Return the need rows of one region; without activity only what is carried."""
    people, target, cutoff = basis
    filled = float(last["terisi_jiwa"])
    tarif = float(last["tagihan_rp"]) / filled if filled > 0 else IURAN_PBPU_PEMDA_RP
    rows = [
        (kode, "kebutuhan_bertahan_rp", 0.5, filled * tarif * _BULAN),
        (kode, "kebutuhan_utang_rp", 0.5, debt),
        (kode, "tarif_rp", 0.5, tarif),
    ]
    if (kode, 0.5) not in wide.index:
        return rows
    known = wide[wide.index.get_level_values("kode") == kode].droplevel("kode")
    now = known.reindex(index=[0.5], columns=[cutoff]).to_numpy(dtype=float)[0, 0]
    if np.isnan(now):
        return rows
    current = int(now)
    months = pd.date_range(f"{cutoff.year + 1}-01-01", periods=_BULAN, freq="MS")
    ahead = known.reindex(columns=months).ffill(axis=1).dropna()
    paths = {
        float(level): path
        for level, path in zip(
            ahead.index.to_numpy(), ahead.to_numpy(dtype=float), strict=True
        )
    }
    need = compute_kebutuhan(
        penduduk_jiwa=people,
        aktif_jiwa=current,
        aktif_depan=paths,
        terisi_jiwa=filled,
        tarif_rp=tarif,
        target_rate=target,
    )
    rows += [
        (kode, "gap_jiwa", 0.5, float(gap_jiwa(target, people, current))),
        (kode, "kebutuhan_capai_rp", 0.5, need.capai_rp),
        *[(kode, "kebutuhan_tahan_rp", q, v) for q, v in need.tahan_rp.items()],
        *[(kode, "kebutuhan_tahan_jiwa", q, v) for q, v in need.tahan_jiwa.items()],
    ]
    return rows


def _add_sums(table: pd.DataFrame, kode: list[str]) -> pd.DataFrame:
    """Add provinces and '00' to additive figures where no region is missing."""
    if len(kode) < 2 or table.empty:
        return table
    additive = table[~table["ukuran"].eq("tarif_rp")]
    parts = [table]
    for above in ({k: k[:2] for k in kode}, dict.fromkeys(kode, "00")):
        size = pd.Series(above).value_counts()
        named = additive.assign(atas=additive["kode"].map(above))
        groups = named.groupby(["atas", "tahun", "ukuran", "kuantil"])["nilai"]
        total = groups.agg(["sum", "size"]).reset_index()
        whole = total[total["size"].eq(total["atas"].map(size))]
        parts.append(
            whole.rename(columns={"atas": "kode", "sum": "nilai"}).drop(columns="size")
        )
    return pd.concat(parts, ignore_index=True)


@cache
def _rute_rows() -> tuple[dict[str, str], ...]:
    """Read the default routes."""
    path = resources.files("jkn_analysis").joinpath("data", "skenario_rute.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


def list_rute() -> pd.DataFrame:
    """List the default routes with their assumptions and sources."""
    rows = pd.DataFrame(list(_rute_rows()))
    numbers = [
        "biaya_per_jiwa_bulan_rp",
        "biaya_sekali_rp",
        "bersih_rate",
        "bagian_rate",
    ]
    numbers += ["per_bulan_rate"]
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


def build_rute(
    tables: Mapping[str, pd.DataFrame], *, cutoff: pd.Timestamp
) -> pd.DataFrame:
    """Lay out the routes of every region: price, net share, how many, how fast.

    A route's cost per net new active member divides its price by the share of
    enrolments that are new: moving a payer into the Pemda quota costs the same and
    adds nobody. Routes whose head count was not delivered are left out.

    Returns
    -------
    DataFrame
        Table ``rute``; biaya_bersih_rp is for one month.
    """
    kepesertaan = tables["kepesertaan"]
    now = kepesertaan[kepesertaan["periode"].eq(cutoff)]
    net = estimate_perpindahan(kepesertaan)
    pool = pd.concat([_pool_members(now), _pool_pemda(tables["iuran_pemda"], cutoff)])
    routes = list_rute()
    table = pool.merge(routes, on="rute", validate="many_to_one")
    own = table["kode"].map(net)
    pemda = table["rute"].str.startswith("kuota_pemda")
    table["bersih_rate"] = table["bersih_rate"].mask(pemda, own)
    table["maks_jiwa"] = np.floor(table["jiwa"] * table["bagian_rate"])
    table["per_bulan_jiwa"] = np.ceil(table["jiwa"] * table["per_bulan_rate"])
    price = table["biaya_per_jiwa_bulan_rp"].mask(pemda, table["tarif_rp"])
    table["biaya_per_jiwa_bulan_rp"] = price
    cost = price + table["biaya_sekali_rp"]
    table["biaya_bersih_rp"] = cost / table["bersih_rate"].where(
        table["bersih_rate"] > 0
    )
    columns = [
        "kode", "rute", "pemutus", "biaya_per_jiwa_bulan_rp", "bersih_rate",
        "biaya_bersih_rp", "maks_jiwa", "per_bulan_jiwa", "asumsi", "sumber",
    ]  # fmt: skip
    return table[columns].sort_values(["kode", "rute"], ignore_index=True)


def _pool_members(now: pd.DataFrame) -> pd.DataFrame:
    """Count the people each route could win, from membership."""
    idle = now["terdaftar_jiwa"] - now["aktif_jiwa"]
    behind, moved = now["nonaktif_menunggak_jiwa"], now["nonaktif_mutasi_jiwa"]
    pbi = now["segmen"].eq("PBI JK")
    parts = {
        "reaktivasi_pbi": idle.where(pbi, 0),
        "perbaikan_mutasi": moved.where(~pbi, 0),
        "penagihan": behind,
    }
    frames = []
    for rute, people in parts.items():
        total = people.astype("Float64").groupby(now["kode"]).sum(skipna=False)
        frames.append(
            pd.DataFrame({"kode": total.index, "jiwa": total.to_numpy()}).assign(
                rute=rute
            )
        )
    table = pd.concat(frames, ignore_index=True).dropna(subset=["jiwa"])
    return table.assign(tarif_rp=0.0).astype({"jiwa": float})


def _pool_pemda(iuran_pemda: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Count free places, and places a larger quota could add (a tenth of it)."""
    last = find_last(iuran_pemda, cutoff)
    filled = last["terisi_jiwa"].astype(float)
    bill = last["tagihan_rp"].astype(float) / filled.where(filled > 0)
    free = (last["kuota_jiwa"] - last["terisi_jiwa"]).clip(lower=0).astype(float)
    common = {"kode": last["kode"], "tarif_rp": bill.fillna(IURAN_PBPU_PEMDA_RP)}
    inside = pd.DataFrame({**common, "jiwa": free, "rute": "kuota_pemda"})
    more = pd.DataFrame(
        {
            **common,
            "jiwa": last["kuota_jiwa"].astype(float),
            "rute": "kuota_pemda_tambah",
        }
    )
    return pd.concat([inside, more], ignore_index=True)
