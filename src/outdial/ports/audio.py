"""Sounds that callers upload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from outdial.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class AudioFile:
    """An uploaded sound. `name` is what the caller called it; `path` is the file a switch plays."""

    id: int
    name: str
    path: Path
    seconds: float


class Workshop(Protocol):
    """Makes telephony sound out of uploaded files."""

    async def convert(self, source: Path, target: Path) -> float:
        """Write `target` (8 kHz, mono, 16 bit wav) and its .mp3 companion from any audio file; seconds of sound.

        Raises `outdial.core.errors.NotAudio` and leaves no file behind when the source holds no sound.
        """


class Library(Protocol):
    """A tenant's uploaded sounds."""

    async def put(self, tenant: TenantId, name: str, path: Path, seconds: float) -> AudioFile:
        """Keep a sound under a name; a name that exists keeps its id and takes the new path."""

    async def named(self, tenant: TenantId, name: str) -> AudioFile | None:
        """The sound of that name."""

    async def all(self, tenant: TenantId) -> list[AudioFile]:
        """Every sound, oldest first."""

    async def remove(self, tenant: TenantId, name: str) -> AudioFile | None:
        """Forget a sound; what was forgotten, or None. The file itself is the caller's to delete."""
