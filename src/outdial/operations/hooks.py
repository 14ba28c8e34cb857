"""Hooks: whom a tenant wants to be told of what happens. Telling them is the engine's."""

from __future__ import annotations

from outdial import ports
from outdial.core.ids import TenantId
from outdial.ports import HookRecord


class Hooks:
    """The hooks of a tenant."""

    def __init__(self, store: ports.Hooks) -> None:
        self._store = store

    async def all(self, tenant: TenantId, offset: int, limit: int) -> list[HookRecord]:
        """Hooks in the order in which they were made."""
        return await self._store.all(tenant, offset, limit)

    async def by_key(self, tenant: TenantId, key: str) -> HookRecord | None:
        """The hook of that key."""
        return await self._store.by_key(tenant, key)

    async def add(self, tenant: TenantId, record: HookRecord) -> None:
        """Keep a new hook: it is told of what happens from now on. Raises `KeyTaken`."""
        await self._store.add(tenant, record)

    async def replace(self, tenant: TenantId, record: HookRecord) -> bool:
        """Put a hook in the place of the one of its key; whether there was one. It counts for what waits to be told, too."""
        return await self._store.replace(tenant, record)

    async def remove(self, tenant: TenantId, key: str) -> bool:
        """Forget a hook and what it was still to be told; whether there was one."""
        return await self._store.remove(tenant, key)
