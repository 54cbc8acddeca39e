"""Fiscal room: the premium's share of APBD, the cigarette tax, what may be cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.indicators import sum_tunggakan_pemda
from jkn_analysis.peraturan import look_up

if TYPE_CHECKING:
    import datetime as dt

    from jkn_analysis.peraturan import Aturan

FISKAL = "fiskal"


@dataclass(frozen=True)
class Ruang:
    """A region's room in one year; None where a part was not delivered."""

    tahun: int
    apbd_rp: float
    pagu_rp: float | None = None
    rokok_rp: float | None = None
    rokok_jkn_rp: float | None = None
    """Budgeted for JKN from the cigarette tax."""
    rokok_aturan: Aturan | None = None
    dau_dbh_rp: float | None = None
    utang_lama_rp: float | None = None
    """Premium owed for longer than `potong_aturan` says."""
    potong_aturan: Aturan | None = None

    @property
    def porsi_rate(self) -> float | None:
        """Premium budget over the whole budget."""
        return None if self.pagu_rp is None else self.pagu_rp / self.apbd_rp

    @property
    def rokok_wajib_rp(self) -> float | None:
        """What the rule wants of the cigarette tax for JKN."""
        rule = self.rokok_aturan
        if self.rokok_rp is None or rule is None or rule.nilai is None:
            return None
        return self.rokok_rp * rule.nilai


def measure_ruang(
    fiskal: pd.DataFrame,
    anggaran: pd.DataFrame,
    iuran_pemda: pd.DataFrame,
    *,
    tanggal: dt.date,
) -> Ruang | None:
    """Measure one region's room in the year of a date.

    Parameters
    ----------
    fiskal, anggaran, iuran_pemda
        The region's rows of the tables of these names; rupiah.
    tanggal
        Last day of the report month; rules are those in force and known then.

    Returns
    -------
    Ruang or None
        None where the year's budget was not delivered.
    """
    own = fiskal[fiskal["tahun"].eq(tanggal.year) & fiskal["apbd_rp"].gt(0)]
    if own.empty:
        return None
    row = own.iloc[0]
    budget = anggaran[anggaran["tahun"].eq(tanggal.year)]
    pagu = budget["pagu_rp"] + budget["pergeseran_rp"]
    cigarette = pagu[budget["sumber_dana"].eq("Pajak rokok")]
    handed = [row[name] for name in ("dau_rp", "dbh_rp") if not pd.isna(row[name])]
    cut = _known("potong_dau_dbh_umur", tanggal)
    return Ruang(
        tahun=tanggal.year,
        apbd_rp=float(row["apbd_rp"]),
        pagu_rp=float(pagu.sum()) if len(pagu) else None,
        rokok_rp=_number(row["pajak_rokok_rp"]),
        rokok_jkn_rp=float(cigarette.sum()) if len(pagu) else None,
        rokok_aturan=_known("pajak_rokok_jkn_rate", tanggal),
        dau_dbh_rp=float(sum(handed)) if handed else None,
        utang_lama_rp=find_old_debt(iuran_pemda, months=int(cut.nilai or 0))
        if cut
        else None,
        potong_aturan=cut,
    )


def _known(jenis: str, tanggal: dt.date) -> Aturan | None:
    """Return a rule in force whose source had appeared."""
    rule = look_up(jenis, tanggal)
    return rule if rule is not None and rule.is_known(tanggal) else None


def _number(value: object) -> float | None:
    """Return a cell as a number, None where it is missing."""
    return None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]


def find_old_debt(iuran_pemda: pd.DataFrame, *, months: int) -> float | None:
    """Return the premium owed for more than some months at the newest one, rupiah.

    Payments settle the oldest bill first, so that old debt is what was owed then less
    all that was paid since. None where a month between is missing.
    """
    rows = iuran_pemda.sort_values("periode", ignore_index=True)
    if len(rows) <= months:
        return None
    owed = sum_tunggakan_pemda(rows).iloc[-1 - months]
    since = rows.iloc[len(rows) - months :]
    span = rows["periode"].iloc[-1].to_period("M") - rows["periode"].iloc[
        -1 - months
    ].to_period("M")
    if span.n != months or pd.isna(owed):
        return None
    return max(float(owed) - float(since["dibayar_rp"].sum()), 0.0)
