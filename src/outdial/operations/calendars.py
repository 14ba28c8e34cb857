"""Calendars: when campaigns may dial. A campaign that names one which does not exist never dials."""

from __future__ import annotations

from outdial import ports
from outdial.core.facts import CampaignChanged
from outdial.core.ids import TenantId
from outdial.ports import Bus, CalendarRecord


class Calendars:
    """The calendars of a tenant."""

    def __init__(self, store: ports.Calendars, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[CalendarRecord]:
        """Calendars in the order in which they were made."""
        return await self._store.all(tenant, offset, limit)

    async def by_key(self, tenant: TenantId, key: str) -> CalendarRecord | None:
        """The calendar of that key."""
        return await self._store.by_key(tenant, key)

    async def add(self, tenant: TenantId, record: CalendarRecord) -> None:
        """Keep a new calendar. Raises `KeyTaken`."""
        await self._store.add(tenant, record)
        await self._announce(tenant, record.key)

    async def replace(self, tenant: TenantId, record: CalendarRecord) -> bool:
        """Put a calendar in the place of the one of its key; whether there was one. It counts at once."""
        found = await self._store.replace(tenant, record)
        if found:
            await self._announce(tenant, record.key)
        return found

    async def remove(self, tenant: TenantId, key: str) -> bool:
        """Forget a calendar; whether there was one. Campaigns that name it do not dial any more."""
        found = await self._store.remove(tenant, key)
        if found:
            await self._announce(tenant, key)
        return found

    async def _announce(self, tenant: TenantId, key: str) -> None:
        for campaign in await self._store.users_of(tenant, key):
            await self._bus.announce(CampaignChanged(campaign))
