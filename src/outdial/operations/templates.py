"""Texts that a caller keeps here, by an account of the caller's own words."""

from __future__ import annotations

from outdial import ports
from outdial.core.ids import TenantId
from outdial.ports import Template


class Templates:
    """The templates of a tenant."""

    def __init__(self, store: ports.Templates) -> None:
        self._store = store

    async def of(self, tenant: TenantId, account: str, number: int | None = None) -> list[Template]:
        """Those of an account in the order of their numbers; with `number` only that one."""
        return await self._store.of(tenant, account, number)

    async def save(
        self, tenant: TenantId, account: str, number: int | None, name: str, message: str
    ) -> Template | None:
        """Keep a new template, or change the one of that number; None: the account has none of that number."""
        if number is None:
            return await self._store.add(tenant, account, name, message)
        wanted = Template(number, account, name, message)
        return wanted if await self._store.change(tenant, wanted) else None
