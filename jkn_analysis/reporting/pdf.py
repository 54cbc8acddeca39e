"""The page as PDF, printed by a Chromium that is on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from jkn_analysis.errors import RunError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "JKN_CHROMIUM"
"""Environment variable that names the browser's program."""
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)
_TIMEOUT_S = 60


def find_chromium() -> str | None:
    """Return the path of a Chromium, None if there is none."""
    named = os.environ.get(VARIABLE)
    found = (shutil.which(name) for name in ([named] if named else NAMES))
    return next((path for path in found if path), None)


def print_pdf(page: Path, target: Path) -> Path:
    """Print a rendered page to A4.

    Parameters
    ----------
    page
        The HTML file.
    target
        Where the PDF goes; appears whole or not at all.

    Raises
    ------
    RunError
        If there is no Chromium, or it prints nothing in time.
    """
    from jkn_analysis.store import write_bytes

    browser = find_chromium()
    if browser is None:
        raise RunError(
            "no Chromium on this machine, so no PDF\n"
            f"  → install chromium, or name it in {VARIABLE}"
        )
    with tempfile.TemporaryDirectory(prefix="jkn-pdf-") as folder:
        made = Path(folder) / "halaman.pdf"
        command = [
            browser,
            *_FLAGS,
            f"--user-data-dir={folder}/profil",
            f"--print-to-pdf={made}",
            page.resolve().as_uri(),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
            write_bytes(target, made.read_bytes())
        except (OSError, subprocess.SubprocessError) as exc:
            raise RunError(
                f"{page}: the browser printed no PDF ({type(exc).__name__})\n"
                "  → open the page in a browser and print it there"
            ) from exc
    return target
