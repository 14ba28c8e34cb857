"""Whether dialogues may hand turns to an assistant in this house. Who it is, and whether it is up, is not known here."""

from __future__ import annotations

from outdial.ports import NO_ASSISTANT


class Assistants:
    """What is known of the assistant before anybody is called."""

    def __init__(self, *, configured: bool) -> None:
        self._configured = configured

    def refusal(self) -> str:
        """Why a dialogue that needs an assistant cannot be taken; empty: it can. Without one, each such turn would go to
        its fallback at once."""
        return "" if self._configured else NO_ASSISTANT
