"""What an account is set up with for this dialect: read from an apply file, and out of the store with what stands in for
settings that are not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outdial.core.errors import Malformed

MOST_ATTEMPTS, MOST_MINUTES, MOST_REPEATS, MOST_LINES = 3, 60, 3, 10_000
LONGEST_SETTING = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The defaults of an account's mailings."""

    attempts: int = 1
    interval: int = 5
    """Minutes between two attempts."""
    lines: int = 30
    """Calls at once of one mailing."""
    language: str = ""
    voice: str = ""
    time_zone: str = ""


NAMES = tuple(one.name for one in fields(Account))
_WHOLE = {"attempts": MOST_ATTEMPTS, "interval": MOST_MINUTES, "lines": MOST_LINES}


def account_from(stored: Mapping[str, str], language: str, time_zone: str) -> Account:
    """The settings in the store; `language` and `time_zone` are the server's own."""
    known = {name: int(value) if name in _WHOLE else value for name, value in stored.items() if name in NAMES}
    return Account(**{"language": language, "time_zone": time_zone, **known})  # type: ignore[arg-type]


def read_settings(section: Mapping[str, Any]) -> dict[str, str]:
    """The settings that a section of an apply file names. Raises `Malformed` with the name of the one at fault."""
    return {name: _setting(name, section[name]) for name in NAMES if section.get(name) is not None}


def _setting(name: str, value: object) -> str:
    if name in _WHOLE:
        if type(value) is int and 1 <= value <= _WHOLE[name]:
            return str(value)
        raise Malformed(f"a whole number from 1 to {_WHOLE[name]} is wanted", field=name)
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_SETTING:
        raise Malformed(f"a text of at most {LONGEST_SETTING} printable characters is wanted", field=name)
    if name == "time_zone" and value:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise Malformed(f"there is no time zone {value!r}; an example: Europe/Moscow", field=name) from error
    return value.strip()
