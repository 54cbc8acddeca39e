"""``jkn reconcile`` and ``jkn scan``: person registers in, counts out, no NIK."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jkn_analysis.cli.language import echo, translate

if TYPE_CHECKING:
    from jkn_analysis.config import Config
    from jkn_analysis.rekonsiliasi.movements import Movements
    from jkn_analysis.rekonsiliasi.reconcile import Order, Reconciliation

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
@click.option(
    "--before",
    "--sebelum",
    "sebelum",
    type=_FILE,
    help="Earlier extract of members: who came, left, came back since then.",
)
@click.option(
    "--before-as-of",
    "sebelum_pada",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the earlier extract; the month before --pada if not given.",
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
    sebelum: Path | None,
    sebelum_pada: dt.datetime | None,
    kode: tuple[str, ...],
    recipients: tuple[str, ...],
    worklists: Path | None,
    memory: str,
) -> None:
    r"""Compare person registers; counts go into the store, no NIK anywhere.

    Differences go into the table selisih; with --before, movements between the two
    extracts of members into arus_kepesertaan.

    The key of the pseudonyms comes from JKN_NIK_KEY (64 hex digits or base64 of 32
    bytes) or the keyring.

    \b
    Example:
      jkn reconcile --bpjs bpjs.csv --dukcapil dukcapil.parquet --dtsen dtsen.csv \
          --pada 2025-11-30 --kode 82.71
      jkn reconcile --bpjs november.csv --before oktober.csv --pada 2025-11-30
    """
    from jkn_analysis.rekonsiliasi.movements import compare_extracts
    from jkn_analysis.rekonsiliasi.pseudonym import read_key
    from jkn_analysis.rekonsiliasi.reconcile import Order, reconcile
    from jkn_analysis.rekonsiliasi.worklists import parse_recipient
    from jkn_analysis.store import hold_project, open_generation

    if recipients and worklists is None:
        told = "--kantor needs --daftar, the folder of the work lists"
        raise click.UsageError(translate(told))
    if sebelum is not None and bpjs is None:
        told = "--before needs --bpjs, the extract it is before"
        raise click.UsageError(translate(told))
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
        found, moved = None, None
        if len(order.sources) > 1 or sebelum is None:
            found = reconcile(order, key=key)
        if sebelum is not None and bpjs is not None:
            before = sebelum_pada or order.pada.replace(day=1) - dt.timedelta(days=1)
            moved = compare_extracts(
                sebelum,
                bpjs,
                sejak=dt.date(before.year, before.month, before.day),
                pada=order.pada,
                key=key,
                dukcapil=dukcapil,
            )
        stored = _store(found, moved, order, config.paths.processed)
    if found is not None:
        _summarise(found)
    if moved is not None:
        _summarise_moves(moved)
    echo(f"counts in {stored}; scanned: nothing personal")
    for path in found.worklists if found is not None else ():
        echo(f"work list, encrypted: {path}")


def _store(
    found: Reconciliation | None,
    moved: Movements | None,
    order: Order,
    processed: Path,
) -> Path:
    """Lay the counts over the stored tables; refuse to leave anything personal."""
    from jkn_analysis import store
    from jkn_analysis.arus.flows import ARUS, hide_small
    from jkn_analysis.rekonsiliasi.publish import build_selisih, merge_counts
    from jkn_analysis.rekonsiliasi.scan import refuse_personal

    fresh = {}
    if found is not None:
        population = store.read_table_or_empty("penduduk", root=processed)
        latest = population.sort_values("berlaku_mulai").groupby("kode")
        people = latest["penduduk_jiwa"].last()
        fresh["selisih"] = build_selisih(
            found.counts,
            periode=order.pada.replace(day=1),
            penduduk={str(kode): int(jiwa) for kode, jiwa in people.items()},
            previous=store.read_table_or_empty("selisih", root=processed),
        )
    if moved is not None:
        own = moved.arus["kode"].isin(order.kode) if order.kode else slice(None)
        fresh[ARUS] = hide_small(moved.arus[own])
    with store.write_generation(processed, by="jkn reconcile") as draft:
        for name, counts in fresh.items():
            told = store.read_table_or_empty(name, root=processed)
            draft.put(merge_counts(told, counts), name)
            refuse_personal(draft.paths(name))
    return processed


def _summarise_moves(moved: Movements) -> None:
    """Print how many came, left, came back and changed segmen."""
    from jkn_analysis.arus.flows import find_direction

    sums = moved.arus["jiwa"].groupby(find_direction(moved.arus)).sum()
    opening, closing = int(moved.awal.sum()), int(moved.akhir.sum())
    told = ", ".join(f"{name} {int(n)}" for name, n in sums.items() if n >= 5)
    echo(f"active members: {opening} before, {closing} now; {told}")
    if moved.ganda or moved.tanpa_pengenal:
        echo(
            f"rows of a person named once more: {moved.ganda}; without card and NIK: "
            f"{moved.tanpa_pengenal}"
        )


def _summarise(found: Reconciliation) -> None:
    """Print rows in and where each of them ended, per register."""
    from jkn_analysis.rekonsiliasi.reasons import ALASAN

    echo(f"key {found.key_id}; found by name although the NIK is wrong: {found.linked}")
    counts = found.counts.groupby(["register", "alasan"], as_index=False)[
        "jumlah"
    ].sum()
    for register, total in found.rows.items():
        echo(f"{register}: {total} rows")
        own = counts[counts["register"] == register]
        for row in own.sort_values("jumlah", ascending=False).to_dict("records"):
            reason = ALASAN.get(str(row["alasan"]))
            office = f"  ({reason.kantor.value})" if reason else ""
            number = int(row["jumlah"])
            shown = str(number) if number >= 5 else "< 5"
            echo(f"  {shown:>10}  {row['alasan']}{office}")


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
    echo(f"{sum(1 for _ in list_files(chosen))} files, nothing personal")
