"""Killed or paused in the middle: the store is one whole generation, told by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jkn_analysis.cleaning.builder import build
from jkn_analysis.errors import LockedError
from jkn_analysis.store import open_generation, read_table, write_generation
from tests.running.project import build_kepesertaan
from tests.unit.test_cleaning_build import HEADER, config_of, put, row

TOP = Path(__file__).resolve().parents[2]
KILLS = 20
BUILD = """
import os, sys, signal
from pathlib import Path
import jkn_analysis.store.files as files
real, left = os.fsync, [int(sys.argv[2])]
def die(handle):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
files.os.fsync = die
replace = Path.replace
def moved(self, target):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
Path.replace = moved
from jkn_analysis.cleaning.builder import build
from jkn_analysis.config import read_config
root = Path(sys.argv[1])
build(read_config(root / "jkn.toml", root=root))
"""
HOLD = """
import sys
from pathlib import Path
from jkn_analysis.store import write_generation, read_table
root = Path(sys.argv[1])
with write_generation(root, by="jkn forecast") as draft:
    print("begun", flush=True)
    sys.stdin.readline()
    draft.put(read_table("kepesertaan", root=root), "kepesertaan")
    draft.tell(catatan="lama")
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(TOP)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_build_killed_at_any_write_leaves_a_whole_generation(tmp_path):
    config = config_of(tmp_path)
    root = config.paths.processed
    put(tmp_path, "nov/kepesertaan.csv", HEADER + row(periode="2025-10"))
    build(config)
    months = {"2025-10"}
    for moment in range(KILLS):
        text = HEADER + row("82.71", "2025-11", 1000 + moment, 900)
        put(tmp_path, "nov/kepesertaan.csv", text)
        ended = start(BUILD, tmp_path, moment)
        ended.communicate(timeout=100)
        found = open_generation(root)
        found.verify()
        rows = read_table("kepesertaan", root=root)
        assert len(rows) == 1
        assert found.contoh is False
        months |= {str(found.cutoff)}
    assert ended.returncode == 0, "the last moments lie after the whole build"
    assert months == {"2025-10", "2025-11"}
    assert build(config).error is None
    assert not list(root.rglob("*.tmp"))
    assert read_table("kepesertaan", root=root)["terdaftar_jiwa"].tolist() == [1019]


@pytest.fixture
def filled(tmp_path):
    with write_generation(tmp_path, by="uji", contoh=False) as draft:
        draft.put(build_kepesertaan(), "kepesertaan")
    return tmp_path


def test_a_paused_writer_keeps_others_out_and_then_ends_its_work(filled):
    paused = start(HOLD, filled)
    assert paused.stdout.readline() == "begun\n"
    paused.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(
            LockedError, match=rf"held by jkn forecast, pid {paused.pid}"
        ):
            write(filled, "baru")
    finally:
        paused.send_signal(signal.SIGCONT)
    _, err = paused.communicate("go\n", timeout=60)
    assert paused.returncode == 0, err
    assert open_generation(filled).manifest["catatan"] == "lama"
    write(filled, "baru")
    assert open_generation(filled).manifest["catatan"] == "baru"


def test_a_paused_writer_that_lost_its_lock_does_not_overwrite_a_newer_one(filled):
    paused = start(HOLD, filled)
    assert paused.stdout.readline() == "begun\n"
    paused.send_signal(signal.SIGSTOP)
    try:
        (filled / ".kunci").unlink(missing_ok=True)
        write(filled, "baru")
    finally:
        paused.send_signal(signal.SIGCONT)
    _, err = paused.communicate("go\n", timeout=60)
    assert "has stored since this began" in err
    assert open_generation(filled).manifest["catatan"] == "baru"


def write(root: Path, note: str) -> None:
    with write_generation(root, by="jkn build") as draft:
        draft.tell(catatan=note)


def test_a_killed_writer_leaves_no_lock(filled):
    held = start(HOLD, filled)
    assert held.stdout.readline() == "begun\n"
    held.kill()
    held.communicate()
    time.sleep(0.05)
    write(filled, "baru")
    assert open_generation(filled).manifest["catatan"] == "baru"
