"""Who came and left, and where the inactive are, on the page; nothing without them."""

from __future__ import annotations

import pandas as pd
import pytest

from jkn_analysis.briefing import build_briefing
from jkn_analysis.briefing.area_build import build_area_briefing
from jkn_analysis.tables import conform
from tests.unit.page_data import build_region, store_tables

MONTHS = ("2025-08-01", "2025-09-01", "2025-10-01", "2025-11-01")
ROWS = [
    ("luar", "PBI JK", "baru", 400),
    ("nonaktif", "PBI JK", "pbi_diaktifkan", 150),
    ("PBI JK", "nonaktif", "pbi_dihapus", 320),
    ("PBI JK", "nonaktif", "nik_tidak_padan", 60),
    ("PBI JK", "luar", "meninggal", 20),
    ("PPU-BU", "nonaktif", "berhenti_kerja", 90),
    ("PPU-BU", "PBPU", "pindah_segmen", 30),
]


def flows(kode: str, months=MONTHS) -> pd.DataFrame:
    names = ["segmen_asal", "segmen_tujuan", "sebab", "jiwa"]
    frame = pd.DataFrame(ROWS, columns=names)
    parts = [frame.assign(kode=kode, periode=pd.Timestamp(month)) for month in months]
    return conform(pd.concat(parts), "arus_kepesertaan")


def places(kode: str, names: list[str], idle: list[int | None]) -> pd.DataFrame:
    rows = pd.DataFrame({"kecamatan": names, "aktif_jiwa": 1000})
    rows["terdaftar_jiwa"] = [None if n is None else 1000 + n for n in idle]
    told = rows.assign(kode=kode, periode=pd.Timestamp("2025-11-01"), segmen="PBI JK")
    return conform(told, "kepesertaan_kecamatan")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    with_flows = build_region("82.71")
    with_flows["arus_kepesertaan"] = flows("82.71")
    names = ["Moti", "Pulau Hiri", "Ternate Selatan", "Ternate Utara"]
    idle = with_flows["kepesertaan"].query("segmen == 'PBI JK'").iloc[-1]
    people = int(idle["terdaftar_jiwa"] - idle["aktif_jiwa"])
    with_flows["kepesertaan_kecamatan"] = places(
        "82.71", names, [None, people // 10, people // 2, people // 5]
    )
    partly = build_region("82.01", penduduk=139_764, aktif=0.805)
    partly["arus_kepesertaan"] = flows("82.01", MONTHS[:2])
    with_flows["kohort_kembali"] = conform(
        pd.DataFrame(
            {
                "kode": "82.71", "kembali": pd.Timestamp("2025-08-01"),
                "periode": pd.date_range("2025-08-01", periods=4, freq="MS"),
                "rute": "pbi_diaktifkan", "masih_jiwa": [200, 180, 160, 100],
            }
        ),
        "kohort_kembali",
    )  # fmt: skip
    store_tables([with_flows, partly, build_region("82.02")], folder)
    return folder


@pytest.fixture(scope="module")
def page(root):
    return build_briefing("82.71", "2025-11", root=root)


def test_the_first_screen_says_who_came_and_who_left(page):
    # The last meeting saw August: three months of the rows above.
    label = next(name for name in dict(page.layar.baris) if name.startswith("Sejak"))
    told = dict(page.layar.baris)[label]
    assert "masuk 1.200, kembali 450, keluar 1.470" in told
    causes = "(PBI dihapus 960, berhenti kerja 270, NIK tidak padan 180)"
    assert causes in told


def test_the_figures_stand_in_the_page_object(page):
    found = {name: page.find_figure(f"arus_{name}_jiwa").value for name in
             ("masuk", "kembali", "keluar", "pindah")}  # fmt: skip
    assert found == {"masuk": 1200, "kembali": 450, "keluar": 1470, "pindah": 90}


def test_the_picture_leads_from_one_stock_to_the_other(page):
    part = page.find_bagian("arus")
    steps = part.gambar[0].rows
    sizes = [int(row.text.replace(".", "").replace("−", "-")) for row in steps]
    active = page.find_figure("aktif_jiwa").number
    opening = int(part.gambar[0].title.split(": ")[1].split(" ")[0].replace(".", ""))
    assert opening + sum(sizes) == active


def test_of_the_known_causes_the_share_for_paper_is_told(page):
    told = " ".join(page.find_bagian("arus").rinci)
    # 180 for their NIK, 60 died: 75 percent of 240; 1.470 - 240 others.
    assert "75%" in told
    assert "1.230 lainnya" in told


def test_how_many_of_the_returned_stay_is_told_with_its_interval(page):
    told = " ".join(page.find_bagian("arus").rinci)
    assert "(PBI diaktifkan kembali): 50% (43% sampai 57%)" in told
    assert "setelah 3 bulan" in told


def test_places_with_half_of_the_inactive_are_named_with_their_share(page):
    part = page.find_bagian("kecamatan")
    assert part.kalimat[0].startswith("1 dari 8 kecamatan memuat 50%")
    assert "Ternate Selatan" in part.kalimat[0]
    listed = [row[1].teks for row in part.berkas[0].baris]
    assert listed == ["Ternate Selatan", "Ternate Utara", "Moti", "Pulau Hiri"]
    assert part.berkas[0].baris[2][2].teks == "kurang dari 5"


@pytest.mark.parametrize("kode", ["82.01", "82.02"])
def test_without_flows_to_this_month_only_bounds_are_told(root, kode):
    page = build_briefing(kode, "2025-11", root=root)
    told = dict(page.layar.baris)
    assert not any("masuk" in text for text in told.values())
    part = page.find_bagian("arus")
    assert part.terlipat
    assert part.kalimat[0].startswith("Batas dari jumlah peserta saja")
    assert page.find_figure("arus_masuk_jiwa") is None
    assert "kecamatan" not in {part.nama for part in page.bagian}


def test_a_province_tells_flows_only_where_every_region_sent_them(root):
    page = build_area_briefing("82", "2025-11", root=root)
    assert page.find_figure("arus_masuk_jiwa") is None
    assert page.find_bagian("arus").terlipat


def test_the_mail_of_dinas_sosial_says_where_the_inactive_are(page):
    note = next(one for one in page.surat.kantor if one.kantor == "Dinas Sosial")
    assert any("dari 8 kecamatan memuat" in text for text in note.kalimat)
    assert {"kecamatan", "arus"} <= set(note.tabel)
