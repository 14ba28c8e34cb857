"""A CRM on the loopback address. It remembers what it was asked, and answers as the test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web

Move = Callable[["CrmStandIn", web.Request], Awaitable[web.StreamResponse]]


class CrmStandIn:
    """The server; as long as its block it listens at `url`."""

    def __init__(self, move: Move) -> None:
        self.move = move
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.asked = asyncio.Event()
        self._over = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        self.url = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/poll"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self._runner.cleanup()

    async def hold(self) -> None:
        """Wait until the end of the block."""
        await self._over.wait()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        self.asked.set()
        return await self.move(self, request)


def answers(body: str, status: int = 200, **headers: str) -> Move:
    """Always the same reply."""

    async def move(_: CrmStandIn, __: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status, content_type="application/json", headers=headers)

    return move


async def stalls(crm: CrmStandIn, _: web.Request) -> web.StreamResponse:
    """Never answers."""
    await crm.hold()
    return web.Response()


async def stalls_midway(crm: CrmStandIn, request: web.Request) -> web.StreamResponse:
    """Begins an answer and leaves it at that."""
    stream = web.StreamResponse()
    await stream.prepare(request)
    await stream.write(b'{"data":')
    await crm.hold()
    return stream


async def hangs_up(_: CrmStandIn, request: web.Request) -> web.StreamResponse:
    """The connection is gone before any answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def never_ends(_: CrmStandIn, request: web.Request) -> web.StreamResponse:
    """Goes on for as long as somebody listens."""
    stream = web.StreamResponse()
    await stream.prepare(request)
    while True:
        await stream.write(b"0" * 4096)
