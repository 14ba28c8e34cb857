"""Facts between processes by LISTEN and NOTIFY. A notification only wakes; whoever hears it reads the store again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import assert_never

import asyncpg
import structlog

from outdial.core.facts import AgentChanged, CampaignChanged, Fact
from outdial.core.ids import CampaignId, TenantId
from outdial.drivers.postgres.pool import APPLICATION_NAME

_CHANNEL = "outdial"
_RETRY_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class PostgresBus:
    """Implements `outdial.ports.Bus`. `run` keeps the listening connection alive for as long as it runs."""

    def __init__(self, dsn: str, pool: asyncpg.Pool) -> None:
        self._dsn = dsn
        self._pool = pool
        self._listeners: list[Callable[[Fact], None]] = []

    async def announce(self, fact: Fact) -> None:
        await self._pool.execute("select pg_notify($1, $2)", _CHANNEL, _written(fact))

    def listen(self, hear: Callable[[Fact], None]) -> Callable[[], None]:
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear)

    async def run(self) -> None:
        """Hear what every process announces; a lost connection is made again."""
        while True:
            try:
                connection = await asyncpg.connect(self._dsn, server_settings={"application_name": APPLICATION_NAME})
                try:
                    await connection.add_listener(_CHANNEL, self._heard)
                    gone = asyncio.Event()
                    connection.add_termination_listener(lambda _, gone=gone: gone.set())
                    await gone.wait()
                finally:
                    await connection.close()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("bus.disconnected", reason=str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    def _heard(self, connection: object, pid: int, channel: str, payload: str) -> None:
        fact = _read(payload)
        if fact is not None:
            for hear in list(self._listeners):
                hear(fact)


def _written(fact: Fact) -> str:
    match fact:
        case CampaignChanged():
            return f"campaign {fact.campaign}"
        case AgentChanged():
            return f"agent {fact.tenant} {fact.agent}"
        case _:
            assert_never(fact)


def _read(payload: str) -> Fact | None:
    """What was announced; None when it is nothing that this version knows."""
    kind, _, rest = payload.partition(" ")
    id, _, key = rest.partition(" ")
    if not id.isdecimal():
        return None
    match kind:
        case "campaign":
            return CampaignChanged(CampaignId(int(id)))
        case "agent":
            return AgentChanged(TenantId(int(id)), key)
        case _:
            return None
