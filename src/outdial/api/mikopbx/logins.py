"""The login by token of newer releases: an access token for a quarter of an hour, and a cookie that renews it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.mikopbx.bodies import TOKEN_BODY
from outdial.api.mikopbx.errors import NOT_AUTHENTICATED, outside
from outdial.api.mikopbx.replies import envelope, reply
from outdial.api.mikopbx.routes import At
from outdial.core.errors import Malformed, NotAuthenticated, TooLarge, TooManyTries
from outdial.operations import tokens
from outdial.operations.access import LOGIN_SECONDS, Granted

REFRESH_COOKIE = "refreshToken"
COOKIE_PATH = "/pbxcore/api/v3"
LARGEST_FORM = 64 * 1024
router = APIRouter()


@router.post("/auth:login", summary="Log in", openapi_extra=TOKEN_BODY)
async def log_in(request: Request, door: At) -> Response:
    """A JSON object or a form. The cookie `refreshToken` renews the access token for 30 days."""
    try:
        sent = wire.members(await wire.body(request, LARGEST_FORM))
    except (Malformed, TooLarge):
        return outside(400, "login and password are wanted")
    login, password = sent.get("login"), sent.get("password")
    if not isinstance(login, str) or not isinstance(password, str) or not login or not password:
        return outside(400, "login and password are wanted")
    try:
        granted = await door.operations.access.log_in_for_tokens(login, password, wire.peer(request))
    except TooManyTries:
        return outside(429, "Too many login attempts, try again later")
    except NotAuthenticated:
        return outside(401, "Wrong login or password")
    return _granted(granted)


@router.post("/auth:refresh", summary="Renew the access token")
async def refresh(request: Request, door: At) -> Response:
    """By the cookie, which is a new one afterwards."""
    token = wire.cookie(request, REFRESH_COOKIE)
    granted = None if token is None else await door.operations.access.renew(token)
    return outside(401, NOT_AUTHENTICATED) if granted is None else _granted(granted)


@router.post("/auth:logout", summary="Log out")
async def log_out(request: Request, door: At) -> Response:
    """Ends the login of the cookie or of the access token; there need not be one."""
    await door.operations.access.log_out(wire.bearer(request) or "", wire.cookie(request, REFRESH_COOKIE) or "")
    response = reply(envelope(True))
    response.delete_cookie(REFRESH_COOKIE, path=COOKIE_PATH, httponly=True, samesite="strict")
    return response


def _granted(granted: Granted) -> Response:
    data = {
        "accessToken": granted.access_token,
        "tokenType": "Bearer",
        "expiresIn": int(tokens.LIFE.total_seconds()),
        "login": granted.identity.login,
    }
    response = reply(envelope(True, data))
    response.set_cookie(
        REFRESH_COOKIE,
        granted.refresh_token,
        max_age=int(LOGIN_SECONDS),
        path=COOKIE_PATH,
        httponly=True,
        samesite="strict",
    )
    return response
