"""NIK: any cell, every region, the oracle of plain loops and an independent package."""

from __future__ import annotations

import calendar
import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from jkn_analysis.rekonsiliasi.nik import (
    StatusNik,
    parse_nik,
)
from jkn_analysis.wilayah import list_wilayah
from tests.rekonsiliasi_names import list_kode

PADA = dt.date(2025, 11, 30)
GOOD = "827103" + "410701" + "0001"
CODES = {kode.replace(".", "") for kode in list_kode()}


def status(*cells):
    return [StatusNik(code).name for code in parse_nik(list(cells), pada=PADA).status]


def oracle(text: str) -> bool:
    """Judge 16 plain digits one by one, as the rules are written."""
    if len(text) != 16 or not (text.isascii() and text.isdigit()):
        return False
    if len(set(text)) == 1 or text[:4] not in CODES or text[4:6] == "00":
        return False
    day, month, year = int(text[6:8]), int(text[8:10]), int(text[10:12])
    day -= 40 if day > 40 else 0
    if not 1 <= month <= 12 or day < 1:
        return False
    full = 2000 + year
    if (full, month, day) > (PADA.year, PADA.month, PADA.day):
        full = 1900 + year
    return day <= calendar.monthrange(full, month)[1] and text[12:] != "0000"


def draw(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    known = np.array([kode.replace(".", "") for kode in list_kode()])
    codes = np.where(rng.random(n) < 0.9, rng.choice(known, n), "8299")
    columns = [rng.integers(0, top, n) for top in (30, 80, 14, 100, 40)]
    return [
        f"{kode}{sub:02d}{day:02d}{month:02d}{year:02d}{serial:04d}"
        for kode, sub, day, month, year, serial in zip(codes, *columns, strict=True)
    ]


@pytest.mark.parametrize(
    ("cell", "verdict"),
    [
        (GOOD, "SAH"),
        ("'" + GOOD, "SAH"),
        (f' "{GOOD}" ', "SAH"),
        ("827103 410701 0001", "SAH"),
        ("82.71.03.410701.0001", "SAH"),
        (GOOD + ".0", "SAH"),
        ("\u00a0" + GOOD + "\u200b", "SAH"),
        ("8.271034107010001E+15", "SAH"),
        ("8,27103E+15", "TERPOTONG"),
        ("8.27103e15", "TERPOTONG"),
        ("", "KOSONG"),
        ("  ", "KOSONG"),
        (None, "KOSONG"),
        (GOOD[:15], "PANJANG"),
        (GOOD + "1", "PANJANG"),
        ("tidak ada", "BUKAN_ANGKA"),
        ("\uff18" + GOOD[1:], "BUKAN_ANGKA"),
        ("\u0668" + GOOD[1:], "BUKAN_ANGKA"),
        ("1" * 16, "BERULANG"),
        ("8299" + GOOD[4:], "WILAYAH"),
        ("827100" + GOOD[6:], "WILAYAH"),
        ("827103" + "810701" + "0001", "TANGGAL"),
        ("827103" + "300201" + "0001", "TANGGAL"),
        ("827103" + "290299" + "0001", "TANGGAL"),
        ("827103" + "290200" + "0001", "SAH"),
        ("827103" + "010026" + "0001", "TANGGAL"),
        (GOOD[:12] + "0000", "URUT"),
        (int(GOOD), "SAH"),
        (float(GOOD), "SAH"),
        (float("9271034107010001"), "TERPOTONG"),
    ],
)
def test_a_cell_gets_its_verdict(cell, verdict):
    assert status(cell) == [verdict]


def test_all_514_regencies_and_those_of_the_past_begin_a_nik():
    current = set(list_wilayah().query("jenis != 'provinsi'")["kode"])
    assert current == set(list_kode(lama=False))
    cells = [kode.replace(".", "") + GOOD[4:] for kode in list_kode()]
    assert parse_nik(cells, pada=PADA).sah.all()
    assert len(list_kode(lama=True)) == len(cells) - 514


def test_bulk_and_plain_loops_agree():
    cells = draw(20_000)
    assert parse_nik(pa.array(cells), pada=PADA).sah.tolist() == [
        oracle(cell) for cell in cells
    ]


def test_lokal_id_differs_only_on_regions_of_no_vintage():
    from lokal import nik as lokal

    cells = draw(20_000, seed=1)
    ours = parse_nik(pa.array(cells), pada=PADA)
    for cell, sah, verdict in zip(cells, ours.sah, ours.status, strict=True):
        theirs = lokal.parse_nik(cell, reference_date=PADA).valid
        assert sah == theirs or (theirs and verdict == StatusNik.WILAYAH)


def test_kinds_of_columns_give_one_answer():
    cells = [cell for cell in draw(300) if not cell.startswith("9")]
    numbers = np.array([int(cell) for cell in cells])
    expected = parse_nik(pa.array(cells), pada=PADA)
    for column in (
        cells,
        pd.Series(cells),
        pa.chunked_array([cells[:100], cells[100:]]),
        pa.array(cells).dictionary_encode(),
        pa.array(["x", *cells]).slice(1),
        numbers,
        pd.Series(numbers, dtype="Int64"),
        numbers.astype(float),
    ):
        found = parse_nik(column, pada=PADA)
        assert np.array_equal(found.status, expected.status)
        assert np.array_equal(found.nik, expected.nik)


def test_the_century_is_the_latest_that_is_not_in_the_future():
    leap_day = ["827103" + "290200" + "0001"]
    assert parse_nik(leap_day, pada=PADA).sah.all()
    assert not parse_nik(leap_day, pada=dt.date(1999, 12, 31)).sah.any()


def test_nothing_valid_is_read_out_of_a_refused_cell():
    parsed = parse_nik(["8,27103E+15", GOOD[:12] + "0000"], pada=PADA)
    assert not parsed.nik.any()
