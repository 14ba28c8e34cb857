"""Yandex SpeechKit v3 over REST: a text goes out in pieces that the service accepts and comes back as samples. Whatever
the far end does becomes sound or a reason, within a time limit and a size limit; what may pass is asked once more. The
key is written into one request header and nowhere else.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from outdial.drivers.speech.synthesiser import Pcm, SynthesisFailed, spoken_text

log = structlog.get_logger(__name__)

URL = "https://tts.api.cloud.yandex.net"
PATH = "/tts/v3/utteranceSynthesis"
LONGEST_PIECE = 250
"""Characters of one request. What is longer is refused; each request of up to this many costs the same."""
LONGEST_TEXT = 5000
"""Characters that are accepted; some five minutes of speech."""
CHARACTERS_A_SECOND = 15
LETTERS_OF_A_DIGIT = 7
LONGEST_SURE_SECONDS = 20.0
"""A piece that lasts over 24 seconds is refused; one estimated above this is sent with leave to be cut by the service."""
LARGEST_MESSAGE = 4096
"""Bytes that are read of an answer that is not speech."""

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"ru": "alena", "uz": "nigora", "kk": "amira", "en": "john", "de": "lea", "he": "naomi"}
)
"""The voice of each language that the service speaks."""

# A role that a voice does not have is refused, so it must be known who has which.
VOICES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        voice: frozenset(roles.split())
        for roles, voices in {
            "": "lea john amira madi filipp madi_ru nigora",
            "modern classic": "naomi",
            "neutral good": "alena ermil zahar alexander anton",
            "neutral evil": "omazh",
            "neutral strict": "saule julia",
            "neutral friendly": "zhanar lera",
            "neutral good evil": "jane",
            "neutral good friendly": "dasha",
            "neutral good strict": "kirill",
            "neutral strict friendly": "zamira_ru zhanar_ru zamira",
            "neutral strict whisper": "saule_ru",
            "neutral friendly whisper": "marina",
            "good strict friendly": "masha",
            "neutral strict friendly whisper": "yulduz_ru yulduz",
        }.items()
        for voice in voices.split()
    }
)
"""The voices of the service, each with its roles."""
ROLES = frozenset().union(*VOICES.values())

# The statuses of gRPC that the service documents, as those of HTTP.
_HTTP_STATUS = {3: 400, 4: 504, 7: 403, 8: 429, 12: 501, 13: 500, 14: 503, 16: 401}
_MARKUP = re.compile(r"\[\[|\]\]|<\[|\]>|\*\*")
_NOT_SPACE = re.compile(r"\S")
_SENTENCE, _CLAUSE, _WORD = (
    re.compile(pattern, re.DOTALL) for pattern in (r".*[.!?…][\"'»”)]*(?=\s)", r".*[,;:–—-](?=\s)", r".*\S(?=\s)")
)


@dataclass(frozen=True, slots=True)
class YandexSettings:
    """How the service is reached and how it speaks. Raises `ValueError`, which never repeats the key.

    `voices` names a voice for a language ("ru": "marina"), known here or not, instead of its own. `role` is how the
    voices that have it speak. `speed` is from 0.1 to 3, `rate` in samples a second. An answer must begin within
    `first_chunk_seconds`, and a text be spoken within `total_seconds`.
    """

    api_key: str = field(repr=False)
    folder_id: str = ""
    url: str = URL
    speed: float = 1.0
    role: str = ""
    voices: Mapping[str, str] = field(default_factory=dict)
    rate: int = 8000
    first_chunk_seconds: float = 4.0
    total_seconds: float = 10.0
    retry_seconds: float = 0.3
    connections: int = 4
    largest_answer: int = 8 * 2**20

    def __post_init__(self) -> None:
        # Both are header values: a space or a line end would be a header of its own, or an error that shows the key.
        if not self.api_key or not _is_token(self.api_key):
            raise ValueError("api_key must be the characters of the key alone")
        if not _is_token(self.folder_id):
            raise ValueError(f"folder_id must be the characters of the identifier alone, not {self.folder_id!r}")
        if not _keeps_secrets(self.url):
            raise ValueError("url must be an https:// address without a password, or an http:// one of this machine")
        if self.role and self.role not in ROLES:
            raise ValueError(f"role must be one of {', '.join(sorted(ROLES))}, not {self.role!r}")
        for name, lowest, highest in (
            ("speed", 0.1, 3),
            ("rate", 8000, 48000),
            ("first_chunk_seconds", 0.001, 600),
            ("total_seconds", 0.001, 600),
            ("retry_seconds", 0, 600),
            ("connections", 1, 1000),
            ("largest_answer", 1024, 2**30),
        ):
            if not lowest <= (value := getattr(self, name)) <= highest:
                raise ValueError(f"{name} must be from {lowest} to {highest}, not {value}")


class _Passing(Exception):
    """A failure that may be over in a moment. `wait` is how many seconds the service asked for, if it did."""

    def __init__(self, failure: SynthesisFailed, wait: float | None = None) -> None:
        super().__init__(failure.reason)
        self.failure = failure
        self.wait = wait


class YandexSpeech:
    """The voices of Yandex SpeechKit; a `Synthesiser`. Used by one event loop, and closed in it.

    At most `connections` texts are spoken at once, the pieces of a text one after the other.
    """

    name = "yandex"

    def __init__(self, settings: YandexSettings) -> None:
        self._settings = settings
        self._voices = {**LANGUAGES, **{_language(code): name for code, name in settings.voices.items() if name}}
        self._places = asyncio.Semaphore(settings.connections)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def version(self) -> str:
        """Of the interface and of what the settings make of its sound; neither the key nor the address."""
        settings = self._settings
        voices = ",".join(f"{language}={name}" for language, name in sorted(self._voices.items()))
        return f"v3 {settings.rate} {settings.speed:g} {settings.role or '-'} {voices}"

    async def synthesise(self, text: str, language: str, voice: str = "") -> Pcm:
        """Speak a text as it stands: markup is passed over, but a plus before a vowel stresses it.

        `language` is a code such as ru-RU, of which the part before the dash counts. A `voice` that the service knows
        speaks any language. A text of nothing to say costs nothing and is no samples. Raises `SynthesisFailed`:
        language_unknown, text_too_long, refused and no_sound are of the text; bad_key, forbidden, throttled,
        unavailable, unreachable, cut_off, slow, bad_answer, too_large and closed are of the service, which is then out
        of order.
        """
        chosen = self._voice(language, voice)
        if len(text) > LONGEST_TEXT:
            raise SynthesisFailed("text_too_long", f"{len(text)} characters, at most {LONGEST_TEXT} are spoken")
        sound = bytearray()
        limit = self._settings.total_seconds
        async with self._places:
            deadline = asyncio.get_running_loop().time() + limit
            try:
                async with asyncio.timeout_at(deadline):
                    for piece in pieces(plain(text)):
                        sound += await self._spoken(piece, chosen, deadline)
            except TimeoutError:
                # A service that has spoken some pieces is well; the text was too long for the limit.
                detail = f"not spoken within {limit:g} seconds; see to the network, or shorten the text"
                raise SynthesisFailed("slow", detail, engine_down=not sound) from None
        return Pcm(bytes(sound), self._settings.rate)

    async def close(self) -> None:
        """End the connections. What is being spoken fails, and so does what is asked later."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _voice(self, language: str, voice: str) -> str:
        asked = voice.strip().lower()
        if asked in VOICES or asked in self._voices.values():
            return asked
        own = self._voices.get(_language(language))
        if own is None:
            # The next engine may know it, which beats a voice that reads letters of a language it was not made for.
            spoken = ", ".join(sorted(self._voices))
            raise SynthesisFailed("language_unknown", f"{language[:40]!r}; SpeechKit speaks {spoken}")
        return own

    async def _spoken(self, piece: str, voice: str, deadline: float) -> bytes:
        request = request_of(piece, voice, self._settings)
        try:
            return await self._ask(request)
        except _Passing as first:
            wait = self._settings.retry_seconds if first.wait is None else first.wait
            if asyncio.get_running_loop().time() + wait >= deadline:
                raise first.failure from None
            log.info("speech_asked_again", engine=self.name, reason=first.failure.reason, seconds=wait)
        await asyncio.sleep(wait)
        try:
            return await self._ask(request)
        except _Passing as second:
            raise second.failure from None

    async def _ask(self, request: Mapping[str, Any]) -> bytes:
        """One request and its sound. Raises `SynthesisFailed` and `_Passing`."""
        limit = self._settings.first_chunk_seconds
        try:
            # No redirects: the key is for this address alone.
            url, session = self._settings.url.rstrip("/") + PATH, self._connected()
            async with (
                asyncio.timeout(limit) as first,
                session.post(url, json=request, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    said = self._said(await answer.content.read(LARGEST_MESSAGE))
                    raise refusal(answer.status, said, answer.headers.get("Retry-After", ""))
                body = await self._body(answer, first)
        except TimeoutError:
            detail = f"no answer within {limit:g} seconds; see to the network, or allow more"
            raise SynthesisFailed("slow", detail, engine_down=True) from None
        except aiohttp.ClientConnectorError as why:
            detail = f"{why}; see to the network, and that the address may be reached from here"
            raise _Passing(SynthesisFailed("unreachable", detail, engine_down=True)) from None
        except (aiohttp.ClientError, OSError) as why:
            # Beware: an error of this library may hold the request's headers, so it is neither kept nor chained.
            detail = f"the connection broke before the answer was whole ({type(why).__name__}); see to the network"
            raise _Passing(SynthesisFailed("cut_off", detail, engine_down=True)) from None
        return self._sound(body)

    def _connected(self) -> aiohttp.ClientSession:
        if self._closed:
            raise SynthesisFailed("closed", "the server is stopping", engine_down=True)
        if self._session is None:
            headers = {"Authorization": f"Api-Key {self._settings.api_key}", "Accept-Encoding": "identity"}
            if self._settings.folder_id:
                headers["x-folder-id"] = self._settings.folder_id
            self._session = aiohttp.ClientSession(
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=None),
                connector=aiohttp.TCPConnector(limit=self._settings.connections),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _body(self, answer: aiohttp.ClientResponse, first: asyncio.Timeout) -> bytes:
        body = bytearray()
        async for chunk in answer.content.iter_any():
            first.reschedule(None)
            body += chunk
            if len(body) > (most := self._settings.largest_answer):
                detail = f"the answer is over {most} bytes; is the address SpeechKit's?"
                raise SynthesisFailed("too_large", detail, engine_down=True)
        return bytes(body)

    def _sound(self, body: bytes) -> bytes:
        sound = bytearray()
        try:
            for message in messages(body):
                match message:
                    case {"error": dict() as error}:
                        raise refusal(_status(error), self._said(json.dumps(error).encode()))
                    case {"result": {"audioChunk": {"data": str(data)}}} | {"audioChunk": {"data": str(data)}}:
                        sound += base64.b64decode(data, validate=True)
                    case {"result": dict()}:
                        # A message may hold only times, or the text that was read.
                        pass
                    case _:
                        raise ValueError("not a message of the service")
            if len(sound) % 2:
                raise ValueError("half a sample")
        except (ValueError, RecursionError):
            detail = f"not SpeechKit's answer but {self._said(body)!r}; check the address and any proxy before it"
            raise SynthesisFailed("bad_answer", detail, engine_down=True) from None
        if not sound:
            raise SynthesisFailed("no_sound", "SpeechKit made no sound of the text; change its wording")
        return bytes(sound)

    def _said(self, body: bytes) -> str:
        """What an answer says to people: one short line, in which the key is never repeated."""
        return spoken_text(words_of(body).replace(self._settings.api_key, "***"))[:200]


def plain(text: str) -> str:
    """A text whose marks for pauses, stress and sounds (<[small]>, **word**, [[v a]]) are marks no more."""
    # Beware: the service obeys them in every text, and a callee's name is a stranger's words.
    return " ".join(_MARKUP.sub(" ", spoken_text(text)).split())


def pieces(text: str, longest: int = LONGEST_PIECE) -> list[str]:
    """A text on one line cut into requests: at sentence ends, else at commas, else between words, else anywhere.

    Pieces of nothing to say are left out: they would be paid for and refused.
    """
    cut: list[str] = []
    while len(text) > longest:
        head = text[: longest + 1]
        ends = (pattern.match(head) for pattern in (_SENTENCE, _CLAUSE, _WORD))
        end = next((found.end() for found in ends if found), longest)
        cut.append(text[:end])
        text = text[end:].lstrip()
    return [piece for piece in (*cut, text) if any(map(str.isalnum, piece))]


def request_of(piece: str, voice: str, settings: YandexSettings) -> dict[str, Any]:
    """The body of a request."""
    hints: list[dict[str, Any]] = [{"voice": voice}]
    if settings.role in VOICES.get(voice, ()):
        hints.append({"role": settings.role})
    if settings.speed != 1:
        hints.append({"speed": settings.speed})
    letters = len(piece) + (LETTERS_OF_A_DIGIT - 1) * sum(map(str.isdigit, piece))
    return {
        "text": piece,
        "hints": hints,
        "outputAudioSpec": {"rawAudio": {"audioEncoding": "LINEAR16_PCM", "sampleRateHertz": str(settings.rate)}},
        # Loudness and not peak, so that the pieces of a text are equally loud.
        "loudnessNormalizationType": "LUFS",
        "unsafeMode": letters / CHARACTERS_A_SECOND / settings.speed > LONGEST_SURE_SECONDS,
    }


def refusal(status: int, said: str, retry_after: str = "") -> SynthesisFailed | _Passing:
    """What an HTTP status of the service means and what to do about it."""
    match status:
        case 400:
            return SynthesisFailed("refused", f"SpeechKit refuses the text or a setting: {said}")
        case 401:
            detail = f"SpeechKit does not accept the API key; make a new one for the service account: {said}"
            return SynthesisFailed("bad_key", detail, engine_down=True)
        case 403:
            hint = "give the key's service account the role ai.speechkit-tts.user, check the folder and the billing"
            return SynthesisFailed("forbidden", f"{hint}: {said}", engine_down=True)
        case 429:
            detail = f"the quota of requests is used up; dial slower or ask Yandex for a larger one: {said}"
            wait = float(retry_after) if re.fullmatch(r"[0-9]{1,6}", retry_after.strip()) else None
            return _Passing(SynthesisFailed("throttled", detail, engine_down=True), wait)
        case _ if status >= 500:
            detail = f"SpeechKit is out of order (status {status}); wait, or write to its support: {said}"
            return _Passing(SynthesisFailed("unavailable", detail, engine_down=True))
        case _:
            detail = f"status {status}; is the address SpeechKit's? It says: {said}"
            return SynthesisFailed("bad_answer", detail, engine_down=True)


def messages(body: bytes) -> Iterator[Any]:
    """The JSON values that follow each other in a body, with or without line ends. Raises `ValueError`."""
    text, at, decoder = body.decode(), 0, json.JSONDecoder()
    while start := _NOT_SPACE.search(text, at):
        value, at = decoder.raw_decode(text, start.start())
        yield value


def words_of(body: bytes) -> str:
    """The message in an error's JSON, wherever it keeps it; a body that is none as it stands."""
    try:
        match next(messages(body), None):
            case {"error": {"message": str(said)}} | {"message": str(said)} | {"error_message": str(said)}:
                return said
            case _:
                pass
    except (ValueError, RecursionError):
        pass
    return body[:LARGEST_MESSAGE].decode(errors="replace")


def _status(error: Mapping[str, Any]) -> int:
    match error:
        case {"httpCode": int(status)} | {"http_code": int(status)}:
            return status
        case {"grpcCode": int(code)} | {"grpc_code": int(code)} | {"code": int(code)}:
            return _HTTP_STATUS.get(code, 500)
        case _:
            return 500


def _language(code: str) -> str:
    return re.split("[-_]", code.strip().lower(), maxsplit=1)[0]


def _is_token(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _keeps_secrets(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "::1", "localhost"))
