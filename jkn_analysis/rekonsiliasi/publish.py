"""Counts that may leave: small ones hidden, small changes held, the rest rounded.

Three rules make the table ``selisih`` safe wherever it is shown (page, mail, workbook,
board) and whatever is laid on it:

1. a count of 1 to 4 in a kecamatan is hidden, and enough others with it;
2. the counts of kecamatan that are shown are multiples of 5, rounded so that they add
   up: of a single one an attacker knows a span of at least 4, of a change one of 8;
3. the total of a region stays what was told last until it differs by 5 or more, so
   that two months differ by nothing or by no small count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.places import find_kecamatan
from jkn_analysis.rekonsiliasi.reasons import ALASAN, TANPA_ALASAN
from jkn_analysis.suppression import THRESHOLD_JIWA, add_totals, suppress_small

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

BASE_JIWA = 5
"""Counts of kecamatan are multiples of this."""
_CELL = ["kode", "kecamatan", "alasan"]


def build_selisih(
    counts: pd.DataFrame,
    *,
    periode: dt.date,
    penduduk: Mapping[str, int] | None = None,
    previous: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Turn counts into the table that may leave.

    Parameters
    ----------
    counts
        Of a `Reconciliation`.
    periode
        First day of the month of the extracts.
    penduduk
        Population per kode; without it the worth in points is missing.
    previous
        The table ``selisih`` as it was told before, all months.

    Returns
    -------
    DataFrame
        Table ``selisih``: per kode and reason one row without kecamatan (the whole
        region) and one per kecamatan; a hidden count is missing, the others are
        multiples of 5; totals move by 5 or more, or stay.
    """
    known = counts[~counts["alasan"].isin(TANPA_ALASAN) & (counts["kode"] != "")]
    written = zip(known["kecamatan"], known["kode"], strict=True)
    places = [find_kecamatan(name, kode) for name, kode in written]
    small = known.assign(kecamatan=places)
    small = small.groupby(_CELL, as_index=False)[["jumlah", "nonaktif"]].sum()
    small = small.rename(columns={"jumlah": "jumlah_jiwa", "nonaktif": "nonaktif_jiwa"})
    told = _last_told(previous, periode)
    joined = _round_cells(_hide_small(small, told), small)
    joined = _hold_totals(joined, told)
    joined["periode"] = pd.Timestamp(periode.replace(day=1))
    joined["kantor"] = joined["alasan"].map(
        {code: reason.kantor.value for code, reason in ALASAN.items()}
    )
    joined["dampak_keaktifan_rate"] = measure_worth(joined, penduduk or {})
    return joined


def _last_told(previous: pd.DataFrame | None, periode: dt.date) -> pd.DataFrame | None:
    """Return what was told last of each region: this month's rows, else the latest."""
    if previous is None or previous.empty:
        return None
    before = previous[previous["periode"] <= pd.Timestamp(periode.replace(day=1))]
    newest = before.groupby("kode")["periode"].transform("max")
    return before[before["periode"] == newest]


def _round_cells(shown: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """Round the counts of kecamatan so that they add up to their rounded total.

    Running sums are rounded, not cells: each cell is then the difference of two
    rounded sums, within 5 of the truth, and their sum within 2 of the total.
    """
    ordered = true.sort_values(_CELL, kind="stable")
    groups = [ordered["kode"], ordered["alasan"]]
    rest = ordered["jumlah_jiwa"] - ordered["nonaktif_jiwa"]
    parts = pd.DataFrame(
        {
            name: values.groupby(groups).transform(round_running)
            for name, values in (("idle", ordered["nonaktif_jiwa"]), ("rest", rest))
        }
    )
    rounded = ordered[_CELL].assign(idle=parts["idle"], whole=parts.sum(axis=1))
    both = shown.merge(rounded, on=_CELL, how="left", validate="one_to_one")
    inside = both["kecamatan"].notna()
    for name, source in (("jumlah_jiwa", "whole"), ("nonaktif_jiwa", "idle")):
        cells = both[source].astype("Int64").mask(both[name].isna())
        both[name] = cells.where(inside, both[name])
    return both[shown.columns]


def round_running(values: pd.Series) -> pd.Series:
    """Round whole numbers to multiples of 5 by their running sums.

    Examples
    --------
    >>> round_running(pd.Series([7, 0, 6, 12])).tolist()
    [5, 0, 10, 10]
    """
    sums = np.concatenate([[0], values.to_numpy(np.int64).cumsum()])
    rounded = (sums + BASE_JIWA // 2) // BASE_JIWA * BASE_JIWA
    return pd.Series(np.diff(rounded), index=values.index)


def _hold_totals(joined: pd.DataFrame, told: pd.DataFrame | None) -> pd.DataFrame:
    """Leave a region's total as it was told where it moved by less than 5 people.

    Active and inactive people are held apart, so that their difference holds too.
    """
    if told is None:
        return joined
    keys = ["kode", "alasan"]
    whole = told.loc[told["kecamatan"].isna(), [*keys, "jumlah_jiwa", "nonaktif_jiwa"]]
    both = joined.merge(whole, on=keys, how="left", suffixes=("", "_dulu"))
    total = both["kecamatan"].isna()
    idle = _hold(both["nonaktif_jiwa"], both["nonaktif_jiwa_dulu"])
    rest = _hold(
        both["jumlah_jiwa"] - both["nonaktif_jiwa"],
        both["jumlah_jiwa_dulu"] - both["nonaktif_jiwa_dulu"],
    )
    both["jumlah_jiwa"] = (idle + rest).where(total, both["jumlah_jiwa"])
    both["nonaktif_jiwa"] = idle.where(total, both["nonaktif_jiwa"])
    return both[joined.columns]


def _hold(now: pd.Series, before: pd.Series) -> pd.Series:
    """Return the old value where the new one is less than 5 away."""
    now, before = now.astype("Int64"), before.astype("Int64")
    near = ((now - before).abs() < THRESHOLD_JIWA).fillna(value=False)
    return now.mask(near, before)


def _hide_small(counts: pd.DataFrame, told: pd.DataFrame | None) -> pd.DataFrame:
    """Add the regions' totals and hide small counts so that none can be computed.

    Inactive people are part of all people counted, so the two are one table: the
    inactive, the rest, and their total. Hidden apart, 3 inactive of 5 counted would
    be known to lie between 0 and 5.
    """
    within, by, n = ["kode", "alasan"], ["kecamatan", "bagian"], "jiwa"
    idle = counts["nonaktif_jiwa"]
    rest = counts["jumlah_jiwa"] - idle
    keys = counts[["kode", "kecamatan", "alasan"]]
    parts = pd.concat(
        [
            keys.assign(bagian="nonaktif", jiwa=idle),
            keys.assign(bagian="lain", jiwa=rest),
        ],
        ignore_index=True,
    )
    full = add_totals(parts, by=by, count=n, within=within)
    small = full[full["kecamatan"].notna() & full[n].between(1, THRESHOLD_JIWA - 1)]
    risky = pd.MultiIndex.from_frame(full[within]).isin(
        pd.MultiIndex.from_frame(small[within])
    )
    hidden = suppress_small(
        full[risky], by=by, count=n, within=within, previous=_told_pattern(told)
    )
    safe = full[~risky].astype({n: "Int64"})
    shown = pd.concat([safe, hidden[full.columns]], ignore_index=True)
    shown["kecamatan"] = shown["kecamatan"].astype(object)
    joined = (
        shown[shown["bagian"].isna()]
        .drop(columns="bagian")
        .rename(columns={n: "jumlah_jiwa"})
    )
    idle_shown = shown[shown["bagian"] == "nonaktif"].drop(columns="bagian")
    idle_shown = idle_shown.rename(columns={n: "nonaktif_jiwa"})
    return joined.merge(
        idle_shown,
        on=["kode", "kecamatan", "alasan"],
        how="left",
        validate="one_to_one",
    )


def _told_pattern(told: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return which cells were hidden when the table was told last.

    They are preferred now, so that two months cannot be laid on each other.
    """
    if told is None:
        return None
    inside = told[told["kecamatan"].notna()]
    pieces = [
        inside[_CELL].assign(bagian=part, disembunyikan=inside[column].isna())
        for part, column in (
            (None, "jumlah_jiwa"),
            ("nonaktif", "nonaktif_jiwa"),
            ("lain", "jumlah_jiwa"),
        )
    ]
    return pd.concat(pieces, ignore_index=True)


def measure_worth(selisih: pd.DataFrame, penduduk: Mapping[str, int]) -> pd.Series:
    """Measure what repair does to keaktifan over population, for whole regions.

    Parameters
    ----------
    selisih
        kode, kecamatan, alasan, jumlah_jiwa, nonaktif_jiwa.
    penduduk
        Population per kode.

    Returns
    -------
    Series
        A fraction of the population: positive where inactive people become active
        or unregistered ones join, negative where active records go; missing for
        kecamatan and hidden counts.
    """
    direction = selisih["alasan"].map({code: a.arah for code, a in ALASAN.items()})
    register = selisih["alasan"].map({code: a.register for code, a in ALASAN.items()})
    count, idle = selisih["jumlah_jiwa"], selisih["nonaktif_jiwa"]
    active = (count - idle).astype("Float64")
    gained = idle.where(register == "bpjs", count).astype("Float64")
    people = gained.where(direction > 0, -active).where(direction != 0, 0.0)
    base = selisih["kode"].map(dict(penduduk)).astype("Float64")
    worth = (people / base).astype("Float64")
    whole = selisih["kecamatan"].isna()
    return worth.where(whole).astype("float64") + 0.0


def merge_counts(stored: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Lay new counts over stored ones, region and month by region and month."""
    if stored.empty:
        return fresh
    keys = pd.MultiIndex.from_frame(fresh[["kode", "periode"]]).unique()
    old = pd.MultiIndex.from_frame(stored[["kode", "periode"]])
    kept = stored[~old.isin(keys)]
    return fresh if kept.empty else pd.concat([kept, fresh], ignore_index=True)


def build_trend(selisih: pd.DataFrame) -> pd.DataFrame:
    """Compare the last month's counts of whole regions with the extract before.

    Parameters
    ----------
    selisih
        The stored table.

    Returns
    -------
    DataFrame
        kode, alasan, kantor, jumlah_jiwa, sebelumnya_jiwa, perubahan_jiwa,
        nonaktif_jiwa, dampak_keaktifan_rate. Totals are held until they move by 5, so
        that no change is a small count.
    """
    whole = selisih[selisih["kecamatan"].isna()]
    months = sorted(whole["periode"].unique())
    last = whole[whole["periode"] == months[-1]] if months else whole
    before = (
        whole[whole["periode"] == months[-2]] if len(months) > 1 else whole.iloc[:0]
    )
    old = before[["kode", "alasan", "jumlah_jiwa"]]
    joined = last.merge(
        old.rename(columns={"jumlah_jiwa": "sebelumnya_jiwa"}),
        on=["kode", "alasan"],
        how="left",
        validate="one_to_one",
    )
    change = joined["jumlah_jiwa"].astype("Int64") - joined["sebelumnya_jiwa"].astype(
        "Int64"
    )
    joined["perubahan_jiwa"] = change
    names = [
        "kode", "alasan", "kantor", "jumlah_jiwa", "sebelumnya_jiwa", "perubahan_jiwa",
        "nonaktif_jiwa", "dampak_keaktifan_rate",
    ]  # fmt: skip
    return joined[names].reset_index(drop=True)
