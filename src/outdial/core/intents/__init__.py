"""What a callee may mean by an answer, and whether what was heard means it.

Pure and small on purpose: short answers to a question that was just asked. Whatever is doubtful is not understood, and the
question is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import assert_never

from outdial.core.intents import spoken
from outdial.core.intents.consent import consents, forms
from outdial.core.intents.dates import date_in
from outdial.core.intents.numbers import LARGEST, number_in
from outdial.core.intents.words import says, words_of

YES, NO = "yes", "no"
"""The values of consent and refusal."""


class Meaning(StrEnum):
    """What kind of answer is listened for."""

    PHRASES = "phrases"
    """Any of some words and phrases, whatever else is said beside."""
    CONSENT = "consent"
    REFUSAL = "refusal"
    NUMBER = "number"
    DATE = "date"
    ANYTHING = "anything"
    """Whatever was understood."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An answer that is listened for."""

    meaning: Meaning
    phrases: tuple[str, ...] = ()
    least: int = 0
    """The least and the greatest number that count as one."""
    most: int = LARGEST


def meant(intent: Intent, text: str, today: date | None) -> str | None:
    """The value of what was heard, as far as it is what is listened for; None when it is not.

    A phrase as it is listed, YES or NO, a number in digits, a day as YYYY-MM-DD, or the text itself. Without knowing what
    day today is no day is understood.
    """
    words = words_of(text)
    match intent.meaning:
        case Meaning.PHRASES:
            return next((phrase for phrase in intent.phrases if says(words_of(phrase), words)), None)
        case Meaning.CONSENT:
            return YES if consents(words) is True else None
        case Meaning.REFUSAL:
            return NO if consents(words) is False else None
        case Meaning.NUMBER:
            number = number_in(words)
            return number.digits if number and intent.least <= number.value <= intent.most else None
        case Meaning.DATE:
            day = None if today is None else date_in(text, today)
            return None if day is None else day.isoformat()
        case Meaning.ANYTHING:
            return text.strip() or None
        case _:
            assert_never(intent.meaning)


@lru_cache(maxsize=1024)
def expected(intents: tuple[Intent, ...], language: str) -> tuple[str, ...]:
    """Words and phrases worth hearing, in lower case; of an answer that may be anything there are none."""
    found: list[str] = []
    for intent in intents:
        match intent.meaning:
            case Meaning.ANYTHING:
                pass
            case Meaning.PHRASES:
                found += [" ".join(words_of(phrase)) for phrase in intent.phrases]
            case Meaning.CONSENT | Meaning.REFUSAL:
                found += forms(consent=intent.meaning is Meaning.CONSENT, language=language)
            case Meaning.NUMBER:
                found += spoken.numbers(intent.least, intent.most, language)
            case Meaning.DATE:
                found += spoken.days(language)
            case _:
                assert_never(intent.meaning)
    return tuple(dict.fromkeys(found))
