"""Months of a local government's bills that did not come, estimated and marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.tables import conform

if TYPE_CHECKING:
    from collections.abc import Iterator

TERTINGGAL_BULAN = 3
"""Bills delivered longer ago than this say nothing of the month of now."""
_BULAN = 12
_NOBODY = pd.Series(dtype=float)


def fill_pemda(
    iuran_pemda: pd.DataFrame, kepesertaan: pd.DataFrame, *, cutoff: pd.Timestamp
) -> pd.DataFrame:
    """Put an estimate where a month of the local governments' bills did not come.

    What has not arrived is not zero. The bill of a missing month is the nearest one
    delivered times active PBPU Pemda members of the two months (members times the
    tariff billed). What was paid of it is what the next opening balance delivered
    leaves; where there is none, the share paid of the last twelve bills delivered.

    Parameters
    ----------
    iuran_pemda
        Canonical table; a region whose last month is more than three before `cutoff`
        gets no estimate.
    kepesertaan
        Canonical table, for members of the missing months.
    cutoff
        The month up to which bills are needed; months before the first one delivered
        are estimated only in its year, of which the budget is.

    Returns
    -------
    DataFrame
        The rows to `cutoff` with ``taksiran``, true on those estimated here.
    """
    known = conform(iuran_pemda[iuran_pemda["periode"].le(cutoff)], "iuran_pemda")
    given = iuran_pemda.get("taksiran")
    marked = False if given is None else given.reindex(known.index).to_numpy(dtype=bool)
    known = known.assign(taksiran=marked).sort_values(["kode", "periode"])
    begun = ~known["kode"].duplicated() & known["tunggakan_awal_rp"].isna()
    known["tunggakan_awal_rp"] = known["tunggakan_awal_rp"].mask(begun, 0)
    rows = kepesertaan[kepesertaan["segmen"].eq("PBPU Pemda")]
    active = rows.set_index("periode").groupby("kode")["aktif_jiwa"]
    members = {kode: part.astype(float) for kode, part in active}
    made = [
        _estimate(part, months, members.get(kode, _NOBODY))
        for kode, part, months in _list_missing(known, cutoff)
    ]
    filled = pd.concat([known, *made]) if made else known
    return filled.sort_values(["kode", "periode"], ignore_index=True)


def _list_missing(
    known: pd.DataFrame, cutoff: pd.Timestamp
) -> Iterator[tuple[str, pd.DataFrame, pd.DatetimeIndex]]:
    """Yield region, its rows and the months that are missing among them."""
    new_year = pd.Timestamp(cutoff.year, 1, 1)
    oldest = cutoff - pd.DateOffset(months=TERTINGGAL_BULAN)
    spans = known.groupby("kode")["periode"].agg(["min", "max", "size"])
    for kode, first, last, size in spans.itertuples():
        start = min(first, new_year) if last >= oldest else first
        end = cutoff if last >= oldest else last
        months = pd.date_range(start, end, freq="MS")
        if len(months) > size:
            own = known[known["kode"].eq(kode)]
            own = own.set_index(own["periode"].rename(None))
            yield str(kode), own, months[~months.isin(own.index)]


def _estimate(
    own: pd.DataFrame, months: pd.DatetimeIndex, members: pd.Series
) -> pd.DataFrame:
    """Estimate the missing months of one region."""
    at = np.maximum(own.index.searchsorted(months) - 1, 0)
    near = own.iloc[at].set_axis(months)
    size = pd.Series(
        members.reindex(months).to_numpy() / members.reindex(own.index[at]).to_numpy(),
        index=months,
    ).where(lambda ratio: np.isfinite(ratio), 1.0)
    bill = (near["tagihan_rp"].astype(float) * size).round()
    paid = _settle(own, bill, (bill * _share_paid(own)).round())
    early = months < own.index[0]
    opening = own["tunggakan_awal_rp"].iloc[0] - (bill - paid)[early].sum()
    return conform(
        near.assign(
            periode=months,
            terisi_jiwa=(near["terisi_jiwa"].astype(float) * size).round(),
            tagihan_rp=bill,
            dibayar_rp=paid,
            tunggakan_awal_rp=np.where(
                early & (np.arange(len(months)) == 0), max(opening, 0.0), np.nan
            ),
            tanggal_bayar=None,
        ),
        "iuran_pemda",
    ).assign(taksiran=True)


def _share_paid(own: pd.DataFrame) -> float:
    """Return what was paid of the last twelve bills delivered."""
    last = own[~own["taksiran"]].tail(_BULAN)
    billed = float(last["tagihan_rp"].sum())
    return min(float(last["dibayar_rp"].sum()) / billed, 1.0) if billed else 1.0


def _settle(own: pd.DataFrame, bill: pd.Series, paid: pd.Series) -> pd.Series:
    """Let estimated payments end where the next opening balance delivered begins."""
    from jkn_analysis.indicators import sum_tunggakan_pemda

    closing = sum_tunggakan_pemda(own)
    opening = own["tunggakan_awal_rp"].astype("Float64").astype(float)
    gap = own.index.searchsorted(bill.index)
    paid = paid.copy()
    for place in np.unique(gap):
        inside = gap == place
        if not 0 < place < len(own) or np.isnan(opening.iloc[place]):
            continue
        due = closing.iloc[place - 1] + bill[inside].sum()
        total = max(due - opening.iloc[place], 0.0)
        share = bill[inside] / max(bill[inside].sum(), 1.0)
        paid[inside] = (share * total).round()
    return paid
