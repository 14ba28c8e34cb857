"""Words into sound, and values into words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from outdial.core.prompt import Kind


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A telephony wav file (8 kHz, mono, 16 bit) and its length."""

    path: Path
    duration_seconds: float


class SpeechFailed(Exception):
    """No engine could speak the text; the message says why."""


class Speech(Protocol):
    """Turns words into a sound file, kept by content: the same words are made once."""

    async def render(self, text: str, language: str, voice: str = "", *, personal: bool = False) -> RenderedPrompt:
        """The sound of a text. `personal` words are not kept for long. Raises `SpeechFailed`."""


class Speller(Protocol):
    """Puts values into words as they are spoken."""

    def words(self, kind: Kind, value: str, language: str) -> str:
        """A sum, a date or a number in words; a value that is none of them as it stands. It may be called in any thread."""
