"""The login of the web interface, which clients of this dialect use to get a cookie for the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.mikopbx.bodies import LOGIN_BODY
from outdial.api.mikopbx.replies import MEDIA_TYPE
from outdial.api.mikopbx.routes import SESSION_COOKIE, At
from outdial.core.errors import NotAuthenticated, TooLarge, TooManyTries

LARGEST_FORM = 64 * 1024
_LOGIN_PAGE = "/admin-cabinet/session/index"

router = APIRouter()


@router.post("/session/start", summary="Log in", openapi_extra=LOGIN_BODY)
async def start(request: Request, door: At) -> Response:
    """Sets the cookie PHPSESSID. A failed login is HTTP 200 too."""
    try:
        form = dict(parse_qsl((await wire.body(request, LARGEST_FORM)).decode(), keep_blank_values=True))
        login, password = form.get("login", ""), form.get("password", "")
        _, token = await door.operations.access.log_in(login, password, wire.peer(request))
    except TooManyTries:
        return _answer(True, _LOGIN_PAGE, "Too many login attempts, try again later")
    except (NotAuthenticated, TooLarge, ValueError):
        return _answer(False, False, "Wrong login or password")
    response = _answer(True, False)
    response.set_cookie(SESSION_COOKIE, token, path="/", httponly=True, samesite="strict")
    return response


def _answer(success: bool, reload: bool | str, error: str = "") -> Response:
    message: dict[str, Any] | list[Any] = {"error": [error]} if error else []
    body = {"success": success, "reload": reload, "message": message}
    return Response(wire.to_json(body), media_type=MEDIA_TYPE)
