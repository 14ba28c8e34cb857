"""Whole numbers as they are said, in words of Russian and English and in digits.

`двадцать пять`, `twenty five` and `25` are the same number. Digits that are said one by one are put together: `один два три`
is 123 and `ноль семь` is 07. Several numbers side by side are no number: nobody knows which was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from outdial.core.intents.words import NEGATIONS, Words

LARGEST = 999_999_999_999

_THOUSAND, _MILLION, _MILLIARD = 1000, 1_000_000, 1_000_000_000


@dataclass(frozen=True, slots=True)
class Number:
    """A number among words: from `start` to before `end`."""

    value: int
    digits: str
    """As it is written; leading zeros that were said are there."""
    start: int
    end: int
    ordinal: bool = False
    """Whether it says which one and not how many."""


def _table(listed: str) -> dict[str, int]:
    """Lines of a number and its forms."""
    made: dict[str, int] = {}
    for line in listed.strip().splitlines():
        value, *forms = line.split()
        made |= dict.fromkeys(forms, int(value))
    return made


_CARDINALS = _table(
    """
    0 ноль нуль ноля нуля нолю нулю zero
    1 один одна одно одного одной одну одному одним одном one
    2 два две двух двум двумя two
    3 три трех трем тремя three
    4 четыре четырех четырем четырьмя four
    5 пять пяти пятью five
    6 шесть шести шестью six
    7 семь семи семью seven
    8 восемь восьми восемью восьмью eight
    9 девять девяти девятью nine
    10 десять десяти десятью ten
    11 одиннадцать одиннадцати одиннадцатью eleven
    12 двенадцать двенадцати двенадцатью twelve
    13 тринадцать тринадцати тринадцатью thirteen
    14 четырнадцать четырнадцати четырнадцатью fourteen
    15 пятнадцать пятнадцати пятнадцатью fifteen
    16 шестнадцать шестнадцати шестнадцатью sixteen
    17 семнадцать семнадцати семнадцатью seventeen
    18 восемнадцать восемнадцати восемнадцатью eighteen
    19 девятнадцать девятнадцати девятнадцатью nineteen
    20 двадцать двадцати двадцатью twenty
    30 тридцать тридцати тридцатью thirty
    40 сорок сорока forty fourty
    50 пятьдесят пятидесяти пятьюдесятью fifty
    60 шестьдесят шестидесяти шестьюдесятью sixty
    70 семьдесят семидесяти семьюдесятью seventy
    80 восемьдесят восьмидесяти восемьюдесятью eighty
    90 девяносто девяноста ninety
    100 сто ста
    200 двести двухсот двумстам
    300 триста трехсот тремстам
    400 четыреста четырехсот
    500 пятьсот пятисот
    600 шестьсот шестисот
    700 семьсот семисот
    800 восемьсот восьмисот
    900 девятьсот девятисот
    """
)
_SCALES = _table(
    """
    1000 тысяча тысячи тысяч тысячу тысячей тысячам тыща тыщи тыщ thousand thousands
    1000000 миллион миллиона миллионов million millions
    1000000000 миллиард миллиарда миллиардов billion billions
    """
)
_HUNDRED = frozenset({"hundred", "hundreds"})
_ENGLISH_ORDINALS = _table(
    """
    1 first
    2 second
    3 third
    4 fourth
    5 fifth
    6 sixth
    7 seventh
    8 eighth
    9 ninth
    10 tenth
    11 eleventh
    12 twelfth
    13 thirteenth
    14 fourteenth
    15 fifteenth
    16 sixteenth
    17 seventeenth
    18 eighteenth
    19 nineteenth
    20 twentieth
    30 thirtieth
    """
)
_RUSSIAN_ORDINALS = _table(
    """
    1 перв
    2 втор
    3 треть
    4 четверт
    5 пят
    6 шест
    7 седьм
    8 восьм
    9 девят
    10 десят
    11 одиннадцат
    12 двенадцат
    13 тринадцат
    14 четырнадцат
    15 пятнадцат
    16 шестнадцат
    17 семнадцат
    18 восемнадцат
    19 девятнадцат
    20 двадцат
    30 тридцат
    40 сороков
    50 пятидесят
    60 шестидесят
    70 семидесят
    80 восьмидесят
    90 девяност
    """
)
_ORDINAL_ENDINGS = ("ый", "ой", "ое", "ого", "ому", "ым", "ом", "ая", "ую")
_ORDINALS: Mapping[str, int] = {
    **_ENGLISH_ORDINALS,
    **{stem + ending: value for stem, value in _RUSSIAN_ORDINALS.items() for ending in _ORDINAL_ENDINGS},
    **dict.fromkeys(("третий", "третье", "третьего", "третьему", "третьим", "третьем", "третья", "третью"), 3),
}
_ORDINAL_DIGITS = re.compile(r"([0-9]{1,9})(st|nd|rd|th|го|ого|е|ое|й|му)")
_ENDINGS_OF_DIGITS = frozenset({"го", "ого", "е", "ое", "й", "му"})
_DIGITS = re.compile(r"[0-9]{1,12}")


def number_in(words: Words) -> Number | None:
    """The one number that was said; several digits in a row are one. None where there is no number, or more than one."""
    found = list(numbers_in(words))
    if len(found) > 1:
        adjacent = all(one.end == after.start for one, after in zip(found, found[1:], strict=False))
        if not adjacent or any(len(one.digits) > 1 for one in found):
            return None
        digits = "".join(one.digits for one in found)
        if int(digits) > LARGEST:
            return None
        found = [Number(int(digits), digits, found[0].start, found[-1].end)]
    if not found or any(word in NEGATIONS for word in words[max(0, found[0].start - 1) : found[0].start]):
        return None
    return found[0]


def numbers_in(words: Words) -> Iterator[Number]:
    """Every number among words, from left to right."""
    at = 0
    while at < len(words):
        made = _Sum(words, at).number()
        if made is None:
            at += 1
        else:
            yield made
            at = made.end


class _Sum:
    """One number, read word by word as long as the next one can belong to it: what is added is always smaller than what
    the last word left open."""

    def __init__(self, words: Words, start: int) -> None:
        self._words = words
        self._start = start
        self._at = start
        self._total = 0
        self._scale = LARGEST + 1
        self._part: int | None = None
        """What was said since the last scale; None: nothing."""
        self._room = _THOUSAND
        """What is added to the part has to be below this."""
        self._digits = ""
        self._ordinal = False

    def number(self) -> Number | None:
        while self._at < len(self._words) and not self._ordinal and self._take(self._words[self._at]):
            self._at += 1
        if self._at == self._start:
            return None
        if self._words[self._at - 1] == "and":
            self._at -= 1
        value = self._total + (self._part or 0)
        if value > LARGEST:
            return None
        alone = self._at == self._start + 1 and self._digits
        return Number(value, self._digits if alone else str(value), self._start, self._at, self._ordinal)

    def _take(self, word: str) -> bool:
        if word == "and":
            return self._at > self._start and self._and_goes_on()
        if word in _HUNDRED:
            return self._hundred()
        if word in _SCALES:
            return self._scaled(_SCALES[word])
        if word in _CARDINALS:
            return self._add(_CARDINALS[word])
        if word in _ORDINALS:
            self._ordinal = self._add(_ORDINALS[word])
            return self._ordinal
        return self._figures(word)

    def _and_goes_on(self) -> bool:
        """Whether `and` is inside a number, as in `two hundred and five`: after a hundred or a scale, before a number below
        it."""
        after = self._words[self._at + 1] if self._at + 1 < len(self._words) else ""
        value = _CARDINALS.get(after, _ORDINALS.get(after))
        open_ended = self._part is None or (self._part > 0 and self._part % 100 == 0)
        return value is not None and 0 < value < self._room and value < 100 and open_ended

    def _add(self, value: int) -> bool:
        fits = self._part is None or 0 < value < self._room
        if not fits or (value == 0 and self._at > self._start):
            return False
        self._part = (self._part or 0) + value
        self._room = _room_after(value)
        return True

    def _hundred(self) -> bool:
        if self._part is not None and not 1 <= self._part < 100:
            return False
        self._part = (1 if self._part is None else self._part) * 100
        self._room = 100
        return True

    def _scaled(self, scale: int) -> bool:
        if scale >= self._scale or self._part == 0 or (self._part is None and self._at > self._start):
            return False
        self._total += (1 if self._part is None else self._part) * scale
        self._scale, self._part, self._room, self._digits = scale, None, _THOUSAND, ""
        return True

    def _figures(self, word: str) -> bool:
        ordinal = _ORDINAL_DIGITS.fullmatch(word)
        if not (ordinal or _DIGITS.fullmatch(word)):
            return self._ending_of_figures(word)
        digits = ordinal[1] if ordinal else word
        if self._part is not None or int(digits) >= self._scale:
            return False
        self._part, self._digits, self._room = int(digits), digits, 0
        self._ordinal = ordinal is not None
        return True

    def _ending_of_figures(self, word: str) -> bool:
        """`25-го` falls apart into the digits and their ending."""
        if word not in _ENDINGS_OF_DIGITS or not self._digits or self._words[self._at - 1] != self._digits:
            return False
        self._ordinal = True
        return True


def _room_after(value: int) -> int:
    """What can be added to a number that ends with this word: units to tens, both to hundreds, nothing to units."""
    if value >= 100:
        return 100
    return 10 if value >= 20 else 0
