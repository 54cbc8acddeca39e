"""Flows of active members: directions, chains of months, small counts, bounds.

The stock is people who are active. What a segmen had at the opening, plus who came,
less who left, is what it has at the closing, to the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.arus.sebab import list_sebab
from jkn_analysis.suppression import THRESHOLD_JIWA
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.terms import LUAR, NONAKTIF, SEGMEN

if TYPE_CHECKING:
    import datetime as dt

ARUS = "arus_kepesertaan"
MASUK, KEMBALI, KELUAR, PINDAH = "masuk", "kembali", "keluar", "pindah"
KEY = list(TABLES[ARUS].key)
_OUTSIDE = (NONAKTIF, LUAR)


def find_direction(flows: pd.DataFrame) -> pd.Series:
    """Tell of every row whether people came, came back, left or changed segmen.

    From outside the register into a segmen is ``masuk``, from inactivity
    ``kembali``, out of all segmen ``keluar``, between two ``pindah``.
    """
    asal, tujuan = flows["segmen_asal"], flows["segmen_tujuan"]
    out, gone = asal.isin(_OUTSIDE), tujuan.isin(_OUTSIDE)
    named = np.select(
        [~out & gone, asal.eq(LUAR) & ~gone, asal.eq(NONAKTIF) & ~gone, ~out & ~gone],
        [KELUAR, MASUK, KEMBALI, PINDAH],
        default="",
    )
    return pd.Series(named, index=flows.index, dtype="str")


def hide_small(flows: pd.DataFrame) -> pd.DataFrame:
    """Hide counts of 1 to 4 people, and enough others that none can be computed.

    An attacker knows every segmen's active members at opening and closing, and with
    them its coming less its going. A hidden count therefore needs a hidden partner
    that may grow with it: at the segmen it leaves, one that comes from outside; at
    the segmen it reaches, one that goes outside. The smallest such count is taken,
    a count of 0 if there is none, so that every hidden count may be any number from
    0 up. Sums over rows are told of shown rows only.

    Parameters
    ----------
    flows
        Table ``arus_kepesertaan`` with true counts.

    Returns
    -------
    DataFrame
        The table, `jiwa` missing where hidden.
    """
    frame = conform(flows, ARUS)
    small = frame["jiwa"].between(1, THRESHOLD_JIWA - 1).fillna(value=False)
    if not small.any():
        return frame
    needs = [_partners(frame[small], "segmen_asal", incoming=True)]
    needs.append(_partners(frame[small], "segmen_tujuan", incoming=False))
    wanted = pd.concat(needs, ignore_index=True).drop_duplicates()
    full = _with_partners(frame, wanted)
    hidden = full["jiwa"].between(1, THRESHOLD_JIWA - 1).fillna(value=False)
    hidden |= _smallest_partner(full, wanted)
    full["jiwa"] = full["jiwa"].mask(hidden)
    return full.sort_values(KEY, kind="stable", ignore_index=True)


def _partners(rows: pd.DataFrame, side: str, *, incoming: bool) -> pd.DataFrame:
    """Name the segmen that need a hidden count from or to the outside."""
    named = rows[rows[side].isin(SEGMEN)]
    own = named[["kode", "periode", "sejak", side]].rename(columns={side: "segmen"})
    return own.drop_duplicates().assign(incoming=incoming)


def _match(frame: pd.DataFrame, *, incoming: bool) -> tuple[pd.Series, pd.Series]:
    """Return the segmen of rows from (or to) the outside, and which rows are such."""
    inner, outer = ("segmen_tujuan", "segmen_asal")
    if not incoming:
        inner, outer = outer, inner
    return frame[inner], frame[outer].isin(_OUTSIDE)


def _with_partners(frame: pd.DataFrame, wanted: pd.DataFrame) -> pd.DataFrame:
    """Add a count of 0 where a segmen has no row that could be a partner."""
    keys = ["kode", "periode", "segmen"]
    added = []
    for incoming, need in wanted.groupby("incoming"):
        segmen, outside = _match(frame, incoming=bool(incoming))
        there = frame[outside].assign(segmen=segmen[outside])[keys].drop_duplicates()
        lacking = need.merge(there, on=keys, how="left", indicator=True)
        lacking = lacking[lacking["_merge"] == "left_only"]
        ends = ("segmen_tujuan", "segmen_asal")
        inner, outer = ends if incoming else ends[::-1]
        added.append(lacking.rename(columns={"segmen": inner}).assign(**{outer: LUAR}))
    rows = pd.concat(added).assign(sebab="lainnya", jiwa=0)
    if rows.empty:
        return frame.copy()
    return pd.concat([frame, conform(rows, ARUS)], ignore_index=True)


def _smallest_partner(frame: pd.DataFrame, wanted: pd.DataFrame) -> pd.Series:
    """Mark each wanted segmen's smallest count from (or to) the outside."""
    hidden = pd.Series(data=False, index=frame.index)
    keys = ["kode", "periode", "segmen"]
    for incoming, need in wanted.groupby("incoming"):
        segmen, outside = _match(frame, incoming=bool(incoming))
        rows = frame[outside & frame["jiwa"].notna()]
        rows = rows.assign(segmen=segmen[rows.index], baris=rows.index)
        ordered = rows.assign(kosong=rows["jiwa"].eq(0)).merge(need[keys], on=keys)
        ordered = ordered.sort_values(["kosong", "jiwa", *KEY], kind="stable")
        hidden[ordered.groupby(keys)["baris"].first().to_numpy()] = True
    return hidden


@dataclass(frozen=True)
class Flows:
    """What happened between two months, of what is shown."""

    sejak: pd.Timestamp
    sampai: pd.Timestamp
    rows: pd.DataFrame
    """arah, sebab, jiwa: the largest of each direction first."""
    hidden: int
    """Counts that are not shown."""

    def sum(self, arah: str) -> int:
        """Return the people of one direction, of the counts that are shown."""
        return int(self.rows.loc[self.rows["arah"] == arah, "jiwa"].sum())

    def parts(self, arah: str) -> list[tuple[str, int]]:
        """Return the causes of one direction and their people, the largest first."""
        own = self.rows[(self.rows["arah"] == arah) & (self.rows["jiwa"] > 0)]
        return [
            (str(s), int(n)) for s, n in zip(own["sebab"], own["jiwa"], strict=True)
        ]


def sum_flows(flows: pd.DataFrame, *, sejak: dt.date, sampai: dt.date) -> Flows | None:
    """Add up the months that lead without a gap to a month.

    Parameters
    ----------
    flows
        Rows of one region, or of the sum of several.
    sejak, sampai
        The opening month and the closing one; where the chain begins later than
        `sejak`, its own beginning is told.

    Returns
    -------
    Flows or None
        None where nothing leads to `sampai`.
    """
    closing = pd.to_datetime(flows["periode"])
    before = closing - pd.DateOffset(months=1)
    opening = pd.to_datetime(flows["sejak"]).fillna(before)
    steps = pd.DataFrame({"dari": opening, "ke": closing}).drop_duplicates()
    steps = steps[
        (steps["dari"] >= pd.Timestamp(sejak)) & (steps["dari"] < steps["ke"])
    ]
    start, used = pd.Timestamp(sampai), []
    while (steps["ke"] == start).any():
        step = steps[steps["ke"] == start].sort_values("dari").iloc[0]
        used.append((step["dari"], step["ke"]))
        start = step["dari"]
    if not used:
        return None
    pairs = pd.MultiIndex.from_arrays([opening, closing])
    chosen = flows[pairs.isin(used)]
    known = chosen.assign(arah=find_direction(chosen))
    summed = known.groupby(["arah", "sebab"])["jiwa"].sum().reset_index()
    summed = summed.sort_values(["jiwa", "sebab"], ascending=[False, True])
    hidden = int(chosen["jiwa"].isna().sum())
    return Flows(start, pd.Timestamp(sampai), summed.reset_index(drop=True), hidden)


@dataclass(frozen=True)
class Bounds:
    """The least that must have moved, from stocks alone; the truth is larger."""

    masuk: int
    keluar: int


def bound_flows(
    panel: pd.DataFrame, *, sejak: dt.date, sampai: dt.date
) -> Bounds | None:
    """Bound flows by the active stocks of every segmen and month of one region.

    A segmen that lost 30 active people in a month let at least 30 go; who came and
    left within one month, or left one segmen as others came, is not seen.

    Parameters
    ----------
    panel
        Rows of ``kepesertaan`` of one region.

    Returns
    -------
    Bounds or None
        Least numbers entering and leaving segmen; None where either month is missing.
    """
    wide = panel.pivot_table(
        index="periode", columns="segmen", values="aktif_jiwa", aggfunc="sum"
    ).sort_index()
    first, last = pd.Timestamp(sejak), pd.Timestamp(sampai)
    if not {first, last} <= set(wide.index):
        return None
    steps = wide.loc[first:last].astype(float).diff().iloc[1:].to_numpy()  # type: ignore[misc]
    known = np.nan_to_num(steps)
    return Bounds(
        int(np.clip(known, 0, None).sum()), int(-np.clip(known, None, 0).sum())
    )


def share_paper(flows: Flows) -> dict[str, int]:
    """Count those who left by the kind of their cause, see `Sebab.golongan`."""
    causes = list_sebab()
    counts: dict[str, int] = {}
    for sebab, jiwa in flows.parts(KELUAR):
        kind = causes[sebab].golongan or "belum"
        counts[kind] = counts.get(kind, 0) + jiwa
    return counts
