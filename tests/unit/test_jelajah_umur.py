"""The arrears board: ages, leavers, what-if."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.api.whatif import lay_out
from jkn_analysis.errors import InputError, StoreError
from jkn_analysis.jelajah.age import (
    ArrearsChoice,
    ask,
    build_corong,
    build_lines,
    measure_laju,
    read_sumber,
    sum_umur,
)
from jkn_analysis.skenario import TANPA


def arrears(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    """Build ageing rows from month, age and people."""
    months, ages, people = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "kode": "82.71",
            "periode": pd.to_datetime([f"{month}-01" for month in months]),
            "segmen": "PBPU",
            "kelas": 3,
            "umur_bulan": ages,
            "peserta_jiwa": people,
            "tunggakan_rp": [42_000 * count for count in people],
        }
    )


def test_ages_fall_into_the_groups_of_the_collectors():
    ages = [1, 3, 4, 12, 13, 24, 25]
    summed = sum_umur(arrears([("2025-01", age, 10) for age in ages]))
    counted = dict(zip(summed["kelompok_umur"], summed["peserta_jiwa"], strict=True))
    assert counted == {"1-3": 20, "4-12": 20, "13-24": 20, "25+": 10}


def test_who_is_not_a_month_older_the_next_month_has_left():
    laju = measure_laju(arrears([("2025-01", 1, 100), ("2025-02", 2, 60)]))
    assert laju.loc["1"].tolist() == [pytest.approx(0.4)]


def test_a_month_that_was_not_sent_leaves_a_gap():
    rows = [("2025-01", 1, 100), ("2025-03", 3, 60)]
    laju = measure_laju(arrears(rows))
    assert laju.shape[1] == 2
    assert np.isnan(laju.loc["1"]).all()


def test_the_funnel_counts_only_those_who_pay_themselves():
    iuran = pd.DataFrame(
        {
            "periode": pd.to_datetime(["2025-01-01"] * 2),
            "segmen": ["PBPU", "PPU-BU"],
            "ditagih_rp": [100, 900],
            "diterima_rp": [60, 900],
        }
    )
    empty = pd.DataFrame(
        columns=["periode", "kelompok_umur", "ukuran", "kuantil", "nilai"]
    )
    corong = build_corong(iuran, empty.astype({"kuantil": float}))
    assert corong["rp"].tolist()[:2] == [100.0, 60.0]
    assert corong["rp"].isna().tolist()[2:] == [True, True]


def test_untouched_sliders_change_nothing(processed: Path):
    sumber = read_sumber("82.71", root=processed)
    answer = ask(sumber, ArrearsChoice("82.71").skenario())
    dampak = lay_out(sumber.dasar, answer)
    assert ArrearsChoice("82.71").skenario() is TANPA
    assert (dampak["selisih"] == 0).all()
    assert (dampak["dasar"] == dampak["jika"]).all()


def test_a_write_off_lowers_arrears_and_a_cut_lowers_activity(processed: Path):
    sumber = read_sumber("82.71", root=processed)
    choice = ArrearsChoice(
        "82.71", mulai="2026-03", potong_pbi_persen=10.0, pemutihan_kelas=3
    )
    table = lay_out(sumber.dasar, ask(sumber, choice.skenario()))
    moved = table.set_index("ukuran")["selisih"]
    assert moved["tunggakan_peserta_rp"] < 0
    assert moved["aktif_jiwa"] < 0


def test_a_what_if_needs_its_month():
    with pytest.raises(InputError, match="bulan mulai belum dipilih"):
        ArrearsChoice("82.71", rehab_persen=5.0).skenario()


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [
        ("potong_pbi_persen", 51, "0 sampai 50"),
        ("kuota_persen", -51, "-50 sampai 50"),
        ("pemutihan_kelas", 4, "0 sampai 3"),
    ],
)
def test_what_no_slider_can_show_is_refused(name, value, limits):
    with pytest.raises(InputError, match=f"{name} {value} .*\n.*{limits}"):
        ArrearsChoice("82.71", **{name: value})


def test_a_region_without_ages_says_so(processed: Path):
    with pytest.raises(StoreError, match="tidak ada tunggakan menurut umur"):
        read_sumber("11.01", root=processed)


def test_a_slider_moves_the_picture_and_leaves_the_region_alone(processed: Path):
    from jkn_analysis.jelajah.tunggakan import ArrearsBoard

    board = ArrearsBoard(ArrearsChoice("82.71"), root=processed, reports=processed)
    ahead, age, *_ = (picture.shown for picture in board.pictures)
    table = board.bawah.value
    board.controls["potong_pbi_persen"].value = 10.0
    assert board.pictures[0].shown != ahead
    assert board.pictures[1].shown is age
    assert board.bawah.value != table
    assert "-p potong_pbi_persen 10.0" in board.salin.value
    board.wilayah.value = "Halut"
    assert board.pictures[1].shown != age
    assert "-r kode 82.03" in board.salin.value


def test_the_lines_of_a_cut_lie_under_those_without_it(processed: Path):
    sumber = read_sumber("82.71", root=processed)
    choice = ArrearsChoice("82.71", mulai="2025-12", potong_pbi_persen=20.0)
    lines = build_lines(sumber.dasar, ask(sumber, choice.skenario()))
    wide = lines.pivot_table(index="periode", columns="seri", values="nilai")
    assert (wide["Dengan pilihan ini"] < wide["Tidak ada yang berubah"]).all()
