"""The three verdicts on the page: what lacks, how sure, no source from later."""

from __future__ import annotations

import pytest

from jkn_analysis.briefing.build import TENGGAT_BULAN, build_briefing
from jkn_analysis.briefing.context import build_context
from jkn_analysis.briefing.data import parse_periode, read_slice
from jkn_analysis.briefing.members import read_members
from jkn_analysis.briefing.rules import build_flags, build_status, judge_members
from jkn_analysis.briefing.words import Words
from tests.unit.page_data import build_region, store_tables


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processed")
    safe = build_region("82.02", penduduk=106_500, cakupan=1.0939, aktif=0.8777,
                        drift=0.0005, unpaid=0)  # fmt: skip
    store_tables([build_region("82.71"), safe], folder)
    return folder


def read(root, kode: str, periode: str = "2025-11", bahasa: str = "id"):
    context = build_context(
        read_slice(kode, periode, root=root), rapat=None,
        bahasa=bahasa, tenggat_bulan=TENGGAT_BULAN,
    )  # fmt: skip
    part = build_status(context)
    assert part is not None
    return part


def cells(part, name: str) -> list[list[str]]:
    table = next(table for table in part.tables if table.nama == name)
    return [[cell.teks for cell in row] for row in table.baris]


def test_each_verdict_says_what_is_missing_and_how_sure_the_rule_is(root):
    uhc, prioritas, award = cells(read(root, "82.71"), "status")
    assert uhc == ["UHC", "belum", "2.110 peserta aktif (syarat 80% penduduk)", "pasti"]
    assert prioritas[:2] == ["UHC Prioritas", "belum"]
    # 20% of 210.836 is 42.168; 14% of the active are paid by Pemda: 23.318
    assert prioritas[2].split("; ") == [
        "2.110 peserta aktif (syarat 80% penduduk)",
        "18.850 peserta yang dibayar Pemda (syarat 20% penduduk)",
        "tunggakan iuran Pemda Rp17,3 miliar",
    ]
    assert prioritas[3] == "dilaporkan"
    assert award[0] == "UHC Award 2026"
    # two bills of 1.096.200.000 are not due yet: 17.280 - 2.192,4 million
    assert "tagihan sampai September yang belum lunas Rp15,1 miliar" in award[2]
    assert award[3] == "tidak pasti"


def test_a_region_that_holds_all_lacks_nothing_to_uhc(root):
    uhc, prioritas, award = cells(read(root, "82.02"), "status")
    assert uhc[1:3] == ["ya", "–"]
    assert prioritas[1] == "belum"
    assert award[1] == "Madya"


def test_the_first_screen_says_where_a_rule_is_not_sure(root):
    page = build_briefing("82.02", "2025-11", root=root)
    told = dict(page.layar.baris)["Status"]
    assert told == (
        "Sudah UHC, UHC Award 2026 Madya*. Belum UHC Prioritas*. "
        "(* syaratnya belum pasti)"
    )


def test_the_page_says_when_its_rules_were_checked(root):
    assert read(root, "82.71").kalimat == ("Aturan terakhir diperiksa: November 2026.",)


def test_no_rule_is_cited_before_its_source_appeared(root):
    rows = cells(read(root, "82.71"), "aturan")
    told = " ".join(cell for row in rows for cell in row)
    assert "2026" not in told
    assert any("pajak rokok" in row[0].lower() and row[1] == "37,5%" for row in rows)
    cut = next(row for row in rows if row[0].startswith("DAU/DBH"))
    assert cut[2] == "tidak pasti"
    assert "belum jelas" in cut[3]
    later = cells(read(root, "82.71", "2026-02"), "aturan")
    assert any(row[0].startswith("PBI JK nonaktif") for row in later)


def test_english_has_every_text(root):
    rows = cells(read(root, "82.71", bahasa="en"), "status")
    assert rows[0][:2] == ["UHC", "not yet"]


def test_every_part_of_an_area_is_judged_by_the_same_judge(root):
    periode = parse_periode("2025-11")
    members = read_members("82", periode, root=root)
    judged = judge_members(members, periode)
    assert judged["uhc"].to_dict() == {"82.02": True, "82.71": False}
    assert judged["award"].to_dict() == {"82.02": "Madya", "82.71": ""}
    assert judged["pks"].all()
    # 13.500.000.000 - 11 x 616.200.000 - 17.280.000.000 - 1.096.200.000
    assert judged.loc["82.71", "kurang_kas_rp"] == 11_654_400_000
    table = build_flags(Words("id"), judged, members.nama)
    assert [cell.teks for cell in table.baris[1]] == [
        "Kota Ternate", "belum", "belum", "belum", "ya", "Rp11,7 miliar",
    ]  # fmt: skip
