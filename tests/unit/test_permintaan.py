"""The ask: what binds comes first, rows add up to the gap, money is never passed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ScenarioError
from jkn_analysis.skenario.permintaan import (
    DEPAN,
    Position,
    Rute,
    Timing,
    build_permintaan,
)
from jkn_analysis.skenario.posisi import list_kontrak, list_posisi
from jkn_analysis.tables import TABLES, conform
from jkn_analysis.terms import KANTOR
from tests.money_data import NOW, CashPaths, read_sample, read_uang

BELOW = Position(
    "82.71", 2_109, 1_499, pemda_jiwa=29_067, gelap_jiwa=29_190, gelap_rate=0.655,
    tarif_rp=37_800, utang_rp=17_600_000_000, kewajiban_rp=18_698_732_600,
    ruang_rp=2_340_622_200, kurang_kas_rp=16_358_110_400, lepas_jiwa=310,
    ganda_jiwa=1_098, tahun_depan_rp=13_184_791_200, kurang_pagu_rp=1_569_000_000,
)  # fmt: skip
SAFE = Position(
    "82.02", -8_000, -8_100, pemda_jiwa=20_000, kontrak=True, prioritas=True,
    tarif_rp=37_800, utang_rp=0, kewajiban_rp=900, ruang_rp=1_000, kurang_kas_rp=0,
    kurang_pagu_rp=0,
)  # fmt: skip
PBI = Rute("reaktivasi_pbi", "Dinas Sosial", 0, 1.0, 2_000, 875, "tidak")
KUOTA = Rute("kuota_pemda", "BPKAD", 37_800, 0.7, 500, 300)


def ask(one: Position, *routes: Rute, end: str = "2025-12-31") -> pd.DataFrame:
    names = ["rute", "pemutus", "biaya_per_jiwa_bulan_rp", "bersih_rate", "maks_jiwa",
             "per_bulan_jiwa", "asumsi"]  # fmt: skip
    rows = pd.DataFrame(
        [[one.kode, *[getattr(route, name) for name in names]] for route in routes],
        columns=["kode", *names],
    )
    found = build_permintaan([one], rows, cutoff=NOW, tenggat=pd.Timestamp(end))
    return conform(found, "permintaan")[TABLES["permintaan"].names].set_index("rute")


def test_contract_then_cash_then_the_gap_then_the_list_then_next_year():
    found = ask(BELOW, PBI)
    told = found[found["kelompok"].ne("posisi")]
    assert told.index.tolist() == [
        "pks", "geser_anggaran", "lunasi_tunggakan_pemda", "reaktivasi_pbi",
        "lepas_pemda", "bersihkan_data", "anggaran_depan",
    ]  # fmt: skip
    assert told["urutan"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert set(told["pemutus"]) <= set(KANTOR)
    assert found["tanggal"].notna().all()


def test_a_gap_that_is_only_forecast_comes_after_the_list():
    found = ask(replace(BELOW, kini_jiwa=-100), PBI)
    order = found.index.tolist()
    assert order.index("lepas_pemda") < order.index("reaktivasi_pbi")


@pytest.mark.parametrize(
    ("cutoff", "leads"), [("2025-07-01", False), ("2025-08-01", True)]
)
def test_a_contract_months_away_waits_behind_what_binds_now(cutoff, leads):
    when = pd.Timestamp(cutoff)
    rows = pd.DataFrame(columns=["kode", "rute", "maks_jiwa"])
    end = pd.Timestamp(2025, 12, 31)
    found = build_permintaan([BELOW], rows, cutoff=when, tenggat=end)
    told = found["rute"].tolist()
    assert "pks" in told
    assert (told[0] == "pks") is leads
    assert told[told.index("pks") + 1] == ("geser_anggaran" if leads else DEPAN)


def test_the_net_people_of_all_rows_add_up_to_todays_gap():
    rng = np.random.default_rng(3)
    for _ in range(60):
        now, later = (int(rng.integers(-500, 3000)) for _ in range(2))
        one = replace(
            BELOW, kini_jiwa=now, nanti_jiwa=later, kurang_kas_rp=0, utang_rp=0,
            kewajiban_rp=0, ruang_rp=float(rng.integers(0, 9e7)),
            lepas_jiwa=int(rng.integers(0, 400)), ganda_jiwa=int(rng.integers(0, 400)),
        )  # fmt: skip
        route = replace(KUOTA, bersih_rate=float(rng.uniform(0.3, 1)))
        end = ("2025-12-31", "2026-06-30")[int(rng.integers(0, 2))]
        assert ask(one, PBI, route, end=end)["bersih_jiwa"].sum() == now


def test_without_the_contract_on_file_it_is_always_asked_for():
    for one in (BELOW, replace(SAFE, kontrak=False)):
        row = ask(one).iloc[0]
        assert row.name == "pks"
        assert row["pemutus"] == "Sekretariat Daerah"
        assert row["tanggal"] == pd.Timestamp(2025, 12, 31)
        assert row["jiwa"] in {29_190, 20_000}
    assert "pks" not in ask(replace(BELOW, kontrak=True)).index
    assert ask(BELOW).loc["pks", "tanpa_rate"] == 0.655


def test_a_region_with_nothing_to_decide_gets_no_decision():
    found = ask(SAFE)
    assert set(found["kelompok"]) == {"posisi"}


def test_what_is_shifted_and_what_is_paid_add_up_to_what_is_due():
    found = ask(BELOW)["biaya_rp"]
    paid = found["geser_anggaran"] + found["lunasi_tunggakan_pemda"]
    assert paid == BELOW.kewajiban_rp
    over = replace(BELOW, ruang_rp=-659_504_400, kewajiban_rp=1_516_876_200,
                   kurang_kas_rp=2_176_380_600, utang_rp=0)  # fmt: skip
    assert "lunasi_tunggakan_pemda" not in ask(over).index


def test_arrears_without_a_known_budget_are_asked_for_whole():
    unknown = replace(BELOW, ruang_rp=None, kurang_kas_rp=None)
    assert ask(unknown)["biaya_rp"]["lunasi_tunggakan_pemda"] == 17_600_000_000


@pytest.mark.parametrize(
    ("cutoff", "by"),
    [
        ("2025-08-01", "2025-09-30"),
        ("2025-09-01", "2025-12-31"),
        ("2025-11-01", "2025-12-31"),
    ],
)
def test_a_budget_is_revised_to_september_and_shifted_later(cutoff, by):
    when = Timing(pd.Timestamp(cutoff), pd.Timestamp(2025, 12, 31))
    assert when.batas_geser == pd.Timestamp(by)


def test_the_quota_is_filled_only_where_the_budget_carries_it():
    rich = replace(SAFE, kini_jiwa=300, nanti_jiwa=300, ruang_rp=1e9)
    row = ask(rich, KUOTA).loc["kuota_pemda"]
    # 300 in one month at 70% net: 210 new active, 300 x 37.800 x 1 month
    assert (row["jiwa"], row["bersih_jiwa"]) == (300, 210)
    assert row["biaya_rp"] == row["biaya_bulan_rp"] == 300 * 37_800
    poor = ask(replace(rich, nanti_jiwa=200, ruang_rp=900), KUOTA)
    assert "kuota_pemda" not in poor.index
    assert poor.loc["tak_terjangkau", "alasan"] == "anggaran"
    some = ask(replace(rich, ruang_rp=900 + 100 * 37_800), KUOTA).loc["kuota_pemda"]
    assert some["jiwa"] == 100


def test_without_a_budget_the_cost_is_told_and_marked():
    one = replace(SAFE, kini_jiwa=300, nanti_jiwa=300, ruang_rp=None)
    assert ask(one, KUOTA).loc["kuota_pemda", "alasan"] == "anggaran_tidak_ada"


def test_without_prioritas_members_paid_by_pemda_come_a_month_late():
    one = replace(SAFE, kini_jiwa=100, nanti_jiwa=100, ruang_rp=1e9, prioritas=False)
    assert "kuota_pemda" not in ask(one, KUOTA).index
    assert ask(one, KUOTA).loc["tak_terjangkau", "alasan"] == "waktu"
    row = ask(one, KUOTA, end="2026-01-31").loc["kuota_pemda"]
    assert (row["jiwa"], row["biaya_rp"]) == (143, 143 * 37_800)


def test_people_won_in_earlier_months_are_paid_for_longer():
    one = replace(SAFE, kini_jiwa=350, nanti_jiwa=350, ruang_rp=1e9)
    row = ask(one, replace(KUOTA, bersih_rate=1.0), end="2026-01-31").loc["kuota_pemda"]
    # 300 for two months, 50 for one
    assert row["biaya_rp"] == (300 * 2 + 50) * 37_800


def test_who_cannot_be_won_is_a_row_of_its_own_with_its_price():
    row = ask(replace(BELOW, lepas_jiwa=0, ganda_jiwa=0), PBI).loc["tak_terjangkau"]
    assert row["bersih_jiwa"] == 1_499 - 875
    assert row["biaya_bulan_rp"] == (1_499 - 875) * 37_800
    few = ask(replace(BELOW, nanti_jiwa=9_000), PBI).loc["tak_terjangkau"]
    assert few["alasan"] == "kapasitas"


def test_who_is_released_gives_the_money_back_and_leaves_the_count():
    row = ask(BELOW).loc["lepas_pemda"]
    assert (row["jiwa"], row["bersih_jiwa"]) == (310, -310)
    assert row["biaya_rp"] == -310 * 37_800 * 12 == -140_616_000


def test_enrolment_has_a_payer_and_a_price_and_is_never_asked_of_dukcapil():
    taliabu = Position("82.08", 10_618, 9_953, cakupan_jiwa=15_595, pemda_jiwa=3_314,
                     tarif_rp=37_800)  # fmt: skip
    found = ask(taliabu, PBI)
    row = found.loc["daftarkan_penduduk"]
    assert (row["pemutus"], row["jiwa"]) == ("Sekretariat Daerah", 15_595)
    assert row["biaya_bulan_rp"] == 589_491_000
    assert "Dukcapil" not in set(found["pemutus"])
    gap = found[found["kelompok"].eq("celah")]
    assert gap.index[0] == "daftarkan_penduduk"  # lacks more people than activity


def test_assumed_rates_are_marked():
    found = ask(replace(SAFE, kini_jiwa=100, nanti_jiwa=100, ruang_rp=1e9), KUOTA)
    assert found.loc["kuota_pemda", "asumsi"] == "ya"
    assert ask(BELOW, PBI).loc["reaktivasi_pbi", "asumsi"] == "tidak"


def test_a_good_month_that_must_repeat_itself_is_an_assumption():
    few = replace(BELOW, lepas_jiwa=0, ganda_jiwa=0)
    once = ask(few, PBI).loc["reaktivasi_pbi"]
    twice = ask(few, PBI, end="2026-01-31").loc["reaktivasi_pbi"]
    assert (once["jiwa"], once["asumsi"]) == (875, "tidak")
    assert (twice["jiwa"], twice["asumsi"]) == (1_499, "ya")


def test_people_below_zero_are_refused():
    with pytest.raises(ScenarioError, match=r"82\.71: lepas_jiwa is -1, below zero"):
        ask(replace(BELOW, lepas_jiwa=-1))


def events(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    names = ["kode", "tanggal", "jenis", "status", "keterangan"]
    frame = pd.DataFrame(rows, columns=names).assign(
        segmen="PBPU Pemda", dampak_jiwa=0, dampak_rate=np.nan, sumber="uji"
    )
    frame["id_peristiwa"] = [f"E{at}" for at in range(len(frame))]
    frame["tanggal"] = pd.to_datetime(frame["tanggal"])
    return conform(frame, "peristiwa")


def test_a_contract_is_on_file_only_under_the_regions_own_name():
    rows = events(
        ("82", "2026-01-01", "perpanjangan kerja sama", "pasti", "9 dari 10"),
        ("82.03", "2026-01-01", "PKS terlambat", "skenario", "bila terlambat"),
        ("82.04", "2026-01-01", "PKS terlambat", "pasti", ""),
        ("82.05", "2025-12-12", "perpanjangan kerja sama", "terjadi", ""),
        ("82.06", "2026-01-01", "kuota", "pasti", "PKS kuota PBPU Pemda 2026"),
        ("82.07", "2025-01-01", "perpanjangan kerja sama", "terjadi", "tahun lalu"),
        ("19.71", "2026-01-01", "perubahan kuota", "pasti", "tambahan kuota"),
    )
    assert list_kontrak(rows, 2026) == {"82.05", "82.06"}


def test_positions_are_those_of_the_files_and_the_forecast():
    tables, _ = read_sample()
    made = read_uang()
    now = tables["kepesertaan"]
    now = now[now["periode"].eq(NOW) & now["kode"].eq("19.71")]
    active = int(now["aktif_jiwa"].sum())
    future = CashPaths.hold(["19.71"], [active - 999.5], penduduk=242_285)
    tenggat = pd.Timestamp(2025, 12, 31)
    (one,) = list_posisi(tables, future, made, cutoff=NOW, tenggat=tenggat)
    needed = 193_828  # 80% of 242.285
    assert one.kini_jiwa == needed - active
    assert one.nanti_jiwa == needed - (active - 1_000)
    assert one.kurang_kas_rp == 2_176_380_600
    assert one.tarif_rp == 37_800
    assert not one.kontrak
    dark = made["skenario"].query(
        "kode == '19.71' and skenario == 'kuota_telat' and ukuran == 'aktif_jiwa' "
        "and kuantil == 0.5"
    )
    january = dark[dark["periode"].eq("2026-01-01")]["selisih"].iloc[0]
    assert one.gelap_jiwa == round(-january)


def test_on_the_first_day_with_members_alone_the_contract_has_its_price():
    tables, _ = read_sample()
    names = ("kepesertaan", "iuran_pemda", "selisih", "peristiwa", "skenario", "uang")
    bare = {name: conform(pd.DataFrame(), name) for name in names}
    rows = tables["kepesertaan"]
    bare["kepesertaan"] = rows[rows["kode"].eq("19.71")]
    future = CashPaths.hold(["19.71"], [200_000.0], penduduk=242_285)
    tenggat = pd.Timestamp(2025, 12, 31)
    (one,) = list_posisi(bare, future, bare, cutoff=NOW, tenggat=tenggat)
    assert one.kurang_kas_rp is None
    row = ask(one).loc["pks"]
    assert row["jiwa"] == one.pemda_jiwa > 0
    assert row["biaya_rp"] == one.pemda_jiwa * 37_800 * 12


def test_a_region_whose_members_came_a_month_late_is_asked_all_the_same():
    tables, _ = read_sample()
    rows = tables["kepesertaan"]
    late = rows[rows["kode"].eq("19.71") & rows["periode"].lt(NOW)]
    given = {**tables, "kepesertaan": pd.concat([late, rows[rows["kode"].eq("19.01")]])}
    future = CashPaths.hold(["19.01", "19.71"], [2e5, 2e5], penduduk=242_285)
    end = pd.Timestamp(2025, 12, 31)
    found = list_posisi(given, future, read_uang(), cutoff=NOW, tenggat=end)
    assert [one.kode for one in found] == ["19.01", "19.71"]
    october = late[late["periode"].eq("2025-10-01")]["aktif_jiwa"].sum()
    assert found[1].kini_jiwa == 193_828 - october


def test_the_sample_pays_for_6866_people_whose_employer_pays():
    from jkn_sample import build_tables

    rows = build_tables()["selisih"]
    rows = rows[rows["alasan"].eq("pemda_sudah_ppu") & rows["periode"].eq(NOW)]
    whole = rows[rows["kecamatan"].fillna("").eq("")]
    people = int(whole["jumlah_jiwa"].sum())
    assert people == 6_866
    assert people * 37_800 * 12 == 3_114_417_600
