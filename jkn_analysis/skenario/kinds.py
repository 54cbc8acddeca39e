"""The kinds of change: each one's meaning, parameters and effect, in one entry.

A new kind is an entry of `JENIS` and its effect above it; files, checks, pages and
tests find it there. An effect adds to `Impact`, so that the order of changes cannot
matter, and leaves all ceilings to the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.decrees import BALIK_BULAN, BALIK_RATE, find_return
from jkn_analysis.skenario.impact import PBI, PBPU, PEMDA
from jkn_analysis.terms import SEGMEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jkn_analysis.skenario.impact import Impact, Setting


@dataclass(frozen=True)
class Parameter:
    """A number of a kind of scenario: what it means, its default and its range."""

    arti: str
    bawaan: float
    minimal: float = 0.0
    maksimal: float = 100.0


@dataclass(frozen=True)
class ChangeKind:
    """A kind of change: meaning, parameters, effect; `segmen` if one must be named."""

    arti: str
    parameter: Mapping[str, Parameter]
    efek: Callable[[Setting, Impact], None]
    butuh_segmen: bool = False


def _course(at: Setting) -> np.ndarray:
    """Return (months, 1, draws): 1 from the start of a cut on, less who came back."""
    h = np.arange(len(at.keadaan.periode))
    back = np.clip((h - at.mulai) / at.act.get("kembali_bulan"), 0, 1)[:, None, None]
    return np.asarray((1 - _returning(at) * back) * at.from_start())


def _returning(at: Setting) -> np.ndarray:
    """Return the part of people cut who come back: declared, observed or assumed."""
    observed = find_return((at.keadaan.cutoff + pd.offsets.MonthEnd(0)).date())
    if "kembali_persen" in at.act.nilai or at.act.jenis != "potong_pbi":
        return at.draw("kembali_persen")
    if observed[1]:
        return np.full((1, 1, 1), observed[0])
    return at.spread(observed[0])


def _cut_pbi(at: Setting, impact: Impact) -> None:
    """Take a share of PBI JK out; a part comes back over some months."""
    gone = np.minimum(at.draw("persen"), 1.0) * _course(at)
    impact.scale(PBI, 1 - gone * at.wilayah, at.keadaan.ukuran)


def _late_quota(at: Setting, impact: Impact) -> None:
    """Switch Pemda members off while the agreement is not renewed."""
    off = at.draw("nonaktif_persen") * at.from_start(at.act.get("bulan"))
    impact.scale(PEMDA, 1 - off * at.wilayah, at.keadaan.ukuran)


def _change_quota(at: Setting, impact: Impact) -> None:
    """Cut or enlarge the Pemda quota; of those added only a part is new.

    Those who are new are registered for the first time as far as there are people
    who are not; a cut leaves people registered.
    """
    known = at.keadaan.terisi
    held = at.keadaan.aktif_segmen(SEGMEN[PEMDA])[0, :, 0]
    filled = np.where(np.isnan(known), held, known)[None, :, None]
    change = filled * at.act.get("persen") / 100 + at.act.get("jiwa")
    if "kuota_jiwa" in at.act.nilai:
        change = change + at.act.get("kuota_jiwa") - filled
    change = np.maximum(change, -filled) * at.from_start() * at.wilayah
    net = at.draw("bersih_persen")
    added = np.maximum(change, 0)
    impact.add(PEMDA, added + np.minimum(change, 0), at.keadaan.ukuran)
    if (added > 0).any():
        impact.add(PBPU, -added * (1 - net), at.keadaan.ukuran)
        impact.daftar = impact.daftar + added * net


def _stop_paying(at: Setting, impact: Impact) -> None:
    """Stop the Pemda payment; members go off after the days of grace."""
    months, grace = at.act.get("bulan"), at.act.get("tenggang_bulan")
    impact.bayar_pemda *= 1 - at.from_start(months) * at.wilayah
    h = np.arange(len(at.keadaan.periode))
    off = ((h >= at.mulai + grace) & (h < at.mulai + months))[:, None, None]
    share = at.draw("nonaktif_persen") * off * at.wilayah
    impact.scale(PEMDA, 1 - share, at.keadaan.ukuran)


def _units(at: Setting, kelas: float) -> np.ndarray:
    """Return (1, units, 1): 1 for the region's units of a kelas (0 = all)."""
    part = at.keadaan.tunggakan
    if part is None:
        return np.zeros((1, 0, 1))
    inside = at.wilayah[0, part.posisi, 0]
    chosen = inside * ((part.stok.kelas == kelas) | (kelas == 0))
    return np.asarray(chosen[None, :, None])


def _write_off(at: Setting, impact: Impact) -> None:
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


def _join_rehab(at: Setting, impact: Impact) -> None:
    """Put the share that joins and finishes on instalments."""
    share = at.draw("ikut_persen") * at.draw("tuntas_persen")
    joined = at.from_start(1) * _units(at, 0) * share
    count = int(at.act.get("angsuran"))
    impact.cicil[count] = 1 - (1 - impact.cicil.get(count, 0.0)) * (1 - joined)
    impact.pakai_tunggakan = True


def _change_tariff(at: Setting, impact: Impact) -> None:
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


def _change_pemda_tariff(at: Setting, impact: Impact) -> None:
    """Change what the region pays per person."""
    rise = at.act.get("naik_persen") / 100
    impact.tarif_pemda = impact.tarif_pemda * (1 + rise * at.from_start() * at.wilayah)


def _recruit(at: Setting, impact: Impact) -> None:
    """Add self-payers found by agents, a part of whom stop paying each month."""
    h = np.arange(len(at.keadaan.periode))
    stay = at.act.get("bertahan_persen") / 100
    count = np.maximum(h - at.mulai + 1, 0)
    alive = np.array([sum(stay**k for k in range(int(n))) for n in count])
    found = at.act.get("jumlah") * at.act.get("per_bulan") * alive[:, None, None]
    spread = at.draw("bertahan_persen", maksimal=np.inf) * 100
    scaled = found * spread / max(at.act.get("bertahan_persen"), 1e-9) * at.wilayah
    impact.add(PBPU, scaled, at.keadaan.ukuran)
    flow = at.act.get("jumlah") * at.act.get("per_bulan") * count[:, None, None]
    impact.daftar = impact.daftar + flow * at.wilayah


def _event(at: Setting, impact: Impact) -> None:
    """Change one segment by people (shared by size) or by a share.

    Additions are registered too, cuts only switch off; those cut come back as after
    a cut of PBI JK where the change says so.
    """
    segmen = SEGMEN.index(at.act.segmen)
    base = at.keadaan.aktif_segmen(at.act.segmen)
    course = _course(at)
    share = at.draw("dampak_persen", maksimal=np.inf)
    lasting = np.where(share < 0, course, at.from_start()) * at.wilayah
    impact.scale(segmen, np.maximum(1 + share * lasting, 0.0), at.keadaan.ukuran)
    impact.daftar = impact.daftar + np.maximum(share, 0) * lasting * base
    people = at.act.get("dampak_jiwa")
    if people:
        part = base[:1, :, :1] * at.wilayah / max(at.orang, 1.0)
        moved = people * part * (course if people < 0 else at.from_start())
        impact.add(segmen, moved, at.keadaan.ukuran)
        impact.daftar = impact.daftar + np.maximum(moved, 0)


_TAK_TERBATAS = 1e12
JENIS: dict[str, ChangeKind] = {
    "potong_pbi": ChangeKind(
        "daftar PBI JK dipotong: anggotanya nonaktif sejak tanggal itu",
        {
            "persen": Parameter("bagian PBI JK aktif yang dipotong", 10),
            "kembali_persen": Parameter(
                "bagian yang diaktifkan kembali", 100 * BALIK_RATE
            ),
            "kembali_bulan": Parameter("lama pengaktifan kembali", BALIK_BULAN, 1, 60),
        },
        _cut_pbi,
    ),
    "kuota_telat": ChangeKind(
        "kuota PBPU Pemda terlambat diperpanjang: anggota nonaktif selama itu",
        {
            "bulan": Parameter("lama terlambat", 2, 1, 60),
            "nonaktif_persen": Parameter("bagian anggota yang dinonaktifkan", 100),
        },
        _late_quota,
    ),
    "kuota_ubah": ChangeKind(
        "kuota PBPU Pemda dipotong (persen di bawah 0) atau ditambah",
        {
            "persen": Parameter("perubahan jumlah anggota", 0, -100, 1000),
            "jiwa": Parameter(
                "perubahan jumlah anggota", 0, -_TAK_TERBATAS, _TAK_TERBATAS
            ),
            "kuota_jiwa": Parameter(
                "kuota baru; -1 = tidak disebut", -1, -1, _TAK_TERBATAS
            ),
            "bersih_persen": Parameter("bagian anggota baru yang aktif baru", 70),
        },
        _change_quota,
    ),
    "pemda_menunggak": ChangeKind(
        "Pemda berhenti membayar iuran PBPU Pemda; setelah tenggang anggota nonaktif",
        {
            "bulan": Parameter("lama tidak membayar", 3, 1, 60),
            "tenggang_bulan": Parameter("bulan sebelum dinonaktifkan", 1, 0, 60),
            "nonaktif_persen": Parameter("bagian anggota yang dinonaktifkan", 100),
        },
        _stop_paying,
    ),
    "pemutihan": ChangeKind(
        "tunggakan peserta kelas tertentu dihapus untuk desil yang berhak",
        {
            "kelas": Parameter("kelas, 0 = semua", 3, 0, 3),
            "bagian_persen": Parameter("bagian penunggak yang berhak", 50),
            "kembali_persen": Parameter("bagian yang lalu aktif", 50),
            "moral_persen": Parameter("kemauan membayar yang hilang sesudahnya", 0),
            "moral_bulan": Parameter("lama kemauan itu hilang", 12, 1, 60),
        },
        _write_off,
    ),
    "rehab": ChangeKind(
        "penunggak 4-24 bulan ikut REHAB; aktif setelah angsuran terakhir",
        {
            "ikut_persen": Parameter("bagian penunggak yang ikut", 5),
            "tuntas_persen": Parameter("bagian peserta REHAB yang selesai", 52.6),
            "angsuran": Parameter("jumlah angsuran bulanan", 6, 1, 36),
        },
        _join_rehab,
    ),
    "tarif": ChangeKind(
        "iuran peserta mandiri berubah; yang membayar berubah menurut elastisitas",
        {
            "kelas": Parameter("kelas, 0 = semua", 0, 0, 3),
            "naik_persen": Parameter("perubahan iuran", 10, -100, 1000),
            "elastisitas": Parameter(
                "perubahan pembayar per perubahan iuran", -0.3, -5, 0
            ),
        },
        _change_tariff,
    ),
    "tarif_pemda": ChangeKind(
        "iuran per jiwa yang dibayar Pemda berubah",
        {"naik_persen": Parameter("perubahan iuran", 10, -100, 1000)},
        _change_pemda_tariff,
    ),
    "agen": ChangeKind(
        "agen (kader, PESIAR) merekrut peserta mandiri",
        {
            "jumlah": Parameter("jumlah agen per kabupaten/kota", 10, 0, 100_000),
            "per_bulan": Parameter(
                "peserta aktif baru per agen dan bulan", 10, 0, 1000
            ),
            "bertahan_persen": Parameter("yang tetap membayar tiap bulan", 95),
        },
        _recruit,
    ),
    "peristiwa": ChangeKind(
        "perubahan apa pun pada satu segmen, dalam jiwa atau bagian",
        {
            "dampak_jiwa": Parameter("jiwa aktif", 0, -_TAK_TERBATAS, _TAK_TERBATAS),
            "dampak_persen": Parameter("bagian dari aktif segmen", 0, -100, 1000),
            "kembali_persen": Parameter("bagian yang diaktifkan kembali", 0),
            "kembali_bulan": Parameter("lama pengaktifan kembali", BALIK_BULAN, 1, 60),
        },
        _event,
        butuh_segmen=True,
    ),
}
"""Every kind of scenario with its parameters, defaults and ranges."""
