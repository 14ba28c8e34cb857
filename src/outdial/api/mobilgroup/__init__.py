"""The Mobilgroup dialect: voice mailings under `/api/send/`, `/api/get/` and `/api/set/`, with or without the last slash.

It takes these paths and no others: what else lies below `/api` belongs to somebody else.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from outdial.api.mobilgroup import errors, reference, sending
from outdial.api.mobilgroup.door import DIALECT, Door
from outdial.core.errors import OutdialError
from outdial.operations import Operations
from outdial.settings import Settings

__all__ = ["DIALECT", "PATHS", "mounts"]

_DOCS, _OPENAPI = "/api/mobilgroup/docs", "/api/mobilgroup/openapi.json"
PATHS = frozenset({"/api/send", "/api/get", "/api/set"})


def mounts(operations: Operations, settings: Settings) -> list[BaseRoute]:
    """The application of this dialect under its paths."""
    application = FastAPI(
        title="Mobilgroup voice mailing API",
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
    application.state.door = Door(operations, settings.largest_body, settings.time_zone, settings.language)
    for router in (sending.router, reference.router):
        application.include_router(router)
    return [_Only(application)]


class _Only(BaseRoute):
    """The paths of this dialect, which reach the application without their last slash."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path: str = scope.get("path", "")
        own = scope["type"] == "http" and (path.removesuffix("/") in PATHS or path in (_DOCS, _OPENAPI))
        return (Match.FULL if own else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._application({**scope, "path": scope["path"].removesuffix("/")}, receive, send)
