"""Speech into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an answer is listened for, and when it is over."""

    language: str
    """A code such as ru-RU."""
    expected: tuple[str, ...] = ()
    """Words and phrases that are worth hearing; empty: anything."""
    pause_seconds: float = 0.5
    longest_seconds: float = 15.0
    besides: bool = False
    """Anything besides what is expected is worth hearing too."""

    @property
    def sought(self) -> tuple[str, ...]:
        """What an engine looks for that can write down whatever it hears: nothing in particular where anything is worth
        hearing. One that cannot has to do with what is expected."""
        return () if self.besides else self.expected


@dataclass(frozen=True, slots=True)
class Understood:
    """What was said; an empty `text` was not understood."""

    text: str
    confidence: float = 0.0
    """From 0 to 1."""
    alternatives: tuple[str, ...] = ()
    """What else it may have been, the likeliest first."""
    silence_seconds: float = 0.0
    """How long ago the speaker fell silent."""


class Hearing(Protocol):
    """One question under way. It takes sound as it comes, never waits, and never raises."""

    def feed(self, sound: bytes) -> None:
        """The next piece of the line: 8 kHz, mono, 16 bit, little endian, in pieces of any length."""

    def close(self) -> None:
        """Nobody wants the answer any more; nothing is told from here on. A second time does nothing."""


class Recogniser(Protocol):
    """Understands what is said on a line.

    Of each hearing `began` is called once, when somebody starts to speak, and after it `heard` once: when they have been
    silent for `pause_seconds`, or have spoken for `longest_seconds`. Who says nothing is told nothing of. Both are called on
    the event loop that opened the hearing, after `feed` has returned or out of it. What is not worth hearing is best not
    understood. An engine that fails, falls behind, or cannot speak the language gives an empty `text`; the caller's callee
    can be asked again. However slow the engine, what waits for it is bounded.
    """

    def open(self, question: Question, began: Callable[[], None], heard: Callable[[Understood], None]) -> Hearing:
        """Begin to hear."""
