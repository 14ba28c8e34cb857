"""Campaigns of a tenant in one dialect and their contacts: a campaign and its list change together or not at all.

A list is received by COPY into a staging table and compared there, so its size costs no round trips.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.errors import KeyTaken, NotFound
from outdial.core.ids import CampaignId, TenantId
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import COMPLETED
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.counters import next_number
from outdial.drivers.postgres.deadlocks import unlocked
from outdial.drivers.postgres.pool import to_json
from outdial.drivers.postgres.rows import campaign_from, settings_to

_SQL = statements.load("campaigns.sql")
_AT_A_TIME = 200
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
_INCOMING = ("batch", "position", "key", "digits", "due_at", "offset_minutes", "client", "variables", "wire")


class PostgresCampaigns:
    """Implements `outdial.ports.Campaigns`. `first_numbers`: the number before a dialect's first campaign; else 0."""

    def __init__(self, pool: asyncpg.Pool, first_numbers: Mapping[str, int]) -> None:
        self._pool = pool
        self._first_numbers = first_numbers

    async def save(
        self,
        tenant: TenantId,
        dialect: str,
        existing: CampaignId | None,
        key: str,
        settings: CampaignSettings,
        contacts: Sequence[NewContact] | None,
    ) -> Campaign:
        number = await self._next_number(tenant, dialect) if existing is None else 0
        async with self._pool.acquire() as connection, connection.transaction():
            try:
                if existing is None:
                    named = key or str(number)
                    row = await connection.fetchrow(
                        _SQL["create"], tenant, dialect, number, named, *settings_to(settings)
                    )
                else:
                    row = await connection.fetchrow(_SQL["edit"], existing, key, *settings_to(settings))
            except asyncpg.UniqueViolationError as error:
                raise KeyTaken(f'there is a campaign "{key}" already', field="key") from error
            if row is None:
                raise NotFound("the campaign was deleted meanwhile")
            if contacts is not None:
                await _replace_list(connection, row["id"], tenant, contacts)
        return campaign_from(row)

    async def _next_number(self, tenant: TenantId, dialect: str) -> int:
        """Taken outside the transaction that uses it: a number that turns out to be somebody's key must not come again."""
        first = self._first_numbers.get(dialect, 0)
        return await next_number(self._pool, tenant, dialect, "campaign", after=first)

    async def by_number(self, tenant: TenantId, dialect: str, number: int) -> Campaign | None:
        row = await self._pool.fetchrow(_SQL["by_number"], tenant, dialect, number)
        return None if row is None else campaign_from(row)

    async def by_key(self, tenant: TenantId, dialect: str, key: str) -> Campaign | None:
        row = await self._pool.fetchrow(_SQL["by_key"], tenant, dialect, key)
        return None if row is None else campaign_from(row)

    async def by_ids(self, tenant: TenantId, dialect: str, ids: Collection[CampaignId]) -> list[Campaign]:
        rows = await self._pool.fetch(_SQL["by_ids"], tenant, dialect, list(ids))
        return [campaign_from(row) for row in rows]

    async def all(
        self, tenant: TenantId, dialect: str, state: CampaignState | None, after: int, limit: int | None
    ) -> list[Campaign]:
        rows = await self._pool.fetch(_SQL["all"], tenant, dialect, state, after, limit)
        return [campaign_from(row) for row in rows]

    async def edit(
        self, campaign: CampaignId, change: Callable[[Campaign], tuple[str, CampaignSettings]]
    ) -> Campaign | None:
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_SQL["hold"], campaign)
            if row is None:
                return None
            key, settings = change(campaign_from(row))
            try:
                row = await connection.fetchrow(_SQL["edit"], campaign, key, *settings_to(settings))
            except asyncpg.UniqueViolationError as error:
                raise KeyTaken(f'there is a campaign "{key}" already', field="key") from error
        return campaign_from(row)

    async def remove(self, tenant: TenantId, dialect: str, number: int) -> CampaignId | None:
        id = await unlocked(lambda: self._pool.fetchval(_SQL["remove"], tenant, dialect, number))
        return None if id is None else CampaignId(id)

    async def withdraw(self, tenant: TenantId, dialect: str, key: str, campaign: CampaignId | None) -> list[CampaignId]:
        async def withdrawn() -> list[CampaignId]:
            async with self._pool.acquire() as connection, connection.transaction():
                held = await connection.fetch(_SQL["hold_withdrawn"], tenant, dialect, key, campaign)
                ids = [row["id"] for row in held]
                rows = await connection.fetch(_SQL["withdraw"], ids, Outcome.WITHDRAWN, COMPLETED) if ids else []
            return [CampaignId(row["campaign_id"]) for row in rows]

        return await unlocked(withdrawn)


async def _replace_list(
    connection: asyncpg.Connection, campaign: int, tenant: TenantId, contacts: Sequence[NewContact]
) -> None:
    batch = uuid4()
    records = _records(batch, contacts)
    await connection.copy_records_to_table("incoming_contacts", records=records, columns=_INCOMING)
    await connection.execute(_SQL["drop_missing"], campaign, batch)
    await connection.execute(_SQL["refresh_kept"], campaign, batch)
    await connection.execute(_SQL["add_new"], campaign, batch, tenant)
    await connection.execute(_SQL["take_up_holds"], campaign)
    await connection.execute(_SQL["forget_incoming"], batch)


async def _records(batch: UUID, contacts: Sequence[NewContact]) -> AsyncIterator[tuple[object, ...]]:
    """Others have their turn between one part of a long list and the next."""
    for position, contact in enumerate(contacts):
        if position % _AT_A_TIME == 0:
            await asyncio.sleep(0)
        yield _incoming(batch, position, contact)


def _incoming(batch: UUID, position: int, contact: NewContact) -> tuple[object, ...]:
    return (
        batch,
        position,
        contact.key,
        contact.digits,
        contact.due_at or _AT_ONCE,
        contact.offset_minutes,
        contact.client,
        to_json(contact.variables),
        to_json(contact.wire),
    )
