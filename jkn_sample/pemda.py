"""Synthetic PBPU Pemda: quota, members, the bill, what was paid, the budget.

The stock of unpaid Pemda premium is opening + billed - paid in every month; where a
figure was published the payment of that month is set so that the stock hits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from jkn_analysis.peraturan import IURAN_PBPU_PEMDA_RP, JATUH_TEMPO_HARI
from jkn_sample.world import Dunia, read_rows, wander

_PORSI = {"19": 0.26, "81": 0.115, "82": 0.18, "": 0.16}
"""PBPU Pemda quota over population in 2025 where no quota was published."""
_TUMBUH = {2020: 0.6, 2021: 0.62, 2022: 0.72, 2023: 0.86, 2024: 0.95, 2025: 1.0}
"""Quota of a year relative to 2025 where it was not published."""
_TERISI = {("19.04", "2023-12"): 57_372, ("19.71", "2025-03"): 36_643}
"""Published members within the quota (ANTARA Babel 354558; Forum Keadilan 58561)."""
_TERDAFTAR = {("19.71", "2025-03"): 49_093}
_BABEL_RATE = 0.9265
_MATI = {"82.03": ("2025-01", "2025-03")}
"""Members off for unpaid premium, first and last month (Arika, 27 March 2025)."""
_SALDO = {
    ("82.71", "2021-12"): 0,
    ("82.71", "2025-02"): 17_500_000_000,
    ("82.71", "2025-11"): 17_600_000_000,
    ("82.03", "2022-12"): 0,
    ("82.03", "2023-12"): 12_400_000_000,
    ("82.03", "2025-02"): 22_000_000_000,
    ("82.03", "2025-03"): 12_000_000_000,
    ("82.03", "2025-11"): 10_850_000_000,
    ("82.01", "2023-12"): 0,
    ("82.01", "2025-03"): 7_000_000_000,
    ("82.01", "2025-11"): 3_900_000_000,
    ("81.71", "2023-12"): 0,
    ("81.71", "2025-11"): 1_250_000_000,
    ("19.03", "2024-12"): 0,
    ("19.03", "2025-06"): 1_480_000_000,
    ("19.03", "2025-11"): 2_140_000_000,
    ("82.08", "2024-06"): 0,
    ("82.08", "2025-11"): 310_000_000,
    ("81.05", "2024-12"): 0,
    ("81.05", "2025-11"): 860_000_000,
}
"""Unpaid Pemda premium at the end of a month, rupiah; Ternate (Kalesang, Nuansa),
Halmahera Utara (Arika) and Halmahera Barat (Teropong) published, the rest chosen."""
_SPM_TERNATE = ("2025-03", 6_000_000_000)
"""Payment order filed on 20 February 2025 (Kalesang)."""


@dataclass(frozen=True)
class PesertaPemda:
    """PBPU Pemda members, shape (regions, months); `putus` are switched off."""

    kuota: np.ndarray
    terdaftar: np.ndarray
    aktif: np.ndarray
    putus: np.ndarray


def _quota(dunia: Dunia) -> np.ndarray:
    """Return the quota of every month; it changes in January."""
    known = {
        (row["kode"], int(row["tahun"])): int(row["kuota_jiwa"])
        for row in read_rows("kuota.csv")
    }
    lift = np.exp(0.2 * dunia.draw("kuota", 1))[:, 0]
    years = sorted(set(dunia.periode.year))
    quota = np.empty(dunia.shape)
    for i, kode in enumerate(dunia.kode):
        share = _PORSI.get(kode[:2], _PORSI[""])
        latest = known.get((kode, 2025), share * lift[i] * dunia.penduduk[i])
        for year in years:
            people = known.get((kode, year), latest * _TUMBUH[year])
            digits = -1 if (kode, year) in known else -2
            value = people if (kode, year) in known else round(people, digits)
            quota[i, dunia.periode.year == year] = value
    return quota


def _filled(dunia: Dunia, quota: np.ndarray) -> np.ndarray:
    """Return members within the quota: low in January, filled up by mid-year."""
    month = dunia.periode.month.to_numpy()
    level = 0.965 + 0.02 * dunia.uniform("isi", 1)
    dip = 0.07 * dunia.uniform("isi-januari", dunia.shape[1])
    season = np.where(month == 1, 1.0, np.where(month == 2, 0.6, 0.25 * (month == 3)))
    noise = 0.003 * wander(dunia.draw("isi-acak", dunia.shape[1]), keep=0.6)
    share = np.clip(level - dip * season + noise, 0.80, 0.998)
    filled = np.round(quota * share)
    for (kode, bulan), people in _TERISI.items():
        if kode in dunia.kode and dunia.has(bulan):
            filled[dunia.kode.index(kode), dunia.at(bulan)] = people
    return filled


def _registered(dunia: Dunia, filled: np.ndarray) -> np.ndarray:
    """Return registered members, those off included; they fall off slowly."""
    rate = 0.90 + 0.04 * dunia.uniform("pemda-rate", 1)
    path = np.broadcast_to(rate, dunia.shape).copy()
    babel = dunia.rows("19.")
    if babel.size:
        at, other = dunia.at("2025-08"), np.array([k != "19.71" for k in dunia.kode])
        path[babel] += 0.015
        if "19.71" in dunia.kode:
            row = dunia.kode.index("19.71")
            months = [0, dunia.at("2025-03"), at, dunia.shape[1]]
            path[row] = np.interp(
                np.arange(dunia.shape[1]), months, [0.80, 0.7464, 0.885, 0.89]
            )
        people = filled[babel, at]
        keep = ~other[babel]
        rest = people.sum() / _BABEL_RATE - (people[keep] / path[babel[keep], at]).sum()
        path[babel[~keep]] *= (
            people[~keep].sum() / rest / path[babel[~keep], at][:, None]
        )
    registered = np.round(filled / path)
    for (kode, bulan), value in _TERDAFTAR.items():
        if kode in dunia.kode:
            registered[dunia.kode.index(kode), dunia.at(bulan)] = value
    return _settle_babel(dunia, registered, filled)


def _settle_babel(
    dunia: Dunia, registered: np.ndarray, filled: np.ndarray
) -> np.ndarray:
    """Correct rounding so that Babel's published rate of August 2025 is exact."""
    babel = dunia.rows("19.")
    if babel.size:
        at = dunia.at("2025-08")
        goal = np.round(filled[babel, at].sum() / _BABEL_RATE)
        registered[babel[0], at] += goal - registered[babel, at].sum()
    return registered


def build_pemda(dunia: Dunia) -> PesertaPemda:
    """Build quota and members of PBPU Pemda."""
    quota = _quota(dunia)
    filled = _filled(dunia, quota)
    registered = _registered(dunia, filled)
    off = np.zeros(dunia.shape)
    for kode, (first, last) in _MATI.items():
        if kode in dunia.kode:
            row, months = (
                dunia.kode.index(kode),
                slice(dunia.at(first), dunia.at(last) + 1),
            )
            off[row, months] = np.round(0.985 * filled[row, months])
    return PesertaPemda(quota, registered, filled - off, off)


def _punctual(dunia: Dunia) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of the running bill paid in its month, and the lag pattern."""
    month = dunia.periode.month.to_numpy()
    late = np.where(month == 1, 0.0, np.where(month == 2, 0.5, 1.0))
    late = np.broadcast_to(late, dunia.shape).copy()
    late[:, month == 12] = 1.0
    prompt = dunia.uniform("tepat", 1)[:, 0] < 0.5
    late[prompt] = 1.0
    return late, prompt


def _payments(dunia: Dunia, bill: np.ndarray) -> np.ndarray:
    """Return payments: all owed is settled, January's bill often only in March."""
    share, _ = _punctual(dunia)
    paid, owed = np.zeros_like(bill), np.zeros(len(dunia.kode), np.int64)
    for t in range(dunia.shape[1]):
        owed += bill[:, t]
        paid[:, t] = np.floor(owed * share[:, t])
        owed -= paid[:, t]
    return paid


def _steer(dunia: Dunia, bill: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Replace payments between two published stocks so that both are met."""
    points: dict[str, list[tuple[int, int]]] = {}
    for (kode, bulan), stock in _SALDO.items():
        if kode in dunia.kode:
            points.setdefault(kode, []).append((dunia.at(bulan), stock))
    for kode, pairs in points.items():
        row = dunia.kode.index(kode)
        first = pairs[0][0]
        settled = bill[row, : first + 1].sum() - paid[row, :first].sum()
        paid[row, first] = settled - pairs[0][1]
        for (start, opening), (end, closing) in pairwise(pairs):
            span = slice(start + 1, end + 1)
            due = int(opening + bill[row, span].sum() - closing)
            paid[row, span] = _spread(dunia, row, span, due=due)
    return paid


def _spread(dunia: Dunia, row: int, span: slice, *, due: int) -> np.ndarray:
    """Spread an amount over the months of a span in uneven payment orders."""
    months = dunia.periode[span]
    weight = dunia.rng("spm", dunia.kode[row]).gamma(0.7, size=len(months))
    weight *= ~np.isin(months.month, (1, 2)) | (len(months) < 3)
    amount = np.zeros(len(months), np.int64)
    rest = due
    fixed = pd.Timestamp(f"{_SPM_TERNATE[0]}-01")
    if dunia.kode[row] == "82.71" and fixed in months:
        at = months.tolist().index(fixed)
        amount[at] = _SPM_TERNATE[1]
        weight[at] = 0
        rest -= _SPM_TERNATE[1]
    share = weight / weight.sum()
    parts = (np.floor(rest * share / 1_000_000) * 1_000_000).astype(np.int64)
    parts[int(np.argmax(share))] += rest - parts.sum()
    return amount + parts


def build_iuran_pemda(dunia: Dunia, pemda: PesertaPemda) -> pd.DataFrame:
    """Build the table ``iuran_pemda``; ``tunggakan_awal_rp`` opens each month."""
    bill = (pemda.aktif * IURAN_PBPU_PEMDA_RP).astype(np.int64)
    paid = _keep_solvent(bill, _steer(dunia, bill, _payments(dunia, bill)))
    opening = np.cumsum(bill - paid, axis=1) - (bill - paid)
    day = 11 + np.floor(17 * dunia.uniform("hari-bayar", dunia.shape[1])).astype(int)
    prompt = dunia.uniform("tepat", 1) < 0.5
    day = np.where(prompt & (day > 19), JATUH_TEMPO_HARI - day % 7, day)
    frame = dunia.long().assign(
        kuota_jiwa=pemda.kuota.astype(np.int64).ravel(),
        terisi_jiwa=pemda.aktif.astype(np.int64).ravel(),
        tagihan_rp=bill.ravel(),
        dibayar_rp=paid.ravel(),
        tunggakan_awal_rp=opening.ravel(),
    )
    when = frame["periode"] + pd.to_timedelta(day.ravel() - 1, unit="D")
    return frame.assign(tanggal_bayar=when.where(frame["dibayar_rp"] > 0))


def _keep_solvent(bill: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Move payments that exceed what is owed to the next month."""
    paid = paid.copy()
    for row in range(len(bill)):
        owed = 0
        for t in range(bill.shape[1]):
            owed += int(bill[row, t])
            over = int(paid[row, t]) - owed
            if over > 0 and t + 1 < bill.shape[1]:
                paid[row, t] -= over
                paid[row, t + 1] += over
            owed -= int(paid[row, t])
    return paid


def build_anggaran(dunia: Dunia, iuran_pemda: pd.DataFrame) -> pd.DataFrame:
    """Build the table ``anggaran``: pagu, mid-year shift and sources of funds.

    The pagu is near the need of the year; a region with unpaid premium had less.
    The year after the last month is the draft budget.
    """
    year = iuran_pemda["periode"].dt.year.rename("tahun")
    need = iuran_pemda.groupby(["kode", year], sort=True)["tagihan_rp"].mean() * 12
    paid = iuran_pemda.groupby(["kode", year], sort=True)["dibayar_rp"].sum()
    rows = []
    for kode in dunia.kode:
        chance = dunia.rng("anggaran", kode)
        years = need[kode].index
        need_of = {**need[kode].to_dict(), years[-1] + 1: need[kode].iloc[-1] * 1.03}
        share = np.round(chance.dirichlet((14, 3, 4)), 2)
        for tahun, amount in need_of.items():
            spent = paid[kode].get(tahun, 0)
            pagu = max(amount * chance.uniform(0.86, 1.05), spent)
            rows += _budget_rows(kode, int(tahun), pagu, share, chance)
    return pd.DataFrame(rows)


def _budget_rows(
    kode: str, tahun: int, pagu: float, share: np.ndarray, chance: np.random.Generator
) -> list[dict[str, object]]:
    """Return one row per source of funds."""
    shift = round(chance.choice([0, 0, 0.05, 0.08, -0.04]) * pagu, -6)
    sources = ("APBD", "DBH", "Pajak rokok")
    return [
        {
            "kode": kode,
            "tahun": tahun,
            "sumber_dana": name,
            "pagu_rp": int(round(pagu * part, -6)),
            "pergeseran_rp": int(shift) if name == "APBD" else 0,
        }
        for name, part in zip(sources, share, strict=True)
    ]
