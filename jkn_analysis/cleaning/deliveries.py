"""Which files under ``data/raw`` are deliveries of which table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jkn_analysis.tables import DELIVERED

CONTOH = "contoh"
REPLY = "tindak_lanjut_balasan"
"""Start of the names of returned follow-up forms, which win over what they answer."""
SUFFIXES = frozenset({
    ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".json",
    ".jsonl", ".ndjson", ".htm", ".html",
})  # fmt: skip
LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"})
_LITTER_ENDS = (".tmp", ".crdownload", ".part", ".partial", ".download", "~")
_IGNORED_PREFIXES = (".", "~$", "readme", ".~lock", "register_", "kebenaran")
"""Registers of persons are never cleaned or stored: ``jkn reconcile`` reads them."""


@dataclass(frozen=True, order=True)
class Delivery:
    """One file as an office sent it."""

    kiriman: str
    """Folder of the delivery under ``data/raw``; "" for files lying bare."""
    path: Path
    table: str
    """Canonical table, "" where neither folder nor file name says one."""

    @property
    def contoh(self) -> bool:
        """Tell whether this lies in the folder of synthetic data."""
        return self.kiriman == CONTOH


def find_table(name: str) -> str:
    """Return the table a folder or file name starts with, the longest that fits.

    Examples
    --------
    >>> find_table("iuran_pemda_2025.xlsx"), find_table("Kepesertaan Juni")
    ('iuran_pemda', 'kepesertaan')
    """
    lowered = name.lower().replace(" ", "_").replace("-", "_")
    for table in sorted(DELIVERED, key=len, reverse=True):
        rest = lowered.removeprefix(table)
        if lowered.startswith(table) and (not rest or not rest[0].isalpha()):
            return table
    return ""


def is_reply(path: Path) -> bool:
    """Tell whether a file is a returned follow-up form."""
    return path.name.startswith(REPLY)


def is_ignored(path: Path) -> bool:
    """Tell whether a file is no delivery: hidden, lock file, read-me, litter."""
    return path.name.lower().startswith(_IGNORED_PREFIXES) or is_litter(path)


def is_litter(path: Path) -> bool:
    """Tell whether a file is what systems and broken downloads leave.

    Examples
    --------
    >>> from pathlib import Path
    >>> [is_litter(Path(name)) for name in ("Thumbs.db", "iuran.xlsx.part", "a.csv")]
    [True, True, False]
    """
    name = path.name.lower()
    return name in LITTER or name.startswith("~$") or name.endswith(_LITTER_ENDS)


def count_litter(folder: Path) -> int:
    """Count the files of a folder that are litter."""
    return sum(is_litter(path) for path in folder.rglob("*"))


def list_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in a fixed order, ignored ones left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and not is_ignored(path):
            yield path


def find_deliveries(raw: Path, *, contoh: str = "auto") -> list[Delivery]:
    """List every delivery under `raw`.

    Layouts ``<kiriman>/<table>/<file>``, ``<kiriman>/<table>*.<ext>``, and without a
    folder for the delivery ``<table>/<file>`` and ``<table>*.<ext>``.

    Parameters
    ----------
    raw
        Folder of deliveries.
    contoh
        "ya" or "tidak" for the sample deliveries; "auto" reads them only while no
        other delivery is there.
    """
    if not raw.is_dir():
        return []
    found = [classify(path, raw) for path in list_files(raw)]
    real = [delivery for delivery in found if not delivery.contoh]
    if contoh == "tidak" or (contoh == "auto" and real):
        return real
    return found


def classify(path: Path, raw: Path) -> Delivery:
    """Return the delivery of one file."""
    parts = path.relative_to(raw).parts
    folders = parts[:-1]
    named = [table for folder in folders[1:] if (table := find_table(folder))]
    if not folders:
        return Delivery("", path, find_table(path.name))
    if named:
        return Delivery(folders[0], path, named[-1])
    own = find_table(path.name)
    if own:
        return Delivery(folders[0], path, own)
    return Delivery(
        folders[0] if len(folders) > 1 else "", path, find_table(folders[0])
    )


def is_readable(path: Path) -> bool:
    """Tell whether a file's ending is one that tables come in."""
    return path.suffix.lower() in SUFFIXES
