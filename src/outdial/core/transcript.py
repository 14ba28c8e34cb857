"""A turn of a call's talk as it is kept: who said what, when, and how it was heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outdial.core.assistant import Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn. Those of a call are counted from 1."""

    position: int
    said_at: datetime
    """When our first sound was asked for; of a callee's turn, when it was understood or pressed."""
    who: Speaker
    text: str
    block: str
    """The key of the script's node."""
    keys: str = ""
    confidence: float | None = None
    alternatives: tuple[str, ...] = ()
    interrupted: bool = False
    gap_seconds: float | None = None
    """Of a turn of ours: from the end of the callee's speech before it to its first sound."""
