"""Two extracts of members: every planted movement is counted, stocks close."""

from __future__ import annotations

import datetime as dt
import hashlib

import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.below import net_by_segmen
from jkn_analysis import store
from jkn_analysis.arus.flows import find_direction, hide_small
from jkn_analysis.cli import app
from jkn_analysis.errors import InputError
from jkn_analysis.rekonsiliasi.movements import compare_extracts
from jkn_analysis.rekonsiliasi.pseudonym import build_key
from jkn_analysis.tables import conform
from jkn_sample.movements import MOVES, build_extracts

KEY = build_key(hashlib.sha256(b"a test's key").hexdigest())
DAYS = (dt.date(2025, 9, 30), dt.date(2025, 10, 31), dt.date(2025, 11, 30))


@pytest.fixture(scope="module")
def made():
    return build_extracts(6_000, seed=3)


@pytest.fixture(scope="module")
def compared(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ekstrak")
    paths = []
    for at, frame in enumerate(made.bpjs):
        paths.append(folder / f"bpjs_{at}.csv")
        frame.to_csv(paths[-1], sep=";", index=False)
    dukcapil = folder / "dukcapil.csv"
    made.dukcapil.to_csv(dukcapil, index=False)
    return [
        compare_extracts(
            paths[at], paths[at + 1], sejak=DAYS[at], pada=DAYS[at + 1], key=KEY,
            dukcapil=dukcapil,
        )
        for at in range(2)
    ]  # fmt: skip


def planted(made, at: int) -> pd.Series:
    names = ["kode", "segmen_asal", "segmen_tujuan", "sebab"]
    return made.moves[at].groupby(names)["jiwa"].sum()


@pytest.mark.parametrize("at", [0, 1])
def test_every_planted_movement_is_counted_to_the_person(made, compared, at):
    found = compared[at].arus.set_index(planted(made, at).index.names)["jiwa"]
    assert found.sort_index().to_dict() == planted(made, at).sort_index().to_dict()
    assert set(found.index.get_level_values("sebab")) >= set(MOVES)


@pytest.mark.parametrize("at", [0, 1])
def test_opening_and_coming_less_going_is_the_closing(compared, at):
    one = compared[at]
    net = net_by_segmen(one.arus).droplevel("periode")
    closing = one.awal.add(net, fill_value=0)
    closing = closing[closing > 0].astype(int)
    assert closing.to_dict() == one.akhir.to_dict()


def test_a_closing_is_the_next_opening(compared):
    assert compared[0].akhir.to_dict() == compared[1].awal.to_dict()


def test_what_is_shown_is_true_and_no_small_count_is_shown(made, compared):
    shown = hide_small(compared[0].arus)
    known = shown.dropna(subset=["jiwa"])
    names = ["kode", "segmen_asal", "segmen_tujuan", "sebab"]
    true = planted(made, 0)
    assert known["jiwa"].min() >= 5
    assert all(true[tuple(row)] == n for *row, n in known[[*names, "jiwa"]].to_numpy())
    assert len(known) > len(true) / 2
    assert set(find_direction(shown)) == {"masuk", "kembali", "keluar", "pindah"}


def test_the_earlier_extract_must_be_of_an_earlier_month(made, tmp_path):
    path = tmp_path / "bpjs.csv"
    made.bpjs[0].to_csv(path, index=False)
    with pytest.raises(InputError, match="earlier one must be of an earlier month"):
        compare_extracts(path, path, sejak=DAYS[1], pada=DAYS[1], key=KEY)


def test_who_has_neither_card_nor_nik_comes_and_goes_without_a_name(made, tmp_path):
    frame = made.bpjs[0].iloc[:40].assign(status="AKTIF", segmen="PBPU", kode="82.71")
    before, after = tmp_path / "a.csv", tmp_path / "b.csv"
    blank = frame.copy()
    blank.loc[blank.index[:7], ["nik", "no_kartu"]] = ""
    frame.to_csv(before, index=False)
    blank.to_csv(after, index=False)
    found = compare_extracts(before, after, sejak=DAYS[0], pada=DAYS[1], key=KEY)
    assert found.tanpa_pengenal == 7
    rows = found.arus.set_index("sebab")["jiwa"]
    assert rows.to_dict() == {"tanpa_pengenal": 7, "hilang": 7}


def test_the_command_stores_counts_beside_what_is_there(made, tmp_path, monkeypatch):
    monkeypatch.setenv("JKN_NIK_KEY", hashlib.sha256(b"a test's key").hexdigest())
    root = tmp_path / "olahan"
    settings = tmp_path / "jkn.toml"
    settings.write_text(f'[paths]\nprocessed = "{root}"\n', encoding="utf-8")
    names = ["kode", "tahun", "sumber_dana", "pagu_rp", "pergeseran_rp"]
    told = pd.DataFrame([["82.71", 2025, "APBD", 1, 0]], columns=names)
    store.write_table(conform(told, "anggaran"), "anggaran", root=root, contoh=False)
    for at, frame in enumerate(made.bpjs[:2]):
        frame.to_csv(tmp_path / f"{at}.csv", index=False)
    command = [
        "--config", str(settings), "reconcile", "--bpjs", str(tmp_path / "1.csv"),
        "--sebelum", str(tmp_path / "0.csv"), "--pada", "2025-10-31", "--kode", "82.71",
    ]  # fmt: skip
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    opening, closing = (int((f["status"] == "AKTIF").sum()) for f in made.bpjs[:2])
    assert f"{opening} dulu, {closing} kini" in done.output
    stored = store.read_table("arus_kepesertaan", root=root)
    assert set(stored["kode"]) == {"82.71"}
    assert set(stored["sejak"]) == {pd.Timestamp("2025-09-01")}
    assert stored["jiwa"].min() >= 5
    assert len(store.read_table("anggaran", root=root)) == 1
