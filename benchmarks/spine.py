"""CPU and wall time of the main job on the sample: import, build, forecast, report."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
STEPS = (
    ("import jkn_analysis", ["-c", "import jkn_analysis"]),
    ("jkn --help", ["-m", "jkn_analysis", "--help"]),
    ("jkn build", ["-m", "jkn_analysis", "--config", "{config}", "build"]),
    ("jkn forecast", ["-m", "jkn_analysis", "--config", "{config}", "forecast"]),
    (
        "jkn run, one report",
        ["-m", "jkn_analysis", "--config", "{config}", "run", "--wilayah", "82.71"],
    ),
    (
        "jkn run --all",
        ["-m", "jkn_analysis", "--config", "{config}", "run", "--all"],
    ),
)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure_step(arguments: list[str]) -> tuple[float, float, int]:
    """Run one command; return CPU seconds, wall seconds and exit code."""
    cpu, wall = _children_cpu_s(), time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=TOP, capture_output=True, env=environment
    )
    return _children_cpu_s() - cpu, time.perf_counter() - wall, done.returncode


def main() -> None:
    """Print one row a step, in a scratch folder of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "bench.toml"
        folders = (f'{name} = "{scratch}/{name}"' for name in ("processed", "reports"))
        config.write_text("[paths]\n" + "\n".join(folders) + "\n")
        print(f"{'step':24}{'CPU s':>10}{'wall s':>10}{'exit':>6}")
        for name, arguments in STEPS:
            filled = [part.format(config=config) for part in arguments]
            cpu, wall, code = measure_step(filled)
            print(f"{name:24}{cpu:10.2f}{wall:10.2f}{code:6d}", flush=True)


if __name__ == "__main__":
    main()
