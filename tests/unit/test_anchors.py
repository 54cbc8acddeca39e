"""Published figures come out of the raw files: read, cleaned, stored, summed.

Each test starts from ``data/raw/contoh``; nothing here uses the generator except the
test that the two agree.
"""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from jkn_analysis.cleaning import build
from jkn_analysis.cleaning.builder import PUBLISHED
from jkn_analysis.config import read_config
from jkn_analysis.store import read_table
from jkn_analysis.tables import DELIVERED
from jkn_sample import build_tables

pytestmark = pytest.mark.xdist_group("contoh")
SUMBER = "Dukcapil sem II 2024"


@pytest.fixture(scope="module")
def root(top, tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    config = read_config(root=top)
    paths = config.paths.model_copy(update={"processed": folder})
    settings = config.build.model_copy(update={"contoh": "ya"})
    report = build(config.model_copy(update={"paths": paths, "build": settings}))
    assert report.error is None, str(report)
    return folder


@pytest.fixture(scope="module")
def generated():
    return build_tables()


@pytest.fixture(scope="module")
def panel(root):
    return read_table("kepesertaan", root=root)


@pytest.fixture(scope="module")
def penduduk(root):
    frame = read_table("penduduk", root=root)
    return frame.set_index(["kode", "sumber"])["penduduk_jiwa"]


@pytest.fixture(scope="module")
def pemda(root):
    frame = read_table("iuran_pemda", root=root).set_index(["kode", "periode"])
    closing = frame["tunggakan_awal_rp"] + frame["tagihan_rp"] - frame["dibayar_rp"]
    return frame.assign(tutup_rp=closing)


def counts(panel, kode, month, segmen=None):
    """Return registered and active members of a region or province at month's end."""
    rows = panel[
        panel["kode"].str.startswith(kode) & (panel["periode"] == f"{month}-01")
    ]
    if segmen:
        rows = rows[rows["segmen"] == segmen]
    return int(rows["terdaftar_jiwa"].sum()), int(rows["aktif_jiwa"].sum())


@pytest.mark.parametrize("name", [n for n in DELIVERED if n != "kohort_kembali"])
def test_the_files_hold_exactly_the_generated_tables(name, root, generated):
    expected = PUBLISHED.get(name, lambda frame: frame)(generated[name])
    stored = read_table(name, root=root)
    if name == "penduduk":
        keys = expected[["kode", "sumber"]]
        stored = stored.merge(keys, on=["kode", "sumber"], validate="one_to_one")
    order = list(expected.columns[:6])
    pd.testing.assert_frame_equal(
        stored[expected.columns].sort_values(order, ignore_index=True),
        expected.sort_values(order, ignore_index=True),
    )


@pytest.mark.parametrize(
    ("kode", "terdaftar", "aktif"),
    [
        ("82", 1_391_162, 1_104_632),
        ("82.02", 116_500, 93_478),
        ("82.08", 46_821, 31_894),
    ],
)
def test_maluku_utara_at_1_june_2025(panel, kode, terdaftar, aktif):
    assert counts(panel, kode, "2025-05") == (terdaftar, aktif)


def test_maluku_utara_rates_at_1_june_2025(panel, penduduk):
    terdaftar, aktif = counts(panel, "82", "2025-05")
    people = penduduk["82", SUMBER]
    assert round(100 * terdaftar / people, 2) == 99.78
    assert round(100 * aktif / people, 2) == 79.23
    assert round(100 * aktif / terdaftar, 2) == 79.40


def test_babel_at_1_september_2025(panel, penduduk):
    terdaftar, aktif = counts(panel, "19", "2025-08")
    assert terdaftar == 1_531_843
    assert round(100 * terdaftar / penduduk["19", SUMBER], 2) == 98.86
    assert round(100 * aktif / penduduk["19", SUMBER], 2) == 82.57


@pytest.mark.parametrize(
    ("segmen", "percent"),
    [
        ("PBPU Pemda", 92.65),
        ("PBI JK", 85.42),
        ("BP", 95.05),
        ("PBPU", 48.98),
        ("PPU-BU", 82.60),
        ("PPU-PN", 96.91),
    ],
)
def test_babel_segments_at_1_september_2025(panel, segmen, percent):
    terdaftar, aktif = counts(panel, "19", "2025-08", segmen)
    assert round(100 * aktif / terdaftar, 2) == percent


def test_three_regions_of_babel_are_below_80_at_1_june_2025(panel, penduduk):
    below = {
        kode
        for kode in panel["kode"].unique()
        if kode.startswith("19.")
        and counts(panel, kode, "2025-05")[1] < 0.80 * penduduk[kode, SUMBER]
    }
    assert below == {"19.71", "19.04", "19.03"}
    terdaftar, aktif = counts(panel, "19", "2025-05")
    assert round(100 * terdaftar / penduduk["19", SUMBER], 1) == 98.2
    assert round(100 * aktif / penduduk["19", SUMBER]) == 80


@pytest.mark.parametrize(
    ("kode", "percent", "gap"),
    [("82.71", 79, 2_100), ("82.03", 75, 10_300), ("82.08", 64, 10_600)],
)
def test_gaps_of_december_2025_hold_at_the_last_month(
    panel, penduduk, kode, percent, gap
):
    people = penduduk[kode, SUMBER]
    aktif = counts(panel, kode, "2025-11")[1]
    assert round(100 * aktif / people, 2) == percent
    assert round(0.80 * people - aktif, -2) == gap


def test_the_other_seven_of_maluku_utara_are_above_80(panel, penduduk):
    above = [
        kode
        for kode in panel["kode"].unique()
        if kode.startswith("82.")
        and counts(panel, kode, "2025-11")[1] > 0.80 * penduduk[kode, SUMBER]
    ]
    assert len(above) == 7
    terdaftar, aktif = counts(panel, "82", "2025-11")
    assert round(100 * aktif / penduduk["82", SUMBER], 1) == 81.7
    assert round(100 * terdaftar / penduduk["82", SUMBER]) == 100


def test_pangkalpinang_at_1_april_2025_disagrees_by_its_denominator(panel, penduduk):
    terdaftar, aktif = counts(panel, "19.71", "2025-03")
    assert terdaftar == 239_344
    assert round(100 * aktif / penduduk["19.71", SUMBER], 2) == 75.19
    other = penduduk["19.71", "Dukcapil sem I 2024 (contoh)"]
    assert round(100 * aktif / other, 2) == 76.67


@pytest.mark.parametrize(
    ("segmen", "percent", "nonaktif"),
    [("PBPU", 51.68, 27_602), ("PBPU Pemda", 74.64, 12_450), ("PBI JK", 80.74, 7_274)],
)
def test_pangkalpinang_segments_at_1_april_2025(panel, segmen, percent, nonaktif):
    terdaftar, aktif = counts(panel, "19.71", "2025-03", segmen)
    assert terdaftar - aktif == nonaktif
    assert round(100 * aktif / terdaftar, 2) == percent


def test_pangkalpinang_touched_80_in_june_2025_and_fell(panel, penduduk):
    rates = [
        counts(panel, "19.71", month)[1] / penduduk["19.71", SUMBER]
        for month in ("2025-05", "2025-06", "2025-07", "2025-08")
    ]
    assert rates[0] < 0.80 <= rates[1]
    assert rates[2] < 0.80
    assert round(100 * rates[3], 2) == 80.33


def test_maluku_in_december_2025_holds_at_the_last_month(panel, penduduk):
    terdaftar, aktif = counts(panel, "81", "2025-11")
    assert (aktif, terdaftar - aktif) == (1_708_552, 273_184)
    people = penduduk["81", "Dukcapil sem I 2025 (contoh)"]
    assert round(100 * aktif / people, 2) == 87.79
    assert counts(panel, "81.01", "2025-11")[1] == 363_784
    assert counts(panel, "81.09", "2025-11")[1] == 74_622
    of_mbd = counts(panel, "81.08", "2025-11")
    assert of_mbd[0] - of_mbd[1] == 6_169


@pytest.mark.parametrize(
    ("kode", "terdaftar"),
    [
        ("81", 1_785_306),
        ("81.01", 378_069),
        ("81.71", 311_966),
        ("81.06", 207_901),
        ("81.05", 148_431),
        ("81.04", 141_758),
        ("81.03", 121_774),
        ("81.02", 120_346),
    ],
)
def test_maluku_in_may_2023(panel, kode, terdaftar):
    assert counts(panel, kode, "2023-05")[0] == terdaftar


def test_maluku_segments_in_may_2023(panel):
    total = {
        name: counts(panel, "81", "2023-05", name)[0]
        for name in panel["segmen"].unique()
    }
    assert total["PBI JK"] == 1_051_728
    assert total["PPU-PN"] + total["PPU-BU"] == 379_393
    assert total["PBPU"] == 115_457


def test_maluku_in_august_2024(panel, penduduk):
    terdaftar = counts(panel, "81", "2024-08")[0]
    people = penduduk["81", "Dukcapil sem I 2024 (contoh)"]
    assert terdaftar == 1_905_023
    assert round(100 * terdaftar / people, 2) == 99.64


def test_ambon_in_february_2025_counts_over_the_registered(panel, penduduk):
    terdaftar, aktif = counts(panel, "81.71", "2025-01")
    assert round(100 * terdaftar / penduduk["81.71", SUMBER], 2) == 97.56
    assert round(100 * aktif / terdaftar, 2) == 76


def test_babel_in_october_2023(panel, penduduk):
    terdaftar, aktif = counts(panel, "19", "2023-10")
    people = penduduk["19", "Dukcapil sem II 2022 (contoh)"]
    assert terdaftar == 1_461_862
    assert round(100 * terdaftar / people, 2) == 98.08
    assert round(100 * aktif / people) == 78


@pytest.mark.parametrize(
    ("kode", "month", "sumber", "cakupan", "keaktifan"),
    [
        ("82.04", "2023-12", "Dukcapil sem II 2023 (contoh)", 63, None),
        ("82.08", "2023-12", "Dukcapil sem II 2023 (contoh)", 59.5, None),
        ("82.04", "2025-03", SUMBER, 99.78, None),
        ("82.07", "2025-03", SUMBER, 100, 87.8),
        ("81.02", "2025-04", SUMBER, 97.9, 78.85),
        ("19.04", "2023-03", "Dukcapil sem II 2022 (contoh)", 96.55, 74.92),
        ("19.04", "2023-10", "Dukcapil sem II 2022 (contoh)", 97.68, None),
        ("19.01", "2023-10", "Dukcapil sem II 2022 (contoh)", 96.84, None),
        ("19.71", "2023-10", "Dukcapil sem II 2022 (contoh)", 96.59, None),
        ("19.06", "2022-06", "Dukcapil sem II 2021 (contoh)", 98.4, None),
        ("81.71", "2024-08", "Dukcapil sem I 2024 (contoh)", 98.05, None),
        ("81.07", "2024-08", "Dukcapil sem I 2024 (contoh)", 99.52, None),
        ("81.01", "2024-08", "Dukcapil sem I 2024 (contoh)", 96.15, None),
        ("19.02", "2025-11", SUMBER, 100.03, 91.91),
        ("81.71", "2025-11", "Dukcapil sem I 2025 (contoh)", 98.65, None),
    ],
)
def test_published_rates_of_regions(
    panel, penduduk, kode, month, sumber, cakupan, keaktifan
):
    terdaftar, aktif = counts(panel, kode, month)
    people = penduduk[kode, sumber]
    assert round(100 * terdaftar / people, 2) == cakupan
    if keaktifan is not None:
        assert round(100 * aktif / people, 2) == keaktifan


def test_bangka_tengah_quota_of_2023(pemda):
    row = pemda.loc[("19.04", pd.Timestamp(2023, 12, 1))]
    assert (row["kuota_jiwa"], row["terisi_jiwa"]) == (59_262, 57_372)


def test_taliabu_quota_was_cut(pemda):
    quota = pemda["kuota_jiwa"]["82.08"]
    assert quota[pd.Timestamp(2024, 12, 1)] == 3_700
    assert quota[pd.Timestamp(2025, 1, 1)] == 3_409


@pytest.mark.parametrize(
    ("kode", "month", "rupiah"),
    [
        ("82.71", "2025-02", 17_500_000_000),
        ("82.71", "2025-11", 17_600_000_000),
        ("82.03", "2025-02", 22_000_000_000),
        ("82.03", "2025-03", 12_000_000_000),
        ("82.01", "2025-03", 7_000_000_000),
    ],
)
def test_unpaid_pemda_premium(pemda, kode, month, rupiah):
    assert pemda["tutup_rp"][kode, pd.Timestamp(f"{month}-01")] == rupiah


@pytest.mark.parametrize(("kode", "miliar"), [("19.01", 45.0), ("19", 191.0)])
def test_arrears_of_members_in_november_2025(root, kode, miliar):
    arrears = read_table("tunggakan_peserta", root=root)
    rows = arrears["kode"].str.startswith(kode) & (arrears["periode"] == "2025-11-01")
    assert round(arrears.loc[rows, "tunggakan_rp"].sum() / 1e9, 1) == miliar


def test_halmahera_utara_was_off_from_january_to_march_2025(panel):
    segment = panel.query("kode == '82.03' and segmen == 'PBPU Pemda'")
    active = segment.set_index("periode")["aktif_jiwa"]
    off = active["2025-01-01":"2025-03-01"]
    assert (off < 0.05 * active["2024-12-01"]).all()
    assert active["2025-04-01"] > 0.9 * active["2024-12-01"]


def test_the_june_2025_cut_of_pbi_shows_in_every_province(panel):
    pbi = panel.query("segmen == 'PBI JK'")
    active = pbi.groupby([pbi["kode"].str[:2], "periode"])["aktif_jiwa"].sum()
    for kode in ("81", "82"):
        fall = active[kode, "2025-06-01"] / active[kode, "2025-05-01"] - 1
        assert -0.10 < fall < -0.03


def test_published_counts_are_shipped_as_they_were_collected(root, shared):
    shipped = read_table("publikasi", root=root)
    known = set(zip(shipped["kode"], shipped["sumber"], strict=True))
    path = shared / "data" / "published_figures" / "angka_terpublikasi.csv"
    with path.open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["kode"] == "82.08"]
    assert {(row["kode"], row["sumber"]) for row in rows} <= known
