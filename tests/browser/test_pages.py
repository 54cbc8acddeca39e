"""Walk every page in Chromium: nothing overflows, overlaps, or shuts a reader out."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
]

WIDTHS = (390, 700, 1280)
FIRST_SCREEN_PX = 844
EXTREMES = (
    "migran_109", "tanpa_tunggakan", "60000_penunggak", "teks_panjang", "nama_40_en",
    "provinsi",
)  # fmt: skip
THOROUGH = (*EXTREMES, "82.71", "82.08", "82.03", "82", "00", "index")
"""Pages seen at every width; the rest at the narrowest."""
IN_THE_DARK = ("migran_109", "82.71", "82", "index")

FIND_OVERFLOW = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const out = [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width && box.height && (box.right > innerWidth + 1 || box.left < -1)
      && !e.closest('.sr, details');
  });
  const named = out.slice(0, 5).map(e => e.tagName + ' ' + e.textContent.slice(0, 60));
  return {wide, out: named};
}"""

OPEN_FOLDS = """open =>
  document.querySelectorAll('details').forEach(fold => { fold.open = open; })"""

FIND_OVERLAP = """() => {
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const inside = node.parentElement.closest('.sr, style, details');
    if (!node.data.trim() || inside) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 1 && box.height > 1) {
        boxes.push({node, text: node.data.trim(), x: box.left, y: box.top + scrollY,
                    r: box.right, b: box.bottom + scrollY});
      }
    }
  }
  boxes.sort((a, b) => a.y - b.y);
  const bad = [];
  for (let i = 0; i < boxes.length && bad.length < 5; i++) {
    for (let j = i + 1; j < boxes.length && boxes[j].y < boxes[i].b; j++) {
      const a = boxes[i], c = boxes[j];
      const w = Math.min(a.r, c.r) - Math.max(a.x, c.x);
      const h = Math.min(a.b, c.b) - Math.max(a.y, c.y);
      const low = Math.min(a.b - a.y, c.b - c.y);
      if (a.node !== c.node && w > 2 && h > low * 0.45) {
        bad.push(a.text + ' | ' + c.text);
      }
    }
  }
  return bad;
}"""

FIND_CLIPPED = """() => [...document.querySelectorAll('svg text')].filter(e => {
  const box = e.getBoundingClientRect();
  const svg = e.closest('svg').getBoundingClientRect();
  return box.width && (box.left < svg.left - 1 || box.right > svg.right + 1
    || box.top < svg.top - 2 || box.bottom > svg.bottom + 2);
}).map(e => e.textContent)"""


def _open(browser, path: Path, width: int = 390):
    page = browser.new_page(viewport={"width": width, "height": FIRST_SCREEN_PX})
    page.goto(path.as_uri())
    return page


def test_no_page_overflows_overlaps_or_clips(browser, pages):
    found = []
    for name, path in pages.items():
        page = _open(browser, path)
        for width in WIDTHS if name in THOROUGH else (390,):
            page.set_viewport_size({"width": width, "height": FIRST_SCREEN_PX})
            over = page.evaluate(FIND_OVERFLOW)
            if over["wide"] > 0 or over["out"]:
                found.append((name, width, "overflow", over))
            page.evaluate(OPEN_FOLDS, True)
            if page.evaluate(FIND_OVERFLOW)["wide"] > 0:
                found.append((name, width, "an open fold widens the page"))
            page.evaluate(OPEN_FOLDS, False)
            for kind, script in (("overlap", FIND_OVERLAP), ("clipped", FIND_CLIPPED)):
                told = page.evaluate(script)
                if told:
                    found.append((name, width, kind, told))
        page.close()
    assert found == []


def test_axe_finds_no_violation_of_level_a_or_aa(browser, pages, axe):
    rules = (
        "{runOnly: {type: 'tag', values: ['wcag2a','wcag2aa','wcag21a','wcag21aa']}}"
    )
    found = []
    for name, path in pages.items():
        page = _open(browser, path)
        page.evaluate(axe)
        for theme in ("light", "dark") if name in IN_THE_DARK else ("light",):
            page.emulate_media(color_scheme=theme)
            result = page.evaluate(f"axe.run(document, {rules})")
            found += [
                (name, theme, v["id"], v["nodes"][0]["html"][:120])
                for v in result["violations"]
            ]
        page.close()
    assert found == []


def test_html_validates(pages, validator):
    done = subprocess.run(
        [validator, "--config", str(Path(__file__).with_name("htmlvalidate.json")),
         "--formatter", "json", *map(str, pages.values())],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    faults = [
        (Path(file["filePath"]).name, m["ruleId"], m["message"], m["line"])
        for file in json.loads(done.stdout or "[]")
        for m in file["messages"]
        if m["severity"] == 2
    ]
    assert done.returncode in {0, 1}, done.stderr
    assert faults[:10] == []


REGIONS = ("82.71", "82.08", "82.72", "19.71")
SHORT_PX = {390: 6_000, 1200: 3_500}
FIRST_DECISIONS = 3


@pytest.mark.parametrize("kode", REGIONS)
def test_a_phone_shows_title_position_and_decisions_first(browser, pages, kode):
    page = _open(browser, pages[kode])
    seen = page.evaluate(
        "[...document.querySelectorAll('.kepala .putusan li')]"
        ".map(e => e.getBoundingClientRect().bottom)"
    )
    page.close()
    assert 1 <= len(seen) <= FIRST_DECISIONS
    assert max(seen) <= FIRST_SCREEN_PX


@pytest.mark.parametrize("kode", REGIONS)
@pytest.mark.parametrize("width", sorted(SHORT_PX))
def test_a_page_of_a_region_is_short(browser, pages, kode, width):
    page = _open(browser, pages[kode], width)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.close()
    assert height <= SHORT_PX[width]


def test_the_page_runs_no_script_and_asks_for_nothing(browser, pages):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages["82.71"].as_uri())
    page.close()
    assert len(asked) == 1


@pytest.mark.parametrize("kode", REGIONS)
def test_print_takes_three_sheets_of_a4(browser, pages, kode):
    page = _open(browser, pages[kode], 794)
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    page.close()
    sheets = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    assert 1 <= sheets <= 3
