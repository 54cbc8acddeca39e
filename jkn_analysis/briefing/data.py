"""The slice of the stored tables that one page needs, cut at the report month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.indicators import INDICATORS, attach_penduduk
from jkn_analysis.store import open_generation, read_table_or_empty
from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.wilayah import get_wilayah

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jkn_analysis.wilayah import Wilayah

OWN = (
    "kepesertaan",
    "penduduk",
    "tunggakan_peserta",
    "iuran",
    "iuran_pemda",
    "anggaran",
    "faskes",
    "tindak_lanjut",
    "publikasi",
    "ramalan",
    "peluang",
    "perubahan",
    "selisih",
    "arus_kepesertaan",
    "kepesertaan_kecamatan",
    "kohort_kembali",
    "sasaran_pbi",
    "usulan_pbi",
    "layanan",
    "fiskal",
    "tunggakan_ramalan",
    "utang_pemda",
    "kolektibilitas",
    "kas",
    "uang",
    "permintaan",
    "skenario",
    "rekam",
)
"""Tables read for the page's own region only."""
PERIODIC = (
    "kepesertaan", "tunggakan_peserta", "iuran", "iuran_pemda", "faskes",
    "arus_kepesertaan", "kepesertaan_kecamatan", "kohort_kembali",
    "sasaran_pbi", "usulan_pbi", "layanan",
)  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """All a page is made of; frames hold only rows of its region."""

    wilayah: Wilayah
    periode: dt.date
    tables: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]

    @property
    def kode(self) -> str:
        """Code of the region."""
        return self.wilayah.kode

    @property
    def is_contoh(self) -> bool:
        """Tell whether the data are the synthetic sample."""
        return bool(self.manifest["contoh"])

    @property
    def tanggal(self) -> dt.date:
        """Last day of the report month."""
        return end_of_month(self.periode)


def parse_periode(text: str) -> dt.date:
    """Read ``YYYY-MM``.

    Raises
    ------
    InputError
        If it is no month.
    """
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError as exc:
        raise InputError(
            f"periode '{text}': not a month\n  → write it as 2025-11"
        ) from exc


def end_of_month(periode: dt.date) -> dt.date:
    """Return the last day of a month."""
    return add_months(periode, 1) - dt.timedelta(days=1)


def add_months(periode: dt.date, months: int) -> dt.date:
    """Move a first-of-month by some months."""
    count = periode.year * 12 + periode.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def as_date(value: Any) -> dt.date:  # noqa: ANN401 - pandas and datetime alike
    """Turn a timestamp into a date."""
    return pd.Timestamp(value).date()


def until(frame: pd.DataFrame, periode: dt.date) -> pd.DataFrame:
    """Drop rows of months after the report's."""
    return frame[frame["periode"] <= pd.Timestamp(periode)]


def newest_cutoff(frame: pd.DataFrame, periode: dt.date) -> pd.DataFrame:
    """Keep the newest forecast that saw no month after the report's."""
    seen = frame[frame["cutoff"] <= pd.Timestamp(periode)]
    return seen[seen["cutoff"] == seen["cutoff"].max()] if len(seen) else seen


def read_slice(kode: str, periode: str, *, root: Path) -> Slice:
    """Read what the page of one region needs, as it was stored of its month.

    All of it is of one generation, whatever is stored meanwhile.

    Raises
    ------
    UnknownNameError
        If the code is no region's.
    InputError
        If the month is none.
    """
    wilayah = get_wilayah(kode)
    month = parse_periode(periode)
    above = (kode, wilayah.kode_provinsi, NASIONAL)
    taken = open_generation(root, cutoff=periode)
    read = partial(read_table_or_empty, root=root, generation=taken)
    tables = {name: read(name, kode=kode) for name in OWN}
    for name in ("rapat", "peristiwa"):
        tables[name] = read(name, kode=above)
    for name in ("uji_balik", "asumsi_skenario"):
        tables[name] = read(name)
    if any(indicator.on_page for indicator in INDICATORS.values()):
        tables["ukuran"] = until(read("ukuran", kode=kode), month)
    if len(tables["layanan"]) or len(tables["faskes"]):
        used = [name for name, indicator in INDICATORS.items() if indicator.per]
        only = {"indikator": used, "segmen": [TOTAL]}
        rows = read("ukuran", kode=above[:2], only=only)
        tables["ukuran_layanan"] = until(rows, month)
    for name in PERIODIC:
        tables[name] = until(tables[name], month)
    for name in ("ramalan", "peluang"):
        tables[name] = newest_cutoff(tables[name], month)
    return Slice(wilayah, month, tables, {**taken.manifest, "contoh": taken.contoh})


@dataclass(frozen=True)
class History:
    """Monthly totals of one region: counts, population in force, rates."""

    frame: pd.DataFrame
    """Columns periode, terdaftar_jiwa, aktif_jiwa, penduduk_jiwa, sumber, …, rate."""

    @cached_property
    def last(self) -> pd.Series:
        """The newest month."""
        return self.frame.iloc[-1]

    @property
    def periode(self) -> dt.date:
        """The newest month with data."""
        return as_date(self.last["periode"])


def build_history(potongan: Slice, *, sumber_penduduk: str = "terbaru") -> History:
    """Sum the segmen of each month and divide by the population in force."""
    panel = potongan.tables["kepesertaan"]
    total = attach_penduduk(
        panel, potongan.tables["penduduk"], sumber_penduduk=sumber_penduduk
    ).sort_values("periode", ignore_index=True)
    people = total["penduduk_jiwa"].astype("Float64").astype("float64")
    active = total["aktif_jiwa"].astype("float64")
    return History(total.assign(rate=active / people.where(people > 0)))


def select_fan(potongan: Slice, indikator: str, *, segmen: str = TOTAL) -> pd.DataFrame:
    """Return the forecast of one indicator: a row per month, a column per quantile.

    Months up to the report's are left out, though the forecast may have started
    before them.
    """
    rows = potongan.tables["ramalan"]
    chosen = (
        (rows["indikator"] == indikator)
        & (rows["segmen"] == segmen)
        & (rows["skenario"] == "dasar")
        & (rows["periode"] > pd.Timestamp(potongan.periode))
    )
    keys = ["periode", "kuantil"]
    return rows[chosen].set_index(keys)["nilai"].unstack().sort_index()  # noqa: PD010 - unique keys


def select_naive(potongan: Slice, indikator: str, *, segmen: str = TOTAL) -> pd.Series:
    """Return the naive forecast of one indicator by month."""
    rows = potongan.tables["ramalan"]
    chosen = (
        (rows["indikator"] == indikator)
        & (rows["segmen"] == segmen)
        & (rows["skenario"] == "dasar")
        & (rows["kuantil"] == 0.5)
        & (rows["periode"] > pd.Timestamp(potongan.periode))
    )
    return rows[chosen].set_index("periode")["naif"].sort_index().dropna()
