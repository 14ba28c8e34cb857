"""A language model behind an OpenAI-compatible `chat/completions` that streams: of OpenAI, or of a server of one's own
(Ollama, llama.cpp, vLLM, LM Studio). Whatever the far end does becomes sentences, a way on or a reason, within the limits of
the brief. A question that failed is not asked again: the callee waits. The key is written into one request header and
nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from outdial.core.assistant import Brief
from outdial.drivers.assistant.prompting import functions_of, request_of
from outdial.drivers.assistant.reading import NoAnswer, Reading
from outdial.ports import Chosen, Failed, Sentence, Trouble

PATH = "/chat/completions"
TOKENS_FIELDS = ("max_tokens", "max_completion_tokens")
OWN_FIELDS = frozenset({"messages", "stream", "tools", *TOKENS_FIELDS})
"""Fields of the request that no setting may change."""
_LARGEST_MESSAGE = 4096
"""Bytes that are read of an answer that is an error."""
_LAST_WORDS_SECONDS = 0.25
"""How long the end of a stream is waited for once the answer is whole, so that the connection can be used again."""
_KEEP_SECONDS = 60.0
"""How long a connection is kept for the next turn: a new one costs a callee the time of several round trips."""


@dataclass(frozen=True, slots=True)
class CompletionsSettings:
    """How the model is reached. Raises `ValueError`, which never repeats the key.

    `url` is the address before `/chat/completions`, or with it, such as http://127.0.0.1:11434/v1. `extra` goes into every
    request as it stands. `connections` is how many answers are under way at most; others wait, within their limits.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict)
    tokens_field: str = "max_tokens"
    connections: int = 64

    def __post_init__(self) -> None:
        if not _is_address(self.url):
            raise ValueError("url must be an http:// or https:// address without a password, a query or a fragment")
        if not self.model.strip():
            raise ValueError("model must name the model that is to answer")
        # It is a header's value: a space or a line end would be a header of its own, or an error that shows the key.
        if self.key and (not self.key.isascii() or not self.key.isprintable() or " " in self.key):
            raise ValueError("key must be the characters of the key alone")
        if self.tokens_field not in TOKENS_FIELDS:
            raise ValueError(f"tokens_field must be one of {', '.join(TOKENS_FIELDS)}, not {self.tokens_field!r}")
        if own := sorted(OWN_FIELDS & self.extra.keys()):
            raise ValueError(f"extra cannot set {', '.join(own)}")
        if not 1 <= self.connections <= 10_000:
            raise ValueError(f"connections must be from 1 to 10000, not {self.connections}")


class CompletionsAssistant:
    """Implements `outdial.ports.Assistant`. Used by one event loop, and closed in it."""

    def __init__(self, settings: CompletionsSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def answer(self, brief: Brief) -> AsyncGenerator[Sentence | Chosen | Failed]:
        """The answer as it comes; see the port."""
        reading = Reading(functions_of(brief.paths), brief.most_tokens)
        try:
            async with aclosing(self._chunks(brief, reading)) as chunks:
                async for chunk in chunks:
                    for words in reading.take(chunk):
                        yield Sentence(words)
            if block := reading.end():
                yield Chosen(block)
        except NoAnswer as failure:
            yield failure.failed

    async def close(self) -> None:
        """End the connections. What is under way fails."""
        if self._session is not None:
            await self._session.close()

    async def _chunks(self, brief: Brief, reading: Reading) -> AsyncGenerator[bytes]:
        """The bytes of the answer, until it is whole. Raises `NoAnswer`.

        No time limit spans a yield: it would strike whoever reads this.
        """
        clock = asyncio.get_running_loop().time
        last = clock() + brief.longest_seconds
        first = min(last, clock() + brief.first_words_seconds)
        try:
            body = request_of(brief, self._settings.model, self._settings.tokens_field, self._settings.extra)
            async with asyncio.timeout_at(first):
                answer = await self._post(json.dumps(body).encode())
        except TimeoutError:
            raise _slow(brief) from None
        except (aiohttp.ClientError, OSError, RuntimeError) as why:
            # Beware: an error of this library may hold the request's headers, so it is neither kept nor chained.
            raise NoAnswer(Trouble.UNREACHABLE, f"the model's server cannot be asked: {_named(why)}") from None
        try:
            async with asyncio.timeout_at(first):
                await self._check(answer)
            while True:
                limit = last if reading.begun else first
                if reading.finished:
                    limit = min(limit, clock() + _LAST_WORDS_SECONDS)
                async with asyncio.timeout_at(limit):
                    chunk = await answer.content.readany()
                if not chunk:
                    return
                yield chunk
        except TimeoutError:
            if not reading.finished:
                raise (_stalled(brief) if reading.begun else _slow(brief)) from None
        except (aiohttp.ClientError, OSError) as why:
            if not reading.finished:
                raise NoAnswer(Trouble.CUT_OFF, f"the connection broke in the answer: {_named(why)}") from None
        finally:
            answer.release()  # it closes a connection on which more may come

    async def _post(self, body: bytes) -> aiohttp.ClientResponse:
        """Ask. A connection that was kept may have been given up by the server a moment ago, which is no trouble of its
        own: then, and only then, the question is put again, on another one."""
        url = self._settings.url.rstrip("/").removesuffix(PATH) + PATH
        while True:
            kept = _Kept()
            try:
                # No redirects: the key is for this address alone.
                return await self._connected().post(url, data=body, allow_redirects=False, trace_request_ctx=kept)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                if not kept.used:
                    raise

    async def _check(self, answer: aiohttp.ClientResponse) -> None:
        """Raises `NoAnswer` when the status says that there is none."""
        if answer.status == 200:
            return
        message = await answer.content.read(_LARGEST_MESSAGE)
        said = " ".join(message.decode(errors="replace").split())[:200]
        if self._settings.key:
            said = said.replace(self._settings.key, "***")
        raise NoAnswer(_trouble(answer.status), f"the model's server answers with status {answer.status}: {said}")

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Encoding": "identity"}
            if self._settings.key:
                headers["Authorization"] = f"Bearer {self._settings.key}"
            self._session = aiohttp.ClientSession(
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=None),
                connector=aiohttp.TCPConnector(limit=self._settings.connections, keepalive_timeout=_KEEP_SECONDS),
                trace_configs=[_tracing()],
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


@dataclass(slots=True)
class _Kept:
    """Whether a request went out on a connection that was kept from an earlier one."""

    used: bool = False


def _tracing() -> aiohttp.TraceConfig:
    async def reused(_: object, request: SimpleNamespace, __: object) -> None:
        request.trace_request_ctx.used = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(reused)
    return tracing


def _trouble(status: int) -> Trouble:
    match status:
        case 401 | 403:
            return Trouble.FORBIDDEN
        case 429:
            return Trouble.THROTTLED
        case _ if status >= 500:
            return Trouble.UNAVAILABLE
        case _:
            return Trouble.REJECTED


def _slow(brief: Brief) -> NoAnswer:
    return NoAnswer(Trouble.SLOW, f"no words within {min(brief.first_words_seconds, brief.longest_seconds):g} seconds")


def _stalled(brief: Brief) -> NoAnswer:
    return NoAnswer(Trouble.STALLED, f"the answer was not over within {brief.longest_seconds:g} seconds")


def _named(why: Exception) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(why).__name__).lower()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        return False
    return parts.scheme in ("http", "https")
