"""What a switch says of an extension of its own: somebody's telephone."""

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
