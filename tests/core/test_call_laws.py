"""Laws of every call, whatever it lives through: it never falls over, never dials twice, always ends, stays ended.

The scripts are any that stay inside their own nodes, also such as a check would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.generated import HISTORIES, SYMBOLS, Moment, at_its_end, live, lived, plans
from core.stories import ATTEMPT, CALLEE, reserved
from outdial.core import commands
from outdial.core.call import IN_PROGRESS, TRANSITIONS, Call, Connection, ImpossibleTransition, State, step
from outdial.core.commands import CallCommand, Dial, RecordAnswer, SetTimer, Speak, StopRecording
from outdial.core.dialstring import check_dial_string
from outdial.core.events import HungUp, Placed, Resumed, Ringing, Timer, TimerElapsed
from outdial.core.ids import Channel
from outdial.core.outcome import Outcome
from outdial.core.script.interpreter import LONGEST_DIALOGUE_TURNS
from outdial.core.script.nodes import MOST_RECORDED_KEYS, Ask, Record, Script

MOST_TIMERS_TO_THE_END = 2 * LONGEST_DIALOGUE_TURNS + 10
"""Every turn of the script, then transfer, hanging up and what is left of the limits."""


@given(plans(), HISTORIES)
def test_nothing_that_happens_makes_a_call_fall_over(plan, history):
    for moment in lived(plan, history):
        assert isinstance(moment.after, Call)


@given(plans(), HISTORIES)
def test_every_change_of_state_is_in_the_table(plan, history):
    for moment in lived(plan, history):
        if moment.after.state is not moment.before.state:
            assert moment.after.state in TRANSITIONS[moment.before.state]


@given(plans(), HISTORIES, st.lists(SYMBOLS, min_size=1, max_size=10))
def test_an_ended_call_asks_nothing_and_never_changes(plan, history, later):
    call = run_out(at_its_end(plan, history))
    for symbol in later:
        assert step(call, live(call, symbol)) == (call, [])


@given(plans(), HISTORIES)
def test_when_all_timers_elapse_a_call_ends_with_an_outcome(plan, history):
    call, timers = Call(ATTEMPT, plan), dict[Timer, int]()
    for moment in lived(plan, history):
        call = moment.after
        if isinstance(moment.event, Resumed):
            timers.clear()  # they ran in the process that is gone
        running(timers, moment.asked)
    if call.state is State.RESERVED:
        call, asked = step(call, Placed(CALLEE))
        running(timers, asked)
    assert_it_ends(call, timers)


@given(plans(), HISTORIES, st.booleans())
def test_a_call_that_was_taken_up_again_in_any_state_ends_when_all_timers_elapse(plan, history, up):
    for call in {moment.after.state: moment.after for moment in lived(plan, history)}.values():
        resumed, asked = step(call, Resumed(CALLEE, up))
        timers = dict[Timer, int]()
        running(timers, asked)
        assert_it_ends(resumed, timers)


def assert_it_ends(call: Call, timers: dict[Timer, int]) -> None:
    """Let one timer after the other elapse until the call has ended."""
    for _ in range(MOST_TIMERS_TO_THE_END):
        if call.state is State.ENDED:
            break
        assert timers, f"a call that is {call.state} waits for nothing"
        timer = next(iter(timers))
        call, asked = step(call, TimerElapsed(CALLEE, timer, timers.pop(timer)))
        running(timers, asked)
    assert call.state is State.ENDED
    assert call.outcome is not None


@given(plans(), HISTORIES)
def test_an_outcome_is_known_as_soon_as_a_call_is_ending(plan, history):
    for moment in lived(plan, history):
        if moment.after.state in (State.ENDING, State.ENDED):
            assert moment.after.outcome is not None
        if moment.after.state is State.ENDED:
            assert moment.after.position is None


@given(plans(), HISTORIES)
def test_an_answered_call_ends_answered_or_interrupted(plan, history):
    answered = False
    for moment in lived(plan, history):
        answered = answered or moment.after.was_answered
        if answered and moment.after.state is State.ENDED:
            assert moment.after.outcome in (Outcome.ANSWERED, Outcome.MACHINE, Outcome.INTERRUPTED)


@given(plans(), HISTORIES)
def test_a_channel_is_dialled_again_only_after_its_end_and_only_what_may_be_dialled(plan, history):
    standing = set[Channel]()
    for moment in lived(plan, history):
        if isinstance(moment.event, HungUp):
            standing.discard(moment.event.channel)
        for command in moment.asked:
            if isinstance(command, Dial):
                assert command.channel not in standing
                assert check_dial_string(command.number) == command.number
                standing.add(command.channel)


@given(plans(), HISTORIES)
def test_the_callee_is_dialled_once_by_each_way(plan, history):
    dialled = [
        command
        for moment in lived(plan, history)
        for command in moment.asked
        if isinstance(command, Dial) and command.channel == CALLEE
    ]
    assert len(dialled) <= 1 + len(plan.detours)


@given(plans(), HISTORIES)
def test_whoever_is_rung_first_is_never_passed_over(plan, history):
    if plan.first is None:
        return
    for moment in lived(plan, history):
        for command in moment.asked:
            if isinstance(command, Dial) and command.channel == CALLEE:
                assert moment.after.connection is Connection.WAITING


@given(plans(), HISTORIES)
def test_only_a_choice_of_the_question_is_recorded_or_what_was_pressed_into_a_recording(plan, history):
    choices = {
        (node.name, choice.record, choice.keys, choice.label)
        for node in plan.script.nodes.values()
        if isinstance(node, Ask)
        for choice in node.choices
    }
    for moment in lived(plan, history):
        kept = [command for command in moment.asked if isinstance(command, RecordAnswer)]
        typed = _typed_into(moment)
        for answer in kept:
            chosen = (answer.question, answer.value, answer.keys, answer.label)
            assert chosen in choices or (answer.question, answer.value, answer.label) == typed
        assert moment.after.answers_given == moment.before.answers_given + len(kept)


def _typed_into(moment: Moment) -> tuple[str, str, str] | None:
    """The name, the keys and the label of the recording that a call was at before a step."""
    position = moment.before.position
    node = None if position is None else moment.before.plan.script.nodes[position.node]
    if position is None or not isinstance(node, Record):
        return None
    assert len(position.keys) <= MOST_RECORDED_KEYS
    return node.name, position.keys or node.without_keys, node.label


@given(plans(), HISTORIES)
def test_recordings_have_turns_of_their_own_and_each_is_told_to_end_before_the_next_one(plan, history):
    turns: list[int] = []
    running = 0
    for moment in lived(plan, history):
        for command in moment.asked:
            if isinstance(command, commands.Record):
                assert not running
                running = command.turn
                turns.append(command.turn)
            elif isinstance(command, StopRecording):
                assert command.turn == running
                running = 0
        running = 0 if moment.after.position is None else moment.after.position.recording
    assert turns == sorted(set(turns))


@given(plans(), HISTORIES)
def test_turns_never_fall_and_every_prompt_has_a_turn_of_its_own(plan, history):
    spoken: list[int] = []
    for moment in lived(plan, history):
        assert moment.after.turn >= moment.before.turn
        prompts = [command.turn for command in moment.asked if isinstance(command, Speak)]
        spoken += [turn for turn in prompts if turn != moment.before.hold_turn]  # music on hold goes round
        assert moment.after.position is None or moment.after.position.turn == moment.after.turn
    assert spoken == sorted(set(spoken))


@given(plans(), HISTORIES)
def test_a_position_is_there_exactly_while_the_script_runs_and_inside_it(plan, history):
    for moment in lived(plan, history):
        position = moment.after.position
        assert (position is not None) == (moment.after.state is State.IN_SCRIPT)
        assert position is None or position.node in plan.script.nodes


@given(plans(), HISTORIES)
def test_the_same_history_gives_the_same_call_and_nothing_is_taken_back(plan, history):
    moments = list(lived(plan, history))
    assert moments == list(lived(plan, history))
    for moment in moments:
        assert moment.after.goals[: len(moment.before.goals)] == moment.before.goals
        assert kept_plan(moment)


def kept_plan(moment: Moment) -> bool:
    """Whether a step left alone what was settled at reservation."""
    return moment.after.plan is moment.before.plan and moment.after.attempt == moment.before.attempt


def running(timers: dict[Timer, int], asked: list[CallCommand]) -> None:
    """Take the timers that were asked for over into those that run, in the order in which they will elapse.

    The order of elapsing is the worst one: the call's own limits last.
    """
    for command in asked:
        if isinstance(command, SetTimer):
            timers.pop(command.timer, None)
            timers[command.timer] = command.turn
    for last in (Timer.SILENT_LIMIT, Timer.CALL_LIMIT):
        if last in timers:
            timers[last] = timers.pop(last)


def run_out(call: Call) -> Call:
    """The call after the end of everything."""
    if call.state is State.RESERVED:
        call, _ = step(call, Placed(CALLEE))
    for _ in range(MOST_TIMERS_TO_THE_END):
        for timer in Timer:
            call, _ = step(call, TimerElapsed(CALLEE, timer, call.turn))
        if call.state is State.ENDED:
            break
    assert call.state is State.ENDED
    return call


# ------------------------------------------------------------------------------------------------ the table


def reachable(table: Mapping[State, frozenset[State]], start: State) -> set[State]:
    """The states that a table leads to."""
    seen, waiting = set[State](), [start]
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += table[state]
    return seen


def test_every_state_is_in_the_table_is_reached_and_reaches_the_end():
    assert set(TRANSITIONS) == set(State)
    assert reachable(TRANSITIONS, State.RESERVED) == set(State)
    for state in State:
        assert State.ENDED in reachable(TRANSITIONS, state)


def test_no_state_is_entered_twice_but_where_something_counts_or_a_time_runs_out():
    onward = dict(TRANSITIONS)
    onward[State.RINGING] -= {State.DIALLING}  # another way: the plan has so many
    onward[State.TRANSFERRING] -= {State.SEEKING}  # another extension: until nobody may wait any longer
    for state in State:
        assert all(state not in reachable(onward, after) for after in onward[state])


def test_only_an_ended_call_is_not_in_progress():
    assert set(State) - IN_PROGRESS == {State.ENDED}
    assert not TRANSITIONS[State.ENDED]


def test_a_step_outside_the_table_is_a_fault_of_ours(monkeypatch):
    monkeypatch.setitem(TRANSITIONS, State.DIALLING, frozenset({State.ENDED}))
    call, _ = step(reserved(Script("n", {})), Placed(CALLEE))
    with pytest.raises(ImpossibleTransition, match="dialling -> ringing"):
        step(call, Ringing(CALLEE))
