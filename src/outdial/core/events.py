"""What a call hears: what the network did, and what our own timers and workshop answer.

Every event names its leg. An event that answers a command carries that command's turn, so that a late one changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from outdial.core.amd import Verdict
from outdial.core.ids import Channel


class Timer(StrEnum):
    """What a call waits for; one timer of a kind runs at a time."""

    RING = "ring"
    TURN = "turn"
    WAIT = "wait"
    SILENT_LIMIT = "silent_limit"
    ENDING = "ending"
    CALL_LIMIT = "call_limit"


@dataclass(frozen=True, slots=True)
class Placed:
    """The attempt has been saved and may be dialled."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Resumed:
    """The attempt was found again after a restart. `up`: the callee's leg stands and has been answered."""

    channel: Channel
    up: bool


@dataclass(frozen=True, slots=True)
class CutOff:
    """The house ends this call, whatever it is doing."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Nobody would be there for the callee, who has not answered yet."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end rings."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Answered:
    """The far end picked up."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """The prompt of this turn was heard out, or could not be played any further."""

    channel: Channel
    turn: int


@dataclass(frozen=True, slots=True)
class PromptFailed:
    """The prompt of this turn could not be made or started; nothing was heard."""

    channel: Channel
    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The far end pressed one key of `0-9*#ABCD`."""

    channel: Channel
    key: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The leg is gone. Codes are the network's, 0 where it gave none. `lost`: nobody saw how it ended."""

    channel: Channel
    sip_code: int = 0
    q850_cause: int = 0
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Classified:
    """Whoever picked up was listened to. `cause` is the switch's own word for why; `seconds` how long it listened."""

    channel: Channel
    turn: int
    verdict: Verdict
    cause: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """What this turn recorded is in its file; `path` is None when nothing was kept."""

    channel: Channel
    turn: int
    path: Path | None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The far end began to speak while this turn listened."""

    channel: Channel
    turn: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the far end said while this turn listened; an empty `text` was not understood.

    `silence_seconds` is how long ago they fell silent.
    """

    channel: Channel
    turn: int
    text: str
    confidence: float = 1.0
    """From 0 to 1."""
    alternatives: tuple[str, ...] = ()
    """What else it may have been, the likeliest first."""
    silence_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TimerElapsed:
    """A timer that was set in this turn ran out."""

    channel: Channel
    timer: Timer
    turn: int


@dataclass(frozen=True, slots=True)
class ExtensionFound:
    """Somebody is free and kept for this call. `ring_seconds`: how long this one is rung; None: as the script says."""

    channel: Channel
    turn: int
    extension: str
    ring_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class NobodyFree:
    """Nobody who was sought in this turn is free."""

    channel: Channel
    turn: int


@dataclass(frozen=True, slots=True)
class Consulted:
    """What the service that was asked in this turn said; `value` is None when it gave no answer."""

    channel: Channel
    turn: int
    value: str | None
    values: Mapping[str, str] = field(default_factory=dict)
    """What the answer to a question on the web holds of what was wanted, by the names of variables; `value` is empty
    then. One that the answer does not hold is left out."""


@dataclass(frozen=True, slots=True)
class AssistantSaid:
    """The assistant has a sentence for the callee."""

    channel: Channel
    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class AssistantDone:
    """The assistant has said all of this turn. `block` is the way it takes, empty: it waits for the callee's answer.

    `fault` is why it could not answer, or no further; empty: it did.
    """

    channel: Channel
    turn: int
    block: str = ""
    fault: str = ""


NetworkEvent = (
    Ringing | Answered | PromptEnded | PromptFailed | KeyPressed | Classified | Recorded | SpeechBegan | Heard | HungUp
)
CallEvent = (
    Placed
    | Resumed
    | CutOff
    | GivenUp
    | TimerElapsed
    | ExtensionFound
    | NobodyFree
    | Consulted
    | AssistantSaid
    | AssistantDone
    | NetworkEvent
)
