"""The built-in voice: libespeak-ng, over a hundred languages, no model and no network. The library keeps global state
and a few odd texts corrupt its memory, so it lives in a child process of its own, started when first needed and again
after a fall: a callee's strange name may cost one prompt, never the calls under way.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import IO

import espeakng_loader
import structlog

from outdial.drivers.speech import espeak_worker as worker
from outdial.drivers.speech.synthesiser import Pcm, SynthesisFailed, spoken_text

log = structlog.get_logger(__name__)

LONGEST_TEXT = 20_000
"""Characters that are accepted; some minutes of speech are 5,000."""
CRASHED, HUNG = "engine_crashed", "engine_hung"
WORKER_SECONDS = 20.0
"""A text that takes longer than this has hung the library; it speaks 5,000 characters in about two."""
DEFAULT_PRIORITY = 5
"""What a voice file means that names a language without a priority; a smaller number goes first."""


@dataclass(frozen=True, slots=True)
class EspeakSettings:
    """How the built-in voice speaks: words a minute (80-450), pitch (0-99), and the language for unknown codes."""

    words_per_minute: int = 150
    pitch: int = 50
    fallback_language: str = "ru"

    def __post_init__(self) -> None:
        if not 80 <= self.words_per_minute <= 450:
            raise ValueError(f"words_per_minute must be from 80 to 450, not {self.words_per_minute}")
        if not 0 <= self.pitch <= 99:
            raise ValueError(f"pitch must be from 0 to 99, not {self.pitch}")


class Espeak:
    """The built-in engine; a `Synthesiser`. Texts are spoken one after the other.

    `data_path` is the folder of voice data, by default the one that came with the library. Raises `ValueError` when
    the folder has no voice for the fallback language.
    """

    name = "espeak-ng"

    def __init__(self, settings: EspeakSettings | None = None, data_path: Path | None = None) -> None:
        self._settings = settings or EspeakSettings()
        self._data = data_path or Path(espeakng_loader.get_data_path())
        self._languages = languages(self._data)
        self._variants = {path.name.lower(): path.name for path in (self._data / "voices/!v").glob("*")}
        fallback = voice_of(self._settings.fallback_language, self._languages)
        if fallback is None:
            raise ValueError(f"no espeak-ng voice speaks {self._settings.fallback_language!r}")
        self._fallback = fallback
        self._worker = _Worker(Path(espeakng_loader.get_library_path()), self._data)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="espeak")

    @property
    def version(self) -> str:
        """The library's package and the settings."""
        settings = self._settings
        sound = f"{settings.words_per_minute} {settings.pitch} {settings.fallback_language}"
        return f"{metadata.version('espeakng-loader')} {sound}"

    async def synthesise(self, text: str, language: str, voice: str = "") -> Pcm:
        """Speak a text as it stands; markup is read out or passed over, never obeyed.

        `language` is a code such as ru-RU; one that no voice speaks gives the fallback language. `voice` is one of
        the library's variants ("f2", "m3", …); any other name gives the language's own voice. Raises
        `SynthesisFailed` (text_too_long, too_long, engine_crashed, engine_hung, no_voice_data, no_library).
        """
        if len(text) > LONGEST_TEXT:
            raise SynthesisFailed("text_too_long", f"{len(text)} characters, at most {LONGEST_TEXT} are spoken")
        request = {
            "voice": self._voice(language, voice),
            "rate": self._settings.words_per_minute,
            "pitch": self._settings.pitch,
            "text": spoken_text(text),
        }
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._worker.speak, json.dumps(request).encode())

    def close(self) -> None:
        """End the child process. What is being spoken is finished first, what waits is dropped."""
        self._thread.shutdown(cancel_futures=True)
        self._worker.close()

    def _voice(self, language: str, voice: str) -> str:
        chosen = voice_of(language, self._languages)
        if chosen is None:
            fallback = self._settings.fallback_language
            log.warning("speech_language_unknown", engine=self.name, language=language[:40], fallback=fallback)
            chosen = self._fallback
        variant = self._variants.get(voice.lower())
        return f"{chosen}+{variant}" if variant else chosen


def languages(data_path: Path) -> Mapping[str, str]:
    """The voices of a data folder by lower-case language code, such as {"en-us": "gmw/en-US", …}. Blocking."""
    best: dict[str, tuple[int, str]] = {}
    for path in sorted((data_path / "lang").glob("*/*")):
        voice = f"{path.parent.name}/{path.name}"
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            match line.split():
                case ["language", code, *priority]:
                    rank = int(priority[0]) if priority and priority[0].isdecimal() else DEFAULT_PRIORITY
                    best[code.lower()] = min(best.get(code.lower(), (rank, voice)), (rank, voice))
                case _:
                    pass
    return {code: voice for code, (_, voice) in best.items()}


def voice_of(language: str, known: Mapping[str, str]) -> str | None:
    """The voice for a language code; regions that have none of their own (en-EN) get the bare language's."""
    parts = language.strip().lower().replace("_", "-").split("-")
    shorter = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((known[code] for code in shorter if code in known), None)


class _Fallen(Exception):
    """The child process is gone; the message is a stable word."""


class _Worker:
    """The child process: started when needed, started anew after a fall. Used by one thread; `close` comes last."""

    def __init__(self, library: Path, data: Path) -> None:
        script = Path(worker.__file__)
        # Isolated and without site-packages: it starts in a few hundredths of a second and needs only itself.
        self._command = [sys.executable, "-I", "-S", "-B", str(script), str(library), str(data)]
        self._process: subprocess.Popen[bytes] | None = None

    def speak(self, request: bytes) -> Pcm:
        """Hand a request over and wait for its sound. Raises `SynthesisFailed`."""
        try:
            return self._ask(request)
        except _Fallen as first:
            log.warning("speech_worker_fell", reason=str(first))
            if str(first) == HUNG:
                raise SynthesisFailed(HUNG, f"not spoken within {WORKER_SECONDS:g} seconds") from None
        # What came before may have damaged the process; a fresh one gives the honest answer.
        try:
            return self._ask(request)
        except _Fallen as again:
            raise SynthesisFailed(str(again), "the text makes espeak-ng fall; change its unusual characters") from None

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        # Leaving the block closes the pipes and waits; what a fallen process has not read yet is not written any more.
        with suppress(BrokenPipeError), process:
            pass

    def _ask(self, request: bytes) -> Pcm:
        process = self._process or self._start()
        with self._watched(process):
            assert process.stdin is not None
            process.stdin.write(worker.REQUEST.pack(len(request)) + request)
            process.stdin.flush()
            return _reply(process)

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as why:
            raise SynthesisFailed("not_started", str(why), engine_down=True) from why
        self._process = process
        try:
            with self._watched(process):
                _reply(process)
        except _Fallen:
            raise SynthesisFailed("not_started", "the espeak-ng process ended at once", engine_down=True) from None
        except SynthesisFailed as why:
            self.close()
            detail = "reinstall espeakng-loader or name another data folder"
            raise SynthesisFailed(why.reason, detail, engine_down=True) from None
        return process

    @contextmanager
    def _watched(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """An exchange with the process; a fall ends the process for good and raises `_Fallen`, so does a hang."""
        hung = threading.Event()

        def end() -> None:
            hung.set()
            process.kill()

        watchdog = threading.Timer(WORKER_SECONDS, end)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        except (OSError, _Fallen):
            self.close()
            raise _Fallen(HUNG if hung.is_set() else CRASHED) from None
        finally:
            watchdog.cancel()


def _reply(process: subprocess.Popen[bytes]) -> Pcm:
    assert process.stdout is not None
    status, rate, length = worker.REPLY.unpack(_exactly(process.stdout, worker.REPLY.size))
    body = _exactly(process.stdout, length)
    if status != worker.SPOKEN:
        raise SynthesisFailed(body.decode())
    return Pcm(body, rate)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise _Fallen(CRASHED)
    return body
