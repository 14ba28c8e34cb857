"""Yandex SpeechKit v3 as a recogniser: the sound streams to the service while it is spoken, and what it makes of it comes
back over gRPC. When an answer ends is told to the service, not asked of it. Whatever the far end does becomes a text or a
word that says why there is none; the key is written into one header and nowhere else.
"""

from __future__ import annotations

import asyncio
import re
from asyncio import AbstractEventLoop, Future
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import grpc
import structlog

from outdial.drivers.recognition import grammar, pipe
from outdial.drivers.recognition import speechkit_messages as messages
from outdial.drivers.recognition.engine import EngineFailed
from outdial.drivers.recognition.grammar import Rule
from outdial.drivers.recognition.hearing import Guess, joined, picked
from outdial.ports import Question, Understood

log = structlog.get_logger(__name__)

URL = "https://stt.api.cloud.yandex.net"
PIECE_BYTES = pipe.RATE * 2 // 5
"""200 ms are sent at once."""
MOST_SPEAKERS = 64
"""Streams at the same time; one more utterance is not understood. The service has a limit of its own for each customer."""
LONGEST_DETAIL = 200

_CODES = (
    "de-DE", "en-US", "es-ES", "fi-FI", "fr-FR", "he-IL", "it-IT", "kk-KZ", "nl-NL", "pl-PL", "pt-PT", "ru-RU", "sv-SE",
    "tr-TR", "uz-UZ",
)  # fmt: skip
LANGUAGES: Mapping[str, str] = MappingProxyType({code.partition("-")[0]: code for code in _CODES})
"""The service's code of each language that it understands."""

_FAILURES: Mapping[grpc.StatusCode, str] = MappingProxyType(
    {
        grpc.StatusCode.UNAUTHENTICATED: "bad_key",
        grpc.StatusCode.PERMISSION_DENIED: "forbidden",
        grpc.StatusCode.RESOURCE_EXHAUSTED: "throttled",
        grpc.StatusCode.INVALID_ARGUMENT: "refused",
        grpc.StatusCode.FAILED_PRECONDITION: "refused",
        grpc.StatusCode.OUT_OF_RANGE: "refused",
        grpc.StatusCode.INTERNAL: "bad_answer",
        grpc.StatusCode.NOT_FOUND: "bad_answer",
        grpc.StatusCode.UNIMPLEMENTED: "bad_answer",
        grpc.StatusCode.DEADLINE_EXCEEDED: "late",
    }
)


@dataclass(frozen=True, slots=True)
class SpeechKitSettings:
    """How the service is reached. Raises `ValueError`, which never repeats the key.

    What was said must be known `seconds` after its end.
    """

    api_key: str = field(repr=False)
    folder_id: str = ""
    url: str = URL
    seconds: float = 4.0

    def __post_init__(self) -> None:
        # Both are header values: what is no token would be refused by the library with an error that shows it.
        if not re.fullmatch(r"[!-~]+", self.api_key):
            raise ValueError("api_key must be the characters of the key alone")
        if not re.fullmatch(r"[!-~]*", self.folder_id):
            raise ValueError(f"folder_id must be the characters of the identifier alone, not {self.folder_id!r}")
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        safe = host and (
            parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "::1", "localhost"))
        )
        if not safe or parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("url must be https:// and a host, or http:// and one of this machine")
        if not 0 < self.seconds <= 60:
            raise ValueError(f"seconds must be above 0 and at most 60, not {self.seconds:g}")

    @property
    def target(self) -> str:
        """As gRPC names it."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


class SpeechKit:
    """An `Engine`. Used by one event loop, and closed in it.

    Each stream has a thread: the library's own asyncio hides the service's reason for ending a stream behind an "internal
    error" of its own whenever a piece of sound was on its way.
    """

    name = "yandex"
    dictates = True

    def __init__(self, settings: SpeechKitSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(MOST_SPEAKERS, thread_name_prefix="speechkit")
        self._channel: grpc.Channel | None = None
        self._spoken: set[_SpeechKitUtterance] = set()
        self._closed = False

    def start(self) -> None:
        """Nothing: it connects at the first question."""

    def prepare(self, question: Question) -> None:
        """Connect, before there is an answer to understand."""
        if not self._closed:
            self._connected()

    def begin(self, question: Question) -> _SpeechKitUtterance:
        """An utterance begins, and with it a stream."""
        utterance = _SpeechKitUtterance(self._settings, question)
        if self._closed or len(self._spoken) >= MOST_SPEAKERS:
            utterance.fail("busy")
        elif not utterance.language:
            utterance.fail("language")
        else:
            self._spoken.add(utterance)
            loop, channel = asyncio.get_running_loop(), self._connected()
            stream = loop.run_in_executor(self._threads, utterance.run, channel, loop)
            stream.add_done_callback(lambda _: self._spoken.discard(utterance))
        return utterance

    async def close(self) -> None:
        """End the connection; utterances under way come to nothing."""
        self._closed = True
        for each in tuple(self._spoken):
            each.fail("dropped")
            each.stop()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        if self._channel is not None:
            await asyncio.to_thread(self._channel.close)

    def _connected(self) -> grpc.Channel:
        if self._channel is None:
            target = self._settings.target
            if self._settings.url.startswith("https:"):
                self._channel = grpc.secure_channel(target, grpc.ssl_channel_credentials())
            else:
                self._channel = grpc.insecure_channel(target)
            self._channel.subscribe(_look_on, try_to_connect=True)
        return self._channel


def _look_on(_: grpc.ChannelConnectivity) -> None:
    """What a connection does shows in its streams; it is only watched to be opened early."""


class _SpeechKitUtterance:
    """One stream: its options, the sound in pieces, and its end go out; finals come back."""

    def __init__(self, settings: SpeechKitSettings, question: Question) -> None:
        self._settings = settings
        self._question = question
        self.language = LANGUAGES.get(re.split("[-_]", question.language.strip().lower(), maxsplit=1)[0], "")
        self.answer: Future[Understood] = asyncio.get_running_loop().create_future()
        # It may be that nobody asks for it.
        self.answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._pieces: SimpleQueue[bytes | None] = SimpleQueue()
        self._sound = bytearray()
        self._room = pipe.MOST_BYTES
        self._over = False
        self._stopped = False
        self._call: Any = None

    def feed(self, sound: bytes) -> None:
        """Send it on."""
        if self._over or self.answer.done() or len(sound) > self._room:
            return
        self._room -= len(sound)
        self._sound += sound
        if len(self._sound) >= PIECE_BYTES:
            self._send()

    def may_be_over(self) -> None:
        """Have the service hear the last of it during the pause."""
        self._send()

    def resumed(self) -> None:
        """They go on; the service was told nothing of a pause."""

    def finish(self) -> Future[Understood]:
        """Tell the service that it was all, and wait only so long for what it was."""
        if not self._over:
            self._over = True
            self._send()
            self._pieces.put(None)
            late = asyncio.get_running_loop().call_later(self._settings.seconds, self._late)
            self.answer.add_done_callback(lambda _: late.cancel())
        return self.answer

    def drop(self) -> None:
        """End the stream."""
        self._over = True
        self.answer.cancel()
        self.stop()

    def fail(self, word: str) -> None:
        """It will not be understood."""
        if not self.answer.done():
            self.answer.set_exception(EngineFailed(word))

    def stop(self) -> None:
        """End the stream, or see to it that none begins. A second time it does nothing."""
        self._stopped = True
        self._pieces.put(None)
        if self._call is not None:
            self._call.cancel()

    def _late(self) -> None:
        self.fail("late")
        self.stop()

    def _send(self) -> None:
        if self._sound and not self.answer.done():
            self._pieces.put(bytes(self._sound))
            self._sound.clear()

    def run(self, channel: grpc.Channel, loop: AbstractEventLoop) -> None:
        """Be the stream, in a thread, from its beginning to its end."""
        try:
            told: Understood | EngineFailed = self._listened(channel)
        except grpc.RpcError as error:
            told = self._failed(error)
        except Exception as error:  # noqa: BLE001 - a thread that ended otherwise would let somebody wait
            log.error("speechkit_failed", reason="bad_answer", exc_info=error)
            told = EngineFailed("bad_answer")
        finally:
            self._pieces.put(None)  # the library reads them in a thread that would wait for ever
        with suppress(RuntimeError):  # the loop is closed: nobody listens
            loop.call_soon_threadsafe(self._settle, told)

    def _listened(self, channel: grpc.Channel) -> Understood | EngineFailed:
        headers: tuple[tuple[str, str | bytes], ...] = (("authorization", f"Api-Key {self._settings.api_key}"),)
        if self._settings.folder_id:
            headers += (("x-folder-id", self._settings.folder_id),)
        recognise = channel.stream_stream(
            messages.METHOD,
            request_serializer=messages.StreamingRequest.SerializeToString,
            response_deserializer=messages.StreamingResponse.FromString,
        )
        longest = self._question.longest_seconds + self._question.pause_seconds + self._settings.seconds
        self._call = recognise(self._requests(), metadata=headers, timeout=longest)
        if self._stopped:
            self._call.cancel()
        finals = [
            guesses_of(response.final.alternatives)
            for response in self._call
            if response.WhichOneof("Event") == "final"
        ]
        if not self._over:
            log.warning("speechkit_failed", reason="cut_off", detail="the service ended the stream")
            return EngineFailed("cut_off")
        told = picked(joined(finals), grammar.phrases(self._question.sought), Rule.AMONG)
        return Understood(told["text"], told["confidence"], tuple(told["alternatives"]))

    def _requests(self) -> Iterator[Any]:
        yield messages.StreamingRequest(session_options=options(self.language))
        while (piece := self._pieces.get()) is not None:
            yield messages.StreamingRequest(chunk={"data": piece})
        yield messages.StreamingRequest(eou={})

    def _failed(self, error: Any) -> EngineFailed:
        status, details = error.code(), error.details() or ""
        if self._stopped:
            return EngineFailed("dropped")
        word = _FAILURES.get(status, "unreachable")
        said = details.replace(self._settings.api_key, "***")[:LONGEST_DETAIL]
        log.warning("speechkit_failed", reason=word, status=status.name, detail=said)
        return EngineFailed(word)

    def _settle(self, told: Understood | EngineFailed) -> None:
        if self.answer.done():
            return
        if isinstance(told, EngineFailed):
            self.answer.set_exception(told)
        else:
            self.answer.set_result(told)


def options(language: str) -> dict[str, Any]:
    """How a stream is to be understood: telephone sound, one language, words as they were said, and ends that we tell."""
    return {
        "recognition_model": {
            "model": "general",
            "audio_format": {
                "raw_audio": {
                    "audio_encoding": messages.LINEAR16_PCM,
                    "sample_rate_hertz": pipe.RATE,
                    "audio_channel_count": 1,
                }
            },
            "text_normalization": {"text_normalization": messages.NOT_NORMALISED},
            "language_restriction": {"restriction_type": messages.WHITELIST, "language_code": [language]},
            "audio_processing_type": messages.REAL_TIME,
        },
        "eou_classifier": {"external_classifier": {}},
    }


def guesses_of(alternatives: Any) -> list[Guess]:
    """A final's alternatives. The service says that it does not use their confidence: where it has none, its first is taken
    for certain and the others for nothing."""
    told = [
        (each.text, each.confidence if 0 < each.confidence <= 1 else float(at == 0))
        for at, each in enumerate(alternatives)
    ]
    return [Guess(text, confidence) for text, confidence in told if text.strip()]
