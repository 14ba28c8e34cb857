"""What every path of this dialect needs: the operations behind it, the body as an object, and who is asking.

The body is read before anybody is asked who they are, because a login or a key may stand in it; a header decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from outdial.api import wire
from outdial.api.mobilgroup.account import Account, account_from
from outdial.api.mobilgroup.errors import DISABLED, Refused
from outdial.core.errors import NotAuthenticated
from outdial.core.ids import TenantId
from outdial.operations import Operations
from outdial.ports import Identity

DIALECT = "mobilgroup"
_BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Door:
    """What the paths of this dialect work with. `time_zone` and `language` are those of accounts that name none."""

    operations: Operations
    largest_body: int
    time_zone: str
    language: str

    async def account(self, tenant: TenantId) -> Account:
        """The defaults of an account's mailings."""
        stored = await self.operations.dialect_settings.of(tenant, DIALECT)
        return account_from(stored, self.language, self.time_zone)


def door_of(request: Request) -> Door:
    """The door that the application was built with."""
    door: Door = request.app.state.door
    return door


At = Annotated[Door, Depends(door_of)]


async def sent_by(request: Request, door: At) -> Mapping[str, Any]:
    """The body; an empty object when it is another JSON value. Raises `NotJson` and `TooLarge`."""
    raw = await wire.body(request, door.largest_body)
    value = await asyncio.to_thread(wire.from_json, raw)
    return value if isinstance(value, dict) else {}


Sent = Annotated[Mapping[str, Any], Depends(sent_by)]


async def who_asks(request: Request, door: At, sent: Sent) -> Identity:
    """Whoever calls. Raises `NotAuthenticated`, and `Refused` for an account that is blocked."""
    identity = await _known(request, door, sent)
    if identity is None:
        raise NotAuthenticated("the key, or the login and the password, belong to nobody")
    if not (await door.operations.accounts.balance(identity.tenant)).enabled:
        raise Refused(DISABLED, "the account is blocked")
    return identity


Who = Annotated[Identity, Depends(who_asks)]


async def _known(request: Request, door: Door, sent: Mapping[str, Any]) -> Identity | None:
    access = door.operations.access
    header = request.headers.get("authorization", "").strip()
    if header:
        scheme, _, rest = header.partition(" ")
        return await access.by_key(rest.strip() if scheme.lower() == _BEARER else header)
    security = sent.get("security")
    if not isinstance(security, dict):
        return None
    key, login, password = (_text(security.get(name)) for name in ("apiKey", "login", "password"))
    if key:
        return await access.by_key(key)
    return await access.by_password(login, password, wire.peer(request)) if login else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""
