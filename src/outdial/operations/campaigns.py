"""Campaigns: made and edited with their lists, and read. Whoever dials hears of a change by the fact announced after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from outdial import ports
from outdial.core.campaign import Campaign, CampaignSettings
from outdial.core.contact import NewContact
from outdial.core.errors import KeyTaken
from outdial.core.facts import CampaignChanged
from outdial.core.ids import TenantId
from outdial.ports import Bus

_TRIES = 20
"""An edit that meets a campaign made meanwhile finds it at the second try; a new campaign whose number somebody already
uses as a key goes on to the next number."""
_log = structlog.get_logger(__name__)


class Campaigns:
    """The campaigns of a tenant in one dialect."""

    def __init__(self, store: ports.Campaigns, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    async def save(
        self,
        tenant: TenantId,
        dialect: str,
        key: str,
        number: int | None,
        settings: Callable[[Campaign | None], CampaignSettings],
        contacts: Sequence[NewContact] | None,
    ) -> tuple[Campaign, bool]:
        """Edit the campaign of that key (of that number when the key is empty), or make one when there is none.

        `settings` is given the campaign as it is, or None, and may be called again; what it raises stops the operation.
        `contacts` replaces the list; None keeps it. Returns the campaign and whether it is new.
        """
        for tries in range(1, _TRIES + 1):
            existing = await self._find(tenant, dialect, key, number)
            wanted = settings(existing)
            try:
                campaign = await self._store.save(
                    tenant,
                    dialect,
                    None if existing is None else existing.id,
                    key if existing is None else existing.key,
                    wanted,
                    contacts,
                )
                break
            except KeyTaken:
                if tries == _TRIES:
                    raise
        if existing is not None and contacts is not None and not contacts:
            _log.warning("campaign.list_wiped", campaign=campaign.id, dialect=dialect)
        await self._bus.announce(CampaignChanged(campaign.id))
        return campaign, existing is None

    async def by_number(self, tenant: TenantId, dialect: str, number: int) -> Campaign | None:
        """The campaign that its dialect knows by this number."""
        return await self._store.by_number(tenant, dialect, number)

    async def _find(self, tenant: TenantId, dialect: str, key: str, number: int | None) -> Campaign | None:
        if key:
            return await self._store.by_key(tenant, dialect, key)
        return None if number is None else await self._store.by_number(tenant, dialect, number)
