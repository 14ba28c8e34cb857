"""A SpeechKit on the loopback address: it speaks the protocol, refuses what the service refuses, and fails as it is told.
Each request takes the next of its moves and the last one stays. Its speech is a tone, as long as the text.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
from array import array
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web

from outdial.drivers.speech.yandex import PATH, VOICES

KEY = "AQVN-the-secret-key"
FOLDER = "b1gexample"
PERIOD = array("h", (int(10_000 * math.sin(math.pi * at / 20)) for at in range(40))).tobytes()
PERIODS_A_CHARACTER = 12

Move = Callable[["SpeechKitStandIn", web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]


class SpeechKitStandIn:
    """The server; as long as its block it listens at `url`. `asked` holds the requests' bodies."""

    def __init__(self, *moves: Move) -> None:
        self.moves = list(moves or (speaks,))
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.at_once = self.most_at_once = self.connections = 0
        self.holding = asyncio.Event()
        self._freed = asyncio.Event()
        self._seen: set[object] = set()
        app = web.Application()
        app.router.add_post(PATH, self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        self.url = ""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._freed.set()
        await self._runner.cleanup()

    @property
    def texts(self) -> list[str]:
        """What was asked, in its order."""
        return [body["text"] for body in self.asked]

    async def hold(self) -> None:
        """Wait until the end of the block."""
        self.holding.set()
        await self._freed.wait()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        self._seen.add(request.transport)
        self.connections = len(self._seen)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        move = self.moves.pop(0) if len(self.moves) > 1 else self.moves[0]
        try:
            return await move(self, request, body)
        finally:
            self.at_once -= 1


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


def babbles(body: bytes, status: int = 200) -> Move:
    """Any body."""

    async def move(*_: object) -> web.StreamResponse:
        return web.Response(body=body, status=status)

    return move


async def holds(server: SpeechKitStandIn, _: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    """Never answers."""
    await server.hold()
    return web.Response()


async def falls_silent(server: SpeechKitStandIn, request: web.Request, _: dict[str, Any]) -> web.StreamResponse:
    """A chunk, and then nothing more."""
    stream = web.StreamResponse()
    await stream.prepare(request)
    await stream.write(line(tone("a")))
    await server.hold()
    return stream


async def cuts_off(_: SpeechKitStandIn, request: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    """A chunk, and then the connection is gone."""
    stream = web.StreamResponse()
    await stream.prepare(request)
    await stream.write(line(tone("a")))
    assert request.transport is not None
    request.transport.close()
    return stream


async def hangs_up(_: SpeechKitStandIn, request: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    """The connection is gone before any answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def never_ends(_: SpeechKitStandIn, request: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    """Chunks for as long as somebody listens."""
    stream = web.StreamResponse()
    await stream.prepare(request)
    while True:
        await stream.write(line(tone("abc")))
