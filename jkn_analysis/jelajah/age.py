"""The arrears board's numbers: age over time, roll rates, collection, what-if."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.api.whatif import build_state, read_tables
from jkn_analysis.errors import InputError, StoreError
from jkn_analysis.masa_depan.paths import read_quantiles
from jkn_analysis.skenario import (
    TANPA,
    Applied,
    Skenario,
    apply_scenario,
    kuota_ubah,
    pemutihan,
    potong_pbi,
    rehab,
)
from jkn_analysis.store import read_table_or_empty
from jkn_analysis.wilayah import fix_kode, get_wilayah

if TYPE_CHECKING:
    from pathlib import Path

KELOMPOK_UMUR = ("1-3", "4-12", "13-24", "25+")
_BATAS = (0, 3, 12, 24, 25)
UMUR_LAJU = ("1", "2", "3", "4-6", "7-12", "13-18", "19-24")
_BATAS_LAJU = (0, 1, 2, 3, 6, 12, 18, 24)
BULAN_CORONG = 12
BATAS_PILIHAN = {
    "potong_pbi_persen": (0, 50),
    "kuota_persen": (-50, 50),
    "rehab_persen": (0, 50),
    "pemutihan_kelas": (0, 3),
}
"""Least and most of each control of the what-if."""


@dataclass(frozen=True)
class ArrearsChoice:
    """Region and sliders; every field is a papermill parameter of that name."""

    kode: str
    mulai: str = ""
    """First month of the what-if, ``2026-02``; '' = the first month ahead."""
    potong_pbi_persen: float = 0.0
    kuota_persen: float = 0.0
    rehab_persen: float = 0.0
    pemutihan_kelas: int = 0
    """Class whose arrears are written off; 0 = none."""

    def __post_init__(self) -> None:
        """Take the region as typed; refuse what no control can show."""
        object.__setattr__(self, "kode", fix_kode(self.kode))
        for name, (low, high) in BATAS_PILIHAN.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(
                    f"{name} {value} di luar batas\n  → {low} sampai {high}"
                )

    def skenario(self) -> Skenario:
        """Compose the scenario of the sliders; untouched ones add nothing.

        Raises
        ------
        InputError
            If a slider is moved and no month is chosen.
        """
        moved = self.potong_pbi_persen or self.kuota_persen or self.rehab_persen
        if (moved or self.pemutihan_kelas) and not self.mulai:
            raise InputError("bulan mulai belum dipilih\n  → mulai='2026-02'")
        parts = []
        if self.potong_pbi_persen:
            parts.append(potong_pbi(self.mulai, self.potong_pbi_persen))
        if self.kuota_persen:
            parts.append(kuota_ubah(self.mulai, persen=self.kuota_persen))
        if self.rehab_persen:
            parts.append(rehab(self.mulai, self.rehab_persen))
        if self.pemutihan_kelas:
            parts.append(pemutihan(self.mulai, kelas=self.pemutihan_kelas))
        composed = TANPA
        for part in parts:
            composed = part if composed is TANPA else composed + part
        return composed


def sum_umur(tunggakan_peserta: pd.DataFrame) -> pd.DataFrame:
    """Sum people and rupiah in arrears by month and age group.

    Returns
    -------
    DataFrame
        ``periode, kelompok_umur, peserta_jiwa, tunggakan_rp``.
    """
    group = pd.cut(
        tunggakan_peserta["umur_bulan"], list(_BATAS), labels=list(KELOMPOK_UMUR)
    )
    by = [tunggakan_peserta["periode"], group.rename("kelompok_umur")]
    names = ["peserta_jiwa", "tunggakan_rp"]
    return tunggakan_peserta.groupby(by, observed=True)[names].sum().reset_index()


def measure_laju(tunggakan_peserta: pd.DataFrame) -> pd.DataFrame:
    """Measure the share that left arrears between two months, by age.

    Who is at age k this month and not at k + 1 the next has paid, moved or was
    written off: leavers over people at risk, summed over kelas and segmen.

    Returns
    -------
    DataFrame
        Index `UMUR_LAJU`, one column a month; a missing month leaves a gap.
    """
    counts = tunggakan_peserta.pivot_table(
        index="periode", columns="umur_bulan", values="peserta_jiwa", aggfunc="sum"
    )
    grid = counts.reindex(columns=range(1, _BATAS[-1] + 1)).fillna(0)
    months = pd.date_range(grid.index.min(), grid.index.max(), freq="MS")
    known = grid.reindex(months).astype("float64").to_numpy()
    risk, stayed = known[:-1, :23], known[1:, 1:24]
    left = risk - stayed
    rows = {}
    for name, low, high in zip(UMUR_LAJU, _BATAS_LAJU, _BATAS_LAJU[1:], strict=False):
        at = slice(low, min(high, risk.shape[1]))
        total = risk[:, at].sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            rows[name] = np.where(total > 0, left[:, at].sum(axis=1) / total, np.nan)
    return pd.DataFrame(rows, index=months[1:]).T.clip(lower=0.0)


def build_corong(iuran: pd.DataFrame, tunggakan_ramalan: pd.DataFrame) -> pd.DataFrame:
    """Build the collection funnel of the last 12 months and what can still come in.

    Returns
    -------
    DataFrame
        ``langkah, rp``: billed, received, billable arrears (24-month cap) and what
        of them is expected within 12 months; PBPU and BP only, who pay themselves.
    """
    own = iuran[iuran["segmen"].isin(["PBPU", "BP"])]
    since = own["periode"].max() - pd.DateOffset(months=BULAN_CORONG - 1)
    year = own[own["periode"] >= since]
    ahead = tunggakan_ramalan[
        (tunggakan_ramalan["kelompok_umur"] == "total")
        & np.isclose(tunggakan_ramalan["kuantil"], 0.5)
    ]
    billable = ahead[ahead["ukuran"] == "dapat_ditagih_rp"].sort_values("periode")
    expected = ahead[ahead["ukuran"] == "penerimaan_rp"]["nilai"]
    rows = [
        ("Ditagih 12 bulan terakhir", float(year["ditagih_rp"].sum())),
        ("Diterima", float(year["diterima_rp"].sum())),
        ("Tunggakan yang masih dapat ditagih", _first(billable["nilai"])),
        ("Perkiraan penerimaan 12 bulan ke depan", _total(expected)),
    ]
    return pd.DataFrame(rows, columns=["langkah", "rp"])


def _first(values: pd.Series) -> float:
    """Return the first value, NaN where there is none."""
    return float(values.iloc[0]) if len(values) else float("nan")


def _total(values: pd.Series) -> float:
    """Return the sum, NaN where there is nothing to sum."""
    return float(values.sum()) if len(values) else float("nan")


@dataclass(frozen=True)
class Sumber:
    """One region's slices, read once and asked many times."""

    kode: str
    umur: pd.DataFrame
    laju: pd.DataFrame
    corong: pd.DataFrame
    dasar: Applied
    """What comes if nothing changes."""


def read_sumber(kode: str, *, root: Path) -> Sumber:
    """Read what the arrears board needs of one kabupaten/kota.

    Raises
    ------
    StoreError
        If the region has no ageing of arrears.
    """
    tables = read_tables(root, [kode])
    ages = tables["tunggakan_peserta"]
    if ages.empty:
        raise StoreError(
            f"{get_wilayah(kode).nama_lengkap}: tidak ada tunggakan menurut umur\n"
            "  → kirim tunggakan_peserta, lalu jkn build dan jkn forecast"
        )
    ahead = read_table_or_empty("tunggakan_ramalan", root=root, kode=kode)
    return Sumber(
        kode=kode,
        umur=sum_umur(ages),
        laju=measure_laju(ages),
        corong=build_corong(tables["iuran"], ahead),
        dasar=apply_scenario(build_state(tables, root, [kode])),
    )


def ask(sumber: Sumber, skenario: Skenario) -> Applied:
    """Apply a what-if to the region."""
    if skenario is TANPA:
        return sumber.dasar
    return apply_scenario(sumber.dasar.keadaan, skenario)


def build_lines(dasar: Applied, jika: Applied) -> pd.DataFrame:
    """Lay keaktifan (penduduk) without and with the what-if under each other.

    Returns
    -------
    DataFrame
        ``seri, periode, nilai, bawah, atas, ramalan``, as `build_series` gives it.
    """
    lines = {"Tidak ada yang berubah": dasar, "Dengan pilihan ini": jika}
    if jika is dasar:
        lines.popitem()
    parts = []
    for name, one in lines.items():
        rate = one.ukuran["aktif_jiwa"][:, 0] / one.keadaan.penduduk[0]
        low, middle, high = read_quantiles(rate, [0.1, 0.5, 0.9], middle=True).T
        ahead = {"seri": name, "periode": one.keadaan.periode, "nilai": middle}
        parts.append(pd.DataFrame({**ahead, "bawah": low, "atas": high}))
    return pd.concat(parts, ignore_index=True).assign(ramalan=True)
