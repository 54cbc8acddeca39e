"""Arrears: stocks, roll rates, forecast, books, Pemda debt, collection rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.money import (
    MONTHS,
    OWED,
    compare_pooling,
    cover,
    estimates,
    held_out,
    make_world,
    score_error,
)
from jkn_analysis.errors import InputError
from jkn_analysis.tables import check, conform
from jkn_analysis.tunggakan.ahead import (
    backtest_tunggakan,
    build_tingkat,
    measure_lebar,
    scale_draws,
    summarise_depan,
    to_depan,
    use_told,
)
from jkn_analysis.tunggakan.flows import (
    build_arus,
    build_kolektibilitas,
    project_arus,
)
from jkn_analysis.tunggakan.moods import Movement, draw_moods, fit_moods
from jkn_analysis.tunggakan.pemda import (
    build_utang,
    find_masa_tunggakan,
    project_utang,
    summarise_utang,
)
from jkn_analysis.tunggakan.rates import (
    count_transisi,
    estimate_laju,
    measure_bagian_bayar,
    read_laju,
)
from jkn_analysis.tunggakan.simulate import Changes, draw_laju, simulate_tunggakan
from jkn_analysis.tunggakan.stock import build_stok, has_single_ages
from tests.money_data import make_pemda, read_sample, read_uang


def ages(people: dict[int, int], *, periode: str = "2025-01-01", kode: str = "82.71"):
    rows = [
        {
            "kode": kode,
            "periode": pd.Timestamp(periode),
            "segmen": "PBPU",
            "kelas": 3,
            "umur_bulan": age,
            "peserta_jiwa": count,
            "tunggakan_rp": count * min(age, 24) * 35_000,
        }
        for age, count in people.items()
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def world():
    return make_world(7)


@pytest.fixture(scope="module")
def path(world):
    stok = world.stok()
    laju = estimate_laju(stok)
    undian = draw_laju(laju, horizon=12, draws=40, seed=1)
    return simulate_tunggakan(laju, stok, undian=undian)


# Stocks


def test_a_sure_plan_comes_on_top_of_every_bill_from_its_month_on():
    pemda = make_pemda([100] * 11, [100] * 11)
    plan = pd.DataFrame(
        {"kode": "82.71", "periode": [pd.Timestamp(2026, 2, 1)], "rp": [40.0]}
    )
    without = project_utang(pemda, horizon=4, draws=20)
    planned = project_utang(pemda, horizon=4, draws=20, rencana=plan)
    more = planned.tagihan_rp - without.tagihan_rp
    assert np.allclose(more[:2], 0)
    assert np.allclose(more[2:], 40)


def test_a_month_not_delivered_is_missing_not_zero():
    both = pd.concat(
        [
            ages({1: 10}),
            ages({1: 9}, periode="2025-03-01"),
            ages({1: 5}, periode="2025-02-01", kode="82.03"),
        ]
    )
    stok = build_stok(both)
    ternate = stok.jiwa[:, 0, int(np.flatnonzero(stok.kode == "82.71")[0])]
    assert ternate[0] == 10
    assert np.isnan(ternate[1])
    assert ternate[2] == 9


def test_segments_of_self_payers_are_added():
    both = pd.concat([ages({1: 10}), ages({1: 4}).assign(segmen="BP")])
    assert build_stok(both).jiwa[0, 0, 0] == 14


def test_no_arrears_rows_is_an_error_that_says_what_to_do():
    empty = conform(pd.DataFrame(), "tunggakan_peserta")
    with pytest.raises(InputError, match=r"no rows(.|\n)*deliver arrears by age"):
        build_stok(empty)


def test_totals_on_one_age_do_not_count_as_single_months():
    months = [f"2025-{m:02d}-01" for m in range(1, 13)]
    wide = pd.concat([ages({1: 10, 12: 5, 24: 2}, periode=m) for m in months])
    fine = pd.concat(
        [ages(dict.fromkeys(range(1, 25), 5), periode=m, kode="82.03") for m in months]
    )
    stok = build_stok(pd.concat([wide, fine]))
    found = dict(zip(stok.kode, has_single_ages(stok), strict=True))
    assert not found["82.71"]
    assert found["82.03"]


# Roll rates


def test_rates_of_a_stock_in_which_nobody_leaves_are_small():
    people = dict.fromkeys(range(1, 26), 100)
    months = pd.date_range("2023-01-01", periods=24, freq="MS")
    rows = [
        ages({**people, 25: 100 * (1 + t)}, periode=str(m.date()))
        for t, m in enumerate(months)
    ]
    laju = estimate_laju(build_stok(pd.concat(rows)))
    assert laju.keluar[:22].max() < 0.02


def test_partial_pooling_beats_no_pooling_and_full_pooling(world):
    rates = estimates(world)
    fit = {name: held_out(world, value) for name, value in rates.items()}
    error = {name: score_error(world, value) for name, value in rates.items()}
    assert fit["partial"] > max(fit["none"], fit["full"])
    assert error["partial"] < min(error["none"], error["full"])


def test_error_halves_when_people_are_fourfold():
    table = compare_pooling((1, 4, 16), 2).pivot_table(
        index="factor", columns="pooling", values="error"
    )
    ratio = table["none"].iloc[1:].to_numpy() / table["none"].iloc[:-1].to_numpy()
    assert np.all((ratio > 0.4) & (ratio < 0.62))
    assert table["partial"].is_monotonic_decreasing


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    found = cover(12)
    assert 0.70 <= found["regions"] <= 0.90
    assert abs(found["bias"]) < 0.01


def test_a_lasting_change_of_habit_moves_the_level():
    world = make_world(3)
    faster = world.jiwa.copy().astype(float)
    rng = np.random.default_rng(0)
    for t in range(MONTHS - 12, MONTHS):
        stay = faster[t - 1] * (1 - np.minimum(world.keluar * 1.5, 0.9))
        faster[t] = np.vstack([world.jiwa[t, 0], stay[:-1]])
        faster[t, -1] += stay[-1]
        faster[t] = rng.poisson(faster[t])
    stok = replace(world.stok(), jiwa=faster[:MONTHS], rp=faster[:MONTHS] * OWED)
    shock = estimate_laju(stok).guncangan_keluar
    assert shock.gerak_bersama > 0
    assert shock.tingkat_bersama > 0.08


def test_a_mood_is_remembered_as_long_as_it_lasts():
    rng = np.random.default_rng(5)
    months, regions = 240, 6
    moods = {}
    for kept in (0.5, 0.9):
        mood = np.zeros(months)
        for t in range(1, months):
            mood[t] = kept * mood[t - 1] + 0.1 * rng.standard_normal()
        expected = np.full((months, regions), 50_000.0)
        observed = rng.poisson(expected * np.exp(mood)[:, None]).astype(float)
        moods[kept] = fit_moods(observed, expected, expected > 0)
    assert moods[0.5].ingat_bersama < 0.65
    assert 0.8 < moods[0.9].ingat_bersama < 1.0
    for found in moods.values():
        assert 0.07 < found.gerak_bersama < 0.13


def test_a_fading_mood_spreads_as_far_as_its_long_run_and_no_further():
    still = Movement(
        0.8, 0.06, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, np.zeros(1), np.zeros(1)
    )
    drawn = draw_moods(
        still,
        np.zeros(1, dtype=int),
        horizon=60,
        draws=20_000,
        rng=np.random.default_rng(0),
    )
    # a month adds 0.06; in the long run 0.06 / sqrt(1 - 0.8**2) = 0.1
    spread = np.log(drawn[:, 0]).std(axis=-1)
    assert spread[0] == pytest.approx(0.06, rel=0.03)
    assert spread[-1] == pytest.approx(0.10, rel=0.03)


def test_draws_too_narrow_for_the_record_are_told_to_widen():
    narrow = [pd.DataFrame({"jarak": [2.0] * 10}), pd.DataFrame({"jarak": [2.0] * 10})]
    wide = [pd.DataFrame({"jarak": [0.5] * 10})] * 4
    # two cutoffs that needed twice the width, and two that stand for the usual 1.1
    assert measure_lebar(narrow) == pytest.approx((2 * 2 * 1.1 * 1.1) ** 0.25)
    assert measure_lebar(wide) == 1.0


def test_a_write_off_set_aside_does_not_pass_for_paying(world):
    stok = world.stok()
    jiwa = stok.jiwa.copy()
    jiwa[20:] *= 0.5
    cut = replace(stok, jiwa=jiwa)
    event = [("00", stok.periode[20])]
    plain = estimate_laju(cut).keluar[12:23].mean()
    aside = estimate_laju(cut, abaikan=event).keluar[12:23].mean()
    true = world.keluar[12:23].mean()
    assert abs(aside / true - 1) < 0.05
    assert plain / true > 1.3


def test_rates_survive_their_table(world):
    laju = estimate_laju(world.stok())
    table = check(conform(laju.to_table(), "laju_tunggakan"), "laju_tunggakan")
    kode = world.kode[4]
    unit = laju.unit[laju.unit["kode"] == kode]
    own = read_laju(table[table["kode"].isin([kode, "00"])], unit)
    expected = laju.take((laju.unit["kode"] == kode).to_numpy())
    assert np.allclose(own.keluar, expected.keluar)
    assert np.allclose(own.musim_keluar, expected.musim_keluar)
    assert own.guncangan_masuk.tingkat == pytest.approx(
        expected.guncangan_masuk.tingkat
    )


def test_inflow_at_an_older_age_is_counted_as_negative_leavers():
    rows = pd.concat(
        [ages({5: 10}), ages({6: 14}, periode="2025-02-01")], ignore_index=True
    )
    assert count_transisi(build_stok(rows)).keluar[0, 4, 0] == -4


def test_paid_share_comes_from_rupiah_not_written_off():
    tables, _ = read_sample()
    stok = build_stok(tables["tunggakan_peserta"])
    share = measure_bagian_bayar(stok, tables["iuran"])
    assert share is not None
    assert np.all((share > 0.5) & (share < 1))
    assert measure_bagian_bayar(stok, tables["iuran"].assign(dihapus_rp=pd.NA)) is None


# Simulation


def test_books_of_every_draw_close(path):
    flow = path.arus
    left = (
        flow["awal_rp"]
        + flow["ditagih_rp"]
        - flow["dibayar_rp"]
        - flow["keluar_rp"]
        - flow["dihapus_rp"]
        - flow["akhir_rp"]
    )
    assert np.abs(left).max() < 1e-5 * flow["akhir_rp"].max()
    assert np.all(flow["akhir_rp"] >= 0)


def test_fifty_months_in_arrears_are_billed_as_twenty_four():
    months = [f"2025-{m:02d}-01" for m in range(1, 7)]
    rows = pd.concat([ages({25: 10}, periode=m) for m in months])
    stok = build_stok(rows)
    laju = estimate_laju(stok, bagian_bayar=1.0)
    undian = draw_laju(laju, horizon=12, draws=20, seed=0)
    still = replace(undian, keluar=undian.keluar * 0, masuk=undian.masuk * 0)
    path = simulate_tunggakan(laju, stok, undian=still)
    per_head = path.dapat_ditagih_rp[-1] / path.jiwa[-1]
    assert np.allclose(per_head, 24 * 35_000)
    assert np.allclose(path.rp[-1], path.rp[0])


def test_rupiah_stop_growing_at_the_cap_while_people_stay():
    rows = pd.concat(
        [ages({22: 10}, periode="2024-12-01"), ages({23: 10}, periode="2025-01-01")]
    )
    stok = build_stok(rows)
    laju = estimate_laju(stok, bagian_bayar=1.0)
    undian = draw_laju(laju, horizon=6, draws=10, seed=0)
    still = replace(undian, keluar=undian.keluar * 0, masuk=undian.masuk * 0)
    path = simulate_tunggakan(laju, stok, undian=still)
    assert np.allclose(path.rp[:, 0, 0], 10 * 24 * 35_000)


def test_write_off_takes_its_share_and_brings_its_people_back(world):
    stok = world.stok()
    laju = estimate_laju(stok)
    undian = draw_laju(laju, horizon=3, draws=20, seed=0)
    units = len(stok.unit)
    share, back = np.zeros((3, units)), np.zeros((3, units))
    share[0], back[0] = 0.4, 0.5
    base = simulate_tunggakan(laju, stok, undian=undian)
    after = simulate_tunggakan(
        laju, stok, undian=undian, ubahan=Changes(hapus=share, kembali=back)
    )
    owed = stok.rp[-1].sum(axis=0)
    assert np.allclose(after.arus["dihapus_rp"][0], 0.4 * owed[:, None], rtol=1e-5)
    assert np.all(after.dasar_jiwa[0] > base.dasar_jiwa[0])


def test_rehab_members_are_active_only_after_the_last_instalment(world):
    stok = world.stok()
    laju = estimate_laju(stok)
    undian = draw_laju(laju, horizon=6, draws=20, seed=0)
    join = np.zeros((6, len(stok.unit)))
    join[0] = 0.3
    base = simulate_tunggakan(laju, stok, undian=undian)
    plan = simulate_tunggakan(
        laju, stok, undian=undian, ubahan=Changes(cicil={4: join})
    )
    gained = (plan.dasar_jiwa - base.dasar_jiwa).mean(axis=(1, 2))
    assert np.all(gained[:3] <= 1e-3)
    assert gained[3] > 100
    assert np.all(plan.rp[3] < base.rp[3])


# Forecast and contest


def test_sums_above_are_sums_of_regions(path):
    tingkat = build_tingkat(list(path.unit["kode"]))
    values = np.arange(28.0)[None]
    total = tingkat.sum_up(values)[0]
    assert list(tingkat.kode[28:]) == ["19", "81", "82", "00"]
    assert total[28:31].sum() == total[31] == values.sum()


def test_a_missing_region_makes_the_sum_above_missing():
    tingkat = build_tingkat(["19.01", "19.02", "81.01"])
    total = tingkat.sum_one(np.array([1.0, np.nan, 2.0]))
    assert np.isnan(total[3])
    assert total[4] == 2
    assert np.isnan(total[5])


def test_quantiles_do_not_cross_and_buckets_add_up(path):
    table = summarise_depan(to_depan(path))
    total = table[table["kelompok_umur"].eq("total")]
    wide = total.pivot_table(
        index=["kode", "ukuran", "periode"], columns="kuantil", values="nilai"
    )
    assert np.all(np.diff(wide.to_numpy(), axis=1) >= 0)
    depan = to_depan(path)
    parts = sum(part["tunggakan_rp"] for part in depan.kelompok.values())
    assert np.allclose(parts, depan.total["tunggakan_rp"], rtol=1e-5)


def test_roll_rates_are_used_only_where_they_beat_the_forecaster(world):
    stok = world.stok()

    def awful(history, horizon):
        return _flat(history, horizon, factor=3.0)

    def perfect(history, horizon):
        last = history["periode"].max()
        total = pd.DataFrame(
            stok.rp.sum(axis=1), index=stok.periode, columns=world.kode
        )
        ahead = total[total.index > last].iloc[:horizon]
        long = (
            ahead.rename_axis("periode").reset_index().melt("periode", var_name="seri")
        )
        return long.rename(columns={"value": "nilai"})

    assert backtest_tunggakan(stok, rival=awful)["terpilih"].all()
    assert not backtest_tunggakan(stok, rival=perfect)["terpilih"].any()


def _flat(history, horizon, *, factor):
    last = history.sort_values("periode").groupby("seri").tail(1)
    months = pd.date_range(
        history["periode"].max() + pd.offsets.MonthBegin(1), periods=horizon, freq="MS"
    )
    rows = last[["seri", "nilai"]].merge(pd.DataFrame({"periode": months}), how="cross")
    return rows.assign(nilai=rows["nilai"] * factor)


def test_short_history_leaves_the_forecaster_in_place(world):
    found = backtest_tunggakan(
        world.stok(8), rival=lambda h, n: _flat(h, n, factor=1.0)
    )
    assert not found["terpilih"].any()
    assert (found["jumlah"] == 0).all()


def test_where_the_forecaster_is_used_its_total_is_shown_and_named(path, world):
    depan = to_depan(path)
    kode = world.kode[0]
    rows = [
        {
            "kode": kode, "indikator": "tunggakan_peserta_rp", "segmen": "total",
            "periode": month, "kuantil": q, "nilai": 1e9 * (1 + q),
        }
        for month in depan.periode
        for q in (0.1, 0.5, 0.9)
    ]  # fmt: skip
    uji = pd.DataFrame(
        {"kode": world.kode, "terpilih": [k != kode for k in world.kode], "lebar": 1.0}
    )
    factors = scale_draws(depan, pd.DataFrame(rows), uji=uji, seed=0)
    mixed = use_told(depan, factors, uji=uji)
    table = summarise_depan(mixed)
    own = table[table["kode"].eq(kode)]
    assert set(own["metode"]) == {"ramalan"}
    median = own[
        own["ukuran"].eq("tunggakan_rp")
        & own["kelompok_umur"].eq("total")
        & own["kuantil"].eq(0.5)
    ]["nilai"]
    assert median.between(1.45e9, 1.55e9).all()
    assert set(table[table["kode"].eq(world.kode[1])]["metode"]) == {"laju"}


# Books


def test_books_of_the_sample_close_to_the_rupiah():
    tables, _ = read_sample()
    books = build_arus(tables["tunggakan_peserta"], tables["iuran"])
    assert len(books) > 200
    assert (books["sisa_rp"] == 0).all()
    explained = (
        books["awal_rp"]
        + books["ditagih_rp"]
        - books["dibayar_rp"]
        - books["keluar_rp"]
        - books["dihapus_rp"]
    )
    assert (explained == books["akhir_rp"]).all()


def test_what_does_not_close_is_its_own_line():
    tables, _ = read_sample()
    arrears = tables["tunggakan_peserta"].copy()
    at = arrears.index[
        arrears["kode"].eq("19.01") & arrears["periode"].eq(pd.Timestamp(2025, 11, 1))
    ][0]
    arrears.loc[at, "tunggakan_rp"] += 1_234
    books = build_arus(arrears, tables["iuran"])
    last = books[books["periode"].eq(pd.Timestamp(2025, 11, 1))].set_index("kode")
    assert last.loc["19.01", "sisa_rp"] == 1_234
    assert last.loc["19", "sisa_rp"] == 1_234
    assert last.loc["19.02", "sisa_rp"] == 0


def test_projected_books_close_to_the_rupiah_at_every_level(path):
    books = project_arus(path)
    assert (books["sisa_rp"] == 0).all()
    assert set(books["kode"]) > {"19", "81", "82", "00"}
    ordered = books.sort_values(["kode", "periode"])
    before = ordered.groupby("kode")["akhir_rp"].shift()
    assert (ordered["awal_rp"][before.notna()] == before[before.notna()]).all()


# Local government


def test_debt_is_bill_less_payment_and_late_from_the_oldest_bill():
    debt = build_utang(make_pemda([100, 100, 100, 100], [100, 0, 100, 50]))
    assert debt["tunggakan_pemda_rp"].tolist() == [0, 100, 100, 150]
    # End of February: 10 to 28 February. End of April: March's bill is open in part.
    assert debt["hari_telat"].tolist() == [0, 18, 21, 51]


def test_opening_debt_is_older_than_the_first_month():
    debt = build_utang(make_pemda([100], [100], opening=500))
    assert debt["tunggakan_pemda_rp"].tolist() == [500]
    assert debt["hari_telat"].iloc[0] > 31


def test_payment_habits_are_replayed_and_never_pass_what_is_owed():
    paid = [0, 0, 300, 0, 0, 300, 0, 0, 300, 0, 0, 300]
    pemda = make_pemda([100] * 24, paid * 2, start="2024-01-01")
    ahead = project_utang(pemda, horizon=12, draws=20, seed=0)
    assert np.allclose(ahead.utang_rp[:, 0, 0], [100, 200, 0] * 4)
    assert np.all(ahead.utang_rp >= 0)


def test_budget_left_limits_payment_of_the_year_only():
    pemda = make_pemda([100] * 22, [100] * 22, start="2024-01-01")
    pagu = pd.DataFrame({"kode": ["82.71"], "tahun": [2025], "pagu_rp": [1_050]})
    ahead = project_utang(pemda, horizon=4, pagu=pagu, draws=5)
    # what December left open is paid as far as two bills a month go
    assert ahead.dibayar_rp[:, 0, 0].tolist() == [50, 0, 200, 150]


def test_who_always_paid_is_told_so_whatever_others_do():
    months = 36
    steady = make_pemda([100] * months, [100] * months).assign(kode="82.01")
    never = [
        make_pemda([100] * months, [0] * months).assign(kode=f"82.{k:02d}")
        for k in range(2, 8)
    ]
    ahead = project_utang(pd.concat([steady, *never]), horizon=12, draws=500, seed=1)
    paid_up = (ahead.utang_rp <= 0).mean(axis=-1)
    assert paid_up[:, 0].min() > 0.97
    assert paid_up[:, 1:].max() < 0.03


def test_who_left_something_unpaid_for_years_is_not_told_to_be_clear():
    # nine tenths of what is owed every June and December, never the whole
    paid, owed = [], 0.0
    for month in range(48):
        part = round(0.9 * (owed + 100)) if month % 6 == 5 else 0
        owed += 100 - part
        paid.append(part)
    lumps = make_pemda([100] * 48, paid, start="2022-01-01")
    clear = make_pemda([100] * 48, [100] * 48, start="2022-01-01").assign(kode="82.01")
    ahead = project_utang(pd.concat([lumps, clear]), horizon=12, draws=100, seed=3)
    assert (ahead.utang_rp[:, 1] > 0).all()
    assert (ahead.utang_rp[:, 0] <= 0).mean() > 0.97


def test_one_missed_month_is_no_habit_of_that_month():
    paid = [100] * 48
    paid[18], paid[19] = 0, 200
    pemda = make_pemda([100] * 48, paid, start="2022-01-01")
    ahead = project_utang(pemda, horizon=12, draws=480, seed=4)
    chance = (ahead.utang_rp[:, 0] <= 0).mean(axis=-1)
    # one month of 48 was open at its end: as likely in any month ahead
    assert chance == pytest.approx(np.full(12, 47 / 48), abs=0.012)


def test_the_interval_of_a_payer_by_quarters_does_not_close_at_each_payment():
    bills = np.repeat([100, 110, 115, 130], 12)
    paid = np.where(np.arange(48) % 3 == 2, 3 * bills, 0)
    pemda = make_pemda(bills.tolist(), paid.tolist(), start="2022-01-01")
    ahead = project_utang(pemda, horizon=12, draws=201, seed=5)
    low, middle, high = np.quantile(ahead.utang_rp[:, 0], (0.1, 0.5, 0.9), axis=-1)
    assert (middle[2::3] == 0).all()
    width = high - low
    assert (width[1:] >= 0.95 * np.maximum.accumulate(width)[:-1]).all()
    assert width[-1] > 0
    assert ((ahead.dibayar_rp >= 0) & (ahead.utang_rp >= 0)).all()
    owed = np.cumsum(ahead.tagihan_rp - ahead.dibayar_rp, axis=0)
    np.testing.assert_allclose(owed, ahead.utang_rp, atol=1e-6)


def test_bills_move_with_the_budget_year_and_not_before():
    bills = [100] * 12 + [120] * 12 + [120] * 10
    pemda = make_pemda(bills, bills, start="2023-01-01")
    ahead = project_utang(pemda, horizon=6, draws=200, seed=2)
    assert (ahead.tagihan_rp[:2] == 120).all()
    # Januaries added a fifth, then nothing: around no change, a tenth up or down
    later = np.unique(ahead.tagihan_rp[2:].round(6))
    assert later == pytest.approx([120 / 1.2**0.5, 120 * 1.2**0.5])


def test_prioritas_is_lost_at_the_first_unpaid_month_and_regained_when_paid():
    history = build_utang(
        make_pemda([100] * 24, [100] * 20 + [0] * 4, start="2024-01-01")
    )
    ahead = project_utang(
        make_pemda([100] * 24, [100] * 20 + [0] * 4, start="2024-01-01"),
        horizon=6,
        draws=10,
    )
    table = summarise_utang(ahead, history)
    found = find_masa_tunggakan(table).iloc[0]
    assert found["mulai"] == pd.Timestamp(2025, 9, 1)
    assert pd.isna(found["lunas"])
    clear = find_masa_tunggakan(
        table.assign(
            peluang_lunas=(table["periode"] >= pd.Timestamp(2026, 3, 1)).astype(float)
        )
    ).iloc[0]
    assert clear["lunas"] == pd.Timestamp(2026, 3, 1)


def test_region_without_debt_has_no_date_of_loss():
    pemda = make_pemda([100] * 24, [100] * 24, start="2024-01-01")
    ahead = project_utang(pemda, horizon=6, draws=5)
    found = find_masa_tunggakan(summarise_utang(ahead, build_utang(pemda))).iloc[0]
    assert found[["mulai", "lunas", "mulai_lagi"]].isna().all()


# Collection rate


def test_collection_rate_is_a_ratio_of_twelve_month_sums():
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    frame = pd.DataFrame(
        {
            "kode": "82.71", "periode": months, "segmen": "PBPU", "kelas": 3,
            "ditagih_rp": 100, "diterima_rp": [50] * 12 + [80] * 12, "dihapus_rp": 0,
        }
    )  # fmt: skip
    table, tested = build_kolektibilitas(conform(frame, "iuran"), horizon=3)
    own = table[table["kelas"].eq(3) & table["jenis"].eq("nyata")]
    assert own["nilai"].iloc[0] == pytest.approx(0.5)
    assert own["nilai"].iloc[-1] == pytest.approx(0.8)
    assert own["periode"].min() == months[11]
    assert own["tren_rate"].iloc[-1] > 0.2
    assert set(tested["seri"]) == {"82.71"}
    assert tested["nyata"].max() == pytest.approx(0.8)
    ahead = table[table["segmen"].eq("PBPU") & table["jenis"].eq("ramalan")]
    wide = ahead.pivot_table(index="periode", columns="kuantil", values="nilai")
    assert wide.shape == (3, 3)
    assert (wide[0.1] <= wide[0.5]).all()
    assert (wide[0.5] <= wide[0.9]).all()


def test_money_tables_pass_their_schemas():
    for name, table in read_uang().items():
        assert len(check(table, name)) == len(table) > 0, name


def test_a_yearly_wave_is_season_and_no_shock():
    waving = estimate_laju(make_world(7, season=0.3).stok())
    assert waving.musim_keluar.max() / waving.musim_keluar.min() > 1.5
    assert waving.guncangan_keluar.derau_bersama <= 0.04
    assert waving.guncangan_keluar.gerak_bersama <= 0.02
