"""Who may ask: users, keys, sessions, domains and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol

from outdial.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: a user of a tenant, or a key of it (then `login` is the key's name)."""

    tenant: TenantId
    login: str


LoginId = NewType("LoginId", str)
"""A UUID."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A stored user: whose it is, the argon2 hash of the password, and the role."""

    identity: Identity
    password_hash: str
    role: str = "admin"


class Access(Protocol):
    """Users, API keys and sessions. Secrets are stored as hashes only."""

    async def credential(self, login: str) -> Credential | None:
        """The user of that login."""

    async def key_owner(self, key_hash: str) -> Identity | None:
        """Whose API key has this sha256 hex digest."""

    async def default_tenant(self) -> TenantId | None:
        """The tenant that loopback callers act for: the first one made."""

    async def open_session(self, token_hash: str, identity: Identity, idle_seconds: float) -> None:
        """Remember a session that ends after so many idle seconds."""

    async def session(self, token_hash: str) -> Identity | None:
        """Whose session this is, and begin its idle time anew; None when there is none or it is over."""

    async def open_login(self, id: LoginId, token_hash: str, identity: Identity, seconds: float) -> None:
        """Remember a login that a token renews, for so many seconds."""

    async def renew_login(self, token_hash: str, fresh_hash: str, seconds: float) -> tuple[LoginId, Identity] | None:
        """Put a fresh token in the place of the old one, which is good for nothing from then on; None: it was so before."""

    async def login(self, id: LoginId) -> Identity | None:
        """Whose login this is; None when there is none or it is over."""

    async def end_login(self, id: LoginId | None, token_hash: str) -> None:
        """Forget a login by its id or its token; an unknown one is no error."""

    async def secret(self, name: str, fresh: bytes) -> bytes:
        """The house's secret of that name; `fresh` becomes it when there is none yet."""


TokenId = NewType("TokenId", str)
"""A UUID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSession:
    """A login whose token is good only together with its key, a UUID. `tenant` None: somebody who belongs to none."""

    key: str
    token_hash: str
    tenant: TenantId | None
    domain: str
    login: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainToken:
    """What a program of a whole tenant shows; it is good while it is kept here and enabled."""

    id: TokenId
    role: str
    enabled: bool
    expires_at: datetime
    created_by: str
    created_at: datetime


class Domains(Protocol):
    """Tenants by the name of their domain, which is theirs alone, and who comes in by that name."""

    async def tenant_of(self, domain: str) -> TenantId | None:
        """The tenant of that domain."""

    async def domain_of(self, tenant: TenantId) -> str | None:
        """The domain of that tenant: its own name where it has no other; None when there is no such tenant."""

    async def credential(self, login: str, domain: str) -> Credential | None:
        """The user of that domain whose login is `login@domain` in full, or else `login`."""

    async def open_session(self, session: DomainSession, now: datetime) -> None:
        """Remember a session, and forget those that are over by now."""

    async def session(self, key: str) -> DomainSession | None:
        """The session of that key, a UUID, over or not; its domain as it is now."""

    async def end_session(self, key: str) -> bool:
        """Forget a session; whether there was one of that key."""

    async def add_token(self, tenant: TenantId, token: DomainToken) -> None:
        """Keep a new token."""

    async def tokens(self, tenant: TenantId) -> list[DomainToken]:
        """Every token of a tenant, oldest first."""

    async def token(self, id: TokenId, domain: str) -> tuple[TenantId, DomainToken] | None:
        """The token of that id, if its tenant has that domain."""

    async def enable_token(self, tenant: TenantId, id: TokenId, enabled: bool) -> bool | None:
        """Whether that changed a token; None when the tenant has none of that id."""

    async def remove_token(self, tenant: TenantId, id: TokenId) -> bool:
        """Forget a token; whether there was one."""
