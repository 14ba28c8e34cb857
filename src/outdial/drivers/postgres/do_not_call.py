"""The list of numbers that must not be called, as callers change it and as whoever dials asks it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import asyncpg

from outdial.core.do_not_call import Blocked, canonical
from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.pool import asking

_SQL = statements.load("do_not_call.sql")


class PostgresDoNotCall:
    """Implements `outdial.ports.DoNotCall`."""

    def __init__(self, connection: asyncpg.Pool | asyncpg.Connection) -> None:
        self._connection = connection

    async def all(self, tenant: TenantId) -> list[Blocked]:
        """Every number."""
        return [Blocked(*row) for row in await self._connection.fetch(_SQL["all"], tenant)]

    async def page(self, tenant: TenantId, after: str, limit: int) -> list[Blocked]:
        return [Blocked(*row) for row in await self._connection.fetch(_SQL["page"], tenant, after, limit)]

    async def add(self, tenant: TenantId, numbers: Sequence[Blocked]) -> int:
        columns = ([one.digits for one in numbers], [one.note for one in numbers])
        added: int = await self._connection.fetchval(_SQL["add"], tenant, *columns)
        return added

    async def remove(self, tenant: TenantId, digits: str) -> bool:
        return await self._connection.fetchval(_SQL["remove"], tenant, digits) is not None

    async def among(self, tenant: TenantId, digits: Collection[str]) -> set[str]:
        forms = {one: canonical(one) for one in digits}
        with asking():
            rows = await self._connection.fetch(_SQL["among"], tenant, list(set(forms.values())))
        found = {row["digits"] for row in rows}
        return {one for one, form in forms.items() if form in found}
