"""Participants by kecamatan: read at their level, small counts hidden, half found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.kecamatan import (
    TABLE,
    find_places,
    measure_kecamatan,
    order_visits,
    publish,
)
from jkn_analysis.places import list_kecamatan
from jkn_analysis.tables import conform

DELIVERY = """Peserta JKN menurut kecamatan
Kab/Kota;Kecamatan;Bulan;Segmen;Peserta Terdaftar;Peserta Aktif
Kota Ternate;Kec. Ternate Selatan;November 2025;PBI APBN;9.031;7.020
Kota Ternate;82.71.04;November 2025;PBI APBN;812;640
"""


def table(**active: tuple[int, int]) -> pd.DataFrame:
    names = sorted(list_kecamatan("82.71").values())
    rows = [
        {"kode": "82.71", "kecamatan": name, "periode": pd.Timestamp("2025-11-01"),
         "segmen": "PBI JK", "terdaftar_jiwa": on + off, "aktif_jiwa": on}
        for name, (on, off) in zip(names, active.values(), strict=False)
    ]  # fmt: skip
    return conform(pd.DataFrame(rows), TABLE)


def test_a_heading_kecamatan_keeps_the_finer_level(tmp_path):
    path = tmp_path / "kecamatan.csv"
    path.write_text(DELIVERY, encoding="utf-8")
    result = clean(TABLE, read_sheet(path))
    assert result.problems == []
    told = publish(result.frame).set_index("kecamatan")
    # Inactive 172 and 2.011: running sums 172 and 2.183 become 170 and 2.185.
    assert told["terdaftar_jiwa"].to_dict() == {"Ternate Selatan": 9035, "Moti": 810}
    assert set(told["kode"]) == {"82.71"}


def test_who_is_no_kecamatan_is_refused_without_its_name(tmp_path):
    path = tmp_path / "kecamatan.csv"
    text = DELIVERY.replace("Kec. Ternate Selatan", "Budi Santoso")
    path.write_text(text, encoding="utf-8")
    result = clean(TABLE, read_sheet(path))
    assert not result.ok
    assert "Budi" not in str(result.problems)


def test_counts_are_in_fives_and_add_up_to_within_two():
    told = publish(table(a=(123, 41), b=(67, 18), c=(9, 8), d=(1004, 333)))
    assert told["aktif_jiwa"].mod(5).eq(0).all()
    assert abs(told["aktif_jiwa"].sum() - 1203) <= 2
    idle = told["terdaftar_jiwa"] - told["aktif_jiwa"]
    assert abs(idle.sum() - 400) <= 2


def test_a_small_count_is_hidden_with_the_smallest_that_gives_it_room():
    told = publish(table(a=(3, 50), b=(9, 60), c=(40, 70), d=(80, 90)))
    assert told["aktif_jiwa"].isna().tolist() == [True, True, False, False]
    assert told["terdaftar_jiwa"].isna().tolist() == [True, True, False, False]


def test_a_nought_is_told_and_where_nothing_else_can_hide_it_is_hidden_too():
    told = publish(table(a=(0, 50), b=(90, 60), c=(40, 70)))
    assert told["aktif_jiwa"].tolist() == [0, 90, 40]
    alone = publish(table(a=(3, 50), b=(0, 60), c=(0, 70)))
    assert alone["aktif_jiwa"].isna().all()


@pytest.mark.parametrize("seed", range(6))
def test_an_attacker_with_the_exact_total_finds_no_hidden_count(seed):
    rng = np.random.default_rng(seed)
    draws = rng.choice([0, 1, 2, 3, 4, 6, 9, 30, 200], (8, 2))
    frame = table(**{str(i): (int(a), int(b)) for i, (a, b) in enumerate(draws)})
    told = publish(frame)["aktif_jiwa"].astype("Float64")
    shown = told.to_numpy(float, na_value=np.nan)
    hidden = np.isnan(shown)
    assert hidden[(frame["aktif_jiwa"] > 0) & (frame["aktif_jiwa"] < 5)].all()
    least = 0.0 if (frame["aktif_jiwa"].to_numpy()[hidden] == 0).any() else 1.0
    bounds = [
        (least, None) if h else (max(v - 4, 0), v + 4)
        for h, v in zip(hidden, shown, strict=True)
    ]
    total = [float(frame["aktif_jiwa"].sum())]
    for place in np.flatnonzero(hidden):
        goal = np.zeros(len(shown))
        goal[place] = 1
        ends = [
            sign * linprog(sign * goal, A_eq=[[1.0] * 8], b_eq=total, bounds=bounds).fun
            for sign in (1, -1)
        ]
        assert ends[1] - ends[0] >= 4


def test_two_spellings_of_a_place_are_one():
    frame = table(a=(100, 50), b=(30, 20))
    again = frame.assign(kecamatan=["TERNATE SELATAN", "Ternate Selatn"])
    told = publish(again)
    assert told["kecamatan"].tolist() == ["Ternate Selatan"]
    assert told["aktif_jiwa"].tolist() == [130]


def test_totals_beside_a_whole_split_are_not_told_twice():
    split = pd.concat([
        table(a=(100, 50)).assign(segmen=name)
        for name in ("PBI JK", "PBPU Pemda", "PPU-PN", "PPU-BU", "PBPU", "BP", "total")
    ])  # fmt: skip
    assert "total" not in set(publish(split)["segmen"])
    assert set(publish(split.iloc[[0, -1]])["segmen"]) == {"PBI JK", "total"}


def test_rates_need_both_counts():
    rows = measure_kecamatan(publish(table(a=(3, 50), b=(9, 60), c=(75, 25))))
    assert rows["keaktifan_terdaftar_rate"].isna().tolist() == [True, True, False]
    assert rows["keaktifan_terdaftar_rate"].iloc[2] == 0.75
    assert rows["nonaktif_jiwa"].iloc[2] == 25


def test_the_fewest_places_that_hold_half_are_named():
    names = sorted(list_kecamatan("82.71").values())
    people = [10, 20, 30, 40, 50, 60, 70, 120]
    counts = pd.DataFrame({"kecamatan": names, "jiwa": people})
    found = find_places(counts, kode="82.71", jiwa=400)
    assert found is not None
    assert found.nama == (names[7], names[6], names[5])
    assert (found.bagian_rate, found.semua) == (250 / 400, 8)
    assert find_places(counts, kode="82.71", jiwa=4000) is None


def test_visits_go_by_people_and_across_the_water_last():
    places = pd.DataFrame(
        {"kecamatan": ["Pulau Hiri", "Moti", "Ternate Utara"], "jiwa": [90, 20, 60]}
    )
    assert order_visits(places)["kecamatan"].tolist() == [
        "Ternate Utara", "Moti", "Pulau Hiri",
    ]  # fmt: skip
