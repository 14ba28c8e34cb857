"""A plain document read part by part: each member is asked for by its name, and everything that is wrong is told at once,
each fault with the path to it.

What a document is about is not known here. Whoever reads one goes on with a stand-in where a fault was found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outdial.core.calendar import MINUTES_OF_DAY, WeeklyHours
from outdial.core.errors import Malformed

LONGEST_TEXT = 500
REQUIRED: Any = object()
"""The default of a member that has to be there."""

_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])")

Faults = list[tuple[str, str]]
"""Paths, and what is wrong there."""


class Faulty(Malformed):
    """Every fault of a document: its message has one a line, its `field` is the path of the first."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("\n".join(f"{path}: {message}" for path, message in faults), field=faults[0][0])
        self.faults = tuple(faults)


def refuse(faults: Faults) -> None:
    """Raise `Faulty` when there are any."""
    if faults:
        raise Faulty(faults)


class Section:
    """The members of one mapping, taken by name. Faults are collected; a stand-in is returned where one was found."""

    def __init__(self, path: str, value: object, faults: Faults) -> None:
        self.path = path
        self.faults = faults
        self._asked: list[str] = []
        self._value: Mapping[Any, Any] = {}
        if isinstance(value, Mapping):
            self._value = value
        else:
            self.fault("", f"members with a name are wanted, not {_kind(value)}")

    def at(self, name: str) -> str:
        """The path of a member."""
        return f"{self.path}.{name}".strip(".") if name else self.path or "the file"

    def fault(self, name: str, message: str) -> None:
        """Note what is wrong with a member; without a name, with the whole of it."""
        self.faults.append((self.at(name), message))

    def take(self, name: str, default: Any = REQUIRED) -> Any:
        """A member as it stands; one without a value is absent."""
        self._asked.append(name)
        value = self._value.get(name)
        if value is None and default is REQUIRED:
            self.fault(name, "it is missing")
        return default if value is None else value

    def has(self, name: str) -> bool:
        """Whether a member is there. It counts as known from now on."""
        return self.take(name, None) is not None

    def text(self, name: str, default: Any = REQUIRED, longest: int = LONGEST_TEXT) -> Any:
        """A text on one line, not empty."""
        value = self.take(name, default)
        if value is REQUIRED:
            return ""
        if value is default:
            return value
        if not isinstance(value, str):
            self.fault(name, f"a text is wanted, not {_kind(value)}: put it in quotes")
        elif not value.strip() or not value.isprintable() or len(value) > longest:
            self.fault(name, f"a text of 1 to {longest} printable characters is wanted")
        else:
            return value
        return ""

    def shaped(self, name: str, shape: re.Pattern[str], wanted: str, default: Any = REQUIRED) -> Any:
        """A text that matches as a whole; `wanted` says in words what does."""
        value = self.text(name, default)
        if value and value is not default and not shape.fullmatch(value):
            self.fault(name, f"{wanted} is wanted")
        return value

    def number(self, name: str, least: float, most: float, default: Any = REQUIRED, *, whole: bool = True) -> Any:
        """A number within limits; `whole`: without a fraction."""
        value = self.take(name, default)
        if value is REQUIRED:
            return least
        kinds = int if whole else (int, float)
        if isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault(name, f"a {'whole ' if whole else ''}number from {least:g} to {most:g} is wanted")
        return least

    def each(self, name: str, default: Any = REQUIRED) -> list[Section]:
        """The elements of a list of mappings."""
        value = self.take(name, default)
        if value is REQUIRED or value is default:
            return []
        if not isinstance(value, list):
            self.fault(name, f"a list is wanted, not {_kind(value)}")
            return []
        return self.within(name, value)

    def within(self, name: str, elements: Sequence[object]) -> list[Section]:
        """Mappings that stand in the place of a member, such as those that a short form stands for."""
        return [Section(f"{self.at(name)}.{index}", element, self.faults) for index, element in enumerate(elements)]

    def mapping(self, name: str) -> Section | None:
        """A mapping of its own; None when there is none."""
        value = self.take(name, None)
        return None if value is None else Section(self.at(name), value, self.faults)

    def one_of(self, first: str, second: str) -> None:
        """Exactly one of two members has to be there."""
        if (self._value.get(first) is None) == (self._value.get(second) is None):
            self.fault("", f"{first} or {second} is wanted, and not both")

    def finish(self) -> None:
        """Refuse every member that nobody asked for."""
        for name in self._value:
            if name not in self._asked:
                self.fault(
                    str(name),
                    f"there is no such section or member here; known: {', '.join(dict.fromkeys(self._asked))}",
                )


def zone_of(members: Section, default: Any = REQUIRED) -> str:
    """The member `time_zone`: the IANA name of a zone that there is."""
    name: str = members.text("time_zone", default)
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        members.fault("time_zone", f"there is no time zone {name!r}; an example: Europe/Moscow")
        return ""


def weekly_hours(members: Section, start_name: str = "start", end_name: str = "end") -> list[WeeklyHours]:
    """The same hours on several days."""
    days = members.take("days", list(range(1, 8)))
    if not isinstance(days, list) or not days or not all(type(day) is int and 1 <= day <= 7 for day in days):
        members.fault("days", "a list of weekdays is wanted, 1 (Monday) to 7 (Sunday)")
        days = []
    start, end = minute_of(members, start_name, 0), minute_of(members, end_name, MINUTES_OF_DAY)
    members.finish()
    return [WeeklyHours(day, start, end) for day in days]


def minute_of(members: Section, name: str, default: int) -> int:
    """A time of the day in minutes. YAML itself makes a number of minutes of 18:00 without quotes."""
    value = members.take(name, default)
    if isinstance(value, str) and (found := _TIME.fullmatch(value)):
        value = int(found[1]) * 60 + int(found[2])
    if type(value) is int and 0 <= value <= MINUTES_OF_DAY:
        return value
    members.fault(name, "a time from 00:00 to 24:00 is wanted")
    return default


def _kind(value: object) -> str:
    names = {str: "a text", bool: "yes or no", list: "a list", dict: "members with a name", type(None): "nothing"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
