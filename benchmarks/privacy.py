"""The attacker: what two months of register counts tell of a hidden cell or a change.

Made-up counts by region, kecamatan and reason are told for two successive months, the
second with small changes in most cells. The attacker holds every table that leaves
(kecamatan, region, province; page, mail and workbook show the same cells), knows the
rules by which they were made, and solves linear programmes for each hidden count.

    python -m benchmarks.privacy
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jkn_analysis.places import list_kecamatan
from jkn_analysis.rekonsiliasi.publish import (
    BASE_JIWA,
    build_selisih,
    merge_counts,
)
from jkn_analysis.rekonsiliasi.reasons import ALASAN
from jkn_analysis.suppression import SMALLEST_HIDDEN, THRESHOLD_JIWA

MONTHS = (dt.date(2025, 10, 1), dt.date(2025, 11, 1))
SLACK = BASE_JIWA // 2
"""How far a rounded running sum lies from the true one."""
CODES = ("82.71", "82.03", "81.71", "19.71", "82.05", "81.02")
REASONS = ("nama_beda", "nonaktif_miskin", "meninggal", "pindah", "nik_kosong")


@dataclass(frozen=True)
class Findings:
    """What the attacker knows in the end."""

    hidden: int
    exact: int
    """Hidden cells computed exactly."""
    narrow: int
    """Hidden cells with fewer than `THRESHOLD_JIWA` values left."""
    changes: int
    shown: int
    """Differences of two told counts that are 1 to 4."""
    true_small: int
    """Changes that are 1 to 4 in truth: shown before, when counts were exact."""
    exact_changes: int
    """Changes of 1 to 4 that the attacker computes exactly."""


def make_counts(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw true counts of two months; most cells change by a few people."""
    reasons = [code for code in REASONS if code in ALASAN]
    rows = [
        {"register": ALASAN[why].register, "alasan": why, "kode": kode,
         "kecamatan": place, "jumlah": many, "nonaktif": int(rng.integers(0, many + 1))}
        for kode in CODES
        for why in reasons
        for place in sorted(list_kecamatan(kode).values())
        for many in [int(rng.choice([0, 2, 3, 8, 20, 60, 300]) * rng.uniform(0.7, 1.3))]
    ]  # fmt: skip
    first = pd.DataFrame(rows)
    second = first.copy()
    step = rng.integers(-4, 5, len(first)) * (rng.random(len(first)) < 0.7)
    moved = np.maximum(first["nonaktif"] + step, 0)
    second["jumlah"] = first["jumlah"] + moved - first["nonaktif"]
    second["nonaktif"] = moved
    return first, second


def tell(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Publish two months as `jkn reconcile` does, the second knowing the first."""
    told = build_selisih(first, periode=MONTHS[0])
    fresh = build_selisih(second, periode=MONTHS[1], previous=told)
    return merge_counts(told, fresh)


def attack(told: pd.DataFrame) -> pd.DataFrame:
    """Bound every count of a kecamatan in every month by linear programmes.

    Returns
    -------
    DataFrame
        kode, alasan, kecamatan, periode, hidden, low, high.
    """
    found = []
    for (kode, why), rows in told.groupby(["kode", "alasan"]):
        totals = rows[rows["kecamatan"].isna()].set_index("periode")["jumlah_jiwa"]
        for month, own in rows[rows["kecamatan"].notna()].groupby("periode"):
            cells = own.sort_values("kecamatan", kind="stable")
            earlier = totals[totals.index < month].tolist()
            now = totals.get(month)
            held = bool(earlier) and not pd.isna(now) and earlier[-1] is not pd.NA
            held = held and earlier[-1] == now
            bounds = _bound(cells, now, held=held)
            frame = cells[["kode", "alasan", "kecamatan", "periode"]].assign(
                hidden=cells["jumlah_jiwa"].isna().to_numpy(),
                low=bounds[:, 0],
                high=bounds[:, 1],
            )
            found.append(frame.assign(kode=kode, alasan=why))
    return pd.concat(found, ignore_index=True)


def _bound(cells: pd.DataFrame, total: object, *, held: bool) -> np.ndarray:
    """Solve for the least and greatest value of every cell of one table."""
    from scipy.optimize import linprog

    told = cells["jumlah_jiwa"].astype("Float64").to_numpy(float, na_value=np.nan)
    size = len(told)
    reach = 2 * BASE_JIWA - 2
    simple = [
        (SMALLEST_HIDDEN, None) if np.isnan(v) else (max(v - reach, 0), v + reach)
        for v in told
    ]
    lines, ends = [], []
    for stop in range(1, size + 1):
        known = told[:stop]
        if not np.isnan(known).any():
            line = np.zeros(size)
            line[:stop] = 1
            lines += [line, -line]
            ends += [known.sum() + 2 * SLACK, -(known.sum() - 2 * SLACK)]
    if total is not None and not pd.isna(total):
        line = np.ones(size)
        room = THRESHOLD_JIWA - 1 if held else 0
        lines += [line, -line]
        ends += [float(total) + 2 * room, -(float(total) - 2 * room)]
    bounds = np.zeros((size, 2))
    for cell in range(size):
        for side, sign in enumerate((1.0, -1.0)):
            goal = np.zeros(size)
            goal[cell] = sign
            given = {"A_ub": np.array(lines), "b_ub": ends} if lines else {}
            solved = linprog(goal, bounds=simple, **given)
            bounds[cell, side] = solved.fun * sign if solved.status == 0 else np.inf
    return bounds


def judge(first: pd.DataFrame, second: pd.DataFrame) -> Findings:
    """Publish, attack, and count what the attacker got."""
    told = tell(first, second)
    bounds = attack(told)
    hidden = bounds[bounds["hidden"]]
    width = hidden["high"] - hidden["low"]
    keys = ["kode", "alasan", "kecamatan"]
    both = bounds[bounds["periode"] == pd.Timestamp(MONTHS[0])].merge(
        bounds[bounds["periode"] == pd.Timestamp(MONTHS[1])], on=keys
    )
    sharp = ((both["high_x"] - both["low_x"]) < 1) & (
        (both["high_y"] - both["low_y"]) < 1
    )
    values = told.pivot_table(
        index=[*keys], columns="periode", values="jumlah_jiwa", dropna=False
    ).dropna()
    change = (values.iloc[:, 1] - values.iloc[:, 0]).abs()
    totals = told[told["kecamatan"].isna()].pivot_table(
        index=keys[:2], columns="periode", values="jumlah_jiwa"
    )
    moved = (totals.iloc[:, 1] - totals.iloc[:, 0]).abs()
    true = (second["jumlah"] - first["jumlah"]).abs()
    return Findings(
        hidden=len(hidden),
        exact=int((width < 1).sum()),
        narrow=int((width < THRESHOLD_JIWA).sum()),
        changes=len(change) + len(moved),
        shown=int(change.between(1, 4).sum() + moved.between(1, 4).sum()),
        true_small=int(true.between(1, 4).sum()),
        exact_changes=int(sharp.sum()),
    )


def main() -> None:
    """Run five draws and print what was found."""
    for seed in range(5):
        first, second = make_counts(np.random.default_rng(seed))
        found = judge(first, second)
        print(
            f"draw {seed}: {found.hidden} hidden cells, {found.exact} exact, "
            f"{found.narrow} narrow; changes of 1 to 4: {found.true_small} of "
            f"{len(first)} in truth, {found.shown} of {found.changes} shown, "
            f"{found.exact_changes} computed"
        )


if __name__ == "__main__":
    main()
