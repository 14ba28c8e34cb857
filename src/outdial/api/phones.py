"""Phones as callers write them: their digits with the country's code, and the clock of whoever they belong to."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

FEWEST_DIGITS = 11
"""A phone has its country's code: a shorter one may have lost a digit, and would ring at somebody else's."""
_RUSSIAN = re.compile(r"[78][0-9]{10}")
_WRITTEN = re.compile(r"\+?[0-9\s().\-\u2010-\u2015\u00a0]+")
_PUNCTUATION = re.compile(r"[^0-9]")


def phone_digits(written: str) -> str | None:
    """A phone as its digits with the country's code; None for what is none.

    Eleven digits that begin with 7 or 8 are Russian; others begin with their country's code. Whether a number is in use is
    not asked.
    """
    text = written.strip()
    if not _WRITTEN.fullmatch(text):
        return None
    digits = _PUNCTUATION.sub("", text)
    if _RUSSIAN.fullmatch(digits) and (digits[0] == "7" or not text.startswith("+")):
        return "7" + digits[1:]
    if len(digits) < FEWEST_DIGITS:
        return None
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return None
    return digits if phonenumbers.is_possible_number(number) else None


def offset_minutes(digits: str, at: datetime) -> int | None:
    """How far the clock of a phone is from UTC at a moment; None where that is not known, because its number may belong to
    several clocks."""
    found = {_offset(zone, at) for zone in timezone.time_zones_for_number(phonenumbers.parse("+" + digits))}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=1024)
def _offset(zone: str, at: datetime) -> int | None:
    try:
        offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):  # among them the name that stands for an unknown zone
        return None
    return None if offset is None else round(offset.total_seconds() / 60)
