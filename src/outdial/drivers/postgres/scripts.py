"""Scripts of a tenant in one dialect. A replaced script gets a new version; calls under way keep theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg

from outdial.core.errors import KeyTaken
from outdial.core.ids import ScriptId, TenantId
from outdial.core.script.document import to_document
from outdial.core.script.nodes import Script
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.counters import next_number
from outdial.drivers.postgres.pool import to_json
from outdial.drivers.postgres.rows import script_from
from outdial.ports import ScriptRecord

_SQL = statements.load("scripts.sql")


class PostgresScripts:
    """Implements `outdial.ports.Scripts`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def next_number(self, tenant: TenantId, dialect: str) -> int:
        return await next_number(self._pool, tenant, dialect, "script")

    async def part_numbers(self, tenant: TenantId, dialect: str, count: int) -> int:
        return await next_number(self._pool, tenant, dialect, "script part", count=count)

    async def create(
        self,
        tenant: TenantId,
        dialect: str,
        number: int,
        key: str,
        name: str | None,
        script: Script,
        wire: Mapping[str, Any],
    ) -> ScriptRecord:
        document = to_json(to_document(script))
        try:
            row = await self._pool.fetchrow(_SQL["create"], tenant, dialect, number, key, name, to_json(wire), document)
        except asyncpg.UniqueViolationError as error:
            raise KeyTaken(f'there is a script "{key}" already', field="key") from error
        return script_from(row)

    async def replace(self, id: ScriptId, name: str | None, script: Script, wire: Mapping[str, Any]) -> ScriptRecord:
        row = await self._pool.fetchrow(_SQL["replace"], id, name, to_json(wire), to_json(to_document(script)))
        return script_from(row)

    async def by_number(self, tenant: TenantId, dialect: str, number: int) -> ScriptRecord | None:
        row = await self._pool.fetchrow(_SQL["by_number"], tenant, dialect, number)
        return None if row is None else script_from(row)

    async def by_key(self, tenant: TenantId, dialect: str, key: str) -> ScriptRecord | None:
        row = await self._pool.fetchrow(_SQL["by_key"], tenant, dialect, key)
        return None if row is None else script_from(row)

    async def all(self, tenant: TenantId, dialect: str) -> list[ScriptRecord]:
        return [script_from(row) for row in await self._pool.fetch(_SQL["all"], tenant, dialect)]

    async def remove(self, tenant: TenantId, dialect: str, number: int) -> None:
        await self._pool.execute(_SQL["remove"], tenant, dialect, number)
