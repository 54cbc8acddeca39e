"""Member flows: reports are read, books close, small counts stay hidden."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from benchmarks.below import attack_flows, draw_flows, net_by_segmen
from jkn_analysis.arus.flows import (
    ARUS,
    bound_flows,
    hide_small,
    share_paper,
    sum_flows,
)
from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.errors import InputError
from jkn_analysis.tables import TABLES, check, conform

REPORT = """Laporan Mutasi Peserta
Kab/Kota;Bulan;Segmen Asal;Segmen Tujuan;Jenis Mutasi;Jumlah
Kota Ternate;Oktober 2025;Non Aktif;PBI APBN;Reaktivasi PBI;1.204
Kota Ternate;Oktober 2025;Belum Terdaftar;PBPU Mandiri;Peserta Baru;310
Kota Ternate;Oktober 2025;PBI APBN;Non Aktif;PBI dinonaktifkan;3.870
Kota Ternate;Oktober 2025;PPU BU;Nonaktif;PHK;1.951
Kota Ternate;Oktober 2025;PPU BU;Mandiri;Mutasi antar segmen;420
Kota Ternate;Oktober 2025;BP;Nonaktif;Wafat;3
"""


def rows(*given, month="2025-11-01"):
    names = ["segmen_asal", "segmen_tujuan", "sebab", "jiwa"]
    frame = pd.DataFrame(given, columns=names)
    return conform(frame.assign(kode="82.71", periode=pd.Timestamp(month)), ARUS)


def test_a_mutation_report_in_an_offices_own_words_is_read(tmp_path):
    path = tmp_path / "mutasi.csv"
    path.write_text(REPORT, encoding="utf-8")
    result = clean(ARUS, read_sheet(path))
    assert result.problems == []
    found = result.frame.set_index(["segmen_asal", "segmen_tujuan", "sebab"])["jiwa"]
    assert found.to_dict() == {
        ("nonaktif", "PBI JK", "pbi_diaktifkan"): 1204,
        ("luar", "PBPU", "baru"): 310,
        ("PBI JK", "nonaktif", "pbi_dihapus"): 3870,
        ("PPU-BU", "nonaktif", "berhenti_kerja"): 1951,
        ("PPU-BU", "PBPU", "pindah_segmen"): 420,
        ("BP", "nonaktif", "meninggal"): 3,
    }
    assert set(result.frame["kode"]) == {"82.71"}
    assert set(result.frame["periode"]) == {pd.Timestamp("2025-10-01")}


def test_an_unknown_cause_is_refused_with_its_cell(tmp_path):
    path = tmp_path / "mutasi.csv"
    path.write_text(REPORT.replace("PHK", "entah"), encoding="utf-8")
    problem = clean(ARUS, read_sheet(path)).problems[0]
    assert problem.value == "entah"
    assert "sebab" in problem.message


def test_coming_less_going_is_the_change_of_every_segmen():
    flows = rows(
        ("luar", "PBPU", "baru", 30),
        ("nonaktif", "PBPU", "membayar", 12),
        ("PBPU", "nonaktif", "menunggak", 50),
        ("PPU-BU", "PBPU", "pindah_segmen", 7),
    )
    net = net_by_segmen(flows).droplevel(["kode", "periode"])
    assert net.to_dict() == {"PBPU": -1.0, "PPU-BU": -7.0}


@pytest.mark.parametrize(
    "row", [("luar", "nonaktif", "lainnya", 5), ("PBPU", "PBPU", "pindah_segmen", 5)]
)
def test_a_row_that_moves_nobody_is_refused(row):
    with pytest.raises(InputError, match="arus_berpindah fails in 1 row"):
        check(rows(row), ARUS)


def test_a_small_count_takes_a_partner_with_it_that_may_grow_with_it():
    told = hide_small(
        rows(
            ("BP", "nonaktif", "meninggal", 3),
            ("luar", "BP", "baru", 40),
            ("nonaktif", "BP", "membayar", 9),
            ("PBI JK", "nonaktif", "pbi_dihapus", 700),
        )
    ).set_index("sebab")["jiwa"]
    assert told.isna().to_dict() == {
        "meninggal": True, "membayar": True, "baru": False, "pbi_dihapus": False,
    }  # fmt: skip


def test_a_small_count_alone_gets_a_hidden_nought_beside_it():
    told = hide_small(rows(("BP", "nonaktif", "meninggal", 3)))
    assert told["jiwa"].isna().all()
    ends = list(zip(told["segmen_asal"], told["segmen_tujuan"], strict=True))
    assert sorted(ends) == [("BP", "nonaktif"), ("luar", "BP")]


def test_a_small_change_of_segmen_hides_a_count_at_both_its_ends():
    told = hide_small(
        rows(
            ("PPU-BU", "PBPU", "pindah_segmen", 2),
            ("luar", "PPU-BU", "baru", 60),
            ("PBPU", "nonaktif", "menunggak", 80),
            ("PPU-BU", "nonaktif", "berhenti_kerja", 90),
        )
    ).set_index("sebab")["jiwa"]
    assert told.isna().to_dict() == {
        "pindah_segmen": True, "baru": True, "menunggak": True, "berhenti_kerja": False,
    }  # fmt: skip


def test_months_are_added_only_where_they_lead_without_a_gap():
    flows = pd.concat(
        [
            rows(("PBI JK", "nonaktif", "pbi_dihapus", n), month=f"2025-{m:02d}-01")
            for m, n in ((8, 10), (10, 30), (11, 40))
        ]
    )
    told = sum_flows(flows, sejak=dt.date(2025, 5, 1), sampai=dt.date(2025, 11, 1))
    assert told is not None
    assert (told.sejak, told.sum("keluar")) == (pd.Timestamp("2025-09-01"), 70)
    assert told.parts("keluar") == [("pbi_dihapus", 70)]
    nothing = sum_flows(flows, sejak=dt.date(2025, 5, 1), sampai=dt.date(2025, 9, 1))
    assert nothing is None


def test_an_extract_of_a_quarter_opens_where_it_says():
    flows = rows(("PBI JK", "nonaktif", "pbi_dihapus", 10))
    flows = flows.assign(sejak=pd.Timestamp("2025-08-01"))
    told = sum_flows(flows, sejak=dt.date(2025, 5, 1), sampai=dt.date(2025, 11, 1))
    assert told is not None
    assert told.sejak == pd.Timestamp("2025-08-01")


def test_the_paper_share_leaves_the_unknown_apart():
    flows = rows(
        ("PBI JK", "nonaktif", "nik_tidak_padan", 40),
        ("PBI JK", "nonaktif", "tidak_layak", 60),
        ("PBI JK", "nonaktif", "pbi_dihapus", 500),
        ("PBPU", "nonaktif", "menunggak", 80),
    )
    told = sum_flows(flows, sejak=dt.date(2025, 10, 1), sampai=dt.date(2025, 11, 1))
    assert told is not None
    kinds = {"belum": 500, "iuran": 80, "hak": 60, "berkas": 40}
    assert share_paper(told) == kinds


def test_bounds_from_stocks_add_up_each_segmens_falls_and_rises():
    panel = pd.DataFrame(
        {
            "periode": pd.to_datetime(["2025-09-01", "2025-10-01", "2025-11-01"] * 2),
            "segmen": ["PBI JK"] * 3 + ["PBPU"] * 3,
            "aktif_jiwa": [100, 70, 90, 50, 50, 45],
        }
    )
    found = bound_flows(panel, sejak=dt.date(2025, 9, 1), sampai=dt.date(2025, 11, 1))
    assert found is not None
    assert (found.masuk, found.keluar) == (20, 35)
    assert (
        bound_flows(panel, sejak=dt.date(2025, 8, 1), sampai=dt.date(2025, 11, 1))
        is None
    )


def test_the_table_takes_any_known_cause():
    assert "pbi_dihapus" in TABLES[ARUS].column("sebab").choices


@pytest.mark.parametrize("seed", range(2))
def test_an_attacker_with_all_stocks_finds_no_hidden_flow(seed):
    found = attack_flows(draw_flows(np.random.default_rng(seed)))
    assert len(found) > 100
    assert (found[:, 1] - found[:, 0] >= 4).all()
