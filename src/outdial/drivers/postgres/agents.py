"""Agents of the tenants: read whole, and changed only in what they declare themselves."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from outdial.core.agent import Agent
from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.rows import agent_from
from outdial.ports import AgentRecord

_SQL = statements.load("agents.sql")


class PostgresAgents:
    """Implements `outdial.ports.Agents`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self, tenant: TenantId) -> list[AgentRecord]:
        return [record_from(row) for row in await self._pool.fetch(_SQL["all"], tenant)]

    async def by_key(self, tenant: TenantId, key: str) -> AgentRecord | None:
        row = await self._pool.fetchrow(_SQL["by_key"], tenant, key)
        return None if row is None else record_from(row)

    async def declare(self, tenant: TenantId, key: str, change: Callable[[Agent], Agent]) -> AgentRecord | None:
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_SQL["lock"], tenant, key)
            if row is None:
                return None
            before = record_from(row)
            after = change(before.agent)
            declared = (after.status, after.state, after.no_answers, after.last_status_change)
            await connection.execute(_SQL["declare"], tenant, key, *declared)
            return AgentRecord(name=before.name, agent=after)


def record_from(row: asyncpg.Record) -> AgentRecord:
    """A row of `agents` with its name."""
    return AgentRecord(name=row["name"], agent=agent_from(row))
