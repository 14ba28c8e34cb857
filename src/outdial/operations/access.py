"""Who is asking: by password, by session, by API key, or by being on the same machine.

A secret is looked up by its hash and never stored or logged. An unknown login costs the same time as a wrong password.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import timedelta

import structlog
from pwdlib import PasswordHash

from outdial import ports
from outdial.core.errors import NotAuthenticated, TooManyTries
from outdial.operations.throttle import Throttle
from outdial.ports import Clock, Identity

SESSION_IDLE_SECONDS = 3600.0
LOOPBACK_LOGIN = "loopback"
"""The login under which a caller on the same machine acts."""

_FAILURES = 10
_SPAN = timedelta(seconds=300)
_HASHES_AT_ONCE = 4
"""An argon2 check takes tens of megabytes for its time; the rest waits."""
_log = structlog.get_logger(__name__)


def hash_secret(token: str) -> str:
    """The form in which session tokens and API keys are stored: sha256 as hex digits. They are long and random, so a
    fast hash without salt is enough for them; it would not be for a password."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """A fresh secret of 256 random bits."""
    return secrets.token_urlsafe(32)


class Access:
    """Logins, sessions and keys."""

    def __init__(self, store: ports.Access, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._passwords = PasswordHash.recommended()
        self._nobodys_hash = self._passwords.hash(new_token())
        self._throttle = Throttle(_FAILURES, _SPAN)
        self._turn = asyncio.Semaphore(_HASHES_AT_ONCE)

    async def log_in(self, login: str, password: str, peer: str) -> tuple[Identity, str]:
        """Open a session that ends after an idle hour; who it is and the session's token.

        Raises `NotAuthenticated`; `TooManyTries`, also for the right password, after 10 failures of one address within
        300 seconds.
        """
        now = self._clock.now()
        if not self._throttle.enter(peer, now):
            _log.warning("access.throttled", peer=peer)
            raise TooManyTries("too many failed logins; try again later")
        identity = await self._checked(login, password)
        if identity is None:
            _log.warning("access.refused", peer=peer)
            raise NotAuthenticated("wrong login or password", field="login")
        self._throttle.succeeded(peer, now)
        token = new_token()
        await self._store.open_session(hash_secret(token), identity, SESSION_IDLE_SECONDS)
        return identity, token

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

    async def _checked(self, login: str, password: str) -> Identity | None:
        credential = await self._store.credential(login) if login.isprintable() else None
        known = self._nobodys_hash if credential is None else credential.password_hash
        async with self._turn:
            right = await asyncio.to_thread(self._passwords.verify, password, known)
        return credential.identity if credential is not None and right else None
