"""Every file a project keeps, damaged in every way: one line with a remedy, or none."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from jkn_analysis.cli import app
from jkn_analysis.errors import JknError
from jkn_analysis.running.ledger import append_event, ledger_path
from tests.running.project import make_project
from tests.running.test_revisions import KODE, MONTH, make_files, put, terbit
from tests.unit.test_store import HOW, damage

COMMANDS = (
    ("plan",),
    ("status",),
    ("riwayat", KODE),
    ("beda", f"{KODE}:1", KODE),
    ("verify", f"reports/{MONTH}/{KODE}.html"),
)
WHICH = (
    f"reports/{MONTH}/{KODE}.json",
    f"reports/{MONTH}/{KODE}.manifest.json",
    f"reports/.run/{MONTH}.jsonl",
    f"reports/arsip/{MONTH}/{KODE}/terbit.jsonl",
    f"reports/arsip/{MONTH}/{KODE}/*.json",
    "data/processed/terkini.json",
    "data/processed/generasi/*.json",
    "data/processed/koreksi.jsonl",
)


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("how", HOW)
def test_no_command_ends_in_a_traceback(tmp_path, monkeypatch, which, how):
    config = make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    put(config, make_files(5))
    terbit(config)
    put(config, make_files(7))
    for event in (
        {"event": "start", "at": "pagi", "reports": 1},
        {"event": "report", "kode": KODE, "ok": False, "error": "ValueError: x"},
        {"event": "end", "made": 0, "failed": 1, "stopped": False},
    ):
        append_event(ledger_path(config.paths.reports, MONTH), event)
    (config.paths.processed / "koreksi.jsonl").write_text('{"kode": "82.71"}\n')
    for path in sorted(tmp_path.glob(which)):
        damage(path, how)
    for words in COMMANDS:
        made = CliRunner().invoke(app, words)
        assert isinstance(made.exception, (JknError, SystemExit, type(None))), (
            words,
            made.exception,
        )
        if isinstance(made.exception, JknError):
            assert "→" in str(made.exception)
