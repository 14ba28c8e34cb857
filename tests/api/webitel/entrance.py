"""A story at the entrance of this dialect: a domain `site` with its agents and its calendar, another domain, and callers
with the tokens of either.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api.asgi import Caller, Reply
from operations.house import House, house
from outdial.api.webitel import mounts
from outdial.core.ids import TenantId
from outdial.settings import Settings

LARGEST_BODY = 64 * 1024
CALENDAR = "594225b53c1956000b41db7b"
NOBODY = ""

_AGENTS = """
insert into agents (tenant_id, key, extension, name, status, skills)
values ($1, '100', '100', 'Anna', 'Available', '{english}'), ($1, '101', '101', 'Boris', 'Logged Out', '{}')
"""


@dataclass(frozen=True, slots=True)
class Entrance:
    """The dialect's application, and tokens: of a program of `site` that may do everything, of one that may do nothing,
    and of the other domain."""

    house: House
    application: Starlette
    admin: str
    user: str
    stranger: str

    async def call(self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str) -> Reply:
        """A request of whoever has that token; without one, of the program that may do everything."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        shown = self.admin if token is None else token
        if shown:
            sent["X-Access-Token"] = shown
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return await Caller(self.application).call(method, path, raw, sent)

    async def data(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """The data, or the info, of an answer that says that all went well."""
        reply = await self.call(method, path, body, token)
        assert (reply.status, reply.json["status"]) == (200, "OK"), reply.body
        return reply.json["data"] if "data" in reply.json else reply.json["info"]


def play(dsn: str, data: Path, story: Callable[[Entrance], Awaitable[None]], **settings: Any) -> None:
    """Open an entrance on a fresh database and let the story happen."""

    async def told() -> None:
        async with house(dsn, data) as made:
            chosen = Settings(webitel_largest_body=LARGEST_BODY, **settings)
            elsewhere = Route(
                "/{rest:path}", lambda _: PlainTextResponse("another application"), methods=["GET", "POST"]
            )
            application = Starlette(routes=[*mounts(made.operations, chosen), elsewhere])
            await made.pool.execute(_AGENTS, made.tenant)
            admin = await program(made, made.tenant, "site", "admin")
            user = await program(made, made.tenant, "site", "user")
            stranger = await program(made, made.other_tenant, "other", "admin")
            await story(Entrance(made, application, admin, user, stranger))

    asyncio.run(told())


async def program(made: House, tenant: TenantId, domain: str, role: str) -> str:
    """The token of a program."""
    until = made.clock.now() + timedelta(days=1)
    _, token = await made.operations.domains.create_token(tenant, domain, role, until, "root")
    return token
