"""Tenants by the name of their domain, the logins of their users there, and the tokens of their programs."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from outdial.core.ids import TenantId
from outdial.drivers.postgres import statements
from outdial.ports import Credential, DomainSession, DomainToken, Identity, TokenId

_SQL = statements.load("domains.sql")


class PostgresDomains:
    """Implements `outdial.ports.Domains`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def tenant_of(self, domain: str) -> TenantId | None:
        id = await self._pool.fetchval(_SQL["tenant_of"], domain)
        return None if id is None else TenantId(id)

    async def domain_of(self, tenant: TenantId) -> str | None:
        domain: str | None = await self._pool.fetchval(_SQL["domain_of"], tenant)
        return domain

    async def credential(self, login: str, domain: str) -> Credential | None:
        row = await self._pool.fetchrow(_SQL["credential"], login, domain)
        if row is None:
            return None
        return Credential(Identity(TenantId(row["tenant_id"]), row["login"]), row["password_hash"], row["role"])

    async def open_session(self, session: DomainSession, now: datetime) -> None:
        values = (session.key, session.token_hash, session.tenant, session.login, session.role, session.expires_at)
        await self._pool.execute(_SQL["open_session"], *values, now)

    async def session(self, key: str) -> DomainSession | None:
        row = await self._pool.fetchrow(_SQL["session"], key)
        if row is None:
            return None
        return DomainSession(
            key=key,
            token_hash=row["token_hash"],
            tenant=None if row["tenant_id"] is None else TenantId(row["tenant_id"]),
            domain=row["domain"] or "",
            login=row["login"],
            role=row["role"],
            expires_at=row["expires_at"],
        )

    async def end_session(self, key: str) -> bool:
        return await self._pool.fetchval(_SQL["end_session"], key) is not None

    async def add_token(self, tenant: TenantId, token: DomainToken) -> None:
        values = (token.id, tenant, token.role, token.expires_at, token.created_by, token.created_at)
        await self._pool.execute(_SQL["add_token"], *values)

    async def tokens(self, tenant: TenantId) -> list[DomainToken]:
        return [_token(row) for row in await self._pool.fetch(_SQL["tokens"], tenant)]

    async def token(self, id: TokenId, domain: str) -> tuple[TenantId, DomainToken] | None:
        row = await self._pool.fetchrow(_SQL["token"], id, domain)
        return None if row is None else (TenantId(row["tenant_id"]), _token(row))

    async def enable_token(self, tenant: TenantId, id: TokenId, enabled: bool) -> bool | None:
        changed: bool | None = await self._pool.fetchval(_SQL["enable_token"], tenant, id, enabled)
        return changed

    async def remove_token(self, tenant: TenantId, id: TokenId) -> bool:
        return await self._pool.fetchval(_SQL["remove_token"], tenant, id) is not None


def _token(row: asyncpg.Record) -> DomainToken:
    return DomainToken(
        id=TokenId(row["id"]),
        role=row["role"],
        enabled=row["enabled"],
        expires_at=row["expires_at"],
        created_by=row["created_by"],
        created_at=row["created_at"],
    )
