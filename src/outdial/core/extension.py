"""An extension of the switch, which is somebody's telephone: what the switch says of it, and how far a call came to it."""

from __future__ import annotations

from enum import StrEnum


class ExtensionState(StrEnum):
    """Whether a telephone can be rung. Only IDLE counts as free."""

    IDLE = "idle"
    IN_USE = "in_use"
    RINGING = "ringing"
    BUSY = "busy"
    ON_HOLD = "on_hold"
    UNAVAILABLE = "unavailable"
    """It is not registered, or out of order."""
    UNKNOWN = "unknown"
    """The switch has no such extension."""


class Connection(StrEnum):
    """How far a callee and an extension came towards each other."""

    NOBODY_FREE = "nobody_free"
    RINGING = "ringing"
    """The extension rings."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    """It could not be rung."""
    DECLINED = "declined"
    """Whoever was rung first did not want the callee to be rung."""
    WAITING = "waiting"
    """Whoever was rung first has answered and waits for the callee."""
    LEFT = "left"
    """Whoever was rung first hung up before the callee answered."""
    JOINED = "joined"
    """They heard each other."""
