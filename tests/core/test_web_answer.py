"""What a dialogue takes out of a JSON answer: values by their way, as texts, all of them or none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.prompt import LONGEST_VALUE
from outdial.core.web_answer import NotInAnswer, wanted_of

ANSWER = (
    b'\xef\xbb\xbf{"name": "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0", "balance": 5.50, "count": 3, "vip": true, "debt": false, '
    b'"none": null, "slots": [{"time": "10:00"}, {"time": "11:30"}], "0": "zero", "empty": ""}'
)


@pytest.mark.parametrize(
    ("way", "value"),
    [
        ("name", "Анна"),
        ("balance", "5.50"),
        ("count", "3"),
        ("vip", "true"),
        ("debt", "false"),
        ("slots.1.time", "11:30"),
        ("0", "zero"),
        ("empty", ""),
    ],
)
def test_a_value_is_taken_as_a_text(way: str, value: str) -> None:
    assert wanted_of(ANSWER, {"v": way}) == {"v": value}


@pytest.mark.parametrize(
    "way",
    [
        "surname",
        "none",
        "slots",
        "slots.0",
        "slots.2.time",
        "slots.-1.time",
        "slots.x",
        "name.0",
        "",
        "slots.²",
        "a." * 9,
    ],
)
def test_a_way_that_leads_to_no_value_leaves_no_answer(way: str) -> None:
    with pytest.raises(NotInAnswer):
        wanted_of(ANSWER, {"name": "name", "v": way})


@pytest.mark.parametrize(
    "body",
    [b"", b"OK", b"<html>", b'{"v": 1', b'{"v": NaN}', b"\xff\xfe\x00", b'"\xd0"', b"[" * 100_000, b'{"v": Infinity}'],
)
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    with pytest.raises(NotInAnswer):
        wanted_of(body, {"v": "v"})
    assert wanted_of(body, {}) == {}


def test_a_list_may_be_the_whole_answer_and_a_long_value_is_shortened() -> None:
    assert wanted_of(json.dumps(["я" * 9000]).encode(), {"v": "0"}) == {"v": "я" * LONGEST_VALUE}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab01", max_size=2), inner, max_size=3),
    max_leaves=12,
)


@given(JSON, st.lists(st.sampled_from(["a", "b", "0", "1", "ab"]), min_size=1, max_size=3))
def test_the_way_is_that_of_the_answer(answer: Any, steps: list[str]) -> None:
    expected = answer
    for step in steps:
        if isinstance(expected, dict):
            expected = expected.get(step)
        else:
            listed = isinstance(expected, list) and step.isdigit() and int(step) < len(expected)
            expected = expected[int(step)] if listed else None
    try:
        given = wanted_of(json.dumps(answer).encode(), {"v": ".".join(steps)})["v"]
    except NotInAnswer:
        assert expected is None or isinstance(expected, dict | list)
    else:
        assert given == (expected if isinstance(expected, str) else json.dumps(expected))
