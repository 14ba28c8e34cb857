"""Time that leaps: an event loop in which no wait lasts, and the clock of whatever runs on it.

As soon as nobody has anything left to do, the loop's time moves on to the next moment that somebody waits for; a day
passes in as long as its work takes. What happens, and in which order, depends on nothing but what runs there.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime.fromtimestamp(0, UTC)


class NothingWillHappen(AssertionError):
    """Everybody waits, and nobody for a moment: without this the loop would stand for ever."""


class LeapingSelector(selectors.DefaultSelector):
    """Waits by moving its own time on. What is ready outside, such as a signal, is seen between two leaps."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, after a leap of `timeout` seconds. Raises `NothingWillHappen` when the leap has no end."""
        if timeout is None:
            raise NothingWillHappen("everybody waits, and nothing is going to happen")
        if timeout <= 0.0:
            return []
        self.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which no wait takes any time. Its own time begins at 0."""

    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._leaping.now


class VirtualClock:
    """A `Clock` that shows the time of the running `VirtualLoop`, which began at the moment `start`."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self._start = start

    def now(self) -> datetime:
        """The wall-clock time there, aware, UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since the loop was made."""
        return asyncio.get_running_loop().time()

    def after(self, seconds: float) -> datetime:
        """The wall-clock time there after so many seconds."""
        return self.now() + timedelta(seconds=seconds)

    def hold(self) -> None:
        """Nothing: no time passes while anybody works."""

    def release(self) -> None:
        """Nothing."""

    def call_after(self, seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `act` after so many seconds, and after whatever the switch reported before."""
        return asyncio.get_running_loop().call_later(seconds, act)

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds, which takes no time."""
        await asyncio.sleep(seconds)
