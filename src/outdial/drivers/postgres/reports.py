"""Feeds and lists of what happened.

A feed reads only up to a horizon before which nothing can change any more, so that a reader who remembers the last
moment it saw never misses a row that was being written at that moment.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import asyncpg

from outdial.core.contact import Answer, ContactStanding, Try
from outdial.core.ids import AttemptId, CampaignId, TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.rows import answer_from, standing_from, try_from

_SQL = statements.load("reports.sql")


class PostgresReports:
    """Implements `outdial.ports.Reports`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def tries_of(self, campaign: CampaignId) -> list[Try]:
        return [try_from(row) for row in await self._pool.fetch(_SQL["tries_of"], campaign)]

    async def answers_of(self, campaign: CampaignId) -> list[Answer]:
        return [answer_from(row) for row in await self._pool.fetch(_SQL["answers_of"], campaign)]

    async def answers_of_call(self, attempt: AttemptId) -> list[Answer]:
        return [answer_from(row) for row in await self._pool.fetch(_SQL["answers_of_call"], attempt)]

    async def contacts_of(self, campaign: CampaignId) -> list[ContactStanding]:
        """A list of ten thousand is made of its rows beside the event loop."""
        rows = await self._pool.fetch(_SQL["contacts_of"], campaign)
        return await asyncio.to_thread(lambda: [standing_from(row) for row in rows])

    async def tries_since(self, tenant: TenantId, dialect: str, since: datetime, limit: int) -> list[Try]:
        return [try_from(row) for row in await self._page("tries", tenant, dialect, since, limit)]

    async def answers_since(self, tenant: TenantId, dialect: str, since: datetime, limit: int) -> list[Answer]:
        return [answer_from(row) for row in await self._page("answers", tenant, dialect, since, limit)]

    async def _page(
        self, feed: str, tenant: TenantId, dialect: str, since: datetime, limit: int
    ) -> list[asyncpg.Record]:
        """The horizon is read first and by itself: rows are then read in a snapshot younger than the horizon."""
        async with self._pool.acquire() as connection:
            horizon = await connection.fetchval(_SQL["horizon"])
            edge = await connection.fetchval(_SQL[f"{feed}_edge"], tenant, dialect, since, horizon, limit)
            if edge is not None and edge <= _end_of_second(since):
                # The page ends in the second it began in: a reader would ask for it for ever, so one later row goes with it.
                edge = await connection.fetchval(_SQL[f"{feed}_edge"], tenant, dialect, edge, horizon, 1)
            until = horizon if edge is None else min(edge, horizon)
            rows: list[asyncpg.Record] = await connection.fetch(_SQL[f"{feed}_between"], tenant, dialect, since, until)
            return rows


def _end_of_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) + timedelta(seconds=1)
