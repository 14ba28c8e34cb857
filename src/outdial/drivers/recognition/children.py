"""Child processes in which C libraries understand speech: a library that falls, or takes the processor for itself, has no
place among calls. Jobs of a crew are taken in their order by whichever child is free; a child that falls is started anew.

What is asked and what is answered is the engine's matter; `pipe` has the form of both.
"""

from __future__ import annotations

import asyncio
import json
import queue
import subprocess
import sys
import threading
import time
from asyncio import AbstractEventLoop, Future
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

import structlog

from outdial.drivers.recognition import pipe
from outdial.drivers.recognition.engine import EngineFailed

log = structlog.get_logger(__name__)

MOST_WAITING = 32
"""Utterances that wait for a child; one more is not understood."""
WORKER_SECONDS = 10.0
"""A child that takes longer for a job hangs."""
START_SECONDS = 10.0
"""A child that takes longer to start hangs, unless it has a model to load."""
RESTART_SECONDS = 5.0
"""A child that could not start is not started again sooner."""

Told = Mapping[str, Any]


@dataclass(slots=True, eq=False)
class Job:
    """What a child is asked, and where to tell. `wanted` turns false when nobody needs the answer any more."""

    head: bytes
    sound: bytes
    loop: AbstractEventLoop
    answer: Future[Told]
    wanted: bool = True

    def settle(self, told: Told | EngineFailed) -> None:
        """Tell, from the thread of a child."""
        with suppress(RuntimeError):  # the loop is closed: nobody listens
            self.loop.call_soon_threadsafe(_settle, self.answer, told)


def _settle(answer: Future[Told], told: Told | EngineFailed) -> None:
    if answer.done():
        return
    if isinstance(told, EngineFailed):
        answer.set_exception(told)
    else:
        answer.set_result(told)


class Crew:
    """`size` children that run the same command and share their jobs."""

    def __init__(self, name: str, command: Sequence[str], size: int = 1, start_seconds: float = START_SECONDS) -> None:
        """`command` is a module and its arguments."""
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._children = [_Child(name, command, self._jobs, start_seconds) for _ in range(size)]
        self._closed = False

    @property
    def waiting(self) -> int:
        """Jobs that no child has begun."""
        return self._jobs.qsize()

    def start(self) -> None:
        """Have every child started; it may take a while, and a second time does nothing."""
        if not self._closed:
            for each in self._children:
                each.start()

    def ask(self, head: bytes, sound: bytes) -> Job:
        """Have a job done; its answer is what the child told, or `EngineFailed`. Called on the event loop."""
        loop = asyncio.get_running_loop()
        job = Job(head, sound, loop, loop.create_future())
        job.answer.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # it may be that nobody asks for it
        if self._closed:
            job.answer.set_exception(EngineFailed("busy"))
            return job
        self.start()
        self._jobs.put(job)
        return job

    async def close(self) -> None:
        """End the children."""
        self._closed = True
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        for _ in self._children:
            self._jobs.put(None)
        for each in self._children:
            each.end()


class _Fallen(Exception):
    """The child process is gone, or was ended because it hung, or could not begin."""


class _Child:
    """A thread with a child process, both started when first needed."""

    def __init__(self, name: str, command: Sequence[str], jobs: queue.Queue[Job | None], start_seconds: float) -> None:
        self._name = name
        self._command = [sys.executable, "-I", "-m", *command]
        self._jobs = jobs
        self._start_seconds = start_seconds
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0
        self._ending = False

    def start(self) -> None:
        """Be there; a second time does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Wait for the thread, which has been told to end."""
        self._ending = True
        process = self._process
        if process is not None:
            process.kill()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with suppress(_Fallen, OSError):
            self._started()  # before there is anything to do: a model may take seconds
        while (job := self._jobs.get()) is not None:
            if job.wanted:
                job.settle(self._told(job))
        self._stop()

    def _told(self, job: Job) -> Told | EngineFailed:
        try:
            process = self._started()
            assert process.stdin is not None
            with _Watchdog(process, WORKER_SECONDS):
                process.stdin.write(pipe.REQUEST.pack(len(job.head), len(job.sound)) + job.head + job.sound)
                process.stdin.flush()
                return _reply(process)
        except (_Fallen, OSError) as why:
            self._fell(why)
            return EngineFailed("fallen")

    def _started(self) -> subprocess.Popen[bytes]:
        """The process, started when there is none. Raises `_Fallen` when it cannot start, or could not a moment ago."""
        if self._process is not None:
            return self._process
        if self._ending or time.monotonic() < self._not_before:
            raise _Fallen("")
        process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._process = process
        try:
            with _Watchdog(process, self._start_seconds):
                why = _reply(process).get("failed")
            if why:
                raise _Fallen(why)
        except (_Fallen, OSError) as fallen:
            self._fell(fallen)
            self._not_before = time.monotonic() + RESTART_SECONDS
            raise _Fallen("") from None
        return process

    def _fell(self, why: BaseException) -> None:
        if str(why) and not self._ending:
            log.warning("recognition_worker_fell", engine=self._name, reason=str(why))
        self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        # Leaving the block closes the pipes and waits; what a fallen process has not read is not written any more.
        with suppress(BrokenPipeError), process:
            pass


class _Watchdog:
    """Ends a process that takes too long."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self._timer = threading.Timer(seconds, process.kill)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


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
