"""The only judge of UHC, UHC Prioritas and UHC Award: what holds, binds and lacks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import numpy as np

from jkn_analysis.indicators import sum_tunggakan_pemda
from jkn_analysis.peraturan import KEPASTIAN, find_aturan, find_number, look_up

if TYPE_CHECKING:
    import pandas as pd

    from jkn_analysis.peraturan import Aturan, Kepastian

AWARD = ("Pratama", "Madya", "Utama")
"""Levels of the UHC Award, the lowest first."""
Syarat = Literal[
    "cakupan", "keaktifan", "porsi_pbpu_pemda", "tunggakan_pemda", "lunas", "prioritas"
]
_MICRO = 10**6
Whole = TypeVar("Whole", int, np.ndarray)


def needed_jiwa(target: float, penduduk: Whole) -> Whole:
    """Count the people a share of the population asks for, rounded up.

    In whole numbers, so that 80% of 100.000 asks for 80.000 people and not one more.
    """
    return cast("Whole", -(-round(target * _MICRO) * penduduk // _MICRO))


def gap_jiwa(target: float, penduduk: int, bagian: int) -> int:
    """Count the people missing to a target; 0 where it is reached.

    Examples
    --------
    >>> gap_jiwa(0.80, 210_836, 166_563), gap_jiwa(0.80, 106_500, 93_478)
    (2106, 0)
    """
    return max(0, needed_jiwa(target, int(penduduk)) - int(bagian))


@dataclass(frozen=True)
class Target:
    """UHC thresholds in force on a date, shares of the population."""

    cakupan_rate: float
    keaktifan_penduduk_rate: float | None
    sumber: str


def find_target(tanggal: dt.date) -> Target:
    """Find the UHC thresholds in force: both must be reached (>=).

    To 2023 cakupan 95%, in 2024 98%, from 2025 cakupan 98% and keaktifan 80% of the
    population (``peraturan.csv``).

    Raises
    ------
    InputError
        Before the first rule.

    Examples
    --------
    >>> find_target(dt.date(2025, 6, 1)).keaktifan_penduduk_rate
    0.8
    >>> find_target(dt.date(2024, 12, 31)).keaktifan_penduduk_rate is None
    True
    """
    cover = find_aturan("uhc_cakupan_min", tanggal)
    active = look_up("uhc_keaktifan_min", tanggal)
    return Target(
        find_number("uhc_cakupan_min", tanggal),
        None if active is None else active.nilai,
        cover.sumber,
    )


def reaches_uhc(
    terdaftar: np.ndarray, aktif: np.ndarray, penduduk: np.ndarray, *, tanggal: dt.date
) -> np.ndarray:
    """Judge many counts at once, such as the draws of a forecast.

    Parameters
    ----------
    terdaftar, aktif, penduduk
        Arrays that broadcast; NaN never reaches.
    tanggal
        Day whose rule applies.
    """
    target = find_target(tanggal)
    people = np.asarray(penduduk, dtype=float)
    covered = np.asarray(terdaftar) >= needed_jiwa(target.cakupan_rate, people)
    if target.keaktifan_penduduk_rate is None:
        return covered
    need = needed_jiwa(target.keaktifan_penduduk_rate, people)
    return np.asarray(covered & (np.asarray(aktif) >= need))


@dataclass(frozen=True)
class Standing:
    """The counts of one region that decide its status; None where not known."""

    penduduk_jiwa: int
    terdaftar_jiwa: int
    aktif_jiwa: int
    pbpu_pemda_jiwa: int | None = None
    """Active members whom the local government pays for."""
    tunggakan_pemda_rp: int | None = None
    jatuh_tempo_rp: int | None = None
    """Unpaid of the bills up to the Award's last month; see `find_due_month`."""


@dataclass(frozen=True)
class Condition:
    """One condition judged: its bound, what is missing to it and how sure it is."""

    syarat: Syarat
    batas: float
    kurang: int | None
    """People, or rupiah for unpaid premium; 0 is met, None not known."""
    kepastian: Kepastian
    sumber: str
    """Empty where the source appeared after the day of judgement."""

    @property
    def satuan(self) -> Literal["jiwa", "rp", "status"]:
        """Unit of what is missing; Prioritas itself is had or not."""
        if self.syarat == "prioritas":
            return "status"
        return "rp" if self.syarat in {"tunggakan_pemda", "lunas"} else "jiwa"


@dataclass(frozen=True)
class Verdict:
    """A verdict and the conditions it rests on."""

    tercapai: bool | None
    """None where a condition that could fail it is not known."""
    butir: tuple[Condition, ...]
    tingkat: str = ""
    """Award: the level reached; `butir` are those of the next level up."""

    @property
    def pengikat(self) -> Condition | None:
        """The condition that binds: the surest rule, people, then what lacks most."""
        failing = [one for one in self.butir if one.kurang != 0]
        order = {"jiwa": 0, "rp": 1, "status": 2}
        return min(
            failing,
            key=lambda one: (
                one.kurang is None,
                -KEPASTIAN.index(one.kepastian),
                order[one.satuan],
                -(one.kurang or 0),
            ),
            default=None,
        )

    @property
    def kepastian(self) -> Kepastian:
        """How sure: a verdict is no surer than its least sure condition."""
        if not self.butir:
            return "pasti"
        return min((one.kepastian for one in self.butir), key=KEPASTIAN.index)


@dataclass(frozen=True)
class Status:
    """The three verdicts on one region at a date."""

    tanggal: dt.date
    keadaan: Standing
    target: Target
    putusan_uhc: Verdict
    putusan_prioritas: Verdict
    putusan_award: Verdict

    @property
    def uhc(self) -> bool:
        """Both thresholds are reached."""
        return bool(self.putusan_uhc.tercapai)

    @property
    def prioritas(self) -> bool | None:
        """All conditions we can compute hold; None where one is not known."""
        return self.putusan_prioritas.tercapai

    @property
    def award(self) -> str:
        """Level of the UHC Award these counts would earn, '' for none."""
        return self.putusan_award.tingkat

    @property
    def penduduk_jiwa(self) -> int:
        """Population."""
        return self.keadaan.penduduk_jiwa

    @property
    def terdaftar_jiwa(self) -> int:
        """Registered members."""
        return self.keadaan.terdaftar_jiwa

    @property
    def aktif_jiwa(self) -> int:
        """Active members."""
        return self.keadaan.aktif_jiwa

    @property
    def cakupan_rate(self) -> float:
        """Registered over population."""
        return self.terdaftar_jiwa / self.penduduk_jiwa

    @property
    def keaktifan_penduduk_rate(self) -> float:
        """Active over population."""
        return self.aktif_jiwa / self.penduduk_jiwa

    @property
    def target_cakupan_rate(self) -> float:
        """Threshold of registered members."""
        return self.target.cakupan_rate

    @property
    def target_keaktifan_rate(self) -> float | None:
        """Threshold of active members, None before there was one."""
        return self.target.keaktifan_penduduk_rate

    @property
    def gap_cakupan_jiwa(self) -> int:
        """Registered people missing."""
        return self._lack("cakupan") or 0

    @property
    def gap_keaktifan_jiwa(self) -> int | None:
        """Active people missing, None where no threshold was in force."""
        return self._lack("keaktifan")

    @property
    def syarat_pengikat(self) -> Syarat | Literal[""]:
        """What binds: UHC's condition that lacks most, else Prioritas' known one."""
        binding = self.putusan_uhc.pengikat or self.putusan_prioritas.pengikat
        return "" if binding is None or binding.kurang is None else binding.syarat

    @property
    def sumber(self) -> str:
        """Source of the thresholds."""
        return self.target.sumber

    def _lack(self, syarat: Syarat) -> int | None:
        """Return what is missing to one of UHC's conditions."""
        found = [one for one in self.putusan_uhc.butir if one.syarat == syarat]
        return found[0].kurang if found else None


def status(keadaan: Standing, *, tanggal: dt.date) -> Status:
    """Judge a region by the rules in force at a date.

    Prioritas beside its numbers needs a request that BPJS approves: not computed.

    Parameters
    ----------
    keadaan
        Counts at the end of a month.
    tanggal
        Date whose rule applies.
    """
    uhc = _judge(_uhc(keadaan, tanggal))
    prioritas = _judge(_prioritas(keadaan, tanggal))
    award = _award(keadaan, tanggal, prioritas=prioritas)
    return Status(tanggal, keadaan, find_target(tanggal), uhc, prioritas, award)


def _judge(butir: tuple[Condition, ...]) -> Verdict:
    """Hold all conditions; one that fails decides, one not known leaves it open."""
    lacks = [one.kurang for one in butir]
    if any(lack for lack in lacks):
        return Verdict(tercapai=False, butir=butir)
    return Verdict(tercapai=None if None in lacks else True, butir=butir)


def _butir(
    syarat: Syarat, rule: Aturan, lack: int | None, tanggal: dt.date
) -> Condition:
    """Write a condition; one known only later is neither sure nor citable."""
    known = rule.is_known(tanggal)
    sure = rule.kepastian if known else KEPASTIAN[0]
    return Condition(
        syarat, rule.nilai or 0.0, lack, sure, rule.sumber if known else ""
    )


def _people(
    syarat: Syarat,
    jenis: str,
    keadaan: Standing,
    tanggal: dt.date,
    *,
    kunci: str = "",
) -> tuple[Condition, ...]:
    """Judge a share of the population; nothing where no such rule is in force."""
    rule = look_up(jenis, tanggal, kunci=kunci)
    if rule is None or rule.nilai is None:
        return ()
    part = {
        "cakupan": keadaan.terdaftar_jiwa,
        "keaktifan": keadaan.aktif_jiwa,
        "porsi_pbpu_pemda": keadaan.pbpu_pemda_jiwa,
    }[syarat]
    people = keadaan.penduduk_jiwa
    lack = None if part is None else gap_jiwa(rule.nilai, people, part)
    return (_butir(syarat, rule, lack, tanggal),)


def measure_pemda(
    iuran_pemda: pd.DataFrame, *, tanggal: dt.date
) -> tuple[int | None, int | None]:
    """Measure what one local government owes, and what of it is due for the Award.

    Payments settle the oldest bill first, so what is due is the debt less the bills
    after the Award's last month (`find_due_month`).

    Parameters
    ----------
    iuran_pemda
        Rows of one region, none after the month judged.
    tanggal
        Date judged.

    Returns
    -------
    tuple
        Rupiah of ``tunggakan_pemda_rp`` and ``jatuh_tempo_rp``, None if not known.
    """
    if iuran_pemda.empty:
        return None, None
    table = iuran_pemda.sort_values("periode")
    balance = sum_tunggakan_pemda(table).iloc[-1]
    if np.isnan(balance):
        return None, None
    owed, last = max(0, round(float(balance))), find_due_month(tanggal)
    if last is None:
        return owed, None
    late = table.loc[table["periode"].dt.date > last, "tagihan_rp"].sum()
    return owed, max(0, owed - int(late))


def _uhc(keadaan: Standing, tanggal: dt.date) -> tuple[Condition, ...]:
    """Judge both thresholds of UHC."""
    return (
        *_people("cakupan", "uhc_cakupan_min", keadaan, tanggal),
        *_people("keaktifan", "uhc_keaktifan_min", keadaan, tanggal),
    )


def _prioritas(keadaan: Standing, tanggal: dt.date) -> tuple[Condition, ...]:
    """Judge UHC and Prioritas' own conditions: share paid by Pemda, no arrears."""
    own = {"cakupan": "prioritas_cakupan_min", "keaktifan": "prioritas_keaktifan_min"}
    own["porsi_pbpu_pemda"] = "prioritas_porsi_pbpu_pemda_min"
    found = tuple(
        one
        for syarat, jenis in own.items()
        for one in _people(cast("Syarat", syarat), jenis, keadaan, tanggal)
    )
    rule = look_up("prioritas_tunggakan_pemda_maks_rp", tanggal)
    if rule is None:
        return found or _uhc(keadaan, tanggal)
    owed = keadaan.tunggakan_pemda_rp
    lack = None if owed is None else max(0, owed - round(rule.nilai or 0))
    return (*found, _butir("tunggakan_pemda", rule, lack, tanggal))


def find_due_month(tanggal: dt.date) -> dt.date | None:
    """Find the last month whose bill must be paid for the coming UHC Award.

    The Award of January judges bills to September of the year before.

    Examples
    --------
    >>> find_due_month(dt.date(2025, 11, 30))
    datetime.date(2025, 9, 1)
    """
    rule = look_up("award_lunas_bulan", tanggal)
    if rule is None or rule.nilai is None:
        return None
    return dt.date(tanggal.year, round(rule.nilai), 1)


def _award(keadaan: Standing, tanggal: dt.date, *, prioritas: Verdict) -> Verdict:
    """Name the highest level reached and what is missing to the next.

    What is not known is not promised: it counts as missing.
    """
    if look_up("award_cakupan_min", tanggal, kunci=AWARD[0]) is None:
        return Verdict(tercapai=None, butir=())
    judged = {
        name: _judge(_award_butir(name, keadaan, tanggal, prioritas=prioritas))
        for name in AWARD
    }
    reached = [name for name in AWARD if judged[name].tercapai]
    level = reached[-1] if reached else ""
    above = AWARD[AWARD.index(level) + 1 :] if level else AWARD
    shown = above[0] if above else AWARD[-1]
    return Verdict(bool(level), judged[shown].butir, level)


def _award_butir(
    name: str, keadaan: Standing, tanggal: dt.date, *, prioritas: Verdict
) -> tuple[Condition, ...]:
    """Judge one level of the Award."""
    cover = _people("cakupan", "award_cakupan_min", keadaan, tanggal, kunci=name)
    found = [*cover, *_activity_or_share(name, keadaan, tanggal)]
    rule = look_up("award_prioritas", tanggal, kunci=name)
    if rule is not None:
        lack = None if prioritas.tercapai is None else int(not prioritas.tercapai)
        found.append(_butir("prioritas", rule, lack, tanggal))
    paid = look_up("award_lunas_bulan", tanggal)
    if paid is not None:
        found.append(_butir("lunas", paid, keadaan.jatuh_tempo_rp, tanggal))
    return tuple(found)


def _activity_or_share(
    name: str, keadaan: Standing, tanggal: dt.date
) -> tuple[Condition, ...]:
    """Judge activity with the share of Pemda members, by the level's own logic.

    Madya: activity of its own, or a lower one with the share; the nearer way is
    shown. Utama: both, the share waived where everybody is active.
    """
    full = _people("keaktifan", "award_keaktifan_min", keadaan, tanggal, kunci=name)
    share = _people(
        "porsi_pbpu_pemda", "award_porsi_pbpu_pemda_min", keadaan, tanggal, kunci=name
    )
    lower = _people(
        "keaktifan", "award_keaktifan_porsi_min", keadaan, tanggal, kunci=name
    )
    if not lower:
        waived = keadaan.aktif_jiwa >= keadaan.penduduk_jiwa
        return full if waived else (*full, *share)
    by_share = (*lower, *share)
    if _judge(by_share).tercapai or _far(by_share) < _far(full):
        return by_share if not _judge(full).tercapai else full
    return full


def _far(butir: tuple[Condition, ...]) -> float:
    """Count the people missing on one way; endless where not known."""
    return sum(np.inf if one.kurang is None else one.kurang for one in butir)
