"""Meetings in the time of their place; recipients of a scope."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from jkn_analysis.briefing.model import Rapat
from jkn_analysis.delivery.calendar import build_calendar
from jkn_analysis.delivery.schedule import (
    due_meetings,
    keep_inside,
    list_bad,
    list_meetings,
    meeting_for,
    offices_of,
    start_of,
)
from jkn_analysis.errors import DeliveryError


def rapat(*rows):
    """Build the table from (id, kode, day, hour, zone)."""
    frame = pd.DataFrame(
        rows, columns=["id_rapat", "kode", "tanggal", "jam", "zona_waktu"]
    )
    frame["tanggal"] = pd.to_datetime(frame["tanggal"])
    return frame.assign(jenis="Forum", tempat="Aula")


def ids(meetings):
    return [meeting.id_rapat for meeting in meetings]


WIT_MORNING = rapat(("a", "82.71", "2025-12-05", "09.00", "WIT"))


@pytest.mark.parametrize(
    ("now", "days", "due"),
    [
        ("2025-12-04T14:59:59+00:00", 0, False),
        ("2025-12-04T15:00:00+00:00", 0, True),
        ("2025-12-05T00:00:00+00:00", 0, True),
        ("2025-12-05T00:00:01+00:00", 0, False),
        ("2025-12-03T14:59:59+00:00", 1, False),
        ("2025-12-03T15:00:00+00:00", 1, True),
        ("2025-11-28T12:00:00+00:00", 7, True),
    ],
)
def test_today_is_the_date_at_the_place_of_the_meeting(now, days, due):
    found = due_meetings(WIT_MORNING, now=dt.datetime.fromisoformat(now), days=days)
    assert bool(found) is due


@pytest.mark.parametrize(("zone", "hours"), [("WIB", 7), ("WITA", 8), ("WIT", 9)])
def test_zones_are_seven_eight_and_nine_hours_from_utc(zone, hours):
    start = start_of(dt.date(2025, 12, 5), "13:30", zone)
    assert start.utcoffset() == dt.timedelta(hours=hours)
    assert (start.hour, start.minute) == (13, 30)


@pytest.mark.parametrize("jam", ["", "pagi", "25.00", "nan", "9"])
def test_an_unreadable_hour_lasts_until_the_end_of_the_day(jam):
    table = rapat(("a", "82.71", "2025-12-05", jam, "WIT"))
    assert start_of(dt.date(2025, 12, 5), jam, "WIT") is None
    late = dt.datetime.fromisoformat("2025-12-05T23:00:00+09:00")
    assert ids(due_meetings(table, now=late, days=0)) == ["a"]


def test_due_meetings_come_by_start_across_zones():
    table = rapat(
        ("wib", "19.71", "2025-12-05", "08.00", "WIB"),
        ("wit", "82.71", "2025-12-05", "09.00", "WIT"),
        ("past", "82.01", "2025-12-01", "09.00", "WIT"),
        ("far", "82.02", "2025-12-20", "09.00", "WIT"),
    )
    now = dt.datetime.fromisoformat("2025-12-03T00:00:00+00:00")
    assert ids(due_meetings(table, now=now, days=7)) == ["wit", "wib"]


def test_an_unknown_zone_is_refused():
    with pytest.raises(DeliveryError, match="zona_waktu 'GMT' is not one of WIB"):
        start_of(dt.date(2025, 12, 5), "09.00", "GMT")


def test_a_region_gets_its_next_meeting():
    table = rapat(
        ("old", "82.71", "2025-06-05", "09.00", "WIT"),
        ("next", "82.71", "2025-12-05", "09.00", "WIT"),
        ("later", "82.71", "2026-03-05", "09.00", "WIT"),
    )
    meetings = list_meetings(table)
    assert meeting_for(meetings, "82.71", dt.date(2025, 11, 30)).id_rapat == "next"
    assert meeting_for(meetings, "82.71", dt.date(2025, 12, 5)).id_rapat == "next"
    assert meeting_for(meetings, "82.71", dt.date(2026, 12, 5)) is None
    assert meeting_for(meetings, "19.71", dt.date(2025, 11, 30)) is None


def penerima(*rows):
    return pd.DataFrame(rows, columns=["kode", "kantor", "email"])


def test_offices_are_those_of_the_region_with_all_their_addresses():
    table = penerima(
        ("82.71", "Dinas Sosial", "b@x.go.id"),
        ("82.71", "dinas  sosial", "a@x.go.id"),
        ("82.71", "BPKAD", "c@x.go.id"),
        ("82.02", "BPKAD", "d@x.go.id"),
    )
    found = offices_of(table, "82.71")
    assert sorted(found.values()) == [("a@x.go.id",), ("b@x.go.id",), ("c@x.go.id",)]
    same = offices_of(table.replace("dinas  sosial", "dinas sosial"), "82.71")
    assert sorted(same.values()) == [("a@x.go.id", "b@x.go.id"), ("c@x.go.id",)]


def test_a_bad_address_costs_its_own_copy_and_is_told_by_office():
    table = penerima(
        ("82.71", "BPKAD", "rahasia di sini"), ("82.71", "Dukcapil", "a@x.go.id")
    )
    assert offices_of(table, "82.71") == {"Dukcapil": ("a@x.go.id",)}
    assert list_bad(table, "82.71") == ["82.71: office 'bpkad' has no mail address"]


@pytest.mark.parametrize("address", ["a@x.go.id", "a@dinas.x.go.id", "a@X.GO.ID"])
def test_addresses_of_the_domain_and_below_pass(address):
    kept, told = keep_inside({"BPKAD": [address]}, domains=["x.go.id"])
    assert (kept, told) == ({"BPKAD": (address,)}, [])


@pytest.mark.parametrize("address", ["a@evilx.go.id", "a@x.go.id.evil.com", "a@go.id"])
def test_an_address_outside_costs_its_own_copy_and_is_told_by_domain(address):
    offices = {"BPKAD": [address], "Dukcapil": ["b@x.go.id", address]}
    kept, told = keep_inside(offices, domains=["x.go.id"])
    assert kept == {"Dukcapil": ("b@x.go.id",)}
    assert len(told) == 2
    assert address not in str(told)


def meeting(**changes):
    values = {
        "id_rapat": "R-1", "kode": "82.71", "tanggal": dt.date(2025, 12, 5),
        "jam": "09.00", "zona_waktu": "WIT", "jenis": "Forum", "tempat": "Aula",
    }  # fmt: skip
    return Rapat(**{**values, **changes})


def calendar(m, title="Forum", description="Isi", previous=None):
    raw = build_calendar(
        m, title=title, description=description, organizer="a@contoh.invalid",
        previous=previous,
    )  # fmt: skip
    return raw, raw.replace(b"\r\n ", b"").decode().split("\r\n")


def test_calendar_times_are_utc():
    _, lines = calendar(meeting())
    assert "DTSTART:20251205T000000Z" in lines
    assert "DTEND:20251205T020000Z" in lines


def test_calendar_without_hour_is_a_whole_day():
    _, lines = calendar(meeting(jam="pagi"))
    assert "DTSTART;VALUE=DATE:20251205" in lines
    assert "DTEND;VALUE=DATE:20251206" in lines


def test_calendar_lines_are_folded_at_75_octets_inside_no_character():
    raw, lines = calendar(meeting(tempat="Gedung é" * 40))
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    assert f"LOCATION:{'Gedung é' * 40}" in lines
    raw.decode("utf-8")


def test_calendar_texts_are_escaped_and_inject_no_line():
    evil = "Aula; A, B\\C\r\nATTENDEE:x\u2028END:VCALENDAR"
    _, lines = calendar(meeting(tempat=evil), title=evil, description=f"a\n{evil}")
    assert lines.count("END:VCALENDAR") == 1
    assert not any(line.startswith("ATTENDEE") for line in lines)
    assert r"LOCATION:Aula\; A\, B\\C ATTENDEE:x END:VCALENDAR" in lines
    assert any(line.startswith(r"DESCRIPTION:a\nAula\;") for line in lines)


def test_calendar_is_the_same_every_time_and_differs_by_meeting():
    assert calendar(meeting())[0] == calendar(meeting())[0]
    lines = [calendar(meeting(id_rapat=i))[1] for i in ("R-1", "R-2")]
    uid = {line for each in lines for line in each if line.startswith("UID:")}
    assert len(uid) == 2


def test_a_moved_meeting_keeps_its_name_counts_up_and_has_its_length():
    first = calendar(meeting(jam="09.00-11.30"))[0]
    again = calendar(meeting(jam="09.00-11.30"), previous=first)
    assert again[0] == first
    assert "DTEND:20251205T023000Z" in again[1]
    moved, lines = calendar(meeting(jam="13.00 s.d. 14.00"), previous=first)
    assert "SEQUENCE:1" in lines
    assert "DTSTART:20251205T040000Z" in lines
    assert "DTEND:20251205T050000Z" in lines
    elsewhere = meeting(jam="13.00 s.d. 14.00", tempat="Ruang lain")
    assert "SEQUENCE:2" in calendar(elsewhere, previous=moved)[1]
    uids = {line for line in lines if line.startswith("UID:")}
    assert uids <= set(again[1])
