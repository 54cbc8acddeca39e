"""All shipped scenarios on 514 regions: ceilings, books, order, plain recomputation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.masa_depan.draws import DRAWS
from jkn_analysis.masa_depan.paths import Paths
from jkn_analysis.skenario import (
    TANPA,
    DatedChange,
    Skenario,
    State,
    apply_scenario,
    build_keadaan,
    read_skenario,
)
from jkn_analysis.tables import conform
from jkn_analysis.terms import SEGMEN, TOTAL
from jkn_analysis.wilayah import list_wilayah
from tests.money_data import NOW

MONTHS = pd.date_range("2025-12-01", periods=12, freq="MS")
SHIPPED = read_skenario()
WHOLE = {
    name: one for name, one in SHIPPED.items() if name not in {"pemutihan", "rehab"}
}


@cache
def build_country() -> State:
    """Make up joint paths of every kabupaten/kota; some at a ceiling, some without."""
    rng = np.random.default_rng(0)
    kode = list_wilayah()["kode"]
    kode = np.array(sorted(kode[kode.str.len() > 2]), dtype=object)
    shape = (12, len(kode), DRAWS)
    drawn: dict[tuple[str, str], np.ndarray] = {}
    for segmen in SEGMEN:
        size = rng.integers(0, 60_000, (1, len(kode), 1))
        held = (size * (1 + 0.05 * rng.standard_normal(shape))).clip(min=0)
        held = held.astype(np.int32)
        drawn["terdaftar_jiwa", segmen] = held
        share = rng.uniform(0.5, 1.02, shape).clip(max=1)
        drawn["aktif_jiwa", segmen] = (held * share).astype(np.int32)
    total = sum(drawn["terdaftar_jiwa", s][:, :, 0].max(axis=0) for s in SEGMEN)
    people = (total * rng.uniform(0.98, 1.05, len(kode))).round()
    people[::50] = np.nan
    drawn["penduduk_jiwa", TOTAL] = np.broadcast_to(
        people[None, :, None], (12, len(kode), 1)
    )
    filled = drawn["aktif_jiwa", "PBPU Pemda"][0, :, 0]
    bills = pd.concat(
        [
            pd.DataFrame(
                {
                    "kode": kode,
                    "periode": month,
                    "kuota_jiwa": filled + 10,
                    "terisi_jiwa": filled,
                    "tagihan_rp": filled.astype(int) * 37_800,
                    "dibayar_rp": filled.astype(int) * 18_900 * (at % 3),
                    "tunggakan_awal_rp": 0,
                }
            )
            for at, month in enumerate(pd.date_range("2024-01-01", NOW, freq="MS"))
        ]
    )
    members = pd.DataFrame(
        {
            "kode": kode,
            "periode": NOW,
            "segmen": "PBPU",
            "terdaftar_jiwa": 1,
            "aktif_jiwa": 1,
        }
    )
    tables = {
        "kepesertaan": conform(members, "kepesertaan"),
        "iuran_pemda": conform(bills, "iuran_pemda"),
    }
    return build_keadaan(tables, Paths(NOW, MONTHS, kode, drawn))


@pytest.fixture(scope="module")
def base():
    return apply_scenario(build_country(), TANPA)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_scenario_keeps_ceilings_and_books_in_514_regions(name, base):
    keadaan = build_country()
    assert len(keadaan.kode) == 514
    found = apply_scenario(keadaan, SHIPPED[name])
    aktif, terdaftar = found.ukuran["aktif_jiwa"], found.ukuran["terdaftar_jiwa"]
    assert (aktif >= 0).all()
    assert (aktif <= terdaftar).all()
    limit = np.maximum(keadaan.batas[None, :, None], keadaan.terdaftar)
    assert (terdaftar <= limit).all()
    table = found.ringkas()
    chance = table.pivot_table(
        index=["kode", "periode"], columns="ukuran", values="nilai",
    )[["peluang_uhc", "peluang_80"]].dropna()  # fmt: skip
    assert chance.index.get_level_values("kode").nunique() > 500
    assert (chance["peluang_uhc"] <= chance["peluang_80"]).all()
    owed, bills = found.ukuran["tunggakan_pemda_rp"], found.ukuran["anggaran_rp"]
    before = np.concatenate([base.keadaan.pemda.awal_rp[:, None] * np.ones((1, DRAWS))])
    paid = np.diff(np.concatenate([before[None], owed]), axis=0)
    paid = bills - paid
    assert (paid >= -1e-3).all()
    assert (paid <= bills + np.concatenate([before[None], owed[:-1]]) + 1e-3).all()
    people = keadaan.tingkat.sum_up(aktif)
    np.testing.assert_allclose(people[:, -1], aktif.sum(axis=1), rtol=1e-12)


def test_order_of_all_shipped_changes_does_not_matter():
    acts = [act for one in WHOLE.values() for act in one.tindakan]
    keadaan = build_country()
    first = apply_scenario(keadaan, Skenario("a", "a", tuple(acts))).ukuran
    second = apply_scenario(keadaan, Skenario("a", "a", tuple(acts[::-1]))).ukuran
    for name, values in first.items():
        np.testing.assert_allclose(values, second[name], rtol=1e-9, atol=1e-6)


SURE = tuple(
    DatedChange(jenis, mulai, nilai, asumsi=False)
    for jenis, mulai, nilai in (
        ("potong_pbi", "+2", {"persen": 12, "kembali_persen": 40, "kembali_bulan": 4}),
        ("kuota_telat", "+3", {"bulan": 2, "nonaktif_persen": 80}),
        ("kuota_ubah", "+4", {"jiwa": 9_000, "bersih_persen": 60}),
        ("agen", "+1", {"jumlah": 5, "per_bulan": 7, "bertahan_persen": 90}),
        ("tarif_pemda", "+5", {"naik_persen": 10}),
    )
)


def recompute(keadaan: State, at: int, draw: int) -> dict[str, list[float]]:
    """Apply `SURE` to one region and draw month by month, in plain numbers."""
    out = {
        "aktif_jiwa": [],
        "terdaftar_jiwa": [],
        "anggaran_rp": [],
        "iuran_pbi_rp": [],
    }
    pemda = keadaan.pemda
    filled = max(float(keadaan.terisi[at]), 1.0)
    for h in range(12):
        own = {
            s: float(keadaan.paths.get("aktif_jiwa", s)[h, at, draw]) for s in SEGMEN
        }
        held = float(keadaan.terdaftar[h, at, draw])
        total = sum(own.values())
        gone = 0.12 * (1 - 0.4 * min(max((h - 1) / 4, 0), 1)) if h >= 1 else 0.0
        pbi = own["PBI JK"] * (1 - gone)
        on = 0.2 if 2 <= h < 4 else 1.0
        added = 9_000.0 if h >= 3 else 0.0
        places = max(own["PBPU Pemda"] * on + added, 0.0)
        found = sum(5 * 7 * 0.9**k for k in range(h + 1))
        self_paid = max(own["PBPU"] + found - added * 0.4, 0.0)
        asked = total - own["PBI JK"] - own["PBPU Pemda"] - own["PBPU"]
        asked += pbi + places + self_paid
        limit = max(float(keadaan.batas[at]), held)
        registered = min(held + added * 0.6 + 35 * (h + 1), limit)
        aktif = min(asked, registered)
        wanted = added + max(found - added * 0.4, 0.0)
        lost = min(asked - aktif, wanted) / wanted if wanted > 0 else 0.0
        price = 1.1 if h >= 4 else 1.0
        bill = float(pemda.tagihan_rp[h, at, draw])
        out["aktif_jiwa"].append(aktif)
        out["terdaftar_jiwa"].append(registered)
        out["anggaran_rp"].append(bill * (on + added * (1 - lost) / filled) * price)
        out["iuran_pbi_rp"].append(pbi * 42_000 * price)
    return out


@pytest.mark.parametrize("draw", [0, 7, 200])
@pytest.mark.parametrize("at", [0, 1, 50, 513])
def test_a_plain_recomputation_gives_the_same_people_and_rupiah(at, draw):
    keadaan = build_country()
    found = apply_scenario(keadaan, Skenario("a", "a", SURE)).ukuran
    for name, expected in recompute(keadaan, at, draw).items():
        np.testing.assert_allclose(
            found[name][:, at, draw], expected, rtol=1e-9, err_msg=name
        )
