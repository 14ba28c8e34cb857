"""A SpeechKit on the loopback address: it speaks the protocol, refuses what the service refuses, and fails as it is told.
Its speech is a tone, as long as the text.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
from array import array
from typing import Any

from aiohttp import web

from drivers.stand_in import Move, StandIn, hangs_up, holds, streams
from outdial.drivers.speech.yandex import PATH, VOICES

KEY = "AQVN-the-secret-key"
FOLDER = "b1gexample"
PERIOD = array("h", (int(10_000 * math.sin(math.pi * at / 20)) for at in range(40))).tobytes()
PERIODS_A_CHARACTER = 12


class SpeechKitStandIn(StandIn):
    """The server; see `StandIn`."""

    def __init__(self, *moves: Move) -> None:
        super().__init__(PATH, *(moves or (speaks,)))

    @property
    def texts(self) -> list[str]:
        """What was asked, in its order."""
        return [body["text"] for body in self.asked]


def tone(text: str) -> bytes:
    """The sound of a text."""
    return PERIOD * (len(text) * PERIODS_A_CHARACTER)


def line(sound: bytes) -> bytes:
    """A chunk of sound as a message of the stream."""
    return json.dumps({"result": {"audioChunk": {"data": base64.b64encode(sound).decode()}}}).encode() + b"\n"


def fault(body: dict[str, Any]) -> str:
    """What the service would refuse in a request; empty if nothing."""
    hints = {name: value for hint in body["hints"] for name, value in hint.items()}
    sound = body["outputAudioSpec"]["rawAudio"]
    if any(len(hint) != 1 for hint in body["hints"]):
        return "a hint has one field"
    if len(body["text"]) > 250 and not body["unsafeMode"]:
        return "Too long text"
    if hints["voice"] not in VOICES:
        return f"Unknown speaker {hints['voice']}"
    if hints.get("role") not in {None, *VOICES[hints["voice"]]}:
        return "Unknown role"
    if not 0.1 <= float(hints.get("speed", 1)) <= 3:
        return "Speed out of range"
    if sound["audioEncoding"] != "LINEAR16_PCM" or not 8000 <= int(sound["sampleRateHertz"]) <= 48000:
        return "Audio format"
    return ""


async def speaks(_: SpeechKitStandIn, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    """Two chunks, the second split in mid-sample, and a message without sound between them."""
    if request.headers.get("Authorization") != f"Api-Key {KEY}":
        return refusal(401, 16, "Unknown api key 'AQVN****'")
    if why := fault(body):
        return refusal(400, 3, why)
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    await stream.prepare(request)
    sound = tone(body["text"])
    await stream.write(line(sound[:101]))
    await stream.write(b'{"result": {"textChunk": {"text": "..."}, "startMs": "0", "lengthMs": "20"}}\n')
    await stream.write(line(sound[101:]))
    return stream


def speaks_in_chorus(voices: int) -> Move:
    """Speaks when so many ask at the same time, and not before."""
    barrier = asyncio.Barrier(voices)

    async def move(server: SpeechKitStandIn, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        await barrier.wait()
        return await speaks(server, request, body)

    return move


def refusal(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error as the service writes it."""
    error = {"grpcCode": code, "httpCode": status, "message": message, "httpStatus": "", "details": []}
    return web.json_response({"error": error}, status=status, headers=headers)


def refuses(status: int, message: str = "Sorry", **headers: str) -> Move:
    """An HTTP error; `Retry_After="1"` is a header."""

    async def move(_: SpeechKitStandIn, request: web.Request, __: dict[str, Any]) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return refusal(status, 2, f"{message} {request.headers['Authorization']}", named)

    return move


falls_silent = streams(line(tone("a")), then=holds)
"""A chunk, and then nothing more."""
cuts_off = streams(line(tone("a")), then=hangs_up)
"""A chunk, and then the connection is gone."""


async def never_ends(_: SpeechKitStandIn, request: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    """Chunks for as long as somebody listens."""
    stream = web.StreamResponse()
    await stream.prepare(request)
    while True:
        await stream.write(line(tone("abc")))
