"""What scripts may need that not every house has: an assistant, a carrier of SMS. Who these are is not known here."""

from __future__ import annotations

from collections.abc import Iterable

from outdial.core.script.listening_nodes import Assist
from outdial.core.script.nodes import Node, Script, Sms
from outdial.ports import NO_ASSISTANT, NO_SMS


class Means:
    """What is known before anybody is called."""

    def __init__(self, *, assistant: bool, sms: bool) -> None:
        self._assistant = assistant
        self._sms = sms

    @property
    def no_sms(self) -> str:
        """Why no SMS can be sent; empty: they can."""
        return "" if self._sms else NO_SMS

    def lacking(self, scripts: Iterable[Script]) -> dict[str, str]:
        """The nodes that cannot be carried out here, in the order in which they stand, and why not. Without an assistant
        each of its turns would go to its fallback at once; without a carrier each SMS would be refused."""
        reasons = ((key, self._reason(node)) for script in scripts for key, node in script.nodes.items())
        return {key: reason for key, reason in reasons if reason}

    def _reason(self, node: Node) -> str:
        match node:
            case Assist() if not self._assistant:
                return NO_ASSISTANT
            case Sms():
                return self.no_sms
            case _:
                return ""
