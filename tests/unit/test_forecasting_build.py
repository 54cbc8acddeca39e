"""From canonical tables to ramalan, peluang and uji_balik; the command line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from jkn_analysis.cli import app
from jkn_analysis.config import read_config
from jkn_analysis.errors import ForecastError
from jkn_analysis.forecasting.backtest import backtest
from jkn_analysis.forecasting.scoring import score
from jkn_analysis.masa_depan import build_ramalan
from jkn_analysis.measures import build_ukuran
from jkn_analysis.reporting.figures_model import (
    list_worst,
    measure_by_size,
    measure_reliability,
    plot_by_size,
    plot_coverage,
    plot_errors,
    plot_reliability,
    save_png,
)
from jkn_analysis.tables import check, conform
from jkn_analysis.terms import SEGMEN

REGIONS = ("81.71", "82.03", "82.71")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(0)
    months = pd.date_range("2022-01-01", "2025-11-01", freq="MS")
    frames = []
    for kode in REGIONS:
        for segmen in SEGMEN:
            terdaftar = 20_000 + np.cumsum(rng.normal(20, 60, len(months))).round()
            rate = np.clip(0.8 + np.cumsum(rng.normal(0, 0.004, len(months))), 0.4, 1)
            frames.append(
                pd.DataFrame(
                    {
                        "kode": kode,
                        "periode": months,
                        "segmen": segmen,
                        "terdaftar_jiwa": terdaftar.astype(int),
                        "aktif_jiwa": (terdaftar * rate).astype(int),
                    }
                )
            )
    penduduk = pd.DataFrame(
        {
            "kode": REGIONS,
            "sumber": "Dukcapil sem II 2024",
            "berlaku_mulai": pd.Timestamp("2021-01-01"),
            "penduduk_jiwa": 125_000,
        }
    )
    peristiwa = pd.DataFrame(
        {
            "id_peristiwa": ["E1", "E2"],
            "tanggal": pd.to_datetime(["2026-01-01", "2026-02-01"]),
            "kode": ["82.03", "00"],
            "segmen": ["PBPU Pemda", "PBI JK"],
            "jenis": "perubahan kuota",
            "dampak_jiwa": [-3_000.0, np.nan],
            "dampak_rate": [np.nan, -0.1],
            "status": ["pasti", "skenario"],
            "keterangan": "uji",
            "sumber": "uji",
        }
    )
    return {
        "kepesertaan": conform(pd.concat(frames), "kepesertaan"),
        "penduduk": conform(penduduk, "penduduk"),
        "peristiwa": conform(peristiwa, "peristiwa"),
    }


@pytest.fixture(scope="module")
def made(tables) -> dict[str, pd.DataFrame]:
    return build_ramalan(tables, config=read_config())


def medians(ramalan: pd.DataFrame, indikator: str) -> pd.Series:
    rows = ramalan[(ramalan["indikator"] == indikator) & (ramalan["kuantil"] == 0.5)]
    return rows.set_index(["kode", "segmen", "periode"])["nilai"].sort_index()


def test_all_three_tables_pass_their_gate(made):
    for name in ("ramalan", "peluang", "uji_balik"):
        assert len(check(made[name], name))


def test_every_region_province_and_the_country_have_a_forecast(made):
    kode = set(made["ramalan"]["kode"])
    assert kode == {*REGIONS, "81", "82", "00"}


def test_people_add_up_to_the_person_at_every_level(made):
    active = medians(made["ramalan"], "aktif_jiwa")
    assert (active == active.round()).all()
    parts = active.drop("total", level="segmen")
    total = active.xs("total", level="segmen")
    summed = parts.groupby(level=["kode", "periode"]).sum()
    pd.testing.assert_series_equal(summed, total, check_names=False)
    below = total[total.index.get_level_values("kode").str.len() > 2]
    country = below.groupby(level="periode").sum()
    pd.testing.assert_series_equal(country, total["00"], check_names=False)


def test_rates_are_quotients_of_the_same_people(made):
    active = medians(made["ramalan"], "aktif_jiwa")
    registered = medians(made["ramalan"], "terdaftar_jiwa")
    rate = medians(made["ramalan"], "keaktifan_terdaftar_rate")
    expected = (active / registered).reindex(rate.index)
    np.testing.assert_allclose(rate, expected, atol=1e-9)
    over = medians(made["ramalan"], "keaktifan_penduduk_rate")
    total = active.xs("total", level="segmen", drop_level=False).reindex(over.index)
    people = over.index.get_level_values("kode").map(
        lambda kode: {"00": 375_000, "82": 250_000}.get(kode, 125_000)
    )
    np.testing.assert_allclose(over, total / np.asarray(people), atol=1e-12)


def test_active_never_exceed_registered(made):
    active = medians(made["ramalan"], "aktif_jiwa")
    assert (active <= medians(made["ramalan"], "terdaftar_jiwa")).all()


def test_naive_beside_the_median_is_the_last_value(made, tables):
    rows = made["ramalan"].query("indikator == 'aktif_jiwa' and kuantil == 0.5")
    panel = tables["kepesertaan"]
    last = panel[panel["periode"] == panel["periode"].max()]
    known = last.set_index(["kode", "segmen"])["aktif_jiwa"]
    part = rows[rows["kode"].isin(REGIONS) & (rows["segmen"] != "total")]
    found = part.set_index(["kode", "segmen"])["naif"]
    assert (found == known.reindex(found.index)).all()


def test_certain_decree_moves_the_base_case_and_a_scenario_does_not(made, tables):
    without = {k: v for k, v in tables.items() if k != "peristiwa"}
    plain = medians(
        build_ramalan(without, config=read_config())["ramalan"], "aktif_jiwa"
    )
    told = medians(made["ramalan"], "aktif_jiwa")
    gap = (told - plain)["82.03", "PBPU Pemda"]
    assert gap.iloc[0] == pytest.approx(0, abs=60)
    assert gap.iloc[1:].between(-3_100, -2_900).all()
    assert (told - plain)["82.71", "PBI JK"].abs().max() < 300


def test_certain_decree_of_a_province_is_shared_and_widens_every_sum(made, tables):
    event = tables["peristiwa"].iloc[:1].assign(kode="82", segmen="PBPU Pemda")
    with_it = {**tables, "peristiwa": event}
    told = build_ramalan(with_it, config=read_config())["ramalan"]
    without = {k: v for k, v in tables.items() if k != "peristiwa"}
    plain = build_ramalan(without, config=read_config())["ramalan"]
    gap = medians(told, "aktif_jiwa") - medians(plain, "aktif_jiwa")
    last = gap.index.get_level_values("periode").max()
    assert gap["82", "PBPU Pemda", last] == pytest.approx(-3_000, abs=20)
    for kode in ("82.03", "82.71"):
        assert gap[kode, "PBPU Pemda", last] < -1_000

    def width(table: pd.DataFrame) -> pd.Series:
        rows = table[table["indikator"] == "keaktifan_penduduk_rate"]
        rows = rows[rows["periode"] == last].set_index(["kode", "kuantil"])["nilai"]
        return rows.xs(0.9, level="kuantil") - rows.xs(0.1, level="kuantil")

    wider = width(told) / width(plain)
    assert (wider[["82.03", "82.71", "00"]] > 1).all()
    assert wider["82"] > 0.97  # read off 201 draws
    assert wider["81"] == pytest.approx(1, abs=0.05)


def test_chances_lie_between_zero_and_one_for_every_month(made):
    peluang = made["peluang"]
    assert peluang["peluang"].between(0, 1).all()
    assert peluang.groupby("kode").size().eq(12).all()


def test_backtest_table_tells_error_and_coverage(made):
    table = made["uji_balik"]
    wanted = {"mae", "wis", "cakupan80", "cakupan95", "cakupan80_kini", "peluang"}
    assert set(table["ukuran"]) == wanted
    assert "semua" in set(table["kelompok"])


def test_same_tables_give_the_same_rows(tables, made):
    again = build_ramalan(tables, config=read_config())
    for name, table in made.items():
        pd.testing.assert_frame_equal(table, again[name])


def test_nothing_to_forecast_is_refused():
    empty = {"ukuran": conform(pd.DataFrame(), "ukuran")}
    tables = {
        "kepesertaan": conform(pd.DataFrame(), "kepesertaan"),
        "penduduk": conform(pd.DataFrame(), "penduduk"),
        **empty,
    }
    with pytest.raises(ForecastError, match="no participation to forecast"):
        build_ramalan(tables, config=read_config())


def test_command_forecasts_a_csv_and_names_what_it_wrote(tmp_path, tables):
    panel = tables["kepesertaan"].groupby(["kode", "periode"])["aktif_jiwa"].sum()
    path = tmp_path / "panel.csv"
    panel.reset_index().to_csv(path, index=False)
    ran = CliRunner().invoke(
        app, ["forecast", "--panel", str(path), "--out", str(tmp_path / "o")]
    )
    assert ran.exit_code == 0, ran.output
    assert "3 ser" in ran.output
    assert "galat.png" in ran.output


def test_command_backtests_a_csv(tmp_path, tables):
    panel = tables["kepesertaan"].groupby(["kode", "periode"])["aktif_jiwa"].sum()
    path = tmp_path / "panel.csv"
    panel.reset_index().to_csv(path, index=False)
    ran = CliRunner().invoke(app, ["backtest", "--panel", str(path), "--cutoffs", "4"])
    assert ran.exit_code == 0, ran.output
    assert "mae_vs_naif" in ran.output


def test_charts_of_the_model_card_are_drawn_alike_twice(tables):
    panel = tables["kepesertaan"].groupby(["kode", "periode"])["aktif_jiwa"].sum()
    history = panel.rename("nilai").reset_index().rename(columns={"kode": "seri"})
    tested = backtest(history, horizon_months=12, kind="amount", cutoffs=8)
    scores = score(tested, by=["horizon_bulan"])
    for draw, given in (
        (plot_errors, scores),
        (plot_coverage, scores),
        (plot_reliability, tested),
        (plot_by_size, measure_by_size(tested)),
    ):
        assert save_png(draw(given)) == save_png(draw(given))
    assert measure_reliability(tested)["terjadi"].is_monotonic_increasing
    assert list_worst(tested, count=2)["galat"].is_monotonic_decreasing


@pytest.fixture(scope="module")
def ukuran(tables) -> pd.DataFrame:
    return build_ukuran(tables)


def only(ukuran: pd.DataFrame, keep: pd.Series) -> dict[str, pd.DataFrame]:
    peristiwa = conform(pd.DataFrame(), "peristiwa")
    return {"ukuran": ukuran[keep], "peristiwa": peristiwa}


def test_totals_without_segmen_are_forecast(ukuran):
    made = build_ramalan(
        only(ukuran, ukuran["segmen"] == "total"), config=read_config()
    )
    told = made["ramalan"]
    assert set(told["segmen"]) == {"total"}
    assert {"aktif_jiwa", "keaktifan_penduduk_rate"} <= set(told["indikator"])
    assert len(made["peluang"]) > 0


def test_registered_people_alone_are_forecast_without_chances(ukuran):
    made = build_ramalan(
        only(ukuran, ukuran["indikator"] == "terdaftar_jiwa"), config=read_config()
    )
    assert set(made["ramalan"]["indikator"]) == {"terdaftar_jiwa"}
    assert made["peluang"].empty
    assert made["masa_depan"].empty


@pytest.mark.parametrize("months", [6, 24])
def test_the_smallest_delivery_is_forecast_within_its_population(ukuran, months):
    kode = ukuran.loc[ukuran["kode"].str.len() > 2, "kode"].min()
    first = ukuran["periode"].max() - pd.DateOffset(months=months)
    keep = (ukuran["kode"] == kode) & (ukuran["periode"] > first)
    made = build_ramalan(only(ukuran, keep), config=read_config())
    told = made["ramalan"]
    rate = told[told["indikator"] == "keaktifan_penduduk_rate"]
    assert rate["nilai"].between(0, 1.05).all()
    assert made["peluang"]["peluang"].between(0, 1).all()
