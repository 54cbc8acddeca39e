"""Two years of the country in the store: its size, and a page of long ago beside now's.

Makes the national sample and builds each of the last data months, oldest first. The
first and the last are forecast (--real for more); a month between is given the computed
tables of the one before, moved by a month, each region the figures of the next one, so
that no file is the same and each packs as a forecast does. Then a page of the newest
month and one of 20 months before are made in turn, by a fresh process each, and their
CPU seconds compared. A folder given by --folder is used again, so that only what it
lacks is made.

    python -m benchmarks.store --months 24
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.spine import measure_step

TOP = Path(__file__).resolve().parents[1]
LAST = "2025-11"
AGO = 20
MOST_MB, MOST_RATIO = 1024, 1.2
PAGE = """
from pathlib import Path
from jkn_analysis.briefing import build_briefing
from jkn_analysis.reporting import show_parts
from jkn_analysis.reporting.pieces import KELOMPOK
page = build_briefing({kode!r}, {month!r}, root=Path({root!r}))
assert page.periode.isoformat()[:7] == {month!r}, page.periode
show_parts(page, *KELOMPOK)
"""


def jkn(root: Path, *words: str) -> None:
    """Run one of our commands in the project; what it says matters only if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "jkn_analysis", *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"jkn {' '.join(words)}: {done.stdout}{done.stderr}")


def fill(root: Path, months: list[str], real: int) -> None:
    """Store each month as it would have been stored then."""
    from jkn_analysis.store import list_cutoffs, list_tables

    processed = root / "data/processed"
    if not (root / "data/raw/nasional").is_dir():
        (root / "data/raw").mkdir(parents=True, exist_ok=True)
        jkn(root, "sample", "--national", "--out", "data/raw/nasional")
    done = ""
    for month in months:
        known = list_cutoffs(processed) if processed.is_dir() else []
        if month in known and "skenario" in list_tables(processed, cutoff=month):
            done = month
            continue
        jkn(root, "build", "--until", month)
        if month in (*months[: real - 1], months[-1]):
            jkn(root, "forecast", "--month", month)
        else:
            move_tables(processed, done, month)
        done = month
        print(f"{month}: {measure_mb(processed):.0f} MB", flush=True)


def move_tables(root: Path, before: str, month: str) -> None:
    """Give a month the computed tables of the one before, passed round the regions."""
    from jkn_analysis.store import list_tables, read_table, write_generation
    from jkn_analysis.store.generation import PASSING
    from jkn_analysis.store.write import is_computed

    found = list_tables(root, cutoff=before)
    names = [name for name in found if is_computed(name) and name not in PASSING]
    with write_generation(root, by="benchmark", cutoff=month) as draft:
        for name in names:
            table = read_table(name, root=root, cutoff=before)
            for column in table.select_dtypes("datetime"):
                if column != "tanggal":
                    table[column] += pd.DateOffset(months=1)
            if "kode" in table:
                regions = sorted(table["kode"].unique())
                heirs = [*regions[1:], *regions[:1]]
                passed = table["kode"].map(dict(zip(regions, heirs, strict=True)))
                table["kode"] = passed.astype(table["kode"].dtype)
            draft.put(table, name)


def measure_mb(folder: Path) -> float:
    """Sum the sizes of the files of a folder, those of the deliveries' cache apart."""
    files = [p for p in folder.rglob("*") if p.is_file() and "bersih" not in p.parts]
    return sum(path.stat().st_size for path in files) / 1e6


def compare_pages(root: Path, months: tuple[str, str], turns: int) -> list[float]:
    """Return the CPU seconds of a page of each month, medians of some turns."""
    found: dict[str, list[float]] = {month: [] for month in months}
    for _ in range(turns):
        for month in months:
            processed = str(root / "data/processed")
            code = PAGE.format(kode="82.71", month=month, root=processed)
            cpu, _wall, ended = measure_step(["-c", code])
            if ended:
                sys.exit(f"the page of {month} could not be made")
            found[month].append(cpu)
    return [statistics.median(values) for values in found.values()]


def main() -> None:
    """Fill, weigh, compare; exit with 1 if a bound is passed."""
    from jkn_analysis.store import list_cutoffs

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--real", type=int, default=2)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    periods = pd.period_range(end=LAST, periods=given.months, freq="M")
    months = [str(month) for month in periods]
    with tempfile.TemporaryDirectory() as scratch:
        root = given.folder or Path(scratch)
        fill(root, months, given.real)
        processed = root / "data/processed"
        kept, size = list_cutoffs(processed), measure_mb(processed)
        print(f"{len(kept)} data months, {kept[0]} to {kept[-1]}: {size:.0f} MB")
        old = months[-1 - min(AGO, given.months - 1)]
        now_s, old_s = compare_pages(root, (months[-1], old), given.turns)
    ratio = old_s / now_s
    print(f"page of {LAST} {now_s:.2f} CPU s, of {old} {old_s:.2f}: x {ratio:.2f}")
    sys.exit(size > MOST_MB or ratio > MOST_RATIO or len(kept) < given.months)


if __name__ == "__main__":
    main()
