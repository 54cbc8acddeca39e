"""The ledger and the lock."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jkn_analysis.errors import RunError, StoreError
from jkn_analysis.running.ledger import (
    append_event,
    ledger_path,
    open_ledger,
    read_events,
    read_last_outcomes,
)
from jkn_analysis.running.run import read_status
from jkn_analysis.store import sweep_written


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(RunError, match="reports cannot be written there"):
        open_ledger(ledger_path(tmp_path / "reports", "2025-11"))


def test_line_cut_short_by_a_kill_is_no_event(tmp_path):
    path = tmp_path / "l.jsonl"
    append_event(path, {"event": "report", "kode": "82.71", "ok": True})
    with path.open("a", encoding="utf-8") as opened:
        opened.write('{"event": "report", "kode": "82.7')
    assert read_events(path) == [{"event": "report", "kode": "82.71", "ok": True}]


def test_event_after_a_cut_line_is_kept(tmp_path):
    path = tmp_path / "l.jsonl"
    path.write_text('{"event": "rep')
    append_event(path, {"event": "start", "at": "x", "reports": 1})
    assert [event["event"] for event in read_events(path)] == ["start"]


def test_last_outcome_of_a_region_counts(tmp_path):
    path = tmp_path / "l.jsonl"
    for ok in (False, True):
        append_event(path, {"event": "report", "kode": "82.71", "ok": ok})
    assert read_last_outcomes(path)["82.71"]["ok"] is True


def test_status_of_a_killed_run_says_what_is_left(tmp_path):
    path = ledger_path(tmp_path, "2025-11")
    assert read_status(tmp_path, "2025-11") is None
    append_event(path, {"event": "start", "at": "pagi", "reports": 3})
    append_event(path, {"event": "report", "kode": "82.71", "ok": True})
    status = read_status(tmp_path, "2025-11")
    assert status is not None
    assert (status.reports, status.made, status.ended) == (3, 1, False)


def test_ledger_on_a_full_disk_is_an_error_with_its_path():
    from pathlib import Path

    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(
        StoreError, match=r"/dev/full: cannot be written \(No space left"
    ):
        append_event(full, {"event": "start"})


def test_what_a_killed_process_left_half_written_goes_and_nothing_else(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = tmp_path / "arsip/2025-11/82.71"
    folder.mkdir(parents=True)
    kept = [folder / "82.71.html", tmp_path / f".{os.getpid()}-mine.tmp"]
    left = [folder / f".{gone.pid}-x.tmp", tmp_path / f".{gone.pid}-y.tmp"]
    for path in (*kept, *left):
        path.write_text("")
    sweep_written(tmp_path)
    assert [path.exists() for path in (*kept, *left)] == [True, True, False, False]


def test_a_line_without_its_facts_is_no_event(tmp_path):
    path = tmp_path / "2025-11.jsonl"
    for text in ("[]", "null", '{"event": "report"}', '{"event": "start"}', "{"):
        path.write_text(f"{text}\n", encoding="utf-8")
        assert read_events(path) == []
        assert read_last_outcomes(path) == {}
