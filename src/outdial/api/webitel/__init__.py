"""The Webitel dialect: dialers, members, calendars, agents and hooks under the vendor's own paths.

It stands at the server's root, but only for the paths that are its own; every other path stays what it is without it.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outdial.api.application import OwnPaths, WithoutLastSlash, application
from outdial.api.webitel import access, agents, calendars, dialers, errors, events, hooks, members
from outdial.api.webitel.door import Door
from outdial.operations import Operations
from outdial.settings import Settings

DIALECT = "webitel"
PREFIXES = ("/api/v2", "/api/v1", "/login", "/logout")
_ROUTERS = (
    access.router,
    calendars.router,
    agents.router,
    hooks.router,
    dialers.router,
    members.router,
    events.router,
    access.elsewhere,
)
_CORS = {
    "Access-Control-Allow-Methods": "GET, PUT, POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-type, Accept, X-Access-Token, X-Key",
}


def mounts(operations: Operations, settings: Settings) -> list[BaseRoute]:
    """The application of this dialect under its paths."""
    door = Door(
        operations=operations,
        largest_body=settings.webitel_largest_body,
        time_zone=settings.time_zone,
        language=settings.language,
    )
    made = application("Webitel dialer API", door, errors, _ROUTERS, "/api/v2")
    return [OwnPaths(_is_own, _Manners(WithoutLastSlash(made)))]


def _is_own(path: str) -> bool:
    return any(path == prefix or path.startswith(prefix + "/") for prefix in PREFIXES)


class _Manners:
    """What the vendor's server does with every request: every origin may ask, and the answer says whose it is."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin", "")

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Powered-By"] = "Webitel"
                if origin:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers.update(_CORS)
            await send(message)

        if scope["method"] == "OPTIONS":
            await Response()(scope, receive, sent)
            return
        await self._application(scope, receive, sent)
