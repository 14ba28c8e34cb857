"""An engine that is given the sound while it is spoken: each utterance goes, piece by piece, to a child process that holds
the user's models, and what it was is asked when its speaker has fallen silent. One child hears several speakers.

It knows no library: `hearing` is the child's side, and the modules that it runs know one library each.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from asyncio import Future
from collections.abc import Mapping
from typing import Any

from outdial.drivers.recognition import pipe
from outdial.drivers.recognition.children import MOST_WAITING, Crew, Told
from outdial.drivers.recognition.engine import EngineFailed, understood_of
from outdial.ports import Question, Understood

PIECE_BYTES = pipe.RATE * 2 // 5
"""200 ms go to the child at once; more when it is behind."""
LOADING_SECONDS = 120.0
"""What a large model may take to load from a slow disk."""


class ChildStreams:
    """An `Engine` of `workers` child processes, each with all the models: the module `worker`, with JSON `settings`."""

    dictates = True

    def __init__(self, name: str, worker: str, settings: Mapping[str, Any], workers: int = 1) -> None:
        self._name = name
        command = [worker, json.dumps(settings)]
        self._children = [_Child(Crew(name, command, 1, LOADING_SECONDS)) for _ in range(workers)]
        self._numbers = itertools.count(1)

    @property
    def name(self) -> str:
        """As the settings call it."""
        return self._name

    def start(self) -> None:
        """Have the models loaded, before anybody is called."""
        for each in self._children:
            each.crew.start()

    def prepare(self, question: Question) -> None:
        """Nothing is to be prepared for a question once the models are loaded."""
        self.start()

    def begin(self, question: Question) -> _StreamedUtterance:
        """An utterance begins, at the child that hears the fewest."""
        return _StreamedUtterance(min(self._children, key=lambda each: each.speakers), next(self._numbers), question)

    async def close(self) -> None:
        """End the child processes."""
        for each in self._children:
            await each.crew.close()


class _Child:
    """A child and how many speakers it hears."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.speakers = 0


class _StreamedUtterance:
    """Sound on its way: one piece at a time, so that a child that is behind gets longer ones and never a long queue."""

    def __init__(self, child: _Child, number: int, question: Question) -> None:
        self._child = child
        self._number = number
        self._question: Question | None = question
        self._sound = bytearray()
        self._room = pipe.MOST_BYTES
        self._under_way: Future[Told] | None = None
        self._failure: EngineFailed | None = EngineFailed("busy") if child.speakers >= MOST_WAITING else None
        self._over = self._failure is not None
        if not self._over:
            child.speakers += 1

    def feed(self, sound: bytes) -> None:
        """Send it on."""
        if self._over or len(sound) > self._room:
            return
        self._room -= len(sound)
        self._sound += sound
        if len(self._sound) >= PIECE_BYTES:
            self._send()

    def may_be_over(self) -> None:
        """Have the child hear the last of it during the pause."""
        if not self._over:
            self._send()

    def resumed(self) -> None:
        """They go on; nothing was thought that is to be forgotten."""

    def finish(self) -> Future[Understood]:
        """Ask for the text."""
        answer: Future[Understood] = asyncio.get_running_loop().create_future()
        if not self._over:
            self._leave()
        if self._failure is not None:
            answer.set_exception(self._failure)
            answer.exception()  # it may be that nobody asks for it
            return answer
        return understood_of(self._ask(over=True), answer)

    def drop(self) -> None:
        """Have the child forget it."""
        if self._over:
            return
        self._leave()
        self._sound.clear()
        if self._question is None:  # else the child has never heard of it
            self._ask(dropped=True)

    def _leave(self) -> None:
        self._over = True
        self._child.speakers -= 1

    def _send(self) -> None:
        if self._under_way is None and self._failure is None and self._sound:
            self._under_way = self._ask()
            self._under_way.add_done_callback(self._sent)

    def _sent(self, done: Future[Told]) -> None:
        self._under_way = None
        if done.cancelled():
            return
        failure = done.exception()
        if isinstance(failure, EngineFailed):
            self._failure = failure
        elif failed := done.result().get("failed"):
            self._failure = EngineFailed(failed)
        elif not self._over and len(self._sound) >= PIECE_BYTES:
            self._send()

    def _ask(self, **what: bool) -> Future[Told]:
        head: dict[str, Any] = {"utterance": self._number, **what}
        if (question := self._question) is not None:
            head |= {"language": question.language, "expected": question.sought}
            self._question = None
        sound = bytes(self._sound)
        self._sound.clear()
        return self._child.crew.ask(json.dumps(head).encode(), sound).answer
