"""Who came back and stayed: cohorts by month and route, survival with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.suppression import tell_fives
from jkn_analysis.tables import conform

if TYPE_CHECKING:
    from collections.abc import Mapping

KOHORT = "kohort_kembali"
HORIZONS = (1, 3, 6, 12)
"""Months after the return at which survival is told."""
LEAST_JIWA = 30
"""Returned people from which a region speaks for itself; under it the country does."""
LEAST_BULAN = 3
"""Months that must have been seen before a route's price is one per lasting person."""
_ROUTE: Mapping[str, tuple[str, ...]] = {
    "reaktivasi_pbi": ("pbi_diaktifkan",),
    "kuota_pemda": ("didaftarkan_pemda",),
    "kuota_pemda_tambah": ("didaftarkan_pemda",),
    "penagihan": ("membayar", "rehab"),
    "perbaikan_mutasi": ("bekerja_lagi",),
}
"""Routes of the ask and the ways back that tell how long their people stay."""


def publish(cohorts: pd.DataFrame) -> pd.DataFrame:
    """Hide counts of 1 to 4 and write the others in fives, so that no loss is small."""
    frame = conform(cohorts, KOHORT)
    return frame.assign(masih_jiwa=tell_fives(frame["masih_jiwa"]))


@dataclass(frozen=True)
class Survival:
    """Share still active after some months, with the interval of 95 in 100."""

    bulan: int
    rate: float
    rendah: float
    tinggi: float
    jiwa: int
    """People who were followed so far."""


def measure_survival(cohorts: pd.DataFrame) -> list[Survival]:
    """Estimate the share still active after each month since the return.

    A life table over all cohorts of the rows (Kaplan-Meier on months): each month's
    loss is taken from the cohorts seen at its start and end, so that young cohorts
    speak for the months they have. Interval: Greenwood's variance on the log-log
    scale (Kalbfleisch and Prentice 1980, section 1.4).

    Parameters
    ----------
    cohorts
        Rows of ``kohort_kembali``; missing counts end their cohort there.

    Returns
    -------
    list of Survival
        One per month from 1 while any cohort is seen; empty without pairs.
    """
    if cohorts.empty:
        return []
    age = _months(cohorts["periode"]) - _months(cohorts["kembali"])
    people = cohorts["masih_jiwa"].astype("Float64").astype(float)
    who = cohorts["kode"] + "|" + cohorts["kembali"].astype(str) + "|" + cohorts["rute"]
    rows = pd.DataFrame({"k": who, "age": age, "n": people}).dropna(subset=["n"])
    wide = rows.pivot_table(index="k", columns="age", values="n")
    told, rate, spread = [], 1.0, 0.0
    for month in range(1, int(max(wide.columns, default=0)) + 1):
        if not {month - 1, month} <= set(wide.columns):
            break
        pair = wide[[month - 1, month]].dropna()
        start = float(pair[month - 1].sum())
        if start <= 0:
            break
        lost = float(np.clip(pair[month - 1] - pair[month], 0, None).sum())
        rate *= 1 - lost / start
        spread += lost / (start * (start - lost)) if start > lost else math.inf
        low, high = _interval(rate, spread)
        told.append(Survival(month, rate, low, high, int(start)))
    return told


def _months(dates: pd.Series) -> pd.Series:
    """Count months from year 0."""
    when = pd.to_datetime(dates)
    return when.dt.year * 12 + when.dt.month


def _interval(rate: float, spread: float) -> tuple[float, float]:
    """Return the interval of 95 in 100 on the log-log scale."""
    if not 0 < rate < 1 or not math.isfinite(spread):
        return rate, rate
    width = NormalDist().inv_cdf(0.975) * math.sqrt(spread) / abs(math.log(rate))
    ends = sorted(rate ** math.exp(sign * width) for sign in (-1, 1))
    return ends[0], ends[1]


def find_lasting(
    cohorts: pd.DataFrame, *, cutoff: pd.Timestamp, kode: list[str]
) -> pd.Series:
    """Estimate per region and route which share of the returned is lasting.

    Lasting is still active after 12 months, or after the longest time seen where
    that is at least 3. A region with fewer than 30 returned people followed takes
    the country's share.

    Returns
    -------
    Series
        Share by rute and kode; absent where nobody was followed long enough.
    """
    known = cohorts[pd.to_datetime(cohorts["periode"]) <= cutoff]
    shares = {}
    for route, ways in _ROUTE.items():
        own = known[known["rute"].isin(ways)]
        whole = _last(own)
        for code in kode:
            here = _last(own[own["kode"] == code])
            best = here if here is not None and here.jiwa >= LEAST_JIWA else whole
            if best is not None:
                shares[route, code] = best.rate
    index = (
        pd.MultiIndex.from_tuples(shares, names=["rute", "kode"]) if shares else None
    )
    return pd.Series(list(shares.values()), index=index, dtype=float)


def _last(cohorts: pd.DataFrame) -> Survival | None:
    """Return the survival at the longest horizon that was seen, if long enough."""
    told = [one for one in measure_survival(cohorts) if one.bulan <= max(HORIZONS)]
    return told[-1] if told and told[-1].bulan >= LEAST_BULAN else None
