"""What a speech engine is. An engine turns plain words into samples or says why it cannot; it knows nothing of files,
caches and other engines. Words reach it cleaned: one line, no control characters, never markup.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Protocol

from outdial.ports import SpeechFailed


@dataclass(frozen=True, slots=True)
class Pcm:
    """Raw sound: signed 16 bit little-endian samples of one channel, `rate` of them a second."""

    samples: bytes
    rate: int


class SynthesisFailed(SpeechFailed):
    """A text could not be spoken.

    `reason` is a stable word, fit for a metric's label; `detail` is for people. `engine_down` tells that the engine
    itself is out of order, so that other texts would fail as well.
    """

    def __init__(self, reason: str, detail: str = "", *, engine_down: bool = False) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.engine_down = engine_down


class Synthesiser(Protocol):
    """A speech engine."""

    @property
    def name(self) -> str:
        """Short and stable; a metric's label."""

    @property
    def version(self) -> str:
        """Of the engine and of its settings: it changes whenever the same words would sound different."""

    async def synthesise(self, text: str, language: str, voice: str) -> Pcm:
        """Speak words that went through `spoken_text`. An empty or unknown voice is the language's own.

        Raises `SynthesisFailed` and nothing else.
        """


def spoken_text(text: str) -> str:
    """The words alone: NFC, one line, single spaces, without control, invisible and unassigned characters.

    Angle brackets and ampersands stay: to an engine they are characters like any other.
    """
    # Beware: espeak-ng obeys commands that begin with the control character 1, so none may get through.
    if not text.isprintable():
        text = "".join(_sounding(character) for character in text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def _sounding(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp" | "Zs":
            return " "
        case "Cf" | "Cs" | "Co" | "Cn":
            return ""
        case _:
            return character
