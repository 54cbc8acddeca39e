"""What the local government owes for PBPU Pemda: history, days late, projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.indicators import sum_tunggakan_pemda
from jkn_analysis.peraturan import JATUH_TEMPO_HARI
from jkn_analysis.tunggakan.ahead import build_tingkat

if TYPE_CHECKING:
    from pandas.api.typing import NaTType

_TINGKAT = (0.1, 0.5, 0.9)
_BAGIAN_SENDIRI = 0.7
"""Weight of a region's own past years among the payment years drawn."""
_BULAN = 12


@dataclass(frozen=True)
class UtangDepan:
    """Projected bill, payment and debt of regions, (months, regions, draws)."""

    kode: np.ndarray
    periode: pd.DatetimeIndex
    tagihan_rp: np.ndarray
    dibayar_rp: np.ndarray
    utang_rp: np.ndarray
    laju_bayar: np.ndarray
    """Payment over bill drawn from past years; a scenario pays at the same rate."""
    awal_rp: np.ndarray
    sisa_pagu: tuple[int, np.ndarray]
    """Budget year and what is left of it per region, infinite where unknown."""

    def skip(self, months: int) -> UtangDepan:
        """Start some months later, from the debt expected by then.

        For bills delivered later than membership; what was paid in between is
        taken from the year's budget.
        """
        if months <= 0:
            return self
        year, left = self.sisa_pagu
        inside = np.asarray(self.periode[:months].year == year)
        spent = np.median(self.dibayar_rp[:months][inside].sum(axis=0), axis=-1)
        room = (year, np.maximum(left - spent, 0))
        opening = np.median(self.utang_rp[months - 1], axis=-1)
        bills, rates = self.tagihan_rp[months:], self.laju_bayar[months:]
        later = self.periode[months:]
        paid, owed = settle(opening, bills, rates, months=later, left=room)
        return UtangDepan(self.kode, later, bills, paid, owed, rates, opening, room)

    def at_quarters(self) -> np.ndarray:
        """Return the index of the last month of each quarter."""
        return np.flatnonzero(self.periode.month % 3 == 0)


def build_utang(iuran_pemda: pd.DataFrame) -> pd.DataFrame:
    """Compute bill, payment, debt and days late of every month delivered.

    Payments settle the oldest bill first, so days late count from the due date of
    the oldest month not wholly paid to the end of the month.

    Returns
    -------
    DataFrame
        Table ``utang_pemda``, jenis ``nyata``; months after a gap in the delivery
        are left out until the next opening balance.
    """
    frame = iuran_pemda.sort_values(["kode", "periode"], ignore_index=True)
    debt = sum_tunggakan_pemda(frame)
    rows = pd.DataFrame(
        {
            "kode": frame["kode"],
            "periode": frame["periode"],
            "jenis": "nyata",
            "kuantil": 0.5,
            "tagihan_rp": frame["tagihan_rp"].astype(float),
            "dibayar_rp": frame["dibayar_rp"].astype(float),
            "tunggakan_pemda_rp": debt,
        }
    )
    late = [_days_late(part) for _, part in rows.groupby("kode", sort=False)]
    rows["hari_telat"] = np.concatenate(late) if late else []
    rows["peluang_lunas"] = (rows["tunggakan_pemda_rp"] <= 0).astype(float)
    return rows.dropna(subset=["tunggakan_pemda_rp"]).reset_index(drop=True)


def _days_late(part: pd.DataFrame) -> np.ndarray:
    """Count days late of one region's months, oldest bill first."""
    owed = part["tunggakan_pemda_rp"].to_numpy(dtype=float)
    bills = part["tagihan_rp"].to_numpy(dtype=float)
    months = pd.DatetimeIndex(part["periode"])
    count = np.zeros(len(part))
    for at in np.flatnonzero(owed > 0).tolist():
        since = np.cumsum(bills[at::-1])
        count[at] = min(int(np.searchsorted(since, owed[at])), at + 1)
    return _late_from_months(count + 1, months) * (owed > 0)


def _late_from_months(count: np.ndarray, months: pd.DatetimeIndex) -> np.ndarray:
    """Days from the due date of the oldest of `count` unpaid months to month end."""
    back = (np.asarray(count) - 1).astype("timedelta64[M]")
    first = months.to_numpy().astype("datetime64[M]") - back
    due = first.astype("datetime64[D]") + np.timedelta64(JATUH_TEMPO_HARI - 1, "D")
    end = (months + pd.offsets.MonthEnd(0)).to_numpy().astype("datetime64[D]")
    return (end - due).astype(float)


def project_utang(
    iuran_pemda: pd.DataFrame,
    *,
    horizon: int,
    pagu: pd.DataFrame | None = None,
    draws: int = 200,
    seed: int = 0,
) -> UtangDepan:
    """Project bill, payment and debt if members and payment habits stay.

    The bill stays that of the last month. Payments come in lumps (DBH, budget
    shift), so each draw replays the payment-to-bill ratios of one past calendar
    year, mostly the region's own, else another region's. What is paid never passes
    what is owed, nor in the report year what is left of the budget.

    Parameters
    ----------
    iuran_pemda
        Canonical table.
    horizon
        Months ahead.
    pagu
        ``kode, tahun, pagu_rp`` (after shifts); None leaves payments unlimited.
    draws, seed
        Number of draws and their seed.
    """
    debt = build_utang(iuran_pemda)
    cutoff = debt["periode"].max()
    now = debt[debt["periode"].eq(cutoff)].sort_values("kode", ignore_index=True)
    kode = now["kode"].to_numpy(dtype=object)
    months = pd.date_range(
        cutoff + pd.offsets.MonthBegin(1), periods=horizon, freq="MS"
    )
    rates = _draw_rates(debt, kode, months, draws=draws, seed=seed)
    bill = np.broadcast_to(
        now["tagihan_rp"].to_numpy(dtype=float)[:, None], (len(kode), draws)
    )
    left = _left_of_pagu(debt, pagu, kode=kode, cutoff=cutoff)
    opening = now["tunggakan_pemda_rp"].to_numpy(dtype=float)
    bills = np.repeat(bill[None], horizon, axis=0)
    room = (int(cutoff.year), left)
    paid, owed = settle(opening, bills, rates, months=months, left=room)
    return UtangDepan(kode, months, bills, paid, owed, rates, opening, room)


def settle(
    opening: np.ndarray,
    bills: np.ndarray,
    rates: np.ndarray,
    *,
    months: pd.DatetimeIndex,
    left: tuple[int, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Pay `rates` of each bill, within what is owed and the year's budget left.

    Parameters
    ----------
    opening
        (regions,): debt at the start.
    bills, rates
        (months, regions, draws).
    left
        Budget year and what is left of it per region, infinite where unknown.

    Returns
    -------
    tuple
        Paid and owed, (months, regions, draws).
    """
    owed = np.repeat(opening[:, None], bills.shape[2], axis=1)
    room = np.repeat(left[1][:, None], bills.shape[2], axis=1)
    paid_all, owed_all = np.empty_like(bills), np.empty_like(bills)
    for h, month in enumerate(months):
        due = owed + bills[h]
        paid = np.minimum(rates[h] * bills[h], due)
        if month.year == left[0]:
            paid = np.minimum(paid, room)
            room = room - paid
        owed = due - paid
        paid_all[h], owed_all[h] = paid, owed
    return paid_all, owed_all


def _left_of_pagu(
    debt: pd.DataFrame,
    pagu: pd.DataFrame | None,
    *,
    kode: np.ndarray,
    cutoff: pd.Timestamp,
) -> np.ndarray:
    """Return what is left of the year's budget, infinite where unknown."""
    if pagu is None or pagu.empty:
        return np.full(len(kode), np.inf)
    own = pagu[pagu["tahun"].eq(cutoff.year)].groupby("kode")["pagu_rp"].sum()
    year = debt[debt["periode"].dt.year.eq(cutoff.year)]
    spent = year.groupby("kode")["dibayar_rp"].sum()
    left = own.reindex(kode).astype(float) - spent.reindex(kode).fillna(0).astype(float)
    return left.fillna(np.inf).clip(lower=0).to_numpy(dtype=float)


def _draw_rates(
    debt: pd.DataFrame,
    kode: np.ndarray,
    months: pd.DatetimeIndex,
    *,
    draws: int,
    seed: int,
) -> np.ndarray:
    """Draw payment over bill per month: whole past years, replayed."""
    rng = np.random.default_rng(seed)
    rate = debt["dibayar_rp"] / debt["tagihan_rp"].where(debt["tagihan_rp"] > 0)
    rows = debt.assign(
        rate=rate, tahun=debt["periode"].dt.year, bulan=debt["periode"].dt.month
    )
    wide = rows.pivot_table(index=["kode", "tahun"], columns="bulan", values="rate")
    wide = wide.reindex(columns=range(1, _BULAN + 1))
    full = wide.dropna(thresh=_BULAN - 2).apply(
        lambda row: row.fillna(row.mean()), axis=1
    )
    if full.empty:
        return np.ones((len(months), len(kode), draws))
    years = full.to_numpy(dtype=float)
    owner = full.index.get_level_values("kode").to_numpy()
    picked = rng.integers(0, len(years), size=(len(kode), draws))
    for at, name in enumerate(kode):
        mine = np.flatnonzero(owner == name)
        if len(mine):
            own = rng.choice(mine, size=draws)
            use = rng.random(draws) < _BAGIAN_SENDIRI
            picked[at] = np.where(use, own, picked[at])
    return np.stack([years[picked, m - 1] for m in months.month])


def summarise_utang(ahead: UtangDepan, nyata: pd.DataFrame) -> pd.DataFrame:
    """Lay out history and projection as table ``utang_pemda``, with sums above."""
    tingkat = build_tingkat(list(ahead.kode))
    parts = {
        "tagihan_rp": tingkat.sum_up(ahead.tagihan_rp),
        "dibayar_rp": tingkat.sum_up(ahead.dibayar_rp),
        "tunggakan_pemda_rp": tingkat.sum_up(ahead.utang_rp),
    }
    bill = np.maximum(parts["tagihan_rp"], 1.0)
    count = np.ceil(parts["tunggakan_pemda_rp"] / bill)
    late = np.stack(
        [
            _late_from_months(
                np.maximum(row, 1).ravel(), _repeat(month, row.size)
            ).reshape(row.shape)
            for row, month in zip(count, ahead.periode, strict=True)
        ]
    ) * (count > 0)
    paid_up = (parts["tunggakan_pemda_rp"] <= 0).mean(axis=-1)
    months, rows = paid_up.shape
    frames = [
        pd.DataFrame(
            {
                "kode": np.tile(tingkat.kode.astype(str), months),
                "periode": np.repeat(ahead.periode, rows),
                "jenis": "ramalan",
                "kuantil": q,
                **{
                    name: np.quantile(values, q, axis=-1).ravel()
                    for name, values in parts.items()
                },
                "hari_telat": np.round(np.quantile(late, q, axis=-1).ravel()),
                "peluang_lunas": paid_up.ravel(),
            }
        )
        for q in _TINGKAT
    ]
    return pd.concat([_sum_history(nyata), *frames], ignore_index=True)


def _repeat(month: pd.Timestamp, size: int) -> pd.DatetimeIndex:
    """Return one month many times."""
    return pd.DatetimeIndex(np.repeat(np.datetime64(month, "us"), size))


def _sum_history(nyata: pd.DataFrame) -> pd.DataFrame:
    """Add provinces and the country to the history, days late the longest."""
    if nyata["kode"].nunique() < 2:
        return nyata
    parts = [nyata]
    for kode in (nyata["kode"].str[:2], pd.Series("00", index=nyata.index)):
        named = nyata.assign(atas=kode)
        members = named.groupby("atas")["kode"].transform("nunique")
        whole = (
            named.groupby(["atas", "periode"])["kode"].transform("nunique") == members
        )
        groups = named[whole].groupby(["atas", "periode"])
        money = groups[["tagihan_rp", "dibayar_rp", "tunggakan_pemda_rp"]].sum()
        late = groups["hari_telat"].max()
        paid_up = (
            (money["tunggakan_pemda_rp"] <= 0).astype(float).rename("peluang_lunas")
        )
        part = pd.concat([money, late, paid_up], axis=1).rename_axis(
            ["kode", "periode"]
        )
        parts.append(part.reset_index().assign(jenis="nyata", kuantil=0.5))
    return pd.concat(parts, ignore_index=True)[nyata.columns]


def find_prioritas(utang_pemda: pd.DataFrame) -> pd.DataFrame:
    """Find when unpaid premium cost UHC Prioritas and when it may come back.

    Any rupiah unpaid at the end of a month excludes Prioritas. These dates speak of
    this one condition; cakupan, keaktifan and the approval are others.

    Returns
    -------
    DataFrame
        Per kode: hilang (first month of the present spell of debt, NaT if none),
        pulih (first month ahead at which the debt is paid in more than half of the
        draws, NaT if none or nothing owed), hilang_lagi (first month ahead at which a
        region without debt owes in more than half of the draws).
    """
    rows = []
    for kode, part in utang_pemda.groupby("kode", sort=True):
        past = part[part["jenis"].eq("nyata")].sort_values("periode")
        ahead = part[part["jenis"].eq("ramalan") & part["kuantil"].eq(0.5)]
        ahead = ahead.sort_values("periode")
        owes = past["tunggakan_pemda_rp"].gt(0).to_numpy()
        in_debt = bool(len(owes) and owes[-1])
        clear = ahead["peluang_lunas"].gt(0.5).to_numpy()
        rows.append(
            {
                "kode": kode,
                "hilang": _spell_start(past["periode"], owes) if in_debt else pd.NaT,
                "pulih": _first(ahead["periode"], clear) if in_debt else pd.NaT,
                "hilang_lagi": pd.NaT if in_debt else _first(ahead["periode"], ~clear),
            }
        )
    return pd.DataFrame(rows, columns=["kode", "hilang", "pulih", "hilang_lagi"])


def _first(periode: pd.Series, holds: np.ndarray) -> pd.Timestamp | NaTType:
    """Return the first month at which something holds."""
    return periode.iloc[int(np.argmax(holds))] if holds.any() else pd.NaT


def _spell_start(periode: pd.Series, owes: np.ndarray) -> pd.Timestamp:
    """Return the first month of the last unbroken run of debt."""
    clear = np.flatnonzero(~owes)
    return periode.iloc[int(clear[-1]) + 1 if len(clear) else 0]
