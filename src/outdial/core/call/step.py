"""The steps of a call: what it hears, where that leads, and what it asks for on its way.

It does not know who places calls or through what, what time it is, or that other calls exist. Whatever the network
forgets to report, some timer of ours brings the call to its end.
"""

from __future__ import annotations

from dataclasses import replace

from outdial.core.amd import Verdict
from outdial.core.call import connecting
from outdial.core.call.endings import callee_gone, cut_short, end
from outdial.core.call.placing import detour_is_left, dial, take_detour
from outdial.core.call.states import TRANSITIONS, State
from outdial.core.call.values import Call, Party, Stepped, collected
from outdial.core.commands import CallCommand, Classify, RecordAnswer, RecordCall, SetTimer
from outdial.core.events import (
    Answered,
    AssistantDone,
    AssistantSaid,
    CallEvent,
    Classified,
    Consulted,
    CutOff,
    ExtensionFound,
    GivenUp,
    Heard,
    HungUp,
    KeyPressed,
    NobodyFree,
    Placed,
    PromptEnded,
    PromptFailed,
    Recorded,
    Resumed,
    Ringing,
    SpeechBegan,
    Timer,
    TimerElapsed,
)
from outdial.core.extension import Connection
from outdial.core.outcome import Outcome
from outdial.core.script import interpreter
from outdial.core.script.interpreter import Dialogue, DialogueEvent, Ended, Position

LONGEST_CALL_SECONDS = 4 * 3600.0
"""After this long from the answer, or from a restart, a call is hung up, whatever it is doing."""
AMD_GUARD_SECONDS = 10.0
"""How much longer than its own time the listening for a machine may take before the call goes on without a verdict."""


class ImpossibleTransition(AssertionError):
    """A step tried to go where TRANSITIONS does not lead: a fault of this package."""


def step(call: Call, event: CallEvent) -> Stepped:
    """Advance a call by one event. The same call and event always give the same answer.

    An ended call hears nothing; an event that does not fit the state changes nothing.
    """
    if call.state is State.ENDED:
        return call, []
    after, commands = _hear_extension(call, event) if event.channel == call.second_channel else _hear(call, event)
    if after.state is not call.state and after.state not in TRANSITIONS[call.state]:
        raise ImpossibleTransition(f"{call.state} -> {after.state} on {event}")
    return after, commands


def _hear(call: Call, event: CallEvent) -> Stepped:
    """What the callee's leg does, and what our own timers and searches answer."""
    match call.state, event:
        case State.DIALLING | State.RINGING, HungUp() if detour_is_left(call, event):
            return take_detour(call)
        case _, HungUp():
            after, commands = callee_gone(call, event)
            return after, [*_broken_off(call), *commands]
        case State.RESERVED, Placed():
            return connecting.seek_first(call) if call.plan.first else dial(call)
        case _, Resumed():
            return _carry_on(call, event)
        case _, CutOff():
            after, commands = end(replace(call, outcome=call.outcome or Outcome.INTERRUPTED))
            return after, [*_broken_off(call), *commands]
        case ((State.DIALLING | State.RINGING), GivenUp()):
            return end(replace(call, outcome=Outcome.CANCELLED))
        case State.DIALLING, Ringing():
            return replace(call, state=State.RINGING), []
        case ((State.DIALLING | State.RINGING), Answered()):
            return _answered(call)
        case State.CLASSIFYING, Classified() if event.turn == call.turn:
            return _classified(call, event)
        case State.SEEKING_FIRST, ExtensionFound() if event.turn == call.turn:
            return connecting.ring_first(call, event.extension, event.ring_seconds)
        case State.SEEKING_FIRST, NobodyFree() if event.turn == call.turn:
            return connecting.give_up_first(call, Connection.NOBODY_FREE)
        case State.SEEKING, ExtensionFound() if event.turn == call.turn:
            return connecting.transfer(call, event.extension, event.ring_seconds)
        case State.SEEKING, NobodyFree() if event.turn == call.turn:
            return connecting.nobody_came(call)
        case ((State.SEEKING | State.TRANSFERRING), (PromptEnded() | PromptFailed())) if event.turn == call.hold_turn:
            return connecting.hold_on(call, event)
        case State.PARTING, (PromptEnded() | PromptFailed()) if event.turn == call.turn:
            return end(call)
        case State.IN_SCRIPT, (
            PromptEnded()
            | PromptFailed()
            | KeyPressed()
            | Recorded()
            | Consulted()
            | SpeechBegan()
            | Heard()
            | AssistantSaid()
            | AssistantDone()
        ):
            return _in_script(call, event)
        case _, TimerElapsed():
            return _elapsed(call, event)
        case _:
            return call, []


def _hear_extension(call: Call, event: CallEvent) -> Stepped:
    match call.state, event:
        case State.RINGING_FIRST, Answered():
            return connecting.first_answered(call)
        case State.CONFIRMING, (PromptEnded() | PromptFailed() | KeyPressed()):
            return connecting.confirming(call, event)
        case ((State.RINGING_FIRST | State.CONFIRMING), HungUp()):
            return connecting.first_gone(call, event)
        case ((State.DIALLING | State.RINGING), HungUp()) if call.plan.first:
            return connecting.first_gone(call, event)
        case State.TRANSFERRING, Answered() if call.connection is Connection.RINGING:
            return connecting.join(call)
        case State.TRANSFERRING, HungUp():
            return connecting.extension_gone(call, event)
        case State.JOINED, HungUp():
            return end(replace(call, ended_by=Party.EXTENSION))
        case _:
            return call, []


def _answered(call: Call) -> Stepped:
    call = replace(call, outcome=Outcome.ANSWERED)
    if call.plan.amd is None:
        return _proceed(call)
    amd = call.plan.amd
    call = replace(call, state=State.CLASSIFYING, turn=call.turn + 1)
    return call, [
        _call_limit(call),
        Classify(call.channel, call.turn, amd),
        SetTimer(call.channel, Timer.TURN, call.turn, amd.total_analysis / 1000 + AMD_GUARD_SECONDS),
    ]


def _classified(call: Call, event: Classified) -> Stepped:
    amd = call.plan.amd
    assert amd is not None
    call = replace(call, verdict=event.verdict, verdict_cause=event.cause, verdict_seconds=event.seconds)
    unsure = event.verdict is Verdict.NOT_SURE and not amd.allow_not_sure
    if event.verdict is Verdict.MACHINE or unsure:
        return end(replace(call, outcome=Outcome.MACHINE))
    return _proceed(call)


def _proceed(call: Call) -> Stepped:
    """A human is on the line: the script begins, or the extension that was rung first is there already."""
    kept = [RecordCall(call.channel, call.plan.recording(call.attempt))] if call.plan.script.recorded else []
    if call.plan.first:
        after, commands = connecting.join(call)
        return after, [_call_limit(call), *kept, *commands]
    call = replace(call, state=State.IN_SCRIPT)
    after, commands = _apply(call, interpreter.start(_dialogue(call), call.turn))
    return after, [_call_limit(call), *_silent_limit(call), *kept, *commands]


def _in_script(call: Call, event: DialogueEvent) -> Stepped:
    assert call.position is not None
    if call.position.node not in call.plan.script.nodes:
        return end(call)
    return _apply(call, interpreter.resume(_dialogue(call), call.position, event))


def _apply(call: Call, made: interpreter.Step) -> Stepped:
    """Take over what the interpreter decided, and leave the script when it says so."""
    commands = list(made.commands)
    recorded = sum(isinstance(command, RecordAnswer) for command in commands)
    call = replace(call, goals=(*call.goals, *made.goals), answers_given=call.answers_given + recorded)
    if made.at.learned:
        call = replace(call, collected=collected(made.at.learned))
    if isinstance(made.at, Position):
        return replace(call, position=made.at, turn=made.at.turn), commands
    after, leaving = _leave_script(replace(call, position=None), made.at)
    return after, [*commands, *leaving]


def _cut_short(call: Call) -> Stepped:
    after, commands = cut_short(call)
    return after, [*_broken_off(call), *commands]


def _broken_off(call: Call) -> tuple[CallCommand, ...]:
    """What is written down when a call leaves its script in the middle."""
    if call.state is not State.IN_SCRIPT or call.position is None or not call.plan.script.transcript:
        return ()
    return interpreter.break_off(_dialogue(call), call.position)


def _leave_script(call: Call, ended: Ended) -> Stepped:
    if ended.connect is not None:
        return connecting.seek(call, ended.connect)
    if ended.extension is None:
        return end(call)
    ring = connecting.transfer_outside if ended.outside else connecting.transfer
    return ring(call, ended.extension)


def _elapsed(call: Call, event: TimerElapsed) -> Stepped:
    match call.state, event.timer:
        case ((State.DIALLING | State.RINGING), Timer.RING):
            return end(replace(call, outcome=Outcome.NO_ANSWER))
        case State.SEEKING_FIRST, Timer.TURN if event.turn == call.turn:
            return connecting.give_up_first(call, Connection.NOBODY_FREE)
        case State.RINGING_FIRST, Timer.RING if event.turn == call.turn:
            return connecting.give_up_first(call, Connection.NO_ANSWER)
        case State.CONFIRMING, Timer.TURN:
            return connecting.confirming(call, event)
        case State.CLASSIFYING, Timer.TURN if event.turn == call.turn:
            return _classified(call, Classified(call.channel, call.turn, Verdict.NOT_SURE, "", 0.0))
        case State.SEEKING, Timer.TURN if event.turn == call.turn:
            return connecting.nobody_came(call)
        case ((State.SEEKING | State.TRANSFERRING), Timer.WAIT):
            return connecting.nobody_came(call)
        case State.TRANSFERRING, Timer.RING if event.turn == call.turn:
            return connecting.rang_out(call)
        case State.PARTING, Timer.TURN if event.turn == call.turn:
            return end(call)
        case State.IN_SCRIPT, Timer.TURN:
            return _in_script(call, event)
        case State.IN_SCRIPT, Timer.SILENT_LIMIT if not call.answers_given:
            return _cut_short(call)
        case State.IN_SCRIPT, Timer.CALL_LIMIT:
            return _cut_short(call)
        case _, Timer.CALL_LIMIT if call.was_answered and call.state is not State.ENDING:
            return end(call)
        case State.ENDING, Timer.ENDING:
            return replace(call, state=State.ENDED), []
        case _:
            return call, []


def _carry_on(call: Call, event: Resumed) -> Stepped:
    """Take a call up again after a restart, where the saved state and the switch agree; hang it up otherwise."""
    match call.state:
        case State.RESERVED | State.SEEKING_FIRST | State.RINGING_FIRST | State.CONFIRMING if call.plan.first:
            # The last step was not saved: the callee has been dialled after all.
            return end(replace(call, state=State.DIALLING, outcome=Outcome.INTERRUPTED))
        case State.RESERVED | State.DIALLING | State.RINGING if event.up:
            return _answered(call)
        case State.RESERVED | State.DIALLING | State.RINGING:
            dialling = State.DIALLING if call.state is State.RESERVED else call.state
            left = SetTimer(call.channel, Timer.RING, call.turn, call.plan.ring_seconds)
            return replace(call, state=dialling), [left]
        case State.CLASSIFYING if event.up:
            return _classified(call, Classified(call.channel, call.turn, Verdict.NOT_SURE, "", 0.0))
        case State.IN_SCRIPT if event.up and call.position and call.position.node in call.plan.script.nodes:
            after, commands = _apply(call, interpreter.repeat(_dialogue(call), call.position))
            return after, [_call_limit(call), *_silent_limit(call), *commands]
        case State.SEEKING if event.up and call.connect_at in call.plan.script.nodes:
            after, commands = connecting.seek(replace(call, hold_turn=0), call.connect_at)
            return after, [_call_limit(call), *commands]
        case State.JOINED if event.up:
            return call, [_call_limit(call)]
        case _:
            return end(call)


def _call_limit(call: Call) -> SetTimer:
    return SetTimer(call.channel, Timer.CALL_LIMIT, call.turn, LONGEST_CALL_SECONDS)


def _silent_limit(call: Call) -> list[SetTimer]:
    seconds = call.plan.script.silent_limit_seconds
    return [] if seconds is None else [SetTimer(call.channel, Timer.SILENT_LIMIT, call.turn, seconds)]


def _dialogue(call: Call) -> Dialogue:
    plan = call.plan
    return Dialogue(
        call.channel,
        plan.script,
        plan.variables,
        plan.recordings,
        number=plan.callee or plan.number,
        today=plan.today,
        goals=call.goals,
    )
