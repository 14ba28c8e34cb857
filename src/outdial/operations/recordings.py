"""Uploaded sounds: taken in, made playable, listed, removed.

The house names every file itself and keeps it in one folder; what a caller calls a sound never becomes part of a path, and
a reference that a caller sends is only ever compared with what was given out.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from outdial.core.errors import Malformed, NotAudio, NotStored
from outdial.core.ids import TenantId
from outdial.ports import AudioFile, Library, Workshop

LONGEST_NAME = 200
T = TypeVar("T")


class Recordings:
    """The sounds of every tenant, in one folder."""

    def __init__(self, library: Library, workshop: Workshop, folder: Path) -> None:
        self._library = library
        self._workshop = workshop
        self._folder = folder.absolute()
        self._settling = asyncio.Lock()

    async def upload(self, tenant: TenantId, name: str, content: AsyncIterator[bytes]) -> AudioFile:
        """Keep a sound under a name. A name that exists keeps its path and gets the new content; its old content stays
        when the new one is no sound.

        Raises `Malformed` for a name that cannot be kept, `NotAudio` for an empty file or one without sound, and
        `NotStored` when the disk will not have it.
        """
        check_name(name)
        await _on_disk(lambda: self._folder.mkdir(parents=True, exist_ok=True))
        incoming = self._folder / f"{uuid4().hex}.part"
        made = self._folder / f"{uuid4().hex}.wav"
        try:
            if not await _write(incoming, content):
                raise NotAudio("the file is empty")
            seconds = await self._workshop.convert(incoming, made)
            async with self._settling:
                return await self._settle(tenant, name, made, seconds)
        finally:
            with suppress(OSError):
                await asyncio.to_thread(incoming.unlink, missing_ok=True)

    async def all(self, tenant: TenantId) -> list[AudioFile]:
        """Every sound of a tenant, oldest first."""
        return await self._library.all(tenant)

    async def remove(self, tenant: TenantId, name: str) -> None:
        """Forget a sound and delete its files; a name nobody knows is no error."""
        if not _can_be_kept(name):
            return
        async with self._settling:
            file = await self._library.remove(tenant, name)
            if file is not None and self._is_ours(file.path):
                await asyncio.to_thread(_unlink, file.path)

    async def resolve(self, tenant: TenantId, references: Iterable[str]) -> dict[str, str]:
        """Names of sounds by what a caller calls them: a full path as it was given out, .wav or .mp3, or a name.

        A reference to anything else is not in the answer.
        """
        wanted = {reference for reference in references if reference}
        if not wanted:
            return {}
        known: dict[str, str] = {}
        for file in await self._library.all(tenant):
            known |= {str(file.path): file.name, str(mp3_of(file.path)): file.name}
            known[file.name] = file.name
        return {reference: known[reference] for reference in wanted if reference in known}

    async def _settle(self, tenant: TenantId, name: str, made: Path, seconds: float) -> AudioFile:
        """Put the new files in the place of the old ones, or leave them where they are when the name is new."""
        before = await self._library.named(tenant, name)
        if before is None or not self._is_ours(before.path):
            return await self._library.put(tenant, name, made, seconds)
        await _on_disk(lambda: _move(made, before.path))
        return await self._library.put(tenant, name, before.path, seconds)

    def _is_ours(self, path: Path) -> bool:
        return path.parent == self._folder


def mp3_of(path: Path) -> Path:
    """The compressed companion of a sound."""
    return path.with_suffix(".mp3")


def check_name(name: str) -> None:
    """Raises `Malformed` when a sound cannot be kept under this name."""
    if not _can_be_kept(name):
        raise Malformed(
            f"an audio name has 1 to {LONGEST_NAME} characters, no path separator, control character or ..",
            field="name",
        )


def _can_be_kept(name: str) -> bool:
    separated = "/" in name or "\\" in name or ".." in name
    clean = all(unicodedata.category(character) not in ("Cc", "Cs") for character in name)
    return 0 < len(name) <= LONGEST_NAME and clean and not separated and bool(name.strip(" ."))


async def _write(path: Path, content: AsyncIterator[bytes]) -> int:
    """Write a stream to a file; how many bytes it had."""
    size = 0
    file = await _on_disk(lambda: path.open("wb"))
    try:
        async for chunk in content:
            size += await _on_disk(lambda: file.write(chunk))  # noqa: B023 - it is over before the next chunk
    finally:
        await _on_disk(file.close)
    return size


async def _on_disk(work: Callable[[], T]) -> T:
    """Do something with files, beside the event loop. Raises `NotStored`."""
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise NotStored(f"the file could not be kept: {error.strerror}") from error


def _move(made: Path, place: Path) -> None:
    made.replace(place)
    if mp3_of(made).exists():
        mp3_of(made).replace(mp3_of(place))


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
    mp3_of(path).unlink(missing_ok=True)
