"""What a pacer sees and what it answers. Counters are the campaign's since they were last reset; who keeps them, and how
calls are chosen and placed, a pacer does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a pacer that forecasts saw when it decided, for supervisors. Shares are in percent."""

    answers_expected: float
    """Humans expected to answer within the next half minute, of calls in flight before the decision."""
    free_expected: float
    """Agents expected to become free in the same time, besides those who are."""
    price_limit_percent: float
    """How many humans the last call may leave without an agent, of a hundred whom it makes answer."""
    price_percent: float
    """The same as the last call was found to cost, or the first that was not placed."""
    abandoned_percent: float
    """Of answered calls, since the counters were last reset."""
    target_percent: float
    cap_percent: float
    answered_percent: float
    """Of new calls, those that a human is expected to answer."""
    level_percent: float
    """Answers of the last minutes in percent of what was learnt over the last thousands of calls."""
    answer_seconds: float
    """From the launch of a call to its human, on average."""
    talk_seconds: float
    wrap_up_seconds: float
    break_percent: float
    """Of wrap-ups, those after which the agent went to a break or home."""
    calls_learnt: int
    talks_learnt: int


class Ground(StrEnum):
    """What a decision comes from, in a word that can be counted."""

    NO_AGENT = "no_agent"
    """Nobody is there to take a call."""
    NO_MEMBER = "no_member"
    NO_LINE = "no_line"
    RATE = "rate"
    """The calls per second allow none yet."""
    ENOUGH = "enough"
    """As many calls are in progress as are wanted."""
    PRICE = "price"
    """One more call would leave too many without an agent."""
    ONE_EACH = "one_each"
    """One call for each available agent, because too little is known, nothing is heard, or too many were abandoned."""
    WANTED = "wanted"
    """As many were placed as are wanted."""
    LIMITED = "limited"
    """More are wanted: as many were placed as lines, rate and members allow."""
    TOO_SOON = "too_soon"
    """It was decided a moment ago, or the clock gives no moment to decide by."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How many calls to place now, and why."""

    launch: int
    target: int
    """Calls in progress that the pacer aims at, before lines and rate are looked at."""
    adjust: int
    """To be stored and given to the next decision; 0: nothing to store."""
    ground: Ground
    reason: str
    """The ground in plain words: what held calls back, or what the target is made of."""
    braked: bool = False
    """Too many were abandoned: to be stored and given to the next decision."""
    cancel: tuple[str, ...] = ()
    """Calls in flight to be given up. None of them has rung, or it has rung for so long that the law allows it."""
    figures: Figures | None = None
    """What the decision is made of, from a pacer that forecasts."""


class Pacer(Protocol):
    """Decides how many calls to place. The same situation and moment always give the same decision."""

    def decide(self, situation: Situation, now: float) -> Decision:
        """`now` is in seconds from any fixed moment. A decision never goes beyond lines, rate and members due."""
        ...


def within_limits(
    situation: Situation, wanted: int, target: int, adjust: int, reason: str, ground: Ground = Ground.WANTED
) -> Decision:
    """A decision to have `wanted` calls in progress, on that ground, as far as lines, rate and members due allow."""
    gap = wanted - situation.active
    allowed = min(broadcast(situation.floor), situation.members_due)
    if gap <= 0:
        return Decision(0, target, adjust, Ground.ENOUGH, f"{situation.active} of {wanted} calls are in progress")
    if allowed <= 0:
        return Decision(0, target, adjust, *lacking(situation))
    return Decision(min(gap, allowed), target, adjust, ground if gap <= allowed else Ground.LIMITED, reason)


def lacking(situation: Situation) -> tuple[Ground, str]:
    """Why a campaign may place no call, where it may place none."""
    if situation.members_due <= 0:
        return Ground.NO_MEMBER, "no member is due"
    if situation.active >= situation.lines:
        return Ground.NO_LINE, "no line is free"
    return Ground.RATE, "the rate allows no call yet"
