"""Windows of the day: where they are open at a moment, and when they open next, also where clocks jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.calendar import (
    ALWAYS,
    EVERYWHERE,
    LATEST_OFFSET_MINUTES,
    Window,
    is_open,
    openings,
    opens_at,
    place,
)

MOSCOW, BERLIN, NEW_YORK = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
JUMPS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin goes on to summer time
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # and back
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York goes back
    datetime(2014, 10, 25, 22, tzinfo=UTC),  # Moscow went back for good
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Samoa left a day out
]
ZONES = st.sampled_from([MOSCOW, BERLIN, NEW_YORK, ZoneInfo("Pacific/Apia"), ZoneInfo("Australia/Lord_Howe")])
PLACES = ZONES | st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
WINDOWS = st.builds(Window, st.integers(0, 1439), st.integers(0, 1440))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)) | st.builds(
    lambda jump, seconds: jump + timedelta(seconds=seconds), st.sampled_from(JUMPS), st.floats(-200_000, 100_000)
)


def at(zone, text):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("window", "open_at", "shut_at"),
    [
        (Window(540, 1080), ["09:00:00", "12:00:00", "18:00:59"], ["08:59:59", "18:01:00", "00:00:00"]),
        (Window(1320, 360), ["22:00:00", "00:00:00", "06:00:59"], ["21:59:59", "06:01:00", "12:00:00"]),
        (Window(600, 600), ["10:00:00", "10:00:59"], ["09:59:59", "10:01:00"]),
        (Window(540, 1440), ["09:00:00", "23:59:59"], ["00:00:00"]),
        (ALWAYS, ["00:00:00", "23:59:59"], []),
    ],
)
def test_both_ends_are_open(window, open_at, shut_at):
    for zone in (MOSCOW, timezone(timedelta(hours=-4))):
        assert all(is_open(window, at(zone, f"2026-01-15T{time}"), zone) for time in open_at)
        assert not any(is_open(window, at(zone, f"2026-01-15T{time}"), zone) for time in shut_at)


@pytest.mark.parametrize(
    ("zone", "window", "now", "opens"),
    [
        (MOSCOW, Window(540, 1080), "2026-01-15T20:00", "2026-01-16T06:00Z"),
        (MOSCOW, Window(540, 1080), "2026-01-15T03:00", "2026-01-15T06:00Z"),
        (BERLIN, Window(150, 600), "2026-03-29T00:00", "2026-03-29T01:00Z"),  # 02:30 does not come; 03:00 is open
        (BERLIN, Window(150, 160), "2026-03-29T00:00", "2026-03-30T00:30Z"),  # the whole window does not come
        (BERLIN, Window(120, 140), "2026-10-25T02:50", "2026-10-25T01:00Z"),  # 02:00 comes twice
        (BERLIN, Window(540, 1080), "2026-10-24T20:00", "2026-10-25T08:00Z"),
    ],
)
def test_when_it_opens_next(zone, window, now, opens):
    assert opens_at(window, at(zone, now), zone) == datetime.fromisoformat(opens)


@given(WINDOWS, MOMENTS, PLACES)
def test_it_opens_at_a_moment_that_is_open_and_no_minute_before_is(window, now, zone):
    opens = opens_at(window, now, zone)
    assert opens >= now
    assert is_open(window, opens, zone)
    assert opens - now <= timedelta(hours=50)
    minutes = int((opens - now) / timedelta(minutes=1))
    assert not any(is_open(window, now + timedelta(minutes=minute), zone) for minute in range(minutes))
    assert opens == now or not is_open(window, opens - timedelta(microseconds=1), zone)


@given(WINDOWS, MOMENTS, ZONES, st.none() | st.integers(-720, LATEST_OFFSET_MINUTES))
def test_openings_say_the_same_as_the_window_at_each_place(window, now, home, offset):
    found = openings(window, now, home)
    listed = found.home if offset is None else found.offsets is None or offset in found.offsets
    assert listed == is_open(window, now, place(offset, home))
    assert (found == EVERYWHERE) == window.always


@given(WINDOWS)
def test_always_is_every_minute_of_the_day(window):
    assert window.always == all(minute in window for minute in range(1440))
