"""What the local government owes for PBPU Pemda: history, days late, projection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.indicators import sum_tunggakan_pemda
from jkn_analysis.peraturan import JATUH_TEMPO_HARI
from jkn_analysis.tunggakan.ahead import build_tingkat

if TYPE_CHECKING:
    from pandas.api.typing import NaTType

_TINGKAT = (0.1, 0.5, 0.9)
_RAGU_TETAP, _RAGU_BERUBAH, _RAGU_SATU = 0.02, 1.0, 0.5
"""Years of others that weigh against a region's own: where its years are all alike, and
what is added where they differ as much as those of others; and the pairs of years that
the unevenness within a year weighs."""
_POLA_NYATA = 4.0
"""F statistic of calendar months below which their differences are chance: two misses
in one month of four years give 3."""
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


def build_utang(iuran_pemda: pd.DataFrame) -> pd.DataFrame:
    """Compute bill, payment, debt and days late of every month delivered.

    Payments settle the oldest bill first, so days late count from the due date of
    the oldest month not wholly paid to the end of the month.

    Returns
    -------
    DataFrame
        Table ``utang_pemda``, jenis ``nyata``, or ``taksiran`` where `fill_pemda`
        estimated the month; months after a gap are left out until the next opening
        balance.
    """
    frame = iuran_pemda.sort_values(["kode", "periode"], ignore_index=True)
    guessed = frame.get("taksiran", pd.Series(data=False, index=frame.index))
    debt = sum_tunggakan_pemda(frame)
    rows = pd.DataFrame(
        {
            "kode": frame["kode"],
            "periode": frame["periode"],
            "jenis": np.where(guessed, "taksiran", "nyata"),
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
    rencana: pd.DataFrame | None = None,
    draws: int = 200,
    seed: int = 0,
) -> UtangDepan:
    """Project bill, payment and debt if members and payment habits stay.

    The bill stays that of the last month until a January, and around it from then on.
    Payments come in lumps (DBH, budget shift), so each draw replays the payment-to-bill
    ratios of one past calendar year, the region's own or one that lies near its own:
    the longer and the steadier its own record, the more of it. Where months do not
    come back every year the replay begins at any of them. What is paid never passes
    what is owed, nor in the report year what is left of the budget.

    Parameters
    ----------
    iuran_pemda
        Canonical table.
    horizon
        Months ahead.
    pagu
        ``kode, tahun, pagu_rp`` (after shifts); None leaves payments unlimited.
    rencana
        ``kode, periode, rp``: what is sure to come on top of a month's bill from that
        month on (`jkn_analysis.anggaran.list_rencana`).
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
    most = _find_most(debt).reindex(kode).to_numpy(dtype=float)
    bill = now["tagihan_rp"].to_numpy(dtype=float)
    bills = _draw_bills(debt, bill, months, draws=draws, seed=seed)
    if rencana is not None and len(rencana):
        bills = np.maximum(bills + _add_plan(rencana, kode, months)[:, :, None], 0)
    left = _left_of_pagu(debt, pagu, kode=kode, cutoff=cutoff)
    opening = now["tunggakan_pemda_rp"].to_numpy(dtype=float)
    room = (int(cutoff.year), left)
    habit = settle(opening, bills, rates, months=months, left=room, habit=most)
    rates = habit[2]
    paid, owed, _ = settle(opening, bills, rates, months=months, left=room)
    return UtangDepan(kode, months, bills, paid, owed, rates, opening, room)


def _find_most(debt: pd.DataFrame) -> pd.Series:
    """Return the most of what it owed that a region paid at once, by kode.

    1 where it has been clear once or its record is short: who never paid up in two
    years is not told to.
    """
    due = debt["tunggakan_pemda_rp"] + debt["dibayar_rp"]
    share = (debt["dibayar_rp"] / due.where(due > 0)).fillna(1.0)
    record = share.groupby(debt["kode"])
    return record.max().where(record.size() >= 2 * _BULAN, 1.0).clip(0, 1)


def _add_plan(
    rencana: pd.DataFrame, kode: np.ndarray, months: pd.DatetimeIndex
) -> np.ndarray:
    """Return what is added to each bill, (months, regions)."""
    wide = rencana.pivot_table(
        index="periode", columns="kode", values="rp", aggfunc="sum"
    )
    grid = wide.reindex(index=months, columns=list(kode)).fillna(0.0)
    return grid.cumsum().to_numpy(dtype=float)


def settle(
    opening: np.ndarray,
    bills: np.ndarray,
    rates: np.ndarray,
    *,
    months: pd.DatetimeIndex,
    left: tuple[int, np.ndarray],
    habit: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pay `rates` of each bill, within what is owed and the year's budget left.

    Parameters
    ----------
    opening
        (regions,): debt at the start.
    bills, rates
        (months, regions, draws).
    left
        Budget year and what is left of it per region, infinite where unknown.
    habit
        (regions,): most of what is owed that is ever paid at once. Then the 80%
        interval never narrows either: of those who owe most, some pay late.

    Returns
    -------
    tuple
        Paid, owed and the rates paid at, (months, regions, draws).
    """
    owed = np.repeat(opening[:, None], bills.shape[2], axis=1)
    room = np.repeat(left[1][:, None], bills.shape[2], axis=1)
    paid_all, owed_all, used = np.empty_like(bills), np.empty_like(bills), rates.copy()
    widest = np.zeros(len(opening))
    for h, month in enumerate(months):
        due = owed + bills[h]
        able = np.minimum(rates[h] * bills[h], due)
        if month.year == left[0]:
            able = np.minimum(able, room)
        paid = able
        if habit is not None:
            paid = np.minimum(able, habit[:, None] * due)
            paid, widest = _pay_late(due, paid, widest)
            less = (paid < able) & (bills[h] > 0)
            np.divide(paid, bills[h], out=used[h], where=less)
        if month.year == left[0]:
            room = room - paid
        owed = due - paid
        paid_all[h], owed_all[h] = paid, owed
    return paid_all, owed_all, used


def _pay_late(
    due: np.ndarray, paid: np.ndarray, widest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Let the draws that owe most pay later where the interval would narrow.

    Returns
    -------
    tuple
        Paid, (regions, draws), and the width of the 80% interval, (regions,).
    """
    owed = due - paid
    low, high = np.quantile(owed, (_TINGKAT[0], _TINGKAT[-1]), axis=-1)
    tail = due.shape[-1] - int(_TINGKAT[-1] * (due.shape[-1] - 1))
    floor = np.where(high - low < widest, low + widest, 0.0)[:, None]
    last = np.lexsort((due, np.round(owed), np.minimum(due, floor)), axis=-1)
    last = last[:, -tail:]
    most = np.take_along_axis(due, last, axis=-1)
    later = np.maximum(np.take_along_axis(owed, last, axis=-1), np.minimum(floor, most))
    np.put_along_axis(owed, last, later, axis=-1)
    high = np.maximum(high, np.quantile(owed, _TINGKAT[-1], axis=-1))
    return due - owed, np.maximum(widest, high - low)


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


@dataclass(frozen=True)
class _Years:
    """Payment over bill of whole past years, (years, 12), and whose they were."""

    rates: np.ndarray
    owner: np.ndarray

    @cached_property
    def sums(self) -> np.ndarray:
        """Payment over bill since January, (years, 12)."""
        return np.cumsum(self.rates, axis=1)


def _list_years(debt: pd.DataFrame) -> _Years:
    """Lay out the years of which ten months or more were delivered.

    A month that left nothing owed counts as a bill more than the region ever paid at
    once: who missed a December pays it in January, whatever the year that is replayed.
    Not where more is owed by now than it ever made good.
    """
    told = debt["tagihan_rp"].where(debt["jenis"].ne("taksiran"))
    rate = debt["dibayar_rp"] / told.where(told > 0)
    most = rate.groupby(debt["kode"]).transform("max")
    bills = (debt["tunggakan_pemda_rp"] / debt["tagihan_rp"]).where(rate.notna(), 0.0)
    owner = bills.groupby(debt["kode"])
    clear = bills.le(0) & rate.gt(0)
    made_good = owner.shift(1).where(clear, 0.0).groupby(debt["kode"]).transform("max")
    able = owner.transform("last") <= made_good + 1
    rate = rate.where(~clear, most + able)
    rows = debt.assign(
        rate=rate, tahun=debt["periode"].dt.year, bulan=debt["periode"].dt.month
    )
    wide = rows.pivot_table(index=["kode", "tahun"], columns="bulan", values="rate")
    wide = wide.reindex(columns=range(1, _BULAN + 1))
    full = wide.dropna(thresh=_BULAN - 2)
    usual = full.groupby(level="kode").transform("mean")
    full = full.fillna(usual).T.fillna(full.mean(axis=1)).T
    return _Years(
        full.to_numpy(dtype=float), full.index.get_level_values("kode").to_numpy()
    )


def _trust_own(years: _Years, mine: np.ndarray) -> float:
    """Return the weight of a region's own past years among those drawn.

    A record weighs more the longer it is, the nearer its years lie to each other
    against those of others, and the evener its months: who always paid alike will
    hardly pay as others do.
    """
    if not len(mine):
        return 0.0
    typical = np.median(years.sums[mine], axis=0)
    own, others = (
        float(np.abs(part - typical).mean()) for part in (years.sums[mine], years.sums)
    )
    between = min(own / others, 1.0) if others > 0 else 0.0
    within = min(float(years.rates[mine].std(axis=1).mean()), 1.0)
    seen = len(mine) - 1
    unsteady = (between * seen + within * _RAGU_SATU) / (seen + _RAGU_SATU)
    return len(mine) / (len(mine) + _RAGU_TETAP + _RAGU_BERUBAH * unsteady)


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
    years = _list_years(debt)
    if not len(years.rates):
        return np.ones((len(months), len(kode), draws))
    picked = rng.integers(0, len(years.rates), size=(len(kode), draws))
    moved = np.zeros_like(picked)
    even = (np.arange(draws) + 0.5) / draws
    for at, name in enumerate(kode):
        mine = np.flatnonzero(years.owner == name)
        if len(mine):
            dealt = rng.permutation(np.resize(np.arange(len(mine) * _BULAN), draws))
            use = rng.permutation(even) < _trust_own(years, mine)
            others = rng.choice(_list_alike(years, mine), size=draws)
            picked[at] = np.where(use, mine[dealt // _BULAN], others)
            free = rng.permutation(even) >= _trust_calendar(years.rates[mine])
            moved[at] = np.where(use & free, dealt % _BULAN, 0)
    return np.stack(
        [years.rates[picked, (m - 1 + moved) % _BULAN] for m in months.month]
    )


def _list_alike(years: _Years, mine: np.ndarray) -> np.ndarray:
    """List the quarter of all years that lies nearest to a region's own."""
    apart = np.abs(years.sums - np.median(years.sums[mine], axis=0)).mean(axis=1)
    apart[mine] = np.inf
    return np.argsort(apart, kind="stable")[: max(len(apart) // 4, 1)]


def _trust_calendar(own: np.ndarray) -> float:
    """Return how far a region pays by the calendar, from its years, (years, 12).

    The share of the differences between months that comes back every year: a missed
    month of a payer who pays every month says nothing of that month next year.
    """
    spread = float(own.var(ddof=1))
    if len(own) < 2 or not spread:
        return 1.0
    within = float(own.var(axis=0, ddof=1).mean())
    between = len(own) * float(own.mean(axis=0).var(ddof=1))
    return max(1 - within / spread, 0.0) if between > _POLA_NYATA * within else 0.0


def _draw_bills(
    debt: pd.DataFrame,
    now: np.ndarray,
    months: pd.DatetimeIndex,
    *,
    draws: int,
    seed: int,
) -> np.ndarray:
    """Draw the bills ahead: that of the last month, with a new quota each January.

    Quotas and contracts change with the budget year; by how much is drawn from what
    Januaries changed in any region, around no change.
    """
    rng = np.random.default_rng(seed + 1)
    january = debt["periode"].dt.month.eq(1)
    before = debt.groupby("kode")["tagihan_rp"].shift(1)
    steps = np.log(debt["tagihan_rp"] / before)[january & before.gt(0)]
    steps = steps[np.isfinite(steps)].to_numpy(dtype=float)
    bills = np.repeat(now[:, None], draws, axis=1).astype(float)
    out = np.empty((len(months), len(now), draws))
    for h, month in enumerate(months):
        if month.month == 1 and len(steps):
            moved = rng.choice(steps - np.median(steps), size=bills.shape)
            bills = bills * np.exp(moved)
        out[h] = bills
    return out


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
        kind = groups["jenis"].max()  # one estimate makes the sum one
        part = pd.concat([money, late, paid_up, kind], axis=1).rename_axis(
            ["kode", "periode"]
        )
        parts.append(part.reset_index().assign(kuantil=0.5))
    return pd.concat(parts, ignore_index=True)[nyata.columns]


def find_masa_tunggakan(utang_pemda: pd.DataFrame) -> pd.DataFrame:
    """Find since when premium has been unpaid and when it may be paid up.

    What unpaid premium costs is judged in `jkn_analysis.uhc`.

    Returns
    -------
    DataFrame
        Per kode: mulai (first month of the present spell of debt, NaT if none),
        lunas (first month ahead at which the debt is paid in more than half of the
        draws, NaT if none or nothing owed), mulai_lagi (first month ahead at which a
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
                "mulai": _spell_start(past["periode"], owes) if in_debt else pd.NaT,
                "lunas": _first(ahead["periode"], clear) if in_debt else pd.NaT,
                "mulai_lagi": pd.NaT if in_debt else _first(ahead["periode"], ~clear),
            }
        )
    return pd.DataFrame(rows, columns=["kode", "mulai", "lunas", "mulai_lagi"])


def _first(periode: pd.Series, holds: np.ndarray) -> pd.Timestamp | NaTType:
    """Return the first month at which something holds."""
    return periode.iloc[int(np.argmax(holds))] if holds.any() else pd.NaT


def _spell_start(periode: pd.Series, owes: np.ndarray) -> pd.Timestamp:
    """Return the first month of the last unbroken run of debt."""
    clear = np.flatnonzero(~owes)
    return periode.iloc[int(clear[-1]) + 1 if len(clear) else 0]
