"""Accuracy and cost of the forecaster beside a library's models, in one run.

``python -m benchmarks forecast`` takes 6 series of each set; ``--series N`` more,
``--all`` every one. The library (statsforecast, extra ``bench``) is optional: without
it its columns are left out and said to be missing. ``--cache FILE`` keeps its
forecasts, so that a second run takes seconds, also where it is not installed. Real
series lie beside the repository in ``../shared/data``; without them only the speed
part runs. Chances told are laid beside what came. ``--small`` forecasts by 1, 3 and 10
series too; ``--large`` adds 4,200 series and a hierarchy. Set ``OMP_NUM_THREADS=1`` to
compare CPU times.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks._chances import report_chances
from benchmarks._library import MODELS, SCUM, Library
from benchmarks._panel import DATA, NORMAL, PROBABILITIES, report_panel, report_short
from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.panel import build_panel
from jkn_analysis.forecasting.scoring import interval_score, naive_quantiles

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
    newest: bool


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
    newest = back in {horizon, ORIGINS[0]}
    return Task(family, name, horizon, whole, np.array(truth), np.array(scale), newest)


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
    odd = np.arange(len(task.truth)) % 2 == 1
    reported = odd if task.newest else np.zeros_like(odd)
    rows = [
        {**key, "method": method, "cpu": spent, **judge(task, quantiles)}
        for method, (quantiles, spent) in made.items()
    ]
    for half, kept in (("chosen on", ~reported), ("reported on", reported)):
        if kept.any():
            part = replace(task, truth=task.truth[kept], scale=task.scale[kept])
            for method in ("ours", "naive", "snaive"):
                told = judge(part, made[method][0][kept])
                rows.append({**key, "method": f"{method}, {half}", "cpu": 0.0, **told})
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


def report_halves(mean: pd.DataFrame) -> None:
    """Print the half that settings were chosen on beside the half left for this.

    Left are every second series, of administrative sets at the newest origin only.
    """
    print("\nhalves: WIS over the better naive's, coverage")
    for half in ("chosen on", "reported on"):
        ours = mean.xs(f"ours, {half}", level="method")
        naive = mean.xs(f"naive, {half}", level="method")["wis"]
        best = np.minimum(naive, mean.xs(f"snaive, {half}", level="method")["wis"])
        ratio = np.log(ours["wis"] / best).groupby("family").mean()
        pool = ours[["c80", "c95"]].mul(ours["count"], axis=0).groupby("family").sum()
        pool = pool.div(ours["count"].groupby("family").sum(), axis=0)
        print(half)
        print(pool.assign(wis=np.exp(ratio)).round(3).to_string())


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
    report_halves(mean)
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
        report_chances([t for t in read_family("rates", None) if len(t.truth) > 1])
    else:
        print(f"{DATA.name} is not beside the repository: speed only")
    report_speed(large=chosen.large)


if __name__ == "__main__":
    main()
