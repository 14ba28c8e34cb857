"""Bringing a callee and an extension together: either is rung first, and whoever has answered waits for the other.

Who is free is not known here: somebody is asked for, and found or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from outdial.core.call.endings import end
from outdial.core.call.placing import SWITCH_RING_MARGIN_SECONDS, dial
from outdial.core.call.states import State
from outdial.core.call.values import TRANSFER_RING_SECONDS, Call, Party, Stepped
from outdial.core.commands import (
    CallCommand,
    Dial,
    HangUp,
    Join,
    RecordTalk,
    ReleaseExtension,
    Ringback,
    SeekExtension,
    SetTimer,
    Speak,
    StopPlaying,
)
from outdial.core.dialstring import is_diallable
from outdial.core.events import HungUp, KeyPressed, PromptEnded, PromptFailed, Timer, TimerElapsed
from outdial.core.extension import Connection
from outdial.core.outcome import Outcome, outcome_of_refusal
from outdial.core.prompt import fill, is_heard
from outdial.core.script.interpreter import PROMPT_GUARD_SECONDS
from outdial.core.script.nodes import COMPLETED, Connect

SEEK_SECONDS = 10.0
"""How long the search for a free extension may take when nobody waits for one."""
CONFIRM_SECONDS = 10.0
"""How long whoever was rung first may think about it."""

# ------------------------------------------------------------------------------------------- the callee first


def seek(call: Call, at: str) -> Stepped:
    """Look for somebody whom the node `at` connects the answered callee to."""
    node = _connect(call, at)
    call = replace(call, state=State.SEEKING, turn=call.turn + 1, connect_at=at)
    sought = SeekExtension(call.channel, call.turn, node.target, node.wait_seconds)
    if not node.wait_seconds:
        return call, [sought, SetTimer(call.channel, Timer.TURN, call.turn, SEEK_SECONDS)]
    call, holding = _hold(call, node)
    return call, [sought, SetTimer(call.channel, Timer.WAIT, call.turn, node.wait_seconds), *holding]


def _hold(call: Call, node: Connect) -> Stepped:
    """Let the callee hear something while waiting."""
    if not node.hold:
        return call, [Ringback(call.channel)]
    return replace(call, hold_turn=call.turn), [Speak(call.channel, call.turn, fill(node.hold, _known(call)))]


def hold_on(call: Call, event: PromptEnded | PromptFailed) -> Stepped:
    """What the waiting callee heard is over: play it again; what cannot be played gives way to a ringing tone."""
    if isinstance(event, PromptFailed):
        return replace(call, hold_turn=0), [Ringback(call.channel)]
    node = _connect(call, call.connect_at)
    return call, [Speak(call.channel, call.hold_turn, fill(node.hold, _known(call)))]


def transfer(call: Call, extension: str, ring_seconds: float | None = None) -> Stepped:
    """Ring an extension for the answered callee."""
    if not is_diallable(extension):
        return end(replace(call, connection=Connection.UNREACHABLE))
    call, ringing = _ring(replace(call, state=State.TRANSFERRING), extension, ring_seconds)
    return call, [*([] if call.hold_turn else [Ringback(call.channel)]), *ringing]


def transfer_outside(call: Call, number: str) -> Stepped:
    """Ring a number of the outside world for the answered callee, by the way that the plan has for it."""
    way = call.plan.outside.get(number)
    if way is None:
        return end(replace(call, connection=Connection.UNREACHABLE))
    call = replace(
        call,
        state=State.TRANSFERRING,
        transfer_extension=number,
        connection=Connection.RINGING,
        turn=call.turn + 1,
    )
    seconds = TRANSFER_RING_SECONDS
    return call, [
        Ringback(call.channel),
        Dial(call.second_channel, way.trunk, way.number, way.caller, seconds + SWITCH_RING_MARGIN_SECONDS),
        SetTimer(call.channel, Timer.RING, call.turn, seconds),
    ]


def _known(call: Call) -> Mapping[str, str]:
    return {**call.plan.variables, **call.collected} if call.collected else call.plan.variables


def nobody_came(call: Call) -> Stepped:
    """The callee is not kept waiting any longer, and may hear why."""
    call = replace(call, connection=Connection.NOBODY_FREE)
    node = call.plan.script.nodes.get(call.connect_at)
    farewell = fill(node.farewell if isinstance(node, Connect) else (), _known(call))
    if not is_heard(farewell):
        return end(call)
    hush = [StopPlaying(call.channel, call.hold_turn)] if call.hold_turn else []
    given_up = [HangUp(call.second_channel)] if call.transfer_extension else []
    call = replace(call, state=State.PARTING, turn=call.turn + 1, hold_turn=0)
    return call, [
        *hush,
        *given_up,
        Speak(call.channel, call.turn, farewell),
        SetTimer(call.channel, Timer.TURN, call.turn, PROMPT_GUARD_SECONDS),
    ]


def rang_out(call: Call) -> Stepped:
    """The extension did not answer in time."""
    silent = replace(call, connection=Connection.NO_ANSWER)
    return (silent, [HangUp(call.second_channel)]) if _keeps_seeking(call) else end(silent)


def extension_gone(call: Call, event: HungUp) -> Stepped:
    """The extension's leg is gone while it was rung for the callee."""
    connection = _connection_after(event) if call.connection is Connection.RINGING else call.connection
    call = replace(call, connection=connection)
    if not _keeps_seeking(call):
        return end(call)
    assert connection is not None
    released = ReleaseExtension(call.channel, call.transfer_extension, connection)
    node = _connect(call, call.connect_at)
    call = replace(call, state=State.SEEKING, turn=call.turn + 1, transfer_extension="")
    return call, [released, SeekExtension(call.channel, call.turn, node.target, node.wait_seconds)]


def join(call: Call) -> Stepped:
    """Let them hear each other. Being joined with somebody is what such a call is for."""
    # The leg that waited with a ringing tone is the joint's first: the tone ends with the joint.
    waited, other = call.channel, call.second_channel
    if call.plan.first:
        waited, other = other, waited
    hush = [StopPlaying(call.channel, call.hold_turn)] if call.hold_turn else []
    talk_alone = call.plan.record and not call.plan.script.recorded
    kept = [RecordTalk(waited, other, call.plan.recording(call.attempt))] if talk_alone else []
    goals = call.goals if COMPLETED in call.goals else (*call.goals, COMPLETED)
    call = replace(call, state=State.JOINED, connection=Connection.JOINED, goals=goals, hold_turn=0)
    return call, [*hush, Join(waited, other), *kept]


# ---------------------------------------------------------------------------------------- the extension first


def seek_first(call: Call) -> Stepped:
    """Look for somebody to ring before the callee."""
    first = call.plan.first
    assert first is not None
    call = replace(call, state=State.SEEKING_FIRST, turn=call.turn + 1, connect_at=call.plan.script.start)
    return call, [
        SeekExtension(call.channel, call.turn, first.target),
        SetTimer(call.channel, Timer.TURN, call.turn, SEEK_SECONDS),
    ]


def ring_first(call: Call, extension: str, ring_seconds: float | None) -> Stepped:
    """Ring whoever was found."""
    if not is_diallable(extension):
        return give_up_first(call, Connection.UNREACHABLE)
    return _ring(replace(call, state=State.RINGING_FIRST), extension, ring_seconds)


def first_answered(call: Call) -> Stepped:
    """Whoever was rung first is there: ask whether to go on, or ring the callee at once."""
    assert call.plan.first is not None
    alert = fill(call.plan.first.alert, call.plan.variables)
    call = replace(call, connection=Connection.WAITING)
    if not is_heard(alert):
        return _dial_callee(call)
    call = replace(call, state=State.CONFIRMING, turn=call.turn + 1)
    return call, [
        Speak(call.second_channel, call.turn, alert),
        SetTimer(call.channel, Timer.TURN, call.turn, PROMPT_GUARD_SECONDS),
    ]


def confirming(call: Call, event: PromptEnded | PromptFailed | KeyPressed | TimerElapsed) -> Stepped:
    """Whoever was rung first hears what it is about and says yes by a key; any other key, or none in time, says no."""
    assert call.plan.first is not None
    wanted = call.plan.first.confirm_key
    match event:
        case KeyPressed() if event.key == wanted:
            after, commands = _dial_callee(call)
            return after, [StopPlaying(call.second_channel, call.turn), *commands]
        case KeyPressed() if wanted:
            return give_up_first(call, Connection.DECLINED)
        case KeyPressed():
            return call, []
        case PromptEnded() | PromptFailed() if event.turn == call.turn:
            if not wanted:
                return _dial_callee(call)
            call = replace(call, turn=call.turn + 1)
            return call, [SetTimer(call.channel, Timer.TURN, call.turn, CONFIRM_SECONDS)]
        case TimerElapsed() if event.timer is Timer.TURN and event.turn == call.turn:
            return give_up_first(call, Connection.DECLINED)
        case _:
            return call, []


def give_up_first(call: Call, connection: Connection) -> Stepped:
    """The callee is not dialled."""
    return end(replace(call, connection=connection, outcome=Outcome.AGENT_UNREACHED))


def first_gone(call: Call, event: HungUp) -> Stepped:
    """The leg of whoever was rung first is gone before the callee answered."""
    if call.state is State.RINGING_FIRST:
        return give_up_first(call, _connection_after(event))
    left = replace(call, connection=Connection.LEFT, ended_by=Party.EXTENSION)
    return end(replace(left, outcome=Outcome.AGENT_UNREACHED if call.state is State.CONFIRMING else Outcome.CANCELLED))


def _dial_callee(call: Call) -> Stepped:
    after, commands = dial(call)
    return after, [Ringback(call.second_channel), *commands]


# ------------------------------------------------------------------------------------------------------- both


def _ring(call: Call, extension: str, ring_seconds: float | None) -> Stepped:
    node = call.plan.script.nodes.get(call.connect_at)
    own = node.ring_seconds if isinstance(node, Connect) else TRANSFER_RING_SECONDS
    seconds = own if ring_seconds is None else ring_seconds
    call = replace(call, transfer_extension=extension, connection=Connection.RINGING, turn=call.turn + 1)
    asked: list[CallCommand] = [
        Dial(call.second_channel, "", extension, call.plan.shown_to_extensions, seconds + SWITCH_RING_MARGIN_SECONDS),
        SetTimer(call.channel, Timer.RING, call.turn, seconds),
    ]
    return call, asked


def _keeps_seeking(call: Call) -> bool:
    node = call.plan.script.nodes.get(call.connect_at)
    return isinstance(node, Connect) and node.keep_seeking and node.wait_seconds > 0


def _connect(call: Call, at: str) -> Connect:
    node = call.plan.script.nodes[at]
    assert isinstance(node, Connect)
    return node


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
