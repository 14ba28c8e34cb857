"""Facts on their way between the parts of the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from outdial.core.facts import Fact


class Bus(Protocol):
    """Carries facts between operations, engine and pages, also across processes. A fact may be lost."""

    async def announce(self, fact: Fact) -> None:
        """Tell everybody."""

    def listen(self, hear: Callable[[Fact], None]) -> Callable[[], None]:
        """Call `hear` for every fact from now on; the returned function ends that."""
