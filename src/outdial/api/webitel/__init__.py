"""The Webitel dialect: dialers, members, calendars, agents and hooks under the vendor's own paths.

It stands at the server's root, but only for the paths that are its own; every other path stays what it is without it.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outdial.api.webitel import access, agents, calendars, dialers, errors, events, hooks, members
from outdial.api.webitel.door import Door
from outdial.core.errors import OutdialError
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
    application = FastAPI(
        title="Webitel dialer API",
        docs_url="/api/v2/docs",
        openapi_url="/api/v2/openapi.json",
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            OutdialError: errors.on_refusal,
            HTTPException: errors.on_http_error,
            ClientDisconnect: errors.on_disconnect,
            Exception: errors.on_fault,
        },
    )
    application.state.door = door
    for router in _ROUTERS:
        application.include_router(router)
    return [_Under(PREFIXES, _Manners(application))]


class _Under(BaseRoute):
    """The paths below some prefixes, and the prefixes themselves, which reach the application as they stand."""

    def __init__(self, prefixes: tuple[str, ...], application: ASGIApp) -> None:
        self._prefixes = prefixes
        self._application = application

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path: str = scope.get("path", "")
        own = scope["type"] in ("http", "websocket") and any(
            path == prefix or path.startswith(prefix + "/") for prefix in self._prefixes
        )
        return (Match.FULL if own else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application(scope, receive, send)


class _Manners:
    """What the vendor's server does with every request: a slash at the end counts for nothing, every origin may ask, and
    the answer says whose it is."""

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
        path: str = scope["path"]
        await self._application({**scope, "path": path.rstrip("/") or "/"}, receive, sent)
