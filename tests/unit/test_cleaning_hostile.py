"""Hostile and damaged files: a clear error within bounds, nothing else."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from jkn_analysis.cleaning import clean, read_sheet
from jkn_analysis.cleaning.open import dialect, limits, readers, sandbox
from jkn_analysis.errors import HostileInputError, InputError, JknError

HEADER = "kode,periode,segmen,terdaftar_jiwa,aktif_jiwa\n"


def workbook(path: Path, cells: dict[str, object], title: str = "Rekap") -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = title
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return path


def rewrite(path: Path, part: str, change) -> Path:
    """Replace one part of a zip by what `change` makes of it."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, change(content) if name == part else content)
    return path


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"tidak_ada\.csv: does not exist\n  → name"):
        read_sheet(tmp_path / "tidak_ada.csv")


def test_empty_file_is_refused(tmp_path):
    path = tmp_path / "kosong.csv"
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"empty \(0 bytes\)"):
        read_sheet(path)


def test_empty_sheet_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no table"):
        read_sheet(workbook(tmp_path / "kosong.xlsx", {}))


def test_zip_bomb_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "bom.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 2**20))
    with pytest.raises(HostileInputError, match="zip bomb"):
        read_sheet(path)


def test_cell_at_the_far_corner_is_refused(tmp_path):
    path = workbook(tmp_path / "jauh.xlsx", {"A1": "Kode", "A2": "82.71"})
    far = b'</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    rewrite(
        path,
        "xl/worksheets/sheet1.xml",
        lambda x: x.replace(b"</row></sheetData>", far),
    )
    with pytest.raises(HostileInputError, match=r"far outside|damaged|memory"):
        read_sheet(path)


def test_damaged_ole_does_not_take_the_machine(tmp_path):
    import xlwt

    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, "Kode")
    book.save(str(tmp_path / "asli.xls"))
    content = bytearray((tmp_path / "asli.xls").read_bytes())
    rng = random.Random(7)
    path = tmp_path / "rusak.xls"
    for _ in range(40):
        damaged = bytearray(content)
        for _ in range(20):
            damaged[rng.randrange(24, 512)] = rng.randrange(256)
        struct.pack_into("<I", damaged, 44, rng.choice([2**31 - 1, 2**20, 3]))
        path.write_bytes(bytes(damaged[: rng.choice([1500, len(damaged)])]))
        start = time.monotonic()
        with contextlib.suppress(JknError):
            read_sheet(path)
        assert time.monotonic() - start < 20


def test_reader_survives_a_file_that_kills_it(tmp_path):
    good = tmp_path / "baik.csv"
    good.write_text(HEADER + "82.71,2025-06,PBPU,10,9\n", encoding="utf-8")
    read_sheet(good)
    sandbox._children[0].process.kill()
    sandbox._children[0].process.wait()
    assert len(read_sheet(good)[0].frame) == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), r"picture \(PNG\)"),
        (b"%PDF-1.7 x", "PDF document"),
        (b"\xff\xd8\xff\xe0" + bytes(100), r"picture \(JPEG\)"),
        (b"MZ" + bytes(100), "program"),
        (b"PK\x03\x04" + bytes(60), "damaged or cut-off"),
    ],
)
def test_other_files_named_xlsx_are_told_apart(tmp_path, content, what):
    path = tmp_path / "kepesertaan.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=what):
        read_sheet(path)


def test_plain_archive_is_no_workbook(tmp_path):
    path = tmp_path / "arsip.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("surat.txt", "x")
    with pytest.raises(InputError, match=r"archive \(zip\), not a workbook"):
        read_sheet(path)


def test_password_protected_workbook_says_so(tmp_path):
    path = tmp_path / "kunci.xlsx"
    name = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024) + name + bytes(512)
    )
    with pytest.raises(InputError, match="terkunci kata sandi"):
        read_sheet(path)


def test_truncated_workbook_is_refused(tmp_path):
    path = workbook(
        tmp_path / "potong.xlsx", {"A1": "Kode", "B1": "Nama", "A2": "82.71"}
    )
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="damaged or cut-off"):
        read_sheet(path)


def test_line_over_a_megabyte_is_refused(tmp_path):
    path = tmp_path / "baris.csv"
    path.write_bytes(HEADER.encode() + b"8" * (2**20 + 10))
    with pytest.raises(HostileInputError, match="line of more than 1048576 bytes"):
        read_sheet(path)


def test_nul_byte_is_named_with_its_line(tmp_path):
    path = tmp_path / "nul.csv"
    path.write_bytes(HEADER.encode() + b"82.71,2025-06,PBPU,1\x000,9\n" * 3)
    with pytest.raises(HostileInputError, match="NUL byte in line 2"):
        read_sheet(path)


def test_too_many_columns_are_refused(tmp_path):
    path = tmp_path / "lebar.csv"
    path.write_text(
        ",".join(f"k{i}" for i in range(3000)) + "\n" + "," * 2999, encoding="utf-8"
    )
    with pytest.raises(HostileInputError, match="3000 columns"):
        read_sheet(path)


def test_deeply_nested_json_is_refused(tmp_path):
    path = tmp_path / "dalam.json"
    path.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(
        (HostileInputError, InputError), match=r"nested too deeply|not valid json"
    ):
        read_sheet(path)


def test_nested_json_records_are_refused(tmp_path):
    path = tmp_path / "sarang.json"
    path.write_text('[{"kode": {"a": 1}}]', encoding="utf-8")
    with pytest.raises(InputError, match="nested values"):
        read_sheet(path)


def test_xml_entities_are_not_expanded(tmp_path):
    path = workbook(
        tmp_path / "entitas.xlsx", {"A1": "Kode", "B1": "Nama", "A2": "x", "B2": 1}
    )
    entities = "".join(
        f'<!ENTITY a{i} "&a{i - 1};&a{i - 1};&a{i - 1};&a{i - 1};">'
        for i in range(1, 20)
    )
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "lol">{entities}]>'.encode()
    rewrite(
        path, "xl/worksheets/sheet1.xml", lambda x: bomb + x.replace(b">x<", b">&a19;<")
    )
    start = time.monotonic()
    with contextlib.suppress(JknError):
        read_sheet(path)
    assert time.monotonic() - start < 20


def test_formula_without_stored_value_is_a_problem_not_a_blank(tmp_path):
    path = workbook(
        tmp_path / "rumus.xlsx",
        {
            "A1": "Kode",
            "B1": "Periode",
            "C1": "Segmen",
            "D1": "Terdaftar",
            "E1": "Aktif",
            "A2": "82.71",
            "B2": "2025-06",
            "C2": "PBPU",
            "D2": "=SUM(5,5)",
            "E2": 9,
        },
    )
    result = clean("kepesertaan", read_sheet(path))
    assert [(p.cell, p.kind) for p in result.problems] == [("D2", "formula")]
    assert "save it" in result.problems[0].remedy


def test_spreadsheet_error_is_a_problem_not_a_blank(tmp_path):
    path = workbook(
        tmp_path / "galat.xlsx",
        {
            "A1": "Kode",
            "B1": "Periode",
            "C1": "Segmen",
            "D1": "Terdaftar",
            "E1": "Aktif",
            "A2": "82.71",
            "B2": "2025-06",
            "C2": "PBPU",
            "D2": "#REF!",
            "E2": 9,
        },
    )
    problem = clean("kepesertaan", read_sheet(path)).problems[0]
    assert (problem.cell, problem.kind, problem.value) == ("D2", "error_cell", "#REF!")


def test_path_and_script_stay_text(tmp_path):
    path = tmp_path / "kepesertaan.csv"
    path.write_text(
        HEADER
        + "../../etc/passwd,2025-06,PBPU,10,9\n<script>x</script>,2025-06,PBPU,10,9\n",
        encoding="utf-8",
    )
    before = sorted(tmp_path.iterdir())
    result = clean("kepesertaan", read_sheet(path))
    assert [p.kind for p in result.problems] == ["unknown_name", "unknown_name"]
    assert sorted(tmp_path.iterdir()) == before


def test_unbalanced_quote_is_reported(tmp_path):
    path = tmp_path / "kutip.csv"
    path.write_text(
        HEADER + '82.71,2025-06,"PBPU,10,9\n82.03,2025-06,PBPU,10,9\n', encoding="utf-8"
    )
    result = clean("kepesertaan", read_sheet(path))
    assert any(
        "quotation mark is left open in line 2" in p.message for p in result.problems
    )


def test_mixed_encodings_are_reported(tmp_path):
    path = tmp_path / "campur.csv"
    path.write_bytes(
        "kode,nama\n82.71,Térnate\n".encode() + "82.03,caf\xe9\n".encode("latin-1")
    )
    table = read_sheet(path)[0]
    assert any("mixes encodings" in problem.message for problem in table.problems)


# --- paths that are no file, files that go away -------------------------------------


def test_links_to_nothing_and_in_a_circle_are_named(tmp_path):
    dangling, circle = tmp_path / "putus.csv", tmp_path / "lingkar.csv"
    dangling.symlink_to(tmp_path / "tidak_ada")
    circle.symlink_to(circle)
    with pytest.raises(InputError, match=r"putus\.csv: is a link to nothing\n  → name"):
        read_sheet(dangling)
    with pytest.raises(InputError, match=r"lingkar\.csv: cannot be opened \(Too many"):
        read_sheet(circle)


def test_pipes_and_devices_are_not_waited_for(tmp_path):
    pipe = tmp_path / "pipa.csv"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(InputError, match=r"is no regular file\n  → name"):
            read_sheet(path)


def test_a_name_too_long_or_with_nul_is_refused(tmp_path):
    for name in ("a" * 300, "a\x00b"):
        with pytest.raises(InputError, match=r"cannot be opened \(.*\)\n  → name"):
            read_sheet(tmp_path / name)


def test_a_file_deleted_before_it_is_opened_is_an_input_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "why_no_file", lambda _: "")
    with pytest.raises(
        InputError, match=r"cannot be opened \(No such file.*\n  → copy"
    ):
        read_sheet(tmp_path / "hilang.csv")


def test_a_file_the_reader_may_not_open_is_a_refusal(tmp_path):
    with pytest.raises(
        readers.RefusedError, match=r"cannot be opened \(Is a directory"
    ):
        readers.read_raw(str(tmp_path))


def test_a_reader_that_was_interrupted_answers_for_no_other_file(tmp_path, monkeypatch):
    one = workbook(tmp_path / "satu.xlsx", {"A1": "Kode", "B1": "Nama", "A2": "82.71"})
    two = workbook(tmp_path / "dua.xlsx", {"A1": "Kode", "B1": "Nama", "A2": "82.03"})

    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sandbox._Child, "_receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            read_sheet(one)
    assert not sandbox._children
    assert read_sheet(two)[0].frame["Kode"].tolist() == ["82.03"]


# --- size ---------------------------------------------------------------------------


def test_two_gigabytes_in_one_line_are_refused_unread(tmp_path):
    path = tmp_path / "raksasa.csv"
    with path.open("wb") as opened:
        opened.write(HEADER.encode())
        opened.truncate(2 * 2**30)
    start = time.process_time()
    with pytest.raises(
        HostileInputError, match=r"has 2147483648 bytes.*\n  → send it in"
    ):
        read_sheet(path)
    assert time.process_time() - start < 1
    status = Path(f"/proc/{sandbox._children[0].process.pid}/status")
    if status.exists():
        peak = re.search(r"VmHWM:\s+(\d+)", status.read_text("utf-8"))
        assert peak is not None
        assert int(peak[1]) < 200_000


def test_a_line_of_thirty_megabytes_is_refused(tmp_path):
    path = tmp_path / "panjang.csv"
    path.write_bytes(HEADER.encode() + b"8" * (30 * 2**20))
    with pytest.raises(HostileInputError, match="line of more than 1048576 bytes"):
        read_sheet(path)


@pytest.mark.parametrize("end", ["json", "xls"])
def test_json_and_html_may_be_one_line(tmp_path, end):
    path = tmp_path / f"kepesertaan.{end}"
    fields = ("kode", "periode", "segmen", "terdaftar_jiwa", "aktif_jiwa")
    rows = [("82.71", "2025-06", "PBPU", str(n), "1") for n in range(15_000)]
    if end == "json":
        path.write_text(
            json.dumps([dict(zip(fields, row, strict=True)) for row in rows]), "utf-8"
        )
    else:
        lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in (fields, *rows))
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        path.write_text(f"<html><table>{body}</table></html>", "utf-8")
    assert path.stat().st_size > 2**20
    assert len(read_sheet(path)[0].raw) == len(rows)


def test_a_long_text_is_no_table_and_takes_no_time(tmp_path):
    path = tmp_path / "kalimat.csv"
    path.write_bytes(b"kata\n" + b"ini bukan tabel tetapi kata saja\n" * 100_000)
    with pytest.raises(InputError, match="written text: nothing cuts its lines"):
        read_sheet(path)


def test_more_rows_under_a_title_than_can_be_looked_at_are_refused(tmp_path):
    path = tmp_path / "judul.csv"
    lines = b"82.71,2025-06,PBPU,1,1\n" * (dialect.MAX_ROWS + 1)
    path.write_bytes(b"Laporan\n\n" + HEADER.encode() + lines)
    with pytest.raises(HostileInputError, match=r"(?s)more than 600000 rows.*in parts"):
        read_sheet(path)


def test_a_wide_csv_that_must_be_looked_at_cell_by_cell_is_refused(tmp_path):
    path = tmp_path / "lebar.csv"
    row = b",".join([b"ab"] * 1000) + b"\n"
    path.write_bytes(row * (dialect.MAX_CELLS // 1000 + 2))
    with pytest.raises(HostileInputError, match=r"6000000 cells.*\n.*in parts"):
        read_sheet(path)


def test_memory_of_the_reader_is_capped_under_600_mb(tmp_path):
    path = tmp_path / "lebar.csv"
    row = b",".join([b"x1"] * 1000) + b"\n"
    path.write_bytes(row * 40_000)
    with pytest.raises(HostileInputError, match=r"more than 600 MB|more memory than"):
        read_sheet(path)
    assert limits.MEMORY_BYTES <= 600 * 2**20


# --- large regular csv, read in this process ----------------------------------------


def large_csv(path: Path, tail: str = "", encoding: str = "utf-8") -> Path:
    rows = "".join(
        f"82.{n % 8 + 1:02d},2025-06,PBPU,{n},{n // 2}\n" for n in range(45_000)
    )
    path.write_bytes((HEADER + rows + tail).encode(encoding))
    assert path.stat().st_size > 2**20
    return path


def test_a_large_regular_csv_is_read_as_the_child_would(tmp_path):
    path = large_csv(tmp_path / "besar.csv")
    here, child = readers.read_plain(path), readers.read_raw(str(path))
    assert here is not None
    own, other = here["sheets"][0].pop("arrow"), child["sheets"][0].pop("arrow")
    assert own.equals(pa.ipc.open_stream(other).read_all())
    assert here == child


@pytest.mark.parametrize(
    ("tail", "encoding"),
    [
        ("82.71,2025-06,PBPU,1\n", "utf-8"),
        ("82.71,2025-06,PBPU,1\x000,9\n", "utf-8"),
        ("\n82.71,2025-06,PBPU,10,9\n", "utf-8"),
        ("82.71,2025-06,PBPU,10\r9,9\n", "utf-8"),
        ("82.71,2025-06,caf\xe9,10,9\n", "cp1252"),
        ("82.71,2025-06,PBPU,10,9\n", "utf-16"),
        ("8" * (2**20 + 1) + ",2025-06,PBPU,10,9\n", "utf-8"),
    ],
)
def test_anything_irregular_goes_to_the_child(tmp_path, tail, encoding):
    assert readers.read_plain(large_csv(tmp_path / "aneh.csv", tail, encoding)) is None


def test_markup_json_and_declared_delimiters_go_to_the_child(tmp_path):
    path = large_csv(tmp_path / "lain.csv")
    for start in (b"<table>", b"[", b"%PDF", b"sep=,\n"):
        path.write_bytes(start + path.read_bytes())
        assert readers.read_plain(path) is None


def _write_cells(path: Path, cells: dict[tuple[int, int], object]) -> None:
    """Write an xlsx with cells by row and column."""
    book = openpyxl.Workbook()
    for (row, column), value in cells.items():
        book.active.cell(row, column, value)
    book.save(path)


def test_stray_cells_far_beside_a_table_do_not_cost_time(tmp_path):
    path = tmp_path / "jauh.xlsx"
    names = ["Kecamatan", "Terdaftar", "Aktif", "Kelas"]
    table = {(1, c): name for c, name in enumerate(names, 1)}
    table |= {(r, 1): f"Desa {chr(63 + r)}" for r in range(2, 60)}
    table |= {(r, c): 100 * r + c for r in range(2, 60) for c in (2, 3, 4)}
    stray = {(2, column): "x" for column in range(40, 15_000, 900)}
    _write_cells(path, table | stray)
    first = read_sheet(path)[0]
    assert first.frame["Terdaftar"].tolist()[:2] == ["202", "302"]


def test_a_sheet_of_thousands_of_columns_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "lebar.xlsx"
    _write_cells(path, {(r, c): r * c for r in (1, 2, 3) for c in range(1, 2_502)})
    with pytest.raises(HostileInputError, match=r"2501 columns.*\n.*one month a row"):
        read_sheet(path)
