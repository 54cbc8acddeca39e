"""The premium line of a region's budget as cash: due, left or short, next year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.indicators import sum_tunggakan_pemda
from jkn_analysis.masa_depan.paths import read_quantiles
from jkn_analysis.peraturan import IURAN_PBPU_PEMDA_RP
from jkn_analysis.uhc import find_target, needed_jiwa

if TYPE_CHECKING:
    from jkn_analysis.tunggakan.pemda import UtangDepan

TINGKAT = (0.1, 0.5, 0.9)
BELUM_MASUK = "kurang_kiriman_bulan"
"""Months of this year's bills that were not delivered but estimated."""
_BULAN = 12
_SATUAN_CURIGA = 10
"""A yearly budget below this part of ONE month's bill is not in whole rupiah."""


class CashPaths(Protocol):
    """What cash asks of the future: draws of active members, draw 0 the median path."""

    @property
    def kode(self) -> np.ndarray:
        """Regions, (regions,)."""

    @property
    def periode(self) -> pd.DatetimeIndex:
        """Months ahead, (months,)."""

    @property
    def aktif(self) -> np.ndarray:
        """Active members, (months, regions, draws)."""

    @property
    def penduduk(self) -> np.ndarray:
        """Population, (regions,), NaN where unknown."""


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


def read_pagu(anggaran: pd.DataFrame) -> pd.DataFrame:
    """Sum the budget after shifts over its sources: kode, tahun, pagu_rp."""
    total = anggaran.assign(pagu_rp=anggaran["pagu_rp"] + anggaran["pergeseran_rp"])
    return total.groupby(["kode", "tahun"])["pagu_rp"].sum().reset_index()


def find_tarif(last: pd.DataFrame) -> pd.Series:
    """Return what a region is billed per person-month; the rule's where none is."""
    filled = last["terisi_jiwa"].astype(float)
    bill = last["tagihan_rp"].astype(float) / filled.where(filled > 0)
    return bill.fillna(IURAN_PBPU_PEMDA_RP)


def list_rencana(
    iuran_pemda: pd.DataFrame, peristiwa: pd.DataFrame, *, cutoff: pd.Timestamp
) -> pd.DataFrame:
    """List what sure changes of the Pemda quota that lie ahead add to a month's bill.

    Returns
    -------
    DataFrame
        ``kode, periode, rp``: rupiah a month from that month on.
    """
    last = iuran_pemda.sort_values("periode").groupby("kode").tail(1)
    price = find_tarif(last).set_axis(last["kode"])
    ahead = peristiwa[
        peristiwa["status"].eq("pasti")
        & peristiwa["segmen"].eq("PBPU Pemda")
        & peristiwa["tanggal"].gt(cutoff + pd.offsets.MonthEnd(0))
        & peristiwa["dampak_jiwa"].fillna(0).ne(0)
        & peristiwa["kode"].str.len().eq(5)
    ]
    month = ahead["tanggal"].dt.to_period("M").dt.start_time
    added = ahead["dampak_jiwa"].astype(float) * ahead["kode"].map(price).astype(float)
    plan = pd.DataFrame({"kode": ahead["kode"], "periode": month, "rp": added})
    return plan.dropna().groupby(["kode", "periode"])["rp"].sum().reset_index()


def build_kas(
    iuran_pemda: pd.DataFrame,
    anggaran: pd.DataFrame,
    peristiwa: pd.DataFrame,
    *,
    cutoff: pd.Timestamp,
) -> pd.DataFrame:
    """Lay out each region's cash by month: this year to December, then the next.

    The bill stays the last month's, changed by quota events that are sure. What
    this year's budget cannot pay is carried into the next; where no budget is
    known, today's debt is.

    Parameters
    ----------
    iuran_pemda, anggaran, peristiwa
        Canonical tables; bills after `cutoff` are not read. Regions without a bill
        of that month, delivered or estimated (`fill_pemda`), have no rows.
    cutoff
        Last month of data.

    Returns
    -------
    DataFrame
        Table ``kas``: utang_rp is the debt at the start of a month, kewajiban_rp
        that and the month's bill, sisa_kas_rp the budget after shifts less what was
        paid since January less kewajiban_rp: below zero is short.
    """
    known = iuran_pemda[iuran_pemda["periode"].le(cutoff)]
    debt = known.assign(utang=sum_tunggakan_pemda(known))
    last = debt.sort_values("periode").groupby("kode").tail(1)
    last = last[last["periode"].eq(cutoff) & last["utang"].notna()]
    if last.empty:
        return pd.DataFrame()
    base = _stand(known, last, anggaran, year=cutoff.year)
    end = pd.Timestamp(cutoff.year + 1, _BULAN, 1)
    months = pd.date_range(cutoff, end, freq="MS", inclusive="right")
    grid = base.merge(months.to_frame(name="periode"), how="cross")
    grid = grid.sort_values(["kode", "periode"], ignore_index=True)
    plan = list_rencana(known, peristiwa, cutoff=cutoff)
    return _carry(_bill(grid, plan), anggaran, cutoff)


def _stand(
    known: pd.DataFrame, last: pd.DataFrame, anggaran: pd.DataFrame, *, year: int
) -> pd.DataFrame:
    """Tell where each region stands: bill, price, debt, budget and paid this year."""
    now = known[known["periode"].dt.year.eq(year)]
    paid = now.groupby("kode")["dibayar_rp"].sum()
    guessed = now.get("taksiran", pd.Series(data=False, index=now.index))
    pagu = read_pagu(anggaran)
    own = pagu[pagu["tahun"].eq(year)].set_index("kode")["pagu_rp"].astype(float)
    return pd.DataFrame(
        {
            "kode": last["kode"],
            "tagihan": last["tagihan_rp"].astype(float),
            "tarif": find_tarif(last),
            "utang": last["utang"].clip(lower=0),
            "dibayar": last["kode"].map(paid).fillna(0).astype(float),
            "pagu": last["kode"].map(own),
            "taksiran": last["kode"].map(guessed.groupby(now["kode"]).sum()).fillna(0),
        }
    )


def _bill(grid: pd.DataFrame, rencana: pd.DataFrame) -> pd.DataFrame:
    """Put the month's bill beside each region and month."""
    more = rencana.set_index(["kode", "periode"])["rp"]
    keys = pd.MultiIndex.from_frame(grid[["kode", "periode"]])
    added = pd.Series(more.reindex(keys).to_numpy(dtype=float), index=grid.index)
    more = added.fillna(0).groupby(grid["kode"]).cumsum()
    bill = (grid["tagihan"] + more).clip(lower=0)
    return grid.assign(tagihan_rp=bill.round())


def _carry(
    grid: pd.DataFrame, anggaran: pd.DataFrame, cutoff: pd.Timestamp
) -> pd.DataFrame:
    """Carry the debt from month to month, within the year and into the next."""
    year = grid["periode"].dt.year
    now = year.eq(cutoff.year)
    pagu = read_pagu(anggaran)
    later = pagu[pagu["tahun"].eq(cutoff.year + 1)].set_index("kode")["pagu_rp"]
    ahead = grid["kode"].map(later).astype(float)
    grid["pagu_rp"] = grid["pagu"].where(now, ahead)
    grid["dibayar_rp"] = grid["dibayar"].where(now, 0.0)
    bills = grid["tagihan_rp"].where(now, 0.0).groupby(grid["kode"]).transform("sum")
    grid["kewajiban_kini"] = grid["utang"] + bills
    short = grid["kewajiban_kini"] - (grid["pagu"] - grid["dibayar"])
    opening = grid["utang"].where(now, short.clip(lower=0).fillna(grid["utang"]))
    billed = grid.groupby(["kode", year])["tagihan_rp"].cumsum()
    grid["utang_rp"] = opening + billed - grid["tagihan_rp"]
    grid["kewajiban_rp"] = opening + billed
    grid["sisa_kas_rp"] = grid["pagu_rp"] - grid["dibayar_rp"] - grid["kewajiban_rp"]
    return grid


def measure_kebutuhan(
    jalur: CashPaths, *, cutoff: pd.Timestamp, aktif: pd.Series
) -> dict[str, np.ndarray]:
    """Measure next year's people to add so that activity never falls short.

    Whoever lacks at the end of this year is carried through the next; whoever lacks
    at the end of a later month is added then and carried to December, so the people
    carried never fall: the running maximum of the gap, draw by draw.

    Parameters
    ----------
    jalur
        Draws of the future.
    cutoff
        Last month of data.
    aktif
        Active members at the cutoff by kode: the year's end where it is December.

    Returns
    -------
    dict
        (regions, draws): ``capai`` people lacking at the end of this year,
        ``tahan`` people carried in December, ``jiwa_bulan`` person-months to be
        above the target at the end of every month.
    """
    target = find_target(pd.Timestamp(cutoff.year + 1, _BULAN, 31).date())
    rate = target.keaktifan_penduduk_rate or 0.0
    needed = needed_jiwa(rate, jalur.penduduk)[:, None]
    lack = np.maximum(needed - jalur.aktif, 0)
    at = jalur.periode.get_indexer(pd.DatetimeIndex([f"{cutoff.year}-12-01"]))[0]
    if at < 0:
        now = aktif.reindex(jalur.kode).to_numpy(dtype=float)[:, None]
        first = np.broadcast_to(np.maximum(needed - now, 0), lack.shape[1:])
    else:
        first = lack[at]
    carried, total = first, np.zeros_like(first)
    for month in pd.date_range(f"{cutoff.year + 1}-01-01", periods=_BULAN, freq="MS"):
        where = min(jalur.periode.searchsorted(month), len(jalur.periode) - 1)
        carried = np.maximum(carried, lack[where])
        total = total + carried
    return {"capai": first, "tahan": carried, "jiwa_bulan": total}


def build_uang_tahunan(
    kas: pd.DataFrame,
    jalur: CashPaths,
    *,
    ahead: UtangDepan,
    cutoff: pd.Timestamp,
    aktif: pd.Series,
) -> pd.DataFrame:
    """Lay out the year's cash and next year's need of all regions as table ``uang``.

    Parameters
    ----------
    kas
        From `build_kas`.
    jalur, aktif
        As in `measure_kebutuhan`.
    ahead
        Payments expected by habit, from `project_utang`.
    cutoff
        Last month of data.
    """
    rows = [*_year_rows(kas, cutoff), *_habit_rows(kas, ahead, cutoff)]
    rows += _need_rows(kas, measure_kebutuhan(jalur, cutoff=cutoff, aktif=aktif), jalur)
    return _derive(pd.concat(rows, ignore_index=True))


def _rows(
    tahun: int, ukuran: str, nilai: pd.Series, kuantil: float = 0.5
) -> pd.DataFrame:
    """Lay one figure by kode out as rows."""
    rows = nilai.rename("nilai").rename_axis("kode").reset_index()
    return rows.assign(tahun=tahun, ukuran=ukuran, kuantil=kuantil)


def _year_rows(kas: pd.DataFrame, cutoff: pd.Timestamp) -> list[pd.DataFrame]:
    """Lay out budget, payments, what is due to December and what is left of it."""
    now = kas.groupby("kode").first()
    room, due = now["pagu"] - now["dibayar"], now["kewajiban_kini"]
    figures = {
        "pagu_rp": now["pagu"],
        "dibayar_rp": now["dibayar"],
        "serapan_rate": now["dibayar"] / now["pagu"].where(now["pagu"] > 0),
        "tunggakan_pemda_rp": now["utang"],
        "tagihan_sisa_tahun_rp": due - now["utang"],
        "sisa_kas_desember_rp": room - (due - now["utang"]),
        "kewajiban_desember_rp": due,
        "kurang_kas_desember_rp": (due - room).clip(lower=0),
        "tarif_rp": now["tarif"],
        BELUM_MASUK: now["taksiran"].where(now["taksiran"] > 0).astype(float),
    }
    return [_rows(cutoff.year, name, values) for name, values in figures.items()]


def _habit_rows(
    kas: pd.DataFrame, ahead: UtangDepan, cutoff: pd.Timestamp
) -> list[pd.DataFrame]:
    """Lay out what will have been paid by December by habit, and of which budget."""
    year = cutoff.year
    inside = np.asarray(ahead.periode.year == year)
    own = kas.groupby("kode").first().reindex(ahead.kode)
    paid = own["dibayar"].to_numpy()[:, None] + ahead.dibayar_rp[inside].sum(axis=0)
    grid = np.quantile(paid, TINGKAT, axis=-1)
    pagu = own["pagu"].where(own["pagu"] > 0)
    found = []
    for level, values in zip(TINGKAT, grid, strict=True):
        total = pd.Series(values, index=own.index)
        found.append(_rows(year, "proyeksi_desember_rp", total, level))
        found.append(_rows(year, "proyeksi_serapan_rate", total / pagu, level))
    return found


def _need_rows(
    kas: pd.DataFrame, need: dict[str, np.ndarray], jalur: CashPaths
) -> list[pd.DataFrame]:
    """Lay out next year's need; its lines add up at every quantile.

    kebutuhan_tahun_depan_rp = kebutuhan_bertahan_rp (today's members) +
    kebutuhan_capai_rp (people lacking at this year's end) + kebutuhan_tahan_rp
    (people lacking later); kebutuhan_utang_rp comes on top if this year's debt is
    not paid this year.
    """
    year = int(kas["periode"].dt.year.max())
    later = kas[kas["periode"].dt.year.eq(year)].groupby("kode")
    first, bills = later.first(), later["tagihan_rp"].sum()
    kept = first.index.intersection(pd.Index(jalur.kode))
    at = pd.Index(jalur.kode).get_indexer(kept)
    price = first.loc[kept, "tarif"]
    rows = [
        _rows(year, "pagu_rp", first["pagu_rp"]),
        _rows(year, "kebutuhan_bertahan_rp", bills),
        _rows(year, "kebutuhan_utang_rp", first["utang_rp"]),
    ]
    for level in TINGKAT:
        part = {
            name: pd.Series(
                read_quantiles(values[at], (level,), middle=True)[:, 0], index=kept
            )
            for name, values in need.items()
        }
        people = {name: np.ceil(values - 1e-6) + 0.0 for name, values in part.items()}
        reach = (people["capai"] * _BULAN * price).round()
        hold = ((part["jiwa_bulan"] * price).round() - reach).clip(lower=0)
        whole = bills.loc[kept] + reach + hold
        short = (whole - first.loc[kept, "pagu_rp"]).clip(lower=0)
        figures = {
            "kebutuhan_capai_jiwa": people["capai"],
            "kebutuhan_tahan_jiwa": people["tahan"],
            "kebutuhan_capai_rp": reach,
            "kebutuhan_tahan_rp": hold,
            "kebutuhan_tahun_depan_rp": whole,
            "kurang_pagu_rp": short,
        }
        rows += [_rows(year, name, values, level) for name, values in figures.items()]
    return rows


def _derive(table: pd.DataFrame) -> pd.DataFrame:
    """Add provinces and '00': sums of regions, never one's surplus for another's gap.

    What is short sums over the regions that are; beside it stands how many of how
    many. Other sums are there only where every region is known.
    """
    table = table[["kode", "tahun", "ukuran", "kuantil", "nilai"]]
    table = table.dropna(subset=["nilai"])
    if table["kode"].nunique() < 2:
        return table
    netted = {"sisa_kas_desember_rp", "tarif_rp"}
    rates = table["ukuran"].str.endswith("_rate")
    parts = [table]
    for above in (table["kode"].str[:2], pd.Series("00", index=table.index)):
        above = above.rename("kode")
        named = table[~rates & ~table["ukuran"].isin(netted)].assign(kode=above)
        keys = ["kode", "tahun", "ukuran", "kuantil"]
        total = named.groupby(keys)["nilai"].agg(["sum", "size"]).reset_index()
        size = table["kode"].groupby(above).nunique()
        whole = total["size"].eq(total["kode"].map(size))
        whole |= total["ukuran"].str.startswith("kurang_")
        total = total[whole].rename(columns={"sum": "nilai"}).drop(columns="size")
        parts += [total, _shares(total), *_counts(table, above)]
    return pd.concat(parts, ignore_index=True)


def _shares(total: pd.DataFrame) -> pd.DataFrame:
    """Recompute the rates of sums."""
    keys = ["kode", "tahun", "kuantil"]
    wide = total.pivot_table(index=keys, columns="ukuran", values="nilai")
    pagu = total[total["ukuran"].eq("pagu_rp")].set_index(["kode", "tahun"])["nilai"]
    names = {
        "serapan_rate": "dibayar_rp", "proyeksi_serapan_rate": "proyeksi_desember_rp"
    }  # fmt: skip
    parts = []
    for rate, paid in names.items():
        if paid in wide:
            rows = wide[paid].dropna().rename("nilai").reset_index()
            below = pagu.reindex(pd.MultiIndex.from_frame(rows[["kode", "tahun"]]))
            part = rows["nilai"] / below.to_numpy(dtype=float)
            parts.append(rows.assign(nilai=part, ukuran=rate))
    return pd.concat(parts, ignore_index=True) if parts else total.iloc[:0]


def _counts(table: pd.DataFrame, above: pd.Series) -> list[pd.DataFrame]:
    """Count the regions whose cash is known and those that are short."""
    middle = table["kuantil"].eq(0.5)
    parts = []
    for ukuran, known, short in (
        ("kurang_kas_desember_rp", "wilayah_kas", "wilayah_kurang"),
        ("kurang_pagu_rp", "", "wilayah_kurang_pagu"),
        (BELUM_MASUK, "", "wilayah_kurang_kiriman"),
    ):
        rows = table[middle & table["ukuran"].eq(ukuran)]
        keys = [above.loc[rows.index], rows["tahun"]]
        for name, values in ((known, rows["nilai"] >= 0), (short, rows["nilai"] > 0)):
            if name:
                count = values.groupby(keys).sum().rename("nilai").astype(float)
                parts.append(count.reset_index().assign(ukuran=name, kuantil=0.5))
    return parts
