"""What a hook is told of an event: which fields, under which names, in which text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.hook import MEMBER_ENDED, Comparison, Condition, Hook, concerns, filled, request_of

ENDED = {
    "dialerId": "5947d253877320000ca427a7",
    "id": "5949067198ff9f000ca9a264",
    "name": 'Ivan "Vanya"\nIvanov',
    "endCause": "NORMAL_CLEARING",
    "currentProbe": 2,
    "variable_productId": "235444",
}


def hook(**changes: Any) -> Hook:
    return Hook(event=MEMBER_ENDED, url="http://crm.example/ended", **changes)


def body(**changes: Any) -> str:
    return request_of(hook(**changes), ENDED).body.decode()


def test_all_of_an_event_is_told_as_json_where_nothing_is_chosen() -> None:
    request = request_of(hook(), ENDED)
    assert (request.method, request.url) == ("POST", "http://crm.example/ended")
    assert request.headers == {"Content-Type": "application/json"}
    assert json.loads(request.body) == ENDED


def test_fields_are_chosen_and_renamed() -> None:
    assert json.loads(body(fields=("endCause", "nothing"))) == {"endCause": "NORMAL_CLEARING", "nothing": None}
    renamed = json.loads(body(fields=("id", "endCause"), names={"id": "member"}))
    assert renamed == {"endCause": "NORMAL_CLEARING", "member": ENDED["id"]}


def test_a_get_has_the_fields_in_its_query_and_a_form_in_its_body() -> None:
    asked = request_of(Hook(event=MEMBER_ENDED, url="http://crm/?a=1", method="GET", fields=("id", "name")), ENDED)
    assert asked.url == f"http://crm/?a=1&id={ENDED['id']}&name=Ivan+%22Vanya%22%0AIvanov"
    assert asked.body == b""
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    request = request_of(hook(headers=form, fields=("endCause", "currentProbe")), ENDED)
    assert request.body == b"endCause=NORMAL_CLEARING&currentProbe=2"
    assert request.headers == form


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ('{"who": "${name}"}', '{"who": "Ivan \\"Vanya\\"\\nIvanov"}'),
        ('{"tries": ${currentProbe}}', '{"tries": 2}'),
        ('{"product": ${variable_productId}}', '{"product": 235444}'),
        ('{"cause": ${endCause}}', '{"cause": "NORMAL_CLEARING"}'),
        ('{"cause": "${nothing}", "none": ${nothing}}', '{"cause": "", "none": null}'),
        ('{"said \\"${endCause}\\"": 1}', '{"said \\"NORMAL_CLEARING\\"": 1}'),
        ('{"${endCause}": "${currentProbe}"}', '{"NORMAL_CLEARING": "2"}'),
        (
            '{"dlr": "${dlr_id}", "member": "${member_id}"}',
            f'{{"dlr": "{ENDED["dialerId"]}", "member": "{ENDED["id"]}"}}',
        ),
        ("$ {name} $name ${", "$ {name} $name ${"),
    ],
)
def test_a_text_is_filled_in_and_stays_json(template: str, wanted: str) -> None:
    assert body(template=template) == wanted


def test_a_text_that_is_not_json_is_filled_in_as_its_kind_wants() -> None:
    assert filled("<n>${name}</n>", {"name": 'a "b"'}, "text/xml") == '<n>a "b"</n>'
    assert filled("name=${name}&x=1", {"name": "a&b c"}, "application/x-www-form-urlencoded") == "name=a%26b+c&x=1"
    assert body(template="${name}", headers={"Content-Type": "text/plain"}) == ENDED["name"]


@given(
    st.dictionaries(
        st.sampled_from("abc"), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)
    )
)
def test_json_stays_json_whatever_the_values_are(document: dict[str, Any]) -> None:
    template = '{"a": "${a}", "b": ${b}, "c \\\\": "x\\"${c}"}'
    read = json.loads(filled(template, document))
    if isinstance(document.get("a"), str):
        assert read["a"] == document["a"]


@pytest.mark.parametrize(
    ("field", "operation", "value", "holds"),
    [
        ("endCause", "==", "NORMAL_CLEARING", True),
        ("endCause", "!=", "NORMAL_CLEARING", False),
        ("nothing", "==", "", True),
        ("currentProbe", ">", "1", True),
        ("currentProbe", ">", "10", False),
        ("currentProbe", ">=", "2", True),
        ("currentProbe", "<", "2", False),
        ("currentProbe", "<=", "2.5", True),
        ("endCause", "<", "Z", True),
        ("endCause", "reg", "^(NORMAL|USER)_", True),
        ("endCause", "reg", "^USER", False),
    ],
)
def test_conditions(field: str, operation: str, value: str, holds: bool) -> None:
    wants = hook(conditions=(Condition(field, Comparison(operation), value),))
    assert concerns(wants, ENDED) is holds


def test_every_condition_has_to_hold_and_the_hook_to_be_on() -> None:
    yes = Condition("endCause", Comparison.EQUAL, "NORMAL_CLEARING")
    no = Condition("id", Comparison.EQUAL, "")
    assert concerns(hook(conditions=(yes,)), ENDED)
    assert not concerns(hook(conditions=(yes, no)), ENDED)
    assert not concerns(hook(enabled=False), ENDED)
