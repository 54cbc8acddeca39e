"""What a build keeps: rows last accepted, files that went, what was known on a day."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from jkn_analysis.cleaning import contents
from jkn_analysis.cleaning.builder import build
from jkn_analysis.config import read_config
from jkn_analysis.errors import InputError
from jkn_analysis.store import (
    list_cutoffs,
    list_refused,
    read_manifest,
    read_table,
)
from tests.unit.test_cleaning_build import HEADER, config_of, put, row

DAY = dt.date(2025, 12, 3)
LATER = dt.date(2025, 12, 20)


def active(config, kode="82.71", periode="2025-11-01", **options):
    rows = read_table("kepesertaan", root=config.paths.processed, kode=kode, **options)
    return rows.loc[rows["periode"] == periode, "aktif_jiwa"].tolist()


def province(*, november: str = "9", october: int = 8) -> str:
    """Write a province's file of two regions and two months."""
    lines = [
        f"{kode};{month};PBPU;10;{value}\n"
        for kode in ("82.71", "82.03")
        for month, value in (("2025-10", october), ("2025-11", november))
    ]
    return HEADER + "".join(lines)


def test_one_bad_cell_leaves_the_rows_last_accepted_and_names_the_regions(tmp_path):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan_82.csv", province(october=7))
    put(tmp_path, "des/kepesertaan_81.csv", HEADER + row("81.71", "2025-11"))
    build(config, today=DAY)
    wrong = province(october=8).replace("PBPU;10;9", "PBPU;10;sembilan", 1)
    put(tmp_path, "des/kepesertaan_82.csv", wrong)
    report = build(config, today=LATER)
    assert report.error is not None
    assert active(config, periode="2025-10-01") == [7]
    assert active(config) == [9]
    assert "baris dari isinya yang tiba 2025-12-03 tetap dipakai" in str(report)
    (refused,) = list_refused(config.paths.processed)
    assert (refused.file, refused.cells) == ("des/kepesertaan_82.csv", 1)
    assert refused.kode == ("82.03", "82.71")
    assert (refused.tiba, refused.dipakai) == ("2025-12-20", "2025-12-03")
    for kode in ("82.71", "82.03", "82", "00"):
        assert list_refused(config.paths.processed, kode=kode) == [refused]
    assert list_refused(config.paths.processed, kode="81.71") == []


def test_rows_stand_in_as_often_as_the_file_is_refused(tmp_path):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan_82.csv", province())
    build(config, today=DAY)
    for _ in range(2):
        put(tmp_path, "des/kepesertaan_82.csv", province(november="x"))
        build(config, today=LATER)
    assert active(config) == [9]
    put(tmp_path, "des/kepesertaan_82.csv", province(november="6"))
    assert build(config, today=LATER).error is None
    assert active(config) == [6]
    assert list_refused(config.paths.processed) == []


def test_a_file_refused_at_its_first_coming_leaves_nothing_and_is_named(tmp_path):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan_81.csv", HEADER + row("81.71", "2025-11"))
    put(tmp_path, "des/kepesertaan_82.csv", province(november="x"))
    build(config, today=DAY)
    assert active(config) == []
    (refused,) = list_refused(config.paths.processed, kode="82.71")
    assert (refused.cells, refused.dipakai) == (2, "")


def test_a_file_that_contradicts_another_is_replaced_by_its_last_rows(tmp_path):
    config = config_of(tmp_path)
    put(tmp_path, "a/kepesertaan.csv", HEADER + row("82.71", "2025-11"))
    put(tmp_path, "b/kepesertaan.csv", HEADER + row("82.03", "2025-11"))
    build(config, today=DAY)
    both = HEADER + row("82.03", "2025-11") + row("82.71", "2025-11", 12)
    put(tmp_path, "b/kepesertaan.csv", both)
    report = build(config, today=LATER)
    assert report.error is not None
    assert active(config) == active(config, "82.03") == [9]


def test_our_own_limit_deletes_nothing(tmp_path, monkeypatch):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-11"))
    build(config, today=DAY)
    put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-11", 11))

    def swell(*_given: object, **_named: object) -> None:
        raise MemoryError

    monkeypatch.setattr("jkn_analysis.cleaning.reading.clean", swell)
    report = build(config, today=LATER)
    assert report.error is not None
    assert report.error.exit_code == 5
    assert active(config) == [9]
    assert [one.sebab for one in list_refused(config.paths.processed)] == ["batas"]


def test_an_unchanged_file_is_not_read_again(tmp_path, monkeypatch):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan_81.csv", HEADER + row("81.71", "2025-11"))
    put(tmp_path, "des/kepesertaan_82.csv", province())
    first = build(config, today=DAY)
    read = []
    real = contents.read_delivery

    def note(delivery, **named):
        read.append(delivery.path.name)
        return real(delivery, **named)

    monkeypatch.setattr(contents, "read_delivery", note)
    assert str(build(config, today=LATER)) == str(first)
    assert read == []
    put(tmp_path, "des/kepesertaan_82.csv", province(november="6"))
    build(config, today=LATER)
    assert read == ["kepesertaan_82.csv"]
    for kept in (config.paths.processed / "bersih").iterdir():
        kept.write_bytes(kept.read_bytes()[:-3] + b"abc")
    build(config, today=LATER)
    assert sorted(read[1:]) == ["kepesertaan_81.csv", "kepesertaan_82.csv"]


def test_rows_read_against_a_later_day_are_read_again_for_an_earlier(tmp_path):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-12"))
    assert build(config, today=dt.date(2026, 1, 5)).error is None
    assert build(config, today=DAY).error is None  # December has begun
    assert build(config, today=dt.date(2025, 11, 20)).error is not None


def test_a_file_that_went_is_named_until_its_rows_come_again_or_it_is_let_go(tmp_path):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan_81.csv", HEADER + row("81.71", "2025-11"))
    gone = put(tmp_path, "des/kepesertaan_82.csv", province())
    build(config, today=DAY)
    content = gone.read_text()
    gone.unlink()
    for _ in range(2):
        report = build(config, today=LATER)
        assert "kepesertaan_82.csv: hilang" in str(report)
        (one,) = list_refused(config.paths.processed, kode="82.71")
        assert (one.sebab, one.sejak) == ("hilang", "2025-12-20")
        assert list_refused(config.paths.processed, kode="81.71") == []
    put(tmp_path, "lain/kepesertaan_82_baru.csv", content)
    assert build(config, today=LATER).gone == []
    (tmp_path / "data/raw/lain/kepesertaan_82_baru.csv").unlink()
    assert build(config, today=LATER).gone != []
    assert build(config, today=LATER, release=True).gone == []
    assert list_refused(config.paths.processed) == []


def test_litter_is_passed_over_and_counted(tmp_path):
    put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-11"))
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "a.xlsx.crdownload"):
        put(tmp_path, f"des/{name}", "x")
    for name in ("kepesertaan.xlsx.part", "kepesertaan.tmp", "~$kepesertaan.xlsx"):
        put(tmp_path, f"des/{name}", "x")
    report = build(config_of(tmp_path), today=DAY)
    assert report.error is None
    assert "7 berkas dilewati" in str(report)


def test_a_name_that_is_no_text_is_built_like_any_other(tmp_path):
    folder = tmp_path / "data" / "raw" / "des"
    folder.mkdir(parents=True)
    name = os.fsencode(folder) + b"/kepesertaan_Nov\xe9mber.csv"
    Path(os.fsdecode(name)).write_text(HEADER + row("82.71", "2025-11"))
    config = config_of(tmp_path)
    report = build(config, today=DAY)
    assert report.error is None
    assert active(config) == [9]
    (entry,) = read_manifest(config.paths.processed)["kiriman"]["kepesertaan"]
    assert entry["file"] == "des/kepesertaan_Nov\\xe9mber.csv"
    str(report).encode()
    Path(os.fsdecode(name)).write_text(HEADER + row("82.71", "2025-11", 10, 99))
    report = build(config, today=LATER)
    assert report.error is not None
    str(report).encode()
    assert active(config) == [9]


def looking_back(tmp_path, monkeypatch, day: str):
    monkeypatch.setenv("JKN_PADA", day)
    return read_config(tmp_path / "jkn.toml", root=tmp_path)


def test_the_view_of_a_day_is_rebuilt_as_it_was(tmp_path, monkeypatch):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-11"))
    build(config, today=DAY)
    then = read_table("kepesertaan", root=config.paths.processed)
    put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-11", 10, 5))
    put(tmp_path, "jan/kepesertaan.csv", HEADER + row("82.71", "2025-12"))
    build(config, today=dt.date(2026, 1, 5))
    back = looking_back(tmp_path, monkeypatch, "2025-12-10")
    assert build(back, today=dt.date(2026, 1, 6)).error is None
    assert read_table("kepesertaan", root=back.paths.processed).equals(then)
    assert active(config) == [5]
    assert list_cutoffs(config.paths.processed) == ["2025-11", "2025-12"]


def test_a_day_before_anything_came_is_refused(tmp_path, monkeypatch):
    config = config_of(tmp_path)
    put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-11"))
    build(config, today=DAY)
    os.utime(tmp_path / "data/raw/des/kepesertaan.csv", (0, 0))
    back = looking_back(tmp_path, monkeypatch, "2001-01-01")
    with pytest.raises(InputError, match="no delivery is known to have come by 2001"):
        build(back, today=DAY)


def test_what_lay_there_at_the_first_build_is_dated_by_settings_or_its_file(tmp_path):
    config = config_of(tmp_path, "[build]\ntiba = {okt = 2025-10-31}\n")
    put(tmp_path, "okt/kepesertaan.csv", HEADER + row("82.71", "2025-10"))
    path = put(tmp_path, "nov/kepesertaan.csv", HEADER + row("82.71", "2025-11"))
    when = dt.datetime(2025, 11, 30, tzinfo=dt.UTC).timestamp()
    os.utime(path, (when, when))
    build(config, today=DAY)
    entries = read_manifest(config.paths.processed)["kiriman"]["kepesertaan"]
    assert [entry["tiba"] for entry in entries] == ["2025-11-30", "2025-10-31"]


def test_an_earlier_month_is_built_again_from_what_is_known_now(tmp_path):
    config = config_of(tmp_path)
    path = put(tmp_path, "des/kepesertaan.csv", HEADER + row("82.71", "2025-11"))
    build(config, today=DAY)
    put(tmp_path, "jan/kepesertaan.csv", HEADER + row("82.71", "2025-12"))
    path.write_text(HEADER + row("82.71", "2025-11", 10, 5))
    build(config, today=dt.date(2026, 1, 5))
    assert active(config, cutoff="2025-11") == [9]
    build(config, today=dt.date(2026, 1, 6), sampai="2025-11")
    assert active(config, cutoff="2025-11") == [5]
    assert active(config, periode="2025-12-01") == [9]
    with pytest.raises(InputError, match=r"2025-09: no participants"):
        build(config, today=dt.date(2026, 1, 6), sampai="2025-09")
