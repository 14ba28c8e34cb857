"""Changes: campaigns that began to dial, sleep, stop, end, or are gone, told to whoever watches as they come about.

A fact only says that something about a campaign may be different; what is told is found by reading it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from outdial import ports
from outdial.core.campaign import Campaign, CampaignState
from outdial.core.facts import CampaignChanged, Fact
from outdial.core.ids import CampaignId, TenantId
from outdial.operations.standings import Standings, Stands
from outdial.ports import Bus

_LOOK_AGAIN_REAL_SECONDS = 60.0
"""A calendar opens and closes without a fact."""


@dataclass(frozen=True, slots=True)
class Change:
    """A campaign that stands otherwise than before. `removed`: it is gone, and this is how it stood last."""

    campaign: Campaign
    stands: Stands
    removed: bool = False

    @property
    def _told(self) -> tuple[CampaignState, str, bool]:
        return self.campaign.settings.state, self.stands.standing.cause, self.stands.asleep

    def differs(self, before: Change | None) -> bool:
        """Whether it stands otherwise; a campaign that is new stands still at first."""
        return self._told != ((CampaignState.PAUSED, "", False) if before is None else before._told)


class Changes:
    """Tells of changes."""

    def __init__(self, store: ports.Campaigns, standings: Standings, bus: Bus) -> None:
        self._store = store
        self._standings = standings
        self._bus = bus

    async def watch(self, tenant: TenantId, dialect: str) -> AsyncGenerator[Change | None, None]:
        """Every change of a tenant's campaigns in a dialect from now on. The first thing given is None: it has begun."""
        heard: set[CampaignId] = set()
        wake = asyncio.Event()

        def hear(fact: Fact) -> None:
            if isinstance(fact, CampaignChanged):
                heard.add(fact.campaign)
                wake.set()

        stop = self._bus.listen(hear)
        try:
            known = await self._read(await self._store.all(tenant, dialect, None, 0, None))
            yield None
            while True:
                await _heard_or_late(wake)
                wake.clear()
                looked_at = set(heard) or {id for id, one in known.items() if _runs(one)}
                heard.clear()
                found = await self._read(await self._store.by_ids(tenant, dialect, looked_at))
                for id in sorted(looked_at):
                    before, now = known.get(id), found.get(id)
                    if now is None:
                        if before is not None:
                            del known[id]
                            yield Change(before.campaign, before.stands, removed=True)
                    else:
                        known[id] = now
                        if now.differs(before):
                            yield now
        finally:
            stop()

    async def _read(self, campaigns: list[Campaign]) -> dict[CampaignId, Change]:
        stands = await self._standings.of(campaigns)
        return {one.id: Change(one, stands[one.id]) for one in campaigns if one.id in stands}


def _runs(change: Change) -> bool:
    return change.campaign.settings.state is CampaignState.RUNNING


async def _heard_or_late(wake: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_LOOK_AGAIN_REAL_SECONDS):
            await wake.wait()
    except TimeoutError:
        return
