"""JupyterLab, opened and driven as an analyst would, in headless Chromium."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.driver import (
    Lab,
    find_errors,
    open_notebook,
    read_cells,
    run_all,
    run_lab,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

TOP = Path(__file__).resolve().parents[2]
SHOTS = TOP / ".jkn" / "screenshots"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("lab"),
]
SELURUHNYA = sorted(path.name for path in (TOP / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, processed: Path) -> Path:
    """Lay out a project folder of its own: notebooks, and the sample's tables."""
    root = tmp_path_factory.mktemp("proyek")
    shutil.copytree(TOP / "notebooks", root / "notebooks")
    shutil.copytree(TOP / "data" / "raw", root / "data" / "raw")
    shutil.copytree(processed, root / "data" / "processed")
    (root / "reports").mkdir()
    return root


@pytest.fixture(scope="module")
def lab(project: Path) -> Iterator[Lab]:
    """Run one server for all tests of this file."""
    with run_lab(project) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Open one page, kept from notebook to notebook as an analyst would."""
    opened = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield opened
    opened.close()


def shoot(page: Page, name: str) -> None:
    """Keep what the analyst saw."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


@pytest.mark.parametrize("name", SELURUHNYA)
def test_notebook_runs_whole_in_the_browser(lab: Lab, page: Page, name: str):
    open_notebook(lab, page, f"notebooks/{name}")
    cells = run_all(page)
    shoot(page, name.removesuffix(".ipynb"))
    assert find_errors(cells) == []
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code if "".join(cell["source"]))


TOLD = """() => [...document.querySelectorAll('.widget-html-content p')]
  .map(p => p.innerText).find(text => text.includes(': keaktifan')) || ''"""
DRAWN = """() => document.querySelector('.vega-embed canvas, .vega-embed svg')
  ?.getBoundingClientRect().top ?? 9999"""


def test_a_typed_name_moves_the_board_in_time(lab: Lab, page: Page):
    open_notebook(lab, page, "notebooks/jelajah_keaktifan.ipynb")
    run_all(page)
    page.wait_for_selector(".vega-embed canvas, .vega-embed svg")
    assert page.evaluate(DRAWN) < 900, "the first picture lies above the fold"
    box = page.get_by_label("Wilayah").first
    seen, times = {page.evaluate(TOLD)}, []
    for typed in ("ambon", "19.71", "Halut"):
        before = page.evaluate(TOLD)
        box.fill(typed)
        start = page.evaluate("performance.now()")
        box.press("Enter")
        page.wait_for_function(f"old => ({TOLD})() !== old", arg=before)
        times.append(page.evaluate("performance.now()") - start)
        seen.add(page.evaluate(TOLD))
    shoot(page, "jelajah_keaktifan_pindah")
    assert len(seen) == 4
    assert find_errors(read_cells(page)) == []
    assert statistics.median(times) < 5000, "generous here; benchmarks/lab.py measures"
