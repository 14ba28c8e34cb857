"""Calls that ring an extension before the callee: found or not, asked for a yes, left waiting, joined."""

from __future__ import annotations

import pytest

from core.stories import ATTEMPT, CALLEE, EXTENSION, RING_SECONDS, gone, tell, text
from outdial.core.call import (
    CONFIRM_SECONDS,
    SWITCH_RING_MARGIN_SECONDS,
    Call,
    Connection,
    Party,
    Plan,
    State,
)
from outdial.core.commands import Dial, HangUp, Join, RecordTalk, Ringback, SeekExtension, SetTimer, Speak, StopPlaying
from outdial.core.events import (
    Answered,
    CallEvent,
    ExtensionFound,
    HungUp,
    KeyPressed,
    NobodyFree,
    Placed,
    PromptEnded,
    Timer,
    TimerElapsed,
)
from outdial.core.outcome import Outcome
from outdial.core.script.document import from_document, to_document
from outdial.core.script.nodes import COMPLETED, Connect, Script


def placed(node: Connect, *, record: bool = False) -> Call:
    """A call that begins with an extension, just saved."""
    script = Script("connect", {"connect": node})
    plan = Plan(
        *("carrier", "79990000000", "74951234567", RING_SECONDS, script, {}),
        callee="9990000000",
        record=record,
        recordings="/kept",
    )
    return Call(ATTEMPT, plan)


PLAIN = placed(Connect("101", first=True, ring_seconds=30.0))
ASKED = placed(Connect("101", first=True, alert=text("a client"), confirm_key="1"))
FOUND = (Placed(CALLEE), ExtensionFound(CALLEE, 1, "101"))
DIALLED = [
    Ringback(EXTENSION),
    Dial(CALLEE, "carrier", "79990000000", "74951234567", RING_SECONDS + SWITCH_RING_MARGIN_SECONDS),
]


def test_the_extension_is_sought_and_rung_and_then_the_callee() -> None:
    call = tell(
        PLAIN,
        (Placed(CALLEE), [SeekExtension(CALLEE, 1, "101"), SetTimer(CALLEE, Timer.TURN, 1, 10.0)]),
        (
            ExtensionFound(CALLEE, 1, "101"),
            [
                Dial(EXTENSION, "", "101", "9990000000", 30.0 + SWITCH_RING_MARGIN_SECONDS),
                SetTimer(CALLEE, Timer.RING, 2, 30.0),
            ],
        ),
        (Answered(EXTENSION), [*DIALLED, SetTimer(CALLEE, Timer.RING, 2, RING_SECONDS)]),
    )
    assert (call.state, call.connection) == (State.DIALLING, Connection.WAITING)


def test_a_callee_who_answers_is_joined_at_once_and_the_talk_is_kept() -> None:
    rung = tell(placed(Connect("101", first=True), record=True), *FOUND, Answered(EXTENSION))
    call = tell(rung, Answered(CALLEE))
    assert (call.state, call.outcome, call.goals) == (State.JOINED, Outcome.ANSWERED, (COMPLETED,))
    kept = call.plan.recording(ATTEMPT)
    assert kept.parts[-3:] == ("kept", ATTEMPT[:2], f"{ATTEMPT}.wav")
    tell(rung, (Answered(CALLEE), [_limit(2), Join(EXTENSION, CALLEE), RecordTalk(EXTENSION, CALLEE, kept)]))


def _limit(turn: int) -> SetTimer:
    return SetTimer(CALLEE, Timer.CALL_LIMIT, turn, 4 * 3600.0)


@pytest.mark.parametrize(
    ("event", "connection"),
    [
        (NobodyFree(CALLEE, 1), Connection.NOBODY_FREE),
        (TimerElapsed(CALLEE, Timer.TURN, 1), Connection.NOBODY_FREE),
        (ExtensionFound(CALLEE, 1, "101&evil"), Connection.UNREACHABLE),
    ],
    ids=["nobody", "never told", "no number"],
)
def test_without_an_extension_the_callee_is_not_dialled(event: CallEvent, connection: Connection) -> None:
    call = tell(PLAIN, Placed(CALLEE), (event, []))
    assert (call.state, call.outcome, call.connection) == (State.ENDED, Outcome.AGENT_UNREACHED, connection)


@pytest.mark.parametrize(
    ("event", "connection"),
    [
        (HungUp(EXTENSION, 486, 17), Connection.BUSY),
        (HungUp(EXTENSION, 603, 21), Connection.REJECTED),
        (TimerElapsed(CALLEE, Timer.RING, 2), Connection.NO_ANSWER),
    ],
    ids=["busy", "rejects", "rings out"],
)
def test_an_extension_that_does_not_answer_spares_the_callee(event: CallEvent, connection: Connection) -> None:
    call = tell(PLAIN, *FOUND, (event, [HangUp(EXTENSION)]))
    assert (call.state, call.outcome, call.connection) == (State.ENDED, Outcome.AGENT_UNREACHED, connection)


def test_the_callee_is_dialled_when_the_key_is_pressed() -> None:
    call = tell(ASKED, *FOUND, Answered(EXTENSION))
    assert call.state is State.CONFIRMING
    tell(
        call,
        (
            KeyPressed(EXTENSION, "1"),
            [StopPlaying(EXTENSION, 3), *DIALLED, SetTimer(CALLEE, Timer.RING, 3, RING_SECONDS)],
        ),
    )
    heard = tell(call, (PromptEnded(EXTENSION, 3), [SetTimer(CALLEE, Timer.TURN, 4, CONFIRM_SECONDS)]))
    assert tell(heard, KeyPressed(EXTENSION, "1")).state is State.DIALLING


@pytest.mark.parametrize(
    "event", [KeyPressed(EXTENSION, "0"), TimerElapsed(CALLEE, Timer.TURN, 3)], ids=["no", "silence"]
)
def test_whoever_does_not_want_to_is_let_go(event: CallEvent) -> None:
    call = tell(ASKED, *FOUND, Answered(EXTENSION), (event, [HangUp(EXTENSION)]))
    assert (call.state, call.outcome, call.connection) == (
        State.ENDED,
        Outcome.AGENT_UNREACHED,
        Connection.DECLINED,
    )


def test_what_is_said_first_needs_no_key_where_none_is_wanted() -> None:
    call = tell(placed(Connect("101", first=True, alert=text("a client"))), *FOUND, Answered(EXTENSION))
    assert [type(command) for command in _asked(call)] == [Speak, SetTimer]
    assert tell(call, (KeyPressed(EXTENSION, "5"), [])).state is State.CONFIRMING
    assert tell(call, PromptEnded(EXTENSION, 3)).state is State.DIALLING


def _asked(call: Call) -> list[object]:
    from outdial.core.call.connecting import first_answered

    return list(first_answered(call)[1])


def test_an_extension_that_leaves_too_early_takes_the_callee_s_leg_with_it() -> None:
    dialled = tell(PLAIN, *FOUND, Answered(EXTENSION))
    call = tell(dialled, HungUp(EXTENSION, 0, 16))
    assert (call.state, call.connection, call.ended_by) == (State.ENDING, Connection.LEFT, Party.EXTENSION)
    ended = tell(call, gone(487))
    assert (ended.state, ended.outcome) == (State.ENDED, Outcome.CANCELLED)
    before = tell(ASKED, *FOUND, Answered(EXTENSION), HungUp(EXTENSION, 0, 16))
    assert (before.state, before.outcome, before.connection) == (
        State.ENDED,
        Outcome.AGENT_UNREACHED,
        Connection.LEFT,
    )


def test_a_callee_who_is_busy_ends_the_extension_s_leg_too() -> None:
    call = tell(PLAIN, *FOUND, Answered(EXTENSION), (gone(486, 17), [HangUp(EXTENSION)]))
    assert (call.state, call.outcome, call.connection) == (State.ENDED, Outcome.BUSY, Connection.WAITING)


def test_the_node_comes_back_from_its_document() -> None:
    for call in (PLAIN, ASKED, placed(Connect("", wait_seconds=7.0, keep_seeking=True, hold=text("wait")))):
        assert from_document(to_document(call.plan.script)) == call.plan.script
