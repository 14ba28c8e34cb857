"""What a pacer sees and what it answers. Counters are the campaign's since they were last reset; who keeps them, and how
calls are chosen and placed, a pacer does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from outdial.core.pacing.floor import Floor, broadcast


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A campaign at one moment, in numbers."""

    lines: int
    """Calls that it may have at once: its own limit, or the sum of its gateways' limits if that is less."""
    active: int
    """Calls in progress, from reservation to the end, those joined with agents among them."""
    members_due: int
    """Members that may be called now; a caller may stop counting at `lines`."""
    agents_available: int = 0
    """Agents that may be offered a call now."""
    agents_logged_in: int = 0
    """Agents at work, busy ones among them."""
    waiting_callees: int = 0
    """Humans who answered and have no agent yet."""
    calls: int = 0
    """Attempts that ended."""
    answered: int = 0
    """Attempts that a human answered."""
    bridged: int = 0
    """Attempts that were joined with an agent."""
    abandoned: int = 0
    """Attempts that a human answered and that got no agent."""
    tokens: int | None = None
    """Calls that the rate allows now; None: no limit."""

    @property
    def floor(self) -> Floor:
        """What limits the campaign when no agent is needed."""
        return Floor(self.lines, self.active, self.tokens)

    @property
    def abandoned_percent(self) -> float:
        """Abandoned calls in percent of those that a human answered, as regulators count; 0 when none was."""
        answered = max(self.answered, self.bridged + self.abandoned)
        return 100.0 * self.abandoned / answered if answered > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """How many calls to place now, and why."""

    launch: int
    target: int
    """Calls in progress that the pacer aims at, before lines and rate are looked at."""
    adjust: int
    """To be stored and given to the next decision; 0: nothing to store."""
    reason: str
    """In plain words: what held calls back, or what the target is made of."""
    braked: bool = False
    """Too many were abandoned: to be stored and given to the next decision."""


class Pacer(Protocol):
    """Decides how many calls to place. The same situation and moment always give the same decision."""

    def decide(self, situation: Situation, now: float) -> Decision:
        """`now` is in seconds from any fixed moment. A decision never goes beyond lines, rate and members due."""
        ...


def within_limits(situation: Situation, wanted: int, target: int, adjust: int, reason: str) -> Decision:
    """A decision to have `wanted` calls in progress, as far as lines, rate and members due allow."""
    gap = wanted - situation.active
    allowed = min(broadcast(situation.floor), situation.members_due)
    if gap <= 0:
        return Decision(0, target, adjust, f"{situation.active} of {wanted} calls are in progress")
    if allowed <= 0:
        return Decision(0, target, adjust, _what_is_lacking(situation))
    return Decision(min(gap, allowed), target, adjust, reason)


def _what_is_lacking(situation: Situation) -> str:
    if situation.members_due <= 0:
        return "no member is due"
    return "no line is free" if situation.active >= situation.lines else "the rate allows no call yet"
