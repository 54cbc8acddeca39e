"""Accuracy and cost of the forecaster beside a library's models, in one run.

``python -m benchmarks.forecast`` takes 6 series of each set; ``--series N`` more,
``--all`` every one. The library (statsforecast, extra ``bench``) is optional: its
columns are left out and said to be missing. Real series lie beside the repository
in ``../shared/data``; without them only the speed part runs. Set
``OMP_NUM_THREADS=1`` to compare CPU times.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from jkn_analysis.forecasting import forecast
from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.forecast import quantile_levels
from jkn_analysis.forecasting.panel import build_panel
from jkn_analysis.forecasting.scoring import interval_score, naive_quantiles

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LEVELS = (50, 80, 95)
PROBABILITIES = quantile_levels(LEVELS)
NORMAL = np.array([NormalDist().inv_cdf(float(p)) for p in PROBABILITIES])
FAMILIES = {"rates": "rate", "counts": "amount", "competition": "value"}
CUT = {"tourism": 120}
ORIGINS = (12, 24)
LIBRARY = ("ets", "arima", "dot", "ces", "theta")
SCUM = ("ets", "arima", "dot", "ces")


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


def load_library():
    """Return the library's models by name, or None where it is not installed."""
    try:
        from statsforecast import models
    except ImportError:
        return None
    return {
        "ets": lambda: models.AutoETS(season_length=12),
        "arima": lambda: models.AutoARIMA(season_length=12),
        "dot": lambda: models.DynamicOptimizedTheta(season_length=12),
        "ces": lambda: models.AutoCES(season_length=12),
        "theta": lambda: models.Theta(season_length=12),
    }


def run_library(task: Task, models) -> dict[str, tuple[np.ndarray, float]]:
    """Forecast a task series by series with every model, and their median (SCUM)."""
    made = {name: [] for name in LIBRARY}
    spent = dict.fromkeys(LIBRARY, 0.0)
    for _, part in task.history.groupby("seri"):
        values = part["nilai"].to_numpy()
        for name in LIBRARY:
            started = time.process_time()
            made[name].append(run_model(models[name](), values, task.horizon))
            spent[name] += time.process_time() - started
    out = {name: (np.array(made[name]), spent[name]) for name in LIBRARY}
    middle = np.median([out[name][0] for name in SCUM], axis=0)
    return {**out, "SCUM": (middle, sum(spent[name] for name in SCUM))}


def run_model(model, values, horizon) -> np.ndarray:
    """Fit one library model; the last value where it fails."""
    try:
        made = model.forecast(y=values, h=horizon, level=list(LEVELS))
    except Exception:  # noqa: BLE001 - any failure of the opponent counts as naive
        return np.full((horizon, len(PROBABILITIES)), values[-1])
    columns = ["lo-95", "lo-80", "lo-50", "mean", "hi-50", "hi-80", "hi-95"]
    return np.stack([made[column] for column in columns], axis=1)


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


def run_task(task: Task, models) -> list[dict[str, object]]:
    """Run every method on one task."""
    panel = build_panel(task.history)
    naive, seasonal = naive_quantiles(panel.nilai, task.horizon, NORMAL)
    made = {"ours": run_ours(task), "naive": (naive, 0.0), "snaive": (seasonal, 0.0)}
    if models:
        made |= run_library(task, models)
    key = {"family": task.family, "set": task.name}
    return [
        {**key, "method": method, "cpu": spent, **judge(task, quantiles)}
        for method, (quantiles, spent) in made.items()
    ]


def report_accuracy(rows: pd.DataFrame) -> None:
    """Print sets and families, relative to the seasonal naive and to SCUM."""
    weight = rows["count"]
    parts = rows[["wis", "mase", "smape", "c80", "c95"]].mul(weight, axis=0)
    parts = parts.assign(count=weight, cpu=rows["cpu"])
    keys = [rows["family"], rows["set"], rows["method"]]
    total = parts.groupby(keys).sum()
    mean = total[["wis", "mase", "smape", "c80", "c95"]].div(total["count"], axis=0)
    table = mean["wis"].unstack()  # noqa: PD010 - one level to columns
    print("\nWIS over the seasonal naive's")
    shown = table.div(table["snaive"], axis=0)
    shown["ours / best naive"] = table["ours"] / table[["naive", "snaive"]].min(axis=1)
    print(shown.round(3).to_string())
    relative = np.exp(
        np.log(table.div(table["snaive"], axis=0)).groupby("family").mean()
    )
    print("\nfamilies: geometric mean over sets")
    print(relative.round(3).to_string())
    if "SCUM" in table:
        ratio = np.log(table["ours"] / table["SCUM"])
        both = ratio[ratio.index.get_level_values(0) != "competition"]
        by_family = np.exp(ratio.groupby("family").mean()).round(3).to_dict()
        print(f"ours / SCUM: {by_family}, rates and counts {np.exp(both.mean()):.3f}")
    covered = total[["c80", "c95"]].groupby(["family", "method"]).sum()
    covered = covered.div(total["count"].groupby(["family", "method"]).sum(), axis=0)
    print("\ncoverage")
    print(covered.round(3).to_string())
    ours = mean.xs("ours", level="method")
    print(f"sets, ours: 80% {ours['c80'].min():.2f} to {ours['c80'].max():.2f}, "
          f"95% from {ours['c95'].min():.2f}")  # fmt: skip
    cpu = total.groupby("method")[["cpu", "count"]].sum()
    print("\nCPU ms a series:", (1e3 * cpu["cpu"] / cpu["count"]).round(2).to_dict())
    smape = mean["smape"].xs("m3", level="set")
    print("M3 monthly sMAPE:", smape.droplevel(0).round(2).to_dict())


def report_panel() -> None:
    """Print the JKN panel: origins through 2018, targets to December 2019."""
    path = DATA / "jkn_monthly_panel" / "peserta_per_dati2_bulanan_2014_2019.csv"
    panel = pd.read_csv(path, dtype={"kddati2": "str"})
    panel.columns = ["seri", "periode", "nilai"]
    panel["periode"] = pd.to_datetime(panel["periode"] + "-01")
    truth = panel.set_index(["seri", "periode"])["nilai"]
    frames = []
    for cutoff in pd.date_range("2017-06-01", "2018-12-01", freq="3MS"):
        known = panel[panel["periode"] <= cutoff]
        last = known.groupby("seri")["periode"].transform("max")
        known = known[last == cutoff]
        months = known.groupby("seri")["periode"].transform("count")
        known = known[months > 12]
        made = forecast(known, horizon_months=12, kind="amount")
        frames.append(judge_panel(known, made, truth))
    table = pd.concat(frames)
    scaled = table[["wis", "wis_naive"]].div(table["scale"], axis=0).mean()
    print("\nJKN panel, 7 origins 2017-06..2018-12")
    print(f"  WIS over the last value's: {scaled['wis'] / scaled['wis_naive']:.3f}")
    middle = table.groupby("h")[["ape", "ape_naive"]].median()
    for h in (1, 3, 6, 12):
        ours, naive = middle.loc[h]
        print(f"  h={h:<2} median APE {ours:.4f}, last value {naive:.4f}, "
              f"ratio {ours / naive:.3f}")  # fmt: skip
    print(f"  coverage 80% {table['c80'].mean():.3f}, 95% {table['c95'].mean():.3f}")


def judge_panel(known, made, truth) -> pd.DataFrame:
    """Lay one origin's forecasts of the panel beside what came."""
    panel = build_panel(known)
    naive, _ = naive_quantiles(panel.nilai, 12, NORMAL)
    quantiles = made["nilai"].to_numpy().reshape(naive.shape)
    index = made.loc[made["kuantil"] == 0.5, ["seri", "periode"]]
    came = truth.reindex(pd.MultiIndex.from_frame(index)).to_numpy()
    came = came.reshape(naive.shape[:2])
    change = np.abs(panel.nilai[:, 12:] - panel.nilai[:, :-12])
    counted = np.isfinite(change)
    scale = np.where(counted, change, 0).sum(axis=1) / np.maximum(
        counted.sum(axis=1), 1
    )
    row, ahead = np.nonzero(np.isfinite(came) & (scale > 0)[:, None])
    y, q, n = came[row, ahead], quantiles[row, ahead], naive[row, ahead]
    return pd.DataFrame(
        {
            "h": ahead + 1,
            "scale": scale[row],
            "wis": interval_score(y, q, PROBABILITIES),
            "wis_naive": interval_score(y, n, PROBABILITIES),
            "ape": np.abs(y - q[:, 3]) / y,
            "ape_naive": np.abs(y - n[:, 3]) / y,
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
    sizes = (1, 500, 4_200) if large else (1, 500)
    for size in sizes:
        history = make_walks(size)
        started, wall = time.process_time(), time.perf_counter()
        forecast(history, horizon_months=12, kind="amount")
        spent = time.process_time() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"  {size:>5} series: {spent:.3f} CPU s, {1e3 * spent / size:.2f} ms each, "
            f"{time.perf_counter() - wall:.3f} s wall, peak {memory} MB"
        )
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


def main() -> None:
    """Run every part and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=6, help="series of each set")
    parser.add_argument("--all", action="store_true", help="every series")
    parser.add_argument("--large", action="store_true", help="4,200 series, hierarchy")
    parser.add_argument("--no-library", action="store_true")
    chosen = parser.parse_args()
    models = None if chosen.no_library else load_library()
    if models is None:
        print("statsforecast is not used: only naive methods beside ours")
    if (DATA / "forecast_dev").is_dir():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tasks = [
                task
                for family in FAMILIES
                for task in read_family(family, None if chosen.all else chosen.series)
            ]
            rows = [row for task in tasks for row in run_task(task, models)]
        report_accuracy(pd.DataFrame(rows))
        report_panel()
    else:
        print(f"{DATA} is not there: speed only")
    report_speed(large=chosen.large)


if __name__ == "__main__":
    main()
