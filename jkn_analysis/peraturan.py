"""Dated rules: thresholds, premiums, arrears, REHAB, observed rates; each sourced.

Every number lies in one table, ``data/peraturan.csv``, a row per rule and period of
validity; the functions only look up the row in force on a date.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, cast

from jkn_analysis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

CAP_BULAN = 24
"""BPJS bills at most this many months of arrears (Perpres 82/2018)."""
JATUH_TEMPO_HARI = 10
"""A month's premium is due by this day; unpaid, the person is off from the next 1st."""
IURAN_PBPU_PEMDA_RP = 37_800
"""What a region pays per person-month: 35.000 + 2.800 (derived, see the table)."""
DIPERIKSA = dt.date(2026, 11, 1)
"""Month in which the whole table was last held against its sources."""

Kepastian = Literal["pasti", "dilaporkan", "tidak pasti"]
KEPASTIAN: tuple[Kepastian, ...] = ("tidak pasti", "dilaporkan", "pasti")
"""How sure a rule is, the least sure first."""


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
    kepastian: Kepastian
    diketahui: dt.date
    """Day of the source; a page of an earlier day cannot cite it."""
    sumber: str
    keterangan: str

    def is_in_force(self, tanggal: dt.date) -> bool:
        """Tell whether the rule holds on a date, both ends included."""
        return self.berlaku_mulai <= tanggal and (
            self.berlaku_sampai is None or tanggal <= self.berlaku_sampai
        )

    def is_known(self, tanggal: dt.date) -> bool:
        """Tell whether the source had appeared by a date."""
        return self.diketahui <= tanggal


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
        kepastian=cast("Kepastian", row["kepastian"]),
        diketahui=dt.date.fromisoformat(row["diketahui"] or row["berlaku_mulai"]),
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
    """List every rule with its dates, number, certainty and source.

    ``status`` is ``berlaku`` or ``rancangan`` (a draft: never in force);
    ``kepastian`` is ``pasti``, ``dilaporkan`` (one source, or derived by us) or
    ``tidak pasti``.
    """
    import pandas as pd

    return pd.DataFrame([rule.__dict__ for rule in _rules()])


def look_up(jenis: str, tanggal: dt.date, *, kunci: str = "") -> Aturan | None:
    """Return the rule of a kind in force on a date, or None; drafts never are."""
    day = tanggal.date() if isinstance(tanggal, dt.datetime) else tanggal
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
    rule = look_up(jenis, tanggal, kunci=kunci)
    if rule is None:
        name = f"{jenis} {kunci}".strip()
        raise InputError(
            f"peraturan '{name}': none in force on {tanggal:%Y-%m-%d}\n"
            "  → see list_peraturan() for the dates each rule covers"
        )
    return rule


def find_number(jenis: str, tanggal: dt.date, *, kunci: str = "") -> float:
    """Find the number of the rule in force.

    Raises
    ------
    InputError
        If none was in force or it has no number.
    """
    value = find_aturan(jenis, tanggal, kunci=kunci).nilai
    if value is None:
        raise InputError(f"peraturan '{jenis}': the rule has no number")
    return value


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
    return round(find_number("iuran", tanggal, kunci=kunci))
