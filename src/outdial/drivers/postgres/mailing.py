"""What mailings need beside campaigns: the numbers that may be shown to those called, and templates of texts."""

from __future__ import annotations

import asyncpg

from outdial.core.ids import TenantId
from outdial.core.wanted import WantedCallerNumber
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.counters import next_number
from outdial.ports import Template

_SQL = statements.load("mailing.sql")
_COUNTED = ("", "template")
"""Templates belong to no dialect; one counter of a tenant numbers them."""


class PostgresCallerNumbers:
    """Implements `outdial.ports.CallerNumbers`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all(self, tenant: TenantId) -> list[WantedCallerNumber]:
        return [WantedCallerNumber(*row) for row in await self._pool.fetch(_SQL["caller_numbers"], tenant)]


class PostgresTemplates:
    """Implements `outdial.ports.Templates`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, tenant: TenantId, account: str, number: int | None) -> list[Template]:
        return [Template(*row) for row in await self._pool.fetch(_SQL["templates"], tenant, account, number)]

    async def add(self, tenant: TenantId, account: str, name: str, message: str) -> Template:
        number = await next_number(self._pool, tenant, *_COUNTED)
        await self._pool.execute(_SQL["add_template"], tenant, number, account, name, message)
        return Template(number, account, name, message)

    async def change(self, tenant: TenantId, wanted: Template) -> bool:
        values = (wanted.number, wanted.account, wanted.name, wanted.message)
        return await self._pool.fetchval(_SQL["change_template"], tenant, *values) is not None
