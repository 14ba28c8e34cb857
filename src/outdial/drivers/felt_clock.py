"""The sandbox's clock: runs so many times faster than life, and stands still while the house is at work.

A callee who thinks for two seconds must not hang up because a write took twenty milliseconds of a second that lasts ten.
So felt time is held whenever an event is being worked on, and it never passes an appointment that has not been kept:
what happens, and in which order, does not depend on the speed, nor on the machine.
Only durations are sped up. The time of day is always the true one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count

MAXIMUM_SPEED = 1e6
"""At this speed no wait is noticed: an hour passes in 3.6 ms."""

TOGETHER_REAL_SECONDS = 0.002
"""Appointments this close to each other are kept in one go, so that what comes of them can be written in one go."""
MOST_TOGETHER_SECONDS = 0.25
"""But never those that lie further apart in a callee's life."""

_PASSES = 4
"""Turns of the event loop that a callback's news needs to reach whoever works on it and holds the clock."""

_PURGE_FROM = 1000


class Appointment:
    """Something that will happen; `cancel` makes it not happen."""

    __slots__ = ("act", "cancelled")

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.cancelled = False

    def cancel(self) -> None:
        """Forget it."""
        self.cancelled = True


class FeltClock:
    """A `Clock` for callees who live in this process. `speed` is how many felt seconds pass in a real one.

    Raises `ValueError` when the speed is not above 0 and at most `MAXIMUM_SPEED`.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not 0 < speed <= MAXIMUM_SPEED:
            raise ValueError(f"a clock's speed lies above 0 and is at most {MAXIMUM_SPEED:.0f}, not {speed}")
        self.speed = speed
        self._together = min(TOGETHER_REAL_SECONDS * speed, MOST_TOGETHER_SECONDS)
        self._felt = 0.0
        self._since = time.monotonic()
        self._holds = 0
        self._order = count()
        self._entries: list[tuple[float, int, Appointment]] = []
        self._purge_at = _PURGE_FROM
        self._timer: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        """The wall-clock time, aware, UTC. It is never sped up."""
        return datetime.now(UTC)

    def after(self, seconds: float) -> datetime:
        """The wall-clock time at which a wait of so many felt seconds that begins now is over, if nothing holds it."""
        return self.now() + timedelta(seconds=seconds / self.speed)

    def monotonic(self) -> float:
        """Seconds since the clock was made, as felt."""
        if self._holds:
            return self._felt
        felt = self._felt + (time.monotonic() - self._since) * self.speed
        return min(felt, max(self._felt, self._entries[0][0])) if self._entries else felt

    def hold(self) -> None:
        """Let felt time stand still until as many `release` as `hold` were called."""
        if not self._holds:
            self._felt = self.monotonic()
            self._unset()
        self._holds += 1

    def release(self) -> None:
        """End one `hold`."""
        self._holds -= 1
        if not self._holds:
            self._since = time.monotonic()
            self._set()

    def call_after(self, seconds: float, act: Callable[[], None]) -> Appointment:
        """Call `act` after so many felt seconds, never from within this call."""
        made = Appointment(act)
        heappush(self._entries, (self.monotonic() + seconds, next(self._order), made))
        if not self._holds and self._entries[0][2] is made:
            self._set()
        return made

    async def sleep(self, seconds: float) -> None:
        """Wait so many felt seconds. Other work gets its turn however short the wait is."""
        over = asyncio.Event()
        appointment = self.call_after(max(0.0, seconds), over.set)
        try:
            await over.wait()
        finally:
            appointment.cancel()

    def _unset(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self) -> None:
        self._unset()
        self._purge()
        if self._entries:
            wait = max(0.0, (self._entries[0][0] - self.monotonic()) / self.speed)
            self._timer = asyncio.get_running_loop().call_later(wait, self._keep)

    def _purge(self) -> None:
        while self._entries and self._entries[0][2].cancelled:
            heappop(self._entries)
        if len(self._entries) >= self._purge_at:
            self._entries = [entry for entry in self._entries if not entry[2].cancelled]
            heapify(self._entries)
            self._purge_at = max(_PURGE_FROM, 2 * len(self._entries))

    def _keep(self) -> None:
        """Keep what is due, then hold until its news has arrived where it is worked on."""
        self._timer = None
        until = self._entries[0][0] + self._together
        self.hold()
        try:
            while self._entries and self._entries[0][0] <= until:
                when, _, appointment = heappop(self._entries)
                if not appointment.cancelled:
                    self._felt = max(self._felt, when)
                    appointment.act()
        finally:
            self._pass(_PASSES)

    def _pass(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._pass, turns - 1)
        else:
            self.release()
