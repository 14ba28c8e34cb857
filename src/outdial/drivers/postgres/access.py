"""Users, API keys, sessions and uploaded sounds of the tenants."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.ports import AudioFile, Credential, Identity, LoginId

_SQL = statements.load("access.sql")


class PostgresAccess:
    """Implements `outdial.ports.Access`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def credential(self, login: str) -> Credential | None:
        row = await self._pool.fetchrow(_SQL["credential"], login)
        return None if row is None else Credential(_identity(row), row["password_hash"], row["role"])

    async def key_owner(self, key_hash: str) -> Identity | None:
        row = await self._pool.fetchrow(_SQL["key_owner"], key_hash)
        return None if row is None else _identity(row)

    async def default_tenant(self) -> TenantId | None:
        id = await self._pool.fetchval(_SQL["default_tenant"])
        return None if id is None else TenantId(id)

    async def open_session(self, token_hash: str, identity: Identity, idle_seconds: float) -> None:
        await self._pool.execute(_SQL["open_session"], token_hash, identity.tenant, identity.login, idle_seconds)

    async def session(self, token_hash: str) -> Identity | None:
        row = await self._pool.fetchrow(_SQL["session"], token_hash)
        return None if row is None else _identity(row)

    async def open_login(self, id: LoginId, token_hash: str, identity: Identity, seconds: float) -> None:
        await self._pool.execute(_SQL["open_login"], id, token_hash, identity.tenant, identity.login, seconds)

    async def renew_login(self, token_hash: str, fresh_hash: str, seconds: float) -> tuple[LoginId, Identity] | None:
        row = await self._pool.fetchrow(_SQL["renew_login"], token_hash, fresh_hash, seconds)
        return None if row is None else (LoginId(row["id"]), _identity(row))

    async def login(self, id: LoginId) -> Identity | None:
        row = await self._pool.fetchrow(_SQL["login"], id)
        return None if row is None else _identity(row)

    async def end_login(self, id: LoginId | None, token_hash: str) -> None:
        await self._pool.execute(_SQL["end_login"], id, token_hash)

    async def secret(self, name: str, fresh: bytes) -> bytes:
        await self._pool.execute(_SQL["keep_secret"], name, fresh)
        kept: bytes = await self._pool.fetchval(_SQL["secret"], name)
        return kept


class PostgresLibrary:
    """Implements `outdial.ports.Library`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def put(self, tenant: TenantId, name: str, path: Path, seconds: float) -> AudioFile:
        return _audio(await self._pool.fetchrow(_SQL["put_audio"], tenant, name, str(path), seconds))

    async def named(self, tenant: TenantId, name: str) -> AudioFile | None:
        row = await self._pool.fetchrow(_SQL["named_audio"], tenant, name)
        return None if row is None else _audio(row)

    async def all(self, tenant: TenantId) -> list[AudioFile]:
        return [_audio(row) for row in await self._pool.fetch(_SQL["all_audio"], tenant)]

    async def remove(self, tenant: TenantId, name: str) -> AudioFile | None:
        row = await self._pool.fetchrow(_SQL["remove_audio"], tenant, name)
        return None if row is None else _audio(row)


def _identity(row: asyncpg.Record) -> Identity:
    return Identity(TenantId(row["tenant_id"]), row["login"])


def _audio(row: asyncpg.Record) -> AudioFile:
    return AudioFile(row["id"], row["name"], Path(row["path"]), row["seconds"])
