"""The sample, measured and forecast, as a processed folder for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]


def _run(arguments: list[str], *, config: Path) -> None:
    command = [sys.executable, "-m", "jkn_analysis", "--config", str(config)]
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    subprocess.run(
        [*command, *arguments],
        cwd=TOP,
        env=environment,
        check=True,
        capture_output=True,
    )


def build_processed(root: Path) -> None:
    """Fill `root` with what ``jkn build`` and ``jkn forecast`` make of the sample."""
    settings = root / "uji.toml"
    settings.write_text(f'[paths]\nprocessed = "{root}"\n', encoding="utf-8")
    _run(["build"], config=settings)
    _run(["forecast"], config=settings)
    settings.unlink()
