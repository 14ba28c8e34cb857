"""The assistant of a house that has none: it says so at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from outdial.core.assistant import Brief
from outdial.ports import NO_ASSISTANT, Chosen, Failed, Sentence, Trouble


class AbsentAssistant:
    """Implements `outdial.ports.Assistant`."""

    async def answer(self, brief: Brief) -> AsyncGenerator[Sentence | Chosen | Failed]:
        """A failure with the settings that are missing."""
        yield Failed(Trouble.ABSENT, NO_ASSISTANT)
