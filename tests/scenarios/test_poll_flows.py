"""What a callee goes through in a poll, point by point of the module's own flow, on the sandbox and over real SIP.

The id of a story is the point that it shows: 1 the entry, 2 keys, 3 wrong keys and silence, 4 the actions and where they
lead, 5 rows, 6 how it ends, 7 defPress, 8 prompts that cannot be made, 9 placeholders, 10 confirmation. What takes a minute
or more is in `test_waits.py`; the CRM and what a recording keeps are in `test_poll_actions.py`.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import ANY

import pytest

from scenarios.conftest import Floor
from scenarios.polls import SILENT, YES, ask, key, number, to
from scenarios.server import until
from scenarios.test_polls import answers

PASSED = ("SUCCESS_POLLING", "EVENT_POLLING_END")
NOT_PASSED = ("FAIL_POLLING", "endCall")
UNKNOWN_POLL = "987654321"
SOUND, GONE = "flows.wav", "flows-gone.wav"
SOUND_SECONDS = 1


@dataclass(frozen=True)
class Story:
    """A poll, who is called, and what comes of it. A poll of None does not exist."""

    questions: list[dict[str, Any]] | None
    callee: str
    end: tuple[str, str]
    rows: list[tuple[str, Any, str]] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    rings: str = ""
    """The extension that is rung after the callee."""


END = ask("end", key("1", value="fine"))
STORIES = {
    "1_the_first_of_the_array_is_asked_first": Story(
        [ask("b", key("1", value="first")), ask("a", key("1", value="second"))],
        number("01", 1),
        PASSED,
        [("b", "1", "first")],
    ),
    "2_a_longer_entry_is_waited_for_and_the_shorter_taken": Story(
        [ask("q", key("1", value="short"), key("12", value="long"))], number("01", 1), PASSED, [("q", "1", "short")]
    ),
    "2_a_star_is_a_key": Story(
        [ask("q", key("*", value="star"), defPress="*", timeout=1)], SILENT, PASSED, [("q", "*", "star")]
    ),
    "3_the_third_play_still_counts": Story([ask("q", YES)], number("01", 991), PASSED, [("q", "1", "yes")]),
    "3_after_three_wrong_keys_it_is_over": Story([ask("q", YES)], number("01", 9991), NOT_PASSED),
    "3_each_question_has_plays_of_its_own": Story(
        [ask("1", key("1", value="yes", **to("2"))), ask("2", key("3", value="three"))],
        number("01", 91993),
        PASSED,
        [("1", "1", "yes"), ("2", "3", "three")],
    ),
    "3_silence_is_asked_again_and_given_up": Story([ask("q", YES, timeout=1)], SILENT, NOT_PASSED),
    "4_answer_leads_on": Story(
        [ask("1", key("1", value="yes", **to("end"))), END],
        number("01", 11),
        PASSED,
        [("1", "1", "yes"), ("end", "1", "fine")],
    ),
    "4_answer_without_a_value_is_a_dash": Story(
        [ask("q", key("1", value=""))], number("01", 1), PASSED, [("q", "1", "-")]
    ),
    "4_playback_of_a_text_leads_on": Story(
        [ask("1", key("2", "playback", "Thank you.", valueOptions="text", **to("end"))), END],
        number("01", 21),
        PASSED,
        [("1", "2", "2"), ("end", "1", "fine")],
    ),
    "4_playback_of_a_file_leads_on": Story(
        [ask("1", key("2", "playback", SOUND, valueOptions="file", **to("end")), questionFile=SOUND), END],
        number("01", 21),
        PASSED,
        [("1", "2", "2"), ("end", "1", "fine")],
    ),
    "4_playback_of_a_missing_file_is_silence": Story(
        [ask("1", key("2", "playback", "/nowhere/a.wav", valueOptions="file", **to("end"))), END],
        number("01", 21),
        PASSED,
        [("1", "2", "2"), ("end", "1", "fine")],
    ),
    "4_dial_is_the_end_and_leads_to_the_extension_only": Story(
        [ask("1", key("1", "dial", "106", **to("end"))), END],
        number("01", 11),
        PASSED,
        [("1", "1", "106")],
        rings="106",
    ),
    "4_no_action_records_nothing_and_leads_on": Story(
        [ask("1", key("1", "", "lost", **to("end"))), END], number("01", 11), PASSED, [("end", "1", "fine")]
    ),
    "4_an_unknown_action_records_nothing_and_ends": Story([ask("q", key("1", "jump", "x"))], number("01", 1), PASSED),
    "4_a_recording_leads_on": Story(
        [ask("1", key("1", "playback_record", "Ваш номер?", valueOptions="3", **to("end"))), END],
        number("01", 17),
        NOT_PASSED,
        [("1", ANY, "7")],
    ),
    "4_a_recording_without_keys_is_a_dash": Story(
        [ask("q", key("1", "playback_record", "Говорите", valueOptions="2"))],
        number("01", 1),
        PASSED,
        [("q", ANY, "-")],
    ),
    "4_restart_begins_again_and_rows_add_up": Story(
        [ask("1", key("1", value="yes", **to("2")), key("3", value="enough")), ask("2", key("2", "restart"))],
        number("01", 123),
        PASSED,
        [("1", "1", "yes"), ("2", "2", "-"), ("1", "3", "enough")],
    ),
    "4_an_unknown_next_question_is_the_end": Story(
        [ask("q", key("1", value="yes", **to("nowhere")))], number("01", 11), PASSED, [("q", "1", "yes")]
    ),
    "4_question_0_may_be_next": Story(
        [ask("", key("1", value="again", **to("0")), key("2", value="enough"))],
        number("01", 12),
        PASSED,
        [("0", "1", "again"), ("0", "2", "enough")],
    ),
    "4_the_question_says_what_is_next_where_the_key_does_not": Story(
        [ask("1", YES, **to("end")), END], number("01", 11), PASSED, [("1", "1", "yes"), ("end", "1", "fine")]
    ),
    "6_hanging_up_midway_keeps_answers": Story(
        [ask("1", key("1", value="kept", **to("2")), questionText="", defPress="1"), ask("2", YES, timeout=60)],
        number("02", 4),
        NOT_PASSED,
        [("1", "1", "kept")],
    ),
    "6_silence_after_an_answer_keeps_it": Story(
        [ask("1", key("1", value="kept", **to("2"))), ask("2", YES, timeout=1)],
        number("01", 1),
        NOT_PASSED,
        [("1", "1", "kept")],
    ),
    "7_defpress_chains_prompts": Story(
        [ask("1", key("1", value="on", **to("end")), questionText="", defPress="1"), END],
        number("01", 1),
        PASSED,
        [("1", "1", "on"), ("end", "1", "fine")],
    ),
    "7_silence_takes_defpress": Story(
        [ask("q", YES, key("2", value="no"), defPress="2", timeout=1)], SILENT, PASSED, [("q", "2", "no")]
    ),
    "7_defpress_of_several_keys": Story(
        [ask("q", YES, key("12", value="both"), defPress="12", timeout=1)], SILENT, PASSED, [("q", "12", "both")]
    ),
    "7_defpress_that_is_no_key_is_none": Story([ask("q", YES, defPress="7", timeout=1)], SILENT, NOT_PASSED),
    "8_a_prompt_without_words_drops_the_call": Story([ask("q", YES, questionText="")], number("01", 1), NOT_PASSED),
    "8_a_sound_that_was_deleted_drops_the_call": Story([ask("q", YES, questionFile=GONE)], number("01", 1), NOT_PASSED),
    "8_a_poll_without_questions_hangs_up": Story([], number("01", 1), NOT_PASSED),
    "8_an_unknown_poll_is_not_dialled": Story(None, number("01", 1), ("FAIL", "failedOriginate")),
    "9_a_placeholder_is_spoken": Story(
        [ask("q", YES, questionText="<greeting>")],
        number("01", 1),
        PASSED,
        [("q", "1", "yes")],
        params={"greeting": "Good afternoon"},
    ),
    "9_a_placeholder_without_a_value_is_not": Story(
        [ask("q", YES, questionText="<greeting>")], number("01", 1), NOT_PASSED, params={"name": "Ivan"}
    ),
    "10_a_confirmation_takes_its_defpress": Story(
        [ask("1", key("1", value="sure", **to("end")), type="confirmation", defPress="1"), END],
        number("01", 1),
        PASSED,
        [("1", "1", "sure"), ("end", "1", "fine")],
    ),
}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, tuple[str, str]]]:
    """Filled by the first test that needs it: for each switch and story its task and phone. They run side by side."""
    return {}


@pytest.mark.parametrize("name", STORIES)
def test_what_a_callee_goes_through(floor: Floor, told: dict[str, dict[str, tuple[str, str]]], name: str) -> None:
    if floor.switch not in told:
        told[floor.switch] = begin(floor)
    story = STORIES[name]
    id, phone = told[floor.switch][name]
    task = floor.server.finished(id, seconds=90)
    (row,) = task["results"]
    assert (row["phone"], row["result"], row["state"]) == (phone, *story.end)
    assert (row["outDialState"], row["inDialState"]) == (None, None)
    assert (row["cause"] is None) == (row["state"] != "endCall")
    assert row["closeTime"] == row["changeTime"] != "0"
    assert answers(task, phone) == story.rows
    for answer in task["resultsPoling"]:
        assert (answer["taskId"], answer["pollingId"], answer["phoneId"]) == (id, task["innerNum"], row["phoneId"])
        assert answer["linkedId"] == row["linkedId"]
        assert float(answer["changeTime"]) < int(row["closeTime"]) + 1
    assert floor.dialled().count(phone) == (story.questions is not None)
    if story.rings:
        until(lambda: story.rings in floor.dialled()[floor.dialled().index(phone) :], "the extension is rung")


def begin(floor: Floor) -> dict[str, tuple[str, str]]:
    """Post every story's poll and task, each with a phone of its own."""
    for sound in (SOUND, GONE):
        upload(floor, sound)
    begun = {}
    for index, (name, story) in enumerate(STORIES.items(), start=30):
        poll = UNKNOWN_POLL
        if story.questions is not None:
            poll = floor.server.data("POST", "/polling", {"questions": story.questions})["id"]
        phone = f"{index}{story.callee}"
        listed = [{"number": phone, "params": story.params}]
        begun[name] = poll, phone, listed
    floor.server.data("DELETE", f"/audio/{GONE}")
    tasks = {}
    for name, (poll, phone, listed) in begun.items():
        body = {"name": name, "innerNum": poll, "innerNumType": "polling", "numbers": listed}
        tasks[name] = floor.server.data("POST", "/task", body)["id"], phone
    return tasks


def upload(floor: Floor, name: str) -> None:
    """A sound that can be heard: noise, because a telephone may take a tone for something else."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        samples = ((index * 7919) % 16000 - 8000 for index in range(8000 * SOUND_SECONDS))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = head + made.getvalue() + b"\r\n--edge--\r\n"
    answer = floor.server.ask("POST", "/audio", body, {"Content-Type": "multipart/form-data; boundary=edge"})
    assert answer["result"] is True, answer
