"""Calls in a fixed proportion to the agents who wait for them: one each, or as many as a campaign says. Nothing is learnt
from how calls end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from outdial.core.pacing.situation import Decision, Ground, Situation, within_limits


def progressive(situation: Situation) -> Decision:
    """One call for each available agent, who is rung before the callee (Webitel engine 3.10, section "Progressive").

    There are never more calls than agents at work. Placing the whole gap at once equals placing one call, reserving its
    agent and looking again.
    """
    available, logged_in = max(0, situation.agents_available), situation.agents_logged_in
    if available == 0:
        return Decision(0, logged_in, 0, Ground.NO_AGENT, "no agent is available")
    wanted = min(logged_in, situation.active + available)
    return within_limits(situation, wanted, logged_in, 0, "one call for each available agent", Ground.ONE_EACH)


def fixed_ratio(situation: Situation, ratio: float) -> Decision:
    """`ratio` calls for each available agent, rounded down, and one for each busy one; a ratio below 1 is 1.

    Humans who wait for an agent have a claim on one already, so that many agents are not dialled for.
    """
    available = max(0, situation.agents_available)
    busy = max(0, situation.agents_logged_in - available)
    if available == 0:
        return Decision(0, busy, 0, Ground.NO_AGENT, "no agent is available")
    unclaimed = max(0, available - situation.waiting_callees)
    claimed = available - unclaimed
    target = math.floor(unclaimed * max(1.0, ratio)) + claimed + busy
    return within_limits(situation, target, target, 0, f"{ratio:g} calls for each available agent")


@dataclass(frozen=True, slots=True)
class Progressive:
    """One call for each available agent."""

    def decide(self, situation: Situation, now: float) -> Decision:
        """See `progressive`; the moment does not matter."""
        return progressive(situation)


@dataclass(frozen=True, slots=True)
class FixedRatio:
    """A fixed number of calls for each available agent."""

    ratio: float

    def decide(self, situation: Situation, now: float) -> Decision:
        """See `fixed_ratio`; the moment does not matter."""
        return fixed_ratio(situation, self.ratio)
