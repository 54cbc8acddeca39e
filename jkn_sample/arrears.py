"""Synthetic arrears of members: people move through ages 1, 2, ... 24, 25+ by month.

Who is at age k this month is at k + 1 next month, or paid (back to active), or left
(moved segment, died; the debt is written off). Per region, segmen and kelas, with
``s`` the tariff and every person counted whole:

- ditagih  = s x (paid on time + new debtors + stayers below 24 months + payers)
- diterima = s x (paid on time + payers) + their arrears
- dihapus  = arrears of those who left
- opening arrears + ditagih - diterima - dihapus = closing arrears

because a debtor past 24 months is billed no more (the cap).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jkn_analysis.peraturan import CAP_BULAN, iuran_rp
from jkn_analysis.terms import KELAS, SEGMEN, UMUR_MAKS_BULAN
from jkn_sample.kepesertaan import Peserta
from jkn_sample.world import Dunia

SEGMEN_MENUNGGAK = ("PBPU", "BP")
_UMUR = np.arange(1, UMUR_MAKS_BULAN + 1)
BULAN_DIKIRIM = 36
"""Months of arrears by age that the sample delivers; the flow runs longer."""
_PANAS_BULAN = 72
"""Months of burn-in before the first month."""
_KELAS = {"19": (0.52, 0.26, 0.22), "81": (0.24, 0.22, 0.54), "82": (0.26, 0.23, 0.51)}
_KELAS_LAIN = (0.25, 0.20, 0.55)
_MASUK = {"PBPU": 0.026, "BP": 0.0006}
"""New debtors per paying member and month."""
_TARGET_RP = {"19.01": 45_000_000_000, "19": 191_000_000_000}
"""Arrears of November 2025: Kab. Bangka and all of Babel (Media Indonesia 833633)."""
_TARGET_PORSI = {"19": 0.8, "81": 0.62, "82": 0.60}
"""Debtors over non-active PBPU that the flow is scaled to elsewhere."""
_REHAB_2 = pd.Timestamp(2025, 2, 1)


@dataclass(frozen=True)
class Alur:
    """Stocks and flows; (regions, 2 segments, 3 kelas, months[, 25 ages]), whole.

    `jumlah` people by age at the end of each month, `awal` before the first,
    `tepat` paid on time, `masuk` new debtors, `bayar` and `keluar` by age.
    """

    jumlah: np.ndarray
    awal: np.ndarray
    tepat: np.ndarray
    masuk: np.ndarray
    bayar: np.ndarray
    keluar: np.ndarray


def tariff() -> np.ndarray:
    """Return what a member owes per month by kelas, shape (3,)."""
    day = pd.Timestamp(2021, 1, 1)
    return np.array([iuran_rp("PBPU", kelas=kelas, tanggal=day) for kelas in KELAS])


def _payers(dunia: Dunia, peserta: Peserta) -> np.ndarray:
    """Return active members by segmen and kelas, (regions, 2, 3, months)."""
    share = np.array([_KELAS.get(kode[:2], _KELAS_LAIN) for kode in dunia.kode])
    share = share * np.exp(0.08 * dunia.draw("kelas", 3))
    share = share / share.sum(1, keepdims=True)
    columns = [SEGMEN.index(name) for name in SEGMEN_MENUNGGAK]
    active = np.moveaxis(peserta.aktif[..., columns], 1, 2)
    parts = active[:, :, None, :] * share[:, None, :, None]
    return np.round(parts)


def _leave() -> tuple[np.ndarray, np.ndarray]:
    """Return the monthly shares who pay and who go, by age 1 ... 25."""
    pay = 0.006 + 0.052 * np.exp(-(_UMUR - 1) / 9) + 0.30 * np.exp(-(_UMUR - 1) / 1.1)
    go = np.where(_UMUR == UMUR_MAKS_BULAN, 0.007, 0.0055)
    return pay, go


@dataclass(frozen=True)
class _Rates:
    """Monthly shares, with chance: new debtors, payers and leavers."""

    masuk: np.ndarray
    bayar: np.ndarray
    keluar: np.ndarray


def _rates(dunia: Dunia) -> _Rates:
    """Return rates with season and shocks, months of burn-in first."""
    months = pd.date_range(
        end=dunia.periode[-1], periods=dunia.shape[1] + _PANAS_BULAN, freq="MS"
    )
    count = len(months)
    common = np.random.default_rng([dunia.seed, 25]).standard_normal((3, count))
    entry = np.array(
        [1.18, 0.96, 0.97, 1.05, 1.0, 1.06, 1.1, 0.98, 0.96, 0.97, 0.96, 0.9]
    )
    pay = np.array(
        [0.85, 1.0, 1.06, 0.95, 1.0, 0.97, 0.95, 1.04, 1.0, 1.02, 1.05, 1.12]
    )
    season = months.month.to_numpy() - 1
    own = np.exp(0.10 * dunia.draw("masuk", count) + 0.05 * common[0])
    own *= np.exp(0.12 * dunia.draw("masuk-tingkat", 1))
    paying = np.exp(0.12 * dunia.draw("bayar", count) + 0.06 * common[1])
    paying *= np.where(months >= _REHAB_2, 1.18, 1.0)
    going = np.exp(0.25 * dunia.draw("keluar", count) + 0.10 * common[2])
    return _Rates(own * entry[season], paying * pay[season], going)


def _whole(expected: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Round to whole people, up with the chance of the fraction."""
    return np.floor(expected + luck)


def _simulate(dunia: Dunia, payers: np.ndarray, scale: np.ndarray) -> Alur:
    """Run the flow; `scale` multiplies new debtors of each region."""
    rates, (pay, go) = _rates(dunia), _leave()
    regions, segments, kelas, months = payers.shape
    base = np.array([_MASUK[name] for name in SEGMEN_MENUNGGAK])[None, :, None]
    luck = np.random.default_rng([dunia.seed, 99])
    now = np.zeros((regions, segments, kelas, UMUR_MAKS_BULAN))
    kept: dict[str, list[np.ndarray]] = {name: [] for name in ("n", "m", "b", "k")}
    start = now
    for step in range(_PANAS_BULAN + months):
        t = max(step - _PANAS_BULAN, 0)
        if step == _PANAS_BULAN:
            start = now
        before = payers[..., max(t - 1, 0)]
        entry = before * base * (scale * rates.masuk[:, step])[:, None, None]
        new = _whole(entry, luck.random(entry.shape))
        paying = np.minimum(pay * rates.bayar[:, step, None], 0.9)[:, None, None, :]
        going = np.minimum(go * rates.keluar[:, step, None], 0.09)[:, None, None, :]
        paid = np.minimum(_whole(now * paying, luck.random(now.shape)), now)
        left = np.minimum(_whole(now * going, luck.random(now.shape)), now - paid)
        stay = now - paid - left
        now = np.concatenate([new[..., None], stay[..., :-1]], axis=-1)
        now[..., -1] += stay[..., -1]
        if step >= _PANAS_BULAN:
            for name, value in zip("nmbk", (now, new, paid, left), strict=True):
                kept[name].append(value)
    stacks = {
        name: np.stack(parts, axis=3).astype(np.int64) for name, parts in kept.items()
    }
    new, paid = stacks["m"], stacks["b"]
    on_time = np.maximum(payers - paid.sum(-1), 0).astype(np.int64)
    return Alur(stacks["n"], start.astype(np.int64), on_time, new, paid, stacks["k"])


def arrears_rp(people: np.ndarray) -> np.ndarray:
    """Return rupiah owed by people on (..., kelas, months, ages)."""
    owed = np.minimum(_UMUR, CAP_BULAN) * tariff()[:, None, None]
    return people * owed


def _goals(dunia: Dunia, peserta: Peserta) -> tuple[np.ndarray, np.ndarray]:
    """Return goals of arrears: rupiah (0 where none) and debtors, per region."""
    j = SEGMEN.index("PBPU")
    idle = (peserta.terdaftar - peserta.aktif)[:, -1, j]
    share = np.array([_TARGET_PORSI.get(kode[:2], 0.55) for kode in dunia.kode])
    people = idle * share * np.exp(0.04 * dunia.draw("porsi", 1))[:, 0]
    rupiah = np.zeros(len(dunia.kode))
    if "19.01" in dunia.kode:
        rupiah[dunia.kode.index("19.01")] = _TARGET_RP["19.01"]
    return rupiah, people


def _rescale(dunia: Dunia, alur: Alur, peserta: Peserta) -> np.ndarray:
    """Return the factor by which new debtors of each region should grow."""
    rupiah_goal, people_goal = _goals(dunia, peserta)
    people = alur.jumlah[:, 0, :, -1].sum((1, 2))
    rupiah = arrears_rp(alur.jumlah)[..., -1, :].sum((1, 2, 3))
    factor = people_goal / people
    factor = np.where(rupiah_goal > 0, rupiah_goal / rupiah, factor)
    rest = np.array([k.startswith("19.") and k != "19.01" for k in dunia.kode])
    if rest.any():
        goal = _TARGET_RP["19"] - _TARGET_RP["19.01"]
        factor[rest] *= goal / (rupiah * factor)[rest].sum()
    return factor


def build_alur(dunia: Dunia, peserta: Peserta) -> Alur:
    """Build the flow of debtors, scaled so that the published arrears come out.

    Parameters
    ----------
    dunia
        Regions and months.
    peserta
        Members; the active ones of PBPU and BP are who can fall into arrears.
    """
    payers = _payers(dunia, peserta)
    scale = np.ones(len(dunia.kode))
    for _ in range(3):
        alur = _simulate(dunia, payers, scale)
        scale = scale * _rescale(dunia, alur, peserta)
    return _simulate(dunia, payers, scale)


def build_menunggak_total(alur: Alur) -> np.ndarray:
    """Return debtors by region, month and segmen, (regions, months, 2)."""
    return np.moveaxis(alur.jumlah.sum((2, 4)), 1, 2)


def build_tunggakan_peserta(dunia: Dunia, alur: Alur) -> pd.DataFrame:
    """Build the table ``tunggakan_peserta`` of the last months, zero cells included."""
    months = dunia.periode[-BULAN_DIKIRIM:]
    people = np.moveaxis(alur.jumlah[..., -len(months) :, :], 3, 1)
    rupiah = np.moveaxis(arrears_rp(alur.jumlah)[..., -len(months) :, :], 3, 1)
    index = pd.MultiIndex.from_product(
        [dunia.kode, months, SEGMEN_MENUNGGAK, KELAS, _UMUR],
        names=["kode", "periode", "segmen", "kelas", "umur_bulan"],
    )
    return index.to_frame(index=False).assign(
        peserta_jiwa=people.ravel(), tunggakan_rp=rupiah.ravel()
    )


def _own_bills(alur: Alur) -> dict[str, np.ndarray]:
    """Return billed, received and written off, (regions, 2, 3, months)."""
    cost = tariff()[:, None]
    before = np.concatenate([alur.awal[..., None, :], alur.jumlah[..., :-1, :]], axis=3)
    stay = before - alur.bayar - alur.keluar
    paid = alur.bayar.sum(-1)
    aging = stay[..., : CAP_BULAN - 1].sum(-1)
    billed = cost * (alur.tepat + alur.masuk + aging + paid)
    received = cost * (alur.tepat + paid) + arrears_rp(alur.bayar).sum(-1)
    return {
        "ditagih_rp": billed,
        "diterima_rp": received,
        "dihapus_rp": arrears_rp(alur.keluar).sum(-1),
    }


_PER_JIWA = {"PBI JK": 42_000, "PPU-PN": 78_000, "PPU-BU": 69_000}
"""Premium per member and month where others pay; PPU: 5% of wage over family size."""
_TERTAGIH = {"PBI JK": (1.0, 0.0), "PPU-PN": (0.994, 0.006), "PPU-BU": (0.962, 0.02)}


def build_iuran(dunia: Dunia, peserta: Peserta, alur: Alur) -> pd.DataFrame:
    """Build the table ``iuran``; PBPU Pemda is billed in ``iuran_pemda`` only."""
    own = _own_bills(alur)
    index = pd.MultiIndex.from_product(
        [dunia.kode, SEGMEN_MENUNGGAK, KELAS, dunia.periode],
        names=["kode", "segmen", "kelas", "periode"],
    )
    rows = {name: value.ravel() for name, value in own.items()}
    parts = [index.to_frame(index=False).assign(**rows)]
    for segmen, cost in _PER_JIWA.items():
        billed = peserta.aktif[..., SEGMEN.index(segmen)] * cost
        mean, spread = _TERTAGIH[segmen]
        luck = mean + spread * dunia.draw(f"tertagih-{segmen}", dunia.shape[1])
        received = np.floor(billed * np.clip(luck, 0.85, 1.0)).astype(np.int64)
        frame = dunia.long().assign(
            segmen=segmen,
            kelas=0,
            ditagih_rp=billed.ravel(),
            diterima_rp=received.ravel(),
            dihapus_rp=np.nan,
        )
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)
