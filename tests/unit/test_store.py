"""The store: one whole generation, its mark, its months, or one line that says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from jkn_analysis import store, tables
from jkn_analysis.errors import InputError, LockedError, StoreError
from jkn_analysis.store import files, generation, parquet
from tests.running.project import build_kepesertaan, build_peristiwa

TOP = Path(__file__).resolve().parents[2]


def october(kodes=("82.71",)):
    rows = build_kepesertaan(kodes)
    return rows[rows["periode"] < "2025-11-01"]


def november(kodes=("82.71",)):
    return build_kepesertaan(kodes)


def peluang(chance: float) -> pd.DataFrame:
    """Build one computed row, whose month is the store's to say."""
    row = ["82.71", "keaktifan_penduduk_rate", pd.Timestamp("2025-10-01")]
    row += [pd.Timestamp("2025-12-01"), "dasar", 0.8, chance]
    names = ["kode", "indikator", "cutoff", "periode", "skenario", "target", "peluang"]
    return pd.DataFrame([row], columns=names)


def faskes() -> pd.DataFrame:
    row = ["82.71", pd.Timestamp("2025-10-01"), 1, 1, 1, None]
    names = ["kode", "periode", "fktp", "fkrtl", "dokter", "kendala"]
    return pd.DataFrame([row], columns=names)


def fill(root, panel, *, contoh=False, chance=None):
    with store.write_generation(root, by="uji", contoh=contoh) as draft:
        draft.put(panel, "kepesertaan")
        draft.sign()
        if chance is not None:
            draft.put(peluang(chance), "peluang")


def chance(root, cutoff=None):
    return store.read_table("peluang", root=root, cutoff=cutoff)["peluang"].tolist()


def test_an_error_inside_leaves_what_was(tmp_path):
    fill(tmp_path, october())
    before = store.open_generation(tmp_path)
    wrong = {
        "faskes": faskes(),
        "kepesertaan": november().assign(terdaftar_jiwa=0),
    }
    with pytest.raises(InputError, match="aktif_over_terdaftar"):
        store.write_tables(wrong, root=tmp_path)
    assert store.open_generation(tmp_path) == before
    assert store.list_tables(tmp_path) == ["kepesertaan"]


def test_a_disk_that_fills_up_leaves_what_was(tmp_path, monkeypatch):
    fill(tmp_path, october())
    before = store.open_generation(tmp_path)
    real, left = Path.write_bytes, []

    def full(self, content):
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()
        return real(self, content)

    for room in range(4):
        left[:] = [None] * room
        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreError, match=r"No space left on device.*\n  → free"):
            fill(tmp_path, november((f"82.7{room}",)))
        monkeypatch.undo()
        assert store.open_generation(tmp_path) == before
        before.verify()
    fill(tmp_path, november())
    assert store.open_generation(tmp_path).cutoff == "2025-11"
    assert not list(tmp_path.rglob("*.tmp"))


def test_each_month_keeps_its_own_figures(tmp_path):
    fill(tmp_path, october(), chance=0.25)
    fill(tmp_path, november())
    assert store.list_cutoffs(tmp_path) == ["2025-10", "2025-11"]
    assert not store.has_table("peluang", root=tmp_path)
    assert chance(tmp_path, "2025-10") == [0.25]
    fill(tmp_path, november(), chance=0.75)
    assert chance(tmp_path) == [0.75]
    assert chance(tmp_path, "2025-10") == [0.25]
    rows = store.read_table("kepesertaan", root=tmp_path, cutoff="2025-10")
    assert f"{rows['periode'].max():%Y-%m}" == "2025-10"


def test_what_was_told_in_each_month_is_read_side_by_side(tmp_path):
    fill(tmp_path, october(), chance=0.25)
    fill(tmp_path, november(), chance=0.75)
    past = store.read_past("peluang", root=tmp_path, kode="82.71")
    assert [f"{month:%Y-%m}" for month in past["cutoff"]] == ["2025-10", "2025-11"]
    assert past["peluang"].tolist() == [0.25, 0.75]
    assert past["dibuat"].nunique() == 2
    until = store.read_past("peluang", root=tmp_path, until="2025-10")
    assert until["peluang"].tolist() == [0.25]


def test_a_month_that_is_not_stored_is_refused_and_a_later_one_is_the_newest(tmp_path):
    fill(tmp_path, november())
    with pytest.raises(StoreError, match=r"2025-07 \(stored: 2025-11\)\n  → .*2025-07"):
        store.read_table("kepesertaan", root=tmp_path, cutoff="2025-07")
    later = store.read_table("kepesertaan", root=tmp_path, cutoff="2026-01")
    assert len(later) == 6


def test_an_earlier_month_written_again_does_not_become_the_newest(tmp_path):
    fill(tmp_path, october(), chance=0.25)
    fill(tmp_path, november(), chance=0.75)
    with store.write_generation(tmp_path, by="uji", cutoff="2025-10") as draft:
        draft.put(peluang(0.5), "peluang")
    assert chance(tmp_path) == [0.75]
    assert chance(tmp_path, "2025-10") == [0.5]


def test_figures_of_samples_and_real_ones_never_stand_together(tmp_path):
    fill(tmp_path, november(), contoh=True, chance=0.5)
    store.write_table(build_peristiwa(), "peristiwa", root=tmp_path)
    assert store.read_manifest(tmp_path)["contoh"] is True
    fill(tmp_path, november(), contoh=False)
    assert store.list_tables(tmp_path) == ["kepesertaan"]
    assert store.read_manifest(tmp_path)["contoh"] is False


def test_an_empty_store_takes_no_table_without_being_told_whether_it_is_a_sample(
    tmp_path,
):
    with pytest.raises(StoreError, match="whether the figures are samples"):
        store.write_table(november(), "kepesertaan", root=tmp_path)


def test_files_no_generation_names_are_removed_but_those_of_the_last_one_stay(tmp_path):
    fill(tmp_path, november())
    first = store.open_generation(tmp_path).parts("kepesertaan")
    fill(tmp_path, november(("82.72",)))
    second = store.open_generation(tmp_path).parts("kepesertaan")
    assert all(path.is_file() for path in [*first, *second])
    fill(tmp_path, november(("82.73",)))
    assert not any(path.exists() for path in first)
    assert all(path.is_file() for path in second)


def test_long_tables_are_split_by_year_and_read_as_one(tmp_path, monkeypatch):
    rows = pd.concat(
        [
            november(("82.71", "82.03")),
            november(("82.71", "82.03")).assign(
                periode=lambda f: f["periode"] - pd.DateOffset(years=1)
            ),
        ]
    )
    fill(tmp_path / "whole", rows)
    monkeypatch.setattr(parquet, "PART_ROWS", 10)
    fill(tmp_path / "split", rows)
    assert len(store.open_generation(tmp_path / "split").parts("kepesertaan")) == 2
    for kode in (None, "82.03"):
        one, other = (
            store.read_table("kepesertaan", root=tmp_path / name, kode=kode)
            for name in ("whole", "split")
        )
        pd.testing.assert_frame_equal(one, other)


def test_a_second_writer_is_refused_by_the_first_ones_name(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom jkn_analysis.store import *\n"
        "with hold_project(Path(sys.argv[1]), holder='jkn build'):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=rf"held by jkn build, pid {holder.pid}"):
            fill(tmp_path, november())
    finally:
        holder.kill()
        holder.communicate()
    fill(tmp_path, november())


def overtake(root):
    """Begin to write, pause, and go on when another has written."""
    with store.write_generation(root, by="older") as draft:
        draft.put(october(("82.72",)), "kepesertaan")
        fill(root, november())


def test_a_writer_overtaken_by_another_does_not_overwrite_it(tmp_path):
    fill(tmp_path, october())
    with pytest.raises(LockedError, match="has stored since this began"):
        overtake(tmp_path)
    assert store.open_generation(tmp_path).cutoff == "2025-11"


def damage(path: Path, how: str) -> None:
    """Leave a file as accidents leave it."""
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 0xFF
    made = {
        "missing": None,
        "empty": b"",
        "cut": content[: len(content) // 2],
        "flipped": bytes(flipped),
        "list": b"[]",
        "null": b"null",
        "older": b'{"skema": 1}',
    }[how]
    path.unlink()
    if made is not None:
        path.write_bytes(made)


HOW = ("missing", "empty", "cut", "flipped", "list", "null", "older")
WHICH = ("terkini.json", "generasi/*.json", "isi/kep*.parquet", "isi/kep*.sidik.json")


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("how", HOW)
def test_a_damaged_store_is_refused_in_one_line_and_built_anew(tmp_path, which, how):
    fill(tmp_path, november())
    generation._load.cache_clear()
    (path,) = tmp_path.glob(which)
    damage(path, how)
    with pytest.raises(StoreError, match="\n  → run: jkn build") as told:
        look_at_everything(tmp_path)
    assert len(str(told.value).splitlines()) == 2
    fill(tmp_path, november())
    assert len(store.read_table("kepesertaan", root=tmp_path)) == 6
    look_at_everything(tmp_path)


def look_at_everything(root: Path) -> None:
    found = store.open_generation(root)
    store.read_table("kepesertaan", root=root)
    found.digests("kepesertaan")
    found.verify()


def test_a_lost_pointer_loses_no_month(tmp_path):
    fill(tmp_path, october(), chance=0.25)
    fill(tmp_path, november(), chance=0.5)
    (tmp_path / "terkini.json").unlink()
    fill(tmp_path, november(), chance=0.75)
    assert chance(tmp_path, "2025-10") == [0.25]
    assert chance(tmp_path) == [0.75]


def test_a_file_with_another_mark_is_refused(tmp_path):
    fill(tmp_path / "sample", november(), contoh=True)
    fill(tmp_path / "real", november(), contoh=False)
    (one,) = store.open_generation(tmp_path / "sample").parts("kepesertaan")
    (other,) = store.open_generation(tmp_path / "real").parts("kepesertaan")
    assert one.stat().st_size != other.stat().st_size
    content = one.read_bytes()
    other.write_bytes(content)
    with pytest.raises(StoreError, match="missing or cut short"):
        store.read_table("kepesertaan", root=tmp_path / "real")
    november().to_parquet(other)
    mark = {"tabel": "kepesertaan", "contoh": False}
    for path in (one, other):
        footer = parquet.hash_footer(path.read_bytes())
        with pytest.raises(StoreError, match="mark is missing or not its generation's"):
            parquet.open_parquet(path, footer=footer, mark=mark)


def test_a_flipped_byte_in_a_page_is_found_without_reading_the_whole(tmp_path):
    fill(tmp_path, november())
    (path,) = store.open_generation(tmp_path).parts("kepesertaan")
    content = bytearray(path.read_bytes())
    content[40] ^= 0x01
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        store.read_table("kepesertaan", root=tmp_path)


def test_what_older_versions_left_is_named_and_then_removed(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    november().to_parquet(tmp_path / "kepesertaan.parquet")
    with pytest.raises(StoreError, match="older version\n  → run: jkn build"):
        store.read_table("kepesertaan", root=tmp_path)
    fill(tmp_path, november())
    assert not (tmp_path / "kepesertaan.parquet").exists()
    assert not (tmp_path / "manifest.json").exists()


def test_an_unknown_table_or_column_is_named(tmp_path):
    fill(tmp_path, november())
    with pytest.raises(StoreError, match="'pesrta' is no table\n  → one of: wilayah"):
        store.write_table(november(), "pesrta", root=tmp_path)
    with pytest.raises(StoreError, match="'pesrta' is not built"):
        store.read_table("pesrta", root=tmp_path)
    with pytest.raises(StoreError, match="no column 'umur'\n  → one of: kode, periode"):
        store.read_table("kepesertaan", root=tmp_path, columns=["umur"])


def read_as_newer(root: Path, monkeypatch, *, optional: bool) -> pd.DataFrame:
    """Read facilities as a version of this program would that knows a column more."""
    store.write_tables({"faskes": faskes()}, root=root, contoh=False)
    known = tables.TABLES["faskes"]
    column = tables.Column("baru", "count", optional=optional)
    newer = replace(known, columns=(*known.columns, column))
    monkeypatch.setitem(tables.TABLES, "faskes", newer)
    return store.read_table("faskes", root=root)


def test_an_optional_column_that_an_older_version_did_not_know_is_missing(
    tmp_path, monkeypatch
):
    found = read_as_newer(tmp_path, monkeypatch, optional=True)
    assert found["baru"].isna().all()


def test_a_needed_column_that_an_older_version_did_not_know_is_told(
    tmp_path, monkeypatch
):
    with pytest.raises(StoreError, match="older version, without baru\n  → run: jkn"):
        read_as_newer(tmp_path, monkeypatch, optional=False)


def test_names_of_any_bytes_are_stored_and_come_back(tmp_path):
    name = os.fsdecode(b"kepesertaan_Nov\xe9mber.csv")
    assert files.show_name(name) == "kepesertaan_Nov\\xe9mber.csv"
    store.write_json(tmp_path / "a.json", {"berkas": name})
    assert store.read_json(tmp_path / "a.json", remedy="x") == {"berkas": name}
    (tmp_path / "a.json").read_text("utf-8").encode("ascii")
    assert json.loads((tmp_path / "a.json").read_bytes())["berkas"] == name


def paths_of(month: str) -> pd.DataFrame:
    when, ahead = pd.Timestamp(f"{month}-01"), pd.Timestamp("2026-01-01")
    row = ["82.71", when, ahead, "aktif_jiwa", "total", b"1234"]
    names = ["kode", "cutoff", "periode", "ukuran", "segmen", "jalur"]
    return pd.DataFrame([row], columns=names)


def test_joint_paths_of_old_months_are_put_away_and_the_rest_stays(tmp_path):
    panel = november()
    months = ["2025-08", "2025-09", "2025-10", "2025-11"]
    for month in months:
        with store.write_generation(tmp_path, by="uji", contoh=False) as draft:
            draft.put(panel[panel["periode"] <= f"{month}-01"], "kepesertaan")
            draft.put(paths_of(month), "masa_depan")
            draft.put(peluang(0.5), "peluang")
    generation._load.cache_clear()
    kept = [store.has_table("masa_depan", root=tmp_path, cutoff=m) for m in months]
    assert kept == [False, False, True, True]
    for month in months:
        store.open_generation(tmp_path, cutoff=month).verify()
        assert chance(tmp_path, month) == [0.5]
    with pytest.raises(StoreError, match="'masa_depan' is not built"):
        store.read_table("masa_depan", root=tmp_path, cutoff="2025-08")


def test_a_folder_without_a_project_is_said_to_be_none(tmp_path):
    with pytest.raises(
        StoreError, match="no project here\n  → go to the folder of one"
    ):
        store.open_generation(tmp_path / "data" / "processed")
