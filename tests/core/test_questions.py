"""Stories of what callees hear, press and leave unsaid; an answer counts from the press, before anything
more is played."""

from __future__ import annotations

import pytest

from core.stories import (
    CALLEE,
    ask,
    dialling,
    elapsed,
    failed,
    gone,
    hangs_up,
    heard,
    hushes,
    key,
    picked_up,
    pressed,
    records,
    say,
    script,
    silence,
    speaks,
    tell,
    waits,
)
from outdial.core.call import Party, State, step
from outdial.core.commands import SetTimer
from outdial.core.events import Answered, KeyPressed, PromptEnded, Timer
from outdial.core.outcome import Outcome
from outdial.core.script.interpreter import BETWEEN_KEYS_SECONDS, LONGEST_DIALOGUE_TURNS
from outdial.core.script.nodes import Goal, HangUp, Script

YES_NO = script(
    "ask",
    ask=ask("yes or no?", key("1", "yes", "thanks"), key("2", "no", "reached")),
    thanks=say("thanks", "reached"),
    reached=Goal("done", None),
)


def asked_at_answer(script: Script, *, strip: bool = True) -> list[object]:
    """What the answer asks for; `strip` leaves the limits of the whole call out."""
    limits = (Timer.CALL_LIMIT, Timer.SILENT_LIMIT)
    _, asked = step(dialling(script), Answered(CALLEE))
    return [c for c in asked if not (strip and isinstance(c, SetTimer) and c.timer in limits)]


def test_a_poll_answered_after_its_prompt_records_at_the_press_and_then_confirms():
    call = tell(
        picked_up(YES_NO),
        (heard(1), waits(2)),
        (pressed("1"), [*records("yes", "1"), *speaks(3, "thanks")]),
        (heard(3), hangs_up(3)),
    )
    assert (call.state, call.goals, call.answers_given, call.position) == (State.ENDING, ("done",), 1, None)
    call = tell(call, (gone(), []))
    assert (call.state, call.outcome, call.ended_by) == (State.ENDED, Outcome.ANSWERED, Party.OUTDIAL)


def test_an_answer_given_counts_although_the_callee_hangs_up_during_the_thanks():
    call = tell(picked_up(YES_NO), heard(1), pressed("1"), (gone(), []))
    assert (call.outcome, call.ended_by, call.goals, call.answers_given) == (Outcome.ANSWERED, Party.CALLEE, (), 1)


def test_a_key_cuts_the_prompt_short_and_counts_at_once():
    tell(picked_up(YES_NO), (pressed("2"), [*hushes(1), *records("no", "2"), *hangs_up(1)]))


def test_the_end_of_a_stopped_prompt_is_too_late_to_matter():
    call = tell(picked_up(YES_NO), pressed("1"), (heard(1), []), (failed(1), []), (silence(1), []))
    assert call.position is not None
    assert (call.position.node, call.position.turn) == ("thanks", 2)


def test_the_timer_of_a_wait_that_a_key_ended_is_too_late_to_matter():
    tell(picked_up(YES_NO), heard(1), pressed("1"), (silence(2), []))


def test_a_prompt_that_is_reported_twice_begins_one_wait():
    call = tell(picked_up(YES_NO), heard(1), (heard(1), []))
    tell(call, (heard(2), []))


def test_a_wrong_key_plays_the_question_again():
    tell(
        picked_up(YES_NO),
        (pressed("9"), [*hushes(1), *speaks(2, "yes or no?")]),
        heard(2),
        (pressed("#"), speaks(4, "yes or no?")),
        (pressed("A"), [*hushes(4), *hangs_up(4)]),
    )


def test_wrong_keys_and_silence_share_the_plays():
    tell(
        picked_up(YES_NO),
        pressed("9"),
        heard(2),
        (silence(3), speaks(4, "yes or no?")),
        heard(4),
        (silence(5), hangs_up(5)),
    )


def test_silence_plays_a_question_three_times_and_then_ends():
    call = tell(
        picked_up(YES_NO),
        (heard(1), waits(2)),
        (silence(2), speaks(3, "yes or no?")),
        (heard(3), waits(4)),
        (silence(4), speaks(5, "yes or no?")),
        (heard(5), waits(6)),
        (silence(6), hangs_up(6)),
        (gone(), []),
    )
    assert (call.outcome, call.goals, call.answers_given) == (Outcome.ANSWERED, (), 0)


def test_a_question_that_was_left_has_all_its_plays_again_when_it_is_asked_again():
    round_trip = script("q", q=ask("q?", key("1", None, "q"), plays=2))
    tell(
        picked_up(round_trip),
        heard(1),
        (silence(2), speaks(3, "q?")),
        (pressed("1"), [*hushes(3), *speaks(4, "q?")]),
        heard(4),
        (silence(5), speaks(6, "q?")),
    )


def test_exhaustion_goes_where_the_question_says():
    sorry = script("q", q=ask("q?", key("1"), plays=1, exhausted="sorry"), sorry=say("sorry"))
    tell(picked_up(sorry), heard(1), (silence(2), speaks(3, "sorry")), (heard(3), hangs_up(3)))


def test_silence_takes_the_default_keys_as_if_they_were_pressed():
    tell(
        picked_up(script("q", q=ask("q?", key("1", "yes"), default_keys="1"))),
        heard(1),
        (silence(2), [*records("yes", "1"), *hangs_up(2)]),
    )


def test_default_keys_that_are_no_choice_are_silence():
    tell(picked_up(script("q", q=ask("q?", key("1"), default_keys="5"))), heard(1), (silence(2), speaks(3, "q?")))


def test_a_question_without_a_prompt_takes_its_default_keys_at_once():
    chain = script(
        "one",
        one=ask("", key("1", "first", "two"), default_keys="1"),
        two=ask("", key("*", "second", "bye"), default_keys="*"),
        bye=say("bye"),
    )
    asked = asked_at_answer(chain)
    assert asked == [*records("first", "1"), *records("second", "*"), *speaks(1, "bye")]


def test_a_question_without_a_prompt_and_without_default_keys_waits_for_keys():
    quiet = script("q", q=ask("", key("1", "yes")))
    assert asked_at_answer(quiet) == speaks(1, "")
    tell(picked_up(quiet), (heard(1), waits(2)), (pressed("1"), [*records("yes", "1"), *hangs_up(2)]))


LONG = script("q", q=ask("q?", key("1", "one"), key("12", "twelve"), key("345", "long")))


def test_a_key_that_begins_a_longer_choice_waits_a_little_and_then_counts():
    tell(
        picked_up(LONG),
        (pressed("1"), [*hushes(1), *waits(2, BETWEEN_KEYS_SECONDS)]),
        (heard(1), []),
        (silence(2), [*records("one", "1"), *hangs_up(2)]),
    )


def test_a_longer_choice_counts_with_its_last_key():
    tell(
        picked_up(LONG),
        heard(1),
        (pressed("1"), waits(3, BETWEEN_KEYS_SECONDS)),
        (pressed("2"), [*records("twelve", "12"), *hangs_up(3)]),
    )


def test_each_key_of_a_long_entry_gives_the_whole_wait_again():
    tell(
        picked_up(LONG),
        heard(1),
        (pressed("3"), waits(3)),
        (silence(2), []),
        (pressed("4"), waits(4)),
        (silence(3), []),
    )


def test_an_unfinished_entry_is_forgotten_when_the_question_is_played_again():
    call = tell(picked_up(LONG), heard(1), pressed("3"), pressed("4"), (silence(4), speaks(5, "q?")))
    tell(call, (pressed("5"), [*hushes(5), *speaks(6, "q?")]))


def test_a_wrong_continuation_is_a_wrong_entry_although_it_began_with_a_choice():
    tell(picked_up(LONG), heard(1), pressed("1"), (pressed("9"), speaks(4, "q?")))


def test_star_and_hash_are_keys_like_others():
    signs = script("q", q=ask("q?", key("*", "star"), key("#1", "hash one")))
    tell(picked_up(signs), heard(1), (pressed("*"), [*records("star", "*"), *hangs_up(2)]))
    tell(picked_up(signs), heard(1), pressed("#"), (pressed("1"), [*records("hash one", "#1"), *hangs_up(3)]))


def test_the_first_of_two_choices_with_the_same_keys_counts():
    tell(
        picked_up(script("q", q=ask("q?", key("1", "a"), key("1", "b")))),
        (pressed("1"), [*hushes(1), *records("a", "1"), *hangs_up(1)]),
    )


def test_keys_pressed_while_something_is_said_are_not_heard():
    spoken = script("hello", hello=say("hello", "q"), q=ask("q?", key("1", "yes")))
    tell(picked_up(spoken), (pressed("1"), []), (heard(1), speaks(2, "q?")), (heard(2), waits(3)))


def test_a_choice_that_records_nothing_is_no_answer():
    call = tell(picked_up(script("q", q=ask("q?", key("1")))), heard(1), (pressed("1"), hangs_up(2)))
    assert call.answers_given == 0


def test_a_prompt_that_cannot_be_made_ends_the_call_at_a_question():
    call = tell(picked_up(YES_NO), (failed(1), hangs_up(1)), (gone(), []))
    assert (call.outcome, call.goals) == (Outcome.ANSWERED, ())


def test_a_prompt_that_cannot_be_made_is_passed_over_when_it_only_tells():
    told = script("a", a=say("a", "b"), b=say("b"))
    tell(picked_up(told), (failed(1), speaks(2, "b")), (failed(2), hangs_up(2)))


def test_a_prompt_whose_end_is_never_reported_counts_as_heard():
    tell(picked_up(YES_NO), (silence(1), waits(2)))
    tell(picked_up(script("a", a=say("a", "b"), b=say("b"))), (silence(1), speaks(2, "b")))


def test_keys_and_prompts_of_another_leg_are_not_the_callees():
    call = picked_up(YES_NO)
    assert tell(call, (KeyPressed(call.second_channel, "1"), []), (PromptEnded(call.second_channel, 1), [])) == call


# --------------------------------------------------------------------------------------------- silent limit

LIMITED = Script("one", {"one": ask("one?", key("1", "a", "two")), "two": ask("two?", key("1", "b"))}, 120.0)


def test_a_callee_who_answers_nothing_until_the_silent_limit_is_hung_up():
    assert SetTimer(CALLEE, Timer.SILENT_LIMIT, 0, 120.0) in asked_at_answer(LIMITED, strip=False)
    call = tell(picked_up(LIMITED), (elapsed(Timer.SILENT_LIMIT), [*hushes(1), *hangs_up(1)]), (heard(1), []))
    assert (call.state, call.outcome, call.position) == (State.ENDING, Outcome.ANSWERED, None)


def test_a_wrong_key_is_no_answer_to_the_silent_limit():
    tell(picked_up(LIMITED), pressed("5"), (elapsed(Timer.SILENT_LIMIT), [*hushes(2), *hangs_up(2)]))


def test_the_first_answer_lifts_the_silent_limit():
    call = tell(picked_up(LIMITED), pressed("1"), (elapsed(Timer.SILENT_LIMIT), []))
    assert call.state is State.IN_SCRIPT


# -------------------------------------------------------------------------------------------------- circles


def test_a_circle_of_goals_ends():
    call = picked_up(script("a", a=Goal("a", "b"), b=Goal("b", "a")))
    assert call.state is State.ENDING
    assert set(call.goals) == {"a", "b"}


def test_a_circle_of_questions_that_answer_themselves_ends():
    empty = ask("", key("1", "x", "a"), default_keys="1")
    assert picked_up(script("a", a=empty)).state is State.ENDING


@pytest.mark.parametrize(
    "circle",
    [
        ask("q?", key("1", "x", "q"), default_keys="1"),
        ask("q?", key("1"), plays=1, exhausted="q"),
        say("again", "q"),
    ],
)
def test_a_circle_of_silence_ends_by_itself(circle):
    call = picked_up(script("q", q=circle))
    for _ in range(LONGEST_DIALOGUE_TURNS + 1):
        call = tell(call, heard(call.turn), silence(call.turn))
    assert call.state is State.ENDING


def test_a_circle_of_prompts_that_fail_ends_by_itself():
    call = picked_up(script("a", a=say("a", "b"), b=ask("", key("1", "x", "a"), default_keys="1")))
    for _ in range(LONGEST_DIALOGUE_TURNS + 1):
        call = tell(call, failed(call.turn))
    assert call.state is State.ENDING


def test_a_script_may_hang_up_at_once():
    call = picked_up(script("end", end=HangUp()))
    assert (call.state, call.outcome) == (State.ENDING, Outcome.ANSWERED)


def test_an_ended_call_hears_nothing():
    ended = tell(picked_up(YES_NO), gone())
    assert tell(ended, (pressed("1"), []), (heard(1), []), (gone(486), []), (elapsed(Timer.ENDING), [])) == ended
