"""The boards show the batch's numbers, and a copied view prints the same ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jkn_analysis.errors import InputError, UnknownNameError
from jkn_analysis.jelajah.views import (
    Choice,
    build_papermill_line,
    build_ringkasan,
    build_view,
    choose,
)
from jkn_analysis.store import read_table


def test_choosing_a_segmen_moves_the_denominator_to_registered():
    changed = choose(Choice("82.71"), name="segmen", value="PBPU")
    assert (changed.segmen, changed.penyebut) == ("PBPU", "terdaftar")


def test_choosing_the_population_returns_to_all_segmen():
    start = Choice("82.71", segmen="PBPU", penyebut="terdaftar")
    changed = choose(start, name="penyebut", value="penduduk")
    assert changed.segmen == "total"


def test_a_segmen_alone_is_divided_by_its_registered():
    assert Choice("82.71", segmen="PBPU").penyebut == "terdaftar"
    assert Choice("82.71").penyebut == "penduduk"


def test_a_segmen_has_no_population():
    with pytest.raises(InputError, match="tidak punya jumlah penduduk"):
        Choice("82.71", segmen="PBPU", penyebut="penduduk")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("segmen", "Mandiri", "segmen 'Mandiri' tidak dikenal"),
        ("penyebut", "kk", "penyebut 'kk' tidak dikenal"),
        ("horizon_bulan", 0, "horizon_bulan 0 di luar batas"),
    ],
)
def test_a_choice_no_table_can_answer_is_refused(field, value, said):
    with pytest.raises(InputError, match=said):
        Choice("82.71", **{field: value})


def test_an_unknown_region_is_refused():
    with pytest.raises(UnknownNameError):
        Choice("82.99")


def test_the_copied_line_keeps_a_code_text():
    line = build_papermill_line(Choice("11.10"), notebook="jelajah_keaktifan")
    assert "-r kode 11.10" in line
    assert "-p horizon_bulan 12" in line


def test_the_copied_line_quotes_a_segmen_with_a_blank():
    choice = Choice("82.71", segmen="PBI JK", penyebut="terdaftar")
    line = build_papermill_line(choice, notebook="jelajah_keaktifan")
    assert "-r segmen 'PBI JK'" in line


def test_a_view_holds_the_measured_and_forecast_rows(processed: Path):
    view = build_view(Choice("82.71", horizon_bulan=3), root=processed)
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


@pytest.fixture(scope="module")
def printed(processed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a board's notebook with papermill, from its own project folder."""
    import papermill

    top, root = Path(__file__).resolve().parents[2], tmp_path_factory.mktemp("proyek")
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "processed").symlink_to(processed)
    given = {"kode": "19.71", "segmen": "PBPU", "horizon_bulan": 6}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("PYTHONPATH", str(top))
        papermill.execute_notebook(
            top / "notebooks" / "jelajah_keaktifan.ipynb",
            root / "salinan.ipynb",
            parameters=given,
            kernel_name="python3",
            progress_bar=False,
        )
    return root / "salinan.ipynb"


def test_the_board_and_a_papermill_run_of_its_copied_line_give_equal_numbers(
    processed: Path, printed: Path
):
    import nbformat

    from jkn_analysis.jelajah.boards import NUMBERS_MIME
    from jkn_analysis.jelajah.charts import write_rows
    from jkn_analysis.jelajah.keaktifan import ActivityBoard

    choice = Choice("19.71", segmen="PBPU", penyebut="terdaftar", horizon_bulan=6)
    bundles = [
        output["data"][NUMBERS_MIME]
        for cell in nbformat.read(printed, as_version=4).cells
        for output in cell.get("outputs", [])
        if NUMBERS_MIME in output.get("data", {})
    ]
    board = ActivityBoard(choice, root=processed, reports=processed)
    (interactive,) = (write_rows(table) for table in board.tables().values())
    assert bundles == [{"garis": interactive}]


def test_the_stock_html_of_a_printed_board_shows_its_picture_and_no_code(printed: Path):
    from nbconvert import HTMLExporter

    shown, _ = HTMLExporter().from_filename(str(printed))
    _, _, board = shown.partition('<div class="jkn-diam">')
    assert "body.jp-Notebook :is(.jp-CodeCell>.jp-Cell-inputWrapper" in board
    assert "DATA CONTOH" in board
    assert "Kota Pangkal Pinang: keaktifan segmen PBPU" in board
    assert '<svg aria-label="Kota Pangkal Pinang' in board


@pytest.mark.parametrize("typed", ["ambon", "Kota Ambon", "81.71", 81.71])
def test_a_region_is_chosen_as_anyone_types_it(typed):
    assert Choice(typed).kode == "81.71"


def test_a_code_beside_that_became_a_number_is_its_region():
    assert Choice("82.71", bandingkan=11.1).bandingkan == "11.10"


@pytest.fixture(scope="module")
def board(processed: Path):
    from jkn_analysis.jelajah.keaktifan import ActivityBoard

    return ActivityBoard(Choice("Ternate"), root=processed, reports=processed)


def lines_of(board) -> set[str]:
    """Name the lines of the board's picture."""
    return {row["seri"] for row in board.pictures[0].shown["rows"]["garis"]}


def test_typing_a_name_moves_the_board(board):
    board.wilayah.value = "ambon"
    assert board.choice.kode == "81.71"
    assert lines_of(board) == {"Kota Ambon"}
    assert board.pesan.value == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Kota Medan", "belum mengirim data"), ("Ternat", "Kota Ternate")],
)
def test_a_region_without_data_or_name_is_a_sentence_on_the_board(board, typed, said):
    before = board.choice
    board.wilayah.value = typed
    assert said in board.pesan.value
    assert board.choice == before


def test_up_to_four_lines_are_compared_and_a_fifth_is_refused(board):
    board.wilayah.value = "Ternate"
    board.controls["bandingkan"].value = "Tikep, 82.03"
    assert lines_of(board) == {
        "Kota Ternate",
        "Kota Tidore Kepulauan",
        "Kabupaten Halmahera Utara",
    }
    board.controls["bandingkan"].value = "Tikep, 82.03, Ambon, Sula"
    assert "paling banyak 4" in board.pesan.value
    assert len(lines_of(board)) == 3
    board.controls["bandingkan"].value = ""


def test_a_scenario_is_drawn_beside_the_baseline(board):
    board.wilayah.value = "82.71"
    board.controls["skenario"].value = "potong_pbi"
    assert len(lines_of(board)) == 2
    board.controls["skenario"].value = "dasar"
    assert lines_of(board) == {"Kota Ternate"}


def test_the_picture_holds_the_stored_numbers(board, processed):
    board.wilayah.value = "82.71"
    stored = read_table("ukuran", root=processed, kode="82.71")
    rate = stored[
        (stored["indikator"] == "keaktifan_penduduk_rate")
        & (stored["segmen"] == "total")
    ].sort_values("periode")["nilai"]
    rows = board.pictures[0].shown["rows"]["garis"]
    drawn = [row["nilai"] for row in rows if row["ramalan"] is False]
    np.testing.assert_allclose(np.array(drawn, dtype=float), rate, rtol=1e-13)


def test_a_tile_selects_its_region(board):
    board.pictures[1].picked = "82.08"
    assert board.choice.kode == "82.08"


def test_the_link_line_brings_back_region_and_those_beside_it(board):
    board.wilayah.value = "82.71"
    board.controls["bandingkan"].value = "Ambon"
    assert "-r kode 82.71" in board.salin.value
    assert "-r bandingkan Ambon" in board.salin.value
    board.controls["bandingkan"].value = ""


def test_a_move_sends_rows_and_never_a_new_plan(board):
    board.wilayah.value = "82.71"
    plan, tiles = board.pictures[0].plan, board.pictures[1].shown
    board.wilayah.value = "82.08"
    assert board.pictures[0].plan is plan
    assert board.pictures[1].shown is tiles
    told = board.pictures[0].shown["told"]
    assert told.startswith("Kabupaten Pulau Taliabu")


def test_what_is_shown_can_be_saved(board):
    board.wilayah.value = "82.08"
    assert "keaktifan_82.08.csv" in board.unduh.value
    assert "keaktifan_82.08.xlsx" in board.unduh.value


def test_no_board_writes_nan_into_json(board):
    for drawn in board.drawn():
        json.dumps(drawn.whole(), allow_nan=False)
    json.dumps(board.numbers(), allow_nan=False)


def test_readers_without_a_kernel_see_mark_sentence_and_picture(board):
    board.wilayah.value = "82.08"
    shown = board.static_html()
    assert "DATA CONTOH" in shown
    assert "Kabupaten Pulau Taliabu: keaktifan" in shown
    assert 'role="img"' in shown
