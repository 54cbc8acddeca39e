"""Dated rules: UHC thresholds, premiums, arrears, fines, REHAB; each with its source.

Every number lies in one table, ``data/peraturan.csv``, a row per rule and period of
validity; the functions only look up the row in force on a date.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

from jkn_analysis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

CAP_BULAN = 24
"""BPJS bills at most this many months of arrears (Perpres 82/2018)."""
JATUH_TEMPO_HARI = 10
"""A month's premium is due by this day; unpaid, the person is off from the next 1st."""
IURAN_PBPU_PEMDA_RP = 37_800
"""What a region pays per person-month: 35.000 + 2.800 (derived, see the table)."""
AWARD = ("Utama", "Madya", "Pratama")
"""Levels of the UHC Award, the highest first."""
_BEBAS_DENDA = {"PBI JK", "PBPU Pemda"}

Months = TypeVar("Months", int, "pd.Series")


@dataclass(frozen=True)
class Aturan:
    """One row of the rule table; an open end is None, a rule without number too."""

    jenis: str
    kunci: str
    berlaku_mulai: dt.date
    berlaku_sampai: dt.date | None
    nilai: float | None
    satuan: str
    status: str
    sumber: str
    keterangan: str

    def is_in_force(self, tanggal: dt.date) -> bool:
        """Tell whether the rule holds on a date, both ends included."""
        return self.berlaku_mulai <= tanggal and (
            self.berlaku_sampai is None or tanggal <= self.berlaku_sampai
        )


@dataclass(frozen=True)
class UhcRule:
    """Thresholds of UHC in force on a date; both are shares of the population."""

    cakupan_rate: float
    keaktifan_penduduk_rate: float | None
    sumber: str


@dataclass(frozen=True)
class PrioritasRule:
    """Conditions of UHC Prioritas; None where no number was in force."""

    cakupan_rate: float
    keaktifan_penduduk_rate: float | None
    tunggakan_pemda_maks_rp: int
    porsi_pbpu_pemda_rate: float | None
    sumber: str


@dataclass(frozen=True)
class AwardRule:
    """Conditions of one level of the UHC Award."""

    nama: str
    cakupan_rate: float
    keaktifan_penduduk_rate: float
    porsi_pbpu_pemda_rate: float | None
    prioritas: bool
    sumber: str


@dataclass(frozen=True)
class RehabTerms:
    """Terms of paying arrears by instalment."""

    umur_min_bulan: int
    umur_maks_bulan: int
    angsuran_maks: int
    angsuran_maks_mutasi: int | None
    termasuk_iuran_berjalan: bool
    sumber: str

    def count_angsuran(self, umur_bulan: int) -> int:
        """Return the most instalments for arrears of an age, 0 if not admitted.

        Half the months in arrears, at most `angsuran_maks`.
        """
        if not self.umur_min_bulan <= umur_bulan:
            return 0
        billed = min(umur_bulan, self.umur_maks_bulan)
        return min(billed // 2, self.angsuran_maks)


def _parse(row: dict[str, str]) -> Aturan:
    """Turn one row of text into a rule."""
    sampai, nilai = row["berlaku_sampai"], row["nilai"]
    return Aturan(
        jenis=row["jenis"],
        kunci=row["kunci"],
        berlaku_mulai=dt.date.fromisoformat(row["berlaku_mulai"]),
        berlaku_sampai=dt.date.fromisoformat(sampai) if sampai else None,
        nilai=float(nilai) if nilai else None,
        satuan=row["satuan"],
        status=row["status"],
        sumber=row["sumber"],
        keterangan=row["keterangan"],
    )


@cache
def _rules() -> tuple[Aturan, ...]:
    """Read the rule table."""
    path = resources.files("jkn_analysis").joinpath("data", "peraturan.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_parse(row) for row in csv.DictReader(lines[1:]))


def list_peraturan() -> pd.DataFrame:
    """List every rule with its dates, number, status and source.

    ``status`` is ``berlaku``, ``turunan`` (derived by us), ``belum terverifikasi``
    or ``rancangan`` (a draft: never in force).
    """
    import pandas as pd

    return pd.DataFrame([rule.__dict__ for rule in _rules()])


def _as_date(tanggal: dt.date) -> dt.date:
    """Reduce a timestamp to its date."""
    return tanggal.date() if isinstance(tanggal, dt.datetime) else tanggal


def _find(jenis: str, kunci: str, tanggal: dt.date) -> Aturan | None:
    """Return the rule in force, or None; drafts are never in force."""
    day = _as_date(tanggal)
    for rule in _rules():
        same = rule.jenis == jenis and rule.kunci == kunci
        if same and rule.status != "rancangan" and rule.is_in_force(day):
            return rule
    return None


def find_aturan(jenis: str, tanggal: dt.date, *, kunci: str = "") -> Aturan:
    """Find the rule of a kind in force on a date.

    Parameters
    ----------
    jenis, kunci
        As in `list_peraturan`.
    tanggal
        The day the rule is applied to.

    Raises
    ------
    InputError
        If no such rule was in force.
    """
    rule = _find(jenis, kunci, tanggal)
    if rule is None:
        name = f"{jenis} {kunci}".strip()
        raise InputError(
            f"peraturan '{name}': none in force on {_as_date(tanggal)}\n"
            "  → see list_peraturan() for the dates each rule covers"
        )
    return rule


def _number(jenis: str, tanggal: dt.date, *, kunci: str = "") -> float:
    """Return the number of the rule in force."""
    value = find_aturan(jenis, tanggal, kunci=kunci).nilai
    if value is None:
        raise InputError(f"peraturan '{jenis}': the rule has no number")
    return value


def _maybe(jenis: str, tanggal: dt.date, *, kunci: str = "") -> float | None:
    """Return the number of the rule in force, or None if there is none."""
    rule = _find(jenis, kunci, tanggal)
    return None if rule is None else rule.nilai


def uhc_rule(tanggal: dt.date) -> UhcRule:
    """Return the UHC thresholds in force on a date.

    Both must be reached (>=). To 2023 cakupan 95%, in 2024 98%, from 2025 cakupan 98%
    and keaktifan 80% of the population (domain.md 1.2).

    Examples
    --------
    >>> uhc_rule(dt.date(2025, 6, 1)).keaktifan_penduduk_rate
    0.8
    >>> uhc_rule(dt.date(2024, 12, 31)).keaktifan_penduduk_rate is None
    True
    """
    rule = find_aturan("uhc_cakupan_min", tanggal)
    return UhcRule(
        cakupan_rate=_number("uhc_cakupan_min", tanggal),
        keaktifan_penduduk_rate=_maybe("uhc_keaktifan_min", tanggal),
        sumber=rule.sumber,
    )


def prioritas_rule(tanggal: dt.date) -> PrioritasRule:
    """Return the conditions of UHC Prioritas in force on a date.

    Beside these numbers a region must apply and be approved; that is not computed.
    """
    rule = find_aturan("prioritas_cakupan_min", tanggal)
    arrears = _number("prioritas_tunggakan_pemda_maks_rp", tanggal)
    return PrioritasRule(
        cakupan_rate=_number("prioritas_cakupan_min", tanggal),
        keaktifan_penduduk_rate=_maybe("prioritas_keaktifan_min", tanggal),
        tunggakan_pemda_maks_rp=int(arrears),
        porsi_pbpu_pemda_rate=_maybe("prioritas_porsi_pbpu_pemda_min", tanggal),
        sumber=rule.sumber,
    )


def list_award(tanggal: dt.date) -> list[AwardRule]:
    """Return the levels of the UHC Award in force, the highest first."""
    return [
        AwardRule(
            nama=nama,
            cakupan_rate=_number("award_cakupan_min", tanggal, kunci=nama),
            keaktifan_penduduk_rate=_number("award_keaktifan_min", tanggal, kunci=nama),
            porsi_pbpu_pemda_rate=_maybe(
                "award_porsi_pbpu_pemda_min", tanggal, kunci=nama
            ),
            prioritas=bool(_maybe("award_prioritas", tanggal, kunci=nama)),
            sumber=find_aturan("award_cakupan_min", tanggal, kunci=nama).sumber,
        )
        for nama in AWARD
    ]


def find_award(
    cakupan_rate: float,
    keaktifan_rate: float,
    *,
    porsi_pbpu_pemda_rate: float,
    tunggakan_pemda_rp: int,
    tanggal: dt.date,
) -> str | None:
    """Return the highest UHC Award level whose conditions hold, or None.

    Parameters
    ----------
    cakupan_rate, keaktifan_rate, porsi_pbpu_pemda_rate
        Registered, active and PBPU Pemda members as fractions of the population.
    tunggakan_pemda_rp
        Unpaid Pemda premium; any rupiah excludes UHC Prioritas.
    tanggal
        The day of judgement.
    """
    for level in list_award(tanggal):
        waived = level.nama == "Utama" and keaktifan_rate >= 1
        share_holds = waived or porsi_pbpu_pemda_rate >= (
            level.porsi_pbpu_pemda_rate or 0
        )
        if (
            cakupan_rate >= level.cakupan_rate
            and keaktifan_rate >= level.keaktifan_penduduk_rate
            and share_holds
            and (tunggakan_pemda_rp == 0 or not level.prioritas)
        ):
            return level.nama
    return None


def iuran_rp(segmen: str, *, kelas: int = 0, tanggal: dt.date) -> int:
    """Return the premium per person and month that the payer of a segmen owes.

    For PBPU and BP of kelas 3 this is the member's own part (Rp35.000 since 2021);
    the government's Rp7.000 counts only for active members and is never arrears.
    PPU pays a share of the wage, so it has no tariff here.

    Parameters
    ----------
    segmen
        Canonical name.
    kelas
        1-3 for PBPU and BP, otherwise ignored.
    tanggal
        Day the premium is for.

    Raises
    ------
    InputError
        If the segmen has no tariff in force.

    Examples
    --------
    >>> iuran_rp("PBPU Pemda", tanggal=dt.date(2025, 11, 1))
    37800
    >>> iuran_rp("PBPU", kelas=3, tanggal=dt.date(2020, 12, 31))
    25500
    """
    kunci = f"{segmen} {kelas}" if segmen in {"PBPU", "BP"} else segmen
    return round(_number("iuran", tanggal, kunci=kunci))


def billable_rp(umur_bulan: Months, iuran: int) -> Months:
    """Return what BPJS bills for arrears of an age: at most 24 months.

    Works on one number or on a Series.

    Examples
    --------
    >>> billable_rp(50, 35_000)
    840000
    """
    if isinstance(umur_bulan, int):
        return min(umur_bulan, CAP_BULAN) * iuran
    return umur_bulan.clip(upper=CAP_BULAN) * iuran


def denda_pelayanan_rp(
    biaya_rp: int,
    *,
    bulan_menunggak: int,
    hari_sejak_aktif: int,
    segmen: str,
    tanggal: dt.date,
) -> int:
    """Return the fine for inpatient care soon after reactivation.

    5% of the initial INA-CBG package per month in arrears, at most 12 months, at most
    Rp30 million, Rp20 million since Perpres 59/2024; only within 45 days, and never
    for PBI JK and PBPU Pemda.

    Parameters
    ----------
    biaya_rp
        Initial package of the care.
    bulan_menunggak, hari_sejak_aktif
        Months that were in arrears; days from reactivation to care.
    segmen
        Canonical name of the member's segmen.
    tanggal
        Day of the care.
    """
    window = _number("denda_masa_hari", tanggal)
    if segmen in _BEBAS_DENDA or hari_sejak_aktif > window:
        return 0
    months = min(bulan_menunggak, _number("denda_maks_bulan", tanggal))
    fine = _number("denda_rate", tanggal) * biaya_rp * months
    return round(min(fine, _number("denda_maks_rp", tanggal)))


def rehab_terms(tanggal: dt.date) -> RehabTerms:
    """Return the terms of REHAB in force on a date (2.0 since 3 February 2025)."""
    rule = find_aturan("rehab_iuran_berjalan", tanggal)
    longest = _maybe("rehab_angsuran_maks_mutasi", tanggal)
    return RehabTerms(
        umur_min_bulan=int(_number("rehab_umur_min", tanggal)),
        umur_maks_bulan=int(_number("rehab_umur_maks", tanggal)),
        angsuran_maks=int(_number("rehab_angsuran_maks", tanggal)),
        angsuran_maks_mutasi=None if longest is None else int(longest),
        termasuk_iuran_berjalan=bool(rule.nilai),
        sumber=rule.sumber,
    )


def due_date(periode: dt.date) -> dt.date:
    """Return the day the premium of a month is due.

    Examples
    --------
    >>> due_date(dt.date(2025, 11, 1))
    datetime.date(2025, 11, 10)
    """
    return dt.date(periode.year, periode.month, JATUH_TEMPO_HARI)
