"""What was not sent: named with its office and its use, and nothing claimed of it."""

from __future__ import annotations

import pytest

from jkn_analysis.briefing import build_briefing
from tests.unit.page_data import build_region, store_tables


def make(root, panel):
    """Store members and population only, and build the page."""
    penduduk = build_region("82.71")["penduduk"]
    store_tables([{"penduduk": penduduk, "kepesertaan": panel}], root)
    return build_briefing("82.71", "2025-11", root=root)


def test_totals_alone_claim_nothing_that_needs_the_segments(tmp_path):
    panel = build_region("82.71")["kepesertaan"]
    counts = ["terdaftar_jiwa", "aktif_jiwa"]
    total = panel.groupby(["kode", "periode"], as_index=False)[counts].sum()
    page = make(tmp_path, total.assign(segmen="total"))
    said = repr(page)
    assert "Tidak ada yang harus diputuskan" not in said
    assert "keluar dari segmennya" not in said
    assert "(total " not in said
    assert "segmen" not in {part.nama for part in page.bagian}
    assert page.belum[0].startswith("Kepesertaan menurut segmen (dari BPJS Kesehatan)")


def test_reasons_that_were_not_sent_are_asked_for(tmp_path):
    panel = build_region("82.71")["kepesertaan"]
    reasons = ["nonaktif_menunggak_jiwa", "nonaktif_mutasi_jiwa"]
    page = make(tmp_path, panel.drop(columns=reasons))
    assert page.belum[0].startswith("Peserta nonaktif menurut sebab")


@pytest.mark.parametrize(("months", "asked"), [(23, True), (24, False), (25, False)])
def test_a_short_history_asks_for_the_months_before(tmp_path, months, asked):
    panel = build_region("82.71")["kepesertaan"]
    last = sorted(panel["periode"].unique())[-months:]
    page = make(tmp_path, panel[panel["periode"].isin(last)])
    assert any("bulan-bulan sebelumnya" in told for told in page.belum) is asked
