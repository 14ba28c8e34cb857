"""However a rate is asked, it gives no more than its share of the time that passed and one second's worth besides; and
a broadcast never dials beyond its lines."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.pacing import Floor, broadcast
from outdial.core.rate import Rate

PER_SECOND = st.floats(0.01, 500.0)
STEPS = st.lists(st.tuples(st.floats(0.0, 30.0), st.integers(0, 1000)), max_size=40)


@given(PER_SECOND, st.floats(0.0, 1e6), STEPS)
def test_never_more_is_taken_than_time_and_one_second_allow(per_second, begin, steps):
    rate, now, taken = Rate(per_second, filled_at=begin), begin, 0
    for wait, wanted in steps:
        now += wait
        rate = rate.at(now)
        count = min(wanted, rate.available() or 0)
        rate, taken = rate.take(count), taken + count
        assert taken <= per_second * (now - begin) + max(1.0, per_second) + 1e-6


@given(PER_SECOND, st.floats(0.0, 1e4), st.integers(0, 600))
def test_after_the_wait_it_names_a_token_is_there(per_second, now, taken):
    rate = Rate(per_second).at(now)
    rate = rate.take(min(taken, rate.available() or 0))
    later = now + rate.seconds_to_next() + 1e-6
    assert (rate.at(later).available() or 0) >= 1


def test_a_token_that_is_there_is_not_waited_for():
    assert Rate(5.0).seconds_to_next() == 0.0
    assert Rate(0.5).take(1).seconds_to_next() == 2.0


def test_a_slow_rate_saves_up_one_token_and_a_fast_one_a_second_of_them():
    assert Rate(0.1).at(1000.0).available() == 1
    assert Rate(50.0).at(1000.0).available() == 50


def test_a_clock_that_steps_back_gives_nothing_twice():
    rate = Rate(1.0).at(10.0).take(1)
    assert rate.at(5.0).at(10.0).available() == 0
    assert rate.at(5.0).at(11.0).available() == 1


@pytest.mark.parametrize("per_second", [0.0, -1.0, math.inf, math.nan])
def test_a_rate_that_limits_nothing_gives_any_number_at_once(per_second):
    rate = Rate(per_second).at(5.0).take(1000).at(6.0)
    assert rate.available() is None
    assert rate.seconds_to_next() == 0.0


@given(st.integers(-5, 100), st.integers(0, 200), st.none() | st.integers(-5, 100))
def test_a_broadcast_stays_within_its_lines_and_its_rate(lines, in_progress, tokens):
    placed = broadcast(Floor(lines, in_progress, tokens))
    assert placed >= 0
    assert placed == 0 or placed + in_progress <= lines
    assert tokens is None or placed <= max(0, tokens)


def test_a_broadcast_uses_every_free_line_its_rate_allows():
    assert broadcast(Floor(lines=10, in_progress=4, tokens=None)) == 6
    assert broadcast(Floor(lines=10, in_progress=4, tokens=2)) == 2
    assert broadcast(Floor(lines=0, in_progress=0, tokens=9)) == 0
