"""What somebody who answers in a dialogue's place is told: the instructions, what was said so far, and where the dialogue
may go on. Who that is, a language model or a stand-in, is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Speaker(StrEnum):
    """Who said something."""

    OUTDIAL = "outdial"
    CALLEE = "callee"


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of the talk as the assistant is told of it."""

    who: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """A way on that the assistant may take: the key of a block, and when to take it."""

    block: str
    when: str


@dataclass(frozen=True, slots=True)
class Brief:
    """One turn that the assistant is handed."""

    instructions: str
    """As the author of the dialogue wrote them; `{{name}}` in them stands for the variable of that name."""
    language: str
    """A code such as ru-RU."""
    lines: tuple[Line, ...]
    """What was said so far, oldest first."""
    variables: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    most_tokens: int = 200
    longest_seconds: float = 8.0
    """How long the whole answer may take."""
    first_words_seconds: float = 3.0
    """How long its first words may take."""
