"""The synthetic deliveries: reproducible, labelled, and consistent as real ones are."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.below import net_by_segmen
from jkn_analysis.cleaning.values.columns import MOST_JIWA
from jkn_analysis.cli import app
from jkn_analysis.cli.sample import sample_command
from jkn_analysis.config import read_config
from jkn_analysis.errors import JknError
from jkn_analysis.store import read_table
from jkn_analysis.tables import DELIVERED, check
from jkn_analysis.terms import SEGMEN
from jkn_sample import build_tables, write_deliveries
from jkn_sample.deliveries import write_compact
from jkn_sample.kepesertaan import build_peserta
from jkn_sample.pemda import build_pemda
from jkn_sample.swings import (
    JATUH_12_BULAN,
    JATUH_BULAN_LAIN,
    JATUH_JANUARI,
    TOLERANSI,
    swing,
)
from jkn_sample.world import build_dunia, round_matrix, round_to_total

SPREADSHEETS = {".xlsx", ".ods"}
OWN = ["kode", "segmen", "kelas"]


@pytest.fixture(scope="module")
def tables():
    return build_tables()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contoh")
    write_deliveries(folder)
    return folder


def content(path):
    """Return what a file says; compressed bytes depend on the zlib of the machine."""
    if path.suffix not in SPREADSHEETS:
        return path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {
            (item.filename, item.date_time): archive.read(item)
            for item in archive.infolist()
        }


def files(folder):
    return {
        path.relative_to(folder).as_posix(): content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_committed_deliveries_are_what_the_generator_writes(written, top):
    assert files(written) == files(top / "data" / "raw" / "contoh")


def test_the_committed_deliveries_stay_under_six_megabytes(top):
    folder = top / "data" / "raw" / "contoh"
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) < 6_000_000


def test_every_file_says_that_it_is_synthetic(written):
    for name, said in files(written).items():
        whole = said if isinstance(said, bytes) else b"".join(said.values())
        assert b"DATA CONTOH" in whole, name


def test_flows_lead_from_each_months_active_people_to_the_next(tables):
    wide = tables["kepesertaan"].pivot_table(
        index=["kode", "segmen"], columns="periode", values="aktif_jiwa"
    )
    change = wide.diff(axis=1).stack()  # noqa: PD013 - unique keys
    net = net_by_segmen(tables["arus_kepesertaan"])
    moved = change.reorder_levels(["kode", "periode", "segmen"]).loc[net.index]
    assert len(net) == 28 * 6 * 6
    assert (net == moved).all()


def test_kecamatan_add_up_to_their_regency(tables):
    keys, counts = ["kode", "periode", "segmen"], ["terdaftar_jiwa", "aktif_jiwa"]
    below = tables["kepesertaan_kecamatan"].groupby(keys)[counts].sum()
    whole = tables["kepesertaan"].set_index(keys)[counts].loc[below.index]
    assert len(below) == 28 * 6 * 6
    assert (below == whole).all(axis=None)


def active_by_region(tables):
    active = tables["kepesertaan"].groupby(["periode", "kode"])["aktif_jiwa"].sum()
    return active.unstack()  # noqa: PD010 - months that were never sent stay empty


def share_below(changes, least):
    known = changes.to_numpy()[changes.notna().to_numpy()]
    return (known < least).mean()


def test_regions_fall_as_often_as_in_the_real_panel(tables):
    active = active_by_region(tables)
    month = active.pct_change(fill_method=None)
    januari = month.index.month == 1
    year = active.pct_change(12, fill_method=None)
    for share, real in (
        (share_below(year, 0), JATUH_12_BULAN),
        (share_below(month[januari], -0.01), JATUH_JANUARI),
        (share_below(month[~januari], -0.01), JATUH_BULAN_LAIN),
    ):
        assert share == pytest.approx(real, abs=TOLERANSI)


def test_nobody_passes_the_population(tables):
    people = build_dunia(seed=0).penduduk
    assert (active_by_region(tables) < people).all(axis=None)


def test_spreadsheets_open_elsewhere(written):
    book = openpyxl.load_workbook(written / "kepesertaan" / "rekap_babel_2025.xlsx")
    sheet = book["Rekap"]
    assert sheet["A1"].value == "REKAPITULASI KEPESERTAAN JKN MENURUT SEGMEN"
    assert "C6:F6" in {str(cells) for cells in sheet.merged_cells.ranges}
    ods = written / "iuran_pemda" / "realisasi_pbpu_pemda.ods"
    sheets = pd.read_excel(ods, engine="odf", sheet_name=None, header=3)
    assert list(sheets) == ["Kepulauan Bangka Belitung", "Maluku", "Maluku Utara"]
    assert sheets["Maluku Utara"]["Bulan"].iloc[0] == "Januari 2021"


def test_all_delivered_tables_are_made_and_valid(tables):
    assert set(tables) == set(DELIVERED) - {"kohort_kembali"}
    for name, frame in tables.items():
        assert len(frame), name
        check(frame, name)


def test_the_sample_covers_28_regions_and_59_months_but_for_honest_gaps(tables):
    panel = tables["kepesertaan"]
    assert panel["kode"].nunique() == 28
    assert panel["periode"].nunique() == 59
    there = panel.groupby("periode")["kode"].nunique()
    gaps = there[there < 28]
    assert {f"{month:%Y-%m}": count for month, count in gaps.items()} == {
        "2021-09": 27,
        "2022-07": 18,
    }


def test_one_office_sent_a_stale_month(tables):
    tual = tables["kepesertaan"].query("kode == '81.72'").set_index("periode")
    counts = ["terdaftar_jiwa", "aktif_jiwa"]
    march, april = (tual.loc[f"2022-{month}-01", counts] for month in ("03", "04"))
    assert (march.to_numpy() == april.to_numpy()).all()


def test_nonaktif_in_arrears_is_the_people_of_the_arrears_table(tables):
    owing = tables["tunggakan_peserta"].groupby(["kode", "periode", "segmen"])
    owing = owing["peserta_jiwa"].sum()
    panel = tables["kepesertaan"].set_index(["kode", "periode", "segmen"])
    both = panel.join(owing, how="inner")["nonaktif_menunggak_jiwa"]
    assert len(both) == 28 * 36 * 2
    assert (both == owing.reindex(both.index)).all()


def test_most_nonaktif_are_mutations_not_arrears(tables):
    panel = tables["kepesertaan"]
    last = panel[panel["periode"] == panel["periode"].max()]
    share = (
        last["nonaktif_menunggak_jiwa"].sum()
        / (last["terdaftar_jiwa"] - last["aktif_jiwa"]).sum()
    )
    assert 0.20 < share < 0.35


def ages(tables):
    arrears = tables["tunggakan_peserta"]
    wide = arrears.pivot_table(
        index=[*OWN, "periode"], columns="umur_bulan", values="peserta_jiwa"
    )
    return wide, wide.groupby(level=OWN).shift()


def test_debtors_move_one_age_a_month_or_leave(tables):
    now, before = (frame.to_numpy() for frame in ages(tables))
    known = ~np.isnan(before[:, 0])
    assert (now[known, 1:24] <= before[known, 0:23]).all()
    assert (now[known, 24] <= before[known, 23] + before[known, 24]).all()


def test_arrears_are_months_times_tariff_up_to_24(tables):
    arrears = tables["tunggakan_peserta"]
    cost = arrears["kelas"].map({1: 150_000, 2: 100_000, 3: 35_000})
    months = arrears["umur_bulan"].clip(upper=24)
    owed = arrears["peserta_jiwa"] * months * cost
    assert (owed == arrears["tunggakan_rp"]).all()


def test_opening_billed_paid_written_off_give_closing(tables):
    stock = tables["tunggakan_peserta"].groupby([*OWN, "periode"])["tunggakan_rp"].sum()
    opening = stock.groupby(level=OWN).shift()
    flow = tables["iuran"].set_index([*OWN, "periode"]).reindex(stock.index)
    closing = opening + flow["ditagih_rp"] - flow["diterima_rp"]
    closing -= flow["dihapus_rp"].astype(float)
    known = opening.notna()
    assert known.sum() == 28 * 2 * 3 * 35
    assert (closing[known] == stock[known]).all()


def test_unpaid_pemda_premium_carries_over_and_is_never_negative(tables):
    frame = tables["iuran_pemda"]
    closing = frame["tunggakan_awal_rp"] + frame["tagihan_rp"] - frame["dibayar_rp"]
    opening = frame.groupby("kode")["tunggakan_awal_rp"].shift(-1)
    known = opening.notna()
    assert (closing[known] == opening[known]).all()
    assert (closing >= 0).all()


def test_pemda_members_within_the_quota_are_the_active_ones(tables):
    pemda = tables["iuran_pemda"].set_index(["kode", "periode"])
    panel = tables["kepesertaan"].query("segmen == 'PBPU Pemda'")
    active = panel.set_index(["kode", "periode"])["aktif_jiwa"]
    same = pemda["terisi_jiwa"].reindex(active.index) == active
    assert same.sum() == len(active) - 1  # the stale month of Tual
    assert (pemda["terisi_jiwa"] <= pemda["kuota_jiwa"]).all()


def test_addresses_can_never_receive_mail(tables):
    assert tables["penerima"]["email"].str.endswith("@contoh.invalid").all()


def test_every_region_and_province_meets_in_december(tables):
    ahead = tables["rapat"].query("tanggal >= '2025-12-01'")
    assert ahead["kode"].nunique() == len(ahead) == 31
    assert (ahead["tanggal"].dt.day_of_week < 5).all()


def test_decisions_belong_to_meetings(tables):
    assert set(tables["tindak_lanjut"]["id_rapat"]) <= set(tables["rapat"]["id_rapat"])


def test_another_seed_changes_months_but_not_published_points(tables):
    other = build_tables(seed=7)["kepesertaan"]
    own = tables["kepesertaan"]
    key = ["kode", "periode", "segmen"]
    both = own.merge(other, on=key, suffixes=("", "_7"), validate="one_to_one")
    assert (both["aktif_jiwa"] != both["aktif_jiwa_7"]).mean() > 0.5
    at = both[(both["kode"] == "82.02") & (both["periode"] == "2025-05-01")]
    assert at["aktif_jiwa_7"].sum() == at["aktif_jiwa"].sum() == 93_478


def test_the_whole_country_is_consistent():
    dunia = build_dunia(seed=1, nasional=True)
    pemda = build_pemda(dunia)
    peserta, _ = swing(dunia, build_peserta(dunia, pemda), pemda)
    assert peserta.aktif.shape == (514, 60, len(SEGMEN))
    assert (peserta.aktif >= 0).all()
    assert (peserta.aktif <= peserta.terdaftar).all()


def test_the_largest_province_is_taken_whole(tmp_path, monkeypatch):
    """Amounts are there that no region of the small sample has."""
    country = build_tables(seed=1, nasional=True)
    names = ("kepesertaan", "iuran", "iuran_pemda", "anggaran", "tunggakan_peserta")
    jawa_barat = {
        name: country[name][country[name]["kode"].str.startswith("32.")]
        for name in names
    }
    monkeypatch.chdir(tmp_path)
    write_compact(jawa_barat, tmp_path / "data/raw")
    done = CliRunner().invoke(app, ["build"])
    told = [line for line in done.output.splitlines() if "fault" in line]
    assert told == []
    assert "5 disimpan, 0 ditolak (DATA CONTOH)" in done.output
    stored = read_table("tunggakan_peserta", root=tmp_path / "data/processed")
    whole = jawa_barat["tunggakan_peserta"]
    for name in ("peserta_jiwa", "tunggakan_rp"):
        assert stored[name].sum() == whole[name].sum()
    assert stored["tunggakan_rp"].max() > MOST_JIWA


def test_rounding_keeps_the_total():
    parts = np.array([[1.4, 1.4, 1.2], [0.2, 0.3, 0.5]])
    assert round_to_total(parts, np.array([4, 1])).tolist() == [[2, 1, 1], [0, 0, 1]]


def test_rounding_a_matrix_keeps_both_sums():
    parts = np.array([[1.5, 2.5], [2.5, 0.5]])
    rows, columns = np.array([4, 3]), np.array([4, 3])
    whole = round_matrix(parts, rows, columns)
    assert whole.sum(1).tolist() == [4, 3]
    assert whole.sum(0).tolist() == [4, 3]
    with pytest.raises(JknError, match="rows sum to 7, columns to 8"):
        round_matrix(parts, rows, np.array([4, 4]))


def test_the_command_writes_where_it_is_told(tmp_path):
    config = read_config(root=tmp_path)
    done = CliRunner().invoke(
        sample_command, ["--out", str(tmp_path / "x")], obj=config
    )
    assert done.exit_code == 0, done.output
    assert "DATA CONTOH" in done.output
    assert (tmp_path / "x" / "faskes" / "faskes.xlsx").is_file()


def test_the_country_is_never_written_over_the_sample(tmp_path):
    config = read_config(root=tmp_path)
    done = CliRunner().invoke(sample_command, ["--nasional"], obj=config)
    assert done.exit_code == 2
    assert "memerlukan --out" in done.output
