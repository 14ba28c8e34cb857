"""How many wrong passwords an address may send. It counts in memory, within a fixed bound, and reads no clock of its own."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST_ADDRESSES = 10_000
"""Addresses remembered at once; the one unheard of for longest is forgotten first."""


@dataclass(slots=True)
class Throttle:
    """So many failures in a span of time for each address."""

    failures: int
    span: timedelta
    _times: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def enter(self, address: str, now: datetime) -> bool:
        """Count a try as a failure before its result is known; False when the address has to wait.

        A try is counted first so that many at once cannot all pass the same check.
        """
        times = self._times.setdefault(address, deque())
        self._times.move_to_end(address)
        while times and times[0] <= now - self.span:
            times.popleft()
        if len(times) >= self.failures:
            return False
        times.append(now)
        if len(self._times) > MOST_ADDRESSES:
            self._times.popitem(last=False)
        return True

    def succeeded(self, address: str, entered: datetime) -> None:
        """Take back what `enter` counted at that moment."""
        times = self._times.get(address)
        if times is None:
            return
        if entered in times:
            times.remove(entered)
        if not times:
            del self._times[address]
