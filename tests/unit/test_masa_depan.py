"""Joint paths: quantiles kept, ceilings, sums, the same draws again."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from jkn_analysis.config import read_config
from jkn_analysis.errors import StoreError
from jkn_analysis.forecasting.build import forecast_counts
from jkn_analysis.masa_depan.build import build_peluang, find_people
from jkn_analysis.masa_depan.draws import (
    DRAWS,
    MIDDLE,
    list_ranks,
    measure_shares,
    share_out,
    spread_quantiles,
)
from jkn_analysis.masa_depan.paths import SLOTS, from_table, read_paths, to_table
from jkn_analysis.masa_depan.people import draw_counts, find_most
from jkn_analysis.measures import build_ukuran
from jkn_analysis.store import write_table
from tests.money_data import BABEL, read_sample

KODE = "19.71"


@cache
def read_made():
    tables, _ = read_sample()
    config = read_config()
    ukuran = build_ukuran(tables, sumber_penduduk=config.build.sumber_penduduk)
    made = forecast_counts(ukuran, tables["peristiwa"], config=config)
    return made, find_people(ukuran)


@cache
def read_drawn():
    made, people = read_made()
    return draw_counts(made.found, penduduk=people)


def test_ordered_draws_are_the_quantiles_at_multiples_of_a_half_percent():
    levels = np.array([0.005, 0.1, 0.5, 0.9, 0.995])
    drawn = spread_quantiles(np.array([1.0, 2.0, 4.0, 7.0, 9.0]), levels)
    assert drawn.shape == (DRAWS,)
    assert drawn[[1, 20, MIDDLE, 180, 199]].tolist() == [1.0, 2.0, 4.0, 7.0, 9.0]
    assert (np.diff(drawn) >= 0).all()
    assert 0 < list_ranks()[0] < list_ranks()[1]


def test_shares_make_two_equal_regions_spread_as_their_province():
    own = np.full((3, 2), 10.0)
    both = {"82": np.full(3, 20.0), "00": np.full(3, 20.0)}
    alone = {"82": np.full(3, np.sqrt(200.0)), "00": np.full(3, np.sqrt(200.0))}
    kode = np.array(["82.01", "82.02"])
    found = measure_shares(own, both, kode)
    np.testing.assert_allclose(found.country + found.province, 1.0)
    found = measure_shares(own, alone, kode)
    np.testing.assert_allclose(found.country + found.province, 0.0, atol=1e-9)


def test_shares_of_two_provinces_are_the_countrys():
    own = np.full((1, 2), 10.0)
    upper = {"81": np.array([10.0]), "82": np.array([10.0])}
    wanted = np.sqrt(2 * 100 + 2 * 0.25 * 100)
    found = measure_shares(
        own, upper | {"00": np.array([wanted])}, np.array(["81.01", "82.01"])
    )
    np.testing.assert_allclose(found.country, 0.25, atol=1e-6)


def test_shares_follow_the_widths_of_each_month():
    own = np.full((2, 2), 10.0)
    wide = np.array([20.0, np.sqrt(200.0)])
    found = measure_shares(own, {"82": wide, "00": wide}, np.array(["82.01", "82.02"]))
    total = found.country + found.province
    np.testing.assert_allclose(total, [[1, 1], [0, 0]], atol=1e-9)


def test_sums_of_draws_spread_about_as_their_own_forecasts():
    made, _ = read_made()
    ahead, paths = made.found["aktif_jiwa"], read_drawn()
    nodes = ahead.nodes
    row = nodes[nodes["kode"].eq(BABEL) & nodes["segmen"].eq("total")].index[0]
    low, high = (int(np.abs(ahead.probabilities - end).argmin()) for end in (0.1, 0.9))
    told = ahead.quantiles[row, :, high] - ahead.quantiles[row, :, low]
    at = [str(k) for k in paths.kode].index(BABEL)
    own = paths.quantile("aktif_jiwa", 0.9) - paths.quantile("aktif_jiwa", 0.1)
    ratio = own[3:, at] / told[3:]
    assert np.all((ratio > 0.7) & (ratio < 1.5))


@pytest.mark.parametrize("seed", range(5))
def test_shares_of_a_total_are_whole_and_keep_their_tops(seed):
    rng = np.random.default_rng(seed)
    top = rng.integers(0, 50, (4, 6, 7)).astype(float)
    total = np.floor(top.sum(axis=1) * rng.random((4, 7)))
    found = share_out(rng.normal(20, 30, top.shape), total, top)
    assert (found == np.round(found)).all()
    assert (found.sum(axis=1) == total).all()
    assert (found >= 0).all()
    assert (found <= top).all()


def test_quantiles_of_a_region_are_the_forecasters_to_the_person():
    made, _ = read_made()
    paths, ahead = read_drawn(), made.found["aktif_jiwa"]
    nodes = ahead.nodes
    row = nodes[nodes["kode"].eq(KODE) & nodes["segmen"].eq("total")].index[0]
    at = [str(k) for k in paths.kode].index(KODE)
    middle = paths.get("aktif_jiwa")[:, at, 0]
    free = paths.get("terdaftar_jiwa")[:, at].min(axis=-1)
    for level in (0.025, 0.1, 0.9, 0.975):
        column = int(np.abs(ahead.probabilities - level).argmin())
        off = ahead.quantiles[row, :, column] - ahead.median[row]
        expected = np.round(middle + off)
        found = paths.quantile("aktif_jiwa", level)[:, at]
        below = expected <= free
        assert below.sum() > 6
        np.testing.assert_allclose(found[below], expected[below], atol=1)
        assert (found <= np.maximum(expected, middle) + 1).all()


def test_every_draw_keeps_both_ceilings():
    made, people = read_made()
    paths = read_drawn()
    regions = np.array([k for k in paths.kode if "." in k], dtype=object)
    _, most = find_most(made.found["terdaftar_jiwa"], people, regions)
    own = paths.take(list(regions))
    assert (own.get("terdaftar_jiwa") <= most[None, :, None]).all()
    for segmen in SLOTS[:-1]:
        aktif, terdaftar = (
            own.get(name, segmen) for name in ("aktif_jiwa", "terdaftar_jiwa")
        )
        assert (aktif >= 0).all()
        assert (aktif <= terdaftar).all()


def test_draws_add_up_from_region_to_country():
    paths = read_drawn()
    own = paths.take([k for k in paths.kode if "." in k]).get("aktif_jiwa")
    above = paths.take([BABEL, "00"]).get("aktif_jiwa")
    assert (own.sum(axis=1)[:, None] == above).all()


def test_a_region_is_drawn_alike_whoever_is_drawn_beside_it():
    made, people = read_made()
    again = draw_counts(made.found, penduduk=people)
    for key, drawn in read_drawn().drawn.items():
        np.testing.assert_array_equal(drawn, again.drawn[key])
    other = draw_counts(made.found, penduduk=people, seed=1)
    assert not np.array_equal(other.get("aktif_jiwa"), again.get("aktif_jiwa"))


def test_what_was_told_stays_and_the_sums_follow():
    made, people = read_made()
    told = draw_counts(made.found, penduduk=people, seed=5)
    keep = [k for k in told.kode if "." in k and k != KODE]
    mixed = draw_counts(made.found, penduduk=people, told=told.take(keep))
    fresh = read_drawn()
    for name in ("aktif_jiwa", "terdaftar_jiwa"):
        old, new = mixed.take(keep).get(name), told.take(keep).get(name)
        np.testing.assert_array_equal(old, new)
        own = mixed.take([KODE]).get(name)
        np.testing.assert_array_equal(own, fresh.take([KODE]).get(name))
        total = old.sum(axis=1) + own[:, 0]
        np.testing.assert_array_equal(mixed.take(["00"]).get(name)[:, 0], total)


def test_chances_are_shares_of_the_same_draws_and_fall_with_the_line():
    _, people = read_made()
    paths = read_drawn()
    table = build_peluang(paths).set_index(["kode", "periode"])["peluang"]
    own = paths.take([KODE]).get("aktif_jiwa")[-1, 0]
    expected = sum(1 for draw in own if draw >= 0.8 * people[KODE]) / DRAWS
    assert table[KODE, paths.periode[-1]] == pytest.approx(expected, abs=1e-12)
    size = people[list(paths.kode)].to_numpy(dtype=float)
    chances = [paths.chance("aktif_jiwa", at * size) for at in (0.7, 0.8, 0.9)]
    assert (chances[0] >= chances[1]).all()
    assert (chances[1] >= chances[2]).all()


def test_stored_paths_come_back_row_by_row(tmp_path):
    paths = read_drawn()
    write_table(to_table(paths), "masa_depan", root=tmp_path, contoh=True)
    whole, one = read_paths(tmp_path), read_paths(tmp_path, kode=KODE)
    assert list(whole.kode) == list(paths.kode)
    assert list(one.kode) == [KODE]
    for name in ("aktif_jiwa", "terdaftar_jiwa"):
        np.testing.assert_array_equal(whole.get(name), paths.get(name))
        np.testing.assert_array_equal(one.get(name), paths.take([KODE]).get(name))
    with pytest.raises(StoreError, match=r"no forecast of 99\.99(.|\n)*jkn forecast"):
        read_paths(tmp_path, kode="99.99")


def keep_nodes(ahead, keep):
    """Return forecasts of some series only."""
    panel, outcome = ahead.panel, ahead.outcome
    return replace(
        ahead,
        nodes=ahead.nodes[keep].reset_index(drop=True),
        quantiles=ahead.quantiles[keep],
        panel=replace(
            panel,
            names=panel.names[keep],
            last=panel.last[keep],
            nilai=panel.nilai[keep],
        ),
        outcome=replace(
            outcome, errors=outcome.errors[:, keep], scale=outcome.scale[keep]
        ),
    )


def test_a_region_without_segments_is_drawn_whole():
    made, people = read_made()
    found = {}
    for name in ("terdaftar_jiwa", "aktif_jiwa"):
        nodes = made.found[name].nodes
        keep = ~(nodes["kode"].eq(KODE) & nodes["segmen"].ne("total")).to_numpy()
        found[name] = keep_nodes(made.found[name], keep)
    paths = draw_counts(found, penduduk=people).take([KODE])
    assert (paths.get("aktif_jiwa", "PBI JK") == 0).all()
    assert (paths.get("aktif_jiwa") > 0).all()


def test_neither_a_region_without_active_members_nor_a_sum_with_it_is_drawn():
    made, people = read_made()
    active = made.found["aktif_jiwa"]
    known = keep_nodes(active, ~active.nodes["kode"].eq(KODE).to_numpy())
    paths = draw_counts({**made.found, "aktif_jiwa": known}, penduduk=people)
    assert not {KODE, BABEL, "00"} & set(paths.kode)
    assert {"19.01", "19.03"} <= set(paths.kode)


def test_paths_of_nothing_cannot_be_read():
    with pytest.raises(KeyError):
        from_table(to_table(read_drawn()).head(1)).get("tunggakan_pemda_rp")
    assert not read_drawn().has("tunggakan_pemda_rp")
    assert pd.Timestamp(2025, 11, 1) == read_drawn().cutoff
