"""Bodies of this dialect as values: numbers may come as texts, with a comma or a point, and a field of nothing is absent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from outdial.api.mobilgroup.account import MOST_ATTEMPTS, MOST_MINUTES, MOST_REPEATS, Account
from outdial.api.mobilgroup.errors import NO_MESSAGE, NO_SUBSCRIBERS, TOO_LONG, UNKNOWN_REQUEST, Refused
from outdial.api.phones import phone_digits
from outdial.core.dialstring import digits_of
from outdial.core.errors import NotDiallable
from outdial.core.mailing import MESSAGE, RowFault, Subscriber
from outdial.core.prompt import LONGEST_TEXT

LARGEST_ID = (1 << 63) - 1
LONGEST_NAME = 100
"""Characters of a variable's name; further variables with longer ones are dropped."""
_KINDS = ("message", "phrase", "script")
_SCHEDULE = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """A body of `/api/send/`. Of `message`, `phrase` and `script` one is there, or every subscriber has a text."""

    number: str
    message: str
    phrase: str
    script: str
    due_at: datetime | None
    attempts: int
    interval_minutes: int
    repeats: int
    subscribers: tuple[Subscriber, ...]

    @property
    def individual(self) -> bool:
        """Whether subscribers have texts of their own."""
        return any(MESSAGE in one.variables for one in self.subscribers)


def send_request(sent: Mapping[str, Any], account: Account) -> SendRequest:
    """The body of `/api/send/`. Raises `Refused`."""
    settings = sent.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    kinds = {name: text_of(settings.get(name)).strip() for name in _KINDS}
    named = [name for name in _KINDS if kinds[name]]
    if len(named) > 1:
        raise Refused(NO_MESSAGE, f"only one of message, phrase and script is wanted, not {' and '.join(named)}")
    if len(kinds["message"]) > LONGEST_TEXT:
        raise Refused(TOO_LONG, f"settings.message is longer than {LONGEST_TEXT} characters")
    rows = sent.get("subscribers")
    if not isinstance(rows, list) or not rows:
        raise Refused(NO_SUBSCRIBERS, "subscribers is no list, or an empty one")
    own_texts = not kinds["phrase"] and not kinds["script"]
    subscribers = tuple(_subscriber(row, own_texts=own_texts) for row in rows)
    if not named and not all(MESSAGE in one.variables for one in subscribers):
        raise Refused(NO_MESSAGE, "settings has no message, phrase or script, and not every subscriber has a message")
    return SendRequest(
        number=_caller(text_of(settings.get("number"))),
        **kinds,
        due_at=_schedule(settings, account),
        attempts=_between(settings, "attempts", 1, MOST_ATTEMPTS, account.attempts),
        interval_minutes=_between(settings, "interval", 1, MOST_MINUTES, account.interval),
        repeats=_between(settings, "repeat", 0, MOST_REPEATS, 0),
        subscribers=subscribers,
    )


def text_of(value: object) -> str:
    """A text, or a number as one; nothing else is a text."""
    if isinstance(value, str):
        return value
    return "" if isinstance(value, bool) or not isinstance(value, int | float) else str(value)


def id_of(value: object) -> int | None:
    """An id as callers know it; None for what can be none."""
    text = text_of(value).strip()
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(LARGEST_ID)):
        return None
    return number if (number := int(text)) <= LARGEST_ID else None


def _caller(written: str) -> str:
    """A sender's number, which may also be a short one; empty when it is none."""
    try:
        return phone_digits(written) or digits_of(written)
    except NotDiallable:
        return ""


def _subscriber(row: object, *, own_texts: bool) -> Subscriber:
    """A row; a bare number counts as its phone."""
    members = row if isinstance(row, dict) else {"phone": row}
    phone = text_of(members.get("phone"))
    variables = {
        name: text_of(value)
        for name, value in members.items()
        if name not in ("phone", MESSAGE) and len(name) <= LONGEST_NAME and text_of(value)
    }
    message = text_of(members.get("message")).strip() if own_texts else ""
    if message:
        variables[MESSAGE] = message[:LONGEST_TEXT]
    fault = RowFault.TOO_LONG if len(message) > LONGEST_TEXT else None
    return Subscriber(phone, phone_digits(phone), variables, fault)


def _between(settings: Mapping[str, Any], name: str, least: int, most: int, default: int) -> int:
    """A whole number, brought between its limits; `default` where there is none."""
    text = text_of(settings.get(name)).strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refused(UNKNOWN_REQUEST, f"settings.{name} is no whole number")
    return max(least, min(most, int(text)))


def _schedule(settings: Mapping[str, Any], account: Account) -> datetime | None:
    text = text_of(settings.get("schedule")).strip()
    if not text:
        return None
    for form in _SCHEDULE:
        try:
            wanted = datetime.strptime(text, form).replace(tzinfo=ZoneInfo(account.time_zone))
            return wanted.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    raise Refused(UNKNOWN_REQUEST, "settings.schedule is no time such as 2020-07-15 14:05")
