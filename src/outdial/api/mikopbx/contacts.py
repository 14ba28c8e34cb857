"""The numbers of a task as contacts: checked, normalised for dialling, told apart by the last ten digits.

One number that cannot be dialled refuses the whole list, so that nobody believes a list was taken that was not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from outdial.api.mikopbx import php
from outdial.api.mikopbx.errors import NumberRefused
from outdial.core.calendar import EARLIEST_OFFSET_MINUTES, LATEST_OFFSET_MINUTES
from outdial.core.contact import NewContact
from outdial.core.dialstring import digits_of
from outdial.core.errors import Malformed, NotDiallable

LONGEST_CLIENT_ID = 500
_EARLIEST_OFFSET, _LATEST_OFFSET = EARLIEST_OFFSET_MINUTES // 60, LATEST_OFFSET_MINUTES // 60
_NOT_DIGITS = re.compile(r"[^0-9]")
_TIME = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}) ([0-9]{1,2}):([0-9]{2}):([0-9]{2})")
_OFFSET = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,6})?")


def contacts_of(numbers: object, zone: ZoneInfo) -> tuple[NewContact, ...]:
    """The contacts of a task's `numbers`, each once, the first of its kind; empty numbers are passed over.

    Raises `Malformed` when it is no list, and `NumberRefused` for the first element that cannot be taken.
    """
    if not isinstance(numbers, list):
        raise Malformed('Field "numbers" must be an array', field="numbers")
    found: dict[str, NewContact] = {}
    for element in numbers:
        contact = _contact(element, zone)
        if contact is not None:
            found.setdefault(contact.key, contact)
    return tuple(found.values())


def phone_id(digits: str) -> str:
    """What this dialect knows a phone by: its last ten digits."""
    return _NOT_DIGITS.sub("", digits)[-10:] or digits


def _contact(element: object, zone: ZoneInfo) -> NewContact | None:
    members: Mapping[str, Any] = element if isinstance(element, dict) else {"number": element}
    phone = _phone(members.get("number"))
    if not phone.strip():
        return None
    try:
        digits = digits_of(phone)
        params = members.get("params")
        listed = isinstance(element, dict)
        allowed_at = _moment(members.get("timeCallAllow"), zone)
        client = _client_id(members.get("clientId"))
        offset = _offset_minutes(members.get("TimeOffset"), phone)
        wire = {
            "phone": phone,
            "params": php.serialize("" if params is None else params) if listed else "",
            "timeCallAllow": "0" if allowed_at is None else str(int(allowed_at.timestamp())),
            "clientId": client,
            "timeOffsetMinutes": None if offset is None else str(offset),
        }
    except NumberRefused:
        raise
    except NotDiallable as error:
        raise NumberRefused(error.message, phone) from error
    except Malformed as error:
        raise NumberRefused(f"{error.message} (phone {phone})", phone) from error
    return NewContact(
        key=phone_id(digits),
        digits=digits,
        due_at=allowed_at,
        offset_minutes=offset or None,
        client="" if php.is_empty(client) else client,
        variables=_variables(params),
        wire=wire,
    )


def _phone(value: object) -> str:
    if isinstance(value, bool | dict | list):
        raise NumberRefused('Field "number" must be a string', "")
    return php.text(value, "number")


def _client_id(value: object) -> str:
    client = php.text(value, "clientId")
    if len(client) > LONGEST_CLIENT_ID:
        raise Malformed(f'Field "clientId" is longer than {LONGEST_CLIENT_ID} characters', field="clientId")
    return client


def _moment(value: object, zone: ZoneInfo) -> datetime | None:
    """A time as `d.m.Y H:i:s` in the server's zone; None, which means at once, for everything else."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    day, month, year, hour, minute, second = map(int, found.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= 1970 else None


def _offset_minutes(value: object, phone: str) -> int | None:
    """Hours from UTC as minutes. 0 stands for the server's own zone, and is given back as 0."""
    if value is None or value == "":
        return None
    written = "" if isinstance(value, bool | dict | list) else php.text(value, "TimeOffset").strip()
    minutes = Fraction(written) * 60 if _OFFSET.fullmatch(written) else None
    if minutes is None or minutes.denominator != 1 or not _EARLIEST_OFFSET * 60 <= minutes <= _LATEST_OFFSET * 60:
        raise NumberRefused(
            f"Invalid TimeOffset for phone {phone}: hours from {_EARLIEST_OFFSET} to {_LATEST_OFFSET}"
            " in whole minutes are wanted",
            phone,
        )
    return minutes.numerator


def _variables(params: object) -> dict[str, str]:
    """The scalar members of `params`: what `<key>` in a text stands for."""
    members: dict[str, Any] = {}
    if isinstance(params, dict):
        members = params
    elif isinstance(params, list):
        members = {str(index): member for index, member in enumerate(params)}
    return {name: php.text(member, name) for name, member in members.items() if not isinstance(member, dict | list)}
