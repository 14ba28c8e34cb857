"""Something to hear: pieces of text with slots for variables, and recordings.

A text is parsed once, where it comes in, into literal parts and slots; filling a slot puts a value in and interprets
nothing, so no caller's text is ever executed. What speaks the words is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_VALUE = 500
"""Characters of one variable that are spoken; the rest is dropped."""
LONGEST_TEXT = 5000
"""Characters of one filled text that are spoken; the rest is dropped."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a variable fills; an unknown variable leaves it empty."""

    name: str
    spell_digits: bool = False
    """Speak a value made of digits alone one by one: 123 as 1 2 3."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words to synthesise. `language` is a code such as ru-RU; an empty `voice` is the language's own default."""

    parts: tuple[str | Slot, ...]
    language: str
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """A prepared sound, by the name it has in the tenant's audio."""

    name: str


Prompt = tuple[Text | Recording, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A text with every slot filled. `personal` words hold some callee's variables and are not kept for long."""

    text: str
    language: str
    voice: str
    personal: bool


Filled = tuple[Words | Recording, ...]


def fill(prompt: Prompt, variables: Mapping[str, str]) -> Filled:
    """Put the variables into their slots."""
    return tuple(_fill_text(piece, variables) if isinstance(piece, Text) else piece for piece in prompt)


def is_heard(filled: Filled) -> bool:
    """Whether there is anything to hear in a prompt."""
    return any(isinstance(piece, Recording) or piece.text.strip() for piece in filled)


def _fill_text(text: Text, variables: Mapping[str, str]) -> Words:
    filled = "".join(part if isinstance(part, str) else _value(part, variables) for part in text.parts)
    personal = any(isinstance(part, Slot) and part.name in variables for part in text.parts)
    return Words(filled[:LONGEST_TEXT], text.language, text.voice, personal)


def _value(slot: Slot, variables: Mapping[str, str]) -> str:
    value = variables.get(slot.name, "")[:LONGEST_VALUE]
    return " ".join(value) if slot.spell_digits and value.isdecimal() else value
