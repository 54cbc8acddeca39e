"""The boards show the batch's numbers, and a copied view prints the same ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jkn_analysis.errors import InputError, UnknownNameError
from jkn_analysis.jelajah.views import (
    Pilihan,
    build_pandangan,
    build_papermill_line,
    build_ringkasan,
    choose,
    dump_angka,
)
from jkn_analysis.store import read_table


def test_choosing_a_segmen_moves_the_denominator_to_registered():
    changed = choose(Pilihan("82.71"), name="segmen", value="PBPU")
    assert (changed.segmen, changed.penyebut) == ("PBPU", "terdaftar")


def test_choosing_the_population_returns_to_all_segmen():
    start = Pilihan("82.71", segmen="PBPU", penyebut="terdaftar")
    changed = choose(start, name="penyebut", value="penduduk")
    assert changed.segmen == "total"


def test_a_segmen_has_no_population():
    with pytest.raises(InputError, match="no population of its own"):
        Pilihan("82.71", segmen="PBPU", penyebut="penduduk")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("segmen", "Mandiri", "segmen 'Mandiri' is not known"),
        ("penyebut", "kk", "penyebut 'kk' is not known"),
        ("horizon_bulan", 0, "horizon_bulan 0 is out of range"),
    ],
)
def test_a_choice_no_table_can_answer_is_refused(field, value, said):
    with pytest.raises(InputError, match=said):
        Pilihan("82.71", **{field: value})


def test_an_unknown_region_is_refused():
    with pytest.raises(UnknownNameError):
        Pilihan("82.99")


def test_the_copied_line_keeps_a_code_text():
    line = build_papermill_line(Pilihan("11.10"), notebook="jelajah_keaktifan")
    assert "-r kode 11.10" in line
    assert "-p horizon_bulan 12" in line


def test_the_copied_line_quotes_a_segmen_with_a_blank():
    pilihan = Pilihan("82.71", segmen="PBI JK", penyebut="terdaftar")
    line = build_papermill_line(pilihan, notebook="jelajah_keaktifan")
    assert "-r segmen 'PBI JK'" in line


def test_a_view_holds_the_measured_and_forecast_rows(processed: Path):
    view = build_pandangan(Pilihan("82.71", horizon_bulan=3), root=processed)
    measured = read_table("ukuran", root=processed, kode="82.71")
    wanted = measured[
        (measured["indikator"] == "keaktifan_penduduk_rate")
        & (measured["segmen"] == "total")
    ]
    np.testing.assert_array_equal(view.riwayat["nilai"], wanted["nilai"])
    assert view.ramalan["periode"].nunique() == 3
    assert view.ramalan["periode"].min() > view.riwayat["periode"].max()


def test_the_table_of_regions_counts_people_like_the_published_gap(processed: Path):
    table = build_ringkasan(root=processed).set_index("kode")
    assert len(table) == 28
    assert table["gap_jiwa"].is_monotonic_decreasing
    assert abs(int(table.loc["82.71", "gap_jiwa"]) - 2100) < 50


def test_the_board_and_a_papermill_run_of_its_copied_line_give_equal_numbers(
    processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import nbformat
    import papermill

    from jkn_analysis.jelajah.boards import ANGKA_MIME

    top = Path(__file__).resolve().parents[2]
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "processed").symlink_to(processed)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(top))
    pilihan = Pilihan("19.71", segmen="PBPU", penyebut="terdaftar", horizon_bulan=6)
    done = tmp_path / "salinan.ipynb"
    papermill.execute_notebook(
        top / "notebooks" / "jelajah_keaktifan.ipynb",
        done,
        parameters={
            "kode": "19.71",
            "segmen": "PBPU",
            "penyebut": "terdaftar",
            "horizon_bulan": 6,
        },
        kernel_name="python3",
        progress_bar=False,
    )
    bundles = [
        output["data"][ANGKA_MIME]
        for cell in nbformat.read(done, as_version=4).cells
        for output in cell.get("outputs", [])
        if ANGKA_MIME in output.get("data", {})
    ]
    interactive = json.loads(dump_angka(build_pandangan(pilihan, root=processed)))
    assert bundles == [interactive]
