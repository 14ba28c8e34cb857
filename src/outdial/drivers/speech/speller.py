"""Puts sums, dates and numbers into words, in Russian with the right cases and genders, and in English. In other languages
they stay as they stand, and the voice reads them.

A value that is not what it should be is tried as the other kinds, and stays as it stands when it is none of them: a callee
hears it then as the voice reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from num2words import num2words

from outdial.core.prompt import Kind

LONGEST_DIGITS = 15
"""Digits of a number that is still said in words."""
_LANGUAGES = ("ru", "en")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_GAPS = re.compile(r"[\s\u00a0\u202f']")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ].*)?")
_DOTTED = re.compile(r"(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4}|\d{2})")
_RUSSIAN_MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Speller:
    """Implements `outdial.ports.Speller`."""

    def words(self, kind: Kind, value: str, language: str) -> str:
        text = value.strip()
        lang = language.strip().lower().replace("_", "-").partition("-")[0] or "ru"
        for way in _WAYS.get(kind, ()) if lang in _LANGUAGES else ():
            said = way(text, lang)
            if said is not None:
                return said
        return text


def _money(text: str, lang: str) -> str | None:
    """Roubles and kopecks, rounded half up to the kopeck."""
    amount = _decimal(text)
    if amount is None:
        return None
    separator = " and" if lang == "en" else ""
    said: str = num2words(
        amount.quantize(Decimal("0.01"), "ROUND_HALF_UP"), lang=lang, to="currency", currency="RUB", separator=separator
    )
    return said


def _number(text: str, lang: str) -> str | None:
    amount = _decimal(text)
    if amount is None:
        return None
    said: str = num2words(int(amount) if amount == amount.to_integral_value() else amount.normalize(), lang=lang)
    return said


def _date(text: str, lang: str) -> str | None:
    found = _ISO.fullmatch(text) or _DOTTED.fullmatch(text)
    if found is None:
        return None
    year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
    try:
        day = date(year, int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    if lang == "en":
        ordinal = num2words(day.day, lang="en", to="ordinal")
        return f"{_ENGLISH_MONTHS[day.month - 1]} {ordinal}, {num2words(day.year, lang='en', to='year')}"
    ordinal = num2words(day.day, lang="ru", to="ordinal", gender="n")
    in_year = num2words(day.year, lang="ru", to="ordinal", case="g")
    return f"{ordinal} {_RUSSIAN_MONTHS[day.month - 1]} {in_year} года"


def _decimal(text: str) -> Decimal | None:
    """A number as people write it: gaps between thousands, comma or point."""
    plain = _GAPS.sub("", text)
    if not _NUMBER.fullmatch(plain) or len(plain) > LONGEST_DIGITS:
        return None
    try:
        return Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None


_WAYS: dict[Kind, tuple[Callable[[str, str], str | None], ...]] = {
    Kind.MONEY: (_money, _date),
    Kind.DATE: (_date, _number),
    Kind.NUMBER: (_number, _date),
}
