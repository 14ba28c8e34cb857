"""Days as they are said, in Russian and English: by date, by weekday, by how far away they are.

Which day today is comes from outside. A date without a year is the next one of its kind; a weekday without more is the next
one after today. Two different days in one answer are none: nobody knows which was meant.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from outdial.core.intents.numbers import Number, numbers_in
from outdial.core.intents.words import LONGEST_HEARD, NEGATIONS, Words, listed, words_of

_MONTHS = {
    form: month
    for month, forms in enumerate(
        (
            "январь января январе january jan",
            "февраль февраля феврале february feb",
            "март марта марте march mar",
            "апрель апреля апреле april apr",
            "май мая мае may",
            "июнь июня июне june jun",
            "июль июля июле july jul",
            "август августа августе august aug",
            "сентябрь сентября сентябре september sep sept",
            "октябрь октября октябре october oct",
            "ноябрь ноября ноябре november nov",
            "декабрь декабря декабре december dec",
        ),
        start=1,
    )
    for form in forms.split()
}
_WEEKDAYS = {
    form: weekday
    for weekday, forms in enumerate(
        (
            "понедельник понедельника понедельнику monday mon",
            "вторник вторника вторнику tuesday tue",
            "среда среду среды среде wednesday wed",
            "четверг четверга четвергу thursday thu",
            "пятница пятницу пятницы пятнице friday fri",
            "суббота субботу субботы субботе saturday sat",
            "воскресенье воскресенья воскресенью sunday",
        )
    )
    for form in forms.split()
}
_NEXT = frozenset(listed("следующий следующую следующее следующего следующей next"))
_AWAY = {
    ("позавчера",): -2,
    ("вчера",): -1,
    ("yesterday",): -1,
    ("сегодня",): 0,
    ("today",): 0,
    ("завтра",): 1,
    ("tomorrow",): 1,
    ("послезавтра",): 2,
    ("day", "after", "tomorrow"): 2,
    ("через", "день"): 1,
    ("через", "неделю"): 7,
    ("in", "a", "week"): 7,
    ("week", "from", "now"): 7,
    ("week", "from", "today"): 7,
}
_DAYS = frozenset(listed("день дня дней day days"))
_WEEKS = frozenset(listed("неделя неделю недели недель week weeks"))
_AHEAD = frozenset(("через", "in"))
_BETWEEN = frozenset(["of", "the", "числа", "число"])
_YEAR = frozenset(["года", "год", "году"])
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_NEXT_OF_ITS_KIND_YEARS = 8
"""In so many years every date of the calendar comes round."""

_WRITTEN = re.compile(r"(?<![\d.])(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?)(?![\d])")


def date_in(text: str, today: date) -> date | None:
    """The one day that was said; None where there is none, or more than one."""
    written = {_written(found, today) for found in _WRITTEN.finditer(text[:LONGEST_HEARD])}
    words = words_of(text)
    named = written or set(_by_month(words, today))
    days = named or {*_away(words, today), *_weekdays(words, today)} or set(_by_day_alone(words, today))
    return next(iter(days)) if len(days) == 1 else None


def _written(found: re.Match[str], today: date) -> date | None:
    year, month, day, first, second, written_year = found.groups()
    if year:
        return _day(int(year), int(month), int(day))
    full = None if written_year is None else int(written_year) + (2000 if len(written_year) == 2 else 0)
    by_day = _of_year(full, int(second), int(first), today)
    return by_day or _of_year(full, int(first), int(second), today)


def _by_month(words: Words, today: date) -> Iterator[date | None]:
    numbers = list(numbers_in(words))
    for at, word in enumerate(words):
        month = _MONTHS.get(word)
        if month is None:
            continue
        before = next((one for one in numbers if _next_to(words, one.end, at)), None)
        after = [one for one in numbers if one.start > at]
        if before is None and after and _next_to(words, at + 1, after[0].start):
            before = after.pop(0)
        if before is not None:
            start = min(before.start, at)
            if not _negated(words, start):
                yield _of_year(_year(words, after), month, before.value, today)


def _next_to(words: Words, end: int, start: int) -> bool:
    return end <= start and all(word in _BETWEEN for word in words[end:start])


def _year(words: Words, numbers: Sequence[Number]) -> int | None:
    """The year among what follows a day and its month: in full, by its halves, or short with the word for it."""
    if not numbers:
        return None
    first = numbers[0]
    if len(numbers) > 1 and first.value in range(19, 22) and numbers[1].start == first.end and numbers[1].value < 100:
        return first.value * 100 + numbers[1].value
    if _FIRST_YEAR <= first.value <= _LAST_YEAR:
        return first.value
    return 2000 + first.value if first.value < 100 and words[first.end : first.end + 1][:1] in _YEARS else None


_YEARS = frozenset((word,) for word in _YEAR)


def _away(words: Words, today: date) -> Iterator[date]:
    for phrase, days in _AWAY.items():
        for at in _places(phrase, words):
            longer = phrase == ("tomorrow",) and words[max(0, at - 2) : at] == ("day", "after")
            if not (longer or _negated(words, at)):
                yield today + timedelta(days)
    for number in numbers_in(words):
        counted = words[number.end : number.end + 1]
        if number.start and words[number.start - 1] in _AHEAD and counted and number.value < 1000:
            if counted[0] in _DAYS:
                yield today + timedelta(number.value)
            elif counted[0] in _WEEKS:
                yield today + timedelta(7 * number.value)


def _weekdays(words: Words, today: date) -> Iterator[date]:
    for at, word in enumerate(words):
        weekday = _WEEKDAYS.get(word)
        if weekday is None or _negated(words, at):
            continue
        if at and words[at - 1] in _NEXT:
            yield today + timedelta(7 - today.weekday() + weekday)
        else:
            yield today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _by_day_alone(words: Words, today: date) -> Iterator[date | None]:
    """A day of this month, or of the next one that has it."""
    for number in numbers_in(words):
        named = number.ordinal or words[number.end : number.end + 1] in (("числа",), ("число",))
        if not named or not 1 <= number.value <= 31 or _negated(words, number.start):
            continue
        for ahead in range(12):
            month = today.month - 1 + ahead
            made = _day(today.year + month // 12, month % 12 + 1, number.value)
            if made is not None and made >= today:
                yield made
                break


def _of_year(year: int | None, month: int, day: int, today: date) -> date | None:
    if year is not None:
        return _day(year, month, day)
    days = (_day(today.year + ahead, month, day) for ahead in range(_NEXT_OF_ITS_KIND_YEARS + 1))
    return next((one for one in days if one is not None and one >= today), None)


def _day(year: int, month: int, day: int) -> date | None:
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)


def _places(phrase: Words, words: Words) -> list[int]:
    length = len(phrase)
    return [at for at in range(len(words) - length + 1) if words[at : at + length] == phrase]


def _negated(words: Words, at: int) -> bool:
    """`не завтра`, `не в понедельник`."""
    return any(word in NEGATIONS for word in words[max(0, at - 2) : at])
