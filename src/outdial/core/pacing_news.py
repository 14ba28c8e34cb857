"""What the life of a call tells a pacer: the step of a call in, the pacer's events out."""

from __future__ import annotations

from outdial.core.call import Call, State
from outdial.core.extension import Connection
from outdial.core.member_calls import was_human
from outdial.core.outcome import Outcome
from outdial.core.pacing.events import Abandoned, Answered, Ended, Ending, Joined, Launched, PacingEvent, Ringing

_ENDINGS = {
    Outcome.ANSWERED: Ending.OVER,
    Outcome.MACHINE: Ending.OVER,
    Outcome.BUSY: Ending.BUSY,
    Outcome.NO_ANSWER: Ending.NO_ANSWER,
    Outcome.REJECTED: Ending.REFUSED,
    Outcome.INVALID_NUMBER: Ending.REFUSED,
    Outcome.UNAVAILABLE: Ending.REFUSED,
    Outcome.FAILED: Ending.REFUSED,
    Outcome.TRUNK_FAILED: Ending.TRUNK_FAILURE,
}
"""What is missing was given up by us, or nobody knows how it ended."""


def news(before: Call, after: Call, agent: str, at: float) -> list[PacingEvent]:
    """What a step of a call tells. `agent` is the key of whom it was given to; `at` is in seconds."""
    call = str(after.attempt)
    told: list[PacingEvent] = []
    if before.state is State.RESERVED and after.state is State.DIALLING:
        told.append(Launched(call, at))
    if after.state is State.RINGING and before.state is not State.RINGING:
        told.append(Ringing(call, at))
    if after.was_answered and not before.was_answered:
        told.append(Answered(call, at, None if after.state is State.CLASSIFYING else True))
    if before.state is State.CLASSIFYING and after.verdict is not None and before.verdict is None:
        told.append(Answered(call, at, after.outcome is not Outcome.MACHINE))
    if after.connection is Connection.JOINED and before.connection is not Connection.JOINED:
        told.append(Joined(call, agent, at))
    if _is_lost(after) and not _is_lost(before):
        told.append(Abandoned(call, at))
    if after.state is State.ENDED and before.state is not State.ENDED:
        ending = Ending.CANCELLED if after.outcome is None else _ENDINGS.get(after.outcome, Ending.CANCELLED)
        told.append(Ended(call, at, ending))
    return told


def _is_lost(call: Call) -> bool:
    """A human who answered is not kept waiting any longer, or has left."""
    over = call.state in (State.ENDING, State.ENDED)
    return over and was_human(call) and call.connection is not Connection.JOINED
