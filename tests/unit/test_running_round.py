"""A round that was killed, or met a full disk, is told as what it was."""

from __future__ import annotations

from jkn_analysis.running.ledger import append_event, ledger_path
from jkn_analysis.running.plan import Choice
from jkn_analysis.running.report import Outcome
from jkn_analysis.running.run import FULL, read_status, run_reports
from tests.running.project import make_project

MONTH = "2025-11"


class Hands:
    """Makes nothing, tells outcomes."""

    def __init__(self, outcomes):
        self.outcomes = outcomes

    def run(self, jobs):
        yield from self.outcomes[: len(jobs)]

    def close(self):
        pass


def work(config, outcomes):
    return run_reports(
        Choice(MONTH), config, started="pagi", hire=lambda: Hands(outcomes)
    )


def test_a_full_disk_ends_the_round(tmp_path):
    config = make_project(tmp_path)
    full = [
        Outcome(k, ok=False, error=f"StoreError: {FULL}")
        for k in ("82.71", "82.03", "81.71")
    ]
    summary = work(config, full)
    assert summary.stopped
    assert len(summary.outcomes) == 1


def test_a_round_killed_before_is_ended_by_the_next_though_nothing_is_left(
    tmp_path, monkeypatch
):
    config = make_project(tmp_path)
    ledger = ledger_path(config.paths.reports, MONTH)
    append_event(ledger, {"event": "start", "at": "pagi", "reports": 4})
    assert not read_status(config.paths.reports, MONTH).ended
    monkeypatch.setattr("jkn_analysis.running.run.build_plan", lambda *_: [])
    work(config, [])
    status = read_status(config.paths.reports, MONTH)
    assert (status.ended, status.reports, status.made) == (True, 0, 0)
