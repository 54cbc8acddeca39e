"""Every file a project keeps × every damage × every command: a line with a remedy.

A project of one region goes the whole way: built twice (a correction), forecast, on
pages, issued, mailed to a server of this machine, shared. Then each of its files in
turn is damaged in each way, and each command runs on a copy, in a process of its own.
A traceback, an unforeseen error (exit code 70), a signal or an error without a remedy
is a fault.

What a command never opens cannot change it: such a file gets one damage, a file it
reads gets all. `jkn bulanan` is the other commands in a row: one damage for each file.

    python -m benchmarks damage --most 500
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks._project import DAY, REGIONS, call, lay_project, serve_mail
from tests.unit.test_store import HOW, damage

if TYPE_CHECKING:
    from collections.abc import Iterator

KODE, MONTH = REGIONS[0], "2025-11"
PAGE = f"reports/{MONTH}/{KODE}.html"
FORM = "balasan.xlsx"
EXIT_FAULT = 70
LONGEST_S = 240
COMMANDS = (
    ("plan",),
    ("status",),
    ("status", "--json"),
    ("riwayat", KODE),
    ("beda", f"{KODE}:1", KODE),
    ("verify", PAGE),
    ("share", KODE),
    ("scan", "reports"),
    ("check", "data/raw"),
    ("alamat",),
    ("papan", KODE, "--html", "papan"),
    ("mail", "--due", "--date", DAY),
    ("mail", "--all", "--region", KODE),
    ("mail", "--really", "--date", DAY),
    ("build",),
    ("forecast",),
    ("run", "--region", KODE),
    ("run", "--region", KODE, "--terbit"),
    ("bulanan", "--days", "7"),
)
HEAVY = (
    "jkn_analysis.cleaning.builder",
    "jkn_analysis.delivery.compose",
    "jkn_analysis.masa_depan",
    "jkn_analysis.skenario",
    "jkn_analysis.reporting.figures",
    "jkn_analysis.sharing",
    "openpyxl",
)
_CHANGING = re.compile(r"[0-9a-f]{12,}|\d{2,}")


def make_project(root: Path) -> None:
    """Take a project of one region the whole way."""
    lay_project(root, (KODE,))
    with serve_mail() as (_box, settings):
        for words in (
            ("build",),
            ("forecast",),
            ("run", "--all"),
            ("run", "--region", KODE, "--terbit"),
            ("mail", "--all", "--region", KODE, "--date", DAY),
            ("mail", "--really", "--date", DAY),
            ("share", KODE),
        ):
            told = call(root, *words, env=settings)
            print(f"  jkn {' '.join(words)}: {told.returncode}", flush=True)
    path = root / "data/raw/contoh/kepesertaan/kepesertaan.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    cells = lines[-1].split(",")
    place = lines[1].split(",").index("aktif_jiwa")
    cells[place] = str(int(cells[place]) - 50)
    path.write_text("".join([*lines[:-1], ",".join(cells)]), "utf-8")
    for words in (("build",), ("forecast",), ("run", "--region", KODE)):
        call(root, *words)


def list_kinds(root: Path) -> list[Path]:
    """List the files the project keeps, of names that differ only in digits one."""
    kinds: dict[str, Path] = {}
    for part in ("data/processed", "reports", "jkn.toml"):
        top = root / part
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and path.name not in {".kunci", ".lock"}:
                name = path.relative_to(root)
                kinds.setdefault(_CHANGING.sub("#", name.as_posix()), name)
    return list(kinds.values())


def spoil(path: Path, how: str) -> None:
    """Damage a file; an older Parquet file lacks a column and its mark."""
    if how == "older" and path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        path.unlink()
        pq.write_table(table.drop_columns(table.column_names[-1:]), path)
    elif path.stat().st_size:
        damage(path, how)


def run_apart(root: Path, words: tuple[str, ...]) -> tuple[int, str]:
    """Run a command in a fork of this process; return its exit code and its words."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.setsid()
            signal.alarm(LONGEST_S)
            os.chdir(root)
            for fd in (1, 2):
                os.dup2(said.fileno(), fd)
            sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb"), line_buffering=True)
            sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb"), line_buffering=True)
            _become(words)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(status), said.read().decode("utf-8", "replace")


def _become(words: tuple[str, ...]) -> None:
    """Run the command line and end this process with its exit code."""
    from jkn_analysis.cli import main as run

    code = 1
    try:
        run(list(words))
        code = 0
    except SystemExit as ended:
        code = (
            ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        )
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def judge(code: int, said: str) -> str:
    """Name what is wrong with how a command ended; empty for nothing."""
    if "Traceback (most recent" in said:
        return "traceback"
    if code == EXIT_FAULT or "a fault of this program" in said:
        return "unforeseen"
    if code < 0:
        return f"signal {-code}"
    return "no remedy" if code and not {"→", "Usage:"} & set(said.split()) else ""


def find_read(master: Path, root: Path, words: tuple[str, ...]) -> set[Path]:
    """Name the files a command opens, by the time of their last access."""
    shutil.copytree(master, root)
    files = [path for path in root.rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, ns=(0, path.stat().st_mtime_ns))
    run_apart(root, words)
    opened = {
        path.relative_to(root)
        for path in files
        if not path.is_file() or path.stat().st_atime_ns
    }
    shutil.rmtree(root)
    return opened


def draw_cases(
    master: Path, root: Path, *, first: int, most: int, seed: int
) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """Yield cases in an order of chance, every one once."""
    chance, cases, kinds = random.Random(seed), [], list_kinds(master)
    for words in COMMANDS:
        opened = find_read(master, root, words)
        print(f"jkn {' '.join(words)} opens {len(opened & {*kinds})} of {len(kinds)}")
        for name in kinds:
            every = name in opened and words[0] != "bulanan"
            hows = HOW if every else [chance.choice(HOW)]
            cases += [(name, how, words) for how in hows]
    chance.shuffle(cases)
    print(f"{len(cases)} cases in all", flush=True)
    yield from cases[first : first + most]


def warm_up() -> None:
    """Import what the commands need, so that a fork need not."""
    import importlib

    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    for name in HEAVY:
        importlib.import_module(name)


def main() -> None:
    """Damage, run, count; fail where any command broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=10**6, help="cases to run")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--master", type=Path, help="project made before; kept")
    given = parser.parse_args()
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        master = given.master or Path(place) / "asal"
        if not master.exists():
            master.mkdir(parents=True)
            make_project(master)
        warm_up()
        began, root = time.monotonic(), Path(place) / "salinan"
        for name, how, words in draw_cases(
            master, root, first=given.first, most=given.most, seed=given.seed
        ):
            shutil.copytree(master, root)
            spoil(root / name, how)
            code, said = run_apart(root, words)
            fault = judge(code, said)
            outcomes[fault or ("refused" if code else "done")] += 1
            if fault:
                told = " | ".join(said.strip().splitlines()[-3:])
                print(f"{fault}: jkn {' '.join(words)} <- {name} {how}: {told[:400]}")
            shutil.rmtree(root)
        wall = time.monotonic() - began
    print(f"{outcomes.total()} cases in {wall:.0f} s: {dict(outcomes)}")
    sys.exit(bool(outcomes.keys() - {"refused", "done"}))


if __name__ == "__main__":
    main()
