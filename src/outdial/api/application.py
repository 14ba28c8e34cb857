"""What every dialect's application has in common: how its parts are put together, how it shares the server's root with the
others, and what it answers when nobody is to blame but us.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable
from types import ModuleType
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from outdial.core.errors import OutdialError

TRY_LATER = "The request could not be processed, try again later"
"""What a caller is told of a fault of ours; the log has the rest."""


def application(title: str, door: object, errors: ModuleType, routers: Iterable[APIRouter], pages: str = "") -> FastAPI:
    """An application whose paths find `door` in its state. `errors` is the dialect's module of that name, with `on_refusal`,
    `on_http_error` and `on_fault`. Its OpenAPI page and document lie below the path `pages`.
    """
    handlers: dict[Any, Callable[[Request, Exception], Coroutine[Any, Any, Response]]] = {
        OutdialError: errors.on_refusal,
        HTTPException: errors.on_http_error,
        ClientDisconnect: on_disconnect,
        Exception: errors.on_fault,
    }
    made = FastAPI(
        title=title,
        docs_url=f"{pages}/docs",
        openapi_url=f"{pages}/openapi.json",
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=handlers,
    )
    made.state.door = door
    for router in routers:
        made.include_router(router)
    return made


async def on_disconnect(request: Request, error: Exception) -> Response:
    """Handles a caller who went away while sending: nobody hears the answer."""
    return Response(status_code=400)


class OwnPaths(BaseRoute):
    """A place at the server's root for those paths only that are a dialect's own; every other path stays what it is without
    it. The application gets its paths as they stand; with `methods`, only what comes by these."""

    def __init__(
        self, are_own: Callable[[str], bool], application: ASGIApp, methods: Collection[str] | None = None
    ) -> None:
        self._are_own = are_own
        self._application = application
        self._methods = methods

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        own = scope["type"] in ("http", "websocket") and self._are_own(scope["path"])
        own = own and (self._methods is None or scope.get("method") in self._methods)
        return (Match.FULL if own else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application(scope, receive, send)


class WithoutLastSlash:
    """An application to which a slash at the end of a path counts for nothing."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await self._application(scope, receive, send)
