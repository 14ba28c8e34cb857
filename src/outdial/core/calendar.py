"""When somebody may be called: a window of each day, in a time zone or at a fixed offset from UTC; or a calendar of
weekly hours and holidays.

Everything here is a function of the moment that it is given. A clock that jumps opens and closes a window at the jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

MINUTES_OF_DAY = 1440
EARLIEST_OFFSET_MINUTES, LATEST_OFFSET_MINUTES = -12 * 60, 14 * 60
"""The offsets from UTC that clocks somewhere on earth show."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day from `start` (0 to 1439) to `end` (0 to 1440), both open; a start after the end goes on past
    midnight."""

    start: int = 0
    end: int = MINUTES_OF_DAY

    def __contains__(self, minute: int) -> bool:
        if self.start <= self.end:
            return self.start <= minute <= self.end
        return minute >= self.start or minute <= self.end

    @property
    def always(self) -> bool:
        """Whether every minute of the day is open."""
        return self.start == 0 and self.end >= MINUTES_OF_DAY - 1 or self.start == self.end + 1


ALWAYS = Window()


@dataclass(frozen=True, slots=True)
class Openings:
    """Whom a window lets be called at one moment."""

    home: bool
    """Those whose zone is the window's own."""
    offsets: frozenset[int] | None
    """Those at one of these offsets from UTC, in minutes; None: at any."""


EVERYWHERE = Openings(True, None)


def place(offset_minutes: int | None, home: tzinfo) -> tzinfo:
    """Where a contact is: at its own offset from UTC, or at home when it has none."""
    return home if offset_minutes is None else timezone(timedelta(minutes=offset_minutes))


def is_open(window: Window, now: datetime, zone: tzinfo) -> bool:
    """Whether the window is open in that zone at a moment."""
    local = now.astimezone(zone)
    return local.hour * 60 + local.minute in window


def openings(window: Window, now: datetime, home: tzinfo) -> Openings:
    """Where the window is open at a moment."""
    if window.always:
        return EVERYWHERE
    utc = now.astimezone(UTC)
    minute = utc.hour * 60 + utc.minute
    offsets = range(EARLIEST_OFFSET_MINUTES, LATEST_OFFSET_MINUTES + 1)
    return Openings(
        home=is_open(window, now, home),
        offsets=frozenset(offset for offset in offsets if (minute + offset) % MINUTES_OF_DAY in window),
    )


def opens_at(window: Window, now: datetime, zone: tzinfo) -> datetime:
    """The first moment from `now` on at which the window is open in that zone (UTC)."""
    at = now.astimezone(UTC)
    while not is_open(window, at, zone):
        start = at + _until_start(window, at.astimezone(zone))
        at = start if _offset(start, zone) == _offset(at, zone) else _first_change(at, start, zone)
    return at


def _until_start(window: Window, local: datetime) -> timedelta:
    """How far a clock that does not jump is from the window's next start; never nothing."""
    shown = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    day = timedelta(minutes=MINUTES_OF_DAY)
    return (timedelta(minutes=window.start) - shown) % day or day


def _offset(at: datetime, zone: tzinfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def _first_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The first whole second after `before` that has not its offset any more, where `after` has not."""
    low, high = before.replace(microsecond=0), after.replace(microsecond=0) + _SECOND
    while high - low > _SECOND:
        middle = low + ((high - low) // 2 // _SECOND) * _SECOND
        if _offset(middle, zone) == _offset(before, zone):
            low = middle
        else:
            high = middle
    return high


FURTHEST_OPENING_DAYS = 370
"""How far ahead a calendar's next opening is looked for: a year, and a long holiday at its end."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Open minutes of one weekday: `weekday` 1 is Monday and 7 is Sunday; `start` and `end` (0 to 1440) are both open."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which nobody is called, by the calendar's own clock; `every_year`: on its day and month of each year."""

    date: date
    every_year: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a campaign may dial: hours of the week, less holidays, from `start` to `end` (aware; both belong to it).

    Hours and holidays are those of the clock in `time_zone`, an IANA name. Without any hours it is never open.
    """

    time_zone: str
    accept: tuple[WeeklyHours, ...]
    holidays: tuple[Holiday, ...] = ()
    start: datetime | None = None
    end: datetime | None = None


class Opening(StrEnum):
    """What a calendar says of a moment."""

    OPEN = "open"
    CLOSED = "closed"
    EXPIRED = "expired"
    """Before its first moment or after its last one."""


def opening(calendar: Calendar, now: datetime) -> Opening:
    """Whether a calendar is open at a moment (Webitel engine 3.10, with midnight as good as any other minute).

    Raises `ZoneInfoNotFoundError` or `ValueError` when there is no such time zone; so does `next_opening`.
    """
    if (calendar.start is not None and now < calendar.start) or (calendar.end is not None and now > calendar.end):
        return Opening.EXPIRED
    local = now.astimezone(ZoneInfo(calendar.time_zone))
    return Opening.OPEN if _accepts(calendar, local) else Opening.CLOSED


def next_opening(calendar: Calendar, now: datetime) -> datetime | None:
    """The first moment from `now` on at which a calendar is open (UTC); None when none comes in
    `FURTHEST_OPENING_DAYS`."""
    zone = ZoneInfo(calendar.time_zone)
    earliest = now if calendar.start is None else max(now, calendar.start)
    earliest, last = earliest.astimezone(UTC), now.astimezone(UTC) + FURTHEST_OPENING_DAYS * _DAY
    if calendar.end is not None:
        last = min(last, calendar.end)
    if not calendar.accept or earliest > last:
        return None
    if _accepts(calendar, earliest.astimezone(zone)):
        return earliest
    begin = earliest
    while begin <= last:
        for at in _possible_starts(calendar, begin, zone):
            if at <= last and _accepts(calendar, at.astimezone(zone)):
                return at
        begin += _DAY
    return None


def _accepts(calendar: Calendar, local: datetime) -> bool:
    weekday, minute = local.isoweekday(), local.hour * 60 + local.minute
    return any(
        hours.weekday == weekday and hours.start <= minute <= hours.end for hours in calendar.accept
    ) and not any(_falls_on(holiday, local.date()) for holiday in calendar.holidays)


def _falls_on(holiday: Holiday, day: date) -> bool:
    same_day = (holiday.date.month, holiday.date.day) == (day.month, day.day)
    return same_day and (holiday.every_year or holiday.date.year == day.year)


def _possible_starts(calendar: Calendar, begin: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments of the day after `begin` at which hours may start, in order: a clock shows one's start, or jumps."""
    end = begin + _DAY
    found = set()
    first = begin.astimezone(zone).date()
    for day in (first + days * _DAY for days in range(3)):
        for hours in calendar.accept:
            if hours.weekday == day.isoweekday():
                shown = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=max(0, hours.start))
                found |= {shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    if _offset(begin, zone) != _offset(end, zone):
        found.add(_first_change(begin, end, zone))
    return sorted(at for at in found if begin < at <= end)
