"""A streaming SpeechKit on the loopback address: it takes sound over gRPC, tells guesses while it comes and finals at its
end, refuses what the service refuses, and fails as it is told. What it understands is any sound that it was given as a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Self

import grpc
import grpc.aio

from outdial.drivers.recognition import speechkit_messages as messages

KEY = "AQVN-the-secret-key"
_PIECE = 800
"""Bytes out of the middle of a word by which it is known."""

Stream = AsyncIterator[Any]
Context = Any
Move = Callable[["RecognitionStandIn", Stream, Context], Awaitable[None]]
"""What the server does with a stream."""


class RecognitionStandIn:
    """The server; as long as its block it listens at `url`. Each stream takes the next move, and the last one stays."""

    def __init__(self, words: Mapping[str, bytes], *moves: Move) -> None:
        self.words = words
        self.moves = list(moves or (understands,))
        self.options: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.sounds: list[bytes] = []
        self.began = asyncio.Event()
        self.ended = asyncio.Event()
        self.url = ""
        self._freed = asyncio.Event()
        handler = grpc.stream_stream_rpc_method_handler(
            self._answer,
            request_deserializer=messages.StreamingRequest.FromString,
            response_serializer=_written,
        )
        service, _, method = messages.METHOD.strip("/").partition("/")
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))

    async def __aenter__(self) -> Self:
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._freed.set()
        await self.stop()

    async def stop(self) -> None:
        """Be gone: the connection breaks."""
        await self._server.stop(0)

    async def hold(self) -> None:
        """Wait until the end of the block."""
        await self._freed.wait()

    async def _answer(self, requests: Stream, context: Context) -> None:
        self.headers.append({name: str(value) for name, value in context.invocation_metadata()})
        move = self.moves.pop(0) if len(self.moves) > 1 else self.moves[0]
        try:
            self.options.append(await _options(requests, context, self.headers[-1]))
            self.began.set()
            await move(self, requests, context)
        finally:
            self.ended.set()

    def heard_in(self, sound: bytes) -> str:
        """The words whose sound is in it, in their order."""
        places = {sound.find(_middle(each)): word for word, each in self.words.items()}
        return " ".join(places[at] for at in sorted(places) if at >= 0)


def _middle(sound: bytes) -> bytes:
    return sound[len(sound) // 4 * 2 :][:_PIECE]


def _written(response: Any) -> bytes:
    return response if isinstance(response, bytes) else bytes(response.SerializeToString())


async def _options(requests: Stream, context: Context, headers: Mapping[str, str]) -> Any:
    if headers.get("authorization") != f"Api-Key {KEY}":
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, f"Unknown api key {headers.get('authorization')}")
    first = await anext(requests)
    audio = first.session_options.recognition_model.audio_format.raw_audio
    if first.WhichOneof("Event") != "session_options" or audio.audio_encoding != messages.LINEAR16_PCM:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "options come first")
    return first.session_options


def partial(*texts: str) -> Any:
    """What the service takes it for so far."""
    return messages.StreamingResponse(partial={"alternatives": [{"text": text} for text in texts]})


def final(*texts: str, confidence: float = 0.0) -> Any:
    """What it was."""
    return messages.StreamingResponse(
        final={"alternatives": [{"text": text, "confidence": confidence} for text in texts]}
    )


async def listened(server: RecognitionStandIn, requests: Stream, context: Context) -> bytes:
    """All the sound up to its end, with something told about every piece."""
    sound = b""
    async for request in requests:
        match request.WhichOneof("Event"):
            case "chunk":
                sound += request.chunk.data
                await context.write(messages.StreamingResponse(status_code={"code_type": 1, "message": "working"}))
                await context.write(partial("what it is not"))
            case "eou":
                break
    server.sounds.append(sound)
    return sound


async def understands(server: RecognitionStandIn, requests: Stream, context: Context) -> None:
    """Does what the service does."""
    text = server.heard_in(await listened(server, requests, context))
    await context.write(final(*([text] if text else [])))
    await context.write(messages.StreamingResponse(eou_update={"time_ms": 1}))


def tells(*responses: Any) -> Move:
    """Finals, or anything else, whatever was said."""

    async def move(server: RecognitionStandIn, requests: Stream, context: Context) -> None:
        await listened(server, requests, context)
        for each in responses:
            await context.write(each)

    return move


def fails(status: grpc.StatusCode, said: str = "no", *, at_once: bool = False) -> Move:
    """Ends the stream with a status, as soon as it began or when all was said."""

    async def move(server: RecognitionStandIn, requests: Stream, context: Context) -> None:
        if not at_once:
            await listened(server, requests, context)
        await context.abort(status, said)

    return move


async def stalls(server: RecognitionStandIn, requests: Stream, context: Context) -> None:
    """Hears all of it and never says what it was."""
    await listened(server, requests, context)
    await server.hold()


async def ends(server: RecognitionStandIn, requests: Stream, context: Context) -> None:
    """Ends the stream, and all is well, before anything was said."""
