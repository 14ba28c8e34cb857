"""Every text is spoken once: prompts are kept in files named by what makes their sound, and the same words at the same
time are made by one. Engines are tried in their order; which one spoke is part of the name, so a better engine that
comes back replaces a worse one by itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from prometheus_client import Counter, Histogram

from outdial.drivers.speech.synthesiser import Pcm, Synthesiser, SynthesisFailed, spoken_text
from outdial.drivers.speech.telephone import (
    RATE,
    remove_leftovers,
    removed_if_older,
    speech_wav,
    wav_seconds,
    written_beside,
)
from outdial.ports import RenderedPrompt

log = structlog.get_logger(__name__)

FAILURES = Counter("outdial_synthesis_failures", "Texts that an engine could not speak", ["engine", "reason"])
SECONDS = Histogram("outdial_synthesis_seconds", "Time to make a prompt that was not kept", ["engine"])

TREATMENT = f"telephone {RATE} 1"
"""What is done to samples on their way to a file; a change of it must make every prompt anew."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    text: str
    language: str
    voice: str
    personal: bool


class PromptCache:
    """Speech kept by content under `<data>/prompts`.

    Permanent prompts lie in `<first 2 hex>/<hash>.wav` and stay, personal ones in `personal/<first 2 hex>/<hash>.wav`
    until `purge`. At most `at_once` syntheses run. An engine that takes longer than `engine_seconds` has failed; one
    that is out of order is passed over for `rest_seconds` while there is another. `remembered` prompts are found
    without reading their files. Used by one event loop.
    """

    def __init__(
        self,
        data: Path,
        engines: Sequence[Synthesiser],
        *,
        at_once: int = 4,
        engine_seconds: float = 10.0,
        rest_seconds: float = 30.0,
        remembered: int = 10_000,
    ) -> None:
        self._folder = data.resolve() / "prompts"
        self._engines = tuple(engines)
        self._places = asyncio.Semaphore(at_once)
        self._engine_seconds = engine_seconds
        self._rest_seconds = rest_seconds
        self._resting: dict[str, float] = {}
        self._remembered = remembered
        self._known: OrderedDict[_Wanted, RenderedPrompt] = OrderedDict()
        self._under_way: dict[_Wanted, asyncio.Future[RenderedPrompt | SynthesisFailed | None]] = {}

    async def render(self, text: str, language: str, voice: str = "", *, personal: bool = False) -> RenderedPrompt:
        """The sound of a text: kept, or made now. Words of nothing are 0.2 seconds of silence.

        `personal` words are kept until they were not used for the time that `purge` is called with. Raises
        `SynthesisFailed` (all_failed, with every engine's reason in its detail) when no engine could speak.
        """
        wanted = _Wanted(spoken_text(text), language.strip().lower().replace("_", "-"), voice, personal)
        while True:
            if (prompt := self._recall(wanted)) is not None:
                return prompt
            if (under_way := self._under_way.get(wanted)) is None:
                return await self._lead(wanted)
            match await asyncio.shield(under_way):
                case RenderedPrompt() as prompt:
                    return prompt
                case SynthesisFailed() as failure:
                    raise SynthesisFailed(failure.reason, failure.detail)
                case None:
                    # Whoever was making it was cancelled; the next one makes it.
                    continue

    async def purge(self, older_than: datetime) -> int:
        """Delete personal prompts not used since a moment (aware), and what killed writers left; files deleted."""
        return await asyncio.to_thread(self._purge, older_than.timestamp())

    async def _lead(self, wanted: _Wanted) -> RenderedPrompt:
        future = self._under_way[wanted] = asyncio.get_running_loop().create_future()
        outcome: RenderedPrompt | SynthesisFailed | None = None
        try:
            outcome = await self._find_or_make(wanted)
            return outcome
        except SynthesisFailed as failure:
            outcome = failure
            raise
        finally:
            del self._under_way[wanted]
            future.set_result(outcome)

    async def _find_or_make(self, wanted: _Wanted) -> RenderedPrompt:
        failures: list[str] = []
        lasting = True
        for engine in self._engines:
            path = self._path(engine, wanted)
            seconds = await asyncio.to_thread(_kept_seconds, path, wanted.personal)
            if seconds is None:
                try:
                    seconds = await self._make(engine, wanted, path)
                except SynthesisFailed as failure:
                    failures.append(f"{engine.name}: {failure}")
                    lasting = lasting and not failure.engine_down
                    continue
            prompt = RenderedPrompt(path, seconds)
            # A stand-in for an engine that is away must not outlive its absence.
            if lasting:
                self._remember(wanted, prompt)
            return prompt
        raise SynthesisFailed("all_failed", "; ".join(failures) or "no engine is configured")

    async def _make(self, engine: Synthesiser, wanted: _Wanted, path: Path) -> float:
        loop = asyncio.get_running_loop()
        if engine is not self._engines[-1] and loop.time() < self._resting.get(engine.name, 0.0):
            raise SynthesisFailed("resting", engine_down=True)
        try:
            with SECONDS.labels(engine.name).time():
                return await self._spoken(engine, wanted, path)
        except SynthesisFailed as failure:
            if failure.engine_down:
                self._resting[engine.name] = loop.time() + self._rest_seconds
            FAILURES.labels(engine.name, failure.reason).inc()
            log.warning(
                "synthesis_failed",
                engine=engine.name,
                reason=failure.reason,
                detail=failure.detail,
                language=wanted.language,
                characters=len(wanted.text),
            )
            raise

    async def _spoken(self, engine: Synthesiser, wanted: _Wanted, path: Path) -> float:
        async with self._places:
            pcm = Pcm(b"", RATE)
            if wanted.text:
                try:
                    async with asyncio.timeout(self._engine_seconds):
                        pcm = await engine.synthesise(wanted.text, wanted.language, wanted.voice)
                except TimeoutError:
                    raise SynthesisFailed("timed_out", engine_down=True) from None
            if not pcm.samples and any(map(str.isalnum, wanted.text)):
                raise SynthesisFailed("no_sound")
            return await asyncio.to_thread(_store, path, pcm)

    def _path(self, engine: Synthesiser, wanted: _Wanted) -> Path:
        makings = (engine.name, engine.version, TREATMENT, wanted.voice, wanted.language, wanted.text)
        name = hashlib.sha256(json.dumps(makings).encode()).hexdigest()
        folder = self._folder / "personal" if wanted.personal else self._folder
        return folder / name[:2] / f"{name}.wav"

    def _recall(self, wanted: _Wanted) -> RenderedPrompt | None:
        prompt = self._known.get(wanted)
        if prompt is None:
            return None
        if not _still_there(prompt.path, wanted.personal):
            del self._known[wanted]
            return None
        self._known.move_to_end(wanted)
        return prompt

    def _remember(self, wanted: _Wanted, prompt: RenderedPrompt) -> None:
        self._known[wanted] = prompt
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)

    def _purge(self, before: float) -> int:
        personal = self._folder / "personal"
        removed = sum(removed_if_older(path, before) for path in personal.rglob("*.wav"))
        return removed + remove_leftovers(self._folder, before)


def _still_there(path: Path, personal: bool) -> bool:
    try:
        if personal:
            # The time of the last use: a prompt that is about to be played must not be purged under the call.
            os.utime(path)
        else:
            os.stat(path)
    except OSError:
        return False
    return True


def _kept_seconds(path: Path, personal: bool) -> float | None:
    seconds = wav_seconds(path)
    return seconds if seconds is not None and _still_there(path, personal) else None


def _store(path: Path, pcm: Pcm) -> float:
    wav = speech_wav(pcm)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_beside(path) as part:
            part.write_bytes(wav)
    except OSError as why:
        raise SynthesisFailed("not_stored", str(why)) from why
    seconds = wav_seconds(path)
    if seconds is None:
        raise SynthesisFailed("not_stored", f"{path} is damaged as soon as written; is the disk full?")
    return seconds
