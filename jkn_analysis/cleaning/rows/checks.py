"""Figures of one delivery that must agree with each other: totals, percents, parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jkn_analysis.cleaning.find.roles import ColumnUse
from jkn_analysis.cleaning.rows.work import PLACE, CleanResult, Work, report_at
from jkn_analysis.cleaning.values.cells import Cell
from jkn_analysis.cleaning.values.names import MIXED
from jkn_analysis.cleaning.values.numbers import Locale, find_scale, parse_numbers
from jkn_analysis.cleaning.words import finding, say
from jkn_analysis.tables import TABLES
from jkn_analysis.terms import NASIONAL, TOTAL
from jkn_analysis.wilayah import list_wilayah, read_penduduk

AGREE_SHARE = 0.8
"""Share of rows a denominator must reproduce to be named."""


def check_printed(work: Work) -> set[int]:
    """Compare the totals and percents printed in a sheet with its rows.

    Returns
    -------
    set of int
        Columns whose printed totals are the sums of their rows, if none is wrong.
    """
    proven = _check_total_rows(work)
    for column in work.roles.checked:
        if column.use.role == "persen":
            _check_percent(work, column)
        elif column.use.role == "nonaktif_jiwa":
            _check_nonaktif(work, column)
    return proven


def _check_total_rows(work: Work) -> set[int]:
    """Report rows of totals that are not sums of rows above them; return those."""
    sheet = work.sheet
    shift = 1 if sheet.column_numbers and sheet.column_numbers[0] == 0 else 0
    totals = [
        (item, cells)
        for item, cells in zip(sheet.dropped, sheet.dropped_cells, strict=True)
        if item.reason == "total"
        and not item.text.lower().startswith(("rata", "rerata", "aver"))
    ]
    if not totals or "uraian" in work.roles.identifiers:
        return set()
    right: dict[int, bool] = {}
    ends = [int(np.searchsorted(sheet.row_numbers, item.row)) for item, _ in totals]
    for turn, (item, cells) in enumerate(totals):
        starts = sorted({0, *ends[:turn]})
        for column in work.roles.measured:
            cell = cells[column.position - shift] if column.position >= shift else None
            if cell is None or column.position not in work.numbers:
                continue
            fits = _check_total_cell(work, column, item.row, cell, starts, ends[turn])
            right[column.position] = fits and right.get(column.position, True)
    return set(right) if all(right.values()) else set()


def _check_total_cell(
    work: Work,
    column: ColumnUse,
    row: int,
    cell: Cell,
    starts: Sequence[int],
    end: int,
) -> bool:
    """Compare a printed total with every run of rows it may sum; tell if it is one."""
    parsed = work.numbers[column.position]
    values = parsed.results
    printed = _printed(cell, parsed.locale, _factor(work, column))
    if printed is None or end == 0 or work.bad[:end].any():
        return False
    apart = work.recognised[:end] & ~work.recognised[:end].all()
    plain = np.where(apart | np.isnan(values[:end]), 0.0, values[:end])
    part = work.keys.get("part", np.zeros(work.size, dtype=object))[:end]
    wholes = np.where(part.astype(bool), 0.0, plain)
    sums = [float(one[start:end].sum()) for one in (wholes, plain) for start in starts]
    slack = 0.5 if _factor(work, column) == 1 else _factor(work, column) * (end + 1) / 2
    if any(abs(total - printed) <= slack for total in sums):
        return True
    said = finding(
        "total:printed",
        printed=f"{printed:.0f}",
        total=f"{sums[-1]:.0f}",
        difference=f"{printed - sums[-1]:+.0f}",
    )
    column_number = work.sheet.column_numbers[column.position]
    place = {"row": row, "column": column_number, "table": work.table.name}
    work.problems.append(work.sheet.problem(said, value=str(cell), **place))
    return False


def _factor(work: Work, column: ColumnUse) -> int:
    """Return the unit factor of a value column."""
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


def _check_percent(work: Work, column: ColumnUse) -> None:
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
        best = say("{quotient}, written as a fraction", quotient=best)
    if best_share >= AGREE_SHARE:
        work.note(
            say("column '{name}' is {quotient}", name=column.heading, quotient=best)
        )
        for index in np.flatnonzero(best_wrong):
            work.report(
                "percent:row",
                row=int(index),
                position=column.position,
                severity="suspicion",
                value=str(work.cells(column.position).iloc[index]),
                quotient=best,
            )
    elif counts and (~np.isnan(shown)).any():
        work.report(
            "percent:column",
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


def _counts_beside(work: Work, column: ColumnUse) -> dict[str, np.ndarray]:
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
    if counts and "penduduk_jiwa" not in counts and "kode" in work.keys:
        people = read_penduduk().set_index("kode")["penduduk_jiwa"]
        counts["penduduk_jiwa"] = (
            pd.Series(work.keys["kode"]).map(people).to_numpy(dtype=float)
        )
    return counts


def _checked_numbers(work: Work, column: ColumnUse) -> np.ndarray:
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


def _check_nonaktif(work: Work, column: ColumnUse) -> None:
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
            row=int(index),
            position=column.position,
            severity="suspicion",
            value=str(work.cells(column.position).iloc[index]),
            rest=f"{rest[index]:.0f}",
        )


def check_sums(result: CleanResult, works: Sequence[Work]) -> None:
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
    totals = totals[totals["kode"].notna()] if "kode" in totals else totals
    _compare_joined(result, works, totals)
    if "segmen" in totals:
        totals = totals[~totals["segmen"].astype(object).isin(MIXED)]
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


def _compare_joined(
    result: CleanResult, works: Sequence[Work], totals: pd.DataFrame
) -> None:
    """Compare rows of several segmen, such as PPU, with the sum of theirs."""
    if "segmen" not in totals:
        return
    key = [n for n in TABLES[result.table].key if n in totals and n != "segmen"]
    measures = [n for n in TABLES[result.table].names if f"{PLACE}{n}" in totals]
    for _, row in totals[totals["segmen"].astype(object).isin(MIXED)].iterrows():
        own = result.frame[result.frame["segmen"].isin(MIXED[row["segmen"]])]
        for name in key:
            if pd.notna(row[name]):
                own = own[own[name] == row[name]]
        for name in measures:
            total = own[name].sum()
            if len(own) and pd.notna(row[name]) and total != row[name]:
                _report_sum(works, row, name, total, part=False)
    result.problems[:] = [p for work in works for p in work.problems]


def _report_sum(
    works: Sequence[Work], row: Cell, name: str, total: Cell, *, part: bool
) -> None:
    """Report a row of a whole that is not the sum of its parts."""
    report_at(
        works,
        row,
        name,
        "sum:part" if part else "sum:whole",
        severity="suspicion" if part else "fault",
        value=f"{row[name]:.0f}",
        total=f"{total:.0f}",
        difference=f"{row[name] - total:+.0f}",
    )


def _compare(
    result: CleanResult,
    works: Sequence[Work],
    rows: pd.DataFrame,
    dims: Sequence[str],
    measures: Sequence[str],
    level: str,
) -> None:
    """Compare printed totals of one pattern with sums."""
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
    whole = region_counts()
    for name in measures:
        wrong = joined[
            (joined[name] != joined[f"{name}_sum"])
            & joined[name].notna()
            & joined[f"{name}_sum"].notna()
            & (joined["_parts"] > 1)
        ]
        for _, row in wrong.iterrows():
            part = level == "wilayah" and row["_regions"] < whole.get(row["kode"], 0)
            _report_sum(works, row, name, row[f"{name}_sum"], part=part)
    if len(rows):
        result.problems[:] = [p for work in works for p in work.problems]


def region_counts() -> dict[str, int]:
    """Return the number of kabupaten/kota of every province and the country."""
    listed = list_wilayah()
    kab = listed[listed["jenis"] != "provinsi"]
    counts = kab["kode_provinsi"].value_counts()
    return {str(kode): int(count) for kode, count in counts.items()} | {
        NASIONAL: len(kab)
    }
