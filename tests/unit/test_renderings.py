"""No rendering computes: each is made of the page's file alone, whatever the store."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import nbformat
import pytest

import jkn_analysis
from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.briefing.page_file import describe_page, read_page, write_page
from jkn_analysis.delivery.compose import Extras, address_office, write_letter
from jkn_analysis.delivery.message import Sender, build_body
from jkn_analysis.reporting.index_page import read_index_row, render_index
from jkn_analysis.reporting.pieces import (
    KELOMPOK,
    render_foot,
    render_group,
    render_head,
)
from jkn_analysis.reporting.render import render_notebook
from jkn_analysis.sharing.card import build_card
from jkn_analysis.sharing.share import write_message
from jkn_analysis.sharing.slides import build_slides
from jkn_analysis.sharing.workbook import list_tables, write_book
from jkn_analysis.terms import Kantor
from tests.unit.page_data import build_region, store_tables

PACKAGE = Path(jkn_analysis.__file__).parent
SENDER = Sender("JKN <jkn@contoh.invalid>", "jkn@contoh.invalid")
COMPUTING = {
    "pandas", "anggaran", "uhc", "forecasting", "skenario", "masa_depan", "tunggakan",
    "measures", "indicators", "kecamatan", "arus",
}  # fmt: skip
ANALYSTS = {"figures_model", "figures_registers", "axes"}
"""Charts of notebooks for analysts, which no page has."""


def render_all(page) -> dict[str, bytes | str]:
    """Make everything that is made of a page."""
    pieces = [render_head(page), *(render_group(page, name) for name in KELOMPOK)]
    meta = {"judul": page.nama, "bahasa": page.bahasa, "contoh": page.contoh}
    cells = [
        nbformat.v4.new_code_cell("x", id=f"c{number}", outputs=[
            nbformat.v4.new_output("display_data", {"text/html": html},
                                   metadata={"jkn": meta})])
        for number, html in enumerate([*pieces, render_foot(page)])
    ]  # fmt: skip
    letter = write_letter(page, meeting=None, extras=Extras(()))
    mails = {k: build_body(address_office(letter, k), SENDER) for k in Kantor}
    row = read_index_row(write_page(describe_page(page)), "x.html")
    return {
        "html": render_notebook(nbformat.v4.new_notebook(cells=cells)),
        "indeks": render_index([row], periode=dt.date(2025, 11, 1), contoh=True),
        "kartu": build_card(page),
        "salindia": build_slides(page),
        "pesan": write_message(page),
        "buku": write_book(page, list_tables(page), title="x"),
        **{f"surat {name}": body.mime for name, body in mails.items()},
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    store_tables([build_region("82.71"), build_region("82.02", aktif=0.85)], folder)
    return folder


@pytest.mark.parametrize("bahasa", ["id", "en"])
@pytest.mark.parametrize("kode", ["82.71", "82"])
def test_every_rendering_is_made_of_the_pages_file_alone(
    root, monkeypatch, kode, bahasa
):
    build = build_briefing if "." in kode else build_area_briefing
    page = build(kode, "2025-11", root=root, bahasa=bahasa)
    content, first = write_page(describe_page(page)), render_all(page)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a rendering read the store")

    for name in ("_read", "read_table", "read_table_or_empty"):
        monkeypatch.setattr(f"jkn_analysis.store.read.{name}", refuse)
    again = render_all(read_page(content))
    assert {name for name, told in again.items() if told != first[name]} == set()


def test_a_figure_of_the_file_changed_by_hand_is_what_every_rendering_says(root):
    page = build_briefing("82.71", "2025-11", root=root)
    (gap,) = {text for text, strong in page.layar.ringkas if strong and "orang" in text}
    told = write_page(describe_page(page)).decode().replace(gap, "kurang 98.765 orang")
    made = render_all(read_page(told.encode()))
    for name in ("html", "pesan", "surat BPKAD", "surat Dinas Sosial"):
        text = made[name] if isinstance(made[name], str) else made[name].decode()
        assert "98.765" in text, name
        assert gap not in text, name


def _imports(path: Path) -> set[str]:
    """Name what a module imports at run time: packages, and rooms of ours."""
    tree, found = ast.parse(path.read_text("utf-8")), set()
    typing = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            first, *rest = node.module.split(".")
            found.add(rest[0] if first == "jkn_analysis" and rest else first)
    return found


def test_no_module_that_renders_can_compute():
    rendering = [
        path
        for room in ("reporting", "sharing")
        for path in (PACKAGE / room).glob("*.py")
        if path.stem not in ANALYSTS
    ]
    rendering += [
        PACKAGE / "delivery" / f"{name}.py" for name in ("message", "preview")
    ]
    assert len(rendering) > 15
    able = {path.name: _imports(path) & COMPUTING for path in rendering}
    assert {name: rooms for name, rooms in able.items() if rooms} == {}


def test_a_page_of_an_area_sums_what_its_regions_pages_say(root):
    pages = [build_briefing(k, "2025-11", root=root) for k in ("82.71", "82.02")]
    area = build_area_briefing("82", "2025-11", root=root)
    for name in ("aktif_jiwa", "terdaftar_jiwa", "penduduk_jiwa", "tunggakan_pemda_rp"):
        parts = [page.find_figure(name).value for page in pages]
        assert area.find_figure(name).value == sum(parts), name
    (dots,) = area.find_bagian("peringkat").gambar
    shown = {row.link.removesuffix(".html"): row.text for row in dots.rows}
    told = {p.kode: p.find_figure("keaktifan_penduduk_rate").text for p in pages}
    assert shown == told
