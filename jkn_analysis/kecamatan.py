"""Participants below the regency: counts that may leave, rates, where people are.

Three rules make ``kepesertaan_kecamatan`` safe beside the exact figures of the
regency, at every month, with millions of rows:

1. active and inactive people are two counts; one of 1 to 4 is hidden, and further
   ones of the same regency, month and segmen, until every hidden count could take
   values at least 5 apart (all of them share the same room: the sum of what each has
   above one);
2. the other counts are multiples of 5, rounded by their running sums;
3. registered people are told where both parts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.places import find_kecamatan, list_kecamatan
from jkn_analysis.suppression import SMALLEST_HIDDEN, THRESHOLD_JIWA
from jkn_analysis.tables import conform
from jkn_analysis.terms import SEGMEN, TOTAL

if TYPE_CHECKING:
    from typing import Any

    Array = np.ndarray[Any, np.dtype[Any]]

TABLE = "kepesertaan_kecamatan"
BASE_JIWA = 5
"""Counts of kecamatan are multiples of this."""
_WITHIN = ["kode", "periode", "segmen"]
_PLACE = ["kode", "kecamatan", "periode", "segmen"]
MOST_NAMED = 5
_HALF = 0.5


def publish(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn delivered counts of kecamatan into the table that may leave.

    Parameters
    ----------
    frame
        Table ``kepesertaan_kecamatan`` as cleaned: true counts.

    Returns
    -------
    DataFrame
        The table: names as Kemendagri lists them, counts in fives, missing where
        hidden.
    """
    known = _named(frame)
    active = known["aktif_jiwa"].to_numpy(float, na_value=np.nan)
    idle = known["terdaftar_jiwa"].to_numpy(float, na_value=np.nan) - active
    group = known.groupby(_WITHIN, sort=False, observed=True).ngroup().to_numpy()
    order = np.argsort(group, kind="stable")
    told = {}
    for name, values in (("aktif", active), ("nonaktif", idle)):
        told[name] = np.empty(len(values))
        told[name][order] = _tell(values[order], group[order])
    registered = told["aktif"] + told["nonaktif"]
    return conform(
        known.assign(aktif_jiwa=told["aktif"], terdaftar_jiwa=registered), TABLE
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Give places their listed names, join what is one place, drop doubled totals."""
    pairs = frame[["kode", "kecamatan"]].drop_duplicates()
    pairs = pairs.assign(
        nama=[
            find_kecamatan(name, kode)
            for name, kode in zip(pairs["kecamatan"], pairs["kode"], strict=True)
        ]
    )
    known = frame
    if not pairs["nama"].equals(pairs["kecamatan"]):
        known = frame.merge(pairs, on=["kode", "kecamatan"], validate="many_to_one")
        known = known.drop(columns="kecamatan").rename(columns={"nama": "kecamatan"})
        known = known.groupby(_PLACE, observed=True, as_index=False).sum(
            min_count=1, numeric_only=True
        )
    if known["segmen"].eq(TOTAL).any():
        split = known[known["segmen"].ne(TOTAL)].groupby(_PLACE[:3]).size()
        whole = split.index[split == len(SEGMEN)]
        places = pd.MultiIndex.from_frame(known[_PLACE[:3]])
        known = known[~(known["segmen"].eq(TOTAL) & places.isin(whole))]
    return known.sort_values(_PLACE, kind="stable", ignore_index=True)


def _tell(values: Array, group: Array) -> Array:
    """Hide and round the counts of sorted groups; NaN where not told."""
    count = np.nan_to_num(values)
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    sums = np.cumsum(count)
    before = np.r_[0.0, sums[starts[1:] - 1]]
    running = sums - np.repeat(before, np.diff(np.r_[starts, len(count)]))
    rounded = np.floor((running + BASE_JIWA // 2) / BASE_JIWA) * BASE_JIWA
    step = np.diff(rounded, prepend=0.0)
    step[starts] = rounded[starts]
    return np.where(_hidden(count, group, starts) | np.isnan(values), np.nan, step)


def _hidden(count: Array, group: Array, starts: Array) -> Array:
    """Mark the small counts of every group and the fewest people that protect them."""
    small = (count >= SMALLEST_HIDDEN) & (count < THRESHOLD_JIWA)
    risky = np.add.reduceat(small, starts) > 0
    inside = risky[group]
    if not inside.any():
        return inside
    rows = np.flatnonzero(inside)
    kind = np.where(small[rows], 0, np.where(count[rows] > 0, 1, 2))
    ranked = np.lexsort((count[rows], kind, group[rows]))
    rows, kind = rows[ranked], kind[ranked]
    own = group[rows]
    first = np.flatnonzero(np.r_[True, own[1:] != own[:-1]])
    start = np.repeat(first, np.diff(np.r_[first, len(own)]))
    room = np.clip(count[rows] - SMALLEST_HIDDEN, 0, None)
    before = np.cumsum(room) - room
    need = (kind == 0) | (np.arange(len(own)) - start < 2)
    need |= before - before[start] < THRESHOLD_JIWA
    hidden = np.zeros(len(count), dtype=bool)
    hidden[rows[need]] = True
    return hidden


def measure_kecamatan(frame: pd.DataFrame) -> pd.DataFrame:
    """Put inactive people and keaktifan (terdaftar) beside the told counts.

    Returns
    -------
    DataFrame
        The rows with ``nonaktif_jiwa`` and ``keaktifan_terdaftar_rate``, missing
        where a count is.
    """
    registered = frame["terdaftar_jiwa"].astype("Float64")
    active = frame["aktif_jiwa"].astype("Float64")
    return frame.assign(
        nonaktif_jiwa=(registered - active).astype("Int64"),
        keaktifan_terdaftar_rate=active / registered.where(registered > 0),
    )


@dataclass(frozen=True)
class Places:
    """The fewest kecamatan that hold half of some people, and what they hold."""

    nama: tuple[str, ...]
    jiwa: tuple[int, ...]
    semua: int
    """Kecamatan of the regency."""
    bagian_rate: float
    """Share of the regency's people."""
    whole: pd.DataFrame
    """kecamatan, jiwa of every place, the most first; missing where hidden."""


def find_places(counts: pd.DataFrame, *, kode: str, jiwa: float) -> Places | None:
    """Say where a regency's people are: the fewest kecamatan with half of them.

    Parameters
    ----------
    counts
        ``kecamatan, jiwa``; missing where hidden.
    kode
        The regency.
    jiwa
        All of these people in the regency.

    Returns
    -------
    Places or None
        None where nothing is told of them, or five places do not hold a third.
    """
    listed = len(list_kecamatan(kode))
    ordered = counts.sort_values(
        ["jiwa", "kecamatan"], ascending=[False, True], na_position="last"
    ).reset_index(drop=True)
    people = ordered["jiwa"].dropna().astype(float).to_numpy()
    if jiwa <= 0 or not len(people) or listed < 2:
        return None
    share = people.cumsum() / jiwa
    enough = int(np.argmax(share >= _HALF)) + 1 if share[-1] >= _HALF else len(share)
    most = min(enough, MOST_NAMED, len(people))
    if share[most - 1] < 1 / 3 or share[most - 1] > 1:
        return None
    return Places(
        tuple(ordered["kecamatan"].iloc[:most]),
        tuple(int(n) for n in people[:most]),
        listed,
        float(share[most - 1]),
        ordered,
    )


def order_visits(places: pd.DataFrame) -> pd.DataFrame:
    """Order a regency's places for visits: by people, those across the water last.

    Returns
    -------
    DataFrame
        ``kecamatan, jiwa, menyeberang`` (the listed name says Pulau or Kepulauan).
    """
    across = places["kecamatan"].str.contains(r"^(?:Pulau|Kepulauan)\b", regex=True)
    ordered = places.assign(menyeberang=across).sort_values(
        ["menyeberang", "jiwa"], ascending=[True, False], na_position="last"
    )
    return ordered.reset_index(drop=True)
