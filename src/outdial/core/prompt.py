"""Something to hear: pieces of text with slots for variables, and recordings.

A text is parsed once, where it comes in, into literal parts and slots; filling a slot puts a value in and interprets
nothing, so no caller's text is ever executed. What speaks the words is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LONGEST_VALUE = 500
"""Characters of one variable that are spoken; the rest is dropped."""
LONGEST_TEXT = 5000
"""Characters of one filled text that are spoken; the rest is dropped."""


class Kind(StrEnum):
    """What a slot holds, and so how it is spoken."""

    TEXT = "text"
    """As it stands."""
    DIGITS = "digits"
    """A value made of digits alone one by one: 123 as 1 2 3."""
    MONEY = "money"
    DATE = "date"
    NUMBER = "number"


WORDED = frozenset({Kind.MONEY, Kind.DATE, Kind.NUMBER})
"""Kinds whose values are put into words of their language by somebody else, and kept under `worded`."""


def worded(name: str, kind: Kind) -> str:
    """The variable that holds the words of another one's value."""
    return f"{name} as {kind.value}"


def is_worded(name: str) -> bool:
    """Whether a variable of this name holds the words of another one's value."""
    return name.rpartition(" as ")[2] in WORDED and " as " in name


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a variable fills; an unknown variable leaves it to `otherwise`."""

    name: str
    kind: Kind = Kind.TEXT
    """A value of a kind in WORDED is spoken by its words, where somebody made them, else as it stands."""
    otherwise: str = ""
    longest: int = LONGEST_VALUE
    """Characters of the value that are spoken; the rest is dropped."""


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


def written(filled: Filled) -> str:
    """A prompt as it is written down: its words, and its recordings by their names."""
    return " ".join(f"[{piece.name}]" if isinstance(piece, Recording) else piece.text.strip() for piece in filled)


def is_heard(filled: Filled) -> bool:
    """Whether there is anything to hear in a prompt."""
    return any(isinstance(piece, Recording) or piece.text.strip() for piece in filled)


def _fill_text(text: Text, variables: Mapping[str, str]) -> Words:
    filled = "".join(part if isinstance(part, str) else _value(part, variables) for part in text.parts)
    personal = any(isinstance(part, Slot) and part.name in variables for part in text.parts)
    return Words(filled[:LONGEST_TEXT], text.language, text.voice, personal)


def _value(slot: Slot, variables: Mapping[str, str]) -> str:
    value = variables.get(slot.name, slot.otherwise)
    if slot.kind in WORDED:
        value = variables.get(worded(slot.name, slot.kind), value)
    value = value[: slot.longest]
    return " ".join(value) if slot.kind is Kind.DIGITS and value.isdecimal() else value
