"""Rates at past cutoffs as they are told: quotients of the people forecast then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.decrees import COUNTED, RATES
from jkn_analysis.forecasting.probability import correlate_errors
from jkn_analysis.forecasting.scoring import interval_score
from jkn_analysis.forecasting.width import widen_tested

if TYPE_CHECKING:
    from collections.abc import Mapping

AKTIF, TERDAFTAR = COUNTED
ASKED_BY = {AKTIF: RATES[:1]}
"""Counts whose width is also asked for by a rate made of them."""
CLIP = 0.5
"""The most an error counts for, as a share of the count."""
KEYS = ["seri", "cutoff", "periode"]


def divide_tested(
    rows: pd.DataFrame, above: pd.DataFrame, below: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return quantiles of a rate at past cutoffs, from those of the people in it.

    Parameters
    ----------
    rows
        What came of the rate: ``seri, cutoff, periode, nyata, naif`` and, without
        `below`, ``penyebut``, the people it is a part of as known at the cutoff.
    above, below
        What `backtest` returns for the people above and below the line.

    Returns
    -------
    DataFrame
        `rows` that were forecast, with quantiles and ``wis``.
    """
    names = list_quantiles(above)
    ends = np.array([float(name[1:]) for name in names])
    rows = rows.drop(columns=[*names, "wis"], errors="ignore")
    both = rows.merge(above[[*KEYS, *names]], on=KEYS)
    centre, wide = _split(both[names].to_numpy(), ends)
    if below is None:
        under = both["penyebut"].to_numpy(float)[:, None]
    else:
        other = both[KEYS].merge(below[[*KEYS, *names]], on=KEYS, how="left")
        under, narrow = _split(other[names].to_numpy(), ends)
        alike = both["cutoff"].map(_correlate_then(above, below)).to_numpy(float)
        wide = np.sqrt(wide**2 + narrow**2 - 2 * alike[:, None] * wide * narrow)
    told = centre / under * (1 + np.sign(ends - 0.5) * wide)
    most = np.maximum(both["naif"].to_numpy(float), 1.0)[:, None]
    told = np.clip(told, 0.0, most)
    wis = interval_score(both["nyata"].to_numpy(), told, ends)
    out = both.assign(**dict(zip(names, told.T, strict=True)), wis=wis)
    return out[np.isfinite(told).all(axis=1)].reset_index(drop=True)


def list_quantiles(tested: pd.DataFrame) -> list[str]:
    """Name the columns of quantiles."""
    return [str(name) for name in tested.columns if str(name).startswith("q")]


def choose_below(rate: str, tested: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return the backtest of the people below the line; None where they are held."""
    return tested.get(TERDAFTAR) if rate == RATES[1] else None


def _split(quantiles: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split quantiles into their middle and how far off it they lie, as a share."""
    middle = quantiles[:, [int(np.flatnonzero(ends == 0.5)[0])]]
    middle = np.where(middle > 0, middle, np.nan)
    return middle, np.abs(quantiles / middle - 1)


def _correlate_then(above: pd.DataFrame, below: pd.DataFrame) -> dict:
    """Return by cutoff how errors known then of both counts moved together."""
    columns = [*KEYS, "nyata", "q0.5"]
    both = above[columns].merge(below[columns], on=KEYS, suffixes=("_atas", "_bawah"))
    x, y = (
        np.clip(both["nyata" + end] / both["q0.5" + end] - 1, -CLIP, CLIP).to_numpy()
        for end in ("_atas", "_bawah")
    )
    found = {}
    for cutoff in above["cutoff"].unique():
        known = (both["periode"] <= cutoff).to_numpy()
        cutoffs = both.loc[known, "cutoff"].nunique()
        found[cutoff] = correlate_errors(x[known], y[known], cutoffs=cutoffs)
    return found


def tell_tested(
    tested: Mapping[str, pd.DataFrame], *, now: bool = False
) -> dict[str, pd.DataFrame]:
    """Make backtests as wide as they would have been told, and the rates made of them.

    Parameters
    ----------
    tested
        By indicator, what `backtest_ukuran` returns.
    now
        As wide as is told today, from the whole record; else with the record that was
        known at each cutoff.
    """
    told = {}
    for name, rows in tested.items():
        if name in RATES and AKTIF in tested:
            continue
        beside = [tested[rate] for rate in ASKED_BY.get(name, ()) if rate in tested]
        told[name] = widen_tested(rows, beside, now=now)
    for name in RATES:
        if name in tested and AKTIF in told:
            told[name] = divide_tested(
                tested[name], told[AKTIF], choose_below(name, told)
            )
    return told
