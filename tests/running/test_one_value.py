"""Every page of the sample, both languages: one quantity has one value everywhere."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.briefing.ask import list_today
from jkn_analysis.store import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from jkn_analysis.briefing import Briefing

PERIODE = "2025-11"
AREAS = ("19", "81", "82", "00")


@cache
def make_pages(root: Path, bahasa: str) -> dict[str, Briefing]:
    """Every region's page, its provinces' and the country's."""
    codes = sorted(read_table("uang", root=root)["kode"].unique())
    assert len(codes) == 28 + len(AREAS)
    builders = {2: build_area_briefing, 5: build_briefing}
    return {
        kode: builders[len(kode)](kode, PERIODE, root=root, bahasa=bahasa)
        for kode in codes
    }


def test_one_quantity_region_month_and_scenario_has_one_value(processed):
    seen: dict[tuple[object, ...], tuple[object, str]] = {}
    twice = []
    for bahasa in ("id", "en"):
        for kode, page in make_pages(processed, bahasa).items():
            assert page.figures
            for figure in page.figures:
                first = seen.setdefault(figure.key, (figure.value, f"{kode}.{bahasa}"))
                if first[0] != figure.value:
                    twice.append((figure.key, first, figure.value, kode))
    assert twice == []
    assert len({key[1] for key in seen}) == 28 + len(AREAS)


def test_stored_figures_are_the_pages_figures(processed):
    pages = make_pages(processed, "id")
    uang = read_table("uang", root=processed)
    middle = uang[uang["kuantil"].eq(0.5) & uang["tahun"].eq(2025)]
    for name in ("kurang_kas_desember_rp", "kewajiban_desember_rp", "pagu_rp"):
        for row in middle[middle["ukuran"].eq(name)].to_dict("records"):
            figure = pages[row["kode"]].find_figure(name)
            assert figure is not None, (row["kode"], name)
            assert figure.value == row["nilai"]


def test_a_page_that_is_short_of_cash_asks_for_it_on_the_first_screen(processed):
    short = 0
    for kode, page in make_pages(processed, "id").items():
        lacks = page.find_figure("kurang_kas_desember_rp")
        if "." not in kode or lacks is None or not lacks.value:
            continue
        short += 1
        today = {ask.rute: ask for ask in list_today(page.permintaan)}
        shift = today["geser_anggaran"]
        assert shift.rp == lacks.value, kode
        owes = page.find_figure("tunggakan_pemda_rp")
        assert owes is not None
        assert ("tunggakan" in shift.pendek) == (owes.value > 0)
        shown = [page.judul, *(told for _, told in page.layar.baris)]
        shown += [f"{ask.tindakan} {ask.tanpa} {ask.teks_rp}" for ask in today.values()]
        assert not any(re.search(r"Rp0(?![,.\d])", told) for told in shown), kode
    assert short == 22


def test_every_page_without_a_contract_on_file_asks_for_it_first(processed):
    skenario = read_table("skenario", root=processed)
    late = skenario[
        skenario["skenario"].eq("kuota_telat")
        & skenario["ukuran"].eq("aktif_jiwa")
        & skenario["kuantil"].eq(0.5)
        & skenario["periode"].eq("2026-01-01")
    ].set_index("kode")["selisih"]
    for kode, page in make_pages(processed, "id").items():
        if "." in kode:
            first = page.permintaan[0]
            assert first.rute == "pks", kode
            assert first.jiwa == round(-late[kode]) > 0
            assert "PKS 2026" in page.judul


def test_every_decision_is_a_figure_of_its_page(processed):
    for kode, page in make_pages(processed, "id").items():
        if "." not in kode:
            continue
        for ask in page.permintaan:
            people = page.find_figure(f"putusan_{ask.rute}_jiwa", skenario="dasar")
            money = page.find_figure(f"putusan_{ask.rute}_biaya_rp", skenario="dasar")
            assert (people.value if people else None) == ask.jiwa, (kode, ask.rute)
            if ask.rp is not None:
                assert money is not None
                assert round(money.value) == ask.rp


def test_debt_older_than_a_year_warns_of_what_the_law_leaves_open(processed):
    pages = make_pages(processed, "id")
    owed = read_table("utang_pemda", root=processed)
    now = owed[owed["jenis"].eq("nyata")].sort_values("periode").groupby("kode").last()
    warned = {
        kode
        for kode, page in pages.items()
        if any("DAU/DBH" in ask.tanpa for ask in page.permintaan)
    }
    old = now.index[now["hari_telat"].gt(365)]
    assert warned == {kode for kode in old if "." in kode}
    assert "82.71" in warned
    asks = {ask.rute: ask for ask in pages["82.71"].permintaan}
    assert "belum jelas" in asks["geser_anggaran"].tanpa


def test_steps_of_the_gap_are_whole_people_that_add_up(processed):
    asked = read_table("permintaan", root=processed)
    net = asked.groupby("kode")["bersih_jiwa"].sum()
    for kode, page in make_pages(processed, "id").items():
        lacks = page.find_figure("kurang_aktif_jiwa")
        if "." in kode and lacks is not None and lacks.value:
            assert net[kode] == lacks.value, kode


@pytest.mark.parametrize(
    ("kode", "people", "month", "enough", "less"),
    [("82.08", "15.595", "Rp589,5 juta", "10.618", "Rp401,4 juta")],
)
def test_taliabus_enrolment_has_its_price_beside_that_of_activity(
    processed, kode, people, month, enough, less
):
    asks = make_pages(processed, "id")[kode].permintaan
    told = next(ask.tindakan for ask in asks if ask.rute == "daftarkan_penduduk")
    assert f"daftarkan {people} penduduk" in told
    assert f"{month} sebulan" in told
    assert f"cukup {enough} orang, {less} sebulan" in told
