"""A population of figures: its shares and times come out as they were asked for, anew in each call and alike for a seed."""

from __future__ import annotations

from collections import Counter
from random import Random
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.drivers.sandbox.callee import Heard, Leave, intention
from outdial.drivers.sandbox.plan import Answers, Refuses, RingsOut, Voice, behaviour_of
from outdial.drivers.sandbox.population import Population, Spread

MANY = 4000


def drawn(population: Population, count: int = MANY) -> list[Answers | Refuses | RingsOut]:
    return [population.behaviour_of(1, f"79{index:09d}", 0) for index in range(count)]  # type: ignore[misc]


def test_shares_come_out_as_asked_for() -> None:
    people = Population(answered=0.4, machines=0.1, busy=0.1, rejected=0.05, unreachable=0.05)
    kinds = Counter(
        "machine" if isinstance(one, Answers) and one.voice is Voice.MACHINE else type(one).__name__
        for one in drawn(people)
    )
    shares = {kind: count / MANY for kind, count in kinds.items()}
    assert shares == pytest.approx({"Answers": 0.4, "machine": 0.1, "Refuses": 0.2, "RingsOut": 0.3}, abs=0.03)


@given(st.floats(1, 300), st.floats(0.1, 2.0))
def test_a_spread_has_its_mean_and_its_deviation(mean: float, relative: float) -> None:
    chance = Random(3)
    values = [Spread(mean, relative * mean).draw(chance) for _ in range(MANY)]
    assert min(values) >= 0
    assert fmean(values) == pytest.approx(mean, rel=0.15)
    assert pstdev(values) == pytest.approx(relative * mean, rel=0.25)


def test_a_spread_of_nothing_is_exact() -> None:
    assert {Spread(60.0).draw(Random(each)) for each in range(5)} == {60.0}
    assert Spread(0.0, 10.0).draw(Random(1)) == 0.0


def test_each_call_to_a_number_is_drawn_anew_and_alike_for_a_seed() -> None:
    people = Population(answered=0.5)
    number = "79160000001"
    tries = [people.behaviour_of(1, number, before) for before in range(40)]
    assert tries == [people.behaviour_of(1, f"+{number}", before) for before in range(40)]
    assert len({type(one) for one in tries}) > 1
    assert tries != [people.behaviour_of(2, number, before) for before in range(40)]


@pytest.mark.parametrize("number", ["70000400000", "970001200010", "+70000500000", "107", "108"])
def test_numbers_of_the_plan_and_extensions_behave_as_ever(number: str) -> None:
    assert Population().behaviour_of(1, number, 3) == behaviour_of(1, number)


def test_the_telephone_of_an_agent_rings_as_long_as_asked_for() -> None:
    met = Population(agent_answer_seconds=0.0).behaviour_of(1, "100", 0)
    assert isinstance(met, Answers)
    assert met.ring_seconds == 0.0


def test_who_has_no_patience_leaves_during_the_ringing_tone() -> None:
    (met,) = drawn(Population(answered=1.0, busy=0, rejected=0, unreachable=0, patience=Spread(7.0)), 1)
    assert isinstance(met, Answers)
    assert intention(met, 0, Heard.RINGBACK) == Leave(7.0)
    usual = behaviour_of(1, "79160000001")
    assert not isinstance(usual, Answers) or intention(usual, 0, Heard.RINGBACK) is None


def test_shares_that_are_more_than_all_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to more than 1"):
        Population(answered=0.9, machines=0.2)
