"""Clients with their phones and properties: saved together or not at all, in statements whose number does not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import asyncpg

from outdial.core.client import Client, NewClient, Phone, Property
from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.drivers.postgres.pool import to_json

_SQL = statements.load("clients.sql")


class PostgresClients:
    """Implements `outdial.ports.Clients`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def save(self, tenant: TenantId, clients: Sequence[NewClient]) -> list[Client]:
        named = to_json([{"key": client.key, "name": client.name} for client in clients])
        async with self._pool.acquire() as connection, connection.transaction():
            ids = {row["key"]: row["id"] for row in await connection.fetch(_SQL["upsert"], tenant, named)}
            await connection.execute(_SQL["forget_phones"], list(ids.values()))
            await connection.execute(_SQL["forget_properties"], list(ids.values()))
            phones = await connection.fetch(_SQL["add_phones"], tenant, _phone_rows(clients, ids))
            properties = await connection.fetch(_SQL["add_properties"], _property_rows(clients, ids))
        phones_by, properties_by = _by_client(phones), _by_client(properties)
        return [
            _client(ids[one.key], one.key, one.name, phones_by[ids[one.key]], properties_by[ids[one.key]])
            for one in clients
        ]

    async def remove(self, tenant: TenantId, key: str) -> None:
        await self._pool.execute(_SQL["remove"], tenant, key)

    async def by_phone(self, tenant: TenantId, key: str) -> Client | None:
        async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            row = await connection.fetchrow(_SQL["by_phone"], tenant, key)
            if row is None:
                return None
            phones = await connection.fetch(_SQL["phones_of"], row["id"])
            properties = await connection.fetch(_SQL["properties_of"], row["id"])
        return _client(row["id"], row["key"], row["name"], phones, properties)


def _phone_rows(clients: Sequence[NewClient], ids: Mapping[str, int]) -> str:
    pairs = [(ids[client.key], *phone) for client in clients for phone in client.phones]
    return to_json(
        [
            {"position": position, "client": client, "key": key, "phone": phone}
            for position, (client, key, phone) in enumerate(pairs)
        ]
    )


def _property_rows(clients: Sequence[NewClient], ids: Mapping[str, int]) -> str:
    pairs = [(ids[client.key], *pair) for client in clients for pair in client.properties]
    return to_json(
        [
            {"position": position, "client": client, "name": name, "value": value}
            for position, (client, name, value) in enumerate(pairs)
        ]
    )


def _by_client(rows: Iterable[asyncpg.Record]) -> dict[int, list[asyncpg.Record]]:
    found: dict[int, list[asyncpg.Record]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["id"])):
        found[row["client_id"]].append(row)
    return found


def _client(
    id: int, key: str, name: str, phones: Iterable[asyncpg.Record], properties: Iterable[asyncpg.Record]
) -> Client:
    return Client(
        id=id,
        key=key,
        name=name,
        phones=tuple(Phone(row["id"], row["key"], row["phone"]) for row in phones),
        properties=tuple(Property(row["id"], row["name"], row["value"]) for row in properties),
    )
