"""The talk of one call on its way into the journal: turns get their moments here, and ours the gap before them.

The gap is what a callee waits for an answer: from the end of their speech, as whoever listened measured it, until the switch
was told to play our next prompt. Seconds are felt ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from outdial.core.commands import CallCommand, NoteTurn
from outdial.core.events import CallEvent, Heard
from outdial.core.transcript import Turn
from outdial.engine import metrics
from outdial.ports import Clock


class Transcript:
    """What is known of a call's prompts until they are written down."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._fell_silent: float | None = None
        self._played: dict[int, tuple[datetime, float | None]] = {}

    def hear(self, event: CallEvent) -> None:
        """Take note of when the callee fell silent, where the event tells of speech."""
        if isinstance(event, Heard) and event.text.strip():
            self._fell_silent = self._clock.monotonic() - event.silence_seconds

    def played(self, turn: int) -> None:
        """The switch has been told to play the prompt of this turn."""
        gap = None if self._fell_silent is None else max(0.0, self._clock.monotonic() - self._fell_silent)
        self._fell_silent = None
        if gap is not None:
            metrics.GAP.observe(gap)
        self._played[turn] = (self._clock.now(), gap)

    def turns(self, commands: Iterable[CallCommand]) -> tuple[Turn, ...]:
        """The turns that a step wrote down."""
        return tuple(self._turn(command) for command in commands if isinstance(command, NoteTurn))

    def _turn(self, note: NoteTurn) -> Turn:
        said_at, gap = self._played.get(note.turn, (self._clock.now(), None))
        if note.turn:
            self._played = {turn: known for turn, known in self._played.items() if turn > note.turn}
        return Turn(
            position=note.position,
            said_at=said_at,
            who=note.who,
            text=note.text,
            block=note.block,
            keys=note.keys,
            confidence=note.confidence,
            alternatives=note.alternatives,
            interrupted=note.interrupted,
            gap_seconds=gap,
        )
