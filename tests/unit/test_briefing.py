"""Every figure and sentence of a page, from made-up regions with awkward cases."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from pathlib import Path
from string import Formatter
from unittest.mock import Mock

import pandas as pd
import pytest

import jkn_analysis
from jkn_analysis.briefing import (
    Briefing,
    build_area_briefing,
    build_briefing,
    first_screen,
    money,
    outlook,
)
from jkn_analysis.briefing.ask import list_today
from jkn_analysis.briefing.context import find_tenggat
from jkn_analysis.briefing.data import add_months, parse_periode
from jkn_analysis.briefing.decisions import judge_decision
from jkn_analysis.briefing.model import Permintaan
from jkn_analysis.errors import (
    ConfigError,
    InputError,
    StoreError,
    UnknownNameError,
)
from jkn_analysis.store import write_generation
from jkn_analysis.texts import BAHASA, read_catalogue
from tests.unit.page_data import build_region, store_tables

PARTS = {
    "permintaan", "grafik", "tindak_lanjut", "uang", "tunggakan_pemda",
    "tunggakan_peserta", "segmen", "kuota", "faskes", "beda", "mutu",
    "cara", "asal",
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    debtors = build_region(
        "82.08", penduduk=66_361, cakupan=0.7, aktif=0.64, chance=0.01, debtors=60_000
    )
    migrants = build_region(
        "82.02", penduduk=106_500, cakupan=1.0939, aktif=0.8777, drift=0.0005,
        chance=0.99, unpaid=0, debtors=1_200,
    )  # fmt: skip
    falling = build_region(
        "82.01", penduduk=139_764, aktif=0.805, drift=-0.002, chance=0.6, unpaid=0
    )
    bare = build_region("82.72", penduduk=121_952, aktif=0.85)
    bare = {name: bare[name] for name in ("penduduk", "kepesertaan")}
    nameless = {"kepesertaan": build_region("82.05")["kepesertaan"]}
    indebted = build_region("82.07", aktif=0.87, drift=0, chance=0.97)
    regions = [
        build_region("82.71"),
        migrants,
        debtors,
        falling,
        bare,
        nameless,
        indebted,
    ]
    store_tables(regions, folder)
    return folder


def make(root, kode: str, **settings: str) -> Briefing:
    return build_briefing(kode, "2025-11", root=root, **settings)


def list_texts(value: object) -> list[str]:
    """Every text a page would show, however deep."""
    if isinstance(value, str):
        return [value]
    if dataclasses.is_dataclass(value):
        fields = [f.name for f in dataclasses.fields(value)]
        return [t for name in fields for t in list_texts(getattr(value, name))]
    if isinstance(value, (tuple, list)):
        return [t for part in value for t in list_texts(part)]
    return []


def position(page) -> str:
    return " ".join(text for text, _ in page.layar.ringkas)


def lines(page) -> dict[str, str]:
    return dict(page.layar.baris)


def test_the_first_decision_is_the_title(root):
    page = make(root, "82.71")
    # 12 bills of 1.096.200.000, 36 x 480.000.000 unpaid, 13,5 billion, 616.200.000
    # paid eleven times: 13.500.000.000 - 6.778.200.000 - 18.376.200.000
    assert page.judul == (
        "Kota Ternate: geser anggaran Rp11,7 miliar sebelum 31 Desember 2025 "
        "agar iuran yang jatuh tempo terbayar"
    )
    assert page.nada == "buruk"
    assert page.layar.putuskan[0] == page.permintaan[0]


def test_the_position_names_rate_denominator_date_and_gap(root):
    page = make(root, "82.71")
    assert position(page) == (
        "Sekarang 79,0% dari 210.836 penduduk adalah peserta aktif (30 November "
        "2025): kurang 2.110 orang dari syarat 80%."
    )
    assert [text for text, stands_out in page.layar.ringkas if stands_out] == [
        "79,0%", "kurang 2.110 orang",
    ]  # fmt: skip


def test_the_first_screen_says_what_to_decide_and_decembers_cash(root):
    page = make(root, "82.71")
    assert page.layar.putuskan[0].kantor == "BPKAD"
    assert len(page.layar.putuskan) == 3
    assert lines(page)["Kas tahun ini"] == (
        "Sisa pagu Rp6,7 miliar; tagihan sampai Desember Rp1,1 miliar; "
        "tunggakan Rp17,3 miliar: kurang Rp11,7 miliar."
    )
    moved = lines(page)["Sejak 12 September 2025"]
    assert "1 dari 3 keputusan selesai, 1 terlambat" in moved
    assert moved.startswith("+569 peserta aktif (PBI JK +239, ")


def test_every_decision_says_who_what_and_what_happens_without_it(root):
    asks = make(root, "82.08").permintaan
    assert all(ask.kantor and ask.tindakan and ask.tanpa for ask in asks)
    enrol = next(ask for ask in asks if ask.rute == "daftarkan_penduduk")
    assert enrol.kantor != "Dukcapil"
    # 65.034 (98% of 66.361) less 46.452 registered, 53.089 less 42.472 active
    assert "18.582 penduduk" in enrol.tindakan
    assert "cukup 10.617 orang, Rp401,3 juta sebulan" in enrol.tindakan
    assert "Rp702,4 juta sebulan" in enrol.tindakan
    assert enrol.rp == 18_582 * 37_800 * 12


def test_today_takes_the_first_of_each_kind_in_order():
    def one(kind: str, name: str) -> Permintaan:
        day = dt.date(2025, 12, 31)
        return Permintaan("BPKAD", name, None, None, day, sumber=kind)

    asks = [one("kontrak", "a"), one("kas", "b"), one("kas", "c"), one("celah", "d"),
            one("daftar", "e")]  # fmt: skip
    assert [ask.tindakan for ask in list_today(asks)] == ["a", "b", "d"]
    assert [ask.tindakan for ask in list_today(asks[1:3])] == ["b", "c"]
    assert [ask.tindakan for ask in list_today(asks[:3])] == ["a", "b", "c"]


def test_a_page_is_for_a_meeting_within_two_months_of_its_data(tmp_path):
    region = build_region("82.71")
    far = region["rapat"].assign(tanggal=pd.Timestamp("2026-02-01"))
    store_tables([{**region, "rapat": far}], tmp_path / "far")
    page = make(tmp_path / "far", "82.71")
    assert page.rapat is None
    assert page.kepala == "rapat belum dijadwalkan"
    near = region["rapat"].assign(tanggal=pd.Timestamp("2026-01-31"))
    store_tables([{**region, "rapat": near}], tmp_path / "near")
    assert make(tmp_path / "near", "82.71").rapat is not None


@pytest.mark.parametrize(
    ("status", "day", "told"),
    [
        ("berjalan", "2025-11-30", "terlambat"),
        ("berjalan", "2025-12-01", "berjalan"),
        ("belum", "2025-11-29", "terlambat"),
        ("selesai", "2025-01-01", "selesai"),
        ("batal", "2025-01-01", "batal"),
        ("terlambat", "2025-12-31", "terlambat"),
    ],
)
def test_a_decision_not_done_by_its_day_is_late(status, day, told):
    due = dt.date.fromisoformat(day)
    assert judge_decision(status, due, tanggal=dt.date(2025, 11, 30)) == told


def test_the_table_and_the_first_screen_count_the_late_alike(root):
    page = make(root, "82.71")
    rows = page.find_bagian("tindak_lanjut").tabel[0].baris
    late = [row for row in rows if row[1].teks.startswith("terlambat")]
    assert f"{len(late)} terlambat" in lines(page)["Sejak 12 September 2025"]


def test_coverage_of_109_percent_is_shown_as_it_is(root):
    page = make(root, "82.02")
    cover = page.find_figure("cakupan_rate")
    assert cover is not None
    assert cover.value == pytest.approx(1.0939, abs=1e-4)
    assert page.nada == "baik"
    assert "lebih 8.276 orang" in position(page)
    notes = " ".join(page.find_bagian("mutu").kalimat)
    assert "Terdaftar melebihi penduduk sebanyak 10.000 jiwa" in notes


def test_a_region_that_is_safe_is_asked_for_nothing(root):
    page = make(root, "82.02")
    assert page.judul.startswith("Kabupaten Halmahera Tengah: tidak ada yang mendesak")
    assert page.permintaan == page.layar.putuskan == ()
    assert lines(page)["Kas tahun ini"].endswith("cukup, lebih Rp345,6 juta.")
    told = page.find_bagian("permintaan").kalimat[0]
    assert told.startswith("Tidak ada yang harus diputuskan hari ini")


def test_a_region_about_to_fall_is_told_when(root):
    page = make(root, "82.01")
    assert page.judul.endswith("cegah turun di bawah 80%, diproyeksikan Februari 2026")


def test_arrears_of_the_government_bind_a_region_above_the_line(root):
    page = make(root, "82.07")
    assert page.permintaan[0].rute == "geser_anggaran"
    assert "UHC Prioritas tidak dapat diberikan" in page.permintaan[0].tanpa


def test_coverage_binds_taliabu_and_60000_debtors_fit(root):
    page = make(root, "82.08")
    gap = [ask.rute for ask in page.permintaan if ask.sumber == "celah"]
    assert gap[0] == "daftarkan_penduduk"
    assert "60.000 jiwa" in page.find_bagian("tunggakan_peserta").kalimat[0]


def test_a_part_without_data_takes_no_room_and_is_named_at_the_end(root):
    page = make(root, "82.72")
    names = {part.nama for part in page.bagian}
    assert not names & {
        "uang", "tunggakan_pemda", "tunggakan_peserta", "skenario", "faskes",
        "tindak_lanjut", "catatan", "kuota", "beda",
    }  # fmt: skip
    assert page.belum[0] == (
        "Iuran PBPU Pemda, pagu anggaran (dari BPKAD): apakah pagu cukup sampai "
        "Desember, berapa tunggakan Pemda, dan apakah UHC Prioritas dapat diminta."
    )
    assert not any("Kepesertaan" in text for text in page.belum)
    assert "tidak tersedia" not in " ".join(list_texts(page))
    assert page.kipas is not None
    assert page.kipas.periode_ramalan == ()


def test_without_population_there_is_no_rate_but_a_page(root):
    page = make(root, "82.05")
    assert "jumlah penduduk tidak tersedia" in page.judul
    assert page.kipas is None
    assert page.find_figure("keaktifan_penduduk_rate") is None
    assert page.find_bagian("segmen").gambar


def test_a_region_nobody_reported_is_named_and_asked_nothing(root):
    page = make(root, "82.06")
    assert page.judul.endswith("data kepesertaan tidak tersedia")
    assert page.nada == "netral"
    assert page.permintaan == ()
    assert page.belum[0].startswith("Kepesertaan (dari BPJS Kesehatan)")


@pytest.mark.parametrize("kode", ["82.71", "82.02", "82.08", "82.72", "82.05", "82.06"])
@pytest.mark.parametrize("bahasa", BAHASA)
def test_no_page_shows_python_or_a_hole_in_a_text(root, kode, bahasa):
    texts = list_texts(make(root, kode, bahasa=bahasa))
    joined = "\n".join(texts)
    assert not re.search(r"\b(nan|NaN|None|NaT|<NA>)\b", joined)
    assert not re.search(r"[{}]", joined)
    assert not [text for text in texts if "  " in text or " ." in text]


def test_an_earlier_month_is_told_as_it_was_stored_or_refused(tmp_path):
    november, october = build_region("82.71"), build_region("82.71")
    for name in ("kepesertaan", "tunggakan_peserta", "iuran_pemda"):
        rows = october[name]
        october[name] = rows[rows["periode"] < "2025-11-01"]
    for name in ("ramalan", "peluang"):
        del october[name]
    store_tables([october], tmp_path)
    store_tables([november], tmp_path)
    page = build_briefing("82.71", "2025-10", root=tmp_path)
    assert "(31 Oktober 2025)" in position(page)
    assert page.kipas is not None
    assert max(page.kipas.periode) == parse_periode("2025-10")
    assert page.kipas.periode_ramalan == ()
    with pytest.raises(StoreError, match=r"2025-09 \(stored: 2025-10, 2025-11\)"):
        build_briefing("82.71", "2025-09", root=tmp_path)


def test_a_late_delivery_is_said_beside_the_position(root):
    page = build_briefing("82.71", "2026-01", root=root)
    assert "Data Januari 2026 belum masuk" in position(page)


def test_every_part_with_data_is_there(root):
    names = {part.nama for part in make(root, "82.71").bagian}
    assert names >= PARTS


def test_the_workbook_has_the_charts_numbers(root):
    page = make(root, "82.71")
    assert page.kipas is not None
    rows = page.find_bagian("grafik").berkas[0].baris
    assert len(rows) == len(page.kipas.periode) + len(page.kipas.periode_ramalan)
    now = rows[len(page.kipas.periode) - 1]
    assert now[1].nilai == page.kipas.nilai[-1]


def test_the_alt_text_carries_the_numbers(root):
    page = make(root, "82.71")
    assert page.kipas is not None
    for told in ("79,0%", "Desember 2025", "78,9%", "80%"):
        assert told in page.kipas.alt


def test_published_figures_stand_beside_ours(root):
    table = make(root, "82.71").find_bagian("beda").tabel[0]
    published, own = table.baris[0][1], table.baris[0][2]
    assert published.teks == own.teks == "79,00%"


def test_segment_rates_are_over_registered_members(root):
    part = make(root, "82.71").find_bagian("segmen")
    assert "bukan terhadap penduduk" in part.lipat[0].catatan
    total = part.lipat[0].baris[-1]
    assert total[1].nilai - total[2].nilai == total[3].nilai
    assert total[4].nilai == pytest.approx(total[2].nilai / total[1].nilai)


def test_another_source_that_changes_the_verdict_is_told(tmp_path):
    region = build_region("82.71", aktif=0.798)
    older = region["penduduk"].assign(
        sumber="Dukcapil sem I 2024", penduduk_jiwa=209_000
    )
    older["berlaku_mulai"] = pd.Timestamp("2021-01-01")
    region["penduduk"] = pd.concat([older, region["penduduk"]])
    store_tables([region], tmp_path / "p")
    page = make(tmp_path / "p", "82.71")
    assert page.kipas is not None
    assert "Dengan penduduk Dukcapil sem I 2024 (209.000 jiwa)" in page.kipas.catatan
    assert "memenuhi syarat" in page.kipas.catatan


def test_a_change_of_the_denominator_is_marked(tmp_path):
    region = build_region("82.71")
    newer = region["penduduk"].assign(
        sumber="Dukcapil sem I 2025", penduduk_jiwa=212_000
    )
    newer["berlaku_mulai"] = pd.Timestamp("2025-07-01")
    region["penduduk"] = pd.concat([region["penduduk"], newer])
    store_tables([region], tmp_path / "p")
    page = make(tmp_path / "p", "82.71")
    assert page.kipas is not None
    assert [mark.periode.month for mark in page.kipas.ganti_penyebut] == [7]
    assert "Sumber jumlah penduduk berganti pada Jul 2025" in page.kipas.catatan


def test_the_meeting_named_is_the_pages(root):
    page = make(root, "82.71", rapat="R1-82.71")
    assert page.rapat is not None
    assert page.rapat.tanggal.month == 9
    assert "keputusan" not in " ".join(lines(page).values())


def test_an_unknown_meeting_is_refused(root):
    with pytest.raises(InputError, match="rapat 'R9': not a meeting"):
        make(root, "82.71", rapat="R9")


@pytest.mark.parametrize("text", ["2025-13", "Nov 2025", "2025"])
def test_a_month_that_is_none_is_refused(root, text):
    with pytest.raises(InputError, match="write it as 2025-11"):
        build_briefing("82.71", text, root=root)


def test_an_unknown_region_is_refused(root):
    with pytest.raises(UnknownNameError):
        make(root, "99.99")


def test_sample_data_are_marked_and_others_are_not(root, tmp_path):
    assert make(root, "82.71").contoh
    store_tables([build_region("82.71")], tmp_path / "p", contoh=False)
    assert not make(tmp_path / "p", "82.71").contoh


def test_deadlines_move_to_the_next_year_after_december():
    assert find_tenggat(parse_periode("2025-11"), 12) == parse_periode("2025-12")
    assert find_tenggat(parse_periode("2025-12"), 12) == parse_periode("2026-12")
    assert add_months(parse_periode("2025-11"), -12) == parse_periode("2024-11")


def test_english_has_the_same_figures(root):
    indonesian, english = make(root, "82.71"), make(root, "82.71", bahasa="en")
    assert english.judul.startswith("Kota Ternate: shift Rp11.7 billion of budget")
    values = [[(f.key, f.value) for f in p.figures] for p in (indonesian, english)]
    assert values[0] == values[1]


def test_an_unknown_language_is_refused(root):
    with pytest.raises(ConfigError, match="choose one of: id, en"):
        make(root, "82.71", bahasa="fr")


def _keys(bahasa: str) -> dict[str, set[str]]:
    """Keys without their plural form, and the values each text takes."""
    found: dict[str, set[str]] = {}
    for key, text in read_catalogue(bahasa).texts.items():
        base = re.sub(r"\.(one|other)$", "", key)
        names = {name for _, name, _, _ in Formatter().parse(text) if name}
        found.setdefault(base, set()).update(names)
    return found


def test_both_catalogues_say_the_same_things():
    indonesian, english = _keys("id"), _keys("en")
    assert set(indonesian) == set(english)
    assert {k: v for k, v in indonesian.items() if v - english[k]} == {}
    assert {k: v for k, v in english.items() if v - indonesian[k] - {"n"}} == {}


def test_every_text_of_the_catalogue_is_said_somewhere():
    package = Path(jkn_analysis.__file__).parent
    files = [p for p in package.rglob("*") if p.suffix in {".py", ".j2", ".html"}]
    source = "".join(path.read_text("utf-8") for path in files)
    said = set(re.findall(r"[\"']([a-z_0-9]+(?:\.[a-z_0-9]+)+)[\"']", source))
    composed = re.findall(
        r'f"([a-z_0-9]+\.(?:[a-z_0-9.]|\{[^}]+\})*\{[^}]+\}[a-z_0-9.]*)"', source
    )
    shapes = [re.sub(r"\{[^}]+\}", "[a-z_0-9.]+", text) for text in set(composed)]
    # Of a part taken whole, as `under` gives it, the last names of its keys are said.
    names = r"[\"']([a-z_]+)[\"']|\bt\.([a-z_]+)|f\"([a-z]+_)\{"
    last = {name for found in re.findall(names, source) for name in found if name}
    for part in re.findall(r'under\("([a-z_]+)"\)', source):
        rests = {key: key.rpartition(".")[2] for key in _keys("id")}
        said |= {
            key
            for key, rest in rests.items()
            if key.startswith(f"{part}.")
            and (rest in last or f"{rest.partition('_')[0]}_" in last)
        }
    unsaid = [
        key
        for key in _keys("id")
        if key not in said and not any(re.fullmatch(shape, key) for shape in shapes)
    ]
    assert unsaid == []


@pytest.mark.parametrize(
    ("count", "told"), [(1, "1 active member over"), (2, "members")]
)
def test_english_counts_in_singular_and_plural(count, told):
    values = {"nama": "Kota X", "lebih": str(count), "n": count, "target": "80%"}
    assert told in read_catalogue("en").say("judul.aman", values)


def test_an_area_is_the_sum_of_its_parts(root):
    page = build_area_briefing("82", "2025-11", root=root)
    assert page.jenis == "provinsi"
    assert page.judul.startswith("Maluku Utara")
    rows = page.find_bagian("peringkat").lipat[0].baris
    gaps = [row[2].nilai for row in rows if row[2].nilai is not None]
    assert gaps == sorted(gaps, reverse=True)
    assert "(data 7 dari 10 daerah)" in page.judul


def test_the_strip_of_an_area_marks_each_region_and_then_where_the_area_goes(processed):
    strip = build_area_briefing("82", "2025-11", root=processed).layar.strip
    parts, *futures = strip.rows
    below = [span for span in parts.spans if span.role == "batas"]
    assert (len(parts.spans), len(below)) == (10, 3)
    assert parts.text == "7 dari 10 di atas 80%"
    assert [row.dot is not None for row in futures] == [True] * len(futures)
    assert strip.low <= min(span.low for span in parts.spans)


@pytest.mark.parametrize("kode", ["82", "00"])
def test_the_title_of_an_area_is_a_few_words(processed, kode):
    assert len(build_area_briefing(kode, "2025-11", root=processed).judul) <= 120


def test_a_threat_that_leads_above_the_usual_leaves_the_strip(processed, monkeypatch):
    def raise_cut(context, found=outlook.find_effects):
        return [
            dataclasses.replace(one, rate=0.9) if one.skenario == "potong_pbi" else one
            for one in found(context)
        ]

    for module in (first_screen, money, outlook):
        monkeypatch.setattr(module, "find_effects", raise_cut)
    page = build_briefing("19.71", "2025-11", root=processed)
    labels = [row.label for row in page.layar.strip.rows]
    assert labels == ["bila berjalan seperti biasa", "bila PKS terlambat dua bulan*"]


def test_a_scenario_is_told_by_a_month_it_moves(processed):
    for kode in ("19.71", "82.04"):
        page = build_briefing(kode, "2025-11", root=processed)
        (table,) = page.find_bagian("skenario").lipat
        assert all(row[2].nilai for row in table.baris)


def test_a_country_known_in_part_is_not_called_the_country(processed):
    page = build_area_briefing("00", "2025-11", root=processed)
    assert page.judul.startswith("Indonesia (data 28 dari 514 daerah)")


def test_an_area_without_the_population_of_one_part_has_no_rate(root):
    page = build_area_briefing("82", "2025-11", root=root)
    assert page.find_figure("keaktifan_penduduk_rate") is None


def test_an_area_nobody_reported_gets_a_page_that_says_so(root):
    page = build_area_briefing("81", "2025-11", root=root)
    assert page.judul.endswith("data kepesertaan tidak tersedia")
    assert page.bagian == ()


def refuse(root, kode, **fields):
    """Note in the manifest that a delivery of a region is refused."""
    told = {
        "file": "des/kepesertaan_82.csv",
        "table": "kepesertaan",
        "sebab": "ditolak",
    }
    told |= {"tiba": "2025-12-03", "cells": 1, "kode": [kode], "dipakai": {}, **fields}
    with write_generation(root, by="uji") as draft:
        draft.tell(refused=[told])


def test_a_refused_delivery_is_said_on_the_pages_it_concerns(tmp_path):
    store_tables([build_region("82.71"), build_region("82.72")], tmp_path)
    untouched = make(tmp_path, "82.72")
    refuse(tmp_path, "82.71", dipakai={"tiba": "2025-11-05"})
    assert position(make(tmp_path, "82.71")).endswith(
        "Berkas kepesertaan_82.csv diterima 3 Desember 2025, ditolak: 1 sel (dipakai "
        "isi 5 November 2025)."
    )
    assert make(tmp_path, "82.72") == untouched
    english = position(make(tmp_path, "82.71", bahasa="en"))
    assert "received 3 December 2025, was refused: 1 cell (" in english


def test_a_month_refused_is_not_said_to_have_never_come(tmp_path):
    store_tables([build_region("82.71")], tmp_path)
    refuse(tmp_path, "82.71", tiba="2026-01-04", cells=2)
    told = position(build_briefing("82.71", "2025-12", root=tmp_path))
    assert "belum masuk" not in told
    assert told.endswith("diterima 4 Januari 2026, ditolak: 2 sel.")


@pytest.mark.parametrize(
    "kode", ["91", "92", "94", "96", "91.03", "92.02", "94.01", "96.01"]
)
def test_a_page_takes_codes_as_ours_where_bps_has_other_digits(monkeypatch, kode):
    read = Mock(side_effect=StoreError("seen"))
    what = "build.read_slice" if "." in kode else "area_build.read_area"
    monkeypatch.setattr(f"jkn_analysis.briefing.{what}", read)
    make = build_briefing if "." in kode else build_area_briefing
    with pytest.raises(StoreError, match="seen"):
        make(kode, "2025-11", root=Path())
    assert read.call_args.args == (kode, "2025-11")
