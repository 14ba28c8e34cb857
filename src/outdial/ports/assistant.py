"""Somebody who answers in a dialogue's place, such as a language model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from outdial.core.assistant import Brief

NO_ASSISTANT = "no assistant is configured: set OUTDIAL_ASSISTANT_URL and OUTDIAL_ASSISTANT_MODEL"


class Trouble(StrEnum):
    """Why there is no answer, or only a part of one; a stable word, fit for a metric's label."""

    ABSENT = "absent"
    """None is configured."""
    UNREACHABLE = "unreachable"
    """No connection, or it was gone before the answer began."""
    FORBIDDEN = "forbidden"
    """The key is not accepted."""
    THROTTLED = "throttled"
    """A quota is used up."""
    REJECTED = "rejected"
    """The request is not accepted: an unknown model, an address of something else, a setting."""
    UNAVAILABLE = "unavailable"
    """The other side is out of order, as it says itself."""
    SLOW = "slow"
    """The first words did not come in time."""
    STALLED = "stalled"
    """They came, but the rest did not come in time."""
    CUT_OFF = "cut_off"
    """The connection was gone in the middle of the answer."""
    GARBAGE = "garbage"
    """What came is not of the protocol."""
    TOO_LARGE = "too_large"
    """More bytes came than any answer has."""
    TOO_LONG = "too_long"
    """The tokens were used up before the answer was over."""
    REFUSED = "refused"
    """The other side would not answer this, as it says itself."""
    EMPTY = "empty"
    """Neither words nor a way on."""
    NOT_SPEECH = "not_speech"
    """Words that are for a machine, such as the call of a function written as a text."""
    UNKNOWN_PATH = "unknown_path"
    """A way on that the brief does not have."""
    BROKEN_ARGUMENTS = "broken_arguments"
    """A way on with arguments that are no JSON object."""
    MIXED = "mixed"
    """Two ways on, or words after one was taken."""
    OUT_OF_ORDER = "out_of_order"
    """A fault of our own."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to be spoken: plain words on one line, at most `core.sentences.LONGEST_SENTENCE` characters, not empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The way on that is taken: the block of one of the brief's paths."""

    block: str


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer, or no more of it. `detail` is for people, and holds no secret."""

    trouble: Trouble
    detail: str


class Assistant(Protocol):
    """Answers in a dialogue's place. Many answers may be under way at the same time."""

    def answer(self, brief: Brief) -> AsyncGenerator[Sentence | Chosen | Failed]:
        """The answer, as it comes: sentences in their order, each as soon as it is whole, and then at most one `Chosen` or
        `Failed`, after which nothing follows. Without either, the callee is to answer; then there was a sentence.

        The first item comes within `brief.first_words_seconds`, and the last within `brief.longest_seconds`, both real
        ones, or `Failed` does. A sentence that was given is not taken back by a failure after it. Whatever the far end
        does is an item, not an exception. Whoever stops reading closes the generator, which ends the question.
        """
