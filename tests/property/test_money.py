"""Money keeps its books under every scenario; scenarios compose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jkn_analysis.skenario import JENIS, TANPA, DatedChange, Skenario, apply_scenario
from jkn_analysis.tunggakan.flows import build_arus, project_arus
from tests.money_data import read_keadaan, read_sample

LIMITS = {
    "bulan": (1, 6), "persen": (-60, 60), "jiwa": (-500, 500), "kuota_jiwa": (0, 9000),
    "angsuran": (1, 8), "jumlah": (0, 30), "per_bulan": (0, 20),
    "naik_persen": (-30, 60), "elastisitas": (-1, 0), "kelas": (0, 3),
    "dampak_jiwa": (-500, 500), "dampak_persen": (-50, 50), "tenggang_bulan": (0, 3),
    "moral_bulan": (1, 12), "kembali_bulan": (1, 12), "bertahan_persen": (50, 100),
}  # fmt: skip
WHOLE = {"kelas", "angsuran", "bulan", "tenggang_bulan", "moral_bulan"}


@st.composite
def actions(draw):
    jenis = draw(st.sampled_from(sorted(JENIS)))
    nilai = {}
    for name, rule in JENIS[jenis].parameter.items():
        low, high = LIMITS.get(name, (0, 100))
        low, high = max(low, rule.minimal), min(high, rule.maksimal)
        number = (
            st.integers(int(low), int(high)) if name in WHOLE else st.floats(low, high)
        )
        if draw(st.booleans()):
            nilai[name] = draw(number)
    segmen = draw(st.sampled_from(["PBI JK", "PPU-BU", "PBPU"]))
    return DatedChange(
        jenis,
        f"+{draw(st.integers(1, 12))}",
        nilai,
        wilayah=draw(st.sampled_from(["00", "19", "19.71", "19.01"])),
        segmen=segmen if JENIS[jenis].butuh_segmen else "",
        asumsi=draw(st.booleans()),
    )


def scenarios():
    return st.lists(actions(), min_size=0, max_size=3).map(
        lambda acts: Skenario("uji", "Uji", tuple(acts))
    )


@settings(max_examples=40, deadline=None)
@given(scenarios())
def test_books_close_in_every_region_month_and_scenario(skenario):
    path = apply_scenario(read_keadaan(), skenario).jalur
    books = project_arus(path)
    explained = (
        books["awal_rp"] + books["ditagih_rp"] - books["dibayar_rp"]
        - books["keluar_rp"] - books["dihapus_rp"]
    )  # fmt: skip
    assert (books["sisa_rp"] == 0).all()
    assert (explained == books["akhir_rp"]).all()
    flow = path.arus
    left = (
        flow["awal_rp"] + flow["ditagih_rp"] - flow["dibayar_rp"]
        - flow["keluar_rp"] - flow["dihapus_rp"] - flow["akhir_rp"]
    )  # fmt: skip
    assert np.abs(left).max() <= 1e-5 * max(flow["akhir_rp"].max(), 1e9)


@settings(max_examples=30, deadline=None)
@given(scenarios())
def test_no_scenario_makes_people_debt_or_bills_negative(skenario):
    found = apply_scenario(read_keadaan(), skenario).ukuran
    for name, values in found.items():
        assert np.all(values >= -1e-6), name
        assert np.all(np.isfinite(values)), name


@settings(max_examples=25, deadline=None)
@given(st.lists(actions(), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_changes_does_not_matter(acts, random):
    shuffled = list(acts)
    random.shuffle(shuffled)
    keadaan = read_keadaan()
    first = apply_scenario(keadaan, Skenario("a", "a", tuple(acts))).ukuran
    second = apply_scenario(keadaan, Skenario("a", "a", tuple(shuffled))).ukuran
    for name, values in first.items():
        assert np.allclose(values, second[name], rtol=1e-4, atol=1), name


@settings(max_examples=25, deadline=None)
@given(actions())
def test_a_change_elsewhere_leaves_a_region_as_it_was(act):
    keadaan = read_keadaan()
    there = Skenario("a", "a", (act,)).at("19.01")
    own = apply_scenario(keadaan, there).ukuran
    base = apply_scenario(keadaan, TANPA).ukuran
    at = int(np.flatnonzero(keadaan.kode == "19.71")[0])
    for name, values in own.items():
        assert np.allclose(values[:, at], base[name][:, at], rtol=1e-6), name


@settings(max_examples=30, deadline=None)
@given(scenarios())
def test_no_draw_passes_a_ceiling_and_uhc_is_no_likelier_than_eighty(skenario):
    keadaan = read_keadaan()
    found = apply_scenario(keadaan, skenario)
    aktif, terdaftar = (found.ukuran[name] for name in ("aktif_jiwa", "terdaftar_jiwa"))
    assert np.all(aktif <= terdaftar)
    limit = np.maximum(keadaan.batas[None, :, None], keadaan.terdaftar)
    assert np.all(terdaftar <= limit)
    table = found.ringkas().set_index(["ukuran", "kode", "periode"])["nilai"]
    uhc, eighty = table["peluang_uhc"], table["peluang_80"]
    assert (uhc <= eighty.reindex(uhc.index)).all()


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(
        [("potong_pbi", "persen", -1), ("kuota_telat", "nonaktif_persen", -1),
         ("agen", "jumlah", 1), ("kuota_ubah", "jiwa", 1),
         ("pemda_menunggak", "bulan", -1)]
    ),
    st.integers(1, 30),
    st.integers(1, 30),
)  # fmt: skip
def test_more_of_a_change_moves_activity_further(kind, small, step):
    jenis, name, sign = kind
    own = [
        apply_scenario(
            read_keadaan(),
            Skenario("a", "a", (DatedChange(jenis, "+3", {name: size}, asumsi=False),)),
        ).ukuran["aktif_jiwa"]
        for size in (small, small + step)
    ]
    assert np.all(sign * (own[1] - own[0]) >= -1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_history_never_hides_what_does_not_close(seed):
    tables, _ = read_sample()
    rng = np.random.default_rng(seed)
    arrears = tables["tunggakan_peserta"]
    noise = rng.integers(-50_000, 50_000, len(arrears))
    moved = arrears.assign(tunggakan_rp=(arrears["tunggakan_rp"] + noise).clip(lower=0))
    books = build_arus(moved, tables["iuran"])
    explained = (
        books["awal_rp"] + books["ditagih_rp"] - books["dibayar_rp"]
        - books["keluar_rp"] - books["dihapus_rp"] + books["sisa_rp"]
    )  # fmt: skip
    assert (explained == books["akhir_rp"]).all()
    assert (books["sisa_rp"] != 0).any()
