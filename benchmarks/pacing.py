"""The pacer of predictive campaigns, as the bench for pacers plugs it in. It only translates, and decides nothing."""

from __future__ import annotations

import math
from typing import Any

from pacebench.protocol import (
    EV_ABANDON,
    EV_ANSWER,
    EV_BUSY,
    EV_CANCEL,
    EV_CONNECT,
    EV_DIAL,
    EV_FAIL,
    EV_HANGUP,
    EV_HUMAN,
    EV_IDLE,
    EV_LOGOUT,
    EV_MACHINE,
    EV_NOANSWER,
    EV_PAUSE,
    Action,
)

from outdial.core.pacing.events import (
    Abandoned,
    AgentGone,
    AgentIs,
    AgentState,
    Answered,
    Ended,
    Ending,
    Joined,
    Launched,
    PacingEvent,
)
from outdial.core.pacing.marginal import MarginalParameters, MarginalPricing
from outdial.core.pacing.situation import Situation

_ENDS = {
    EV_BUSY: Ending.BUSY,
    EV_NOANSWER: Ending.NO_ANSWER,
    EV_FAIL: Ending.TRUNK_FAILURE,
    EV_CANCEL: Ending.CANCELLED,
}
_MANY = 1_000_000


class Production:
    """What the bench hears and asks, told to the pacer and back."""

    name = "outdial"
    tick = 1.0
    event_driven = True
    min_gap = 0.25

    def reset(self, info: Any) -> None:
        """A campaign begins, with nothing learnt."""
        if info.agents >= 80:
            self.min_gap = 0.5
        self._listens = info.amd
        self._answered = self._bridged = self._abandoned = self._calls = 0
        # The bench tells of everybody whom it takes for abandoned; in its memoryless world, some wait for long.
        parameters = MarginalParameters(
            max_percent=100.0 * info.cap, wait_seconds=info.patience, limit_seconds=math.inf
        )
        self._pacer = MarginalPricing(parameters)

    def observe(self, kind: int, t: float, call: int, agent: int) -> None:
        """An event of the bench."""
        name, who = str(call), str(agent)
        tell = self._pacer.observe
        for event in self._heard(kind, t, name, who):
            tell(event)

    def _heard(self, kind: int, at: float, call: str, agent: str) -> list[PacingEvent]:
        if kind == EV_DIAL:
            return [Launched(call, at)]
        if kind == EV_ANSWER:
            return [Answered(call, at, None)] if self._listens else []
        if kind == EV_HUMAN:
            self._answered += 1
            return [Answered(call, at, True)]
        if kind == EV_MACHINE:
            self._calls += 1
            return [Answered(call, at, False)]
        if kind in _ENDS:
            self._calls += 1
            return [Ended(call, at, _ENDS[kind])]
        if kind == EV_CONNECT:
            self._bridged += 1
            return [Joined(call, agent, at)]
        if kind == EV_ABANDON:
            self._calls += 1
            self._abandoned += 1
            return [Abandoned(call, at)]
        if kind == EV_HANGUP:
            self._calls += 1
            return [Ended(call, at, Ending.OVER), AgentState(agent, AgentIs.WRAP_UP, at)]
        if kind == EV_IDLE:
            return [AgentState(agent, AgentIs.FREE, at)]
        if kind == EV_PAUSE:
            return [AgentState(agent, AgentIs.AWAY, at)]
        if kind == EV_LOGOUT:
            return [AgentGone(agent, at)]
        return []

    def decide(self, now: float, view: Any) -> Any:
        """What the pacer decides, as the bench expects it."""
        situation = Situation(
            lines=view.max_lines,
            active=view.lines,
            members_due=_MANY,
            agents_available=view.idle,
            agents_logged_in=view.ready,
            waiting_callees=len(view.waiting),
            calls=self._calls,
            answered=self._answered,
            bridged=self._bridged,
            abandoned=self._abandoned,
        )
        decision = self._pacer.decide(situation, now)
        if decision.cancel:
            return Action(decision.launch, tuple(int(call) for call in decision.cancel))
        return decision.launch
