"""The timers of one call; one of a kind runs at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from outdial.core.commands import SetTimer
from outdial.core.events import Timer, TimerElapsed
from outdial.ports import Cancellable, Clock


class Timers:
    """Announces to `hear` what has elapsed."""

    def __init__(self, clock: Clock, hear: Callable[[TimerElapsed], None]) -> None:
        self._clock = clock
        self._hear = hear
        self._running: dict[Timer, Cancellable] = {}

    def set(self, command: SetTimer) -> None:
        """Start a timer; one of the same kind that runs already is forgotten."""
        if (former := self._running.pop(command.timer, None)) is not None:
            former.cancel()
        elapsed = TimerElapsed(command.channel, command.timer, command.turn)
        self._running[command.timer] = self._clock.call_after(command.seconds, partial(self._hear, elapsed))

    def cancel(self) -> None:
        """Forget them all."""
        for running in self._running.values():
            running.cancel()
        self._running.clear()
