"""The words in which stories of calls are told: what a call hears, and what it must ask for then.

`tell` plays a story line by line and shows the whole story so far where a line came out differently. It drives
`core.call.step` and knows nothing else of how a call works.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from outdial.core.call import (
    ENDING_SECONDS,
    SWITCH_RING_MARGIN_SECONDS,
    TRANSFER_RING_SECONDS,
    Call,
    Plan,
    step,
)
from outdial.core.commands import (
    CallCommand,
    Dial,
    HangUp,
    Join,
    RecordAnswer,
    Ringback,
    SetTimer,
    Speak,
    StopPlaying,
)
from outdial.core.events import (
    Answered,
    CallEvent,
    HungUp,
    KeyPressed,
    Placed,
    PromptEnded,
    PromptFailed,
    Ringing,
    Timer,
    TimerElapsed,
)
from outdial.core.ids import AttemptId, callee_channel, transfer_channel
from outdial.core.prompt import Prompt, Text, Words
from outdial.core.script import nodes
from outdial.core.script.interpreter import PROMPT_GUARD_SECONDS
from outdial.core.script.nodes import Ask, Choice, Node, Script

Line = CallEvent | tuple[CallEvent, Sequence[CallCommand]]

ATTEMPT = AttemptId("5f0c1b1e-7a52-4b1c-9d83-2f6f0c3f9a11")
CALLEE = callee_channel(ATTEMPT)
EXTENSION = transfer_channel(ATTEMPT)

RING_SECONDS = 45.0


def tell(call: Call, *lines: Line) -> Call:
    """Play a story and give back the call at its end.

    A line is an event alone, when what it asks for does not matter here, or an event with exactly the commands it asks.
    """
    told: list[str] = []
    for line in lines:
        event, wanted = line if isinstance(line, tuple) else (line, None)
        before = call
        call, asked = step(call, event)
        told.append(f"  [{before.state}] {event}")
        if wanted is not None and list(wanted) != asked:
            raise AssertionError("\n".join(["the story went", *told, _difference(wanted, asked)]))
        told += [f"      {command}" for command in asked]
    return call


def _difference(wanted: Sequence[CallCommand], asked: Sequence[CallCommand]) -> str:
    diff = difflib.ndiff([str(command) for command in wanted], [str(command) for command in asked])
    return "\n".join(["and here (- wanted, + asked):", *(f"    {line}" for line in diff)])


# ---------------------------------------------------------------------------------------------------- calls


def reserved(script: Script, variables: Mapping[str, str] | None = None) -> Call:
    """A call that was saved and not yet placed."""
    return Call(ATTEMPT, Plan("carrier", "79990000000", "74951234567", RING_SECONDS, script, variables or {}))


def dialling(script: Script, variables: Mapping[str, str] | None = None) -> Call:
    """A call that the switch was asked to place."""
    return tell(reserved(script, variables), Placed(CALLEE))


def ringing(script: Script) -> Call:
    """A call whose far end rings."""
    return tell(dialling(script), Ringing(CALLEE))


def picked_up(script: Script, variables: Mapping[str, str] | None = None) -> Call:
    """A call whose callee has just answered."""
    return tell(dialling(script, variables), Answered(CALLEE))


def forgotten(call: Call) -> Call:
    """The call as a store gives it back: equal, and another object."""
    return replace(call)


# -------------------------------------------------------------------------------------------------- scripts


def script(start: str, silent_limit_seconds: float | None = None, **by_key: Node) -> Script:
    """A script out of its nodes."""
    return Script(start, by_key, silent_limit_seconds)


def text(words: str) -> Prompt:
    """A prompt of one plain text."""
    return (Text((words,), "ru-RU"),)


def say(words: str, next: str | None = None) -> nodes.Say:
    """A node that says something."""
    return nodes.Say(text(words), next)


def ask(words: str, *choices: Choice, default_keys: str = "", plays: int = 3, exhausted: str | None = None) -> Ask:
    """A question; without words it has no prompt."""
    prompt = text(words) if words else ()
    return Ask("q", prompt, choices, 5.0, plays, default_keys, exhausted)


def key(keys: str, record: str | None = None, next: str | None = None) -> Choice:
    """A choice of a question."""
    return Choice(keys, record, next)


SPEECH = script(
    "speak",
    speak=nodes.Record("flat", text("number and name?"), "thanks", 10.0, "-", "your flat"),
    thanks=say("thanks"),
)
"""A dialogue that keeps what the callee says."""


# --------------------------------------------------------------------------------------------------- events


def heard(turn: int) -> PromptEnded:
    """The callee heard the prompt of this turn out."""
    return PromptEnded(CALLEE, turn)


def failed(turn: int) -> PromptFailed:
    """The prompt of this turn could not be made."""
    return PromptFailed(CALLEE, turn, "no voice")


def pressed(keys: str) -> KeyPressed:
    """The callee pressed a key."""
    return KeyPressed(CALLEE, keys)


def gone(sip_code: int = 0, q850_cause: int = 16, *, lost: bool = False) -> HungUp:
    """The callee's leg is gone."""
    return HungUp(CALLEE, sip_code, q850_cause, lost)


def elapsed(timer: Timer, turn: int = 0) -> TimerElapsed:
    """A timer of ours ran out."""
    return TimerElapsed(CALLEE, timer, turn)


def silence(turn: int) -> TimerElapsed:
    """Nothing was pressed in this turn."""
    return elapsed(Timer.TURN, turn)


# ------------------------------------------------------------------------------------------------- commands


def speaks(turn: int, words: str) -> list[CallCommand]:
    """The commands that play a text in a turn."""
    filled = (Words(words, "ru-RU", "", personal=False),) if words else ()
    return [Speak(CALLEE, turn, filled), SetTimer(CALLEE, Timer.TURN, turn, PROMPT_GUARD_SECONDS)]


def waits(turn: int, seconds: float = 5.0) -> list[CallCommand]:
    """The commands that wait for keys in a turn."""
    return [SetTimer(CALLEE, Timer.TURN, turn, seconds)]


def hushes(turn: int) -> list[CallCommand]:
    """The commands that stop a prompt."""
    return [StopPlaying(CALLEE, turn)]


def records(value: str, keys: str) -> list[CallCommand]:
    """The commands that keep an answer."""
    return [RecordAnswer(CALLEE, "q", value, keys)]


def dials() -> list[CallCommand]:
    """The commands that place the call."""
    return [
        Dial(CALLEE, "carrier", "79990000000", "74951234567", RING_SECONDS + SWITCH_RING_MARGIN_SECONDS),
        SetTimer(CALLEE, Timer.RING, 0, RING_SECONDS),
    ]


def hangs_up(turn: int) -> list[CallCommand]:
    """The commands that end a call with one leg."""
    return [HangUp(CALLEE), SetTimer(CALLEE, Timer.ENDING, turn, ENDING_SECONDS)]


def hangs_up_both(turn: int) -> list[CallCommand]:
    """The commands that end a call with two legs."""
    return [HangUp(CALLEE), HangUp(EXTENSION), SetTimer(CALLEE, Timer.ENDING, turn, ENDING_SECONDS)]


def transfers(turn: int, extension: str) -> list[CallCommand]:
    """The commands that ring an extension for the callee."""
    longest = TRANSFER_RING_SECONDS + SWITCH_RING_MARGIN_SECONDS
    return [
        Ringback(CALLEE),
        Dial(EXTENSION, "", extension, "79990000000", longest),
        SetTimer(CALLEE, Timer.RING, turn, TRANSFER_RING_SECONDS),
    ]


def joins() -> list[CallCommand]:
    """The commands that let callee and extension talk."""
    return [Join(CALLEE, EXTENSION)]
