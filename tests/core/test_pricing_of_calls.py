"""What one more call costs, against answers that can be worked out by hand or by counting every case; how life tables learn
from what has not ended; and how the price follows the account."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.core.pacing.experience import Experience, Level
from outdial.core.pacing.forecast import SLICES, forecaster
from outdial.core.pacing.lifetimes import LifeTable
from outdial.core.pacing.price import Outlook, launches, prices
from outdial.core.pacing.steering import Steering, first_price

NOTHING = np.zeros(SLICES)
FEW = st.floats(0.0, 3.0)
BY_SLICE = st.lists(FEW, min_size=SLICES, max_size=SLICES).map(np.array)
GROUPS = st.integers(0, 12).flatmap(lambda most: st.tuples(st.integers(0, most), st.just(most)))


def at(k: int, mean: float) -> np.ndarray:
    found = NOTHING.copy()
    found[k] = mean
    return found


# ------------------------------------------------------------------------------------------------------- prices


def test_with_nobody_free_and_nobody_to_come_every_answer_is_lost():
    assert prices(Outlook(0, 5, NOTHING, NOTHING)) == pytest.approx(np.ones(SLICES))


def test_a_free_agent_whom_nobody_else_wants_costs_nothing():
    assert prices(Outlook(1, 5, NOTHING, NOTHING)) == pytest.approx(NOTHING, abs=1e-9)


@pytest.mark.parametrize("mean", [0.01, 0.3, 2.0])
def test_a_second_answer_costs_the_chance_of_a_first(mean):
    # One agent, Poisson answers in slice 3: one more is lost, or makes another one lost, unless there is none at all.
    assert prices(Outlook(1, 1, NOTHING, at(3, mean)))[3] == pytest.approx(1.0 - math.exp(-mean))


@pytest.mark.parametrize("mean", [0.01, 0.3, 2.0])
def test_an_answer_costs_the_agent_that_it_takes_from_a_later_one(mean):
    assert prices(Outlook(1, 1, NOTHING, at(9, mean)))[3] == pytest.approx(1.0 - math.exp(-mean))


@pytest.mark.parametrize("mean", [0.01, 0.3, 2.0])
def test_an_agent_who_may_become_free_saves_the_answer_of_the_same_slice_and_later_ones(mean):
    found = prices(Outlook(0, 5, at(4, mean), NOTHING))
    assert found == pytest.approx([1.0] * 4 + [math.exp(-mean)] * (SLICES - 4))


def test_there_are_never_more_free_agents_than_are_logged_in():
    # Ten agents' worth of ends, but one agent: two answers in a later slice want two.
    assert prices(Outlook(0, 1, at(0, 10.0), at(5, 30.0)))[5] == pytest.approx(1.0, abs=1e-3)


def expected_loss(outlook: Outlook) -> float:
    """The expected loss by following every state through the slices, one chance at a time."""
    states = {outlook.free: 1.0}
    lost = 0.0
    for freed, answers in zip(outlook.freed, outlook.answers, strict=True):
        after: dict[int, float] = {}
        for s, chance in states.items():
            for up in range(40):
                here = chance * math.exp(-freed) * freed**up / math.factorial(up)
                top = min(outlook.most, s + up)
                for down in range(40):
                    there = here * math.exp(-answers) * answers**down / math.factorial(down)
                    lost += there * max(0, down - top)
                    left = max(0, top - down)
                    after[left] = after.get(left, 0.0) + there
        states = after
    return lost


@pytest.mark.parametrize(
    ("free", "most", "freed", "answers"),
    [(1, 2, [0.2, 0.1, 0.4], [0.5, 0.8, 0.3]), (3, 4, [0.5, 0.0, 1.0], [2.0, 1.0, 0.5])],
)
def test_the_price_is_how_the_expected_loss_grows_with_the_answers(free, most, freed, answers):
    outlook = Outlook(free, most, np.array(freed), np.array(answers))
    step = 1e-5
    for k in range(3):
        more = Outlook(free, most, outlook.freed, outlook.answers + step * np.eye(3)[k])
        assert prices(outlook)[k] == pytest.approx((expected_loss(more) - expected_loss(outlook)) / step, abs=1e-4)


@given(GROUPS, BY_SLICE, BY_SLICE)
def test_a_price_is_a_chance(group, freed, answers):
    found = prices(Outlook(*group, freed, answers))
    assert np.all((found >= 0.0) & (found <= 1.0))


@given(GROUPS, BY_SLICE, BY_SLICE, st.integers(0, SLICES - 1), FEW)
def test_more_answers_make_every_answer_dearer(group, freed, answers, k, more):
    found = prices(Outlook(*group, freed, answers))
    assert np.all(prices(Outlook(*group, freed, answers + at(k, more))) >= found - 1e-6)


PROFILE = 0.3 * np.array([0.0, 0.0, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])


@given(GROUPS, BY_SLICE, BY_SLICE, st.floats(0.0, 1.0), st.integers(0, 60))
def test_no_more_is_launched_than_asked_for_and_the_last_call_is_within_the_limit(group, freed, answers, limit, most):
    launch, price = launches(Outlook(*group, freed, answers), PROFILE, limit, most)
    assert 0 <= launch <= most
    assert launch == 0 or price <= limit


@given(st.integers(1, 12), BY_SLICE, st.floats(0.001, 0.5), st.integers(1, 60))
def test_as_many_are_launched_as_one_by_one(free, freed, limit, most):
    outlook = Outlook(free, 12, freed, NOTHING)
    one_by_one = 0
    while one_by_one < most:
        launched, _ = launches(Outlook(free, 12, freed, one_by_one * PROFILE), PROFILE, limit, 1)
        if launched == 0:
            break
        one_by_one += 1
    assert launches(outlook, PROFILE, limit, most)[0] == one_by_one


# -------------------------------------------------------------------------------------------------- life tables


def empty() -> LifeTable:
    return LifeTable.of([0.0, 10.0, 20.0], np.zeros(3), np.zeros((1, 3)))


def some() -> LifeTable:
    return LifeTable.of([0.0, 10.0, 20.0], np.full(3, 1e-9), np.full((1, 3), 1e-12))


def test_ends_are_counted_against_all_who_lived_to_that_age():
    # Ten lives: four end at 5 s, six still live at 15 s.
    ages = np.array([5.0] * 4 + [15.0] * 6)
    table = empty().experience(np.zeros(10), ages).ended(0, ages[:4])
    hazards = table.hazards(0, some())
    assert hazards[0] == pytest.approx(4 / (4 * 5 + 6 * 10))
    assert hazards[1] == pytest.approx(0.0, abs=1e-6)
    assert table.lived.tolist() == [80.0, 30.0, 0.0]


def test_a_life_may_be_counted_piece_by_piece():
    at_once = empty().experience(np.zeros(1), np.array([25.0]))
    pieces = empty()
    for begin in range(0, 25, 5):
        pieces = pieces.experience(np.array([float(begin)]), np.array([begin + 5.0]))
    assert pieces.lived.tolist() == at_once.lived.tolist() == [10.0, 10.0, 5.0]


@given(st.floats(1.0, 300.0))
def test_the_mean_of_an_exponential_life_is_its_mean(mean):
    table = LifeTable.exponential([0.0, 5.0, 20.0, 60.0], mean, 10.0)
    hazards = table.hazards(0, table.empty())
    assert table.mean(np.minimum(hazards, 3.0)) == pytest.approx(max(mean, 1 / 3), rel=0.01)


@given(st.floats(0.0, 500.0))
def test_cumulative_hazards_are_areas(age):
    hazards = np.array([0.1, 0.2, 0.3])
    area = 0.1 * min(age, 10.0) + 0.2 * min(max(age - 10.0, 0.0), 10.0) + 0.3 * max(age - 20.0, 0.0)
    assert empty().cumulative(hazards).at(np.array([age]))[0] == pytest.approx(area)


# ------------------------------------------------------------------------------------------------------ forecast


def test_before_anything_was_seen_two_calls_in_five_are_answered_after_twelve_seconds():
    seen = forecaster(Experience.none(), 2.0)
    assert seen.answered_share == pytest.approx(0.4, abs=0.05)
    assert seen.answer_seconds == pytest.approx(12.0, abs=1.5)
    assert (seen.talk_seconds, seen.wrap_up_seconds) == (pytest.approx(90.0, rel=0.1), pytest.approx(10.0, rel=0.2))


@given(st.lists(st.floats(0.0, 1000.0), max_size=20), st.lists(st.floats(0.0, 1000.0), max_size=20))
def test_no_more_agents_become_free_than_are_busy(talking, wrapping_up):
    freed = forecaster(Experience.none(), 2.0).freed(np.array(talking), np.array(wrapping_up))
    assert np.all(freed >= -1e-12)
    assert freed.sum() <= len(talking) + len(wrapping_up) + 1e-9


@given(st.lists(st.floats(0.0, 1000.0), max_size=20), st.integers(0, 5))
def test_no_more_humans_answer_than_there_are_calls(ages, waiting):
    # Until there were answers, twice as many are expected as the table says.
    answers = forecaster(Experience.none(), 2.0).answers(np.array(ages), np.array([]), waiting)
    assert np.all(answers >= 0.0)
    assert answers.sum() <= 2 * len(ages) + waiting + 1e-9


def test_whoever_waits_already_answers_in_the_first_slice():
    assert forecaster(Experience.none(), 2.0).answers(np.array([]), np.array([]), 3).tolist() == at(0, 3.0).tolist()


def level_of(seen: float, expected: float) -> float:
    """After many minutes with so many answers seen and expected in each second."""
    level = Level()
    for _ in range(2000):
        level = level.after(1.0, seen, expected)
    return level.value


def test_the_level_is_what_was_seen_in_parts_of_what_was_expected():
    assert level_of(1.0, 3.0) == pytest.approx(1 / 3, abs=0.1)
    assert level_of(3.0, 1.0) == pytest.approx(3.0, rel=0.1)
    assert Level().value == 1.0


def test_what_may_be_chance_does_not_move_the_level():
    # Over four minutes 240 answers are expected, which vary by about 16.
    assert level_of(1.02, 1.0) == 1.0
    assert level_of(0.95, 1.0) == 1.0


# ------------------------------------------------------------------------------------------------------ steering


def test_an_abandoned_call_makes_the_price_fall_and_answers_make_it_rise():
    begin = Steering()
    price = begin.price(0.028, 20, 150)
    richer = begin.answered(0.028).answered(0.028)
    assert begin.lost().price(0.028, 20, 150) < price < richer.price(0.028, 20, 150)


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 200), st.floats(0.0, 0.2), st.integers(0, 1000))
def test_the_price_stays_within_its_bounds(events, agents, target, adjust):
    steering = Steering()
    for lost in events:
        steering = steering.answered(target).after(1.0)
        steering = steering.lost() if lost else steering
        steering = steering.bounded(max(target, 0.001), agents)
        assert 0.004 <= steering.price(max(target, 0.001), agents, adjust) <= 0.5 + 1e-9


def test_a_price_that_the_account_has_to_hold_becomes_the_price_it_begins_from():
    held = Steering(bank=5.0)
    for _ in range(2000):  # 100 an hour
        held = replace(held.answered(0.0).after(36.0), bank=5.0)
    # What was held back is spent, and the price is still about where the account had kept it.
    spent = replace(held, bank=Steering().bank)
    assert spent.price(0.028, 5, 150) > 1.3 * Steering().price(0.028, 5, 150)


def test_while_nobody_answers_the_price_goes_nowhere():
    held = Steering(bank=5.0).answered(0.0)
    assert held.after(8 * 3600.0).answered(0.0).price(0.028, 5, 150) == pytest.approx(
        held.price(0.028, 5, 150), rel=0.03
    )


def test_after_a_long_time_without_any_loss_the_price_comes_back_soon():
    steering = Steering()
    for _ in range(5000):
        steering = steering.answered(0.028).after(1.0).bounded(0.028, 5)
    lost = 0
    while steering.price(0.028, 5, 150) > first_price(5):
        steering = steering.lost().bounded(0.028, 5)
        lost += 1
    # 140 more could be lost by the account, which would all be lost in one bad hour.
    assert lost < 60
