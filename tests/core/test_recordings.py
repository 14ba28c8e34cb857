"""Stories of callees whose words are kept in a file, with what they press meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.stories import (
    ATTEMPT,
    CALLEE,
    SPEECH,
    ask,
    failed,
    gone,
    hangs_up,
    heard,
    hushes,
    key,
    pressed,
    reserved,
    say,
    script,
    silence,
    speaks,
    tell,
    waits,
)
from outdial.core.call import Call, step
from outdial.core.commands import CallCommand, Record, RecordAnswer, StopRecording
from outdial.core.events import Answered, Placed, Recorded, Resumed
from outdial.core.outcome import Outcome
from outdial.core.script import nodes
from outdial.core.script.interpreter import KEEP_SECONDS, LONGEST_RECORDING_SECONDS
from outdial.core.script.nodes import MOST_RECORDED_KEYS

FOLDER = f"/data/recordings/{ATTEMPT[:2]}"


def placed(played: nodes.Script) -> Call:
    """A call that was placed in a house that keeps recordings."""
    call = reserved(played)
    return tell(replace(call, plan=replace(call.plan, recordings="/data/recordings")), Placed(CALLEE))


def answered(played: nodes.Script = SPEECH) -> Call:
    """A call that has just been answered."""
    return tell(placed(played), Answered(CALLEE))


def path(turn: int) -> Path:
    return Path(f"{FOLDER}/{ATTEMPT}-t{turn}.wav")


def recorded(turn: int, *, kept: bool = True) -> Recorded:
    """The switch has the file of this turn, or has nothing."""
    return Recorded(CALLEE, turn, path(turn) if kept else None, 4.0)


def listens(turn: int, longest: float = 210.0) -> list[CallCommand]:
    """The commands that keep what is said from this turn on."""
    return [Record(CALLEE, turn, path(turn), longest), *waits(turn, 10.0)]


def has_enough(turn: int, recording: int) -> list[CallCommand]:
    """The commands that end a recording."""
    return [StopRecording(CALLEE, recording), *waits(turn, KEEP_SECONDS)]


def keeps(value: str, file: Path | str) -> list[CallCommand]:
    return [RecordAnswer(CALLEE, "flat", value, str(file), "your flat")]


def thanks(turn: int) -> Sequence[CallCommand]:
    return speaks(turn, "thanks")


def test_words_are_kept_from_the_prompts_end_until_nothing_was_pressed_for_a_while() -> None:
    call = tell(
        answered(),
        (heard(1), listens(2)),
        (silence(2), has_enough(3, 2)),
        (recorded(2), [*keeps("-", path(2)), *thanks(4)]),
    )
    assert call.answers_given == 1


def test_each_key_begins_the_time_anew_and_the_end_key_is_not_typed() -> None:
    tell(
        answered(),
        heard(1),
        (pressed("4"), waits(3, 10.0)),
        (silence(2), []),
        (pressed("*"), waits(4, 10.0)),
        (pressed("2"), waits(5, 10.0)),
        (pressed("#"), has_enough(6, 2)),
        (pressed("9"), []),
        (recorded(2), [*keeps("4*2", path(2)), *thanks(7)]),
    )


def test_no_more_keys_are_taken_than_there_is_room_for() -> None:
    call = tell(answered(), heard(1), *[pressed("7") for _ in range(MOST_RECORDED_KEYS - 1)])
    tell(call, (pressed("8"), has_enough(22, 2)), (recorded(2), [*keeps("7" * 19 + "8", path(2)), *thanks(23)]))


def test_a_key_cuts_the_prompt_short_and_is_the_first_one_typed() -> None:
    call = tell(answered(), (pressed("4"), [*hushes(1), *listens(2)]), (heard(1), []))
    tell(call, pressed("#"), (recorded(2), [*keeps("4", path(2)), *thanks(4)]))


def test_the_end_key_before_the_recording_leaves_an_answer_without_one() -> None:
    tell(answered(), (pressed("#"), [*hushes(1), *keeps("-", ""), *thanks(2)]))


def test_a_prompt_that_cannot_be_made_is_passed_over() -> None:
    tell(answered(), (failed(1), listens(2)))


def test_a_prompt_whose_end_is_never_reported_is_passed_over() -> None:
    tell(answered(), (silence(1), listens(2)))


def test_a_switch_that_kept_nothing_leaves_an_answer_without_a_recording() -> None:
    tell(answered(), heard(1), pressed("5"), pressed("#"), (recorded(2, kept=False), [*keeps("5", ""), *thanks(5)]))


def test_a_recording_that_ends_by_itself_leaves_the_time_for_keys() -> None:
    call = tell(answered(), heard(1), (recorded(2), []), (pressed("5"), waits(3, 10.0)))
    tell(call, (silence(3), [*keeps("5", path(2)), *thanks(4)]))
    tell(answered(), heard(1), (recorded(2, kept=False), []), (silence(2), [*keeps("-", ""), *thanks(3)]))


def test_a_file_that_is_never_reported_is_taken_to_be_there() -> None:
    call = tell(answered(), heard(1), silence(2), (silence(3), [*keeps("-", path(2)), *thanks(4)]))
    tell(call, (recorded(2), []), (heard(4), hangs_up(4)))


def test_news_of_another_recording_changes_nothing() -> None:
    tell(
        answered(),
        heard(1),
        (recorded(1), []),
        silence(2),
        (recorded(3), []),
        (recorded(2), [*keeps("-", path(2)), *thanks(4)]),
    )


def test_whoever_hangs_up_while_being_recorded_gave_no_answer() -> None:
    call = tell(answered(), heard(1), pressed("4"), (gone(), []))
    assert (call.outcome, call.answers_given) == (Outcome.ANSWERED, 0)


@pytest.mark.parametrize("before", [[heard(1), pressed("4")], [heard(1), silence(2)]], ids=["recording", "keeping"])
def test_after_a_restart_the_callee_is_asked_anew_and_the_former_recording_ends(before: list[object]) -> None:
    call = tell(answered(), *before)  # type: ignore[arg-type]
    asked_anew = [StopRecording(CALLEE, 2), *speaks(4, "number and name?")]
    resumed, asked = step(call, Resumed(CALLEE, up=True))
    assert asked[1:] == asked_anew
    tell(resumed, (recorded(2), []), (heard(4), listens(5)), (silence(5), has_enough(6, 5)))


def test_two_recordings_of_a_call_are_two_files() -> None:
    twice = script("q", q=ask("q?", key("1", None, "speak")), speak=nodes.Record("flat", say("who?").prompt, "q", 10.0))
    call = tell(answered(twice), pressed("1"), heard(2), pressed("#"), recorded(3))
    tell(call, pressed("1"), (heard(6), listens(7)))


def test_where_nothing_is_to_be_said_the_recording_begins_at_once() -> None:
    at_once = script("speak", speak=nodes.Record("flat", (), "thanks", 10.0, "-", "your flat"), thanks=say("thanks"))
    call, asked = step(placed(at_once), Answered(CALLEE))
    assert asked[1:] == listens(1)
    tell(call, (silence(1), has_enough(2, 1)), (recorded(1), [*keeps("-", path(1)), *thanks(3)]))


def test_a_recording_has_a_longest_time() -> None:
    patient = script("speak", speak=nodes.Record("flat", say("who?").prompt, None, 3600.0))
    tell(
        answered(patient),
        (failed(1), [Record(CALLEE, 2, path(2), LONGEST_RECORDING_SECONDS), *waits(2, 3600.0)]),
    )
