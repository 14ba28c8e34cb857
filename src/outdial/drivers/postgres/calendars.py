"""Calendars of the tenants."""

from __future__ import annotations

import asyncpg
import msgspec

from outdial.core.calendar import Calendar
from outdial.core.errors import KeyTaken
from outdial.core.ids import CampaignId, TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.pool import decode, to_json
from outdial.ports import CalendarRecord

_SQL = statements.load("calendars.sql")


class PostgresCalendars:
    """Implements `outdial.ports.Calendars`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[CalendarRecord]:
        return [calendar_from(row) for row in await self._pool.fetch(_SQL["all"], tenant, offset, limit)]

    async def by_key(self, tenant: TenantId, key: str) -> CalendarRecord | None:
        row = await self._pool.fetchrow(_SQL["by_key"], tenant, key)
        return None if row is None else calendar_from(row)

    async def add(self, tenant: TenantId, record: CalendarRecord) -> None:
        try:
            await self._pool.execute(_SQL["add"], tenant, *_values(record))
        except asyncpg.UniqueViolationError as error:
            raise KeyTaken(f"there is a calendar {record.key} already", field="key") from error

    async def replace(self, tenant: TenantId, record: CalendarRecord) -> bool:
        return await self._pool.fetchval(_SQL["replace"], tenant, *_values(record)) is not None

    async def remove(self, tenant: TenantId, key: str) -> bool:
        return await self._pool.fetchval(_SQL["remove"], tenant, key) is not None

    async def users_of(self, tenant: TenantId, key: str) -> list[CampaignId]:
        return [CampaignId(row["id"]) for row in await self._pool.fetch(_SQL["users_of"], tenant, key)]


def calendar_from(row: asyncpg.Record) -> CalendarRecord:
    """A row of `calendars`."""
    calendar = msgspec.json.decode(row["document"], type=Calendar)
    return CalendarRecord(key=row["key"], name=row["name"], calendar=calendar, wire=decode(row["wire"]))


def _values(record: CalendarRecord) -> tuple[str, str, str, str]:
    return record.key, record.name, to_json(record.calendar), to_json(record.wire)
