"""Agents of the tenants: read whole, and changed only in what they declare themselves."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
import msgspec

from outdial.core.agent import Agent, AgentRules, AgentState, AgentStatus
from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.ports import AgentRecord

_SQL = statements.load("agents.sql")


class PostgresAgents:
    """Implements `outdial.ports.Agents`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self, tenant: TenantId) -> list[AgentRecord]:
        return [agent_from(row) for row in await self._pool.fetch(_SQL["all"], tenant)]

    async def by_key(self, tenant: TenantId, key: str) -> AgentRecord | None:
        row = await self._pool.fetchrow(_SQL["by_key"], tenant, key)
        return None if row is None else agent_from(row)

    async def declare(self, tenant: TenantId, key: str, change: Callable[[Agent], Agent]) -> AgentRecord | None:
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(_SQL["lock"], tenant, key)
            if row is None:
                return None
            before = agent_from(row)
            after = change(before.agent)
            declared = (after.status, after.state, after.no_answers, after.last_status_change)
            await connection.execute(_SQL["declare"], tenant, key, *declared)
            return AgentRecord(name=before.name, agent=after)


def agent_from(row: asyncpg.Record) -> AgentRecord:
    """A row of `agents`."""
    agent = Agent(
        key=row["key"],
        extension=row["extension"],
        status=AgentStatus(row["status"]),
        state=AgentState(row["state"]),
        ready_at=row["ready_at"],
        no_answers=row["no_answers"],
        skills=frozenset(row["skills"]),
        rules=msgspec.json.decode(row["rules"], type=AgentRules),
        last_status_change=row["last_status_change"],
        last_offered_at=row["last_offered_at"],
        last_bridge_start=row["last_bridge_start"],
        last_bridge_end=row["last_bridge_end"],
        calls_answered=row["calls_answered"],
        talk_seconds=row["talk_seconds"],
    )
    return AgentRecord(name=row["name"], agent=agent)
