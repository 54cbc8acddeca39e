"""Our own record: what earlier data months forecast, beside what came."""

from __future__ import annotations

import pandas as pd
import pytest

from jkn_analysis.briefing import build_area_briefing, build_briefing
from jkn_analysis.forecasting.told import build_record, summarise_record
from jkn_analysis.store import write_generation, write_table
from jkn_analysis.tables import conform
from tests.running.project import build_kepesertaan
from tests.unit.page_data import build_region, store_tables

KODE, RATE = "82.71", "keaktifan_penduduk_rate"


def ramalan(cutoff: str, **values: tuple[float, float, float]) -> pd.DataFrame:
    """Build forecasts from one month: ``m2025_11=(low, middle, high)``."""
    rows = []
    for month, nilai in values.items():
        periode = pd.Timestamp(f"{month[1:].replace('_', '-')}-01")
        for kuantil, value in zip((0.1, 0.5, 0.9), nilai, strict=True):
            head = [KODE, RATE, "total", pd.Timestamp(f"{cutoff}-01"), periode]
            rows.append([*head, "dasar", kuantil, value, None])
    names = ["kode", "indikator", "segmen", "cutoff", "periode", "skenario"]
    return pd.DataFrame(rows, columns=[*names, "kuantil", "nilai", "naif"])


def measured(**values: float) -> pd.DataFrame:
    rows = [
        [KODE, pd.Timestamp(f"{month[1:].replace('_', '-')}-01"), "total", RATE, value]
        for month, value in values.items()
    ]
    names = ["kode", "periode", "segmen", "indikator", "nilai"]
    return conform(pd.DataFrame(rows, columns=names), "ukuran")


def store_month(root, month: str, told: pd.DataFrame) -> None:
    panel = build_kepesertaan([KODE])
    with write_generation(root, by="uji", contoh=True) as draft:
        draft.put(panel[panel["periode"] <= f"{month}-01"], "kepesertaan")
        draft.put(told, "ramalan")


def test_each_month_forecast_before_stands_beside_what_came(tmp_path):
    store_month(
        tmp_path,
        "2025-09",
        ramalan("2025-09", m2025_10=(0.78, 0.79, 0.80), m2025_11=(0.77, 0.79, 0.81)),
    )
    store_month(tmp_path, "2025-10", ramalan("2025-10", m2025_11=(0.80, 0.81, 0.82)))
    store_month(tmp_path, "2025-11", ramalan("2025-11", m2025_12=(0.7, 0.8, 0.9)))
    ukuran = measured(m2025_10=0.795, m2025_11=0.79)
    found = build_record(tmp_path, ukuran, cutoff="2025-11")
    assert [
        (f"{r.dari:%m}", f"{r.periode:%m}", r.rendah, r.tinggi, r.nyata)
        for r in found.itertuples()
    ] == [
        ("09", "10", 0.78, 0.80, 0.795),
        ("09", "11", 0.77, 0.81, 0.79),
        ("10", "11", 0.80, 0.82, 0.79),
    ]
    earlier = build_record(tmp_path, ukuran, cutoff="2025-10")
    assert len(earlier) == 2
    assert set(earlier["dari"]) == {pd.Timestamp("2025-09-01")}


def test_nothing_forecast_before_is_no_record(tmp_path):
    store_month(tmp_path, "2025-11", ramalan("2025-11", m2025_12=(0.7, 0.8, 0.9)))
    found = build_record(tmp_path, measured(m2025_11=0.79), cutoff="2025-11")
    assert found.empty


@pytest.mark.parametrize("bahasa", ["id", "en"])
def test_the_page_says_what_we_forecast_and_what_came(tmp_path, bahasa):
    store_tables([build_region(KODE)], tmp_path)
    rows = [
        [KODE, "2025-06-01", "2025-11-01", 0.79, 0.80, 0.81, 0.79],
        [KODE, "2025-10-01", "2025-11-01", 0.80, 0.81, 0.82, 0.79],
    ]
    names = ["kode", "dari", "periode", "rendah", "tengah", "tinggi", "nyata"]
    record = pd.DataFrame(rows, columns=names)
    write_table(conform(record, "rekam"), "rekam", root=tmp_path)
    page = build_briefing(KODE, "2025-11", root=tmp_path, bahasa=bahasa)
    told = str(page)
    if bahasa == "id":
        assert (
            "Pada Juni 2025 kami memperkirakan 79,0%–81,0% untuk November 2025; "
            "menjadi 79,0%. Rentang kami memuat kenyataan 1 dari 2 kali."
        ) in told
    else:
        assert "In June 2025 we forecast 79.0%–81.0% for November 2025" in told


def test_the_record_sums_up_by_months_ahead():
    rows = [
        ["82.71", "2025-10-01", "2025-11-01", 0.78, 0.80, 0.82, 0.81],
        ["82.72", "2025-10-01", "2025-11-01", 0.78, 0.80, 0.82, 0.83],
        ["82.71", "2024-11-01", "2025-11-01", 0.70, 0.75, 0.80, 0.81],
    ]
    names = ["kode", "dari", "periode", "rendah", "tengah", "tinggi", "nyata"]
    found = summarise_record(conform(pd.DataFrame(rows, columns=names), "rekam"))
    assert found.index.tolist() == [1, 12]
    assert found["jumlah"].tolist() == [2, 1]
    assert found["kena_rate"].tolist() == [0.5, 0.0]
    assert found["galat_rate"].tolist() == pytest.approx([0.02, 0.06])


def test_no_record_sums_up_to_nothing():
    assert summarise_record(conform(pd.DataFrame(), "rekam")).empty


def test_the_page_of_a_province_tells_its_own_record(tmp_path):
    region = build_region(KODE)
    day, month = pd.Timestamp("2025-05-01"), pd.Timestamp("2025-11-01")
    row = ["82", day, month, 0.78, 0.79, 0.80, 0.795]
    names = ["kode", "dari", "periode", "rendah", "tengah", "tinggi", "nyata"]
    region["rekam"] = conform(pd.DataFrame([row], columns=names), "rekam")
    store_tables([region, build_region("82.72")], tmp_path)
    page = build_area_briefing("82", "2025-11", root=tmp_path)
    told = dict(page.layar.baris)
    assert any("78,0%" in text and "79,5%" in text for text in told.values()), told
