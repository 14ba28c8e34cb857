"""How this dialect says no: failures of the module are HTTP 200 with `result: false`; who may not come in gets 401, and what
does not exist 404, with a body that clients of the older and of the newer releases both understand.
"""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from outdial.api.application import TRY_LATER
from outdial.api.mikopbx.replies import envelope, reply
from outdial.api.wire import NotJson
from outdial.core.errors import Malformed, NotAuthenticated, OutdialError

NOT_AUTHENTICATED = "The user isn't authenticated."
NOT_FOUND = "404 (Not Found)"
INVALID_JSON = "Invalid JSON request body"
_log = structlog.get_logger(__name__)


class NumberRefused(Malformed):
    """A number of a task cannot be taken; `phone` is the number as it was sent."""

    code = "number_refused"

    def __init__(self, message: str, phone: str) -> None:
        super().__init__(message, field="numbers")
        self.phone = phone


def refused(error: OutdialError) -> Response:
    """An error of the house in the module's envelope."""
    match error:
        case NotJson():
            return reply(envelope(False, messages=[INVALID_JSON]))
        case NumberRefused():
            data = {"error": error.message, "phone": error.phone}
            return reply(envelope(False, data, [error.message]))
        case _:
            return reply(envelope(False, messages=[error.message]))


def outside(status: int, text: str) -> Response:
    """An answer that the module itself did not give."""
    body: dict[str, Any] = {**envelope(False, messages={"error": [text]}), "errors": [text]}
    return reply(body, status)


async def on_refusal(request: Request, error: Exception) -> Response:
    """Handles `OutdialError`."""
    assert isinstance(error, OutdialError)
    if isinstance(error, NotAuthenticated):
        return outside(401, NOT_AUTHENTICATED)
    return refused(error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handles what routing refuses: a wrong method is an unknown route here."""
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return outside(404, NOT_FOUND)
    return outside(error.status_code, str(error.detail))


async def on_fault(request: Request, error: Exception) -> Response:
    """Handles what nobody foresaw, or a database that is away. The server logs the traceback, because the error goes on."""
    _log.error("mikopbx.failed", path=request.url.path, error=type(error).__name__, reason=str(error))
    return reply(envelope(False, messages=[TRY_LATER]))
