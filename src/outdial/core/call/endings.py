"""How a call ends: told to by us, left by the callee, or lost."""

from __future__ import annotations

from dataclasses import replace

from outdial.core.call.states import State
from outdial.core.call.values import Call, Party, Stepped
from outdial.core.commands import CallCommand, HangUp, SetTimer, StopPlaying
from outdial.core.events import HungUp, Timer
from outdial.core.outcome import Outcome, outcome_of_refusal

ENDING_SECONDS = 10.0
"""How long the end of a leg that was told to hang up is waited for before the call is settled without it."""

_BEFORE_THE_CALLEE = frozenset({State.SEEKING_FIRST, State.RINGING_FIRST, State.CONFIRMING})
"""The callee has not been dialled."""


def end(call: Call) -> Stepped:
    """Hang up every leg there may be, and wait for the switch to say that the callee's is gone."""
    second = [HangUp(call.second_channel)] if call.transfer_extension else []
    ended_by = call.ended_by or Party.OUTDIAL
    if call.state in _BEFORE_THE_CALLEE:
        return replace(call, state=State.ENDED, position=None, ended_by=ended_by), [*second]
    return replace(call, state=State.ENDING, position=None, ended_by=ended_by), [
        HangUp(call.channel),
        *second,
        SetTimer(call.channel, Timer.ENDING, call.turn, ENDING_SECONDS),
    ]


def cut_short(call: Call) -> Stepped:
    """Leave the script in the middle of whatever it plays."""
    assert call.position is not None
    after, commands = end(call)
    return after, [StopPlaying(call.channel, call.position.turn), *commands]


def callee_gone(call: Call, event: HungUp) -> Stepped:
    """The callee's leg is gone: the call is over, whatever it was doing."""
    commands: list[CallCommand] = []
    if call.transfer_extension and (event.lost or call.state is not State.ENDING):
        commands.append(HangUp(call.second_channel))
    if call.was_answered:
        outcome = Outcome.INTERRUPTED if event.lost and call.state is not State.ENDING else Outcome.ANSWERED
        ended_by = call.ended_by or (None if event.lost else Party.CALLEE)
    else:
        outcome = call.outcome or _refusal(call, event)
        ended_by = call.ended_by
    ended = replace(
        call,
        state=State.ENDED,
        position=None,
        outcome=outcome,
        ended_by=ended_by,
        sip_code=event.sip_code,
        q850_cause=event.q850_cause,
    )
    return ended, commands


def _refusal(call: Call, event: HungUp) -> Outcome:
    if call.state in _BEFORE_THE_CALLEE:
        return Outcome.AGENT_UNREACHED
    return Outcome.INTERRUPTED if event.lost else outcome_of_refusal(event.sip_code, event.q850_cause)
