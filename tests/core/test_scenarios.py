"""Scenarios as they are written by hand: each block becomes a node, and every fault is told at once with its path."""

from __future__ import annotations

from typing import Any

from outdial.core.prompt import Kind, Recording, Slot, Text
from outdial.core.scenario import Parameter, Scenario, StartBlock, read
from outdial.core.script.nodes import Connect, Goal, HangUp, Node, Say, Script, Transfer
from outdial.core.section import Faults

PATH = "scenarios.0"


def scenario(blocks: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A scenario that begins at the first of its blocks."""
    start = {"id": 10, "next": next(iter(blocks)), "parameters": [{"name": "name"}]}
    return {"id": 951, "name": "Приём", "start_blocks": [start], "blocks": blocks, **members}


def read_well(document: object) -> Scenario:
    """A scenario without faults."""
    faults: Faults = []
    made = read(document, PATH, faults)
    assert faults == []
    return made


def node(block: dict[str, Any]) -> Node:
    """What a block becomes that stands alone, with another one beside it to go to."""
    made = read_well(scenario({"it": block, "end": {"hang_up": True}} if "end" in str(block) else {"it": block}))
    return made.start_blocks[10].script.nodes["it"]


def faults_of(document: object) -> dict[str, str]:
    """What is wrong with a document, by paths below that of the scenario."""
    faults: Faults = []
    read(document, PATH, faults)
    return {path.removeprefix(f"{PATH}."): message for path, message in faults}


def test_a_scenario_has_start_blocks_each_with_its_parameters_and_a_script():
    document = scenario(
        {"hello": {"say": "Здравствуйте, {{name}}!", "next": "bye"}, "bye": {"hang_up": True}},
        start_blocks=[
            {"id": 10, "name": "Утро", "next": "hello", "parameters": [{"name": "name", "required": True}]},
            {"id": 11, "next": "bye", "parameters": [{"name": "sum", "kind": "money", "description": "Долг"}]},
        ],
    )
    nodes: dict[str, Node] = {
        "hello": Say((Text(("Здравствуйте, ", Slot("name"), "!"), "ru-RU"),), "bye"),
        "bye": HangUp(),
    }
    assert read_well(document).start_blocks == {
        10: StartBlock(10, "Утро", (Parameter("name", required=True),), Script("hello", nodes)),
        11: StartBlock(
            11, "start 11", (Parameter("sum", kind=Kind.MONEY, description="Долг"),), Script("bye", {"bye": HangUp()})
        ),
    }


def test_say_plays_texts_and_audio_in_the_language_of_the_scenario():
    document = scenario({"it": {"say": ["Hello", {"audio": "jingle"}]}}, language="en-US", voice="amy")
    script = read_well(document).start_blocks[10].script
    assert script.nodes["it"] == Say((Text(("Hello",), "en-US", "amy"), Recording("jingle")), None)


def test_a_goal_is_noted_and_told_as_one_that_the_scenario_can_reach():
    made = read_well(scenario({"it": {"goal": "agreed"}}))
    assert made.start_blocks[10].script.nodes["it"] == Goal("agreed", None)
    assert made.goals == ("agreed",)


def test_a_transfer_goes_to_a_person_inside_or_to_a_number_outside():
    assert node({"transfer": "2000", "wait_seconds": 20}) == Connect("2000", wait_seconds=20.0)
    assert node({"transfer": "+7 495 000-00-12", "outside": True}) == Transfer("74950000012", outside=True)


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
    assert faults_of(document) == {
        "blocks.a.next": 'there is no block "nowhere"',
        "blocks.b.say": "there is nothing to hear",
        "blocks.c.goal": "a name of letters, digits, underlines and dashes is wanted",
        "blocks.d": "a block has exactly one of: say, goal, transfer, hang_up",
        "blocks.a": f'there is no variable "surname" when a call begins at {PATH}.start_blocks.0',
        **{f"blocks.{key}": "no start block leads to this block" for key in "bc"},
        "colour": "there is no such section or member here; known: id, name, language, voice, start_blocks, blocks",
    } | {"blocks.d": "no start block leads to this block"}


def test_a_circle_that_never_listens_is_refused_at_each_of_its_blocks():
    circle = {"a": {"say": "a", "next": "b"}, "b": {"say": "b", "next": "a"}}
    assert faults_of(scenario(circle)) == {
        "blocks.a": "this block is in a circle that never listens to the callee",
        "blocks.b": "this block is in a circle that never listens to the callee",
    }


def test_what_is_no_scenario_at_all_is_refused():
    assert "members with a name are wanted" in next(iter(faults_of([]).values()))
    assert faults_of(scenario({"a": {"hang_up": True}}, start_blocks=[])) == {
        "start_blocks": "a scenario begins somewhere: one start block at least is wanted",
    }
    assert faults_of({**scenario({"a": {"hang_up": True}}), "blocks": {}})["blocks"].startswith("1 to 1000 blocks")
