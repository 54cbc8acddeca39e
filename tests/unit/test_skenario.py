"""Scenarios and the ask: declaration, composition, effects, the cheapest mix."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.errors import ScenarioError
from jkn_analysis.masa_depan.paths import from_table
from jkn_analysis.skenario import (
    JENIS,
    TANPA,
    Scope,
    agen,
    apply_scenario,
    build_keadaan,
    build_uang,
    compare,
    from_peristiwa,
    kuota_telat,
    kuota_ubah,
    list_asumsi,
    make_skenario,
    pemda_menunggak,
    pemutihan,
    potong_pbi,
    read_skenario,
    rehab,
    summarise,
    tarif,
)
from jkn_analysis.tables import conform
from tests.money_data import NOW, read_ahead, read_keadaan, read_sample, read_uang

ATTIME = "2026-02"


def change(skenario, ukuran="aktif_jiwa"):
    keadaan = read_keadaan()
    own = apply_scenario(keadaan, skenario).ukuran[ukuran]
    return own - apply_scenario(keadaan, TANPA).ukuran[ukuran]


def month(text):
    return int(np.flatnonzero(read_keadaan().periode == pd.Timestamp(f"{text}-01"))[0])


# Declaration


def test_shipped_scenarios_cover_every_kind_asked_for():
    shipped = read_skenario()
    kinds = {act.jenis for one in shipped.values() for act in one.tindakan}
    assert kinds >= {
        "potong_pbi", "kuota_telat", "kuota_ubah", "pemda_menunggak", "pemutihan",
        "rehab", "tarif", "agen",
    }  # fmt: skip


def test_every_shipped_number_has_a_source_or_is_marked_assumed():
    table = list_asumsi(read_skenario().values())
    assert (table["sumber"].str.len().gt(10) | table["asumsi"]).all()
    assert table["sumber"].str.len().gt(10).all()


def test_a_parameter_left_to_its_default_is_an_assumption():
    one = make_skenario("pemutihan", ATTIME, {"kelas": 3})
    table = list_asumsi([one]).set_index("parameter")
    assert table.loc["bagian_persen", "asumsi"]
    assert table.loc["bagian_persen", "nilai"] == 50


def test_one_number_may_be_assumed_and_another_not():
    table = list_asumsi([read_skenario()["rehab"]]).set_index("parameter")
    assert table["asumsi"].to_dict() == {
        "ikut_persen": True, "tuntas_persen": False, "angsuran": True,
    }  # fmt: skip


def test_toml_of_an_official_is_read(tmp_path):
    path = tmp_path / "saya.toml"
    path.write_text(
        '[[skenario]]\nkode = "saya"\njudul = "Coba"\n[[skenario.tindakan]]\n'
        'jenis = "potong_pbi"\nmulai = "2026-03"\npersen = 5\nwilayah = "19.71"\n'
        'asumsi = "tidak"\nsumber = "SK Mensos"\n',
        encoding="utf-8",
    )
    one = read_skenario(path)["saya"]
    assert one.tindakan[0].get("persen") == 5
    assert not one.tindakan[0].asumsi
    assert one.tindakan[0].wilayah == "19.71"


@pytest.mark.parametrize("name", ["kode", "skenario"])
def test_csv_of_an_official_is_read_with_decimal_comma(tmp_path, name):
    path = tmp_path / "saya.csv"
    path.write_text(
        f"{name};judul;jenis;mulai;wilayah;segmen;persen;bulan\n"
        "dua;Dua hal;potong_pbi;2026-03;00;;2,5;\n"
        "dua;Dua hal;kuota_telat;januari;19;;;2\n",
        encoding="utf-8",
    )
    one = read_skenario(path)["dua"]
    assert [act.jenis for act in one.tindakan] == ["potong_pbi", "kuota_telat"]
    assert one.tindakan[0].get("persen") == 2.5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[[skenario]]\nkode = "x"\n[[skenario.tindakan]]\njenis = "a"\n',
            "mulai missing",
        ),
        ('[[skenario]]\nkode = ""\n', "empty, 'dasar' or used twice"),
        ('[[skenario]]\nkode = "dasar"\n', "empty, 'dasar' or used twice"),
        (
            '[[skenario]]\nkode = "x"\n[[skenario.tindakan]]\njenis = "potong_pbi"\n'
            'mulai = "+1"\nprosen = 3\n',
            r"salah.toml, line 6: 'x'(.|\n)*unknown parameter 'prosen'(.|\n)*persen",
        ),
        ("[[skenario", "not valid TOML"),
    ],
)
def test_a_wrong_file_says_where_and_what_to_write(tmp_path, text, told):
    path = tmp_path / "salah.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=told):
        read_skenario(path)


OWN = """# contoh
[[skenario]]
kode = "saya"
judul = "Coba"

[[skenario.tindakan]]
jenis = "potong_pbi"
mulai = "2026-03"
persen = 5
wilayah = "19.71"
[[skenario.tindakan]]
jenis = "kuota_telat"
mulai = "januari"
bulan = 2
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('"potong_pbi"', '"potong"', 7, r"unknown kind\n  → use one of potong_pbi"),
        ("persen = 5", "persen = 130", 9, r"persen is 130, outside 0 to 100\n  → give"),
        ('"2026-03"', '"besok"', 8, r"'besok' is not a month\n  → write 2026-02"),
        ('"2026-03"', '"2025-11"', 8, r"already reach 2025-11\n  → give a later month"),
        ('"19.71"', '"99.99"', 10, r"region '99.99' is not among(.|\n)*82\.71"),
        ("bulan = 2", "bulan = 'dua'", 14, r"bulan is 'dua', not a number"),
        ("judul =", "nama =", 2, r"unknown key 'nama'\n  → write kode, judul"),
        ('jenis = "kuota_telat"', "", 11, "'saya': jenis missing"),
    ],
)
def test_a_fault_of_an_own_file_names_its_line_and_the_remedy(
    tmp_path, old, new, line, told
):
    path = tmp_path / "saya.toml"
    path.write_text(OWN.replace(old, new), encoding="utf-8")
    limits = Scope(NOW, {"19.71", "19.01"})
    with pytest.raises(ScenarioError, match=rf"saya\.toml, line {line}: (.|\n)*{told}"):
        read_skenario(path, batas=limits)


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    path = tmp_path / "saya.csv"
    path.write_text(
        "# catatan\nskenario;jenis;mulai;persen\n"
        "a;potong;2026-03;5\n\nb;potong_pbi;2026-03;130\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        read_skenario(path)
    assert "saya.csv, line 3: 'a', potong: unknown kind" in str(caught.value)
    assert "saya.csv, line 5: 'b', potong_pbi: persen is 130" in str(caught.value)


def test_an_own_file_with_a_mark_of_its_encoding_is_read(tmp_path):
    path = tmp_path / "saya.toml"
    path.write_text(OWN, encoding="utf-8-sig")
    found = read_skenario(path, batas=Scope(NOW, {"19.71"}))
    assert [act.jenis for act in found["saya"].tindakan] == [
        "potong_pbi",
        "kuota_telat",
    ]


def test_a_source_known_later_is_not_cited_and_its_numbers_are_ours():
    shipped = [read_skenario()["pemutihan"]]
    early = list_asumsi(shipped, tanggal=dt.date(2025, 11, 30))
    assert set(early["sumber"]) == {"asumsi kami"}
    assert early["asumsi"].all()
    late = list_asumsi(shipped, tanggal=dt.date(2026, 2, 28))
    assert late["sumber"].str.contains("Perpres").all()


def test_no_shipped_source_is_younger_than_the_sample():
    table = list_asumsi(read_skenario().values(), tanggal=dt.date(2025, 11, 30))
    assert not table["sumber"].str.contains("2026/|Februari 2026").any()


def test_who_comes_back_is_observed_from_the_day_it_was_known():
    cut = [potong_pbi("2026-12")]

    def told(day):
        table = list_asumsi(cut, tanggal=day).set_index("parameter")
        return table.loc["kembali_persen", ["nilai", "asumsi"]].tolist()

    assert told(dt.date(2025, 11, 30)) == [33, True]
    assert told(dt.date(2026, 2, 28)) == [pytest.approx(0.65), False]


def test_unknown_kind_lists_the_known_ones():
    with pytest.raises(ScenarioError, match=r"unknown kind\n(.|\n)*potong_pbi"):
        make_skenario("potong", ATTIME)


def test_unknown_segmen_is_refused_with_the_known_ones():
    with pytest.raises(
        ScenarioError, match=r"unknown segmen 'Mandiri'(.|\n)*PBPU Pemda"
    ):
        make_skenario("peristiwa", ATTIME, {"dampak_jiwa": 5}, segmen="Mandiri")


def test_an_event_needs_its_segmen():
    with pytest.raises(ScenarioError, match="segmen is missing"):
        make_skenario("peristiwa", ATTIME, {"dampak_jiwa": 5})


def test_quota_below_zero_is_refused():
    with pytest.raises(ScenarioError, match="kuota_jiwa is -3, below zero"):
        make_skenario("kuota_ubah", ATTIME, {"kuota_jiwa": -3})


@pytest.mark.parametrize("value", [-1, 101, float("inf")])
def test_a_share_outside_its_range_is_refused(value):
    with pytest.raises(ScenarioError, match="outside 0 to 100"):
        potong_pbi(ATTIME, value)


def test_a_scenario_dated_before_the_data_ends_is_refused():
    with pytest.raises(
        ScenarioError, match=r"starts 2025-11, but the data already reach"
    ):
        apply_scenario(read_keadaan(), potong_pbi("2025-11"))


def test_a_month_that_is_none_is_refused():
    with pytest.raises(ScenarioError, match=r"'besok' is not a month(.|\n)*2026-02"):
        apply_scenario(read_keadaan(), potong_pbi("besok"))


@pytest.mark.parametrize("wilayah", ["82.71", "821"])
def test_a_region_not_forecast_is_refused(wilayah):
    with pytest.raises(ScenarioError, match="not among those forecast"):
        apply_scenario(read_keadaan(), potong_pbi(ATTIME).at(wilayah))


def test_no_forecast_says_to_run_it():
    tables, _ = read_sample()
    with pytest.raises(ScenarioError, match="run: jkn forecast"):
        build_keadaan(tables, read_ahead(), kode="99.99")


def test_planned_events_become_one_scenario():
    rows = pd.DataFrame(
        {
            "id_peristiwa": ["a", "b", "c"],
            "tanggal": pd.to_datetime(["2026-03-10", "2026-03-10", "2025-03-10"]),
            "kode": ["19.71", "19", "19"],
            "segmen": ["PBI JK", "PBPU Pemda", "PBI JK"],
            "jenis": "x", "dampak_jiwa": [-100.0, None, -5.0],
            "dampak_rate": [None, -0.1, None],
            "status": ["skenario", "skenario", "terjadi"],
            "keterangan": "", "sumber": "SK",
        }
    )  # fmt: skip
    one = from_peristiwa(conform(rows, "peristiwa"), cutoff=NOW)
    assert len(one.tindakan) == 2
    delta = change(one).mean(axis=-1)
    at = month("2026-03")
    assert np.all(delta[:at] == 0)
    assert delta[at].sum() < -100


# Composition


def test_nothing_changes_nothing():
    table = compare(read_keadaan(), [])
    assert (table["selisih"] == 0).all()
    assert set(table["skenario"]) == {"dasar"}


def test_a_delivery_of_one_segmen_alone_still_has_scenarios():
    whole = read_keadaan()
    only = {
        key: drawn
        for key, drawn in whole.paths.drawn.items()
        if key[0] not in {"aktif_jiwa", "terdaftar_jiwa"} or key[1] == "PBPU"
    }
    alone = replace(whole, paths=replace(whole.paths, drawn=only), pemda=None)
    table = compare(alone, [potong_pbi(ATTIME, 10), agen(ATTIME, 5)])
    moved = table[table["ukuran"].eq("aktif_jiwa") & table["kuantil"].eq(0.5)]
    by_scenario = moved.groupby("skenario")["selisih"].max()
    assert by_scenario["potong_pbi"] == 0
    assert by_scenario["agen"] > 0


PAIRS = [
    (potong_pbi(ATTIME, 10), kuota_ubah(ATTIME, persen=-20)),
    (potong_pbi(ATTIME, 10), pemutihan("2026-04")),
    (potong_pbi(ATTIME, 10).at("19.01"), potong_pbi("2026-04", 30).at("19.71")),
    (agen(ATTIME, 5), pemda_menunggak("2026-03", 2)),
    (rehab(ATTIME), potong_pbi(ATTIME)),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_disjoint_scenarios_add(one, other):
    both = change(one + other)
    free = sum(change(part, "tak_tertampung_jiwa") for part in (one, other)) == 0
    assert free.mean() > 0.7
    assert np.allclose(both[free], (change(one) + change(other))[free], atol=1e-3)


@pytest.mark.parametrize(
    ("one", "other"), [*PAIRS, (tarif(ATTIME, 10), pemutihan(ATTIME))]
)
def test_order_does_not_matter(one, other):
    keadaan = read_keadaan()
    first, second = (
        apply_scenario(keadaan, one + other),
        apply_scenario(keadaan, other + one),
    )
    for name, values in first.ukuran.items():
        assert np.allclose(values, second.ukuran[name], rtol=1e-6), name


def test_adding_nothing_is_the_same_scenario():
    one = potong_pbi(ATTIME)
    assert one + TANPA == one == TANPA + one


def test_two_cuts_of_one_list_compound_and_never_pass_the_list():
    keadaan = read_keadaan()
    pbi = keadaan.paths.get("aktif_jiwa", "PBI JK")
    delta = change(potong_pbi(ATTIME, 100) + potong_pbi(ATTIME, 100))
    at = month(ATTIME)
    assert np.all(-delta[at] <= pbi[at] * (1 + 1e-9))
    assert np.all(-delta[at] >= pbi[at] * (1 - 0.25**2))


# Effects


def test_nothing_changed_is_the_forecast_to_the_person():
    money = read_uang()
    keys = ["kode", "periode", "kuantil"]
    rows = money["ramalan"]
    rows = rows[rows["segmen"].eq("total")]
    table = money["skenario"]
    base = table[table["skenario"].eq("dasar")]
    for name in (
        "aktif_jiwa", "terdaftar_jiwa", "keaktifan_penduduk_rate",
        "tunggakan_peserta_rp", "tunggakan_pemda_rp",
    ):  # fmt: skip
        told = rows[rows["indikator"].eq(name)].set_index(keys)["nilai"]
        own = base[base["ukuran"].eq(name)].set_index(keys)["nilai"]
        assert {"00", "19", "19.71"} <= set(own.index.get_level_values("kode"))
        np.testing.assert_allclose(own, told.reindex(own.index), rtol=1e-9)
    chance = money["skenario"].query("ukuran == 'peluang_80' and skenario == 'dasar'")
    told = read_sample()[1]["peluang"].set_index(["kode", "periode"])["peluang"]
    own = chance.set_index(["kode", "periode"])["nilai"]
    np.testing.assert_allclose(own, told.reindex(own.index), atol=1e-12)


def test_medians_of_people_add_up_under_every_scenario():
    table = read_uang()["skenario"]
    rows = table[table["ukuran"].eq("aktif_jiwa") & table["kuantil"].eq(0.5)]
    wide = rows.pivot_table(
        index=["skenario", "periode"], columns="kode", values="nilai"
    )
    below = [kode for kode in wide if len(kode) > 2]
    np.testing.assert_allclose(wide[below].sum(axis=1), wide["19"], rtol=1e-12)
    np.testing.assert_allclose(wide["19"], wide["00"], rtol=1e-12)


def test_an_event_cut_from_pbi_comes_back_like_the_scenario():
    acts = [
        make_skenario("potong_pbi", ATTIME, {"persen": 10}),
        from_peristiwa(
            conform(
                pd.DataFrame(
                    {
                        "id_peristiwa": ["a"],
                        "tanggal": pd.to_datetime(["2026-02-01"]),
                        "kode": ["00"], "segmen": ["PBI JK"], "jenis": "x",
                        "dampak_jiwa": [None], "dampak_rate": [-0.1],
                        "status": ["skenario"], "keterangan": "", "sumber": "SK",
                    }
                ),
                "peristiwa",
            ),
            cutoff=NOW,
        ),
    ]  # fmt: skip
    one, other = (change(act)[:, :, 0] for act in acts)
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert (one[month("2026-08")] > one[month("2026-02")] * 0.75).all()


def test_a_quota_registers_the_new_and_moves_the_cover():
    covered = change(kuota_ubah(ATTIME, jiwa=1000), "terdaftar_jiwa")[-1]
    keadaan = read_keadaan()
    room = np.maximum(keadaan.batas[:, None] - keadaan.terdaftar[-1], 0)
    net = 700 * (1 + 0 * room)
    middle = np.minimum(net, room)[:, 0]
    np.testing.assert_allclose(covered[:, 0], middle, atol=1e-6)
    assert np.all(covered >= 0)
    assert np.all(covered <= room + 1e-6)


def test_more_people_than_there_are_is_capped_and_told():
    found = apply_scenario(read_keadaan(), kuota_ubah(ATTIME, jiwa=10_000_000))
    keadaan = read_keadaan()
    limit = np.maximum(keadaan.batas[None, :, None], keadaan.terdaftar)
    assert np.all(found.ukuran["aktif_jiwa"] <= limit)
    assert np.all(found.ukuran["tak_tertampung_jiwa"][-1] > 1_000_000)
    told = summarise(found, apply_scenario(keadaan))
    assert "tak_tertampung_jiwa" in set(told["ukuran"])
    bill = found.ukuran["anggaran_rp"][-1, :, 0]
    people = keadaan.penduduk * 45_000
    assert np.all(bill < people)


def test_a_higher_premium_moves_what_the_region_and_the_state_pay():
    at = month("2026-03")
    base = apply_scenario(read_keadaan(), TANPA).ukuran
    for kelas, factor in ((0, 1.1), (3, 1.1), (1, 1.0)):
        own = apply_scenario(read_keadaan(), tarif("2026-03", 10, kelas=kelas)).ukuran
        for name in ("anggaran_rp", "iuran_pbi_rp"):
            np.testing.assert_allclose(own[name][at:], base[name][at:] * factor)
            np.testing.assert_allclose(own[name][:at], base[name][:at])


def test_months_without_cover_are_counted_until_they_end():
    off = change(kuota_telat("januari", 2), "tanpa_jaminan_jiwa_bulan")[..., 0]
    members = read_keadaan().paths.get("aktif_jiwa", "PBPU Pemda")[..., 0]
    first, second = month("2026-01"), month("2026-02")
    assert np.all(off[:first] == 0)
    expected = members[first] + members[second]
    np.testing.assert_allclose(off[second], expected)
    np.testing.assert_allclose(off[-1], expected)


def test_nothing_moves_before_a_scenario_starts():
    for one in (potong_pbi("2026-05"), pemutihan("2026-05"), kuota_telat("2026-05")):
        for name in ("aktif_jiwa", "tunggakan_peserta_rp", "tunggakan_pemda_rp"):
            assert np.abs(change(one, name)[: month("2026-05")]).max() == 0


def test_a_stated_cut_takes_exactly_its_share():
    keadaan = read_keadaan()
    one = make_skenario("potong_pbi", ATTIME, {"persen": 10, "kembali_persen": 0})
    act = one.tindakan[0].__class__(
        "potong_pbi", ATTIME, {"persen": 10, "kembali_persen": 0}, asumsi=False
    )
    sure = one.__class__("x", "x", (act,))
    pbi = keadaan.paths.get("aktif_jiwa", "PBI JK")
    at = month(ATTIME)
    assert np.allclose(change(sure)[at:], -0.1 * pbi[at:])


def test_late_renewal_switches_members_off_and_the_bill_with_them():
    keadaan = read_keadaan()
    one = make_skenario("kuota_telat", "2026-01", {"bulan": 2, "nonaktif_persen": 100})
    on = change(one, "anggaran_rp")
    assert np.all(on[month("2026-01")] <= 0)
    assert np.allclose(on[month("2026-03") :], 0)
    assert np.all(change(one)[month("2026-02")] < 0)
    assert np.allclose(change(one)[month("2026-03")], 0)
    assert keadaan.pemda is not None


def test_more_quota_brings_only_its_net_share():
    one = kuota_ubah(ATTIME, jiwa=1000)
    free = change(one, "tak_tertampung_jiwa")[-1] == 0
    gained = change(one)[-1][free]
    assert free.mean() > 0.8
    assert np.all((gained > 400) & (gained <= 1000))
    assert np.median(gained) < 850
    bill = change(one, "anggaran_rp")[-1]
    assert np.all(bill > 0)


def test_unpaid_premium_raises_debt_until_members_are_off():
    one = pemda_menunggak("2026-01", 3)
    debt = change(one, "tunggakan_pemda_rp").mean(axis=-1)
    assert np.all(debt[month("2026-01")] >= -1)
    assert debt[month("2026-01")].sum() > 0
    people = change(one).mean(axis=-1)
    assert np.all(people[month("2026-01")] == 0)
    assert np.all(people[month("2026-02")] < 0)
    assert np.all(people[month("2026-04")] == 0)


def test_bills_not_paid_are_told_as_the_debt_they_make():
    at, after = month("2026-01"), month("2026-04")
    unpaid = change(pemda_menunggak("2026-01", 3), "tak_dibayar_rp")[..., 0]
    found = apply_scenario(read_keadaan(), pemda_menunggak("2026-01", 3))
    bills = found.ukuran["anggaran_rp"][at:after, :, 0]
    np.testing.assert_allclose(unpaid[-1], bills.sum(axis=0))
    assert np.all(unpaid[at] > 0)
    assert np.all(unpaid[:at] == 0)


def test_write_off_lowers_arrears_and_moral_hazard_gives_some_back():
    plain = change(pemutihan("2026-03"), "tunggakan_peserta_rp")
    moral = change(pemutihan("2026-03", moral_persen=30), "tunggakan_peserta_rp")
    at = month("2026-03")
    assert np.all(plain[at] < 0)
    assert np.all(moral[-1].mean(axis=-1) > plain[-1].mean(axis=-1))
    free = change(pemutihan("2026-03"), "tak_tertampung_jiwa")[at] == 0
    assert free.mean() > 0.8
    assert np.all(change(pemutihan("2026-03"))[at][free] > 0)


def test_a_higher_premium_loses_payers_once():
    lost = change(tarif("2026-03", 20)).mean(axis=-1).sum(axis=1)
    at = month("2026-03")
    assert lost[at] < 0
    assert lost[at + 1] > 2 * lost[at]


def test_interval_of_a_difference_carries_only_the_scenario():
    keadaan = read_keadaan()
    base = apply_scenario(keadaan, TANPA)
    table = summarise(apply_scenario(keadaan, potong_pbi(ATTIME, 10)), base)
    own = table[
        table["ukuran"].eq("aktif_jiwa") & table["periode"].eq(pd.Timestamp(2026, 6, 1))
    ]
    wide = own.pivot_table(index="kode", columns="kuantil", values=["nilai", "selisih"])
    spread = wide["nilai"][0.9] - wide["nilai"][0.1]
    effect = wide["selisih"][0.9] - wide["selisih"][0.1]
    assert (effect < 0.6 * spread).all()
    assert (wide["selisih"][0.1] <= wide["selisih"][0.5]).all()
    assert (wide["selisih"][0.9] < 0).all()


def test_levels_above_are_shown_and_rates_are_ratios_of_sums():
    table = read_uang()["skenario"]
    keadaan = read_keadaan()
    assert {"19", "00"} <= set(table["kode"])
    last = table[
        table["skenario"].eq("dasar")
        & table["kuantil"].eq(0.5)
        & table["kode"].eq("19")
    ]
    wide = last.pivot_table(index="periode", columns="ukuran", values="nilai")
    people = keadaan.penduduk.sum()
    rate = wide["aktif_jiwa"] / people
    assert np.allclose(wide["keaktifan_penduduk_rate"], rate, rtol=1e-4)
    assert wide["peluang_uhc"].between(0, 1).all()


def test_one_region_from_its_slice_is_the_region_of_the_whole():
    tables, _ = read_sample()
    money = read_uang()
    kode = "19.71"
    rates, stored = money["laju_tunggakan"], money["masa_depan"]
    one = build_keadaan(
        {
            name: t[t["kode"].isin([kode, "00"])] if "kode" in t else t
            for name, t in tables.items()
        },
        from_table(stored[stored["kode"].eq(kode)]),
        kode=kode,
        laju=rates[rates["kode"].isin([kode, "00"])],
        uji=money["uji_tunggakan"],
    )
    found = apply_scenario(one, potong_pbi(ATTIME)).ringkas()
    whole = summarise(
        apply_scenario(read_keadaan(), potong_pbi(ATTIME)),
        apply_scenario(read_keadaan()),
    )
    keys = ["ukuran", "periode", "kuantil"]
    whole = whole[whole["kode"].eq(kode)].set_index(keys)["nilai"].sort_index()
    own = found.set_index(keys)["nilai"].sort_index()
    assert set(own.index) == set(whole.index)
    np.testing.assert_allclose(own, whole, rtol=1e-9)


def test_a_region_without_arrears_by_age_keeps_the_rest_whole():
    tables, made = read_sample()
    arrears = tables["tunggakan_peserta"]
    less = tables | {"tunggakan_peserta": arrears[~arrears["kode"].eq("19.01")]}
    found = build_uang(less, made, skenario=[pemutihan("2026-03")])
    table = found["skenario"]
    owed = table[table["ukuran"].eq("tunggakan_peserta_rp")]
    assert "19.01" not in set(owed["kode"])
    assert "19" not in set(owed["kode"])
    assert "19.71" in set(owed["kode"])
    active = table[table["ukuran"].eq("aktif_jiwa")]
    assert {"19.01", "19", "00"} <= set(active["kode"])


def test_arrears_and_bills_a_month_late_still_speak_of_the_same_months():
    tables, made = read_sample()
    late = tables | {
        name: tables[name][tables[name]["periode"].lt(NOW)]
        for name in ("tunggakan_peserta", "iuran", "iuran_pemda")
    }
    found = build_keadaan(late, read_ahead(), ramalan=made["ramalan"])
    assert found.tunggakan is not None
    assert found.pemda is not None
    assert list(found.tunggakan.dasar.periode) == list(found.periode)
    assert list(found.pemda.periode) == list(found.periode)
    on_time = read_keadaan()
    ours = found.pemda.awal_rp.sum()
    assert ours == pytest.approx(on_time.pemda.awal_rp.sum(), abs=5e9)
    made = build_uang(late, made, skenario=[rehab(ATTIME)])
    assert set(made["skenario"]["periode"]) == set(found.periode)
    assert "kebutuhan_bertahan_rp" in set(made["uang"]["ukuran"])
    assert "kuota_pemda" in set(made["rute"]["rute"])


def test_without_money_tables_activity_still_answers():
    tables, made = read_sample()
    bare = {name: tables[name] for name in ("kepesertaan", "penduduk")}
    found = build_uang(bare, made, skenario=[potong_pbi(ATTIME)])
    assert set(found["skenario"]["ukuran"]) == {
        "aktif_jiwa", "keaktifan_penduduk_rate", "terdaftar_jiwa", "cakupan_rate",
        "peluang_uhc", "peluang_80", "iuran_pbi_rp", "tanpa_jaminan_jiwa_bulan",
    }  # fmt: skip
    assert found["uang"].empty
    assert found["utang_pemda"].empty


def test_every_kind_has_a_meaning_and_a_default_within_its_range():
    for kind in JENIS.values():
        assert kind.arti
        for rule in kind.parameter.values():
            assert rule.minimal <= rule.bawaan <= rule.maksimal
