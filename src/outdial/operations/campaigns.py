"""Campaigns: made and edited with their lists, and read. Whoever dials hears of a change by the fact announced after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from outdial import ports
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.errors import KeyTaken
from outdial.core.facts import CampaignChanged
from outdial.core.ids import CampaignId, TenantId
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
            existing = await self.find(tenant, dialect, key, number)
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

    async def all(
        self, tenant: TenantId, dialect: str, state: CampaignState | None, after: int = 0, limit: int | None = None
    ) -> list[Campaign]:
        """Campaigns with a number above `after`, in the order of their numbers; None stands for any state or any length."""
        return await self._store.all(tenant, dialect, state, after, limit)

    async def edit(
        self, campaign: CampaignId, change: Callable[[Campaign], tuple[str, CampaignSettings]]
    ) -> Campaign | None:
        """Change a campaign and leave its list alone; None when it is gone.

        `change` is given the campaign as it is, and nobody changes it meanwhile; what it raises stops the operation.
        """
        edited = await self._store.edit(campaign, change)
        if edited is not None:
            await self._bus.announce(CampaignChanged(edited.id))
        return edited

    async def remove(self, tenant: TenantId, dialect: str, number: int) -> None:
        """Forget a campaign and its list; an unknown one is no error. Answers stay, and so do calls under way."""
        removed = await self._store.remove(tenant, dialect, number)
        if removed is not None:
            _log.info("campaign.removed", campaign=removed, dialect=dialect)
            await self._bus.announce(CampaignChanged(removed))

    async def withdraw(self, tenant: TenantId, dialect: str, key: str, number: int | None) -> None:
        """Call a contact, and other numbers of the same client, no more: in the campaign of that number, or in all.

        Calls under way go on. A contact or a campaign that does not exist is no error.
        """
        campaign = None
        if number is not None:
            named = await self._store.by_number(tenant, dialect, number)
            if named is None:
                return
            campaign = named.id
        for changed in await self._store.withdraw(tenant, dialect, key, campaign):
            await self._bus.announce(CampaignChanged(changed))

    async def find(self, tenant: TenantId, dialect: str, key: str, number: int | None) -> Campaign | None:
        """The one of that key, or of that number when the key is empty."""
        if key:
            return await self._store.by_key(tenant, dialect, key)
        return None if number is None else await self._store.by_number(tenant, dialect, number)
