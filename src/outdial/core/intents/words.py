"""What was said as words that can be compared: without case, punctuation, ё, and mostly without endings; and whether
something was negated. Russian and English; of other languages whole words are compared.

The endings are cut by a list and not by a dictionary: `запись`, `записи` and `записью` are one word, `записать` is another,
and short words are compared as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

Words = tuple[str, ...]


def listed(words: str) -> tuple[str, ...]:
    """Words that are listed in one text."""
    return tuple(words.split())


LONGEST_HEARD = 1000
"""Characters of what was said that are looked at."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_GROUPED = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")

NEGATIONS = frozenset(
    listed(
        "не ни not never dont don't doesn't didn't won't wouldn't can't cannot couldn't shouldn't isn't aren't "
        "wasn't haven't"
    )
)
_NEGATION_REACHES = 2
"""Words after a negation that it takes in: `не очень хочу`."""

_SHORTEST_STEM = 3
_ENDINGS = sorted(
    listed(
        "иями ями ами иях ях ах иям ям ам ием ем ом ией ей ой ий ый ая яя ое ее ые ие ого его ому ему ых их ую юю "
        "ою ею ы и а я о е у ю ь й ов ев ью ьев ть ешь ишь ете ите ут ют ат ят ет ит ал ала ало али ил ила ило или "
        "ел ела ели"
    ),
    key=len,
    reverse=True,
)
_REFLEXIVE = ("ся", "сь")
_ENGLISH_ENDINGS = ("ing", "ed", "es", "s")


def words_of(text: str) -> Words:
    """The words of a text in lower case; words with a dash fall apart."""
    plain = text[:LONGEST_HEARD].casefold().replace("ё", "е").replace("\u2019", "'")
    return tuple(_WORD.findall(_GROUPED.sub("", plain)))


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word without its ending. Words that differ in it alone have the same stem."""
    if len(word) <= _SHORTEST_STEM:
        return word
    if "а" <= word[0] <= "я":
        if word.endswith(_REFLEXIVE) and len(word) > _SHORTEST_STEM + 2:
            word = word[:-2]
        return _cut(word, _ENDINGS)
    return _cut(word, _ENGLISH_ENDINGS)


def _cut(word: str, endings: Sequence[str]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def places(phrase: Words, words: Words) -> list[int]:
    """Where a phrase begins among the words, whatever their endings."""
    wanted, stems = [stem(word) for word in phrase], [stem(word) for word in words]
    length = len(wanted)
    if not length:
        return []
    return [at for at in range(len(stems) - length + 1) if stems[at : at + length] == wanted]


def negated(words: Words, at: int) -> bool:
    """Whether a negation before the word at this place takes it in."""
    return any(word in NEGATIONS for word in words[max(0, at - _NEGATION_REACHES) : at])


def says(phrase: Words, words: Words) -> bool:
    """Whether the words have a phrase in them that is not negated there; `хочу` is not in `не хочу`, `не хочу` is."""
    return any(not negated(words, at) for at in places(phrase, words))
