"""Sample tables, forecast and money tables that the money tests share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

NOW = pd.Timestamp(2025, 11, 1)
BABEL = "19"


@cache
def read_sample() -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return the sample's tables of Babel and the tables of their forecast."""
    from jkn_analysis.config import read_config
    from jkn_analysis.masa_depan import build_ramalan
    from jkn_sample import build_tables

    tables = {
        name: table[table["kode"].str.startswith((BABEL, "00"))]
        if "kode" in table
        else table
        for name, table in build_tables().items()
    }
    return tables, build_ramalan(tables, config=read_config())


@cache
def read_ahead():
    """Return the joint paths of people of Babel."""
    from jkn_analysis.masa_depan.paths import from_table

    return from_table(read_sample()[1]["masa_depan"])


@cache
def read_keadaan():
    """Return the starting point of scenarios for Babel."""
    from jkn_analysis.skenario import build_keadaan

    tables, made = read_sample()
    return build_keadaan(tables, read_ahead(), ramalan=made["ramalan"])


@cache
def read_uang() -> dict[str, pd.DataFrame]:
    """Return the money tables of Babel."""
    from jkn_analysis.skenario import build_uang

    return build_uang(*read_sample())


def make_pemda(
    bills: list[int], paid: list[int], *, start: str = "2025-01-01", opening: int = 0
) -> pd.DataFrame:
    """Return ``iuran_pemda`` of Kota Ternate month by month."""
    from jkn_analysis.tables import conform

    months = pd.date_range(start, periods=len(bills), freq="MS")
    first = [opening, *[None] * (len(bills) - 1)]
    frame = pd.DataFrame(
        {
            "kode": "82.71",
            "periode": months,
            "kuota_jiwa": 1000,
            "terisi_jiwa": 900,
            "tagihan_rp": bills,
            "dibayar_rp": paid,
            "tunggakan_awal_rp": first,
        }
    )
    return conform(frame, "iuran_pemda")


@dataclass(frozen=True)
class CashPaths:
    """A future told by hand: draws of active members from December 2025."""

    kode: np.ndarray
    periode: pd.DatetimeIndex
    aktif: np.ndarray
    penduduk: np.ndarray

    @classmethod
    def _build(cls, kode: list[str], aktif: np.ndarray, penduduk: float) -> CashPaths:
        months = pd.date_range("2025-12-01", periods=len(aktif), freq="MS")
        people = np.full(len(kode), penduduk)
        return cls(np.array(kode, dtype=object), months, aktif, people)

    @classmethod
    def hold(cls, kode: list[str], aktif: list[float], *, penduduk: float) -> CashPaths:
        """Everybody stays as they are."""
        draws = np.broadcast_to(np.array(aktif)[None, :, None], (12, len(kode), 3))
        return cls._build(kode, draws, penduduk)

    @classmethod
    def follow(cls, kode: str, path: list[float], *, penduduk: float) -> CashPaths:
        """One region follows one path in every draw."""
        draws = np.broadcast_to(np.array(path)[:, None, None], (len(path), 1, 3))
        return cls._build([kode], draws, penduduk)

    @classmethod
    def spread(cls, kode: str, levels: np.ndarray, *, penduduk: float) -> CashPaths:
        """One region holds another level in every draw, the median first."""
        levels = np.r_[np.median(levels), levels]
        draws = np.broadcast_to(levels[None, None, :], (12, 1, len(levels)))
        return cls._build([kode], draws, penduduk)
