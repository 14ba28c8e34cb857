"""How this dialect says no: HTTP 200, `result` "error" and a code; a sentence beside it says what is meant.

Only a body that is no JSON (400) or too long (413), a wrong method and a fault of ours have a status of their own.
"""

from __future__ import annotations

import msgspec
import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from outdial.api.application import TRY_LATER
from outdial.api.wire import NotJson
from outdial.core.errors import AccountDisabled, NotAuthenticated, OutdialError, TooLarge
from outdial.core.mailing import MailingRefused, Refusal, RowFault

MEDIA_TYPE = "application/json; charset=utf-8"
NOT_AUTHORISED = "Error_Authorisation_Failed"
DISABLED = "Error_User_Disabled"
UNKNOWN_REQUEST = "Error_Unknown_Request"
ID_NOT_FOUND = "Error_ID_Not_Found"
TOO_LONG = "Error_Message_Too_Long"
NO_MESSAGE = "Error_No_Message"
NO_SUBSCRIBERS = "Error_No_Subscribers"
NO_SOUND = "Error_Not_Media_File"
_log = structlog.get_logger(__name__)

_REFUSALS = {
    Refusal.NOT_OUR_NUMBER: "Error_No_AniPhone",
    Refusal.NOTHING_TO_SAY: NO_MESSAGE,
    Refusal.NOBODY: NO_SUBSCRIBERS,
    Refusal.NO_SOUND: NO_SOUND,
    Refusal.NOT_SPOKEN: "Error_Not_TTS_File",
    Refusal.TOO_LONG: TOO_LONG,
    Refusal.NO_MONEY: "Error_Not_Enough_Credits",
}
ROW_FAULTS = {
    RowFault.BAD_PHONE: "Error_Bad_Phone",
    RowFault.REPEATED: "Error_Duplicate_Phone",
    RowFault.BLOCKED: "Error_Phone_Blocked",
    RowFault.TOO_LONG: TOO_LONG,
    RowFault.NOTHING_TO_SAY: NO_MESSAGE,
    RowFault.NOT_SPOKEN: "Error_Not_TTS_File",
    RowFault.NO_MONEY: "Error_Not_Enough_Money",
}


class Refused(OutdialError):
    """A request that is refused with a code of this dialect."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(message)
        self.error_code = error_code


def reply(body: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(body), status, media_type=MEDIA_TYPE)


def refusal(code: str, description: str, status: int = 200) -> Response:
    """The answer to a request that is refused."""
    return reply({"result": "error", "error_code": code, "description": description}, status)


async def on_refusal(request: Request, error: Exception) -> Response:
    """Handles `OutdialError`."""
    assert isinstance(error, OutdialError)
    match error:
        case Refused(error_code=code):
            return refusal(code, error.message)
        case MailingRefused(why=why):
            return refusal(_REFUSALS[why], error.message)
        case NotAuthenticated():
            return refusal(NOT_AUTHORISED, error.message)
        case AccountDisabled():
            return refusal(DISABLED, error.message)
        case TooLarge():
            return refusal(UNKNOWN_REQUEST, error.message, 413)
        case NotJson():
            return refusal(UNKNOWN_REQUEST, error.message, 400)
        case _:
            return refusal(UNKNOWN_REQUEST, error.message)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handles what routing refuses."""
    assert isinstance(error, HTTPException)
    return refusal(UNKNOWN_REQUEST, str(error.detail), error.status_code)


async def on_fault(request: Request, error: Exception) -> Response:
    """Handles what nobody foresaw, or a database that is away. The server logs the traceback, because the error goes on."""
    _log.error("mobilgroup.failed", path=request.url.path, error=type(error).__name__, reason=str(error))
    return refusal(UNKNOWN_REQUEST, TRY_LATER, 500)
