"""What a grammar listens for: the phrases that are expected, and beside them everyday words of the language that nobody
asked for. A recogniser that may only choose among the expected hears one of them in every cough; of one that writes down
whatever it hears, what was expected is picked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import assert_never

LONGEST_PHRASE_WORDS = 12
MOST_PHRASES = 300

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_UNASKED: Mapping[str, tuple[str, ...]] = {
    "ru": (
        "алло", "слушаю", "слушаю вас", "кто это", "как", "не знаю", "не понял", "минутку", "перезвоните",
        "перезвоните позже", "мне неудобно", "не интересно", "здравствуйте", "добрый день", "до свидания", "спасибо",
        "пожалуйста", "оператор", "говорите", "какой вопрос", "по какому вопросу", "не надо", "хорошо", "наверное",
        "ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "да", "нет",
        "позовите оператора", "у меня нет времени", "после обеда", "завтра",
    ),
    "en": (
        "hello", "who is this", "i don't know", "i don't understand", "wait a minute", "call me later",
        "call me tomorrow", "not interested", "goodbye", "thank you", "operator", "speak up", "maybe", "okay",
        "what do you want", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "yes", "no",
        "i am busy", "tomorrow afternoon",
    ),
}  # fmt: skip


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase in lower case, without punctuation."""
    return tuple(_WORD.findall(phrase.casefold().replace("ё", "е")))


def phrases(expected: Iterable[str]) -> dict[tuple[str, ...], str]:
    """What is expected, by its words; what is no phrase, or too long to be said in one breath, is left out."""
    found: dict[tuple[str, ...], str] = {}
    for each in expected:
        words = words_of(each)
        if words and len(words) <= LONGEST_PHRASE_WORDS and len(found) < MOST_PHRASES:
            found.setdefault(words, each)
    return found


def unasked(language: str, expected: Mapping[tuple[str, ...], str]) -> list[tuple[str, ...]]:
    """Everyday phrases of a language that are not among the expected."""
    everyday = map(words_of, _UNASKED.get(language.partition("-")[0].lower(), ()))
    return [words for words in everyday if words not in expected]


def jsgf(sequences: Sequence[tuple[float, Sequence[str]]]) -> str:
    """A grammar in which exactly one of these sequences of dictionary entries is said; each with its weight."""
    alternatives = (f"/{weight:.1f}/ {' '.join(entries)}" for weight, entries in sequences)
    return f"#JSGF V1.0; grammar g; public <g> = {' | '.join(alternatives)};"


class Rule(Enum):
    """How a text that was heard is compared with what was expected."""

    ONE = auto()
    """It is one of the phrases, said once or several times over: whoever may only choose among them makes any noise a row of
    them."""
    SEVERAL = auto()
    """It is made of the phrases and nothing else: whoever may also choose "none of them" can tell a row from a noise."""
    AMONG = auto()
    """A phrase is somewhere in it: of a dictation, the words beside it are worth having."""


def meant(text: str, asked: Mapping[tuple[str, ...], str], rule: Rule) -> str:
    """What was heard, as far as it is what is asked for: a phrase as it was expected, or the text; else empty."""
    words = words_of(text)
    for each, phrase in asked.items():
        if words and len(words) % len(each) == 0 and words == each * (len(words) // len(each)):
            return phrase
    match rule:
        case Rule.ONE:
            fits = False
        case Rule.SEVERAL:
            fits = bool(words) and _made_of(words, asked)
        case Rule.AMONG:
            fits = any(each == words[at : at + len(each)] for each in asked for at in range(len(words)))
        case _:
            assert_never(rule)
    return " ".join(text.split()) if fits else ""


def _made_of(words: tuple[str, ...], asked: Mapping[tuple[str, ...], str]) -> bool:
    reached = {0}
    for at in range(len(words)):
        if at in reached:
            reached |= {at + len(each) for each in asked if words[at : at + len(each)] == each}
    return len(words) in reached


def model_of(models: Mapping[str, str], language: str) -> str:
    """Which of the models, by language, is for this one: its own, or one for the language without a country; else empty."""
    own = {code.lower().replace("_", "-"): model for code, model in models.items()}
    code = language.lower().replace("_", "-")
    return own.get(code) or own.get(code.partition("-")[0]) or ""
