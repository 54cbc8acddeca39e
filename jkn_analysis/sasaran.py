"""Whom PBI JK reaches: DTSEN deciles beside its members, substitutes and their fate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from jkn_analysis.suppression import tell_fives
from jkn_analysis.tables import conform

if TYPE_CHECKING:
    from collections.abc import Sequence

SASARAN = "sasaran_pbi"
USULAN = "usulan_pbi"
MISKIN = range(1, 6)
"""Deciles PBI JK is meant for (Banten Pos 9 February 2026: 1 to 5)."""
MAMPU = range(6, 11)


def publish(frame: pd.DataFrame) -> pd.DataFrame:
    """Hide counts of 1 to 4, also of those without PBI JK, and write fives.

    Both counts of a row are told, or none: their difference is a count of people too.
    """
    told = conform(frame, SASARAN)
    without = told["jiwa"] - told["pbi_jiwa"]
    counts = {name: tell_fives(told[name]) for name in ("jiwa", "pbi_jiwa")}
    hidden = tell_fives(without).isna() & without.notna()
    for count in counts.values():
        hidden |= count.isna()
    return told.assign(**{name: count.mask(hidden) for name, count in counts.items()})


@dataclass(frozen=True)
class Sasaran:
    """People by whether PBI JK should and does reach them, and the last proposals."""

    periode: pd.Timestamp | None = None
    miskin_tanpa_pbi_jiwa: int | None = None
    """In decile 1 to 5 without PBI JK; other cover is not known here."""
    mampu_dengan_pbi_jiwa: int | None = None
    """In decile 6 to 10 with PBI JK."""
    usulan: pd.Series | None = None
    """The newest proposal: periode, kuota_pbi_jiwa, diusulkan_jiwa."""
    putusan: pd.Series | None = None
    """The newest decided one, with diterima_jiwa."""


def measure_sasaran(deciles: pd.DataFrame, proposals: pd.DataFrame) -> Sasaran | None:
    """Measure the targeting of one region at its newest month.

    Parameters
    ----------
    deciles, proposals
        Rows of ``sasaran_pbi`` and ``usulan_pbi``.

    Returns
    -------
    Sasaran or None
        A sum of deciles of which one was not sent is None; hidden counts are in no
        sum. None where neither table has rows.
    """
    if deciles.empty and proposals.empty:
        return None
    month = deciles["periode"].max() if len(deciles) else None
    now = deciles[deciles["periode"].eq(deciles["periode"].max())].set_index("desil")
    proposed = proposals.sort_values("periode")
    decided = proposed.dropna(subset=["diterima_jiwa"])
    return Sasaran(
        periode=month,
        miskin_tanpa_pbi_jiwa=_sum(now["jiwa"] - now["pbi_jiwa"], MISKIN),
        mampu_dengan_pbi_jiwa=_sum(now["pbi_jiwa"], MAMPU),
        usulan=proposed.iloc[-1] if len(proposed) else None,
        putusan=decided.iloc[-1] if len(decided) else None,
    )


def _sum(counts: pd.Series, deciles: Sequence[int]) -> int | None:
    """Add deciles up; None unless all were sent."""
    if not set(deciles) <= set(counts.index):
        return None
    return int(counts.loc[list(deciles)].sum())
