"""A script and its document are each other's inverse; whatever else is given in place of a document is `Malformed` with
the path to the fault, and never anything worse."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given

from core.generated import JSON, scripts, spoilt
from outdial.core.errors import Malformed
from outdial.core.prompt import Kind, Slot, Text
from outdial.core.script.document import from_document, to_document
from outdial.core.script.nodes import Ask, HangUp, Record, Request, Say, Script, Transfer


@given(scripts(missing=True))
def test_a_script_comes_back_from_its_document(script):
    assert from_document(to_document(script)) == script


@given(scripts())
def test_a_document_survives_json(script):
    document = to_document(script)
    assert json.loads(json.dumps(document)) == document
    assert from_document(json.loads(json.dumps(document))) == script


@given(JSON)
def test_any_value_is_a_script_or_malformed(value):
    read(value)


@given(scripts(missing=True).map(to_document).flatmap(spoilt))
def test_a_document_with_one_spoilt_value_is_a_script_or_malformed(document):
    read(document)


def read(value: object) -> None:
    """Read a document, and hold the reader to its word."""
    try:
        script = from_document(value)
    except Malformed:
        return
    assert isinstance(script, Script)
    assert from_document(to_document(script)) == script
    for node in script.nodes.values():
        if isinstance(node, Ask):
            assert math.isfinite(node.wait_seconds)


def node(**fields: object) -> dict[str, object]:
    """A document of one node."""
    return {"start": "a", "nodes": {"a": fields}}


ASK = {"node": "ask", "name": "q", "prompt": [], "choices": []}
TEXT = {"text": "hello", "language": "ru-RU"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (None, ""),
        ([], ""),
        ({}, "nodes"),
        ({"nodes": {}}, "start"),
        ({"start": 1, "nodes": {}}, "start"),
        ({"start": "a", "nodes": []}, "nodes"),
        ({"start": "a", "nodes": {"a": "say"}}, "nodes.a"),
        ({"start": "a", "nodes": {}, "silent_limit_seconds": True}, "silent_limit_seconds"),
        ({"start": "a", "nodes": {}, "silent_limit_seconds": 10**400}, "silent_limit_seconds"),
        ({"start": "a", "nodes": {}, "silent_limit_seconds": math.nan}, "silent_limit_seconds"),
        (node(), "nodes.a.node"),
        (node(node="dance"), "nodes.a.node"),
        (node(node="say"), "nodes.a.prompt"),
        (node(node="say", prompt=TEXT), "nodes.a.prompt"),
        (node(node="say", prompt=[{"text": "x"}]), "nodes.a.prompt.0.language"),
        (node(node="say", prompt=[{"recording": 5}]), "nodes.a.prompt.0.recording"),
        (node(node="say", prompt=[{**TEXT, "text": [["x"]]}]), "nodes.a.prompt.0.text.0"),
        (node(node="say", prompt=[{**TEXT, "text": [{"slot": 1}]}]), "nodes.a.prompt.0.text.0.slot"),
        (
            node(node="say", prompt=[{**TEXT, "text": ["", {"slot": "x", "spell_digits": 1}]}]),
            "nodes.a.prompt.0.text.1.spell_digits",
        ),
        (node(node="say", prompt=[], next=3), "nodes.a.next"),
        (node(**{**ASK, "choices": [{"record": "x"}]}), "nodes.a.choices.0.keys"),
        (node(**ASK, wait_seconds="5"), "nodes.a.wait_seconds"),
        (node(**ASK, wait_seconds=10**400), "nodes.a.wait_seconds"),
        (node(**ASK, wait_seconds=math.inf), "nodes.a.wait_seconds"),
        (node(**ASK, plays=2.5), "nodes.a.plays"),
        (node(**ASK, default_keys=None), "nodes.a.default_keys"),
        (node(**{**ASK, "choices": [{"keys": "1", "label": 1}]}), "nodes.a.choices.0.label"),
        (node(node="record", name="q"), "nodes.a.prompt"),
        (node(node="record", name="q", prompt=[], wait_seconds="5"), "nodes.a.wait_seconds"),
        (node(node="request", into="x"), "nodes.a.service"),
        (node(node="request", service="crm"), "nodes.a.into"),
        (node(node="goal"), "nodes.a.name"),
        (node(node="transfer"), "nodes.a.extension"),
    ],
)
def test_a_fault_is_reported_with_the_path_to_it(document, field):
    with pytest.raises(Malformed) as caught:
        from_document(document)
    assert caught.value.field == field
    assert caught.value.message


def test_what_may_be_left_out_takes_the_defaults_of_its_node():
    script = from_document(node(**ASK))
    assert script == Script("a", {"a": Ask("q", (), ())})


def test_what_a_recording_and_a_request_may_leave_out():
    record = from_document(node(node="record", name="q", prompt=[]))
    assert record == Script("a", {"a": Record("q", (), None, 10.0)})
    request = from_document(node(node="request", service="crm", into="result"))
    assert request == Script("a", {"a": Request("crm", "result", None, None)})


def test_a_plain_text_is_a_text_of_one_part():
    script = from_document(node(node="say", prompt=[{**TEXT, "text": "hello"}]))
    assert script.nodes["a"] == Say((Text(("hello",), "ru-RU"),), None)


def test_slots_transfers_and_ends_are_read():
    slot = {"text": ["at ", {"slot": "time", "spell_digits": True}], "language": "ru-RU", "voice": "alena"}
    nodes = {"a": {"node": "say", "prompt": [slot], "next": "b"}, "b": {"node": "transfer", "extension": "100"}}
    script = from_document({"start": "a", "nodes": {**nodes, "c": {"node": "hang up"}}})
    assert script.nodes == {
        "a": Say((Text(("at ", Slot("time", Kind.DIGITS)), "ru-RU", "alena"),), "b"),
        "b": Transfer("100"),
        "c": HangUp(),
    }
