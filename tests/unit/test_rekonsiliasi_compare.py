"""Comparison: every reason, every row once, any file, the same on every run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from jkn_analysis.errors import InputError, JknError
from jkn_analysis.rekonsiliasi import compare as module
from jkn_analysis.rekonsiliasi.compare import compare
from jkn_analysis.rekonsiliasi.pseudonym import build_key
from jkn_analysis.rekonsiliasi.reasons import ALASAN
from jkn_analysis.rekonsiliasi.registers import Reading, count_parts, pseudonymise
from jkn_sample.registers import PADA, build_registers

KEY = build_key(hashlib.sha256(b"a test's key").hexdigest())


def nik(number: int, *, born: str = "010190") -> str:
    return f"827103{born}{number:04d}"


def member(number: int, **changed):
    known = {
        "nik": nik(number), "nama": f"NAMA {'ABCDEFGHIJ'[number % 10]}SATU LATUCONSINA",
        "tanggal_lahir": "1990-01-01", "kode": "82.71", "kecamatan": "Ternate Tengah",
        "segmen": "PPU-BU", "status": "AKTIF",
    }  # fmt: skip
    return known | changed


def resident(number: int, **changed):
    return member(number) | {"status": "HIDUP"} | changed


def poor(number: int, desil: int = 2, **changed):
    return member(number) | {"desil": str(desil), "status": ""} | changed


def write(folder: Path, name: str, rows) -> Path:
    frame = pd.DataFrame(rows)
    drop = {"dukcapil": ["segmen"], "dtsen": ["segmen", "status"]}.get(name, [])
    path = folder / f"{name}.csv"
    frame.drop(columns=drop, errors="ignore").to_csv(path, index=False, sep=";")
    return path


def run(folder: Path, *, parts: int = 1, kode=(), threads=None, **rows):
    sources = {name: write(folder, name, given) for name, given in rows.items()}
    return run_files(folder, sources, parts=parts, kode=kode, threads=threads)


def run_files(folder: Path, sources, *, parts: int = 1, kode=(), threads=None):
    private = folder / f"private{parts}{threads}"
    private.mkdir()
    reading = Reading(private, KEY, PADA, parts)
    made = {
        name: pseudonymise(path, register=name, reading=reading)
        for name, path in sources.items()
    }
    return compare(made, folder=private, kode=kode, threads=threads, memory="500MB")


def reasons(found, register: str) -> dict[str, int]:
    own = found.counts[found.counts["register"] == register]
    return own.groupby("alasan")["jumlah"].sum().to_dict()


@pytest.mark.parametrize(
    ("changed", "other", "reason"),
    [
        ({}, {}, "cocok"),
        ({}, {"status": "MENINGGAL"}, "meninggal"),
        ({"segmen": "PBI APBN"}, {"status": "meninggal"}, "meninggal_pbi"),
        ({}, {"status": "PINDAH"}, "pindah"),
        ({}, {"kode": "82.03"}, "pindah"),
        ({}, {"nama": "RUDI", "tanggal_lahir": "1960-05-06"}, "nik_milik_orang_lain"),
        ({}, {"nama": "RUDI PATTY"}, "nama_beda"),
        ({"nama": "H. NAMA BSATU LATUKONSINA, SE"}, {}, "nama_beda"),
        ({"nama": "LATUCONSINA NAMA BSATU, SE"}, {}, "cocok"),
        ({}, {"tanggal_lahir": "1991-01-01"}, "lahir_beda"),
        ({}, {"kecamatan": "Moti"}, "alamat_beda"),
        ({"status": "NONAKTIF", "segmen": "PBPU"}, {}, "nonaktif_menunggak"),
        ({"status": "NONAKTIF"}, {}, "nonaktif_mutasi"),
        ({"nik": ""}, {}, "nik_kosong"),
        ({"nik": "8,27103E+15"}, {}, "nik_tidak_sah"),
        ({"nik": nik(99)}, {}, "tidak_ada_di_dukcapil"),
    ],
)
def test_a_member_ends_at_one_reason(tmp_path, changed, other, reason):
    found = run(tmp_path, bpjs=[member(1, **changed)], dukcapil=[resident(1, **other)])
    assert reasons(found, "bpjs") == {reason: 1}


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({}, "ganda_baris"),
        ({"segmen": "PBPU"}, "ganda_segmen"),
        ({"segmen": "PBPU Pemda"}, "pemda_sudah_ppu"),
        ({"segmen": "PBPU Pemda", "status": "NONAKTIF"}, "ganda_segmen"),
        ({"kode": "73.71"}, "ganda_provinsi"),
        ({"nama": "RUDI", "tanggal_lahir": "1960-05-06"}, "nik_milik_orang_lain"),
    ],
)
def test_a_second_row_is_surplus(tmp_path, second, reason):
    rows = [member(1, **second), member(1)]
    found = run(tmp_path, bpjs=rows, dukcapil=[resident(1)])
    assert reasons(found, "bpjs") == {"cocok": 1, reason: 1}


def test_residents_without_membership_and_newborns(tmp_path):
    infant = resident(2, nik=nik(2, born="010925"), tanggal_lahir="2025-09-01")
    gone = resident(3, nik=nik(3), status="MENINGGAL")
    rows = [resident(1), infant, gone, resident(4), resident(4), resident(5, nik="x")]
    found = run(tmp_path, bpjs=[member(1)], dukcapil=rows)
    assert reasons(found, "dukcapil") == {
        "cocok": 2,
        "bayi_belum_terdaftar": 1,
        "belum_terdaftar": 1,
        "ganda_dukcapil": 1,
        "nik_rusak_dukcapil": 1,
    }


def test_the_poor_without_cover(tmp_path):
    found = run(
        tmp_path,
        bpjs=[member(1), member(2, segmen="PBI JK"), member(3, status="NONAKTIF")],
        dukcapil=[resident(number) for number in range(1, 6)],
        dtsen=[poor(1), poor(2), poor(3), poor(4), poor(5, 8), poor(7), poor(4)],
    )
    assert reasons(found, "dtsen") == {
        "miskin_bukan_pbi": 2,
        "cocok": 2,
        "miskin_tanpa_jaminan": 1,
        "hanya_dtsen": 1,
        "ganda_dtsen": 1,
    }
    assert reasons(found, "bpjs")["nonaktif_miskin"] == 1


def test_the_segmen_that_dinsos_has_is_compared(tmp_path):
    list_of_dinsos = tmp_path / "daftar.csv"
    row = poor(1) | {"segmen": "PBI JK"}
    pd.DataFrame([row]).drop(columns="status").to_csv(list_of_dinsos, index=False)
    sources = {
        "bpjs": write(tmp_path, "bpjs", [member(1)]),
        "dukcapil": write(tmp_path, "dukcapil", [resident(1)]),
        "dtsen": list_of_dinsos,
    }
    assert reasons(run_files(tmp_path, sources), "bpjs") == {"segmen_beda": 1}


def test_rows_of_other_regions_are_counted_apart(tmp_path):
    rows = [member(1), member(2, kode="73.71")]
    residents = [resident(1), resident(2)]
    found = run(tmp_path, bpjs=rows, dukcapil=residents, kode=("82.71",))
    assert reasons(found, "bpjs") == {"cocok": 1, "luar_wilayah": 1}


def test_a_million_empty_nik_match_nobody(tmp_path):
    path = tmp_path / "bpjs.csv"
    line = ";ALI;1990-01-01;82.71;PBPU;AKTIF\n"
    path.write_text("nik;nama;tanggal lahir;kode;segmen;status\n" + line * 1_000_000)
    other = write(tmp_path, "dukcapil", [resident(1, nik=""), resident(2)])
    found = run_files(tmp_path, {"bpjs": path, "dukcapil": other})
    assert reasons(found, "bpjs") == {"nik_kosong": 1_000_000}
    assert reasons(found, "dukcapil") == {"nik_rusak_dukcapil": 1, "belum_terdaftar": 1}


def test_reasons_of_a_run_are_declared():
    written = Path(module.__file__).read_text(encoding="utf-8")
    for code in ALASAN:
        dynamic = code.startswith(("ganda_d", "nik_rusak"))
        linked = code in {"nik_diperbaiki", "perlu_ditinjau"}
        assert f"'{code}'" in written or dynamic or linked


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contoh")
    made = build_registers(4_000, seed=8)
    paths = {}
    for name in ("bpjs", "dukcapil", "dtsen"):
        paths[name] = folder / f"{name}.parquet"
        getattr(made, name).to_parquet(paths[name], index=False)
    return paths


def test_nothing_is_lost_and_parts_threads_and_order_do_not_matter(sampled, tmp_path):
    first = run_files(tmp_path, sampled)
    total = first.counts.groupby("register")["jumlah"].sum().to_dict()
    assert total == first.rows
    shuffled = {}
    for name, path in sampled.items():
        shuffled[name] = tmp_path / f"{name}.csv"
        rows = pd.read_parquet(path).sample(frac=1, random_state=3)
        rows.to_csv(shuffled[name], index=False)
    for sources, parts, threads in ((sampled, 8, 1), (shuffled, 2, 2)):
        again = run_files(tmp_path, sources, parts=parts, threads=threads)
        pd.testing.assert_frame_equal(again.counts, first.counts)


def test_what_lies_on_disk_holds_no_clear_value(sampled, tmp_path):
    private = tmp_path / "p"
    private.mkdir()
    reading = Reading(private, KEY, PADA, 2)
    made = pseudonymise(sampled["bpjs"], register="bpjs", reading=reading)
    stored = pd.concat(pd.read_parquet(path) for path in made.folder.glob("*.parquet"))
    clear = pd.read_parquet(sampled["bpjs"])
    values = {str(value) for value in stored.to_numpy().ravel()}
    assert not values & set(clear["nik"])
    assert not values & set(clear["nama"])
    assert stored["p1"].nunique() > 3_000


def test_a_lost_row_stops_the_run():
    counts = pd.DataFrame({"register": ["bpjs"], "jumlah": [9]})
    with pytest.raises(JknError, match="10 rows in, 9 counted"):
        module.refuse_lost(counts, {"bpjs": 10})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nik;nama;kode;segmen;status\n", "column 'tanggal_lahir' missing"),
        ("nik;NIK;nama;tgl lahir;kode;segmen;status\n", "column 'nik' stands twice"),
        (f"{nik(1)};ALI;1990-01-01;82.71;PBPU;AKTIF\n", "column 'nik' missing"),
        ("nik;nama;tgl lahir;kode;segmen;status\n", "holds no row"),
    ],
)
def test_unfit_files_are_named_without_a_value(tmp_path, text, message):
    path = tmp_path / "bpjs.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        pseudonymise(path, register="bpjs", reading=Reading(tmp_path, KEY, PADA))
    assert nik(1) not in str(caught.value)


def test_mixed_encodings_and_ragged_lines_are_read_and_counted(tmp_path):
    head = b"nik;nama;tgl lahir;kode;segmen;status\n"
    good = f"{nik(1)};JOSÉ;01/01/1990;82.71;PBPU;AKTIF\n"
    lines = [good.encode(), good.encode("cp1252"), f"{nik(2)};ALI;x\n".encode()]
    path = tmp_path / "bpjs.csv"
    path.write_bytes(b"\xef\xbb\xbf" + head + b"".join(lines))
    other = write(tmp_path, "dukcapil", [resident(1, nama="JOSE")])
    found = run_files(tmp_path, {"bpjs": path, "dukcapil": other})
    assert reasons(found, "bpjs") == {"cocok": 1, "ganda_baris": 1, "baris_rusak": 1}
    assert found.rows["bpjs"] == 3


def test_a_spreadsheet_is_read_too(tmp_path):
    path = tmp_path / "bpjs.xlsx"
    rows = [member(number) for number in range(1, 6)]
    pd.DataFrame(rows).to_excel(path, index=False)
    other = write(tmp_path, "dukcapil", [resident(number) for number in range(1, 6)])
    found = run_files(tmp_path, {"bpjs": path, "dukcapil": other})
    assert reasons(found, "bpjs") == {"cocok": 5}


def test_large_files_are_spread_over_more_parts(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"x" * 700_000)
    assert count_parts({"bpjs": path}) == 1
    assert count_parts({"bpjs": path}, rows_per_part=1000) == 8
