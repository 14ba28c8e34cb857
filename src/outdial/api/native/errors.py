"""How outdial's own API says no: an HTTP status, and a body of `code`, `message` and `field`."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from outdial.api import wire
from outdial.core.errors import (
    AccountDisabled,
    KeyTaken,
    Malformed,
    NotAllowed,
    NotAuthenticated,
    NotEnoughMoney,
    NotFound,
    NotStored,
    OutdialError,
    TooLarge,
    TooManyTries,
)

MEDIA_TYPE = "application/json"
_STATUSES: tuple[tuple[type[OutdialError], int], ...] = (
    (TooManyTries, 429),
    (NotAuthenticated, 401),
    (NotAllowed, 403),
    (AccountDisabled, 403),
    (NotEnoughMoney, 402),
    (NotFound, 404),
    (KeyTaken, 409),
    (TooLarge, 413),
    (Malformed, 400),
    (NotStored, 507),
)
"""The first that fits decides."""


def answer(body: object, status: int = 200) -> Response:
    """A body as JSON."""
    return Response(wire.to_json(body), status, media_type=MEDIA_TYPE)


async def on_refusal(request: Request, error: Exception) -> Response:
    """Handles `OutdialError`."""
    assert isinstance(error, OutdialError)
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)
    return answer({"code": error.code, "message": error.message, "field": error.field}, status)


async def on_bad_query(request: Request, error: Exception) -> Response:
    """Handles parameters of the wrong form; the first of them is told."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return answer({"code": "malformed", "message": first["msg"], "field": str(first["loc"][-1])}, 400)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handles what routing refuses."""
    assert isinstance(error, HTTPException)
    return answer({"code": "not_served", "message": str(error.detail), "field": ""}, error.status_code)
