"""Roll rates: who leaves arrears at each age, and who enters, with partial pooling.

The chain of one region x kelas has the states 0 (paying), 1 ... 24, 25+ and out.
A debtor of age a is at a + 1 next month or has left. Stocks by single age identify
the probability of leaving, ``keluar``; rupiah received split leavers into paid
(back to 0) and out (moved segment, written off), ``bagian_bayar``.

Small regions borrow strength: the country's profile by kelas and age is scaled by a
province, a region and a unit factor (gamma-Poisson empirical Bayes), and the
result is the prior mean of a beta at each age. Every strength of pooling is the
maximum of its marginal likelihood, nothing is tuned by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.tunggakan.moods import (
    PER_GUNCANGAN,
    Movement,
    fit_moods,
    log_ratio,
)
from jkn_analysis.tunggakan.pooling import shrink_factor, shrink_rate
from jkn_analysis.tunggakan.stock import SEGMEN_MENUNGGAK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jkn_analysis.tunggakan.stock import Stock

UMUR_GRUP = np.array([0] + [1] * 2 + [2] * 9 + [3] * 12 + [4])
"""Ages whose pooling strength is shared: 1, 2-3, 4-12, 13-24, 25+."""
_PER_UMUR = ("keluar", "konsentrasi", "sd_faktor")
_PER_UNIT = ("masuk", "sd_masuk", "tumbuh", "bagian_bayar", "ada_dasar")
_RP_PENYUSUTAN = 1e8
_MUSIM_NYATA = 2.2
"""F statistic (11 and about 24 months) below which a season is taken for noise."""
_GALAT_BAGI = 0.25
"""Assumed log error of age 24's rate when it is read off the ages before it."""
_EPS = 1e-9


@dataclass(frozen=True)
class Laju:
    """Estimated roll rates; arrays end in the unit axis of `unit`.

    Attributes
    ----------
    keluar, konsentrasi, sd_faktor
        (25, units): probability of leaving at each age net of season, its beta
        concentration, and the log error of its pooled part.
    masuk, sd_masuk
        (units,): new debtors per paying member and month, and its log error;
        new debtors per month where paying members are unknown.
    tumbuh
        (units,): monthly net growth of paying members from elsewhere, per member.
    musim_keluar, musim_masuk
        (12,): factor of each calendar month, January first.
    bagian_bayar
        (units,): share of leavers who paid.
    """

    unit: pd.DataFrame
    keluar: np.ndarray
    konsentrasi: np.ndarray
    sd_faktor: np.ndarray
    masuk: np.ndarray
    sd_masuk: np.ndarray
    tumbuh: np.ndarray
    musim_keluar: np.ndarray
    musim_masuk: np.ndarray
    bagian_bayar: np.ndarray
    guncangan_keluar: Movement
    guncangan_masuk: Movement
    ada_dasar: np.ndarray

    def take(self, keep: np.ndarray | slice) -> Laju:
        """Return the rates of the units in `keep`, a mask or a slice."""
        kode = self.unit["kode"].to_numpy(dtype=object)
        regions = np.unique(kode.astype(str))
        kept = np.isin(regions, np.unique(kode[keep].astype(str)))
        cut = {
            name: getattr(self, name)[..., keep] for name in (*_PER_UMUR, *_PER_UNIT)
        }
        shocks = {
            name: replace(
                getattr(self, name),
                tingkat=getattr(self, name).tingkat[kept],
                galat=getattr(self, name).galat[kept],
            )
            for name in ("guncangan_keluar", "guncangan_masuk")
        }
        unit = self.unit[keep].reset_index(drop=True)
        return replace(self, unit=unit, **cut, **shocks)

    def to_table(self) -> pd.DataFrame:
        """Lay out every parameter as rows of table ``laju_tunggakan``."""
        parts = [
            _rows(self.unit, name, getattr(self, name))
            for name in (*_PER_UMUR, *_PER_UNIT)
        ]
        regions = pd.DataFrame({"kode": np.unique(self.unit["kode"].astype(str))})
        regions["kelas"] = 0
        common = pd.DataFrame({"kode": ["00"], "kelas": [0]})
        for name in ("keluar", "masuk"):
            shock = getattr(self, f"guncangan_{name}")
            parts += [
                _rows(regions, f"tingkat_{name}", shock.tingkat),
                _rows(regions, f"galat_{name}", shock.galat),
                _rows(common, f"musim_{name}", getattr(self, f"musim_{name}")[:, None]),
                *[
                    _rows(common, f"{part}_{name}", np.array([getattr(shock, part)]))
                    for part in PER_GUNCANGAN
                ],
            ]
        return pd.concat(parts, ignore_index=True)


def _rows(unit: pd.DataFrame, name: str, values: np.ndarray) -> pd.DataFrame:
    """Lay out one parameter, (order, units) or (units,), as rows."""
    grid = np.atleast_2d(np.asarray(values, dtype=float))
    return pd.DataFrame(
        {
            "kode": np.tile(unit["kode"].to_numpy(dtype=str), len(grid)),
            "kelas": np.tile(unit["kelas"].to_numpy(dtype=int), len(grid)),
            "parameter": name,
            "urutan": np.repeat(np.arange(1, len(grid) + 1), len(unit)),
            "nilai": grid.ravel(),
        }
    )


def _keys(rows: pd.DataFrame) -> np.ndarray:
    """Return one text per row naming region and kelas."""
    joined = rows["kode"].astype(str) + "|" + rows["kelas"].astype(str)
    return joined.to_numpy(dtype=object)


def read_laju(table: pd.DataFrame, unit: pd.DataFrame) -> Laju:
    """Rebuild the rates of some units from table ``laju_tunggakan``.

    Parameters
    ----------
    table
        Rows of these regions and of kode '00'.
    unit
        Region x kelas wanted, sorted.
    """
    keys = _keys(table)
    order = table["urutan"].to_numpy(dtype=int) - 1
    values = table["nilai"].to_numpy(dtype=float)
    named = table.groupby("parameter").indices

    def get(name: str, rows: pd.DataFrame) -> np.ndarray:
        at = named[name]
        place = pd.Index(_keys(rows)).get_indexer(pd.Index(keys[at]))
        out = np.full((order[at].max() + 1, len(rows)), np.nan)
        known = place >= 0
        out[order[at][known], place[known]] = values[at][known]
        return out

    regions = pd.DataFrame({"kode": np.unique(unit["kode"].astype(str)), "kelas": 0})
    common = pd.DataFrame({"kode": ["00"], "kelas": [0]})

    def shock(name: str) -> Movement:
        size = {
            part: float(get(f"{part}_{name}", common)[0, 0]) for part in PER_GUNCANGAN
        }
        level, error = get(f"tingkat_{name}", regions), get(f"galat_{name}", regions)
        return Movement(**size, tingkat=level[0], galat=error[0])

    return Laju(
        unit=unit.reset_index(drop=True),
        keluar=get("keluar", unit),
        konsentrasi=get("konsentrasi", unit),
        sd_faktor=get("sd_faktor", unit),
        masuk=get("masuk", unit)[0],
        sd_masuk=get("sd_masuk", unit)[0],
        tumbuh=get("tumbuh", unit)[0],
        musim_keluar=get("musim_keluar", common)[:, 0],
        musim_masuk=get("musim_masuk", common)[:, 0],
        bagian_bayar=get("bagian_bayar", unit)[0],
        guncangan_keluar=shock("keluar"),
        guncangan_masuk=shock("masuk"),
        ada_dasar=get("ada_dasar", unit)[0] > 0.5,
    )


@dataclass(frozen=True)
class Transitions:
    """Transitions counted from stocks: at risk and left, (months, ages, units)."""

    berisiko: np.ndarray
    keluar: np.ndarray
    bobot: np.ndarray
    """(months, units): 1, or 0 where unknown or set aside."""
    bulan: np.ndarray


def count_transisi(
    stok: Stock,
    *,
    abaikan: Iterable[tuple[str, pd.Timestamp]] = (),
) -> Transitions:
    """Count who was at risk and who left between each two months.

    People gained at an age above 1 (moved in) make negative leavers; sums over
    months absorb them, so single months are not clipped.

    Parameters
    ----------
    stok
        Stocks by age.
    abaikan
        Region ('00' = all) and month of transitions to leave out: a write-off or a
        list repair is an event, not a payment habit.
    """
    now, then = stok.jiwa[:-1], stok.jiwa[1:]
    left = np.empty_like(now)
    left[:, :23] = now[:, :23] - then[:, 1:24]
    old = now[:, 23:].sum(axis=1) - then[:, 24]
    near = np.nansum(left[:, 19:23]) / max(np.nansum(now[:, 19:23]), 1.0)
    left[:, 23:] = _split_oldest(now[:, 23:], old, float(np.clip(near, 1e-4, 0.9)))
    months = stok.periode[1:]
    known = ~np.isnan(left).any(axis=1)
    weight = known * _kept(stok, months, abaikan)
    return Transitions(
        np.nan_to_num(now), np.nan_to_num(left), weight, months.month.to_numpy() - 1
    )


def _kept(
    stok: Stock, months: pd.DatetimeIndex, abaikan: Iterable[tuple[str, pd.Timestamp]]
) -> np.ndarray:
    """Return 0 where a transition is set aside, else 1."""
    kept = np.ones((len(months), len(stok.unit)))
    for kode, month in abaikan:
        rows = months == month
        units = np.array(
            [kode == "00" or k == kode or k[:2] == kode for k in stok.kode]
        )
        kept[np.ix_(rows, units)] = 0
    return kept


def _split_oldest(now: np.ndarray, left: np.ndarray, near: float) -> np.ndarray:
    """Share the leavers of ages 24 and 25+, who both land in 25+.

    In a settled stock the mix of the two hardly varies, so their own counts cannot
    tell them apart; age 24 is taken to behave like the ages before it (`near`).
    """
    ok = ~np.isnan(left)
    people = np.nansum(now[:, 0][ok]), np.nansum(now[:, 1][ok])
    rest = (left[ok].sum() - near * people[0]) / max(people[1], 1.0)
    rate = np.maximum([near, rest], 1e-4)
    expected = now * rate[None, :, None]
    total = expected.sum(axis=1, keepdims=True)
    share = np.divide(expected, total, out=np.full_like(expected, 0.5), where=total > 0)
    return np.asarray(share * left[:, None, :])


def _groups(unit: pd.DataFrame, level: str) -> np.ndarray:
    """Return the index of each unit's province or region."""
    kode = unit["kode"].astype(str)
    names = kode.str[:2] if level == "provinsi" else kode
    return np.unique(names.to_numpy(dtype=str), return_inverse=True)[1]


def _season(
    observed: np.ndarray, expected: np.ndarray, month: np.ndarray, used: np.ndarray
) -> np.ndarray:
    """Return the factor of each calendar month, shrunk to 1 by its own noise."""
    raw, noise = np.zeros(12), np.full(12, np.inf)
    ratio = log_ratio(observed.sum(axis=1), expected.sum(axis=1))
    ok = used.any(axis=1)
    for m in range(12):
        mine = ratio[ok & (month == m)]
        if len(mine) > 1:
            raw[m] = mine.mean()
            noise[m] = max(float(np.var(mine, ddof=1)), 1e-6) / len(mine)
    seen = np.isfinite(noise)
    if seen.sum() < 12:
        return np.ones(12)
    raw -= raw.mean()
    typical = float(noise.mean())
    spread = float(np.var(raw))
    signal = spread - typical if spread > _MUSIM_NYATA * typical else 0.0
    factor = np.exp(raw * signal / (signal + typical))
    return np.asarray(factor / factor.mean())


def _by_region(values: np.ndarray, unit: pd.DataFrame) -> np.ndarray:
    """Sum (months, units) into (months, regions)."""
    index = _groups(unit, "kode")
    out = np.zeros((index.max() + 1, values.shape[0]))
    np.add.at(out, index, values.T)
    return out.T


def _profile(left: np.ndarray, risk: np.ndarray, kelas: np.ndarray) -> np.ndarray:
    """Country rate by age for each unit's kelas, each kelas leaning on all."""
    total = (left.sum(axis=1) + 0.5) / (risk.sum(axis=1) + 10)
    out = np.empty_like(left)
    for k in np.unique(kelas):
        mine = kelas == k
        num = left[:, mine].sum(axis=1) + 50 * np.maximum(total, 1e-4)
        out[:, mine] = (num / (risk[:, mine].sum(axis=1) + 50))[:, None]
    return np.clip(out, 1e-4, 0.95)


def _factors(
    observed: np.ndarray, expected: np.ndarray, unit: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Scale factors of units, shrunk to their region, that to its province."""
    parent, error = np.ones(1), np.zeros(1)
    inside = np.zeros(len(unit), dtype=int)
    for level in ("provinsi", "kode", "unit"):
        group = np.arange(len(unit)) if level == "unit" else _groups(unit, level)
        size = int(group.max()) + 1
        obs = np.bincount(group, observed, size)
        exp = np.bincount(group, expected, size)
        first = np.array([np.flatnonzero(group == g)[0] for g in range(size)])
        above = inside[first]
        parent, error = shrink_factor(obs, exp, parent[above], error[above])
        inside = group
    return parent, error


def estimate_laju(
    stok: Stock,
    *,
    abaikan: Iterable[tuple[str, pd.Timestamp]] = (),
    bagian_bayar: np.ndarray | float | None = None,
) -> Laju:
    """Estimate roll rates of every region x kelas with partial pooling.

    Parameters
    ----------
    stok
        Stocks by single age, at least two consecutive months.
    abaikan
        Region and month of transitions to leave out (see `count_transisi`).
    bagian_bayar
        Share of leavers who paid; estimated from paying members if None, and
        taken as all where these are unknown.
    """
    moved = count_transisi(stok, abaikan=abaikan)
    rates, konsentrasi, sd, musim = _estimate_keluar(stok, moved)
    expected = moved.berisiko * rates * musim[moved.bulan][:, None, None]
    shock = fit_moods(
        _by_region(moved.keluar.sum(axis=1), stok.unit),
        _by_region(expected.sum(axis=1), stok.unit),
        _by_region(moved.bobot, stok.unit) > 0,
    )
    masuk = _estimate_masuk(stok, moved)
    share = _paid_share(stok, moved, bagian_bayar)
    tumbuh = _growth(stok, moved, share)
    return Laju(
        stok.unit, rates, konsentrasi, sd, masuk.rate, masuk.sd, tumbuh,
        musim, masuk.musim, share, shock, masuk.guncangan, masuk.ada_dasar,
    )  # fmt: skip


def _estimate_keluar(
    stok: Stock, moved: Transitions
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return leaving rates, their concentration and pooled error, and the season."""
    weight = moved.bobot[:, None, :]
    musim = np.ones(12)
    for _ in range(2):
        season = musim[moved.bulan][:, None, None]
        left = (moved.keluar / season * weight).sum(axis=0)
        risk = (moved.berisiko * weight).sum(axis=0)
        profile = _profile(left, risk, stok.kelas)
        expected = moved.berisiko * profile * weight
        musim = _season(
            (moved.keluar * weight).sum(axis=1),
            expected.sum(axis=1),
            moved.bulan,
            moved.bobot > 0,
        )
    factor, error = _factors(left.sum(axis=0), (risk * profile).sum(axis=0), stok.unit)
    prior = np.clip(profile * factor, 1e-4, 0.95)
    rates, konsentrasi, sd = np.empty_like(prior), np.empty_like(prior), prior * 0
    seen = _evidence(risk, prior)
    ratio = np.divide(left, risk, out=prior.copy(), where=risk > 0)
    for group in np.unique(UMUR_GRUP):
        at = group == UMUR_GRUP
        rates[at], strength = shrink_rate(ratio[at] * seen[at], seen[at], prior[at])
        konsentrasi[at] = strength + seen[at]
        sd[at] = error * strength / (strength + seen[at])
    return np.clip(rates, 1e-5, 0.98), konsentrasi, sd, musim


def _evidence(risk: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Return people at risk as evidence: none at age 24, less at 25+.

    The leavers of the two arrive mixed (`_split_oldest`); a wrong share of the
    younger one is an error of the older one that more people do not cure.
    """
    seen = risk.copy()
    seen[23] = 0
    share = risk[23] / np.maximum(risk[23] + risk[24], 1.0)
    seen[24] = risk[24] / (1 + risk[24] * prior[24] * (_GALAT_BAGI * share) ** 2)
    return seen


@dataclass(frozen=True)
class _Inflow:
    rate: np.ndarray
    sd: np.ndarray
    musim: np.ndarray
    guncangan: Movement
    ada_dasar: np.ndarray


def _estimate_masuk(stok: Stock, moved: Transitions) -> _Inflow:
    """Estimate new debtors per paying member, or per month where unknown."""
    new = np.nan_to_num(stok.jiwa[1:, 0])
    base = stok.dasar_jiwa[:-1]
    ada = (np.isnan(base) & (moved.bobot > 0)).sum(axis=0) == 0
    level = np.where(ada, np.nan_to_num(base), 1.0)
    typical = np.maximum(new.mean(axis=0), 0.5)
    level = np.where(ada, level, typical[None, :])
    weight = moved.bobot
    observed, exposure = (new * weight).sum(axis=0), (level * weight).sum(axis=0)
    profile = np.ones(len(stok.unit))
    for k in np.unique(stok.kelas):
        for known in (True, False):
            mine = (stok.kelas == k) & (ada == known)
            if mine.any():
                profile[mine] = observed[mine].sum() / max(exposure[mine].sum(), _EPS)
    profile = np.maximum(profile, 1e-6)
    musim = _season(new * weight, level * profile * weight, moved.bulan, weight > 0)
    factor, error = _factors(observed, exposure * profile, stok.unit)
    rate = profile * factor
    expected = level * rate * musim[moved.bulan][:, None]
    shock = fit_moods(
        _by_region(new, stok.unit),
        _by_region(expected, stok.unit),
        _by_region(weight, stok.unit) > 0,
    )
    return _Inflow(np.where(ada, rate, rate * typical), error, musim, shock, ada)


def _paid_share(
    stok: Stock, moved: Transitions, given: np.ndarray | float | None
) -> np.ndarray:
    """Return the share of leavers who came back to paying."""
    if given is not None:
        return np.broadcast_to(np.asarray(given, dtype=float), len(stok.unit)).copy()
    change = np.diff(stok.dasar_jiwa, axis=0) + np.nan_to_num(stok.jiwa[1:, 0])
    left = moved.keluar.sum(axis=1)
    ok = ~np.isnan(change) & (moved.bobot > 0) & (stok.dasar_jiwa[:-1] > 0)
    if ok.sum() < 24:
        return np.ones(len(stok.unit))
    base = stok.dasar_jiwa[:-1][ok]
    scale = 1 / np.sqrt(base)
    x = np.column_stack([left[ok] * scale, base * scale])
    slope = np.linalg.lstsq(x, change[ok] * scale, rcond=None)[0][0]
    return np.full(len(stok.unit), float(np.clip(slope, 0.0, 1.0)))


def measure_bagian_bayar(stok: Stock, iuran: pd.DataFrame) -> np.ndarray | None:
    """Measure the share of leavers who paid, from rupiah written off.

    Debt that left and was not written off (``dihapus_rp``) was paid. Regions lean
    on the country with the weight of Rp100 million of leaving debt.

    Returns
    -------
    ndarray or None
        One share per unit; None where write-offs were not delivered.
    """
    own = iuran[iuran["segmen"].isin(SEGMEN_MENUNGGAK)]
    if own.empty or own["dihapus_rp"].isna().all():
        return None
    rate = stok.rp[:-1] / np.maximum(stok.jiwa[:-1], 1.0)
    gone = np.nan_to_num(count_transisi(stok).keluar * rate).sum(axis=1)
    months = stok.periode[1:]
    written = own[own["periode"].isin(months)].groupby("kode")["dihapus_rp"].sum()
    kode = stok.kode.astype(str)
    total = pd.Series(gone.sum(axis=0)).groupby(kode).sum()
    lost = written.reindex(total.index).astype(float).fillna(0.0)
    pooled = lost.sum() / max(total.sum(), 1.0)
    share = (lost + pooled * _RP_PENYUSUTAN) / (total.clip(lower=0) + _RP_PENYUSUTAN)
    return (1 - share).clip(0.0, 1.0).reindex(kode).to_numpy(dtype=float)


def _growth(stok: Stock, moved: Transitions, share: np.ndarray) -> np.ndarray:
    """Return the drift of paying members that cures and new debtors do not explain."""
    base = stok.dasar_jiwa[:-1]
    change = np.diff(stok.dasar_jiwa, axis=0) + np.nan_to_num(stok.jiwa[1:, 0])
    rest = change - share * moved.keluar.sum(axis=1)
    ok = ~np.isnan(rest) & (moved.bobot > 0)
    weight = np.where(ok, moved.bobot, 0.0)
    num = (np.nan_to_num(rest) * weight).sum(axis=0)
    den = (np.nan_to_num(base) * weight).sum(axis=0)
    own = num / np.maximum(den, _EPS)
    pooled = num.sum() / max(den.sum(), _EPS)
    months = weight.sum(axis=0)
    return np.where(den > 0, (months * own + 12 * pooled) / (months + 12), 0.0)
