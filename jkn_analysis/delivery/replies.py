"""Where a returned follow-up form goes: a delivery in ``data/raw`` and the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jkn_analysis.cleaning.deliveries import REPLY
from jkn_analysis.delivery.outbox import folder_name
from jkn_analysis.delivery.tindak_lanjut import (
    build_reply_delivery,
    merge_reply,
    read_form,
)
from jkn_analysis.errors import InputError
from jkn_analysis.store import (
    hold_project,
    read_manifest,
    read_table,
    read_table_or_empty,
    write_bytes,
    write_table,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

KIRIMAN = "balasan"
KIRIMAN_CONTOH = "contoh"


def store_reply(path: Path, *, raw: Path, processed: Path) -> tuple[Path, int]:
    """Read a form, update ``tindak_lanjut`` and keep the answer as a delivery.

    The delivery makes the next `jkn build` come to the same table. Answers on sample
    data stay among the sample deliveries.

    Returns
    -------
    tuple
        The delivery written, and how many decisions are new or changed.

    Raises
    ------
    InputError
        If the form is wrong, names a meeting that is not known, or is empty.
    """
    reply = read_form(path)
    if reply.empty:
        raise InputError(f"{path}: the form holds no decision\n  → nothing to take in")
    with hold_project(processed, holder="jkn mail --read"):
        return _store(reply, raw=raw, processed=processed)


def _store(reply: pd.DataFrame, *, raw: Path, processed: Path) -> tuple[Path, int]:
    """Update the table and keep the answer, alone in the project."""
    current = read_table_or_empty("tindak_lanjut", root=processed)
    rapat = read_table("rapat", root=processed)
    merged = merge_reply(current, reply, rapat=rapat)
    changed = _count_changed(current, merged)
    contoh = read_manifest(processed)["contoh"]
    folder = raw / (KIRIMAN_CONTOH if contoh else KIRIMAN) / "tindak_lanjut"
    stored = folder / f"{REPLY}_{folder_name(reply['id_rapat'].iloc[0])}.xlsx"
    meetings = reply["id_rapat"].unique()
    rows = merged[merged["id_rapat"].isin(meetings)]
    write_bytes(stored, build_reply_delivery(rows))
    write_table(merged, "tindak_lanjut", root=processed)
    return stored, changed


def _count_changed(current: pd.DataFrame, merged: pd.DataFrame) -> int:
    """Count the rows of `merged` that `current` does not hold."""
    shared = merged.merge(current, how="left", on=list(merged.columns), indicator=True)
    return int((shared["_merge"] == "left_only").sum())
