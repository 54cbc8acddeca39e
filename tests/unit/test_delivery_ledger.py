"""The ledger of sent mail: the last state counts, one sender at a time."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import replace

import pytest

from jkn_analysis.delivery.ledger import (
    Copy,
    Ledger,
    Status,
    open_ledger,
    read_statuses,
)
from jkn_analysis.errors import DeliveryError, LockedError

ONE = Copy("<1@contoh.invalid>", "a@contoh.invalid", "r1", "82.71", "Dinkes", "x.html")
OTHER = replace(ONE, alamat="b@contoh.invalid")


def now() -> dt.datetime:
    return dt.datetime(2025, 12, 1, 8, tzinfo=dt.UTC)


def test_without_a_ledger_nothing_was_sent(tmp_path):
    assert read_statuses(tmp_path / "ledger.sqlite") == {}


def test_the_last_state_of_each_copy_counts(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with closing(Ledger(path, now=now)) as ledger:
        ledger.record(ONE, Status.SENDING)
        ledger.record(OTHER, Status.SENDING)
        ledger.record(ONE, Status.SENT)
    assert read_statuses(path) == {
        (ONE.message_id, ONE.alamat): Status.SENT,
        (OTHER.message_id, OTHER.alamat): Status.SENDING,
    }


def test_a_second_sender_waits_and_the_lock_goes_with_the_first(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with (
        open_ledger(path, now=now),
        pytest.raises(LockedError, match="another `jkn mail"),
        open_ledger(path, now=now),
    ):
        pass
    with open_ledger(path, now=now) as ledger:
        assert ledger.list_latest() == []


def test_a_ledger_that_is_none_is_said_and_left_closed(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"bukan basis data" * 100)
    with pytest.raises(DeliveryError, match="cannot be read"):
        Ledger(path, now=now)
    path.unlink()
