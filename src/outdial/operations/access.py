"""Who is asking: by password, by session, by token, by API key, or by being on the same machine.

A secret is looked up by its hash and never stored or logged. An unknown login costs the same time as a wrong password.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import structlog
from pwdlib import PasswordHash

from outdial import ports
from outdial.core.errors import NotAuthenticated, TooManyTries
from outdial.operations import tokens
from outdial.operations.throttle import Throttle
from outdial.ports import Clock, Credential, Identity, LoginId

SESSION_IDLE_SECONDS = 3600.0
LOGIN_SECONDS = 30 * 24 * 3600.0
"""How long a login by tokens can be renewed; each renewal begins it anew."""
LOOPBACK_LOGIN = "loopback"
"""The login under which a caller on the same machine acts."""

_SIGNING = "access tokens"
_FAILURES = 10
_SPAN = timedelta(seconds=300)
_HASHES_AT_ONCE = 4
"""An argon2 check takes tens of megabytes for its time; the rest waits."""
_log = structlog.get_logger(__name__)
T = TypeVar("T")


def hash_secret(token: str) -> str:
    """The form in which session tokens and API keys are stored: sha256 as hex digits. They are long and random, so a
    fast hash without salt is enough for them; it would not be for a password."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """A fresh secret of 256 random bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Granted:
    """A login by tokens: the one that is shown with every request, and the one that renews both."""

    identity: Identity
    access_token: str
    refresh_token: str


class Access:
    """Logins, sessions and keys."""

    def __init__(self, store: ports.Access, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._passwords = PasswordHash.recommended()
        self._nobodys_hash = self._passwords.hash(new_token())
        self._throttle = Throttle(_FAILURES, _SPAN)
        self._secrets: dict[str, bytes] = {}
        self._turn = asyncio.Semaphore(_HASHES_AT_ONCE)

    async def log_in(self, login: str, password: str, peer: str) -> tuple[Identity, str]:
        """Open a session that ends after an idle hour; who it is and the session's token.

        Raises `NotAuthenticated`; `TooManyTries`, also for the right password, after 10 failures of one address within
        300 seconds.
        """
        identity = await self._admitted(login, password, peer)
        token = new_token()
        await self._store.open_session(hash_secret(token), identity, SESSION_IDLE_SECONDS)
        return identity, token

    async def by_password(self, login: str, password: str, peer: str) -> Identity:
        """Who it is, for one request only. Raises as `log_in` does, and shares its count of failures."""
        return await self._admitted(login, password, peer)

    async def log_in_for_tokens(self, login: str, password: str, peer: str) -> Granted:
        """Open a login of 30 days and give the tokens for it. Raises as `log_in` does, and shares its count of failures."""
        identity = await self._admitted(login, password, peer)
        id, token = LoginId(str(uuid4())), new_token()
        await self._store.open_login(id, hash_secret(token), identity, LOGIN_SECONDS)
        return Granted(identity, await self._access_token(id), token)

    async def renew(self, refresh_token: str) -> Granted | None:
        """Fresh tokens for a login; the old refresh token is good for nothing from then on. None: it was so before."""
        token = new_token()
        renewed = await self._store.renew_login(hash_secret(refresh_token), hash_secret(token), LOGIN_SECONDS)
        if renewed is None:
            return None
        id, identity = renewed
        return Granted(identity, await self._access_token(id), token)

    async def log_out(self, access_token: str, refresh_token: str) -> None:
        """End the login that either token belongs to; none is no error."""
        id = await self._login_of(access_token)
        if id is not None or refresh_token:
            await self._store.end_login(id, hash_secret(refresh_token) if refresh_token else "")

    async def by_bearer(self, token: str) -> Identity | None:
        """Whose access token or API key this is."""
        id = await self._login_of(token)
        identity = None if id is None else await self._store.login(id)
        return identity or await self.by_key(token)

    async def by_session(self, token: str) -> Identity | None:
        """Whose session this is, and begin its idle time anew."""
        return await self._store.session(hash_secret(token))

    async def by_key(self, key: str) -> Identity | None:
        """Whose API key this is."""
        return await self._store.key_owner(hash_secret(key))

    async def by_loopback(self) -> Identity | None:
        """Whom a caller on this machine acts for; None when there is no tenant yet."""
        tenant = await self._store.default_tenant()
        return None if tenant is None else Identity(tenant, LOOPBACK_LOGIN)

    async def admitted(self, peer: str, check: Callable[[], Awaitable[T | None]]) -> T:
        """What `check` finds, unless this address has failed too often; None is a failed login, which is counted.

        Raises `NotAuthenticated`, `TooManyTries`.
        """
        now = self._clock.now()
        if not self._throttle.enter(peer, now):
            _log.warning("access.throttled", peer=peer)
            raise TooManyTries("too many failed logins; try again later")
        found = await check()
        if found is None:
            _log.warning("access.refused", peer=peer)
            raise NotAuthenticated("wrong login or password", field="login")
        self._throttle.succeeded(peer, now)
        return found

    async def verified(self, credential: Credential | None, password: str) -> Credential | None:
        """The credential if that is its password. None costs the same time as a wrong password."""
        known = self._nobodys_hash if credential is None else credential.password_hash
        async with self._turn:
            right = await asyncio.to_thread(self._passwords.verify, password, known)
        return credential if right else None

    async def signing_secret(self, name: str) -> bytes:
        """The house's secret for tokens of one kind; it is the same in every process and for ever."""
        if name not in self._secrets:
            self._secrets[name] = await self._store.secret(name, secrets.token_bytes(tokens.SECRET_BYTES))
        return self._secrets[name]

    async def _admitted(self, login: str, password: str, peer: str) -> Identity:
        async def check() -> Credential | None:
            credential = await self._store.credential(login) if login.isprintable() else None
            return await self.verified(credential, password)

        return (await self.admitted(peer, check)).identity

    async def _access_token(self, login: LoginId) -> str:
        return tokens.issue(await self.signing_secret(_SIGNING), login, self._clock.now())

    async def _login_of(self, access_token: str) -> LoginId | None:
        if not tokens.looks_like_one(access_token):
            return None
        return tokens.read(await self.signing_secret(_SIGNING), access_token, self._clock.now())
