"""What is worth hearing where a number or a day is asked for: words and phrases for a recogniser that listens for a few.

Small ranges of numbers are given whole, `двадцать пять` as one phrase; of large ones only the words that they are made of.
"""

from __future__ import annotations

from datetime import date

from outdial.core.intents.words import listed

MOST_IN_FULL = 100
"""Numbers of a range that are given one by one."""
_LARGEST_IN_FULL = 999

_RUSSIAN_UNITS = listed(
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
    "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
_RUSSIAN_TENS = listed("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто")
_RUSSIAN_HUNDREDS = listed("сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот")
_ENGLISH_UNITS = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ENGLISH_TENS = listed("twenty thirty forty fifty sixty seventy eighty ninety")
_RUSSIAN_DAYS = (
    "сегодня завтра послезавтра понедельник вторник среду четверг пятницу субботу воскресенье",
    "первого второго третьего четвертого пятого шестого седьмого восьмого девятого десятого одиннадцатого двенадцатого"
    " тринадцатого четырнадцатого пятнадцатого шестнадцатого семнадцатого восемнадцатого девятнадцатого двадцатого",
    "тридцатого",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
)
_ENGLISH_DAYS = (
    "today tomorrow monday tuesday wednesday thursday friday saturday sunday",
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth twentieth",
    "thirtieth",
    "january february march april may june july august september october november december",
)
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def numbers(least: int, most: int, language: str) -> tuple[str, ...]:
    """What is worth hearing for a number from `least` to `most`."""
    if most - least < MOST_IN_FULL and most <= _LARGEST_IN_FULL:
        return tuple(number(value, language) for value in range(least, most + 1))
    if language.lower().startswith("en"):
        return (*_ENGLISH_UNITS, *_ENGLISH_TENS, "hundred", "thousand")
    return (*_RUSSIAN_UNITS, *_RUSSIAN_TENS, *_RUSSIAN_HUNDREDS, "тысяча", "тысячи", "тысяч")


def number(value: int, language: str) -> str:
    """A number from 0 to 999 in words."""
    english = language.lower().startswith("en")
    units, tens = (_ENGLISH_UNITS, _ENGLISH_TENS) if english else (_RUSSIAN_UNITS, _RUSSIAN_TENS)
    words: list[str] = []
    if value >= 100:
        words += [units[value // 100], "hundred"] if english else [_RUSSIAN_HUNDREDS[value // 100 - 1]]
    rest = value % 100
    if rest >= 20:
        words += [tens[rest // 10 - 2], *([units[rest % 10]] if rest % 10 else [])]
    elif rest or not words:
        words.append(units[rest])
    return " ".join(words)


def day(day: date, language: str) -> str:
    """A day in words, without its year: `двадцать пятого ноября`, `November twenty fifth`."""
    ordinal = _ordinals(language)[day.day - 1]
    if language.lower().startswith("en"):
        return f"{_ENGLISH_DAYS[3].split()[day.month - 1].capitalize()} {ordinal}"
    return f"{ordinal} {_RUSSIAN_DAYS[3].split()[day.month - 1]}"


def days(language: str) -> tuple[str, ...]:
    """What is worth hearing for a day: those near today, weekdays, every day of a month alone and with the month."""
    english = language.lower().startswith("en")
    near, _, _, months = (part.split() for part in (_ENGLISH_DAYS if english else _RUSSIAN_DAYS))
    ordinals = _ordinals(language)
    of_months = [
        f"{month} {day}" if english else f"{day} {month}"
        for month, length in zip(months, _LONGEST_MONTHS, strict=True)
        for day in ordinals[:length]
    ]
    return (*near, *ordinals, *of_months)


def _ordinals(language: str) -> list[str]:
    english = language.lower().startswith("en")
    _, low, thirtieth, _ = (part.split() for part in (_ENGLISH_DAYS if english else _RUSSIAN_DAYS))
    twenty, thirty = ("twenty", "thirty") if english else ("двадцать", "тридцать")
    return [*low, *(f"{twenty} {one}" for one in low[:9]), *thirtieth, f"{thirty} {low[0]}"]
