"""Hooks of the tenants, and what is still to be told to them.

A delivery that is taken is out of sight for the time of its lease; one whose taker died comes back after it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import asyncpg
import msgspec

from outdial.core.errors import KeyTaken
from outdial.core.hook import Hook
from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.pool import asking, decode, to_json
from outdial.ports import Delivery, HookRecord

_SQL = statements.load("hooks.sql")


class PostgresHooks:
    """Implements `outdial.ports.Hooks`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[HookRecord]:
        return [_hook(row) for row in await self._pool.fetch(_SQL["all"], tenant, offset, limit)]

    async def by_key(self, tenant: TenantId, key: str) -> HookRecord | None:
        row = await self._pool.fetchrow(_SQL["by_key"], tenant, key)
        return None if row is None else _hook(row)

    async def add(self, tenant: TenantId, record: HookRecord) -> None:
        try:
            await self._pool.execute(_SQL["add"], tenant, *_values(record))
        except asyncpg.UniqueViolationError as error:
            raise KeyTaken(f"there is a hook {record.key} already", field="key") from error

    async def replace(self, tenant: TenantId, record: HookRecord) -> bool:
        return await self._pool.fetchval(_SQL["replace"], tenant, *_values(record)) is not None

    async def remove(self, tenant: TenantId, key: str) -> bool:
        return await self._pool.fetchval(_SQL["remove"], tenant, key) is not None


class PostgresDeliveries:
    """Implements `outdial.ports.Deliveries`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def spread(self, now: datetime, limit: int) -> int:
        with asking():
            taken: int = await self._pool.fetchval(_SQL["spread"], now, limit)
            return taken

    async def take(
        self, now: datetime, until: datetime, limit: int, each: int, busy: Collection[int]
    ) -> list[Delivery]:
        with asking():
            rows = await self._pool.fetch(_SQL["take"], now, until, limit, each, list(busy))
        return [_delivery(row) for row in rows]

    async def done(self, id: int) -> None:
        with asking():
            await self._pool.execute(_SQL["done"], id)

    async def later(self, id: int, due_at: datetime) -> None:
        with asking():
            await self._pool.execute(_SQL["later"], id, due_at)


def _hook(row: asyncpg.Record) -> HookRecord:
    return HookRecord(key=row["key"], hook=msgspec.json.decode(row["document"], type=Hook), wire=decode(row["wire"]))


def _values(record: HookRecord) -> tuple[str, str, bool, str, str]:
    return record.key, record.hook.event, record.hook.enabled, to_json(record.hook), to_json(record.wire)


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(
        id=row["id"],
        tenant=TenantId(row["tenant_id"]),
        hook_id=row["hook_id"],
        key=row["key"],
        hook=msgspec.json.decode(row["hook"], type=Hook),
        document=decode(row["document"]),
        tries=row["tries"],
    )
