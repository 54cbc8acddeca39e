"""`jkn forecast` and `jkn backtest`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import echo, translate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from jkn_analysis.config import Config
    from jkn_analysis.skenario import Skenario

CHART = "galat.png"
KINDS = ("amount", "rate", "value")
SHOWN = 6


@click.command("forecast")
@click.option(
    "--panel",
    "panel_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Any long csv of code, month, count, instead of the built tables.",
)
@click.option(
    "--out",
    "out_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the result and its chart; reports/panel if not given.",
)
@click.option("--kind", type=click.Choice(KINDS), default="amount", show_default=True)
@click.option("--bulan", type=click.IntRange(1, 60), help="Months ahead.")
@click.option("--anew", is_flag=True, help="Also regions without a correction.")
@click.option("--periode", help="Data month as 2025-11. Default: the newest stored.")
@click.option(
    "--skenario",
    "scenario_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Scenarios of one's own (TOML or csv) beside the suite's, on every page.",
)
@click.pass_obj
def forecast_command(
    config: Config,
    panel_path: Path | None,
    out_folder: Path | None,
    kind: str,
    bulan: int | None,
    anew: bool,  # noqa: FBT001 - click's own
    periode: str | None,
    scenario_path: Path | None,
) -> None:
    r"""Forecast activity and arrears for all regions, or any long csv.

    All regions are forecast together. Within a data month only regions whose figures
    were corrected are made anew, with their provinsi and the country: a correction
    moves no neighbour's report. A new month, other settings, a new version of this
    program and --anew make all.

    \b
    Example:
      jkn forecast
      jkn forecast --skenario saya.toml
      jkn forecast --panel peserta.csv --out reports/panel
    """
    horizon = bulan or config.forecast.horizon_bulan
    if panel_path is not None:
        folder = out_folder or config.paths.reports / "panel"
        _forecast_file(panel_path, folder, kind=kind, horizon=horizon)
        return
    from jkn_analysis.cli.run import read_periode
    from jkn_analysis.store import hold_project

    with hold_project(config.paths.processed, holder="jkn forecast"):
        own = scenario_path or Path(config.skenario.berkas)
        _forecast_tables(
            config,
            horizon=horizon,
            anew=anew,
            cutoff=read_periode(periode),
            own=own if own.name else None,
        )


def _forecast_tables(
    config: Config, *, horizon: int, anew: bool, cutoff: str | None, own: Path | None
) -> None:
    """Measure and forecast what `jkn build` stored; store that and the money side."""
    import pandas as pd

    from jkn_analysis.briefing.absent import tell_refused
    from jkn_analysis.briefing.words import Words
    from jkn_analysis.forecasting.keep import find_kept, note_told
    from jkn_analysis.forecasting.told import build_record
    from jkn_analysis.masa_depan import build_ramalan
    from jkn_analysis.measures import build_ukuran
    from jkn_analysis.skenario import build_uang
    from jkn_analysis.store import (
        list_refused,
        list_tables,
        read_table,
        release_memory,
        write_generation,
    )
    from jkn_analysis.tables import DELIVERED

    started = time.process_time()
    root = config.paths.processed
    stored = list_tables(root, cutoff=cutoff)
    tables = {
        name: read_table(name, root=root, cutoff=cutoff)
        for name in stored
        if name in {*DELIVERED, "wilayah"}
    }
    chosen = _read_scenarios(own, tables)
    basis = _describe_basis(config, tables, horizon=horizon, scenarios=chosen)
    kept = None if anew or not stored else find_kept(root, basis=basis, cutoff=cutoff)
    if kept is not None and not kept.changed:
        echo(f"forecast is up to date: no figure was corrected -> {root}")
        return
    section = config.forecast.model_copy(update={"horizon_bulan": horizon})
    settings = config.model_copy(update={"forecast": section})
    with write_generation(root, by="jkn forecast", cutoff=cutoff) as draft:
        source = config.build.sumber_penduduk
        tables["ukuran"] = build_ukuran(tables, sumber_penduduk=source)
        draft.put(tables["ukuran"], "ukuran")
        if draft.cutoff is not None:
            record = build_record(root, tables["ukuran"], cutoff=draft.cutoff)
            draft.put(record, "rekam")
        release_memory()
        told = None if kept is None else kept.read("masa_depan")
        events = tables.get("peristiwa", pd.DataFrame())
        made = build_ramalan(
            {"ukuran": tables.pop("ukuran"), "peristiwa": events},
            config=settings,
            told=told,
        )
        made = made if kept is None else kept.merge(made)
        release_memory()
        if len(made["masa_depan"]):
            made |= build_uang(
                {name: tables.pop(name) for name in list(tables)},
                {n: made.pop(n) for n in ("masa_depan", "ramalan", "uji_balik")},
                skenario=list(chosen.values()),
                seed=section.seed,
                tenggat_bulan=section.tenggat_bulan,
            )
        else:
            echo(
                "only the registered or only the active were delivered: no chances, no "
                "money side\n  → deliver both columns of kepesertaan"
            )
        tables.clear()
        ramalan = made["ramalan"][["kode", "indikator", "cutoff"]]
        names = list(made)
        for name in names:
            release_memory()
            if kept is not None:
                made[name] = kept.merge({name: made[name]})[name]
            draft.put(made.pop(name), name)
        note_told(draft, ["ukuran", *names], basis=basis)
    words = Words(config.report.bahasa)
    for one in list_refused(root, cutoff=cutoff):
        echo(f"  {tell_refused(one, words)}", err=True)
    anew_only = "" if kept is None else translate(_tell_changed(kept.changed))
    echo(
        f"forecast {ramalan['kode'].nunique()} regions{anew_only}, "
        f"{ramalan['indikator'].nunique()} indicators, {horizon} months ahead of "
        f"{ramalan['cutoff'].max():%Y-%m}: {len(ramalan)} rows, "
        f"{time.process_time() - started:.1f} CPU s -> {root}"
    )


def _tell_changed(changed: Collection[str]) -> str:
    """Say which regions are made anew."""
    named = ", ".join(sorted(changed)[:SHOWN])
    more = "" if len(changed) <= SHOWN else f" and {len(changed) - SHOWN} more"
    return f" (anew only {named}{more}; the others as told before, --anew for all)"


def _read_scenarios(
    own: Path | None, tables: Mapping[str, pd.DataFrame]
) -> dict[str, Skenario]:
    """Read the suite's scenarios and an analyst's; one of the same name replaces."""
    from jkn_analysis.skenario import Scope, read_skenario

    shipped = read_skenario()
    people = tables.get("kepesertaan")
    if own is None or people is None or people.empty:
        return shipped
    limits = Scope(people["periode"].max(), frozenset(people["kode"]))
    return shipped | read_skenario(own, batas=limits)


def _describe_basis(
    config: Config,
    tables: Mapping[str, pd.DataFrame],
    *,
    horizon: int,
    scenarios: Mapping[str, Skenario],
) -> str:
    """Stand for all that every region's forecast is made with: newest months too."""
    from jkn_analysis.forecasting.keep import INPUTS
    from jkn_analysis.running.manifest import hash_values
    from jkn_analysis.running.plan import hash_code

    code = hash_code(config)
    months = {
        name: f"{tables[name]['periode'].max():%Y-%m}"
        for name in INPUTS
        if name in tables and "periode" in tables[name] and len(tables[name])
    }
    settings = [code.settings[name] for name in ("build", "forecast")]
    told = [repr(one) for one in scenarios.values()]
    return hash_values([code.library, code.versions, settings, months, horizon, told])


def _forecast_file(path: Path, folder: Path, *, kind: str, horizon: int) -> None:
    """Forecast a long csv; write the result and the chart of errors."""
    from jkn_analysis.forecasting.files import forecast_file

    started = time.process_time()
    made = forecast_file(path, folder, kind=kind, horizon_months=horizon)  # type: ignore[arg-type]
    echo(
        f"forecast {made.series} series, {horizon} months ahead, "
        f"{time.process_time() - started:.1f} CPU s"
    )
    if len(made.scores):
        echo(_errors_line(made.scores))
    for written in (*made.written, *_draw_errors(made.scores, folder)):
        echo(f"  {written}")


def _draw_errors(scores: pd.DataFrame, folder: Path) -> list[Path]:
    """Draw measured errors beside the forecast; nothing without any."""
    from jkn_analysis.reporting.figures_model import plot_errors, save_png
    from jkn_analysis.store import write_bytes

    if scores.empty:
        return []
    write_bytes(folder / CHART, save_png(plot_errors(scores)))
    return [folder / CHART]


def _errors_line(scores: pd.DataFrame) -> str:
    """Say the measured error in one line per month ahead that matters."""
    chosen = scores[scores["horizon_bulan"].isin([1, 3, 6, 12])]
    columns = ["horizon_bulan", "median_ape", "median_ape_naif", "cakupan80"]
    lines = [
        f"  {ahead:>2.0f} months ahead: median error {error:.2%} "
        f"(last value {naive:.2%}), 80% interval held {held:.0%}"
        for ahead, error, naive, held in chosen[columns].to_numpy(dtype=float)
    ]
    return "\n".join(lines)


@click.command("backtest")
@click.option(
    "--panel",
    "panel_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Any long csv of code, month, count, instead of the built tables.",
)
@click.option("--kind", type=click.Choice(KINDS), default="amount", show_default=True)
@click.option("--cutoffs", type=click.IntRange(1, 60), default=12, show_default=True)
@click.pass_obj
def backtest_command(
    config: Config, panel_path: Path | None, kind: str, cutoffs: int
) -> None:
    r"""Measure the forecaster at past cutoffs against last value and last year.

    \b
    Example:
      jkn backtest
      jkn backtest --panel peserta.csv --cutoffs 12
    """
    from jkn_analysis.forecasting.backtest import backtest, backtest_ukuran
    from jkn_analysis.forecasting.files import read_long
    from jkn_analysis.forecasting.quotient import tell_tested
    from jkn_analysis.forecasting.scoring import score
    from jkn_analysis.store import read_table, read_table_or_empty

    horizon = config.forecast.horizon_bulan
    if panel_path is not None:
        history = read_long(panel_path)
        tested = {
            "nilai": backtest(
                history,
                horizon_months=horizon,
                kind=kind,  # type: ignore[arg-type]
                cutoffs=cutoffs,
            )
        }
    else:
        root = config.paths.processed
        told = backtest_ukuran(
            read_table("ukuran", root=root),
            horizon_months=horizon,
            cutoffs=cutoffs,
            peristiwa=read_table_or_empty("peristiwa", root=root),
        )
        tested = tell_tested(told)
    for name, table in tested.items():
        echo(name)
        click.echo(score(table, by=["horizon_bulan"]).round(4).to_string(index=False))
