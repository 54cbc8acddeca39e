"""The real JKN panel: participants of about 480 regencies, judged by origin."""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from benchmarks._library import LEVELS
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.forecast import quantile_levels
from jkn_analysis.forecasting.panel import build_panel
from jkn_analysis.forecasting.scoring import interval_score, naive_quantiles

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PROBABILITIES = quantile_levels(LEVELS)
LATE = "2018-06"
"""Odd codes from this origin on are the half of the panel left for reporting."""
NORMAL = np.array([NormalDist().inv_cdf(float(p)) for p in PROBABILITIES])


def read_panel() -> pd.DataFrame:
    """Read the JKN panel: participants of about 480 regencies, 2014 to 2019."""
    path = DATA / "jkn_monthly_panel" / "peserta_per_dati2_bulanan_2014_2019.csv"
    panel = pd.read_csv(path, dtype={"kddati2": "str"})
    panel.columns = ["seri", "periode", "nilai"]
    panel["periode"] = pd.to_datetime(panel["periode"] + "-01")
    return panel


def cut_panel(panel: pd.DataFrame, cutoff: pd.Timestamp, *, months: int = 60):
    """Return the panel as it stood; series that end there, of half a year or more."""
    first = cutoff - pd.DateOffset(months=months)
    known = panel[(panel["periode"] <= cutoff) & (panel["periode"] > first)]
    last = known.groupby("seri")["periode"].transform("max")
    known = known[last == cutoff]
    count = known.groupby("seri")["periode"].transform("count")
    return known[count >= min(13, months // 2)]


def sum_panel(names: list[str]) -> pd.DataFrame:
    """Pair regencies with made-up provinces of 15 codes in turn, these with one sum."""
    group = "P" + (pd.Series(names).astype(int) // 15).astype(str)
    below = pd.DataFrame({"seri": names, "induk": group})
    above = pd.DataFrame({"seri": sorted(group.unique()), "induk": "N"})
    return pd.concat([below, above])


def list_origins() -> pd.DatetimeIndex:
    """List the months the panel is judged from; its last one is December 2019."""
    return pd.date_range("2017-03-01", "2019-09-01", freq="3MS")


def judge_origins(panel: pd.DataFrame, *, tree: bool) -> pd.DataFrame:
    """Judge the panel at eleven origins, whatever of the year ahead is known."""
    truth = panel.set_index(["seri", "periode"])["nilai"]
    frames = []
    for cutoff in list_origins():
        known = cut_panel(panel, cutoff)
        sums = sum_panel(sorted(known["seri"].unique())) if tree else None
        made = forecast(known, horizon_months=12, kind="amount", hierarchy=sums)
        made = made[made["seri"].isin(known["seri"])]
        frames.append(judge_panel(known, made, truth).assign(origin=f"{cutoff:%Y-%m}"))
    return pd.concat(frames)


def show_scores(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Average scores by a column, beside the last value's."""
    columns = ["mase", "mase_naive", "wis", "wis_naive", "c80", "c95"]
    mean = table.groupby(by)[columns].mean()
    mean.insert(2, "MASE/last", mean["mase"] / mean["mase_naive"])
    mean.insert(3, "WIS/last", mean["wis"] / mean["wis_naive"])
    return mean.drop(columns=["wis", "wis_naive"]).round(3)


def report_panel() -> None:
    """Print the JKN panel by origin, flat and as a tree, by halves and Januaries."""
    panel = read_panel()
    for tree in (False, True):
        table = judge_origins(panel, tree=tree)
        print(f"\nJKN panel, {'tree' if tree else 'flat'}, 12 months ahead or to "
              "December 2019")  # fmt: skip
        print(show_scores(table, "origin").to_string())
        whole = table.assign(all="all")
        print(show_scores(whole, "all").to_string(header=False))
        odd = table["seri"].astype(int) % 2 == 1
        late = table["origin"] >= LATE
        table["half"] = np.where(odd & late, "odd, late", "rest")
        print("odd codes from June 2018 on, and the rest")
        print(show_scores(table, "half").to_string())
        table["January between"] = table["january"].map({True: "yes", False: "no"})
        print(show_scores(table, "January between").to_string())


def report_short() -> None:
    """Print short panels of 28 regencies and regencies alone, cut from the panel."""
    panel, rng = read_panel(), np.random.default_rng(1)
    truth = panel.set_index(["seri", "periode"])["nilai"]
    rows = []
    for size, draws in ((28, 2), (1, 30)):
        for months in (6, 12, 18, 24, 36, 60):
            for cutoff in pd.date_range("2017-06-01", "2018-12-01", freq="6MS"):
                known = cut_panel(panel, cutoff, months=months)
                names = known["seri"].unique()
                for _ in range(draws):
                    part = known[known["seri"].isin(rng.permutation(names)[:size])]
                    made = forecast(part, horizon_months=12, kind="amount")
                    told = judge_panel(part, made, truth, by_level=True)
                    rows.append(told.assign(size=size, months=months))
    table = pd.concat(rows)
    columns = ["mase", "mase_naive", "c80", "c95"]
    mean = table.groupby(["size", "months"])[columns].mean()
    mean.insert(0, "MAE/last", mean["mase"] / mean["mase_naive"])
    print("\nshort panels of 28 regencies, and regencies alone")
    print(mean.drop(columns=["mase", "mase_naive"]).round(3).to_string())


def judge_panel(known, made, truth, *, by_level: bool = False) -> pd.DataFrame:
    """Lay one origin's forecasts of the panel beside what came."""
    panel = build_panel(known)
    naive, _ = naive_quantiles(panel.nilai, 12, NORMAL)
    quantiles = made["nilai"].to_numpy().reshape(naive.shape)
    index = made.loc[made["kuantil"] == 0.5, ["seri", "periode"]]
    came = truth.reindex(pd.MultiIndex.from_frame(index)).to_numpy()
    came = came.reshape(naive.shape[:2])
    if by_level:
        scale = naive[:, 0, 3]
    else:
        change = np.abs(panel.nilai[:, 12:] - panel.nilai[:, :-12])
        counted = np.isfinite(change)
        total = np.where(counted, change, 0).sum(axis=1)
        scale = total / np.maximum(counted.sum(axis=1), 1)
    row, ahead = np.nonzero(np.isfinite(came) & (scale > 0)[:, None])
    y, q, n, unit = came[row, ahead], quantiles[row, ahead], naive[row, ahead], scale
    months = np.repeat(panel.last[0], len(row)) % 12
    return pd.DataFrame(
        {
            "seri": panel.names[row],
            "january": months + ahead + 1 >= 12,
            "mase": np.abs(y - q[:, 3]) / unit[row],
            "mase_naive": np.abs(y - n[:, 3]) / unit[row],
            "wis": interval_score(y, q, PROBABILITIES) / unit[row],
            "wis_naive": interval_score(y, n, PROBABILITIES) / unit[row],
            "c80": (y >= q[:, 1]) & (y <= q[:, 5]),
            "c95": (y >= q[:, 0]) & (y <= q[:, 6]),
        }
    )
