"""What every path of this dialect needs: the operations behind it, the body, and who is asking.

Who is asking is settled before the body is read. A body that is no JSON is refused with the place where it breaks.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from outdial.api import wire
from outdial.core.errors import NotAuthenticated
from outdial.operations import Operations
from outdial.ports import Identity

DIALECT = "is74"


@dataclass(frozen=True, slots=True)
class Door:
    """What the paths of this dialect work with."""

    operations: Operations
    largest_body: int


def door_of(request: Request) -> Door:
    """The door that the application was built with."""
    door: Door = request.app.state.door
    return door


At = Annotated[Door, Depends(door_of)]


async def who_asks(request: Request, door: At) -> Identity:
    """Whoever shows the token of a login, an access token or an API key. Raises `NotAuthenticated`."""
    access, token = door.operations.access, wire.bearer(request) or ""
    identity = None if not token else await access.by_session(token) or await access.by_bearer(token)
    if identity is None:
        await wire.drain(request.stream())
        raise NotAuthenticated("a token is wanted")
    return identity


Who = Annotated[Identity, Depends(who_asks)]


async def sent_by(request: Request, door: At, _: Who) -> Any:
    """The body. Raises `NotJson` and `TooLarge`."""
    raw = await wire.body(request, door.largest_body)
    return await asyncio.to_thread(_from_json, raw)


Sent = Annotated[Any, Depends(sent_by)]


def _from_json(raw: bytes) -> Any:
    try:
        return wire.from_json(raw)
    except wire.NotJson as error:
        raise wire.NotJson(f"{error.message}: {_break(raw)}" if error.__cause__ else error.message) from error


def _break(raw: bytes) -> str:
    """Where JSON breaks, in words."""
    try:
        json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    except (UnicodeDecodeError, RecursionError) as error:
        return str(error)
    return "it holds what JSON does not know"
