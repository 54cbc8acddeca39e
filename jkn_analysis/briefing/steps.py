"""What an analyst looks at on the way to a page: tables of the region's own rows.

None of it is printed; what a page says is made of the same context by `build`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.indicators import explain_change

if TYPE_CHECKING:
    from jkn_analysis.briefing.context import Context

MONTHS = 13


def list_read(context: Context) -> pd.DataFrame:
    """List what was read of the region: ``tabel, baris, terbaru`` (month or empty)."""
    rows = []
    for name, table in context.tables.items():
        newest = table["periode"].max() if "periode" in table else pd.NaT
        rows.append((name, len(table), newest))
    return pd.DataFrame(rows, columns=["tabel", "baris", "terbaru"])


def list_rates(context: Context, *, months: int = MONTHS) -> pd.DataFrame:
    """List the last months' counts and rates, each with its denominator.

    Returns
    -------
    DataFrame
        ``periode, terdaftar_jiwa, aktif_jiwa, penduduk_jiwa, sumber`` (of the
        population), ``cakupan_rate``, ``keaktifan_penduduk_rate``,
        ``keaktifan_terdaftar_rate``. Empty without data.
    """
    if context.history is None:
        return pd.DataFrame()
    names = ["periode", "terdaftar_jiwa", "aktif_jiwa", "penduduk_jiwa", "sumber"]
    last = context.history.frame[names].tail(months).reset_index(drop=True)
    counts = last[names[1:4]].astype("Float64").astype("float64")
    people = counts["penduduk_jiwa"].where(counts["penduduk_jiwa"] > 0)
    members = counts["terdaftar_jiwa"].where(counts["terdaftar_jiwa"] > 0)
    return last.assign(
        cakupan_rate=counts["terdaftar_jiwa"] / people,
        keaktifan_penduduk_rate=counts["aktif_jiwa"] / people,
        keaktifan_terdaftar_rate=counts["aktif_jiwa"] / members,
    )


def list_change(context: Context, *, months: int = MONTHS - 1) -> pd.DataFrame:
    """Say which segmen moved the active, and whether by members or by activity.

    As `explain_change`, from `months` before the newest month to it; empty where
    either is not there.
    """
    panel = context.tables["kepesertaan"]
    newest = panel["periode"].max()
    before = newest - pd.DateOffset(months=months)
    return explain_change(panel, since=before, until=newest)


def list_scenarios(context: Context) -> pd.DataFrame:
    """List the scenarios' median of each measure in the last month they reach."""
    rows = context.tables["skenario"]
    chosen = rows[np.isclose(rows["kuantil"].astype("float64"), 0.5)]
    last = chosen[chosen["periode"] == chosen["periode"].max()]
    return last.pivot_table(
        index="skenario", columns="ukuran", values="nilai", aggfunc="first"
    ).reset_index()
