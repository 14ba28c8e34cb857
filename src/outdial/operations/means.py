"""What scripts may need that not every house has: an assistant, a carrier of SMS. Who these are is not known here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from outdial.core.script.listening_nodes import Assist
from outdial.core.script.nodes import Script, Sms
from outdial.ports import NO_ASSISTANT, NO_SMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What is known before anybody is called."""

    assistant: bool
    sms: bool

    @property
    def no_sms(self) -> str:
        """Why no SMS can be sent; empty: they can."""
        return "" if self.sms else NO_SMS

    def lacking(self, scripts: Iterable[Script]) -> dict[str, str]:
        """The nodes that cannot be carried out here, in the order in which they stand, and why not. Without an assistant
        each of its turns would go to its fallback at once; without a carrier each SMS would be refused. `unanswered`
        stands for the SMS to whom nobody reached."""
        return {key: reason for script in scripts for key, reason in self._of(script)}

    def _of(self, script: Script) -> Iterator[tuple[str, str]]:
        for key, node in script.nodes.items():
            match node:
                case Assist() if not self.assistant:
                    yield key, NO_ASSISTANT
                case Sms() if not self.sms:
                    yield key, self.no_sms
                case _:
                    pass
        if script.unanswered is not None and not self.sms:
            yield "unanswered", self.no_sms


NO_MEANS = Means(assistant=False, sms=False)
"""A house that has neither."""
