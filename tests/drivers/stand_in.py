"""A server on the loopback address that does as it is told: each request takes the next move, and the last one stays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web

Move = Callable[[Any, web.Request, Any], Awaitable[web.StreamResponse]]
"""What the server does with a request and its body, which is JSON where it can be read as such, else a text."""


class StandIn:
    """The server; as long as its block it listens at `url`. `asked` holds the requests' bodies."""

    def __init__(self, path: str, *moves: Move) -> None:
        self.moves = list(moves)
        self.asked: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.methods: list[str] = []
        self.at_once = self.most_at_once = self.connections = 0
        self.holding = asyncio.Event()
        self._freed = asyncio.Event()
        self._seen: set[object] = set()
        app = web.Application()
        app.router.add_route("*", path, self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        self.url = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._freed.set()
        await self._runner.cleanup()

    async def hold(self) -> None:
        """Wait until the end of the block."""
        self.holding.set()
        await self._freed.wait()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        try:
            body = json.loads(text)
        except ValueError:
            body = text
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        self.methods.append(request.method)
        self._seen.add(request.transport)
        self.connections = len(self._seen)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        move = self.moves.pop(0) if len(self.moves) > 1 else self.moves[0]
        try:
            return await move(self, request, body)
        finally:
            self.at_once -= 1


def babbles(body: bytes, status: int = 200, **headers: str) -> Move:
    """Any body; `Retry_After="1"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def move(*_: object) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=named)

    return move


async def holds(server: StandIn, _: web.Request, __: Any) -> web.StreamResponse:
    """Never answers."""
    await server.hold()
    return web.Response()


async def hangs_up(_: StandIn, request: web.Request, __: Any) -> web.StreamResponse:
    """The connection is gone before any answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


def streams(*chunks: bytes, then: Move | None = None, kind: str = "text/event-stream") -> Move:
    """The chunks one after the other; `then` may hold the end back, or break it off."""

    async def move(server: StandIn, request: web.Request, body: Any) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": kind})
        await stream.prepare(request)
        for chunk in chunks:
            await stream.write(chunk)
        if then is not None:
            await then(server, request, body)
        return stream

    return move
