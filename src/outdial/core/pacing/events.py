"""What a pacer hears: what calls went through, and what agents are doing. Every event names its call or agent and its
moment, in seconds on the clock of the decisions. A pacer survives events that are lost, doubled or
late; it only knows less then.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How a call ended, as far as a forecast cares."""

    BUSY = "busy"
    NO_ANSWER = "no answer"
    REFUSED = "refused"
    """The far end or its network said that this number does not answer: rejected, unknown, switched off."""
    TRUNK_FAILURE = "trunk failure"
    """Our way out failed. It says nothing about whether people answer."""
    CANCELLED = "cancelled"
    """We gave it up before it was answered. It says nothing about whether people answer either."""
    OVER = "over"
    """It had been answered and is over: a talk, or a callee who left."""


class AgentIs(StrEnum):
    """What an agent is doing."""

    FREE = "free"
    RINGING = "ringing"
    """Chosen for a callee, and being rung."""
    TALKING = "talking"
    WRAP_UP = "wrap-up"
    AWAY = "away"
    """At a break: logged in, and not to be counted on."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A call was placed."""

    call: str
    at: float


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end rings. Who never tells loses only that calls are cancelled before they ring."""

    call: str
    at: float


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody or something picked up. `human` is None while that is listened for, and is told again with the verdict."""

    call: str
    at: float
    human: bool | None = True


@dataclass(frozen=True, slots=True)
class Ended:
    """A call is over, joined with an agent before or not."""

    call: str
    at: float
    how: Ending


@dataclass(frozen=True, slots=True)
class Joined:
    """A human who answered has an agent."""

    call: str
    agent: str
    at: float


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A human who answered was given up, or left, because there was no agent."""

    call: str
    at: float


@dataclass(frozen=True, slots=True)
class AgentState:
    """What an agent does from now on."""

    agent: str
    state: AgentIs
    at: float


@dataclass(frozen=True, slots=True)
class AgentGone:
    """An agent logged out."""

    agent: str
    at: float


PacingEvent = Launched | Ringing | Answered | Ended | Joined | Abandoned | AgentState | AgentGone
