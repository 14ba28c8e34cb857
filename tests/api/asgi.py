"""A caller of an ASGI application: one request, the whole answer, and the address it comes from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Caller:
    """Somebody at an address. `left` is what of the last body nobody read."""

    application: ASGIApp
    address: str | None = "127.0.0.1"
    left: int = 0

    async def call(
        self, method: str, target: str, body: bytes | Sequence[bytes] = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        chunks = [body] if isinstance(body, bytes) else list(body)
        sent: list[Message] = []

        async def receive() -> Message:
            if not chunks:
                await asyncio.Event().wait()  # somebody who has said everything stays for the answer
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.application(self._scope(method, target, headers or {}), receive, send)
        self.left = len(chunks)
        start = sent[0]
        headers_sent = {name.decode(): value.decode() for name, value in start["headers"]}
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Reply(start["status"], headers_sent, content)

    def _scope(self, method: str, target: str, headers: dict[str, str]) -> dict[str, Any]:
        path, _, query = target.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": None if self.address is None else (self.address, 40000),
            "server": ("pbx", 80),
        }
