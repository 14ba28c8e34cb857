"""Sounds that prompts name: uploaded as they are, listed with their real lengths, and taken away."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.native.access import Asked, Who
from outdial.api.native.errors import answer
from outdial.core.errors import Malformed, NotStored
from outdial.ports import AudioFile

LARGEST_SOUND = 64 * 1024 * 1024
_SOUND_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
router = APIRouter()


@router.get("/audio", summary="The sounds")
async def read_sounds(asked: Asked, who: Who) -> Response:
    """Oldest first, each with its seconds."""
    return answer({"audio": [_shown(one) for one in await asked.recordings.all(who.tenant)]})


@router.put("/audio/{name}", summary="Upload a sound", openapi_extra=_SOUND_BODY)
async def put_sound(request: Request, name: str, asked: Asked, who: Who) -> Response:
    """The body is the file: mp3, wav, ogg, flac or m4a. A name that is there gets the new content, also in phrases and
    scripts that play it."""
    content = wire.chunks(request, LARGEST_SOUND)
    try:
        return answer(_shown(await asked.recordings.upload(who.tenant, name, content)))
    except (Malformed, NotStored):
        await wire.drain(content)
        raise


@router.delete("/audio/{name}", summary="Take a sound away")
async def remove_sound(name: str, asked: Asked, who: Who) -> Response:
    """A name that nobody knows is no error. What plays the sound cannot be ordered any more."""
    await asked.recordings.remove(who.tenant, name)
    return answer({"removed": True})


def _shown(one: AudioFile) -> dict[str, Any]:
    return {"name": one.name, "seconds": round(one.seconds, 3)}
