"""Care in use and at risk: own rates, national ones starred, small counts hidden."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.layanan import Laju, Risiko, find_rates, prepare_layanan, publish
from jkn_analysis.measures import build_ukuran
from jkn_analysis.tables import conform
from tests.unit.page_data import build_region, store_tables

DAY = dt.date(2025, 11, 30)
CODES = ("82.71", "82.01")


def care(months: int = 3, kode: str = "82.71", **counts: object) -> pd.DataFrame:
    dates = pd.date_range(end="2025-11-01", periods=months, freq="MS")
    return conform(pd.DataFrame({"kode": kode, "periode": dates, **counts}), "layanan")


def active(*people: float) -> pd.Series:
    dates = pd.date_range(end="2025-11-01", periods=len(people), freq="MS")
    return pd.Series(people, index=dates, dtype="float64")


def test_an_own_rate_is_the_sum_of_care_over_the_sum_of_the_active():
    rows = care(rawat_inap=[500, 300, 400])
    found = find_rates(rows, active(90_000, 110_000, 100_000), tanggal=DAY)
    assert found["rawat_inap"] == Laju(1200 / 300_000)


@pytest.mark.parametrize(
    ("counts", "months"), [([500, 300], 2), ([500, None, 400], 3)], ids=str
)
def test_few_or_hidden_months_leave_the_national_rate(counts, months):
    rows = care(months, rawat_inap=counts)
    found = find_rates(rows, active(*[100_000] * months), tanggal=DAY)["rawat_inap"]
    # 12 million admissions of 248.771.083 participants in 2022: 48,2 per 1.000
    assert found.per_orang == pytest.approx(48.2 / 1000 / 12)
    assert found.aturan is not None
    assert found.aturan.kepastian == "dilaporkan"


def test_a_national_figure_is_not_used_before_it_was_published():
    nothing = care(3)
    early = find_rates(nothing, active(1.0), tanggal=dt.date(2023, 1, 31))
    assert sorted(early) == ["cuci_darah", "rawat_inap"]
    assert find_rates(nothing, active(1.0), tanggal=dt.date(2018, 6, 30)) == {}


def test_patients_on_dialysis_are_there_all_year_and_admissions_come_by_the_month():
    rates = find_rates(care(3), active(1.0), tanggal=DAY)
    # 40.000 inactive: 48,2 and 16,1 per 1.000 a year, 0,5 per 1.000 at any time
    assert Risiko(40_000, rates).harapan == {
        "rawat_inap": 161, "persalinan": 54, "cuci_darah": 20
    }  # fmt: skip


def test_small_counts_of_people_are_hidden_and_the_others_in_fives():
    rows = care(4, cuci_darah=[0, 1, 4, 13], klaim_tertunda=3)
    told = publish(rows)
    assert told["cuci_darah"].tolist()[0::3] == [0, 15]
    assert told["cuci_darah"].isna().tolist() == [False, True, True, False]
    assert told["klaim_tertunda"].eq(3).all()


def test_doctors_counted_within_a_year_stand_beside_the_visits():
    places = {"fktp": 9, "fkrtl": 1, "dokter": [20, 25]}
    when = pd.to_datetime(["2023-10-01", "2025-06-01"])
    counted = pd.DataFrame({"kode": "82.71", "periode": when, **places})
    tables = {
        "layanan": care(14, kunjungan_fktp=1000, keluhan_obat=1, keluhan_layanan=2)
    }
    tables["faskes"] = conform(counted, "faskes")
    found = prepare_layanan(tables)["dokter"].tolist()
    # October 2024 is within a year of October 2023, the months to May 2025 are not
    assert found[0] == 20
    assert pd.isna(found[1:8]).all()
    assert found[8:] == [25] * 6
    assert prepare_layanan(tables)["keluhan"].isna().all()  # one kind was not sent


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    root = tmp_path_factory.mktemp("processed")
    regions = [build_region(kode) for kode in ("82.71", "82.02", "82.01")]
    for kode, counts, region in (
        ("82.71", {"rawat_inap": 600, "klaim_tertunda_rp": 10**9}, regions[0]),
        ("82.02", {"rawat_inap": 300}, regions[1]),
    ):
        region["layanan"] = care(3, kode, **counts)
    del regions[2]["faskes"]
    names = ("kepesertaan", "penduduk", "layanan")
    both = {name: pd.concat([one[name] for one in regions[:2]]) for name in names}
    regions[0]["ukuran"] = build_ukuran(both)
    store_tables(regions, root)
    pages = {kode: build_briefing(kode, "2025-11", root=root) for kode in CODES}
    return pages | {"82": build_area_briefing("82", "2025-11", root=root)}


def test_page_and_mail_say_who_is_at_risk_by_the_regions_own_rate(pages):
    page = pages["82.71"]
    part = next(part for part in page.bagian if part.nama == "layanan")
    assert part.terlipat
    assert (
        part.kalimat[0] == "November 2025: 600 rawat inap, klaim tertunda Rp1,0 miliar."
    )
    own = page.find_figure("risiko_rawat_inap_jiwa")
    assert own is not None
    assert (own.source, f"{own.value} perlu rawat inap," in part.kalimat[1]) == (
        "layanan", True,
    )  # fmt: skip
    assert "melahirkan*" in part.kalimat[1]
    assert "Angka nasional" in part.kalimat[1]
    note = next(one for one in page.surat.kantor if one.kantor == "Dinas Kesehatan")
    assert part.kalimat[1] in note.kalimat


def test_without_the_tables_the_page_has_no_part_and_the_mail_stars_every_figure(pages):
    page = pages["82.01"]
    assert all(part.nama != "layanan" for part in page.bagian)
    note = next(one for one in page.surat.kantor if one.kantor == "Dinas Kesehatan")
    told = next(one for one in note.kalimat if "rawat inap" in one)
    assert "rawat inap*" in told


def test_a_sum_without_one_regions_care_is_not_the_areas_own_rate(pages):
    figure = pages["82"].find_figure("risiko_rawat_inap_jiwa")
    assert figure is not None
    assert figure.source.startswith("BPJS Kesehatan 30 Januari 2023")


def test_rates_stand_beside_the_provinsis(pages):
    part = next(part for part in pages["82.71"].bagian if part.nama == "layanan")
    (rates,) = (table for table in part.berkas if table.nama == "layanan_laju")
    ((name, own, province),) = rates.baris
    assert name.teks == "Rawat inap sebulan per 1.000 peserta aktif"
    aktif = pages["82.71"].find_figure("aktif_jiwa").value
    assert own.nilai == pytest.approx(600 / aktif * 1000)
    assert province.nilai is not None
    assert province.nilai != own.nilai
