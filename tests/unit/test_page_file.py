"""The page as a file: what is written is what is read, and no figure has two values."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import make_dataclass, replace

import pytest

from jkn_analysis.briefing import build_area_briefing, build_briefing, model
from jkn_analysis.briefing.model import Figure, FigureBook
from jkn_analysis.briefing.page_file import (
    describe_page,
    find_schema,
    page_stem,
    read_page,
    split_stem,
    write_page,
)
from jkn_analysis.errors import RunError, StoreError
from jkn_analysis.running.manifest import SUFFIX, build_manifest, hash_bytes
from jkn_analysis.running.report import read_report
from tests.unit.page_data import build_region, store_tables


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    store_tables([build_region("82.71"), build_region("82.02", aktif=0.85)], folder)
    return folder


@pytest.fixture(scope="module")
def page(root):
    return build_briefing("82.71", "2025-11", root=root)


@pytest.mark.parametrize("bahasa", ["id", "en"])
@pytest.mark.parametrize("kode", ["82.71", "82"])
def test_a_page_read_back_is_the_page(root, kode, bahasa):
    build = build_briefing if "." in kode else build_area_briefing
    page = build(kode, "2025-11", root=root, bahasa=bahasa)
    assert read_page(write_page(describe_page(page))) == page


def test_the_file_has_its_schema_and_nothing_that_is_no_json(page):
    told = json.loads(write_page(describe_page(page)), parse_constant=pytest.fail)
    assert list(told) == [
        "schema", "kode", "periode", "bahasa", "versi", "figures", "parts",
    ]  # fmt: skip
    assert (told["schema"], told["kode"], told["periode"]) == (
        find_schema(), "82.71", "2025-11-01",
    )  # fmt: skip


def test_figures_carry_value_unit_denominator_date_and_certainty(page):
    rate = page.find_figure("keaktifan_penduduk_rate")
    assert rate.value == page.find_figure("aktif_jiwa").value / 210_836
    assert (rate.text, rate.unit, rate.certainty) == ("79,0%", "rate", "dihitung")
    assert rate.denominator == "Dukcapil sem II 2024"
    assert rate.as_of == dt.date(2025, 11, 30)
    assert page.find_figure("kurang_aktif_jiwa").value == 2_110
    owed = page.find_figure("tunggakan_pemda_rp")
    assert (owed.value, owed.certainty) == (36 * 480_000_000, "diukur")
    ahead = page.find_figure(
        "keaktifan_penduduk_rate", skenario="dasar", kuantil=0.5,
        periode=dt.date(2025, 12, 1),
    )  # fmt: skip
    assert ahead.certainty == "diramal"


def test_a_rate_under_the_line_never_reads_as_on_it(tmp_path):
    store_tables([build_region("82.71", aktif=0.79975)], tmp_path / "p")
    page = build_briefing("82.71", "2025-11", root=tmp_path / "p")
    assert page.find_figure("keaktifan_penduduk_rate").text == "79,97%"


def test_no_key_has_two_figures(root):
    for kode in ("82.71", "82.02"):
        page = build_briefing(kode, "2025-11", root=root)
        keys = [figure.key for figure in page.figures]
        assert len(keys) == len(set(keys))


def test_a_second_value_for_a_figure_is_refused():
    book = FigureBook()
    one = Figure("aktif_jiwa", "82.71", dt.date(2025, 11, 1), 5, "jiwa", "5")
    assert book.add(one) == book.add(replace(one, text="lima"))
    with pytest.raises(ValueError, match=r"aktif_jiwa of 82.71, 2025-11: 5"):
        book.add(replace(one, value=6))


def test_english_files_have_their_own_name():
    assert page_stem("82.71", "id") == "82.71"
    assert page_stem("82.71", "en") == "82.71.en"
    for kode in ("82.71", "82", "00"):
        for bahasa in ("id", "en"):
            assert split_stem(page_stem(kode, bahasa)) == (kode, bahasa)


def publish(folder, page):
    content = write_page(describe_page(page))
    (folder / "82.71.json").write_bytes(content)
    outputs = {"82.71.json": hash_bytes(content)}
    (folder / f"82.71{SUFFIX}").write_bytes(build_manifest({}, outputs=outputs))


def test_a_report_is_read_only_as_its_manifest_names_it(tmp_path, page):
    with pytest.raises(RunError, match=r"make it: jkn run --region 82.71"):
        read_report(tmp_path, "82.71")
    publish(tmp_path, page)
    assert read_report(tmp_path, "82.71") == page
    path = tmp_path / "82.71.json"
    path.write_bytes(path.read_bytes().replace(b"79,0%", b"80,0%"))
    with pytest.raises(RunError, match="not the one its manifest names"):
        read_report(tmp_path, "82.71")


def test_a_field_more_is_another_schema_and_the_old_file_is_refused(page, monkeypatch):
    content = write_page(describe_page(page))
    old = find_schema()
    wider = make_dataclass(
        "Amount", [("baru", "int", 0)], bases=(model.Amount,), frozen=True
    )
    monkeypatch.setattr(model, "Amount", wider)
    find_schema.cache_clear()
    new = find_schema()
    assert new != old
    with pytest.raises(StoreError) as refused:
        read_page(content)
    monkeypatch.undo()
    find_schema.cache_clear()
    assert str(refused.value).splitlines() == [
        f"page of schema {old}, this suite reads {new}",
        "  → make it again: jkn run --force",
    ]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema": 99}', b"null"])
def test_a_file_that_is_no_page_says_so(content):
    with pytest.raises(StoreError, match="make it again"):
        read_page(content)
