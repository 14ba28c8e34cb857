"""A calendar's hours, holidays and span, read off its own clock; and the moment at which it opens next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.core.calendar import (
    FURTHEST_OPENING_DAYS,
    Calendar,
    Holiday,
    Opening,
    WeeklyHours,
    next_opening,
    opening,
)

OFFICE = tuple(WeeklyHours(weekday, 540, 1020) for weekday in range(1, 6))
"""Monday to Friday, 9:00 to 17:00."""
KYIV = Calendar("Europe/Kiev", OFFICE)


def kyiv(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Kiev"))


@pytest.mark.parametrize("moment", ["2026-01-15T09:00:00", "2026-01-15T12:00:00", "2026-01-15T17:00:59"])
def test_it_is_open_from_its_first_minute_through_its_last(moment):
    assert opening(KYIV, kyiv(moment)) is Opening.OPEN


@pytest.mark.parametrize(
    "moment",
    ["2026-01-15T08:59:59", "2026-01-15T17:01:00", "2026-01-17T12:00:00", "2026-01-18T12:00:00"],
    ids=["early", "late", "saturday", "sunday"],
)
def test_it_is_closed_at_other_times(moment):
    assert opening(KYIV, kyiv(moment)) is Opening.CLOSED


def test_the_clock_is_the_calendars_own():
    assert opening(KYIV, datetime(2026, 1, 15, 7, 0, tzinfo=UTC)) is Opening.OPEN  # 9:00 in Kyiv
    assert opening(Calendar("UTC", OFFICE), datetime(2026, 1, 15, 7, 0, tzinfo=UTC)) is Opening.CLOSED


def test_midnight_is_a_minute_like_any_other():
    all_week = tuple(WeeklyHours(weekday, 0, 1440) for weekday in range(1, 8))
    assert opening(Calendar("Europe/Kiev", all_week), kyiv("2026-01-15T00:00:00")) is Opening.OPEN


def test_a_calendar_without_hours_is_never_open():
    never = Calendar("Europe/Kiev", ())
    assert opening(never, kyiv("2026-01-15T12:00")) is Opening.CLOSED
    assert next_opening(never, kyiv("2026-01-15T12:00")) is None


def test_a_holiday_is_a_day_of_the_calendars_own_clock():
    calendar = Calendar("America/New_York", OFFICE, (Holiday(date(2026, 1, 15), every_year=False, name="Fair"),))
    new_york = ZoneInfo("America/New_York")
    assert opening(calendar, datetime(2026, 1, 15, 16, 59, tzinfo=new_york)) is Opening.CLOSED
    assert opening(calendar, datetime(2026, 1, 14, 16, 59, tzinfo=new_york)) is Opening.OPEN
    assert opening(calendar, datetime(2027, 1, 15, 12, tzinfo=new_york)) is Opening.OPEN


def test_a_holiday_of_every_year_comes_again():
    calendar = Calendar("Europe/Kiev", OFFICE, (Holiday(date(2016, 1, 15), every_year=True),))
    assert opening(calendar, kyiv("2026-01-15T12:00")) is Opening.CLOSED


def test_before_its_start_and_after_its_end_it_has_expired():
    calendar = Calendar("Europe/Kiev", OFFICE, (), kyiv("2026-01-15T12:00"), kyiv("2026-01-16T12:00"))
    assert opening(calendar, kyiv("2026-01-15T11:59:59")) is Opening.EXPIRED
    assert opening(calendar, kyiv("2026-01-15T12:00")) is Opening.OPEN
    assert opening(calendar, kyiv("2026-01-16T12:00")) is Opening.OPEN
    assert opening(calendar, kyiv("2026-01-16T12:00:01")) is Opening.EXPIRED


SUNDAY_NIGHT = (WeeklyHours(7, 150, 160),)
"""Sunday, 2:30 to 2:40."""


@pytest.mark.parametrize(
    ("calendar", "now", "opens"),
    [
        (KYIV, "2026-01-15T10:00Z", "2026-01-15T10:00Z"),
        (KYIV, "2026-01-15T16:00Z", "2026-01-16T07:00Z"),  # the next morning
        (KYIV, "2026-01-16T16:00Z", "2026-01-19T07:00Z"),  # Monday
        (KYIV, "2026-03-27T16:00Z", "2026-03-30T06:00Z"),  # Monday, in summer time
        (
            Calendar("Europe/Kiev", OFFICE, (Holiday(date(2026, 1, 19), False), Holiday(date(2000, 1, 20), True))),
            "2026-01-16T16:00Z",
            "2026-01-21T07:00Z",
        ),
        (
            Calendar("Europe/Kiev", OFFICE, (), datetime(2026, 5, 5, 10, 30, tzinfo=UTC)),
            "2026-01-16T16:00Z",
            "2026-05-05T10:30Z",
        ),
        # 2:30 does not come in Berlin on 29 March, nor does 2:40: a week later it does
        (Calendar("Europe/Berlin", SUNDAY_NIGHT), "2026-03-28T12:00Z", "2026-04-05T00:30Z"),
        # 2:30 comes twice on 25 October
        (Calendar("Europe/Berlin", SUNDAY_NIGHT), "2026-10-24T12:00Z", "2026-10-25T00:30Z"),
        (Calendar("Europe/Berlin", SUNDAY_NIGHT), "2026-10-25T00:45Z", "2026-10-25T01:30Z"),
        # the clock jumps into the hours
        (Calendar("Europe/Berlin", (WeeklyHours(7, 150, 600),)), "2026-03-28T12:00Z", "2026-03-29T01:00Z"),
        # Samoa had no Friday, 30 December 2011
        (Calendar("Pacific/Apia", (WeeklyHours(5, 0, 1439),)), "2011-12-29T12:00Z", "2012-01-05T10:00Z"),
        (Calendar("Pacific/Apia", (WeeklyHours(6, 0, 1439),)), "2011-12-29T12:00Z", "2011-12-30T10:00Z"),
    ],
)
def test_when_it_opens_next(calendar, now, opens):
    assert next_opening(calendar, datetime.fromisoformat(now)) == datetime.fromisoformat(opens)


def test_after_its_end_it_opens_no_more():
    over = Calendar("Europe/Kiev", OFFICE, (), None, kyiv("2026-01-16T18:00"))
    assert next_opening(over, kyiv("2026-01-16T17:30")) is None
    assert next_opening(over, kyiv("2027-01-16T17:30")) is None


def test_a_calendar_of_holidays_only_opens_no_more():
    every_friday = (WeeklyHours(5, 540, 1020),)
    fridays = tuple(Holiday(date(2026, 1, 2) + timedelta(weeks=week), every_year=False) for week in range(54))
    assert next_opening(Calendar("Europe/Kiev", every_friday, fridays), kyiv("2026-01-01T00:00")) is None


ZONES = st.sampled_from(["Europe/Moscow", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"])
HOURS = st.builds(WeeklyHours, st.integers(1, 7), st.integers(0, 1439), st.integers(0, 1440))
JUMPS = st.sampled_from(
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2011, 12, 30, 10, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
    ]
)
MOMENTS = st.builds(lambda jump, minutes: jump + timedelta(minutes=minutes), JUMPS, st.integers(-4000, 2000))
CALENDARS = st.builds(
    lambda zone, hours, days: Calendar(zone, tuple(hours), tuple(days)),
    ZONES,
    st.lists(HOURS, max_size=4),
    st.lists(st.builds(Holiday, st.dates(date(2026, 3, 25), date(2026, 4, 5)), st.booleans()), max_size=3),
)


@settings(deadline=None, max_examples=60)
@given(CALENDARS, MOMENTS)
def test_it_opens_at_an_open_moment_and_no_minute_before_is_open(calendar, now):
    opens = next_opening(calendar, now)
    if opens is not None:
        assert opens >= now
        assert opening(calendar, opens) is Opening.OPEN
    minutes = min(
        15 * 1440, FURTHEST_OPENING_DAYS * 1440 if opens is None else int((opens - now).total_seconds()) // 60
    )
    zone = ZoneInfo(calendar.time_zone)
    shut = [now + timedelta(minutes=minute) for minute in range(minutes)]
    assert not any(opening(calendar, at) is Opening.OPEN for at in shut), zone
