"""A month of BPKAD's file that did not come: estimated, marked, never zero."""

from __future__ import annotations

import pandas as pd
import pytest

from jkn_analysis.anggaran import build_kas
from jkn_analysis.briefing import build_briefing
from jkn_analysis.briefing.members import measure_members, read_members, sum_members
from jkn_analysis.measures import build_ukuran
from jkn_analysis.tables import conform
from jkn_analysis.tunggakan.pemda import build_utang
from jkn_analysis.tunggakan.taksiran import fill_pemda
from tests.money_data import make_pemda
from tests.unit.page_data import add_money, build_region, store_tables
from tests.unit.test_anggaran import NO_EVENTS, NOW, make_pagu

KODE = "82.71"


def members(**active: int) -> pd.DataFrame:
    """Active PBPU Pemda members of Kota Ternate by month, as nov=800."""
    months = {"okt": 10, "nov": 11}
    rows = [
        ["82.71", pd.Timestamp(2025, months[name], 1), "PBPU Pemda", 999, count]
        for name, count in active.items()
    ]
    names = ["kode", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa"]
    return conform(pd.DataFrame(rows, columns=names), "kepesertaan")


def look(rows: pd.DataFrame) -> dict[int, tuple[int, int, bool]]:
    """Return month to bill, payment and whether it is estimated."""
    parts = (rows["periode"].dt.month, rows["tagihan_rp"], rows["dibayar_rp"])
    return {
        month: (int(bill), int(paid), bool(guess))
        for month, bill, paid, guess in zip(*parts, rows["taksiran"], strict=True)
    }


def test_a_missing_last_month_is_members_times_the_tariff_billed():
    pemda = make_pemda([900] * 10, [900] * 9 + [450])
    filled = fill_pemda(pemda, members(okt=900, nov=800), cutoff=NOW)
    # 900 rupiah for 900 people, now 800; 8.550 of 9.000 were paid: 95%
    assert look(filled)[11] == (800, 760, True)
    assert filled["terisi_jiwa"].iloc[-1] == 800
    assert look(filled)[10] == (900, 450, False)


def test_without_members_the_last_bill_stands():
    pemda = make_pemda([900] * 10, [900] * 10)
    filled = fill_pemda(pemda, members(), cutoff=NOW)
    assert look(filled)[11] == (900, 900, True)


def test_what_was_paid_in_a_gap_is_what_the_next_balance_leaves():
    pemda = make_pemda([100] * 11, [100] * 3 + [0] + [100] * 7)
    pemda.loc[7, "tunggakan_awal_rp"] = 240
    gap = pemda.drop([5, 6])
    # owed at the end of May 100, two bills of 100, 240 left at the end of July
    filled = fill_pemda(gap, members(), cutoff=NOW)
    assert look(filled)[6] == (100, 30, True)
    assert look(filled)[7] == (100, 30, True)


def test_a_gap_without_a_balance_is_bridged_and_the_debt_goes_on():
    pemda = make_pemda([100] * 11, [50] * 11).drop([4])
    filled = fill_pemda(pemda, members(), cutoff=NOW)
    debt = build_utang(filled).set_index("periode")
    assert debt["tunggakan_pemda_rp"].iloc[-1] == 11 * 50
    assert debt["jenis"].tolist() == ["nyata"] * 4 + ["taksiran"] + ["nyata"] * 6


def test_months_of_the_year_before_the_first_delivery_are_estimated():
    pemda = make_pemda([100] * 5, [80] * 5, start="2025-07-01", opening=500)
    filled = fill_pemda(pemda, members(), cutoff=NOW)
    assert look(filled)[1] == (100, 80, True)
    assert len(filled) == 11
    debt = build_utang(filled)["tunggakan_pemda_rp"]
    assert debt.iloc[5] == 500  # as the opening balance of July says
    assert debt.iloc[-1] == 500 + 5 * 20


def test_bills_older_than_a_quarter_say_nothing_of_now():
    pemda = make_pemda([100] * 7, [100] * 7)
    filled = fill_pemda(pemda, members(), cutoff=NOW)
    assert not filled["taksiran"].any()
    assert build_kas(filled, make_pagu(1200), NO_EVENTS, cutoff=NOW).empty


def test_a_delivery_that_is_whole_is_left_as_it_is():
    pemda = make_pemda([100] * 11, [90] * 11)
    filled = fill_pemda(pemda, members(), cutoff=NOW)
    assert not filled["taksiran"].any()
    pd.testing.assert_frame_equal(
        filled[pemda.columns], pemda.assign(tunggakan_awal_rp=filled.tunggakan_awal_rp)
    )


def test_filling_again_adds_nothing_and_keeps_the_marks():
    pemda = make_pemda([100] * 10, [100] * 10)
    once = fill_pemda(pemda, members(), cutoff=NOW)
    pd.testing.assert_frame_equal(fill_pemda(once, members(), cutoff=NOW), once)


def test_the_years_cash_holds_the_missing_month():
    pemda = make_pemda([100] * 10, [100] * 9 + [0])
    filled = fill_pemda(pemda, members(), cutoff=NOW)
    kas = build_kas(filled, make_pagu(1300), NO_EVENTS, cutoff=NOW)
    december = kas.iloc[0]
    # 90% is paid by habit: 900 + 90; owed 100 + 10, and December's bill of 100
    assert december["periode"] == pd.Timestamp(2025, 12, 1)
    assert december["dibayar_rp"] == 990
    assert december["kewajiban_rp"] == 210
    assert december["sisa_kas_rp"] == 1300 - 990 - 210


def test_a_bill_of_december_that_was_not_sent_is_estimated_in_january():
    pemda = make_pemda([100] * 11, [100] * 10 + [0])
    january = pd.Timestamp(2026, 1, 1)
    filled = fill_pemda(pemda, members(), cutoff=january)
    kas = build_kas(filled, make_pagu(1200, tahun=2026), NO_EVENTS, cutoff=january)
    # 1.000 of 1.100: 91 of December and 91 of January are paid
    assert kas["utang_rp"].iloc[0] == 100 + 9 + 9
    assert kas["dibayar_rp"].iloc[0] == 91


@pytest.mark.parametrize("gap", [[], [10], [4]])
def test_the_budget_share_measured_has_no_hole_for_a_payment(gap):
    tables = {
        "iuran_pemda": make_pemda([100] * 11, [100] * 11).drop(gap),
        "anggaran": make_pagu(2200),
        "kepesertaan": members(okt=900, nov=900),
    }
    rows = build_ukuran(tables)
    share = rows[rows["indikator"].eq("serapan_anggaran_rate")].set_index("periode")
    known = share["nilai"].dropna()
    # a share of payments since January is known as long as every month has come
    last = {(): 11, (10,): 10, (4,): 4}[tuple(gap)]
    assert known.index.max() == pd.Timestamp(2025, last, 1)
    assert known.iloc[-1] == pytest.approx(100 * last / 2200)


@pytest.fixture(scope="module")
def late_page(tmp_path_factory):
    """The page of a region whose BPKAD has not sent November, and its province's."""
    from jkn_analysis.tunggakan.pemda import project_utang, summarise_utang

    late, whole = build_region(KODE), build_region("82.72")
    pemda = conform(late["iuran_pemda"], "iuran_pemda")
    pemda = pemda[pemda["periode"].lt(NOW)]
    people = conform(late["kepesertaan"], "kepesertaan")
    filled = fill_pemda(pemda, people, cutoff=NOW)
    made = add_money({**late, "iuran_pemda": pemda}, penduduk=210_836)
    ahead = project_utang(filled, horizon=12, draws=20)
    debt = conform(summarise_utang(ahead, build_utang(filled)), "utang_pemda")
    root = tmp_path_factory.mktemp("late")
    debts = late["tunggakan_peserta"]
    debts = debts.assign(periode=pd.Timestamp(2025, 10, 1))
    told = {"iuran_pemda": pemda, "utang_pemda": debt, "tunggakan_peserta": debts}
    store_tables([{**made, **told}, whole], root)
    return build_briefing(KODE, "2025-11", root=root), root


NOTE = "Kiriman BPKAD Nov 2025 belum masuk: tagihan dan pembayaran bulan itu taksiran."


def test_an_estimate_is_marked_in_budget_chart_and_cash_line(late_page):
    page, _ = late_page
    (cash,) = [text for label, text in page.layar.baris if label.startswith("Kas")]
    assert cash.endswith(NOTE)
    money, debt = page.find_bagian("uang"), page.find_bagian("tunggakan_pemda")
    table = money.lipat[0]
    assert "Dibayar sampai November 2025*" in [row[0].teks for row in table.baris]
    assert table.catatan == f"* {NOTE}"
    assert NOTE in money.kalimat
    # what is owed is said as of the last month that came, the bar after it is pale
    assert "per 31 Oktober 2025" in debt.kalimat[0]
    (bars,) = debt.batang
    assert bars.taksiran[-2:] == (False, True)
    assert "taksiran" in bars.judul
    labels = [row.label for row in money.gambar[0].rows]
    assert "Nov 2025, taksiran" in labels
    paid = next(f for f in page.figures if f.name == "dibayar_rp")
    assert paid.certainty == "asumsi"
    # eleven months of 616.200.000 each, the last of them estimated
    assert paid.value == pytest.approx(11 * 616_200_000, rel=0.02)


def test_the_mail_of_bpkad_carries_the_mark(late_page):
    notes = {note.kantor: note.kalimat for note in late_page[0].surat.kantor}
    assert any(NOTE in text for text in notes["BPKAD"])


def test_a_part_that_is_late_is_no_zero_on_the_page_of_the_area(late_page):
    _, root = late_page
    members = read_members("82", NOW.date(), root=root)
    table = measure_members(members, NOW.date(), target=0.8, tenggat=NOW.date())
    owed = table["tunggakan_peserta_rp"]
    assert owed[KODE] == owed["82.72"] > 0
    # only one of two has sent November and none October: no sum for either
    assert sum_members(members, "tunggakan_peserta", "82").empty
