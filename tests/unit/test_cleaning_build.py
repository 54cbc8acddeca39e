"""Deliveries found, refused whole or stored; checks between them; the command line."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from jkn_analysis.cleaning import contents, inspect
from jkn_analysis.cleaning.builder import build
from jkn_analysis.cleaning.deliveries import find_deliveries, find_table
from jkn_analysis.cleaning.rows.across import check_tables
from jkn_analysis.cli import app
from jkn_analysis.config import read_config
from jkn_analysis.errors import InputError
from jkn_analysis.store import (
    list_tables,
    open_generation,
    read_manifest,
    read_table,
)
from jkn_analysis.store.parquet import MARK

HEADER = "Kode;Periode;Segmen;Terdaftar;Aktif\n"


def put(root: Path, name: str, text: str) -> Path:
    path = root / "data" / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def read_files(root: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


ONE_SEGMEN = '[sources.kepesertaan]\nterima = ["segmen"]\n'
"""Deliveries of these tests have one segmen only."""


def config_of(root: Path, text: str = ""):
    (root / "data" / "raw").mkdir(parents=True, exist_ok=True)
    path = root / "jkn.toml"
    path.write_text(f"{text}\n{ONE_SEGMEN}", encoding="utf-8")
    return read_config(path, root=root)


def row(
    kode: str = "82.71", periode: str = "2025-06", terdaftar: int = 10, aktif: int = 9
) -> str:
    return f"{kode};{periode};PBPU;{terdaftar};{aktif}\n"


def test_a_good_delivery_is_stored_with_its_manifest(tmp_path):
    put(tmp_path, "juni/kepesertaan/a.csv", HEADER + row())
    config = config_of(tmp_path)
    report = build(config)
    assert report.error is None
    assert len(read_table("kepesertaan", root=config.paths.processed)) == 1
    entry = read_manifest(config.paths.processed)["kiriman"]["kepesertaan"][0]
    assert entry["file"] == "juni/kepesertaan/a.csv"
    assert (entry["rows_in"], entry["rows_kept"], entry["rows_refused"]) == (1, 1, 0)
    assert len(entry["sha256"]) == 64


def test_packaged_regions_and_population_are_always_there(tmp_path):
    put(tmp_path, "juni/kepesertaan/a.csv", HEADER + row())
    config = config_of(tmp_path)
    build(config)
    assert {"wilayah", "penduduk"} <= set(list_tables(config.paths.processed))
    penduduk = read_table("penduduk", root=config.paths.processed)
    assert penduduk.loc[penduduk["kode"] == "00", "penduduk_jiwa"].tolist() == [
        284_973_643
    ]


def test_one_segmen_alone_is_a_part_until_the_others_come(tmp_path):
    plain = tmp_path / "jkn.toml"
    plain.write_text("", encoding="utf-8")
    config = read_config(plain, root=tmp_path)
    put(tmp_path, "juni/kepesertaan_pbpu.csv", HEADER + row())
    report = build(config)
    assert report.tables.keys() == {"wilayah", "penduduk"}
    [problem] = report.all_problems
    assert problem.kind == "parts"
    assert "ini bagian: hanya satu segmen" in problem.say("id")
    assert 'terima = ["segmen kepesertaan_pbpu.csv"]' in problem.remedy
    put(tmp_path, "juni/kepesertaan_bp.csv", HEADER + row().replace("PBPU", "BP"))
    report = build(config)
    assert report.tables["kepesertaan"] == 2
    assert not report.error


def test_rows_of_kecamatan_are_kept_beside_their_sum(tmp_path):
    lines = [
        f"{place};{segmen};{count};{count - 10}\n"
        for place in ("Ternate Utara", "Ternate Tengah")
        for segmen, count in (("PBPU", 100), ("BP", 50))
    ]
    head = "Kota : Ternate;;;\nJuni 2025;;;\n\nKecamatan;Segmen;Terdaftar;Aktif\n"
    total = "Jumlah;;300;260\n"
    put(tmp_path, "juni/kepesertaan/a.csv", head + "".join(lines) + total)
    for _ in range(2):
        report = build(config_of(tmp_path))
        assert not report.error
        tables = {"kepesertaan": 2, "kepesertaan_kecamatan": 4}
        assert tables.items() <= report.tables.items()
        manifest = read_manifest(tmp_path / "data" / "processed")
        assert all(len(manifest["kiriman"][name]) == 1 for name in tables)


def test_a_faulty_delivery_is_refused_whole_and_the_others_go_on(tmp_path):
    put(tmp_path, "juni/kepesertaan/baik.csv", HEADER + row())
    put(
        tmp_path,
        "juni/kepesertaan/buruk.csv",
        HEADER + row("82.03") + row("99.99") + row("82.05", "2025-13"),
    )
    config = config_of(tmp_path)
    report = build(config)
    assert "2 kesalahan" in str(report)
    assert report.error is not None
    assert read_table("kepesertaan", root=config.paths.processed)["kode"].tolist() == [
        "82.71"
    ]
    assert (
        read_manifest(config.paths.processed)["refused"][0]["file"]
        == "juni/kepesertaan/buruk.csv"
    )


@pytest.mark.parametrize(
    "text",
    [
        "# DATA CONTOH (sintetis), bukan data resmi\n" + HEADER + row(),
        HEADER + row() + "*) DATA CONTOH (sintetis), bukan data resmi\n",
    ],
    ids=["above", "below"],
)
def test_a_file_that_says_it_is_synthetic_is_so_wherever_it_lies(tmp_path, text):
    put(tmp_path, "juni/kepesertaan/a.csv", text)
    config = config_of(tmp_path)
    report = build(config)
    assert not report.error, str(report)
    assert "(DATA CONTOH)" in str(report)
    manifest = read_manifest(config.paths.processed)
    assert manifest["contoh"]
    (part,) = open_generation(config.paths.processed).parts("kepesertaan")
    assert json.loads(pq.read_schema(part).metadata[MARK])["contoh"]


def test_a_refused_file_does_not_make_the_others_synthetic(tmp_path):
    mark = "# DATA CONTOH (sintetis), bukan data resmi\n"
    put(tmp_path, "juni/kepesertaan/a.csv", mark + HEADER + row("99.99"))
    put(tmp_path, "juni/kepesertaan/b.csv", HEADER + row())
    report = build(config_of(tmp_path))
    assert [item.refused for item in report.files] == [True, False]
    assert not report.contoh


def test_sample_deliveries_step_aside_for_real_ones(tmp_path):
    put(tmp_path, "contoh/kepesertaan/a.csv", HEADER + row())
    config = config_of(tmp_path)
    assert build(config).contoh
    put(tmp_path, "juni/kepesertaan.csv", HEADER + row("82.03"))
    assert not build(config).contoh
    assert read_table("kepesertaan", root=config.paths.processed)["kode"].tolist() == [
        "82.03"
    ]


def test_table_of_a_vanished_delivery_is_removed(tmp_path):
    put(tmp_path, "juni/kepesertaan.csv", HEADER + row())
    gone = put(
        tmp_path,
        "juni/faskes.csv",
        "Kode;Periode;FKTP;FKRTL;Dokter\n82.71;2025-06;1;2;3\n",
    )
    config = config_of(tmp_path)
    build(config)
    assert "faskes" in list_tables(config.paths.processed)
    gone.unlink()
    assert build(config).removed == ["faskes"]
    assert "faskes" not in list_tables(config.paths.processed)


def test_two_builds_of_the_same_files_are_equal_bytes(tmp_path):
    put(tmp_path, "juni/kepesertaan.csv", HEADER + row() + row("82.03"))
    config = config_of(tmp_path)
    build(config)
    first = read_files(config.paths.processed)
    build(config)
    assert read_files(config.paths.processed) == first


def test_overlap_that_differs_refuses_the_later_delivery_and_lists_it(tmp_path):
    put(tmp_path, "juli/kepesertaan.csv", HEADER + row())
    put(tmp_path, "juni/kepesertaan.csv", HEADER + row(terdaftar=12))
    report = build(config_of(tmp_path))
    assert "terdaftar_jiwa 10 → 12" in str(report)
    assert report.error is not None


def test_later_delivery_wins_only_if_told(tmp_path):
    put(tmp_path, "juli/kepesertaan.csv", HEADER + row())
    put(tmp_path, "juni/kepesertaan.csv", HEADER + row(terdaftar=12))
    config = config_of(tmp_path, '[build]\noverlap = "later"\n')
    assert build(config).error is None
    assert read_table("kepesertaan", root=config.paths.processed)[
        "terdaftar_jiwa"
    ].tolist() == [12]


def test_equal_overlap_is_kept_once(tmp_path):
    put(tmp_path, "juli/kepesertaan.csv", HEADER + row())
    put(tmp_path, "juni/kepesertaan.csv", HEADER + row() + row("82.03"))
    config = config_of(tmp_path)
    assert build(config).error is None
    assert len(read_table("kepesertaan", root=config.paths.processed)) == 2


def test_no_delivery_at_all_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(InputError, match="holds no delivery\n  → put files there"):
        build(config_of(tmp_path))


def test_layouts_of_the_raw_folder(tmp_path):
    for name in (
        "juni/kepesertaan/a.csv",
        "juni/iuran_pemda_2025.csv",
        "faskes/x.csv",
        "rapat.csv",
        "juni/README.txt",
        "juni/~$kunci.xlsx",
        "juni/.lock",
        "juni/lain.csv",
    ):
        put(tmp_path, name, "a,b\n1,2\n")
    found = {d.path.name: d.table for d in find_deliveries(tmp_path / "data" / "raw")}
    assert found == {
        "a.csv": "kepesertaan",
        "iuran_pemda_2025.csv": "iuran_pemda",
        "x.csv": "faskes",
        "rapat.csv": "rapat",
        "lain.csv": "",
    }


def test_longest_table_name_wins():
    assert find_table("iuran_pemda.xlsx") == "iuran_pemda"
    assert find_table("iurannya.xlsx") == ""


def panel(values: list[int], kode: str = "82.71") -> pd.DataFrame:
    dates = pd.date_range("2024-01-01", periods=len(values), freq="MS")
    return pd.DataFrame(
        {
            "kode": kode,
            "periode": dates.as_unit("us"),
            "segmen": "PBPU",
            "terdaftar_jiwa": [v + 1000 for v in values],
            "aktif_jiwa": values,
        }
    )


def test_frozen_figures_are_suspected():
    problems = check_tables({"kepesertaan": panel([900, 905, 910, 910, 910, 910, 921])})
    assert [p.kind for p in problems] == ["frozen"]
    assert "4 months from 2024-03" in problems[0].message


def test_jump_is_suspected_unless_an_event_explains_it():
    values = [9000, 9010, 9020, 9015, 9030, 7000, 7010, 7020]
    problems = check_tables({"kepesertaan": panel(values)})
    assert [p.kind for p in problems] == ["jump"]
    assert "-22.5% in 2024-06" in problems[0].message
    event = pd.DataFrame({"kode": ["00"], "tanggal": [pd.Timestamp(2024, 6, 1)]})
    assert not check_tables({"kepesertaan": panel(values), "peristiwa": event})


def test_missing_month_is_suspected():
    frame = panel([900, 905, 911, 913]).drop(index=1)
    assert (
        "no rows for 2024-02 in 82.71"
        in check_tables({"kepesertaan": frame})[0].message
    )


def run(root: Path, *arguments: str):
    config = root / "jkn.toml"
    config_of(root)
    return CliRunner().invoke(app, ["--config", str(config), *arguments])


def test_check_of_a_clean_file_exits_0(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = put(tmp_path, "juni/kepesertaan.csv", HEADER + row())
    result = run(tmp_path, "check", str(path))
    assert result.exit_code == 0, result.output
    assert "clean" in result.output


def test_check_reads_only_what_no_build_accepted(tmp_path, monkeypatch):
    put(tmp_path, "juni/kepesertaan/a.csv", HEADER + row())
    config = config_of(tmp_path)
    build(config)
    put(tmp_path, "juli/kepesertaan/b.csv", HEADER + row(periode="2025-07"))
    plain, opened = inspect.read_delivery, []
    monkeypatch.setattr(
        inspect,
        "read_delivery",
        lambda one, **how: opened.append(one.path.name) or plain(one, **how),
    )
    report = inspect.check_paths([], config=config)
    assert opened == ["b.csv"]
    assert [file.counts.kept for file in report.files] == [1, 1]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEADER + row(periode="2025-13"), 4),
        (HEADER + row("99.99"), 6),
        (HEADER + row().replace("10", "1\x000"), 5),
    ],
)
def test_check_exits_with_the_code_of_the_error_kind(tmp_path, monkeypatch, text, code):
    monkeypatch.chdir(tmp_path)
    path = put(tmp_path, "juni/kepesertaan.csv", text)
    result = run(tmp_path, "check", str(path))
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_problem_list_and_annotated_copy_go_back_to_the_office(tmp_path, monkeypatch):
    from openpyxl import load_workbook

    monkeypatch.chdir(tmp_path)
    path = put(
        tmp_path, "juni/kepesertaan.csv", HEADER + row() + "=cmd();2025-13;PBPU;1;1\n"
    )
    result = run(
        tmp_path, "check", str(path), "--csv", "temuan.csv", "--annotate", "kembali"
    )
    assert result.exit_code != 0
    with (tmp_path / "temuan.csv").open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert {line["sel"] for line in rows} == {"A3", "B3"}
    assert next(line for line in rows if line["sel"] == "A3")["nilai"] == "'=cmd()"
    book = load_workbook(tmp_path / "kembali" / "kepesertaan.periksa.xlsx")
    cell = book["data"]["B3"]
    assert "bulannya tidak ada" in cell.comment.text
    assert cell.fill.start_color.rgb.endswith("FFC7CE")
    assert book["data"]["A3"].data_type == "s"


def test_build_command_stores_the_good_and_exits_with_the_kind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "juni/kepesertaan/baik.csv", HEADER + row())
    put(tmp_path, "juni/kepesertaan/buruk.csv", HEADER + row("99.99"))
    result = run(tmp_path, "build")
    assert result.exit_code == 6
    manifest = read_manifest(tmp_path / "data" / "processed")
    assert manifest["tables"]["kepesertaan"]["rows"] == 1


def test_check_names_every_path_that_is_no_file_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = put(tmp_path, "juni/kepesertaan.csv", HEADER + row())
    (tmp_path / "kosong").mkdir()
    (tmp_path / "lingkar").symlink_to(tmp_path / "lingkar")
    os.mkfifo(tmp_path / "pipa")
    paths = ["tidak_ada.csv", "kosong", "lingkar", "pipa", "a" * 300, str(good)]
    result = run(tmp_path, "check", *paths)
    assert result.exit_code == 4
    for said in (
        "tidak_ada.csv: 1 kesalahan\n  tidak ada\n    → sebutkan berkas yang ada",
        "kosong: 1 kesalahan\n  tidak berisi berkas",
        "lingkar: 1 kesalahan\n  tidak dapat dibuka",
        "pipa: 1 kesalahan\n  bukan berkas biasa",
        f"bersih    {good} [kepesertaan]",
        "6 berkas, 5 ditolak",
    ):
        assert said in result.output


def test_check_of_a_folder_reads_the_good_and_names_the_bad(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 3):
        put(tmp_path, f"juni/kepesertaan_{number}.csv", HEADER + row(f"82.0{number}"))
    put(tmp_path, "juni/kepesertaan_4.csv", HEADER + row("99.99"))
    put(tmp_path, "juni/kepesertaan_5.csv", "")
    result = run(tmp_path, "check", str(tmp_path / "data" / "raw" / "juni"))
    assert result.exit_code == 4
    assert result.output.count("bersih  ") == 3
    assert "A2: wilayah: tidak ada wilayah berkode demikian '99.99'" in result.output
    assert "kosong (0 bita)\n    → mintalah berkasnya" in result.output
    assert "5 berkas, 2 ditolak" in result.output


def test_names_of_files_move_no_cursor(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = 'kepesertaan "juni"\n\x1b[2J.csv'
    put(tmp_path, f"juni/{name}", HEADER + row("99.99"))
    result = run(tmp_path, "check", str(tmp_path / "data" / "raw" / "juni"))
    assert result.exit_code == 6
    assert 'kepesertaan "juni"��[2J.csv: 1 kesalahan' in result.output
    assert "\x1b" not in result.output


def test_a_delivery_that_vanishes_while_it_is_listed_is_a_fault(tmp_path, monkeypatch):
    put(tmp_path, "juni/kepesertaan/a.csv", HEADER + row())
    gone = put(tmp_path, "juni/kepesertaan/b.csv", HEADER + row("82.03"))
    listed = find_deliveries(tmp_path / "data" / "raw")
    gone.unlink()
    monkeypatch.setattr(contents, "find_deliveries", lambda *_, **__: listed)
    report = build(config_of(tmp_path))
    assert report.tables["kepesertaan"] == 1
    assert "b.csv: 1 fault(s)\n  cannot be opened (No such file" in report.say("en")


@pytest.mark.parametrize(
    ("kode", "segmen", "message", "remedy"),
    [
        (
            "82",
            "PBPU",
            "2 jumlah provinsi atau nasional, 0 jumlah",
            "per kabupaten/kota",
        ),
    ],
)
def test_a_delivery_of_sums_alone_says_what_it_holds(
    tmp_path, kode, segmen, message, remedy
):
    rows = "".join(f"{kode};2025-0{month};{segmen};10;9\n" for month in (5, 6))
    put(tmp_path, "juni/kepesertaan.csv", HEADER + rows)
    text = str(build(config_of(tmp_path)))
    assert f"semua baris adalah jumlah: {message}" in text
    assert f"→ mintalah satu baris {remedy}" in text


NIK = "8271015501900002"


def annotated(tmp_path: Path, monkeypatch) -> tuple[str, Path]:
    from openpyxl import Workbook

    monkeypatch.chdir(tmp_path)
    book = Workbook()
    sheet = book.active
    sheet.title = "Rekap"
    for line in (
        ["REKAP KEPESERTAAN"],
        ["Bulan : Juni 2025"],
        ["Kode", "Petugas", "Segmen", "Terdaftar", "Aktif", "Xyz"],
        ["82.71", NIK, "PBPU", 20, 25, "@SUM(A1)"],
        [NIK, NIK, "PBPX", NIK, 5, "x"],
    ):
        sheet.append(line)
    sheet.merge_cells("A1:F1")
    book.create_sheet("Lain").append(["catatan"])
    path = tmp_path / "kepesertaan.xlsx"
    book.save(path)
    result = run(
        tmp_path, "check", str(path), "--csv", "temuan.csv", "--annotate", "kembali"
    )
    assert result.exit_code == 4
    return result.output, tmp_path / "kembali" / "kepesertaan.periksa.xlsx"


def test_annotated_copy_keeps_sheets_and_merged_cells(tmp_path, monkeypatch):
    from openpyxl import load_workbook

    _, path = annotated(tmp_path, monkeypatch)
    book = load_workbook(path)
    assert book.sheetnames == ["temuan", "Rekap", "Lain"]
    sheet = book["Rekap"]
    assert [str(box) for box in sheet.merged_cells.ranges] == ["A1:F1"]
    marked = {c.coordinate for line in sheet.iter_rows() for c in line if c.comment}
    assert marked == {"B3", "F3", "E4", "A5", "C5", "D5"}
    assert all(sheet[cell].fill.fill_type == "solid" for cell in marked)
    assert (sheet["F4"].value, sheet["F4"].data_type) == ("@SUM(A1)", "s")


def test_a_nik_enters_no_list_comment_or_message(tmp_path, monkeypatch):
    from openpyxl import load_workbook

    output, path = annotated(tmp_path, monkeypatch)
    book = load_workbook(path)
    listed = [str(cell.value) for line in book["temuan"].iter_rows() for cell in line]
    comments = [
        c.comment.text for line in book["Rekap"].iter_rows() for c in line if c.comment
    ]
    text = (tmp_path / "temuan.csv").read_text("utf-8-sig")
    assert NIK not in "\n".join([output, text, *listed, *comments])
