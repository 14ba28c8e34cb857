"""The child's side of `streams`: keeps an ear of a library for each utterance until it is over, and picks what was expected
out of what was said. It knows no library.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from outdial.drivers.recognition import grammar
from outdial.drivers.recognition.grammar import Rule

Asked = Mapping[tuple[str, ...], str]
"""What is expected, by its words; empty: anything."""

MOST_EARS = 256
"""Utterances that are kept; one more, and the oldest, whom everybody has forgotten, goes."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that may have been said."""

    text: str
    confidence: float
    """From 0 to 1."""


class Ear(Protocol):
    """A library on one utterance."""

    @property
    def rule(self) -> Rule:
        """How what it says is compared with what is expected."""

    def hear(self, sound: bytes) -> None:
        """More of it: 8 kHz, mono, 16 bit."""

    def guesses(self) -> Sequence[Guess]:
        """That was all: what was said, the likeliest first. Called once."""


Listen = Callable[[str, Asked], Ear | None]
"""An ear for an utterance in a language that answers what is asked; None: there is no model of the language."""


class Hearing:
    """The utterances that a child hears."""

    def __init__(self, listen: Listen) -> None:
        self._listen = listen
        self._ears: OrderedDict[int, tuple[Ear | None, Asked]] = OrderedDict()

    def answer(self, head: Mapping[str, Any], sound: bytes) -> Mapping[str, Any]:
        """Take a piece of an utterance; with `over`, what it was: one of what is `expected`, where anything is."""
        number = head["utterance"]
        if head.get("dropped"):
            self._ears.pop(number, None)
            return {}
        if "language" in head:
            phrases = grammar.phrases(head["expected"])
            self._ears[number] = (self._listen(head["language"], phrases), phrases)
            if len(self._ears) > MOST_EARS:
                self._ears.popitem(last=False)
        if number not in self._ears:
            return {"failed": "fallen"}  # it began at the child before this one
        ear, asked = self._ears[number]
        if head.get("over"):
            del self._ears[number]
        if ear is None:
            return {"failed": "language"}
        if sound:
            ear.hear(sound)
        if not head.get("over"):
            return {}
        return picked(ear.guesses(), asked, ear.rule)


def picked(guesses: Sequence[Guess], asked: Asked, rule: Rule) -> dict[str, Any]:
    """The likeliest guess, where it is something that was asked for, or anything may be said; and the others that are."""
    meant = [grammar.meant(each.text, asked, rule) if asked else " ".join(each.text.split()) for each in guesses]
    text = meant[0] if meant else ""
    # Two guesses may be the same phrase: one said it twice.
    confidence = sum(each.confidence for each, phrase in zip(guesses, meant, strict=True) if phrase == text)
    others = dict.fromkeys(phrase for phrase in meant if phrase and phrase != text)
    return {"text": text, "confidence": round(min(1.0, confidence), 3) if text else 0.0, "alternatives": list(others)}


def joined(parts: Sequence[Sequence[Guess]]) -> list[Guess]:
    """Parts of an utterance in one: the likeliest of each, and for what else it may be, one part at a time is another."""
    spoken = [part for part in parts if any(each.text for each in part)]
    if not spoken:
        return []
    likeliest = tuple(part[0] for part in spoken)
    others = [
        (*likeliest[:place], each, *likeliest[place + 1 :]) for place, part in enumerate(spoken) for each in part[1:]
    ]
    return [
        Guess(" ".join(each.text for each in whole if each.text), math.prod(each.confidence for each in whole))
        for whole in (likeliest, *others)
    ]
