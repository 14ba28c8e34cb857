"""Phrases and voice scripts that mailings play, each read, made, changed and taken away by its number.

The documents are those of an apply file, with `duration` beside them: the whole seconds that a callee who presses nothing
hears, null when it cannot be heard. What is read can be sent back; its `duration` is passed over.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from outdial.api.native import documents
from outdial.api.native.access import Asked, Who
from outdial.api.native.errors import answer
from outdial.core.errors import Malformed
from outdial.core.voice_script import LONGEST_NAME, Prepared
from outdial.core.wanted import LARGEST_NUMBER
from outdial.operations.voice_scripts import Listed

Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
_TEXT = {"type": "string"}
_OF_ALL = {
    "name": {"type": "string", "maxLength": LONGEST_NAME},
    "language": {"type": "string", "example": "ru-RU", "description": "Where there is none, the account's."},
    "voice": {"type": "string", "description": "Where there is none, the account's."},
}
_WORDS = {"type": "string", "example": "К оплате {summa} до {param1}."}
_SOUND = {"type": "string", "description": "A sound by the name under which it was uploaded."}
_STEP = {
    "type": "object",
    "description": "One of say, audio, menu, sms, transfer and hang_up.",
    "properties": {
        "say": _WORDS,
        "audio": _SOUND,
        "menu": {
            "type": "object",
            "description": "say or audio, and keys; the next step follows when no key is pressed.",
            "properties": {
                "say": _WORDS,
                "audio": _SOUND,
                "seconds": {"type": "number", "minimum": 1, "maximum": 60},
                "plays": {"type": "integer", "minimum": 1, "maximum": 10},
                "keys": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}},
            },
            "required": ["keys"],
        },
        "sms": _WORDS,
        "transfer": {"type": "string", "description": "An outside number.", "example": "74950000012"},
        "hang_up": {"description": "Of any value."},
    },
}


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {**_OF_ALL, **properties}, "required": required}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_PHRASE_BODY = _body({"text": _TEXT, "audio": _SOUND}, [])
_SCRIPT_BODY = _body({"steps": {"type": "array", "items": _STEP}, "unanswered_sms": _WORDS}, ["steps"])


def _router(kind: Prepared, path: str, one: str, many: str, body: dict[str, Any]) -> APIRouter:
    """The paths of one kind; `one` and `many` are what it is called."""
    router = APIRouter()

    @router.get(path, summary=f"The {many}", name=f"read_{many}")
    async def read_all(asked: Asked, who: Who) -> Response:
        """In the order of their numbers."""
        found = await asked.voice_scripts.all(who.tenant, kind)
        return answer({path.removeprefix("/"): [_shown(each) for each in found]})

    @router.post(path, summary=f"Make a {one}", name=f"make_{one}", openapi_extra=body)
    async def make(request: Request, asked: Asked, who: Who) -> Response:
        """It gets a number of its own, which no other one ever had."""
        sent = _without_duration(await documents.sent(request))
        if "id" in sent:
            raise Malformed("a number is given to it; PUT makes one under a number of yours", field="id")
        return answer(_shown(await asked.voice_scripts.add(who.tenant, kind, sent)), 201)

    @router.get(f"{path}/{{number}}", summary=f"A {one}", name=f"read_{one}")
    async def read_one(number: Number, asked: Asked, who: Who) -> Response:
        return answer(_shown(await asked.voice_scripts.named(who.tenant, kind, number)))

    @router.put(f"{path}/{{number}}", summary=f"Make or change a {one}", name=f"put_{one}", openapi_extra=body)
    async def put_one(request: Request, number: Number, asked: Asked, who: Who) -> Response:
        """Mailings that were ordered keep what they were ordered with."""
        sent = _without_duration(await documents.sent_to(number, request))
        return answer(_shown(await asked.voice_scripts.save(who.tenant, kind, {**sent, "id": number})))

    @router.delete(f"{path}/{{number}}", summary=f"Take a {one} away", name=f"remove_{one}")
    async def remove(number: Number, asked: Asked, who: Who) -> Response:
        """404 when it is not there."""
        await asked.voice_scripts.remove(who.tenant, kind, number)
        return answer({"removed": True})

    return router


router = APIRouter()
router.include_router(_router(Prepared.PHRASE, "/phrases", "phrase", "phrases", _PHRASE_BODY))
router.include_router(_router(Prepared.VOICE_SCRIPT, "/scripts", "voice script", "voice scripts", _SCRIPT_BODY))


def _without_duration(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name != "duration"}


def _shown(one: Listed) -> dict[str, Any]:
    return {**one.document, "duration": one.seconds}
