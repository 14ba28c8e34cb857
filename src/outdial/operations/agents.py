"""Agents: who there is, and what they declare of themselves. Whoever offers calls hears of it by a fact."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from outdial import ports
from outdial.core.agent import Agent, AgentState, AgentStatus, with_state, with_status
from outdial.core.facts import AgentChanged
from outdial.core.ids import TenantId
from outdial.ports import AgentRecord, Bus, Clock

_ON_A_CALL = (AgentState.RESERVED, AgentState.IN_CALL)
_log = structlog.get_logger(__name__)


class Agents:
    """The agents of a tenant."""

    def __init__(self, store: ports.Agents, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock

    async def all(self, tenant: TenantId) -> list[AgentRecord]:
        """Every agent, in the order in which they were made."""
        return await self._store.all(tenant)

    async def by_key(self, tenant: TenantId, key: str) -> AgentRecord | None:
        """The agent of that key."""
        return await self._store.by_key(tenant, key)

    async def set_status(self, tenant: TenantId, key: str, status: AgentStatus) -> bool:
        """An agent says what it wants; whether there is one of that key. A call in progress goes on whatever it is."""
        return await self._declare(tenant, key, lambda agent: with_status(agent, status, self._clock.now()))

    async def set_state(self, tenant: TenantId, key: str, state: AgentState) -> bool:
        """An agent says what it does; whether there is one of that key. While it has a call, the call says it."""
        return await self._declare(
            tenant, key, lambda agent: agent if agent.state in _ON_A_CALL else with_state(agent, state)
        )

    async def _declare(self, tenant: TenantId, key: str, change: Callable[[Agent], Agent]) -> bool:
        record = await self._store.declare(tenant, key, change)
        if record is None:
            return False
        agent = record.agent
        _log.info("agent.declared", tenant=tenant, agent=key, status=agent.status.value, state=agent.state.value)
        await self._bus.announce(AgentChanged(tenant, key))
        return True
