"""Apply scenarios: activity, both arrears, budget and UHC status, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.masa_depan.paths import read_quantiles
from jkn_analysis.peraturan import iuran_rp
from jkn_analysis.skenario.blocks import simulate_regions
from jkn_analysis.skenario.declaration import TANPA
from jkn_analysis.skenario.impact import PBI, PEMDA, Impact, neutral, place
from jkn_analysis.skenario.kinds import JENIS
from jkn_analysis.terms import SEGMEN
from jkn_analysis.tunggakan.pemda import settle
from jkn_analysis.tunggakan.simulate import Changes
from jkn_analysis.uhc import needed_jiwa, reaches_uhc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.skenario.declaration import Skenario
    from jkn_analysis.skenario.state import State
    from jkn_analysis.tunggakan.simulate import ArrearsPaths

TINGKAT = (0.1, 0.5, 0.9)
RATES = {
    "aktif_jiwa": "keaktifan_penduduk_rate",
    "terdaftar_jiwa": "cakupan_rate",
}
"""People and their rates, of which the median is the middle path's."""
RARE = ("tak_tertampung_jiwa", "tanpa_jaminan_jiwa_bulan", "tak_dibayar_rp")
"""Measures told only where they are not 0."""
UNMOVED = ("terdaftar_jiwa", "iuran_pbi_rp", *RARE)
"""Measures (with their rates) told of a scenario only where it moves any region's."""
UKURAN = (
    "aktif_jiwa", "keaktifan_penduduk_rate", "terdaftar_jiwa", "cakupan_rate", *RARE,
    "iuran_pbi_rp", "tunggakan_peserta_rp", "tunggakan_pemda_rp", "anggaran_rp",
    "peluang_uhc", "peluang_80",
)  # fmt: skip
SASARAN = 0.80


@dataclass(frozen=True)
class Applied:
    """One scenario applied; measures are (months, regions, draws)."""

    skenario: Skenario
    keadaan: State
    ukuran: dict[str, np.ndarray]
    jalur: ArrearsPaths | None

    def ringkas(self) -> pd.DataFrame:
        """Lay out quantiles and the difference from 'nothing changes'.

        Returns
        -------
        DataFrame
            Table ``skenario``: regions, and provinces and '00' above them.
        """
        return summarise(self, apply_scenario(self.keadaan, TANPA))


def apply_scenario(keadaan: State, skenario: Skenario = TANPA) -> Applied:
    """Apply a scenario to every region at once.

    The same draws of activity, payment and debt are used for every scenario, so a
    difference from 'nothing changes' carries only what the scenario does.

    Parameters
    ----------
    keadaan
        From `build_keadaan`.
    skenario
        One or a sum of several; `TANPA` changes nothing.

    Raises
    ------
    ScenarioError
        If a change does not lie after the data or names no known region.
    """
    impact = neutral(keadaan)
    for act in skenario.tindakan:
        JENIS[act.jenis].efek(place(keadaan, act), impact)
    path = _simulate(keadaan, impact)
    measures, found = _activity(keadaan, impact, path)
    measures |= _arrears(keadaan, path)
    measures |= _debt(keadaan, impact, found=found)
    return Applied(skenario, keadaan, measures, path)


def _simulate(keadaan: State, impact: Impact) -> ArrearsPaths | None:
    """Simulate arrears anew only if the scenario touches them."""
    part = keadaan.tunggakan
    if part is None or not impact.pakai_tunggakan:
        return None if part is None else part.dasar
    change = Changes(
        keluar=impact.keluar,
        masuk=impact.masuk,
        tarif=impact.tarif,
        hapus=impact.hapus,
        kembali=impact.kembali,
        cicil=impact.cicil,
    )
    return simulate_regions(part.laju, part.stok, undian=part.undian, ubahan=change)


def _activity(
    keadaan: State, impact: Impact, path: ArrearsPaths | None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Change the segments' draws within the ceilings; second, the share found.

    Whoever is asked for beyond the people there are is not found: the share of
    those wanted who are, which the bill follows.
    """
    aktif = keadaan.aktif.copy()
    wanted = np.zeros_like(aktif)
    for segmen in sorted(set(impact.kali) | set(impact.tambah)):
        base = keadaan.aktif_segmen(SEGMEN[segmen])
        more = impact.tambah.get(segmen, 0.0)
        aktif += np.maximum(base * impact.kali.get(segmen, 1.0) + more, 0) - base
        wanted += np.maximum(more, 0)
    part = keadaan.tunggakan
    if path is not None and part is not None and path is not part.dasar:
        gained = path.dasar_jiwa - part.dasar.dasar_jiwa
        aktif += _spread(keadaan, gained, gap=0.0)
    asked = np.maximum(aktif, 0)
    limit = np.maximum(keadaan.batas[None, :, None], keadaan.terdaftar)
    terdaftar = np.minimum(keadaan.terdaftar + impact.daftar, limit)
    aktif = np.minimum(asked, terdaftar)
    beyond = asked - aktif
    found = 1 - np.divide(
        np.minimum(beyond, wanted), wanted, out=np.zeros_like(wanted), where=wanted > 0
    )
    off = np.cumsum(np.maximum(keadaan.aktif - aktif, 0), axis=0)
    price = [iuran_rp(SEGMEN[PBI], tanggal=month.date()) for month in keadaan.periode]
    return {
        "aktif_jiwa": aktif,
        "terdaftar_jiwa": terdaftar,
        "tak_tertampung_jiwa": beyond,
        "tanpa_jaminan_jiwa_bulan": off,
        "iuran_pbi_rp": _pbi(keadaan, impact)
        * np.array(price)[:, None, None]
        * impact.tarif_pemda,
    }, found


def _pbi(keadaan: State, impact: Impact) -> np.ndarray:
    """Return the active PBI JK of a scenario."""
    base = keadaan.aktif_segmen(SEGMEN[PBI])
    changed = base * impact.kali.get(PBI, 1.0) + impact.tambah.get(PBI, 0.0)
    return np.maximum(changed, 0)


def _arrears(keadaan: State, path: ArrearsPaths | None) -> dict[str, np.ndarray]:
    """Return the members' arrears by region."""
    part = keadaan.tunggakan
    if path is None or part is None:
        return {}
    owed = path.rp * part.skala["tunggakan_rp"]
    return {"tunggakan_peserta_rp": _spread(keadaan, owed, gap=np.nan)}


def _spread(keadaan: State, values: np.ndarray, *, gap: float) -> np.ndarray:
    """Put regions with arrears by age in their places; others get `gap`."""
    part = keadaan.tunggakan
    assert part is not None  # narrowed for the type checker
    at = np.unique(part.posisi)
    if len(at) == len(keadaan.kode):
        return values
    out = np.full(keadaan.ukuran, gap)
    out[:, at] = values
    return out


def _debt(
    keadaan: State, impact: Impact, *, found: np.ndarray
) -> dict[str, np.ndarray]:
    """Bill the members who are on, pay at the drawn rate, carry the rest."""
    pemda = keadaan.pemda
    if pemda is None:
        return {}
    bills, owed = pemda.tagihan_rp, pemda.utang_rp
    unpaid = np.zeros_like(bills)
    if _touches_pemda(impact):
        at = np.searchsorted(keadaan.kode.astype(str), pemda.kode.astype(str))
        filled = np.maximum(keadaan.terisi, 1.0)[None, :, None]
        more = impact.tambah.get(PEMDA, np.zeros(1))
        more = np.where(more > 0, more * found, more)
        people = impact.kali.get(PEMDA, 1.0) + more / filled
        people = np.broadcast_to(np.maximum(people, 0), keadaan.ukuran)
        bills = bills * (people * impact.tarif_pemda)[:, at]
        pays = impact.bayar_pemda[:, at]
        unpaid = np.cumsum(bills * (1 - pays), axis=0)
        rates = pemda.laju_bayar * pays
        months, left = keadaan.periode, pemda.sisa_pagu
        _, owed, _ = settle(pemda.awal_rp, bills, rates, months=months, left=left)
    return {
        "tunggakan_pemda_rp": _place(keadaan, owed),
        "anggaran_rp": _place(keadaan, bills),
        "tak_dibayar_rp": _place(keadaan, unpaid),
    }


def _touches_pemda(impact: Impact) -> bool:
    """Tell whether a scenario changes the Pemda bill or its payment."""
    members = PEMDA in impact.kali or PEMDA in impact.tambah
    changed = (impact.tarif_pemda != 1).any() or (impact.bayar_pemda != 1).any()
    return bool(members or changed)


def _place(keadaan: State, values: np.ndarray) -> np.ndarray:
    """Put values of the regions that deliver Pemda bills in their places."""
    pemda = keadaan.pemda
    assert pemda is not None  # narrowed for the type checker
    if len(pemda.kode) == len(keadaan.kode):
        return values
    out = np.full(keadaan.ukuran, np.nan)
    at = np.searchsorted(keadaan.kode.astype(str), pemda.kode.astype(str))
    out[:, at] = values
    return out


def summarise(hasil: Applied, dasar: Applied) -> pd.DataFrame:
    """Lay out a scenario beside 'nothing changes' as table ``skenario``."""
    keadaan = hasil.keadaan
    parts = []
    people = keadaan.tingkat.sum_one(keadaan.penduduk)[None, :, None]
    for name, values in hasil.ukuran.items():
        base = dasar.ukuran[name]
        same = values is base or np.array_equal(values, base, equal_nan=True)
        if same and hasil is not dasar and name in UNMOVED:
            continue
        own = keadaan.tingkat.sum_up(values)
        change = None if same else keadaan.tingkat.sum_up(values - base)
        rows = _rows(hasil, name, own, change)
        parts.append(rows[rows["nilai"].gt(0)] if name in RARE else rows)
        if name in RATES:
            rate = None if change is None else change / people
            parts.append(_rows(hasil, RATES[name], own / people, rate))
    parts += _chances(hasil, dasar)
    table = pd.concat(parts, ignore_index=True)
    return table.dropna(subset=["nilai"]).reset_index(drop=True)


def _rows(
    hasil: Applied, name: str, values: np.ndarray, change: np.ndarray | None
) -> pd.DataFrame:
    """Lay out quantiles of one measure and of its difference."""
    middle = name in {*RATES, *RATES.values()}
    grid = _quantiles(values, middle=middle)
    delta = np.zeros_like(grid) if change is None else _quantiles(change, middle=middle)
    return _frame(hasil, name, grid, delta, TINGKAT)


def _quantiles(values: np.ndarray, *, middle: bool) -> np.ndarray:
    """Return quantiles over draws, levels first."""
    return np.moveaxis(read_quantiles(values, TINGKAT, middle=middle), -1, 0)


def _frame(
    hasil: Applied,
    name: str,
    grid: np.ndarray,
    delta: np.ndarray,
    levels: Sequence[float],
) -> pd.DataFrame:
    """Lay out (levels, months, rows) as rows of the table."""
    keadaan = hasil.keadaan
    _, months, rows = grid.shape
    kode = keadaan.tingkat.kode.astype(str)
    place = np.tile(np.arange(rows, dtype=np.int16), len(levels) * months)
    measure = np.full(len(place), UKURAN.index(name), dtype=np.int8)
    return pd.DataFrame(
        {
            "kode": pd.Categorical.from_codes(place, pd.Index(kode)),
            "skenario": hasil.skenario.kode,
            "periode": np.tile(np.repeat(keadaan.periode, rows), len(levels)),
            "ukuran": pd.Categorical.from_codes(measure, pd.Index(UKURAN)),
            "kuantil": np.repeat(levels, months * rows),
            "nilai": grid.ravel().astype(float),
            "selisih": delta.ravel().astype(float),
        }
    )


def _chances(hasil: Applied, dasar: Applied) -> list[pd.DataFrame]:
    """Lay out the shares of draws at 80% active and at both UHC thresholds."""
    own, base = _reached(hasil), _reached(dasar)
    return [
        _frame(hasil, name, own[name][None], (own[name] - base[name])[None], (0.5,))
        for name in own
    ]


def _reached(hasil: Applied) -> dict[str, np.ndarray]:
    """Return (months, rows) of both chances, read from the same draws."""
    keadaan = hasil.keadaan
    people = keadaan.tingkat.sum_one(keadaan.penduduk)
    covered, active = (
        keadaan.tingkat.sum_up(hasil.ukuran[name])
        for name in ("terdaftar_jiwa", "aktif_jiwa")
    )
    uhc = np.stack(
        [
            reaches_uhc(
                covered[h],
                active[h],
                people[:, None],
                tanggal=(month + pd.offsets.MonthEnd(0)).date(),
            ).mean(axis=-1)
            for h, month in enumerate(keadaan.periode)
        ]
    )
    need = np.nan_to_num(needed_jiwa(SASARAN, people))
    eighty = (active >= need[None, :, None]).mean(axis=-1)
    unknown = np.isnan(people)[None, :]
    return {
        "peluang_uhc": np.where(unknown, np.nan, uhc),
        "peluang_80": np.where(unknown, np.nan, eighty),
    }


def compare(keadaan: State, skenario: Sequence[Skenario]) -> pd.DataFrame:
    """Apply several scenarios and lay them out beside 'nothing changes'.

    Returns
    -------
    DataFrame
        Table ``skenario``, 'dasar' first.
    """
    base = apply_scenario(keadaan, TANPA)
    parts = []
    for one in (TANPA, *skenario):
        own = base if one is TANPA else apply_scenario(keadaan, one)
        parts.append(summarise(own, base).drop(columns="skenario"))
    lengths = [len(part) for part in parts]
    number = np.repeat(np.arange(len(parts), dtype=np.int16), lengths)
    names = [TANPA.kode, *[one.kode for one in skenario]]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(skenario=pd.Categorical.from_codes(number, pd.Index(names)))
