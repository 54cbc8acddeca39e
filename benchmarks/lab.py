"""Boards in a browser: seconds from a change to its picture, on the whole country.

``python -m benchmarks lab [PROJECT]``: PROJECT is a folder with ``data/processed`` and
``notebooks``; without it the national sample is written and forecast first. JupyterLab
runs on loopback, headless Chromium types and presses keys as an analyst would, and the
time ends with the last stroke that any picture was drawn with.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from jkn_analysis.reporting.pdf import find_chromium
from tests.conftest import CHROMIUM_FLAGS
from tests.lab.driver import open_notebook, run_all, run_lab

if TYPE_CHECKING:
    from playwright.sync_api import Page

TOP = Path(__file__).resolve().parents[1]
MOVES = 20
REGION_S, SLIDER_S = 0.5, 0.3
"""What a change of region and of a slider may take, median."""
BOARDS = {"jelajah_keaktifan": "Bulan", "jelajah_tunggakan": "PBI dipotong, %"}
"""Notebook to the slider that is moved."""
WATCH = """() => {
  new MutationObserver(changes => {
    if (changes.some(one => one.target.closest?.('.vega-embed'))) {
      requestAnimationFrame(() => { window.lastStroke = performance.now(); });
    }
  }).observe(document, {subtree: true, childList: true, attributes: true});
}"""
SHOWN = "() => document.querySelector('.vega-embed svg')?.innerHTML ?? ''"
SETTLED = """began => window.lastStroke > began
  && performance.now() - window.lastStroke > 600"""


def build_national(root: Path) -> Path:
    """Write, build and forecast the national sample as a project; return its folder."""
    shutil.copytree(TOP / "notebooks", root / "notebooks")
    out = str(root / "data" / "raw" / "nasional")
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    for command in (["sample", "--national", "--out", out], ["build"], ["forecast"]):
        call = [sys.executable, "-m", "jkn_analysis", *command]
        subprocess.run(call, cwd=root, env=environment, check=True)
    return root


def time_change(page: Page, key: str) -> float:
    """Press a key; return the seconds until the pictures stood still again."""
    before = page.evaluate(SHOWN)
    began = page.evaluate("performance.now()")
    page.keyboard.press(key)
    page.wait_for_function(SETTLED, arg=began, timeout=20_000)
    if page.evaluate(SHOWN) == before:
        raise RuntimeError(f"{key}: the first picture stayed as it was")
    return (page.evaluate("window.lastStroke") - began) / 1000


def time_regions(page: Page, names: list[str]) -> list[float]:
    """Type one region after another."""
    box, taken = page.get_by_label("Wilayah").first, []
    for name in names:
        box.fill(name)
        taken.append(time_change(page, "Enter"))
    return taken


def time_slider(page: Page, label: str) -> list[float]:
    """Move a slider step by step, down and up."""
    row = page.locator(".widget-slider", has_text=label).first
    row.locator(".noUi-handle").first.focus()
    keys = ["ArrowLeft" if label == "Bulan" else "ArrowRight"] * (MOVES // 2)
    back = {"ArrowLeft": "ArrowRight", "ArrowRight": "ArrowLeft"}
    return [time_change(page, key) for key in [*keys, *(back[key] for key in keys)]]


def tell(board: str, what: str, taken: list[float], limit: float) -> None:
    """Print one line: median, worst, and whether the median is within its limit."""
    middle = statistics.median(taken)
    verdict = "holds" if middle <= limit else "TOO SLOW"
    row = f"{board:20}{what:9}{len(taken):4d}{middle:10.3f}{max(taken):9.3f}"
    print(f"{row}{limit:7.1f}  {verdict}", flush=True)


def main() -> None:
    """Print median and worst of both boards, for regions and for a slider."""
    from jkn_analysis.store import list_values

    with tempfile.TemporaryDirectory() as scratch:
        given = sys.argv[1:]
        root = Path(given[0]) if given else build_national(Path(scratch))
        known = list_values("tunggakan_peserta", "kode", root=root / "data/processed")
        chosen = random.Random(1).sample(known, MOVES + 1)
        print("board               change      n  median s  worst s  limit")
        with run_lab(root) as lab, sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=find_chromium(), args=CHROMIUM_FLAGS
            )
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            for board, slider in BOARDS.items():
                open_notebook(lab, page, f"notebooks/{board}.ipynb")
                run_all(page)
                page.wait_for_selector(".vega-embed svg")
                page.evaluate(WATCH)
                time_regions(page, chosen[:1])
                tell(board, "region", time_regions(page, chosen[1:]), REGION_S)
                tell(board, "slider", time_slider(page, slider), SLIDER_S)


if __name__ == "__main__":
    main()
