"""The offline board: one file, opened from disk with the network off."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jkn_analysis.jelajah.offline import build_board_html
from jkn_analysis.store import read

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
RULES = "{runOnly: {type: 'tag', values: ['wcag2a','wcag2aa','wcag21a','wcag21aa']}}"
OPEN_TABLES = {"ukuran", "ramalan", "peluang", "peristiwa"}
"""What the pages print without hiding a cell; registers and kecamatan are not here."""


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Name the tables that the board read."""
    return []


@pytest.fixture(scope="module")
def board(processed: Path, asked: list[str]) -> str:
    """Write the board of a provinsi, noting what it reads."""
    plain = read._read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            read,
            "_read",
            lambda one, name, *a: asked.append(name) or plain(one, name, *a),
        )
        return build_board_html("Maluku Utara", root=processed)


def plan_of(board: str) -> dict:
    """Return the document its picture is drawn from."""
    return json.loads(re.search(r'vegaEmbed\("#papan", (.*), \{"actions"', board)[1])


def test_it_is_small_marked_and_of_its_scope(board):
    assert len(board.encode()) < 3_000_000
    assert "DATA CONTOH" in board
    assert "Kota Ternate" in board
    assert "Kota Ambon" not in board
    assert not re.search(r'(src|href)="https?:', board)


def test_it_holds_no_cell_that_the_pages_suppress(board, asked):
    assert set(asked) <= OPEN_TABLES
    data = plan_of(board)["datasets"]
    assert set(data) == {"garis", "syarat", "peristiwa"}
    columns = {column for row in data["garis"] for column in row}
    assert columns == {"seri", "periode", "nilai", "bawah", "atas", "ramalan"}
    rates = [row["nilai"] for row in data["garis"] if row["nilai"] is not None]
    assert max(rates) < 1.2, "rates of whole regions, never a count of people"


def test_it_opens_with_the_network_off_and_shuts_nobody_out(
    browser, board, axe, tmp_path
):
    path = tmp_path / "papan.html"
    path.write_text(board, encoding="utf-8")
    context = browser.new_context(viewport={"width": 900, "height": 900}, offline=True)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.get_by_label("Bandingkan").select_option("Kota Ternate")
    page.wait_for_timeout(300)
    picture = page.locator("#papan svg.marks").bounding_box()
    page.evaluate(axe)
    found = page.evaluate(f"axe.run(document, {RULES})")["violations"]
    context.close()
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert picture["y"] < 500
