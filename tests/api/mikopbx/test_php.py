"""PHP's way of writing values."""

from __future__ import annotations

from typing import Any

import pytest

from outdial.api.mikopbx import php
from outdial.core.errors import Malformed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", 's:0:"";'),
        ("abc", 's:3:"abc";'),
        ('a"b', 's:3:"a"b";'),
        ("привет", 's:12:"привет";'),
        ("😀", 's:4:"😀";'),
        (1, "i:1;"),
        (-(2**63), "i:-9223372036854775808;"),
        (2**63, "d:9.223372036854776E+18;"),
        (True, "b:1;"),
        (False, "b:0;"),
        (None, "N;"),
        (0.1, "d:0.1;"),
        (1.0, "d:1;"),
        (-2.5, "d:-2.5;"),
        (0.0001, "d:0.0001;"),
        (0.00001, "d:1.0E-5;"),
        (1.5e25, "d:1.5E+25;"),
        (123456.789, "d:123456.789;"),
        ([], "a:0:{}"),
        (["a", 2], 'a:2:{i:0;s:1:"a";i:1;i:2;}'),
        ({"speach": "да"}, 'a:1:{s:6:"speach";s:4:"да";}'),
        ({"5": 1, "05": 2, "-3": 3, "-0": 4}, 'a:4:{i:5;i:1;s:2:"05";i:2;i:-3;i:3;s:2:"-0";i:4;}'),
        ({"a": {"b": [None]}}, 'a:1:{s:1:"a";a:1:{s:1:"b";a:1:{i:0;N;}}}'),
    ],
)
def test_serialize(value: Any, text: str) -> None:
    assert php.serialize(value) == text


def test_serialize_has_a_bottom() -> None:
    deep: Any = 1
    for _ in range(php.DEEPEST + 2):
        deep = [deep]
    with pytest.raises(Malformed):
        php.serialize(deep)


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "1"), (False, ""), (7, "7"), (2.0, "2"), (1.5, "1.5"), ("x", "x")]
)
def test_text(value: Any, text: str) -> None:
    assert php.text(value, "name") == text


@pytest.mark.parametrize("value", [[], {}, ["a"], {"a": 1}])
def test_a_list_is_no_text(value: Any) -> None:
    with pytest.raises(Malformed) as refused:
        php.text(value, "name")
    assert refused.value.field == "name"


@pytest.mark.parametrize(("value", "number"), [(3, 3), ("3", 3), (" 3 ", 3), (2.9, 2), ("-1", -1), (True, 1)])
def test_whole(value: Any, number: int) -> None:
    assert php.whole(value, "n") == number


@pytest.mark.parametrize("value", ["", "abc", "1e3", "1_0", None, [], "٣", "9" * 400, float(10**20)])
def test_not_whole(value: Any) -> None:
    with pytest.raises(Malformed):
        php.whole(value, "n")


@pytest.mark.parametrize("value", [None, "", "0", 0, 0.0, False, [], {}])
def test_empty(value: Any) -> None:
    assert php.is_empty(value)


@pytest.mark.parametrize("value", ["00", " ", "a", 1, True, [0]])
def test_not_empty(value: Any) -> None:
    assert not php.is_empty(value)
