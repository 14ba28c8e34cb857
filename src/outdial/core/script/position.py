"""Where a dialogue stands, and what comes of a step: plain values that outlive it and can be stored.

Every limit of time that is not a node's own is here as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from outdial.core.assistant import Line
from outdial.core.commands import CallCommand, SetTimer
from outdial.core.events import Timer
from outdial.core.ids import Channel
from outdial.core.script.nodes import Script

BETWEEN_KEYS_SECONDS = 2.0
"""How long a longer entry is waited for when what was pressed is already a choice."""

PROMPT_GUARD_SECONDS = 900.0
"""A prompt whose end is never reported counts as ended after this time. Longer than any prompt the house makes."""

LONGEST_RECORDING_SECONDS = 3600.0
"""A recording is no longer than this, however long the callee goes on."""

KEEP_SECONDS = 5.0
"""How long the end of a recording is waited for after it was asked for. After that its file is taken to be there."""

CONSULT_SECONDS = 15.0
"""How long a service may take to answer before the dialogue goes on without it."""

SPEECH_GUARD_SECONDS = 5.0
"""How much longer than the longest speech its words are waited for. After that nothing was understood."""

ASSISTANT_GUARD_SECONDS = 2.0
"""How much longer than its own limit the assistant is waited for."""

LONGEST_DIALOGUE_TURNS = 1000
"""A dialogue that has used so many turns ends instead of playing another prompt, so that no circle lasts for ever: not
one of silence after which a question asks again, and not one of prompts that fail at once."""

MOST_LINES = 60
"""Turns of the talk that the assistant is told of; older ones are dropped."""

NUMBER = "phone_number"
"""The variable that holds the callee's number."""


class Phase(StrEnum):
    """What the callee is going through."""

    HEARING = "hearing"
    """A prompt is being played."""
    WAITING = "waiting"
    """The prompt is over, and keys or speech are awaited."""
    SPEAKING = "speaking"
    """The callee speaks, and what was said is awaited."""
    THINKING = "thinking"
    """The assistant has been asked, and has said nothing that is not spoken yet."""
    RECORDING = "recording"
    """What the callee says and presses is kept."""
    KEEPING = "keeping"
    """The recording was told to end, and its file is awaited."""
    CONSULTING = "consulting"
    """Somebody outside has been asked, and the callee waits."""


@dataclass(frozen=True, slots=True)
class Answering:
    """How far the assistant is with its turn."""

    asked: int = 0
    """The turn in which it was asked; 0: it was not."""
    handed: int = 0
    """How many turns it was handed at this node."""
    said: str = ""
    """What the callee has heard of this one."""
    to_say: tuple[str, ...] = ()
    """Sentences that are still to be spoken."""
    done: bool = False
    chosen: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """What a dialogue that is listened to remembers of the talk."""

    noted: int = 0
    """Turns that were written down so far."""
    lines: tuple[Line, ...] = ()
    """What was said so far, as far as somebody will be told of it."""
    saying: str = ""
    """What is being said to the callee, as it will be written down; empty: nothing."""
    began: int = 0
    """The turn in which what is being said began."""
    listening: int = 0
    """The turn that listens; 0: none does."""
    cut: bool = False
    """Whether the callee's voice has stopped a prompt, and it is not known yet what was said."""
    unbroken: bool = False
    """Whether the prompt is said again after a noise, so that no voice stops it."""
    answering: Answering = Answering()


@dataclass(frozen=True, slots=True)
class Position:
    """Where a dialogue stands. `turn` rises with every prompt and every wait."""

    node: str
    turn: int
    phase: Phase = Phase.HEARING
    plays: int = 1
    keys: str = ""
    recording: int = 0
    """The turn of the recording that runs; 0: none does."""
    recorded: str = ""
    """The file of a recording that ended by itself."""
    learned: Mapping[str, str] = field(default_factory=dict)
    """Variables that the dialogue came by on its way, beside those that it began with."""
    talk: Talk = Talk()

    def at(self, node: str) -> Position:
        """The beginning of another node."""
        kept = self.talk
        if kept is not _NO_TALK:
            kept = Talk(kept.noted, kept.lines)
        return Position(node, self.turn, learned=self.learned, talk=kept)

    def talking(self, **changed: Any) -> Position:
        """The same place with something of the talk changed."""
        return replace(self, talk=replace(self.talk, **changed))

    def answering(self, **changed: Any) -> Position:
        """The same place with the assistant's turn changed."""
        return self.talking(answering=replace(self.talk.answering, **changed))


_NO_TALK = Position("", 0).talk


@dataclass(frozen=True, slots=True)
class Ended:
    """The dialogue is over; the callee is to be joined with `extension`, or as the node `connect` says."""

    extension: str | None = None
    connect: str | None = None
    outside: bool = False
    """Whether the extension is a number of the outside world."""
    learned: Mapping[str, str] = field(default_factory=dict)
    """Variables that the dialogue came by."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one event: the new position or the end, commands in order, goals reached on the way."""

    at: Position | Ended
    commands: tuple[CallCommand, ...] = ()
    goals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Onward:
    """A node is done: the dialogue goes on at another one. `at` is the place it leaves."""

    target: str | None
    at: Position
    commands: tuple[CallCommand, ...] = ()


Made = Step | Onward
"""What a node makes of an event."""


def after(commands: tuple[CallCommand, ...], made: Made) -> Made:
    """The same, with something asked for before it."""
    return replace(made, commands=(*commands, *made.commands)) if commands else made


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A script being played to one callee with that callee's variables."""

    channel: Channel
    script: Script
    variables: Mapping[str, str]
    recordings: str = ""
    """The folder below which recordings are kept."""
    number: str = ""
    """The callee's number."""
    today: date | None = None
    """What day it is where the callee is; None: nobody knows."""
    goals: Collection[str] = ()
    """What was reached before this step."""

    def known(self, at: Position) -> Mapping[str, str]:
        """The variables as they are at a place; what was learned hides what the dialogue began with."""
        number = {NUMBER: self.number} if self.script.transcript else {}
        return {**number, **self.variables, **at.learned}

    def timer(self, turn: int, seconds: float) -> SetTimer:
        """The timer of a turn."""
        return SetTimer(self.channel, Timer.TURN, turn, seconds)
