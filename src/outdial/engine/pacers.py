"""The pacers of campaigns that dial ahead of their agents: told what happens to calls and agents, asked how many to place,
and kept over restarts with what they have learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import structlog

from outdial.core.ids import CampaignId
from outdial.core.members import MemberRules
from outdial.core.pacing import Decision, Pacer, Situation
from outdial.core.pacing.choices import ChoiceParameters, PacerName, learns, pacer, rests, tell
from outdial.core.pacing.events import AgentGone, AgentIs, AgentState, PacingEvent
from outdial.core.pacing.situation import Figures
from outdial.engine import metrics
from outdial.ports import Clock, MemberDialling, StoreDown

SAVE_SECONDS = 60.0
"""How often what a pacer has learnt is stored; a crash costs it so much."""

_log = structlog.get_logger(__name__)


_OF_ANY_PACER = frozenset({"launch", "target", "braked", "abandoned_percent"})
_FIGURES = _OF_ANY_PACER | Figures.__dataclass_fields__.keys()

_Chosen = tuple[PacerName, ChoiceParameters]


@dataclass(slots=True)
class _Seat:
    """A campaign's pacer, and what it was told of agents."""

    pacer: Pacer
    chosen: _Chosen
    doing: dict[str, AgentIs] = field(default_factory=dict)
    last: Decision | None = None
    saved_at: float = 0.0
    figures: Figures | None = None
    """Behind the last decision that had any."""
    abandoned_percent: float = 0.0
    shown: set[str] = field(default_factory=set)
    """Names of the figures that metrics show."""

    def decided(self, situation: Situation, decision: Decision) -> None:
        """Remember what was decided, and on what grounds."""
        self.last = decision
        self.figures = decision.figures or self.figures
        self.abandoned_percent = situation.abandoned_percent

    def learnt(self) -> dict[str, object]:
        """What the pacer would keep over a restart; nothing, when it learns nothing."""
        return self.pacer.learnt() if learns(self.pacer) else {}

    def figure(self, name: str) -> float:
        """What was last seen or decided, by the name of the figure."""
        for known in (self.figures, self, self.last):
            if hasattr(known, name):
                return float(getattr(known, name))
        raise KeyError(name)


class Pacers:
    """One pacer a campaign. Only the process in charge has them."""

    def __init__(self, members: MemberDialling, clock: Clock) -> None:
        self._members = members
        self._clock = clock
        self._seats: dict[CampaignId, _Seat] = {}

    def decision(self, campaign: CampaignId) -> Decision | None:
        """What was decided last for a campaign."""
        seat = self._seats.get(campaign)
        return None if seat is None else seat.last

    def observe(self, campaign: CampaignId, event: PacingEvent) -> None:
        """Tell a campaign's pacer what happened; one that is not there hears nothing."""
        seat = self._seats.get(campaign)
        if seat is not None:
            tell(seat.pacer, [event])

    def rests(self, campaign: CampaignId, rules: MemberRules) -> bool:
        """Whether a campaign's pacer has decided a moment ago, and would place nothing more now."""
        seat = self._seats.get(campaign)
        if seat is None or seat.chosen != (rules.pacer, rules.pacing):
            return False
        return rests(seat.pacer, self._clock.monotonic())

    async def decide(
        self,
        campaign: CampaignId,
        rules: MemberRules,
        situation: Situation,
        doing: Mapping[str, AgentIs],
        adjust: int,
    ) -> Decision:
        """How many calls to place now. `doing` is what each agent who is logged in does, by key; `adjust` is what the store
        has of the last decision."""
        now = self._clock.monotonic()
        seat = await self._seat(campaign, rules, adjust, now)
        tell(seat.pacer, [AgentGone(agent, now) for agent in seat.doing.keys() - doing.keys()])
        changed = [agent for agent, state in doing.items() if seat.doing.get(agent) is not state]
        tell(seat.pacer, [AgentState(agent, doing[agent], now) for agent in changed])
        seat.doing = dict(doing)
        decision = seat.pacer.decide(situation, now)
        seat.decided(situation, decision)
        metrics.DECISIONS.labels(str(campaign), decision.ground.value).inc()
        if not learns(seat.pacer):  # such a pacer is told what it left the last time
            seat.pacer = pacer(*seat.chosen, adjust=decision.adjust, braked=decision.braked)
        _show(seat, campaign)
        if now - seat.saved_at >= SAVE_SECONDS:
            await self._save(campaign, seat, now)
        return decision

    async def keep_only(self, campaigns: set[CampaignId]) -> None:
        """Store what the pacers of other campaigns have learnt, and let them go."""
        for campaign in self._seats.keys() - campaigns:
            await self._save(campaign, self._seats[campaign], self._clock.monotonic())
            del self._seats[campaign]
            metrics.forget_pacing(campaign)

    async def save_all(self) -> None:
        """Store what all have learnt, as before the process ends."""
        for campaign, seat in self._seats.items():
            await self._save(campaign, seat, self._clock.monotonic())

    async def _seat(self, campaign: CampaignId, rules: MemberRules, adjust: int, now: float) -> _Seat:
        chosen = (rules.pacer, rules.pacing)
        seat = self._seats.get(campaign)
        if seat is not None and seat.chosen == chosen:
            return seat
        same = seat is not None and seat.chosen[0] is rules.pacer
        learnt = seat.learnt() if seat is not None and same else await self._members.learnt(campaign)
        fresh = _Seat(pacer(*chosen, learnt, adjust=adjust), chosen, saved_at=now)
        self._seats[campaign] = fresh
        metrics.forget_pacing(campaign)
        return fresh

    async def _save(self, campaign: CampaignId, seat: _Seat, now: float) -> None:
        learnt = seat.learnt()
        seat.saved_at = now
        if not learnt:
            return
        try:
            await self._members.learn(campaign, learnt)
        except StoreDown as trouble:  # what was learnt since the last time is worth less than the calls
            _log.warning("pacing.not_saved", campaign=campaign, reason=str(trouble))


def _show(seat: _Seat, campaign: CampaignId) -> None:
    """Let metrics ask for the figures: that happens much less often than a decision."""
    for name in (_OF_ANY_PACER if seat.figures is None else _FIGURES) - seat.shown:
        metrics.PACING.labels(str(campaign), name).set_function(partial(seat.figure, name))
        seat.shown.add(name)
