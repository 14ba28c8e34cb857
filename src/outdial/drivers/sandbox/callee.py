"""A callee in time: what becomes of the ringing, and what is done next about what is heard.

Everything is a pure function of the behaviour and what happened; the switch keeps the time. Whatever is heard next
replaces what the callee meant to do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from outdial.core.amd import Amd, Verdict
from outdial.drivers.sandbox.plan import BUSY, Answers, Behaviour, BusyFirst, Refuses, RingsOut, Voice

RING_LIMIT_SIP_CODE = 480
RING_LIMIT_Q850_CAUSE = 19

Met = Refuses | RingsOut | Answers
"""How a callee behaves in one call."""


@dataclass(frozen=True, slots=True)
class PicksUp:
    """The ringing ends in an answer."""

    after_seconds: float
    callee: Answers


@dataclass(frozen=True, slots=True)
class Fails:
    """The call ends unanswered, with the network's codes."""

    after_seconds: float
    sip_code: int
    q850_cause: int


class Heard(StrEnum):
    """What reaches the ear of a callee who has answered."""

    SILENCE = "silence"
    PROMPT = "prompt"
    END_OF_PROMPT = "end_of_prompt"
    """The prompt was heard out, and nothing follows so far."""
    RINGBACK = "ringback"
    SOMEBODY = "somebody"
    """Another leg: the two can talk."""


@dataclass(frozen=True, slots=True)
class Press:
    """Means to press a key."""

    after_seconds: float
    key: str


@dataclass(frozen=True, slots=True)
class Say:
    """Means to say something, or, where nobody listens, to press a key; an empty one is not pressed."""

    after_seconds: float
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Means to hang up."""

    after_seconds: float


@dataclass(frozen=True, slots=True)
class Impression:
    """What answering-machine detection makes of a callee, and after how long. `cause` is Asterisk's word for it."""

    after_seconds: float
    verdict: Verdict
    cause: str


def meet(behaviour: Behaviour, calls_before: int) -> Met:
    """How the callee behaves this time, having been called so often before."""
    if isinstance(behaviour, BusyFirst):
        return BUSY if calls_before < behaviour.times else behaviour.then
    return behaviour


def rings(met: Met) -> bool:
    """Whether the caller hears ringing at all."""
    return met.rings if isinstance(met, Refuses) else True


def end_of_ringing(met: Met, limit_seconds: float) -> PicksUp | Fails:
    """How it goes on when the caller does not give up; the switch itself does after `limit_seconds`."""
    match met:
        case Answers() if met.ring_seconds < limit_seconds:
            return PicksUp(met.ring_seconds, met)
        case Refuses() if met.after_seconds < limit_seconds:
            return Fails(met.after_seconds, met.sip_code, met.q850_cause)
        case Answers() | Refuses() | RingsOut():
            return Fails(limit_seconds, RING_LIMIT_SIP_CODE, RING_LIMIT_Q850_CAUSE)
        case _:
            assert_never(met)


Intention = Press | Say | Leave


def intention(
    callee: Answers, pressed: int, heard: Heard, prompt_seconds: float = 0.0, said: int = 0
) -> Intention | None:
    """What a callee who has pressed so many keys, and answered aloud so often, means to do about what is heard from now on.

    `prompt_seconds` is the length of the prompt that begins.
    """
    answer = _answer(callee, pressed, said)
    match heard:
        case Heard.PROMPT:
            into = callee.barge_in_seconds
            if answer is None or pressed or said or into is None or into >= prompt_seconds:
                return None
            return replace(answer, after_seconds=into)
        case Heard.END_OF_PROMPT if answer is not None:
            return answer
        case Heard.END_OF_PROMPT | Heard.SILENCE:
            return _leave(callee.patience_seconds)
        case Heard.SOMEBODY:
            return _leave(callee.talk_seconds)
        case Heard.RINGBACK:
            return _leave(callee.hold_patience_seconds)
        case _:
            assert_never(heard)


def _answer(callee: Answers, pressed: int, said: int) -> Press | Say | None:
    key = callee.keys[pressed : pressed + 1]
    text = callee.words[min(said, len(callee.words) - 1)] if callee.words else ""
    if text:
        return Say(callee.thinking_seconds, text, key)
    return Press(callee.thinking_seconds, key) if key else None


_WORD_SECONDS = 0.25
_LETTER_SECONDS = 0.06


def seconds_to_say(text: str) -> float:
    """How long it takes to say this."""
    return _WORD_SECONDS + _LETTER_SECONDS * len(text)


_SPOKEN = 0.8
"""The part of a word's time in which it sounds; the rest is the pause after it."""


def listen(callee: Answers, amd: Amd, since_answer_seconds: float) -> Impression:
    """What detection by these settings makes of a callee who picked up so long ago.

    It goes as Asterisk's does; but for the threshold, for here silence is silent and a voice is loud.
    """
    total = amd.total_analysis / 1000
    impression = _impression(_sounds(callee, since_answer_seconds), amd) if callee.voice is not Voice.NO_MEDIA else None
    if impression is None or impression.after_seconds >= total:
        return Impression(total, Verdict.NOT_SURE, "TOOLONG")
    return impression


def _sounds(callee: Answers, from_seconds: float) -> list[tuple[float, float]]:
    """When what is heard from then on begins and ends, in milliseconds from there."""
    if callee.voice is Voice.FAX:
        return [(0.0, math.inf)]
    greeting, sounds = callee.greeting, []
    for word in range(greeting.words):
        begins = greeting.after_seconds + word * greeting.word_seconds - from_seconds
        ends = begins + _SPOKEN * greeting.word_seconds
        if ends > 0:
            sounds.append((1000 * max(0.0, begins), 1000 * ends))
    return sounds


def _impression(sounds: list[tuple[float, float]], amd: Amd) -> Impression | None:
    """None: nothing that could be judged by was heard."""
    if not sounds or sounds[0][0] > amd.initial_silence:
        return Impression(amd.initial_silence / 1000, Verdict.MACHINE, "INITIALSILENCE")
    words = 0
    following = [begins for begins, _ in sounds[1:]]
    for (begins, ends), next_begins in zip(sounds, [*following, math.inf], strict=True):
        if ends - begins > amd.greeting:
            return Impression((begins + amd.greeting) / 1000, Verdict.MACHINE, "LONGGREETING")
        if ends - begins > amd.max_word:
            return Impression((begins + amd.max_word) / 1000, Verdict.MACHINE, "MAXWORDLENGTH")
        words += ends - begins >= amd.min_word
        if words > amd.max_words:
            return Impression((begins + amd.min_word) / 1000, Verdict.MACHINE, "MAXWORDS")
        if words and next_begins - ends > amd.after_greeting_silence:
            return Impression((ends + amd.after_greeting_silence) / 1000, Verdict.HUMAN, "HUMAN")
    return None


def _leave(after_seconds: float | None) -> Leave | None:
    return None if after_seconds is None else Leave(after_seconds)
