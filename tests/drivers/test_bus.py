"""Facts over a real database: what one process announces, every process hears."""

from __future__ import annotations

import asyncio

import pytest

from outdial.core.facts import AgentChanged, CampaignChanged, Fact
from outdial.core.ids import CampaignId, TenantId
from outdial.drivers.postgres.bus import PostgresBus
from outdial.drivers.postgres.pool import open_pool

FACTS = [CampaignChanged(CampaignId(7)), AgentChanged(TenantId(2), "100"), AgentChanged(TenantId(2), "two words")]


@pytest.mark.parametrize("fact", FACTS)
def test_what_is_announced_is_heard_as_it_was(database_url: str, fact: Fact) -> None:
    async def story() -> None:
        pool = await open_pool(database_url)
        try:
            bus, heard = PostgresBus(database_url, pool), asyncio.Queue[Fact]()
            stop = bus.listen(heard.put_nowait)
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(bus.run())
                while heard.empty():  # a fact may be lost before anybody listens
                    await pool.execute("select pg_notify('outdial', 'weather fine')")
                    await bus.announce(fact)
                assert await heard.get() == fact
                stop()
                listening.cancel()
        finally:
            await pool.close()

    asyncio.run(story())
