"""The offline board: one file, opened from disk with the network off."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jkn_analysis.formats import format_number, format_rate
from jkn_analysis.jelajah.offline import build_board_html
from jkn_analysis.store import list_values, read, read_table
from jkn_analysis.uhc import gap_jiwa
from jkn_analysis.wilayah import fix_kode, get_wilayah

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
RULES = "{runOnly: {type: 'tag', values: ['wcag2a','wcag2aa','wcag21a','wcag21aa']}}"
ENDS = {0.1: "bawah", 0.5: "nilai", 0.9: "atas"}
"""Ends of the interval: quantile to column."""
NOW = "2025-11"
OPEN_TABLES = {"ukuran", "ramalan", "peluang", "peristiwa"}
"""What the pages print without hiding a cell; registers and kecamatan are not here."""


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Name the tables that the board read."""
    return []


@pytest.fixture(scope="module", params=["Kota Ternate", "Maluku Utara"])
def area(request: pytest.FixtureRequest) -> str:
    """Name a region, then a provinsi."""
    return request.param


@pytest.fixture(scope="module")
def board(processed: Path, asked: list[str], area: str) -> str:
    """Write the board of a region or a provinsi, noting what it reads."""
    plain = read._read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            read,
            "_read",
            lambda one, name, *a: asked.append(name) or plain(one, name, *a),
        )
        return build_board_html(area, root=processed)


def plan_of(board: str) -> dict:
    """Return the document its picture is drawn from."""
    return json.loads(re.search(r'vegaEmbed\("#papan", (.*), \{"actions"', board)[1])


def test_it_is_small_marked_and_of_its_scope(board, area):
    assert len(board.encode()) < 3_000_000
    assert "DATA CONTOH" in board
    assert "Kota Ternate" in board
    assert ("Halmahera Utara" in board) == (area == "Maluku Utara")
    assert "Kota Ambon" not in board
    assert not re.search(r'(src|href)="https?:', board)


def test_it_reads_no_table_with_cells_that_the_pages_suppress(board, asked):
    assert asked
    assert set(asked) <= OPEN_TABLES


@pytest.fixture(scope="module")
def known(processed: Path, area: str) -> dict[tuple[str, str, str], float]:
    """Give what pages print of whole regions, by region, month and column."""
    cells = {}
    for kode in list_values("ukuran", "kode", root=processed):
        if not kode.startswith(fix_kode(area)):
            continue
        for table in ("ukuran", "ramalan"):
            rows = read_table(table, root=processed, kode=kode)
            told = rows["indikator"].eq("keaktifan_penduduk_rate")
            for row in rows[told & rows["segmen"].eq("total")].to_dict("records"):
                month = f"{row['periode']:%Y-%m}"
                name = get_wilayah(kode).nama_lengkap
                cells[name, month, ENDS.get(row.get("kuantil", 0.5))] = row["nilai"]
                if table == "ukuran" and month == NOW:
                    gap = gap_jiwa(0.8, row["penyebut"], row["pembilang"])
                    cells[name, month, "kurang"] = gap
    return cells


def test_every_number_of_its_picture_is_a_rate_that_the_pages_print(board, known):
    data = plan_of(board)["datasets"]
    assert set(data) == {"garis", "syarat", "peristiwa"}
    assert [one["nilai"] for one in data["syarat"]] == [0.8]
    assert [one["keterangan"] for one in data["peristiwa"]] == [""]
    for row in data["garis"]:
        assert set(row) == {"seri", "periode", "ramalan", *ENDS.values()}
        month = row["periode"][:7]
        for end in ENDS.values():
            joint = month == NOW
            key = row["seri"], month, "nilai" if joint else end
            assert row[end] is None or row[end] == pytest.approx(known[key], abs=1e-5)


def test_every_cell_of_its_table_is_a_figure_that_the_pages_print(board, known):
    rows = re.findall(r"<tr>(<td.*?)</tr>", board.partition("<script>")[0])
    regions = {name for name, *_ in known if not name.startswith("Provinsi")}
    assert len(rows) == len(regions)
    for row in rows:
        name, rate, gap, ahead = re.findall(r"<td[^>]*>(.*?)</td>", row)
        assert rate == format_rate(known[name, NOW, "nilai"])
        assert gap == format_number(known[name, NOW, "kurang"])
        assert ahead == format_rate(known[name, "2026-11", "nilai"])


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
