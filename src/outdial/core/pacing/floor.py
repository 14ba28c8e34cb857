"""Calls without agents: as many as lines and rate allow. It knows nobody who would have to answer them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Floor:
    """What limits a broadcast campaign at this moment."""

    lines: int
    """Calls that the campaign may have at once."""
    in_progress: int
    tokens: int | None
    """Calls that the campaign's rate allows now; None: no limit."""


def broadcast(floor: Floor) -> int:
    """Calls to place now when no agent is needed: as many as the free lines and the rate allow."""
    free = max(0, floor.lines - floor.in_progress)
    return free if floor.tokens is None else max(0, min(free, floor.tokens))
