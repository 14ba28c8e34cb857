"""What a tenant's dialects are told, as `outdial apply` stored it."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.pool import asking, decode

_SQL = statements.load("setup.sql")


class PostgresDialectSettings:
    """Implements `outdial.ports.DialectSettings`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, tenant: TenantId, dialect: str) -> Mapping[str, str]:
        with asking():
            stored = await self._pool.fetchval(_SQL["dialect_settings"], tenant, dialect)
        return {} if stored is None else decode(stored)
