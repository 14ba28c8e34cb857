"""A callee in time: what becomes of the ringing, and what is done next about what is heard.

Everything is a pure function of the behaviour and what happened; the switch keeps the time. Whatever is heard next
replaces what the callee meant to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from outdial.drivers.sandbox.plan import BUSY, Answers, Behaviour, BusyFirst, Refuses, RingsOut

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
class Leave:
    """Means to hang up."""

    after_seconds: float


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


def intention(callee: Answers, pressed: int, heard: Heard, prompt_seconds: float = 0.0) -> Press | Leave | None:
    """What a callee who has pressed so many keys means to do about what is heard from now on.

    `prompt_seconds` is the length of the prompt that begins.
    """
    key = callee.keys[pressed : pressed + 1]
    match heard:
        case Heard.PROMPT:
            into = callee.barge_in_seconds
            return Press(into, key) if key and not pressed and into is not None and into < prompt_seconds else None
        case Heard.END_OF_PROMPT if key:
            return Press(callee.thinking_seconds, key)
        case Heard.END_OF_PROMPT | Heard.SILENCE:
            return _leave(callee.patience_seconds)
        case Heard.SOMEBODY:
            return _leave(callee.talk_seconds)
        case Heard.RINGBACK:
            return None
        case _:
            assert_never(heard)


def _leave(after_seconds: float | None) -> Leave | None:
    return None if after_seconds is None else Leave(after_seconds)
