"""Dated decisions of table `peristiwa` as events of the counts and rates they touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from jkn_analysis.forecasting.events import SHIFT, clean_tree, match_tree_events
from jkn_analysis.forecasting.hierarchy import align_panel, build_tree
from jkn_analysis.forecasting.panel import build_months, build_panel, count_months
from jkn_analysis.forecasting.width import Shocks
from jkn_analysis.peraturan import look_up
from jkn_analysis.terms import NASIONAL, TOTAL

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from jkn_analysis.forecasting.panel import Panel

SKENARIO = "skenario"
PBI = "PBI JK"
HAPPENED = "terjadi"
RATES = ("keaktifan_penduduk_rate", "keaktifan_terdaftar_rate")
COUNTED = ("aktif_jiwa", "terdaftar_jiwa")
"""Indicators that decisions are stated for."""
BALIK_RATE, BALIK_BULAN = 0.33, 6
"""Assumed: the part of people cut from PBI JK who come back, and over how long."""
BALIK_SUMBER = "laju reaktivasi PBI JK yang teramati (aturan laju_reaktivasi_pbi)"
SEP = "|"
"""Between region and segmen in the name of a series."""


def find_return(tanggal: dt.date) -> tuple[float, bool]:
    """Return the part of people cut from PBI JK who come back; True if observed.

    What was observed replaces our assumption from the day it was known.
    """
    known = look_up("laju_reaktivasi_pbi", tanggal)
    if known is None or known.nilai is None:
        return BALIK_RATE, False
    return float(known.nilai), True


class _Decree(NamedTuple):
    """The columns of `peristiwa` that a forecast needs."""

    id_peristiwa: str
    tanggal: pd.Timestamp
    kode: str
    segmen: str
    dampak_jiwa: float
    dampak_rate: float


def select_history(ukuran: pd.DataFrame, indikator: str) -> pd.DataFrame:
    """Return the history of one indicator as a long frame of series ``kode|segmen``."""
    rows = ukuran[(ukuran["indikator"] == indikator) & ukuran["nilai"].notna()]
    if indikator.startswith("tunggakan_"):
        rows = rows[rows["segmen"] == TOTAL]
    seri = rows["kode"].astype(str) + SEP + rows["segmen"].astype(str)
    return pd.DataFrame(
        {"seri": seri, "periode": rows["periode"], "nilai": rows["nilai"]}
    )


def list_parents(names: pd.Series) -> pd.DataFrame:
    """Pair every kabupaten's segmen with its total, its provinsi and the country."""
    parts = names.str.split(SEP, n=1, expand=True)
    kode, segmen = parts[0], parts[1]
    below = kode.str.len() > 2
    split = (below & (segmen != TOTAL)).groupby(kode).any()
    leaf = below & ((segmen != TOTAL) | ~kode.map(split))
    highs = (kode, kode.str[:2], pd.Series(NASIONAL, index=kode.index))
    rows = (segmen, pd.Series(TOTAL, index=kode.index))
    frames = [
        pd.DataFrame({"seri": names, "induk": high + SEP + row})[leaf]
        for high in highs
        for row in rows
    ]
    pairs = pd.concat(frames).drop_duplicates()
    return pairs[pairs["seri"] != pairs["induk"]]


def keep_live(history: pd.DataFrame) -> pd.DataFrame:
    """Leave out series that ended more than a year before the newest."""
    last = history.groupby("seri")["periode"].transform("max")
    return history[last > history["periode"].max() - pd.DateOffset(months=12)]


def list_decrees(
    peristiwa: pd.DataFrame, ukuran: pd.DataFrame, *, indikator: str
) -> pd.DataFrame | None:
    """Turn dated events into shifts of the counts they touch.

    What happened is fitted out, its size read from the data; what is certain to
    come shifts the path by its declared size, shared among the regions in its scope
    by their people. Additions raise the registered too, cuts only the active, and of
    those cut from PBI JK a part comes back over some months (`find_return`).
    Scenarios stay out: they are not the base case.

    Parameters
    ----------
    peristiwa
        Table of that name.
    ukuran
        Measured counts, for impacts given as a rate.
    indikator
        ``aktif_jiwa`` or ``terdaftar_jiwa``.

    Returns
    -------
    DataFrame or None
        Events for `forecast`, on series named ``kode|segmen``.
    """
    named = peristiwa["segmen"].notna() & (peristiwa["status"] != SKENARIO)
    sized = peristiwa[["dampak_jiwa", "dampak_rate"]].fillna(0).ne(0).any(axis=1)
    counts = ukuran[(ukuran["indikator"] == indikator) & (ukuran["kode"].str.len() > 2)]
    if not (named & sized).any() or counts.empty:
        return None
    columns = list(_Decree._fields)
    wanted = peristiwa.loc[named & sized, columns]
    chosen = [_Decree(*row) for row in wanted.itertuples(index=False)]
    newest = counts["periode"].max()
    held = counts[counts["periode"] == newest]
    rows = [
        row
        for event in chosen
        for row in _spread_event(event, held, newest=newest, indikator=indikator)
    ]
    names = ["seri", "periode", "jenis", "dampak", "id_peristiwa"]
    return pd.DataFrame(rows, columns=names) if rows else None


def _spread_event(
    event: _Decree, held: pd.DataFrame, *, newest: pd.Timestamp, indikator: str
) -> Iterator[tuple[str, pd.Timestamp, str, float, str]]:
    """Yield one event per kabupaten/kota and segmen in its scope."""
    month = event.tanggal.to_period("M").to_timestamp()
    scope = "" if event.kode == NASIONAL else event.kode
    inside = held["kode"].str.startswith(scope) & (held["segmen"] == event.segmen)
    part = held.loc[inside, ["kode", "segmen", "nilai"]]
    people = float(part["nilai"].sum())
    for kode, segmen, held_now in part.itertuples(index=False, name=None):
        size = np.nan
        if month > newest:
            share = event.dampak_rate
            if pd.isna(share) and people > 0:
                share = event.dampak_jiwa / people
            size = share * held_now
            if not size or pd.isna(size) or (indikator == COUNTED[1] and size < 0):
                continue
        seri = f"{kode}{SEP}{segmen}"
        yield seri, month, SHIFT, float(size), event.id_peristiwa
        if segmen == PBI and size < 0:
            back = -size * find_return(newest.date())[0] / BALIK_BULAN
            for after in range(1, BALIK_BULAN + 1):
                later = month + pd.DateOffset(months=after)
                yield seri, later, SHIFT, float(back), event.id_peristiwa


def measure_moved(
    ukuran: pd.DataFrame, peristiwa: pd.DataFrame, *, indikator: str
) -> pd.Series:
    """Measure how far fitting the known decisions out moves every region's total.

    Returns
    -------
    Series
        People by ``kode`` and ``periode``; empty without any decision.
    """
    nothing = pd.Series(
        dtype=float, index=pd.MultiIndex.from_arrays([[], []], names=_KEYS)
    )
    if peristiwa.empty:
        return nothing
    events = list_decrees(peristiwa, ukuran, indikator=indikator)
    history = keep_live(select_history(ukuran, indikator))
    if events is None or history.empty:
        return nothing
    panel = align_panel(build_panel(history))
    panel, tree = build_tree(panel, list_parents(pd.Series(panel.names)))
    matched = match_tree_events(panel, tree, events)
    moved = clean_tree(panel, tree, matched) - panel.nilai
    parts = pd.Series(panel.names).str.split(SEP, n=1, expand=True)
    total = np.flatnonzero((parts[1] == TOTAL).to_numpy())
    width = panel.nilai.shape[1]
    months = build_months(panel.last.max() - np.arange(width)[::-1])
    index = pd.MultiIndex.from_product(
        [parts[0].iloc[total].to_numpy(object), months], names=_KEYS
    )
    return pd.Series(moved[total].ravel(), index=index)


_KEYS = ["kode", "periode"]


def clear_totals(ukuran: pd.DataFrame, peristiwa: pd.DataFrame) -> pd.DataFrame:
    """Fit the decisions that happened out of the totals of people.

    Parameters
    ----------
    ukuran
        Measured totals and segments.
    peristiwa
        Table of that name.

    Returns
    -------
    DataFrame
        ``kode, periode, indikator, nilai`` of the totals, moved where decisions did.
    """
    rows = ukuran[(ukuran["segmen"] == TOTAL) & ukuran["nilai"].notna()]
    out = rows[[*_KEYS, "indikator", "nilai"]].astype({"nilai": float})
    for name in COUNTED:
        here = out["indikator"] == name
        index = pd.MultiIndex.from_frame(out.loc[here, _KEYS].astype({"kode": object}))
        moved = measure_moved(ukuran, peristiwa, indikator=name).reindex(index)
        out.loc[here, "nilai"] += moved.fillna(0).to_numpy()
    return out


@dataclass(frozen=True)
class Odds:
    """How often lists of one segmen were cut by decree, and how deeply.

    ``chance`` is that of one within a year, ``share`` of the segmen's people, ``back``
    the chance that a cut of the last months is taken back; ``last`` the newest decree.
    """

    chance: float
    share: float
    last: pd.Timestamp | None
    recent: float

    @property
    def years(self) -> float:
        """Years between two such decrees."""
        return 1 / self.chance


CUT_SEGMEN = "PBI JK"
USUAL_YEARS, USUAL_SHARE, USUAL_WEIGHT = 3.0, 0.075, 2
"""PBI lists were cut by decree in August 2019 (5,2 of 96,8 million), June 2025 (7,3)
and February 2026 (11): what is taken for usual before a delivery's own decrees, with
the weight of two decrees. With that of one, bands held what came less often."""
RETURN_MONTHS, RETURN_CHANCE = 9, 0.35
"""Months within which a cut may be taken back, and how often it is."""


def weigh_cuts(peristiwa: pd.DataFrame, *, first: int, cutoff: int) -> Odds:
    """Weigh how likely a cut of PBI lists is that nobody announced.

    Parameters
    ----------
    peristiwa
        Table of that name; only what had happened by `cutoff` is read.
    first, cutoff
        First and last month known, counted since 1970-01.
    """
    years = (cutoff - first + 1) / 12 + USUAL_WEIGHT * USUAL_YEARS
    shares, months = np.zeros(0), np.zeros(0, dtype=int)
    if len(peristiwa):
        month = count_months(peristiwa["tanggal"])
        cut = _find_cuts(peristiwa).to_numpy() & (month <= cutoff) & (month >= first)
        shares = -peristiwa["dampak_rate"].to_numpy(dtype=float, na_value=0.0)[cut]
        months = month[cut]
    share = (shares.sum() + USUAL_WEIGHT * USUAL_SHARE) / (len(shares) + USUAL_WEIGHT)
    chance = (len(shares) + USUAL_WEIGHT) / years
    if not len(months):
        return Odds(chance, share, None, 0.0)
    newest = months.max()
    fresh = cutoff - newest < RETURN_MONTHS
    recent = float(shares[months == newest].max()) if fresh else 0.0
    return Odds(chance, share, build_months(np.array([newest]))[0], recent)


def list_cuts(peristiwa: pd.DataFrame | None) -> pd.DatetimeIndex:
    """List the months in which lists of the cut segmen were cut by decree."""
    if peristiwa is None or peristiwa.empty:
        return pd.DatetimeIndex([])
    months = count_months(peristiwa.loc[_find_cuts(peristiwa), "tanggal"])
    return build_months(np.unique(months))


def _find_cuts(peristiwa: pd.DataFrame) -> pd.Series:
    """Tell which rows cut lists of the country or a provinsi, and have happened."""
    return (
        (peristiwa["segmen"] == CUT_SEGMEN)
        & (peristiwa["status"] == HAPPENED)
        & (peristiwa["kode"].str.len() == 2)
        & (peristiwa["dampak_rate"] < 0).fillna(value=False)
    )


def size_shocks(odds: Odds, held: np.ndarray, horizon: int) -> Shocks:
    """Return what a cut would take from each series, and a late return give back.

    Parameters
    ----------
    odds
        From `weigh_cuts`.
    held
        People of the segmen in each series, in the series' own unit.
    horizon
        Months ahead.
    """
    ahead = np.arange(1, horizon + 1)
    down = 1 - (1 - min(odds.chance, 0.95)) ** (ahead / 12)
    up = RETURN_CHANCE * np.minimum(ahead / (RETURN_MONTHS / 2), 1.0)
    back = odds.recent / (1 - odds.recent) if odds.recent < 1 else 0.0
    return Shocks(odds.share * held, back * held, down, up)


def hold_people(ukuran: pd.DataFrame, indikator: str) -> pd.DataFrame:
    """Return the people a cut could take from each region; months x kode.

    Empty for counts that no cut moves.
    """
    if indikator != COUNTED[0]:
        return pd.DataFrame()
    rows = ukuran[(ukuran["indikator"] == indikator) & (ukuran["segmen"] == CUT_SEGMEN)]
    return rows.pivot_table(index="periode", columns="kode", values="nilai")


def weigh_shocks(
    ukuran: pd.DataFrame,
    peristiwa: pd.DataFrame,
    panel: Panel,
    indikator: str,
    *,
    horizon: int,
) -> Shocks | None:
    """Return what a cut nobody announced would do to every series ``kode|segmen``."""
    held = hold_people(ukuran, indikator)
    if held.empty:
        return None
    months = count_months(held.index.to_series())
    odds = weigh_cuts(peristiwa, first=int(months.min()), cutoff=int(months.max()))
    nodes = split_names(panel.names)
    hit = nodes["segmen"].isin([CUT_SEGMEN, TOTAL]).to_numpy()
    people = held.iloc[-1].reindex(nodes["kode"]).fillna(0).to_numpy(dtype=float)
    return size_shocks(odds, np.where(hit, people, 0.0), horizon)


def split_names(names: np.ndarray) -> pd.DataFrame:
    """Split names of series into ``kode`` and ``segmen``."""
    parts = pd.Series(names).str.split(SEP, n=1, expand=True)
    return pd.DataFrame({"kode": parts[0], "segmen": parts[1]})
