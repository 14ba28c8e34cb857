"""Time, as the house counts it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Cancellable(Protocol):
    """Something that will happen unless it is cancelled."""

    def cancel(self) -> None:
        """Make it not happen; too late is no error."""


class Clock(Protocol):
    """Time. Durations are in seconds as the callee would feel them; a sped-up clock makes each of them shorter."""

    def now(self) -> datetime:
        """The wall-clock time, aware, UTC. It is never sped up."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, as felt."""

    def after(self, seconds: float) -> datetime:
        """The wall-clock time at which a wait of so many felt seconds that begins now is over."""

    def hold(self) -> None:
        """Work begins that takes no time in the life of a callee: where callees live in this process, their time stands
        still until `release`. Holds add up. Nobody may wait for felt time while holding it."""

    def release(self) -> None:
        """That work is over."""

    def call_after(self, seconds: float, act: Callable[[], None]) -> Cancellable:
        """Call `act` after so many felt seconds, and after everything that happened before."""

    async def sleep(self, seconds: float) -> None:
        """Wait so many felt seconds."""
