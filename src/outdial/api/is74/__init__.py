"""The IS74 dialect: campaigns by start blocks of scenarios, and reports over their calls.

It takes these paths and no others: what else lies below `/api` belongs to somebody else, and so does a login at `/login`
that is not its own.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from outdial.api.is74 import campaigns, errors, logins, reports
from outdial.api.is74.door import DIALECT, Door
from outdial.core.errors import OutdialError
from outdial.operations import Operations
from outdial.settings import Settings

__all__ = ["DIALECT", "mounts"]

_DOCS, _OPENAPI = "/api/is74/docs", "/api/is74/openapi.json"
_LOGIN, _CAMPAIGNS, _ANALYTICS = "/login", "/api/campaigns", "/api/analytics/"


def mounts(operations: Operations, settings: Settings, elsewhere: ASGIApp) -> list[BaseRoute]:
    """The application of this dialect under its paths. `elsewhere` gets the logins that are not its own."""
    application = FastAPI(
        title="IS74 campaigns and analytics API",
        docs_url=_DOCS,
        openapi_url=_OPENAPI,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            OutdialError: errors.on_refusal,
            HTTPException: errors.on_http_error,
            ClientDisconnect: errors.on_disconnect,
            Exception: errors.on_fault,
        },
    )
    application.state.door = Door(operations, settings.largest_body)
    for router in (logins.router, campaigns.router, reports.router):
        application.include_router(router)
    return [_Own(application, logins.Shared(_Unslashed(application), elsewhere))]


class _Own(BaseRoute):
    """The paths of this dialect; of `/login` only what is posted, which somebody else may get."""

    def __init__(self, application: ASGIApp, login: ASGIApp) -> None:
        self._application = _Unslashed(application)
        self._login = login

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        path = _path(scope)
        posted = path == _LOGIN and scope["method"] == "POST"
        own = posted or path in (_CAMPAIGNS, _DOCS, _OPENAPI) or path.startswith(_ANALYTICS)
        return (Match.FULL if own else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._login if _path(scope) == _LOGIN else self._application)(scope, receive, send)


class _Unslashed:
    """An application whose paths may end with a slash."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application({**scope, "path": _path(scope)}, receive, send)


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removesuffix("/")
