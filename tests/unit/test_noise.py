"""Signal or noise: a month's change beside what the region usually does."""

from __future__ import annotations

import pytest

from jkn_analysis.briefing.area_build import build_area_briefing
from tests.unit.page_data import build_region, store_tables


def shift(region, people: int):
    """Let active people of the last month fall in one segmen."""
    panel = region["kepesertaan"]
    last = panel["periode"].eq(panel["periode"].max()) & panel["segmen"].eq("PBI JK")
    panel.loc[last, "aktif_jiwa"] -= people
    panel.loc[last, "nonaktif_mutasi_jiwa"] += people
    return region


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    # One month ahead the made-up fan's 19-in-20 limits lie 0,6 points from its middle.
    folder = tmp_path_factory.mktemp("processed")
    regions = [
        shift(build_region("82.71", penduduk=200_000), 2_000),
        shift(build_region("82.01", penduduk=200_000), 400),
        build_region("82.02", penduduk=200_000),
    ]
    store_tables(regions, folder)
    return build_area_briefing("82", "2025-11", root=folder)


def test_only_what_is_more_than_usual_is_named(page):
    told = page.find_bagian("peringkat").kalimat[0]
    assert told.startswith("Sejak bulan lalu 1 dari 3 daerah berubah")
    assert "Kota Ternate −0,9" in told
    assert "Halmahera Barat" not in told


def test_every_change_of_the_table_carries_whether_it_is_usual(page):
    table = next(
        t for t in page.find_bagian("peringkat").tables if t.nama == "peringkat"
    )
    marks = {row[0].teks: row[-1].teks for row in table.baris}
    assert marks["Kota Ternate"].endswith("(tidak biasa)")
    assert marks["Halmahera Barat"].endswith("(biasa)")
    assert not marks["Halmahera Barat"].endswith("(tidak biasa)")


def test_without_a_forecast_nothing_is_called_usual(tmp_path):
    region = {"kepesertaan": build_region("82.71")["kepesertaan"]}
    region["penduduk"] = build_region("82.71")["penduduk"]
    store_tables([region], tmp_path)
    page = build_area_briefing("82", "2025-11", root=tmp_path)
    part = page.find_bagian("peringkat")
    assert part.tables[0].baris[0][-1].teks == "–"
    assert part.kalimat == ()
