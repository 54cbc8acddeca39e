"""Simulate arrears by age month by month: draws of people, rupiah and every flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.tunggakan.moods import draw_moods
from jkn_analysis.tunggakan.stock import CAP_BULAN, KELOMPOK_UMUR, list_tarif

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jkn_analysis.tunggakan.rates import Laju
    from jkn_analysis.tunggakan.stock import Stock

_MASIH_DITAGIH = CAP_BULAN - 1
"""Index of age 24: from there a further unpaid month adds no billable rupiah."""
ARUS = ("awal_rp", "ditagih_rp", "dibayar_rp", "keluar_rp", "dihapus_rp", "akhir_rp")


@dataclass(frozen=True)
class Changes:
    """What a scenario changes; (months, units), or with draws; None for no change.

    Attributes
    ----------
    keluar, masuk
        Factors on the rate of paying up and of falling into arrears.
    tarif
        Factor on the member's premium from that month.
    hapus
        Share of debt and debtors written off at the start of the month.
    kembali
        Share of the written-off people who are active from then on.
    cicil
        By number of instalments: share of debtors aged 4-24 who start REHAB that
        month and will finish it; they are active again after the last one.
    """

    keluar: np.ndarray | None = None
    masuk: np.ndarray | None = None
    tarif: np.ndarray | None = None
    hapus: np.ndarray | None = None
    kembali: np.ndarray | None = None
    cicil: Mapping[int, np.ndarray] = field(default_factory=dict)


@dataclass
class ArrearsPaths:
    """Simulated paths, (months, units, draws) of each measure."""

    unit: pd.DataFrame
    periode: pd.DatetimeIndex
    jiwa: np.ndarray
    rp: np.ndarray
    dapat_ditagih_rp: np.ndarray
    penerimaan_rp: np.ndarray
    dasar_jiwa: np.ndarray
    arus: dict[str, np.ndarray]
    kelompok: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class Draws:
    """Draws of everything uncertain, made once and shared by all scenarios."""

    keluar: np.ndarray
    masuk: np.ndarray
    faktor_keluar: np.ndarray
    faktor_masuk: np.ndarray
    benih: int


def draw_laju(
    laju: Laju, *, horizon: int, draws: int, seed: int, lebar: float = 1.0
) -> Draws:
    """Draw rates and shocks from their posterior.

    Parameters
    ----------
    laju
        Estimated rates.
    horizon
        Months ahead.
    draws
        Number of draws.
    seed
        Equal seeds give equal draws.
    lebar
        Factor on the spread of moods, as the record of past cutoffs needs it.
    """
    rng = np.random.Generator(np.random.SFC64(seed))
    shape = (*laju.keluar.shape, draws)
    mean, size = laju.keluar[..., None], laju.konsentrasi[..., None]
    sd = np.sqrt(mean * (1 - mean) / (size + 1)) / mean
    spread = np.sqrt(np.log1p(np.minimum(sd, 1.0) ** 2)).astype(np.float32)
    z = rng.standard_normal(shape, dtype=np.float32)
    pooled = rng.standard_normal((laju.keluar.shape[1], draws), dtype=np.float32)
    logs = spread * z - spread**2 / 2
    logs += laju.sd_faktor[..., None].astype(np.float32) * pooled
    keluar = np.minimum(mean.astype(np.float32) * np.exp(logs), np.float32(0.98))
    errors = rng.standard_normal((len(laju.masuk), draws)) * laju.sd_masuk[:, None]
    masuk = laju.masuk[:, None] * np.exp(errors)
    index = np.unique(laju.unit["kode"].to_numpy(dtype=str), return_inverse=True)[1]
    paths = [
        draw_moods(shock, index, horizon=horizon, draws=draws, rng=rng, lebar=lebar)
        for shock in (laju.guncangan_keluar, laju.guncangan_masuk)
    ]
    return Draws(keluar, masuk.astype(np.float32), paths[0], paths[1], seed)


def simulate_tunggakan(
    laju: Laju,
    stok: Stock,
    *,
    undian: Draws,
    ubahan: Changes | None = None,
) -> ArrearsPaths:
    """Simulate arrears from the last month of `stok`.

    Each month, in this order: write-offs and REHAB entries of the scenario; every
    member not beyond the cap is billed one month; debtors leave (paid or out) or
    grow one month older; members who do not pay enter at age 1. Rupiah follow
    people, so opening + billed - paid - left - written off = closing in every draw.

    Parameters
    ----------
    laju, stok
        Rates and the stocks they start from, same units.
    undian
        Draws from `draw_laju`; its months are the horizon.
    ubahan
        Changes of a scenario.
    """
    change = ubahan or Changes()
    state = _start(laju, stok, undian)
    horizon = len(undian.faktor_keluar)
    path = _empty_jalur(stok, horizon=horizon, draws=undian.masuk.shape[1])
    rng = np.random.Generator(np.random.SFC64(undian.benih + 1))
    for h in range(horizon):
        flows = _step(state, h=h, change=change, rng=rng, month=path.periode[h])
        _record(path, state, h=h, flows=flows)
    return path


@dataclass
class _Keadaan:
    """State of one simulation; people and rupiah are (ages, units, draws)."""

    laju: Laju
    undian: Draws
    jiwa: np.ndarray
    rp: np.ndarray
    dasar: np.ndarray
    tarif_awal: np.ndarray
    tarif: np.ndarray
    ruang: tuple[np.ndarray, np.ndarray]
    cicilan: list[_Instalments] = field(default_factory=list)


@dataclass
class _Instalments:
    """People paying REHAB instalments and what they still owe."""

    jiwa: np.ndarray
    rp: np.ndarray
    sisa_bulan: int


def _last_known(values: np.ndarray) -> np.ndarray:
    """Return the newest month, each unit's latest known values where it is missing."""
    out = values[-1].astype(float)
    for earlier in values[-2:-7:-1]:
        out = np.where(np.isnan(out), earlier, out)
    return np.asarray(np.nan_to_num(out))


def _start(laju: Laju, stok: Stock, undian: Draws) -> _Keadaan:
    """Set every draw to the last known stocks."""
    draws = undian.masuk.shape[1]
    full = (*stok.jiwa.shape[1:], draws)

    def spread(values: np.ndarray) -> np.ndarray:
        return np.repeat(values.astype(np.float32)[..., None], draws, axis=-1)

    tariff = list_tarif(stok.kelas, stok.periode[-1]).astype(np.float32)
    base = np.where(laju.ada_dasar, _last_known(stok.dasar_jiwa), 0.0)
    return _Keadaan(
        laju,
        undian,
        spread(_last_known(stok.jiwa)),
        spread(_last_known(stok.rp)),
        spread(base),
        tariff,
        tariff,
        (np.empty(full, dtype=np.float32), np.empty(full, dtype=np.float32)),
    )


def _factor(values: np.ndarray | None, h: int, *, default: float) -> np.ndarray:
    """Return one month of a change as a column, or its neutral value."""
    if values is None:
        return np.full((1, 1), default, dtype=np.float32)
    month = values[h].astype(np.float32)
    return month if month.ndim == 2 else month[:, None]


def _step(
    state: _Keadaan,
    *,
    h: int,
    change: Changes,
    rng: np.random.Generator,
    month: pd.Timestamp,
) -> dict[str, np.ndarray]:
    """Advance one month; return its flows of rupiah."""
    opening = _total_rp(state)
    state.tarif = state.tarif_awal * _factor(change.tarif, h, default=1.0)[:, 0]
    written = _write_off(state, h=h, change=change)
    _start_rehab(state, h=h, change=change)
    rehab_billed, rehab_paid = _pay_rehab(state)
    left, debt = _leave(state, h=h, change=change, rng=rng, month=month)
    new = _enter(state, h=h, change=change, rng=rng, month=month)
    tariff = state.tarif[:, None]
    young = state.jiwa[:_MASIH_DITAGIH].sum(axis=0)
    gone = debt + tariff * left[:_MASIH_DITAGIH].sum(axis=0)
    share = state.laju.bagian_bayar.astype(np.float32)[:, None]
    known = state.laju.ada_dasar[:, None]
    payers = np.where(known, state.dasar, new)
    back = share * left.sum(axis=0) - new
    _grow(state, left, new=new)
    growth = state.laju.tumbuh.astype(np.float32)[:, None] * state.dasar
    state.dasar = np.where(known, np.maximum(state.dasar + back + growth, 0), 0)
    return {
        "awal_rp": opening,
        "ditagih_rp": tariff * (payers + young) + rehab_billed,
        "dibayar_rp": tariff * (payers - new) + share * gone + rehab_paid,
        "keluar_rp": (1 - share) * gone,
        "dihapus_rp": written,
        "akhir_rp": _total_rp(state),
        "penerimaan_rp": share * gone + rehab_paid,
    }


def _total_rp(state: _Keadaan) -> np.ndarray:
    """Sum debt over ages and running instalments, (units, draws)."""
    total = state.rp.sum(axis=0, dtype=np.float64)
    for plan in state.cicilan:
        total = total + plan.rp
    return np.asarray(total)


def _write_off(state: _Keadaan, *, h: int, change: Changes) -> np.ndarray:
    """Take the scenario's share out of the debt; some of the people pay again."""
    if change.hapus is None or not change.hapus[h].any():
        return np.zeros(state.dasar.shape)
    share = _factor(change.hapus, h, default=0.0)
    back = _factor(change.kembali, h, default=0.0)
    written = (state.rp * share).sum(axis=0, dtype=np.float64)
    state.dasar = state.dasar + state.jiwa.sum(axis=0) * share * back
    state.jiwa = state.jiwa * (1 - share)
    state.rp = state.rp * (1 - share)
    return np.asarray(written)


def _start_rehab(state: _Keadaan, *, h: int, change: Changes) -> None:
    """Move the finishing share of debtors aged 4-24 to instalment plans.

    Plans that start together share the people in proportion, whatever their order.
    """
    shares = {
        count: _factor(values, h, default=0.0)
        for count, values in change.cicil.items()
        if values[h].any()
    }
    if not shares:
        return
    left = np.prod([1 - share for share in _alike(shares.values())], axis=0)
    total = sum(shares.values())
    part = np.divide(1 - left, total, out=np.zeros_like(left), where=total > 0)
    rows = slice(3, CAP_BULAN)
    people, debt = state.jiwa[rows].sum(axis=0), state.rp[rows].sum(axis=0)
    for count, share in sorted(shares.items()):
        taken = part * share
        plan = _Instalments(people * taken, (debt * taken).astype(np.float64), count)
        state.cicilan.append(plan)
    state.jiwa[rows] *= left
    state.rp[rows] *= left


def _alike(arrays: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Bring arrays to one shape."""
    return list(np.broadcast_arrays(*arrays))


def _pay_rehab(state: _Keadaan) -> tuple[np.ndarray, np.ndarray]:
    """Pay one instalment and the current premium (REHAB 2.0); return billed, paid."""
    billed, paid = np.zeros(state.dasar.shape), np.zeros(state.dasar.shape)
    for plan in state.cicilan:
        part = plan.rp / plan.sisa_bulan
        current = state.tarif[:, None] * plan.jiwa
        billed, paid = billed + current, paid + current + part
        plan.rp, plan.sisa_bulan = plan.rp - part, plan.sisa_bulan - 1
        if plan.sisa_bulan == 0:
            state.dasar = state.dasar + plan.jiwa
    state.cicilan = [plan for plan in state.cicilan if plan.sisa_bulan > 0]
    return billed, paid


def _leave(
    state: _Keadaan,
    *,
    h: int,
    change: Changes,
    rng: np.random.Generator,
    month: pd.Timestamp,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw who leaves at each age and the debt that leaves with them."""
    season = np.float32(state.laju.musim_keluar[month.month - 1])
    factor = season * state.undian.faktor_keluar[h]
    factor = factor * _factor(change.keluar, h, default=1.0)
    rate, noise = state.ruang
    np.multiply(state.undian.keluar, factor, out=rate)
    np.minimum(rate, np.float32(0.98), out=rate)
    rng.standard_normal(out=noise, dtype=np.float32)
    spread = np.subtract(np.float32(1), rate)
    spread *= rate
    spread /= np.maximum(state.jiwa, np.float32(1))
    np.sqrt(spread, out=spread)
    spread *= noise
    rate += spread
    # Clipping at 0 would bias small cells: their noise is wider than their rate.
    np.clip(rate, -1, 1, out=rate)
    debt = np.einsum("aud,aud->ud", state.rp, rate)
    return np.multiply(state.jiwa, rate, out=noise), debt


def _enter(
    state: _Keadaan,
    *,
    h: int,
    change: Changes,
    rng: np.random.Generator,
    month: pd.Timestamp,
) -> np.ndarray:
    """Draw the members who did not pay this month."""
    season = np.float32(state.laju.musim_masuk[month.month - 1])
    rate = state.undian.masuk * state.undian.faktor_masuk[h] * season
    rate = rate * _factor(change.masuk, h, default=1.0)
    known = state.laju.ada_dasar[:, None]
    rate = np.where(known, np.minimum(rate, np.float32(0.9)), rate)
    mean = np.where(known, state.dasar * rate, rate)
    chance = np.where(known, 1 - rate, np.float32(1))
    noise = rng.standard_normal(mean.shape, dtype=np.float32)
    return np.asarray(np.maximum(mean + np.sqrt(mean * chance) * noise, 0))


def _grow(state: _Keadaan, left: np.ndarray, *, new: np.ndarray) -> None:
    """Make everyone who stayed one month older and owing one premium more."""
    rate = state.ruang[0]
    tariff = state.tarif[:, None]
    state.jiwa -= left
    np.subtract(np.float32(1), rate, out=rate)
    state.rp *= rate
    young = np.multiply(state.jiwa[:_MASIH_DITAGIH], tariff, out=rate[:_MASIH_DITAGIH])
    state.rp[:_MASIH_DITAGIH] += young
    for stock, first in ((state.jiwa, new), (state.rp, new * tariff)):
        oldest = stock[-1] + stock[-2]
        stock[1:] = stock[:-1]
        stock[-1] = oldest
        stock[0] = first


def _empty_jalur(stok: Stock, *, horizon: int, draws: int) -> ArrearsPaths:
    """Make room for the paths."""
    shape = (horizon, len(stok.unit), draws)
    start = stok.periode[-1] + pd.offsets.MonthBegin(1)
    months = pd.date_range(start, periods=horizon, freq="MS")

    def room() -> np.ndarray:
        return np.zeros(shape, dtype=np.float32)

    flows = {name: np.zeros(shape) for name in ARUS}
    buckets = {
        name: {measure: room() for measure in ("jiwa", "rp")} for name in KELOMPOK_UMUR
    }
    return ArrearsPaths(
        stok.unit, months, room(), room(), room(), room(), room(), flows, buckets
    )


def _record(
    path: ArrearsPaths, state: _Keadaan, *, h: int, flows: dict[str, np.ndarray]
) -> None:
    """Write one month of a simulation into its paths."""
    for name, (first, last) in KELOMPOK_UMUR.items():
        rows = slice(first - 1, last)
        path.kelompok[name]["jiwa"][h] = state.jiwa[rows].sum(axis=0)
        path.kelompok[name]["rp"][h] = state.rp[rows].sum(axis=0)
    running = sum((plan.jiwa for plan in state.cicilan), np.float32(0))
    path.jiwa[h] = sum(b["jiwa"][h] for b in path.kelompok.values()) + running
    path.rp[h] = flows["akhir_rp"]
    ages = np.minimum(np.arange(1, len(state.jiwa) + 1), CAP_BULAN)
    cap = np.einsum("a,aud->ud", ages.astype(np.float32), state.jiwa)
    path.dapat_ditagih_rp[h] = np.minimum(path.rp[h], cap * state.tarif[:, None])
    path.penerimaan_rp[h] = flows["penerimaan_rp"]
    path.dasar_jiwa[h] = state.dasar
    for name in ARUS:
        path.arus[name][h] = flows[name]
