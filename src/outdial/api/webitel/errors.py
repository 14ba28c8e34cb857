"""How this dialect says no: an HTTP status, and an object with `status` "error" and a text under `info`.

A login that fails for want of a name has a body of its own, as the original does.
"""

from __future__ import annotations

import msgspec
import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from outdial.api.application import TRY_LATER
from outdial.core.errors import NotAuthenticated, NotFound, OutdialError, TooLarge, TooManyTries

MEDIA_TYPE = "application/json; charset=utf-8"
TOO_LARGE = "request entity too large"
PERMISSION_DENIED = "Permission denied!"
DOMAIN_REQUIRED = "Bad request: domain is required."
_log = structlog.get_logger(__name__)


class Refused(OutdialError):
    """A request that is refused with a status and a text of this dialect's own."""

    def __init__(self, status: int, info: str) -> None:
        super().__init__(info)
        self.status = status


def reply(body: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(body), status, media_type=MEDIA_TYPE)


def refusal(status: int, info: str) -> Response:
    """The answer to a request that is refused."""
    return reply({"status": "error", "info": info}, status)


def bad_credentials() -> Response:
    """The answer to a login or a logout that names nobody."""
    return reply({"status": 401, "message": "Invalid credentials"}, 401)


def original_url(request: Request) -> str:
    """The path and the query as they were sent."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope["query_string"]
    return (raw.split(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


def not_found(request: Request) -> Response:
    """The answer to a path that nobody serves."""
    return refusal(404, f"{original_url(request)} not found.")


async def on_refusal(request: Request, error: Exception) -> Response:
    """Handles `OutdialError`."""
    assert isinstance(error, OutdialError)
    match error:
        case Refused(status=status):
            return refusal(status, error.message)
        case TooLarge():
            return refusal(413, TOO_LARGE)
        case TooManyTries():
            return refusal(429, error.message)
        case NotAuthenticated():
            return refusal(401, error.message)
        case NotFound():
            return refusal(404, error.message)
        case _:
            return refusal(400, error.message)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handles what routing refuses: a wrong method is an unknown path here."""
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return not_found(request)
    return refusal(error.status_code, str(error.detail))


async def on_fault(request: Request, error: Exception) -> Response:
    """Handles what nobody foresaw, or a database that is away. The server logs the traceback, because the error goes on."""
    _log.error("webitel.failed", path=request.url.path, error=type(error).__name__, reason=str(error))
    return refusal(500, TRY_LATER)
