"""Facts between processes by LISTEN and NOTIFY. A notification only wakes; whoever hears it reads the store again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

from outdial.core.facts import CampaignChanged, Fact
from outdial.core.ids import CampaignId
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
        await self._pool.execute("select pg_notify($1, $2)", _CHANNEL, f"campaign {fact.campaign}")

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
        kind, _, id = payload.partition(" ")
        if kind == "campaign" and id.isdecimal():
            for hear in list(self._listeners):
                hear(CampaignChanged(CampaignId(int(id))))
