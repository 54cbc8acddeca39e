"""`kill -9` at random moments of each step: the same command completes it, bytes equal.

The sample is taken through build, forecast, run, mail and sending once, undisturbed.
Then for each step and moment: its folders are put back as they were before it, the
step is started and killed with its whole process group, what lies there must be whole,
the same command must complete it, and the folders must equal those of the undisturbed
one, without a stray file or process. Of sending no copy may have arrived twice, and
every copy has arrived or is told as unknown. Works on a copy of the package, so that
edits meanwhile change nothing.

    python -m benchmarks.kill --moments 30
    python -m benchmarks.kill --moments 30 --step forecast
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
ORPHAN_S = 5
OWN = (*range(1, 9), 71, 72)
"""Kabupaten/kota of Maluku Utara: reports and mail of one province are enough."""
STEPS = {
    "build": ["build"],
    "forecast": ["forecast"],
    "run": ["run", "--workers", "2", "--province", "82"],
    "mail": ["mail", "--all", *(f"--region=82.{n:02d}" for n in OWN)],
    "send": ["mail", "--really", "--date", "2025-12-01"],
}
STATE = ("data/processed", "reports")
PASSING = {".run", "bersih", ".kunci", ".kunci.oleh", "ledger.lock"}
"""Ledgers with times, the cache of cleaned sheets, locks: no part of the result."""
NUMBER = re.compile(r"\b\d{6}-")
"""A killed write uses up the number of a generation, not its content."""


@dataclass
class Box:
    """A mailbox that counts what came, by Message-ID and address."""

    got: Counter[tuple[str, str]]

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's own
        """Count one message."""
        found = re.search(rb"(?im)^message-id:\s*(\S+)", envelope.content)
        for address in envelope.rcpt_tos:
            self.got[found[1].decode() if found else "?", address] += 1
        return "250 OK"


def start(root: Path, words: list[str], port: int) -> subprocess.Popen[bytes]:
    """Start our command in a process group of its own."""
    mail = {"HOST": "127.0.0.1", "PORT": str(port), "SECURITY": "loopback"}
    given = {f"JKN_SMTP_{name}": value for name, value in mail.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "jkn_analysis", *words],
        cwd=root,
        env={**os.environ, **given, "PYTHONPATH": str(root / "copy")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def hash_tree(root: Path) -> dict[str, str]:
    """Hash every file of the state, the order in which writes came left aside."""
    found = {}
    for path in sorted(p for part in STATE for p in (root / part).rglob("*")):
        name = path.relative_to(root).as_posix()
        if not path.is_file() or PASSING & {*path.parts}:
            continue
        content = path.read_bytes()
        if path.name == "ledger.sqlite":
            continue
        if path.name == "terkini.json":
            told = json.loads(NUMBER.sub("", content.decode()))
            content = json.dumps([told["terkini"], told["cutoff"]]).encode()
        if path.name == "kedatangan.jsonl":
            content = "".join(sorted({*content.decode().splitlines(True)})).encode()
        found[NUMBER.sub("", name)] = hashlib.sha256(content).hexdigest()
    return found


def count_orphans(root: Path) -> int:
    """Count the processes that still work in the project."""
    import psutil

    count = 0
    for process in psutil.process_iter():
        try:
            count += process.cwd().startswith(str(root))
        except (psutil.Error, OSError):
            continue
    return count - os.getcwd().startswith(str(root))  # noqa: PTH109 - as psutil tells


def find_torn(root: Path) -> list[str]:
    """Name what is not whole: pages without end, JSON that is cut, a torn store."""
    from jkn_analysis.errors import StoreError
    from jkn_analysis.store import find_generation

    torn = []
    for path in (root / "reports").rglob("*"):
        if path.suffix == ".html" and "</html>" not in path.read_text("utf-8"):
            torn.append(path.name)
        if path.suffix in {".json", ".ipynb"}:
            try:
                json.loads(path.read_text("utf-8"))
            except ValueError:
                torn.append(path.name)
    try:
        generation = find_generation(root / "data/processed")
        if generation is not None:
            generation.verify()
    except StoreError as exc:
        torn.append(str(exc).splitlines()[0])
    return torn


def put_back(root: Path, kept: Path) -> None:
    """Make the state of the project what was kept."""
    for part in STATE:
        shutil.rmtree(root / part, ignore_errors=True)
        if (kept / part).is_dir():
            shutil.copytree(kept / part, root / part)


def judge_sent(root: Path, got: Counter[tuple[str, str]]) -> list[str]:
    """List copies that came twice, and those neither arrived nor told as unknown."""
    from jkn_analysis.delivery.ledger import read_statuses

    told = read_statuses(root / "reports/outbox/ledger.sqlite")
    doubled = sum(count > 1 for count in got.values())
    lost = sum(s.value != "unknown" and c not in got for c, s in told.items())
    never = sum(copy not in told for copy in got)
    names = {"doubled": doubled, "lost": lost, "not in the ledger": never}
    return [f"{count} {name}" for name, count in names.items() if count]


@dataclass(frozen=True)
class Bench:
    """A project that goes through the steps, and the mailbox it sends to."""

    root: Path
    port: int
    box: Box

    def do(self, step: str) -> tuple[float, dict[str, str]]:
        """Do a step undisturbed from what was kept; return its length and result."""
        self.box.got.clear()
        began = time.monotonic()
        if start(self.root, STEPS[step], self.port).wait():
            sys.exit(f"the undisturbed {step} failed")
        return time.monotonic() - began, hash_tree(self.root)

    def try_moment(
        self, step: str, seconds: float, kept: Path, expected: dict[str, str]
    ) -> list[str]:
        """Kill one step after so many seconds; return what is wrong afterwards."""
        put_back(self.root, kept)
        self.box.got.clear()
        run = start(self.root, STEPS[step], self.port)
        time.sleep(seconds)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        faults = [f"torn: {name}" for name in find_torn(self.root)]
        until = time.monotonic() + ORPHAN_S
        while count_orphans(self.root) and time.monotonic() < until:
            time.sleep(0.1)
        if count_orphans(self.root):
            faults.append(f"{count_orphans(self.root)} orphan(s) after {ORPHAN_S} s")
        again = start(self.root, STEPS[step], self.port).wait()
        if step == "send":
            return faults + judge_sent(self.root, self.box.got)
        if again:
            faults.append("the same command did not complete it")
        found = hash_tree(self.root)
        faults += [f"differs: {n}" for n in expected if found.get(n) != expected[n]]
        faults += [f"stray: {name}" for name in found.keys() - expected.keys()]
        return faults + [f"stray: {path.name}" for path in self.root.rglob("*.tmp")]


def make_project(root: Path) -> None:
    """Write the sample's deliveries, notebooks and a copy of the package."""
    from jkn_sample import write_deliveries

    shutil.copytree(TOP / "notebooks", root / "notebooks")
    shutil.copytree(TOP / "jkn_analysis", root / "copy" / "jkn_analysis")
    write_deliveries(root / "data/raw/contoh")
    (root / "jkn.toml").write_text("[mail]\nper_menit = 0\n", encoding="utf-8")


def main() -> None:
    """Take the project through its steps; kill and resume each; one line a moment."""
    from aiosmtpd.controller import Controller

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", action="append", choices=STEPS)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    box, failures = Box(Counter()), 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as save:
        bench = Bench(Path(folder), port, box)
        make_project(bench.root)
        for step in STEPS:
            kept = Path(save) / step
            for part in STATE:
                if (bench.root / part).is_dir():
                    shutil.copytree(bench.root / part, kept / part)
            length, expected = bench.do(step)
            if step not in (given.step or STEPS):
                continue
            print(f"{step} undisturbed: {length:.1f} s, {len(expected)} files")
            for number in range(1, given.moments + 1):
                moment = chance.uniform(0, length)
                faults = bench.try_moment(step, moment, kept, expected)
                failures += bool(faults)
                told = "; ".join(faults[:5]) or "equal"
                print(
                    f"{number:>3} {step} killed at {moment:6.2f} s: {told}", flush=True
                )
            put_back(bench.root, kept)
            bench.do(step)
    server.stop()
    print(f"{failures} moment(s) with a fault")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
