"""Makes a prompt into the sounds that a switch can play: words through speech, recordings from the library."""

from __future__ import annotations

from outdial.core.call import Plan
from outdial.core.commands import Sound
from outdial.core.ids import TenantId
from outdial.core.prompt import Filled, Recording, Words, fill
from outdial.core.script.listening_nodes import Listen
from outdial.core.script.nodes import Ask, Record, Say
from outdial.ports import Library, Speech, SpeechFailed


class PromptFailedError(Exception):
    """The prompt cannot be heard; the message says why."""


class Prompts:
    """Sounds by prompt. Nothing is kept here: speech keeps what it made."""

    def __init__(self, speech: Speech, library: Library) -> None:
        self._speech = speech
        self._library = library

    async def sounds(self, tenant: TenantId, prompt: Filled) -> tuple[Sound, ...]:
        """The sounds of a prompt in their order. Raises `PromptFailedError` when there are none or one is missing."""
        sounds = [await self._sound(tenant, piece) for piece in prompt]
        heard = tuple(sound for sound in sounds if sound is not None)
        if not heard:
            raise PromptFailedError("there is nothing to say")
        return heard

    async def warm(self, tenant: TenantId, plan: Plan) -> None:
        """Make the first prompt of a call while it rings, so that the callee hears it at once."""
        first = plan.script.opening
        if isinstance(first, Say | Ask | Record | Listen):
            await self.sounds(tenant, fill(first.prompt, plan.variables))

    async def _sound(self, tenant: TenantId, piece: Words | Recording) -> Sound | None:
        if isinstance(piece, Recording):
            file = await self._library.named(tenant, piece.name)
            if file is None:
                raise PromptFailedError(f'there is no audio "{piece.name}"')
            return Sound(file.path, file.seconds)
        if not piece.text.strip():
            return None
        try:
            made = await self._speech.render(piece.text, piece.language, piece.voice, personal=piece.personal)
        except SpeechFailed as failure:
            raise PromptFailedError(str(failure)) from failure
        return Sound(made.path, made.duration_seconds)
