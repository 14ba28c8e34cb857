"""What every path of this dialect needs: the operations behind it, and the body of a request as a JSON value.

A body is read before anybody is asked who they are, because a token may stand in it; it is read once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from outdial.api import wire
from outdial.api.webitel.errors import Refused
from outdial.operations import Operations

_BYTE = re.compile(r"\(byte (\d+)\)")


@dataclass(frozen=True, slots=True)
class Door:
    """What the paths of this dialect work with."""

    operations: Operations
    largest_body: int
    time_zone: str
    """The zone of calendars that name none."""
    language: str
    """The language of texts that name none."""


def door_of(connection: HTTPConnection) -> Door:
    """The door that the application was built with."""
    door: Door = connection.app.state.door
    return door


At = Annotated[Door, Depends(door_of)]


async def sent_by(request: Request, door: At) -> Any:
    """The body: an object or an array; an empty object when there is none (`request.state.has_body` says so), the members
    of a form when it is one.

    Raises `Refused` 400 for what is neither, and `TooLarge`.
    """
    raw = (await wire.body(request, door.largest_body)).strip()
    request.state.has_body = bool(raw)
    if not raw:
        return {}
    if raw[:1] not in b"{[" and _is_form(request):
        return _form(raw)
    try:
        value = wire.from_json(raw)
    except wire.NotJson as error:
        raise Refused(400, _reason(raw, error)) from error
    if not isinstance(value, dict | list):
        raise Refused(400, f"Unexpected token {_text(raw[:1])} in JSON at position 0")
    return value


Sent = Annotated[Any, Depends(sent_by)]


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _form(raw: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    except ValueError as error:
        raise Refused(400, "the body is neither JSON nor a form") from error


def _reason(raw: bytes, error: wire.NotJson) -> str:
    """What is wrong with a body, in the words of the parser that clients know."""
    cause = error.__cause__
    place = _BYTE.search(str(cause)) if isinstance(cause, msgspec.DecodeError) else None
    if place is not None and int(place[1]) < len(raw):
        at = int(place[1])
        return f"Unexpected token {_text(raw[at : at + 1])} in JSON at position {at}"
    return "Unexpected end of JSON input" if isinstance(cause, msgspec.DecodeError) else error.message


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
