"""Apply scenarios: activity, both arrears, budget and UHC status, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.decrees import find_return
from jkn_analysis.masa_depan.paths import read_quantiles
from jkn_analysis.peraturan import iuran_rp
from jkn_analysis.skenario.declaration import DASAR, TANPA
from jkn_analysis.terms import NASIONAL, SEGMEN
from jkn_analysis.tunggakan.ahead import sum_regions
from jkn_analysis.tunggakan.pemda import settle
from jkn_analysis.tunggakan.simulate import Ubahan, simulate_tunggakan
from jkn_analysis.uhc import needed_jiwa, reaches_uhc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jkn_analysis.skenario.declaration import Skenario, Tindakan
    from jkn_analysis.skenario.state import Keadaan
    from jkn_analysis.tunggakan.simulate import Jalur

TINGKAT = (0.1, 0.5, 0.9)
RATES = {
    "aktif_jiwa": "keaktifan_penduduk_rate",
    "terdaftar_jiwa": "cakupan_rate",
}
"""People and their rates, of which the median is the middle path's."""
RARE = ("tak_tertampung_jiwa", "tanpa_jaminan_jiwa_bulan")
"""Measures told only where they are not 0."""
SASARAN = 0.80
GALAT_ASUMSI = 0.25
"""Spread (plus or minus, triangular) put on a size that is only assumed."""
_PBI, _PEMDA, _PBPU = (SEGMEN.index(name) for name in ("PBI JK", "PBPU Pemda", "PBPU"))


@dataclass(frozen=True)
class Hasil:
    """One scenario applied; measures are (months, regions, draws)."""

    skenario: Skenario
    keadaan: Keadaan
    ukuran: dict[str, np.ndarray]
    jalur: Jalur | None

    def ringkas(self) -> pd.DataFrame:
        """Lay out quantiles and the difference from 'nothing changes'.

        Returns
        -------
        DataFrame
            Table ``skenario``: regions, and provinces and '00' above them.
        """
        return summarise(self, apply_scenario(self.keadaan, TANPA))


@dataclass
class _Dampak:
    """Effects collected from all changes; they commute, so order cannot matter."""

    kali: dict[int, np.ndarray]
    """Segment to (months, regions, draws): share that stays active."""
    tambah: dict[int, np.ndarray]
    """Segment to people added."""
    daftar: np.ndarray
    """People who are registered for the first time."""
    tarif_pemda: np.ndarray
    """Factor on what the region and the state pay per person."""
    bayar_pemda: np.ndarray
    keluar: np.ndarray
    masuk: np.ndarray
    tarif: np.ndarray
    hapus: np.ndarray
    kembali: np.ndarray
    cicil: dict[int, np.ndarray]
    pakai_tunggakan: bool = False

    def scale(self, segmen: int, factor: np.ndarray, shape: tuple[int, ...]) -> None:
        """Multiply the active share of a segment."""
        if segmen not in self.kali:
            self.kali[segmen] = np.ones(shape)
        self.kali[segmen] *= factor

    def add(self, segmen: int, people: np.ndarray, shape: tuple[int, ...]) -> None:
        """Add active people to a segment."""
        if segmen not in self.tambah:
            self.tambah[segmen] = np.zeros(shape)
        self.tambah[segmen] += people


@dataclass(frozen=True)
class _Konteks:
    """Where and when one change applies."""

    keadaan: Keadaan
    act: Tindakan
    mulai: int
    wilayah: np.ndarray
    """(1, regions, 1): 1 where the change holds."""

    def from_start(self, months: float | None = None) -> np.ndarray:
        """Return (months, 1, 1): 1 from the start on, for some months or for good."""
        h = np.arange(len(self.keadaan.periode))
        end = np.inf if months is None else self.mulai + months
        return ((h >= self.mulai) & (h < end)).astype(float)[:, None, None]

    def draw(self, name: str, *, maksimal: float = 1.0) -> np.ndarray:
        """Return a percentage as a fraction; spread over draws if assumed."""
        value = self.act.get(name) / 100
        if not self.act.is_assumed(name):
            return np.full((1, 1, 1), value)
        return self.spread(value, maksimal=maksimal)

    def spread(self, value: float, *, maksimal: float = 1.0) -> np.ndarray:
        """Spread a fraction that is only assumed over the draws."""
        u = self.keadaan.peluang
        low = np.sqrt(2 * np.minimum(u, 0.5)) - 1
        high = 1 - np.sqrt(2 * np.minimum(1 - u, 0.5))
        drawn = value * (1 + GALAT_ASUMSI * np.where(u < 0.5, low, high))
        return np.minimum(drawn, maksimal)[None, None, :]


def apply_scenario(keadaan: Keadaan, skenario: Skenario = TANPA) -> Hasil:
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
    impact = _neutral(keadaan)
    for act in skenario.tindakan:
        _EFFECTS[act.jenis](_context(keadaan, act), impact)
    path = _simulate(keadaan, impact)
    measures, found = _activity(keadaan, impact, path)
    measures |= _arrears(keadaan, path)
    measures |= _debt(keadaan, impact, found=found)
    return Hasil(skenario, keadaan, measures, path)


def _neutral(keadaan: Keadaan) -> _Dampak:
    """Return effects of nothing."""
    months, regions, _ = keadaan.ukuran
    one, none = np.ones((months, regions, 1)), np.zeros((months, regions, 1))
    units = 0 if keadaan.tunggakan is None else len(keadaan.tunggakan.posisi)
    shape = (months, units, 1)
    unit_one, unit_none = np.ones(shape), np.zeros(shape)
    return _Dampak(
        {}, {}, none, one.copy(), one.copy(), unit_one, unit_one,
        unit_one, unit_none, unit_none, {},
    )  # fmt: skip


def _context(keadaan: Keadaan, act: Tindakan) -> _Konteks:
    """Resolve month and regions of a change."""
    from jkn_analysis.errors import ScenarioError

    month = act.month(keadaan.cutoff)
    first = keadaan.periode[0]
    start = (month.year - first.year) * 12 + month.month - first.month
    where = np.array(
        [act.wilayah in {NASIONAL, k, k[:2]} for k in keadaan.kode], dtype=float
    )
    shaped = len(act.wilayah) in {2, 5}
    if not shaped or (not where.any() and len(keadaan.kode) > 1):
        raise ScenarioError(
            f"scenario '{act.jenis}': region '{act.wilayah}' is not among those "
            "forecast\n  → give 00, a province or a kabupaten/kota code such as 82.71"
        )
    return _Konteks(keadaan, act, start, where[None, :, None])


def _course(at: _Konteks) -> np.ndarray:
    """Return (months, 1, draws): 1 from the start of a cut on, less who came back."""
    h = np.arange(len(at.keadaan.periode))
    back = np.clip((h - at.mulai) / at.act.get("kembali_bulan"), 0, 1)[:, None, None]
    return np.asarray((1 - _returning(at) * back) * at.from_start())


def _returning(at: _Konteks) -> np.ndarray:
    """Return the part of people cut who come back: declared, observed or assumed."""
    of_pbi = at.act.jenis == "potong_pbi" or at.act.segmen == SEGMEN[_PBI]
    observed = find_return((at.keadaan.cutoff + pd.offsets.MonthEnd(0)).date())
    if "kembali_persen" in at.act.nilai or not of_pbi:
        return at.draw("kembali_persen")
    if observed[1]:
        return np.full((1, 1, 1), observed[0])
    return at.spread(observed[0])


def _cut_pbi(at: _Konteks, impact: _Dampak) -> None:
    """Take a share of PBI JK out; a part comes back over some months."""
    gone = np.minimum(at.draw("persen"), 1.0) * _course(at)
    impact.scale(_PBI, 1 - gone * at.wilayah, at.keadaan.ukuran)


def _late_quota(at: _Konteks, impact: _Dampak) -> None:
    """Switch Pemda members off while the agreement is not renewed."""
    off = at.draw("nonaktif_persen") * at.from_start(at.act.get("bulan"))
    impact.scale(_PEMDA, 1 - off * at.wilayah, at.keadaan.ukuran)


def _change_quota(at: _Konteks, impact: _Dampak) -> None:
    """Cut or enlarge the Pemda quota; of those added only a part is new.

    Those who are new are registered for the first time as far as there are people
    who are not; a cut leaves people registered.
    """
    known = at.keadaan.terisi
    held = at.keadaan.paths.get("aktif_jiwa", SEGMEN[_PEMDA])[0, :, 0]
    filled = np.where(np.isnan(known), held, known)[None, :, None]
    change = filled * at.act.get("persen") / 100 + at.act.get("jiwa")
    if "kuota_jiwa" in at.act.nilai:
        change = change + at.act.get("kuota_jiwa") - filled
    change = np.maximum(change, -filled) * at.from_start() * at.wilayah
    net = at.draw("bersih_persen")
    added = np.maximum(change, 0)
    impact.add(_PEMDA, added + np.minimum(change, 0), at.keadaan.ukuran)
    if (added > 0).any():
        impact.add(_PBPU, -added * (1 - net), at.keadaan.ukuran)
        impact.daftar = impact.daftar + added * net


def _stop_paying(at: _Konteks, impact: _Dampak) -> None:
    """Stop the Pemda payment; members go off after the days of grace."""
    months, grace = at.act.get("bulan"), at.act.get("tenggang_bulan")
    impact.bayar_pemda *= 1 - at.from_start(months) * at.wilayah
    h = np.arange(len(at.keadaan.periode))
    off = ((h >= at.mulai + grace) & (h < at.mulai + months))[:, None, None]
    share = at.draw("nonaktif_persen") * off * at.wilayah
    impact.scale(_PEMDA, 1 - share, at.keadaan.ukuran)


def _units(at: _Konteks, kelas: float) -> np.ndarray:
    """Return (1, units, 1): 1 for the region's units of a kelas (0 = all)."""
    part = at.keadaan.tunggakan
    if part is None:
        return np.zeros((1, 0, 1))
    inside = at.wilayah[0, part.posisi, 0]
    chosen = inside * ((part.stok.kelas == kelas) | (kelas == 0))
    return np.asarray(chosen[None, :, None])


def _write_off(at: _Konteks, impact: _Dampak) -> None:
    """Write arrears off; afterwards fewer may be willing to pay."""
    units = _units(at, at.act.get("kelas"))
    once = at.from_start(1) * units
    impact.hapus = 1 - (1 - impact.hapus) * (1 - once * at.draw("bagian_persen"))
    impact.kembali = np.maximum(impact.kembali, once * at.draw("kembali_persen"))
    after = at.from_start(at.act.get("moral_bulan")) * units
    moral = after * at.draw("moral_persen")
    impact.masuk = impact.masuk * (1 + moral)
    impact.keluar = impact.keluar * (1 - moral)
    impact.pakai_tunggakan = True


def _join_rehab(at: _Konteks, impact: _Dampak) -> None:
    """Put the share that joins and finishes on instalments."""
    share = at.draw("ikut_persen") * at.draw("tuntas_persen")
    joined = at.from_start(1) * _units(at, 0) * share
    count = int(at.act.get("angsuran"))
    impact.cicil[count] = 1 - (1 - impact.cicil.get(count, 0.0)) * (1 - joined)
    impact.pakai_tunggakan = True


def _change_tariff(at: _Konteks, impact: _Dampak) -> None:
    """Change the premium; payers fall once, paying up gets rarer for good.

    Elasticity speaks of the number of payers, so the loss is taken in the first
    month and not again every month. What the region pays for PBPU Pemda and the
    state for PBI JK is the premium of kelas 3 and changes with it.
    """
    rise = 1 + at.act.get("naik_persen") / 100
    if at.act.get("kelas") in (0, 3):
        _change_pemda_tariff(at, impact)
    part = at.keadaan.tunggakan
    if part is None:
        return
    units = _units(at, at.act.get("kelas"))
    payers = max(rise, 1e-6) ** (100 * at.draw("elastisitas"))
    on, once = at.from_start() * units, at.from_start(1) * units
    impact.tarif = impact.tarif * (1 + on * (rise - 1))
    entry = np.where(part.laju.ada_dasar, np.maximum(part.laju.masuk, 1e-3), np.inf)
    lost = np.clip(1 - payers, -1.0, 1.0) / entry[None, :, None]
    impact.masuk = impact.masuk * np.maximum(1 + once * lost, 0.0)
    impact.keluar = impact.keluar * (1 + on * (np.minimum(payers, 2.0) - 1))
    impact.pakai_tunggakan = True


def _change_pemda_tariff(at: _Konteks, impact: _Dampak) -> None:
    """Change what the region pays per person."""
    rise = at.act.get("naik_persen") / 100
    impact.tarif_pemda = impact.tarif_pemda * (1 + rise * at.from_start() * at.wilayah)


def _recruit(at: _Konteks, impact: _Dampak) -> None:
    """Add self-payers found by agents, a part of whom stop paying each month."""
    h = np.arange(len(at.keadaan.periode))
    stay = at.act.get("bertahan_persen") / 100
    count = np.maximum(h - at.mulai + 1, 0)
    alive = np.array([sum(stay**k for k in range(int(n))) for n in count])
    found = at.act.get("jumlah") * at.act.get("per_bulan") * alive[:, None, None]
    spread = at.draw("bertahan_persen", maksimal=np.inf) * 100
    scaled = found * spread / max(at.act.get("bertahan_persen"), 1e-9) * at.wilayah
    impact.add(_PBPU, scaled, at.keadaan.ukuran)
    flow = at.act.get("jumlah") * at.act.get("per_bulan") * count[:, None, None]
    impact.daftar = impact.daftar + flow * at.wilayah


def _event(at: _Konteks, impact: _Dampak) -> None:
    """Change one segment by people (shared by size) or by a share.

    Additions are registered too, cuts only switch off; those cut come back as after
    a cut of PBI JK where the change says so.
    """
    segmen = SEGMEN.index(at.act.segmen)
    base = at.keadaan.paths.get("aktif_jiwa", at.act.segmen)
    course = _course(at)
    share = at.draw("dampak_persen", maksimal=np.inf)
    lasting = np.where(share < 0, course, at.from_start()) * at.wilayah
    impact.scale(segmen, np.maximum(1 + share * lasting, 0.0), at.keadaan.ukuran)
    impact.daftar = impact.daftar + np.maximum(share, 0) * lasting * base
    people = at.act.get("dampak_jiwa")
    if people:
        size = base[0, :, 0] * at.wilayah[0, :, 0]
        part = (size / max(size.sum(), 1.0))[None, :, None]
        moved = people * part * (course if people < 0 else at.from_start())
        impact.add(segmen, moved, at.keadaan.ukuran)
        impact.daftar = impact.daftar + np.maximum(moved, 0)


_EFFECTS: dict[str, Callable[[_Konteks, _Dampak], None]] = {
    "potong_pbi": _cut_pbi,
    "kuota_telat": _late_quota,
    "kuota_ubah": _change_quota,
    "pemda_menunggak": _stop_paying,
    "pemutihan": _write_off,
    "rehab": _join_rehab,
    "tarif": _change_tariff,
    "tarif_pemda": _change_pemda_tariff,
    "agen": _recruit,
    "peristiwa": _event,
}


def _simulate(keadaan: Keadaan, impact: _Dampak) -> Jalur | None:
    """Simulate arrears anew only if the scenario touches them."""
    part = keadaan.tunggakan
    if part is None or not impact.pakai_tunggakan:
        return None if part is None else part.dasar
    change = Ubahan(
        keluar=impact.keluar,
        masuk=impact.masuk,
        tarif=impact.tarif,
        hapus=impact.hapus,
        kembali=impact.kembali,
        cicil=impact.cicil,
    )
    return simulate_tunggakan(part.laju, part.stok, undian=part.undian, ubahan=change)


def _activity(
    keadaan: Keadaan, impact: _Dampak, path: Jalur | None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Change the segments' draws within the ceilings; second, the share found.

    Whoever is asked for beyond the people there are is not found: the share of
    those wanted who are, which the bill follows.
    """
    aktif = keadaan.aktif.copy()
    wanted = np.zeros_like(aktif)
    for segmen in sorted(set(impact.kali) | set(impact.tambah)):
        base = keadaan.paths.get("aktif_jiwa", SEGMEN[segmen])
        more = impact.tambah.get(segmen, 0.0)
        aktif += np.maximum(base * impact.kali.get(segmen, 1.0) + more, 0) - base
        wanted += np.maximum(more, 0)
    part = keadaan.tunggakan
    if path is not None and part is not None and path is not part.dasar:
        aktif += _payers_gained(keadaan, path)
    asked = np.maximum(aktif, 0)
    limit = np.maximum(keadaan.batas[None, :, None], keadaan.terdaftar)
    terdaftar = np.minimum(keadaan.terdaftar + impact.daftar, limit)
    aktif = np.minimum(asked, terdaftar)
    beyond = asked - aktif
    found = 1 - np.divide(
        np.minimum(beyond, wanted), wanted, out=np.zeros_like(wanted), where=wanted > 0
    )
    off = np.cumsum(np.maximum(keadaan.aktif - aktif, 0), axis=0)
    price = [iuran_rp(SEGMEN[_PBI], tanggal=month.date()) for month in keadaan.periode]
    return {
        "aktif_jiwa": aktif,
        "terdaftar_jiwa": terdaftar,
        "tak_tertampung_jiwa": beyond,
        "tanpa_jaminan_jiwa_bulan": off,
        "iuran_pbi_rp": _pbi(keadaan, impact)
        * np.array(price)[:, None, None]
        * impact.tarif_pemda,
    }, found


def _pbi(keadaan: Keadaan, impact: _Dampak) -> np.ndarray:
    """Return the active PBI JK of a scenario."""
    base = keadaan.paths.get("aktif_jiwa", SEGMEN[_PBI])
    changed = base * impact.kali.get(_PBI, 1.0) + impact.tambah.get(_PBI, 0.0)
    return np.maximum(changed, 0)


def _payers_gained(keadaan: Keadaan, path: Jalur) -> np.ndarray:
    """Return paying members won or lost against 'nothing changes'."""
    part = keadaan.tunggakan
    assert part is not None  # narrowed for the type checker
    by_base = path.dasar_jiwa - part.dasar.dasar_jiwa
    share = part.laju.bagian_bayar[None, :, None]
    by_debt = share * (part.dasar.jiwa - path.jiwa)
    change = np.where(part.laju.ada_dasar[None, :, None], by_base, by_debt)
    return _spread(keadaan, sum_regions(change, part.stok.kode), gap=0.0)


def _arrears(keadaan: Keadaan, path: Jalur | None) -> dict[str, np.ndarray]:
    """Return the members' arrears by region."""
    part = keadaan.tunggakan
    if path is None or part is None:
        return {}
    owed = sum_regions(path.rp, part.stok.kode) * part.skala["tunggakan_rp"]
    return {"tunggakan_peserta_rp": _spread(keadaan, owed, gap=np.nan)}


def _spread(keadaan: Keadaan, values: np.ndarray, *, gap: float) -> np.ndarray:
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
    keadaan: Keadaan, impact: _Dampak, *, found: np.ndarray
) -> dict[str, np.ndarray]:
    """Bill the members who are on, pay at the drawn rate, carry the rest."""
    pemda = keadaan.pemda
    if pemda is None:
        return {}
    bills, owed = pemda.tagihan_rp, pemda.utang_rp
    if _touches_pemda(impact):
        at = np.searchsorted(keadaan.kode.astype(str), pemda.kode.astype(str))
        filled = np.maximum(keadaan.terisi, 1.0)[None, :, None]
        more = impact.tambah.get(_PEMDA, np.zeros(1))
        more = np.where(more > 0, more * found, more)
        people = impact.kali.get(_PEMDA, 1.0) + more / filled
        people = np.broadcast_to(np.maximum(people, 0), keadaan.ukuran)
        bills = bills * (people * impact.tarif_pemda)[:, at]
        rates = pemda.laju_bayar * impact.bayar_pemda[:, at]
        months, left = keadaan.periode, pemda.sisa_pagu
        _, owed = settle(pemda.awal_rp, bills, rates, months=months, left=left)
    return {
        "tunggakan_pemda_rp": _place(keadaan, owed),
        "anggaran_rp": _place(keadaan, bills),
    }


def _touches_pemda(impact: _Dampak) -> bool:
    """Tell whether a scenario changes the Pemda bill or its payment."""
    members = _PEMDA in impact.kali or _PEMDA in impact.tambah
    changed = (impact.tarif_pemda != 1).any() or (impact.bayar_pemda != 1).any()
    return bool(members or changed)


def _place(keadaan: Keadaan, values: np.ndarray) -> np.ndarray:
    """Put values of the regions that deliver Pemda bills in their places."""
    pemda = keadaan.pemda
    assert pemda is not None  # narrowed for the type checker
    if len(pemda.kode) == len(keadaan.kode):
        return values
    out = np.full(keadaan.ukuran, np.nan)
    at = np.searchsorted(keadaan.kode.astype(str), pemda.kode.astype(str))
    out[:, at] = values
    return out


def summarise(hasil: Hasil, dasar: Hasil) -> pd.DataFrame:
    """Lay out a scenario beside 'nothing changes' as table ``skenario``."""
    keadaan = hasil.keadaan
    parts = []
    people = keadaan.tingkat.sum_one(keadaan.penduduk)[None, :, None]
    for name, values in hasil.ukuran.items():
        base = dasar.ukuran[name]
        own = keadaan.tingkat.sum_up(values)
        change = None if values is base else keadaan.tingkat.sum_up(values - base)
        rows = _rows(hasil, name, own, change)
        parts.append(rows[rows["nilai"].gt(0)] if name in RARE else rows)
        if name in RATES:
            rate = None if change is None else change / people
            parts.append(_rows(hasil, RATES[name], own / people, rate))
    parts += _chances(hasil, dasar)
    table = pd.concat(parts, ignore_index=True)
    return table.dropna(subset=["nilai"]).reset_index(drop=True)


def _rows(
    hasil: Hasil, name: str, values: np.ndarray, change: np.ndarray | None
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
    hasil: Hasil,
    name: str,
    grid: np.ndarray,
    delta: np.ndarray,
    levels: Sequence[float],
) -> pd.DataFrame:
    """Lay out (levels, months, rows) as rows of the table."""
    keadaan = hasil.keadaan
    _, months, rows = grid.shape
    return pd.DataFrame(
        {
            "kode": np.tile(keadaan.tingkat.kode.astype(str), len(levels) * months),
            "skenario": hasil.skenario.kode,
            "periode": np.tile(np.repeat(keadaan.periode, rows), len(levels)),
            "ukuran": name,
            "kuantil": np.repeat(levels, months * rows),
            "nilai": grid.ravel().astype(float),
            "selisih": delta.ravel().astype(float),
        }
    )


def _chances(hasil: Hasil, dasar: Hasil) -> list[pd.DataFrame]:
    """Lay out the shares of draws at 80% active and at both UHC thresholds."""
    own, base = _reached(hasil), _reached(dasar)
    return [
        _frame(hasil, name, own[name][None], (own[name] - base[name])[None], (0.5,))
        for name in own
    ]


def _reached(hasil: Hasil) -> dict[str, np.ndarray]:
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


def compare(keadaan: Keadaan, skenario: Sequence[Skenario]) -> pd.DataFrame:
    """Apply several scenarios and lay them out beside 'nothing changes'.

    Returns
    -------
    DataFrame
        Table ``skenario``, 'dasar' first.
    """
    base = apply_scenario(keadaan, TANPA)
    parts = [summarise(base, base)]
    parts += [summarise(apply_scenario(keadaan, one), base) for one in skenario]
    return pd.concat(parts, ignore_index=True)


__all__ = ["DASAR", "Hasil", "apply_scenario", "compare", "summarise"]
