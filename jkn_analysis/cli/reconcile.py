"""``jkn reconcile`` and ``jkn scan``: person registers in, counts out, no NIK."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jkn_analysis.config import Config
    from jkn_analysis.rekonsiliasi.reconcile import Reconciliation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("reconcile")
@click.option("--bpjs", type=_FILE, help="Extract of members.")
@click.option("--dukcapil", type=_FILE, help="Extract of residents.")
@click.option("--dtsen", type=_FILE, help="Extract of Dinas Sosial (DTSEN).")
@click.option(
    "--pada",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Day of the extracts; its month becomes the period.",
)
@click.option("--kode", multiple=True, help="Only this region; may be repeated.")
@click.option(
    "--kantor",
    "recipients",
    multiple=True,
    metavar="KANTOR=age1...",
    help="Write this office's work list, encrypted for its age key.",
)
@click.option(
    "--daftar",
    "worklists",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the work lists.",
)
@click.option("--memory", default="2GB", show_default=True, help="Limit of DuckDB.")
@click.pass_obj
def reconcile_command(
    config: Config,
    bpjs: Path | None,
    dukcapil: Path | None,
    dtsen: Path | None,
    pada: dt.datetime,
    kode: tuple[str, ...],
    recipients: tuple[str, ...],
    worklists: Path | None,
    memory: str,
) -> None:
    r"""Compare person registers; counts go into the table selisih, no NIK anywhere.

    The key of the pseudonyms comes from JKN_NIK_KEY (64 hex digits or base64 of 32
    bytes) or the keyring.

    \b
    Example:
      jkn reconcile --bpjs bpjs.csv --dukcapil dukcapil.parquet --dtsen dtsen.csv \
          --pada 2025-11-30 --kode 82.71
    """
    from jkn_analysis.rekonsiliasi.pseudonym import read_key
    from jkn_analysis.rekonsiliasi.reconcile import Order, reconcile
    from jkn_analysis.rekonsiliasi.worklists import parse_recipient
    from jkn_analysis.store import hold_project, open_generation

    if recipients and worklists is None:
        raise click.UsageError("--kantor needs --daftar, the folder of the work lists")
    given = {"bpjs": bpjs, "dukcapil": dukcapil, "dtsen": dtsen}
    order = Order(
        sources={name: path for name, path in given.items() if path is not None},
        pada=pada.date(),
        kode=kode,
        batas_terima=config.rekonsiliasi.batas_terima,
        batas_tinjau=config.rekonsiliasi.batas_tinjau,
        memory=memory,
        recipients=dict(parse_recipient(text) for text in recipients),
        worklists=worklists,
    )
    key = read_key()
    open_generation(config.paths.processed)
    with hold_project(config.paths.processed, holder="jkn reconcile"):
        found = reconcile(order, key=key)
        stored = _store(found, order.pada, config.paths.processed)
    _summarise(found)
    click.echo(f"counts in {stored}; scanned: nothing personal")
    for path in found.worklists:
        click.echo(f"work list, encrypted: {path}")


def _store(found: Reconciliation, pada: dt.date, processed: Path) -> Path:
    """Lay the counts over the stored table; refuse to leave anything personal."""
    from jkn_analysis import store
    from jkn_analysis.rekonsiliasi.publish import build_selisih, merge_selisih
    from jkn_analysis.rekonsiliasi.scan import refuse_personal

    population = store.read_table_or_empty("penduduk", root=processed)
    latest = population.sort_values("berlaku_mulai").groupby("kode")["penduduk_jiwa"]
    people = {str(kode): int(jiwa) for kode, jiwa in latest.last().items()}
    told = store.read_table_or_empty("selisih", root=processed)
    fresh = build_selisih(
        found.counts, periode=pada.replace(day=1), penduduk=people, previous=told
    )
    merged = merge_selisih(told, fresh)
    with store.write_generation(processed, by="jkn reconcile") as draft:
        draft.put(merged, "selisih")
        refuse_personal(draft.paths("selisih"))
    return processed


def _summarise(found: Reconciliation) -> None:
    """Print rows in and where each of them ended, per register."""
    from jkn_analysis.rekonsiliasi.reasons import ALASAN

    click.echo(
        f"key {found.key_id}; found by name although the NIK is wrong: {found.linked}"
    )
    counts = found.counts.groupby(["register", "alasan"], as_index=False)[
        "jumlah"
    ].sum()
    for register, total in found.rows.items():
        click.echo(f"{register}: {total} rows")
        own = counts[counts["register"] == register]
        for row in own.sort_values("jumlah", ascending=False).to_dict("records"):
            reason = ALASAN.get(str(row["alasan"]))
            office = f"  ({reason.kantor.value})" if reason else ""
            number = int(row["jumlah"])
            shown = str(number) if number >= 5 else "< 5"
            click.echo(f"  {shown:>10}  {row['alasan']}{office}")


@click.command("scan")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.pass_obj
def scan_command(config: Config, paths: tuple[Path, ...]) -> None:
    r"""Search files for anything that parses as NIK, card or phone number.

    Without PATHS the processed tables, reports and notebooks are searched. Looks
    into zip parts, base64, PNG texts and Parquet. Exit code 13 if anything is found.

    \b
    Example:
      jkn scan data/processed reports notebooks
    """
    from jkn_analysis.rekonsiliasi.scan import list_files, refuse_personal

    places = config.paths
    chosen = list(paths) or [
        path
        for path in (places.processed, places.reports, places.notebooks)
        if path.exists()
    ]
    refuse_personal(chosen)
    click.echo(f"{sum(1 for _ in list_files(chosen))} files, nothing personal")
