"""Finds the answer in the sound of a line, the same way for every engine: an utterance begins with a voice and a moment
before it, and ends with a pause. What it means is the engine's matter, and is waited for only so long.
"""

from __future__ import annotations

import asyncio
from asyncio import Future, TimerHandle
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import structlog

from outdial.drivers.recognition.activity import FRAME_BYTES, FRAME_SECONDS, Activity, Change
from outdial.drivers.recognition.engine import (
    LATE_SECONDS,
    NOT_UNDERSTOOD,
    Engine,
    EngineFailed,
    Utterance,
    understanding_seconds,
    utterances,
)
from outdial.ports import Question, Understood

log = structlog.get_logger(__name__)

_TRIAL = ("да", "yes")
_BEFORE_SECONDS = 0.3
"""Of what was heard before a voice was noticed, so much belongs to the utterance: its first sound is often soft."""
_MAY_BE_OVER = 0.4
"""After this part of the pause the engine may begin to think."""


class TurnTaker:
    """A `Recogniser` of any `Engine`."""

    def __init__(self, engine: Engine, late_seconds: float = LATE_SECONDS) -> None:
        self._engine = engine
        self._late_seconds = late_seconds

    @property
    def dictates(self) -> bool:
        """Whether it writes down whatever is said, besides what is expected."""
        return self._engine.dictates

    def start(self) -> None:
        """Have the engine ready before anybody is called."""
        self._engine.start()

    def open(self, question: Question, began: Callable[[], None], heard: Callable[[Understood], None]) -> TurnHearing:
        """Begin to hear."""
        self._engine.prepare(question)
        return TurnHearing(self._engine, question, began, heard, self._late_seconds)

    async def tried(self, language: str) -> str:
        """Have the engine hear a second of silence, however long it takes to start: empty, or why it did not."""
        utterance = self._engine.begin(Question(language=language, expected=_TRIAL))
        utterance.feed(bytes(FRAME_BYTES) * round(1 / FRAME_SECONDS))
        try:
            await utterance.finish()
        except EngineFailed as why:
            return str(why)
        return ""

    async def close(self) -> None:
        """End what the engine runs."""
        await self._engine.close()


class TurnHearing:
    """The `Hearing` of one question."""

    def __init__(
        self,
        engine: Engine,
        question: Question,
        began: Callable[[], None],
        heard: Callable[[Understood], None],
        late_seconds: float,
    ) -> None:
        self._engine = engine
        self._question = question
        self._began = began
        self._heard = heard
        self._late_seconds = late_seconds
        self._loop = asyncio.get_running_loop()
        self._activity = Activity()
        self._rest = b""
        self._before: deque[bytes] = deque(maxlen=round(_BEFORE_SECONDS / FRAME_SECONDS))
        self._utterance: Utterance | None = None
        self._spoken_seconds = 0.0
        self._hinted = False
        self._silent_since = 0.0
        self._finished_at = 0.0
        self._closed = False
        self._late: TimerHandle | None = None

    def feed(self, sound: bytes) -> None:
        """Take the next piece of the line."""
        sound = self._rest + sound
        whole = len(sound) // FRAME_BYTES * FRAME_BYTES
        for at in range(0, whole, FRAME_BYTES):
            if self._closed or self._finished_at:
                return
            self._take(sound[at : at + FRAME_BYTES])
        self._rest = sound[whole:]

    def close(self) -> None:
        """Tell nothing any more."""
        self._closed = True
        if self._late is not None:
            self._late.cancel()
        if self._utterance is not None:
            self._utterance.drop()

    def _take(self, frame: bytes) -> None:
        change = self._activity.hear(frame)
        if change is Change.BEGAN:
            self._utterance = self._engine.begin(self._question)
            for each in self._before:
                self._utterance.feed(each)
            self._began()
        if self._utterance is None:
            self._before.append(frame)
            return
        if self._closed:
            return  # whoever was told that somebody speaks did not want to know more
        self._utterance.feed(frame)
        self._spoken_seconds += FRAME_SECONDS
        silent = self._activity.silent_seconds
        if change is not Change.NONE:
            if self._hinted:
                self._utterance.resumed()
            self._hinted = False
        elif not self._hinted and silent >= _MAY_BE_OVER * self._question.pause_seconds:
            self._hinted = True
            self._utterance.may_be_over()
        if silent >= self._question.pause_seconds or self._spoken_seconds >= self._question.longest_seconds:
            self._finish(self._utterance, silent)

    def _finish(self, utterance: Utterance, silent_seconds: float) -> None:
        self._finished_at = self._loop.time()
        self._silent_since = self._finished_at - silent_seconds
        self._late = self._loop.call_later(self._late_seconds, self._too_late)
        utterance.finish().add_done_callback(self._understood)

    def _understood(self, done: Future[Understood]) -> None:
        failure = None if done.cancelled() else done.exception()
        if done.cancelled() or isinstance(failure, EngineFailed):
            self._tell(NOT_UNDERSTOOD, str(failure or "dropped"))
        elif failure is not None:
            log.error("recognition_failed", engine=self._engine.name, exc_info=failure)
            self._tell(NOT_UNDERSTOOD, "error")
        else:
            understood = done.result()
            self._tell(understood, "understood" if understood.text else "not_understood")

    def _too_late(self) -> None:
        if self._utterance is not None:
            self._utterance.drop()
        self._tell(NOT_UNDERSTOOD, "late")

    def _tell(self, understood: Understood, outcome: str) -> None:
        if self._closed:
            return
        self.close()
        now = self._loop.time()
        utterances.labels(self._engine.name, outcome).inc()
        understanding_seconds.labels(self._engine.name).observe(now - self._finished_at)
        self._heard(replace(understood, silence_seconds=max(0.0, now - self._silent_since)))
