"""Card, slides and text: read off the page object, marked, editable, the same again."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from pptx import Presentation

from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.sharing.card import write_amount
from jkn_analysis.sharing.share import name_file, share_page, write_message
from jkn_analysis.sharing.slides import build_slides
from tests.unit.page_data import build_region, store_tables


@pytest.fixture(scope="module")
def pages(processed: Path):
    """Build the pages of a region under the line, its province and the country."""
    return {
        "82.71": build_briefing("82.71", "2025-11", root=processed),
        "82": build_area_briefing("82", "2025-11", root=processed),
        "00": build_area_briefing("00", "2025-11", root=processed),
    }


@pytest.fixture(scope="module")
def shared_files(pages, tmp_path_factory) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("bagikan")
    page = folder / "halaman.html"
    page.write_text("<!doctype html><title>x</title>", encoding="utf-8")
    return {
        kode: share_page(briefing, page, folder=folder / kode)
        for kode, briefing in pages.items()
    }


def of_kind(paths: list[Path], suffix: str) -> Path:
    return next(path for path in paths if path.suffix == suffix)


def test_files_say_region_and_month(pages):
    assert name_file(pages["82.71"]) == "briefing-kota-ternate-2025-11"


@pytest.mark.parametrize("kode", ["82.71", "82", "00"])
def test_the_card_is_a_light_picture_of_the_phone_s_shape(shared_files, kode):
    path = of_kind(shared_files[kode], ".png")
    assert path.stat().st_size < 300_000
    with Image.open(path) as picture:
        assert picture.size == (1080, 1350)


def test_the_card_of_sample_data_carries_the_mark(shared_files):
    with Image.open(of_kind(shared_files["82.71"], ".png")) as opened:
        picture = opened.convert("RGB")
    red, green, blue = picture.getpixel((6, 6))
    assert blue < 220 < min(red, green), "an amber band at the top"


@pytest.mark.parametrize("kode", ["82.71", "82", "00"])
def test_slides_are_few_marked_and_native(shared_files, kode):
    deck = Presentation(of_kind(shared_files[kode], ".pptx"))
    slides = list(deck.slides)
    assert 3 <= len(slides) <= 8
    for slide in slides:
        texts = [
            shape.text_frame.text for shape in slide.shapes if shape.has_text_frame
        ]
        assert any("DATA CONTOH" in text for text in texts)
        assert slide.has_notes_slide
    assert not any(shape.shape_type == 13 for s in slides for shape in s.shapes)


def test_a_regency_has_charts_and_the_ask_as_a_table(shared_files, pages):
    deck = Presentation(of_kind(shared_files["82.71"], ".pptx"))
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    assert sum(shape.has_chart for shape in shapes) >= 4
    table = next(shape.table for shape in shapes if shape.has_table)
    offices = [table.cell(row, 0).text for row in range(1, len(table.rows))]
    assert offices[:3] == [ask.kantor for ask in pages["82.71"].layar.putuskan]


def test_the_fan_s_editable_data_are_the_page_s(shared_files, pages):
    deck = Presentation(of_kind(shared_files["82.71"], ".pptx"))
    chart = next(s.chart for slide in deck.slides for s in slide.shapes if s.has_chart)
    fan = pages["82.71"].kipas
    drawn = [value for value in chart.plots[0].series[0].values if value is not None]
    known = [value for value in fan.nilai if value == value]
    assert drawn == pytest.approx(known)


@pytest.mark.parametrize("kode", ["82.71", "82"])
def test_slides_and_notes_name_sources_in_words(shared_files, kode):
    slides = Presentation(of_kind(shared_files[kode], ".pptx")).slides
    told = [s.text_frame.text for x in slides for s in x.shapes if s.has_text_frame]
    told += [slide.notes_slide.notes_text_frame.text for slide in slides]
    assert any("Tunggakan peserta menurut lama menunggak (30 Nov" in t for t in told)
    assert [text for text in told if "_" in text or "?:" in text] == []


def test_a_page_without_a_decision_shares_none(tmp_path):
    members = build_region("82.72", penduduk=121_952, aktif=0.85)
    store_tables([{n: members[n] for n in ("penduduk", "kepesertaan")}], tmp_path)
    page = build_briefing("82.72", "2025-11", root=tmp_path)
    assert page.permintaan == ()
    assert "Putuskan hari ini" not in write_message(page)
    titles = [
        slide.shapes.title.text
        for slide in Presentation(io.BytesIO(build_slides(page))).slides
    ]
    assert "Putuskan hari ini" not in titles


def test_the_same_page_gives_the_same_bytes(shared_files, pages, tmp_path):
    page = tmp_path / "halaman.html"
    page.write_text("x", encoding="utf-8")
    again = share_page(pages["82.71"], page, folder=tmp_path)
    for suffix in (".png", ".pptx", ".txt"):
        first = of_kind(shared_files["82.71"], suffix).read_bytes()
        assert first == of_kind(again, suffix).read_bytes()


def test_the_text_carries_mark_title_and_what_to_decide(pages):
    briefing = pages["82.71"]
    text = write_message(briefing)
    assert text.startswith("DATA CONTOH")
    assert briefing.judul in text
    for ask in briefing.layar.putuskan:
        assert ask.kantor in text


@pytest.mark.parametrize(
    ("jiwa", "rp", "asumsi", "told"),
    [
        (875, None, False, "875 jiwa"),
        (54, None, True, "54 jiwa*"),
        (None, 16_400_000_000, False, "Rp16,4 miliar"),
        (None, None, False, ""),
    ],
)
def test_an_amount_is_people_first_and_ours_by_assumption_is_starred(
    jiwa, rp, asumsi, told
):
    ask = SimpleNamespace(jiwa=jiwa, rp=rp, asumsi=asumsi)
    assert write_amount(ask, "id") == told


def test_nothing_of_the_clock_is_in_the_slides(shared_files):
    import zipfile

    content = of_kind(shared_files["82.71"], ".pptx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as deck:
        assert {info.date_time[0] for info in deck.infolist()} == {2025}
