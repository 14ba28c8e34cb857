"""Clients: whom a phone belongs to and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence

from outdial import ports
from outdial.core.client import Client, NewClient
from outdial.core.ids import TenantId


class Clients:
    """The clients of a tenant."""

    def __init__(self, store: ports.Clients) -> None:
        self._store = store

    async def save(self, tenant: TenantId, clients: Sequence[NewClient]) -> list[Client]:
        """Make or replace clients by their keys, all of them or none; of two with one key the later counts."""
        latest = {client.key: client for client in clients}
        return await self._store.save(tenant, list(latest.values())) if latest else []

    async def remove(self, tenant: TenantId, key: str) -> None:
        """Forget a client; an unknown one is no error."""
        await self._store.remove(tenant, key)

    async def by_phone(self, tenant: TenantId, key: str) -> Client | None:
        """Whose phone this is; of several the one saved last."""
        return await self._store.by_phone(tenant, key)
