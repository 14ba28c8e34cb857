"""Who answers at a number, and how: seed and number in, behaviour out, always the same.

`7000BBPPPPP` behaves by its BB, an extension by its last digit, everybody else as drawn from seed and number. Time,
calls and channels are unknown here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from random import Random

THINKING_SECONDS = 0.7
"""How long a planned human waits, when a prompt is over, before pressing a key."""

TAKEN_FOR_A_MACHINE = 0.05
"""The share of people nobody planned whose greeting sounds like a machine's."""
TAKEN_FOR_A_PERSON = 0.1
"""The share of machines nobody planned that begin with a word and a pause."""

TALKATIVE = 0.6
"""The share of people nobody planned who speak when they are listened to."""
_SAID = ("да", "нет", "да, конечно", "нет, спасибо", "что вы сказали", "перезвоните позже", "один", "два")
_SAID_WEIGHTS = (40, 20, 10, 8, 6, 6, 6, 4)

UNREACHABLE_TRUNK = "unreachable"
"""No call gets as far as a callee through the trunk of this name."""

_PLANNED = re.compile(r"7000(?P<kind>[0-9]{2})(?P<parameter>[0-9]{5})")
_PLANNED_DIGITS = 11
_EXTENSION = re.compile(r"[0-9]{2,5}")
_EXTENSION_ANSWER_SECONDS = 1.0
_EXTENSION_TALK_SECONDS = 2.0
_HUMAN_RING_SECONDS = (0.5, 3.0)
_MACHINE_GREETING_SECONDS = 5.0
_RECITED_AFTER_SECONDS = 0.3
_RECITED_WORD_SECONDS = 0.8
_WORDS: Mapping[str, str] = {
    "1": "да",
    "2": "нет",
    "3": "yes",
    "4": "no",
    "5": "да, мне удобно завтра после обеда",
    "6": "два",
    "7": "two",
    "8": "перезвоните мне, пожалуйста, завтра после обеда",
}
"""What a speaking callee says, by the digit. The carrier of the tests speaks the same words."""
_INTERRUPTS = "9"
"""Before the other digits: the first word is said into the prompt."""
_INTERRUPTS_AFTER_SECONDS = 2.0


class Voice(StrEnum):
    """What is heard from a callee who has answered."""

    SILENCE = "silence"
    TALK = "talk"
    MACHINE = "machine"
    """A greeting, a beep, silence."""
    FAX = "fax"
    NO_MEDIA = "no_media"
    """Not even silence: no packets come."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What is said on picking up, as answering-machine detection hears it: words that it could count."""

    after_seconds: float = 0.4
    """The silence before it."""
    words: int = 1
    word_seconds: float = 0.7
    """From the beginning of a word to that of the next."""


@dataclass(frozen=True, slots=True)
class Refuses:
    """Never answers; the network says why after so many seconds. Codes as in `HungUp`."""

    sip_code: int
    q850_cause: int
    after_seconds: float
    rings: bool = False


@dataclass(frozen=True, slots=True)
class RingsOut:
    """Rings until the caller gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Picks up after ringing so long.

    Presses one key of `keys` for each question: `thinking_seconds` after a prompt that is followed by silence, or, the
    first key only, `barge_in_seconds` into a prompt that lasts longer than that.
    """

    ring_seconds: float
    voice: Voice = Voice.SILENCE
    voice_seconds: float = 0.0
    """How long the talk or the greeting lasts; 0 where it goes on or there is none."""
    greeting: Greeting = Greeting()
    """Of a fax and where no media come, there is none."""
    words: tuple[str, ...] = ()
    """What the callee says to one question after another, the last of them to all that follow. Where nobody listens the keys
    are pressed instead, if there are any."""
    keys: str = ""
    thinking_seconds: float = THINKING_SECONDS
    barge_in_seconds: float | None = None
    leaves_after_seconds: float | None = None
    """Hangs up so long after answering, whatever happens."""
    patience_seconds: float | None = None
    """Hangs up after so much silence with nothing left to press; None: never."""
    hold_patience_seconds: float | None = None
    """Hangs up after so long a ringing tone; None: never."""
    talk_seconds: float | None = None
    """Hangs up so long after being joined with somebody; None: never."""


@dataclass(frozen=True, slots=True)
class BusyFirst:
    """Busy the first so many times that this subscriber is called, `then` the other."""

    subscriber: str
    """One name for the number, whatever dial prefix stood before it."""
    times: int
    then: Answers


Behaviour = Refuses | RingsOut | Answers | BusyFirst

BUSY = Refuses(486, 17, 0.3)
REJECTS = Refuses(603, 21, 1.0, rings=True)
UNKNOWN = Refuses(404, 1, 0.2)
UNAVAILABLE = Refuses(480, 19, 0.5)
TRUNK_FAILS = Refuses(503, 34, 0.1)


def behaviour_of(seed: int, number: str) -> Behaviour:
    """What happens when this number is dialled. Any string has a behaviour.

    A dial prefix or a `+` before a planned number changes nothing.
    """
    last_digits = number[-_PLANNED_DIGITS:]
    if planned := _PLANNED.fullmatch(last_digits):
        behaviour = _planned(last_digits, planned["kind"], planned["parameter"], chance_of(seed, last_digits))
        if behaviour is not None:
            return behaviour
    if is_extension(number):
        return _extension(number)
    return _drawn(chance_of(seed, number.removeprefix("+")))


def chance_of(seed: int, subscriber: str) -> Random:
    """What is drawn for one number."""
    return Random(int.from_bytes(blake2b(f"{seed}:{subscriber}".encode(), digest_size=8).digest()))


def _planned(subscriber: str, kind: str, parameter: str, chance: Random) -> Behaviour | None:
    """The behaviour of `7000BBPPPPP`; None for a BB that the plan does not have."""
    ring = chance.uniform(*_HUMAN_RING_SECONDS)
    keys = parameter.lstrip("0")
    amount = int(parameter)
    match kind:
        case "01":
            return Answers(ring_seconds=ring, keys=keys)
        case "02":
            return Answers(ring_seconds=ring, leaves_after_seconds=amount or None)
        case "03":
            return Answers(ring_seconds=ring, keys="9" + keys)
        case "05":
            return RingsOut()
        case "10":
            return Answers(
                ring_seconds=ring,
                voice=Voice.MACHINE,
                voice_seconds=_MACHINE_GREETING_SECONDS,
                greeting=recited(_MACHINE_GREETING_SECONDS),
            )
        case "11":
            return Answers(ring_seconds=ring, leaves_after_seconds=amount / 1000)
        case "12":
            return Answers(ring_seconds=ring, voice=Voice.TALK, voice_seconds=amount, leaves_after_seconds=amount)
        case "13":
            return Answers(ring_seconds=amount, keys="1")
        case "14":
            into = _INTERRUPTS_AFTER_SECONDS if keys.startswith(_INTERRUPTS) else None
            words = tuple(_WORDS.get(digit, "") for digit in keys.removeprefix(_INTERRUPTS))
            return Answers(ring_seconds=ring, words=words, barge_in_seconds=into)
        case "15":
            return Answers(ring_seconds=ring, voice=Voice.FAX)
        case "16":
            return BusyFirst(subscriber, amount, Answers(ring_seconds=ring, keys="1"))
        case "17":
            return Answers(ring_seconds=ring, voice=Voice.NO_MEDIA)
        case _:
            return _REFUSALS.get(kind)


_REFUSALS = {"04": BUSY, "06": REJECTS, "07": UNKNOWN, "08": UNAVAILABLE, "09": TRUNK_FAILS}


def is_planned(number: str) -> bool:
    """Whether the plan says how a number behaves."""
    planned = _PLANNED.fullmatch(number[-_PLANNED_DIGITS:])
    return planned is not None and _planned("", planned["kind"], planned["parameter"], Random(0)) is not None


@lru_cache(maxsize=4096)
def is_extension(number: str) -> bool:
    """Whether somebody of the house has this number."""
    return _EXTENSION.fullmatch(number) is not None


def talks_when_others_do(extension: str) -> bool:
    """Whether this extension is on a call of its own whenever a callee is on the line."""
    return extension.endswith("5")


def _extension(number: str) -> Behaviour:
    """Who is asked something presses 1 where the number ends in 1 or 2, 0 where it ends in 3."""
    match number[-1]:
        case "7":
            return REJECTS
        case "8":
            return RingsOut()
        case "9":
            return BUSY
        case "6":
            return Answers(ring_seconds=_EXTENSION_ANSWER_SECONDS, leaves_after_seconds=_EXTENSION_TALK_SECONDS)
        case last:
            return Answers(ring_seconds=_EXTENSION_ANSWER_SECONDS, keys={"1": "1", "2": "1", "3": "0"}.get(last, ""))


# ------------------------------------------------------------------------------------------- the population


def recited(seconds: float) -> Greeting:
    """The greeting of a machine, which takes so long."""
    return Greeting(_RECITED_AFTER_SECONDS, round(seconds / _RECITED_WORD_SECONDS), _RECITED_WORD_SECONDS)


def hello(chance: Random) -> Greeting:
    """How a person picks up: most with a word, some with their firm and name, which detection takes for a machine."""
    words = chance.randint(5, 8) if chance.random() < TAKEN_FOR_A_MACHINE else 1
    return Greeting(chance.uniform(0.2, 0.8), words, chance.uniform(0.5, 1.0))


def _presser(chance: Random) -> Answers:
    wrong_first = chance.choice("79*#") if chance.random() < 0.15 else ""
    keys = "".join(chance.choices("120345", weights=(60, 20, 8, 6, 3, 3), k=4))
    answers = Answers(
        ring_seconds=chance.uniform(5, 15),
        keys=wrong_first + keys,
        thinking_seconds=chance.uniform(0.5, 3.0),
        barge_in_seconds=chance.uniform(1.0, 6.0) if chance.random() < 0.25 else None,
        patience_seconds=chance.uniform(10, 40),
        talk_seconds=chance.uniform(20, 180),
        greeting=hello(chance),
    )
    return replace(answers, words=_spoken(chance))


def _spoken(chance: Random) -> tuple[str, ...]:
    """What somebody says to one question after another; nothing for those who rather press."""
    if chance.random() >= TALKATIVE:
        return ()
    return tuple(chance.choices(_SAID, weights=_SAID_WEIGHTS, k=4))


def _early_leaver(chance: Random) -> Answers:
    return Answers(
        ring_seconds=chance.uniform(4, 15), leaves_after_seconds=chance.uniform(0.5, 5), greeting=hello(chance)
    )


def _machine(chance: Random) -> Answers:
    ring, recites = chance.uniform(12, 22), chance.uniform(4, 12)
    return Answers(
        ring_seconds=ring,
        voice=Voice.MACHINE,
        voice_seconds=recites,
        leaves_after_seconds=chance.uniform(40, 90),
        greeting=Greeting() if chance.random() < TAKEN_FOR_A_PERSON else recited(recites),
    )


def busy(chance: Random) -> Refuses:
    """Somebody who is on the telephone."""
    return Refuses(BUSY.sip_code, BUSY.q850_cause, chance.uniform(0.3, 2))


def out_of_reach(chance: Random) -> Refuses:
    """A number that is switched off, or not there."""
    kind = chance.choice((UNAVAILABLE, UNKNOWN))
    return Refuses(kind.sip_code, kind.q850_cause, chance.uniform(0.2, 4))


def rejecter(chance: Random) -> Refuses:
    """Somebody who looks at the number and will not answer."""
    return Refuses(REJECTS.sip_code, REJECTS.q850_cause, chance.uniform(2, 8), rings=True)


_POPULATION: tuple[tuple[int, Callable[[Random], Behaviour]], ...] = (
    (45, _presser),
    (8, _early_leaver),
    (25, lambda _: RingsOut()),
    (10, busy),
    (5, _machine),
    (4, out_of_reach),
    (3, rejecter),
)
"""Per cent of the numbers that nobody planned, and how they behave."""

_KINDS = tuple(kind for _, kind in _POPULATION)
_SHARES = tuple(accumulate(share for share, _ in _POPULATION))


def _drawn(chance: Random) -> Behaviour:
    (kind,) = chance.choices(_KINDS, cum_weights=_SHARES)
    return kind(chance)
