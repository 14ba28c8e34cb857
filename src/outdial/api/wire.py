"""What every dialect does with HTTP before it has a dialect: bodies within a limit, JSON that can be stored, who is calling.

A body over the limit is read to its end and thrown away piece by piece, because a caller who is still sending does not
hear an answer; nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import HTTPConnection, Request

from outdial.core.errors import Malformed, TooLarge

MOST_DRAINED = 1024 * 1024 * 1024
"""Bytes of a refused body that are read for politeness; then the connection is given up."""
_BOM = b"\xef\xbb\xbf"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class NotJson(Malformed):
    """The body is not JSON, or holds what no database stores."""

    code = "not_json"


async def chunks(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it comes in. Raises `TooLarge` after the whole body when it is longer than `limit` bytes."""
    taken = 0
    stream = request.stream()
    async for chunk in stream:
        taken += len(chunk)
        if taken > limit:
            await drain(stream)
            raise TooLarge(f"the request body is longer than {limit} bytes", field="body")
        yield chunk


async def drain(stream: AsyncIterator[bytes]) -> None:
    """Read what is left of a stream and keep none of it."""
    dropped = 0
    async for chunk in stream:
        dropped += len(chunk)
        if dropped > MOST_DRAINED:
            return


async def body(request: Request, limit: int) -> bytes:
    """The whole body. Raises `TooLarge`."""
    return b"".join([chunk async for chunk in chunks(request, limit)])


def from_json(raw: bytes) -> Any:
    """The value of a JSON text, with or without a byte order mark. Raises `NotJson`."""
    try:
        value = msgspec.json.decode(raw.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson("the body is not JSON", field="body") from error
    if b"\\u0000" in raw and _holds_nul(value):
        raise NotJson("the body holds a NUL character", field="body")
    return value


def members(raw: bytes) -> dict[str, Any]:
    """What a JSON object or a form says. Raises `NotJson`."""
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        found: dict[str, Any] = from_json(raw)
        return found
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    except ValueError as error:
        raise NotJson("neither JSON nor a form", field="body") from error


def to_json(value: object, *, pretty: bool = False) -> bytes:
    """A value as JSON of ASCII characters; `pretty`: one member a line, indented by four spaces."""
    encoded = msgspec.json.encode(value)
    text = (msgspec.json.format(encoded, indent=4) if pretty else encoded).decode()
    return (text if text.isascii() else _NOT_ASCII.sub(_escaped, text)).encode("ascii")


def peer(connection: HTTPConnection) -> str:
    """The address at the other end of the socket, empty when it has none. What a header claims is not asked."""
    return "" if connection.client is None else connection.client.host


def bearer(connection: HTTPConnection) -> str | None:
    """The token of an `Authorization: Bearer` header; an empty string when the header holds none, None without it."""
    scheme, _, token = connection.headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie(connection: HTTPConnection, name: str) -> str | None:
    """A cookie's value, also when a client sent back a whole Set-Cookie line with its attributes."""
    found = re.search(rf'(?:^|[;,\s]){re.escape(name)}="?([^;,\s"]+)', connection.headers.get("cookie", ""))
    return None if found is None else found[1]


def _escaped(character: re.Match[str]) -> str:
    units = character[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _holds_nul(value: object) -> bool:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                if "\x00" in text:
                    return True
            case dict(members):
                waiting += [*members.keys(), *members.values()]
            case list(elements):
                waiting += elements
            case _:
                pass
    return False
