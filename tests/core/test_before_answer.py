"""Stories of calls that nobody picks up, and of the races between an answer and the end of the ringing."""

from __future__ import annotations

import pytest

from core.stories import (
    CALLEE,
    EXTENSION,
    dialling,
    dials,
    elapsed,
    gone,
    hangs_up,
    reserved,
    ringing,
    say,
    script,
    speaks,
    tell,
)
from outdial.core.call import IN_PROGRESS, LONGEST_CALL_SECONDS, Party, State
from outdial.core.commands import SetTimer
from outdial.core.events import Answered, CutOff, GivenUp, HungUp, Placed, Ringing, Timer
from outdial.core.outcome import Outcome

HELLO = script("hello", hello=say("hello"))


def test_a_saved_call_is_dialled_once_it_is_placed_and_its_ringing_is_timed():
    call = tell(reserved(HELLO), (Placed(CALLEE), dials()), (Ringing(CALLEE), []))
    assert call.state is State.RINGING
    assert call.state in IN_PROGRESS
    assert call.outcome is None


def test_a_second_placed_or_ringing_asks_nothing():
    tell(ringing(HELLO), (Placed(CALLEE), []), (Ringing(CALLEE), []))


def test_busy():
    call = tell(dialling(HELLO), (gone(486, 17), []))
    assert (call.state, call.outcome, call.ended_by) == (State.ENDED, Outcome.BUSY, None)
    assert (call.sip_code, call.q850_cause) == (486, 17)


def test_nobody_answers_until_the_ring_time_is_over():
    call = tell(ringing(HELLO), (elapsed(Timer.RING), hangs_up(0)))
    assert (call.state, call.outcome) == (State.ENDING, Outcome.NO_ANSWER)
    call = tell(call, (gone(487, 0), []))
    assert (call.state, call.outcome, call.sip_code) == (State.ENDED, Outcome.NO_ANSWER, 487)
    assert not call.was_answered


def test_the_ring_time_runs_out_before_the_network_said_anything():
    assert tell(dialling(HELLO), (elapsed(Timer.RING), hangs_up(0))).outcome is Outcome.NO_ANSWER


def test_an_answer_just_after_the_ring_time_comes_too_late():
    call = tell(ringing(HELLO), elapsed(Timer.RING), (Answered(CALLEE), []), (gone(0, 16), []))
    assert (call.state, call.outcome, call.was_answered) == (State.ENDED, Outcome.NO_ANSWER, False)


def test_a_busy_that_crosses_our_hanging_up_does_not_change_the_outcome():
    call = tell(ringing(HELLO), elapsed(Timer.RING), (gone(486, 17), []))
    assert (call.outcome, call.sip_code) == (Outcome.NO_ANSWER, 486)


def test_a_ring_timer_that_crosses_the_answer_changes_nothing():
    call = tell(ringing(HELLO), Answered(CALLEE), (elapsed(Timer.RING), []))
    assert call.state is State.IN_SCRIPT


def test_a_ring_timer_that_crosses_the_end_changes_nothing():
    call = tell(ringing(HELLO), gone(486, 17), (elapsed(Timer.RING), []))
    assert call.outcome is Outcome.BUSY


def test_an_answer_without_ringing_begins_the_script_under_the_longest_time_of_a_call():
    limit = SetTimer(CALLEE, Timer.CALL_LIMIT, 0, LONGEST_CALL_SECONDS)
    call = tell(dialling(HELLO), (Answered(CALLEE), [limit, *speaks(1, "hello")]))
    assert (call.state, call.outcome, call.was_answered) == (State.IN_SCRIPT, Outcome.ANSWERED, True)


def test_a_second_answer_begins_nothing():
    tell(dialling(HELLO), Answered(CALLEE), (Answered(CALLEE), []))


def test_a_switch_that_never_confirms_the_hanging_up_is_not_waited_for():
    call = tell(ringing(HELLO), elapsed(Timer.RING), (elapsed(Timer.ENDING), []))
    assert (call.state, call.outcome, call.ended_by) == (State.ENDED, Outcome.NO_ANSWER, Party.OUTDIAL)


def test_a_call_that_vanished_before_the_answer_is_interrupted():
    assert tell(dialling(HELLO), (gone(lost=True), [])).outcome is Outcome.INTERRUPTED
    assert tell(reserved(HELLO), (gone(lost=True), [])).outcome is Outcome.INTERRUPTED


def test_a_call_that_vanished_after_the_ring_time_was_not_answered():
    assert tell(ringing(HELLO), elapsed(Timer.RING), (gone(lost=True), [])).outcome is Outcome.NO_ANSWER


def test_a_call_that_the_house_cuts_off_before_the_answer_is_interrupted():
    for call in (reserved(HELLO), dialling(HELLO), ringing(HELLO)):
        ended = tell(call, (CutOff(CALLEE), hangs_up(0)), (Answered(CALLEE), []), (gone(487, 0), []))
        assert (ended.state, ended.outcome, ended.ended_by) == (State.ENDED, Outcome.INTERRUPTED, Party.OUTDIAL)


def test_a_call_that_is_given_up_before_the_answer_is_cancelled():
    for call in (dialling(HELLO), ringing(HELLO)):
        ended = tell(
            call, (GivenUp(CALLEE), hangs_up(0)), (GivenUp(CALLEE), []), (Answered(CALLEE), []), (gone(487, 0), [])
        )
        assert (ended.state, ended.outcome, ended.ended_by) == (State.ENDED, Outcome.CANCELLED, Party.OUTDIAL)


def test_who_has_answered_is_not_given_up_any_more():
    call = tell(dialling(HELLO), Answered(CALLEE), (GivenUp(CALLEE), []))
    assert (call.state, call.outcome) == (State.IN_SCRIPT, Outcome.ANSWERED)


def test_a_call_that_the_house_cuts_off_after_the_answer_was_answered():
    call = tell(dialling(HELLO), Answered(CALLEE), (CutOff(CALLEE), hangs_up(1)), (gone(), []))
    assert (call.outcome, call.ended_by, call.position) == (Outcome.ANSWERED, Party.OUTDIAL, None)


def test_a_cut_off_that_crosses_the_end_of_the_ring_time_leaves_the_outcome():
    call = tell(ringing(HELLO), elapsed(Timer.RING), (CutOff(CALLEE), hangs_up(0)))
    assert call.outcome is Outcome.NO_ANSWER


@pytest.mark.parametrize("event", [HungUp(EXTENSION), Answered(EXTENSION), Ringing(EXTENSION)])
def test_a_second_leg_that_was_never_asked_for_changes_nothing(event):
    for call in (reserved(HELLO), dialling(HELLO), ringing(HELLO)):
        assert tell(call, (event, [])) == call
