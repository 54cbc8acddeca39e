"""`kill -9` at random moments of a run: the same command completes it, bytes equal.

For each moment: the reports are removed, a run over the 28 sample regions is started
and killed with its whole process group, every page that is there must be whole, the
same command must complete the rest, and the tree must equal that of an undisturbed
run, without a stray file or process. Works on a copy of the package, so that edits
meanwhile change nothing.

    python -m benchmarks.kill --moments 30
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
ORPHAN_S = 5


def start(root: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start our command in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "jkn_analysis", "run", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "copy")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def hash_tree(reports: Path) -> dict[str, str]:
    """Hash every file but the ledger."""
    return {
        path.relative_to(reports).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(reports.rglob("*"))
        if path.is_file() and ".run" not in path.parts
    }


def count_orphans(root: Path) -> int:
    """Count the processes that still work in the project."""
    import psutil

    count = 0
    for process in psutil.process_iter():
        try:
            count += process.cwd().startswith(str(root))
        except (psutil.Error, OSError):
            continue
    return count


def find_torn(reports: Path) -> list[str]:
    """Name the files that are not whole: pages without end, JSON that is cut."""
    torn = []
    for path in reports.rglob("*"):
        if path.suffix == ".html" and "</html>" not in path.read_text("utf-8"):
            torn.append(path.name)
        if path.suffix in {".json", ".ipynb"}:
            try:
                json.loads(path.read_text("utf-8"))
            except ValueError:
                torn.append(path.name)
    return torn


def try_moment(
    root: Path, seconds: float, workers: str, expected: dict[str, str]
) -> tuple[int, list[str]]:
    """Kill one run after so many seconds; return pages made till then, and faults."""
    reports = root / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    run = start(root, "--workers", workers)
    time.sleep(seconds)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    made = len(list(reports.rglob("*.manifest.json")))
    faults = [f"torn: {name}" for name in find_torn(reports)]
    until = time.monotonic() + ORPHAN_S
    while count_orphans(root) and time.monotonic() < until:
        time.sleep(0.1)
    if count_orphans(root):
        faults.append(f"{count_orphans(root)} orphan(s) after {ORPHAN_S} s")
    if start(root, "--workers", workers).wait():
        faults.append("the same command did not complete it")
    found = hash_tree(reports)
    faults += [f"differs: {n}" for n in expected if found.get(n) != expected[n]]
    faults += [f"stray: {name}" for name in found.keys() - expected.keys()]
    faults += [f"stray: {path.name}" for path in root.rglob("*.tmp")]
    return made, faults


def main() -> None:
    """Kill and resume; print one line a moment."""
    from benchmarks.batch import make_project

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", default="2")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_project(root)
        (root / "notebooks").unlink()
        shutil.copytree(TOP / "notebooks", root / "notebooks")
        shutil.copytree(TOP / "jkn_analysis", root / "copy" / "jkn_analysis")
        began = time.monotonic()
        if start(root, "--workers", given.workers).wait():
            sys.exit("the undisturbed run failed")
        length = time.monotonic() - began
        expected = hash_tree(root / "reports")
        print(f"undisturbed: {length:.1f} s, {len(expected)} files")
        for number in range(1, given.moments + 1):
            moment = chance.uniform(0, length)
            made, faults = try_moment(root, moment, given.workers, expected)
            failures += bool(faults)
            told = "; ".join(faults[:5]) or "equal"
            print(f"{number:>3} killed at {moment:6.2f} s, {made:>2} made: {told}")
    print(f"{given.moments - failures} of {given.moments} resumed to the same bytes")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
