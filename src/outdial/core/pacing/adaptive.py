"""VICIdial's adaptive dialling: a dial level in lines for each agent goes up while agents wait and down while callees do,
and is cut when too many calls were dropped. It learns nothing of how long calls take to be answered. Its settings are those
of VICIdial's public manual: "Dial Method", "Drop Percentage Limit", "Maximum Adapt Dial Level", "Adapt Intensity Modifier",
"Dial Level Difference Target".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from outdial.core.pacing.experience import number
from outdial.core.pacing.situation import Decision, Ground, Situation, within_limits

_ADAPT_SECONDS = 15.0
_FEWEST_CALLS = 50
"""Calls before the dropped share is looked at."""


class Adapt(StrEnum):
    """What happens when the dropped share is over its limit."""

    HARD_LIMIT = "hard-limit"
    """One line for each agent, until it is below."""
    AVERAGE = "average"
    """The level is halved each time it is looked at: the limit is kept on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveParameters:
    """What a campaign settles, by the names and defaults of VICIdial."""

    method: Adapt = Adapt.AVERAGE
    drop_percent: float = 3.0
    """Dropped calls in percent of those that a human answered."""
    most_level: float = 3.0
    """The highest dial level."""
    intensity: float = 0.0
    """From -40 to 40: by how many percent more boldly the level goes up, and less so down."""
    difference: float = 0.0
    """Agents who are meant to wait: below 0, callees."""


class Adaptive:
    """VICIdial's ADAPT_HARD_LIMIT and ADAPT_AVERAGE.

    Every 15 s the agents available less the callees waiting, on average since the last time, plus `difference`, in parts of
    all agents, is by how much the level grows; it stays from 1 to `most_level`. Calls in progress are brought to the level
    times the agents who are available or talk.
    """

    def __init__(self, parameters: AdaptiveParameters, level: float = 1.0) -> None:
        self._parameters = parameters
        self._level = min(max(1.0, level), max(1.0, parameters.most_level))
        self._begun_at: float | None = None
        self._looks, self._idle, self._agents = 0, 0.0, 0.0

    @classmethod
    def from_learnt(cls, parameters: AdaptiveParameters, learnt: object) -> Self:
        """With the level that another one exported."""
        stored = learnt.get("level") if isinstance(learnt, Mapping) else None
        return cls(parameters, number(stored, 1.0, 1.0, 1000.0))

    def learnt(self) -> dict[str, object]:
        """The level, as a plain value."""
        return {"level": self._level}

    def decide(self, situation: Situation, now: float) -> Decision:
        """How many calls to place now; none without an agent. `now` is in seconds from any fixed moment."""
        agents = max(0, situation.agents_logged_in)
        if agents == 0 or not math.isfinite(now):
            return Decision(0, 0, 0, Ground.NO_AGENT, "no agent is logged in")
        if self._begun_at is None or now < self._begun_at:
            self._begun_at = now
        self._looks += 1
        self._idle += situation.agents_available - situation.waiting_callees
        self._agents += agents
        over = self._is_over(situation)
        if now - self._begun_at >= _ADAPT_SECONDS:
            self._level = self._adapted(over)
            self._begun_at, self._looks, self._idle, self._agents = now, 0, 0.0, 0.0
        level = 1.0 if over and self._parameters.method is Adapt.HARD_LIMIT else self._level
        # Agents in wrap-up are not dialled for: those who talk are at most as many as there are calls.
        talking = min(agents - min(situation.agents_available, agents), max(0, situation.active))
        target = math.floor(level * (max(0, situation.agents_available) + talking) + 0.5)
        reason = f"{level:.2f} lines for each agent"
        return replace(within_limits(situation, target, target, 0, reason), braked=over)

    def _is_over(self, situation: Situation) -> bool:
        return situation.calls > _FEWEST_CALLS and situation.abandoned_percent > self._parameters.drop_percent

    def _adapted(self, over: bool) -> float:
        idle = self._idle / self._looks + self._parameters.difference
        share = idle / max(1.0, self._agents / self._looks)
        share *= 1.0 + math.copysign(self._parameters.intensity / 100.0, share)
        level = min(self._level * (1.0 + share), self._parameters.most_level)
        if over:
            level = 1.0 if self._parameters.method is Adapt.HARD_LIMIT else level / 2.0
        return max(1.0, level)
