"""Forecast any number of monthly series in one pass, with honest intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.ensemble import (
    Paths,
    build_paths,
    list_backs,
)
from jkn_analysis.forecasting.events import (
    clean_tree,
    match_events,
    match_tree_events,
    remove_events,
)
from jkn_analysis.forecasting.hierarchy import (
    Outcome,
    Tree,
    build_tree,
    reconcile_paths,
)
from jkn_analysis.forecasting.panel import (
    Kind,
    Panel,
    build_months,
    build_panel,
    find_newest,
)
from jkn_analysis.forecasting.weights import mix_members, weigh_members
from jkn_analysis.forecasting.width import Shocks, add_events, mix_shocks, spread_out

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ("rate", "amount", "value")


def quantile_levels(levels: Sequence[float]) -> np.ndarray:
    """Return the quantiles of the median and both ends of each level.

    Examples
    --------
    >>> quantile_levels((50, 80, 95)).tolist()
    [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]
    """
    tails = [(100 - level) / 200 for level in levels]
    ends = {round(tail, 6) for tail in tails} | {round(1 - tail, 6) for tail in tails}
    return np.array(sorted(ends | {0.5}))


def combine(
    paths: Paths, probabilities: np.ndarray, tree: Tree | None = None
) -> Outcome:
    """Combine the members of the newest cutoff, with intervals from the older ones."""
    combined = mix_members(paths, weigh_members(paths))
    if tree is not None:
        floor = 0.0 if paths.kind == "amount" else None
        return reconcile_paths(combined, paths, tree, probabilities, floor=floor)
    errors = paths.truth - combined
    quantiles, scores = spread_out(combined[0], errors, paths, probabilities)
    return Outcome(quantiles, errors, scores.scale)


def forecast_panel(
    panel: Panel,
    *,
    horizon: int,
    probabilities: np.ndarray,
    kind: Kind,
    events: pd.DataFrame | None = None,
    tree: Tree | None = None,
    shocks: Shocks | None = None,
) -> Outcome:
    """Forecast a panel; the quantiles keep to the range of their kind.

    With a tree, medians add up at every level, and events on a bottom series move the
    sums above it; `shocks` are decrees nobody announced, of every node.
    """
    matched, values = [], panel.nilai
    if events is not None and tree is None:
        matched = match_events(panel, events)
        values = remove_events(panel, matched).nilai
    elif events is not None and tree is not None:
        matched = match_tree_events(panel, tree, events)
        values = clean_tree(panel, tree, matched)
    backs = list_backs(values.shape[1], horizon)
    paths = build_paths(values, horizon, backs, kind=kind, newest=find_newest(panel))
    outcome = combine(paths, probabilities, tree)
    quantiles = outcome.quantiles
    if shocks is not None:
        quantiles = mix_shocks(quantiles, probabilities, shocks)
    quantiles = add_events(quantiles, probabilities, matched)
    quantiles = limit_range(quantiles, panel.nilai, kind)
    if tree is not None:
        quantiles = _add_up(quantiles, probabilities, tree, kind=kind)
    return replace(outcome, quantiles=quantiles)


def _add_up(
    quantiles: np.ndarray, probabilities: np.ndarray, tree: Tree, *, kind: Kind
) -> np.ndarray:
    """Move every sum's quantiles so that medians add up."""
    out = quantiles.copy()
    middle = int(np.flatnonzero(probabilities == 0.5)[0])
    total = tree.add_up(out[tree.bottom, :, middle])
    move = total - out[tree.upper, :, middle]
    out[tree.upper] += move[:, :, None]
    return np.maximum(out, 0.0) if kind == "amount" else out


def limit_range(out: np.ndarray, values: np.ndarray, kind: Kind) -> np.ndarray:
    """Keep rates within 0 to 1 and amounts from 0, unless the history passed them."""
    if kind == "value":
        return out
    top = np.nanmax(values, axis=1)
    high = np.where(top > 1, np.inf, 1.0)[:, None, None] if kind == "rate" else np.inf
    low = np.where(np.nanmin(values, axis=1) < 0, -np.inf, 0.0)[:, None, None]
    return np.clip(out, low, high)


def _check_arguments(horizon_months: int, levels: Sequence[float], kind: str) -> None:
    """Refuse what cannot be forecast."""
    if kind not in KINDS:
        raise ForecastError(
            f"kind '{kind}' is not known\n  → one of {', '.join(KINDS)}"
        )
    if horizon_months < 1:
        raise ForecastError(
            f"horizon_months is {horizon_months}\n  → ask for one month or more"
        )
    wrong = [level for level in levels if not 0 < level < 100]
    if wrong:
        raise ForecastError(
            f"level {wrong[0]} is not between 0 and 100\n  → give percent, such as 80"
        )


def forecast(
    history: pd.DataFrame,
    *,
    horizon_months: int,
    levels: Sequence[float] = (50, 80, 95),
    kind: Kind,
    events: pd.DataFrame | None = None,
    hierarchy: pd.DataFrame | None = None,
    seed: int = 0,  # noqa: ARG001 - part of the call; quantiles need no chance
) -> pd.DataFrame:
    """Forecast every series of a long history with quantiles.

    Parameters
    ----------
    history
        ``seri`` (text), ``periode`` (month start), ``nilai`` (number).
    horizon_months
        Months after each series' own last.
    levels
        Central intervals in percent.
    kind
        ``"rate"``: answers stay in 0 to 1 unless history passed 1; ``"amount"``:
        never negative unless history was; ``"value"``: any number.
    events
        Dated shifts and pulses, one a row: ``seri`` (a name, or a pattern such as
        ``82.*`` for a group), ``periode``; if wanted ``jenis`` (``"geser"``, a shift
        that lasts, or ``"pulsa"``, one month), ``dampak`` (its size in the series'
        unit; read from the data where missing, needed if to come), ``simpangan``
        (spread of that size; a quarter of it where missing), ``id_peristiwa``
        (parts of one decision). Past ones are fitted out, those to come shift the
        path and widen it by their own spread. `find_events` lists unknown ones.
    hierarchy
        ``seri``, ``induk``: one row for each sum a series is part of, at every
        level; children may be given their parent only (kabupaten to provinsi,
        provinsi to country) or every sum. Sums not in the history are added up.
        Medians add up at every level; the other quantiles are each node's own.
    seed
        Kept for simulation; the quantiles themselves need no chance.

    Returns
    -------
    DataFrame
        ``seri``, ``periode``, ``kuantil``, ``nilai``; the median is the point forecast.

    Raises
    ------
    ForecastError
        A history, event or hierarchy that cannot be read, with where and why.

    Examples
    --------
    >>> months = pd.date_range("2023-01-01", periods=36, freq="MS")
    >>> names = ["82.03", "82.71"]
    >>> rows = [(n, m, 100.0 + k) for n in names for k, m in enumerate(months)]
    >>> history = pd.DataFrame(rows, columns=["seri", "periode", "nilai"])
    >>> sums = pd.DataFrame({"seri": [*names, "82"], "induk": ["82", "82", "00"]})
    >>> ahead = forecast(history, horizon_months=3, kind="amount", hierarchy=sums)
    >>> middle = ahead[ahead["kuantil"] == 0.5].groupby("seri")["nilai"].last()
    >>> bool(abs(middle["00"] - middle["82.03"] - middle["82.71"]) < 1e-6)
    True
    """
    _check_arguments(horizon_months, levels, kind)
    if hierarchy is not None and kind == "rate":
        raise ForecastError(
            "rates do not add up, so a hierarchy of rates cannot be kept\n"
            "  → forecast numerator and denominator as amounts and divide"
        )
    panel, tree = build_panel(history), None
    if hierarchy is not None:
        panel, tree = build_tree(panel, hierarchy)
    probabilities = quantile_levels(levels)
    outcome = forecast_panel(
        panel,
        horizon=horizon_months,
        probabilities=probabilities,
        kind=kind,
        events=events,
        tree=tree,
    )
    return to_long(panel, outcome.quantiles, probabilities)


def to_long(panel: Panel, out: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """Lay out series x horizon x probabilities as rows."""
    rows, horizon, count = out.shape
    months = panel.last[:, None] + 1 + np.arange(horizon)[None, :]
    return pd.DataFrame(
        {
            "seri": np.repeat(panel.names.astype(object), horizon * count),
            "periode": build_months(np.repeat(months.ravel(), count)),
            "kuantil": np.tile(probabilities, rows * horizon),
            "nilai": out.ravel(),
        }
    ).astype({"seri": "str"})
