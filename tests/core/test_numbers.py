"""What people write as a number becomes digits or is refused, and what a route makes of it may be dialled or is no way
out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.dialstring import check_dial_string, digits_of
from outdial.core.errors import Malformed, NotDiallable
from outdial.core.ids import AttemptId, TrunkId, attempt_of, callee_channel, transfer_channel
from outdial.core.trunk import Route, Trunk, Way, way_out

DIALLABLE = re.compile(r"[0-9*#]{1,32}", re.ASCII)
HOSTILE = [
    "7999&SIP/evil",
    "79990000000,120",
    "79990000000;q=1",
    "7999/8",
    "7999|8",
    "7999@evil.example",
    "sip:7999",
    "${EXTEN}",
    "7999\x00",
    "7999\r\nAction: Originate",
    "++7999",
    "7+999",
    "7999+",
    "(+7)999",
    "٧٩٩٩",
    "७९९९",
    "７９９９",
    "7²",
    "",
    "   ",
    "+",
    "()",
    "-",
    "anonymous",
    "1" * 33,
]


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("8 (952) 223-34-46", "89522233446"),
        ("+7 952 223 34 46", "79522233446"),
        ("  +7.952.223.34.46\n", "79522233446"),
        ("7\u2011952\u00a0223\u20133446", "79522233446"),
        ("7999\n123", "7999123"),
        ("*100#", "*100#"),
        ("70000100001", "70000100001"),
        ("1" * 32, "1" * 32),
    ],
)
def test_a_number_as_people_write_it_becomes_its_digits(written, digits):
    assert digits_of(written) == digits


@pytest.mark.parametrize("written", HOSTILE)
def test_anything_else_is_refused(written):
    with pytest.raises(NotDiallable) as caught:
        digits_of(written)
    assert caught.value.code == "not_diallable"
    assert isinstance(caught.value, Malformed)


def test_a_refusal_does_not_repeat_a_whole_book():
    with pytest.raises(NotDiallable) as caught:
        digits_of("x" * 10_000)
    assert len(caught.value.message) < 200


@given(st.text(max_size=40) | st.text("0123456789+*#-() .,&/٣३\n", max_size=40))
def test_digits_are_diallable_or_refused(written):
    try:
        digits = digits_of(written)
    except NotDiallable:
        return
    assert DIALLABLE.fullmatch(digits)
    assert digits_of(digits) == check_dial_string(digits) == digits


@pytest.mark.parametrize("written", ["+79990000000", "100", "*8", "#"])
def test_a_dial_string_may_be_given_to_a_switch(written):
    assert check_dial_string(written) == written


@pytest.mark.parametrize("written", [*HOSTILE, "7999\n", "7 999", "8-952"])
def test_nothing_else_may_be_given_to_a_switch(written):
    with pytest.raises(NotDiallable):
        check_dial_string(written)


# --------------------------------------------------------------------------------------------------- routes

CARRIER = Trunk(TrunkId(1), "carrier", 10, 5.0, "74951234567")
OTHER = Trunk(TrunkId(2), "other", 10, 5.0, "")


def test_the_first_route_that_matches_the_whole_number_decides():
    routes = [Route("7999", OTHER), Route("7.*", CARRIER), Route(".*", OTHER)]
    assert way_out(routes, "79990000000") == Way(CARRIER, "79990000000", "74951234567")
    assert way_out(routes, "7999") == Way(OTHER, "7999", "")
    assert way_out(routes, "8") == Way(OTHER, "8", "")


def test_a_route_strips_then_prepends_and_may_show_its_own_caller():
    route = Route("8.{10}", CARRIER, strip=1, prepend="+7", caller="74950000000")
    assert way_out([route], "89522233446") == Way(CARRIER, "+79522233446", "74950000000")


def test_a_number_that_no_route_matches_has_no_way_out():
    assert way_out([Route("7.*", CARRIER)], "89522233446") is None
    assert way_out([], "89522233446") is None


@pytest.mark.parametrize(
    "route", [Route(".*", CARRIER, strip=11), Route(".*", CARRIER, prepend="9,"), Route(".*", CARRIER, prepend="SIP/")]
)
def test_a_route_that_makes_something_else_than_a_number_is_no_way_out(route):
    assert way_out([route, Route(".*", OTHER)], "79990000000") is None


@given(
    st.lists(
        st.builds(
            Route, st.sampled_from(["7.*", ".*", "8.{10}"]), st.just(CARRIER), st.integers(0, 12), st.text(max_size=3)
        )
    ),
    st.text("0123456789*#", min_size=1, max_size=12),
)
def test_whatever_the_routes_a_way_out_may_be_dialled(routes, number):
    way = way_out(routes, number)
    assert way is None or check_dial_string(way.dial_string) == way.dial_string


# ------------------------------------------------------------------------------------------------- channels


@given(st.uuids())
def test_both_legs_of_an_attempt_lead_back_to_it(uuid):
    attempt = AttemptId(str(uuid))
    first, second = callee_channel(attempt), transfer_channel(attempt)
    assert first != second
    assert attempt_of(first) == attempt_of(second) == attempt
    # Asterisk takes an id for taken when a channel's id begins with it.
    assert not second.startswith(first)
    assert not first.startswith(second)
