"""The life of a call, from reservation to outcome.

Every change of state stands in `TRANSITIONS`; the rest of this file says what a call asks for on its way. It does not
know who places calls or through what, what time it is, or that other calls exist. Whatever the network forgets to
report, some timer of ours brings the call to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from outdial.core.commands import (
    CallCommand,
    Dial,
    HangUp,
    Join,
    RecordAnswer,
    Ringback,
    SeekExtension,
    SetTimer,
    StopPlaying,
)
from outdial.core.dialstring import is_diallable
from outdial.core.events import (
    Answered,
    CallEvent,
    Consulted,
    CutOff,
    ExtensionFound,
    HungUp,
    KeyPressed,
    NobodyFree,
    Placed,
    PromptEnded,
    PromptFailed,
    Recorded,
    Resumed,
    Ringing,
    Timer,
    TimerElapsed,
)
from outdial.core.ids import AttemptId, Channel, callee_channel, transfer_channel
from outdial.core.outcome import Outcome, outcome_of_refusal
from outdial.core.script import interpreter
from outdial.core.script.interpreter import Dialogue, DialogueEvent, Ended, Position
from outdial.core.script.nodes import COMPLETED, Script

SWITCH_RING_MARGIN_SECONDS = 5.0
"""The switch's own ring limit lies this far behind the call's, so that the call is the one who decides."""
ENDING_SECONDS = 10.0
"""How long the end of a leg that was told to hang up is waited for before the call is settled without it."""
TRANSFER_RING_SECONDS = 60.0
SEEK_SECONDS = 10.0
"""How long the search for a free extension may take."""
LONGEST_CALL_SECONDS = 4 * 3600.0
"""After this long from the answer, or from a restart, a call is hung up, whatever it is doing."""


class State(StrEnum):
    """Where a call is."""

    RESERVED = "reserved"
    """Saved; the switch may or may not have heard of it."""
    DIALLING = "dialling"
    RINGING = "ringing"
    IN_SCRIPT = "in_script"
    SEEKING = "seeking"
    """The script is over and a free extension is looked for."""
    TRANSFERRING = "transferring"
    """The script is over and an extension is being rung for the callee."""
    JOINED = "joined"
    """The callee and the extension hear each other."""
    ENDING = "ending"
    """Told to hang up; the switch has not confirmed it."""
    ENDED = "ended"


_AFTER_ANSWER = frozenset({State.IN_SCRIPT, State.SEEKING, State.TRANSFERRING, State.ENDING, State.ENDED})
"""A call may be answered, and its script may be over, in one step."""

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.RESERVED: frozenset({State.DIALLING, *_AFTER_ANSWER}),
    State.DIALLING: frozenset({State.RINGING, *_AFTER_ANSWER}),
    State.RINGING: _AFTER_ANSWER,
    State.IN_SCRIPT: frozenset({State.SEEKING, State.TRANSFERRING, State.ENDING, State.ENDED}),
    State.SEEKING: frozenset({State.TRANSFERRING, State.ENDING, State.ENDED}),
    State.TRANSFERRING: frozenset({State.JOINED, State.ENDING, State.ENDED}),
    State.JOINED: frozenset({State.ENDING, State.ENDED}),
    State.ENDING: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}

IN_PROGRESS = frozenset(State) - {State.ENDED}


class Party(StrEnum):
    """Who ended an answered call."""

    CALLEE = "callee"
    EXTENSION = "extension"
    OUTDIAL = "outdial"


class Connection(StrEnum):
    """How far a callee came towards an extension."""

    NOBODY_FREE = "nobody_free"
    RINGING = "ringing"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    """It could not be rung."""
    JOINED = "joined"
    """They heard each other."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was settled at reservation and does not change during the call."""

    trunk: str
    number: str
    """The dial string."""
    caller: str
    ring_seconds: float
    script: Script
    variables: Mapping[str, str]
    callee: str = ""
    """The callee's own number, as an extension is shown it; empty: the dial string."""
    recordings: str = ""
    """The folder below which recordings of the call are kept."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `turn` is the last turn used; `position` is there while the script runs."""

    attempt: AttemptId
    plan: Plan
    state: State = State.RESERVED
    turn: int = 0
    position: Position | None = None
    goals: tuple[str, ...] = ()
    answers_given: int = 0
    transfer_extension: str = ""
    connection: Connection | None = None
    outcome: Outcome | None = None
    """Set as soon as it is known; final when the state is ENDED."""
    ended_by: Party | None = None
    sip_code: int = 0
    q850_cause: int = 0

    @property
    def channel(self) -> Channel:
        """The callee's leg."""
        return callee_channel(self.attempt)

    @property
    def second_channel(self) -> Channel:
        """The extension's leg."""
        return transfer_channel(self.attempt)

    @property
    def was_answered(self) -> bool:
        """Whether the callee picked up; a call that ended interrupted no longer says."""
        return self.outcome is Outcome.ANSWERED or self.state in _UP


_UP = frozenset({State.IN_SCRIPT, State.SEEKING, State.TRANSFERRING, State.JOINED})

Stepped = tuple[Call, list[CallCommand]]


class ImpossibleTransition(AssertionError):
    """A step tried to go where TRANSITIONS does not lead: a fault of this file."""


def step(call: Call, event: CallEvent) -> Stepped:
    """Advance a call by one event. The same call and event always give the same answer.

    An ended call hears nothing; an event that does not fit the state changes nothing.
    """
    if call.state is State.ENDED:
        return call, []
    after, commands = _hear(call, event)
    if after.state is not call.state and after.state not in TRANSITIONS[call.state]:
        raise ImpossibleTransition(f"{call.state} -> {after.state} on {event}")
    return after, commands


def _hear(call: Call, event: CallEvent) -> Stepped:
    second = event.channel == call.second_channel
    match call.state, event:
        case _, HungUp() if second:
            return _second_leg_gone(call, event)
        case _, HungUp():
            return _gone(call, event)
        case State.RESERVED, Placed():
            return _dial(call)
        case _, Resumed():
            return _carry_on(call, event)
        case _, CutOff():
            return _end(replace(call, outcome=call.outcome or Outcome.INTERRUPTED))
        case State.DIALLING, Ringing() if not second:
            return replace(call, state=State.RINGING), []
        case ((State.DIALLING | State.RINGING), Answered()) if not second:
            return _answered(call)
        case State.SEEKING, ExtensionFound() if event.turn == call.turn:
            return _transfer(call, event.extension)
        case State.SEEKING, NobodyFree() if event.turn == call.turn:
            return _end(replace(call, connection=Connection.NOBODY_FREE))
        case State.TRANSFERRING, Answered() if second:
            return _join(call)
        case State.IN_SCRIPT, (PromptEnded() | PromptFailed() | KeyPressed() | Recorded() | Consulted()) if not second:
            return _in_script(call, event)
        case _, TimerElapsed():
            return _elapsed(call, event)
        case _:
            return call, []


def _dial(call: Call) -> Stepped:
    plan = call.plan
    longest = plan.ring_seconds + SWITCH_RING_MARGIN_SECONDS
    return replace(call, state=State.DIALLING), [
        Dial(call.channel, plan.trunk, plan.number, plan.caller, longest),
        SetTimer(call.channel, Timer.RING, call.turn, plan.ring_seconds),
    ]


def _answered(call: Call) -> Stepped:
    call = replace(call, state=State.IN_SCRIPT, outcome=Outcome.ANSWERED)
    after, commands = _apply(call, interpreter.start(_dialogue(call), call.turn))
    return after, [_call_limit(call), *_silent_limit(call), *commands]


def _in_script(call: Call, event: DialogueEvent) -> Stepped:
    assert call.position is not None
    if call.position.node not in call.plan.script.nodes:
        return _end(call)
    return _apply(call, interpreter.resume(_dialogue(call), call.position, event))


def _apply(call: Call, made: interpreter.Step) -> Stepped:
    """Take over what the interpreter decided, and leave the script when it says so."""
    commands = list(made.commands)
    recorded = sum(isinstance(command, RecordAnswer) for command in commands)
    call = replace(call, goals=(*call.goals, *made.goals), answers_given=call.answers_given + recorded)
    if isinstance(made.at, Position):
        return replace(call, position=made.at, turn=made.at.turn), commands
    after, leaving = _leave_script(replace(call, position=None), made.at)
    return after, [*commands, *leaving]


def _leave_script(call: Call, ended: Ended) -> Stepped:
    if ended.target is not None:
        call = replace(call, state=State.SEEKING, turn=call.turn + 1)
        return call, [
            SeekExtension(call.channel, call.turn, ended.target),
            SetTimer(call.channel, Timer.TURN, call.turn, SEEK_SECONDS),
        ]
    return _end(call) if ended.extension is None else _transfer(call, ended.extension)


def _transfer(call: Call, extension: str) -> Stepped:
    if not is_diallable(extension):
        return _end(replace(call, connection=Connection.UNREACHABLE))
    call = replace(
        call,
        state=State.TRANSFERRING,
        transfer_extension=extension,
        connection=Connection.RINGING,
        turn=call.turn + 1,
    )
    shown, longest = call.plan.callee or call.plan.number, TRANSFER_RING_SECONDS + SWITCH_RING_MARGIN_SECONDS
    return call, [
        Ringback(call.channel),
        Dial(call.second_channel, "", extension, shown, longest),
        SetTimer(call.channel, Timer.RING, call.turn, TRANSFER_RING_SECONDS),
    ]


def _join(call: Call) -> Stepped:
    """Being joined with somebody is what such a call is for."""
    goals = call.goals if COMPLETED in call.goals else (*call.goals, COMPLETED)
    joined = replace(call, state=State.JOINED, connection=Connection.JOINED, goals=goals)
    return joined, [Join(call.channel, call.second_channel)]


def _elapsed(call: Call, event: TimerElapsed) -> Stepped:
    match call.state, event.timer:
        case ((State.DIALLING | State.RINGING), Timer.RING):
            return _end(replace(call, outcome=Outcome.NO_ANSWER))
        case State.SEEKING, Timer.TURN if event.turn == call.turn:
            return _end(replace(call, connection=Connection.NOBODY_FREE))
        case State.TRANSFERRING, Timer.RING if event.turn == call.turn:
            return _end(replace(call, connection=Connection.NO_ANSWER))
        case State.IN_SCRIPT, Timer.TURN:
            return _in_script(call, event)
        case State.IN_SCRIPT, Timer.SILENT_LIMIT if not call.answers_given:
            return _cut_short(call)
        case State.IN_SCRIPT, Timer.CALL_LIMIT:
            return _cut_short(call)
        case ((State.SEEKING | State.TRANSFERRING | State.JOINED), Timer.CALL_LIMIT):
            return _end(call)
        case State.ENDING, Timer.ENDING:
            return replace(call, state=State.ENDED), []
        case _:
            return call, []


def _cut_short(call: Call) -> Stepped:
    """Leave the script in the middle of whatever it plays."""
    assert call.position is not None
    after, commands = _end(call)
    return after, [StopPlaying(call.channel, call.position.turn), *commands]


def _end(call: Call) -> Stepped:
    """Hang up every leg there may be, and wait for the switch to say so."""
    legs = [call.channel]
    if call.transfer_extension:
        legs.append(call.second_channel)
    call = replace(call, state=State.ENDING, position=None, ended_by=call.ended_by or Party.OUTDIAL)
    return call, [
        *(HangUp(leg) for leg in legs),
        SetTimer(call.channel, Timer.ENDING, call.turn, ENDING_SECONDS),
    ]


def _gone(call: Call, event: HungUp) -> Stepped:
    """The callee's leg is gone: the call is over, whatever it was doing."""
    commands: list[CallCommand] = []
    if call.transfer_extension and (event.lost or call.state is not State.ENDING):
        commands.append(HangUp(call.second_channel))
    if call.was_answered:
        outcome = Outcome.INTERRUPTED if event.lost and call.state is not State.ENDING else Outcome.ANSWERED
        ended_by = call.ended_by or (None if event.lost else Party.CALLEE)
    else:
        refused = Outcome.INTERRUPTED if event.lost else outcome_of_refusal(event.sip_code, event.q850_cause)
        outcome = call.outcome or refused
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


def _second_leg_gone(call: Call, event: HungUp) -> Stepped:
    match call.state:
        case State.TRANSFERRING:
            return _end(replace(call, connection=_connection_after(event)))
        case State.JOINED:
            return _end(replace(call, ended_by=Party.EXTENSION))
        case _:
            return call, []


def _connection_after(event: HungUp) -> Connection:
    match outcome_of_refusal(event.sip_code, event.q850_cause):
        case Outcome.BUSY:
            return Connection.BUSY
        case Outcome.REJECTED:
            return Connection.REJECTED
        case Outcome.NO_ANSWER:
            return Connection.NO_ANSWER
        case Outcome.UNAVAILABLE if event.sip_code:  # a telephone that said so itself
            return Connection.NO_ANSWER
        case _:
            return Connection.UNREACHABLE


def _carry_on(call: Call, event: Resumed) -> Stepped:
    """Take a call up again after a restart, where the saved state and the switch agree; hang it up otherwise."""
    match call.state:
        case State.RESERVED | State.DIALLING | State.RINGING if event.up:
            return _answered(call)
        case State.RESERVED | State.DIALLING | State.RINGING:
            dialling = State.DIALLING if call.state is State.RESERVED else call.state
            left = SetTimer(call.channel, Timer.RING, call.turn, call.plan.ring_seconds)
            return replace(call, state=dialling), [left]
        case State.IN_SCRIPT if event.up and call.position and call.position.node in call.plan.script.nodes:
            after, commands = _apply(call, interpreter.repeat(_dialogue(call), call.position))
            return after, [_call_limit(call), *_silent_limit(call), *commands]
        case State.JOINED if event.up:
            return call, [_call_limit(call)]
        case _:
            return _end(call)


def _call_limit(call: Call) -> SetTimer:
    return SetTimer(call.channel, Timer.CALL_LIMIT, call.turn, LONGEST_CALL_SECONDS)


def _silent_limit(call: Call) -> list[CallCommand]:
    seconds = call.plan.script.silent_limit_seconds
    return [] if seconds is None else [SetTimer(call.channel, Timer.SILENT_LIMIT, call.turn, seconds)]


def _dialogue(call: Call) -> Dialogue:
    return Dialogue(call.channel, call.plan.script, call.plan.variables, call.plan.recordings)
