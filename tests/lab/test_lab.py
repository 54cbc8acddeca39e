"""JupyterLab, opened and driven as an analyst would, in headless Chromium."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.lab.driver import (
    TOKEN,
    Lab,
    find_errors,
    free_port,
    open_notebook,
    run_all,
    run_lab,
    wait_for_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page

TOP = Path(__file__).resolve().parents[2]
SHOTS = TOP / ".jkn" / "screenshots"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("lab"),
]
PAGE = "<!doctype html><title>Kota Ternate</title>"
SELURUHNYA = sorted(path.name for path in (TOP / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, processed: Path) -> Path:
    """Lay out a project folder of its own: notebooks, and the sample's tables."""
    root = tmp_path_factory.mktemp("proyek")
    shutil.copytree(TOP / "notebooks", root / "notebooks")
    shutil.copytree(TOP / "data" / "raw", root / "data" / "raw")
    shutil.copytree(processed, root / "data" / "processed")
    (root / "reports" / "2025-11").mkdir(parents=True)
    (root / "reports" / "2025-11" / "82.71.html").write_text(PAGE, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def lab(project: Path) -> Iterator[Lab]:
    """Run one server for all tests of this file."""
    with run_lab(project) as running:
        yield running


def test_the_command_leaves_no_server_behind(project: Path):
    port = free_port()
    command = [sys.executable, "-m", "jkn_analysis", "lab", "--no-browser"]
    command += ["--port", str(port), "--token", TOKEN]
    environment = os.environ | {"PYTHONPATH": str(TOP)}
    started = subprocess.Popen(command, cwd=project, env=environment)
    wait_for_server(Lab(f"http://127.0.0.1:{port}", project), started)
    started.terminate()
    started.wait(timeout=30)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@dataclass
class Heard:
    """What a page said to the console and asked of the network."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Note warnings, errors and every address from now on."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"warning", "error"}:
            self.said.append(message.text)


@pytest.fixture(scope="module")
def heard() -> Heard:
    """Collect what the page says and asks."""
    return Heard()


@pytest.fixture(scope="module")
def page(browser: Browser, heard: Heard) -> Iterator[Page]:
    """Open one page, kept from notebook to notebook as an analyst would."""
    opened = browser.new_page(
        viewport={"width": 1400, "height": 900}, accept_downloads=True
    )
    heard.listen(opened)
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
PICTURE = ".vega-embed svg.marks"
DRAWN = f"() => document.querySelector('{PICTURE}')?.innerHTML ?? ''"
FOLD_PX = 900
"""Height of the analyst's screen."""
STATUS_PX = 30
"""JupyterLab's line at the foot of it."""


def open_board(lab: Lab, page: Page, topic: str) -> None:
    """Open a board and wait for its first picture."""
    open_notebook(lab, page, f"notebooks/jelajah_{topic}.ipynb")
    run_all(page)
    page.wait_for_selector(f"{PICTURE} .mark-text")
    page.wait_for_timeout(500)


def wait_for_new(page: Page, look: str, old: str) -> None:
    """Wait until what `look` sees is another than before."""
    page.wait_for_function(f"old => ({look})() !== old", arg=old)


@pytest.fixture
def activity(lab: Lab, page: Page) -> Page:
    """Open the activity board."""
    open_board(lab, page, "keaktifan")
    return page


@pytest.mark.parametrize("topic", ["keaktifan", "tunggakan"])
def test_the_first_picture_is_whole_above_the_fold(lab: Lab, page: Page, topic: str):
    open_board(lab, page, topic)
    shoot(page, f"jelajah_{topic}_terbuka")
    box = page.locator(PICTURE).first.bounding_box()
    assert box["y"] + box["height"] < FOLD_PX - STATUS_PX


def test_a_typed_name_moves_sentence_and_picture(activity: Page):
    box, seen = activity.get_by_label("Wilayah").first, []
    for typed in ("ambon", "19.71", "Halut"):
        told, drawn = activity.evaluate(TOLD), activity.evaluate(DRAWN)
        box.fill(typed)
        box.press("Enter")
        wait_for_new(activity, TOLD, told)
        wait_for_new(activity, DRAWN, drawn)
        seen.append(activity.evaluate(TOLD).split(":")[0])
    shoot(activity, "jelajah_keaktifan_pindah")
    assert seen == ["Kota Ambon", "Kota Pangkal Pinang", "Kabupaten Halmahera Utara"]
    label = activity.locator('[role="graphics-document"]').first
    assert label.get_attribute("aria-label").startswith("Kabupaten Halmahera Utara")


def test_a_region_nobody_knows_is_a_sentence(activity: Page):
    box = activity.get_by_label("Wilayah").first
    box.fill("Negeri Antah")
    box.press("Enter")
    alert = activity.locator('[role="alert"]').first
    alert.wait_for()
    assert "Negeri Antah" in alert.inner_text()


def test_hovering_shows_the_exact_value(activity: Page):
    measured = re.search(r"keaktifan (\d+,\d\d%)", activity.evaluate(TOLD))[1]
    dots = f"{PICTURE} .mark-symbol path[aria-label*='November 2025']"
    point = activity.locator(dots).first.bounding_box()
    middle = point["x"] + point["width"] / 2, point["y"] + point["height"] / 2
    activity.mouse.move(middle[0] - 30, middle[1])
    activity.mouse.move(*middle, steps=5)
    activity.locator("#vg-tooltip-element.visible").wait_for()
    shoot(activity, "jelajah_keaktifan_penunjuk")
    told = activity.locator("#vg-tooltip-element").inner_text().split()
    assert " ".join(told).startswith(
        f"Garis Kota Ternate Bulan November 2025 Keaktifan {measured}"
    )


def test_up_to_four_regions_stand_in_one_picture(activity: Page):
    box, drawn = activity.get_by_label("Bandingkan"), activity.evaluate(DRAWN)
    box.fill("Ambon, Tikep, Halut")
    box.press("Enter")
    wait_for_new(activity, DRAWN, drawn)
    shoot(activity, "jelajah_keaktifan_banding")
    legend = activity.locator(f"{PICTURE} .role-legend-label").all_text_contents()
    for name in ("Ternate", "Ambon", "Tidore Kepulauan", "Halmahera Utara"):
        assert any(text.endswith(name) for text in legend)
    box.fill("Ambon, Tikep, Halut, Sula")
    box.press("Enter")
    activity.locator('[role="alert"]').first.wait_for()


def test_a_slider_moves_the_picture(lab: Lab, page: Page):
    for topic, label, key in (
        ("keaktifan", "Bulan", "ArrowLeft"),
        ("tunggakan", "PBI dipotong, %", "ArrowRight"),
    ):
        open_board(lab, page, topic)
        drawn = page.evaluate(DRAWN)
        row = page.locator(".widget-slider", has_text=label).first
        row.locator(".noUi-handle").first.focus()
        page.keyboard.press(key)
        wait_for_new(page, DRAWN, drawn)
        page.wait_for_timeout(1500)
        shoot(page, f"jelajah_{topic}_geser")


def test_a_tile_opens_its_region(activity: Page):
    told = activity.evaluate(TOLD)
    tiles = activity.locator(PICTURE).nth(1)
    tiles.scroll_into_view_if_needed()
    tiles.get_by_text("Tual", exact=True).click()
    wait_for_new(activity, TOLD, told)
    assert activity.evaluate(TOLD).startswith("Kota Tual")


def save_picture(page: Page, kind: str) -> bytes:
    """Open the menu of the first picture and save it."""
    menu = page.locator(".vega-embed details").first
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    return save(page, f"Simpan sebagai {kind}").read_bytes()


def save(page: Page, name: str) -> Path:
    """Click a link of that name and return what was saved."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).first.click()
    return Path(waiting.value.path())


def test_what_is_seen_can_be_saved(activity: Page):
    text = save(activity, "keaktifan_82.71.csv").read_text("utf-8")
    assert text.splitlines()[0] == "periode;nilai;ramalan;bawah;atas;seri"
    sheet = io.BytesIO(save(activity, "keaktifan_82.71.xlsx").read_bytes())
    copied = pd.read_excel(sheet, engine="openpyxl")
    assert len(copied) == len(text.splitlines()) - 1
    assert save(activity, "82.71.html").read_text("utf-8") == PAGE
    assert save_picture(activity, "SVG").startswith(b"<svg")
    assert save_picture(activity, "PNG").startswith(b"\x89PNG")


def test_the_console_stayed_silent_and_nothing_left_the_machine(lab: Lab, heard: Heard):
    assert heard.asked, "the page was listened to"
    local = (f"{lab.url}/", "data:", "blob:")
    assert [url for url in heard.asked if not url.startswith(local)] == []
    assert heard.said == []
