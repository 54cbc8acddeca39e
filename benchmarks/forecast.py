"""Accuracy and cost of the forecaster beside a library's models, in one run.

``python -m benchmarks forecast`` takes 6 series of each set; ``--series N`` more,
``--all`` every one. The library (statsforecast, extra ``bench``) is optional: without
it its columns are left out and said to be missing. ``--cache FILE`` keeps its
forecasts, so that a second run takes seconds, also where it is not installed. Real
series lie beside the repository in ``../shared/data``; without them only the speed
part runs. ``--small`` forecasts by 1, 3 and 10 series too; ``--large`` adds 4,200
series and a hierarchy. Set ``OMP_NUM_THREADS=1`` to compare CPU times.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from benchmarks._library import LEVELS, MODELS, SCUM, Library
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.forecast import quantile_levels
from jkn_analysis.forecasting.panel import build_panel
from jkn_analysis.forecasting.scoring import interval_score, naive_quantiles

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PROBABILITIES = quantile_levels(LEVELS)
NORMAL = np.array([NormalDist().inv_cdf(float(p)) for p in PROBABILITIES])
FAMILIES = {"rates": "rate", "counts": "amount", "competition": "value"}
CUT = {"tourism": 120}
ORIGINS = (12, 24)
SMALL = (1, 3, 10)
SIZES = (1, 250, 500, 1_000, 2_000, 4_200)


@dataclass(frozen=True)
class Task:
    """One set at one cutoff: histories, truths, in order of names."""

    family: str
    name: str
    horizon: int
    history: pd.DataFrame
    truth: np.ndarray
    scale: np.ndarray


def read_family(family: str, series: int | None) -> list[Task]:
    """Cut the sets of one family at their cutoffs."""
    data = pd.read_parquet(DATA / "forecast_dev" / f"{family}_monthly.parquet")
    tasks = []
    for name, rows in data.groupby("set"):
        names = sorted(rows["unique_id"].unique())
        if series is not None:
            step = max(1, len(names) // series)
            names = names[::step][:series]
        horizon = int(rows["h"].iloc[0])
        backs = (horizon,) if family == "competition" else ORIGINS
        months = None if family == "competition" else 60
        months = CUT.get(str(name), months)
        chosen = rows[rows["unique_id"].isin(names)]
        tasks += [cut(family, str(name), chosen, horizon, b, months) for b in backs]
    return tasks


def cut(family, name, rows, horizon, back, months) -> Task:
    """Cut one set `back` months before its end."""
    history, truth, scale = [], [], []
    for series, part in rows.sort_values("ds").groupby("unique_id"):
        values = part["y"].to_numpy()
        end = len(values) - back
        if end < 24:
            continue
        start = 0 if months is None else max(0, end - months)
        known = values[start:end]
        dates = part["ds"].to_numpy()[start:end]
        history.append(pd.DataFrame({"seri": series, "periode": dates, "nilai": known}))
        truth.append(values[end : end + horizon])
        scale.append(max(np.abs(known[12:] - known[:-12]).mean(), 1e-9))
    whole = pd.concat(history, ignore_index=True)
    return Task(family, name, horizon, whole, np.array(truth), np.array(scale))


def run_ours(task: Task) -> tuple[np.ndarray, float]:
    """Forecast a task with the product; series x horizon x quantiles, CPU seconds."""
    started = time.process_time()
    made = forecast(
        task.history, horizon_months=task.horizon, kind=FAMILIES[task.family]
    )
    spent = time.process_time() - started
    shape = (len(task.truth), task.horizon, len(PROBABILITIES))
    return made["nilai"].to_numpy().reshape(shape), spent


def run_library(task: Task, library: Library) -> dict[str, tuple[np.ndarray, float]]:
    """Forecast a task series by series with every model, and their median (SCUM).

    A model without a forecast for every series is left out.
    """
    made: dict[str, list[tuple[np.ndarray, float]]] = {name: [] for name in MODELS}
    for _, part in task.history.groupby("seri"):
        values = part["nilai"].to_numpy(dtype=float)
        for name in MODELS:
            found = library.run(name, values, task.horizon)
            if found is not None:
                made[name].append(found)
    out = {
        name: (np.array([one for one, _ in found]), sum(cpu for _, cpu in found))
        for name, found in made.items()
        if len(found) == len(task.truth)
    }
    if all(name in out for name in SCUM):
        middle = np.median([out[name][0] for name in SCUM], axis=0)
        out["SCUM"] = middle, sum(out[name][1] for name in SCUM)
    return out


def run_small(task: Task, size: int, most: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Forecast a task in calls of `size` series; rows taken and their quantiles."""
    rng = np.random.default_rng(len(task.truth) + size)
    names = task.history["seri"].unique()
    chosen = rng.permutation(len(names))[:most]
    chosen = chosen[: max(size, len(chosen) // size * size)]
    made = []
    for low in range(0, len(chosen), size):
        rows = np.sort(chosen[low : low + size])
        chosen[low : low + size] = rows
        part = task.history[task.history["seri"].isin(names[rows])]
        told = forecast(part, horizon_months=task.horizon, kind=FAMILIES[task.family])
        shape = (len(rows), task.horizon, len(PROBABILITIES))
        made.append(told["nilai"].to_numpy().reshape(shape))
    return chosen, np.concatenate(made)


def judge(task: Task, quantiles: np.ndarray) -> dict[str, float]:
    """Score one method on one task."""
    wis = interval_score(task.truth, quantiles, PROBABILITIES).mean(axis=1)
    middle = quantiles[:, :, 3]
    gap = np.abs(task.truth - middle)
    size = np.abs(task.truth) + np.abs(middle)
    inside = [
        ((task.truth >= quantiles[:, :, k]) & (task.truth <= quantiles[:, :, -1 - k]))
        for k in (1, 0)
    ]
    return {
        "wis": (wis / task.scale).mean(),
        "mase": (gap.mean(axis=1) / task.scale).mean(),
        "smape": (200 * gap / np.where(size > 0, size, 1)).mean(),
        "c80": inside[0].mean(),
        "c95": inside[1].mean(),
        "count": float(len(task.truth)),
    }


def run_task(
    task: Task, library: Library | None, *, small: tuple[int, ...]
) -> list[dict[str, object]]:
    """Run every method on one task."""
    panel = build_panel(task.history)
    naive, seasonal = naive_quantiles(panel.nilai, task.horizon, NORMAL)
    ours = run_ours(task)
    made = {"ours": ours, "naive": (naive, 0.0), "snaive": (seasonal, 0.0)}
    if library is not None:
        made |= run_library(task, library)
    key = {"family": task.family, "set": task.name}
    rows = [
        {**key, "method": method, "cpu": spent, **judge(task, quantiles)}
        for method, (quantiles, spent) in made.items()
    ]
    for size in small:
        chosen, quantiles = run_small(task, size)
        part = replace(task, truth=task.truth[chosen], scale=task.scale[chosen])
        for method, told in (
            (f"by {size}", quantiles),
            (f"of {size}", ours[0][chosen]),
        ):
            rows.append({**key, "method": method, "cpu": 0.0, **judge(part, told)})
    return rows


SHOWN = ("ours", "naive", "snaive", "ets", "theta", "autotheta", "SCUM")
MEASURES = ["wis", "mase", "smape", "c80", "c95"]


def average(rows: pd.DataFrame) -> pd.DataFrame:
    """Average measures by family, set and method, each series counting once."""
    keys = [rows["family"], rows["set"], rows["method"]]
    parts = rows[MEASURES].mul(rows["count"], axis=0)
    total = parts.assign(count=rows["count"], cpu=rows["cpu"]).groupby(keys).sum()
    mean = total[MEASURES].div(total["count"], axis=0)
    return mean.assign(count=total["count"], ms=1e3 * total["cpu"] / total["count"])


def report_accuracy(mean: pd.DataFrame) -> None:
    """Print sets and families, relative to the seasonal naive and to SCUM."""
    wis = mean["wis"].unstack()  # noqa: PD010 - one level to columns
    shown = wis[[name for name in SHOWN if name in wis]].div(wis["snaive"], axis=0)
    best = wis[["naive", "snaive"]].min(axis=1)
    table = shown.assign(**{"/best naive": wis["ours"] / best})
    if "SCUM" in wis:
        table["/SCUM"] = wis["ours"] / wis["SCUM"]
    families = np.exp(np.log(table).groupby("family").mean())
    ours = mean.xs("ours", level="method")
    table = table.assign(c80=ours["c80"], c95=ours["c95"], ms=ours["ms"])
    print("\nWIS over the seasonal naive's; coverage and CPU ms a series are ours")
    print(table.round(3).to_string())
    print("\nfamilies: geometric mean over sets")
    print(families.round(3).to_string())
    if "SCUM" in wis:
        both = np.log(table["/SCUM"]).drop("competition", level="family")
        print(f"rates and counts, ours / SCUM: {np.exp(both.mean()):.3f}")
    smape = mean["smape"].xs("m3", level="set").droplevel(0)
    named = [name for name in SHOWN if name in smape]
    print("M3 monthly sMAPE:", smape[named].round(2).to_dict())


def report_coverage(mean: pd.DataFrame) -> None:
    """Print coverage and cost of every method on the pool of each family."""
    named = [name for name in SHOWN if name in mean.index.unique("method")]
    chosen = mean[mean.index.isin(named, level="method")]
    pool = chosen[["c80", "c95", "ms"]].mul(chosen["count"], axis=0)
    keys = ["family", "method"]
    pool = pool.groupby(keys).sum().div(chosen["count"].groupby(keys).sum(), axis=0)
    wide = pool.unstack("family")  # noqa: PD010 - families side by side
    print("\ncoverage and CPU ms a series, pool of each family")
    print(wide.loc[named].round(3).to_string())


def report_small(mean: pd.DataFrame) -> None:
    """Print what calls of a few series lose against one call of the whole set."""
    print("\ncalls of a few series: WIS over that of one call of the set; coverage")
    for size in SMALL:
        few = mean.xs(f"by {size}", level="method")
        whole = mean.xs(f"of {size}", level="method")
        lost = np.exp(np.log(few["wis"] / whole["wis"]).groupby("family").mean())
        count = few["count"].groupby("family").sum()
        covered = few[["c80", "c95"]].mul(few["count"], axis=0).groupby("family").sum()
        covered = covered.div(count, axis=0)
        table = covered.assign(wis=lost, least80=few["c80"].groupby("family").min())
        print(f"by {size}")
        print(table[["wis", "c80", "c95", "least80"]].round(3).to_string())


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


def judge_origins(panel: pd.DataFrame, *, tree: bool) -> pd.DataFrame:
    """Judge the panel at eleven origins, whatever of the year ahead is known."""
    truth = panel.set_index(["seri", "periode"])["nilai"]
    frames = []
    for cutoff in pd.date_range("2017-03-01", "2019-09-01", freq="3MS"):
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
        late = table["origin"] >= "2018-06"
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


def make_walks(series: int, months: int = 60) -> pd.DataFrame:
    """Make up a panel for the speed part."""
    rng = np.random.default_rng(0)
    paths = 5_000 + np.cumsum(rng.normal(0, 5, (series, months)), axis=1)
    wave = np.sin(np.arange(months) * np.pi / 6) * 20 * rng.random((series, 1))
    dates = pd.date_range("2020-01-01", periods=months, freq="MS")
    names = np.repeat([f"s{k:05d}" for k in range(series)], months)
    return pd.DataFrame(
        {
            "seri": names,
            "periode": np.tile(dates, series),
            "nilai": (paths + wave).ravel(),
        }
    )


def make_country() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make up 600 regions of 6 segmen in 38 provinces, and its parents."""
    history = make_walks(3_600)
    names = pd.Series(history["seri"].unique())
    number = np.arange(len(names))
    region, segmen = number // 6, number % 6
    province = region % 38
    parents = {
        "r": region.astype(str),
        "ps": np.char.add(np.char.add(province.astype(str), "-"), segmen.astype(str)),
        "p": province.astype(str),
        "s": segmen.astype(str),
        "n": np.full(len(names), "0"),
    }
    pairs = [
        pd.DataFrame({"seri": names, "induk": np.char.add(kind, part)})
        for kind, part in parents.items()
    ]
    return history, pd.concat(pairs)


def report_speed(*, large: bool) -> None:
    """Print CPU seconds and memory by size of panel."""
    print("\nspeed: 60 months, 12 ahead, intervals")
    forecast(make_walks(2), horizon_months=12, kind="amount")
    sizes = SIZES if large else SIZES[:4]
    rows = []
    for size in sizes:
        history = make_walks(size)
        times = 1 if size > 1 else 10
        started = time.process_time()
        for _ in range(times):
            forecast(history, horizon_months=12, kind="amount")
        spent = (time.process_time() - started) / times
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rows.append((size, spent, 1e3 * spent / size, memory))
    table = pd.DataFrame(rows, columns=["series", "CPU s", "ms each", "peak MB"])
    print(table.round(3).to_string(index=False))
    if not large:
        return
    started = time.process_time()
    backtest(make_walks(4_200), horizon_months=12, kind="amount", cutoffs=12)
    print(
        f"  4200 series, 12-cutoff backtest: {time.process_time() - started:.1f} CPU s"
    )
    history, pairs = make_country()
    started = time.process_time()
    forecast(history, horizon_months=12, kind="amount", hierarchy=pairs)
    print(f"  3600 bottom nodes, forecast and reconciled: "
          f"{time.process_time() - started:.1f} CPU s")  # fmt: skip


def report_sets(chosen: argparse.Namespace) -> None:
    """Run every set and print its tables."""
    library = None if chosen.no_library else Library(chosen.cache)
    if library is None or not library.usable:
        library = None
        print("statsforecast is not used: only naive methods stand beside ours")
    elif library.models is None:
        print("statsforecast is not installed: only its kept forecasts are used")
    most = None if chosen.all else chosen.series
    small = SMALL if chosen.small else ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tasks = [task for family in FAMILIES for task in read_family(family, most)]
        rows = [row for task in tasks for row in run_task(task, library, small=small)]
    if library is not None:
        library.save()
    mean = average(pd.DataFrame(rows))
    report_accuracy(mean)
    report_coverage(mean)
    if small:
        report_small(mean)


def main() -> None:
    """Run every part and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=6, help="series of each set")
    parser.add_argument("--all", action="store_true", help="every series")
    parser.add_argument("--small", action="store_true", help="calls of a few series")
    parser.add_argument("--large", action="store_true", help="4,200 series, hierarchy")
    parser.add_argument("--no-library", action="store_true")
    parser.add_argument("--cache", type=Path, help="file of the library's forecasts")
    chosen = parser.parse_args()
    if (DATA / "forecast_dev").is_dir():
        report_sets(chosen)
        report_panel()
        report_short()
    else:
        print(f"{DATA.name} is not beside the repository: speed only")
    report_speed(large=chosen.large)


if __name__ == "__main__":
    main()
