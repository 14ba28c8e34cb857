"""Stories of a callee who is put through to an extension: whichever leg goes first, the other one does not
stay behind."""

from __future__ import annotations

import pytest

from core.stories import (
    CALLEE,
    EXTENSION,
    ask,
    elapsed,
    gone,
    hangs_up_both,
    hushes,
    joins,
    key,
    picked_up,
    pressed,
    records,
    script,
    tell,
    transfers,
)
from outdial.core.call import Call, Party, State
from outdial.core.commands import HangUp
from outdial.core.events import Answered, CutOff, HungUp, Timer
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import Goal, Transfer

PUT_THROUGH = script(
    "q", q=ask("agent?", key("1", "100", "reached")), reached=Goal("done", "agent"), agent=Transfer("100")
)


def transferring() -> Call:
    """A call whose callee waits for the extension; its turn is 2."""
    return tell(picked_up(PUT_THROUGH), pressed("1"))


def joined() -> Call:
    """A call whose callee talks to the extension."""
    return tell(transferring(), Answered(EXTENSION))


def test_the_goal_counts_before_the_extension_answers():
    call = tell(picked_up(PUT_THROUGH), (pressed("1"), [*hushes(1), *records("100", "1"), *transfers(2, "100")]))
    assert (call.state, call.goals, call.transfer_extension) == (State.TRANSFERRING, ("done",), "100")


def test_an_extension_that_answers_is_joined_once():
    call = tell(transferring(), (Answered(EXTENSION), joins()), (Answered(EXTENSION), []))
    assert (call.state, call.was_answered) == (State.JOINED, True)


def test_the_callees_own_leg_cannot_answer_for_the_extension():
    assert tell(transferring(), (Answered(CALLEE), [])).state is State.TRANSFERRING


@pytest.mark.parametrize(
    "refusal", [HungUp(EXTENSION, 486, 17), HungUp(EXTENSION, 480, 20), HungUp(EXTENSION, lost=True)]
)
def test_an_extension_that_is_busy_or_away_ends_the_call(refusal):
    call = tell(transferring(), (refusal, hangs_up_both(2)), (gone(), []))
    assert (call.outcome, call.ended_by, call.sip_code) == (Outcome.ANSWERED, Party.OUTDIAL, 0)


def test_an_extension_that_never_answers_ends_the_call():
    call = tell(transferring(), (elapsed(Timer.RING, 2), hangs_up_both(2)), (Answered(EXTENSION), []), gone())
    assert (call.outcome, call.ended_by) == (Outcome.ANSWERED, Party.OUTDIAL)


def test_the_ring_timer_of_the_first_leg_does_not_end_the_second():
    tell(transferring(), (elapsed(Timer.RING, 0), []))


def test_a_ring_timer_that_crosses_the_extensions_answer_changes_nothing():
    assert tell(joined(), (elapsed(Timer.RING, 2), [])).state is State.JOINED


def test_a_callee_who_gives_up_while_the_extension_rings_stops_the_ringing():
    call = tell(transferring(), (gone(), [HangUp(EXTENSION)]), (HungUp(EXTENSION), []), (Answered(EXTENSION), []))
    assert (call.state, call.outcome, call.ended_by) == (State.ENDED, Outcome.ANSWERED, Party.CALLEE)


def test_an_extension_that_hangs_up_first_ends_the_callees_leg():
    call = tell(joined(), (HungUp(EXTENSION), hangs_up_both(2)), (gone(), []))
    assert (call.state, call.outcome, call.ended_by) == (State.ENDED, Outcome.ANSWERED, Party.EXTENSION)


def test_a_callee_who_hangs_up_first_ends_the_extensions_leg():
    call = tell(joined(), (gone(), [HangUp(EXTENSION)]), (HungUp(EXTENSION), []))
    assert (call.state, call.outcome, call.ended_by) == (State.ENDED, Outcome.ANSWERED, Party.CALLEE)


def test_a_switch_that_never_reports_the_end_of_a_conversation_does_not_hold_the_call_for_ever():
    call = tell(joined(), (elapsed(Timer.CALL_LIMIT, 0), hangs_up_both(2)), elapsed(Timer.ENDING, 2))
    assert (call.state, call.outcome) == (State.ENDED, Outcome.ANSWERED)


def test_the_longest_time_of_a_call_ends_a_transfer_and_a_script_too():
    assert tell(transferring(), (elapsed(Timer.CALL_LIMIT), hangs_up_both(2))).state is State.ENDING
    call = tell(picked_up(PUT_THROUGH), (elapsed(Timer.CALL_LIMIT), [*hushes(1), *hangs_up_both(1)[::2]]))
    assert (call.state, call.position) == (State.ENDING, None)


def test_a_call_that_the_house_cuts_off_leaves_no_leg_behind():
    for call in (transferring(), joined()):
        assert tell(call, (CutOff(CALLEE), hangs_up_both(2)), (gone(), [])).outcome is Outcome.ANSWERED


def test_keys_pressed_during_a_conversation_ask_nothing():
    tell(joined(), (pressed("1"), []))


@pytest.mark.parametrize("extension", ["", "100&SIP/evil", "100,120", "SIP/100", "١٠٠", "100\n"])
def test_an_extension_that_may_not_be_dialled_ends_the_call(extension):
    call = picked_up(script("t", t=Transfer(extension)))
    assert (call.state, call.outcome) == (State.ENDING, Outcome.ANSWERED)
