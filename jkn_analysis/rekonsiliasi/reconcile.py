"""One reconciliation from files to counts: read, compare, link, count, list.

Everything between lies in a private folder that is removed whatever happens; what
lies there are pseudonyms and row numbers. Clear values are read again, for the rows
that need them, into memory only.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jkn_analysis.errors import InputError
from jkn_analysis.rekonsiliasi.compare import compare, refuse_lost
from jkn_analysis.rekonsiliasi.linkage import link
from jkn_analysis.rekonsiliasi.reasons import ALASAN, COCOK
from jkn_analysis.rekonsiliasi.registers import (
    NO_DATE,
    Reading,
    count_parts,
    parse_dates,
    pseudonymise,
    read_rows,
)
from jkn_analysis.rekonsiliasi.worklists import write_worklists
from jkn_analysis.store import make_private

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jkn_analysis.rekonsiliasi.compare import Comparison
    from jkn_analysis.rekonsiliasi.linkage import Links
    from jkn_analysis.rekonsiliasi.pseudonym import Key

LINKED_MEMBERS = (
    "tidak_ada_di_dukcapil", "nik_milik_orang_lain", "nik_kosong", "nik_tidak_sah",
)  # fmt: skip
"""Reasons of members whom a name and a birth date may still find."""
_CHANGED = ["register", "baris", "alasan_baru", "pasangan_baru", "penjelasan"]
LINKED_RESIDENTS = ("belum_terdaftar", "bayi_belum_terdaftar", "nik_rusak_dukcapil")


@dataclass(frozen=True)
class Order:
    """What to reconcile, and how far to go."""

    sources: Mapping[str, Path]
    """Register name (bpjs, dukcapil, dtsen) to its file; two at least."""
    pada: dt.date
    """Day of the extracts."""
    kode: tuple[str, ...] = ()
    """Only these regions are judged; all if empty."""
    batas_terima: float = 0.99
    batas_tinjau: float = 0.5
    memory: str = "2GB"
    threads: int | None = None
    recipients: Mapping[str, str] = field(default_factory=dict)
    """Office to age recipient: who gets a work list."""
    worklists: Path | None = None
    """Folder of the work lists."""


@dataclass(frozen=True)
class Reconciliation:
    """What a reconciliation found, as counts."""

    counts: pd.DataFrame
    """register, alasan, kode, kecamatan, jumlah, nonaktif; every row once."""
    rows: dict[str, int]
    status_nik: dict[str, dict[str, int]]
    linked: int
    """Members found by name and birth date although their NIK did not."""
    review: int
    key_id: str
    worklists: tuple[Path, ...] = ()


def reconcile(order: Order, *, key: Key) -> Reconciliation:
    """Compare the registers of an order.

    Parameters
    ----------
    order
        Files, day, regions, thresholds, recipients.
    key
        Secret of the pseudonyms.

    Returns
    -------
    Reconciliation
        Counts only; see `build_selisih` for the table that may leave.

    Raises
    ------
    InputError
        If a file lacks columns or fewer than two registers are given.
    """
    if len(order.sources) < 2:
        raise InputError(
            "registers: one is not enough to compare\n"
            "  → give two of --bpjs, --dukcapil, --dtsen"
        )
    folder = make_private("register")
    try:
        return _reconcile(order, key, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reconcile(order: Order, key: Key, folder: Path) -> Reconciliation:
    """Read, compare, link and count inside a private folder."""
    reading = Reading(folder, key, order.pada, count_parts(order.sources))
    registers = {
        name: pseudonymise(Path(source), register=name, reading=reading)
        for name, source in order.sources.items()
    }
    found = compare(
        registers,
        folder=folder,
        kode=order.kode,
        memory=order.memory,
        threads=order.threads,
    )
    rows = _read_lists(found)
    counts, review = found.counts, 0
    changes = pd.DataFrame(columns=_CHANGED)
    if {"bpjs", "dukcapil"} <= set(registers):
        changes, review = _link_rest(order, found, rows)
        names = max((each.kecamatan for each in registers.values()), key=len)
        counts = _recount(counts, rows, changes, names)
        refuse_lost(counts, found.rows)
    written = _write_lists(order, _with_changes(rows, changes))
    return Reconciliation(
        counts=counts,
        rows=found.rows,
        status_nik={name: dict(each.status_nik) for name, each in registers.items()},
        linked=int((changes["alasan_baru"] == "nik_diperbaiki").sum()),
        review=review,
        key_id=key.id,
        worklists=tuple(written),
    )


def _read_lists(found: Comparison) -> pd.DataFrame:
    """Read the rows that need repair: register, baris, pasangan, alasan, places."""
    found_in = sorted(found.detail.glob("p=*.parquet"))
    parts = [pd.read_parquet(path) for path in found_in]
    joined = pd.concat(parts, ignore_index=True)
    return joined.sort_values(["register", "baris"], ignore_index=True)


def _sample_pairs(found: Comparison) -> pd.DataFrame:
    """Read verified pairs that teach the linkage what a match looks like."""
    parts = [pd.read_parquet(path) for path in sorted(found.detail.glob("p=*.contoh"))]
    pairs = pd.concat(parts, ignore_index=True).sort_values("baris")
    step = max(1, len(pairs) // 100_000)
    return pairs.iloc[::step]


def _link_rest(
    order: Order, found: Comparison, rows: pd.DataFrame
) -> tuple[pd.DataFrame, int]:
    """Look for members without a match among residents without one."""
    pairs = _sample_pairs(found)
    left_rest = _rows_of(rows, "bpjs", LINKED_MEMBERS)
    right_rest = _rows_of(rows, "dukcapil", LINKED_RESIDENTS)
    left = _read_clear(order, "bpjs", np.union1d(left_rest, pairs["baris"]))
    right = _read_clear(order, "dukcapil", np.union1d(right_rest, pairs["pasangan"]))
    links = link(
        left,
        right,
        pada=order.pada,
        batas_terima=order.batas_terima,
        batas_tinjau=order.batas_tinjau,
        threads=order.threads,
        jumlah_cocok=found.matched,
    )
    return _changes(links, left, right, (set(left_rest), set(right_rest)))


def _rows_of(rows: pd.DataFrame, register: str, reasons: Sequence[str]) -> np.ndarray:
    """Return the row numbers of one register that carry some reasons."""
    chosen = (rows["register"] == register) & rows["alasan"].isin(reasons)
    return rows.loc[chosen, "baris"].to_numpy(np.int64)


def _read_clear(order: Order, register: str, rows: np.ndarray) -> pd.DataFrame:
    """Read rows in clear, into memory, with typed dates."""
    whole = np.unique(rows.astype(np.int64))
    table = read_rows(Path(order.sources[register]), register=register, rows=whole)
    frame = table.to_pandas()
    days = parse_dates(table.column("tanggal_lahir").combine_chunks())
    born = pd.Series(days, dtype="int64").where(days != NO_DATE)
    frame["tanggal_lahir"] = pd.to_datetime(born, unit="D", origin="unix")
    return frame


def _changes(
    links: Links,
    left: pd.DataFrame,
    right: pd.DataFrame,
    rest: tuple[set[int], set[int]],
) -> tuple[pd.DataFrame, int]:
    """Turn pairs between rows left over into new reasons for both sides."""
    pairs = links.pairs
    member = left["baris"].to_numpy()[pairs["kiri"]]
    resident = right["baris"].to_numpy()[pairs["kanan"]]
    inside = np.isin(member, list(rest[0])) & np.isin(resident, list(rest[1]))
    accepted = (pairs["keputusan"] == "terima").to_numpy()
    every = pd.DataFrame(
        {"bpjs": member, "dukcapil": resident, "penjelasan": pairs["penjelasan"]}
    )
    sure, unsure = every[inside & accepted], every[inside & ~accepted]
    sides = [
        _side(sure, ("bpjs", "dukcapil"), "nik_diperbaiki"),
        _side(sure, ("dukcapil", "bpjs"), COCOK),
        _side(unsure, ("bpjs", "dukcapil"), "perlu_ditinjau"),
    ]
    return pd.concat(sides, ignore_index=True), len(unsure)


def _side(pairs: pd.DataFrame, sides: tuple[str, str], reason: str) -> pd.DataFrame:
    """Write the new reason of one side's rows."""
    own, other = sides
    return pd.DataFrame(
        {
            "register": own,
            "baris": pairs[own],
            "alasan_baru": reason,
            "pasangan_baru": pairs[other],
            "penjelasan": pairs["penjelasan"],
        }
    )


def _with_changes(rows: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Give the rows their new reasons and partners."""
    joined = rows.merge(
        changes, on=["register", "baris"], how="left", validate="one_to_one"
    )
    new = joined["alasan_baru"].notna()
    joined["alasan_lama"] = joined["alasan"]
    joined["alasan"] = joined["alasan_baru"].where(new, joined["alasan"])
    joined["pasangan"] = joined["pasangan_baru"].where(new, joined["pasangan"])
    return joined


def _recount(
    counts: pd.DataFrame, rows: pd.DataFrame, changes: pd.DataFrame, names: list[str]
) -> pd.DataFrame:
    """Move the linked rows from their old reason to their new one."""
    if changes.empty:
        return counts
    moved = _with_changes(rows, changes)
    moved = moved[moved["alasan_baru"].notna()]
    code = moved["kode"].astype(int)
    place = pd.DataFrame(
        {
            "register": moved["register"],
            "kode": [f"{k // 100:02d}.{k % 100:02d}" if k else "" for k in code],
            "kecamatan": [names[at] for at in moved["kec"].astype(int)],
            "jumlah": 1,
            "nonaktif": ((moved["register"] == "bpjs") & (moved["status"] != 1)).astype(
                int
            ),
        }
    )
    out = place.assign(
        alasan=moved["alasan_lama"], jumlah=-1, nonaktif=-place["nonaktif"]
    )
    into = place.assign(alasan=moved["alasan"])
    order = ["register", "alasan", "kode", "kecamatan"]
    summed = pd.concat([counts, out, into]).groupby(order, as_index=False).sum()
    kept = summed[summed["jumlah"] != 0]
    return kept.astype({"jumlah": "int64", "nonaktif": "int64"}).reset_index(drop=True)


def _write_lists(order: Order, rows: pd.DataFrame) -> list[Path]:
    """Read the rows of the offices that have a recipient and encrypt their lists."""
    if not order.recipients or order.worklists is None:
        return []
    wanted = {
        code
        for code, reason in ALASAN.items()
        if reason.kantor.value in order.recipients
    }
    parts = []
    for register in order.sources:
        own = rows[(rows["register"] == register) & rows["alasan"].isin(wanted)]
        if len(own):
            parts.append(_clear_rows(order, register, own))
    if not parts:
        return []
    every = pd.concat(parts, ignore_index=True)
    return write_worklists(
        every,
        recipients=order.recipients,
        folder=order.worklists,
        name=f"{order.pada:%Y-%m}",
    )


def _clear_rows(order: Order, register: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Read the rows of one register in clear, beside what the other register says."""
    clear = _read_text(order, register, rows["baris"].to_numpy(np.int64))
    columns = ["register", "baris", "alasan", "pasangan", "penjelasan"]
    joined = rows[columns].merge(clear, on="baris")
    joined["arti"] = joined["alasan"].map({code: a.arti for code, a in ALASAN.items()})
    joined["baris"] += 1
    partner = "bpjs" if register != "bpjs" else "dukcapil"
    known = joined["pasangan"].dropna().to_numpy(np.int64)
    if partner not in order.sources or not len(known):
        return joined
    other = _read_text(order, partner, known)
    other = other[["baris", "nik", "nama"]].rename(
        columns={"baris": "pasangan", "nik": "nik_usulan", "nama": "nama_usulan"}
    )
    return joined.merge(other, on="pasangan", how="left")


def _read_text(order: Order, register: str, rows: np.ndarray) -> pd.DataFrame:
    """Read rows in clear as text."""
    table = read_rows(
        Path(order.sources[register]), register=register, rows=np.unique(rows)
    )
    return table.to_pandas()
