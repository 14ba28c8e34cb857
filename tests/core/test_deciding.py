"""Variables that are set and compared, goals that are asked about, and questions to the web with variables in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.stories import CALLEE, hangs_up, picked_up, say, script, silence, speaks, tell
from outdial.core.commands import WEB, Consult, SetTimer
from outdial.core.events import Consulted, Timer
from outdial.core.prompt import Slot
from outdial.core.script.deciding import Branch, Case, Compared, Comparison, Known, Reached, decide
from outdial.core.script.interpreter import CONSULT_SECONDS
from outdial.core.script.listening_nodes import Set
from outdial.core.script.nodes import Goal, Request
from outdial.core.script.web_form import Body, WebForm
from outdial.core.web_request import WebQuestion


def holds(left: str, test: Comparison, right: str) -> bool:
    """Whether a comparison holds."""
    branch = Branch((Case((Compared("x", test, (right,)),), "yes"),), "no")
    return decide(branch, {"x": left}, ()) == "yes"


@pytest.mark.parametrize(
    ("left", "test", "right", "so"),
    [
        ("Москва ", Comparison.EQUALS, "москва", True),
        ("2.50", Comparison.EQUALS, "2,5", True),
        ("a", Comparison.DIFFERS, "b", True),
        ("10", Comparison.MORE, "9", True),
        ("10", Comparison.AT_LEAST, "10", True),
        ("9", Comparison.LESS, "10", True),
        ("10", Comparison.AT_MOST, "9", False),
        ("2026-11-25", Comparison.MORE, "2026-11-24", True),
        ("", Comparison.LESS, "1", False),
        ("b", Comparison.MORE, "a", False),
        ("Тверская, 5", Comparison.CONTAINS, "тверская", True),
        ("+7999", Comparison.STARTS_WITH, "+79", True),
    ],
)
def test_values_are_compared_as_what_they_are(left, test, right, so):
    assert holds(left, test, right) is so


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_numbers_are_compared_as_numbers(left, right):
    compared = [
        holds(str(left), test, str(right))
        for test in (Comparison.MORE, Comparison.LESS, Comparison.EQUALS, Comparison.AT_LEAST)
    ]
    assert compared == [left > right, left < right, left == right, left >= right]


@given(st.text(max_size=9), st.sampled_from(Comparison), st.text(max_size=9))
def test_no_values_make_a_comparison_fall_over(left, test, right):
    assert isinstance(holds(left, test, right), bool)


def test_all_conditions_of_a_case_have_to_hold_and_the_first_case_counts():
    adult, friend = Compared("age", Comparison.AT_LEAST, (Slot("least"),)), Known("friend")
    branch = Branch((Case((adult, friend), "both"), Case((adult,), "one"), Case((Reached("met"),), "met")), "none")
    known = {"age": "20", "least": "18"}
    assert decide(branch, {**known, "friend": "Ann"}, ()) == "both"
    assert decide(branch, {**known, "friend": " "}, ()) == "one"
    assert decide(branch, {"least": "18"}, ("met",)) == "met"
    assert decide(branch, {}, ()) == "none"
    assert decide(Branch((Case((Reached("met", reached=False), Known("x", known=False)), "so"),), None), {}, ()) == "so"


def test_a_dialogue_sets_variables_and_goes_by_them_and_by_its_goals():
    walk = script(
        "met",
        met=Goal("met", "set"),
        set=Set({"a": ("x",), "b": (Slot("a"), Slot("name"))}, "fork"),
        fork=Branch((Case((Reached("met"), Compared("b", Comparison.EQUALS, ("xAnna",))), "right"),), "wrong"),
        right=say("right"),
        wrong=say("wrong"),
    )
    call = picked_up(walk, {"name": "Anna"})
    assert call.position is not None
    assert (call.position.node, call.collected, call.goals) == ("right", {"a": "x", "b": "xAnna"}, ("met",))


def test_what_was_collected_is_known_after_the_end_of_a_dialogue():
    call = picked_up(script("set", set=Set({"a": ("1",)}, None)))
    assert (call.position, call.collected) == (None, {"a": "1"})


FORM = WebForm(
    url=("https://crm.example/", Slot("name"), "?q=", Slot("name")),
    method="POST",
    headers={"X-Name": (Slot("name"),)},
    body=('{"who": "', Slot("name"), '"}'),
    body_form=Body.JSON,
    into={"slot": "slots.0.time"},
    seconds=3.0,
)
ASKING = script("web", web=Request(WEB, "", "told", "otherwise", FORM), told=say("told"), otherwise=say("otherwise"))
NAME = 'A&B/"c"\r\nX: 1'


def asked(**changed: Any) -> WebQuestion:
    """The question as it is sent."""
    escaped = "A%26B%2F%22c%22%0D%0AX%3A%201"
    return WebQuestion(
        f"https://crm.example/{escaped}?q={escaped}",
        "POST",
        {"X-Name": 'A&B/"c"X: 1', "Content-Type": "application/json"},
        '{"who": "A&B/\\"c\\"\\r\\nX: 1"}',
        {"slot": "slots.0.time"},
        3.0,
        **changed,
    )


def consults(turn: int) -> list[object]:
    """The commands that ask."""
    return [Consult(CALLEE, turn, WEB, asked()), SetTimer(CALLEE, Timer.TURN, turn, CONSULT_SECONDS)]


def test_a_question_to_the_web_has_its_variables_escaped_for_where_they_stand():
    call = picked_up(script("s", s=say("s", "web"), **ASKING.nodes), {"name": NAME})
    tell(call, (silence(1), consults(2)))


def test_the_answer_goes_into_the_variables_that_were_wanted_and_no_others():
    call = picked_up(ASKING, {"name": NAME})
    call = tell(call, (Consulted(CALLEE, 1, "", {"slot": "10:00", "other": "x"}), speaks(2, "told")))
    assert call.collected == {"slot": "10:00"}


def test_without_an_answer_the_dialogue_goes_on_elsewhere():
    for event in (Consulted(CALLEE, 1, None), silence(1)):
        tell(picked_up(ASKING, {"name": NAME}), (event, speaks(2, "otherwise")))


def test_a_circle_in_which_nothing_is_heard_ends_the_call():
    circle = script("a", a=Set({"x": ("1",)}, "b"), b=Branch((), "a"))
    call = picked_up(circle)
    assert call.position is None
    tell(picked_up(script("s", s=say("s", "a"), **circle.nodes)), (silence(1), hangs_up(1)))
