"""Hostile and damaged files: a clear error within bounds, nothing else."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import time
import zipfile
from pathlib import Path

import pytest

from jkn_analysis.cleaning import clean, read_sheet, sandbox
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
