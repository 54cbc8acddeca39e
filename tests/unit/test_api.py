"""The suite as one object: names anyone would type, answers that are plain pandas."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest

import jkn_analysis as jkn
from jkn_analysis.api.answer import Answer, read_columns, write_value
from jkn_analysis.api.data import Data
from jkn_analysis.errors import InputError, StoreError, UnknownNameError
from jkn_analysis.formats import format_rate
from jkn_analysis.tables import TABLES


@pytest.fixture(scope="module")
def data(processed) -> Data:
    return Data(processed, processed / "reports")


@pytest.fixture(scope="module")
def ternate(data):
    return data.wilayah("Ternate")


def test_every_column_of_every_table_has_a_label_and_a_meaning():
    declared = {column.name for table in TABLES.values() for column in table.columns}
    assert declared <= set(read_columns())
    assert all(label and meaning for label, meaning in read_columns().values())


@pytest.mark.parametrize(
    "name", ["Ternate", "Kota Ternate", "82.71", "kota  ternate", "8271", 82.71]
)
def test_a_region_is_found_by_any_of_its_names(data, name):
    assert data.wilayah(name).kode == "82.71"


def test_activity_carries_both_denominators_and_their_product(ternate):
    table = ternate.keaktifan()
    last = table[table["periode"] == pd.Timestamp("2025-11-01")].iloc[0]
    assert last["keaktifan_penduduk_rate"] == last["aktif_jiwa"] / 210_836
    product = last["cakupan_rate"] * last["keaktifan_terdaftar_rate"]
    assert product == pytest.approx(last["keaktifan_penduduk_rate"])
    assert "Dukcapil" in table.attrs["penyebut"]
    assert table.attrs["satuan"]["aktif_jiwa"] == "jiwa"


def test_segments_add_up_to_the_region(ternate):
    active = ternate.keaktifan()["aktif_jiwa"].iloc[-1]
    assert ternate.segmen()["aktif_jiwa"].sum() == active


def test_collection_by_kelas_is_a_ratio_of_yearly_sums(data, ternate):
    rows = data.read("iuran", kode="Kota Ternate")
    year = rows[(rows["periode"].dt.year == 2024) & (rows["kelas"] == 3)]
    table = ternate.kolektibilitas().set_index("tahun")
    expected = year["diterima_rp"].sum() / year["ditagih_rp"].sum()
    assert table.loc[2024, "kelas_3_rate"] == pytest.approx(expected)


def test_arrears_by_kelas_of_a_province_are_its_regions_sum(data):
    whole = data.wilayah("Maluku Utara").tunggakan_kelas().iloc[-1]
    parts = data.read("tunggakan_peserta")
    parts = parts[parts["kode"].str.startswith("82.")]
    parts = parts[parts["periode"] == whole["periode"]]
    by_kelas = parts.groupby("kelas")["tunggakan_rp"].sum()
    assert [whole[f"kelas_{n}_rp"] for n in (1, 2, 3)] == by_kelas.tolist()


def test_quantiles_of_a_forecast_do_not_cross(ternate):
    table = ternate.ramalan()
    levels = [name for name in table.columns if name.startswith("kuantil")]
    assert len(table) == 12
    assert (table[levels].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


def test_a_chance_that_was_not_computed_is_refused_with_those_that_were(ternate):
    assert ternate.peluang(0.8)["peluang"].between(0, 1).all()
    with pytest.raises(InputError, match=r"yang ada: .*80%"):
        ternate.peluang(0.73)


def test_ranking_since_a_month_puts_the_largest_fall_first(data):
    table = data.peringkat("aktif_jiwa", sejak="2025-05", provinsi="Maluku")
    assert table["kode"].str.startswith("81.").all()
    assert table["perubahan"].is_monotonic_increasing
    assert (table["aktif_jiwa"] - table["semula"] == table["perubahan"]).all()


def test_ranking_by_segmen_reads_that_segmen(data):
    table = data.peringkat("aktif_jiwa", sejak="2025-05", segmen="PBI JK")
    ternate = data.read("kepesertaan", kode="Ternate")
    pbi = ternate[ternate["segmen"] == "PBI JK"].set_index("periode")["aktif_jiwa"]
    change = pbi[pd.Timestamp("2025-11-01")] - pbi[pd.Timestamp("2025-05-01")]
    assert table.set_index("kode").loc["82.71", "perubahan"] == change


def test_regions_side_by_side_keep_the_order_asked(data):
    table = data.bandingkan(["Tikep", "ambon"])
    assert list(table.columns) == [
        "periode",
        "Kota Tidore Kepulauan",
        "Kota Ambon",
    ]
    assert table.attrs["satuan"]["Kota Ambon"] == "bagian dari 1"


@pytest.mark.parametrize(
    ("ask", "error", "hint"),
    [
        (lambda d: d.read("kepesertan"), UnknownNameError, "kepesertaan"),
        (lambda d: d.peringkat("aktif"), UnknownNameError, "aktif_jiwa"),
        (lambda d: d.wilayah("Ternat"), UnknownNameError, "Kota Ternate"),
        (lambda d: d.wilayah("Kota Medan"), InputError, "tidak ada data"),
        (lambda d: d.peringkat("aktif_jiwa", sejak="1999-01"), StoreError, "pilih"),
        (
            lambda d: d.wilayah("Ternate").ramalan("keaktifan"),
            UnknownNameError,
            "keaktifan_penduduk_rate",
        ),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(data, ask, error, hint):
    with pytest.raises(error, match=hint):
        ask(data)


def test_an_answer_stays_plain_pandas_with_its_labels(ternate):
    table = ternate.keaktifan()
    part = table[table["periode"] >= "2025-06-01"]
    assert isinstance(part, Answer)
    assert part.attrs["judul"] == table.attrs["judul"]
    assert len(table.merge(part, on="periode", validate="1:1")) == len(part)


def test_a_shown_answer_has_headings_units_mark_and_denominator(ternate):
    shown = ternate.keaktifan().tail(1)._repr_html_()
    for text in ("DATA CONTOH", "November 2025", "79,00%", "Penyebut: penduduk"):
        assert text in shown
    assert "aktif_jiwa" not in shown


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("aktif_jiwa", 166560.0, "166.560"),
        ("keaktifan_penduduk_rate", 0.79, "79,00%"),
        ("tunggakan_pemda_rp", 17_600_000_000, "Rp17.600.000.000"),
        ("periode", pd.Timestamp(dt.date(2025, 11, 1)), "November 2025"),
        ("tenggat", pd.Timestamp(dt.date(2025, 11, 1)), "1 November 2025"),
        ("tahun", 2025, "2025"),
        ("aktif_jiwa", float("nan"), "tidak tersedia"),
    ],
)
def test_a_value_is_written_by_what_its_column_is(name, value, text):
    assert write_value(name, value) == text


def test_loading_where_nothing_was_built_says_what_to_run(tmp_path):
    with pytest.raises(StoreError, match="jkn init"):
        jkn.load(tmp_path)


def test_cash_of_december_is_pagu_less_paid_less_all_that_is_due(data):
    first = data.wilayah("Halmahera Utara").anggaran().iloc[0]
    due = first["utang_rp"] + first["tagihan_rp"]
    assert first["sisa_kas_rp"] == first["pagu_rp"] - first["dibayar_rp"] - due
    assert round(first["sisa_kas_rp"] / 1e6) == -10_396


def test_who_is_short_is_ranked_by_the_hole(data):
    table = data.kurang_kas()
    assert "82.03" in set(table["kode"])
    assert table["kurang_kas_desember_rp"].is_monotonic_decreasing


def test_a_what_if_over_regions_adds_up_and_subtracts(data):
    names = ["Ternate", "Tikep", "82.03"]
    table = data.jika(names, kuota="+10%", mulai="2026-01").set_index("ukuran")
    assert (table["jika"] - table["dasar"] == table["selisih"]).all()
    quota = data.read("iuran_pemda", kode=names)
    quota = quota[quota["periode"] == quota["periode"].max()]["terisi_jiwa"].sum()
    assert 0 < table.loc["aktif_jiwa", "selisih"] <= 0.1 * quota * 1.05
    assert table.loc["iuran_pemda_rp", "selisih"] > 0
    active = sum(
        data.wilayah(name).ramalan("aktif_jiwa")["kuantil_50_jiwa"].iloc[-1]
        for name in names
    )
    assert table.loc["aktif_jiwa", "dasar"] == pytest.approx(active)
    shown = table.reset_index()._repr_html_()
    assert "Jika di 3 wilayah: kuota Pemda +10% sejak Januari 2026" in shown
    rate = format_rate(table.loc["keaktifan_penduduk_rate", "jika"])
    assert f">{rate}<" in shown, "each row in the unit of its own measure"


@pytest.mark.parametrize(
    ("change", "hint"),
    [({}, "tidak ada yang diubah"), ({"kuota": "sepuluh"}, r"'\+10%'")],
)
def test_a_what_if_that_changes_nothing_or_no_percent_is_refused(data, change, hint):
    with pytest.raises(InputError, match=hint):
        data.jika(["Ternate"], **change)


def test_a_page_is_shown_in_a_frame_or_says_how_to_make_it(data, ternate):
    with pytest.raises(StoreError, match="jkn run --region"):
        ternate.briefing()
    path = data.reports / "2025-11" / "82.71.html"
    path.parent.mkdir(parents=True)
    path.write_text("<h1>Ternate</h1>", encoding="utf-8")
    assert "&lt;h1&gt;Ternate" in ternate.briefing()._repr_html_()


QUESTIONS = re.findall(
    r"```python\n(.*?)```",
    (Path(__file__).parents[2] / "docs" / "cara" / "pertanyaan.md").read_text("utf-8"),
    flags=re.DOTALL,
)


def test_there_are_ten_questions_of_three_lines_at_most():
    assert len(QUESTIONS[1:]) == 10
    assert all(len(code.strip().splitlines()) <= 3 for code in QUESTIONS[1:])


@pytest.mark.parametrize("code", QUESTIONS[1:])
def test_a_question_of_the_docs_is_answered(data, code):
    *first, last = ast.parse(code).body
    names = {"data": data}
    exec(compile(ast.Module(first, []), "docs", "exec"), names)  # noqa: S102, RUF100 - our own text
    expression = ast.Expression(last.value)
    found = eval(compile(expression, "docs", "eval"), names)  # noqa: S307, RUF100 - our own text
    for answer in found if isinstance(found, list) else [found]:
        assert isinstance(answer, Answer)
        assert len(answer) or "rekam" in code
        assert "DATA CONTOH" in answer._repr_html_()


def test_changes_by_segmen_add_up_to_the_region_s(data, ternate):
    table = ternate.perubahan("2025-05")
    whole = data.peringkat("aktif_jiwa", sejak="2025-05").set_index("kode")
    assert table["perubahan_jiwa"].sum() == whole.loc["82.71", "perubahan"]


def test_why_adds_up_to_the_change(data, ternate):
    parts = ternate.mengapa("2025-05").iloc[0]
    own = [n for n in parts.index if n.endswith("_jiwa") and n != "jumlah_jiwa"]
    whole = data.peringkat("aktif_jiwa", sejak="2025-05").set_index("kode")
    change = whole.loc["82.71", "perubahan"]
    assert parts[own].sum() == parts["jumlah_jiwa"] == change


def test_what_was_known_on_a_day_is_read_from_its_own_folder(processed, tmp_path):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    past = tmp_path / "data" / "processed" / "pada" / "2025-12-10"
    past.parent.mkdir(parents=True)
    past.symlink_to(processed)
    known = jkn.load(tmp_path, pada="2025-12-10")
    assert known.root == past
    assert known.wilayah("Ternate").keaktifan()["periode"].max().month == 11
    with pytest.raises(StoreError, match="jkn --as-of 2025-12-11 build"):
        jkn.load(tmp_path, pada="2025-12-11")


def test_flows_since_a_month_add_up_to_the_change(data, ternate):
    """Opening plus coming less going is the closing, but for hidden small counts."""
    flows = ternate.arus("2025-05")
    sums = flows.groupby("arah")["jiwa"].sum()
    rows = data.read("ukuran", kode="82.71")
    rows = rows[rows["indikator"].eq("aktif_jiwa") & rows["segmen"].eq("total")]
    active = rows.set_index("periode")["nilai"]
    change = active[pd.Timestamp("2025-11-01")] - active[pd.Timestamp("2025-05-01")]
    net = sums["masuk"] + sums["kembali"] - sums["keluar"]
    hidden = data.read("arus_kepesertaan", kode="82.71")["jiwa"].isna().sum()
    assert abs(net - change) < 20 * hidden
    assert set(sums.index) == {"masuk", "kembali", "keluar", "pindah"}


def test_flows_that_lead_nowhere_are_refused(ternate):
    with pytest.raises(InputError, match="tidak ada arus peserta sejak 2025-11"):
        ternate.arus("2025-11")


def test_kecamatan_stand_with_the_most_inactive_first(ternate):
    places = ternate.kecamatan("PBI JK")
    assert len(places) == 8
    assert places["nonaktif_jiwa"].is_monotonic_decreasing
    assert places["aktif_jiwa"].mod(5).eq(0).all()
