"""What becomes of a poll: the nodes of its script, and where each key leads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from outdial.api.mikopbx import requests
from outdial.api.mikopbx.polls import compile_poll, references, spoken
from outdial.core.prompt import Kind, Recording, Slot, Text, Words, fill
from outdial.core.script.check import faults
from outdial.core.script.nodes import Ask, Choice, Goal, HangUp, Record, Request, Say, Script, Transfer


def compiled(*questions: dict[str, Any], recordings: dict[str, str] | None = None) -> Script:
    sent = requests.poll(json.dumps({"questions": questions}).encode(), "ru-RU")
    script = compile_poll(sent.questions, recordings or {})
    assert faults(script) == []
    return script


def ask(script: Script, at: str = "question 0") -> Ask:
    node = script.nodes[at]
    assert isinstance(node, Ask)
    return node


def question(*press: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"questionText": "Да?", "press": list(press), **members}


def test_every_question_is_asked_three_times_and_listens_five_seconds() -> None:
    script = compiled(question({"key": "1", "action": "answer", "value": "yes"}))
    assert script.silent_limit_seconds == 120.0
    assert ask(script) == Ask(
        name="0",
        prompt=(Text(("Да?",), "ru-RU"),),
        choices=(Choice("1", "yes", "completed"),),
        wait_seconds=5.0,
        plays=3,
    )
    assert script.nodes["completed"] == Goal("completed", "end")
    assert script.nodes["end"] == HangUp()


@pytest.mark.parametrize(
    ("press", "recorded"),
    [
        ({"key": "1", "action": "answer", "value": "yes"}, "yes"),
        ({"key": "1", "action": "answer", "value": ""}, "-"),
        ({"key": "1", "action": "answer"}, "-"),
        ({"key": "1", "action": "answer", "value": 5}, "5"),
        ({"key": "1", "action": "playback", "value": "Спасибо", "valueOptions": "text"}, "1"),
        ({"key": 1, "action": "playback"}, "1"),
        ({"key": "1", "action": "dial", "value": "204"}, "204"),
        ({"key": "1", "action": "restart"}, "-"),
        ({"key": "1", "action": ""}, None),
        ({"key": "1"}, None),
        ({"key": "1", "action": "jump", "value": "x"}, None),
        ({"key": "1", "action": "playback_record", "value": "Скажите"}, None),
        ({"key": "4", "action": "send_crm", "value": "x"}, "4"),
    ],
)
def test_what_a_press_records(press: dict[str, Any], recorded: str | None) -> None:
    assert ask(compiled(question(press))).choices[0].record == recorded


def test_a_playback_is_heard_before_the_poll_counts_as_done() -> None:
    press = {"key": "1", "action": "playback", "value": '"Спасибо"', "valueOptions": "text"}
    script = compiled(question(press, lang="kk-KZ"))
    (choice,) = ask(script).choices
    assert script.nodes[choice.next or ""] == Say((Text(('"Спасибо"',), "kk-KZ"),), "completed")


def test_a_dial_counts_as_done_and_then_rings_the_extension() -> None:
    script = compiled(question({"key": "1", "action": "dial", "value": "204", "nextQuestion": "0"}))
    (choice,) = ask(script).choices
    goal = script.nodes[choice.next or ""]
    assert isinstance(goal, Goal)
    assert goal.name == "completed"
    assert script.nodes[goal.next or ""] == Transfer("204")


@pytest.mark.parametrize("extension", ["", "boss", "204&205", None])
def test_an_extension_that_nobody_can_dial_ends_the_poll(extension: str | None) -> None:
    script = compiled(question({"key": "1", "action": "dial", "value": extension}))
    assert ask(script).choices[0].next == "completed"


def test_sounds_win_over_words_when_they_exist() -> None:
    asked = question({"key": "1", "action": "playback", "value": "bye.wav"}, questionFile="/data/audio/ab.wav")
    script = compiled(asked, recordings={"/data/audio/ab.wav": "hello.mp3", "bye.wav": "bye.wav"})
    assert ask(script).prompt == (Recording("hello.mp3"),)
    assert script.nodes["question 0 key 1"] == Say((Recording("bye.wav"),), "completed")
    silent = compiled(asked)
    assert ask(silent).prompt == (Text(("Да?",), "ru-RU"),)
    assert ask(silent).choices[0].next == "completed"


def test_sounds_that_a_poll_names() -> None:
    presses = [
        {"key": "1", "action": "playback", "value": "a.wav"},
        {"key": "2", "action": "playback", "value": "words", "valueOptions": "text"},
        {"key": "3", "action": "answer", "value": "b.wav"},
        {"key": "4", "action": "playback"},
    ]
    sent = requests.poll(json.dumps({"questions": [question(*presses, questionFile="q.mp3")]}).encode(), "ru-RU")
    assert references(sent.questions) == {"a.wav", "q.mp3"}


@pytest.mark.parametrize(
    ("first", "press", "target"),
    [
        ({}, {"nextQuestion": "b"}, "question 1"),
        ({}, {"nextQuestion": ""}, "completed"),
        ({}, {}, "completed"),
        ({}, {"nextQuestion": "nowhere"}, "completed"),
        ({"nextQuestion": "b"}, {}, "question 1"),
        ({"nextQuestion": "b"}, {"nextQuestion": None}, "question 1"),
        ({"nextQuestion": "b"}, {"nextQuestion": ""}, "completed"),
        ({"nextQuestion": "nowhere"}, {}, "completed"),
        ({}, {"nextQuestion": "0"}, "question 0"),
        ({}, {"nextQuestion": 0}, "question 0"),
    ],
)
def test_where_a_press_leads(first: dict[str, Any], press: dict[str, Any], target: str) -> None:
    leading = question({"key": "1", "action": "answer", "value": "x", **press}, **first)
    assert ask(compiled(leading, question(questionId="b"))).choices[0].next == target


@pytest.mark.parametrize(
    ("given", "name"), [({}, "1"), ({"questionId": "0"}, "1"), ({"questionId": 0}, "1"), ({"questionId": "q"}, "q")]
)
def test_names_of_questions(given: dict[str, Any], name: str) -> None:
    first = question({"key": "1", "action": "", "nextQuestion": name})
    assert ask(compiled(first, question(**given)), "question 1").name == name


def test_questions_that_nobody_leads_to_are_left_out() -> None:
    assert set(compiled(question(), question(), question()).nodes) == {"question 0"}


def test_keys_that_no_telephone_has_are_never_matched() -> None:
    keys = ["1", "12", "*#", "A", "", None, "1 ", "1"]
    presses = [{"key": key, "action": "answer", "value": str(at)} for at, key in enumerate(keys)]
    choices = ask(compiled(question(*presses))).choices
    assert [(choice.keys, choice.record) for choice in choices] == [("1", "0"), ("12", "1"), ("*#", "2")]


@pytest.mark.parametrize(
    ("given", "seconds"), [(None, 5.0), ("", 5.0), (0, 5.0), (-3, 5.0), ("12", 12.0), (7, 7.0), (99999, 3600.0)]
)
def test_timeout(given: Any, seconds: float) -> None:
    assert ask(compiled(question(timeout=given))).wait_seconds == seconds


def test_default_press() -> None:
    press = {"key": "2", "action": "answer", "value": "x"}
    assert ask(compiled(question(press, defPress=2))).default_keys == "2"
    assert ask(compiled(question(press, defPress="3"))).default_keys == ""


def test_a_circle_of_questions_is_no_fault() -> None:
    again = {"key": "1", "action": "playback", "value": "again", "valueOptions": "text", "nextQuestion": "0"}
    assert "question 0 key 1" in compiled(question(again)).nodes


def test_a_recording_is_asked_for_in_russian_and_then_leads_on() -> None:
    press = {"key": "1", "action": "playback_record", "value": "Квартира, <name>?", "nextQuestion": "b"}
    script = compiled(question(press, lang="kk-KZ"), question(questionId="b"))
    assert script.nodes[ask(script).choices[0].next or ""] == Record(
        name="0",
        prompt=(Text(("Квартира, ", Slot("name", Kind.DIGITS), "?"), "ru-RU"),),
        next="question 1",
        wait_seconds=10.0,
        without_keys="-",
    )


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(None, 10.0), ("", 10.0), ("0", 10.0), ("text", 10.0), ("-5", 10.0), ("7", 7.0), (25, 25.0), ("99999", 3600.0)],
)
def test_how_long_a_recording_waits_for_keys(given: Any, seconds: float) -> None:
    script = compiled(question({"key": "1", "action": "playback_record", "valueOptions": given}))
    record = script.nodes["question 0 key 1"]
    assert isinstance(record, Record)
    assert (record.wait_seconds, record.prompt, record.next) == (seconds, (), "completed")


def test_the_crm_is_asked_and_its_answer_said_before_the_poll_counts_as_done() -> None:
    press = {"key": "1", "action": "send_crm", "crmResponseTemplate": "Заказ <result>, <name>", "nextQuestion": "0"}
    script = compiled(question(press, lang="kk-KZ"))
    asked = script.nodes[ask(script).choices[0].next or ""]
    assert asked == Request("mikopbx crm", "result", "question 0 key 1 answer", "completed")
    said = (Text(("Заказ ", Slot("result", Kind.DIGITS), ", ", Slot("name", Kind.DIGITS)), "kk-KZ"),)
    assert script.nodes["question 0 key 1 answer"] == Say(said, "completed")


def test_a_crm_whose_answer_is_not_to_be_said_is_asked_all_the_same() -> None:
    script = compiled(question({"key": "1", "action": "send_crm"}))
    assert script.nodes["question 0 key 1"] == Request("mikopbx crm", "result", "completed", "completed")


@pytest.mark.parametrize(
    ("need", "label"),
    [(1, "Квартира"), ("1", "Квартира"), (True, "Квартира"), (0, ""), ("0", ""), ("", ""), (None, "")],
)
@pytest.mark.parametrize("action", ["answer", "playback", "dial", "restart", "send_crm", "playback_record"])
def test_the_label_of_a_press_that_is_to_be_recognised(action: str, need: Any, label: str) -> None:
    press = {"key": "1", "action": action, "value": "204", "needRecognize": need, "recognizeLabel": "Квартира"}
    script = compiled(question(press))
    record = script.nodes.get("question 0 key 1")
    assert (record.label if isinstance(record, Record) else ask(script).choices[0].label) == label


def test_a_confirmation_takes_its_default_press_at_once() -> None:
    yes = {"key": "1", "action": "answer", "value": "yes"}
    again = {"key": "2", "action": "", "nextQuestion": "0"}
    script = compiled(question(yes, again, type="confirmation", defPress="1"))
    assert (ask(script).prompt, ask(script).default_keys) == ((), "1")
    assert ask(script).taken_unheard == Choice("1", "yes", "completed")


@pytest.mark.parametrize(("given", "target"), [({}, "completed"), ({"nextQuestion": "b"}, "question 1")])
def test_a_confirmation_without_a_default_press_leads_on_and_records_nothing(
    given: dict[str, str], target: str
) -> None:
    asked = question({"key": "1", "action": "answer", "value": "yes"}, type="confirmation", defPress="7", **given)
    script = compiled(asked, question(questionId="b"))
    taken = ask(script).taken_unheard
    assert taken is not None
    assert (taken.record, taken.next) == (None, target)


def test_restart_goes_to_the_first_question_or_where_it_says() -> None:
    back = question({"key": "1", "action": "restart"}, {"key": "2", "action": "restart", "nextQuestion": "1"})
    script = compiled(question({"key": "1", "action": "", "nextQuestion": "1"}), back)
    assert [choice.next for choice in ask(script, "question 1").choices] == ["question 0", "question 1"]


def test_a_poll_without_questions_hangs_up() -> None:
    script = compiled()
    assert script.nodes == {"end": HangUp()}


def test_a_question_without_a_prompt() -> None:
    assert ask(compiled({"press": []})).prompt == ()


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Привет, <name>!", "Привет, Иван!"),
        ("Код <code>", "Код 1 2 3"),
        ("<b>Важно</b> <br/>", "Важно "),
        ('"в кавычках"', '"в кавычках"'),
        ("да+нет", "да нет"),
        ("%D0%B4%D0%B0", "да"),
        ("скидка 50% сегодня", "скидка 50% сегодня"),
        ("%D0%B", "%D0%B"),
        ("a < b", "a < b"),
        ("{name} {{name}} ${name}", "{name} {{name}} ${name}"),
    ],
)
def test_words(text: str, heard: str) -> None:
    (words,) = fill(spoken(text, "ru-RU"), {"name": "Иван", "code": "123"})
    assert isinstance(words, Words)
    assert words.text == heard


def test_a_value_is_never_read_as_a_template() -> None:
    (words,) = fill(spoken("<a>", "ru-RU"), {"a": "<b>%41+", "b": "no"})
    assert isinstance(words, Words)
    assert words.text == "<b>%41+"
    assert spoken("<a>", "ru-RU") == (Text((Slot("a", Kind.DIGITS),), "ru-RU"),)
