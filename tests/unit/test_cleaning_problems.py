"""Every kind of problem: found where it stands, with value, message and remedy."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import jkn_analysis.cleaning
from jkn_analysis.cleaning import clean, read_sheet, reading
from jkn_analysis.cleaning.builder import build
from jkn_analysis.cleaning.deliveries import Delivery
from jkn_analysis.cleaning.problems import Problem, faults
from jkn_analysis.cleaning.rows.work import MOST_LISTED, CleanSettings
from jkn_analysis.config import read_config
from jkn_analysis.errors import InputError
from jkn_analysis.tables import TABLES

PACKAGE = Path(jkn_analysis.cleaning.__file__).parent
HEADER = "Kode,Periode,Segmen,Terdaftar,Aktif\n"
GOOD = "82.71,2025-06,PBPU,20,10\n"
SHEET = [["Kode", "Periode", "Segmen", "Terdaftar", "Aktif"]]


def line(kode="82.71", periode="2025-06", segmen="PBPU", terdaftar="20", aktif="10"):
    return f"{kode},{periode},{segmen},{terdaftar},{aktif}\n"


# What a file holds (text, bytes, or rows by sheet), and the problem it must give:
# place, value, a piece of the message, a piece of the remedy.
CASES: dict[str, tuple[object, str, str, str, str]] = {
    "number": (HEADER + line(terdaftar="12a4"), "D2", "12a4", "number", "write"),
    "ambiguous_number": (
        HEADER.replace(",", ";") + "82.71;2025-06;PBPU;88,922;10\n",
        "D2",
        "88,922",
        "88922|88,922|thousand",
        "locale",
    ),
    "month": (
        HEADER + line(periode="2025-13"),
        "B2",
        "2025-13",
        "no such month",
        "-06",
    ),
    "unknown_name": (
        HEADER + line(segmen="PBPX"),
        "C2",
        "PBPX",
        "unknown segmen",
        "did you mean",
    ),
    "ambiguous_name": (
        HEADER.replace("Kode", "Nama Kab/Kota") + line(kode="Bogor"),
        "A2",
        "Bogor",
        "fits",
        "32.01 Kabupaten Bogor, 32.71 Kota Bogor",
    ),
    "code_name": (
        "Kode,Kab/Kota,Periode,Segmen,Terdaftar,Aktif\n"
        "82.71,Kota Tidore Kepulauan,2025-06,PBPU,20,10\n",
        "A2",
        "82.71",
        "Kota Ternate .* but the row says",
        "which is right",
    ),
    "choice": (
        "Kode,Periode,Segmen,Kelas,Umur Bulan,Peserta,Tunggakan Rp\n"
        "82.71,2025-06,PPU BU,3,4,10,350000\n",
        "C2",
        "PPU-BU",
        "has no place in this table",
        "only PBPU, BP",
    ),
    "personal": (
        "ID rapat,Kode,Nomor,Keputusan,Penanggung jawab,Tenggat,Status\n"
        "R-1,82.71,1,Perbaiki NIK 827103" + "4107010001,Dukcapil,2025-12-31,belum\n",
        "D2",
        "",
        "a NIK or family card number; the value is not shown",
        "not the person",
    ),
    "address": (
        "Kode,Kantor,Jabatan,Email\n82.71,Dukcapil,Kepala,dukcapil at ternate\n",
        "D2",
        "",
        "not a mail address",
        "one address",
    ),
    "place": (
        "Kode,Kecamatan,Periode,Alasan,Kantor,Jumlah jiwa\n"
        "82.71,Budi Santoso,2025-06,nama_beda,Dukcapil,10\n",
        "B2",
        "",
        "no kecamatan of this name; the value is not shown",
        "as Kemendagri lists it",
    ),
    "missing": (HEADER + line(aktif=""), "E2", "", "no value", "0 if there is none"),
    "missing_column": (
        "Kode,Periode,Segmen,Aktif\n82.71,2025-06,PBPU,20\n",
        "",
        "",
        "'terdaftar_jiwa' missing; found 'Kode'",
        r"\[sources.kepesertaan.headings\]",
    ),
    "unknown_heading": (
        HEADER.replace("Aktif", "Aktif,Peserta Aktiv") + "82.71,2025-06,PBPU,20,10,3\n",
        "column F",
        "Peserta Aktiv",
        "heading not known",
        r'"Peserta Aktiv" = "aktif_jiwa"',
    ),
    "double_column": (
        HEADER.replace("Aktif", "Aktif,Jumlah Aktif") + "82.71,2025-06,PBPU,20,10,9\n",
        "column F",
        "Jumlah Aktif",
        "second column for 'aktif_jiwa'",
        r'"Jumlah Aktif" = "abaikan"',
    ),
    "duplicate": (
        HEADER + GOOD + GOOD,
        "A3",
        "82.71, 2025-06, PBPU",
        "as row 2",
        "keep the right one",
    ),
    "aktif_over_terdaftar": (
        HEADER + line(aktif="25"),
        "E2",
        "25 and 20",
        "more than terdaftar",
        "which of the two",
    ),
    "arus_berpindah": (
        "Kode,Periode,Segmen Asal,Segmen Tujuan,Sebab,Jiwa\n"
        "82.71,2025-06,PBPU,Mandiri,menunggak,40\n",
        "C2",
        "PBPU and PBPU",
        "moves nobody",
        "leave out who stayed",
    ),
    "pbi_over_desil": (
        "Kode,Periode,Desil,Jiwa,PBI JK\n82.71,2025-06,3,500,520\n",
        "E2",
        "520 and 500",
        "more than jiwa",
        "which of the two",
    ),
    "desil_batas": (
        "Kode,Periode,Desil,Jiwa,PBI JK\n82.71,2025-06,11,500,20\n",
        "C2",
        "11",
        "no decile",
        "1 .poorest. to 10",
    ),
    "diterima_over_diusulkan": (
        "Kode,Periode,Kuota PBI JK,Diusulkan,Diterima\n82.71,2025-06,900,300,310\n",
        "E2",
        "310 and 300",
        "more than diusulkan",
        "which of the two",
    ),
    "nonaktif_split": (
        "Kode,Periode,Segmen,Terdaftar,Aktif,Nonaktif Menunggak,Nonaktif Mutasi\n"
        "82.71,2025-06,PBPU,20,10,3,3\n",
        "F2",
        "3 and 3",
        "is not terdaftar - aktif",
        "must equal",
    ),
    "nonaktif": (
        "Kode,Periode,Segmen,Terdaftar,Aktif,Nonaktif\n82.71,2025-06,PBPU,20,10,9\n",
        "F2",
        "9",
        r"not terdaftar - aktif \(10\)",
        "which of the three",
    ),
    "percent": (
        "Kode,Periode,Segmen,Terdaftar,Aktif,% Aktif\n"
        + "".join(
            f"{kode},2025-06,PBPU,20,10,{shown}\n"
            for kode, shown in zip(
                ["82.71", "82.72", "82.01", "82.02", "82.03", "82.04"],
                [*["50.0%"] * 5, "51.0%"],
                strict=True,
            )
        ),
        "F7",
        "51.0%",
        "does not follow from",
        "which figure is wrong",
    ),
    "age_group": (
        "Kode,Periode,Segmen,Kelas,4-6 bulan Jiwa,4-6 bulan Rp\n"
        "82.71,2025-06,PBPU,3,10,2100000\n",
        "column E",
        "4-6 bulan Jiwa",
        r"ages of arrears are joined \(4-6\)",
        "each month of age",
    ),
    "hidden_rows": (
        {
            "Rekap": [*SHEET, ["82.71", "2025-06", "PBPU", 20, 10]],
            "hide": [2],
        },
        "sheet 'Rekap'",
        "",
        "hidden rows were read too: 2",
        "delete them",
    ),
    "implausible": (
        HEADER + line(terdaftar="193000000", aktif="150000000"),
        "",
        "",
        "coverage of Kota Ternate .*a thousand times too large",
        r'\[sources.kepesertaan\] terima = \["cakupan kirim.csv"\]',
    ),
    "parts": (
        HEADER.replace("Terdaftar,Aktif", "Terdaftar Laki-laki,Aktif Laki-laki") + GOOD,
        "column D",
        "Terdaftar Laki-laki",
        r"only parts of it are there \(L\)",
        "column of the whole",
    ),
    "parts_sum": (
        HEADER.replace("Terdaftar,Aktif", "Aktif,Non Aktif,Jumlah")
        + "82.71,2025-06,PBPU,10,9,20\n",
        "F2",
        "20",
        r"the sum of Aktif \+ Non Aktif is 19, not",
        "which figure",
    ),
    "running": (
        "Kode,Periode,Segmen,Kelas,Tagihan,Penerimaan\n"
        "82.71,s.d. Juni 2025,PBPU,3,900000000,800000000\n",
        "",
        "",
        "sums from January to 2025-06",
        "figures of each month",
    ),
    "taken": (
        "Bulan : Juni 2025,,,\n\nKode,Segmen,Terdaftar,Aktif\n82.71,PBPU,20,10\n",
        "",
        "Bulan : Juni 2025",
        "month 2025-06, taken from",
        "",
    ),
    "unit": (
        HEADER.replace("Terdaftar", "Terdaftar (0000 jiwa)") + GOOD,
        "column D",
        "0000 jiwa",
        "unit not understood",
        "ribu jiwa",
    ),
    "total": (
        HEADER + GOOD + line(kode="82.72") + "Jumlah,,,41,20\n",
        "D4",
        "41",
        r"printed total 41 is not the sum of its rows 40",
        "which row or total",
    ),
    "sum": (
        HEADER
        + GOOD
        + line(segmen="BP")
        + line(segmen="TOTAL", terdaftar="41", aktif="20"),
        "D4",
        "41",
        r"not the sum of its parts 40 \(difference \+1\)",
        "which row",
    ),
    "future": (
        HEADER + line(periode="2026-01"),
        "B2",
        "2026-01",
        "lies in the future",
        "2025-12",
    ),
    "empty": (HEADER + ",,,,\n", "", "", "no row of data", "filled table"),
    "left_out": (
        {
            "Rekap": [*SHEET, ["82.71", "2025-06", "PBPU", 20, 10]],
            "Catatan": [["Nama Petugas", "Telepon"], ["A", "081"], ["B", "082"]],
        },
        "sheet 'Catatan'",
        "",
        "has no columns of kepesertaan and was left out",
        "show it",
    ),
    "merged_number": (
        {
            "Rekap": [
                *SHEET,
                ["82.71", "2025-06", "PBPU", 20, 10],
                ["82.72", "2025-06", "PBPU", None, 5],
            ],
            "merge": ["D2:D3"],
        },
        "sheet 'Rekap', D2",
        "20",
        "merged over several rows",
        "its own number",
    ),
    "formula": (
        {"Rekap": [*SHEET, ["82.71", "2025-06", "PBPU", "=SUM(1,2)", 1]]},
        "sheet 'Rekap', D2",
        "",
        "formula without a stored value",
        "save it",
    ),
    "error_cell": (
        {"Rekap": [*SHEET, ["82.71", "2025-06", "PBPU", "#REF!", 1]]},
        "sheet 'Rekap', D2",
        "#REF!",
        "spreadsheet error",
        "repair the formula",
    ),
    "encoding": (
        "Kode,Kab/Kota,Periode,Segmen,Terdaftar,Aktif\n"
        "82.71,Térnate,2025-06,PBPU,20,10\n".encode()
        + "82.72,caf\xe9,2025-06,PBPU,20,10\n".encode("latin-1"),
        "",
        "",
        "mixes encodings from line 2",
        "export again",
    ),
    "quote": (
        HEADER + '82.71,2025-06,"PBPU,20,10\n' + line(kode="82.72"),
        "",
        "",
        "left open in line 2",
        "export again",
    ),
    "json": (
        '[{"kode": "82.71", "kode": "82.72", "periode": "2025-06", "segmen": "PBPU",'
        ' "terdaftar": 20, "aktif": 10}]',
        "",
        "",
        "key 'kode' stands twice",
        "export again",
    ),
}
OTHER_TABLES = {
    "choice": "tunggakan_peserta", "personal": "tindak_lanjut", "address": "penerima",
    "place": "selisih", "age_group": "tunggakan_peserta", "running": "iuran",
    "arus_berpindah": "arus_kepesertaan", "pbi_over_desil": "sasaran_pbi",
    "desil_batas": "sasaran_pbi", "diterima_over_diusulkan": "usulan_pbi",
}  # fmt: skip
BUILT = {
    "unreadable",
    "hostile",
    "closed",
    "limit",
    "overlap",
    "schema",
    "gap",
    "frozen",
    "jump",
}
"""Kinds that need a whole build; each has its own test below."""
LATEST = pd.Timestamp(2025, 12, 15).date()


def write(folder: Path, content: object) -> Path:
    if isinstance(content, dict):
        return write_book(folder / "kirim.xlsx", dict(content))
    if isinstance(content, bytes):
        path = folder / "kirim.csv"
        path.write_bytes(content)
        return path
    text = str(content)
    path = folder / ("kirim.json" if text.startswith("[") else "kirim.csv")
    path.write_text(text, encoding="utf-8")
    return path


def write_book(path: Path, sheets: dict[str, list]) -> Path:
    from openpyxl import Workbook

    merged, hidden = sheets.pop("merge", []), sheets.pop("hide", [])
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    for box in merged:
        book.worksheets[0].merge_cells(box)
    for row in hidden:
        book.worksheets[0].row_dimensions[row].hidden = True
    book.save(path)
    return path


@pytest.mark.parametrize("kind", sorted(CASES))
def test_problem_says_place_value_fault_and_remedy(tmp_path, kind):
    content, place, value, message, remedy = CASES[kind]
    table = OTHER_TABLES.get(kind, "kepesertaan")
    result = clean(
        table,
        read_sheet(write(tmp_path, content)),
        settings=CleanSettings(latest=LATEST),
    )
    found = [problem for problem in result.problems if problem.kind == kind]
    assert found, result.problems
    problem = found[0]
    assert problem.place == place
    assert problem.value == value
    assert re.search(message, problem.message), problem.message
    assert re.search(remedy, problem.remedy), problem.remedy
    assert problem.file.startswith("kirim")


def leaves(node: ast.AST) -> set[str]:
    """Return the texts a piece of source may give, comparisons left out."""
    if isinstance(node, ast.Compare):
        return set()
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    return set().union(*map(leaves, ast.iter_child_nodes(node)))


def kinds_of(node: ast.AST) -> set[str]:
    """Return the kinds of problems that a piece of source makes."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        places = {"Finding": 0, "Fault": 4}
        makers = {"Problem", *places}
        given = [k.value for k in node.keywords if k.arg == "kind"]
        given += node.args[places[name] :][:1] if name in places else []
        return set().union(*map(leaves, given)) if name in makers else set()
    if isinstance(node, ast.Tuple) and len(node.elts) in {2, 4}:
        place = 0 if len(node.elts) == 2 else 1
        plain = all(isinstance(item, ast.Constant) for item in node.elts)
        call = node.elts[place + 1]
        written = getattr(getattr(call, "func", None), "id", "") == "say"
        return leaves(node.elts[place]) if written and not plain else set()
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "kind":
        return leaves(node.value)
    return set()


def kinds_in_source() -> set[str]:
    found = {"number", *(rule.name for t in TABLES.values() for rule in t.rules)}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found |= kinds_of(node)
    entries = tomllib.loads((PACKAGE / "findings.toml").read_text("utf-8"))["temuan"]
    found |= {key.partition(":")[0] for key in entries if key != "more"}
    return {kind for kind in found if re.fullmatch("[a-z_]+", kind)}


def test_every_kind_of_problem_in_the_source_has_its_case():
    assert kinds_in_source() == {*CASES, *BUILT}


# --- kinds that a build finds -------------------------------------------------------


ONE_SEGMEN = '[sources.kepesertaan]\nterima = ["segmen"]\n'


def put(root: Path, name: str, text: str | bytes) -> Path:
    path = root / "data" / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def built(root: Path, **files: str | bytes) -> list[Problem]:
    for name, content in files.items():
        put(root, f"{name}/kepesertaan.csv", content)
    config = root / "jkn.toml"
    config.write_text(ONE_SEGMEN, encoding="utf-8")
    return build(read_config(config, root=root)).all_problems


def single(problems: list[Problem], kind: str) -> Problem:
    own = [problem for problem in problems if problem.kind == kind]
    assert len(own) == 1, problems
    return own[0]


def test_unreadable_delivery_is_named_with_its_remedy(tmp_path):
    problem = single(built(tmp_path, juni=b"%PDF-1.7 x"), "unreadable")
    assert problem.file == "juni/kepesertaan.csv"
    assert problem.message == "is a PDF document, not a table"
    assert "save the table as .xlsx or csv" in problem.remedy


def test_hostile_delivery_is_named_with_its_line(tmp_path):
    text = HEADER + line(terdaftar="2\x000")
    problem = single(built(tmp_path, juni=text), "hostile")
    assert "NUL byte in line 2" in problem.message
    assert problem.remedy


def test_a_file_that_cannot_be_opened_now_is_not_called_damaged(tmp_path, monkeypatch):
    def refuse(path: Path) -> str:
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(reading, "hash_file", refuse)
    path = put(tmp_path, "juni/kepesertaan.csv", HEADER + GOOD)
    delivery = Delivery("juni", path, "kepesertaan")
    report, rows = reading.read_delivery(delivery, settings=CleanSettings(), name="a")
    problem = single(report.problems, "closed")
    assert problem.message == "cannot be opened (Input/output error)"
    assert (rows, report.reason) == (None, "batas")


def test_a_limit_of_memory_says_nothing_against_the_file(tmp_path, monkeypatch):
    def swell(*_given: object, **_named: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reading, "clean", swell)
    problem = single(built(tmp_path, juni=HEADER + GOOD), "limit")
    assert problem.message == "this process has too little memory for it"
    assert problem.remedy == "free memory"


def test_overlap_lists_the_difference_and_the_setting(tmp_path):
    problems = built(tmp_path, a=HEADER + GOOD, b=HEADER + line(terdaftar="21"))
    problem = single(problems, "overlap")
    assert problem.file == "b/kepesertaan.csv"
    assert "82.71, 2025-06, PBPU" in problem.message
    assert "terdaftar_jiwa 20 → 21" in problem.message
    assert 'build.overlap = "later"' in problem.remedy


def test_last_gate_reports_what_the_reading_should_have_found(tmp_path, monkeypatch):
    def refuse(frame: pd.DataFrame, name: str) -> None:
        raise InputError(f"not a valid {name}: {len(frame)} row(s)")

    monkeypatch.setattr(reading, "check", refuse)
    problem = single(built(tmp_path, juni=HEADER + GOOD), "schema")
    assert problem.message == "the last check fails: not a valid kepesertaan: 1 row(s)"
    assert "report this" in problem.remedy


def months(values: list[int]) -> str:
    rows = [
        line(periode=f"2024-{month:02d}", terdaftar=str(value + 1000), aktif=str(value))
        for month, value in enumerate(values, 1)
        if value
    ]
    return HEADER + "".join(rows)


@pytest.mark.parametrize(
    ("kind", "values", "message", "remedy"),
    [
        ("gap", [900, 0, 911, 913], "no rows for 2024-02 in 82.71", "ask the sender"),
        (
            "frozen",
            [900, 905, 910, 910, 910, 910, 921],
            r"82.71 PBPU: the same figures for 4 months from 2024-03 \(1910 / 910\)",
            "copied",
        ),
        (
            "jump",
            [9000, 9010, 9020, 9015, 9030, 7000, 7010, 7020],
            r"82.71: active members change by -22.5% in 2024-06",
            "table peristiwa",
        ),
    ],
)
def test_suspicions_between_months(tmp_path, kind, values, message, remedy):
    problem = single(built(tmp_path, tahun=months(values)), kind)
    assert problem.severity == "suspicion"
    assert re.search(message, problem.message)
    assert remedy in problem.remedy


# --- many faults ----------------------------------------------------------------------


def test_a_table_of_nothing_but_faults_is_refused_whole_and_counted(tmp_path):
    path = tmp_path / "kepesertaan.csv"
    extra = 25
    rows = [line(terdaftar=f"x{i}") for i in range(MOST_LISTED + extra)]
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    result = clean("kepesertaan", read_sheet(path))
    numbers = [
        problem for problem in faults(result.problems) if problem.kind == "number"
    ]
    assert len(numbers) == MOST_LISTED + 1
    assert numbers[-1].message.startswith(f"{extra} more of this kind")
    assert result.counts.refused == result.counts.rows_in == MOST_LISTED + extra
    assert result.frame.empty


def test_duplicates_beyond_the_list_are_refused_too(tmp_path):
    path = tmp_path / "kepesertaan.csv"
    path.write_text(HEADER + GOOD * (MOST_LISTED + 11), encoding="utf-8")
    result = clean("kepesertaan", read_sheet(path))
    doubles = [p for p in result.problems if p.kind == "duplicate"]
    assert len(doubles) == MOST_LISTED + 1
    assert doubles[-1].message.startswith("10 more of this kind")
    assert result.counts.refused == MOST_LISTED + 10
    assert result.frame.empty
