"""Calls that connect to somebody free: found or not, rung, joined, and who leaves first."""

from __future__ import annotations

import pytest

from core.stories import ATTEMPT
from outdial.core.call import Call, Connection, Party, Plan, State, step
from outdial.core.commands import Dial, HangUp, Join, Ringback, SeekExtension, SetTimer
from outdial.core.events import (
    Answered,
    CallEvent,
    ExtensionFound,
    HungUp,
    NobodyFree,
    Placed,
    Ringing,
    Timer,
    TimerElapsed,
)
from outdial.core.ids import callee_channel, transfer_channel
from outdial.core.outcome import Outcome
from outdial.core.script.document import from_document, to_document
from outdial.core.script.nodes import COMPLETED, Connect, Script

CALLEE, AGENT = callee_channel(ATTEMPT), transfer_channel(ATTEMPT)
SCRIPT = Script("connect", {"connect": Connect("101")})
PLACED = Call(ATTEMPT, Plan("carrier", "99979990000000", "74951234567", 45.0, SCRIPT, {}, callee="79990000000"))


def after(*events: CallEvent, call: Call = PLACED) -> tuple[Call, list[object]]:
    """The call after these events, and what the last one made it ask for."""
    commands: list[object] = []
    for event in events:
        call, asked = step(call, event)
        commands = list(asked)
    return call, commands


UP = (Placed(CALLEE), Ringing(CALLEE), Answered(CALLEE))
SOUGHT, _ = after(*UP)
FOUND = ExtensionFound(CALLEE, SOUGHT.turn, "101")
RUNG, _ = after(FOUND, call=SOUGHT)
JOINED, _ = after(Answered(AGENT), call=RUNG)


def test_an_answer_looks_for_somebody_free() -> None:
    call, commands = after(*UP)
    assert call.state is State.SEEKING
    assert SeekExtension(CALLEE, call.turn, "101") in commands
    assert SCRIPT.connect == Connect("101")


def test_whoever_is_found_is_rung_and_shown_the_callee_s_own_number() -> None:
    call, commands = after(FOUND, call=SOUGHT)
    assert (call.state, call.connection) == (State.TRANSFERRING, Connection.RINGING)
    assert commands[0] == Ringback(CALLEE)
    dial = commands[1]
    assert isinstance(dial, Dial)
    assert (dial.channel, dial.trunk, dial.number, dial.caller) == (AGENT, "", "101", "79990000000")


def test_they_are_joined_and_that_is_the_goal() -> None:
    call, commands = after(Answered(AGENT), call=RUNG)
    assert (call.state, call.connection, call.goals) == (State.JOINED, Connection.JOINED, (COMPLETED,))
    assert commands == [Join(CALLEE, AGENT)]


@pytest.mark.parametrize(
    "event", [NobodyFree(CALLEE, SOUGHT.turn), TimerElapsed(CALLEE, Timer.TURN, SOUGHT.turn)], ids=["told", "untold"]
)
def test_with_nobody_free_the_callee_is_hung_up(event: CallEvent) -> None:
    call, commands = after(event, call=SOUGHT)
    assert (call.state, call.connection) == (State.ENDING, Connection.NOBODY_FREE)
    assert HangUp(CALLEE) in commands
    assert HangUp(AGENT) not in commands


def test_an_answer_to_another_search_changes_nothing() -> None:
    for late in (NobodyFree(CALLEE, SOUGHT.turn - 1), ExtensionFound(CALLEE, SOUGHT.turn + 1, "101")):
        assert step(SOUGHT, late) == (SOUGHT, [])
    assert step(RUNG, NobodyFree(CALLEE, SOUGHT.turn)) == (RUNG, [])


@pytest.mark.parametrize(
    ("sip", "q850", "connection"),
    [
        (486, 17, Connection.BUSY),
        (480, 19, Connection.NO_ANSWER),
        (603, 21, Connection.REJECTED),
        (0, 20, Connection.UNREACHABLE),
        (0, 0, Connection.UNREACHABLE),
    ],
)
def test_an_extension_that_does_not_answer_ends_the_call(sip: int, q850: int, connection: Connection) -> None:
    call, commands = after(HungUp(AGENT, sip, q850), call=RUNG)
    assert (call.state, call.connection) == (State.ENDING, connection)
    assert HangUp(CALLEE) in commands


def test_an_extension_that_rings_out_ends_the_call() -> None:
    call, commands = after(TimerElapsed(CALLEE, Timer.RING, RUNG.turn), call=RUNG)
    assert call.connection is Connection.NO_ANSWER
    assert {HangUp(CALLEE), HangUp(AGENT)} <= {c for c in commands if not isinstance(c, SetTimer)}


def test_a_callee_who_does_not_wait_leaves_the_connection_ringing() -> None:
    call, commands = after(HungUp(CALLEE, 0, 16), call=RUNG)
    assert (call.state, call.connection, call.ended_by) == (State.ENDED, Connection.RINGING, Party.CALLEE)
    assert commands == [HangUp(AGENT)]


def test_who_leaves_first_is_remembered() -> None:
    by_callee, _ = after(HungUp(CALLEE, 0, 16), call=JOINED)
    assert (by_callee.ended_by, by_callee.connection) == (Party.CALLEE, Connection.JOINED)
    leaving, commands = after(HungUp(AGENT, 0, 16), call=JOINED)
    assert HangUp(CALLEE) in commands
    by_agent, _ = after(HungUp(CALLEE, 0, 16), call=leaving)
    assert (by_agent.ended_by, by_agent.outcome) == (Party.EXTENSION, Outcome.ANSWERED)


def test_an_extension_that_no_switch_may_dial_is_not_rung() -> None:
    call, commands = after(ExtensionFound(CALLEE, SOUGHT.turn, "101&SIP/evil"), call=SOUGHT)
    assert call.connection is Connection.UNREACHABLE
    assert not any(isinstance(command, Dial) for command in commands)


def test_the_node_comes_back_from_its_document() -> None:
    assert from_document(to_document(SCRIPT)) == SCRIPT
