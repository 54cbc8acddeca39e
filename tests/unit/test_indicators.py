"""Rates are ratios of sums over a dated denominator; a missing part is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.indicators import (
    INDICATORS,
    attach_penduduk,
    explain_change,
    find_penduduk,
    measure,
    sum_tunggakan_pemda,
)
from jkn_analysis.measures import CAMPURAN, build_ukuran
from jkn_analysis.tables import check, conform
from jkn_analysis.terms import SEGMEN
from jkn_analysis.wilayah import read_penduduk

TOP = Path(__file__).resolve().parents[2]


def make_panel(
    rows: list[tuple[str, str, str, float | None, float | None]],
) -> pd.DataFrame:
    names = ["kode", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa"]
    frame = pd.DataFrame(rows, columns=names)
    frame["periode"] = pd.to_datetime(frame["periode"]).astype("datetime64[us]")
    for name in ("nonaktif_menunggak_jiwa", "nonaktif_mutasi_jiwa"):
        frame[name] = pd.array([pd.NA] * len(frame), dtype="Int64")
    return frame


def make_penduduk(rows: list[tuple[str, str, str, int]]) -> pd.DataFrame:
    names = ["kode", "sumber", "berlaku_mulai", "penduduk_jiwa"]
    frame = pd.DataFrame(rows, columns=names)
    frame["berlaku_mulai"] = pd.to_datetime(frame["berlaku_mulai"])
    return conform(frame, "penduduk")


def look(ukuran: pd.DataFrame, kode: str, indikator: str, segmen: str = "total"):
    chosen = (
        (ukuran["kode"] == kode)
        & (ukuran["indikator"] == indikator)
        & (ukuran["segmen"] == segmen)
    )
    return ukuran[chosen].set_index("periode")["nilai"]


def test_rate_is_weighted_by_peserta():
    panel = make_panel(
        [
            ("82.71", "2025-07-01", "PPU-BU", 900, 810),
            ("82.71", "2025-07-01", "PBPU", 100, 40),
        ]
    )
    rate = measure(panel, INDICATORS["keaktifan_terdaftar_rate"], by=["periode"])
    assert rate["value"].tolist() == [0.85]


def test_a_denominator_of_zero_gives_missing_not_infinity():
    panel = make_panel([("82.71", "2025-07-01", "BP", 0, 0)])
    rate = measure(panel, INDICATORS["keaktifan_terdaftar_rate"])
    assert rate["value"].isna().all()


def test_measuring_leaves_the_input_alone():
    panel = make_panel([("82.71", "2025-07-01", "BP", 10, 5)])
    before = panel.copy(deep=True)
    measure(panel, INDICATORS["keaktifan_terdaftar_rate"])
    pd.testing.assert_frame_equal(panel, before)


def test_the_source_in_force_at_the_end_of_the_month_counts():
    people = make_penduduk(
        [("82.71", "sem I", "2024-07-01", 100), ("82.71", "sem II", "2025-01-15", 110)]
    )
    months = pd.Series(
        pd.to_datetime(["2024-12-01", "2025-01-01", "2023-01-01"])
    ).astype("datetime64[us]")
    found = find_penduduk(people, months).set_index("periode")
    assert found["sumber"].tolist() == ["sem I", "sem I", "sem II"]
    assert found["penduduk_jiwa"].tolist() == [100, 100, 110]


def test_a_named_source_is_used_for_every_month():
    people = make_penduduk(
        [("82.71", "sem I", "2024-07-01", 100), ("82.71", "sem II", "2025-01-15", 110)]
    )
    months = pd.Series(pd.to_datetime(["2025-06-01"])).astype("datetime64[us]")
    found = find_penduduk(people, months, sumber_penduduk="sem I")
    assert found["penduduk_jiwa"].tolist() == [100]


def test_a_region_without_population_has_no_rate():
    panel = make_panel([("82.71", "2025-07-01", "BP", 10, 5)])
    people = make_penduduk([("82.72", "sem I", "2024-07-01", 100)])
    assert attach_penduduk(panel, people)["penduduk_jiwa"].isna().all()


def make_pemda(rows: list[tuple[str, int, int, int | None]]) -> pd.DataFrame:
    names = ["periode", "tagihan_rp", "dibayar_rp", "tunggakan_awal_rp"]
    frame = pd.DataFrame(rows, columns=names).assign(
        kode="82.71", kuota_jiwa=10, terisi_jiwa=8, tanggal_bayar=pd.NaT
    )
    frame["periode"] = pd.to_datetime(frame["periode"])
    return conform(frame, "iuran_pemda")


def test_arrears_add_up_from_the_opening_balance():
    table = make_pemda([("2025-01-01", 10, 4, 100), ("2025-02-01", 10, 20, None)])
    assert sum_tunggakan_pemda(table).tolist() == [106, 96]


def test_a_new_opening_balance_replaces_the_sum():
    table = make_pemda([("2025-01-01", 10, 10, 0), ("2025-02-01", 10, 10, 7)])
    assert sum_tunggakan_pemda(table).tolist() == [0, 7]


def test_a_missing_month_makes_later_arrears_missing_until_a_balance_is_given():
    table = make_pemda(
        [
            ("2025-01-01", 10, 10, 0),
            ("2025-03-01", 10, 10, None),
            ("2025-04-01", 10, 10, None),
            ("2025-05-01", 10, 8, 5),
        ]
    )
    owed = sum_tunggakan_pemda(table)
    assert np.isnan(owed.iloc[1])
    assert np.isnan(owed.iloc[2])
    assert owed.iloc[3] == 7


def make_tables() -> dict[str, pd.DataFrame]:
    rows = []
    for kode, size in (("82.71", 100), ("82.72", 50), ("81.01", 40)):
        for month in ("2025-01-01", "2025-02-01"):
            rows += [(kode, month, name, size, size // 2) for name in SEGMEN]
    people = [
        ("82.71", "A", "2024-01-01", 700),
        ("82.72", "A", "2024-01-01", 350),
        ("81.01", "A", "2024-01-01", 300),
    ]
    return {"kepesertaan": make_panel(rows), "penduduk": make_penduduk(people)}


def test_sums_agree_from_segmen_to_country():
    ukuran = build_ukuran(make_tables())
    check(ukuran, "ukuran")
    parts = sum(look(ukuran, "82.71", "aktif_jiwa", name).iloc[0] for name in SEGMEN)
    assert look(ukuran, "82.71", "aktif_jiwa").iloc[0] == parts == 300
    assert look(ukuran, "82", "aktif_jiwa").iloc[0] == 450
    assert look(ukuran, "00", "aktif_jiwa").iloc[0] == 570
    rate = look(ukuran, "82", "keaktifan_penduduk_rate").iloc[0]
    assert rate == pytest.approx(450 / 1050)


def test_coverage_times_activity_is_activity_over_population():
    ukuran = build_ukuran(make_tables())
    for kode in ("82.71", "82", "00"):
        product = look(ukuran, kode, "cakupan_rate") * look(
            ukuran, kode, "keaktifan_terdaftar_rate"
        )
        direct = look(ukuran, kode, "keaktifan_penduduk_rate")
        np.testing.assert_allclose(product, direct)


def test_the_vectorised_rates_equal_the_plain_measure():
    tables = make_tables()
    ukuran = build_ukuran(tables)
    plain = measure(
        tables["kepesertaan"],
        INDICATORS["keaktifan_terdaftar_rate"],
        by=["kode", "periode", "segmen"],
    )
    for row in plain.to_dict("records"):
        value = look(ukuran, row["kode"], row["indicator"], row["segmen"])
        assert value[row["periode"]] == row["value"]


def test_a_region_that_did_not_report_blanks_the_provinsi_only():
    tables = make_tables()
    panel = tables["kepesertaan"]
    late = (panel["kode"] == "82.72") & (panel["periode"] == "2025-02-01")
    ukuran = build_ukuran({**tables, "kepesertaan": panel[~late]})
    assert list(look(ukuran, "82", "aktif_jiwa").index.month) == [1]
    assert list(look(ukuran, "82.71", "aktif_jiwa").index.month) == [1, 2]
    assert look(ukuran, "82", "keaktifan_penduduk_rate").isna().tolist() == [
        False,
        True,
    ]


def test_a_segmen_that_disappears_blanks_the_total_and_one_that_begins_does_not():
    tables = make_tables()
    panel = tables["kepesertaan"]
    gone = (panel["kode"] == "82.71") & (panel["segmen"] == "BP")
    second = panel["periode"] == "2025-02-01"
    ended = build_ukuran({**tables, "kepesertaan": panel[~(gone & second)]})
    begun = build_ukuran({**tables, "kepesertaan": panel[~(gone & ~second)]})
    assert list(look(ended, "82.71", "aktif_jiwa").index.month) == [1]
    assert look(begun, "82.71", "aktif_jiwa").tolist() == [250, 300]


def test_parts_of_different_sources_are_called_mixed():
    tables = make_tables()
    people = tables["penduduk"].assign(
        sumber=lambda t: t["sumber"].where(t["kode"] != "82.72", "B")
    )
    ukuran = build_ukuran({**tables, "penduduk": people})
    named = ukuran[ukuran["indikator"] == "cakupan_rate"].drop_duplicates("kode")
    assert named.set_index("kode")["sumber_penyebut"].to_dict() == {
        "00": CAMPURAN, "81": "A", "82": CAMPURAN,
        "81.01": "A", "82.71": "A", "82.72": "B",
    }  # fmt: skip


def test_row_order_does_not_matter():
    tables = make_tables()
    shuffled = tables["kepesertaan"].sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        build_ukuran(tables), build_ukuran({**tables, "kepesertaan": shuffled})
    )


def test_money_is_measured_where_it_was_delivered():
    tables = make_tables()
    tables["iuran_pemda"] = make_pemda([("2025-01-01", 10, 4, 100)])
    budget = pd.DataFrame(
        [("82.71", 2025, "APBD", 50, -10)],
        columns=["kode", "tahun", "sumber_dana", "pagu_rp", "pergeseran_rp"],
    )
    tables["anggaran"] = conform(budget, "anggaran")
    ukuran = build_ukuran(tables)
    assert look(ukuran, "82.71", "tunggakan_pemda_rp").tolist() == [106]
    assert look(ukuran, "82.71", "serapan_kuota_rate").tolist() == [0.8]
    assert look(ukuran, "82.71", "serapan_anggaran_rate").tolist() == [0.1]


def test_a_source_counts_from_the_month_in_which_it_begins_and_no_earlier():
    people = make_penduduk(
        [("82.71", "lama", "2024-07-01", 100), ("82.71", "baru", "2025-02-28", 110)]
    )
    months = pd.Series(pd.to_datetime(["2025-01-01", "2025-02-01"]))
    found = find_penduduk(people, months.astype("datetime64[us]"))
    assert found["sumber"].tolist() == ["lama", "baru"]


def test_where_no_opening_balance_was_given_the_first_month_starts_from_nothing():
    table = make_pemda([("2025-01-01", 10, 4, None), ("2025-02-01", 10, 10, None)])
    assert sum_tunggakan_pemda(table).tolist() == [6, 6]


def test_a_region_that_sends_totals_alone_stands_beside_those_with_a_split():
    rows = [
        ("82.71", "PBPU", 900, 810),
        ("82.71", "BP", 100, 40),
        ("82.03", "total", 50, 25),
    ]
    month = pd.Timestamp(2025, 10, 1)
    panel = pd.DataFrame(
        [(kode, month, *rest) for kode, *rest in rows],
        columns=["kode", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa"],
    )
    panel = conform(panel, "kepesertaan")
    measured = build_ukuran({"kepesertaan": panel, "penduduk": read_penduduk()})
    own = measured[measured["indikator"] == "keaktifan_terdaftar_rate"]
    values = own.set_index(["kode", "segmen"])["nilai"]
    assert not own.duplicated(["kode", "segmen"]).any()
    assert values["82.71", "total"] == 0.85
    assert values["82.03", "total"] == 0.5
    assert values["82", "total"] == pytest.approx(875 / 1050)
    assert pd.isna(values.get(("82.03", "PBPU")))


def test_a_change_is_split_into_members_and_activity_to_the_person():
    panel = make_panel(
        [
            ("82.71", "2024-11-01", "PBPU", 1000, 600),
            ("82.71", "2025-11-01", "PBPU", 900, 450),
            ("82.71", "2024-11-01", "BP", 100, 50),
            ("82.71", "2025-11-01", "BP", 120, 60),
            ("82.71", "2025-11-01", "PPU-BU", 10, 9),
        ]
    )
    old, new = pd.Timestamp("2024-11-01"), pd.Timestamp("2025-11-01")
    told = explain_change(panel, since=old, until=new).set_index("segmen")
    assert told.loc["PBPU"].tolist() == [-150, -60, -90]
    assert told.loc["BP"].tolist() == [10, 10, 0]
    assert told.loc["PPU-BU"].tolist() == [9, 0, 9]
    assert explain_change(panel, since=pd.Timestamp("2020-01-01"), until=new).empty
