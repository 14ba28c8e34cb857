"""Brings recordings from Asterisk to the files they are wanted in, and takes them away there.

A recording is stored at Asterisk under a name of ours; when it is over its file is fetched over HTTP, beside all else.
What a former process left there is found by its name. It knows nothing of legs, nor what a recording is for.
"""

from __future__ import annotations

import asyncio
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from outdial.core.ids import Channel
from outdial.drivers.asterisk import translate
from outdial.drivers.asterisk.client import AriAnswer, AriClient, AriDown, AriError, AriRequest, Then

log = structlog.get_logger(__name__)

_NOT_FOUND = 404
_AT_ONCE = 4
"""So many files are fetched at the same time."""
_PAUSES_SECONDS = (0.1, 0.4, 1.0, 3.0, 10.0)
"""Before the next try to fetch a file; after the last one it is left at Asterisk."""
_LAST_MOMENT_SECONDS = 3.0
_SUFFIX = ".wav"
_HEADER_BYTES = 44


@dataclass(slots=True, eq=False)
class Take:
    """A recording that is being made or brought. `turn` is None for a talk."""

    name: str
    path: Path
    channel: Channel
    turn: int | None
    coming: bool = False
    """It is over, and its file is being fetched."""
    asked_for: bool = True
    """By this process; otherwise it is of no more use to a call than its file."""


class _StillRecording(Exception):
    """Asterisk has not closed the file yet."""


class Recordings:
    """The recordings of one application.

    `kept` is told each one asked for that is over, with the seconds in its file, or None when nothing was kept.
    `folder` is where those of a former process belong; without it they stay at Asterisk. `post` sends a request whose
    answer is None without a connection.
    """

    def __init__(
        self,
        client: AriClient,
        app: str,
        folder: Path | None,
        *,
        post: Callable[[AriRequest, Then | None], None],
        kept: Callable[[Take, float | None], None],
    ) -> None:
        self._client = client
        self._app = app
        self._folder = folder
        self._post = post
        self._kept = kept
        self._takes: dict[str, Take] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._coming: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Know of no recordings, and do the work in these tasks."""
        self._tasks = tasks
        self._takes.clear()

    def add(self, take: Take) -> None:
        """A recording was asked for."""
        self._takes[take.name] = take

    def get(self, name: str) -> Take | None:
        """A recording that is not yet in its file."""
        return self._takes.get(name)

    def finished(self, name: str) -> None:
        """Asterisk says that a recording is over."""
        take = self._takes.get(name) or self._left_behind(name)
        if take is not None:
            self.bring(take)

    def failed(self, name: str) -> None:
        """Asterisk says that a recording came to nothing."""
        take = self._takes.get(name)
        if take is not None and not take.coming:
            log.warning("recording_failed", recording=name, channel=take.channel)
            self._over(take, None)

    def of_leg(self, channel: Channel) -> list[Take]:
        """What turns record on a leg and is not over, as far as we have heard."""
        return [
            take
            for take in self._takes.values()
            if take.channel == channel and take.turn is not None and not take.coming
        ]

    def bring(self, take: Take) -> None:
        """Fetch the file of a recording that is over, or will be in a moment."""
        if not take.coming and self._tasks is not None:
            take.coming = True
            task = self._tasks.create_task(self._bring(take), name=f"recording {take.name}")
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def settle(self) -> None:
        """Wait a moment for the files that are being fetched; what is left is found by the next process."""
        if self._coming:
            await asyncio.wait(self._coming, timeout=_LAST_MOMENT_SECONDS)

    def look_after(self, take: Take) -> None:
        """Fetch a recording's file when it is over already; otherwise its end will be heard."""

        def then(answer: AriAnswer | None) -> None:
            if answer is not None and answer.status == _NOT_FOUND:
                self.bring(take)

        self._post(translate.find_recording(take.name), then)

    def catch_up(self) -> None:
        """Ends may have been missed: look after everything, and for what a former process left."""
        for take in list(self._takes.values()):
            if not take.coming:
                self.look_after(take)
        if self._folder is not None and self._tasks is not None:
            self._tasks.create_task(self._look_for_leftovers(), name="recordings left behind")

    async def _look_for_leftovers(self) -> None:
        try:
            stored: list[dict[str, Any]] = await self._client.fetch("recordings/stored")
        except (AriDown, AriError) as error:
            log.warning("recordings_not_listed", reason=str(error))
            return
        for each in stored:
            take = None if each["name"] in self._takes else self._left_behind(each["name"])
            if take is not None:
                log.info("recording_left_behind", recording=take.name, channel=take.channel)
                self.look_after(take)

    def _left_behind(self, name: str) -> Take | None:
        """Take on a recording that nobody of this process asked for; None when it is none of ours."""
        named = translate.recorded(self._app, name)
        if named is None or self._folder is None:
            return None
        plain = name.removeprefix(f"{self._app}-")
        take = Take(name, self._folder / plain[:2] / f"{plain}{_SUFFIX}", *named, asked_for=False)
        self._takes[name] = take
        return take

    async def _bring(self, take: Take) -> None:
        seconds: float | None = None
        for pause in (*_PAUSES_SECONDS, None):
            try:
                async with self._places:
                    seconds = await self._fetched(take)
                break
            except (AriDown, AriError, OSError, EOFError, wave.Error, _StillRecording) as error:
                if pause is None:
                    reason = str(error) or type(error).__name__
                    log.error("recording_left_at_asterisk", recording=take.name, path=str(take.path), reason=reason)
                    break
                await asyncio.sleep(pause)
        self._over(take, seconds)

    def _over(self, take: Take, seconds: float | None) -> None:
        if self._takes.get(take.name) is take:
            del self._takes[take.name]
        if take.asked_for:
            self._kept(take, seconds)

    async def _fetched(self, take: Take) -> float | None:
        """The seconds of sound in the file that is in its place now; None when there is nothing to be kept."""
        if take.turn is None and await self._is_live(take.name):
            raise _StillRecording
        try:
            await self._client.download(f"recordings/stored/{take.name}/file", take.path)
        except AriError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        seconds = await asyncio.to_thread(_seconds_in, take.path)
        if not seconds:
            await asyncio.to_thread(take.path.unlink)
        self._post(translate.forget_recording(take.name), partial(_forgotten, take))
        return seconds or None

    async def _is_live(self, name: str) -> bool:
        try:
            await self._client.ask(translate.find_recording(name))
        except AriError as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return True


def _forgotten(take: Take, answer: AriAnswer | None) -> None:
    if answer is None or not (answer.ok or answer.status == _NOT_FOUND):
        log.warning("recording_stays_at_asterisk", recording=take.name, reason=answer.message if answer else "away")


def _seconds_in(path: Path) -> float:
    _mend(path)
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def _mend(path: Path) -> None:
    """Give a file its length: Asterisk writes that last, and one that was killed has not."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        header = file.read(_HEADER_BYTES)
        if size > _HEADER_BYTES and header[36:] == b"data\0\0\0\0":
            file.seek(4)
            file.write(struct.pack("<I", size - 8))
            file.seek(_HEADER_BYTES - 4)
            file.write(struct.pack("<I", size - _HEADER_BYTES))
