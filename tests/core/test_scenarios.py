"""Scenarios as they are written by hand: each block becomes a node, and every fault is told at once with its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.generated import spoilt
from outdial.core.intents import Intent, Meaning
from outdial.core.prompt import Kind, Recording, Slot, Text
from outdial.core.scenario import Parameter, Scenario, StartBlock, read
from outdial.core.script.check import faults as script_faults
from outdial.core.script.deciding import Branch, Case, Compared, Comparison, Known, Reached
from outdial.core.script.document import from_document, to_document
from outdial.core.script.listening_nodes import Assist, Hears, Listen, Set, Way
from outdial.core.script.nodes import Connect, Goal, HangUp, Node, Request, Say, Script, Sms, Transfer
from outdial.core.script.web_form import Body, WebForm
from outdial.core.section import Faults
from outdial.operations.means import NO_MEANS
from outdial.ports import NO_SMS

PATH = "scenarios.0"
DOCUMENTED = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text().split("```yaml\n")[1].split("```")[0]
)
"""The example of the documentation."""
END = {"end": {"hang_up": True}}


def scenario(blocks: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A scenario that begins at the first of its blocks."""
    start = {"id": 10, "next": next(iter(blocks)), "parameters": [{"name": "name"}, {"name": "age"}]}
    return {"id": 951, "name": "Приём", "start_blocks": [start], "blocks": blocks, **members}


def read_well(document: object) -> Scenario:
    """A scenario without faults."""
    faults: Faults = []
    made = read(document, PATH, faults)
    assert faults == []
    return made


def node(block: dict[str, Any]) -> Node:
    """What a block becomes, with another one beside it where it names that."""
    made = read_well(scenario({"it": block, **(END if "'end'" in str(block) else {})}))
    return made.start_blocks[10].script.nodes["it"]


def faults_of(document: object) -> list[str]:
    """What is wrong with a document, with paths below that of the scenario."""
    faults: Faults = []
    read(document, PATH, faults)
    return [f"{path.removeprefix(f'{PATH}.')}: {message}" for path, message in faults]


def faults_in(block: dict[str, Any]) -> list[str]:
    """What is wrong with a block."""
    return [
        fault.removeprefix("blocks.it") for fault in faults_of(scenario({"it": block, **END})) if "end" not in fault
    ]


def text(*parts: str | Slot) -> tuple[Text]:
    """A prompt."""
    return (Text(parts, "ru-RU"),)


# ------------------------------------------------------------------------------------------------------ the whole


def test_the_documented_scenario_is_one():
    made = read_well(DOCUMENTED)
    assert made.start_blocks[10].parameters[0] == Parameter("name", required=True, description="Имя")
    assert made.variables == ("day", "wish", "slot", "note")
    assert made.goals == ("agreed",)
    script = made.start_blocks[10].script
    assert script_faults(script) == []
    assert from_document(to_document(script)) == script
    offer = script.nodes["offer"]
    assert isinstance(offer, Listen)
    assert offer.prompt == text("Есть время ", Slot("slot"), ", ", Slot("day", Kind.DATE), ". Записать?")


@given(st.data())
def test_whatever_is_spoilt_in_a_scenario_is_a_fault_with_a_path_or_no_fault_at_all(data):
    faults: Faults = []
    made = read(data.draw(spoilt(DOCUMENTED)), PATH, faults)
    for path, message in faults:
        assert path.startswith(PATH)
        assert message
    if not faults:
        for start in made.start_blocks.values():
            assert script_faults(start.script) == []


def test_a_scenario_has_start_blocks_each_with_its_parameters_and_a_script():
    document = scenario(
        {"hello": {"say": "Здравствуйте, {{name}}!", "next": "bye"}, "bye": {"hang_up": True}},
        start_blocks=[
            {"id": 10, "name": "Утро", "next": "hello", "parameters": [{"name": "name", "required": True}]},
            {"id": 11, "next": "bye", "parameters": [{"name": "sum", "kind": "money", "description": "Долг"}]},
        ],
    )
    nodes: dict[str, Node] = {"hello": Say(text("Здравствуйте, ", Slot("name"), "!"), "bye"), "bye": HangUp()}
    bye = Script("bye", {"bye": HangUp()}, transcript=True)
    assert read_well(document).start_blocks == {
        10: StartBlock(10, "Утро", (Parameter("name", required=True),), Script("hello", nodes, transcript=True)),
        11: StartBlock(11, "start 11", (Parameter("sum", kind=Kind.MONEY, description="Долг"),), bye),
    }


def test_a_scenario_may_be_kept_as_a_sound():
    for record in (True, False):
        script = read_well(scenario(END, record=record)).start_blocks[10].script
        assert script.recorded is record
        assert from_document(to_document(script)) == script
    assert faults_of(scenario(END, record="yes")) == ["record: true or false is wanted"]


def test_every_fault_is_told_at_once_with_its_path():
    document = scenario(
        {
            "a": {"say": "{{surname}} {{name}}", "next": "nowhere"},
            "b": {"say": "", "next": "a"},
            "c": {"goal": "x y"},
            "d": {"speak": "hello"},
        },
        colour="red",
    )
    kinds = "say, listen, assistant, branch, set, goal, request, transfer, sms, hang_up"
    assert faults_of(document) == [
        'blocks.a.next: there is no block "nowhere"',
        "blocks.b.say: there is nothing to hear",
        "blocks.c.goal: a name of letters, digits, underlines and dashes is wanted",
        f"blocks.d: a block has exactly one of: {kinds}",
        f'blocks.a: there is no variable "surname" when a call begins at {PATH}.start_blocks.0',
        *(f"blocks.{key}: no start block leads to this block" for key in "bcd"),
        "colour: there is no such section or member here; known: id, name, language, voice, start_blocks, blocks, record",
    ]


def test_a_circle_that_never_listens_is_refused_at_each_of_its_blocks():
    for circle in (
        {"a": {"say": "a", "next": "b"}, "b": {"say": "b", "next": "a"}},
        {"a": {"set": {"x": 1}, "next": "b"}, "b": {"branch": [{"if": {"goal": "g"}, "next": "a"}], "otherwise": "c"}}
        | {"c": {"goal": "g"}},
        {"a": {"assistant": "hi", "otherwise": "b"}, "b": {"say": "sorry", "next": "a"}},
    ):
        deaf = "this block is in a circle that never listens to the callee"
        assert [fault for fault in faults_of(scenario(circle)) if "goal" not in fault] == [
            f"blocks.a: {deaf}",
            f"blocks.b: {deaf}",
        ]


def test_a_circle_that_listens_is_none():
    asks = {"listen": "?", "answers": [{"is": "refusal", "next": "a"}], "otherwise": "a"}
    assert faults_of(scenario({"a": {"say": "a", "next": "b"}, "b": asks})) == []


def test_a_variable_is_known_where_its_start_block_or_a_block_on_the_way_has_it():
    document = scenario(
        {"a": {"set": {"x": "1"}, "next": "b"}, "b": {"say": "{{x}} {{phone_number}}"}},
        start_blocks=[{"id": 1, "next": "a"}, {"id": 2, "next": "b"}],
    )
    assert faults_of(document) == [
        f'blocks.b: there is no variable "x" when a call begins at {PATH}.start_blocks.1',
    ]


def test_what_is_no_scenario_at_all_is_refused():
    assert "members with a name are wanted" in faults_of([])[0]
    assert faults_of(scenario(END, start_blocks=[])) == [
        "start_blocks: a scenario begins somewhere: one start block at least is wanted",
    ]
    assert any("1 to 1000 blocks" in fault for fault in faults_of({**scenario(END), "blocks": {}}))
    assert faults_of(scenario(END, start_blocks=[{"id": 1, "next": "x"}])) == [
        'start_blocks.0.next: there is no block "x"'
    ]
    many = [{"id": at, "next": "end"} for at in range(1, 102)]
    assert faults_of(scenario(END, start_blocks=many)) == ["start_blocks: a scenario has at most 100 start blocks"]
    twice = [{"id": 1, "next": "end"}, {"id": 1, "next": "end"}]
    assert faults_of(scenario(END, start_blocks=twice)) == ["start_blocks.1.id: there is another start block 1"]


# ---------------------------------------------------------------------------------------------------------- blocks


def test_say_plays_texts_and_audio_in_the_language_of_the_scenario_or_its_own():
    blocks = {
        "a": {"say": ["Hello", {"audio": "jingle"}], "next": "b"},
        "b": {"say": "Привет", "language": "ru-RU", "voice": "alena"},
    }
    nodes = read_well(scenario(blocks, language="en-US", voice="amy")).start_blocks[10].script.nodes
    assert nodes == {
        "a": Say((Text(("Hello",), "en-US", "amy"), Recording("jingle")), "b"),
        "b": Say((Text(("Привет",), "ru-RU", "alena"),), None),
    }


def test_listen_hears_intents_by_speech_and_keys():
    block = {
        "listen": "Вам удобно, {{name}}?",
        "answers": [
            {"is": "consent", "keys": "1", "next": "end", "into": "ok"},
            {"says": "оператор", "next": "end", "value": "person"},
            {"is": "number", "from": 1, "to": 31, "into": "day"},
        ],
        "unmatched": "не понял",
        "silence": "не слышу",
        "tries": 2,
        "barge_in": False,
        "wait_seconds": 4,
        "confidence": 0.4,
        "otherwise": "end",
    }
    assert node(block) == Listen(
        "it",
        text("Вам удобно, ", Slot("name"), "?"),
        (
            Hears(Intent(Meaning.CONSENT), "end", "ok", keys="1"),
            Hears(Intent(Meaning.PHRASES, ("оператор",)), "end", value="person"),
            Hears(Intent(Meaning.NUMBER, least=1, most=31), None, "day"),
        ),
        "ru-RU",
        wait_seconds=4.0,
        tries=2,
        barge_in=False,
        unmatched=text("не понял"),
        silence=text("не слышу"),
        otherwise="end",
        least_confidence=0.4,
    )
    assert node({"listen": [], "answers": [{"is": "anything"}]}) == Listen(
        "it", (), (Hears(Intent(Meaning.ANYTHING), None),), "ru-RU"
    )


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([], ".answers: one answer at least is wanted"),
        ([{"is": True}], ".answers.0.is: one of consent, refusal, number, date, anything is wanted"),
        ([{"is": "consent", "says": "x"}], ".answers.0: is or says is wanted, and not both"),
        ([{}], ".answers.0: is or says is wanted, and not both"),
        ([{"says": False}], ".answers.0.says: 1 to 200 words or phrases in quotes are wanted"),
        ([{"says": ["…"]}], ".answers.0.says: 1 to 200 words or phrases in quotes are wanted"),
        ([{"is": "number", "from": 5, "to": 1}], ".answers.0.to: a number from 5 on is wanted"),
        ([{"is": "consent", "keys": "yes"}], ".answers.0.keys: keys of 0-9, * and # is wanted"),
        ([{"is": "consent", "keys": "1"}, {"is": "date", "keys": "1"}], ".answers: the keys 1 stand for two answers"),
        ([{"is": "consent", "next": "x"}], '.answers.0.next: there is no block "x"'),
    ],
)
def test_answers_that_cannot_be_heard_are_refused(answers, fault):
    assert fault in faults_in({"listen": "?", "answers": answers})


def test_an_assistant_has_instructions_ways_and_somebody_who_stands_in():
    block = {
        "assistant": "Ты говоришь с {{name}}",
        "ways": [{"to": "end", "when": "всё", "keys": "0"}],
        "otherwise": "end",
        "most_turns": 5,
        "most_tokens": 100,
        "longest_seconds": 6,
        "first_words_seconds": 2,
    }
    assert node(block) == Assist(
        "it",
        ("Ты говоришь с ", Slot("name")),
        (Way("end", "всё", "0"),),
        "end",
        "ru-RU",
        most_turns=5,
        most_tokens=100,
        longest_seconds=6.0,
        first_words_seconds=2.0,
    )
    assert ".otherwise: it is missing: where the talk goes on when the assistant cannot be asked" in faults_in(
        {"assistant": "hi"}
    )
    assert '.ways.0.to: there is no block "x"' in faults_in(
        {"assistant": "hi", "otherwise": "end", "ways": [{"to": "x", "when": "y"}]}
    )


def test_a_branch_compares_variables_and_asks_about_goals():
    block = {
        "branch": [
            {"if": [{"variable": "age", "at_least": 18}, {"variable": "name", "known": True}], "next": "end"},
            {"if": {"variable": "name", "equals": "{{age}}"}, "next": "end"},
        ],
    }
    assert node(block) == Branch(
        (
            Case((Compared("age", Comparison.AT_LEAST, ("18",)), Known("name")), "end"),
            Case((Compared("name", Comparison.EQUALS, (Slot("age"),)),), "end"),
        ),
        None,
    )
    nodes = {"g": {"goal": "met", "next": "it"}, "it": {"branch": [{"if": {"goal": "met", "reached": False}}]}}
    made = read_well(scenario(nodes)).start_blocks[10].script.nodes["it"]
    assert made == Branch((Case((Reached("met", reached=False),), None),), None)


def test_a_branch_that_asks_about_what_nobody_makes_is_refused():
    faults = faults_in(
        {"branch": [{"if": [{"goal": "met"}, {"variable": "x", "known": True}, {"variable": "age"}]}, {}]}
    )
    start = f"when a call begins at {PATH}.start_blocks.0"
    assert faults[:4] == [
        ".branch.0.if.2: exactly one is wanted of: known, " + ", ".join(Comparison),
        ".branch.1.if: a condition, or a list of them, is wanted",
        f': there is no variable "x" {start}',
        f': nothing reaches the goal "met" {start}',
    ]


def test_set_gives_variables_texts():
    assert node({"set": {"a": "{{name}}!", "b": 5}}) == Set({"a": (Slot("name"), "!"), "b": ("5",)}, None)
    assert ".set: variables by their names are wanted" in faults_in({"set": "x"})
    assert ".set.x y: a name of letters, digits, underlines and dashes is wanted" in faults_in({"set": {"x y": "1"}})


def test_a_goal_is_noted_and_told_as_one_that_the_scenario_can_reach():
    made = read_well(scenario({"it": {"goal": "agreed"}}))
    assert made.start_blocks[10].script.nodes["it"] == Goal("agreed", None)
    assert made.goals == ("agreed",)


def test_a_request_asks_the_web_with_variables_and_puts_the_answer_into_others():
    block = {
        "request": {
            "url": "https://crm.example:8443/find?who={{name}}",
            "json": {"deep": {"name": "{{name}}", "n": [1, {"x": None}]}},
            "headers": {"X-Key": "k {{age}}"},
            "into": {"slot": "slots.0.time"},
            "seconds": 3,
        },
        "otherwise": "end",
    }
    made = node(block)
    assert made == Request(
        "web",
        "",
        None,
        "end",
        WebForm(
            ("https://crm.example:8443/find?who=", Slot("name")),
            "POST",
            {"X-Key": ("k ", Slot("age"))},
            ('{\n"deep": {\n"name": "', Slot("name"), '",\n"n": [\n1,\n{\n"x": null\n}\n]\n}\n}'),
            Body.JSON,
            {"slot": "slots.0.time"},
            3.0,
        ),
    )
    form = node({"request": {"url": "http://crm.example", "form": {"a b": "x&{{name}}", "n": 5}}, "otherwise": "end"})
    assert isinstance(form, Request)
    assert form.form == WebForm(
        ("http://crm.example",), "POST", body=("a+b=x%26", Slot("name"), "&n=5"), body_form=Body.FORM
    )


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        ({"url": "https://{{name}}/x"}, "url"),
        ({"url": "https://example.com{{name}}"}, "url"),
        ({"url": "https://example.com:{{name}}/x"}, "url"),
        ({"url": "https://me:secret@example.com/"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "example.com"}, "url"),
        ({"url": "{{name}}"}, "url"),
        ({}, "url"),
        ({"url": "http://a.b/", "method": "TRACE"}, "method"),
        ({"url": "http://a.b/", "headers": {"Host": "x"}}, "headers.Host"),
        ({"url": "http://a.b/", "headers": {"a b": "x"}}, "headers.a b"),
        ({"url": "http://a.b/", "json": 1, "form": {}}, "form"),
        ({"url": "http://a.b/", "into": {"x": "a..b"}}, "into.x"),
        ({"url": "http://a.b/", "seconds": 60}, "seconds"),
    ],
)
def test_requests_that_go_astray_are_refused(request_, path):
    faults = faults_in({"request": request_, "otherwise": "end"})
    assert any(fault.startswith(f".request.{path}: ") for fault in faults), faults


def test_a_request_says_where_to_go_on_without_an_answer():
    assert ".otherwise: it is missing: where the dialogue goes on without an answer" in faults_in(
        {"request": {"url": "http://a.b/"}}
    )


def test_a_transfer_goes_to_a_person_inside_or_to_a_number_outside():
    assert node({"transfer": "2000", "wait_seconds": 20}) == Connect("2000", wait_seconds=20.0)
    assert node({"transfer": "+7 495 000-00-12", "outside": True}) == Transfer("74950000012", outside=True)


def test_an_sms_is_sent_once_a_call_under_the_name_of_its_block():
    made = read_well(scenario({"it": {"sms": "Ждём, {{name}}", "next": "end"}, **END})).start_blocks[10].script
    assert made.nodes["it"] == Sms("it", ("Ждём, ", Slot("name")), "end")
    assert NO_MEANS.lacking([made]) == {"it": NO_SMS}


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (" ", ".sms: an SMS has words"),
        ("", ".sms: an SMS has words"),
        ("я" * 671, ".sms: an SMS has at most 10 parts"),
        ("{{nobody}}", ': there is no variable "nobody" when a call begins at '),
    ],
)
def test_an_sms_has_words_and_variables_that_there_are(written: str, reason: str):
    assert any(reason in fault for fault in faults_in({"sms": written})), faults_in({"sms": written})
