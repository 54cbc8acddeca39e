"""Rows that are parts or running sums of a row of the table: added up, or refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.rows.work import Work, report_sum
from jkn_analysis.cleaning.words import listed, say
from jkn_analysis.tables import Table

SEXES = {"L", "P"}
KELAS = {"kelas 1", "kelas 2", "kelas 3"}


def merge_parts(
    table: Table,
    works: Sequence[Work],
    frame: pd.DataFrame,
    measures: Sequence[str],
    proven: Sequence[set[int]],
) -> pd.DataFrame:
    """Add up the rows that are parts of one row of the table.

    Groups of a segmen (APBD I and II), both sexes and all three kelas are the whole by
    definition. Kecamatan and desa are it where a printed total proves that none is
    missing (`proven`, by sheet) or the settings accept it. A row of the whole beside
    its parts is kept in their place and must be their sum.
    """
    if "_part" not in frame or not (frame["_part"] != "").any():
        return frame
    key = [name for name in table.key if name in frame]
    grouped = frame.groupby(key, dropna=False, observed=True, sort=False)
    number = grouped.ngroup().to_numpy()
    kept, added = np.ones(len(frame), dtype=bool), []
    labels = frame["_part"].to_numpy()
    partial = np.unique(number[labels != ""])
    order = np.argsort(number, kind="stable")
    edges = np.searchsorted(number[order], [partial, partial + 1])
    refused: dict[int, list[str]] = {}
    for start, stop in edges.T:
        own = order[start:stop]
        merged = _merge(works, frame.iloc[own], measures, proven)
        if merged is None:
            refused.setdefault(int(frame["_sheet"].iloc[own[0]]), []).extend(
                labels[own]
            )
            kept[own] = False
        elif len(merged):
            kept[own] = False
            added.append(merged)
    for sheet, names in refused.items():
        _refuse(works[sheet], names)
    return pd.concat([frame[kept], *added], ignore_index=True) if added else frame[kept]


def _merge(
    works: Sequence[Work],
    rows: pd.DataFrame,
    measures: Sequence[str],
    proven: Sequence[set[int]],
) -> pd.DataFrame | None:
    """Return the one row of some parts; none to leave them alone, None to refuse."""
    labels = rows["_part"].tolist()
    wholes = rows[rows["_part"] == ""]
    parts = rows[rows["_part"] != ""]
    if len(wholes) > 1 or len(set(labels)) < len(labels):
        return rows.iloc[:0]
    if len(wholes):
        return _checked_whole(works, wholes, parts, measures)
    sheet = int(rows["_sheet"].iloc[0])
    shown = bool(proven[sheet]) or works[sheet].accepts("bagian")
    if not _is_whole(labels, proven=shown):
        return None
    there = [name for name in measures if name in rows]
    total = rows.iloc[:1].copy()
    for name in there:
        total[name] = rows[name].sum(min_count=1, skipna=False)
    total["_part"] = ""
    return total


def _is_whole(labels: Sequence[str], *, proven: bool) -> bool:
    """Tell whether parts make up their whole."""
    words = [set(label.split("|")) for label in labels]
    if proven:
        return True
    if any(
        w.startswith(("kecamatan ", "desa ", "umur ")) for own in words for w in own
    ):
        return False
    size = 1
    for full in (SEXES, KELAS):
        found = {word for own in words for word in own & full}
        if found and found != full:
            return False
        size *= len(found) or 1
    return len(labels) % size == 0


def _checked_whole(
    works: Sequence[Work],
    whole: pd.DataFrame,
    parts: pd.DataFrame,
    measures: Sequence[str],
) -> pd.DataFrame:
    """Return a row of the whole, a fault reported where it is not its parts' sum."""
    row = whole.iloc[0]
    for name in measures:
        if name not in parts or pd.isna(row[name]):
            continue
        total = parts[name].sum(min_count=1, skipna=False)
        if pd.notna(total) and total != row[name]:
            report_sum(works, row, name, total)
    for sheet, own in parts.groupby("_sheet"):
        works[int(sheet)].recognised[own["_row"].to_numpy(dtype=int)] = True  # type: ignore[arg-type]
    return whole


def _refuse(work: Work, labels: Sequence[str]) -> None:
    """Report rows that are parts without proof that none is missing."""
    names = list(dict.fromkeys(label for label in labels if label))
    work.bad[:] = True
    work.report("parts:rows", names=listed(names), setting=work.acceptance("bagian"))


def complete_counts(works: Sequence[Work], frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of statuses with the registered: printed, or active plus nonaktif."""
    if "nonaktif_jiwa" not in frame or works[0].table.name != "kepesertaan":
        return frame
    frame = frame.copy()
    for name in ("terdaftar_jiwa", "aktif_jiwa"):
        if name not in frame:
            frame[name] = np.nan
    off = frame["nonaktif_jiwa"]
    total = frame["aktif_jiwa"] + off
    printed = frame["terdaftar_jiwa"].notna() & total.notna()
    for _, row in frame[printed & (total != frame["terdaftar_jiwa"])].iterrows():
        both = row["aktif_jiwa"] + row["nonaktif_jiwa"]
        report_sum(works, row, "terdaftar_jiwa", both)
    frame["aktif_jiwa"] = frame["aktif_jiwa"].fillna(frame["terdaftar_jiwa"] - off)
    frame["terdaftar_jiwa"] = frame["terdaftar_jiwa"].fillna(total)
    return frame.drop(columns="nonaktif_jiwa")


def split_running(
    table: Table, works: Sequence[Work], frame: pd.DataFrame, measures: Sequence[str]
) -> pd.DataFrame:
    """Return sums from January as those of each month, where the month before is there.

    ``s.d. Oktober`` less ``s.d. September`` is October; alone it is no month at all.
    """
    if "_running" not in frame or not frame["_running"].fillna(value=False).any():
        return frame
    running = frame["_running"].fillna(value=False).astype(bool)
    key = [name for name in table.key if name in frame and name != "periode"]
    ordered = frame[running].sort_values([*key, "periode"], kind="stable")
    keys = ordered[key].astype(object).where(ordered[key].notna(), "")
    year, month = ordered["periode"].dt.year, ordered["periode"].dt.month
    last = (keys == keys.shift()).all(axis=1) & (year == year.shift())
    follows = last & (month == month.shift() + 1)
    if not ((month == 1) | follows).all():
        _refuse_running(works, ordered[~((month == 1) | follows)])
        return frame[~running]
    there = [name for name in measures if name in ordered]
    steps = ordered[there].astype(float)
    before = steps.shift().where(follows, 0.0)
    ordered[there] = steps - before.fillna(0.0)
    for number in ordered["_sheet"].unique():
        works[int(number)].note(say("sums from January split into months"))
    return pd.concat([frame[~running], ordered], ignore_index=True)


def _refuse_running(works: Sequence[Work], rows: pd.DataFrame) -> None:
    """Report sums from January whose month before is not in the delivery."""
    for number, own in rows.groupby("_sheet"):
        work = works[int(number)]  # type: ignore[arg-type]
        work.bad[own["_row"].to_numpy(dtype=int)] = True
        months = sorted({f"{when:%Y-%m}" for when in own["periode"].dropna()})
        work.report("running", value=work.context.source, months=listed(months))
