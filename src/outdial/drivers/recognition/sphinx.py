"""The built-in recogniser: pocketsphinx with a grammar of what is expected, nothing to download. An utterance is understood
whole, in a child process, from the moment its speaker pauses; if they go on it is understood again. A child that falls is
started anew.
"""

from __future__ import annotations

import asyncio
import json
import queue
import subprocess
import sys
import threading
from asyncio import AbstractEventLoop, Future
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

import structlog

from outdial.drivers.recognition import sphinx_pipe as pipe
from outdial.drivers.recognition.engine import NOT_UNDERSTOOD, EngineFailed
from outdial.ports import Question, Understood

log = structlog.get_logger(__name__)

MOST_WAITING = 32
"""Utterances that wait for a child; one more is not understood."""
WORKER_SECONDS = 10.0
"""A child that takes longer for an utterance, or to start, hangs."""
_PREPARED_KEPT = 64
_MOST_BYTES = pipe.LONGEST_SECONDS * pipe.RATE * 2


@dataclass(slots=True, eq=False)
class _Job:
    """Sound to be understood, and where to tell. `wanted` turns false when the speaker went on, or hung up."""

    head: bytes
    sound: bytes
    loop: AbstractEventLoop
    answer: Future[Understood]
    wanted: bool = True

    def settle(self, understood: Understood | EngineFailed) -> None:
        """Tell, from the thread of a child."""
        with suppress(RuntimeError):  # the loop is closed: nobody listens
            self.loop.call_soon_threadsafe(_settle, self.answer, understood)


def _settle(answer: Future[Understood], understood: Understood | EngineFailed) -> None:
    if answer.done():
        return
    if isinstance(understood, EngineFailed):
        answer.set_exception(understood)
    else:
        answer.set_result(understood)


class Sphinx:
    """The built-in `Engine`; `workers` child processes share the work. A question that expects nothing is not understood."""

    name = "pocketsphinx"

    def __init__(self, workers: int = 1) -> None:
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._workers = [_Worker(self._jobs) for _ in range(workers)]
        self._prepared: OrderedDict[bytes, None] = OrderedDict()
        self._closed = False

    def prepare(self, question: Question) -> None:
        """Have every child started, and the grammar learnt, before there is an answer to understand."""
        head = _head(question)
        if not question.expected or head in self._prepared:
            return
        self._prepared[head] = None
        if len(self._prepared) > _PREPARED_KEPT:
            self._prepared.popitem(last=False)
        for _ in self._workers:
            self.ask(head, b"")

    def begin(self, question: Question) -> _SphinxUtterance:
        """An utterance begins."""
        return _SphinxUtterance(self, question)

    def ask(self, head: bytes, sound: bytes) -> _Job:
        """Have sound understood."""
        loop = asyncio.get_running_loop()
        job = _Job(head, sound, loop, loop.create_future())
        if self._closed or self._jobs.qsize() >= MOST_WAITING:
            job.answer.set_exception(EngineFailed("busy"))
            job.answer.exception()  # it may be that nobody asks for it
            return job
        job.answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        for each in self._workers:
            each.start()
        self._jobs.put(job)
        return job

    async def close(self) -> None:
        """End the child processes."""
        self._closed = True
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        for _ in self._workers:
            self._jobs.put(None)
        for each in self._workers:
            each.end()


class _SphinxUtterance:
    """Sound kept until its speaker pauses."""

    def __init__(self, engine: Sphinx, question: Question) -> None:
        self._engine = engine
        self._head = _head(question)
        self._expects = bool(question.expected)
        self._sound = bytearray()
        self._guess: _Job | None = None
        self._guessed_at = 0
        self._over = False

    def feed(self, sound: bytes) -> None:
        """Keep it."""
        if len(self._sound) + len(sound) <= _MOST_BYTES:
            self._sound += sound

    def may_be_over(self) -> None:
        """Begin with what is there. Silence that follows changes nothing."""
        if self._expects and not self._over:
            self._forget()
            self._guess = self._engine.ask(self._head, bytes(self._sound))

    def resumed(self) -> None:
        """They go on: the guess was made too early."""
        self._forget()

    def finish(self) -> Future[Understood]:
        """The guess, when the speaker has been silent since; otherwise all of it is understood now."""
        self._over = True
        if not self._expects:
            answer: Future[Understood] = asyncio.get_running_loop().create_future()
            answer.set_result(NOT_UNDERSTOOD)
            return answer
        if self._guess is None:
            self._guess = self._engine.ask(self._head, bytes(self._sound))
        return self._guess.answer

    def drop(self) -> None:
        """Forget all of it."""
        self._over = True
        self._forget()
        self._sound.clear()

    def _forget(self) -> None:
        if self._guess is not None:
            self._guess.wanted = False
            self._guess = None


def _head(question: Question) -> bytes:
    return json.dumps({"language": question.language, "expected": question.expected}).encode()


class _Fallen(Exception):
    """The child process is gone, or was ended because it hung."""


class _Worker:
    """A thread with a child process, both started when first needed."""

    def __init__(self, jobs: queue.Queue[_Job | None]) -> None:
        self._jobs = jobs
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Be there; a second time does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pocketsphinx", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Wait for the thread, which has been told to end."""
        process = self._process
        if process is not None:
            process.kill()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.wanted:
                job.settle(self._understand(job))
        self._stop()

    def _understand(self, job: _Job) -> Understood | EngineFailed:
        try:
            told = self._ask(job.head, job.sound)
        except (_Fallen, OSError) as why:
            log.warning("recognition_worker_fell", reason=str(why) or type(why).__name__)
            self._stop()
            return EngineFailed("fallen")
        return Understood(told["text"], told["confidence"], tuple(told["alternatives"]))

    def _ask(self, head: bytes, sound: bytes) -> dict[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None
        watchdog = threading.Timer(WORKER_SECONDS, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            process.stdin.write(pipe.REQUEST.pack(len(head), len(sound)) + head + sound)
            process.stdin.flush()
            return _reply(process)
        finally:
            watchdog.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-m", pipe.WORKER]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._process = process
        watchdog = threading.Timer(WORKER_SECONDS, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            _reply(process)
        finally:
            watchdog.cancel()
        return process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        # Leaving the block closes the pipes and waits; what a fallen process has not read is not written any more.
        with suppress(BrokenPipeError), process:
            pass


def _reply(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    (length,) = pipe.REPLY.unpack(_exactly(process.stdout, pipe.REPLY.size))
    told: dict[str, Any] = json.loads(_exactly(process.stdout, length))
    return told


def _exactly(stream: IO[bytes], length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise _Fallen("it ended")
    return body
