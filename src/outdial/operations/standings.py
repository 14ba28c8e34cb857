"""How campaigns stand: read with what their calendars say, started, stopped and reset."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from outdial import ports
from outdial.core.calendar import Opening, next_opening, opening
from outdial.core.campaign import Campaign, CampaignState
from outdial.core.documents import Drop, Keep, Search
from outdial.core.facts import CampaignChanged
from outdial.core.ids import CampaignId
from outdial.ports import AgentWork, Bus, Clock, Standing


@dataclass(frozen=True, slots=True)
class Stands:
    """How a campaign stands at a moment."""

    standing: Standing
    asleep: bool
    """It runs, and its calendar is closed."""
    opens_at: datetime | None
    """When a calendar that is closed opens; None: it is open, or never opens."""

    @property
    def calls(self) -> int:
        """Calls in progress."""
        return sum(self.standing.under_way.values())


class Standings:
    """How campaigns stand."""

    def __init__(self, store: ports.Standings, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock

    async def of(self, campaigns: Sequence[Campaign]) -> Mapping[CampaignId, Stands]:
        """How each stands now; one that is gone is left out."""
        found = await self._store.of([campaign.id for campaign in campaigns])
        return {one.id: self._stands(one, found[one.id]) for one in campaigns if one.id in found}

    async def start(self, campaign: CampaignId) -> None:
        """Let a campaign dial. One that dials, that cannot, or whose calendar is missing, stays as it is."""
        await self._store.start(campaign)
        await self._bus.announce(CampaignChanged(campaign))

    async def stop(self, campaign: CampaignId) -> None:
        """Let a campaign dial no more; calls under way go on."""
        await self._store.stop(campaign)
        await self._bus.announce(CampaignChanged(campaign))

    async def reset(self, campaign: Campaign, by: str, *, counters: bool, agents: bool, while_running: bool) -> bool:
        """Count from nothing; whether that was done: a campaign that runs is left alone unless that is wanted.

        Calls under way are counted as they are and cannot be forgotten.
        """
        if campaign.settings.state is CampaignState.RUNNING and not while_running:
            return False
        if counters:
            await self._store.forget_counters(campaign.id)
        if agents:
            await self._store.forget_tallies(campaign.id, by)
        await self._bus.announce(CampaignChanged(campaign.id))
        return True

    async def history(self, campaign: CampaignId, search: Search, shape: Keep | Drop | None) -> list[dict[str, Any]]:
        """A page of what happened to a campaign, as documents."""
        return await self._store.history(campaign, search, shape)

    async def tallies(self, campaign: Campaign, agents: Collection[str], skills: Collection[str]) -> list[AgentWork]:
        """What agents did for a campaign: those of these keys, and those with one of the skills."""
        return await self._store.tallies(campaign.tenant, campaign.id, agents, skills)

    def _stands(self, campaign: Campaign, standing: Standing) -> Stands:
        now = self._clock.now()
        if standing.calendar is None:
            return Stands(standing, False, None)
        try:
            closed = opening(standing.calendar, now) is not Opening.OPEN
            opens_at = next_opening(standing.calendar, now) if closed else None
        except (ZoneInfoNotFoundError, ValueError):  # a zone that is none: such a calendar never opens
            closed, opens_at = True, None
        return Stands(standing, closed and campaign.settings.state is CampaignState.RUNNING, opens_at)
