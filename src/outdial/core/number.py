"""The numbers of a member: which may be called now, which is called first, and what each attempt leaves on them.

Numbers of a type are called within the hours of that type only, and only so often within each of them. Which routes are
free, and what a number sounds like at the switch, is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal

NEXT_NUMBER_PRIORITY = 100
"""The priority of a number that a caller of the interface asked for (Webitel engine 3.10)."""


@dataclass(frozen=True, slots=True)
class Range:
    """Minutes of the day from `start` (open) to `end` (shut), in which a type may be called `attempts` times; 0: never.

    Types whose range has the higher priority go first.
    """

    start: int
    end: int
    attempts: int
    priority: int


@dataclass(frozen=True, slots=True)
class NumberType:
    """A kind of number, such as home or work, by the code that numbers refer to, and when it may be called."""

    code: str
    name: str
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """One way to reach a member. `position` identifies it within the member for as long as the member lives."""

    position: int
    raw: str
    """The number as it was given; routes are matched against it."""
    type: str | None = None
    """The code of its type; None or empty: it may be called whenever the campaign may."""
    priority: int = 0
    """Among equals, the higher goes first."""
    description: str = ""
    open: bool = True
    """Whether it is still to be called."""
    stopped: bool = False
    """It was asked never to be called again: it stays shut when its member begins anew."""
    attempts: int = 0
    last_call_at: datetime | None = None
    """None: never, or the attempt was given back."""
    first_next: bool = False
    """It precedes even numbers that were never called (the contract's last call of -1)."""
    wanted_next: bool = False
    """Somebody asked for it to be called next: it precedes every other number until it was."""
    range_id: str = ""
    """The range and day of the month that `range_attempts` counts in; empty: none."""
    range_attempts: int = 0

    @property
    def digits(self) -> str:
        """What is dialled: the number without anything but its digits."""
        return _digits(self.raw)


@lru_cache(maxsize=4096)
def _digits(raw: str) -> str:
    """Remembered, because whoever is due next is looked at many times before it is called."""
    return "".join(character for character in raw if character in "0123456789")


@dataclass(frozen=True, slots=True)
class OpenRange:
    """The range that a type is in at a moment."""

    code: str
    id: str
    attempts: int
    priority: int


class NumberStrategy(StrEnum):
    """Which of a member's numbers is called first."""

    BY_PRIORITY = "by-priority"
    """The type whose range has the highest priority, until its attempts are used up."""
    TOP_DOWN = "top-down"
    """The one not called for the longest time."""


CanLeave = Callable[[Number], bool]
"""Whether some free route takes a number."""


def open_ranges(types: Sequence[NumberType], local: datetime) -> Mapping[str, OpenRange]:
    """The range that each type is in now, by code; types that are in none are missing.

    `local` is the moment on the calendar's own clock. The first range that is open and has attempts at all is taken,
    and of types with one code the first. The id holds the day, so that attempts are counted anew each day.
    """
    minute = _minute(local)
    found: dict[str, OpenRange] = {}
    for code, kind in _by_code(types).items():
        for hours in kind.ranges:
            if hours.start <= minute < hours.end and hours.attempts > 0:
                found[code] = OpenRange(code, _range_id(hours, local), hours.attempts, hours.priority)
                break
    return found


def may_be_called(number: Number, types: Sequence[NumberType], open: Mapping[str, OpenRange]) -> bool:
    """Whether a number may be called now: it is open, and its type, if it is a known one, has attempts left.

    A number of an unknown type passes here although it cannot qualify its member (see `qualifies`).
    """
    if not number.open:
        return False
    if not number.type or number.type not in _by_code(types):
        return True
    hours = open.get(number.type)
    return hours is not None and _used(number, hours) < hours.attempts


def qualifies(
    numbers: Sequence[Number], types: Sequence[NumberType], open: Mapping[str, OpenRange], can_leave: CanLeave
) -> bool:
    """Whether a member has a number to be called now. Numbers of unknown types do not count."""
    known = _by_code(types)
    return any(
        may_be_called(number, types, open) and (not number.type or number.type in known) and can_leave(number)
        for number in numbers
    )


def choose(
    numbers: Sequence[Number],
    types: Sequence[NumberType],
    open: Mapping[str, OpenRange],
    strategy: NumberStrategy,
    can_leave: CanLeave,
) -> Number | None:
    """The number to call now; None: none may be called. Equals are taken in the order of the list.

    The keys are those of Webitel engine 3.10, behind a wish of the interface's caller: known types first; then, by
    priority, the range's priority, the longest uncalled, the number's priority, the fewest attempts. Top-down takes the
    longest uncalled before the range's priority.
    """
    callable_now = [number for number in numbers if may_be_called(number, types, open) and can_leave(number)]

    def key(number: Number) -> tuple[object, ...]:
        hours = open.get(number.type) if number.type else None
        by_range = 0 if hours is None else -hours.priority
        uncalled = _last_call(number)
        first, second = (by_range, uncalled) if strategy is NumberStrategy.BY_PRIORITY else (uncalled, by_range)
        return not number.wanted_next, hours is None, first, second, -number.priority, number.attempts

    return min(callable_now, key=key, default=None)


def begun(
    numbers: Sequence[Number],
    chosen_position: int,
    open: Mapping[str, OpenRange],
    now: datetime,
    *,
    by_number: bool,
) -> tuple[Number, ...]:
    """The numbers once an attempt at one of them is reserved.

    `by_number`: attempts within a range are counted for each number; otherwise all numbers of one type share them.
    """
    chosen = _at(numbers, chosen_position)
    hours = open.get(chosen.type) if chosen.type else None
    range_id, used = "", 0
    if hours is not None:
        counted = [chosen] if by_number else [number for number in numbers if number.type == chosen.type]
        range_id, used = hours.id, 1 + max(_used(number, hours) for number in counted)

    def after(number: Number) -> Number:
        if number.position == chosen_position:
            return replace(
                number,
                attempts=number.attempts + 1,
                last_call_at=now,
                first_next=False,
                range_id=range_id,
                range_attempts=used,
            )
        if hours is not None and not by_number and number.type == chosen.type:
            return replace(number, range_id=range_id, range_attempts=used)
        return number

    return tuple(after(number) for number in numbers)


def called(numbers: Sequence[Number], position: int, now: datetime) -> tuple[Number, ...]:
    """The numbers once a call to one of them is over and counts; a wish to call it next is met."""
    return tuple(
        replace(number, last_call_at=now, wanted_next=False) if number.position == position else number
        for number in numbers
    )


def given_back(
    numbers: Sequence[Number], chosen_position: int, *, by_number: bool, first_next: bool = False
) -> tuple[Number, ...]:
    """The numbers once an attempt at one of them is taken back: what `begun` counted is uncounted, never below 0.

    `first_next`: it precedes even numbers that were never called.
    """
    chosen = _at(numbers, chosen_position)

    def after(number: Number) -> Number:
        shares = bool(chosen.range_id) and number.range_id == chosen.range_id
        shares = shares and not by_number and number.type == chosen.type
        if number.position == chosen_position:
            return replace(
                number,
                attempts=max(0, number.attempts - 1),
                last_call_at=None,
                first_next=first_next,
                range_attempts=max(0, number.range_attempts - 1),
            )
        return replace(number, range_attempts=max(0, number.range_attempts - 1)) if shares else number

    return tuple(after(number) for number in numbers)


def closed(numbers: Sequence[Number], position: int) -> tuple[Number, ...]:
    """One number is not to be called any more."""
    return tuple(replace(number, open=False) if number.position == position else number for number in numbers)


def all_closed(numbers: Sequence[Number]) -> tuple[Number, ...]:
    """No number is to be called any more."""
    return tuple(replace(number, open=False) for number in numbers)


def stopped(numbers: Sequence[Number], wanted: Literal["all"] | Collection[str]) -> tuple[Number, ...]:
    """Some numbers, or all, are never to be called again, not even when their member begins anew.

    A number is meant by its own writing or by the same digits written otherwise.
    """
    return tuple(
        replace(number, open=False, stopped=True, wanted_next=False)
        if wanted == "all" or any(_same(number, raw) for raw in wanted)
        else number
        for number in numbers
    )


def with_next(numbers: Sequence[Number], raw: str) -> tuple[Number, ...]:
    """A number is to be called next, before all others, under either strategy.

    One that the member has, by its writing or its digits, is opened and its range counted anew, even if it was stopped:
    who asks for it now knows better. It keeps to the hours of its type; until they come others are called. Otherwise
    the number is added, without a type.
    """
    kept = [replace(number, wanted_next=False) for number in numbers]
    same = [number for number in kept if _same(number, raw)]
    if not same:
        position = 1 + max((number.position for number in kept), default=-1)
        return (*kept, Number(position, raw, None, NEXT_NUMBER_PRIORITY, wanted_next=True))
    wanted = min(same, key=lambda number: (not number.open, number.stopped, number.raw != raw))
    fresh = replace(wanted, open=True, stopped=False, wanted_next=True, range_id="", range_attempts=0)
    return tuple(fresh if number.position == wanted.position else number for number in kept)


def uncounted(numbers: Sequence[Number]) -> tuple[Number, ...]:
    """The numbers without a memory of their attempts; those that are shut stay so."""
    return tuple(replace(number, attempts=0, range_id="", range_attempts=0) for number in numbers)


def revived(numbers: Sequence[Number]) -> tuple[Number, ...]:
    """The numbers as if they had never been called; stopped ones stay as they are."""
    return tuple(
        number
        if number.stopped
        else replace(
            number,
            open=True,
            attempts=0,
            last_call_at=None,
            first_next=False,
            wanted_next=False,
            range_id="",
            range_attempts=0,
        )
        for number in numbers
    )


def over_today(numbers: Sequence[Number], types: Sequence[NumberType], local: datetime) -> bool:
    """Whether no number can be called any more on this day of the calendar's own clock (Webitel engine 3.10).

    A number without a known type can be called all day. Of each type the range that ends last decides: it is over, or
    it is open and its attempts are used up.
    """
    minute, known, open = _minute(local), _by_code(types), open_ranges(types, local)

    def over(number: Number) -> bool:
        if not number.type or number.type not in known:
            return False
        usable = [hours for hours in known[number.type].ranges if hours.attempts > 0]
        if not usable:
            return True
        last, now = max(usable, key=lambda hours: hours.end), open.get(number.type)
        used_up = now is not None and now.id == _range_id(last, local) and _used(number, now) >= now.attempts
        return minute >= last.end or used_up

    return all(over(number) for number in numbers if number.open)


def merged(old: Sequence[Number], new: Sequence[Number]) -> tuple[Number, ...]:
    """A member's numbers after its list was replaced.

    A number that was there, by its own writing, keeps its position and all that calls left on it; the rest is as the
    new list says. Added ones are open, and get positions that were never used.
    """
    left = list(old)
    position = 1 + max((number.position for number in old), default=-1)
    result: list[Number] = []
    for number in new:
        stored = next((known for known in left if known.raw == number.raw), None)
        if stored is not None:
            left.remove(stored)
            result.append(_carried(number, stored, stored.position))
            continue
        twin = next((known for known in old if known.raw == number.raw), None)
        result.append(_carried(number, twin or Number(position, number.raw), position))
        position += 1
    return tuple(result)


def _carried(number: Number, stored: Number, position: int) -> Number:
    return replace(
        stored, position=position, type=number.type, priority=number.priority, description=number.description
    )


def _by_code(types: Sequence[NumberType]) -> dict[str, NumberType]:
    return {kind.code: kind for kind in reversed(types)}


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _range_id(hours: Range, local: datetime) -> str:
    return f"{local.day}_{hours.start}_{hours.end}"


def _used(number: Number, hours: OpenRange) -> int:
    """Attempts within a range; those of another range or day do not count."""
    return number.range_attempts if number.range_id == hours.id else 0


_NEVER = datetime.min.replace(tzinfo=UTC)


def _last_call(number: Number) -> tuple[bool, datetime]:
    return not number.first_next, number.last_call_at or _NEVER


def _at(numbers: Sequence[Number], position: int) -> Number:
    return next(number for number in numbers if number.position == position)


def _same(number: Number, raw: str) -> bool:
    return number.raw == raw or bool(number.digits) and number.digits == Number(0, raw).digits
