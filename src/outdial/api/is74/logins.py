"""`/login`: a token for a login and a password. The path belongs to another dialect as well; what is posted decides."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outdial.api import wire
from outdial.api.is74.bodies import LOGIN_BODY
from outdial.api.is74.door import At
from outdial.api.is74.errors import UNAUTHENTICATED, Faults, reply
from outdial.core.errors import NotAuthenticated
from outdial.operations.access import SESSION_IDLE_SECONDS

LARGEST_FORM = 64 * 1024
router = APIRouter()


@router.post("/login", summary="Log in", openapi_extra=LOGIN_BODY)
async def log_in(request: Request, door: At) -> Response:
    """A JSON object or a form of `login` (or `email`) and `password`. The token is good for `expires_in` seconds after its
    last use."""
    sent = wire.members(await wire.body(request, LARGEST_FORM))
    faults = Faults()
    login = sent.get("login") or sent.get("email")
    password = sent.get("password")
    if not isinstance(login, str):
        faults.add("login", "field is required.")
    if not isinstance(password, str) or not password:
        faults.add("password", "field is required.")
    faults.refuse()
    assert isinstance(login, str)
    assert isinstance(password, str)
    try:
        _, token = await door.operations.access.log_in(login, password, wire.peer(request))
    except UnicodeEncodeError as error:
        raise NotAuthenticated(UNAUTHENTICATED) from error
    return reply({"token": token, "token_type": "Bearer", "expires_in": int(SESSION_IDLE_SECONDS)})


class Shared:
    """Takes what is a login of this dialect to `ours`, and every other request, untouched, `elsewhere`."""

    def __init__(self, ours: ASGIApp, elsewhere: ASGIApp) -> None:
        self._ours = ours
        self._elsewhere = elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        heard: list[Message] = []
        size = 0
        while size <= LARGEST_FORM:
            message = await receive()
            heard.append(message)
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
        raw = b"".join(message.get("body", b"") for message in heard)

        async def again() -> Message:
            return heard.pop(0) if heard else await receive()

        await (self._ours if _is_ours(raw) else self._elsewhere)(scope, again, send)


def _is_ours(raw: bytes) -> bool:
    """Whether a login or an address stands in it, and no name of a user of the other dialect."""
    if len(raw) > LARGEST_FORM:
        return False
    try:
        sent = wire.members(raw)
    except wire.NotJson:
        return False
    return isinstance(sent, dict) and "username" not in sent and ("login" in sent or "email" in sent)
