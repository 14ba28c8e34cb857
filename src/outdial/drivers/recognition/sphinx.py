"""The built-in recogniser: pocketsphinx with a grammar of what is expected, nothing to download. An utterance is understood
whole, in a child process, from the moment its speaker pauses; if they go on it is understood again.
"""

from __future__ import annotations

import asyncio
import json
from asyncio import Future
from collections import OrderedDict

from outdial.drivers.recognition import pipe
from outdial.drivers.recognition.children import MOST_WAITING, Crew, Job
from outdial.drivers.recognition.engine import NOT_UNDERSTOOD, EngineFailed, understood_of
from outdial.ports import Question, Understood

WORKER = "outdial.drivers.recognition.sphinx_worker"
"""The module that the child process runs."""
_PREPARED_KEPT = 64


class Sphinx:
    """The built-in `Engine`; `workers` child processes share the work. A question that expects nothing is not understood."""

    name = "pocketsphinx"
    dictates = False

    def __init__(self, workers: int = 1) -> None:
        self._crew = Crew(self.name, [WORKER], workers)
        self._workers = workers
        self._prepared: OrderedDict[bytes, None] = OrderedDict()

    def start(self) -> None:
        """Nothing: its children are there before the first prompt is over."""

    def prepare(self, question: Question) -> None:
        """Have every child started, and the grammar learnt, before there is an answer to understand."""
        head = _head(question)
        if not question.expected or head in self._prepared:
            return
        self._prepared[head] = None
        if len(self._prepared) > _PREPARED_KEPT:
            self._prepared.popitem(last=False)
        for _ in range(self._workers):
            if self._crew.waiting < MOST_WAITING:
                self._crew.ask(head, b"")

    def begin(self, question: Question) -> _SphinxUtterance:
        """An utterance begins."""
        return _SphinxUtterance(self._crew, question)

    async def close(self) -> None:
        """End the child processes."""
        await self._crew.close()


class _SphinxUtterance:
    """Sound kept until its speaker pauses."""

    def __init__(self, crew: Crew, question: Question) -> None:
        self._crew = crew
        self._head = _head(question)
        self._expects = bool(question.expected)
        self._sound = bytearray()
        self._guess: Job | None = None
        self._over = False

    def feed(self, sound: bytes) -> None:
        """Keep it."""
        if len(self._sound) + len(sound) <= pipe.MOST_BYTES:
            self._sound += sound

    def may_be_over(self) -> None:
        """Begin with what is there. Silence that follows changes nothing."""
        if self._expects and not self._over:
            self._forget()
            self._guess = self._guessed()

    def resumed(self) -> None:
        """They go on: the guess was made too early."""
        self._forget()

    def finish(self) -> Future[Understood]:
        """The guess, when the speaker has been silent since; otherwise all of it is understood now."""
        self._over = True
        answer: Future[Understood] = asyncio.get_running_loop().create_future()
        if not self._expects:
            answer.set_result(NOT_UNDERSTOOD)
            return answer
        if self._guess is None:
            self._guess = self._guessed()
        if self._guess is None:
            answer.set_exception(EngineFailed("busy"))
            return answer
        return understood_of(self._guess.answer, answer)

    def drop(self) -> None:
        """Forget all of it."""
        self._over = True
        self._forget()
        self._sound.clear()

    def _guessed(self) -> Job | None:
        return self._crew.ask(self._head, bytes(self._sound)) if self._crew.waiting < MOST_WAITING else None

    def _forget(self) -> None:
        if self._guess is not None:
            self._guess.wanted = False
            self._guess = None


def _head(question: Question) -> bytes:
    return json.dumps({"language": question.language, "expected": question.expected}).encode()
