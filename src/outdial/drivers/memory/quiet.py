"""A bus within one process, the voice of a house in which nothing is to be heard, and its web, on which nobody is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from outdial.core.facts import Fact
from outdial.core.ids import TenantId
from outdial.core.web_request import WebQuestion
from outdial.ports import AudioFile, ConsultationFailed, RenderedPrompt, SpeechFailed


class MemoryBus:
    """Implements `outdial.ports.Bus` for one process; no fact is ever lost."""

    def __init__(self) -> None:
        self._listeners: dict[object, Callable[[Fact], None]] = {}

    async def announce(self, fact: Fact) -> None:
        for hear in list(self._listeners.values()):
            hear(fact)

    def listen(self, hear: Callable[[Fact], None]) -> Callable[[], None]:
        place = object()
        self._listeners[place] = hear
        return lambda: self._listeners.pop(place, None) and None


class NoSpeech:
    """Implements `outdial.ports.Speech` where nobody listens: no words are spoken, and a prompt of words is passed over."""

    async def render(self, text: str, language: str, voice: str = "", *, personal: bool = False) -> RenderedPrompt:
        raise SpeechFailed("nothing is spoken here")


class NoWeb:
    """Implements `outdial.ports.WebQuestions` where nobody is to be asked."""

    async def ask(self, question: WebQuestion) -> Mapping[str, str]:
        raise ConsultationFailed("nobody is asked here")


class NoLibrary:
    """Implements `outdial.ports.Library` without a sound in it, and takes none."""

    async def put(self, tenant: TenantId, name: str, path: Path, seconds: float) -> AudioFile:
        raise NotImplementedError("no sounds are kept here")

    async def named(self, tenant: TenantId, name: str) -> AudioFile | None:
        return None

    async def all(self, tenant: TenantId) -> list[AudioFile]:
        return []

    async def remove(self, tenant: TenantId, name: str) -> AudioFile | None:
        return None
