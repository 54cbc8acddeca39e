"""What data a report depends on: one digest per table and region, cheap to repeat.

A report of a kabupaten/kota depends on its own rows, on rows of its province and of
the country in the tables that have such rows for everybody (events, meetings,
published figures), and on tables without regions. A province depends on its
regions, the country on all.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jkn_analysis.errors import StoreError
from jkn_analysis.store import ALL, hash_file, hash_table, list_tables, write_text
from jkn_analysis.terms import NASIONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


SHARED = frozenset({"peristiwa", "rapat"})
"""Tables whose rows for a province or the country concern every region in it."""
IGNORED = frozenset({"wilayah", "penerima"})
"""Tables no report shows: packaged facts, and addresses of the mail."""
FORMAT = 1
SMALL_BYTES = 10_000_000
"""Above this, tables are read in a process of their own, whose memory goes with it."""

Slices = dict[str, dict[str, str]]
"""Table to region to digest."""


def hash_slices(root: Path, *, cache: Path) -> Slices:
    """Hash the rows of every stored table per region.

    Parameters
    ----------
    root
        The folder of processed tables.
    cache
        A file that keeps the digests of tables whose bytes have not changed.
    """
    known = _read_cache(cache)
    paths = [root / f"{n}.parquet" for n in list_tables(root) if n not in IGNORED]
    digests = {path: hash_file(path) for path in paths}
    fresh = [p for p in paths if known.get(p.stem, {}).get("file") != digests[p]]
    made = _hash_tables(fresh)
    kept: dict[str, dict[str, object]] = {
        path.stem: {"file": digests[path], "slices": made[path.stem]}
        if path in fresh
        else known[path.stem]
        for path in paths
    }
    if kept != known:
        told = {"format": FORMAT, "tables": kept}
        write_text(cache, json.dumps(told, sort_keys=True) + "\n")
    return {name: dict(entry["slices"]) for name, entry in kept.items()}  # type: ignore[call-overload]


def _hash_tables(paths: list[Path]) -> Slices:
    """Hash some tables, here or in a process of its own.

    Raises
    ------
    StoreError
        If a table cannot be read.
    """
    if sum(path.stat().st_size for path in paths) <= SMALL_BYTES:
        return {path.stem: hash_table(path) for path in paths}
    from jkn_analysis.running.kernel import build_environment

    command = [sys.executable, "-P", "-m", "jkn_analysis.running.slices"]
    done = subprocess.run(
        [*command, *map(str, paths)],
        env=build_environment(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise StoreError(
            f"{paths[0].parent}: a table cannot be read ({''.join(last)})\n"
            "  → run: jkn build, jkn forecast"
        )
    return json.loads(done.stdout)


def _read_cache(path: Path) -> dict[str, dict[str, object]]:
    """Read the kept digests; none if the file is absent or of another format."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told["tables"] if told.get("format") == FORMAT else {}


def find_scope(kode: str, known: Iterable[str], *, table: str) -> list[str]:
    """List the regions whose rows of a table a report of `kode` depends on."""
    if kode == NASIONAL:
        return sorted(known)
    above = {ALL, kode}
    if table in SHARED:
        above |= {NASIONAL, kode[:2]}
    below = f"{kode}." if len(kode) == 2 else kode
    return sorted(k for k in known if k in above or k.startswith(below))


def select_slices(slices: Mapping[str, Mapping[str, str]], kode: str) -> dict[str, str]:
    """Return, per table, one digest of all rows a report of `kode` depends on.

    A table without such rows is left out, so that its coming changes no others.
    """
    selected = {}
    for table, digests in slices.items():
        scope = find_scope(kode, digests, table=table)
        text = "".join(f"{part} {digests[part]}\n" for part in scope)
        if scope:
            selected[table] = hashlib.sha256(text.encode()).hexdigest()
    return selected


def main() -> None:
    """Hash the tables named as arguments; answer in JSON."""
    paths = [Path(name) for name in sys.argv[1:]]
    sys.stdout.write(json.dumps({path.stem: hash_table(path) for path in paths}))


if __name__ == "__main__":
    main()
