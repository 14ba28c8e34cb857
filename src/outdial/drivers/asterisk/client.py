"""A thin ARI client: events and requests over one WebSocket, which is opened again for ever when it is lost.

An answer names its request, requests are carried out in the order they were posted, and what is not answered in time
means that the connection is broken. Nothing here knows what a call is.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, get_args
from urllib.parse import unquote, urlsplit

import aiohttp
import msgspec
import structlog

log = structlog.get_logger(__name__)

DEFAULT_APP = "outdial"
_PORTS = {"ari": 8088, "aris": 8089}
REQUEST_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 10.0
_HEARTBEAT_SECONDS = 15.0
_CONFLICT_PAUSE_SECONDS = 30.0
_CHUNK_BYTES = 1 << 16
_APP = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class AriUrl:
    """Where an Asterisk is asked, as whom, and for which application."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    app: str = DEFAULT_APP
    secure: bool = False

    @property
    def http(self) -> str:
        """The base address of its REST interface, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}/ari"

    @property
    def media(self) -> str:
        """The base address of its media WebSockets, without a slash at the end."""
        return f"{self.http.removesuffix('/ari')}/media"

    @property
    def headers(self) -> dict[str, str]:
        """The credentials as HTTP headers."""
        return {"Authorization": aiohttp.encode_basic_auth(self.user, self.password)}


def parse_url(text: str) -> AriUrl:
    """Read `ari://USER:PASSWORD@HOST[:PORT][/APP]` (`aris://` for TLS); `%` escapes are undone in every part.

    Raises `ValueError`, whose message does not repeat the password.
    """
    form = "ari://USER:PASSWORD@HOST[:PORT][/APP], or aris:// for TLS"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"the telephony address has no valid port or host; it is written {form}") from None
    app = unquote(parts.path.strip("/")) or DEFAULT_APP
    host, user, password = parts.hostname, parts.username, parts.password
    odd = parts.scheme not in _PORTS or parts.query or parts.fragment or not _APP.fullmatch(app)
    if odd or not host or not user or not password:
        raise ValueError(f"the telephony address is written {form}")
    secure = parts.scheme == "aris"
    return AriUrl(host, port or _PORTS[parts.scheme], unquote(user), unquote(password), app, secure)


class AriDown(Exception):
    """There is no connection, or it was lost before the answer came; the request may or may not have been done."""


class AriError(Exception):
    """Asterisk refused a request: its HTTP status and its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class AriRequest:
    """One REST request. `path` is relative to `/ari/`; `body` becomes JSON."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AriAnswer:
    """What Asterisk said to a request; `body` is JSON or empty."""

    status: int
    reason: str
    body: str

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """Why it was refused."""
        try:
            said = msgspec.json.decode(self.body, type=dict[str, Any]) if self.body else {}
        except msgspec.MsgspecError:
            said = {}
        return str(said.get("message") or said.get("error") or self.reason)

    def value(self) -> Any:
        """The decoded body; raises `AriError` when the request was refused."""
        if not self.ok:
            raise AriError(self.status, self.message)
        return msgspec.json.decode(self.body) if self.body else None


Then = Callable[[AriAnswer | None], None]
"""Hears the answer, in its place among the events; None: the connection was lost first."""


def encode(request: AriRequest, number: str) -> bytes:
    """The message that carries a request."""
    message: dict[str, Any] = {
        "type": "RESTRequest",
        "transaction_id": number,
        "request_id": number,
        "method": request.method,
        "uri": request.path,
    }
    if request.query:
        message["query_strings"] = [{"name": name, "value": value} for name, value in request.query]
    if request.body is not None:
        message["content_type"] = "application/json"
        message["message_body"] = msgspec.json.encode(request.body).decode()
    return msgspec.json.encode(message)


class _Message(msgspec.Struct, frozen=True, tag_field="type", tag=True):
    pass


class AriObject(msgspec.Struct, frozen=True):
    """A channel or a playback as events tell it."""

    id: str
    state: str = ""


class StasisStart(_Message, frozen=True):
    """A channel entered the application: one that we originated has been answered, or comes back with `args`."""

    channel: AriObject
    args: tuple[str, ...] = ()


class ChannelStateChange(_Message, frozen=True):
    """A channel rings, or is up."""

    channel: AriObject


class ChannelDtmfReceived(_Message, frozen=True):
    """A key was pressed and let go."""

    channel: AriObject
    digit: str


class PlaybackFinished(_Message, frozen=True):
    """A playback is over: `done` (also when it was stopped) or `failed` (also when the channel went away)."""

    playback: AriObject


class AriRecording(msgspec.Struct, frozen=True):
    """A recording as events tell it."""

    name: str


class RecordingFinished(_Message, frozen=True):
    """A recording has been stored, also when it ended because its channel went away."""

    recording: AriRecording


class RecordingFailed(_Message, frozen=True):
    """A recording could not be made."""

    recording: AriRecording


class ChannelHangupRequest(_Message, frozen=True):
    """Somebody ends the channel; it precedes the failure of what is played there."""

    channel: AriObject


class ChannelDestroyed(_Message, frozen=True):
    """A channel is gone. `tech_cause` is the SIP status of a refused call; older Asterisks do not tell it."""

    channel: AriObject
    cause: int = 0
    tech_cause: int = 0


class ApplicationReplaced(_Message, frozen=True):
    """Another connection has taken the application over."""


class RESTResponse(_Message, frozen=True):
    """The answer to a request of ours."""

    request_id: str
    status_code: int
    reason_phrase: str = ""
    message_body: str = ""


AriEvent = (
    StasisStart
    | ChannelStateChange
    | ChannelDtmfReceived
    | PlaybackFinished
    | RecordingFinished
    | RecordingFailed
    | ChannelHangupRequest
    | ChannelDestroyed
    | ApplicationReplaced
)
# Asterisk takes its answers for events of the application: a filter that does not name them swallows them.
WANTED_TYPES = tuple(kind.__name__ for kind in (*get_args(AriEvent), RESTResponse))

_decoder: msgspec.json.Decoder[AriEvent | RESTResponse] = msgspec.json.Decoder(AriEvent | RESTResponse)


def decode(message: bytes | str) -> AriEvent | RESTResponse | None:
    """A message of Asterisk; None for one that we do not read."""
    try:
        return _decoder.decode(message)
    except msgspec.MsgspecError as error:
        log.debug("ari_message_ignored", reason=str(error))
        return None


class _Pending(NamedTuple):
    request: AriRequest
    then: Then
    deadline: float


class AriClient:
    """One application's connection. `run` keeps it; the rest may be used from any task of the same event loop.

    `hear` gets every event, in order; it must not raise. `up` is awaited after each (re)connection, with the event
    filter set: an `AriError` or `AriDown` from it means another try. `down` is told the end of each connection that
    was made. `request_seconds` bounds every request.
    """

    def __init__(
        self,
        url: AriUrl,
        *,
        hear: Callable[[AriEvent], None],
        up: Callable[[], Awaitable[None]],
        down: Callable[[], None],
        request_seconds: float = REQUEST_SECONDS,
        first_pause_seconds: float = 0.2,
    ) -> None:
        self._url = url
        self._hear = hear
        self._up = up
        self._down = down
        self._request_seconds = request_seconds
        self._first_pause_seconds = first_pause_seconds
        self._pause_seconds = first_pause_seconds
        self._numbers = itertools.count(1)
        self._pending: dict[str, _Pending] = {}
        self._http: aiohttp.ClientSession | None = None
        self._outbox: asyncio.Queue[bytes] | None = None

    @property
    def connected(self) -> bool:
        """Whether requests can be posted."""
        return self._outbox is not None

    def post(self, request: AriRequest, then: Then | None = None) -> None:
        """Send a request and return at once; `then` hears the answer. Raises `AriDown` when nothing was sent."""
        if self._outbox is None:
            raise AriDown("there is no connection to Asterisk")
        number, deadline = str(next(self._numbers)), asyncio.get_running_loop().time() + self._request_seconds
        self._pending[number] = _Pending(request, then or (lambda answer: None), deadline)
        self._outbox.put_nowait(encode(request, number))

    async def ask(self, request: AriRequest) -> Any:
        """The decoded answer to a request. Raises `AriError` when it is refused and `AriDown` without an answer."""
        answered: asyncio.Future[AriAnswer | None] = asyncio.get_running_loop().create_future()

        def then(answer: AriAnswer | None) -> None:
            if not answered.done():
                answered.set_result(answer)

        self.post(request, then)
        answer = await answered
        if answer is None:
            raise AriDown(f"the connection was lost before {request.method} {request.path} was answered")
        return answer.value()

    async def fetch(self, path: str) -> Any:
        """The answer to a GET by plain HTTP, for one that may be long. Raises as `ask`."""
        # Asterisk breaks a connection off rather than send half a megabyte over a WebSocket.
        if self._http is None:
            raise AriDown("there is no connection to Asterisk")
        try:
            async with asyncio.timeout(self._request_seconds), self._http.get(f"{self._url.http}/{path}") as reply:
                answer = AriAnswer(reply.status, reply.reason or "", await reply.text())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise AriDown(f"GET {path} was not answered: {_why(error)}") from error
        return answer.value()

    async def download(self, path: str, target: Path) -> None:
        """Write the answer to a GET to a file, which is there whole or not at all. Raises as `ask`, and `OSError`."""
        if self._http is None:
            raise AriDown("there is no connection to Asterisk")
        limits = aiohttp.ClientTimeout(total=None, connect=self._request_seconds, sock_read=self._request_seconds)
        part = target.with_name(f"{target.name}.part")
        try:
            async with self._http.get(f"{self._url.http}/{path}", timeout=limits) as reply:
                if not reply.ok:
                    raise AriError(reply.status, reply.reason or "")
                await asyncio.to_thread(part.parent.mkdir, parents=True, exist_ok=True)
                file = await asyncio.to_thread(part.open, "wb")
                try:
                    async for chunk in reply.content.iter_chunked(_CHUNK_BYTES):
                        await asyncio.to_thread(file.write, chunk)
                finally:
                    await asyncio.to_thread(file.close)
            await asyncio.to_thread(part.replace, target)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AriDown(f"GET {path} was not answered: {_why(error)}") from error
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)

    @asynccontextmanager
    async def media(self, connection: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """The sound of a channel that waits to be fetched. Raises `AriDown` when it is not to be had."""
        if self._http is None:
            raise AriDown("there is no connection to Asterisk")
        try:
            socket = await self._http.ws_connect(f"{self._url.media}/{connection}", protocols=("media",))
        except (aiohttp.ClientError, OSError) as error:
            raise AriDown(f"the sound of a channel is not to be had: {_why(error)}") from error
        async with socket:
            yield socket

    async def run(self) -> NoReturn:
        """Keep the connection until cancelled. What goes wrong at Asterisk's end is logged and tried again."""
        limits = aiohttp.ClientTimeout(total=None)  # the bounds are our own
        async with aiohttp.ClientSession(timeout=limits, headers=self._url.headers) as self._http:
            while True:
                reason = ""
                try:
                    await self._connection(self._http)
                except* (AriError, AriDown, aiohttp.ClientError, OSError, TimeoutError) as failures:
                    reason = "; ".join(map(_why, failures.exceptions))
                pause = self._pause_seconds
                self._pause_seconds = max(min(pause * 2, LONGEST_PAUSE_SECONDS), self._first_pause_seconds)
                log.warning("asterisk_away", host=self._url.host, port=self._url.port, reason=reason, pause=pause)
                await asyncio.sleep(pause)

    async def _connection(self, http: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(self._request_seconds):
            socket = await http.ws_connect(
                f"{self._url.http}/events",
                params={"app": self._url.app, "subscribeAll": "false"},
                heartbeat=_HEARTBEAT_SECONDS,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        self._outbox = asyncio.Queue()
        async with socket:
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._read(socket), name="ari-read")
                    tasks.create_task(self._write(socket, self._outbox), name="ari-write")
                    tasks.create_task(self._watch(), name="ari-watch")
                    tasks.create_task(self._begin(), name="ari-begin")
            finally:
                self._end()

    async def _begin(self) -> None:
        # Set each time: the filter outlives a connection but not a restart of Asterisk.
        allowed = {"allowed": [{"type": name} for name in WANTED_TYPES]}
        await self.ask(AriRequest("PUT", f"applications/{self._url.app}/eventFilter", body=allowed))
        await self._up()
        self._pause_seconds = self._first_pause_seconds
        log.info("asterisk_here", host=self._url.host, port=self._url.port, app=self._url.app)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            match decode(message.data) if message.type is aiohttp.WSMsgType.TEXT else None:
                case RESTResponse() as response:
                    self._answered(response)
                case ApplicationReplaced():
                    # Two programs that take the application from each other at once would end every call.
                    self._pause_seconds = _CONFLICT_PAUSE_SECONDS
                    log.error("another_program_took_the_application", app=self._url.app)
                    raise AriDown("another program has taken the application over")
                case None:
                    pass
                case event:
                    self._hear(event)
        raise AriDown(f"Asterisk closed the connection ({socket.exception() or socket.close_code})")

    async def _write(self, socket: aiohttp.ClientWebSocketResponse, outbox: asyncio.Queue[bytes]) -> None:
        while True:
            await socket.send_frame(await outbox.get(), aiohttp.WSMsgType.TEXT)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._request_seconds / 4)
            oldest = next(iter(self._pending.values()), None)
            if oldest is not None and oldest.deadline < asyncio.get_running_loop().time():
                what = f"{oldest.request.method} {oldest.request.path}"
                raise AriDown(f"{what} was not answered in {self._request_seconds:g} s")

    def _answered(self, response: RESTResponse) -> None:
        pending = self._pending.pop(response.request_id, None)
        if pending is not None:
            pending.then(AriAnswer(response.status_code, response.reason_phrase, response.message_body))

    def _end(self) -> None:
        self._outbox = None
        pending, self._pending = self._pending, {}
        for each in pending.values():
            each.then(None)
        self._down()


def _why(failure: BaseException) -> str:
    match failure:
        case aiohttp.WSServerHandshakeError(status=401):
            return "Asterisk refused the user or the password"
        case aiohttp.WSServerHandshakeError(status=404):
            return "there is no ARI at this address (is it enabled, has Asterisk booted?)"
        case _:
            return str(failure) or type(failure).__name__
