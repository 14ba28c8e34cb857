"""When somebody may be called: a window of each day, in a time zone or at a fixed offset from UTC.

Everything here is a function of the moment that it is given. A clock that jumps opens and closes a window at the jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

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
