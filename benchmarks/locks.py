"""Two at once, and one paused in the middle: the other refuses, by the holder's name.

Build, forecast, compose and reconcile run as commands in a small project. The first is
stopped (SIGSTOP) as soon as it holds the project; a second of each kind must refuse and
name it; then the first goes on (SIGCONT) and must end its work on a whole store.

    python -m benchmarks locks
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._project import DAY, TOP, call, lay_project

LONGEST_S = 300
HOLDERS = {
    "jkn build": ("build",),
    "jkn forecast": ("forecast", "--anew"),
    "jkn mail": ("mail", "--all", "--region", "82.71", "--date", DAY),
}


def start(root: Path, words: tuple[str, ...]) -> subprocess.Popen[str]:
    """Start a command of ours."""
    return subprocess.Popen(
        [sys.executable, "-m", "jkn_analysis", *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def pause_holding(root: Path, holder: str) -> subprocess.Popen[str]:
    """Start a holder and stop it as soon as it has the project."""
    note = root / "data/processed/.kunci.oleh"
    until = time.monotonic() + LONGEST_S
    first = start(root, HOLDERS[holder])
    while not (note.is_file() and holder in note.read_text("utf-8")):
        if first.poll() is not None or time.monotonic() > until:
            sys.exit(f"{holder} never held the project: {first.communicate()[0]}")
        time.sleep(0.002)
    first.send_signal(signal.SIGSTOP)
    return first


def find_fault(root: Path, holder: str, words: tuple[str, ...]) -> str:
    """Run a command beside a paused holder; say what is wrong, if anything."""
    told = call(root, *words)
    said = told.stdout + told.stderr
    if not told.returncode:
        return "did not refuse"
    if f"sedang dipakai {holder}, pid " not in said or "Traceback" in said:
        return f"did not name the holder: {said[-300:]}"
    return ""


def main() -> None:
    """Pause each holder, try all beside it, let it end; fail where any went wrong."""
    from jkn_analysis.store import open_generation

    os.environ["JKN_NIK_KEY"] = secrets.token_hex(32)
    faults = 0
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        lay_project(root, ("82.71",))
        for words in (("build",), ("forecast",), ("run", "--all")):
            call(root, *words)
        (root / "bpjs.csv").write_text("nik;nama\n", "utf-8")
        registers = ("--bpjs", "bpjs.csv", "--dukcapil", "bpjs.csv")
        others = {**HOLDERS, "jkn reconcile": ("reconcile", *registers, "--as-of", DAY)}
        for holder in HOLDERS:
            first = pause_holding(root, holder)
            for name, words in others.items():
                fault = find_fault(root, holder, words)
                faults += bool(fault)
                print(
                    f"{holder} paused, {name}: {fault or 'refused by name'}", flush=True
                )
            first.send_signal(signal.SIGCONT)
            said, _ = first.communicate(timeout=LONGEST_S)
            open_generation(root / "data/processed").verify()
            faults += bool(first.returncode)
            end = said.strip().splitlines()[-1:] if first.returncode else "its work"
            print(f"{holder} went on and ended: {end}", flush=True)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
