"""What only several deliveries show: overlaps, gaps, copies, jumps, wrong sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.problems import Problem, Severity
from jkn_analysis.cleaning.rows.checks import region_counts
from jkn_analysis.cleaning.rows.work import CleanResult
from jkn_analysis.cleaning.words import finding, listed, percent, say
from jkn_analysis.tables import TABLES
from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.wilayah import get_wilayah

FROZEN_BULAN = 4
"""Months in a row with the same figures that look like a copy."""
FROZEN_FROM_JIWA = 500
JUMP_LEAST = 0.05
"""Smallest monthly change that may be called a jump."""
JUMP_TIMES = 8.0
"""Times the region's usual monthly change (median) that make a jump."""


def settle_overlap(
    older: pd.DataFrame, result: CleanResult, *, overlap: str, name: str
) -> tuple[pd.DataFrame, pd.DataFrame, Problem | None]:
    """Settle the keys that a later delivery shares with earlier ones.

    Equal rows are kept once. Where they differ the later delivery is refused, or wins
    if the settings say so; either way the differences are listed.

    Returns
    -------
    tuple
        Rows to add, earlier rows to keep, and the problem to report, if any.
    """
    table = TABLES[result.table]
    key = list(table.key)
    fresh = result.frame
    keyed = fresh.merge(older, on=key, how="inner", suffixes=("", "_lama"))
    if not len(keyed):
        return fresh, older, None
    measures = [n for n in table.names if n not in key and f"{n}_lama" in keyed]
    differs = pd.Series(data=False, index=keyed.index)
    for column in measures:
        one, two = keyed[column], keyed[f"{column}_lama"]
        differs |= ~((one == two) | (one.isna() & two.isna())).fillna(
            value=False
        ).astype(bool)
    merged = fresh.merge(older[key].assign(_twice=True), on=key, how="left")
    twice = merged["_twice"].fillna(value=False).astype(bool).to_numpy()
    if not differs.any():
        return (
            fresh[~twice],
            older,
            _overlap_problem(keyed, key, name, "note", say("are equal")),
        )
    shown = _list_differences(keyed[differs], key, measures)
    said = say("differ in {count}: {listed}", count=int(differs.sum()), listed=shown)
    if overlap != "later":
        return fresh, older, _overlap_problem(keyed, key, name, "fault", said)
    marked = older.merge(fresh[key].assign(_twice=True), on=key, how="left")
    keep = ~marked["_twice"].fillna(value=False).astype(bool).to_numpy()
    return fresh, older[keep], _overlap_problem(keyed, key, name, "suspicion", said)


def _list_differences(
    rows: pd.DataFrame, key: Sequence[str], measures: Sequence[str]
) -> str:
    """Write the first differences of two deliveries."""
    shown = []
    for _, row in rows.head(5).iterrows():
        where = ", ".join(_show(row[name]) for name in key)
        changed = [
            f"{name} {row[f'{name}_lama']} → {row[name]}"
            for name in measures
            if str(row[name]) != str(row[f"{name}_lama"])
        ]
        shown.append(f"{where}: {'; '.join(changed)}")
    text = " | ".join(shown)
    if len(rows) <= len(shown):
        return text
    return say("{names} and {more} more", names=text, more=len(rows) - len(shown))


def _overlap_problem(
    keyed: pd.DataFrame, key: Sequence[str], name: str, severity: Severity, said: str
) -> Problem:
    """Describe an overlap."""
    first = ", ".join(_show(keyed.iloc[0][column]) for column in key)
    what = "overlap:refused" if severity == "fault" else "overlap:told"
    told = finding(what, keyed=len(keyed), first=first, said=said)
    return Problem(name, *told, severity=severity)


def _show(value: object) -> str:
    """Write a key's value for a message."""
    return value.strftime("%Y-%m") if isinstance(value, pd.Timestamp) else str(value)


def find_lone_segmen(frames: Sequence[pd.DataFrame]) -> dict[int, str]:
    """Return which deliveries have a region of which only one segmen came, and which.

    Every region has people in several segmen, so one alone is a part of it, be it
    delivered in one file or with others.
    """
    panel = pd.concat([f[["kode", "periode", "segmen"]] for f in frames])
    cells = panel.groupby(["kode", "periode"], observed=True)["segmen"]
    alone = cells.nunique().eq(1) & cells.first().ne(TOTAL)
    lone = alone[alone].index
    found: dict[int, str] = {}
    for number, frame in enumerate(frames):
        own = frame[pd.MultiIndex.from_frame(frame[["kode", "periode"]]).isin(lone)]
        if len(own):
            names = sorted({get_wilayah(kode).nama_lengkap for kode in own["kode"]})
            segmen = ", ".join(sorted(map(str, own["segmen"].unique())))
            found[number] = say("{segmen}: {names}", segmen=segmen, names=listed(names))
    return found


def check_tables(tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Look for what no single delivery can show: copies, jumps, gaps, wrong sums.

    Parameters
    ----------
    tables
        Canonical tables by name.

    Returns
    -------
    list of Problem
        Suspicions; none of them refuses a delivery.
    """
    problems: list[Problem] = []
    panel = tables.get("kepesertaan")
    if panel is not None and len(panel):
        problems += _find_gaps(panel)
        problems += _find_frozen(panel)
        problems += _find_jumps(panel, tables.get("peristiwa"))
    if "penduduk" in tables:
        problems += _check_population(tables["penduduk"])
    return problems


def _suspicion(table: str, key: str, /, **values: object) -> Problem:
    """Return a suspicion about a whole table."""
    said = finding(key, **values)
    return Problem(table, *said, severity="suspicion", table=table)


def _find_gaps(panel: pd.DataFrame) -> list[Problem]:
    """Report months between the first and last that a region lacks."""
    months = panel[["kode", "periode"]].drop_duplicates()
    ordinal = months["periode"].dt.year * 12 + months["periode"].dt.month
    spans = ordinal.groupby(months["kode"]).agg(["min", "max", "nunique"])
    short = spans[spans["max"] - spans["min"] + 1 > spans["nunique"]]
    gaps: dict[str, list[str]] = {}
    for kode, span in short.iterrows():
        there = set(ordinal[months["kode"] == kode])
        lacking = [
            m for m in range(int(span["min"]), int(span["max"])) if m not in there
        ]
        shown = [f"{(m - 1) // 12}-{(m - 1) % 12 + 1:02d}" for m in lacking]
        gaps.setdefault(listed(shown), []).append(str(kode))
    return [
        _suspicion("kepesertaan", "gap", months_text=text, some=listed(codes, 8))
        for text, codes in gaps.items()
    ]


def _find_frozen(panel: pd.DataFrame) -> list[Problem]:
    """Report series whose figures stay the same for months on end."""
    ordered = panel.sort_values(["kode", "segmen", "periode"], ignore_index=True)
    series = ordered["kode"] + "|" + ordered["segmen"]
    same = (
        (
            (series == series.shift())
            & (ordered["terdaftar_jiwa"] == ordered["terdaftar_jiwa"].shift())
            & (ordered["aktif_jiwa"] == ordered["aktif_jiwa"].shift())
            & (ordered["terdaftar_jiwa"] >= FROZEN_FROM_JIWA)
        )
        .fillna(value=False)
        .astype(bool)
    )
    run = (~same).cumsum()
    lengths = run.map(run.value_counts())
    starts = ordered.assign(bulan=lengths)[(lengths >= FROZEN_BULAN) & ~same]
    return [
        _suspicion(
            "kepesertaan",
            "frozen",
            kode=row.kode,
            segmen=row.segmen,
            bulan=row.bulan,
            periode=f"{row.periode:%Y-%m}",
            terdaftar_jiwa=row.terdaftar_jiwa,
            aktif_jiwa=row.aktif_jiwa,
        )
        for row in starts.itertuples()
    ]


def _find_jumps(panel: pd.DataFrame, events: pd.DataFrame | None) -> list[Problem]:
    """Report monthly changes beyond a region's history that no event explains."""
    wide = panel.groupby(["periode", "kode"], observed=True)["aktif_jiwa"].sum(
        min_count=1
    )
    table = wide.reset_index().pivot_table(
        index="periode", columns="kode", values="aktif_jiwa", observed=True
    )
    positive = table.astype(float).where(table > 0)
    change = positive.apply(np.log).diff()
    usual = change.abs().median()
    limit = np.maximum(JUMP_LEAST, JUMP_TIMES * usual)
    jumps = change.where(change.abs() > limit).melt(ignore_index=False).dropna()
    found = []
    steps = zip(jumps.index, jumps["kode"], jumps["value"], strict=True)
    for periode, kode, step in sorted(steps, key=lambda item: (item[0], item[1])):
        if _is_explained(str(kode), periode, events):
            continue
        found.append(
            _suspicion(
                "kepesertaan",
                "jump",
                kode=kode,
                change=percent(float(np.expm1(step)), signed=True),
                periode=f"{periode:%Y-%m}",
                usual=percent(float(usual[kode])),
            )
        )
    return found


def _is_explained(
    kode: str, periode: pd.Timestamp, events: pd.DataFrame | None
) -> bool:
    """Tell whether an event of the region, its province or the country is near."""
    if events is None or not len(events):
        return False
    near = (events["tanggal"] - periode).abs() <= pd.Timedelta(days=45)
    return bool((near & events["kode"].isin([kode, kode[:2], NASIONAL])).any())


def _check_population(penduduk: pd.DataFrame) -> list[Problem]:
    """Report provinces whose population is not the sum of their kabupaten/kota."""
    kab = penduduk[penduduk["kode"].str.len() > 2]
    prov = penduduk[(penduduk["kode"].str.len() == 2) & (penduduk["kode"] != NASIONAL)]
    grouped = kab.groupby([kab["kode"].str[:2], "sumber"])["penduduk_jiwa"]
    sums = pd.DataFrame({"sum": grouped.sum(), "parts": grouped.size()})
    sums.index.names = ["kode", "sumber"]
    joined = prov.merge(sums.reset_index(), on=["kode", "sumber"])
    counts = region_counts()
    full = joined[joined["parts"] == joined["kode"].map(counts)]
    return [
        _suspicion(
            "penduduk",
            "sum:population",
            kode=row.kode,
            sumber=row.sumber,
            penduduk_jiwa=row.penduduk_jiwa,
            sum=row.sum,
        )
        for row in full[full["penduduk_jiwa"] != full["sum"]].itertuples()
    ]
