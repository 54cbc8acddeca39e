"""Figures that must agree with each other: totals, percents, months, deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.problems import Problem
from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.cleaning.values.numbers import parse_numbers
from jkn_analysis.tables import TABLES
from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.wilayah import list_wilayah, read_penduduk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jkn_analysis.cleaning.find.roles import ColumnUse
    from jkn_analysis.cleaning.problems import Severity
    from jkn_analysis.cleaning.rows.cleaner import CleanResult, _Sheet
    from jkn_analysis.cleaning.values.numbers import Locale

FROZEN_BULAN = 4
"""Months in a row with the same figures that look like a copy."""
FROZEN_FROM_JIWA = 500
JUMP_LEAST = 0.05
"""Smallest monthly change that may be called a jump."""
JUMP_TIMES = 8.0
"""Times the region's usual monthly change (median) that make a jump."""
AGREE_SHARE = 0.8
"""Share of rows a denominator must reproduce to be named."""


def check_printed(work: _Sheet) -> None:
    """Compare the totals and percents printed in a sheet with its rows."""
    _check_total_rows(work)
    for column in work.roles.checked:
        if column.use.role == "persen":
            _check_percent(work, column)
        elif column.use.role == "nonaktif_jiwa":
            _check_nonaktif(work, column)


def _check_total_rows(work: _Sheet) -> None:
    """Report rows of totals that are not the sum of rows above them."""
    sheet = work.sheet
    shift = 1 if sheet.column_numbers and sheet.column_numbers[0] == 0 else 0
    totals = [
        (item, cells)
        for item, cells in zip(sheet.dropped, sheet.dropped_cells, strict=True)
        if item.reason == "total"
        and not item.text.lower().startswith(("rata", "rerata", "aver"))
    ]
    if not totals or "uraian" in work.roles.identifiers:
        return
    ends = [int(np.searchsorted(sheet.row_numbers, item.row)) for item, _ in totals]
    for turn, (item, cells) in enumerate(totals):
        starts = sorted({0, *ends[:turn]})
        for column in work.roles.measured:
            cell = cells[column.position - shift] if column.position >= shift else None
            if cell is None or column.position not in work.numbers:
                continue
            _check_total_cell(work, column, item.row, cell, starts, ends[turn])


def _check_total_cell(
    work: _Sheet,
    column: ColumnUse,
    row: int,
    cell: Cell,
    starts: Sequence[int],
    end: int,
) -> None:
    """Compare one printed total with every run of rows it may sum."""
    parsed = work.numbers[column.position]
    values = parsed.results
    printed = _printed(cell, parsed.locale, _factor(work, column))
    if printed is None or end == 0 or work.bad[:end].any():
        return
    plain = np.where(work.recognised[:end] | np.isnan(values[:end]), 0.0, values[:end])
    sums = [float(plain[start:end].sum()) for start in starts]
    slack = 0.5 if _factor(work, column) == 1 else _factor(work, column) * (end + 1) / 2
    if any(abs(total - printed) <= slack for total in sums):
        return
    work.problems.append(
        Problem(
            file=work.sheet.path.name,
            sheet=work.sheet.sheet,
            kind="total",
            message=f"printed total {printed:.0f} is not the sum of its rows "
            f"{sums[-1]:.0f} (difference {printed - sums[-1]:+.0f})",
            remedy="ask the sender which row or total is wrong",
            value=str(cell),
            table=work.table.name,
            row=row,
            column=work.sheet.column_numbers[column.position],
        )
    )


def _factor(work: _Sheet, column: ColumnUse) -> int:
    """Return the unit factor of a value column."""
    from jkn_analysis.cleaning.values.numbers import find_scale

    own = find_scale(column.heading)[0]
    return own if own != 1 else work.title_scale[0]


def _printed(cell: Cell, locale: Locale, factor: int) -> float | None:
    """Return a printed number in the style of its column, None where unclear."""
    column = parse_numbers(
        [cell],
        integer=factor == 1,
        signed=True,
        locale=locale,
        scale=factor,
    )
    value = column.results[0]
    if value is None and not locale:
        column = parse_numbers(
            [cell, "1.000", "2.000", "1", "2", "3"], integer=True, scale=factor
        )
        value = column.results[0]
    return None if value is None else float(value)


def _same_slice(one: ColumnUse, other: ColumnUse) -> bool:
    """Tell whether two columns are of the same month and segmen."""
    fields = ("year", "month", "segmen", "kelas", "umur", "total")
    return all(getattr(one.use, name) == getattr(other.use, name) for name in fields)


def _check_percent(work: _Sheet, column: ColumnUse) -> None:
    """Find which quotient reproduces a printed percent and report rows it does not."""
    parsed = parse_numbers(
        work.cells(column.position).tolist(),
        rate=True,
        signed=True,
        heading=column.heading + " %",
        locale=work.settings.locale,
        hint=work.hint,
    )
    shown = np.array([np.nan if v is None else float(v) for v in parsed.results])
    counts = _counts_beside(work, column)
    digits = count_decimals(work.cells(column.position))
    slack = 0.5000001 * 10.0 ** -(digits + 2)
    best, best_wrong, best_share = find_quotient(counts, shown, slack)
    if best_share < AGREE_SHARE:
        best, best_wrong, best_share = find_quotient(counts, shown * 100, slack * 100)
        best = f"{best}, written as a fraction"
    if best_share >= AGREE_SHARE:
        work.notes.append(f"column '{column.heading}' is {best}")
        for index in np.flatnonzero(best_wrong):
            work.report(
                "percent",
                f"printed percent does not follow from {best}",
                "ask the sender which figure is wrong",
                row=int(index),
                position=column.position,
                severity="suspicion",
                value=str(work.cells(column.position).iloc[index]),
            )
    elif counts and (~np.isnan(shown)).any():
        work.report(
            "percent",
            "no denominator reproduces the printed percents",
            "ask the sender what the percent is of",
            position=column.position,
            value=column.heading,
            severity="suspicion",
        )


def find_quotient(
    counts: dict[str, np.ndarray], shown: np.ndarray, slack: float
) -> tuple[str, np.ndarray, float]:
    """Return the quotient that reproduces most rates, the rows it misses, its share."""
    best, best_wrong, best_share = "", np.zeros(0, dtype=bool), 0.0
    for top, bottom in _quotients(counts):
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = counts[top] / counts[bottom]
        known = np.isfinite(rate) & ~np.isnan(shown)
        if not known.any():
            continue
        wrong = known & (np.abs(rate - shown) > slack)
        share = 1 - wrong.sum() / known.sum()
        if share > best_share:
            best, best_wrong, best_share = f"{top} / {bottom}", wrong, share
    return best, best_wrong, best_share


def _counts_beside(work: _Sheet, column: ColumnUse) -> dict[str, np.ndarray]:
    """Return the counts of the same slice as a percent, and the region's population."""
    there = [c for c in work.roles.measured if c.position in work.numbers]
    there = [other for other in there if other.use.role]
    own = [other for other in there if _same_slice(other, column)]
    if not own and not column.use.sliced:
        own = [other for other in there if other.use.total]
    counts = {c.use.role: work.numbers[c.position].results for c in own}
    for other in work.roles.checked:
        if other.use.role in {"penduduk_jiwa", "nonaktif_jiwa"} and _same_slice(
            other, column
        ):
            counts[other.use.role] = _checked_numbers(work, other)
    if counts and "penduduk_jiwa" not in counts and work.kode is not None:
        people = read_penduduk().set_index("kode")["penduduk_jiwa"]
        counts["penduduk_jiwa"] = pd.Series(work.kode).map(people).to_numpy(dtype=float)
    return counts


def _checked_numbers(work: _Sheet, column: ColumnUse) -> np.ndarray:
    """Parse a column that is only compared."""
    parsed = parse_numbers(
        work.cells(column.position).tolist(),
        integer=True,
        locale=work.settings.locale,
        hint=work.hint,
    )
    return np.array([np.nan if v is None else float(v) for v in parsed.results])


def _quotients(counts: dict[str, np.ndarray]) -> list[tuple[str, str]]:
    """Return the quotients a percent may mean, the likeliest first."""
    bottoms = [n for n in ("terdaftar_jiwa", "penduduk_jiwa", *counts) if n in counts]
    return [
        (top, bottom)
        for bottom in dict.fromkeys(bottoms)
        for top in counts
        if top != bottom
    ]


def count_decimals(cells: pd.Series) -> int:
    """Return the decimals that percents are printed with."""
    most = 0
    for cell in cells.tolist():
        text = str(cell).rstrip("% ") if cell is not None else ""
        tail = (
            text.replace(",", ".").rpartition(".")[2]
            if ("," in text or "." in text)
            else ""
        )
        most = max(most, len(tail) if tail.isdecimal() else 0)
    return min(most, 6)


def _check_nonaktif(work: _Sheet, column: ColumnUse) -> None:
    """Report rows whose printed nonaktif is not terdaftar minus aktif."""
    counts = _counts_beside(work, column)
    if not {"terdaftar_jiwa", "aktif_jiwa", "nonaktif_jiwa"} <= set(counts):
        return
    rest = counts["terdaftar_jiwa"] - counts["aktif_jiwa"]
    wrong = np.isfinite(rest) & np.isfinite(counts["nonaktif_jiwa"])
    wrong &= rest != counts["nonaktif_jiwa"]
    for index in np.flatnonzero(wrong):
        work.report(
            "nonaktif",
            f"printed nonaktif is not terdaftar - aktif ({rest[index]:.0f})",
            "ask the sender which of the three is wrong",
            row=int(index),
            position=column.position,
            severity="suspicion",
            value=str(work.cells(column.position).iloc[index]),
        )


def check_sums(result: CleanResult, works: Sequence[_Sheet]) -> None:
    """Compare totals of regions and segmen with the sums of their parts.

    A province's row is compared only where all its kabupaten/kota are in the
    delivery; a row of all segmen only where more than one segmen is.
    """
    totals = result.totals
    table = TABLES[result.table]
    if (
        not len(totals)
        or not len(result.frame)
        or any(work.bad.any() for work in works)
    ):
        return
    dims = [name for name in table.key if name in totals]
    measures = [n for n in table.names if n in totals and f"_col_{n}" in totals]
    blanked = totals.copy()
    for name in set(dims) - {"kode", "periode"}:
        column = blanked[name].astype(object)
        blanked[name] = column.where(column.notna() & (column != TOTAL), None)
    pattern = blanked[dims].notna()
    for given, index in pattern.groupby(dims, sort=False).groups.items():
        given = given if isinstance(given, tuple) else (given,)
        own = [name for name, there in zip(dims, given, strict=True) if there]
        for level in ("wilayah", "segmen"):
            rows = blanked.loc[index]
            rows = rows[rows["cakupan"] == level]
            if len(rows):
                _compare(result, works, rows, own, measures, level)


def _compare(
    result: CleanResult,
    works: Sequence[_Sheet],
    rows: pd.DataFrame,
    dims: Sequence[str],
    measures: Sequence[str],
    level: str,
) -> None:
    """Compare printed totals of one pattern with sums."""
    from jkn_analysis.cleaning.rows.assemble import report_at

    frame = result.frame
    if level == "wilayah":
        frame = pd.concat(
            [frame.assign(kode=frame["kode"].str[:2]), frame.assign(kode=NASIONAL)]
        )
    frame = frame.astype({name: rows[name].dtype for name in dims if name != "kode"})
    grouped = frame.groupby(list(dims), observed=True)
    sums = grouped[list(measures)].sum(min_count=1)
    sums["_parts"] = grouped.size()
    sums["_regions"] = (
        result.frame.assign(_k=frame["kode"].iloc[: len(result.frame)].to_numpy())
        .groupby("_k")["kode"]
        .nunique()
        .reindex(sums.index.get_level_values("kode"))
        .to_numpy()
        if (level == "wilayah" and "kode" in dims)
        else 0
    )
    joined = rows.merge(
        sums.reset_index(), on=list(dims), how="left", suffixes=("", "_sum")
    )
    whole = _region_counts()
    for name in measures:
        wrong = joined[
            (joined[name] != joined[f"{name}_sum"])
            & joined[name].notna()
            & joined[f"{name}_sum"].notna()
            & (joined["_parts"] > 1)
        ]
        for _, row in wrong.iterrows():
            part = level == "wilayah" and row["_regions"] < whole.get(row["kode"], 0)
            difference = row[name] - row[f"{name}_sum"]
            report_at(
                works,
                row,
                name,
                kind="sum",
                severity="suspicion" if part else "fault",
                value=f"{row[name]:.0f}",
                message=f"{name}: the row of the whole is not the sum of its parts "
                f"{row[f'{name}_sum']:.0f} (difference {difference:+.0f}):",
                remedy="some kabupaten/kota are not in this delivery"
                if part
                else "ask the sender which row is wrong",
            )
    if len(rows):
        result.problems[:] = [p for work in works for p in work.problems]


def _region_counts() -> dict[str, int]:
    """Return the number of kabupaten/kota of every province and the country."""
    listed = list_wilayah()
    kab = listed[listed["jenis"] != "provinsi"]
    counts = kab["kode_provinsi"].value_counts()
    return {str(kode): int(count) for kode, count in counts.items()} | {
        NASIONAL: len(kab)
    }


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
            _overlap_problem(keyed, key, name, "note", "are equal"),
        )
    listed = _list_differences(keyed[differs], key, measures)
    said = f"differ in {int(differs.sum())}: {listed}"
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
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return " | ".join(shown) + more


def _overlap_problem(
    keyed: pd.DataFrame, key: Sequence[str], name: str, severity: Severity, said: str
) -> Problem:
    """Describe an overlap."""
    first = ", ".join(_show(keyed.iloc[0][column]) for column in key)
    return Problem(
        file=name,
        kind="overlap",
        message=f"{len(keyed)} rows (first: {first}) are in an earlier delivery too; "
        f"they {said}",
        remedy='take one of the two out, or set build.overlap = "later"'
        if severity == "fault"
        else "",
        severity=severity,
    )


def _show(value: object) -> str:
    """Write a key's value for a message."""
    return value.strftime("%Y-%m") if isinstance(value, pd.Timestamp) else str(value)


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


def _suspicion(table: str, kind: str, message: str, remedy: str) -> Problem:
    """Return a suspicion about a whole table."""
    return Problem(
        file=table,
        kind=kind,
        message=message,
        remedy=remedy,
        severity="suspicion",
        table=table,
    )


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
        text = ", ".join(f"{(m - 1) // 12}-{(m - 1) % 12 + 1:02d}" for m in lacking[:6])
        more = f" and {len(lacking) - 6} more" if len(lacking) > 6 else ""
        gaps.setdefault(text + more, []).append(str(kode))
    return [
        _suspicion(
            "kepesertaan",
            "gap",
            f"no rows for {months_text} in {_some(codes)}",
            "ask the sender for the month",
        )
        for months_text, codes in gaps.items()
    ]


def _some(codes: Sequence[str], limit: int = 8) -> str:
    """List codes, the first few in full."""
    more = f" and {len(codes) - limit} more" if len(codes) > limit else ""
    return ", ".join(codes[:limit]) + more


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
            f"{row.kode} {row.segmen}: the same figures for {row.bulan} months "
            f"from {row.periode:%Y-%m} ({row.terdaftar_jiwa} / {row.aktif_jiwa})",
            "ask whether the months were copied",
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
                f"{kode}: active members change by {np.expm1(step) * 100:+.1f}% in "
                f"{periode:%Y-%m} (usual {usual[kode] * 100:.1f}%), and no peristiwa "
                "says why",
                "check the month, or add the decree to the table peristiwa",
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
    counts = _region_counts()
    full = joined[joined["parts"] == joined["kode"].map(counts)]
    return [
        _suspicion(
            "penduduk",
            "sum",
            f"{row.kode} ({row.sumber}): {row.penduduk_jiwa} is not the sum of its "
            f"kabupaten/kota {row.sum}",
            "check the source",
        )
        for row in full[full["penduduk_jiwa"] != full["sum"]].itertuples()
    ]
