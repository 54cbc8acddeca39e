"""Our own record: what was forecast from earlier data months, and what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.store import read_past
from jkn_analysis.tables import conform
from jkn_analysis.terms import TOTAL

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "rekam"
RATE = "keaktifan_penduduk_rate"
BOUNDS = {0.1: "rendah", 0.5: "tengah", 0.9: "tinggi"}


def build_record(root: Path, ukuran: pd.DataFrame, *, cutoff: str) -> pd.DataFrame:
    """Lay what earlier data months forecast beside what was measured since.

    Only what is still stored is told: the last forecast made from each month.

    Parameters
    ----------
    root
        The folder of processed tables.
    ukuran
        Measured indicators, up to `cutoff`.
    cutoff
        Data month of the forecast that is being made, ``2025-11``.

    Returns
    -------
    DataFrame
        Table ``rekam``; no rows while nothing was forecast before.
    """
    told = read_past(
        "ramalan",
        root=root,
        only={"indikator": [RATE], "segmen": [TOTAL], "kuantil": list(BOUNDS)},
        until=cutoff,
    )
    told = told[told["cutoff"] < pd.Timestamp(f"{cutoff}-01")]
    if told.empty:
        return conform(pd.DataFrame(), TABLE)
    wide = told.pivot_table(
        index=["kode", "cutoff", "periode"], columns="kuantil", values="nilai"
    )
    wide = wide.rename(columns=BOUNDS).reindex(columns=list(BOUNDS.values()))
    came = ukuran[(ukuran["indikator"] == RATE) & (ukuran["segmen"] == TOTAL)]
    came = came[["kode", "periode", "nilai"]].rename(columns={"nilai": "nyata"})
    both = wide.reset_index().merge(came, on=["kode", "periode"], how="inner")
    both = both.rename(columns={"cutoff": "dari"}).dropna()
    return conform(both, TABLE)


def summarise_record(rekam: pd.DataFrame) -> pd.DataFrame:
    """Sum our record up by months ahead: how often the interval held, how far off.

    Returns
    -------
    DataFrame
        Index ``bulan_ke_depan``; ``jumlah`` forecasts judged, ``kena_rate`` the share
        that came inside the interval of 8 in 10, ``galat_rate`` the mean distance of
        the middle from what came, ``condong_rate`` what came less the middle.

    Examples
    --------
    >>> month = pd.Timestamp("2025-11-01")
    >>> one = [["82.71", pd.Timestamp("2025-09-01"), month, 0.78, 0.79, 0.81, 0.80]]
    >>> names = ["kode", "dari", "periode", "rendah", "tengah", "tinggi", "nyata"]
    >>> summarise_record(pd.DataFrame(one, columns=names)).round(2).to_dict("index")
    {2: {'jumlah': 1, 'kena_rate': 1.0, 'galat_rate': 0.01, 'condong_rate': 0.01}}
    """
    when, since = rekam["periode"].dt, rekam["dari"].dt
    ahead = (when.year - since.year) * 12 + when.month - since.month
    off = rekam["nyata"] - rekam["tengah"]
    table = pd.DataFrame(
        {
            "jumlah": 1,
            "kena_rate": rekam["nyata"].between(rekam["rendah"], rekam["tinggi"]),
            "galat_rate": off.abs(),
            "condong_rate": off,
        }
    )
    found = table.groupby(ahead.rename("bulan_ke_depan"))
    counted = found[["jumlah"]].sum()
    return counted.join(found[["kena_rate", "galat_rate", "condong_rate"]].mean())
