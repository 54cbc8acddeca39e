"""Apply scenarios: activity, both arrears, budget and UHC status, month by month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.masa_depan.paths import Paths, read_quantiles
from jkn_analysis.peraturan import iuran_rp
from jkn_analysis.skenario.blocks import simulate_regions
from jkn_analysis.skenario.declaration import TANPA
from jkn_analysis.skenario.impact import PBI, PEMDA, Impact, neutral, place
from jkn_analysis.skenario.kinds import JENIS
from jkn_analysis.terms import NASIONAL, SEGMEN, TOTAL
from jkn_analysis.tunggakan.ahead import Levels
from jkn_analysis.tunggakan.pemda import settle
from jkn_analysis.tunggakan.simulate import Changes
from jkn_analysis.uhc import needed_jiwa, reaches_uhc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.skenario.declaration import Skenario
    from jkn_analysis.skenario.impact import Setting
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
    terbaca: dict[str, np.ndarray] = field(default_factory=dict)
    """Quantiles read so far."""

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
    found = [place(keadaan, act) for act in skenario.tindakan]
    return _apply(keadaan, skenario, found)


def _apply(keadaan: State, skenario: Skenario, acts: Sequence[Setting]) -> Applied:
    """Apply changes that are placed."""
    impact = neutral(keadaan)
    for at in acts:
        if at.wilayah.any():
            JENIS[at.act.jenis].efek(at, impact)
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
    tingkat = hasil.keadaan.tingkat
    people = tingkat.sum_one(hasil.keadaan.penduduk)
    told: list[_Told] = []
    for name, values in hasil.ukuran.items():
        base = dasar.ukuran[name]
        same = values is base or np.array_equal(values, base, equal_nan=True)
        if same and hasil is not dasar and name in UNMOVED:
            continue
        grid = _quantiles(dasar if same else hasil, name)
        change = np.zeros_like(grid)
        if not same:
            apart = tingkat.sum_up(values - base)
            change = read_quantiles(apart, TINGKAT, middle=name in RATES)
        told.append((name, TINGKAT, grid, change))
        if name in RATES:
            over = people[None, :, None]
            told.append((RATES[name], TINGKAT, grid / over, change / over))
    own, usual = _reached(hasil), _reached(dasar)
    for name, share in own.items():
        chance, moved = share[..., None], (share - usual[name])[..., None]
        told.append((name, (0.5,), chance, moved))
    return _frame(hasil, told)


_Told = tuple[str, tuple[float, ...], np.ndarray, np.ndarray]
"""Measure, its quantiles, and values and differences, (months, rows, quantiles)."""


def _quantiles(hasil: Applied, name: str) -> np.ndarray:
    """Return quantiles over draws of a measure and of its sums; read once."""
    if name not in hasil.terbaca:
        whole = hasil.keadaan.tingkat.sum_up(hasil.ukuran[name])
        hasil.terbaca[name] = read_quantiles(whole, TINGKAT, middle=name in RATES)
    return hasil.terbaca[name]


def _frame(hasil: Applied, told: Sequence[_Told]) -> pd.DataFrame:
    """Lay out measures as rows of the table, those that are not known left out."""
    keadaan = hasil.keadaan
    kode = keadaan.tingkat.kode.astype(str)
    parts = []
    for name, levels, grid, change in told:
        shape = grid.shape
        month, row, level = (part.ravel() for part in np.indices(shape, dtype=np.int16))
        measure = np.full(grid.size, UKURAN.index(name), dtype=np.int8)
        kept = grid.ravel() > 0 if name in RARE else ~np.isnan(grid.ravel())
        columns = (month, row, np.asarray(levels)[level], measure, grid, change)
        parts.append([column.ravel()[kept] for column in columns])
    month, row, level, measure, value, moved = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return pd.DataFrame(
        {
            "kode": pd.Categorical.from_codes(row, pd.Index(kode)),
            "skenario": hasil.skenario.kode,
            "periode": keadaan.periode.to_numpy()[month],
            "ukuran": pd.Categorical.from_codes(measure, pd.Index(UKURAN)),
            "kuantil": level,
            "nilai": value.astype(float),
            "selisih": moved.astype(float),
        }
    )


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
    if not len(keadaan.tingkat.awal):
        base = apply_scenario(keadaan, TANPA)
        own = [base, *(apply_scenario(keadaan, one) for one in skenario)]
        return pd.concat([summarise(one, base) for one in own], ignore_index=True)
    named = (TANPA, *skenario)
    acts = [[place(keadaan, act) for act in one.tindakan] for one in named]
    parts, sums = [], [_Sums() for _ in named]
    for rows, part in keadaan.list_provinces():
        base = _apply(part, TANPA, ())
        for at, one in enumerate(named):
            there = [act.within(part, rows) for act in acts[at]]
            found = base if one is TANPA else _apply(part, one, there)
            parts.append(_file(summarise(found, base), at, keadaan))
            sums[at].add(found.ukuran)
    country = _sum_country(keadaan)
    total = [
        Applied(one, country, own.read(len(keadaan.tingkat.awal)), None)
        for one, own in zip(named, sums, strict=True)
    ]
    parts += [
        _file(summarise(one, total[0]), at, keadaan) for at, one in enumerate(total)
    ]
    table = pd.concat(parts, ignore_index=True)
    names = pd.Index([one.kode for one in named])
    return table.assign(skenario=pd.Categorical.from_codes(table["skenario"], names))


class _Sums:
    """Draws of the country, added province by province."""

    def __init__(self) -> None:
        self.ukuran: dict[str, np.ndarray] = {}
        self.jumlah: Counter[str] = Counter()

    def add(self, ukuran: Mapping[str, np.ndarray]) -> None:
        """Add the regions of a province."""
        for name, values in ukuran.items():
            self.ukuran[name] = self.ukuran.get(name, 0) + values.sum(
                axis=1, keepdims=True
            )
            self.jumlah[name] += 1

    def read(self, provinces: int) -> dict[str, np.ndarray]:
        """Return the sums; what a province did not deliver is missing."""
        return {
            name: values if self.jumlah[name] == provinces else values * np.nan
            for name, values in self.ukuran.items()
        }


def _sum_country(keadaan: State) -> State:
    """Return the country as one row."""
    kode = np.array([NASIONAL], dtype=object)
    people = np.broadcast_to(keadaan.penduduk.sum(), (len(keadaan.periode), 1, 1))
    paths = Paths(
        keadaan.cutoff, keadaan.periode, kode, {("penduduk_jiwa", TOTAL): people}
    )
    level = Levels(kode, 1, np.zeros(0, dtype=int))
    return replace(keadaan, paths=paths, tingkat=level)


def _file(table: pd.DataFrame, at: int, keadaan: State) -> pd.DataFrame:
    """Name the scenario by number and the rows among those of the whole country."""
    kode = table["kode"].cat.set_categories(keadaan.tingkat.kode.astype(str))
    return table.assign(skenario=np.int16(at), kode=kode)
