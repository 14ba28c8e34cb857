"""Domains: tenants by the name that their users and programs bear, and who comes in by it: with a password, with the token
and the key of a login, or with the token of a program.

Tokens are signed (HS256 and nothing else), and good only while the store knows of them. What a role may do stands here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from outdial import ports
from outdial.core.errors import Malformed, NotAuthenticated
from outdial.core.ids import TenantId
from outdial.operations.access import Access, hash_secret
from outdial.ports import Clock, Credential, DomainSession, DomainToken, TokenId

ROOT = "root"
"""The user who belongs to no domain, and the role of that user."""
ROLES = ("admin", "user")
"""The roles that a domain's users and tokens may have."""
SESSION_LIFE = timedelta(days=100)
SIGNING = "domain tokens"
"""The name of the secret that signs the tokens."""
LATEST = datetime(9999, 1, 1, tzinfo=UTC)

_ALL = ("*",)
_RESOURCES = (
    "domain/item",
    "hook",
    "dialer",
    "dialer/members",
    "dialer/templates",
    "cc/queue",
    "cc/tiers",
    "calendar",
)
_EVERYTHING: Mapping[str, Sequence[str]] = dict.fromkeys(_RESOURCES, _ALL)
_RIGHTS: Mapping[str, Mapping[str, Sequence[str]]] = {ROOT: _EVERYTHING, "admin": _EVERYTHING}
_ALGORITHM = "HS256"
_HEADER = {"typ": "JWT", "alg": _ALGORITHM}


class Why(StrEnum):
    """Why a token is not good."""

    INVALID = "invalid"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """The store knows of no such token of a program, or it is switched off."""
    NO_KEY = "no key"
    WRONG_KEY = "wrong key"


class NotAdmitted(NotAuthenticated):
    """A token is not good; `why` says what is wrong with it."""

    code = "not_admitted"

    def __init__(self, why: Why) -> None:
        super().__init__(f"the token is not good: {why}", field="token")
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Somebody who came in. `tenant` None: root, who belongs to no domain."""

    tenant: TenantId | None
    domain: str
    login: str
    role: str
    expires_at: datetime

    @property
    def id(self) -> str:
        """The name with the domain."""
        return f"{self.login}@{self.domain}" if self.domain else self.login

    @property
    def rights(self) -> Mapping[str, Sequence[str]]:
        """What the role may do: operations by resource."""
        return _RIGHTS.get(self.role, {})


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login: the token, and the key without which it is good for nothing."""

    admitted: Admitted
    key: str
    token: str


class Domains:
    """Who comes in by the name of a domain."""

    def __init__(self, store: ports.Domains, access: Access, clock: Clock, root_password: str = "") -> None:
        self._store = store
        self._access = access
        self._clock = clock
        self._root_password = root_password

    async def tenant_of(self, domain: str) -> TenantId | None:
        """The tenant of that domain."""
        return await self._store.tenant_of(domain) if domain.isprintable() else None

    async def log_in(self, username: str, password: str, peer: str) -> LoggedIn:
        """Open a session of 100 days for `user@domain`, or for root where there is a password for it.

        Raises `NotAuthenticated` and `TooManyTries`, and shares the count of failures with every other login.
        """
        name, _, domain = username.rpartition("@")
        expires_at = _whole_milliseconds(self._clock.now() + SESSION_LIFE)

        async def check() -> Admitted | None:
            if username == ROOT:
                return self._root(password, expires_at)
            known = name and username.isprintable()
            credential = await self._store.credential(name, domain) if known else None
            return _user(await self._access.verified(credential, password), domain, expires_at)

        admitted = await self._access.admitted(peer, check)
        key = str(uuid4())
        rights = {resource: list(allowed) for resource, allowed in admitted.rights.items()}
        token = await self._signed({"exp": _milliseconds(expires_at), "acl": rights})
        session = DomainSession(
            key=key,
            token_hash=self._hash(token, admitted.tenant),
            tenant=admitted.tenant,
            domain=admitted.domain,
            login=admitted.login,
            role=admitted.role,
            expires_at=expires_at,
        )
        await self._store.open_session(session, self._clock.now())
        return LoggedIn(admitted, key, token)

    async def log_out(self, token: str, key: str) -> bool:
        """End a session; whether there was one of that token and that key."""
        session = await self._session(token, key)
        return session is not None and await self._store.end_session(session.key)

    async def admit(self, token: str, key: str) -> Admitted:
        """Who shows this token, with this key or an empty one. An API key of the house stands for its tenant.

        Raises `NotAdmitted`.
        """
        if "." not in token:
            return await self._program(token)
        claims = await self._claims(token)
        expires = claims.get("exp")
        if isinstance(expires, bool) or not isinstance(expires, int | float):
            raise NotAdmitted(Why.INVALID)
        if expires <= _milliseconds(self._clock.now()):
            raise NotAdmitted(Why.EXPIRED)
        if claims.get("t") == "domain":
            return await self._by_domain_token(claims)
        if not key:
            raise NotAdmitted(Why.NO_KEY)
        return await self._by_session(token, key)

    async def create_token(
        self, tenant: TenantId, domain: str, role: str, expires_at: datetime, by: str
    ) -> tuple[DomainToken, str]:
        """Make a token for a program of a tenant, and sign it. It cannot be shown again. Raises `Malformed`."""
        kept, token = new_domain_token(await self._secret(), domain, role, expires_at, by, self._clock.now())
        await self._store.add_token(tenant, kept)
        return kept, token

    async def tokens(self, tenant: TenantId) -> list[DomainToken]:
        """Every token of a tenant, oldest first."""
        return await self._store.tokens(tenant)

    async def enable_token(self, tenant: TenantId, id: str, enabled: bool) -> bool | None:
        """Switch a token on or off; whether that changed it, or None when there is none."""
        known = _uuid(id)
        return None if known is None else await self._store.enable_token(tenant, TokenId(known), enabled)

    async def remove_token(self, tenant: TenantId, id: str) -> bool:
        """Forget a token; whether there was one."""
        known = _uuid(id)
        return known is not None and await self._store.remove_token(tenant, TokenId(known))

    def _root(self, password: str, expires_at: datetime) -> Admitted | None:
        if not self._root_password or not secrets.compare_digest(_digest(password), _digest(self._root_password)):
            return None
        return Admitted(tenant=None, domain="", login=ROOT, role=ROOT, expires_at=expires_at)

    async def _program(self, key: str) -> Admitted:
        identity = await self._access.by_key(key) if key else None
        domain = None if identity is None else await self._store.domain_of(identity.tenant)
        if identity is None or domain is None:
            raise NotAdmitted(Why.INVALID)
        return Admitted(tenant=identity.tenant, domain=domain, login=identity.login, role="admin", expires_at=LATEST)

    async def _by_domain_token(self, claims: Mapping[str, Any]) -> Admitted:
        id, domain = _uuid(claims.get("id")), claims.get("d")
        found = None
        if id is not None and isinstance(domain, str) and domain.isprintable():
            found = await self._store.token(TokenId(id), domain)
        if found is None or not found[1].enabled or found[1].expires_at <= self._clock.now():
            raise NotAdmitted(Why.UNKNOWN)
        tenant, token = found
        return Admitted(tenant=tenant, domain=str(domain), login=token.id, role=token.role, expires_at=token.expires_at)

    async def _by_session(self, token: str, key: str) -> Admitted:
        session = await self._session(token, key)
        if session is None:
            raise NotAdmitted(Why.WRONG_KEY)
        return Admitted(
            tenant=session.tenant,
            domain=session.domain,
            login=_local(session.login, session.domain),
            role=session.role,
            expires_at=session.expires_at,
        )

    async def _session(self, token: str, key: str) -> DomainSession | None:
        id = _uuid(key)
        session = None if id is None else await self._store.session(id)
        if session is None or not secrets.compare_digest(session.token_hash, self._hash(token, session.tenant)):
            return None
        return session

    def _hash(self, token: str, tenant: TenantId | None) -> str:
        """What is kept of a session's token. Root's depends on the password, so that a new one ends the sessions."""
        return hash_secret(token if tenant is not None else token + self._root_password)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            read = jwt.decode(token, OctKey.import_key(await self._secret()), algorithms=[_ALGORITHM])
        except (JoseError, ValueError, TypeError, AttributeError) as error:
            raise NotAdmitted(Why.INVALID) from error
        claims: Mapping[str, Any] = read.claims
        return claims

    async def _signed(self, claims: Mapping[str, Any]) -> str:
        return _sign(await self._secret(), claims)

    async def _secret(self) -> bytes:
        return await self._access.signing_secret(SIGNING)


def new_domain_token(
    secret: bytes, domain: str, role: str, expires_at: datetime, by: str, now: datetime
) -> tuple[DomainToken, str]:
    """What is kept of a token, and the token itself. Raises `Malformed` for a role or a time that a token cannot have."""
    if role not in ROLES:
        raise Malformed(f"a token's role is one of {', '.join(ROLES)}", field="role")
    if expires_at <= now:
        raise Malformed("a token ends in the future", field="expire")
    id, until = TokenId(str(uuid4())), _whole_milliseconds(expires_at)
    token = _sign(secret, {"id": id, "exp": _milliseconds(until), "d": domain, "t": "domain", "v": 2})
    kept = DomainToken(id=id, role=role, enabled=True, expires_at=until, created_by=by, created_at=now)
    return kept, token


def _sign(secret: bytes, claims: Mapping[str, Any]) -> str:
    return jwt.encode(_HEADER, dict(claims), OctKey.import_key(secret), algorithms=[_ALGORITHM])


def _user(credential: Credential | None, domain: str, expires_at: datetime) -> Admitted | None:
    if credential is None:
        return None
    tenant, login = credential.identity.tenant, _local(credential.identity.login, domain)
    return Admitted(tenant=tenant, domain=domain, login=login, role=credential.role, expires_at=expires_at)


def _local(login: str, domain: str) -> str:
    """A login without its domain."""
    return login.removesuffix(f"@{domain}") if domain else login


def _uuid(text: object) -> str | None:
    """A UUID in its usual form; None when it is none."""
    try:
        return str(UUID(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _whole_milliseconds(moment: datetime) -> datetime:
    return datetime.fromtimestamp(_milliseconds(moment) / 1000, UTC)
