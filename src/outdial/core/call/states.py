"""Where a call can be, and every change between these places.

A call goes forward, with two exceptions: a trunk that fails may be followed by the next one, of which there are few; and a
callee who waits may be given one extension after another, until the time that somebody may wait is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a call is."""

    RESERVED = "reserved"
    """Saved; the switch may or may not have heard of it."""
    SEEKING_FIRST = "seeking_first"
    """A free extension is looked for, to be rung before the callee."""
    RINGING_FIRST = "ringing_first"
    """An extension is being rung before the callee."""
    CONFIRMING = "confirming"
    """Whoever answered there is asked whether to ring the callee."""
    DIALLING = "dialling"
    RINGING = "ringing"
    CLASSIFYING = "classifying"
    """Answered; whether by a human is being listened for."""
    IN_SCRIPT = "in_script"
    SEEKING = "seeking"
    """The script is over and a free extension is looked for; the callee may be waiting."""
    TRANSFERRING = "transferring"
    """The script is over and an extension is being rung for the callee."""
    PARTING = "parting"
    """Nobody came: the callee hears why, and is then hung up."""
    JOINED = "joined"
    """The callee and the extension hear each other."""
    ENDING = "ending"
    """Told to hang up; the switch has not confirmed it."""
    ENDED = "ended"


_OVER = frozenset({State.ENDING, State.ENDED})
_AFTER_ANSWER = frozenset({State.CLASSIFYING, State.IN_SCRIPT, State.SEEKING, State.TRANSFERRING, State.JOINED, *_OVER})
"""A call may be answered, and its script may be over, in one step."""

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.RESERVED: frozenset({State.SEEKING_FIRST, State.DIALLING, *_AFTER_ANSWER}),
    State.SEEKING_FIRST: frozenset({State.RINGING_FIRST, *_OVER}),
    State.RINGING_FIRST: frozenset({State.CONFIRMING, State.DIALLING, *_OVER}),
    State.CONFIRMING: frozenset({State.DIALLING, *_OVER}),
    State.DIALLING: frozenset({State.RINGING, *_AFTER_ANSWER}),
    State.RINGING: frozenset({State.DIALLING, *_AFTER_ANSWER}),
    State.CLASSIFYING: _AFTER_ANSWER - {State.CLASSIFYING},
    State.IN_SCRIPT: frozenset({State.SEEKING, State.TRANSFERRING, *_OVER}),
    State.SEEKING: frozenset({State.TRANSFERRING, State.PARTING, *_OVER}),
    State.TRANSFERRING: frozenset({State.SEEKING, State.PARTING, State.JOINED, *_OVER}),
    State.PARTING: _OVER,
    State.JOINED: _OVER,
    State.ENDING: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}

IN_PROGRESS = frozenset(State) - {State.ENDED}
