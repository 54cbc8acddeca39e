"""The page as HTML: self-contained, escaped, described, the same bytes twice."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import re
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from PIL import Image

from jkn_analysis.briefing import Fan, Tile, build_area_briefing, build_briefing
from jkn_analysis.briefing.page_file import describe_page, write_page
from jkn_analysis.errors import InputError, RunError
from jkn_analysis.reporting import show_table, tampilkan
from jkn_analysis.reporting.axes import make_axes, render_svg
from jkn_analysis.reporting.figures import (
    LEBAR,
    SEMPIT,
    draw_kecil,
    draw_kipas,
    find_limits,
    grade,
    spread,
)
from jkn_analysis.reporting.index_page import IndexRow, read_index_row, render_index
from jkn_analysis.reporting.maps import read_boundaries, render_map
from jkn_analysis.reporting.marks import Sheet, paint_png, write_svg
from jkn_analysis.reporting.pdf import VARIABLE, print_pdf
from jkn_analysis.reporting.pieces import (
    KELOMPOK,
    render_foot,
    render_group,
    render_head,
    render_part,
)
from jkn_analysis.reporting.render import render_notebook
from jkn_analysis.reporting.style import (
    TINGKAT,
    WARNA,
    WARNA_GELAP,
    scope,
    scope_page,
    unscope,
)
from jkn_analysis.reporting.tiles import place_tiles
from tests.unit.page_data import build_region, store_tables

LIMIT_KB = 60
NEARLY_WHITE = 253
"""The palette of few colours rounds white by one."""
VOID = {"meta", "img", "br", "path", "use", "rect", "image"}


class Checker(HTMLParser):
    """Collects tags, ids and unbalanced ends."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.tags, self.bad = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.bad.append(tag)


def output(html: str, meta: dict | None = None) -> nbformat.NotebookNode:
    found = {"jkn": meta} if meta else {}
    made = nbformat.v4.new_output("display_data", {"text/html": html}, metadata=found)
    return nbformat.v4.new_code_cell("SECRET_SOURCE = 1", outputs=[made])


def build_notebook(briefing) -> nbformat.NotebookNode:
    meta = {
        "judul": briefing.nama,
        "bahasa": briefing.bahasa,
        "contoh": briefing.contoh,
    }
    cells = [
        output(render_head(briefing), meta),
        *(output(render_group(briefing, name)) for name in KELOMPOK),
        output(render_foot(briefing)),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    regions = [
        build_region("82.71"),
        build_region("82.02", penduduk=106_500, cakupan=1.0939, aktif=0.8777, unpaid=0),
    ]
    store_tables(regions, folder)
    return folder


@pytest.fixture(scope="module")
def briefing(root):
    return build_briefing("82.71", "2025-11", root=root)


@pytest.fixture(scope="module")
def page(briefing):
    return render_notebook(build_notebook(briefing))


def test_the_page_is_whole_small_and_needs_nothing_from_outside(page):
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")
    assert len(page.encode()) < LIMIT_KB * 1024
    assert "<script" not in page
    assert not re.search(r"https?://", page)
    assert "default-src 'none'" in page


def test_the_page_says_its_language_title_and_that_it_is_a_sample(page):
    assert '<html lang="id">' in page
    assert "<title>Kota Ternate</title>" in page
    assert "DATA CONTOH" in page


def test_code_prompts_and_notes_stay_out(briefing):
    nb = build_notebook(briefing)
    note = nbformat.v4.new_markdown_cell("PESAN UNTUK ANALIS")
    note.metadata["tags"] = ["catatan"]
    shown = nbformat.v4.new_markdown_cell("## Prosa yang ikut")
    nb.cells += [note, shown]
    printed = nbformat.v4.new_output("stream", name="stderr", text="PERINGATAN")
    nb.cells[0].outputs.append(printed)
    page = render_notebook(nb)
    for hidden in ("SECRET_SOURCE", "PESAN UNTUK ANALIS", "PERINGATAN"):
        assert hidden not in page
    assert "Prosa yang ikut" in page


def test_tags_balance_and_identifiers_are_unique(page):
    checker = Checker()
    checker.feed(page)
    assert checker.bad == []
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))


def test_every_chart_is_a_picture_with_its_numbers_in_words(page):
    checker = Checker()
    checker.feed(page)
    charts = [attrs for tag, attrs in checker.tags if tag == "svg"]
    assert len(charts) == 2
    for chart in charts:
        assert chart["role"] == "img"
        assert re.search(r"\d", chart["aria-label"])


def test_one_first_heading_and_no_level_skipped(page):
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    steps = itertools.pairwise(levels)
    assert all(after - before <= 1 for before, after in steps)


def test_two_renderings_are_the_same_bytes(root):
    pages = [
        render_notebook(build_notebook(build_briefing("82.71", "2025-11", root=root)))
        for _ in range(2)
    ]
    assert pages[0] == pages[1]


def test_two_regions_have_different_charts(root, briefing):
    other = build_briefing("82.02", "2025-11", root=root)
    assert render_part(other, "grafik") != render_part(briefing, "grafik")


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "Rapat \"A\" & 'B'", "../../etc/passwd", "a\nb"],
)
def test_a_hostile_text_changes_only_its_own_words(tmp_path, text):
    region = build_region("82.71")
    for table, column in (
        ("rapat", "jenis"),
        ("tindak_lanjut", "keputusan"),
        ("tindak_lanjut", "penanggung_jawab"),
        ("faskes", "kendala"),
        ("peristiwa", "keterangan"),
        ("publikasi", "sumber"),
    ):
        region[table] = region[table].assign(**{column: text})
    store_tables([region], tmp_path / "p")
    page = render_notebook(
        build_notebook(build_briefing("82.71", "2025-11", root=tmp_path / "p"))
    )
    assert "<script" not in page
    checker = Checker()
    checker.feed(page)
    assert checker.bad == []


def test_a_failed_notebook_is_not_rendered(briefing):
    nb = build_notebook(briefing)
    nb.cells[2].outputs = [
        nbformat.v4.new_output("error", ename="KeyError", evalue="'x'", traceback=[])
    ]
    with pytest.raises(RunError, match="cell 3 ended with KeyError"):
        render_notebook(nb)


def test_a_picture_without_alt_text_is_refused(briefing):
    nb = build_notebook(briefing)
    picture = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    nb.cells.append(nbformat.v4.new_code_cell("x", outputs=[picture]))
    with pytest.raises(RunError, match="without an alt text"):
        render_notebook(nb)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://example.org/a.png" alt="a">',
        '<img src="//example.org/a.png" alt="a">',
        '<div style="background:url(https://example.org/a.png)"></div>',
        '<img src="data:image/png;base64,AA">',
    ],
)
def test_a_remote_address_or_undescribed_image_is_refused(briefing, html):
    nb = build_notebook(briefing)
    nb.cells.append(output(html))
    with pytest.raises(RunError, match="would fetch something"):
        render_notebook(nb)


def test_a_figure_needs_words():
    with pytest.raises(ValueError, match="alt text is empty"):
        tampilkan(make_axes(LEBAR)[0], alt=" ")


def make_kipas(values: list[float]) -> Fan:
    months = [dt.date(2024 + i // 12, i % 12 + 1, 1) for i in range(len(values))]
    return Fan("x", "x", tuple(months), tuple(values), target=0.8)


@pytest.mark.parametrize(
    "values",
    [[0.8], [0.8, 0.8, 0.8], [0.0, 1.2], [0.79, 0.81, 0.80], [1.09, 1.0939]],
)
@pytest.mark.parametrize("size", [LEBAR, SEMPIT])
def test_odd_histories_are_drawn(values, size):
    svg = write_svg(draw_kipas(make_kipas(values), size), alt="a 1")
    assert "nan" not in svg.lower()
    assert svg.count("<svg") == 1


def test_labels_are_spread_and_keep_their_order():
    placed = spread([1.0, 1.05, 1.1, 9.0], 1.0)
    assert placed == sorted(placed)
    gaps = [b - a for a, b in itertools.pairwise(placed)]
    assert min(gaps) >= 1.0 - 1e-9
    assert placed[-1] == 9.0


@pytest.mark.parametrize(
    ("rate", "level"),
    [(0.79999, 3), (0.8, 4), (0.75, 3), (0.7499, 2), (0.3, 1), (0.9, 6), (1.2, 6)],
)
def test_grades_meet_at_the_target(rate, level):
    assert grade(rate, 0.8) == level


def test_small_fans_share_one_scale():
    fans = [make_kipas([0.5, 0.6]), make_kipas([0.9, 1.0])]
    low, high = find_limits(fans)
    assert low < 0.5
    assert high > 1.0


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [WARNA, WARNA_GELAP], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["tinta", "redup", "data", "batas"])
def test_text_colours_can_be_read(theme, role):
    assert _contrast(theme[role], theme["kertas"]) >= 4.5


def test_bands_and_grades_differ_in_grey():
    bands = [
        _luminance(WARNA[name]) for name in ("pita50", "pita80", "pita95", "kertas")
    ]
    assert bands == sorted(bands)
    assert all(b - a > 0.1 for a, b in itertools.pairwise(bands))
    under, over = TINGKAT[:3], TINGKAT[3:]
    assert [_luminance(c) for c in under] == sorted(map(_luminance, under))
    assert [_luminance(c) for c in over] == sorted(map(_luminance, over), reverse=True)


def test_a_figure_of_a_notebook_takes_the_pages_colours_and_keeps_its_texts():
    figure, axes = make_axes(LEBAR)
    axes.set_title("82.7100")
    svg = render_svg(figure, nama="n", alt="82.71 <a>")
    assert svg.startswith('<svg role="img" aria-label="82.71 &lt;a&gt;" ')
    assert "82.7100" in svg
    assert "var(--" in svg
    assert set(re.findall(r' id="(.)-', svg)) == {"n"}
    again, other = make_axes(LEBAR)
    other.set_title("82.7100")
    assert render_svg(again, nama="n", alt="82.71 <a>") == svg


def test_a_picture_is_solid_small_and_carries_no_date():
    sheet = draw_kipas(make_kipas([0.7, 0.8]))
    picture = paint_png(sheet)
    with Image.open(io.BytesIO(picture)) as opened:
        assert opened.size == (2 * LEBAR.lebar, 2 * LEBAR.tinggi)
        assert opened.mode == "P"
        assert min(opened.convert("RGB").getpixel((0, 0))) >= NEARLY_WHITE
    assert picture == paint_png(sheet)
    assert b"tEXt" not in picture
    assert len(picture) < 40_000


def test_a_mark_lies_where_it_is_said_in_svg_and_picture():
    sheet = Sheet(20, 10)
    sheet.area([(10, 0), (20, 0), (20, 10), (10, 10)], "tinta")
    sheet.area([(0, 0), (1, 0), (0, 1)], "tinta")
    svg = write_svg(sheet, alt="a")
    path = "M10 0 20 0 20 10 10 10ZM0 0 1 0 0 1Z"
    assert f'<path d="{path}" fill="var(--tinta)"/>' in svg
    with Image.open(io.BytesIO(paint_png(sheet))) as opened:
        seen = [opened.convert("RGB").getpixel(place) for place in ((10, 10), (30, 10))]
    assert min(seen[0]) >= NEARLY_WHITE
    assert seen[1] == (27, 37, 48)


def test_the_index_lists_the_widest_gap_first_and_the_failed(briefing):
    rows = [
        read_index_row(write_page(describe_page(briefing)), "82.71.html"),
        IndexRow(
            "82.03", "Halut", "Maluku Utara", "82.03.html", gap_jiwa=9_999, gap="9.999"
        ),
        IndexRow("82.01", "<b>", "Maluku Utara", "", kesalahan="KeyError: <x>"),
    ]
    page = render_index(rows, periode=dt.date(2025, 11, 1), contoh=True)
    assert page.index("Halut") < page.index("Kota Ternate")
    by_name = page.split('id="nama"')[1]
    assert by_name.index("&lt;b&gt;") < by_name.index("Halut")
    assert by_name.index("Halut") < by_name.index("Kota Ternate")
    assert re.findall(r'<a href="(#[^"]+)"', page) == ["#p82", "#nama"]
    assert "<script" not in page
    assert "laporan belum jadi: KeyError: &lt;x&gt;" in page
    assert "<b>" not in page.split("<main>")[1].replace("<b></b>", "")
    checker = Checker()
    checker.feed(page)
    assert checker.bad == []


def test_a_province_page_draws_every_part_and_links_down_and_up(root):
    page = build_area_briefing("82", "2025-11", root=root)
    html = "".join(render_group(page, name) for name in KELOMPOK)
    assert render_part(page, "peringkat").count("<svg") == 2
    assert html.count('href="82.71.html"') == 2
    head = render_head(page)
    assert 'href="index.html"' in head
    assert 'href="00.html"' in head
    english = build_area_briefing("82", "2025-11", root=root, bahasa="en")
    assert 'href="82.71.en.html"' in render_group(english, "keputusan")
    checker = Checker()
    checker.feed(html)
    assert checker.bad == []


def test_a_small_fan_is_described_and_has_no_holes():
    fan = make_kipas([0.7, 0.75])
    svg = draw_kecil(fan, batas=find_limits([fan]), alt='<a> "1"')
    assert 'aria-label="&lt;a&gt; &quot;1&quot;"' in svg
    assert "nan" not in svg


def tile(kode: str) -> Tile:
    return Tile(kode, kode, 0.8, "80%", 0.8)


def test_tiles_lie_as_the_regions_lie():
    codes = ["82.71", "82.05", "82.08", "82.07"]
    place = dict(zip(codes, place_tiles([tile(kode) for kode in codes]), strict=True))
    assert place["82.08"][0] <= place["82.71"][0]
    assert place["82.07"][1] < place["82.05"][1]
    assert len(set(place.values())) == len(codes)


@pytest.mark.parametrize("count", [0, 1, 2, 35])
def test_every_tile_has_a_cell_of_its_own(count):
    codes = [f"33.{number:02d}" for number in range(1, count + 1)]
    cells = place_tiles([tile(kode) for kode in codes])
    assert len(cells) == len(set(cells)) == count
    assert all(1 <= x <= 6 and y >= 1 for x, y in cells)


def test_a_table_of_a_notebook_has_words_left_and_numbers_right(monkeypatch):
    shown = []
    monkeypatch.setattr(
        "IPython.display.display", lambda bundle, **_: shown.append(bundle["text/html"])
    )
    show_table(
        pd.DataFrame(
            {
                "kantor": ["Dinas <b>", "BPKAD"],
                "jiwa": ["11.703", "< 5 atau disembunyikan"],
                "galat_rate": [0.0046, None],
                "baris_masuk": [6214, 4],
            }
        )
    )
    show_table(pd.DataFrame({"kantor": []}))
    table, nothing = shown
    assert '<td class="k">Dinas &lt;b&gt;</td><td class="n">11.703</td>' in table
    assert '<td class="n">0,0046</td><td class="n">6.214</td>' in table
    assert '<td class="n">–</td><td class="n">4</td>' in table
    assert '<th scope="col" class="n">baris masuk</th>' in table
    assert "tidak tersedia" in nothing


def test_a_piece_carries_its_own_style_and_a_page_has_it_once(briefing):
    marked = scope_page("<p>a</p>", banner="DATA CONTOH <b>")
    assert '<p class="contoh">DATA CONTOH &lt;b&gt;</p><p>a</p>' in marked
    assert unscope(marked) == "<p>a</p>"
    assert "body.jp-Notebook" in marked, "the stock HTML hides code"
    piece = scope("<p>a</p>")
    assert piece.startswith('<div class="jkn"><style>')
    assert unscope(piece) == "<p>a</p>"
    nb = build_notebook(briefing)
    for cell in nb.cells:
        shown = cell.outputs[0]["data"]
        shown["text/html"] = scope(shown["text/html"])
    assert render_notebook(nb).count("--tinta:#") == 2
    rules = re.sub(r"@media[^{]+\{|@page\{[^}]+\}", "", piece)
    selectors = re.findall(r"(?:^|[}\n])\s*([^{}@\n]+)\{", rules.split("<style>")[1])
    assert [s for s in selectors for part in s.split(",") if ".jkn" not in part] == []


def test_a_map_is_drawn_where_boundaries_are_given(root, shared):
    page = build_area_briefing("82", "2025-11", root=root)
    tiles = page.find_bagian("peta").ubin
    path = shared / "data" / "batas_kabkota" / "kabkota_19_81_82.geojson"
    shapes = read_boundaries(path, kode={tile.kode for tile in tiles})
    assert set(shapes) == {"82.02", "82.71"}
    picture = render_map(tiles, shapes, alt="Peta 2 wilayah")
    assert picture.startswith('<img class="peta" src="data:image/png;base64,')
    assert 'alt="Peta 2 wilayah"' in picture


SQUARE = [[[0, 0, 7], [1, 0, 7], [1, 1, 7], [0, 0, 7]]]
FLAT = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]


def lay_boundaries(path, *geometries, **top):
    features = [
        {"type": "Feature", "properties": {"kode": "82.71"}, "geometry": geometry}
        for geometry in geometries
    ]
    told = {"type": "FeatureCollection", "features": features, **top}
    path.write_text(json.dumps(told), encoding="utf-8-sig")
    return path


def in_grid(name):
    return {"type": "name", "properties": {"name": name}}


@pytest.mark.parametrize(
    ("geometry", "rings"),
    [
        ({"type": "Polygon", "coordinates": SQUARE}, 1),
        ({"type": "MultiPolygon", "coordinates": [SQUARE, SQUARE]}, 2),
        (
            {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "coordinates": SQUARE},
                    {"type": "MultiPolygon", "coordinates": [SQUARE]},
                    {"type": "Point", "coordinates": [0, 0, 7]},
                ],
            },
            2,
        ),
    ],
)
def test_boundaries_with_heights_as_qgis_writes_them_are_read(
    tmp_path, geometry, rings
):
    path = lay_boundaries(
        tmp_path / "x.geojson",
        geometry,
        crs=in_grid("urn:ogc:def:crs:OGC:1.3:CRS84"),
    )
    found = read_boundaries(path, kode={"82.71"})["82.71"]
    assert [ring.tolist() for ring in found] == [FLAT] * rings


def test_a_region_without_an_outline_is_left_out_and_its_islands_are_one(tmp_path):
    island = {"type": "Polygon", "coordinates": SQUARE}
    path = lay_boundaries(tmp_path / "x.geojson", None, island, island)
    assert len(read_boundaries(path, kode={"82.71"})["82.71"]) == 2
    assert read_boundaries(lay_boundaries(path, None), kode={"82.71"}) == {}


def test_boundaries_in_metres_are_refused_by_the_name_of_their_grid(tmp_path):
    grid = in_grid("urn:ogc:def:crs:EPSG::32752")
    path = lay_boundaries(tmp_path / "x.geojson", crs=grid)
    with pytest.raises(InputError, match="EPSG::32752, not in degrees"):
        read_boundaries(path, kode={"82.71"})


def test_a_file_that_is_no_map_is_refused(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="not a GeoJSON of regions"):
        read_boundaries(path, kode={"82.71"})


def test_without_a_browser_the_pdf_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    with pytest.raises(RunError, match="no Chromium"):
        print_pdf(tmp_path / "a.html", tmp_path / "a.pdf")
