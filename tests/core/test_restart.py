"""Stories of calls that are found again after a restart: carried on where store and switch agree, hung up otherwise,
settled where the switch no longer knows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.stories import (
    CALLEE,
    EXTENSION,
    RING_SECONDS,
    ask,
    dialling,
    elapsed,
    forgotten,
    gone,
    hangs_up,
    hangs_up_both,
    heard,
    key,
    picked_up,
    pressed,
    records,
    reserved,
    ringing,
    script,
    silence,
    speaks,
    tell,
    waits,
)
from outdial.core.call import LONGEST_CALL_SECONDS, State
from outdial.core.commands import HangUp, SetTimer
from outdial.core.events import Answered, HungUp, Placed, Resumed, Timer
from outdial.core.outcome import Outcome
from outdial.core.script.nodes import HangUp as HangUpNode
from outdial.core.script.nodes import Transfer

QUESTION = script("q", q=ask("q?", key("1", "yes"), key("12", "more"), key("9", None, "t")), t=Transfer("100"))
LIMITED = script("q", 120.0, q=QUESTION.nodes["q"], t=QUESTION.nodes["t"])

UP = Resumed(CALLEE, up=True)
NOT_UP = Resumed(CALLEE, up=False)
RING_AGAIN = [SetTimer(CALLEE, Timer.RING, 0, RING_SECONDS)]
CALL_LIMIT = SetTimer(CALLEE, Timer.CALL_LIMIT, 0, LONGEST_CALL_SECONDS)


@pytest.mark.parametrize("before", [reserved(QUESTION), dialling(QUESTION), ringing(QUESTION)], ids=lambda c: c.state)
def test_a_call_that_was_answered_meanwhile_begins_its_script(before):
    call = tell(forgotten(before), (UP, [CALL_LIMIT, *speaks(1, "q?")]))
    assert (call.state, call.outcome) == (State.IN_SCRIPT, Outcome.ANSWERED)


@pytest.mark.parametrize("before", [reserved(QUESTION), dialling(QUESTION), ringing(QUESTION)], ids=lambda c: c.state)
def test_a_call_that_still_rings_goes_on_ringing_and_is_never_dialled_again(before):
    call = tell(forgotten(before), (NOT_UP, RING_AGAIN), (Placed(CALLEE), []))
    assert call.state in (State.DIALLING, State.RINGING)
    assert tell(call, elapsed(Timer.RING)).outcome is Outcome.NO_ANSWER
    assert tell(call, Answered(CALLEE)).state is State.IN_SCRIPT


def test_a_question_is_asked_again_from_its_beginning_and_counts_as_the_same_play():
    before = tell(picked_up(QUESTION), heard(1), silence(2), heard(3))
    call = tell(forgotten(before), (UP, [limit(4), *speaks(5, "q?")]), (heard(3), []), (heard(5), waits(6)))
    tell(call, (silence(6), speaks(7, "q?")), heard(7), (silence(8), hangs_up(8)))


def test_half_an_entry_is_forgotten_over_a_restart():
    before = tell(picked_up(QUESTION), heard(1), pressed("1"))
    call = tell(forgotten(before), UP, heard(4), (pressed("2"), speaks(6, "q?")))
    tell(call, heard(6), pressed("1"), (pressed("2"), [*records("more", "12"), *hangs_up(8)]))


def test_the_silent_limit_begins_anew_and_an_answer_given_before_still_lifts_it():
    before = picked_up(LIMITED)
    again = SetTimer(CALLEE, Timer.SILENT_LIMIT, 1, 120.0)
    call = tell(forgotten(before), (UP, [limit(1), again, *speaks(2, "q?")]))
    assert tell(call, elapsed(Timer.SILENT_LIMIT, 1)).state is State.ENDING


@pytest.mark.parametrize("before", [picked_up(QUESTION), tell(picked_up(QUESTION), heard(1))])
def test_a_script_whose_callee_the_switch_does_not_call_answered_is_not_carried_on(before):
    call = tell(forgotten(before), (NOT_UP, hangs_up(before.turn)), (gone(), []))
    assert (call.state, call.outcome) == (State.ENDED, Outcome.ANSWERED)


@pytest.mark.parametrize("event", [UP, pressed("1"), heard(1), silence(1)])
def test_a_call_whose_script_is_gone_is_ended_by_whatever_comes_first(event):
    before = picked_up(QUESTION)
    bare = replace(before, plan=replace(before.plan, script=script("end", end=HangUpNode())))
    call = tell(bare, (event, hangs_up(1)), (gone(), []))
    assert (call.state, call.outcome, call.position) == (State.ENDED, Outcome.ANSWERED, None)


def test_a_transfer_that_was_under_way_is_given_up():
    before = tell(picked_up(QUESTION), pressed("9"))
    call = tell(forgotten(before), (UP, hangs_up_both(2)), (gone(), []))
    assert (call.state, call.outcome) == (State.ENDED, Outcome.ANSWERED)


def test_a_conversation_goes_on_under_a_new_time_limit():
    before = tell(picked_up(QUESTION), pressed("9"), Answered(EXTENSION))
    call = tell(forgotten(before), (UP, [limit(2)]), (HungUp(EXTENSION), hangs_up_both(2)))
    assert call.state is State.ENDING


def test_a_conversation_whose_callee_is_not_up_is_ended():
    before = tell(picked_up(QUESTION), pressed("9"), Answered(EXTENSION))
    tell(forgotten(before), (NOT_UP, hangs_up_both(2)))


def test_a_hanging_up_that_may_not_have_reached_the_switch_is_repeated():
    before = tell(picked_up(QUESTION), heard(1), pressed("1"), silence(3))
    tell(forgotten(before), (UP, hangs_up(3)), (elapsed(Timer.ENDING, 3), []))


@pytest.mark.parametrize("resumed", [UP, NOT_UP])
def test_a_repeated_hanging_up_remembers_the_extension(resumed):
    before = tell(picked_up(QUESTION), pressed("9"), Answered(EXTENSION), HungUp(EXTENSION))
    tell(forgotten(before), (resumed, hangs_up_both(2)))


def test_a_call_lost_in_its_ending_does_not_leave_the_extension_behind():
    before = tell(picked_up(QUESTION), pressed("9"), elapsed(Timer.RING, 2))
    call = tell(forgotten(before), (gone(lost=True), [HangUp(EXTENSION)]))
    assert (call.state, call.outcome) == (State.ENDED, Outcome.ANSWERED)


def test_a_call_lost_in_its_script_is_interrupted():
    call = tell(forgotten(picked_up(QUESTION)), (gone(lost=True), []))
    assert (call.state, call.outcome, call.ended_by, call.position) == (State.ENDED, Outcome.INTERRUPTED, None, None)


def test_a_conversation_that_was_lost_is_interrupted_and_frees_the_extension():
    before = tell(picked_up(QUESTION), pressed("9"), Answered(EXTENSION))
    assert tell(forgotten(before), (gone(lost=True), [HangUp(EXTENSION)])).outcome is Outcome.INTERRUPTED


def test_an_ended_call_is_not_taken_up_again():
    before = tell(picked_up(QUESTION), gone())
    assert tell(forgotten(before), (UP, []), (NOT_UP, [])) == before


def limit(turn: int) -> SetTimer:
    """The longest time of a call, begun in a turn."""
    return SetTimer(CALLEE, Timer.CALL_LIMIT, turn, LONGEST_CALL_SECONDS)
