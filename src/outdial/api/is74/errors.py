"""How this dialect says no: a status, a `message`, and for what is wrong in a body `errors`: messages by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from outdial.api.wire import NotJson
from outdial.core.errors import Malformed, NotAuthenticated, NotFound, NotStored, OutdialError, TooLarge, TooManyTries

MEDIA_TYPE = "application/json"
UNAUTHENTICATED = "Unauthenticated."
_log = structlog.get_logger(__name__)


class Invalid(OutdialError):
    """A body with faults: messages by path, in the order in which they were found."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__(next(iter(faults.values()))[0], field=next(iter(faults)))
        self.faults = faults


class Faults:
    """What is wrong with a body, collected until all of it is known."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, path: str, wrong: str) -> None:
        """Note a fault; `wrong` says what of the member is."""
        self.found.setdefault(path, []).append(f"The {path} {wrong}")

    def refuse(self) -> None:
        """Raise `Invalid` when there are any."""
        if self.found:
            raise Invalid(self.found)


def reply(body: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(body), status, media_type=MEDIA_TYPE)


async def on_refusal(request: Request, error: Exception) -> Response:
    """Handles `OutdialError`."""
    assert isinstance(error, OutdialError)
    match error:
        case Invalid(faults=faults):
            return reply({"message": error.message, "errors": faults}, 422)
        case TooManyTries():
            return reply({"message": "Too many attempts. Try again later."}, 429)
        case NotAuthenticated():
            return reply({"message": UNAUTHENTICATED}, 401)
        case NotFound():
            return reply({"message": error.message}, 404)
        case NotJson():
            return reply({"message": error.message}, 400)
        case TooLarge():
            return reply({"message": error.message}, 413)
        case NotStored():
            return reply({"message": error.message}, 500)
        case Malformed():
            return reply({"message": error.message, "errors": {error.field: [error.message]}}, 422)
        case _:
            return reply({"message": error.message}, 422)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handles what routing refuses."""
    assert isinstance(error, HTTPException)
    return reply({"message": str(error.detail)}, error.status_code)


async def on_fault(request: Request, error: Exception) -> Response:
    """Handles what nobody foresaw, or a database that is away. The server logs the traceback, because the error goes on."""
    _log.error("is74.failed", path=request.url.path, error=type(error).__name__, reason=str(error))
    return reply({"message": "Server Error"}, 500)
