"""The machine's clock, for calls to real people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The `Clock` of a server whose switch is a real one. Life waits for nobody: `hold` changes nothing."""

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        return datetime.now(UTC)

    def after(self, seconds: float) -> datetime:
        """The time of day after so many seconds."""
        return self.now() + timedelta(seconds=seconds)

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def hold(self) -> None:
        """Nothing."""

    def release(self) -> None:
        """Nothing."""

    def call_after(self, seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `act` after so many seconds, and after whatever the switch reported before."""
        loop = asyncio.get_running_loop()
        # An event of the switch takes a turn of the loop to get from its reader to the call; so does a timer.
        return loop.call_later(seconds, loop.call_soon, loop.call_soon, act)

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        await asyncio.sleep(seconds)
