"""What a grammar listens for: the phrases that are expected, and beside them everyday words of the language that nobody
asked for. A recogniser that may only choose among the expected hears one of them in every cough; of one that writes down
whatever it hears, what was expected is picked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

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


def meant(text: str, asked: Mapping[tuple[str, ...], str]) -> str:
    """The phrase of `asked` that a text is, said once or several times over; empty when it is none, or more than one."""
    words = words_of(text)
    for each, phrase in asked.items():
        if len(words) % len(each) == 0 and words and words == each * (len(words) // len(each)):
            return phrase
    return ""


def model_of(models: Mapping[str, str], language: str) -> str:
    """Which of the models, by language, is for this one: its own, or one for the language without a country; else empty."""
    own = {code.lower().replace("_", "-"): model for code, model in models.items()}
    code = language.lower().replace("_", "-")
    return own.get(code) or own.get(code.partition("-")[0]) or ""
